"""A film's glossary: how its names and terms are to be translated.

In:  config/films/<film>/glossary.tsv, its columns parted by tabs

         source    target     note
         सूर्या      Surya      a man, Mohan's brother
         हवेली      the manor

The heading may be left out. It may also name languages: `source en ta note`. A column called `target` counts
for every language that is written in its letters: Latin ones for English. A line that begins with # is a
remark. Spreadsheet programs' marks are taken off (samvad.corrections.rows). A line with a source alone, as where
spaces or a comma stand for the tab, is given back as one that says nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from samvad.corrections import TABLE, rows
from samvad.languages import language, languages
from samvad.problem import Problem
from samvad.scripts import foreign_share
from samvad.textfile import read_text
from samvad.textmeasure import clean
from samvad.wholewords import stands


class Term(NamedTuple):
    """A term of the film's language and what stands for it in the translation."""

    source: str
    target: str
    note: str = ""


class Unread(NamedTuple):
    """A line of the file, `row` its number there, that says how nothing is to be translated."""

    row: int
    text: str


class Place(NamedTuple):
    """Where a term stands in a text: from `start` to before `end`."""

    start: int
    end: int
    term: Term


def read(path: Path, target: str) -> tuple[list[Term], list[Unread]]:
    """The terms for translating into the language `target`, and the lines that have no translation into any.

    Of two for one source the later counts.
    Raises: Problem where the file is no text, or a heading names no `source`.
    """
    columns = ["source", "target", "note"]
    known = {*columns, *languages()}
    begun = False
    found: dict[str, Term] = {}
    unread: list[Unread] = []
    for row, cells in rows(read_text(path, TABLE)):
        cells = [clean(cell) for cell in cells]
        if not any(cells) or cells[0].startswith("#"):
            continue
        # Codes of languages as they are written: ks-Deva.
        names = [cell if cell in known else cell.casefold() for cell in cells]
        if not begun and (names[0] == "source" or len(known.intersection(names)) > 1):
            if "source" not in names:
                raise Problem(f"{path}: its heading has no column 'source'", "source, target, note, parted by tabs")
            columns, begun = names, True
            continue
        begun = True
        line = dict(zip(columns, cells, strict=False))
        source, note = line.pop("source", ""), line.pop("note", "")
        rendering = line.get(target, "")
        if not rendering and _written_in(line.get("target", ""), target):
            rendering = line["target"]
        if source and rendering:
            found[source] = Term(source, rendering, note)
        elif source and not any(line.values()):
            unread.append(Unread(row, source))
    return list(found.values()), unread


def _written_in(text: str, code: str) -> bool:
    return any(letter.isalpha() for letter in text) and not foreign_share(text, (language(code).script,))


def occurrences(terms: Sequence[Term], text: str) -> list[Place]:
    """Where terms stand in a text as whole words, in order, the longer of two that overlap.

    >>> terms = [Term("राम", "Ram"), Term("सीता राम", "Sita Ram")]
    >>> [place.term.target for place in occurrences(terms, "सीता राम, राम!")]
    ['Sita Ram', 'Ram']
    >>> occurrences([Term("राम", "Ram")], "रामू का आराम")
    []
    """
    found: list[Place] = []
    for term in sorted(terms, key=lambda term: -len(term.source)):
        for start, end in stands(unicodedata.normalize("NFC", term.source), text):
            if all(end <= other.start or start >= other.end for other in found):
                found.append(Place(start, end, term))
    return sorted(found)
