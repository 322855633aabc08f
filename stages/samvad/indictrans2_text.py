"""What IndicProcessor breaks in subtitles, cured around it: before the model and after it.

docs/indictrans2.md lists the faults. Nothing is patched; these are plain functions of text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from samvad.textmeasure import graphemes, pieces

# --- the text before the model --------------------------------------------------------------------

MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")

#: A song's notes, a speaker's dash, and the dots or the dash of somebody who hesitates or is cut short stand
#: around the sentence and are none of the model's business.
DOTS = r"…|\.{2,}"
BEFORE = re.compile(rf"(?:(?:[♪♫–—]|{DOTS})\s*|-\s+)*")
#: Read backwards, so that neither of the two can fail and try again: a hyphen stands at the very end.
AFTER = re.compile(rf"[\s♪♫]*(?:-\s*)?(?:(?:[♪♫–—]|{DOTS})\s*)*")

#: What IndicProcessor replaces as a whole and restores: clock times and the like of four digits.
CLOCK = re.compile(r"\d+:\d+(?::\d+)?")
NUMBERS = re.compile(r"\d[\d.,:'/+-]*\d")
COLON = re.compile(r"\s*:(?!//)\s*")


class Framed(NamedTuple):
    """A sentence and what stands around it."""

    before: str
    text: str
    after: str


def framed(text: str) -> Framed:
    """The sentence without markup, in NFC, with single spaces; notes and dashes apart.

    NFC writes ज़ and its like as two characters. Written as one, IndicProcessor turns them into the
    six characters "\\u093C".

    >>> framed("♪ <i>चलो\\nचलें</i> ♪")
    Framed(before='♪ ', text='चलो चलें', after=' ♪')
    >>> framed("- …मैं तो—"), framed("...")
    (Framed(before='- …', text='मैं तो', after='—'), Framed(before='...', text='', after=''))
    >>> framed("5 < 6 और 7 > 3").text
    '5 < 6 और 7 > 3'
    """
    text = " ".join(unicodedata.normalize("NFC", MARKUP.sub("", text)).split())
    before = BEFORE.match(text)
    assert before
    inner = text[before.end() :]
    after = AFTER.match(inner[::-1])
    assert after
    end = len(inner) - after.end()
    return Framed(before[0], inner[:end], inner[end:])


def guard_colons(text: str, keep_clocks: bool = True) -> str:
    """The text with U+FF1A for every colon that IndicProcessor would turn into a visarga or worse.

    It makes "\\1ः30" of 5:30. SentencePiece reads U+FF1A as a colon again. A clock time of four
    digits keeps its colon, since IndicProcessor puts such a thing aside and restores it unchanged.

    >>> guard_colons("माँ: 5:30 नहीं, 10:30")
    'माँ ： 5：30 नहीं, 10:30'
    """

    def number(found: re.Match[str]) -> str:
        kept = keep_clocks and CLOCK.fullmatch(found[0]) and sum(map(str.isdigit, found[0])) >= 4
        return found[0].replace(":", "\0" if kept else "：")

    return COLON.sub(" ： ", NUMBERS.sub(number, text)).replace("\0", ":").strip()


def unframed(frame: Framed, text: str) -> str:
    """The translated text with what stood around its source. A full stop gives way to dots or a dash.

    >>> unframed(Framed("- ", "मैं तो", "—"), "But I."), unframed(Framed("♪ ", "चलो", " ♪"), "Let's go.")
    ('- But I—', "♪ Let's go. ♪")
    """
    if re.search(rf"{DOTS}|[–—-]", frame.after):
        text = text.rstrip(" .।॥۔")
    return frame.before + text + frame.after


def is_speech(text: str) -> bool:
    """Whether there is anything to translate: a letter or a digit."""
    return any(character.isalnum() for character in text)


def in_parts(text: str, longest: int, count: Callable[[str], int]) -> list[str]:
    """The text in parts of at most `longest` subwords, cut at clause borders, else between words, else within one.

    >>> in_parts("a b, c d e f", 4, lambda text: len(text.split())), in_parts("aaaa", 2, len)
    (['a b,', 'c d e f'], ['aa', 'aa'])
    """
    words = text.split()
    if count(text) <= longest:
        return [text]
    if len(words) < 2:
        halves = pieces(text, max(1, (graphemes(text) + 1) // 2))
        return [part for half in halves for part in in_parts(half, longest, count)] if len(halves) > 1 else [text]

    def merit(place: int) -> tuple[bool, int]:
        in_the_middle = abs(2 * place - len(words)) < 0.8 * len(words)
        return words[place - 1][-1] in ",;:，،؛।॥.?!…—–" and in_the_middle, -abs(2 * place - len(words))

    cut = max(range(1, len(words)), key=merit)
    halves = [" ".join(words[:cut]), " ".join(words[cut:])]
    return [part for half in halves for part in in_parts(half, longest, count)]


# --- the text after the model ---------------------------------------------------------------------

#: A placeholder that was not restored: "<ID3>", "< id 3 ]", "<आईडी3>".
PLACEHOLDER = re.compile(r"[<\[]\s*[^<>\[\]\d]{1,12}\d+\s*[>\]]")


def mended(text: str, source: str) -> str:
    """What the detokenisers leave apart, joined again; numbers only where `source` has such.

    >>> mended("It's 5: 30. . . # samvad", "5:30 बजे हैं… #samvad")
    "It's 5:30… #samvad"
    >>> mended("At Surya 's. ꯑꯩ ꯫", "")
    "At Surya's. ꯑꯩ꯫"
    """
    if re.search(r"\d:\d", source):
        text = re.sub(r"(?<=\d) ?[:：] ?(?=\d)", ":", text)
    text = re.sub(r"\s*\.(?:\s*\.){2,}", "…" if "…" in source else "...", text)
    if re.search("[–—]", source):
        text = text.replace(" - ", " – ")
    text = re.sub(r"(?<=\w) '(?=(?:s|re|ve|ll|d|m)\b)", "'", text)  # after what was put aside: Surya 's
    text = text.replace(" ꯫", "꯫")  # Meetei Mayek's full stop, which its detokeniser does not know
    return " ".join(re.sub(r"(?<!\S)([#@]) (?=\w)", r"\1", text).split())


def leftovers(text: str, source: str) -> list[str]:
    """The placeholders in a translation that its source does not have.

    >>> leftovers("Come at <ID2>.", "10:30 पर आओ"), leftovers("[Track 2]", "[Track 2]")
    (['<ID2>'], [])
    """
    return [found for found in PLACEHOLDER.findall(text) if found not in source]
