"""Words that begin and end where the sound falls silent, on made-up loudness."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad.audio import RATE
from samvad.documents import Span, Word
from samvad.engine import Heard
from samvad.loudness import STEP, Levels, levels, parted
from samvad.utterances import segments_from

LOUD, SILENT = -20.0, -60.0


def loudness(*runs: tuple[float, float]) -> Levels:
    """The levels of stretches, each of so many dB for so many seconds."""
    return np.concatenate([np.full(round(seconds / STEP), level, dtype=np.float32) for level, seconds in runs])


def times(words: list[Word]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in words]


def test_a_pause_that_attention_passed_over_is_cut_out() -> None:
    heard = loudness((LOUD, 0.5), (SILENT, 0.3), (LOUD, 0.5))
    found = parted([Word("a", 10.0, 10.5), Word("b", 10.5, 11.3)], heard, 10)
    assert times(found) == [(10.0, 10.52), (10.78, 11.3)]


def test_a_word_that_was_cut_off_is_drawn_out_to_the_pause() -> None:
    heard = loudness((LOUD, 0.5), (SILENT, 0.3), (LOUD, 0.5))
    assert times(parted([Word("a", 0, 0.4), Word("b", 0.4, 1.3)], heard, 0)) == [(0, 0.52), (0.78, 1.3)]


@pytest.mark.parametrize(
    "heard",
    [
        loudness((LOUD, 0.5), (SILENT, 0.08), (LOUD, 0.72)),  # the closure of a stop
        loudness((LOUD, 0.5), (LOUD - 15, 0.3), (LOUD, 0.5)),  # noise
        loudness((SILENT, 1.3)),
        loudness((LOUD, 0)),  # words after the sound's end
    ],
)
def test_without_a_silence_words_stay_as_they_are(heard: Levels) -> None:
    words = [Word("a", 0, 0.5), Word("b", 0.5, 1.3)]
    assert parted(words, heard, 0) == words


def test_a_longer_pause_that_the_detector_heard_is_not_narrowed() -> None:
    words = [Word("a", 0, 0.5), Word("b", 1.0, 1.6)]
    heard = loudness((LOUD, 0.6), (SILENT, 0.2), (LOUD, 0.8))
    assert parted(words, heard, 0) == words


def test_the_words_given_are_left_alone() -> None:
    words = [Word("a", 0, 0.5, 0.7, "interpolated"), Word("b", 0.5, 1.3)]
    found = parted(words, loudness((LOUD, 0.5), (SILENT, 0.3), (LOUD, 0.5)), 0)
    assert (words[0].end, found[0].probability, found[0].timed) == (0.5, 0.7, "interpolated")


@given(
    st.lists(st.tuples(st.floats(0, 0.8), st.floats(0.02, 1.5)), min_size=1, max_size=8),
    st.lists(st.sampled_from([LOUD, SILENT]), max_size=200),
)
def test_words_stay_in_order_and_have_length_whatever_the_sound_is(
    given: list[tuple[float, float]], sound: list[float]
) -> None:
    words: list[Word] = []
    now = 3.0
    for number, (gap, length) in enumerate(given):
        words.append(Word(str(number), now + gap, now + gap + length))
        now = words[-1].end
    found = parted(words, np.repeat(np.array(sound, dtype=np.float32), 5), 3.0)
    assert [word.text for word in found] == [word.text for word in words]
    assert (found[0].start, found[-1].end) == (words[0].start, words[-1].end)
    for word in found:
        assert word.start < word.end
    for one, other in pairwise(found):
        assert one.end <= other.start + 1e-9


def test_levels_are_those_of_whole_frames() -> None:
    sound = np.concatenate([np.zeros(RATE // 10), np.full(RATE // 10 + 7, 0.5)]).astype(np.float32)
    assert levels(sound).round().tolist() == [-100.0] * 10 + [-6.0] * 10


def test_a_pause_in_the_sound_parts_utterances_where_no_punctuation_does() -> None:
    chunk = Span(10, 13)
    words = [Word("चाय", 10.0, 11.0), Word("पियो", 11.0, 13.0)]
    part = Heard(10, 13, "चाय पियो", words, -0.3, 0.1, 1.2, 0.0)
    assert len(segments_from([part], chunk, [chunk], "hi")) == 1
    heard = loudness((LOUD, 1.0), (SILENT, 0.46), (LOUD, 1.54))
    segments = segments_from([part], chunk, [chunk], "hi", heard)
    assert [(s.text, s.start, s.end) for s in segments] == [("चाय", 10, 11.02), ("पियो", 11.44, 13)]
