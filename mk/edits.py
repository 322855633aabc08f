"""make edits MOVIE=demo: the transcript as a table in which a person corrects what was recognised.

python3 mk/edits.py demo   →   config/films/demo/hi.edits.tsv

The column `written` says the same as `recognised`, and so changes nothing, until somebody writes in it
(stages/samvad/corrections.py reads it). What is sung stands between notes there: ♪ … ♪. A table that is
there is a person's, and stays as it is.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import List

import command
from workspace import Refusal, films

COLUMNS = ("id", "recognised", "written", "at")


def clock(seconds: float) -> str:
    """Hours, minutes and seconds with tenths.

    >>> clock(3725.24)
    '1:02:05.2'
    """
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes // 60}:{minutes % 60:02}:{tenths / 10:04.1f}"


def write(path: Path, segments: List[dict]) -> None:
    """The table of all segments. With a byte order mark: some spreadsheet programs know UTF-8 by nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        for one in segments:
            texts = (one.get("recognised", one["text"]), one["text"])
            marked = (f"♪ {text} ♪" if one.get("song") else text for text in texts)
            table.writerow((one["id"], *marked, clock(one["start"])))


def main(words: List[str]) -> int:
    (slug,) = words
    if not slug:
        raise Refusal("which film? Type: make edits MOVIE=demo")
    films.film(command.ROOT, slug)
    try:
        transcript = json.loads((command.ROOT / "out" / slug / "transcript.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"nothing was recognised of '{slug}' yet. Type: make transcribe MOVIE={slug}") from None
    path = command.ROOT / "config" / "films" / slug / f"{transcript['language']}.edits.tsv"
    try:
        write(path, transcript["segments"])
    except FileExistsError:
        raise Refusal(f"{path} is there already; its columns: {' '.join(COLUMNS)}") from None
    command.say(f"samvad: {path} has {command.counted(len(transcript['segments']), 'line')} of {slug}.")
    command.say(f"Correct its column 'written' (empty: nothing is said there), then: make out/{slug}/final.mkv")
    return 0


if __name__ == "__main__":
    command.run("edits", main)
