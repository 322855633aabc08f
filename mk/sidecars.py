"""make sidecars MOVIE=demo [DEST=…]: a film's subtitles as files beside it, named as media servers look for them.

DEST='/library/Film (1998)' python3 mk/sidecars.py demo

puts Film (1998).hin.srt, Film (1998).eng.srt and Film (1998).eng.sdh.srt beside Film (1998).mkv, or into DEST. Plex,
Jellyfin, Emby and Kodi all know the film's exact name, the language by ISO 639-2, and .sdh; `.hi` would mean Hindi to
some and "hearing-impaired" to others, so it is never written. A second script of a language has its ISO 15924 code
before it, Film (1998).Deva.kas.srt: before a language Jellyfin takes any word for a title, and Kodi passes it over.

What lies there and is not known to be ours stays as it is: out/demo/.sidecars.json has the digest of every file that
was put somewhere, so that a file which a person changed since is a person's. DEST comes by the environment, past
every shell and Make.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Set

import command
from workspace import Refusal, films, printable
from workspace.files import languages
from workspace.settings import settings
from workspace.state import Job

#: Variants of a language's subtitles: in our names and in the servers'.
VARIANTS = ("", ".sdh")
#: Errors that say that a folder is not for us.
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class Sidecar(NamedTuple):
    """A language's subtitles, and where they go."""

    language: str
    source: Path
    target: Path


def real_place(film: films.Film) -> Path:
    """Where the film lies by the name that a media server has of it: what `make import` linked to, not further."""
    if film.presence == films.GONE:
        raise Refusal(f"'{film.slug}' is not in media/ any more. Type: make import FILE='/folder of/the film.mkv'")
    path = command.ROOT / "media" / film.name
    return Path(os.path.abspath(path.parent / os.readlink(path))) if path.is_symlink() else Path(os.path.abspath(path))


def folder_for(film: films.Film, place: Path, dest: str) -> Path:
    """Raises: Refusal where there is no such folder."""
    if not dest:
        if film.presence != films.REACHABLE:
            raise Refusal(f"{shown(place)} cannot be reached. Connect its disk, or name another folder: DEST=…")
        return place.parent
    # bash leaves the tilde of DEST=~/folder alone.
    folder = Path(os.path.abspath(Path(dest).expanduser() if dest.startswith("~/") else Path(dest)))
    if not folder.is_dir():
        raise Refusal(f"DEST: {shown(folder)} {'is no folder' if os.path.lexists(folder) else 'does not exist'}")
    return folder


def tag_of(language: str) -> str:
    """What a file's name says of its language.

    >>> tag_of("hi"), tag_of("ks"), tag_of("ks-Deva")
    ('hin', 'kas', 'Deva.kas')
    """
    entry = languages(command.ROOT)[language]
    return f"{entry['script']}.{entry['iso639_2']}" if "-" in language else entry["iso639_2"]


def made_of(slug: str, place: Path, folder: Path) -> Iterator[Sidecar]:
    """What is made of the film in the languages of its settings."""
    values = settings(command.ROOT, slug, {})
    for language in [*values["SRC"].split()[:1], *values["TGT"].split()]:
        for variant in VARIANTS:
            source = command.ROOT / "out" / slug / f"{language}{variant}.srt"
            if source.exists():
                yield Sidecar(language, source, folder / f"{place.stem}.{tag_of(language)}{variant}.srt")


# --- what was put where ------------------------------------------------------------------------------


