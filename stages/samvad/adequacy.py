"""What is wrong with a translation as far as the text alone can tell, sentence by sentence.

Each check answers in a few words for a person who reviews the film. None knows the language: they find
what translators are known to break (Koehn and Knowles, 2017; Raunak et al., 2021): loops, dropped or
invented passages, numbers, names, another script.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from samvad import names
from samvad.brahmi import BLOCKS, script_of
from samvad.glossary import Term, occurrences
from samvad.inventions import bare
from samvad.languages import language
from samvad.scripts import LATIN, foreign_share, script_share
from samvad.textmeasure import graphemes
from samvad.wholewords import stands

#: A translation's characters for one of its source, and characters that are added to both: short ones vary.
SHORTEST, LONGEST, SLACK = 0.3, 3.0, 6
#: Words of a round, and rounds in a row, that nobody says unless the source says them.
ROUND, ROUNDS = 4, 3
STUTTER = re.compile(r"(\S{1,8}?)\1{5}")
#: Words from which the same translation of different sentences is no accident, and sentences from which any is.
SAME_WORDS, SAME_SENTENCES = 3, 5
#: Words from which Latin letters alone are no name in another script, and up to which a translation may be its source.
ENGLISH_WORDS, UNCHANGED_WORDS = 3, 3

#: Commas group the digits of a number only where three stand after the last: "5,6" are two numbers.
NUMBER = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|\d+(?:[.:]\d+)*")
PLAIN = re.compile(r"[\d,]+(?:\.\d+)?")
HOUR = re.compile(r"(\d{1,2}):00")
#: Words after a number that multiply it, as it may be multiplied out or by another one in the translation.
SCALES = {"हज़ार": 10**3, "हजार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9}
SCALES |= {"thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7, "billion": 10**9}
_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_UNITS += [f"{stem}teen" for stem in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
_TENS = [f"{stem}ty" for stem in ("twen", "thir", "for", "fif", "six", "seven", "eigh", "nine")]


class Expected(NamedTuple):
    """What a translation into `target` must keep: the film's terms, and its names where no term has them."""

    source: str
    target: str
    terms: Sequence[Term] = ()
    names: Sequence[str] = ()


def failures(source: str, text: str, expected: Expected) -> list[str]:
    """What is wrong with `text` as the translation of `source`; empty if nothing is found.

    >>> failures("मोहन 7 बजे आया।", "He came came came came.", Expected("hi", "en", names=["मोहन"]))
    ['repeats itself', 'number 7 is missing', 'name मोहन is missing']
    """
    found: list[str] = []
    if not any(map(str.isalnum, source)):
        return found
    home = (language(expected.target).script, LATIN)
    if not any(map(str.isalnum, text)):
        return ["nothing was translated"]
    if foreign_share(text, home):
        found.append("letters of another script")
    elif untranslated(source, text, expected):
        found.append("was left untranslated")
    if "<unk>" in text:
        found.append("an unknown word")
    if repeats(text) and not repeats(source):
        found.append("repeats itself")
    ratio = (graphemes(text) + SLACK) / (graphemes(source) + SLACK)
    if not SHORTEST <= ratio <= LONGEST:
        found.append("much shorter than what is said" if ratio < 1 else "much longer than what is said")
    found += [f"number {number} is missing" for number in numbers_missing(source, text, expected.target)]
    found += [f"term {term.source} → {term.target} did not hold" for term in terms_missing(source, text, expected)]
    found += [f"name {name} is missing" for name in names_missing(source, text, expected)]
    return found


def untranslated(source: str, text: str, expected: Expected) -> bool:
    """Whether a text says the same as its source, or is English where the target is written in other letters.

    A few words may: names, calls. So may English that is spoken in a film of another language.

    >>> untranslated("वह मेरे घर आया।", "He came to my house.", Expected("hi", "ta"))
    True
    >>> untranslated("I love you so much!", "I love you so much!", Expected("hi", "ta"))
    False
    """
    if language(expected.source).script != LATIN and not foreign_share(source, (LATIN,)):
        return False
    words = len(text.split())
    script = language(expected.target).script
    in_english = words >= ENGLISH_WORDS and script_share(text, LATIN) > 0 and script_share(text, script) == 0
    return in_english or (words > UNCHANGED_WORDS and bare(text) == bare(source))


