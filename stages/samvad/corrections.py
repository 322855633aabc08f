"""What a person corrected of what was recognised, and where it belongs.

In:  config/films/<film>/<src>.edits.tsv: a line for each correction, its columns parted by tabs

         id  recognised            written                 at
         17  अच्छा शर्मा जी अब क्या     अच्छा, शर्मा जी अब कैसे हैं?   0:00:51.2

`id` and `recognised` as the transcript has them, `written` what is said there (empty: nothing, the line
goes; between notes, ♪ … ♪: it is sung), `at` the line's start (may be left out). A line whose `written`
is as recognised says nothing, one that begins with # is a remark. Spreadsheet programs add marks of
their own, which are taken off: a byte order mark, CRLF, quotes around a cell (needed there around one that
holds a tab or a line break).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from samvad.documents import Segment
from samvad.problem import Problem

#: How far a line may be from where it was, in seconds where a correction says `at` and else in ids:
#: a hair, and as far as another recognition may have moved it.
HERE_S, NEAR_S = 0.5, 5.0
HERE, NEAR = 0, 10
#: Words of a line that is known by its text alone, wherever it is.
LONG = 3

# Quotes are a spreadsheet's only where they hold a whole cell. One that is left open must not swallow
# the lines after it, so a cell in quotes has tabs or line breaks in it, not both.
_CELL = re.compile(r'"((?:[^"\t]|"")*|(?:[^"\n]|"")*)"(?=[\t\n]|\Z)|([^\t\n]*)')
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)")


class Correction(NamedTuple):
    """A line of the file, `row` its number there."""

    row: int
    id: int
    recognised: str
    written: str
    #: Seconds, if it says where.
    at: float | None = None


class Aside(NamedTuple):
    """A line of the file that changes nothing now, and why."""

    row: int
    reason: str
    text: str


class Placed(NamedTuple):
    """Segment's id → its correction; what fits nowhere; how many are not needed any more."""

    fits: dict[int, Correction]
    aside: list[Aside]
    fulfilled: int


def read(path: Path) -> tuple[list[Correction], list[Aside]]:
    """The corrections in a file, and its lines that are none. Raises: Problem where it is no text."""
    from samvad.textmeasure import clean

    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(f"{path} is no text in UTF-8", "Save it as text, parted by tabs, in UTF-8") from None
    found: list[Correction] = []
    aside: list[Aside] = []
    for row, cells in rows(text):
        cells = [clean(cell) for cell in cells]
        if not any(cells) or cells[0].startswith("#") or cells[0].casefold() == "id":
            continue
        if not cells[0].isdecimal():
            aside.append(Aside(row, "it begins with no id", " ".join(cells)))
        elif len(cells) < 3:
            aside.append(Aside(row, "it has no third column", " ".join(cells)))
        elif cells[1] != cells[2]:
            at = seconds(cells[3]) if len(cells) > 3 else None
            found.append(Correction(row, int(cells[0]), cells[1], cells[2], at))
    return found, aside


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its line, cells) of each row of a table in text, empty ones too.

    >>> list(rows('1\\tso\\t"a ""b""\\nc"\\r\\n2\\t"open\\tso\\n'))
    [(1, ['1', 'so', 'a "b"\\nc']), (3, ['2', '"open', 'so'])]
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    at, row, cells = 0, 1, list[str]()
    while at <= len(text):
        cell = _CELL.match(text, at)
        assert cell
        quoted, plain = cell.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = cell.end() + 1
        if text[cell.end() : at] != "\t":
            if cells != [""] or at <= len(text):
                yield row, cells
            row, cells = 1 + text.count("\n", 0, at), []


def seconds(clock: str) -> float | None:
    """The seconds of "1:02:05.2", "2:05" or "5.2"; None for anything else."""
    match = _CLOCK.fullmatch(clock)
    if not match:
        return None
    hours, minutes, rest = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest.replace(",", "."))


def placed(corrections: Sequence[Correction], segments: Sequence[Segment]) -> Placed:
    """Which correction belongs to which segment.

    A correction fits the segment that has the recognised words, whatever the punctuation, and is
    where it was: there, else near by, else, for a line of at least `LONG` words, anywhere, and in each
    case only where it is the only one. Of two for one segment the one nearer to it counts, and of
    two in one place the later. Where the segment says already what was written, nothing is needed.
    """
    by_words: dict[str, list[Segment]] = {}
    for segment in segments:
        by_words.setdefault(words_of(segment.text), []).append(segment)
    claims: list[tuple[int, int, int, Correction]] = []
    aside: list[Aside] = []
    fulfilled = 0
    for one in corrections:
        ring, found = _nearest(one, one.recognised, by_words)
        if len(found) == 1:
            claims.append((ring, -one.row, found[0].id, one))
        elif found:
            aside.append(_aside(one, "several lines say so, and none stands where it did"))
        elif one.written and len(_nearest(one, one.written, by_words)[1]) == 1:
            fulfilled += 1
        else:
            aside.append(_aside(one, "no line there says so any more"))
    fits: dict[int, Correction] = {}
    for _, _, number, one in sorted(claims, key=lambda claim: claim[:2]):
        if number not in fits:
            fits[number] = one
        elif fits[number].written != one.written:
            aside.append(_aside(one, f"line {fits[number].row} corrects the same"))
    return Placed(fits, sorted(aside), fulfilled)


def _nearest(one: Correction, text: str, by_words: dict[str, list[Segment]]) -> tuple[int, list[Segment]]:
    """(ring, segments) of these words in the first ring around its place that has any."""
    same = by_words.get(words_of(text), [])
    here, near = (HERE, NEAR) if one.at is None else (HERE_S, NEAR_S)
    everywhere = float("inf") if len(text.split()) >= LONG else near
    for ring, reach in enumerate((here, near, everywhere)):
        found = [
            segment
            for segment in same
            if abs(segment.id - one.id if one.at is None else segment.start - one.at) <= reach
        ]
        if found:
            return ring, found
    return 0, []


def _aside(one: Correction, reason: str) -> Aside:
    return Aside(one.row, reason, f"{one.id}: {one.recognised} → {one.written or '–'}")


def words_of(text: str) -> str:
    """What is spoken of a text: letters, signs and digits in one case, between single spaces.

    >>> words_of("“Don’t”, go!"), words_of("हाँ … ज़िंदगी।")
    ('dont go', 'हाँ ज़िंदगी')
    """
    return " ".join(filter(None, map(spoken, text.split())))


def spoken(word: str) -> str:
    """A word's letters, signs and digits in one case.

    >>> spoken("“Don’t!”"), spoken("ज़िंदगी,"), spoken("…")
    ('dont', 'ज़िंदगी', '')
    """
    return "".join(
        sign for sign in unicodedata.normalize("NFC", word).casefold() if unicodedata.category(sign)[0] in "LMN"
    )
