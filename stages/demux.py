"""Takes the chosen audio stream out of a film as the WAV that every later stage reads.

In: the film and its media.json. Out: audio.wav, 16 kHz, mono, 16 bit, whose zero is the film's
zero: a late stream is padded in front, what lies before zero is cut, gaps are filled with silence.
So a time in the WAV is a time in the film, to within 10 ms.

    envs/common/bin/python stages/demux.py --media media/film.mkv --info out/film/media.json \\
        --out out/film/audio.wav

All channels are mixed, but `--channel` (centre, left, right) takes one. Two channels are measured on the
way: where one is silent, or a mix would cancel what is said (opposite phase), the louder one alone is
taken in a second pass, and a line says so.

A film whose sound ends early: where that is plainly damage (the stream, the file or the decoder
says so) and more than a tenth is missing, this fails; where less is missing, or the film simply
goes on in silence, it says until when there is sound and goes on.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from samvad import containers, documents, ffmpeg, limits, stage
from samvad.documents import Media, Stream
from samvad.problem import Problem
from samvad.progress import clock

RATE = 16_000
#: Seconds of a window in which channels are compared.
WINDOW = 10
#: The stream at our rate, whatever rate and channels it changes to on the way: ffmpeg begins this
#: filter anew at each change. A mix is no louder than what is mixed.
PLAIN = f"aresample=osr={RATE}:osf=flt:rematrix_maxval=1"
#: The times mended, over the whole stream. async=1: by silence and cuts, never by stretching.
#: Timestamps jitter by up to a millisecond or two in sound containers; differences beyond 8 ms (a
#: gap, a late start) are mended, so that 10 ms hold.
TIMED = "aresample=ochl=mono:osf=s16:rematrix_maxval=1:async=1:first_pts=0:min_hard_comp=0.008"
#: The loudness of the left channel, the right one and their mix, window by window.
MEASURED = (
    f"asetnsamples=n={WINDOW * RATE}:p=0,pan=3c|c0=c0|c1=c1|c2=0.5*c0+0.5*c1,"
    "astats=metadata=1:reset=1:measure_perchannel=RMS_level:measure_overall=none"
)
#: What CHANNEL calls them → ffmpeg's names.
CHANNELS = {"centre": "FC", "left": "FL", "right": "FR"}

#: dB. Below `QUIET` a window is silent; a channel this much below the other is silent; a mix this much
#: below the louder channel has lost it, and that in this share of the windows is no accident.
QUIET, SILENT, LOST, OFTEN = -60.0, 30.0, 10.0, 0.25
#: Seconds of exact silence in a channel that was asked for by name: perhaps it is not there.
SUSPICIOUS = 10
#: Seconds of sound after the film's own end.
OVER = 60
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


def arguments(
    film: Path, container: containers.Container, media: Media, out: Path, channel: str, levels: Path | None
) -> list[str]:
    """ffmpeg's arguments for the WAV: of one `channel` or all, with the `levels` of two written beside it.

    The sound goes through ffmpeg twice, decoded and plain, then as a decoded stream of one format: a
    filter that is begun anew in the middle of a film would take that for its zero.

    ffmpeg takes the earliest moment of all streams for zero, as mux has it in the new film. In a
    broadcast it asks only the streams in use, and follows jumps of the clock by them: so there all
    that mux will copy is read too, and thrown away.
    """
    plain = f"{PLAIN}:ochl={'stereo' if levels else 'mono'}"
    if channel:
        plain = f"pan=mono|c0={CHANNELS[channel]},{plain}"
    timed = f"[dec:0]{TIMED}[timed]"
    if levels:
        measured = f"{MEASURED},ametadata=print:file={ffmpeg.escaped(str(levels))},anullsink"
        timed = f"[dec:0]asplit[a][b];[a]{TIMED}[timed];[b]{measured}"
    found = [
        *ffmpeg.film_input(film, container),
        *("-map", f"0:{media.audio.stream}", "-af", plain, "-c:a", "pcm_f32le", "-f", "null", "-"),
        *("-dec", "0:0", "-filter_complex", timed, "-map", "[timed]", "-c:a", "pcm_s16le", *ffmpeg.BIT_EXACT),
        # The WAV holds sound, and no titles.
        *("-map_metadata", "-1"),
    ]
    if not container.broadcast:
        # A time stamp that runs wild must not fill the disk with silence. Broadcasts have ffmpeg's
        # own guard against it, and a length that can be far too short.
        return [*found, "-t", f"{media.duration + OVER:.3f}", "-f", "wav", f"file:{out}"]
    found += ["-f", "wav", f"file:{out}"]
    for stream in containers.copied(media.streams):
        found += ["-map", f"0:{stream.index}"]
    return [*found, "-c", "copy", "-f", "null", "-"]


class Levels(NamedTuple):
    """RMS of a window in dB (silence: minus infinity)."""

    left: float
    right: float
    mix: float


def read_levels(path: Path) -> list[Levels]:
    """What ffmpeg measured of each window."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.findall(r"^lavfi\.astats\.[123]\.RMS_level=(\S+)$", text, re.M)
    return [Levels(*map(float, found[at : at + 3])) for at in range(0, len(found) - 2, 3)]


