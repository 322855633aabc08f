"""What a person corrected of a film's text, and where it belongs.

In:  config/films/<film>/<language>.edits.tsv: a line for each correction, its columns parted by tabs.
     Of the language spoken, for the transcript, and of another one, for the translation into it:

         id  recognised            written                 at
         17  अच्छा शर्मा जी अब क्या     अच्छा, शर्मा जी अब कैसे हैं?   0:00:51.2

         id  source                written                 at         machine
         17  अच्छा शर्मा जी अब क्या     How is Sharma-ji now?   0:00:51.2  How are you now?

`id` and the text that a line is known by (what was recognised, or the sentence that was translated) as
the transcript or the translation has them, `written` what it should say (empty: nothing, the line goes; in a transcript
between notes, ♪ … ♪: it is sung), `at` its start and `machine` what the machine made of it (both may be left
out). A line whose `written` is the machine's text changes nothing, but says that its place is taken: no correction of
another line goes there. One that begins with # is a remark.
Spreadsheet programs add marks of their own, which are taken off: a byte order mark, CRLF, quotes around a
cell (needed there around one that holds a tab or a line break).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from samvad.textfile import read_text

if TYPE_CHECKING:
    from samvad.stage import Run

#: How far a line may be from where it was, in seconds where a correction says `at` and else in ids:
#: a hair, and as far as another recognition may have moved it.
HERE_S, NEAR_S = 0.5, 5.0
HERE, NEAR = 0, 10
#: Words of a line that is known by its text alone, and how far away in seconds: another cut or speed of the film may
#: have moved it.
LONG, FAR_S = 3, 300.0

#: With which recognisers and people mark what is sung.
NOTES = str.maketrans(dict.fromkeys("♩♪♫♬", " "))

#: What to do with a table that is no text.
TABLE = "Save it as text, parted by tabs, in UTF-8"

#: The column of what the machine wrote, counted from 0: in a transcript's table it is what a line is known by.
RECOGNISED, MACHINE = 1, 4

# Quotes are a spreadsheet's only where they hold a whole cell. One that is left open must not swallow
# the lines after it, so a cell in quotes has tabs or line breaks in it, not both.
_CELL = re.compile(r'"((?:[^"\t]|"")*|(?:[^"\n]|"")*)"(?=[\t\n]|\Z)|([^\t\n]*)')
_CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,6}):)?(\d{1,9}(?:[.,]\d{1,9})?)")
_ID = re.compile(r"\d{1,9}")


class Line(Protocol):
    """A line of the document, with the text that a correction knows it by."""

    @property
    def id(self) -> int: ...
    @property
    def start(self) -> float: ...
    @property
    def text(self) -> str: ...


class Correction(NamedTuple):
    """A line of the file, `row` its number there; `known_by` is recognised or source text."""

    row: int
    id: int
    known_by: str
    #: None where the person left the machine's text.
    written: str | None
    #: Seconds, if it says where.
    at: float | None = None


class Aside(NamedTuple):
    """A line of the file that changes nothing now, and why."""

    row: int
    reason: str
    text: str


class Placed(NamedTuple):
    """Line's id → its correction; what fits nowhere; how many are not needed any more."""

    fits: dict[int, Correction]
    aside: list[Aside]
    fulfilled: int


def fit(path: Path, lines: Sequence[Line], machine: int) -> Placed:
    """What a file corrects of the lines (`read`, then `placed`). Raises: Problem where it is no text."""
    found, unread = read(path, machine)
    fitting = placed(found, lines, instead=machine == RECOGNISED)
    return fitting._replace(aside=sorted([*unread, *fitting.aside]))


def report(run: Run, path: Path, fitting: Placed, dropped: int) -> None:
    """Says what came of the corrections: on the terminal in a line, all of it in the log and the run record."""
    corrected = len(fitting.fits) - dropped
    run.facts["corrections"] = {
        "lines": corrected,
        "dropped": dropped,
        "not_needed": fitting.fulfilled,
        "set_aside": [one._asdict() for one in fitting.aside],
    }
    for one in fitting.aside:
        print(f"{path}:{one.row}: set aside, {one.reason}: {one.text}")
    if corrected or dropped or fitting.aside:
        said = f"  {run.film}: {corrected} corrected, {dropped} dropped by {path}"
        left = f"; {len(fitting.aside)} of it fit no line: see {run.log}, then mend or delete them"
        run.say(said + (left if fitting.aside else ""))


