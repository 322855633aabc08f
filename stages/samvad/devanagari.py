"""Words heard in Urdu script, written in Devanagari.

A small Whisper hears Hindi well but spells it in Urdu letters even when told that the language is Hindi.
`carry_over` respells its words: ["میں", "نے", "کہا۔"] comes back as ["मैंने", "", "कहा।"].

The idea is Shannon's noisy channel. For each heard word the lexicon (the commonest Hindi words of `wordfreq`
and the forms of its verbs) offers every word that its letters may spell, `hindustani.fits` says how badly
they do, a bigram model says how well the word follows the one before, and a Viterbi search takes the cheapest
path. Word borders are as uncertain as letters (سندرگاتی is सुंदर गाती, تم نے is तुमने), so the search may also
cut a word in two, join two, or move the border between them.

The lexicon and the bigrams are samvad.hindi_lexicon, the letters and their sounds samvad.hindustani.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from samvad import hindi_lexicon, hindustani
from samvad.hindi_lexicon import SENTENCE_START, UNKNOWN_START, lenient, lexicon, surprise

# Tuned on the tuning half of tests/data/hindi_heard.json, in errors of the ear (see hindustani.WEIGHT).
LANGUAGE = 0.17  # a nat of improbability
RENDERED = 0.8  # a word that no lexicon holds, spelled letter by letter
BORDER = 0.33  # a word border cut or joined, where the words as heard make poor sense
JOIN = 0.1  # two words joined where Urdu writes two and Hindi one
MARGIN = 1.2  # how much dearer than the likeliest a reading may be and still be weighed in context
LIMITS = (0.4, 0.8, 1.4)  # what a fit may cost, in rounds; a word not found in the first has doubtful borders
NAMED = 1.1  # what the fit of a name that a person listed may cost
BEST, FEW, PATHS = 8, 3, 8  # readings of a word, of a word with moved borders, and paths kept at each place

# --------------------------------------------------------------------------------------------------- readings

Letters = tuple[str, ...]

# Urdu spellings that follow no rule or would be taken for another word, and a slip Whisper often makes.
_IRREGULAR = {
    "گاؤں": "गाँव", "پاؤں": "पाँव", "چھاؤں": "छाँव", "بالکل": "बिल्कुल", "کہ": "कि",
    "چھ": "छह", "چھے": "छह", "نہ": "न",
    "فوراً": "फ़ौरन", "اللہ": "अल्लाह", "خدا": "ख़ुदा", "یعنی": "यानी", "بلکہ": "बल्कि",
    "تاکہ": "ताकि", "کیونکہ": "क्योंकि",
    "حالانکہ": "हालाँकि", "چنانچہ": "चुनाँचे", "موقع": "मौक़ा", "شروع": "शुरू", "جمع": "जमा",
    "منع": "मना", "روپیہ": "रुपया",
    "روپے": "रुपये", "وہ": "वह", "یہ": "यह", "بچہ": "बच्चा", "تمہرا": "तुम्हारा",
    "تمہرے": "तुम्हारे", "تمہری": "तुम्हारी",
}  # fmt: skip
_IRREGULAR_LETTERS = {hindustani.letters(heard): word for heard, word in _IRREGULAR.items()}


class Reading(NamedTuple):
    """A Devanagari word for some heard letters, and how badly they fit."""

    word: str
    cost: float


@cache
def readings(heard: Letters, well: bool = False) -> tuple[Reading, ...]:
    """The words that the letters fit (or fit `well`), likeliest first."""
    if not heard:
        return ()
    if word := _IRREGULAR_LETTERS.get(heard):
        return (Reading(word, 0.0),)
    found: list[hindustani.Fit] = []
    # A wide search is slow, and needless once a narrow one has found.
    for limit in LIMITS[:1] if well else LIMITS:
        if found := hindustani.fits(heard, lexicon().tree, limit, LANGUAGE, MARGIN):
            break
    found[:0] = _named(heard, LIMITS[0] if well else NAMED)  # before the others: a person chose the spelling
    best: dict[str, Reading] = {}  # of several spellings of one word, the one that fits best
    for fit in found:
        best.setdefault(lenient(fit.word), Reading(fit.word, fit.cost))
    return tuple(best.values())[:BEST]


@cache
def _named(heard: Letters, limit: float) -> list[hindustani.Fit]:
    """The film's own names that the letters fit."""
    return hindustani.fits(heard, lexicon().names, limit, LANGUAGE, MARGIN)[:FEW]


@cache
def _halves(heard: Letters) -> list[tuple[int, Reading, Reading]]:
    """The letters read as two words that both fit well, with the number of letters of the first."""
    firsts: dict[int, list[Reading]] = defaultdict(list)
    for fit in hindustani.fits(heard, lexicon().tree, LIMITS[0], LANGUAGE, MARGIN, prefixes=True):
        if len(firsts[fit.length]) < FEW:
            firsts[fit.length].append(Reading(fit.word, fit.cost))
    return [
        (cut, first, second)
        for cut, some in firsts.items()
        for first in some
        for second in readings(heard[cut:], well=True)[:FEW]
    ]


class Edge(NamedTuple):
    """One way to read the next heard word or two: the Devanagari words, and what stands in each place."""

    words: tuple[str, ...]
    places: tuple[str, ...]
    cost: float


