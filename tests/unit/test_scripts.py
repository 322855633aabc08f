"""Scripts of texts, the tokens that write foreign ones, and which of two decodings is kept."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from samvad import scripts
from samvad.engine import Heard
from samvad.languages import languages
from samvad.scripts import LATIN, better, foreign_share, foreign_tokens, script_share, token_bytes

SPELLING = scripts._spelling()
BYTES = {letter: byte for byte, letter in SPELLING.items()}


@pytest.mark.parametrize(
    ("text", "script", "share"),
    [
        ("मैं ठीक हूँ", "Deva", 1), ("میں ٹھیک ہوں", "Arab", 1), ("ab कख", "Latn", 0.5),
        ("123 ।", "Deva", 0), ("", "Latn", 0),
        ("বাংলা", "Beng", 1), ("ਪੰਜਾਬੀ", "Guru", 1), ("ગુજરાતી", "Gujr", 1),
        ("ଓଡ଼ିଆ", "Orya", 1), ("தமிழ்", "Taml", 1), ("తెలుగు", "Telu", 1),
        ("ಕನ್ನಡ", "Knda", 1), ("മലയാളം", "Mlym", 1), ("ᱥᱟᱱᱛᱟᱲᱤ", "Olck", 1),
        ("ꯃꯤꯇꯩ", "Mtei", 1), ("سنڌي", "Deva", 0),
    ],
)  # fmt: skip
def test_script_share_counts_letters(text: str, script: str, share: float) -> None:
    assert script_share(text, script) == share


def test_an_unknown_script_is_an_error() -> None:
    with pytest.raises(KeyError):
        script_share("abc", "Xxxx")


def test_every_language_of_the_file_has_a_script_that_is_known() -> None:
    assert len({code.partition("-")[0] for code in languages()} - {"en"}) == 22
    for code, language in languages().items():
        assert script_share("", language.script) == 0, code


def test_english_words_are_foreign_only_where_latin_is_not_at_home() -> None:
    text = "मेरा phone टूट గయా ١٢"
    assert foreign_share(text, ("Deva", LATIN)) == pytest.approx(2 / 11)
    assert foreign_share(text, ("Deva",)) == pytest.approx(7 / 11)
    assert foreign_share("Okay?", (LATIN,)) == foreign_share("", ("Deva",)) == 0


# --- tokens ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vocabulary(root: Path) -> dict[str, int]:
    """Whisper base's, which `make test` fetches."""
    tokenizer = root / "models" / "asr" / "base" / "ct2" / "tokenizer.json"
    words: dict[str, int] = json.loads(tokenizer.read_bytes())["model"]["vocab"]
    return words


def spelt(text: str | bytes) -> str:
    return "".join(SPELLING[byte] for byte in (text if isinstance(text, bytes) else text.encode()))


SAID = {
    "Deva": "मैं दिल्ली जा रहा हूँ। ज़रूर फ़ोन ऑन करो",
    "Taml": "நான் சென்னைக்கு போகிறேன்",
    "Telu": "నేను హైదరాబాద్ వెళ్తున్నాను",
    "Beng": "আমি কলকাতা যাচ্ছি।",
    "Guru": "ਮੈਂ ਦਿੱਲੀ ਜਾ ਰਿਹਾ ਹਾਂ।",
    "Arab": "میں دہلی جا رہا ہوں۔ کیا؟",
    "Latn": "I am going to Delhi, déjà vu",
}


#: Whisper base has no token for E0 A7 (Bengali), E0 A9 (Gurmukhi) and E0 A2 (Arabic for African languages), so
#: that E0 alone stays.
NEEDED = {script: {b"\xe0", b" \xe0"} for script in ("Beng", "Guru", "Arab")}


def can_spell(text: bytes, pieces: set[bytes]) -> bool:
    """Whether the bytes are pieces one after the other."""
    return not text or any(text[:n] in pieces and can_spell(text[n:], pieces) for n in range(1, len(text) + 1))


