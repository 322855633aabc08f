"""English sentences laid over the utterances that they render.

Whisper's `translate` hears a group of utterances and writes English with word times; word by word
they mean little (English has another order), sentence by sentence they are good. So: its words are
fitted to the pauses between the utterances, preferably where a sentence ends; its sentences are cut;
and each sentence takes the utterances in which most of its words lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from samvad import pauses
from samvad.documents import Segment, Span, Timed, Translated, Word
from samvad.engine import Heard
from samvad.sentences import ends_sentence, words_of
from samvad.utterances import clean_words


class Piece(NamedTuple):
    """A stretch of English and, by number, how many of its letters each utterance holds."""

    text: str
    shares: dict[int, int]


def rendered(heard: Sequence[Heard], said: Sequence[Segment], group: Span) -> list[Translated]:
    """The sentences of one group, each over the utterances that it renders.

    Args:
        heard: what the decoder wrote for the group, in English, with word times.
        said: the utterances of the group, all of them sung or none.
    """
    if not said:
        return []
    words: list[Word] = []
    breaks: set[int] = set()
    for part in heard:
        breaks.add(len(words))
        rest = Span(words[-1].end if words else group.start, group.end)
        words.extend(clean_words(part.words or words_of(Segment(0, part.start, part.end, part.text)), rest))
    breaks.update(number for number, word in enumerate(words, 1) if ends_sentence(word.text))
    spans = [Span(part.start, part.end) for part in said]
    fitted = pauses.fit(words, spans, group, breaks)
    return [
        Translated(
            id=0,
            start=said[first].start,
            end=said[last].end,
            text=text,
            source=" ".join(part.text for part in said[first : last + 1]),
            speaker=said[first].speaker,
            song=said[first].song,
            spoken=spoken(said[first : last + 1]),
        )
        for first, last, text in laid(pieces_of(fitted, said, breaks), spans)
    ]


def spoken(said: Sequence[Segment]) -> list[Span]:
    """Where the words of utterances are spoken; where they are not known, the whole utterance.

    >>> spoken([Segment(1, 0, 2, "a b", [Word("a", 0, 1), Word("b", 1.5, 2.1)]), Segment(2, 2, 3, "c")])
    [Span(start=0, end=1), Span(start=1.5, end=2.1), Span(start=2.1, end=3)]
    """
    spans: list[Span] = []
    for part in said:
        whole: list[Timed] = [part]
        for one in part.words or whole:
            # Words of two utterances may overlap by a breath.
            start = max(one.start, spans[-1].end) if spans else one.start
            spans.append(Span(start, max(start, one.end)))
    return spans


def pieces_of(words: Sequence[Word], said: Sequence[Segment], breaks: set[int]) -> list[Piece]:
    """English cut where a sentence ends, and where the English and the speech both make a break."""
    pieces: list[Piece] = []
    current: list[str] = []
    shares: dict[int, int] = {}
    place = 0
    for number, word in enumerate(words):
        before, place = place, _utterance(word, said)
        last = words[number - 1].text if number else ""
        moved = place != before and (number in breaks or last.endswith(","))
        if current and (ends_sentence(last, word.text) or moved):
            pieces.append(Piece(" ".join(current), shares))
            current, shares = [], {}
        current.append(word.text)
        shares[place] = shares.get(place, 0) + len(word.text)
    if current:
        pieces.append(Piece(" ".join(current), shares))
    return pieces


def _utterance(word: Word, said: Sequence[Segment]) -> int:
    """The number of the utterance in which a word lies, or the nearest one."""
    middle = (word.start + word.end) / 2
    return min(range(len(said)), key=lambda number: max(said[number].start - middle, middle - said[number].end, 0.0))


#: The share of a sentence that must lie in an utterance for the sentence to stand over it.
PART = 0.25

#: Seconds of silence over which a sentence reaches to an utterance that has no English of its own.
REACH = 1.0


def laid(pieces: Sequence[Piece], said: Sequence[Span]) -> list[tuple[int, int, str]]:
    """(first utterance, last utterance, text) in order; no utterance is in two of them.

    >>> laid([Piece("Really?", {0: 7}), Piece("Yes, so it is.", {0: 3, 1: 11})], [Span(0, 1), Span(1, 2)])
    [(0, 0, 'Really?'), (1, 1, 'Yes, so it is.')]
    """
    found: list[tuple[int, int, str]] = []
    for text, shares in pieces:
        total = sum(shares.values())
        held = [number for number, share in shares.items() if share >= PART * total]
        first, last = (min(held), max(held)) if held else (min(shares), max(shares))
        taken = found[-1][1] if found else -1
        if last <= taken:
            # It begins and ends in utterances that have their text: it is part of the last one's.
            before = found[-1]
            found[-1] = (before[0], before[1], f"{before[2]} {text}")
        else:
            found.append((max(first, taken + 1), last, text))
    return _reached(found, said)


def _reached(found: list[tuple[int, int, str]], said: Sequence[Span]) -> list[tuple[int, int, str]]:
    """The same, where each utterance without English belongs to the nearest sentence beside it."""
    for number, (first, last, text) in enumerate(found):
        after = found[number + 1][0] if number + 1 < len(found) else len(said)
        while last + 1 < after and said[last + 1].start - said[last].end < REACH:
            ahead = said[after].start - said[after - 1].end if after < len(said) else REACH
            # The next sentence reaches back only over what is all the way nearer to it.
            if after - last == 2 and ahead < said[last + 1].start - said[last].end:
                break
            last += 1
        taken = found[number - 1][1] if number else -1
        while first - 1 > taken and said[first].start - said[first - 1].end < REACH:
            first -= 1
        found[number] = (first, last, text)
    return found
