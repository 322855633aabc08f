"""make edits MOVIE=demo: a film's text as a table in which a person corrects it.

python3 mk/edits.py demo      the transcript     →   config/films/demo/hi.edits.tsv
python3 mk/edits.py demo en   the translation    →   config/films/demo/en.edits.tsv

The column `written` says the same as `recognised` or `machine`, and so changes nothing, until somebody writes in
it (stages/samvad/corrections.py reads it). What is sung stands between notes in a transcript's: ♪ … ♪. A table
that is there is a person's, and stays as it is.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple, TypeVar

import command
from workspace import Refusal, files, films, printable

Listed = TypeVar("Listed")


class Table(NamedTuple):
    """The table of a language's text."""

    language: str
    columns: Tuple[str, ...]
    rows: List[Tuple[object, ...]]


def clock(seconds: float) -> str:
    """Hours, minutes and seconds with tenths.

    >>> clock(3725.24)
    '1:02:05.2'
    """
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes // 60}:{minutes % 60:02}:{tenths / 10:04.1f}"


def of_transcript(transcript: Dict) -> Table:
    """What was recognised, all segments."""
    rows: List[Tuple[object, ...]] = []
    for one in transcript["segments"]:
        texts = (one.get("recognised", one["text"]), one["text"])
        marked = (f"♪ {text} ♪" if one.get("song") else text for text in texts)
        rows.append((one["id"], *marked, clock(one["start"])))
    return Table(transcript["language"], ("id", "recognised", "written", "at"), rows)


def of_translation(translation: Dict) -> Table:
    """What the machine translated, all sentences."""
    rows: List[Tuple[object, ...]] = []
    for one in translation["sentences"]:
        rows.append((one["id"], one["source"], one["text"], clock(one["start"]), one["text"]))
    return Table(translation["target"], ("id", "source", "written", "at", "machine"), rows)


def listed(path: Path, members: str, of: Callable[[Dict], Listed]) -> Listed:
    """What `of` makes of a document whose `members` are its lines.

    Raises: Refusal where it is damaged; FileNotFoundError.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not isinstance(document[members], list):
            raise ValueError("another document")
        return of(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(f"{path} is damaged. Remove it and type: make {path}") from None


def table_of(slug: str, language: str) -> Table:
    """Raises: Refusal where there is nothing of the film in that language yet, or it is damaged."""
    folder = command.ROOT / "out" / slug
    try:
        transcript = listed(folder / "transcript.json", "segments", of_transcript)
    except FileNotFoundError:
        raise Refusal(f"nothing was recognised of '{slug}' yet. Type: make transcribe MOVIE={slug}") from None
    if language in ("", transcript.language):
        return transcript
    if language not in files.languages(command.ROOT):
        raise Refusal(f"unknown language '{printable(language)}'. Known: {' '.join(files.languages(command.ROOT))}")
    try:
        return listed(folder / f"{language}.json", "sentences", of_translation)
    except FileNotFoundError:
        hint = f"With {language} in its TGT, type: make translate MOVIE={slug}"
        raise Refusal(f"'{slug}' was not translated into {language} yet. {hint}") from None


def write(path: Path, table: Table) -> None:
    """The table as a file. With a byte order mark: some spreadsheet programs know UTF-8 by nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, delimiter="\t", lineterminator="\n")
        lines.writerow(table.columns)
        lines.writerows(table.rows)


def main(words: List[str]) -> int:
    slug, language = [*words, ""][:2]
    if not slug:
        raise Refusal("which film? Type: make edits MOVIE=demo")
    films.film(command.ROOT, slug)
    table = table_of(slug, language)
    path = command.ROOT / "config" / "films" / slug / f"{table.language}.edits.tsv"
    try:
        write(path, table)
    except FileExistsError:
        raise Refusal(f"{path} is there already; its columns: {' '.join(table.columns)}") from None
    command.say(f"samvad: {path} has {command.counted(len(table.rows), 'line')} of {slug}.")
    command.say(f"Correct its column 'written' (empty: nothing is shown there), then: make out/{slug}/final.mkv")
    return 0


if __name__ == "__main__":
    command.run("edits", main)
