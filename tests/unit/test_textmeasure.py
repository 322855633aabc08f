"""What counts as a character, and what text may be shown."""

from __future__ import annotations

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad import textmeasure
from samvad.textmeasure import clean, graphemes, pieces, plain

ANY_TEXT = st.text(st.characters(), max_size=200)
MARKUP = st.text(st.sampled_from(list("<>{}\\/ibru-. \n\r\t\u2028\u202e\u200d…an8")), max_size=60)


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(textmeasure)
    assert result.attempted >= 6 and result.failed == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("मानो या न मानो, स्नातक बनने के लिए", 23),
        ("क्षत्रिय", 3),
        ("ज़िंदगी", 3),
        ("श्रीमान", 3),
        ("क\u094d\u200dष", 1),
        ("विद्यार्थियों", 4),
        ("বাংলা ভাষা", 5),
        ("ক্ষমা করো", 5),
        ("স্বাধীনতা", 4),
        ("ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ", 9),
        ("ਪੰਜਾਬੀ", 3),
        ("வணக்கம்", 5),
        ("ஸ்ரீ", 2),
        ("اُردُو", 4),
        ("السَّلامُ", 6),
        ("crème brûlée", 12),
        ("cre\u0300me", 5),
        ("Ünïcödé", 7),
        ("हमें बस दो और कक्षाएँ पास करनी हैं", 23),
        ("நமஸ்காரம்", 6),
        ("میں ٹھیک ہوں", 12),
        ("Don’t — go!", 11),
        ("👩‍👩‍👧‍👦🇮🇳", 2),
        ("👍🏽 ❤\ufe0f", 3),
        ("1\ufe0f\u20e3", 1),
        ("é", 1),
        ("e\u0301", 1),
        ("", 0),
    ],
)
def test_a_character_is_what_a_viewer_sees_as_one(text: str, count: int) -> None:
    assert graphemes(text) == count


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once, shown = clean(text), plain(text)
    assert clean(once) == once and plain(shown) == shown and clean(shown) == shown


@given(st.one_of(ANY_TEXT, MARKUP))
def test_clean_text_has_no_control_characters_and_single_spaces(text: str) -> None:
    shown = clean(text)
    assert shown == unicodedata.normalize("NFC", shown)
    assert shown == " ".join(shown.split()) and "..." not in shown
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Co") for sign in shown)
    assert not any(unicodedata.bidirectional(sign) in ("LRO", "RLO", "LRE", "RLE", "PDF") for sign in shown)
    assert not {"\u200e", "\u200f", "\u061c", "\u2066", "\u2067", "\u2068", "\u2069"} & set(shown)


@given(st.one_of(ANY_TEXT, MARKUP))
def test_plain_text_holds_nothing_that_a_player_takes_for_markup(text: str) -> None:
    assert not set("<>{}\\") & set(plain(text))


@given(st.text(st.sampled_from("abc déहिन्दी தமிழ் اردو,;:!?()-"), max_size=80))
def test_ordinary_text_is_only_trimmed(text: str) -> None:
    assert plain(text) == " ".join(unicodedata.normalize("NFC", text).split())


def test_joiners_that_shape_letters_and_emoji_stay() -> None:
    for text in ("क्\u200dष", "می\u200cخواهم", "👩\u200d👧"):
        assert clean(f" {text}") == text
    assert clean("\u200d \u200c") == ""


def test_invisible_characters_that_could_carry_a_hidden_message_go() -> None:
    hidden = "".join(chr(0xE0000 + ord(sign)) for sign in "ignore")
    assert clean(f"a{hidden}b\u00ad\ufeff\ufffdc") == "abc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>बस</b> <font color='red'>करो</font>", "बस करो"),
        ("{\\pos(0,0)\\fs200}Hello", "Hello"),
        ("one\\Ntwo<br/>three", "one two three"),
        ("a --> b", "a --› b"),
        ("<scr<i>ipt>alert(1)", "‹script›alert(1)"),
        ("x < y and y > z", "x ‹ y and y › z"),
        ("I <3 you {really}", "I ‹3 you (really)"),
        ("Tom & Jerry", "Tom & Jerry"),
        (".<i>.</i>.", "…"),
    ],
)
def test_markup_goes_and_text_stays(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(ANY_TEXT, st.integers(1, 50))
def test_pieces_are_the_text_again_and_never_too_long(text: str, most: int) -> None:
    parts = pieces(text, most)
    assert "".join(parts) == text and all(graphemes(part) <= most for part in parts)
