"""How well a film was heard, part by part. Prints the table that docs/quality.md shows.

In:  truth.json of the test set (make_set.py); results: JSON with `segments` of start, end, text and, where the
     recogniser gives them, words. The documents of the stages are such, and whisperx's own JSON.

    envs/dev/bin/python -m tests.quality.table out/quality/truth.json out/quality/aligned.json

Errors are counted in one alignment of all that was said with all that was heard, so that wrong times spoil
no error rate; what was left out or misheard counts where it was said, what was added where it is claimed.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tests import measure

#: Seconds by which a segment may be longer or shorter than what is said.
SLACK = 0.3
#: Seconds that a line's edge counts as wrong at the most: it has no segment.
LOST = 5.0


class Span(NamedTuple):
    start: float
    end: float


class Word(NamedTuple):
    """A word as it was said, or as a recogniser claims. `timed`: its times are its own, not shared out."""

    start: float
    end: float
    text: str
    timed: bool = True


class Part(NamedTuple):
    """A part of the test set, in seconds; `words` where they are known singly."""

    name: str
    start: float
    end: float
    lines: list[measure.Cue]
    words: list[Word]


class Truth(NamedTuple):
    parts: list[Part]
    #: English words in Latin letters and digits, and how the truth spells them.
    spellings: dict[str, str]


class Heard(NamedTuple):
    segments: list[measure.Cue]
    words: list[Word]


class Row(NamedTuple):
    """Rates and shares are 0 to 1, times seconds; None where there is nothing to measure by.

    Without lines (music, silence) only invented time and letters count; `added` is letters there.
    """

    wer: float | None
    cer: float | None
    consonants: float | None
    script: float | None
    missed: float
    invented: float
    added: int
    line_mae: float | None
    line_p95: float | None
    word_mae: float | None
    word_p95: float | None
    words_found: float | None


# --- reading ------------------------------------------------------------------------------------------


def read_truth(path: Path) -> Truth:
    data = json.loads(path.read_text(encoding="utf-8"))
    parts = []
    for part in data["parts"]:
        lines = [measure.Cue(line["start"], line["end"], line["text"]) for line in part["lines"]]
        words = [Word(**word) for line in part["lines"] for word in line.get("words", ())]
        parts.append(Part(part["name"], part["start"], part["end"], lines, words))
    return Truth(parts, data["spellings"])


def read_heard(path: Path) -> Heard:
    data = json.loads(path.read_text(encoding="utf-8"))
    segments = [measure.Cue(part["start"], part["end"], part["text"].strip()) for part in data["segments"]]
    words = [word for part in data["segments"] for word in _words_of(part)]
    return Heard(segments, sorted(words, key=lambda word: word.start))


def _words_of(segment: dict[str, Any]) -> Iterator[Word]:
    if segment.get("words"):
        for word in segment["words"]:
            yield Word(word["start"], word["end"], word["text"].strip())
        return
    texts = segment["text"].split()
    length = (segment["end"] - segment["start"]) / max(1, len(texts))
    for number, text in enumerate(texts):
        start = segment["start"] + number * length
        yield Word(start, start + length, text, timed=False)


# --- time ---------------------------------------------------------------------------------------------


def merged(spans: Iterable[measure.Timed], slack: float = 0.0) -> list[Span]:
    """The spans, `slack` seconds wider on both sides, in order and without overlap.

    >>> merged([Span(4, 5), Span(0, 1), Span(0.5, 3)], 0.25)
    [Span(start=-0.25, end=3.25), Span(start=3.75, end=5.25)]
    """
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        start, end = span.start - slack, span.end + slack
        if found and start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, end))
        else:
            found.append(Span(start, end))
    return found


def outside(spans: Iterable[measure.Timed], others: Iterable[measure.Timed], slack: float = SLACK) -> list[Span]:
    """What of the spans lies more than `slack` seconds from all others.

    >>> outside([Span(0, 4), Span(6, 9)], [Span(1, 2), Span(8, 20)], 0.5)
    [Span(start=0.0, end=0.5), Span(start=2.5, end=4.0), Span(start=6.0, end=7.5)]
    """
    edges = [Span(-1e9, -1e9), *merged(others, slack), Span(1e9, 1e9)]
    gaps = [Span(one.end, other.start) for one, other in pairwise(edges)]
    return [
        Span(max(span.start, gap.start), min(span.end, gap.end))
        for span in merged(spans)
        for gap in gaps
        if span.start < gap.end and span.end > gap.start
    ]


def seconds(spans: Iterable[measure.Timed], within: measure.Timed | None = None) -> float:
    """How long spans are together, or what of them is within one.

    >>> seconds([Span(0, 1), Span(2, 5)], Span(0.5, 3))
    1.5
    """
    within = within or Span(-1e9, 1e9)
    return sum(max(0.0, measure.overlap(span, within)) for span in spans)


def edge_errors(lines: Sequence[measure.Timed], segments: Sequence[measure.Timed]) -> list[float]:
    """Seconds from each line's start to the nearest segment's, and from its end likewise; `LOST` at the most.

    >>> edge_errors([Span(1, 2)], [Span(0.5, 2.25), Span(9, 10)]), edge_errors([Span(1, 2)], [])
    ([0.5, 0.25], [5.0, 5.0])
    """
    return [
        min([LOST, *(abs(getattr(segment, edge) - getattr(line, edge)) for segment in segments)])
        for line in lines
        for edge in ("start", "end")
    ]


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


# --- text ---------------------------------------------------------------------------------------------


def spelled(text: str, spellings: dict[str, str]) -> str:
    """The text with English words and numbers spelled as the truth spells them.

    >>> spelled("Boss, 10 बजे!", {"boss": "बॉस", "10": "दस"})
    'बॉस दस बजे'
    """
    return " ".join(spellings.get(word, word) for word in measure.lenient(text).split())


class Unit(NamedTuple):
    """What errors are counted in, a word or a letter, and the part it belongs to."""

    text: str
    part: int


Cut = Callable[[str], Iterable[str]]

CUTS: dict[str, Cut] = {
    "wer": lambda word: [word],
    "cer": lambda word: [*word, " "],
    "consonants": measure.consonants,
}


def units(words: Iterable[Word], parts: Sequence[Part], cut: Cut, spellings: dict[str, str]) -> list[Unit]:
    found: list[Unit] = []
    for word in words:
        part = part_of(word, parts)
        found.extend(Unit(unit, part) for text in spelled(word.text, spellings).split() for unit in cut(text))
    return found


def part_of(span: measure.Timed, parts: Sequence[Part]) -> int:
    """The number of the part that a span's middle is in, or nearest to."""
    middle = (span.start + span.end) / 2
    return min(range(len(parts)), key=lambda number: -measure.overlap(Span(middle, middle), parts[number]))


