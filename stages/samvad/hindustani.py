"""The sounds that Hindi and Urdu share, and what it costs to read one script as the other.

Hindi and Urdu are one spoken language in two scripts. Urdu leaves short vowels out, writes one letter for
several vowels (و: v, o, au, u) and several letters for one consonant (ث س ص: s); Devanagari writes what is
said. So a Devanagari word predicts its Urdu spelling far better than the other way round, and `fits` measures
how badly a heard Urdu spelling fits Devanagari words: a weighted edit distance between letters of different
scripts, its weights taken from articulation (as in Kondrak's ALINE, 2000): a wrong aspiration is a small
error, a wrong place of articulation a large one.

Nothing here knows a dictionary; `devanagari` holds the lexicon, the context and the search.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

INFINITY = float("inf")
VIRAMA, NUKTA = "\u094d", "\u093c"
NASAL = "~"

# ------------------------------------------------------------------------------------------ Devanagari sounds

_VOWELS = "अआइईउऊएऐओऔऑ"
_SOUND: dict[str, tuple[str, ...]] = {vowel: (vowel,) for vowel in _VOWELS}
_SOUND |= {sign: (vowel,) for sign, vowel in zip("ािीुूेैोौॉॅ", "आइईउऊएऐओऔऑए", strict=True)}
_SOUND |= {"ऋ": ("र", "इ"), "ृ": ("र", "इ"), "ं": (NASAL,), "ँ": (NASAL,), "ः": ("ह",)}
# Letters that are told apart in writing but not by ear.
_SOUND |= {"ण": ("न",), "ञ": ("न",), "ङ": ("न",), "ष": ("श",), "क़": ("क",), "ळ": ("ल",)}

# Consonants by articulation: place, voiced, aspirated.
_ROWS = {
    "k": "कखगघ",
    "c": "चछजझ",
    "t.": "टठडढ",
    "t": "तथदध",
    "p": "पफबभ",
}
_CONSONANTS: dict[str, tuple[str, bool, bool]] = {
    letter: (place, index >= 2, index % 2 == 1)
    for place, row in _ROWS.items()
    for index, letter in enumerate(row)
} | {
    "ख़": ("kx", False, True), "ग़": ("kx", True, False), "फ़": ("pf", False, True),
    "स": ("s", False, False), "श": ("s.", False, False), "ज़": ("z", True, False),
    "न": ("n", True, False), "म": ("m", True, False), "र": ("r", True, False),
    "ल": ("l", True, False),
    "ड़": ("r.", True, False), "ढ़": ("r.", True, True), "व": ("v", True, False),
    "य": ("y", True, False),
    "ह": ("h", True, True),
}  # fmt: skip
_SOUND |= {letter: (letter,) for letter in _CONSONANTS}
_STOPS = frozenset("".join(_ROWS.values()))

# A doubled consonant is written once in Urdu (बच्चा: بچہ), an aspirated one by its second half (पत्थर: پتھر).
_PAIRS = "|".join(f"{row[i]}{VIRAMA}(?={row[i + 1]})" for row in _ROWS.values() for i in (0, 2))
_FIRST_HALF = re.compile(f"(.{NUKTA}?){VIRAMA}(?=\\1)|{_PAIRS}")
_DEVANAGARI_LETTER = re.compile(f".{NUKTA}?")


def sounds(word: str) -> tuple[str, ...]:
    """The sounds of a Devanagari word, the inherent vowel left out because Urdu never writes it.

    >>> sounds("सुंदर"), sounds("अच्छा")
    (('स', 'उ', '~', 'द', 'र'), ('अ', 'छ', 'आ'))
    """
    text = _FIRST_HALF.sub("", unicodedata.normalize("NFD", word).replace("ज्ञ", "ग्य"))
    return tuple([sound for letter in _DEVANAGARI_LETTER.findall(text) for sound in _SOUND.get(letter, ())])


# ----------------------------------------------------------------------------------------------- Urdu letters

# Look-alikes from Arabic and Persian keyboards.
_ARABIC_FORMS = str.maketrans("يىېكةۃهۀۂەأإٱۓۆۇۈۋ", "یییکہہہہہہاااےوووو")
_ASPIRABLE = {
    "ک": "ख",
    "گ": "घ",
    "چ": "छ",
    "ج": "झ",
    "ٹ": "ठ",
    "ڈ": "ढ",
    "ت": "थ",
    "د": "ध",
    "پ": "फ",
    "ب": "भ",
    "ڑ": "ढ़",
}
# Each Urdu consonant's sound; the vowel letters are spelled out in _VOWEL_COST below.
_LETTER_SOUND = {
    "ب": "ब", "پ": "प", "ت": "त", "ط": "त", "ٹ": "ट", "ث": "स", "س": "स", "ص": "स", "ج": "ज",
    "چ": "च", "ح": "ह",
    "خ": "ख़", "د": "द", "ڈ": "ड", "ذ": "ज़", "ز": "ज़", "ض": "ज़", "ظ": "ज़", "ژ": "ज़",
    "ر": "र", "ڑ": "ड़", "ش": "श",
    "غ": "ग़", "ف": "फ़", "ق": "क", "ک": "क", "گ": "ग", "ل": "ल", "م": "म", "ن": "न",
    "ہ": "ह", "و": "व", "ی": "य",
    "ڤ": "व", "ړ": "ड़", "ښ": "श", "ڭ": "ग", "ڪ": "क", "ڻ": "न", "ݨ": "न",
}  # fmt: skip
# What is neither a consonant nor a vowel letter (most vowel points, joiners, foreign marks) is passed over.
_LETTER = re.compile("[" + "".join(_ASPIRABLE) + "]ھ|[" + "".join(_LETTER_SOUND) + "اآؤےئءعںھ\u064f\u0650]")

_SOUND_OF = _LETTER_SOUND | {plain + "ھ": aspirate for plain, aspirate in _ASPIRABLE.items()}


@cache
def letters(heard: str) -> tuple[str, ...]:
    """The letters of a word in Urdu script, an aspirate (بھ) being one letter and look-alikes made one.

    >>> letters("بھائي")
    ('بھ', 'ا', 'ئ', 'ی')
    """
    plain = unicodedata.normalize("NFKC", heard).translate(_ARABIC_FORMS)
    return tuple(_LETTER.findall(plain))


def sound_of(letter: str) -> str:
    """The Devanagari letter an Urdu consonant stands for, '' for a vowel letter."""
    return _SOUND_OF.get(letter, "")


# ------------------------------------------------------------------------------------------------ the weights

# Tuned by coordinate descent on the tuning half of tests/data/hindi_heard.json; 1 is a plain error.
WEIGHT = {
    "aspiration": 0.45, "voice": 0.55, "retroflex": 0.25, "foreign": 0.12, "sibilant": 0.3,
    "hiss": 0.6, "flap": 0.55,
    "glide": 0.6, "nasal": 0.9, "palatal": 0.8, "stranger": 1.6,
    "short vowel": 0.08, "long vowel": 0.7, "lost consonant": 1.2, "lost h": 0.6,
    "lost y": 0.5, "lost nasal": 0.3,
    "extra vowel": 0.7, "extra h": 0.5, "extra nasal": 0.4, "extra consonant": 1.2,
    "bearer": 0.05, "vowel": 0.5,
}  # fmt: skip

_INITIAL_UNWRITTEN = 0.5  # a short vowel goes unwritten anywhere but at the start, where alef bears it
STRANGE = 1.8  # a vowel heard as a consonant or the other way round

# What a vowel letter may stand for, at what cost.
_VOWEL_COST: dict[str, dict[str, float]] = {
    "ا": {"आ": 0, "अ": 0, "ऑ": 0, "इ": 0.1, "उ": 0.1, "ए": 0.5, "ऐ": 0.5, "ओ": 0.6, "औ": 0.6},
    "آ": {"आ": 0, "अ": 0.3, "ऑ": 0.1},
    "و": {"ओ": 0, "औ": 0, "ऊ": 0, "उ": 0.15, "व": 0, "ऑ": 0.3},
    "ؤ": {"ओ": 0, "ऊ": 0, "औ": 0.1, "उ": 0.2, "व": 0.2},
    "ی": {"ई": 0, "ए": 0.05, "ऐ": 0.05, "इ": 0.15, "य": 0},
    "ے": {"ए": 0, "ऐ": 0, "य": 0.3, "ई": 0.3, "इ": 0.4},
    "ئ": {"इ": 0.05, "ई": 0.1, "ए": 0.1, "य": 0.2},
    "ء": {},
    "ع": {"अ": 0.05, "आ": 0.1, "इ": 0.1, "उ": 0.15, "ए": 0.2, "ऐ": 0.2, "ओ": 0.3, "औ": 0.3},
    "ں": {NASAL: 0, "न": 0.3, "म": 0.6},
    "ن": {NASAL: 0},
    "م": {NASAL: 0.4},
    "ہ": {"आ": 0.6, "ए": 0.9, "अ": 0.6},
    "ھ": {"ह": 0.1},
    "ح": {"ह": 0},
    "\u064f": {"उ": 0, "ऊ": 0.2, "ओ": 0.2},
    "\u0650": {"इ": 0, "ई": 0.2, "ए": 0.2},
}
_BEARERS = "ئءعھ"

# Only at the start of a word does alef bear any vowel (اس: इस, उस); elsewhere it is written for a long one.
_INNER_ALEF = {"अ": 0.3} | dict.fromkeys("इउएऐओऔ", 0.9)

# At the end of a word ی and ے are told apart, and ہ is how many words in -ā are written (بچہ).
_FINAL = {
    "ی": {"ए": 0.6, "ऐ": 0.6},
    "ے": {"ई": 0.6, "इ": 0.6},
    "ہ": {"आ": 0.1, "ए": 0.5, "इ": 0.3},
    "و": {"उ": 0.1, "व": 0.1},
}


def _between(one: str, other: str) -> float:
    """The cost of hearing one consonant as another, from how differently they are made."""
    if one == other:
        return 0.0
    w = WEIGHT
    (place, voiced, aspirated), (place2, voiced2, aspirated2) = _CONSONANTS[one], _CONSONANTS[other]
    pair = {place, place2}
    cost = w["voice"] * (voiced != voiced2) + w["aspiration"] * (aspirated != aspirated2)
    if place == place2:
        return cost
    if pair == {"t", "t."}:
        return cost + w["retroflex"]
    if pair in ({"k", "kx"}, {"p", "pf"}):
        return cost + w["foreign"]
    if pair == {"c", "z"}:
        return cost + w["foreign"] * 1.5
    if pair == {"s", "s."}:
        return w["sibilant"]
    if pair in ({"s", "z"}, {"s", "c"}, {"s.", "c"}, {"s.", "z"}):
        return w["hiss"]
    if "r." in pair and pair & {"r", "l", "t.", "t", "z", "n", "h"}:
        return w["flap"] * (0.6 if pair & {"r", "t."} else 1)
    if pair in ({"v", "p"}, {"v", "pf"}, {"r", "l"}):
        return w["glide"] + 0.5 * w["aspiration"] * (aspirated != aspirated2)
    if pair in ({"n", "m"}, {"n", "l"}):
        return w["nasal"]
    if pair in ({"c", "t"}, {"c", "t."}, {"t.", "z"}):
        return cost + w["palatal"]
    return w["stranger"]


def _build() -> tuple[dict[str, dict[str, float]], dict[str, float], dict[str, float]]:
    """Cost tables: letter heard as sound, sound left unwritten, letter written without a sound."""
    w = WEIGHT
    table: dict[str, dict[str, float]] = {
        letter: {sound: _between(sound, meant) for sound in _CONSONANTS} for letter, meant in _SOUND_OF.items()
    }
    for letter, costs in _VOWEL_COST.items():
        row = table.setdefault(letter, {})
        for sound in _VOWELS if letter in "اآویےؤئ" else ():
            row.setdefault(sound, w["vowel"] + (0.4 if letter in "اآ" else 0.2))
        row.update(costs)
    unwritten = dict.fromkeys(_CONSONANTS, w["lost consonant"]) | dict.fromkeys(_VOWELS, w["long vowel"])
    unwritten |= {
        "इ": w["short vowel"],
        "उ": w["short vowel"],
        "अ": 0.5,
        NASAL: w["lost nasal"],
        "ह": w["lost h"],
        "य": w["lost y"],
    }
    unsaid = dict.fromkeys(_SOUND_OF, w["extra consonant"]) | dict.fromkeys("اآویےؤ", w["extra vowel"])
    unsaid |= dict.fromkeys(_BEARERS, w["bearer"])
    unsaid |= {"\u064f": 0.3, "\u0650": 0.3}
    unsaid |= {"ہ": w["extra h"], "ح": w["extra h"], "ں": w["extra nasal"], "ن": 0.9}
    return table, unwritten, unsaid


_SUBSTITUTE, _UNWRITTEN, _UNSAID = _build()


class Node:
    """A place in the tree of all words by their sounds: what may follow, which words end here."""

    __slots__ = ("best", "next", "words")

    def __init__(self) -> None:
        self.best = -INFINITY  # the highest log-probability of the words from here on
        self.next: dict[str, Node] = {}
        self.words: list[tuple[str, float]] = []  # with their log-probability

    def add(self, word: str, log_p: float) -> None:
        node = self
        for sound in sounds(word):
            node.best = max(node.best, log_p)
            node = node.next.setdefault(sound, Node())
        node.best = max(node.best, log_p)
        node.words.append((word, log_p))


class Fit(NamedTuple):
    """A word the first `length` letters may spell: its fit's cost, and with the word's rarity the total."""

    total: float
    cost: float
    word: str
    length: int


def fits(
    heard: Sequence[str], tree: Node, limit: float, rarity: float, margin: float, prefixes: bool = False
) -> list[Fit]:
    """The words whose sounds fit the letters (with `prefixes`: the first so many of them), cheapest first.

    Walks the tree with one row of the edit-distance table per sound, so that words with a common beginning
    share its work, and turns back where the row is over `limit` or the best word below is not worth it.

    Args:
        limit: the highest cost of a fit; 0 is a regular spelling, 1 about one plain error.
        rarity: what a nat of improbability adds to a word's total.
        margin: how much dearer than the best total another may be.
    """
    rows = [_SUBSTITUTE[letter] for letter in heard]
    extras = [_UNSAID[letter] for letter in heard]
    for place, letter in enumerate(heard):
        # An alef at the start only carries the vowel after it; a doubled letter is a matter of spelling.
        if (place == 0 and letter in "اع") or (place and letter[0] == heard[place - 1][0]):
            extras[place] = WEIGHT["bearer"]
        if place and letter == "ا":
            rows[place] = rows[place] | _INNER_ALEF
    if not prefixes:
        rows[-1] = rows[-1] | _FINAL.get(heard[-1], {})
    columns: dict[str, list[float]] = {}
    found: list[Fit] = []
    ceiling = INFINITY
    length = len(heard)
    blank = [INFINITY] * (length + 1)

    def walk(node: Node, row: list[float], first: int, last: int) -> None:
        """Try every sound that may follow; `row` is within the limit only from `first` to `last`."""
        nonlocal ceiling
        for sound, child in node.next.items():
            column = columns.get(sound)
            if column is None:
                column = columns[sound] = [costs.get(sound, STRANGE) for costs in rows]
            skip = _INITIAL_UNWRITTEN if node is tree and sound in "इउ" else _UNWRITTEN[sound]
            new = blank[:]
            low = diagonal = left = INFINITY
            start = end = -1
            for place in range(first, length + 1):
                above = row[place]
                cost = above + skip
                if place:
                    said = diagonal + column[place - 1]
                    if said < cost:
                        cost = said
                    left += extras[place - 1]
                    if left < cost:
                        cost = left
                diagonal, left = above, cost
                if cost <= limit:
                    new[place] = cost
                    end = place
                    if start < 0:
                        start = place
                    if cost < low:
                        low = cost
                elif place > last:
                    break
            if start < 0 or low - rarity * child.best > ceiling:
                continue
            for word, log_p in child.words:
                for place in range(start, end + 1) if prefixes else (length,):
                    total = new[place] - rarity * log_p
                    if new[place] <= limit and total <= ceiling:
                        found.append(Fit(total, new[place], word, place))
                        if not prefixes:
                            ceiling = min(ceiling, total + margin)
            walk(child, new, start, end)

    unsaid = [0.0]
    for extra in extras:
        unsaid.append(unsaid[-1] + extra)
    walk(tree, unsaid, 0, length)
    found.sort()
    return [fit for fit in found if prefixes or fit.total <= ceiling]


# ------------------------------------------------------------------------------------------- letter by letter

_SIGN = {"आ": "ा", "इ": "ि", "ई": "ी", "उ": "ु", "ए": "े", "ओ": "ो"}
_PLAIN_VOWEL = {
    "ا": "आ",
    "آ": "आ",
    "و": "ओ",
    "ؤ": "ओ",
    "ی": "ई",
    "ے": "ए",
    "ئ": "इ",
    "\u064f": "उ",
    "\u0650": "इ",
}
_BEFORE_VOWEL = frozenset("اآوؤیے")


def render(heard: Sequence[str]) -> str:
    """A plausible Devanagari spelling by rule alone, for a name that no lexicon knows.

    >>> render(letters("زرینہ")), render(letters("اندرجیت")), render(letters("یوسف"))
    ('ज़रीना', 'अंदरजीत', 'योसफ़')
    """
    out: list[str] = []
    bare = False  # whether the last letter is a consonant that still may take a vowel sign

    for place, letter in enumerate(heard):
        first, following = place == 0, heard[place + 1] if place + 1 < len(heard) else ""
        vowel = consonant = ""
        if letter in "اعئ" and following in {"و", "ی", "ے", "\u064f", "\u0650"} and not bare:
            continue  # it only carries the vowel that follows
        if (letter in "وی" and following in _BEFORE_VOWEL) or (letter in "وی" and first and following):
            consonant = sound_of(letter)
        elif letter in "اع" and first:
            vowel = "अ"
        elif letter == "ہ" and not following and bare:
            vowel = "आ"
        elif letter == "ں" or (letter == "ن" and sound_of(following) in _STOPS and not first):
            if out:
                out.append("ं")
            bare = False
            continue
        else:
            vowel = _PLAIN_VOWEL.get(letter, "")
            consonant = "" if vowel else sound_of(letter)
        if vowel:
            out.append(_SIGN[vowel] if bare else vowel)
            bare = False
        elif consonant:
            out.append(consonant)
            bare = True
    return unicodedata.normalize("NFC", "".join(out))
