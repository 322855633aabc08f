"""What voice activity misses and takes for speech, by threshold and padding. Prints tables of docs/quality.md.

    envs/whisperx/bin/python -m tests.quality.voice out/quality

*Missed* is what somebody says outside the chunks, which no recogniser gets to hear; *false* is what the
stretches of speech (chunks are these and the pauses between) hold of music, noise and silence.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests import measure
from tests.quality.table import Truth, outside, read_truth, seconds

sys.path.insert(0, str(Path(__file__).parents[2] / "stages"))

import speech
from samvad.audio import RATE, load_audio

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6)
PADDINGS = (0.0, 0.2, 0.4)
#: Seconds around a line that are not called false: rooms ring, and the network answers for whole frames.
NEAR = 0.1


class Found(NamedTuple):
    """Seconds but for `lost`, which counts lines of which less than half is in any chunk."""

    missed: float
    lost: int
    false: float
    chunks: float


def found_by(truth: Truth, chances: Sequence[float], duration: float, threshold: float, padding: float) -> list[Found]:
    """One for each part of the set."""
    spans = speech.stretches(chances, duration, threshold)
    chunks = speech.padded(spans, padding, chances, duration)
    lines = [line for part in truth.parts for line in part.lines]
    missed, false = outside(lines, chunks, 0.0), outside(spans, lines, NEAR)
    return [
        Found(
            seconds(missed, part),
            sum(measure.coverage([line], chunks) < 1 for line in part.lines),
            seconds(false, part),
            seconds(chunks, part),
        )
        for part in truth.parts
    ]


def main(folder: Path) -> None:
    truth, audio = read_truth(folder / "truth.json"), load_audio(folder / "audio.wav")
    chances, duration = speech.probabilities(audio), len(audio) / RATE
    print("| threshold | padding s | missed s | lines lost | false s | chunks s |\n|--:|--:|--:|--:|--:|--:|")
    for threshold in THRESHOLDS:
        for padding in PADDINGS:
            parts = found_by(truth, chances, duration, threshold, padding)
            missed, lost, false, chunks = map(sum, zip(*parts, strict=True))
            print(f"| {threshold} | {padding} | {missed:.1f} | {lost} | {false:.1f} | {chunks:.0f} |")
    print("\n| missed / false s, no padding |", " | ".join(map(str, THRESHOLDS)), "|")
    print("|---|" + "--:|" * len(THRESHOLDS))
    tables = [found_by(truth, chances, duration, threshold, 0.0) for threshold in THRESHOLDS]
    for part, found in zip(truth.parts, zip(*tables, strict=True), strict=True):
        print(f"| {part.name} |", " | ".join(f"{one.missed:.1f} / {one.false:.1f}" for one in found), "|")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
