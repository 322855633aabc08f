"""What pauses are good for: cutting speech into groups, and correcting the times of words.

Whisper's attention knows the order of words well and their times roughly (0.2 s off, more beside
silence: it stretches words over a pause as if nobody had paused). The speech detector knows to 32 ms
when somebody speaks, and nothing of words. Here each silence finds its place between two words.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

from samvad.documents import Span, Timed, Word

#: Seconds of silence worth placing; shorter ones are within words (stops, geminates) too.
LEAST = 0.2

#: Seconds by which a place is preferred where the recogniser itself saw a break: where it set a
#: timestamp or a sentence's end, and where it set a comma.
BREAK, COMMA = 0.5, 0.25

#: Seconds of speech with which a group is as good as any longer one.
SCRAP = 8.0

#: Seconds that a word keeps where silences squeeze it.
SQUEEZED = 0.08


def grouped(spans: Sequence[Timed], longest: float, pause: float) -> list[Span]:
    """Groups of neighbouring spans without a silence of `pause` seconds, at most `longest` seconds each.

    A span that is longer by itself stays whole.

    >>> grouped([Span(0, 10), Span(10.2, 19), Span(20, 29), Span(29.1, 31), Span(33, 34)], 30, 2)
    [Span(start=0, end=19), Span(start=20, end=31), Span(start=33, end=34)]
    """
    groups: list[Span] = []
    first = 0
    for last in range(1, len(spans) + 1):
        if last == len(spans) or spans[last].start - spans[last - 1].end >= pause:
            groups.extend(_halved(spans[first:last], longest))
            first = last
    return groups


def _halved(spans: Sequence[Timed], longest: float) -> list[Span]:
    """Cut at the longest pause, unless that leaves only a scrap of speech on one side."""
    start, end = spans[0].start, spans[-1].end
    if end - start <= longest or len(spans) == 1:
        return [Span(start, end)]

    def merit(number: int) -> tuple[float, float]:
        sides = min(spans[number - 1].end - start, end - spans[number].start)
        return (spans[number].start - spans[number - 1].end + 0.01) * min(sides, SCRAP), sides

    cut = max(range(1, len(spans)), key=merit)
    return _halved(spans[:cut], longest) + _halved(spans[cut:], longest)


def widened(spans: Sequence[Span], padding: float, duration: float) -> list[Span]:
    """The spans with `padding` seconds more on both sides; two that would meet share what is between.

    >>> widened([Span(1, 2), Span(3, 4)], 0.75, 4.5)
    [Span(start=0.25, end=2.5), Span(start=2.5, end=4.5)]
    """
    # The film's own beginning and end are shared with nobody.
    edges = [Span(0.0, -spans[0].start), *spans, Span(2 * duration - spans[-1].end, 0.0)] if spans else []
    halves = [(later.start - earlier.end) / 2 for earlier, later in pairwise(edges)]
    return [
        Span(span.start - min(padding, before), span.end + min(padding, after))
        for span, before, after in zip(spans, halves, halves[1:], strict=False)
    ]


def silences(speech: Sequence[Span], chunk: Span) -> list[Span]:
    """The silences between stretches of speech inside a chunk.

    >>> silences([Span(0, 1), Span(2, 4), Span(4.1, 5), Span(9, 10)], Span(0, 6))
    [Span(start=1, end=2)]
    """
    inside = [span for span in speech if span.end > chunk.start and span.start < chunk.end]
    return [Span(one.end, other.start) for one, other in pairwise(inside) if other.start - one.end >= LEAST]


def fit(words: Sequence[Word], speech: Sequence[Span], chunk: Span, breaks: Set[int]) -> list[Word]:
    """The words with no word across a silence, in the same order, inside the chunk's speech.

    Args:
        words: in order, inside the chunk.
        breaks: numbers of words before which the recogniser saw a break.

    >>> said = [Word("Yes.", 0.1, 0.6), Word("No", 0.6, 2.4)]
    >>> [(w.text, w.start, w.end) for w in fit(said, [Span(0, 0.5), Span(2, 2.5)], Span(0, 3), {1})]
    [('Yes.', 0.1, 0.5), ('No', 2, 2.4)]
    """
    fitted = [Word(word.text, word.start, word.end, word.probability, word.timed) for word in words]
    if not fitted:
        return fitted
    inside = [span for span in speech if span.end > chunk.start and span.start < chunk.end]
    first = 0
    begin = max(inside[0].start, chunk.start) if inside else chunk.start
    for silence in silences(speech, chunk):
        place = _place(fitted, silence, breaks, first)
        _squeeze(fitted[first:place], begin, silence.start)
        first, begin = place, silence.end
    _squeeze(fitted[first:], begin, min(inside[-1].end, chunk.end) if inside else chunk.end)
    return fitted


def _place(words: Sequence[Word], silence: Span, breaks: Set[int], first: int) -> int:
    """The number of the word before which the silence belongs, `first` at the least."""
    middle = (silence.start + silence.end) / 2

    def cost(number: int) -> float:
        # The silence is somewhere between the middles of the words on its two sides.
        before = (words[number - 1].start + words[number - 1].end) / 2 if number else -1e9
        after = (words[number].start + words[number].end) / 2 if number < len(words) else 1e9
        off = max(0.0, before - middle, middle - after)
        if number in breaks:
            off -= BREAK
        elif number and words[number - 1].text.endswith((",", "،")):
            off -= COMMA
        return off

    return min(range(first, len(words) + 1), key=cost)


def _squeeze(words: Sequence[Word], begin: float, end: float) -> None:
    """Puts words between two silences, moving as few of them and as little as possible."""
    if not words:
        return
    least = min(SQUEEZED, max(0.0, end - begin) / len(words))
    limit = end
    for word in reversed(words):
        word.end = min(word.end, limit)
        word.start = min(word.start, word.end - least)
        limit = word.start
    limit = begin
    for word in words:
        word.start = max(word.start, limit)
        word.end = max(word.end, word.start + least)
        limit = word.end
