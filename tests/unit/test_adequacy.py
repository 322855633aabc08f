"""The checks of a translated sentence: each finds what it is for and lets pass what is right."""

from __future__ import annotations

import pytest

from samvad.adequacy import Expected, failures, numbers_missing, repeats, same_for_different
from samvad.glossary import Term

ENGLISH = Expected("hi", "en", [Term("हवेली", "the manor")], ["मोहन", "आशा"])
TAMIL = Expected("hi", "ta", [], ["राधा"])


@pytest.mark.parametrize(
    ("source", "text", "fault"),
    [
        ("वह घर गया।", "He went घर.", "letters of another script"),
        ("वह घर गया।", "He <unk> home.", "an unknown word"),
        ("वह घर गया।", "He went, he went, he went home.", "repeats itself"),
        ("वह घर गया।", "Aaaaaaaaaaaa", "repeats itself"),
        ("वह कल सुबह अपने पुराने घर वापस चला गया था।", "He.", "much shorter than what is said"),
        ("वह गया।", "He went to the house that his father had built by the river many years ago.", "much longer"),
        ("कमरा 27 में जाओ।", "Go to the room.", "number 27 is missing"),
        ("10:30 पर आओ।", "Come at 10.", "number 10:30 is missing"),
        ("हवेली में आओ।", "Come to the mansion.", "term हवेली → the manor did not hold"),
        ("आशा आई।", "Hope came.", "name आशा is missing"),
        ("वह घर गया।", "…", "nothing was translated"),
        ("15 लाख दो।", "Give 1.6 million.", "number 15 is missing"),
    ],
)
def test_a_fault_is_named(source: str, text: str, fault: str) -> None:
    (found,) = failures(source, text, ENGLISH)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("हाँ।", "Yes.", ENGLISH),
        ("नहीं, नहीं, नहीं!", "No, no, no!", ENGLISH),
        ("उसने 1,50,000 रुपये दिए।", "He gave 150,000 rupees.", ENGLISH),
        ("१०:३० पर, दो-तीन लोग", "At 10:30, two or three people", ENGLISH),
        ("७ बजे", "At seven o'clock", ENGLISH),
        ("2 लोग, 21 बार", "A couple, twenty-one times", ENGLISH),
        ("मोहन की हवेली में", "In Mohan's house, The Manor.", ENGLISH),
        ("मुझे meeting में जाना है।", "நான் meeting செல்ல வேண்டும்.", TAMIL),
        ("राधा को बुलाओ।", "ராதாவை அழை.", TAMIL),
        ("…", "", ENGLISH),
        ("5,6 लोग", "5 or 6 people", ENGLISH),
        ("5:00 बजे मिलो।", "Meet at five o'clock.", ENGLISH),
        ("1.5 लाख रुपये", "150,000 rupees", ENGLISH),
        ("15 लाख रुपये, 2 हज़ार लोग", "1.5 million rupees, 2,000 people", ENGLISH),
        ("1.2.3 लाख", "1.2.3 lakh", ENGLISH),
        ("I love you, मोहन!", "I love you, Mohan!", ENGLISH),
        ("I love you so much!", "I love you so much!", TAMIL),
        ("ठीक है, मोहन राव।", "Okay, Mohan.", TAMIL),
        ("मोहन, मोहन राव!", "मोहन, मोहन राव!", Expected("hi", "mr")),
    ],
)
def test_what_is_right_is_left_alone(source: str, text: str, expected: Expected) -> None:
    assert failures(source, text, expected) == []


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("वह मेरे घर आया।", "He came to my house.", TAMIL),
        ("He came to my house.", "He came to my house.", Expected("en", "ta")),
        ("वह मेरे घर आया था।", "He came to my house.", Expected("hi", "ur")),
        ("वह मेरे घर आया।", "वह मेरे घर आया", Expected("hi", "mr")),
    ],
)
def test_what_was_left_in_its_language_or_came_in_english_is_not_translated(
    source: str, text: str, expected: Expected
) -> None:
    assert failures(source, text, expected) == ["was left untranslated"]


def test_a_name_is_asked_for_only_where_its_script_can_be_read() -> None:
    assert failures("राधा आई।", "رادھا آئی۔", Expected("hi", "ur", names=["राधा"])) == []
    assert failures("राधा आई।", "Joy came.", Expected("hi", "en", names=["राधा"])) == ["name राधा is missing"]
    covered = Expected("hi", "en", [Term("राधा", "Joy")], ["राधा"])
    assert failures("राधा आई।", "Joy came.", covered) == []  # what the glossary says counts


def test_the_same_number_twice_is_wanted_twice() -> None:
    assert numbers_missing("100 से 100 तक", "from 100", "en") == ["100"]
    assert numbers_missing("100 से 100 तक", "100 to 100", "en") == []


def test_a_phrase_of_four_words_in_a_row_is_a_loop_and_a_refrain_further_apart_is_none() -> None:
    assert repeats("come here to me come here to me come here to me")
    assert not repeats("come to me, then go, come to me, then go")


def test_five_different_sentences_with_one_short_translation_are_suspicious() -> None:
    said = ["हाँ", "जी", "हाँ जी", "ठीक है", "अच्छा"]
    assert same_for_different(said[:4], ["Yes."] * 4) == set()
    assert same_for_different(said, ["Yes."] * 5) == set(range(5))
    # Punctuation makes no different sentence.
    assert same_for_different(["वह आया है।", "वह आया है?"], ["He has come.", "He has come?"]) == set()
