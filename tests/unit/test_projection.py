"""A translation over the time of the words that it renders."""

from __future__ import annotations

import doctest
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad import cues, profile, projection
from samvad.breaking import breaks
from samvad.cue_words import tokens
from samvad.documents import Span, Translated, Word
from samvad.projection import phrases

ROOT = Path(__file__).resolve().parents[2]
PLAIN = profile.read(ROOT / "config" / "cues" / "plain.toml")
ENGLISH = breaks("en")


def laid(text: str, *spoken: tuple[float, float], language: str = "en") -> list[tuple[str, float, float]]:
    """The phrases of a text over these stretches of speech."""
    spans = [Span(*one) for one in spoken]
    found = phrases(text, spans, Span(spans[0].start, spans[-1].end), breaks(language))
    return [(one.text, round(one.start, 3), round(one.end, 3)) for one in found]


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(projection)
    assert result.attempted >= 2 and result.failed == 0


# --- pauses ---------------------------------------------------------------------------------------------


def test_the_text_waits_where_the_speaker_pauses_at_its_own_border_nearest_to_it() -> None:
    # By share of characters 1.2 s of 4 s are "I waited,"; what is said before the pause takes 1.7 s.
    found = laid("I waited, but nobody came.", (10, 11), (11, 11.7), (12.6, 14.9))
    assert found == [("I waited,", 10, 11.7), ("but nobody came.", 12.6, 14.9)]


def test_a_breath_between_words_is_no_pause() -> None:
    whole = "I waited, but nobody came."
    assert laid(whole, (10, 11.7), (11.9, 14)) == [(whole, 10, 14)]


def test_each_of_several_pauses_finds_its_border() -> None:
    found = laid("First we eat, then we sleep, and then we go home.", (0, 1), (2, 3), (4, 6))
    assert found == [("First we eat,", 0, 1), ("then we sleep,", 2, 3), ("and then we go home.", 4, 6)]


def test_a_pause_where_the_text_has_no_border_parts_nothing_that_belongs_together() -> None:
    # The pause is at the share of "the | man"; far from "because".
    text = "I saw the man because he came by the house again yesterday."
    found = laid(text, (0, 1.2), (2.2, 8))
    assert " ".join(one[0] for one in found) == text
    assert all(not one[0].endswith(" the") for one in found)


def test_a_border_far_from_the_pause_is_not_dragged_to_it() -> None:
    assert laid("Yes, it is raining in the mountains.", (0, 6), (7, 8)) == [
        ("Yes, it is raining in the mountains.", 0, 8)
    ]


def test_a_language_without_border_words_is_parted_at_its_punctuation_and_near_a_pause_between_words() -> None:
    assert laid("நான் வந்தேன், அவன் போனான்.", (0, 1), (2, 3), language="ta") == [
        ("நான் வந்தேன்,", 0, 1),
        ("அவன் போனான்.", 2, 3),
    ]
    assert laid("நான் நேற்று வீட்டுக்கு வந்தேன்.", (0, 1), (2, 3), language="ta")[1][1] == 2


# --- shares ---------------------------------------------------------------------------------------------


def test_a_long_sentence_without_a_pause_is_parted_at_its_clauses_by_their_share_of_the_characters() -> None:
    text = "We looked for the old house, but nobody in the village remembered it."
    found = laid(text, (0, 7))
    assert found == [
        ("We looked for the old house,", 0, 2.9),
        ("but nobody in the village remembered it.", 2.9, 7),
    ]


def test_pauses_take_none_of_the_share() -> None:
    # 29 of 70 characters are 1.616 of 3.9 seconds of speech: 0.116 s into the fourth word, which begins at 2.25 s.
    text = "We looked for the old house, but nobody in the village remembered it."
    found = laid(text, (0, 0.5), (0.75, 1.25), (1.5, 2.0), (2.25, 2.75), (3.0, 4.9))
    assert [one[1:] for one in found] == [(0, 2.366), (2.366, 4.9)]


def test_a_phrase_that_begins_where_a_pause_does_begins_after_it() -> None:
    # Nothing says so but the share: both clauses have as many characters, and the pause is a breath.
    half = "We looked for the old house there and,"
    found = laid(f"{half} {half}", (0, 2), (2.25, 4.25))
    assert [(one[1], one[2]) for one in found] == [(0, 2), (2.25, 4.25)]


def test_without_the_times_of_the_words_the_sentence_is_shared_evenly() -> None:
    text = "We looked for the old house, but nobody in the village remembered it."
    assert phrases(text, [], Span(1, 8), ENGLISH) == [
        Word("We looked for the old house,", 1, pytest.approx(3.9)),
        Word("but nobody in the village remembered it.", pytest.approx(3.9), 8),
    ]
    assert phrases("", [Span(1, 2)], Span(1, 2), ENGLISH) == []


WORDS = st.sampled_from(["I", "waited,", "but", "nobody", "came.", "the", "“No!”", "2", "क्षत्रिय", "…", "वणक्कम्"])
GAPS = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), min_size=0, max_size=12)


@given(st.lists(WORDS, max_size=40), GAPS, st.sampled_from(["en", "hi", "ta"]))
def test_phrases_spell_the_text_rise_and_stay_inside_the_sentence(
    words: list[str], gaps: list[tuple[float, float]], language: str
) -> None:
    now, spoken = 5.0, []
    for pause, length in gaps:
        spoken.append(Span(now + pause, now + pause + length))
        now = spoken[-1].end
    sentence = Span(5.5, now + 1.0)
    found = phrases(" ".join(words), spoken, sentence, breaks(language))
    assert " ".join(one.text for one in found) == " ".join(words)
    assert all(one.start <= one.end for one in found)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(found))
    if found:
        assert found[0].start >= sentence.start and found[-1].end <= sentence.end + 1e-9


# --- what it is good for ----------------------------------------------------------------------------------------


def test_cues_take_the_time_of_the_phrases() -> None:
    sentence = Translated(1, 0, 10, "I waited, but nobody came.", "…")
    sentence.phrases = [Word("I waited,", 0, 1), Word("but nobody came.", 8, 10)]
    row = tokens([sentence], PLAIN)
    assert [(one.text, one.start) for one in row if one.text in ("waited,", "but")] == [("waited,", 0.2), ("but", 8)]
    assert [(cue.text, cue.start) for cue in cues.build([sentence], "en", PLAIN)] == [
        ("I waited,", 0),
        ("but nobody came.", 8),
    ]


def test_two_lines_in_one_sentence_begin_when_each_is_said() -> None:
    """Neighbouring lines of the demo film as one sentence: where does the second begin, against the truth?"""
    lines = json.loads((ROOT / "tests" / "demo" / "truth.json").read_text(encoding="utf-8"))["lines"]
    even, projected = [], []
    for one, other in pairwise(lines):
        if not 0 < other["start"] - one["end"] < 1.2:
            continue
        spoken = [Span(line["start"], line["end"]) for line in (one, other)]
        sentence = Translated(1, one["start"], other["end"], f"{one['en']} {other['en']}", "…")
        begins = len(one["en"].split())
        even.append(abs(tokens([sentence], PLAIN)[begins].start - other["start"]))
        place = Span(sentence.start, sentence.end)
        sentence.phrases = phrases(sentence.text, spoken, place, ENGLISH)
        projected.append(abs(tokens([sentence], PLAIN)[begins].start - other["start"]))
    assert len(even) >= 10
    assert sum(even) / len(even) > 0.3
    assert sum(projected) / len(projected) < 0.02
