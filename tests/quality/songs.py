"""How well songs are found in the test set for songs. Prints the table of docs/quality.md.

    envs/whisperx/bin/python -m tests.quality.songs out/songs models/songs/firered/safetensors

Seconds of a part that are a song and are marked as one, and lines of it that would be shown between notes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "stages"))

import songs
from export_transcript import mostly_in
from samvad import firered
from samvad.audio import load_audio
from samvad.documents import Segment, Span


def shared(one: Span, others: Sequence[Span]) -> float:
    """Seconds of a span that are in others."""
    return sum(max(0.0, min(one.end, other.end) - max(one.start, other.start)) for other in others)


def main(folder: Path, model: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    weights = firered.load(model / "model.safetensors")
    found = songs.songs_in(firered.probabilities(load_audio(folder / "audio.wav"), weights, lambda seconds: None))
    print("| part | s | song s | marked s | of the song s | lines | marked |\n|---|--:|--:|--:|--:|--:|--:|")
    totals = [0.0] * 4
    for part in truth["parts"]:
        span = Span(part["start"], part["end"])
        sung = [Span(**part["song"])] if "song" in part else []
        lines = [Segment(0, line["start"], line["end"], line["text"]) for line in part["lines"]]
        noted = sum(mostly_in(line, found) for line in lines)
        row = [span.end - span.start, shared(span, sung), shared(span, found), sum(shared(one, found) for one in sung)]
        totals = [total + value for total, value in zip(totals, row, strict=True)]
        print(f"| {part['name']} |", " | ".join(f"{value:.1f}" for value in row), f"| {len(lines)} | {noted} |")
    _, sung_s, marked, right = totals
    print(
        f"\nprecision {right / marked:.1%}, recall {right / sung_s:.1%} of {sung_s:.0f} s of song in {totals[0]:.0f} s"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