class Record:
    """Path → digests of what was put there; two while a file is being replaced."""

    def __init__(self, slug: str) -> None:
        self.path = command.ROOT / "out" / slug / ".sidecars.json"
        self.files: Dict[str, List[str]] = {}
        try:
            self.files = dict(json.loads(self.path.read_text(encoding="utf-8"))["files"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError):  # whatever lies there is nobody's then
            command.say(f"samvad: sidecars: {self.path} is damaged: no file counts as ours")

    def set(self, target: Path, *digests: Optional[str]) -> None:
        self.files[str(target)] = [digest for digest in dict.fromkeys(digests) if digest]
        part = self.path.with_name(f".part-{os.getpid()}-{self.path.name}")
        # ASCII: a name that is no UTF-8 has half of a pair for each such byte.
        part.write_text(json.dumps({"format": "samvad.sidecars/1", "files": self.files}, indent=1) + "\n")
        part.replace(self.path)


def digest_at(path: Path) -> Optional[str]:
    """The digest of a file, "" for anything else that is there, such as a link; None where nothing is."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return ""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


# --- putting it there ----------------------------------------------------------------------------------


def put(one: Sidecar, record: Record) -> bool:
    """Writes a sidecar, or says why not; whether it is there now."""
    content = one.source.read_bytes()
    if not content.strip():
        command.say(f"  {one.source} has no cues: nobody speaks, and no file is written")
        return True
    wanted, there = hashlib.sha256(content).hexdigest(), digest_at(one.target)
    ours = record.files.get(str(one.target), [])
    if there == wanted:
        record.set(one.target, wanted)
        command.say(f"  {shown(one.target)}: there already")
        return True
    if there is not None and there not in ours:
        whose = "changed since samvad wrote it" if ours else "not samvad's"
        command.say(f"  {shown(one.target)}: {whose}, and left as it is. To have ours: move it away")
        return False
    # Killed in between, either of the two is ours.
    record.set(one.target, there, wanted)
    place(content, one.target, replace=there is not None)
    record.set(one.target, wanted)
    command.say(f"  {shown(one.target)}: {'written anew' if there else 'written'}")
    return True


def place(content: bytes, target: Path, replace: bool) -> None:
    """Puts a whole file in place or none; a new one never over another that came in the meantime."""
    # One name for each target: what a killed run left is not left for good.
    part = target.with_name(f".samvad-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.part")
    try:
        part.unlink(missing_ok=True)
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            try:
                os.link(part, target)
                return
            except FileExistsError:
                raise Refusal(f"{shown(target)} has just been written by somebody else, and is left as it is") from None
            except OSError:  # a disk without links
                if os.path.lexists(target):
                    raise
        part.replace(target)
    except OSError as error:
        if error.errno in UNWRITABLE:
            reason = f"{shown(target.parent)} cannot be written to ({error.strerror}). Another folder: DEST=…"
            raise Refusal(reason) from error
        raise
    finally:
        with suppress(OSError):
            part.unlink()


# --- what a person should know ------------------------------------------------------------------------


def remarks(slug: str, made: List[Sidecar], record: Record) -> Iterator[str]:
    """What is due, refused by the checks, or left over from a language that the film no longer has."""
    due: Set[str] = set()
    try:
        due = {each.line.step.file for each in Job(command.ROOT, slug, [], command.backend(), {}).due()}
    except Refusal as refusal:
        yield f"  whether they are up to date cannot be told: {refusal}"
    for one in made:
        if one.source.name in due:
            yield f"  {one.source} is of earlier settings, texts or code. Anew: make out/{slug}/final.mkv"
        report = one.source.with_suffix(".qc.json")
        reasons = refused(report)
        if reasons:
            more = f"; {len(reasons) - 1} more" if len(reasons) > 1 else ""
            yield f"  {one.source}: the checks refuse it: {printable(reasons[0], 200)}{more} (all of it: {report})"
    targets = {str(one.target) for one in made}
    for name, digests in sorted(record.files.items()):
        path = Path(name)
        there = digest_at(path)
        if name not in targets and there and there in digests:
            yield f"  {shown(path)} is an earlier one. If nobody needs it, remove it"


def refused(report: Path) -> List[str]:
    try:
        return list(json.loads(report.read_text(encoding="utf-8"))["refused"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def shown(path: Path) -> str:
    return printable(str(path), len(str(path)))


def main(words: List[str]) -> int:
    (slug,) = words
    if not slug:
        raise Refusal("which film? Type: make sidecars MOVIE=demo")
    film = films.film(command.ROOT, slug)
    place_of_film = real_place(film)
    folder = folder_for(film, place_of_film, os.environ.get("DEST", ""))
    made = list(made_of(slug, place_of_film, folder))
    if not made:
        raise Refusal(f"'{slug}' has no subtitles yet. Type: make subtitle MOVIE={slug}")
    lock = command.folder_of(slug) / ".lock" / "sidecars"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        record = Record(slug)
        there = [put(one, record) for one in made]
        for line in remarks(slug, made, record):
            command.say(line)
    command.say(f"samvad: sidecars: {command.counted(sum(there), 'file')} of {slug} in {shown(folder)}")
    return 0 if all(there) else 1


if __name__ == "__main__":
    command.run("sidecars", main)
