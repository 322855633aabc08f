"""make review MOVIE=demo: what a person should look at in a film's translations, and why.

python3 mk/review.py demo

The marks are those of out/demo/<language>.revised.json; an edited sentence has none (stages/revision.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator, List

import command
from edits import clock
from workspace import Refusal, films


def shown(text: str) -> str:
    """A text that nobody has checked on one line, without control characters; joiners shape Indic letters.

    >>> shown("so\\x1b[31m\\n \\u202eit is"), shown("क्\\u200dष") == "क्\\u200dष"
    ('so[31m it is', True)
    """
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable() or letter in "\u200c\u200d")


def listed(translation: dict) -> Iterator[str]:
    """Each marked sentence of a language: when, what is to be looked at, source, translation."""
    marked = [one for one in translation["sentences"] if one.get("review")]
    sentences = command.counted(len(translation["sentences"]), "sentence")
    yield f"{shown(translation['target'])}: {len(marked)} of {sentences} marked for review"
    for one in marked:
        yield f"  {one['id']:5}  {clock(one['start'])}  {'; '.join(map(shown, one['review']))}"
        yield from (f"         {shown(one[text])}" for text in ("source", "text"))


def read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Refusal(f"{path} is damaged. Remove it and type: make {path}") from None


def main(words: List[str]) -> int:
    (slug,) = words
    if not slug:
        raise Refusal("which film? Type: make review MOVIE=demo")
    films.film(command.ROOT, slug)
    paths = sorted((command.ROOT / "out" / slug).glob("*.revised.json"))
    if not paths:
        raise Refusal(f"nothing of '{slug}' is translated yet. Type: make translate MOVIE={slug}")
    for path in paths:
        for line in listed(read(path)):
            command.say(line)
    command.say(f"samvad: begin a table of corrections by: make edits MOVIE={slug} TGT={paths[0].name.split('.')[0]}")
    return 0


if __name__ == "__main__":
    command.run("review", main)
