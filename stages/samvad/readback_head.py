"""What a film says of itself, in the old one and in the new one: flags, names, chapters, tags, attachments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samvad import containers
from samvad.containers import MATROSKA, Container
from samvad.documents import Media, Stream
from samvad.problem import Problem, harmless
from samvad.subtitle_tracks import Track, disposition

if TYPE_CHECKING:
    from av.container import InputContainer

#: Flags that Matroska has a place for; the others do not survive in it.
FLAGS = {"default", "forced", "hearing_impaired", "visual_impaired", "descriptions", "original", "comment"}
#: Tags that say how a file was written, not what the film is.
OF_THE_FILE = {
    "encoder", "duration", "duration-eng", "major_brand", "minor_version", "compatible_brands", "creation_time",
    "language", "filename", "mimetype", "vendor_id",
}  # fmt: skip
#: Seconds by which a chapter may begin elsewhere.
ROUNDED = 0.0025


def check_matroska(
    made: InputContainer, path: Path, film: Path, container: Container, media: Media, new: Sequence[Track]
) -> list[str]:
    """Raises: Problem that names the track, attachment or tag that is not as it was, or as it was asked for.

    Returns the tags that are lost, where the film is of another container, which may have others.
    """
    copied = containers.copied(media.streams)
    for number, stream in enumerate(copied):
        flagged(made, number, set(disposition(stream, new)) & FLAGS)
    for number, track in enumerate(new, len(copied)):
        flagged(made, number, track.flags)
        named(made, number, track.language.iso639_2, track.title)
    attachments(film, container, path)
    with containers.open_film(film, container) as old:
        if container != MATROSKA:
            return lost_tags(made, old, copied)
        tags(made.metadata, old.metadata, "the new film")
        for number, stream in enumerate(copied):
            before = old.streams[stream.index]
            named(made, number, before.language, before.metadata.get("title"))
            tags(made.streams[number].metadata, before.metadata, f"track {number}")
    return []


def check_mp4(
    made: InputContainer, old: InputContainer, media: Media, new: Sequence[Track], places: dict[int, int],
    fresh: Sequence[int],
) -> None:  # fmt: skip
    for index, number in places.items():
        flagged(made, number, set(disposition(media.streams[index], new)) & FLAGS)
        tags(made.streams[number].metadata, old.streams[index].metadata, f"track {number}")
    for number, track in zip(fresh, new, strict=True):
        flagged(made, number, track.flags)
        stream = made.streams[number]
        if (stream.language, stream.metadata.get("name")) != (track.language.iso639_2, track.title):
            raise Problem(f"track {number} of the new film is not tagged {track.language.iso639_2}, {track.title}")
    tags(made.metadata, old.metadata, "the new film")


def places(old: InputContainer, made: InputContainer) -> dict[int, int]:
    """Of an MP4 film's streams, which each became: by their numbers, covers in their order.

    Raises: Problem where one is missing.
    """
    covers = [[each.index for each in film.streams if not each.id] for film in (old, made)]
    found = dict(zip(*covers, strict=False))
    there = {each.id: each.index for each in made.streams if each.id}
    found |= {each.index: there[each.id] for each in old.streams if each.id in there}
    for each in old.streams:
        if each.index not in found:
            raise Problem(f"the film's stream {each.index} ({each.type}) is not in the new film")
    return found


def flagged(made: InputContainer, number: int, asked: set[str]) -> None:
    there = FLAGS & set(containers.flags(made.streams[number]))
    if there != asked:
        raise Problem(f"track {number} of the new film is flagged {sorted(there)}, not {sorted(asked)}")


def named(made: InputContainer, number: int, language: str | None, title: str | None) -> None:
    stream = made.streams[number]
    if (stream.language, stream.metadata.get("title")) != (language, title):
        raise Problem(f"track {number} of the new film is not tagged {language}, {harmless(title or 'no name')}")


def attachments(film: Path, container: Container, path: Path, kind: Container = MATROSKA) -> None:
    """Raises: Problem where an attached file or a cover is not in the new film, byte by byte."""
    before, after = contents(film, container), contents(path, kind)
    for name, digest in before:
        if digest not in {each for _, each in after}:
            raise Problem(f"the film's attachment {harmless(name)} is not in the new film")
    if len(before) != len(after):
        raise Problem(f"the new film has {len(after)} attachments instead of {len(before)}")


def contents(path: Path, container: Container) -> list[tuple[str, str]]:
    """The name and the hash of every attachment and cover."""
    found, pictures = [], []
    with containers.open_film(path, container) as film:
        for stream in film.streams:
            if stream.type == "attachment":
                name = stream.metadata.get("filename", f"of stream {stream.index}")
                found.append((name, hashlib.md5(getattr(stream, "data", b"") or b"").hexdigest()))
            elif "attached_pic" in containers.flags(stream):
                pictures.append(stream)
        there: dict[int, tuple[str, str]] = {}
        for packet in film.demux(pictures) if pictures else ():
            index = packet.stream.index
            if packet.size and index not in there:
                name = packet.stream.metadata.get("filename", f"of stream {index}")
                there[index] = (name, hashlib.md5(packet).hexdigest())
            if len(there) == len(pictures):
                break
    return [*found, *there.values()]


def tags(there: dict[str, str], before: dict[str, str], name: str) -> None:
    """Raises: Problem where a tag of the film is not among those of the new one."""
    for key, value in lost(there, before).items():
        raise Problem(f"{name} has not the tag {harmless(key)} = {harmless(value, 60)} that it had")


def lost(there: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """
    >>> lost({"ARTIST": "Nobody", "ENCODER": "x"}, {"artist": "Nobody", "encoder": "y", "place": "Pune"})
    {'place': 'Pune'}
    """
    known = {key.lower(): value for key, value in there.items()}
    return {
        key: value for key, value in before.items()
        if key.lower() not in OF_THE_FILE and known.get(key.lower()) != value
    }  # fmt: skip


def check_chapters(made: InputContainer, film: Path, container: Container, shift: float) -> None:
    """Raises: Problem where a chapter is missing, renamed, or not `shift` seconds later than it was."""
    with containers.open_film(film, container) as old:
        before, there = chapters(old), chapters(made)
    if len(there) != len(before):
        raise Problem(f"the new film has {len(there)} chapters instead of {len(before)}")
    for number, ((start, title), (old_start, old_title)) in enumerate(zip(there, before, strict=True), 1):
        if abs(max(0.0, start) - max(0.0, old_start + shift)) > ROUNDED:
            raise Problem(f"chapter {number} of the new film begins at {start:.3f} s, not {old_start + shift:.3f} s")
        if title != old_title:
            raise Problem(f"chapter {number} of the new film is not called {harmless(old_title or 'nothing')}")


def chapters(film: InputContainer) -> list[tuple[float, str | None]]:
    """When each chapter begins, on the film's own clock, and its title."""
    return [
        (float(each["start"] * (each["time_base"] or 0)), each["metadata"].get("title")) for each in film.chapters()
    ]


def lost_tags(made: InputContainer, old: InputContainer, copied: Sequence[Stream]) -> list[str]:
    """The tags that only the old film has: of a container that has others than Matroska."""
    found = set(lost(made.metadata, old.metadata))
    for number, stream in enumerate(copied):
        found |= set(lost(made.streams[number].metadata, old.streams[stream.index].metadata))
    return sorted(found)