def read(path: Path, machine: int) -> tuple[list[Correction], list[Aside]]:
    """The lines of a file that are of a table, and those that are not.

    `machine` is the column in which a line says what the machine wrote (`RECOGNISED`, `MACHINE`); one
    without that cell always counts. Raises: Problem where it is no text.
    """
    from samvad.textmeasure import clean

    found: list[Correction] = []
    aside: list[Aside] = []
    for row, cells in rows(read_text(path, TABLE)):
        cells = [clean(cell) for cell in cells]
        if not any(cells) or cells[0].startswith("#") or cells[0].casefold() == "id":
            continue
        by_machine = cells[machine] if len(cells) > machine else ""
        if not _ID.fullmatch(cells[0]):
            aside.append(Aside(row, "it begins with no id", " ".join(cells)))
        elif len(cells) < 3:
            aside.append(Aside(row, "it has no third column", " ".join(cells)))
        else:
            changed = cells[2] != by_machine or (cells[1] and not by_machine)
            at = seconds(cells[3]) if len(cells) > 3 else None
            found.append(Correction(row, int(cells[0]), cells[1], cells[2] if changed else None, at))
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


def clock(seconds: float) -> str:
    """Hours, minutes and seconds with tenths.

    >>> clock(3725.24)
    '1:02:05.2'
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}"


def placed(corrections: Sequence[Correction], lines: Sequence[Line], instead: bool) -> Placed:
    """Which correction belongs to which line.

    A correction fits the line that has the words that it knows it by, whatever the punctuation, and is
    where it was: there, else near by, else, for a line of at least `LONG` words, further away, and in each
    case only where it is the only one. Of two for one line the one nearer to it counts, also where the person left
    that one as it is, and of two in one place the later. Where `instead` says that what is written takes the place of
    those words, and a line says it already, nothing is needed.
    """
    by_words: dict[str, list[Line]] = {}
    for line in lines:
        by_words.setdefault(words_of(line.text), []).append(line)
    claims: list[tuple[tuple[int, float, bool, int], int, Correction]] = []
    aside: list[Aside] = []
    fulfilled = 0
    for one in corrections:
        ring, found = _nearest(one, one.known_by, by_words)
        if len(found) == 1 and not _contradicted(one, found[0], by_words):
            order = (ring, _distance(one, found[0]), one.written is None, -one.row)
            claims.append((order, found[0].id, one))
        elif one.written is None:
            continue
        elif len(found) == 1:
            aside.append(_aside(one, "its time and its id say two lines"))
        elif found:
            aside.append(_aside(one, "several lines say so, and none stands where it did"))
        elif instead and one.written and len(_nearest(one, one.written, by_words)[1]) == 1:
            fulfilled += 1
        else:
            aside.append(_aside(one, "no line there says so any more"))
    taken: dict[int, Correction] = {}
    for _, number, one in sorted(claims, key=lambda claim: claim[0]):
        first = taken.setdefault(number, one)
        if one.written not in (None, first.written):
            said = "is left as it is" if first.written is None else "corrects the same"
            aside.append(_aside(one, f"line {first.row} {said}"))
    fits = {number: one for number, one in taken.items() if one.written is not None}
    return Placed(fits, sorted(aside), fulfilled)


def _nearest(one: Correction, text: str, by_words: dict[str, list[Line]]) -> tuple[int, list[Line]]:
    """(ring, lines) of these words in the first ring around its place that has any."""
    same = by_words.get(words_of(text), [])
    here, near, far = (HERE, NEAR, math.inf) if one.at is None else (HERE_S, NEAR_S, FAR_S)
    is_long = len(text.split()) >= LONG
    for ring, reach in enumerate((here, near, far) if is_long else (here, near)):
        found = [line for line in same if _distance(one, line) <= reach]
        if found:
            return ring, found
    # The id alone tells where a spreadsheet program shows 1:10:00.0 as 10:00.0 and saves what it shows.
    return 3, [line for line in same if is_long and line.id == one.id]


def _distance(one: Correction, line: Line) -> float:
    return abs(line.id - one.id if one.at is None else line.start - one.at)


def _contradicted(one: Correction, found: Line, by_words: dict[str, list[Line]]) -> bool:
    """Whether the line of its id says the same words as the one of its time, and far away from there."""
    same = by_words[words_of(one.known_by)]
    return any(line.id == one.id != found.id and _distance(one, line) > FAR_S for line in same if one.at is not None)


def _aside(one: Correction, reason: str) -> Aside:
    return Aside(one.row, reason, f"{one.id}: {one.known_by} → {one.written or '–'}")


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