def repeats(text: str) -> bool:
    """Whether a word or a phrase comes `ROUNDS` times in a row and more.

    >>> repeats("no no no"), repeats("no no"), repeats("I said that I said that I said that")
    (True, False, True)
    """
    words = bare(text).split()
    for size in range(1, ROUND + 1):
        same = 0
        for at in range(size, len(words)):
            same = same + 1 if words[at] == words[at - size] else 0
            if same >= size * (ROUNDS - 1):
                return True
    return bool(STUTTER.search(text))


def numbers_missing(source: str, text: str, target: str) -> list[str]:
    """The numbers of a source that a translation has neither in figures nor, up to 100, in English words.

    Figures are compared without their separators, which languages set differently. Into other languages than
    English, where we know no number words, only numbers above 100 are asked for.

    >>> numbers_missing("1,50,000 रुपये 10:30 पर, २ लोग", "150,000 rupees at 10.30, two people", "en")
    []
    >>> numbers_missing("कमरा 27", "Room seventeen", "en"), numbers_missing("कमरा 27", "அறை", "ta")
    (['27'], [])
    """
    there = [readings for _, readings in _numbers(text)]
    said = bare(text.replace("-", " "))
    missing = []
    for number, readings in _numbers(source):
        same = next((other for other in there if other & readings), None)
        small = [reading for reading in readings if len(reading) < 3]
        if same is not None:
            there.remove(same)
        elif small and (target != "en" or any(re.search(rf"\b{_in_words(int(one or 0))}\b", said) for one in small)):
            continue
        else:
            missing.append(number)
    return missing


def _numbers(text: str) -> Iterator[tuple[str, set[str]]]:
    """Each number of a text, and the figures that it may have elsewhere.

    >>> [sorted(readings) for _, readings in _numbers("१.५ लाख, 5:00 और 5,6")]
    [['15', '150000'], ['5', '500'], ['5'], ['6']]
    """
    for found in NUMBER.finditer(text):
        readings = {_figures(found[0])}
        if hour := HOUR.fullmatch(found[0]):
            readings.add(_figures(hour[1]))
        following = bare(" ".join(text[found.end() :].split(maxsplit=1)[:1]))
        if following in SCALES and PLAIN.fullmatch(found[0]):
            readings.add(f"{Decimal(found[0].replace(',', '')) * SCALES[following]:f}".partition(".")[0])
        yield found[0], readings


def _figures(number: str) -> str:
    return "".join(str(unicodedata.digit(sign)) for sign in number if sign.isdigit()).lstrip("0")


def _in_words(number: int) -> str:
    if number < len(_UNITS):
        ordinals = {1: "first|once|a|an", 2: "second|twice|both|couple", 3: "third"}
        return f"(?:{_UNITS[number]}|{ordinals[number]})" if number in ordinals else _UNITS[number]
    tens, rest = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_UNITS[rest]}" if rest else "")


def terms_missing(source: str, text: str, expected: Expected) -> list[Term]:
    """The terms that stand in a source and whose rendering does not stand in the translation as often."""
    wanted = [place.term for place in occurrences(expected.terms, unicodedata.normalize("NFC", source))]
    # Once is enough: a pronoun may stand for the second.
    return [term for term in dict.fromkeys(wanted) if not any(stands(term.target, text))]


def names_missing(source: str, text: str, expected: Expected) -> list[str]:
    """The names that stand in a source and of which nothing in the translation has the sound.

    Nothing is missed where the script of one of them is not read (samvad.names).
    """
    if language(expected.target).script not in (LATIN, *BLOCKS):
        return []
    own = [Term(name, name) for name in expected.names if script_of(name)]
    there = dict.fromkeys(place.term.source for place in occurrences(own, unicodedata.normalize("NFC", source)))
    covered = {term.source for term in expected.terms}
    return [name for name in there if name not in covered and not names.places(name, text)]


def same_for_different(sources: Sequence[str], texts: Sequence[str]) -> set[int]:
    """The numbers of sentences whose translation is another one's too, though something else is said.

    >>> same_for_different(["हाँ", "जी हाँ", "वह आया है", "वह गया है"], ["Yes.", "Yes.", "He has come.", "He has come."])
    {2, 3}
    """
    by_text: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, (source, text) in enumerate(zip(sources, texts, strict=True)):
        if bare(text):
            by_text[bare(text)][bare(source)].append(number)
    return set(_suspicious(by_text.items()))


def _suspicious(groups: Collection[tuple[str, dict[str, list[int]]]]) -> Iterator[int]:
    for text, said in groups:
        if len(said) >= (2 if len(text.split()) >= SAME_WORDS else SAME_SENTENCES):
            for numbers in said.values():
                yield from numbers
