"""The scripts of Brahmi's family: which one a text is in, and how it sounds.

They lie in Unicode in one order (ISCII's), block by block, so that one table for Devanagari reads all of them.
Schwas are left out as Hindi does (Choudhury, Basu: "A Rule Based Schwa Deletion Algorithm for Hindi", 2002): at the
end of a word, and between consonants that have vowels around them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

#: Where the blocks begin; each has 128 places.
BLOCKS = {
    "Deva": 0x900,
    "Beng": 0x980,
    "Guru": 0xA00,
    "Gujr": 0xA80,
    "Orya": 0xB00,
    "Taml": 0xB80,
    "Telu": 0xC00,
    "Knda": 0xC80,
    "Mlym": 0xD00,
}
#: Scripts whose languages leave schwas out.
SILENT_SCHWA = ("Deva", "Guru", "Gujr", "Beng")

#: The vowel that is not written, and where it is not spoken; the one of English names, जॉन.
SCHWA, SILENT, OPEN = "A", "A'", "O"


class Sound(NamedTuple):
    """A consonant and the vowel after it, in Latin letters; either may be ""."""

    consonant: str
    vowel: str


def _table(letters: str, sounds: str) -> dict[str, str]:
    return dict(zip(letters, sounds.split(), strict=True))


_CONSONANTS = _table(
    "कखगघङचछजझञटठडढणतथदधनऩपफबभमयरऱलळऴवशषसह",
    "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h",
)
_WITH_DOT = _table("कखगजडढफ", "q kh g z r rh f")
_VOWELS = _table("अआइईउऊऋऌऍऎएऐऑऒओऔ", "a a i i u u ri li e e e ai O o o au")
_SIGNS = _table("ािीुूृॄॅॆेैॉॊोौ", "a i i u u ri ri e e e ai O o o au")
_JOINED = {"ज्ञ": "gy", "क्ष": "ksh", "त्र": "tr"}
_VIRAMA, _DOT, _NASAL, _BREATH = "्", "़", "ंँ", "ः"
#: Letters outside the common order: Malayalam's consonants without a vowel, a nasal of Gurmukhi.
_OUTSIDE = str.maketrans({"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്", "ੰ": "ਂ"})


def script_of(text: str) -> str:
    """The script of this family that most of the text's letters are in; "" where they are in none."""
    found = [(ord(letter) - 0x900) // 128 for letter in text if 0x900 <= ord(letter) < 0xD80]
    if not found or 2 * len(found) < sum(map(str.isalpha, text)):
        return ""
    place = max(set(found), key=found.count)
    return next((script for script, start in BLOCKS.items() if (start - 0x900) // 128 == place), "")


def in_devanagari(text: str) -> str:
    """Letters of these scripts as Devanagari's in the same places; all else as it is.

    >>> in_devanagari("মোহন, சூர்யா!")
    'मोहन, चूर्या!'
    """
    moved = (
        chr(0x900 + (ord(letter) - 0x900) % 128) if 0x980 <= ord(letter) < 0xD80 else letter
        for letter in unicodedata.normalize("NFC", text).translate(_OUTSIDE)
    )
    return unicodedata.normalize("NFC", "".join(moved))


def is_dot(sign: str) -> bool:
    """Whether this is the dot under a letter, of any of the scripts."""
    return sign != "" and in_devanagari(sign) == _DOT


def spoken(word: str) -> list[Sound]:
    """The sounds of a word, its schwas silent as its language has them.

    >>> [consonant + vowel for consonant, vowel in spoken("कमला")]
    ['kA', "mA'", 'la']
    """
    sounds = list(sounds_of(word))
    if script_of(word) not in SILENT_SCHWA:
        return sounds
    for place in range(len(sounds) - 1, 0, -1):
        consonant, vowel = sounds[place]
        if vowel != SCHWA or not consonant:
            continue
        last = place == len(sounds) - 1
        before = sounds[place - 1].vowel
        # A cluster before the end keeps its schwa audible only where it could not be spoken: mantra, not mantr.
        hard = last and before == "" and consonant in ("r", "v", "y", "n", "m", "l")
        between = not last and before not in ("", SILENT) and sounds[place + 1].vowel not in ("", SILENT)
        if (last and not hard) or (between and sounds[place + 1].consonant):
            sounds[place] = Sound(consonant, SILENT)
    return sounds


def sounds_of(word: str) -> Iterator[Sound]:
    """What each letter of a word stands for."""
    word = in_devanagari(word)
    for joined, text in _JOINED.items():
        word = word.replace(joined, f"\0{text}\0")
    at = 0
    while at < len(word):
        letter = word[at]
        at += 1
        if letter == "\0":
            end = word.index("\0", at)
            consonant, at = word[at:end], end + 1
        elif letter in _CONSONANTS:
            consonant = _CONSONANTS[letter]
            if word[at : at + 1] == _DOT:
                consonant, at = _WITH_DOT.get(letter, consonant), at + 1
        elif letter in _VOWELS:
            yield Sound("", _VOWELS[letter])
            continue
        elif letter in _NASAL:
            if word[at:] == "ह":  # सिंह
                yield Sound("ngh", SCHWA)
                return
            yield Sound("n", "")
            continue
        elif letter in _BREATH:
            yield Sound("h", "")
            continue
        else:
            continue
        sign = word[at : at + 1]
        if sign == _VIRAMA:
            yield Sound(consonant, "")
            at += 1
        elif sign and sign in _SIGNS:
            yield Sound(consonant, _SIGNS[sign])
            at += 1
        else:
            yield Sound(consonant, SCHWA)