def errors_by_part(said: Sequence[Unit], heard: Sequence[Unit], parts: int) -> list[int]:
    """Errors (Levenshtein) of each part.

    >>> errors_by_part([Unit("a", 0), Unit("b", 1)], [Unit("x", 0), Unit("b", 1), Unit("c", 2)], 3)
    [1, 0, 1]
    """
    from rapidfuzz.distance import Levenshtein

    errors = [0] * parts
    for edit in Levenshtein.editops([unit.text for unit in said], [unit.text for unit in heard]):
        wrong = heard[edit.dest_pos] if edit.tag == "insert" else said[edit.src_pos]
        errors[wrong.part] += 1
    return errors


def matched(said: Sequence[Word], heard: Sequence[Word]) -> list[tuple[Word, Word]]:
    """Words and what was heard for them, where their consonants are the same.

    >>> one, two = Word(0, 1, "पानी"), Word(0.1, 1, "پانی")
    >>> matched([Word(0, 0, "बैल"), one], [two]) == [(one, two)]
    True
    """
    from rapidfuzz.distance import Levenshtein

    sounds = [[measure.consonants(word.text) for word in words] for words in (said, heard)]
    return [
        (said[block.src_start + number], heard[block.dest_start + number])
        for block in Levenshtein.opcodes(*sounds)
        if block.tag == "equal"
        for number in range(block.src_end - block.src_start)
    ]


