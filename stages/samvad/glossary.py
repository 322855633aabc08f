"""A film's glossary: how its names and terms are to be translated.

In:  config/films/<film>/glossary.tsv, its columns parted by tabs

         source    target     note
         सूर्या      Surya      a man, Mohan's brother
         हवेली      the manor

The heading may be left out. It may also name languages: `source en ta note`. A column called `target` counts
for every language that is written in its letters: Latin ones for English. A line that begins with # is a
remark. Spreadsheet programs' marks are taken off (samvad.corrections.rows).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from samvad.corrections import rows
from samvad.languages import language, languages
from samvad.problem import Problem
from samvad.scripts import foreign_share
from samvad.textmeasure import clean
from samvad.wholewords import stands


class Term(NamedTuple):
    """A term of the film's language and what stands for it in the translation."""

    source: str
    target: str
    note: str = ""


class Place(NamedTuple):
    """Where a term stands in a text: from `start` to before `end`."""

    start: int
    end: int
    term: Term


def read(path: Path, target: str) -> list[Term]:
    """The terms for translating into the language `target`; the later of two for one source counts.

    Raises: Problem where the file is no text, or a heading names no `source`.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(f"{path} is no text in UTF-8", "Save it as text, parted by tabs, in UTF-8") from None
    columns = ["source", "target", "note"]
    found: dict[str, Term] = {}
    for number, (_, cells) in enumerate(rows(text)):
        cells = [clean(cell) for cell in cells]
        if number == 0 and {cell.casefold() for cell in cells} & {"source", "target", "note"}:
            # Codes of languages as they are written: ks-Deva.
            columns = [cell.casefold() if cell not in languages() else cell for cell in cells]
            if "source" not in columns:
                raise Problem(f"{path}: its heading has no column 'source'", "source, target, note, parted by tabs")
            continue
        line = dict(zip(columns, cells, strict=False))
        source, rendering = line.get("source", ""), line.get(target, "")
        if not rendering and _written_in(line.get("target", ""), target):
            rendering = line["target"]
        if source and rendering and not source.startswith("#"):
            found[source] = Term(source, rendering, line.get("note", ""))
    return list(found.values())


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
