"""Reading the new film back, as a player would: is everything in it that was put in?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from samvad import containers, languages, stage
from samvad.documents import Media, Stream
from samvad.problem import Problem
from samvad.progress import Progress

if TYPE_CHECKING:
    import srt
    from av.container import InputContainer

#: Flags that Matroska has a place for; the others do not survive in it.
FLAGS = {"default", "forced", "hearing_impaired", "visual_impaired", "descriptions", "original", "comment"}
#: Seconds by which a copied stream may seem to move: containers count an encoder's start-up differently.
MOVED = 0.1


class Track(NamedTuple):
    """A new subtitle track."""

    code: str
    path: Path
    cues: list[srt.Subtitle]
    title: str
    default: bool


def disposition(stream: Stream, new: Sequence[Track]) -> list[str]:
    """The flags of one of the film's own streams; a new subtitle takes the default from the old."""
    lifted = {"default"} if stream.kind == "subtitle" and new else set()
    return [flag for flag in stream.disposition if flag not in lifted]


def read_back(path: Path, media: Media, new: Sequence[Track], run: stage.Run) -> None:
    """Reads the new film from end to end, as a player would.

    Raises: Problem when a stream is missing, moved, or flagged otherwise than asked, or a
    subtitle says or shows anything but its file.
    """
    copied = containers.copied(media.streams)
    with containers.open_film(path, containers.MATROSKA) as film:
        expected = sum(not containers.is_left_out(stream) for stream in media.streams) + len(new)
        if len(film.streams) != expected:
            raise Problem(f"the new film has {len(film.streams)} streams instead of {expected}")
        check_flags(film, copied, new)
        with run.progress(media.duration, "s of the new film read back") as progress:
            first, cues = packets(film, range(len(copied), len(copied) + len(new)), progress)
    shift = shifted(new[0], cues[len(copied)]) if new else 0.0
    for number, track in enumerate(new, len(copied)):
        check_cues(track, cues[number], shift)
    sound = next(number for number, stream in enumerate(copied) if stream.index == media.audio.stream)
    moved = first.get(sound, 0.0) - media.streams[media.audio.stream].start - shift
    if abs(moved) > MOVED:
        raise Problem(f"the new film's sound is {moved:+.3f} s away from where it belongs")


def shifted(track: Track, there: Sequence[tuple[int, int, str]]) -> float:
    """Seconds by which all of the new film is later than the old one.

    Matroska has no times before zero, and no place for what a decoder throws away at the start of
    an MP3: there ffmpeg moves everything, sound and subtitles alike, by that much.
    """
    first = min((cue.start for cue in track.cues), default=None)
    return there[0][0] / 1000 - first.total_seconds() if first is not None and there else 0.0


def check_flags(film: InputContainer, copied: Sequence[Stream], new: Sequence[Track]) -> None:
    wanted = [set(disposition(stream, new)) & FLAGS for stream in copied]
    wanted += [{"default"} if track.default else set() for track in new]
    for number, asked in enumerate(wanted):
        there = FLAGS & set(containers.flags(film.streams[number]))
        if there != asked:
            raise Problem(f"track {number} of the new film is flagged {sorted(there)}, not {sorted(asked)}")
    for number, track in enumerate(new, len(copied)):
        stream, language = film.streams[number], languages.language(track.code).iso639_2
        if (stream.language, stream.metadata.get("title")) != (language, track.title):
            raise Problem(f"track {number} of the new film is not tagged {language}, {track.title}")


def packets(
    film: InputContainer, subtitles: range, progress: Progress
) -> tuple[dict[int, float], dict[int, list[tuple[int, int, str]]]]:
    """When each stream begins (seconds), and the cues (start, end in ms; text) of the new ones."""
    first: dict[int, float] = {}
    cues: dict[int, list[tuple[int, int, str]]] = {number: [] for number in subtitles}
    for packet in film.demux():
        if not packet.size or packet.pts is None:
            continue
        number, start = packet.stream.index, float(packet.pts * packet.time_base)
        progress.reach(start)
        first[number] = min(start, first.get(number, start))
        if number in cues:
            end = start + float((packet.duration or 0) * packet.time_base)
            cues[number].append((round(start * 1000), round(end * 1000), bytes(packet).decode("utf-8")))
    return first, cues


def check_cues(track: Track, there: Sequence[tuple[int, int, str]], shift: float) -> None:
    if len(there) != len(track.cues):
        raise Problem(f"{track.path}: {len(track.cues)} cues, but {len(there)} in the new film")
    if abs(shift) > MOVED:
        raise Problem(f"{track.path}: shown {shift:+.3f} s away from where it belongs in the new film")
    for cue, (start, end, text) in zip(sorted(track.cues, key=lambda cue: cue.start), there, strict=True):
        times = (round((moment.total_seconds() + shift) * 1000) for moment in (cue.start, cue.end))
        same_times = all(abs(found - asked) <= 1 for found, asked in zip((start, end), times, strict=True))
        if text.strip() != cue.content.strip() or not same_times:
            raise Problem(f"{track.path}: cue {cue.index} is not the same in the new film")
