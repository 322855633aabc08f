"""Forced alignment: a segment's words as labels of a CTC network, and the labels' frames as word times.

The network gives, for each frame of 20 ms, the probability of each letter of its alphabet and of the
blank; the best way through the frames that spells the segment says when each letter is spoken
(connectionist temporal classification, Graves et al. 2006). What is here needs no network.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from samvad.documents import Segment, Word

#: The label that stands for anything at all: for what is spoken but not in the alphabet, such as "2019".
STAR = -1

#: What alphabets of whole sentences write between words.
DELIMITER = "|"

#: Seconds. A letter's label is often a single frame, early in its sound: how long the last one rings on.
TAIL = 0.1

#: Seconds that the shortest word lasts, where its segment has room for it.
SHORTEST = 0.02


class Token(NamedTuple):
    """One label to be found, and the words it belongs to: words[first:last] (none: between two words)."""

    label: int
    first: int
    last: int


def alphabet_of(vocabulary: Mapping[str, int], columns: int) -> dict[str, int]:
    """The single letters of a vocabulary that the network has a column for.

    >>> alphabet_of({"<pad>": 0, "|": 1, "क": 2, "ख": 9}, 5)
    {'|': 1, 'क': 2}
    """
    return {letter: label for letter, label in vocabulary.items() if len(letter) == 1 and label < columns}


def tokens_of(words: Sequence[str], alphabet: Mapping[str, int]) -> list[Token]:
    """The labels of a segment's words, in order.

    A stretch of letters or digits outside the alphabet becomes one STAR. Punctuation, and marks that
    the alphabet does not have, are not spoken and leave nothing.

    >>> [tuple(token) for token in tokens_of(["कख,", "15"], {"क": 2, "ख": 3, "|": 1})]
    [(2, 0, 1), (3, 0, 1), (1, 1, 1), (-1, 1, 2)]
    """
    tokens: list[Token] = []
    for number, word in enumerate(words):
        labels = list(_labels(word, alphabet))
        if labels and tokens and DELIMITER in alphabet:
            tokens.append(Token(alphabet[DELIMITER], number, number))
        for label in labels:
            if label == STAR and tokens and tokens[-1].label == STAR:
                # Nothing could tell two in a row apart: one for both words, which share its time.
                tokens[-1] = tokens[-1]._replace(last=number + 1)
            else:
                tokens.append(Token(label, number, number + 1))
    return tokens


def _labels(word: str, alphabet: Mapping[str, int]) -> Iterator[int]:
    for letter in unicodedata.normalize("NFC", word).lower():
        if letter == DELIMITER:
            continue
        if letter in alphabet:
            yield alphabet[letter]
        elif is_spoken(letter):
            yield STAR


def is_spoken(letter: str) -> bool:
    """Whether a character stands for a sound: letters, digits, and signs that are read out.

    >>> [is_spoken(letter) for letter in "a५%₹।-"]
    [True, True, True, True, False, False]
    """
    kind = unicodedata.category(letter)
    return kind[0] in "LN" or kind in ("Sc", "Sm") or letter in "%&@"


def known_share(texts: Sequence[str], alphabet: Mapping[str, int]) -> float:
    """The share of the letters in texts (digits aside) that the alphabet has; 1 where there are none."""
    letters = [letter for text in texts for letter in text.lower() if letter.isalpha()]
    return sum(letter in alphabet for letter in letters) / len(letters) if letters else 1.0


def frames_needed(tokens: Sequence[Token]) -> int:
    """The fewest frames that can spell the tokens: equal ones in a row have a blank between them.

    >>> frames_needed([Token(2, 0, 1), Token(2, 0, 1), Token(3, 0, 1)])
    4
    """
    return len(tokens) + sum(left.label == right.label for left, right in pairwise(tokens))


def spans_of(path: Sequence[int], blank: int) -> list[tuple[int, int]]:
    """First frame and frame after the last one of each token on the path (a label for each frame).

    >>> spans_of([0, 5, 5, 0, 5, 7, 0], blank=0)
    [(1, 3), (4, 5), (5, 6)]
    """
    spans: list[tuple[int, int]] = []
    before = blank
    for frame, label in enumerate(path):
        if label != blank:
            if label == before:
                spans[-1] = (spans[-1][0], frame + 1)
            else:
                spans.append((frame, frame + 1))
        before = label
    return spans


def time_words(
    words: Sequence[Word],
    tokens: Sequence[Token],
    spans: Sequence[tuple[float, float]],
    start: float,
    end: float,
) -> list[Word]:
    """The words with the times of their tokens.

    Args:
        words: the segment's words; their own times are not used.
        tokens: what `tokens_of` made of them.
        spans: begin and end of each token in seconds of the film.
        start, end: of the segment, in seconds.

    A word that the tokens say nothing of, or that shares a token with another, is interpolated by
    its letters and marked so.
    """
    found: list[tuple[float, float] | None] = [None] * len(words)
    shared: set[int] = set()
    for number, (token, (begin, over)) in enumerate(zip(tokens, spans, strict=True)):
        limit = spans[number + 1][0] if number + 1 < len(spans) else end
        over = min(over + TAIL, max(limit, over))
        group = words[token.first : token.last]
        shares = spread([word.text for word in group], begin, over)
        for place, (begun, done) in enumerate(shares, token.first):
            known = found[place]
            found[place] = (known[0] if known else begun, done)
            if len(group) > 1:
                shared.add(place)
    times = _fill([word.text for word in words], found, start, end)
    shared.update(place for place, time in enumerate(found) if time is None)
    timed = [
        Word(word.text, *time, word.probability, "interpolated" if place in shared else None)
        for place, (word, time) in enumerate(zip(words, times, strict=True))
    ]
    return settle(timed, start, end)


def interpolate(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """The words spread over the segment by their letters, for want of anything better."""
    return time_words(words, [], [], start, end)


def spread(texts: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """A time shared among words, to each by its letters.

    >>> spread(["ab", "abcd"], 0, 8)
    [(0.0, 3.0), (3.0, 8.0)]
    """
    weights = [1 + sum(map(str.isalnum, text)) for text in texts]
    step = (end - start) / max(1, sum(weights))
    return [(start + step * before, start + step * over) for before, over in pairwise(accumulate([0, *weights]))]


def _fill(
    texts: Sequence[str], found: Sequence[tuple[float, float] | None], start: float, end: float
) -> list[tuple[float, float]]:
    """Times for all: a run of words without any shares the time between its neighbours."""
    times: list[tuple[float, float]] = []
    while len(times) < len(texts):
        first = last = len(times)
        while last < len(texts) and found[last] is None:
            last += 1
        if last > first:
            left = times[-1][1] if times else start
            following = found[last] if last < len(texts) else None
            right = following[0] if following else end
            times.extend(spread(texts[first:last], left, max(left, right)))
        if last < len(texts):
            known = found[last]
            assert known is not None
            times.append(known)
    return times


def settle(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """The words inside the segment, one after the other, none shorter than SHORTEST if there is room.

    Beginnings count for more than ends: a word that would begin before the last one ended cuts it short.

    >>> [(word.start, word.end) for word in settle([Word("a", 0.5, 3), Word("b", 2, 9)], 1, 5)]
    [(1, 2), (2, 5)]
    """
    short = min(SHORTEST, max(0.0, end - start) / max(1, len(words)))
    starts: list[float] = []
    for number, word in enumerate(words):
        earliest = starts[-1] + short if starts else start
        starts.append(max(earliest, min(word.start, end - short * (len(words) - number))))
    limits = [*starts, end][1:]
    settled = []
    for word, begin, limit in zip(words, starts, limits, strict=True):
        over = max(begin, min(max(word.end, begin + short), limit))
        settled.append(Word(word.text, begin, over, word.probability, word.timed))
    return settled


def words_of(segment: Segment) -> list[Word]:
    """The segment's words; where the recogniser gave none, its text cut at the spaces and spread."""
    if segment.words:
        return segment.words
    words = [Word(text, segment.start, segment.end) for text in segment.text.split()]
    return interpolate(words, segment.start, segment.end)
