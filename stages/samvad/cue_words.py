"""What is said, as one row of words: what cues are cut from. And what is heard but not said, in [brackets]."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import regex  # type: ignore[import-untyped]
from msgspec import Struct

from samvad.documents import Segment, Sentence, Translated, Word
from samvad.profile import Profile
from samvad.textmeasure import graphemes, pieces, plain

SOUNDS = Path(__file__).resolve().parents[2] / "config" / "cues" / "sounds.json"

#: Stands before and after what is sung, each time with a space between, which makes `SIGN` characters.
NOTE, SIGN = "♪", 2
#: Characters per second below which nobody speaks: a longer time span holds silence or music.
SLOWEST = 4.0

Item = Segment | Sentence | Translated

_WHOLE_SOUND = regex.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_SOUND = regex.compile(r"\[[^\[\]]*\]")
#: Between the words of an item while sounds are looked for; no text has it.
_BETWEEN = "\0"


class Token(NamedTuple):
    """A word in the row of all words; times in seconds."""

    text: str
    start: float
    end: float
    speaker: str | None = None
    #: How the item (segment or sentence) that the word belongs to ends with it, if it does.
    closes: str | None = None  # "sentence" | "seam"
    song: bool = False
    #: It is of a label for what is heard.
    sound: bool = False
    #: The item's id.
    item: int = 0


class Labels(Struct, forbid_unknown_fields=True):
    """What sounds are called in a language (config/cues/sounds.json), without brackets."""

    music: str
    #: Whether somebody who reads the language has looked at it.
    reviewed: bool = True


@functools.cache
def labels(language: str) -> Labels:
    """Raises: KeyError for a language that is not in config/languages.json."""
    return msgspec.json.decode(SOUNDS.read_bytes(), type=dict[str, Labels])[language]


def tokens(items: Iterable[Item], profile: Profile, sounds: bool = False) -> list[Token]:
    """All words in order, plain (`textmeasure.plain`), none wider than a line, times rising.

    Words have their own times where the item has words, else a share of their phrase's or the item's time. Sounds in
    brackets are left out, or, with `sounds`, kept in square ones.
    """
    row: list[Token] = []
    now = 0.0
    for item in items:
        label = sound(item.text)
        if label and not sounds:
            continue
        closes = "seam" if isinstance(item, Segment) else "sentence"
        song = item.song and not label
        most = profile.characters_per_line - 2 * SIGN * song
        words = _shared(Word(label, item.start, item.end), profile) if label else _words(item, profile, sounds)
        parts = [part for word in words for part in _fitting(word, most, profile.ellipsis)]
        for number, (text, start, end) in enumerate(parts, start=1):
            start = max(now, round(start, 3))
            now = max(start, round(end, 3))
            last = closes if number == len(parts) else None
            row.append(Token(text, start, now, item.speaker, last, song, bool(label), item.id))
    return row


def sound(text: str) -> str | None:
    """The label, in square brackets, of a text that is nothing but one; None of any other.

    >>> sound("(laughs)"), sound(" [संगीत] "), sound("(He) said so."), sound("[sighs] No.")
    ('[laughs]', '[संगीत]', None, None)
    """
    text = plain(text)
    if not _WHOLE_SOUND.fullmatch(text):
        return None
    return f"[{text[1:-1].strip()}]" if any(map(str.isalnum, text)) else None


def _words(item: Item, profile: Profile, sounds: bool) -> list[Word]:
    parts: Sequence[Word | Item] = getattr(item, "phrases", None) or [item]
    timed = getattr(item, "words", None) or [word for part in parts for word in _shared(part, profile)]
    words = [Word(plain(word.text), word.start, word.end) for word in timed]
    if sounds or not any("[" in word.text for word in words):
        return words
    said = _SOUND.sub(lambda found: _BETWEEN * found[0].count(_BETWEEN), _BETWEEN.join(word.text for word in words))
    return [Word(text, word.start, word.end) for text, word in zip(said.split(_BETWEEN), words, strict=True)]


def _shared(item: Word | Item, profile: Profile) -> list[Word]:
    """The words of an item, or of a phrase, with time by their share of its characters.

    A span that no speech fills (a segment that the recogniser stretched over music) is used only
    from its start, for as long as one cue may stay or as the slowest speech would take.
    """
    texts = plain(item.text).split()
    sizes = [graphemes(text) + 1 for text in texts]
    longest = max(profile.max_duration, sum(sizes) / SLOWEST)
    per_character = min(item.end - item.start, longest) / max(1, sum(sizes))
    words, start = [], item.start
    for text, size in zip(texts, sizes, strict=True):
        words.append(Word(text, start, start + size * per_character))
        start = words[-1].end
    return words


def _fitting(word: Word, most: int, ellipsis: str) -> list[tuple[str, float, float]]:
    """A plain word with times; in pieces where no line could hold it (a recogniser's
    endless "हाहाहा…"), so that a line's limit holds for any text."""
    texts = word.text.replace("…", ellipsis).split()
    parts = [part for text in texts for part in pieces(text, most)]
    step = (word.end - word.start) / max(1, len(parts))
    return [(part, word.start + n * step, word.start + (n + 1) * step) for n, part in enumerate(parts)]


def sung(lines: Sequence[str]) -> list[str]:
    """The lines of a cue with a note before the first and after the last.

    >>> sung(["तुम जो मिल गए हो,", "तो ये लगता है"]), sung(["la la"])
    (['♪ तुम जो मिल गए हो,', 'तो ये लगता है ♪'], ['♪ la la ♪'])
    """
    first, *rest = lines
    *before, last = [f"{NOTE} {first}", *rest]
    return [*before, f"{last} {NOTE}"]
