"""Sentence building: what load_transcript makes of segments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad.documents import Segment, Sentence, Sentences, Word, check
from samvad.sentences import LONGEST, ends_sentence, sentences_of


def spoken(text: str, start: float, step: float = 0.4, pauses: dict[int, float] | None = None) -> list[Word]:
    """Words of `step` seconds; `pauses` maps a word's number to the silence before it."""
    words = []
    for number, word in enumerate(text.split()):
        start += (pauses or {}).get(number, 0.0)
        words.append(Word(word, round(start, 3), round(start + step, 3)))
        start += step
    return words


def segment(
    number: int, text: str, start: float, pauses: dict[int, float] | None = None, speaker: str | None = None
) -> Segment:
    words = spoken(text, start, pauses=pauses)
    return Segment(number, words[0].start, words[-1].end, text, words, speaker=speaker)


def texts(sentences: list[Sentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def test_segments_are_joined_up_to_the_danda() -> None:
    found = sentences_of([segment(0, "मैं कल", 1.0), segment(1, "दिल्ली जा रहा हूँ।", 2.0)])
    assert texts(found) == ["मैं कल दिल्ली जा रहा हूँ।"]
    assert (found[0].start, found[0].end) == (1.0, 3.6)
    assert [word.text for word in found[0].words] == ["मैं", "कल", "दिल्ली", "जा", "रहा", "हूँ।"]


def test_several_sentences_of_one_segment_are_told_apart_with_their_times() -> None:
    found = sentences_of([segment(0, "कौन है? मैं हूँ! चलो.", 10.0)])
    assert texts(found) == ["कौन है?", "मैं हूँ!", "चलो."]
    assert [(s.id, s.start, s.end) for s in found] == [(0, 10.0, 10.8), (1, 10.8, 11.6), (2, 11.6, 12.0)]


def test_a_pause_of_more_than_a_second_ends_a_sentence_and_a_shorter_one_does_not() -> None:
    assert texts(sentences_of([segment(0, "मैं आया और बैठा", 0.0, {2: 1.05})])) == ["मैं आया", "और बैठा"]
    assert texts(sentences_of([segment(0, "मैं आया और बैठा", 0.0, {2: 0.95})])) == ["मैं आया और बैठा"]


def test_a_change_of_speaker_ends_a_sentence() -> None:
    found = sentences_of([segment(0, "तुम कहाँ", 0.0, speaker="A"), segment(1, "मैं यहाँ", 0.9, speaker="B")])
    assert [(s.text, s.speaker) for s in found] == [("तुम कहाँ", "A"), ("मैं यहाँ", "B")]


def test_no_sentence_has_more_than_sixty_words_and_none_is_lost() -> None:
    text = " ".join(f"शब्द{number}," for number in range(150))
    found = sentences_of([segment(0, text, 0.0)])
    assert " ".join(texts(found)) == text
    assert max(len(s.words) for s in found) <= LONGEST
    assert min(len(s.words) for s in found) >= 30  # halved, not shaved


def test_a_stretch_without_punctuation_is_divided_at_its_clear_pauses() -> None:
    text = "हम सब लोग कल सुबह गाँव जाएँगे वहाँ मेरी नानी रहती है उनका घर नदी के पास है"
    found = sentences_of([segment(0, text, 0.0, {7: 0.5, 12: 0.6})])
    assert texts(found) == ["हम सब लोग कल सुबह गाँव जाएँगे", "वहाँ मेरी नानी रहती है", "उनका घर नदी के पास है"]


def test_a_punctuated_sentence_keeps_its_pauses() -> None:
    text = "हम सब लोग, कल सुबह गाँव जाएँगे जहाँ मेरी नानी रहती है और उनका घर नदी के पास है।"
    assert texts(sentences_of([segment(0, text, 0.0, {7: 0.5, 12: 0.6})])) == [text]


def test_words_that_are_missing_get_times_by_their_characters_and_say_so() -> None:
    found = sentences_of([Segment(0, 4.0, 8.0, "अब चलो। ठीक।")])
    assert texts(found) == ["अब चलो।", "ठीक।"]
    assert [found[0].start, found[0].end, found[1].end] == pytest.approx([4.0, 6.4, 8.0])
    assert {word.timed for s in found for word in s.words} == {"interpolated"}


def test_a_corrected_text_counts_and_keeps_the_times_of_its_words() -> None:
    words = [Word("में", 1.0, 1.2, 0.4), Word("आया।", 1.3, 1.9, 0.9)]
    (same,) = sentences_of([Segment(0, 1.0, 1.9, "मैं आया।", words)])
    assert same.words == [Word("मैं", 1.0, 1.2), Word("आया।", 1.3, 1.9, 0.9)]
    (more,) = sentences_of([Segment(0, 1.0, 1.9, "हाँ मैं आया।", words)])
    assert [word.text for word in more.words] == ["हाँ", "मैं", "आया।"]
    assert [more.start, more.end] == pytest.approx([1.0, 1.9])


def test_titles_initials_numbers_and_hesitation_do_not_end_a_sentence() -> None:
    text = "डॉ. राव और A. Kumar ने 3.5 किलो... आम लिया।"
    assert texts(sentences_of([segment(0, text, 0.0)])) == [text]


def test_a_word_that_is_an_abbreviation_elsewhere_ends_a_sentence() -> None:
    for text, parts in (
        ("No. I don't know.", ["No.", "I don't know."]),
        ("Room no. 5 is free.", ["Room no. 5 is free."]),
        ("रु. 500 दो।", ["रु. 500 दो।"]),
        ("चाय पी. फिर वह गया.", ["चाय पी.", "फिर वह गया."]),
    ):
        assert texts(sentences_of([segment(0, text, 0.0)])) == parts


def test_a_dash_on_its_own_begins_the_answer_and_joins_nothing() -> None:
    assert texts(sentences_of([segment(0, "वह गया। - कब?", 0.0)])) == ["वह गया।", "- कब?"]
    assert texts(sentences_of([segment(0, "वह - मेरा भाई - गया।", 0.0)])) == ["वह - मेरा भाई - गया।"]


def test_an_ellipsis_before_a_pause_does_end_one() -> None:
    assert texts(sentences_of([segment(0, "मैं तो… छोड़ो यह बात।", 0.0, {2: 0.6})])) == ["मैं तो…", "छोड़ो यह बात।"]


def test_a_danda_on_its_own_stays_with_its_sentence_even_after_a_pause() -> None:
    assert texts(sentences_of([segment(0, "वह गया । फिर आया", 0.0, {2: 1.4})])) == ["वह गया ।", "फिर आया"]


def test_sounds_and_songs_are_joined_to_nothing() -> None:
    rows = [segment(0, "मैं कल", 0.0), segment(1, "[दरवाज़े की दस्तक]", 0.9), segment(2, "आया था", 2.2)]
    assert texts(sentences_of(rows)) == ["मैं कल", "[दरवाज़े की दस्तक]", "आया था"]


def test_empty_segments_vanish() -> None:
    assert sentences_of([Segment(0, 0.0, 1.0, "  "), Segment(1, 1.0, 1.0, "")]) == []


@pytest.mark.parametrize("word", ["है।", "है॥", "why?", "जाओ!", "है.", '"सच?"', "کیا؟", "ہے۔", "हाँ?!"])
def test_the_ends_of_sentences(word: str) -> None:
    assert ends_sentence(word)


WORDS = st.lists(st.sampled_from(["हाँ", "है।", "—", "क्या,", "…", "♪", "["]), max_size=30)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 4), WORDS), max_size=12))
def test_any_transcript_gives_ordered_sentences_with_every_word_once(
    rows: list[tuple[float, float, list[str]]],
) -> None:
    segments, now = [], 0.0
    for number, (gap, length, words) in enumerate(rows):
        start, now = now + gap, now + gap + length
        segments.append(Segment(number, start, now, " ".join(words)))
    found = sentences_of(segments)
    check(Sentences("hi", {}, found), "sentences")
    assert " ".join(texts(found)).split() == [word for _, _, words in rows for word in words]
    for sentence in found:
        assert len(sentence.words) <= LONGEST
        assert (sentence.start, sentence.end) == (sentence.words[0].start, sentence.words[-1].end)


def test_a_sentence_is_in_one_language() -> None:
    said = [segment(0, "मैं आज", 0.0), segment(1, "very happy", 0.9), segment(2, "हूँ", 1.8)]
    said[1].language = "en"
    sentences = sentences_of(said)
    assert [(sentence.text, sentence.language) for sentence in sentences] == [
        ("मैं आज", None),
        ("very happy", "en"),
        ("हूँ", None),
    ]
