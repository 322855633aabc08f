"""make review MOVIE=demo: what a person should look at in a film's translations, and why.

python3 mk/review.py demo

The marks are those of out/demo/<language>.revised.json; an edited sentence has none (stages/revision.py).
"""

from __future__ import annotations

from typing import List

import command
from edits import clock, listed
from workspace import Refusal, films


def shown(text: str) -> str:
    """A text that nobody has checked on one line, without control characters; joiners shape Indic letters.

    >>> shown("so\\x1b[31m\\n \\u202eit is"), shown("क्\\u200dष") == "क्\\u200dष"
    ('so[31m it is', True)
    """
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable() or letter in "\u200c\u200d")


def marked(translation: dict) -> List[str]:
    """Each marked sentence of a language: when, what is to be looked at, source, translation."""
    found = [one for one in translation["sentences"] if one.get("review")]
    sentences = command.counted(len(translation["sentences"]), "sentence")
    lines = [f"{shown(translation['target'])}: {len(found)} of {sentences} marked for review"]
    for one in found:
        lines.append(f"  {one['id']:5}  {clock(one['start'])}  {'; '.join(map(shown, one['review']))}")
        lines += (f"         {shown(one[text])}" for text in ("source", "text"))
    return lines


def main(words: List[str]) -> int:
    (slug,) = words
    if not slug:
        raise Refusal("which film? Type: make review MOVIE=demo")
    films.film(command.ROOT, slug)
    paths = sorted((command.ROOT / "out" / slug).glob("*.revised.json"))
    if not paths:
        raise Refusal(f"nothing of '{slug}' is translated yet. Type: make translate MOVIE={slug}")
    for path in paths:
        for line in listed(path, "sentences", marked):
            command.say(line)
    command.say(f"samvad: begin a table of corrections by: make edits MOVIE={slug} TGT={paths[0].name.split('.')[0]}")
    return 0


if __name__ == "__main__":
    command.run("review", main)
