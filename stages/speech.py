"""Finds where somebody speaks and cuts it into chunks that a recogniser can take.

In:  audio.wav (16 kHz mono).
Out: speech.json: stretches of speech, and chunks of at most 30 s that cover all of it.

    envs/whisperx/bin/python stages/speech.py --audio out/demo/audio.wav --threshold 0.4 --padding 0.4 \\
        --out out/demo/speech.json

The detector is Silero's network as faster-whisper carries it (ONNX). A chunk ends at a pause: across
long silence or music a recogniser invents words and stretches its times.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import stage
from samvad.documents import Span, Speech, covered
from samvad.pauses import grouped, widened

if TYPE_CHECKING:
    from samvad.audio import Audio

#: Samples that the network judges at a time, and how many before them it looks at.
FRAME, CONTEXT = 512, 64
STEP = FRAME / 16_000
#: Frames in one call of the network: 164 s of film, 12 MB.
BATCH = 5120

#: Seconds. A chunk is what Whisper hears at once; it was trained on windows of 30.
LONGEST = 30.0
#: Seconds of silence that end a chunk.
PAUSE = 2.0
#: Seconds of silence inside one stretch of speech: the closure of a stop, not yet a breath.
CLOSURE = 0.15
#: Seconds: a click or a knock is shorter than "no".
SHORTEST = 0.1
#: Seconds kept around a stretch: the network answers for whole frames, and late.
EDGE = 0.05
#: How far the probability must fall below the threshold before speech is over (Silero's own rule).
HYSTERESIS = 0.15


def probabilities(audio: Audio) -> list[float]:
    """How sure the network is that each frame of 32 ms holds speech."""
    import numpy as np
    from faster_whisper.vad import get_vad_model

    # Its own __call__ wants the whole film as floats, three times over; the session takes it in parts.
    session = get_vad_model().session
    hidden = cell = np.zeros((1, 1, 128), dtype=np.float32)
    context = np.zeros(CONTEXT, dtype=np.float32)
    found: list[float] = []
    for first in range(0, len(audio), BATCH * FRAME):
        part = audio[first : first + BATCH * FRAME].astype(np.float32) / np.float32(32768.0)
        part = np.concatenate([context, part, np.zeros(-len(part) % FRAME, dtype=np.float32)])
        frames = np.lib.stride_tricks.sliding_window_view(part, CONTEXT + FRAME)[::FRAME]
        given = {"input": np.ascontiguousarray(frames), "h": hidden, "c": cell}
        output, hidden, cell = session.run(None, given)
        found.extend(output.ravel().tolist())
        context = part[-CONTEXT:]
    return found


def stretches(chances: Sequence[float], duration: float, threshold: float, step: float = STEP) -> list[Span]:
    """Stretches of speech from the probabilities of frames that follow each other every `step` seconds.

    Speech begins at `threshold` and ends `HYSTERESIS` below it, after Silero.

    >>> stretches([0, 0.9, 0.9, 0, 0, 0, 0.9], 7, 0.5, step=1)
    [Span(start=0.95, end=3.05), Span(start=5.95, end=7.0)]
    """
    found: list[Span] = []
    begun: float | None = None
    for number, chance in enumerate([*chances, 0.0]):
        if begun is None and chance >= threshold:
            begun = number * step
        elif begun is not None and chance < max(threshold - HYSTERESIS, 0.01):
            if found and begun - found[-1].end < CLOSURE:
                found[-1].end = number * step
            else:
                found.append(Span(begun, number * step))
            begun = None
    return widened([span for span in found if span.end - span.start >= SHORTEST], EDGE, duration)


def chunks_of(
    speech: Sequence[Span],
    pause: float,
    chances: Sequence[float],
    step: float = STEP,
    longest: float = LONGEST,
) -> list[Span]:
    """Chunks of at most `longest` seconds that cover all speech and hold no silence as long as `pause`.

    >>> chunks_of([Span(0, 20), Span(20.5, 24), Span(24.2, 33), Span(50, 52)], 2, [])
    [Span(start=0, end=20), Span(start=20.5, end=33), Span(start=50, end=52)]
    """
    short = [part for span in speech for part in _cut_long(span, chances, step, longest)]
    return grouped(short, longest, pause)


def padded(speech: Sequence[Span], padding: float, chances: Sequence[float], duration: float) -> list[Span]:
    """The chunks with `padding` seconds of sound on both sides, none longer than `LONGEST`, none overlapping.

    >>> padded([Span(1, 20), Span(20.5, 32)], 0.5, [], 40)
    [Span(start=0.5, end=20.25), Span(start=20.25, end=32.5)]
    """
    # The padding counts too: what is longer than Whisper's window would lose its end.
    chunks = chunks_of(speech, PAUSE, chances, longest=LONGEST - 2 * padding)
    return widened(chunks, padding, duration)


def _cut_long(span: Span, chances: Sequence[float], step: float, longest: float) -> list[Span]:
    """A stretch without a pause, cut where the network was least sure of speech."""
    if span.end - span.start <= longest:
        return [span]
    low, high = span.start + longest / 2, min(span.start + longest, span.end - 1.0)
    frames = range(round(low / step), min(round(high / step), len(chances)))
    cut = min(frames, key=lambda number: (chances[number], -number)) * step if frames else high
    return [Span(span.start, cut), *_cut_long(Span(cut, span.end), chances, step, longest)]


def detect(audio: Audio, threshold: float, padding: float) -> Speech:
    from samvad.audio import RATE

    chances = probabilities(audio)
    duration = len(audio) / RATE
    speech = stretches(chances, duration, threshold)
    chunks = padded(speech, padding, chances, duration)
    return Speech(duration, "silero v6", speech, chunks)


def work(run: stage.Run, audio: Path, threshold: float, padding: float) -> Speech:
    from samvad.audio import load_audio

    found = detect(load_audio(audio), threshold, padding)
    run.facts["speech_seconds"] = round(covered(found.speech), 1)
    run.facts["chunks"] = len(found.chunks)
    if not found.speech:
        run.say(f"  no speech was found in {run.film}")
    return found


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--threshold", type=click.FloatRange(0, 1), required=True, help="How sure the detector must be.")
@click.option("--padding", type=click.FloatRange(0, 2), required=True, help="Seconds of sound kept around a chunk.")
def main(out: Path, stamp: Path | None, audio: Path, threshold: float, padding: float) -> None:
    """Finds where somebody speaks."""
    stage.run("speech", out, stamp, lambda run: work(run, audio, threshold, padding))


if __name__ == "__main__":
    main()