# --- the table ----------------------------------------------------------------------------------------


def rows(truth: Truth, heard: Heard, script: str = "Devanagari") -> dict[str, Row]:
    """A row for each part, and one named "all"."""
    parts = truth.parts
    lines = [line for part in parts for line in part.lines]
    said = [Word(line.start, line.end, line.text) for line in lines]
    errors, lengths = {}, {}
    for name, cut in CUTS.items():
        reference = units(said, parts, cut, {})
        found = units(heard.words, parts, cut, truth.spellings)
        errors[name] = errors_by_part(reference, found, len(parts))
        lengths[name] = [sum(unit.part == number for unit in reference) for number in range(len(parts))]
    missed = outside(lines, heard.segments)
    invented = outside(heard.segments, lines)
    near = [word for word in heard.words if word.timed and parts[part_of(word, parts)].words]
    pairs = matched([word for part in parts for word in part.words], near)
    off = [abs(getattr(one, edge) - getattr(other, edge)) for one, other in pairs for edge in ("start", "end")]

    def row(numbers: Sequence[int], span: Span) -> Row:
        here = [line for number in numbers for line in parts[number].lines]
        texts = " ".join(word.text for word in heard.words if part_of(word, parts) in numbers)
        words = [word for number in numbers for word in parts[number].words]
        edges = edge_errors(here, heard.segments)

        def rate(name: str) -> float | None:
            length = sum(lengths[name][number] for number in numbers)
            return sum(errors[name][number] for number in numbers) / length if length else None

        return Row(
            wer=rate("wer"),
            cer=rate("cer"),
            consonants=rate("consonants"),
            script=measure.script_share(texts, script) if here and texts else None,
            missed=seconds(missed, span),
            invented=seconds(invented, span),
            added=sum(errors["cer"][number] for number in numbers if not parts[number].lines),
            line_mae=statistics.fmean(edges) if edges else None,
            line_p95=p95(edges) if edges else None,
            word_mae=statistics.fmean(off) if words and off else None,
            word_p95=p95(off) if words and off else None,
            words_found=len(pairs) / len(words) if words and off else None,
        )

    table = {part.name: row([number], Span(part.start, part.end)) for number, part in enumerate(parts)}
    return table | {"all": row(range(len(parts)), Span(-1e9, 1e9))}


HEADINGS = {
    "wer": "WER %",
    "cer": "CER %",
    "consonants": "consonants %",
    "script": "script %",
    "missed": "missed s",
    "invented": "invented s",
    "added": "letters in silence",
    "line_mae": "line MAE s",
    "line_p95": "line p95 s",
    "word_mae": "word MAE s",
    "word_p95": "word p95 s",
    "words_found": "words found %",
}


def markdown(table: dict[str, Row], first: str) -> str:
    """The rows as a table of docs/quality.md."""

    def cell(name: str, value: float | None) -> str:
        if value is None:
            return "–"
        if "%" in HEADINGS[name]:
            return f"{100 * value:.1f}"
        return f"{value:.2f}" if name.startswith(("line", "word")) else f"{value:.0f}"

    lines = [
        " | ".join([first, *HEADINGS.values()]),
        "|".join(["---", *("--:" for _ in HEADINGS)]),
        *(" | ".join([name, *map(cell, HEADINGS, row)]) for name, row in table.items()),
    ]
    return "\n".join(f"| {line} |" if not line.startswith("---") else f"|{line}|" for line in lines)


def main(arguments: Sequence[str]) -> None:
    """One result: its parts. Several: a row for each."""
    truth = read_truth(Path(arguments[0]))
    tables = {Path(name).stem: rows(truth, read_heard(Path(name))) for name in arguments[1:]}
    if len(tables) == 1:
        print(markdown(next(iter(tables.values())), "part"))
    else:
        print(markdown({name: table["all"] for name, table in tables.items()}, "result"))


if __name__ == "__main__":
    main(sys.argv[1:])