def _edges(heard: Letters, after: Letters) -> Iterator[Edge]:
    """Every way to read a heard word by itself or with the one after it (empty letters: there is none)."""
    for word, cost in readings(heard):
        yield Edge((word,), (word,), cost)
    spelled = hindustani.render(heard)
    yield Edge((spelled,), (spelled,), RENDERED)

    poor = not readings(heard, well=True)
    if poor:
        for cut, first, second in _halves(heard):
            if 1 < cut < len(heard) - 1:
                both = (first.word, second.word)
                yield Edge(both, (" ".join(both),), first.cost + second.cost + BORDER)
    if not after:
        return
    poor = poor or not readings(after, well=True)
    # Urdu writes endings apart that Hindi writes with their word: تم نے, جاؤں گا, دیکھ کر.
    if poor or len(after) <= 2 or after == ("م", "ی", "ں"):
        for word, cost in readings(heard + after, well=not poor)[:FEW]:
            yield Edge((word,), (word, ""), cost + (BORDER if poor else JOIN))
    else:  # two words that make sense may be a name yet: لکھن پال is लखनपाल where it is listed
        for fit in _named(heard + after, NAMED):
            yield Edge((fit.word,), (fit.word, ""), fit.cost + BORDER)
    if poor:
        for cut, first, second in _halves(heard + after):
            if cut != len(heard):
                both = (first.word, second.word)
                yield Edge(both, both, first.cost + second.cost + 1.5 * BORDER)


# ----------------------------------------------------------------------------------------------------- search


class Step(NamedTuple):
    """The cheapest way to a word: its cost, and whence it came by which edge."""

    cost: float
    start: int
    previous: str
    places: tuple[str, ...]


def _spell(run: Sequence[Letters], before: str) -> list[str]:
    """The cheapest Devanagari for neighbouring heard words: one text for each, by Viterbi's algorithm."""
    # The cheapest paths after so many heard words, by their last word.
    paths: list[dict[str, Step]] = [{} for _ in range(len(run) + 1)]
    paths[0][before] = Step(0.0, 0, "", ())
    for start, heard in enumerate(run):
        paths[start] = dict(sorted(paths[start].items(), key=lambda path: path[1].cost)[:PATHS])
        for words, places, cost in _edges(heard, run[start + 1] if start + 1 < len(run) else ()):
            reached = paths[start + len(places)]
            inside = cost + LANGUAGE * sum(surprise(a, b) for a, b in pairwise(words))
            for previous, step in paths[start].items():
                total = step.cost + inside + LANGUAGE * surprise(previous, words[0])
                if words[-1] not in reached or total < reached[words[-1]].cost:
                    reached[words[-1]] = Step(total, start, previous, places)

    spelled: list[str] = []
    at = len(run)
    word = min(paths[at], key=lambda word: paths[at][word].cost)
    while at:
        _, at, previous, places = paths[at][word]
        spelled[:0] = places
        word = previous
    return spelled


_ARABIC = "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
_MARKS = "".join(chr(c) for c in range(0x900, 0xE00) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
# A run of Urdu letters, with whatever joiners and marks of other scripts a small Whisper strews into it.
_RUN = re.compile(f"([{_ARABIC}][{_ARABIC}\u200c\u200d\u0300-\u036f{_MARKS}]*)")
_PUNCTUATION = str.maketrans("۔؟،؛٪٫٬٭٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "।?,;%.,*01234567890123456789")
_FULL_STOP = re.compile("[।?!.]")


def learn(names: Iterable[str]) -> None:
    """From now on, what sounds like one of these names is taken for it, in the spelling given.

    Once for a film: it replaces the names before. Of 30 names in 24 spoken lines 25 come out right
    instead of 14, and no other word gets worse (tests/data/names_heard.json).
    """
    hindi_lexicon.learn(names)
    for remembered in (readings, _named, _halves):
        remembered.cache_clear()


def carry_over(words: Sequence[str]) -> list[str]:
    """Respell words in Arabic script in Devanagari; the others come back unchanged.

    As many come back as went in, so that each keeps its time. Where Urdu or the recogniser cut a Hindi word
    in two (تم نے: तुमने) the whole word stands in the first place and the second is empty; where two words
    were run together they stand in one place with a space between. Punctuation is carried too (۔ to ।), and
    Urdu digits become 0-9.

    >>> carry_over(["تم", "نے", "phone", "کیوں", "رکھا؟"])
    ['तुमने', '', 'phone', 'क्यों', 'रखा?']
    """
    pieces = [_RUN.split(word.translate(_PUNCTUATION)) for word in words]  # in each, every second one is Urdu
    runs: list[tuple[str, list[tuple[int, int]]]] = []  # with what stands before, the places of Urdu pieces
    between = "."
    for i, parts in enumerate(pieces):
        for j, part in enumerate(parts):
            if j % 2 == 0:
                between += part.strip()
                continue
            if between:
                runs.append((SENTENCE_START if _FULL_STOP.search(between) else UNKNOWN_START, []))
                between = ""
            runs[-1][1].append((i, j))
    for before, places in runs:
        spelled = _spell([hindustani.letters(pieces[i][j]) for i, j in places], before)
        for (i, j), text in zip(places, spelled, strict=True):
            pieces[i][j] = text
    return ["".join(parts) for parts in pieces]
