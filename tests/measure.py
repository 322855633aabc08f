"""How good a result is: the measures that tests and benchmarks share. Pure functions of texts and times.

A *line* is what was really said and when (tests/demo/truth.json), a *cue* anything with start, end and
text that a stage made of it. Error rates are shares of the reference: 0 is perfect, more than 1 possible.
"""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, Protocol

NUKTA, VIRAMA = "\u093c", "\u094d"

# Which letters one ear cannot tell apart and two scripts spell as they like: one class per place of
# articulation and voice, without aspiration. Semivowels (و ی व य) are vowels as often, and are left out.
_CLASSES = {
    "k": "कखکقخkcq",
    "g": "गघگغg",
    "c": "चछچ",
    "j": "जझجزذضظژjz",
    "t": "टठतथٹتطt",
    "d": "डढदधڈدd",
    "p": "पफپفpf",
    "b": "बभبb",
    "s": "सशषسشصثs",
    "h": "हہحهh",
    "n": "नणञङنn",
    "m": "मمm",
    "r": "रرڑr",
    "l": "लळلl",
}
_CLASS = {letter: kind for kind, letters in _CLASSES.items() for letter in letters}


class Timed(Protocol):
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


class Cue(NamedTuple):
    start: float
    end: float
    text: str


# --- recognition ------------------------------------------------------------------------------------


def lenient(text: str) -> str:
    """The words without what careful writers differ in: punctuation, case, nukta, chandrabindu or anusvara.

    >>> lenient("हाँ,  फ़ोन करो!") == lenient("हां फोन करो")
    True
    """
    plain = unicodedata.normalize("NFD", text).replace(NUKTA, "").replace("ँ", "ं").casefold()
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in plain)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def letters_cer(reference: str, heard: str) -> float:
    """Character error rate of a text after `lenient`.

    >>> letters_cer("चाय पीते हैं।", "चाय पीते हैँ")
    0.0
    >>> round(letters_cer("चाय", "राय"), 2)
    0.33
    """
    import jiwer

    return float(jiwer.cer(lenient(reference), lenient(heard)))


def consonants(text: str) -> str:
    """The consonant classes of a text in Devanagari, Urdu or Latin letters.

    >>> consonants("मुझे पाँच टिकट दो"), consonants("مجھے پانچ ٹکٹ دو")
    ('mjpnctktd', 'mjpnctktd')
    >>> consonants("अच्छा, यह बड़ा है") == consonants("اچھا، یہ بڑا ہے")
    True
    """
    return "".join(map(_consonants_of, lenient(unicodedata.normalize("NFC", _flaps(text))).split()))


def _flaps(text: str) -> str:
    """ड़ and ढ़ sound like r; their nukta must say so before it is dropped."""
    plain = unicodedata.normalize("NFD", text)
    return plain.replace("ड" + NUKTA, "र").replace("ढ" + NUKTA, "र")


def _consonants_of(word: str) -> str:
    found: list[str] = []
    for place, letter in enumerate(word):
        if letter == "ं":
            # Written as ن before a consonant, as ں (or not at all) at a word's end.
            kind = "n" if word[place + 1 : place + 2] in _CLASS else ""
        else:
            kind = _CLASS.get(letter, "")
        # A doubled consonant is one letter in Urdu; a last ہ is a vowel.
        if kind and kind != (found[-1] if found else "") and not (kind == "h" and place == len(word) - 1):
            found.append(kind)
    return "".join(found)


def consonant_cer(reference: str, heard: str) -> float:
    """Error rate by consonant classes: what was heard, whatever script it is written in.

    >>> consonant_cer("तुम यहाँ क्या कर रहे हो", "تم یہاں کیا کر رہے ہو")
    0.0
    """
    import jiwer

    return float(jiwer.cer(consonants(reference), consonants(heard)))


def script_share(text: str, script: str) -> float:
    """Share of a text's letters and vowel signs that are of a script, by its Unicode name; 1 for no letters.

    >>> script_share("चाय OK", "Devanagari")
    0.6
    """
    letters = [letter for letter in text if unicodedata.category(letter)[0] in "LM"]
    inside = sum(unicodedata.name(letter, "").startswith(script.upper()) for letter in letters)
    return inside / len(letters) if letters else 1.0


# --- translation ------------------------------------------------------------------------------------


def chrf(references: Sequence[str], translations: Sequence[str]) -> float:
    """chrF++ over lines, 0 to 100 (sacrebleu, word order 2).

    >>> chrf(["The tea is good."], ["The tea is good."])
    100.0
    """
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF(word_order=2).corpus_score(list(translations), [list(references)]).score)


# --- places and times -------------------------------------------------------------------------------


def overlap(one: Timed, other: Timed) -> float:
    """Seconds that two stretches share; negative: how far they are apart."""
    return min(one.end, other.end) - max(one.start, other.start)


def by_line(lines: Sequence[Timed], cues: Sequence[Cue]) -> list[str]:
    """What the cues say during each line: a cue's text goes to the line it shares most time with.

    >>> by_line([Cue(0, 2, ""), Cue(3, 5, "")], [Cue(0, 1, "a"), Cue(1, 2.5, "b"), Cue(2.4, 5, "c")])
    ['a b', 'c']
    """
    texts: list[list[str]] = [[] for _ in lines]
    for cue in cues:
        texts[max(range(len(lines)), key=lambda number: overlap(lines[number], cue))].append(cue.text)
    return [" ".join(text) for text in texts]


def coverage(lines: Sequence[Timed], cues: Sequence[Timed], share: float = 0.5) -> float:
    """Share of the lines for at least `share` of whose time a cue stands.

    >>> coverage([Cue(0, 2, ""), Cue(3, 5, "")], [Cue(0.5, 2, "a")])
    0.5
    """

    def covered(line: Timed) -> float:
        return sum(max(0.0, overlap(line, cue)) for cue in cues) / max(line.end - line.start, 1e-9)

    return sum(covered(line) >= share for line in lines) / len(lines) if lines else 1.0


class StartError(NamedTuple):
    """Seconds between a line's start and the start of the nearest cue."""

    median: float
    p95: float


def start_error(lines: Sequence[Timed], cues: Sequence[Timed]) -> StartError:
    """How far the cues begin from where the lines begin.

    >>> start_error([Cue(1, 2, ""), Cue(4, 5, "")], [Cue(1.25, 2, ""), Cue(3.5, 5, "")])
    StartError(median=0.375, p95=0.5)
    """
    errors = sorted(min(abs(cue.start - line.start) for cue in cues) for line in lines)
    return StartError(statistics.median(errors), errors[min(len(errors) - 1, int(len(errors) * 0.95))])
