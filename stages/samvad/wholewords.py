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


def replaced(text: str, words: str, by: str) -> str:
    """The text with `by` wherever `words` stand, with their article where that is part of the rendering.

    >>> replaced("The Sun came. I saw the sun.", "The sun", "Surya")
    'Surya came. I saw Surya.'
    """
    for start, end in reversed(list(stands(words, text))):
        text = text[:start] + by + text[end:]
    return text
