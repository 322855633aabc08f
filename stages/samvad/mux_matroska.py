"""The film as Matroska: ffmpeg copies its packets, and its head is completed from the film's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from samvad import containers, documents, ffmpeg, matroska_head, mov_text, packets, stage
from samvad.containers import MATROSKA, Container
from samvad.documents import Imported, Media, Stream
from samvad.packets import Packets
from samvad.problem import Problem
from samvad.readback import check_matroska
from samvad.subtitle_tracks import Track, disposition

#: Share of the film's size that the new one may need beyond it: subtitles, and another container.
ROOM = 1.05


class Attached(NamedTuple):
    """A file that becomes an attachment."""

    path: Path
    mime: str
    name: str


def make(film: Path, media: Media, new: Sequence[Track], run: stage.Run) -> Path:
    """Raises: Problem when there is no room, ffmpeg fails, or what it wrote is not what was asked."""
    container = containers.check(film)
    ffmpeg.need_room(run.target, film.stat().st_size * ROOM)
    left_out = [each for each in media.streams if containers.is_left_out(each) and not is_chapters(each, media)]
    if left_out:
        names = ", ".join(f"{stream.index} ({stream.kind} {stream.codec})" for stream in left_out)
        run.say(f"  Matroska cannot hold stream {names}: left out")
    unknown = [each for each in containers.copied(media.streams) if each.codec == "unknown"]
    if unknown:
        names = ", ".join(f"{stream.index} ({stream.kind})" for stream in unknown)
        raise Problem(f"stream {names} of {film} is in a codec that ffmpeg does not know, and cannot be copied")
    head = matroska_head.read(film, media.streams) if container == MATROSKA else None
    lost = matroska_head.losses(head) if head else []
    if container == MATROSKA and not head:
        lost.append("what ffmpeg does not know of its head, which is damaged")
    for line in lost:
        run.say(f"  not kept of {film.name}: {line}")
    attached = [] if head else extract_covers(film, container, media, run)
    copied = containers.copied(media.streams)
    told = run.scratch.with_name(f"{run.scratch.name}.packets")
    room = run.scratch.with_name(f"{run.scratch.name}.room")
    with room.open("wb") as file:
        file.truncate(matroska_head.room(head, len(new)))
    attached.append(Attached(room, "application/octet-stream", matroska_head.ROOM))
    kept = [] if head else [stream for stream in media.streams if stream.kind == "attachment"]
    given = arguments(film, container, media, new, kept, attached, run.scratch)
    ffmpeg.execute(run, [*given, *packets.tap(copied, told, filtered=True)], media.duration)
    source = packets.tapped(told, len(copied))
    numbers = [
        number for number, stream in enumerate(carriers(media)) if not containers.is_left_out(stream)
    ] if head else list(range(len(copied)))  # fmt: skip
    codes = [track.code for track in new]
    # ffmpeg's own chapters are counted from the film's zero already, the film's are on its own clock.
    shift = lateness(run.scratch, source) - (packets.zero_of(film, container) if head else 0.0)
    matroska_head.complete(run.scratch, head, numbers, codes, shift)
    run.facts["left_out"] = [f"{stream.index} {stream.codec}" for stream in left_out]
    run.facts["not_kept"] = lost
    run.facts["verified"] = check_matroska(run.scratch, film, container, media, new, source, run)
    return run.scratch


def arguments(
    film: Path,
    container: Container,
    media: Media,
    new: Sequence[Track],
    kept: Sequence[Stream],
    attached: Sequence[Attached],
    out: Path,
) -> list[str]:
    """ffmpeg's arguments: the film's tracks in their order, the new ones, `kept` attachments, `attached` files."""
    copied = containers.copied(media.streams)
    found = ffmpeg.film_input(film, container)
    for track in new:
        found += ffmpeg.subtitle_input(track.path)
    for stream in copied:
        found += ["-map", f"0:{stream.index}"]
    for number in range(1, len(new) + 1):
        found += ["-map", f"{number}:0"]
    for stream in kept:
        found += ["-map", f"0:{stream.index}"]
    # A recording that begins between key frames keeps its first frames too.
    found += ["-map_metadata", "0", "-map_chapters", "0", "-c", "copy", "-copyinkf"]
    title = None if media.title else imported_title(film)
    if title:
        found += ["-metadata", f"title={title}"]
    for number, stream in enumerate(copied):
        if stream.codec in containers.CONVERTED:
            found += [f"-c:{number}", "srt"]
        found += [f"-disposition:{number}", "+".join(disposition(stream, new)) or "0"]
    for number, track in enumerate(new, len(copied)):
        found += [f"-metadata:s:{number}", f"language={track.language.iso639_2}"]
        found += [f"-metadata:s:{number}", f"title={track.title}"]
        found += [f"-disposition:{number}", "+".join(sorted(track.flags)) or "0"]
    for number, each in enumerate(attached, len(kept)):
        found += ["-attach", f"file:{each.path}", f"-metadata:s:t:{number}", f"mimetype={each.mime}"]
        found += [f"-metadata:s:t:{number}", f"filename={each.name}"]
    return [*found, *ffmpeg.BIT_EXACT, "-f", "matroska", f"file:{out}"]


def carriers(media: Media) -> list[Stream]:
    """The streams that are tracks in the film's own file."""
    return [each for each in media.streams if each.kind != "attachment" and not containers.is_cover(each)]


def is_chapters(stream: Stream, media: Media) -> bool:
    """Whether it is MP4's stream of the names of chapters: in Matroska they are chapters again."""
    return stream.codec == mov_text.CHAPTERS and bool(media.chapters) and media.container == containers.MP4.name


def imported_title(film: Path) -> str | None:
    """The title that the film was imported by: its file's name, before `make import` gave it a plain one."""
    path = film.with_suffix(".json")
    return documents.read(path, Imported).title if path.exists() else None


def cover_type(stream: Stream) -> tuple[str, str]:
    """The MIME type and the name of a cover as an attachment (Matroska's own name for it: cover.*)."""
    suffix = "jpg" if stream.codec == "mjpeg" else stream.codec
    return f"image/{stream.codec.replace('mjpeg', 'jpeg')}", stream.title or f"cover.{suffix}"


def extract_covers(film: Path, container: Container, media: Media, run: stage.Run) -> list[Attached]:
    """The film's still pictures as files: copied as streams they would become video tracks, and
    one without times moves the whole film."""
    pictures = {stream.index: stream for stream in media.streams if containers.is_cover(stream)}
    found: dict[int, Attached] = {}
    if pictures:
        with containers.open_film(film, container) as source:
            for packet in source.demux([source.streams[index] for index in pictures]):
                index = packet.stream.index
                if packet.size and index not in found:
                    path = run.scratch.with_name(f"{run.scratch.name}.cover{index}")
                    path.write_bytes(bytes(packet))
                    found[index] = Attached(path, *cover_type(pictures[index]))
                if len(found) == len(pictures):
                    break
    return [found[index] for index in pictures]


def lateness(made: Path, source: Sequence[Packets]) -> float:
    """Seconds by which Matroska's muxer moved all packets: those before zero cannot be where they were."""
    number = next((each for each, of in enumerate(source) if len(of) and not math.isnan(of.times[0])), None)
    first = None if number is None else packets.first_time(made, MATROSKA, number)
    return 0.0 if number is None or first is None else round(first - source[number].times[0], 3)
