"""Words where they stand whole in a text, in any script: letters, vowel signs and digits belong to a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def stands(words: str, text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each place where words stand in a text as whole words, whatever the case."""
    folded, wanted = _folded(text), _folded(words)
    start = folded.find(wanted)
    while wanted and start >= 0:
        end = start + len(wanted)
        if not (_is_of_word(text[start - 1 : start]) or _is_of_word(text[end : end + 1])):
            yield start, end
        start = folded.find(wanted, start + 1)


def _folded(text: str) -> str:
    # Letter by letter, so that places stay what they are (ß and the like keep their case).
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _is_of_word(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "LMN"


def replaced(text: str, words: str, by: str, most: int) -> str:
    """The text with `by` where `words` stand, with their article where that is part of the rendering.

    Where they stand more than `most` times, some of them are other words: those with the same capital count then, and
    where these are too many as well, none.

    >>> replaced("The Sun came. I saw the sun.", "The sun", "Surya", 2)
    'Surya came. I saw Surya.'
    >>> replaced("I hope that Hope comes.", "Hope", "Asha", 1)
    'I hope that Asha comes.'
    """
    places = list(stands(words, text))
    if len(places) > most:
        places = [(start, end) for start, end in places if text[start] == words[0]]
    for start, end in reversed(places if len(places) <= most else []):
        text = text[:start] + by + text[end:]
    return text
