"""Films: what lies in media/, which film is which, and what was known of one that is not there now.

A film's identity is its size and a digest of its head, its tail and samples between: a download that
is preallocated and filled later is another film. It is remembered by inode, size and time
(out/.history/films.jsonl, written by the stages that read films and by batch), so that ten thousand
films are looked up, not read; and so that a film on an unplugged disk keeps its identity: what was
made of it stays current.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Optional

from workspace import Refusal, printable

# fmt: off
CONTAINERS = (
    ".mkv", ".webm", ".mp4", ".m4v", ".mov", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".vob",
    ".ogv", ".ogg", ".flv", ".wmv", ".wav", ".flac", ".mp3", ".m4a",
)
# fmt: on

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
#: Bytes at the head and at the tail of a film that its identity is taken from, and of samples between.
ENDS, SAMPLE, SAMPLES = 65_536, 4096, 30

REACHABLE, NOT_REACHABLE, GONE = "reachable", "not reachable", "gone"


class Film(NamedTuple):
    """A film by its slug. `name` is its file's in media/, as it is or was; empty if never known."""

    slug: str
    name: str
    #: REACHABLE; NOT_REACHABLE: a link to nowhere, its disk unplugged; GONE: taken out of media/.
    presence: str
    #: "" when it cannot be reached and nothing was ever made of it.
    identity: str
    #: Whether the history has it as it is now.
    remembered: bool


class Seen(NamedTuple):
    """A line of the history."""

    name: str
    inode: int
    size: int
    time: int
    identity: str


def history_path(root: Path) -> Path:
    return root / "out" / ".history" / "films.jsonl"


@functools.lru_cache(maxsize=None)
def history(root: Path) -> Dict[str, Seen]:
    """Slug → what was last known of the film. A line that a full disk cut off is passed over."""
    found: Dict[str, Seen] = {}
    try:
        lines = history_path(root).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return found
    for line in lines:
        try:
            slug, *fields = json.loads(line)
            found[slug] = Seen(*fields)
        except (ValueError, TypeError):
            continue
    return found


def remember(root: Path, film: Film) -> None:
    """Appends the film to the history, unless it changed since `film` was looked at."""
    path = root / "media" / film.name
    try:
        seen = _read(path)
    except OSError:
        return
    if seen.identity == film.identity:
        line = json.dumps([film.slug, *seen], ensure_ascii=False) + "\n"
        history_path(root).parent.mkdir(parents=True, exist_ok=True)
        with history_path(root).open("a", encoding="utf-8") as file:
            file.write(line)  # one short write to a file open for appending: films side by side do not mix


@functools.lru_cache(maxsize=None)
def _files(root: Path) -> FrozenSet[str]:
    """The names of the files and links in media/."""
    try:
        with os.scandir(root / "media") as entries:
            return frozenset(entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


@functools.lru_cache(maxsize=None)
def media(root: Path) -> Dict[str, List[str]]:
    """Stem → the names of the films of that stem in media/ (more than one is a mistake), sorted."""
    found: Dict[str, List[str]] = {}
    for name in sorted(_files(root)):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in CONTAINERS and not name.startswith("."):
            found.setdefault(stem, []).append(name)
    return found


def film(root: Path, slug: str) -> Film:
    """The film of that slug. Raises: Refusal when there is none, or more than one."""
    if not SLUG.fullmatch(slug):
        raise Refusal(f"'{printable(slug)}' is no film's name: lower-case letters, digits, - and _ only")
    names = media(root).get(slug, [])
    if len(names) > 1:
        raise Refusal(f"two films are called '{slug}': {', '.join(names)}. Rename one of them in media/")
    seen = history(root).get(slug)
    if not names:
        if not (root / "out" / slug).is_dir():
            known = " ".join(name for name in media(root) if SLUG.fullmatch(name)) or "none"
            raise Refusal(f"no film '{slug}' in media/. Put {slug}.mkv there (films now: {known[:200]})")
        return Film(slug, seen.name if seen else "", GONE, seen.identity if seen else "", True)
    path = f"{root}/media/{names[0]}"
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise Refusal(f"media/{names[0]} is no file")
        if seen and (seen.inode, seen.size, seen.time) == (found.st_ino, found.st_size, found.st_mtime_ns):
            return Film(slug, names[0], REACHABLE, seen.identity, True)
        return Film(slug, names[0], REACHABLE, _read(Path(path)).identity, False)
    except PermissionError as error:
        raise Refusal(f"media/{names[0]} cannot be read: {error.strerror}") from error
    except OSError:
        return Film(slug, names[0], NOT_REACHABLE, seen.identity if seen else "", True)


def _read(path: Path) -> Seen:
    """The film's marks and identity, all of one open file."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        digest = hashlib.sha256(file.read(ENDS))
        for number in range(1, SAMPLES + 1):
            file.seek(found.st_size * number // (SAMPLES + 1))
            digest.update(file.read(SAMPLE))
        file.seek(max(0, found.st_size - ENDS))
        digest.update(file.read(ENDS))
    identity = f"{found.st_size}-{digest.hexdigest()[:12]}"
    return Seen(path.name, found.st_ino, found.st_size, found.st_mtime_ns, identity)


# --- what batch and lists go through ---------------------------------------------------------------


def slugs(root: Path) -> List[str]:
    """Every film in media/ with a good name."""
    return [stem for stem in media(root) if SLUG.fullmatch(stem)]


def misnamed(root: Path) -> List[str]:
    """Files in media/ whose names cannot be used, but for those that a film's link stands for."""
    bad = [name for stem, names in media(root).items() if not SLUG.fullmatch(stem) for name in names]
    if not bad:
        return []
    folder = root / "media"
    linked = {
        os.readlink(folder / names[0])
        for stem in slugs(root)
        for names in [media(root)[stem]]
        if (folder / names[0]).is_symlink()
    }
    return [name for name in bad if name not in linked]


def gone(root: Path) -> List[str]:
    """Films with results in out/ that are not in media/ any more."""
    there = media(root)
    try:
        names = [entry.name for entry in os.scandir(root / "out")]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if SLUG.fullmatch(name) and name not in there)


# --- titles ------------------------------------------------------------------------------------------


def title_path(root: Path, slug: str) -> Path:
    """Where an imported film's title is kept (mk/import_film.py writes it)."""
    return root / "media" / f"{slug}.json"


def title(root: Path, slug: str) -> Optional[str]:
    """The title that an imported film came with."""
    if f"{slug}.json" not in _files(root):
        return None
    try:
        text: Optional[str] = json.loads(title_path(root, slug).read_text(encoding="utf-8")).get("title")
    except (OSError, ValueError, AttributeError):
        return None
    return text
