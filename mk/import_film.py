"""make import FILE=…: takes a film of any name from anywhere into media/, by a link; nothing is copied.

FILE='/disk/films/दंगल (2016).mkv' python3 mk/import_film.py SRC=hi

makes media/dangal-2016.mkv, a link to the file, and media/dangal-2016.json, its title; what is given
is recorded for the film. The file's name comes by the environment, past every shell and Make.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import stat
import unicodedata
from pathlib import Path
from typing import Dict, List, Optional

import command
import record
from command import ROOT
from plan import given_settings
from slug import slug as slug_of
from workspace import Refusal, films, printable
from workspace.settings import recorded, settings, source_of, written

MEDIA = ROOT / "media"


def film_at(name: str) -> Path:
    """The absolute path of the film that a person typed; links in it stay links, so that a farm of them can move.

    Raises: Refusal for what is no film or cannot be read.
    """
    if not name:
        raise Refusal("which film? Type: make import FILE='/folder of/the film.mkv'")
    # bash leaves the tilde of FILE=~/film.mkv alone.
    typed = Path(name).expanduser() if name.startswith("~/") else Path(name)
    path = Path(os.path.abspath(typed))
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise Refusal(f"{shown(path)} is a folder. FILE is one film in it")
        if path.suffix.lower() not in films.CONTAINERS:
            raise Refusal(f"{shown(path)} is no film by its name. Known: {' '.join(films.CONTAINERS)}")
        if not stat.S_ISREG(kind):
            raise Refusal(f"{shown(path)} is a pipe or a device, not a film")
        with path.open("rb"):
            return path
    except OSError as error:
        raise Refusal(f"{shown(path)} cannot be read: {error.strerror}") from error


def title_of(path: Path) -> str:
    """The stem of the file's name, on one line; bytes that are no UTF-8 become U+FFFD."""
    stem = os.fsencode(path.stem).decode("utf-8", "replace")
    lineless = (" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in stem)
    return unicodedata.normalize("NFC", "".join(lineless))


def in_reach(name: str) -> Optional[os.stat_result]:
    """What is known of a file in media/; None when it is a link to a disk that is not there."""
    try:
        return (MEDIA / name).stat()
    except OSError:
        return None


def name_in_media(path: Path) -> Optional[str]:
    """The good name under which media/ has this very file already."""
    wanted = path.stat()
    for slug in films.slugs(ROOT):
        for name in films.media(ROOT)[slug]:
            found = in_reach(name)
            if found and os.path.samestat(found, wanted):
                return name
    return None


def link(path: Path, title: str, given: Dict[str, str]) -> str:
    """Links the film under the first free slug of its title; the link's name. Raises: Refusal as `settings` does."""
    MEDIA.mkdir(exist_ok=True)
    target = path.name if path.parent.samefile(MEDIA) else path
    slug = slug_of(title)
    candidates = itertools.chain([slug], (f"{slug}-{number}" for number in itertools.count(2)))
    while True:
        candidate = next(candidates)
        if is_another(candidate, path):
            continue
        settings(ROOT, candidate, given)  # refuses before anything is written
        for dead in films.media(ROOT).get(candidate, []):  # links to where this very film was
            (MEDIA / dead).unlink()
        name = candidate + path.suffix.lower()
        try:
            (MEDIA / name).symlink_to(target)
            return name
        except FileExistsError:  # a folder, or Dangal.mkv on a disk that cannot tell it from dangal.mkv
            continue


def is_another(slug: str, path: Path) -> bool:
    """Whether the slug belongs to another film.

    Results whose film is out of reach belong to this one if it has that film's size and time: it
    came back at another place.
    """
    names = films.media(ROOT).get(slug, [])
    if not names and not (ROOT / "out" / slug).exists():
        return False
    seen, found = films.history(ROOT).get(slug), path.stat()
    here = any(in_reach(name) for name in names)
    return here or seen is None or (seen.size, seen.time) != (found.st_size, found.st_mtime_ns)


def remember_title(slug: str, title: str) -> None:
    path = films.title_path(ROOT, slug)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    document = {"format": "samvad.film/1", "title": title}
    part.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def next_command(slug: str) -> str:
    said = {**recorded(ROOT, slug), **written(ROOT, slug)}
    examples = {"SRC": "hi", "TGT": "hi" if source_of({"SRC": "", **said}) == "en" else "en"}
    unsaid = [f" {name}={value}" for name, value in examples.items() if not said.get(name)]
    return f"make out/{slug}/final.mkv{''.join(unsaid)}"


def shown(path: Path) -> str:
    return printable(str(path), len(str(path)))


def main(words: List[str]) -> int:
    given = given_settings(words)
    path = film_at(os.environ.get("FILE", ""))
    lock = ROOT / "out" / ".lock" / "import"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        # Two imports at once must not both find the same slug free, nor one film unknown twice.
        fcntl.flock(handle, fcntl.LOCK_EX)
        known = name_in_media(path)
        name = known or link(path, title_of(path), given)
        slug = Path(name).stem
        values = settings(ROOT, slug, given)
        # Also for a link whose import was killed before this.
        if not known or ((MEDIA / name).is_symlink() and not films.title_path(ROOT, slug).exists()):
            remember_title(slug, title_of(path))
        if given:
            record.write(ROOT, slug, {**recorded(ROOT, slug), **{name: values[name] for name in given}})
    command.say(f"samvad: media/{name} is this film already" if known else f"samvad: media/{name} → {shown(path)}")
    command.say(f"samvad: next: {next_command(slug)}")
    return 0


if __name__ == "__main__":
    command.run("import", main)
