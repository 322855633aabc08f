"""How near a translated line begins to where it is said, though it is translated together with its neighbours.

In:  truth.json with `lines` of start, end and text (the demo film's), or `parts` of such (the test set's, make_set.py);
     a document with the words that were heard, for their times.

    envs/dev/bin/python -m tests.quality.projection tests/demo/truth.json out/demo/transcript.json --text en

Neighbouring lines, less than `APART` seconds apart, are joined in twos and threes and count as one sentence. Every
line but the first then begins somewhere inside it: by its share of the characters in the sentence's time, and by
samvad.projection. Prints how far that is from the truth, in seconds, either way.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "stages"))

from samvad import profile, projection
from samvad.breaking import breaks
from samvad.cue_words import tokens
from samvad.documents import Span, Translated
from samvad.textmeasure import plain

ROOT = Path(__file__).resolve().parents[2]
PROFILE = profile.read(ROOT / "config" / "cues" / "plain.toml")
#: Seconds between two lines that one sentence may hold: load_transcript ends one at a longer pause.
APART = 1.0


class Line(NamedTuple):
    start: float
    end: float
    text: str


def lines_of(truth: dict[str, Any], text: str) -> list[list[Line]]:
    """The lines of each part of the truth."""
    parts = truth.get("parts", [truth])
    return [[Line(line["start"], line["end"], line[text]) for line in part["lines"]] for part in parts]


def together(lines: Sequence[Line], number: int) -> Iterator[Sequence[Line]]:
    """Neighbouring lines, so many at a time, none of them twice."""
    first = 0
    while first + number <= len(lines):
        run = lines[first : first + number]
        near = all(other.start - one.end < APART for one, other in pairwise(run))
        if near:
            yield run
        first += number if near else 1


def errors(run: Sequence[Line], words: Sequence[Span], language: str, projected: bool) -> list[float]:
    """Seconds between where each line but the first begins and where it should."""
    sentence = Translated(0, run[0].start, run[-1].end, " ".join(line.text for line in run), "")
    if projected:
        spoken = [word for word in words if word.end > sentence.start and word.start < sentence.end]
        place = Span(sentence.start, sentence.end)
        sentence.phrases = projection.phrases(sentence.text, spoken, place, breaks(language))
    row = tokens([sentence], PROFILE)
    found, first = [], 0
    for one, other in pairwise(run):
        first += len(plain(one.text).split())
        found.append(abs(row[first].start - other.start))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("heard", type=Path)
    parser.add_argument("--text", default="text", help="The member of a line that is its text: en.")
    parser.add_argument("--language", help="Its language, unless --text says it.")
    given = parser.parse_args()
    parts = lines_of(json.loads(given.truth.read_text(encoding="utf-8")), given.text)
    heard = json.loads(given.heard.read_text(encoding="utf-8"))["segments"]
    words = [Span(word["start"], word["end"]) for segment in heard for word in segment.get("words", [])]
    print("| lines in a sentence | lines | by share: mean, p95 s | by projection: mean, p95 s |\n|--:|--:|--:|--:|")
    for number in (2, 3):
        cells = []
        for projected in (False, True):
            runs = (run for lines in parts for run in together(lines, number))
            found = sorted(
                error for run in runs for error in errors(run, words, given.language or given.text, projected)
            )
            cells.append(f"{statistics.mean(found):.2f}, {found[int(0.95 * len(found))]:.2f}")
        print(f"| {number} | {len(found)} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()
