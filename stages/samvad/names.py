"""Names across scripts: how they sound, whether a translation has them, how they are written in Latin letters.

The nine scripts of Brahmi's family lie in Unicode in one order (ISCII's), block by block, so that one table for
Devanagari reads all of them. Schwas are left out as Hindi does (Choudhury, Basu: "A Rule Based Schwa
Deletion Algorithm for Hindi", 2002): at the end of a word, and between consonants that have vowels around them.
Nothing is said of scripts of other families (Arabic, Ol Chiki, Meetei Mayek).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from samvad.problem import Problem
from samvad.wholewords import replaced, stands

#: Where the blocks of Brahmi's scripts begin; each has 128 places.
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


def _table(letters: str, sounds: str) -> dict[str, str]:
    return dict(zip(letters, sounds.split(), strict=True))


_CONSONANTS = _table(
    "कखगघङचछजझञटठडढणतथदधनऩपफबभमयरऱलळऴवशषसह",
    "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h",
)
_WITH_DOT = _table("कखगजडढफ", "q kh g z r rh f")
_VOWELS = _table("अआइईउऊऋऌऍऎएऐऑऒओऔ", "a a i i u u ri li e e e ai o o o au")
_SIGNS = _table("ािीुूृॄॅॆेैॉॊोौ", "a i i u u ri ri e e e ai o o o au")
_JOINED = {"ज्ञ": "gy", "क्ष": "ksh", "त्र": "tr"}
_VIRAMA, _DOT, _NASAL, _BREATH = "्", "़", "ंँ", "ः"

#: Sounds that one script writes apart and another together: Tamil has one letter for k and g.
_LOOSE = str.maketrans({"g": "k", "q": "k", "d": "t", "b": "p", "f": "p", "z": "c", "j": "c", "s": "c", "w": "v"})
_DIGRAPHS = [
    (re.compile(pattern), to)
    for pattern, to in (("x", "ks"), ("c(?!h)(?=[eiy])", "s"), ("c(?!h)", "k"), ("sh|ch", "c"))
]
#: Malayalam's letters for consonants without a vowel, which lie outside the common order.
_CHILLU = str.maketrans({"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്"})


def read(path: Path) -> list[str]:
    """The names of a names.txt, one on a line; # begins a remark. Raises: Problem where it is no text."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Problem(f"{path} is no text in UTF-8", "Save it as text in UTF-8") from None
    found = (unicodedata.normalize("NFC", line.partition("#")[0]).split() for line in lines)
    return [" ".join(words) for words in found if words]


