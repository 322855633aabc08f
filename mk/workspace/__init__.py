"""The workspace as Make sees it: films, their settings, models, the graph, keys, and what is due.

Imported by the commands of mk/*.py, which the bootstrap Python runs, and by the stages for their
keys and records: standard library only, Python 3.9. From the bottom up:

    files     small files that Make reads too; the table of stages; languages
    films     what lies in media/, and which film is which
    subtitles what a film comes with, inside it and beside it
    models    which model a stage loads, and its revision
    settings  what holds for a film, and who said so
    graph     which file is made from which, by which stage (mk/pipeline.mk as it stands)
    keys      everything a result depends on besides its inputs, as one digest
    state     which results are due, and why
"""

from __future__ import annotations


class Refusal(Exception):
    """What a person asked for cannot be done; the text is the one line that says why."""


def printable(text: str, longest: int = 80) -> str:
    """What a person typed, safe to show on one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:longest]
