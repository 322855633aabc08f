"""Where a language's phrases may be parted: what a cut between two words costs, by their letters alone.

The words are data (config/cues/breaks.json), a table for each language. A language without one is cut at its
punctuation, and else anywhere: full stops and commas of all scripts are known here.
"""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
import regex  # type: ignore[import-untyped]
from msgspec import Struct

BREAKS = Path(__file__).resolve().parents[2] / "config" / "cues" / "breaks.json"

#: What a cut costs, by the best reason for it.
CUT_SENTENCE, CUT_CLAUSE, CUT_PAUSE, CUT_SEAM, CUT_PHRASE, CUT_PLAIN, CUT_WRONG = 0, 2, 2, 4, 6, 11, 22

_CLOSING = r"(?:[\p{Pe}\p{Pf}\"'’])*$"
_SENTENCE_END = regex.compile(r"[.!?।॥؟۔᱾᱿꯫](?:[\p{Pe}\p{Pf}\"'’]|[.!?])*$")
_CLAUSE_END = regex.compile(rf"(?:[,;:،؛…–—]|\.\.\.){_CLOSING}")
#: Three dots are an ellipsis, which may go on, as "…" is.
_DOTS = regex.compile(rf"(?<![!?])\.\.\.{_CLOSING}")
_INITIAL = regex.compile(r"^\p{L}\.$")
_AROUND_WORD = regex.compile(r"^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$")
#: Punctuation that stands alone and opens nothing: it belongs to the word before it.
_LEANS_BACK = regex.compile(r"^[^\p{L}\p{M}\p{N}\p{Ps}\p{Pi}\p{S}\"'\-–—#]+$")


class Breaks(Struct, forbid_unknown_fields=True):
    """Words of one language, in lower case, by what they say about a cut."""

    #: Whether somebody who reads the language has looked at the table.
    reviewed: bool = True
    #: A phrase begins with it: conjunctions, prepositions.
    before: frozenset[str] = frozenset()
    #: A phrase ends with it: postpositions, auxiliaries at the end of a verb.
    after: frozenset[str] = frozenset()
    #: It belongs to the word before it, or after it, whatever that is.
    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()
    #: It belongs to the word after it, unless a phrase begins there: adjectives, "you", "is".
    leaning: frozenset[str] = frozenset()
    #: Nouns and adjectives that make one verb with another: काम करना, शुरू होना; and the forms of those others.
    conjunct: frozenset[str] = frozenset()
    light: frozenset[str] = frozenset()
    #: Written with a full stop that ends no sentence.
    abbreviations: frozenset[str] = frozenset()


@functools.cache
def breaks(language: str) -> Breaks:
    """The table of a language; an empty one where the file has none."""
    known = msgspec.json.decode(BREAKS.read_bytes(), type=dict[str, Breaks])
    return known.get(language, Breaks(reviewed=False))


def ends_sentence(word: str, lists: Breaks) -> bool:
    """Whether a sentence ends with the word.

    >>> [ends_sentence(word, breaks("en")) for word in ("home.", "“Go!”", "Mr.", "J.", "so,", "so...", "what?!")]
    [True, True, False, False, False, False, True]
    >>> ends_sentence("है।", breaks("hi")), ends_sentence("ہے۔", breaks("ur"))
    (True, True)
    """
    return (
        _SENTENCE_END.search(word) is not None
        and not _DOTS.search(word)
        and word.casefold() not in lists.abbreviations
        and not _INITIAL.match(word)
    )


def parting(one: str, other: str, lists: Breaks) -> int:
    """The cost of a cut between two words of a sentence as they are written, whenever they are said.

    >>> english, hindi = breaks("en"), breaks("hi")
    >>> [parting(*pair, english) for pair in (("late,", "so"), ("home", "and"), ("red", "car"), ("the", "car"))]
    [2, 6, 22, 22]
    >>> [parting(*pair, english) for pair in (("you", "and"), ("you", "went"), ("Raj", "Malhotra"), ("5", "boys"))]
    [6, 22, 22, 22]
    >>> [parting(*pair, hindi) for pair in (("घर", "में"), ("में", "काम"), ("काम", "करके"), ("कर", "रहा"), ("।", "घर"))]
    [22, 6, 22, 22, 11]
    """
    if _LEANS_BACK.match(other):
        return CUT_WRONG
    if _CLAUSE_END.search(one):
        return CUT_CLAUSE
    last, first = _bare(one), _bare(other)
    if last in lists.not_after or first in lists.not_before:
        return CUT_WRONG
    if last in lists.conjunct and first in lists.light:
        return CUT_WRONG
    if last[-1:].isdigit() and first not in lists.before:  # a number and what it counts
        return CUT_WRONG
    if first in lists.before:
        return CUT_PHRASE
    if last in lists.leaning or _name(one, other):
        return CUT_WRONG
    return CUT_PHRASE if last in lists.after else CUT_PLAIN


def _name(one: str, other: str) -> bool:
    """Two capitals in a row: a first and a last name, more often than not."""
    return len(one) > 1 and one[0].isupper() and other[0].isupper() and not other.startswith("I")


def _bare(word: str) -> str:
    return str(_AROUND_WORD.sub("", word)).casefold()