@pytest.mark.parametrize("script", SAID)
def test_what_is_suppressed_cannot_write_any_foreign_letter_and_nothing_of_ones_own(
    vocabulary: dict[str, int], script: str
) -> None:
    suppressed = set(foreign_tokens(token_bytes(vocabulary), (script, LATIN)))
    left = [token for token, number in vocabulary.items() if number not in suppressed]
    pieces = {bytes(BYTES[letter] for letter in token) for token in left}
    for piece in pieces:
        for letter in piece.lstrip(bytes(range(0x80, 0xC0))).decode(errors="ignore"):
            if unicodedata.category(letter)[0] == "L":
                assert script_share(letter, script) or script_share(letter, "Latn") or 0x2B0 <= ord(letter) <= 0x36F
    # Every text of one's own can be spelled yet, its punctuation, digits and English words too; of the
    # letters of every other script none, not even byte by byte (but by the byte that some of ours need).
    for text in (SAID[script], SAID["Latn"], "12:30, “ok” – 50 % ♪ ₹5…"):
        assert all(can_spell(letter.encode(), pieces) for letter in text), text
    for other, text in SAID.items():
        if other not in (script, "Latn"):
            written = [
                letter
                for letter in text
                if letter.isalpha() and can_spell(letter.encode(), pieces - NEEDED.get(script, set()))
            ]
            assert not written, other


def test_pieces_of_characters_are_suppressed_where_they_can_become_nothing_else() -> None:
    pieces = [
        b"\xd8",
        b"\xe0",
        b"\xe0\xa4",
        b" \xe0\xa6",
        b"\xe0\xae",
        b"\xa6",
        b"\xa6\xe0\xa6",
        b"\xe2\x99",
        b"ok\xe2",
    ]
    numbers = {spelt(piece): number for number, piece in enumerate(pieces)}
    assert [pieces[number] for number in foreign_tokens(token_bytes(numbers), ("Deva", LATIN))] == [
        b"\xd8",
        b" \xe0\xa6",
        b"\xe0\xae",
        b"\xa6\xe0\xa6",
    ]
    assert [pieces[number] for number in foreign_tokens(token_bytes(numbers), ("Taml", LATIN))] == [
        *(b"\xd8", b"\xe0\xa4", b" \xe0\xa6", b"\xa6\xe0\xa6")
    ]


def test_a_lone_mark_of_another_script_is_foreign_and_a_joiner_is_not() -> None:
    numbers = {spelt(text): number for number, text in enumerate(["ா", "ि", "\u200d", "\u0301", "।", "٪", "<|hi|>"])}
    assert foreign_tokens(token_bytes(numbers), ("Deva", LATIN)) == [0]


# --- which of two ------------------------------------------------------------------------------------


def heard(text: str, likely: float = -0.4, repetition: float = 1.2) -> list[Heard]:
    return [Heard(0.0, 3.0, text, [], likely, 0.1, repetition, 0.0)] if text else []


TAMIL, TELUGU = "நான் சென்னைக்கு போகிறேன்", "నేను చెన్నై"


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (heard(TAMIL), heard("போ"), 1),  # the first was right
        (heard("okay, thank you"), heard(TAMIL), 1),  # English is no fault
        (heard(TELUGU), heard(TAMIL), 2),
        (heard(TELUGU), heard(TAMIL, likely=-0.9), 2),  # less likely, as what is forced is
        (heard(TELUGU), heard(TAMIL, likely=-1.4), 1),  # but not at random
        (heard(TELUGU, likely=-1.4), heard(TAMIL, likely=-1.5), 2),  # both are poor
        (heard(TELUGU), heard(TAMIL, repetition=4.0), 1),
        (heard(TELUGU), heard(""), 1),
        (heard(TELUGU), heard("… 15"), 1),
        (heard(TELUGU), heard(TELUGU), 1),
        (heard(""), heard(TAMIL), 1),
    ],
)
def test_the_better_of_two_decodings_is_kept(first: list[Heard], second: list[Heard], kept: int) -> None:
    assert better(first, second, ("Taml", LATIN)) is (first, second)[kept - 1]
