"""Which of two languages each chunk of a film is spoken in.

Whisper says how likely each language is. Of a line it is nearly always right, of a single word it is not
("हाँ" may as well be English), and where it believes in neither its preference means little. So a chunk
counts by its seconds of speech and by Whisper's belief in either, and a change of language costs: one short
chunk follows its neighbours, a clear line or several short chunks in a row change it. Of all ways to give
the chunks languages the cheapest is taken (Viterbi, 1967), for all of the film before any of it is decoded:
so nothing that is heard later, or after a crash, changes a decision. docs/quality.md has how often it is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from typing import NamedTuple

from samvad.audio import Audio
from samvad.documents import Span
from samvad.engine import Engine
from samvad.languages import ONE_TO_THE_EAR, languages
from samvad.progress import Progress

#: What a change of language costs: odds of 3.5 to 1, as a logarithm. A chunk that stands alone pays it twice.
CHANGE = 1.25
#: Seconds of speech from which a chunk counts in full.
ENOUGH = 2.0
#: A probability below which there is nothing to choose between two.
FLOOR = 0.01


class Chances(NamedTuple):
    """How likely a chunk is in each of the two, in the order of SRC. They need not add up to 1."""

    first: float
    second: float


def listen(
    engine: Engine,
    audio: Audio,
    chunks: Sequence[Span],
    pair: tuple[str, str],
    progress: Progress,
    journal: MutableMapping[int, Chances],
) -> list[Chances]:
    """How likely each chunk is in the one and in the other; those that the journal has are not heard again.

    It costs a pass of Whisper's encoder for each chunk, however short: 1.8 to 1.9 core seconds with Whisper base
    in int8, two fifths of what decoding it takes (docs/quality.md).
    """
    progress.resume(len(journal))
    for number, chunk in enumerate(chunks):
        if number not in journal:
            journal[number] = chances_of(engine.detect(audio, chunk), pair)
            progress.advance(1)
    return [journal[number] for number in range(len(chunks))]


def chances_of(heard: Mapping[str, float], pair: tuple[str, str]) -> Chances:
    """The probabilities of two languages from those of all of Whisper's codes.

    What sounds like any Indian language is not English: beside English they all count for the other one. Else
    each counts for itself, but for those that are one to the ear.

    >>> chances_of({"hi": 0.25, "ur": 0.5, "bn": 0.125, "en": 0.0625, "cy": 0.0625}, ("hi", "en"))
    Chances(first=0.875, second=0.0625)
    >>> chances_of({"hi": 0.25, "ur": 0.5, "bn": 0.125}, ("bn", "hi"))
    Chances(first=0.125, second=0.75)
    >>> chances_of({"hi": 0.5, "ur": 0.25, "pa": 0.125}, ("ur", "pa"))
    Chances(first=0.75, second=0.125)
    >>> chances_of({"hi": 0.25, "ur": 0.5}, ("hi", "ur"))
    Chances(first=0.25, second=0.5)
    """

    def counted(code: str) -> str:
        if code in pair:
            return code
        if "en" in pair:
            return pair[0] if pair[1] == "en" else pair[1]
        same = ONE_TO_THE_EAR.get(code, code)
        return next((own for own in pair if ONE_TO_THE_EAR.get(own, own) == same), code)

    sums = dict.fromkeys(pair, 0.0)
    for code, entry in languages().items():
        if entry.whisper and counted(code) in sums:
            sums[counted(code)] += heard.get(entry.whisper, 0.0)
    return Chances(*sums.values())


def languages_of(chances: Sequence[tuple[float, float]], seconds: Sequence[float]) -> list[int]:
    """For each chunk 0 or 1: the language that it is decoded in, the first or the second.

    Args:
        chances: of each chunk, from `listen`.
        seconds: of speech in each chunk.

    >>> languages_of([(0.9, 0.0), (0.0, 0.7), (0.9, 0.0)], [3.0, 0.6, 3.0])
    [0, 0, 0]
    >>> languages_of([(0.9, 0.0), (0.0, 0.7), (0.9, 0.0)], [3.0, 3.0, 3.0])
    [0, 1, 0]
    """
    # The cost of the cheapest way to each language of the chunk at hand, and where it came from.
    costs = [0.0, 0.0]
    ways: list[tuple[int, int]] = []
    for chance, length in zip(chances, seconds, strict=True):
        for_first = _leaning(chance, length)
        came = tuple(to if costs[to] <= costs[1 - to] + CHANGE else 1 - to for to in (0, 1))
        reached = [costs[source] + (CHANGE if source != to else 0.0) for to, source in enumerate(came)]
        costs = [reached[0] + max(0.0, -for_first), reached[1] + max(0.0, for_first)]
        ways.append((came[0], came[1]))
    found: list[int] = []
    language = int(costs[1] < costs[0])
    for way in reversed(ways):
        found.append(language)
        language = way[language]
    return found[::-1]


def _leaning(chance: tuple[float, float], seconds: float) -> float:
    """How much speaks for the first language: below zero for the second."""
    odds = math.log((chance[0] + FLOOR) / (chance[1] + FLOOR))
    return odds * min(1.0, sum(chance)) * min(1.0, seconds / ENOUGH)


def speech_in(chunk: Span, speech: Sequence[Span]) -> float:
    """Seconds of speech in a chunk.

    >>> speech_in(Span(1, 5), [Span(0, 2), Span(3, 3.5), Span(4, 9)])
    2.5
    """
    return sum(max(0.0, min(span.end, chunk.end) - max(span.start, chunk.start)) for span in speech)
