"""An MP4 film with new subtitles, as MP4: the film's own bytes, a new index, and the subtitles after them.

Nothing is unpacked. Every byte of the film is copied as it is but for its index (the moov box), which gets
the new tracks that ffmpeg made of the SubRip files (mov_text), and from which old subtitles' "enabled"
is taken away. So time codes, chapters, covers, cameras' data and what nobody here knows survive; there is
no stream of an MP4 film that the new one could not hold. An index that stands before the packets does so
again, as "faststart" films need; that costs no second writing, since its length is known beforehand.

The new cues are together at the end of the file, not among the packets: a player that streams it from
afar reads there too.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from samvad import boxes, containers, ffmpeg, mp4_index, packets, stage
from samvad.containers import MP4
from samvad.documents import Media
from samvad.mux_matroska import imported_title, is_chapters
from samvad.problem import Problem
from samvad.readback import check_mp4
from samvad.subtitle_tracks import Track

#: Bytes that the subtitles and the index of the new film may need beyond the film's own size.
ROOM = 64 << 20
#: Bytes that are copied at once.
BLOCK = 8 << 20


class Range(NamedTuple):
    """A part of a file."""

    path: Path
    start: int
    end: int


Piece = Range | bytes


def make(film: Path, media: Media, new: Sequence[Track], run: stage.Run) -> Path:
    """Raises: Problem when the film is no MP4 or one that cannot be added to, there is no room, or the new
    film is not what was asked for."""
    container = containers.check(film)
    if container != MP4:
        streams = ", ".join(f"{each.index} ({each.kind} {each.codec})" for each in media.streams)
        raise Problem(
            f"{film} is {container.name}, not MP4, which may not hold all of its streams: {streams}", advice(run)
        )
    try:
        index = boxes.read_index(film)
    except boxes.Unfit as reason:
        raise Problem(f"nothing can be added to {film}: {reason}", advice(run)) from None
    ffmpeg.need_room(run.target, film.stat().st_size + ROOM)
    with containers.open_film(film, container) as opened:
        zero = (opened.start_time or 0) / 1e6
    told, subtitles = (run.scratch.with_name(f"{run.scratch.name}.{part}") for part in ("packets", "subtitles"))
    # The demuxer reads the names of chapters by itself, and then not always again as packets.
    listened = [each for each in media.streams if not containers.is_cover(each) and not is_chapters(each, media)]
    given = ffmpeg.film_input(film, container)
    title = None if media.title else imported_title(film)
    if new:
        given += subtitle_arguments(new, mp4_index.timescale(index), zero, title, subtitles)
    ffmpeg.execute(run, [*given, *packets.tap(listened, told, filtered=False)], media.duration)
    found = packets.tapped(told, len(listened))
    grafts = boxes.read_index(subtitles) if subtitles.exists() else None
    try:
        made = pieces(index, grafts, lift=bool(new))
    except (boxes.Unfit, struct.error) as reason:
        raise Problem(f"nothing can be added to {film}: {reason}", advice(run)) from None
    write(run, made)
    source = {each.index: packets_of for each, packets_of in zip(listened, found, strict=True)}
    run.facts["left_out"] = run.facts["not_kept"] = []
    run.facts["verified"] = check_mp4(run.scratch, film, media, new, source, zero, run)
    return run.scratch


def advice(run: stage.Run) -> str:
    return f"Type: make {run.target.with_suffix('.mkv')} FINAL=mkv"


def subtitle_arguments(
    new: Sequence[Track], timescale: int, zero: float, title: str | None, out: Path
) -> list[str]:  # fmt: skip
    """ffmpeg's arguments for an MP4 file of the new subtitles alone, on the film's clock."""
    inputs, found = [], []
    for track in new:
        inputs += ["-itsoffset", f"{zero:.6f}", *ffmpeg.subtitle_input(track.path)]
    for number in range(1, len(new) + 1):
        found += ["-map", f"{number}:0"]
    # In ffmpeg's own microseconds half an hour without a cue is too long for the field of its length.
    found += ["-c", "mov_text", "-time_base", "1/1000", "-movie_timescale", str(timescale), "-map_metadata", "-1"]
    for number, track in enumerate(new):
        # Players show one of the two: the name of the track, or of its handler.
        for key, value in (
            ("language", track.language.iso639_2),
            ("title", track.title),
            ("handler_name", track.title),
        ):
            found += [f"-metadata:s:{number}", f"{key}={value}"]
        found += [f"-disposition:{number}", "+".join(sorted(track.flags)) or "0"]
    if title:
        found += ["-metadata", f"title={title}"]
    return [*inputs, *found, *ffmpeg.BIT_EXACT, "-f", "mp4", f"file:{out}"]


def pieces(film: boxes.Index, new: boxes.Index | None, lift: bool) -> list[Piece]:
    """What the new film is made of, in order: ranges of the two files, and new bytes."""
    moov = film.moov
    end = film.size
    samples = [Range(new.path, box.start, box.end) for box in new.boxes if box.kind == b"mdat"] if new else []
    front = film.moov_first and not film.has_other_positions
    for _ in range(3):  # its own length moves the packets, and they may then need longer numbers
        shift = len(moov) - len(film.moov) if front else 0
        after = end + shift
        moov = mp4_index.joined(film, new, shift, after, lift)
        if not front or len(moov) - len(film.moov) == shift:
            break
    if front:
        return [Range(film.path, 0, film.place.start), moov, Range(film.path, film.place.end, end), *samples]
    # What was the index becomes a box that is skipped: its length stays, its name is the second word of it.
    name = film.place.start + 4
    return [Range(film.path, 0, name), b"free", Range(film.path, name + 4, end), *samples, moov]


def write(run: stage.Run, made: Sequence[Piece]) -> None:
    """Writes the new film, whatever its size, with a few megabytes in memory."""
    total = sum(len(piece) if isinstance(piece, bytes) else piece.end - piece.start for piece in made)
    with run.scratch.open("wb") as out, run.progress(total / 1e6, "MB") as progress:
        for piece in made:
            if isinstance(piece, bytes):
                out.write(piece)
                continue
            with piece.path.open("rb") as file:
                file.seek(piece.start)
                left = piece.end - piece.start
                while left:
                    block = file.read(min(BLOCK, left))
                    if not block:
                        raise Problem(f"{piece.path} became shorter while it was read")
                    out.write(block)
                    left -= len(block)
                    progress.advance(len(block) / 1e6)
