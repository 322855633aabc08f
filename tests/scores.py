"""How good the subtitles of a film are against its truth. Prints the table that README and docs show.

envs/dev/bin/python -m tests.scores out/demo tests/demo/truth.json
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import srt

from tests import measure


class Scores(NamedTuple):
    """Error rates and shares are 0 to 1, chrF++ is 0 to 100, times in seconds."""

    hindi_consonant_error: float
    hindi_letter_error: float
    devanagari: float
    hindi_covered: float
    hindi_start_median: float
    hindi_start_p95: float
    english_chrf: float
    english_chrf_by_line: float
    english_covered: float
    english_start_median: float
    english_start_p95: float


def cues(path: Path) -> list[measure.Cue]:
    """The cues of an SRT, each on one line."""

    def seconds(moment: timedelta) -> float:
        return moment.total_seconds()

    parsed = srt.parse(path.read_text(encoding="utf-8"))
    return [measure.Cue(seconds(c.start), seconds(c.end), " ".join(c.content.split())) for c in parsed]


def lines(truth: dict[str, Any], language: str) -> list[measure.Cue]:
    return [measure.Cue(line["start"], line["end"], line[language]) for line in truth["lines"]]


def due(start: float, cuts: list[float]) -> float:
    """When the cue of a line that starts then is to begin: with its shot, if that began up to half a second before.

    >>> due(3.0, [2.75]), due(3.5, [2.75])
    (2.75, 3.5)
    """
    return max((cut for cut in cuts if 0 <= start - cut <= 0.5), default=start)


def scores(film: Path, truth: dict[str, Any]) -> Scores:
    """The scores of `out/<film>` (its hi.srt and en.srt) against the truth."""
    hindi, english = cues(film / "hi.srt"), cues(film / "en.srt")
    said, meant = lines(truth, "hi"), lines(truth, "en")
    heard = " ".join(cue.text for cue in hindi)
    spoken = " ".join(line.text for line in said)
    begins = [line._replace(start=due(line.start, truth["cuts"])) for line in said]
    hindi_start, english_start = measure.start_error(begins, hindi), measure.start_error(begins, english)
    return Scores(
        hindi_consonant_error=measure.consonant_cer(spoken, heard),
        hindi_letter_error=measure.letters_cer(spoken, heard),
        devanagari=measure.script_share(heard, "Devanagari"),
        hindi_covered=measure.coverage(said, hindi),
        hindi_start_median=hindi_start.median,
        hindi_start_p95=hindi_start.p95,
        english_chrf=measure.chrf([" ".join(line.text for line in meant)], [" ".join(cue.text for cue in english)]),
        english_chrf_by_line=measure.chrf([line.text for line in meant], measure.by_line(meant, english)),
        english_covered=measure.coverage(meant, english),
        english_start_median=english_start.median,
        english_start_p95=english_start.p95,
    )


if __name__ == "__main__":
    film, truth = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    for name, value in scores(film, truth)._asdict().items():
        print(f"{name:<24} {value:8.3f}")
