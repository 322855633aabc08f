"""Words into labels, frames into word times: what must hold whatever a network says."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad.documents import Segment, Word
from samvad.forced_alignment import (
    SHORTEST,
    STAR,
    Token,
    frames_needed,
    interpolate,
    known_share,
    settle,
    spans_of,
    time_words,
    tokens_of,
    words_of,
)

ALPHABET = {"क": 1, "म": 2, "ल": 3, "ा": 4, "|": 5}


def words(*texts: str) -> list[Word]:
    return [Word(text, 0.0, 0.0, 0.5) for text in texts]


def check(timed: list[Word], start: float, end: float) -> None:
    for word in timed:
        assert start <= word.start <= word.end <= end
    for left, right in pairwise(timed):
        assert left.end <= right.start


def test_known_letters_become_labels_with_a_mark_between_words() -> None:
    assert [token.label for token in tokens_of(["कमल", "का।"], ALPHABET)] == [1, 2, 3, 5, 1, 4]


def test_an_alphabet_without_a_mark_between_words_has_none() -> None:
    alphabet = {letter: label for letter, label in ALPHABET.items() if letter != "|"}
    assert [token.label for token in tokens_of(["क", "म"], alphabet)] == [1, 2]


@pytest.mark.parametrize("word", ["15", "१५", "OK", "٣", "%", "₹"])
def test_what_is_spoken_but_not_in_the_alphabet_is_one_star(word: str) -> None:
    assert tokens_of([word], ALPHABET) == [Token(STAR, 0, 1)]


@pytest.mark.parametrize("word", ["—", "…", "।", "‍", "़", "|", ""])
def test_what_is_not_spoken_leaves_no_label(word: str) -> None:
    assert tokens_of(["क", word, "म"], ALPHABET) == [
        Token(1, 0, 1),
        Token(5, 2, 2),
        Token(2, 2, 3),
    ]


def test_a_word_half_in_the_alphabet_keeps_its_known_half() -> None:
    assert [token.label for token in tokens_of(["COVID-19का"], ALPHABET)] == [STAR, 1, 4]


def test_two_stars_in_a_row_are_one_for_both_words() -> None:
    alphabet = {"क": 1}
    assert tokens_of(["क", "OK", "15", "क"], alphabet) == [
        Token(1, 0, 1),
        Token(STAR, 1, 3),
        Token(1, 3, 4),
    ]


def test_capital_letters_are_found_in_an_alphabet_of_small_ones() -> None:
    assert [token.label for token in tokens_of(["Ab"], {"a": 7, "b": 8})] == [7, 8]


def test_a_doubled_letter_needs_a_frame_between() -> None:
    assert frames_needed(tokens_of(["कककम"], ALPHABET)) == 6


def test_a_path_gives_one_span_for_each_token() -> None:
    assert spans_of([9, 1, 9, 1, 1, 2, 2, 9, 9, 3], blank=9) == [(1, 2), (3, 5), (5, 7), (9, 10)]
    assert spans_of([9, 9], blank=9) == []


def test_a_word_lasts_from_its_first_letter_to_a_little_after_its_last() -> None:
    tokens = tokens_of(["कम", "ल"], ALPHABET)
    spans = [(1.0, 1.02), (1.2, 1.22), (1.5, 1.52), (1.7, 1.72)]
    timed = time_words(words("कम", "ल"), tokens, spans, 0.5, 3.0)
    assert [(word.text, word.start, round(word.end, 3), word.timed) for word in timed] == [
        ("कम", 1.0, 1.32, None),
        ("ल", 1.7, 1.82, None),
    ]
    assert timed[0].probability == 0.5


def test_a_word_ends_where_the_next_label_begins() -> None:
    spans = [(1.0, 1.02), (1.06, 1.08), (1.1, 1.12)]
    timed = time_words(words("क", "म"), tokens_of(["क", "म"], ALPHABET), spans, 0.5, 3.0)
    assert timed[0].end == 1.06


def test_words_that_share_a_star_share_its_time_and_say_so() -> None:
    texts = ["क", "OK", "2019", "क"]
    spans = [(1.0, 1.1), (1.2, 2.9), (3.0, 3.1)]
    timed = time_words(words(*texts), tokens_of(texts, {"क": 1}), spans, 0.0, 4.0)
    assert [word.timed for word in timed] == [None, "interpolated", "interpolated", None]
    assert timed[1].start == 1.2 and timed[2].end == 3.0
    assert 1.7 < timed[1].end == timed[2].start < 2.1
    check(timed, 0, 4)


def test_a_word_without_a_sound_is_put_between_its_neighbours_and_marked() -> None:
    texts = ["क", "…", "म"]
    spans = [(1.0, 1.1), (1.5, 1.52), (2.0, 2.1)]
    timed = time_words(words(*texts), tokens_of(texts, ALPHABET), spans, 0.0, 4.0)
    assert [word.text for word in timed] == texts
    assert timed[1].timed == "interpolated"
    assert timed[0].end <= timed[1].start < timed[1].end <= timed[2].start == 2.0


def test_interpolated_words_get_time_by_their_letters() -> None:
    timed = interpolate(words("a", "abcdefghi"), 1, 7)
    assert [(word.start, word.end) for word in timed] == [(1, 2), (2, 7)]
    assert {word.timed for word in timed} == {"interpolated"}


def test_a_segment_without_words_is_cut_at_its_spaces() -> None:
    found = words_of(Segment(0, 1.0, 3.0, "दो घंटे"))
    assert [word.text for word in found] == ["दो", "घंटे"]
    check(found, 1, 3)


def test_a_segment_of_no_length_keeps_its_words() -> None:
    timed = settle(words("a", "b", "c"), 2.0, 2.0)
    assert [(word.text, word.start, word.end) for word in timed] == [(text, 2.0, 2.0) for text in "abc"]
    assert settle([], 0, 1) == []


def test_whatever_the_times_were_words_end_up_in_order_inside_and_long_enough() -> None:
    lots = random.Random(5)
    for _ in range(2000):
        start = lots.uniform(0, 10)
        end = start + lots.choice([0.0, 0.01, 0.3, 5.0])
        given = [Word(f"w{n}", lots.uniform(-2, 17), lots.uniform(-2, 17)) for n in range(lots.randrange(1, 9))]
        timed = settle(given, start, end)
        assert [word.text for word in timed] == [word.text for word in given]
        check(timed, start, end + 1e-9)
        least = min(SHORTEST, (end - start) / len(given))
        assert all(word.end - word.start >= least - 1e-9 for word in timed)


@given(
    st.lists(
        st.sampled_from(["कमल", "का।", "15", "२०१९", "OK", "Delhi,", "—", "🙂", "₹5", "क🙂म", "…", "!"]), max_size=12
    ),
    st.floats(0, 9000),
    st.lists(st.integers(0, 4), min_size=60, max_size=60),
)
def test_no_word_is_lost_and_times_are_in_order_whatever_the_text_and_the_path(
    texts: list[str], start: float, gaps: list[int]
) -> None:
    tokens = tokens_of(texts, ALPHABET)
    frames: list[tuple[int, int]] = []
    for gap in gaps[: len(tokens)]:
        first = (frames[-1][1] if frames else 0) + gap
        frames.append((first, first + 1 + gap % 2))
    spans = [(start + 0.02 * first, start + 0.02 * over) for first, over in frames]
    end = start + 0.02 * (frames[-1][1] + 3 if frames else 3)
    timed = time_words(words(*texts), tokens, spans, start, end)
    assert [word.text for word in timed] == texts
    check(timed, start, end)
    of = [{token.label for token in tokens if token.first <= n < token.last} for n in range(len(texts))]
    assert all(word.timed == "interpolated" for word, labels in zip(timed, of, strict=True) if not labels)


def test_good_times_are_left_as_they_are() -> None:
    given = [Word("a", 1.0, 1.4), Word("b", 1.4, 1.9), Word("c", 2.5, 2.6)]
    assert settle(given, 1.0, 2.6) == given


def test_letters_of_another_script_are_unknown_and_digits_do_not_count() -> None:
    assert known_share(["کمل 15"], ALPHABET) == 0
    assert known_share(["कम 2019"], ALPHABET) == 1
    assert known_share(["कम ab"], ALPHABET) == 0.5
    assert known_share(["2019"], ALPHABET) == 1
