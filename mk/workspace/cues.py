"""Which subtitle profile of config/cues/ holds for a language, and which files make it up."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import List

from workspace.files import languages

#: The profile that every other one comes down to.
PLAIN = "plain"
#: What a profile is made on top of. Read by pattern: Python 3.9 has no parser of TOML.
BASE = re.compile(r"""^base\s*=\s*["']([\w.-]+)["']\s*(?:#.*)?$""", re.M)


def names(root: Path) -> List[str]:
    """What CUES may be: the profiles of the folder, and netflix for netflix-en and netflix-hi."""
    files = sorted(path.stem for path in (root / "config" / "cues").glob("*.toml"))
    ends = {*languages(root), *(entry["script"] for entry in languages(root).values())}
    return list(dict.fromkeys(_family(name, ends) for name in files))


def _family(name: str, ends: set) -> str:
    """The name without a language or script behind it."""
    family, _, end = name.partition("-")
    return family if end in ends else name


def exists(root: Path, cues: str) -> bool:
    """Whether CUES names a profile, or a family of them."""
    return cues in names(root) or (root / "config" / "cues" / f"{cues}.toml").exists()


@functools.lru_cache(maxsize=None)
def profile(root: Path, cues: str, language: str) -> str:
    """The profile of a language: that of CUES for it, for its script, for all; else the plain one of its script.

    Netflix's public rules are written for some languages only: the others are made by the plain profile.
    """
    script = languages(root)[language]["script"]
    for name in (f"{cues}-{language}", f"{cues}-{script}", cues, f"{PLAIN}-{script}"):
        if (root / "config" / "cues" / f"{name}.toml").exists():
            return name
    return PLAIN


@functools.lru_cache(maxsize=None)
def files(root: Path, name: str) -> List[str]:
    """The profile's file and those that it is made on top of, as paths from the root."""
    found: List[str] = []
    while name and f"config/cues/{name}.toml" not in found:
        found.append(f"config/cues/{name}.toml")
        path = root / found[-1]
        base = BASE.search(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else None
        name = base.group(1) if base else ""
    return found