def better_alone(windows: Sequence[Levels]) -> tuple[str, str]:
    """The channel to take by itself and why; nothing and nothing where a mix is right.

    >>> better_alone([Levels(-20, -70, -26)]), better_alone([Levels(-20, -20.1, -45)])
    (('left', 'the right channel is silent'), ('left', 'the channels cancel each other'))
    >>> better_alone([Levels(-20, -23, -24)])
    ('', '')
    """
    sounding = [each for each in windows if max(each.left, each.right) > QUIET]
    left = sum(10 ** (each.left / 10) for each in sounding)
    right = sum(10 ** (each.right / 10) for each in sounding)
    louder, other = ("left", "right") if left >= right else ("right", "left")
    if sounding and min(left, right) < max(left, right) * 10 ** (-SILENT / 10):
        return louder, f"the {other} channel is silent"
    if sum(max(each.left, each.right) - each.mix > LOST for each in sounding) > OFTEN * len(sounding):
        return louder, "the channels cancel each other"
    return "", ""


def check_channel(film: Path, container: containers.Container, stream: Stream, channel: str) -> None:
    """Raises: Problem when the stream has no such channel."""
    import av

    with containers.open_film(film, container) as opened:
        context: Any = containers.stream_of(opened, stream).codec_context
        layout = context.layout
    if layout.channels[0].name == "NONE":  # only their number is told: ffmpeg takes them for the usual ones
        layout = av.AudioLayout(f"{layout.nb_channels}c")
    there = {each.name for each in layout.channels}
    if CHANNELS[channel] not in there:
        known = [name for name, code in CHANNELS.items() if code in there]
        raise Problem(
            f"the audio track is {layout.name}: it has no {channel} channel",
            f"CHANNEL= one of: {' '.join(known)}" if known else "Leave CHANNEL empty",
        )


def demux(film: Path, media: Media, channel: str, run: stage.Run) -> Path:
    """Raises: Problem when there is no room or no such channel, or a good part of the sound is missing."""
    container = containers.check(film)
    chosen = next(stream for stream in media.streams if stream.index == media.audio.stream)
    ffmpeg.need_room(run.target, media.duration * RATE * 2)
    # A broadcast may be longer than it knows.
    longest = limits.longest_in(film.stat().st_size) if container.broadcast else 0.0
    room = (min(max(media.duration, longest), limits.LONGEST) + 2 * OVER) * RATE * 2
    levels, wanted = None, channel
    if channel:
        check_channel(film, container, chosen, channel)
    elif chosen.channels == 2:
        levels = run.scratch.with_name(f"{run.scratch.name}.levels")
    given = arguments(film, container, media, run.scratch, channel, levels)
    complaints = ffmpeg.execute(run, given, media.duration, room=room)
    if levels:
        channel, reason = better_alone(read_levels(levels))
        if channel:
            run.say(f"  {reason}: only the {channel} one is taken")
            given = arguments(film, container, media, run.scratch, channel, None)
            ffmpeg.execute(run, given, media.duration, room=room)
    if wanted and (silent := longest_silence(run.scratch)) and silent[1] - silent[0] >= SUSPICIOUS:
        run.say(
            f"  the {wanted} channel holds nothing from {clock(silent[0])} to {clock(silent[1])}: "
            "if somebody speaks there, type CHANNEL= (all channels)"
        )
    end = length(run.scratch)
    expected = expected_end(media, chosen)
    run.facts["audio"] = {
        **{"stream": chosen.index, "channel": channel or "all"},
        **{"seconds": round(end, 3), "expected": round(expected, 3)},
    }
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


def longest_silence(audio: Path) -> tuple[int, int] | None:
    """Where a WAV file holds nothing but zeros for longest, in whole seconds; None where it nowhere does.

    A film may change from surround to stereo midway; what is not there then is exact silence.
    """
    best: tuple[int, int] | None = None
    begun: int | None = None
    with wave.open(str(audio)) as file:
        for second in range(file.getnframes() // RATE + 1):
            frames = file.readframes(RATE)
            if len(frames) == 2 * RATE and not frames.strip(b"\0"):
                begun = second if begun is None else begun
                if best is None or second + 1 - begun > best[1] - best[0]:
                    best = begun, second + 1
            else:
                begun = None
    return best


def length(audio: Path) -> float:
    """Seconds of a WAV file."""
    with wave.open(str(audio)) as file:
        return float(file.getnframes() / file.getframerate())


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@click.option("--channel", type=click.Choice(["", *CHANNELS]), default="", help="The one to take; empty: all, mixed.")
@stage.options
def main(media: Path, info: Path, channel: str, out: Path, stamp: Path | None) -> None:
    """Writes the chosen sound of the film as a 16 kHz mono WAV on the film's own clock."""

    def work(run: stage.Run) -> Path:
        return demux(media, documents.read(info, Media), channel, run)

    stage.run("demux", out, stamp, work, opens_film=True)


if __name__ == "__main__":
    main()
