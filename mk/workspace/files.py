"""Small files that Make and its Python both read: assignments, JSON, the table of stages."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Dict, List, Tuple

from workspace import Refusal

#: The digests of no file and of an empty one.
ABSENT, EMPTY = "absent", hashlib.sha256().hexdigest()[:12]

ASSIGNMENT = re.compile(r"^([A-Za-z_.][\w.-]*)\s*:?=\s*(.*?)\s*$")


def read_assignments(path: str) -> Dict[str, str]:
    """NAME → value of the plain `NAME := value` lines in `path`; empty if there is no such file.

    Raises: Refusal for any other line: what Make would expand here, we would not.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].rstrip()
        if not line:
            continue
        match = ASSIGNMENT.match(line)
        if not match or "$" in line:
            raise Refusal(f"{path}:{number}: only plain lines of the form NAME := value can stand here")
        found[match.group(1)] = match.group(2)
    return found


@functools.lru_cache(maxsize=None)
def assignments(path: Path) -> Dict[str, str]:
    """The same, read once: for the files of the workspace itself."""
    return read_assignments(str(path))


@functools.lru_cache(maxsize=None)
def read_json(path: Path) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


@functools.lru_cache(maxsize=None)
def digest_of(path: Path) -> str:
    """Twelve hex digits of the file's content; `ABSENT` if there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except FileNotFoundError:
        return ABSENT


@functools.lru_cache(maxsize=None)
def table(root: Path) -> Dict[str, Tuple[str, List[str]]]:
    """Stage → (environment, settings), from mk/stages.mk."""
    lines = assignments(root / "mk" / "stages.mk")
    return {
        name[len("stage.") :]: (words[0], words[1:])
        for name, value in lines.items()
        for words in [value.split()]
        if name.startswith("stage.")
    }


def words(root: Path, stage: str) -> List[str]:
    """What a person may write for one film that shapes the stage's result, by the names of the files."""
    return assignments(root / "mk" / "stages.mk").get(f"words.{stage}", "").split()


def marked(root: Path, mark: str) -> List[str]:
    """What mk/stages.mk lists as `heavy` (stages) or `large` (files)."""
    return assignments(root / "mk" / "stages.mk")[mark].split()


def translators(root: Path) -> List[str]:
    """The engines of translation, by name."""
    return [name.partition(".")[2] for name in table(root) if name.startswith("translation.")]


def environment(root: Path, stage: str, backend: str) -> str:
    """The name of the environment that a stage runs in."""
    name = table(root)[stage][0]
    return environment(root, f"asr.{backend}", backend) if name == "recogniser" else name


def languages(root: Path) -> Dict[str, Any]:
    return read_json(root / "config" / "languages.json")
