"""Takes the chosen audio stream out of a film as the WAV that every later stage reads.

In: the film and its media.json. Out: audio.wav, 16 kHz, mono, 16 bit, whose zero is the film's
zero: a late stream is padded in front, what lies before zero is cut, gaps are filled with silence.
So a time in the WAV is a time in the film, to within 10 ms.

    envs/common/bin/python stages/demux.py --media media/film.mkv --info out/film/media.json \\
        --out out/film/audio.wav

A film whose sound ends early: where that is plainly damage (the stream, the file or the decoder
says so) and more than a tenth is missing, this fails; where less is missing, or the film simply
goes on in silence, it says until when there is sound and goes on.
"""

from __future__ import annotations

import wave
from pathlib import Path

import click

from samvad import containers, documents, ffmpeg, stage
from samvad.documents import Media, Stream
from samvad.problem import Problem
from samvad.progress import clock

RATE = 16_000
#: One filter does it all, since times are only mended where it converts. async=1: by silence and
#: cuts, never by stretching. Timestamps jitter by up to a millisecond or two in sound containers;
#: differences beyond 8 ms (a gap, a late start) are mended, so that 10 ms hold.
FILTER = f"aresample=osr={RATE}:ochl=mono:osf=s16:async=1:first_pts=0:min_hard_comp=0.008"
#: Seconds that the sound may end before the film without a word.
QUIET_END = 5.0
#: What damage may take: this share, and in a short film this many seconds.
MOST_LOST = 0.1
MOST_LOST_SECONDS = 1.0


def expected_end(media: Media, chosen: Stream) -> float:
    """Where the chosen sound should end, in seconds of the film, by what the file says of itself."""
    if chosen.duration is None:
        return media.duration
    return min(media.duration, chosen.start + chosen.duration)


def arguments(film: Path, container: containers.Container, media: Media, out: Path) -> list[str]:
    """ffmpeg's arguments for the WAV.

    ffmpeg takes the earliest moment of all streams for zero, as mux has it in the new film. In a
    broadcast it asks only the streams in use, and follows jumps of the clock by them: so there all
    that mux will copy is read too, and thrown away.
    """
    found = [
        *ffmpeg.film_input(film, container),
        *("-map", f"0:{media.audio.stream}", "-af", FILTER, "-c:a", "pcm_s16le", *ffmpeg.BIT_EXACT),
    ]
    if not container.broadcast:
        # A time stamp that runs wild must not fill the disk with silence. Broadcasts have ffmpeg's
        # own guard against it, and a length that can be far too short.
        return [*found, "-t", f"{media.duration + 60:.3f}", "-f", "wav", f"file:{out}"]
    found += ["-f", "wav", f"file:{out}"]
    for stream in containers.copied(media.streams):
        found += ["-map", f"0:{stream.index}"]
    return [*found, "-c", "copy", "-f", "null", "-"]


def demux(film: Path, media: Media, run: stage.Run) -> Path:
    """Raises: Problem when there is no room, or a good part of the sound is missing."""
    container = containers.check(film)
    chosen = next(stream for stream in media.streams if stream.index == media.audio.stream)
    ffmpeg.need_room(run.target, media.duration * RATE * 2)
    complaints = ffmpeg.execute(run, arguments(film, container, media, run.scratch), media.duration)
    end = length(run.scratch)
    expected = expected_end(media, chosen)
    run.facts["audio"] = {"stream": chosen.index, "seconds": round(end, 3), "expected": round(expected, 3)}
    # Without complaints, and without a length of its own, a short sound is simply a short sound.
    damaged = not container.broadcast and (bool(complaints) or chosen.duration is not None)
    judge(film, end, expected, damaged, run)
    return run.scratch


def judge(film: Path, end: float, expected: float, damaged: bool, run: stage.Run) -> None:
    """Says where sound is missing at the end. Raises: Problem when that makes the result useless."""
    missing = expected - end
    if end == 0 or (damaged and missing > max(MOST_LOST_SECONDS, MOST_LOST * expected)):
        raise Problem(
            f"{film} breaks off: its sound ends at {clock(end)} of {clock(expected)}",
            containers.COPY_AGAIN,
        )
    if missing > QUIET_END:
        run.say(f"  the sound ends at {clock(end)}, the film at {clock(expected)}: no subtitles after that")


def length(audio: Path) -> float:
    """Seconds of a WAV file."""
    with wave.open(str(audio)) as file:
        return float(file.getnframes() / file.getframerate())


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@stage.options
def main(media: Path, info: Path, out: Path, stamp: Path | None) -> None:
    """Writes the chosen sound of the film as a 16 kHz mono WAV on the film's own clock."""
    stage.run("demux", out, stamp, lambda run: demux(media, documents.read(info, Media), run))


if __name__ == "__main__":
    main()
