"""Which of two languages a chunk is in, from made-up chances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad import bilingual
from samvad.audio import Audio
from samvad.bilingual import Chances, chances_of, languages_of, listen
from samvad.documents import Span
from samvad.engine import Heard, Task
from samvad.progress import Progress

HINDI, ENGLISH, NEITHER = (0.95, 0.01), (0.01, 0.95), (0.001, 0.09)


def test_a_line_alone_changes_the_language_and_a_word_alone_does_not() -> None:
    lines = [HINDI, ENGLISH, HINDI]
    assert languages_of(lines, [3.0, 2.0, 3.0]) == [0, 1, 0]
    assert languages_of(lines, [3.0, 0.6, 3.0]) == [0, 0, 0]
    assert languages_of([ENGLISH, HINDI, ENGLISH], [3.0, 0.6, 3.0]) == [1, 1, 1]


def test_several_words_in_a_row_change_it() -> None:
    assert languages_of([HINDI, *[ENGLISH] * 3, HINDI], [3.0, 0.6, 0.6, 0.6, 3.0]) == [0, 1, 1, 1, 0]


def test_what_whisper_takes_for_neither_changes_nothing() -> None:
    assert languages_of([HINDI, *[NEITHER] * 4], [5.0] * 5) == [0] * 5
    assert languages_of([ENGLISH, (0.05, 0.001), ENGLISH], [5.0] * 3) == [1] * 3


def test_a_film_of_nothing_but_doubt_is_in_its_first_language() -> None:
    assert languages_of([(0.0, 0.0), (0.3, 0.3)], [2.0, 2.0]) == [0, 0]
    assert languages_of([], []) == []


chance = st.floats(0, 0.5)


@given(st.lists(st.tuples(st.tuples(chance, chance), st.floats(0.1, 30)), max_size=7))
def test_no_other_way_is_cheaper(film: list[tuple[tuple[float, float], float]]) -> None:
    def cost(way: Sequence[int]) -> float:
        against = [
            bilingual._leaning(*chunk) * (1 if language else -1) for chunk, language in zip(film, way, strict=True)
        ]
        changes = sum(before != after for before, after in pairwise(way))
        return sum(max(0.0, one) for one in against) + bilingual.CHANGE * changes

    chosen = languages_of([one for one, _ in film], [length for _, length in film])
    assert cost(chosen) == pytest.approx(min(cost(way) for way in product((0, 1), repeat=len(film))))


@pytest.mark.parametrize("code", ["hi", "ur", "bn", "ne"])
def test_what_sounds_indian_is_not_english(code: str) -> None:
    assert chances_of({code: 0.5, "en": 0.25, "ja": 0.25}, ("en", "hi")) == (0.25, 0.5)


class Ear:
    """An engine that says how likely a chunk is English by when it begins."""

    together = 1

    def __init__(self) -> None:
        self.asked: list[float] = []

    def decode(
        self, audio: Audio, chunks: Sequence[Span], language: str, task: Task, words: bool
    ) -> Iterator[tuple[int, list[Heard]]]:
        raise NotImplementedError

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        self.asked.append(chunk.start)
        return {"en": chunk.start / 8, "hi": 0.5}


def test_what_was_listened_to_before_a_crash_is_not_listened_to_again() -> None:
    chunks, sound = [Span(number, number + 1) for number in range(3)], np.zeros(0, dtype=np.int16)
    ear, journal, terminal = Ear(), {0: Chances(0.5, 0.0)}, StringIO()
    found = listen(ear, sound, chunks, ("hi", "en"), Progress("asr", "demo", 3, "chunks", terminal), journal)
    assert found == [(0.5, 0.0), (0.5, 0.125), (0.5, 0.25)]
    assert ear.asked == [1, 2] and sorted(journal) == [0, 1, 2]
    assert "continues at 33% of 3 chunks" in terminal.getvalue()