def script_of(text: str) -> str:
    """The script of Brahmi's family that most of the text's letters are in; "" where they are in none."""
    found = [(ord(letter) - 0x900) // 128 for letter in text if 0x900 <= ord(letter) < 0xD80]
    if not found or 2 * len(found) < sum(map(str.isalpha, text)):
        return ""
    place = max(set(found), key=found.count)
    return next((script for script, start in BLOCKS.items() if (start - 0x900) // 128 == place), "")


def in_devanagari(text: str) -> str:
    """Letters of Brahmi's scripts as Devanagari's in the same places; all else as it is.

    >>> in_devanagari("মোহন, சூர்யா!")
    'मोहन, चूर्या!'
    """
    moved = (
        chr(0x900 + (ord(letter) - 0x900) % 128) if 0x980 <= ord(letter) < 0xD80 else letter
        for letter in unicodedata.normalize("NFC", text).translate(_CHILLU)
    )
    return unicodedata.normalize("NFC", "".join(moved))


def romanised(name: str) -> str:
    """A name of one of Brahmi's scripts in Latin letters, as India writes them: no accents, no silent schwa.

    >>> [romanised(name) for name in ("मोहन", "सूर्या", "आशा", "लक्ष्मी", "ज़ीनत", "रामकुमार सिंह", "சூர்யா")]
    ['Mohan', 'Surya', 'Asha', 'Lakshmi', 'Zinat', 'Ramkumar Singh', 'Churya']
    """
    silent = script_of(name) in SILENT_SCHWA
    return " ".join(_word(in_devanagari(word), silent).capitalize() for word in name.split())


def _word(word: str, silent_schwa: bool) -> str:
    sounds = list(_sounds(word))
    if silent_schwa:
        for place in range(len(sounds) - 1, 0, -1):
            consonant, vowel = sounds[place]
            if vowel != "A" or not consonant:
                continue
            last = place == len(sounds) - 1
            before = sounds[place - 1][1]
            # A cluster before the end keeps its schwa audible only where it could not be spoken: mantra, not mantr.
            hard = last and before == "" and consonant in ("r", "v", "y", "n", "m", "l")
            between = not last and before not in ("", "A'") and sounds[place + 1][1] not in ("", "A'")
            if (last and not hard) or (between and sounds[place + 1][0]):
                sounds[place] = (consonant, "A'")
    text = "".join(consonant + {"A": "a", "A'": ""}.get(vowel, vowel) for consonant, vowel in sounds)
    return re.sub(r"n(?=[bp])", "m", text.replace("nh", "ngh") if text.endswith("inh") else text)


def _sounds(word: str) -> Iterator[tuple[str, str]]:
    """(consonant or "", vowel or "") of each letter; "A" is the vowel that is not written."""
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
            yield "", _VOWELS[letter]
            continue
        elif letter in _NASAL:
            # Before h it is a sound of its own: Singh.
            yield ("ng" if word[at : at + 1] == "ह" and at + 1 == len(word) else "n"), ""
            continue
        elif letter in _BREATH:
            yield "h", ""
            continue
        else:
            continue
        sign = word[at : at + 1]
        if sign == _VIRAMA:
            yield consonant, ""
            at += 1
        elif sign and sign in _SIGNS:
            yield consonant, _SIGNS[sign]
            at += 1
        else:
            yield consonant, "A"


def skeleton(word: str) -> str:
    """What is left of a word in Latin or one of Brahmi's scripts when only what all of them keep is compared.

    Consonants, voiced or not, breathed or not; "a" for a vowel at the beginning.

    >>> skeleton("मोहन") == skeleton("Mohan") == skeleton("মোহন"), skeleton("Surya") == skeleton("सूर्या")
    (True, True)
    >>> skeleton("सूर्या") == skeleton("Sun"), skeleton("आशा") == skeleton("She")
    (False, False)
    """
    if script_of(word):
        word = "".join(consonant + vowel.replace("A", "") for consonant, vowel in _sounds(in_devanagari(word)))
    text = word.casefold()
    for pattern, to in _DIGRAPHS:
        text = pattern.sub(to, text)
    begins = "a" if text[:1] in tuple("aeiou") else ""
    text = re.sub(r"m(?=[pb])", "n", re.sub("ng?h?$", "n", text))
    text = re.sub("[^bcdfgjklmnpqrstvwxz]", "", text).translate(_LOOSE)
    return begins + re.sub(r"(.)\1+", r"\1", text)


def heard_in(name: str, text: str) -> str | None:
    """The words of a text that sound like the name; None where none do.

    In Latin letters a name begins with a capital; elsewhere a word may go on after it (Tamil's cases).

    >>> heard_in("मोहन", "So Mohan's brother came."), heard_in("सूर्या", "The sun rises.")
    ('Mohan', None)
    >>> heard_in("राधा", "ராதாவை அழை"), heard_in("राव", "Mr. Rao")
    ('ராதாவை', 'Rao')
    """
    wanted = [skeleton(word) for word in name.split()]
    words = [word for word in re.findall(r"[^\s.,;:!?।॥\"“”‘()\[\]…♪–—-]+", text) if word]
    bare = [re.sub("['’].*$", "", word) for word in words]
    for at in range(len(words) - len(wanted) + 1):
        if all(_alike(one, word) for one, word in zip(wanted, bare[at:], strict=False)):
            return " ".join(bare[at : at + len(wanted)])
    return None


def _alike(wanted: str, word: str) -> bool:
    found = skeleton(word)
    if not script_of(word):
        if not word[:1].isupper():
            return False
        return found == wanted or found == wanted.rstrip("v")
    return bool(wanted) and found.startswith(wanted)


def unified(name: str, sources: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The texts, in which a name is written as in most of them, in Latin letters.

    `sources` are what the texts translate: only where the name is spoken is it looked for.

    >>> unified("मोहन", ["मोहन!", "मोहन आया", "मोहन गया", "वह"], ["Mohan!", "Mohun came", "Mohan went", "Mohin"])
    ['Mohan!', 'Mohan came', 'Mohan went', 'Mohin']
    """
    spoken = [number for number, source in enumerate(sources) if any(stands(name, source))]
    written = {number: heard for number in spoken if (heard := heard_in(name, texts[number]))}
    if not written:
        return list(texts)
    forms = list(written.values())
    usual = max(dict.fromkeys(forms), key=forms.count)
    return [replaced(text, written[at], usual) if at in written else text for at, text in enumerate(texts)]
