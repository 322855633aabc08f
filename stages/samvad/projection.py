"""A translation over the time of the words that it renders.

A translator gives a sentence of text for a sentence of speech. Where in the sentence the speaker paused,
the text must wait too: otherwise its second half is read before it is said. Word alignment between Hindi and
English is too weak to follow (F1 of 0.55 at best, as the aligners' authors measure it), reading speed matters
more than a word's place, and clauses keep their order far more often than words do. So: the text is parted
at long pauses, each at the target's own border nearest to its share of the speech; and what is left is
spread over the time in which somebody speaks, by its share of the characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from samvad.breaking import CUT_PHRASE, CUT_SENTENCE, Breaks, ends_sentence, parting
from samvad.documents import Span, Word, covered
from samvad.textmeasure import graphemes

#: Seconds of silence inside a sentence that its text waits for too.
PAUSE = 0.3
#: Seconds of speech that the end of a clause may be from a pause to be moved to it, and how many fewer it may be
#: for each point that a cut costs more there (samvad.breaking): inside a phrase 0.6, between "the" and its noun none.
REACH, WEIGHT = 1.5, 0.08
#: Characters of a phrase that is not parted further: a line's.
SHORT = 40


def phrases(text: str, spoken: Sequence[Span], sentence: Span, lists: Breaks) -> list[Word]:
    """The text in phrases, each over the time in which it is said; joined by spaces they are the text.

    Args:
        spoken: where the words of the source are spoken, in order; none: somewhere in the sentence.
        sentence: what no phrase leaves.
        lists: the border words of the text's language (samvad.breaking.breaks).

    >>> said = [Span(0, 1), Span(1, 2), Span(3, 4), Span(4, 5)]
    >>> [(p.text, p.start, p.end) for p in phrases("I saw it, and then I went home.", said, Span(0, 5), Breaks())]
    [('I saw it,', 0.0, 2.0), ('and then I went home.', 3.0, 5.0)]
    """
    inside = [Span(max(one.start, sentence.start), min(one.end, sentence.end)) for one in spoken]
    inside = [one for one in inside if one.start < one.end]
    words = text.split()
    return _laid(words, inside or [sentence], lists) if words else []


def _laid(words: Sequence[str], spoken: Sequence[Span], lists: Breaks) -> list[Word]:
    """The words over the speech, parted at its longest pause that has a border near it, and so on."""
    pauses = [(other.start - one.end, place) for place, (one, other) in enumerate(pairwise(spoken), start=1)]
    for pause, place in sorted(pauses, key=lambda found: -found[0]):
        if pause < PAUSE:
            break
        border = _border(words, covered(spoken[:place]), covered(spoken), lists)
        if border:
            return [*_laid(words[:border], spoken[:place], lists), *_laid(words[border:], spoken[place:], lists)]
    return _spread(_parted(words, lists), spoken)


def _border(words: Sequence[str], before: float, whole: float, lists: Breaks) -> int | None:
    """The number of the word that a pause after `before` of `whole` seconds of speech comes before, if any."""
    edges = _edges(words)
    found = []
    for number in range(1, len(words)):
        off = abs(edges[number] / edges[-1] * whole - before)
        found.append((off + WEIGHT * _cost(words, number, lists), number))
    off, number = min(found, default=(REACH, 0))
    return number if off < REACH else None


def _parted(words: Sequence[str], lists: Breaks) -> list[Sequence[str]]:
    """The words in phrases of a line's length at most, where the text has borders for it."""
    edges = _edges(words)
    places = range(1, len(words))
    if edges[-1] <= SHORT + 1 or not places:
        return [words]
    best = min(places, key=lambda place: (_cost(words, place, lists), abs(2 * edges[place] - edges[-1])))
    if _cost(words, best, lists) > CUT_PHRASE:
        return [words]
    return [*_parted(words[:best], lists), *_parted(words[best:], lists)]


def _cost(words: Sequence[str], place: int, lists: Breaks) -> int:
    one, other = words[place - 1], words[place]
    return CUT_SENTENCE if ends_sentence(one, lists) else parting(one, other, lists)


def _edges(words: Sequence[str]) -> list[int]:
    """The characters before each word, and all of them; a space counts with the word before it."""
    return list(accumulate((graphemes(word) + 1 for word in words), initial=0))


def _spread(parts: Sequence[Sequence[str]], spoken: Sequence[Span]) -> list[Word]:
    """The parts by their share of the characters over the time spoken; pauses get none of it."""
    texts = [" ".join(part) for part in parts]
    #: Seconds of speech before each span, and in all; and before each part, and in all.
    said = list(accumulate((one.end - one.start for one in spoken), initial=0.0))
    edges = _edges(texts)
    shares = [edge / edges[-1] * said[-1] for edge in edges]
    found = []
    for text, (begins, ends) in zip(texts, pairwise(shares), strict=True):
        # What begins where a pause does begins after it; what ends there ends before it.
        first = min(bisect_right(said, begins), len(spoken)) - 1
        last = bisect_left(said, ends) - 1
        found.append(Word(text, spoken[first].start + begins - said[first], spoken[last].start + ends - said[last]))
    return found
