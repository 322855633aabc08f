"""Whole sentences from the segments that a recogniser cut.

A translator needs sentences, a recogniser gives stretches of sound: half a sentence, or three. All
segments are read as one row of words, which ends where a sentence ends: at its punctuation, where
the speaker or the language changes, or at a pause of more than `PAUSE`. What is still longer than `LONGEST` words
is divided at its best place; and since recognisers often write no punctuation at all, a stretch
without any is divided at its clear pauses once it is longer than `ENOUGH` words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from samvad.documents import Segment, Sentence, Span, Translated, Word

#: Seconds of silence between two words that always end a sentence.
PAUSE = 1.0

#: The most words of a sentence.
LONGEST = 60

#: Words without punctuation after which a pause of CLEAR seconds is taken for a sentence's end.
ENOUGH = 10
CLEAR = 0.35

#: The fewest words that dividing a long stretch may leave on one side.
FEWEST = 4

#: The full stops of Latin, of Brahmi's scripts, Arabic, Ol Chiki and Meetei Mayek.
END = re.compile(r"[.?!।॥؟۔᱾᱿꯫]+[\"'”’»)\]]*$")
#: Somebody hesitates or is cut short.
ELLIPSIS = re.compile(r"(?:\.{2,}|…|[—–]|(?<=\w)-)[\"'”’»)\]]*$")
DASH = re.compile("[—–-]")
CLAUSE = re.compile(r"[,;:،؛–—-][\"'”’»)\]]*$")
OPENING = frozenset("\"'“‘«([")

#: Words whose full stop does not end a sentence: titles, and the names of Latin letters in initials.
#: "के.", "पी.", "सी." and the like are left out, being everyday words too.
ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "st",
        "sr",
        "jr",
        "prof",
        "vs",
        "डॉ",
        "श्री",
        "श्रीमती",
        "प्रो",
        "पं",
        "कु",
        "ए",
        "बी",
        "डी",
        "ई",
        "एफ",
        "एच",
        "जे",
        "एल",
        "एम",
        "एन",
        "आर",
        "एस",
        "टी",
        "यू",
        "वी",
        "एक्स",
        "டாக்டர்",
        "திரு",
    ]
)
#: The same before a number.
COUNTING = frozenset(["no", "nos", "सं", "नं", "रु"])


class Spoken(NamedTuple):
    """A word in the row, and where it stands."""

    word: Word
    speaker: str | None
    language: str | None
    #: It is the last word of its segment.
    closes: bool
    #: Its segment is a sound or a song, which belongs to no sentence.
    apart: bool
    song: bool


def sentences_of(segments: Sequence[Segment]) -> list[Sentence]:
    """The sentences of a transcript, in order, with the words that they consist of.

    Words are taken with their times; where a segment has none, they get times by their share of its
    characters and say so (`timed`). Times never run backwards.

    >>> [s.text for s in sentences_of([Segment(0, 0, 2, "कौन है? मैं"), Segment(1, 2, 3, "हूँ।")])]
    ['कौन है?', 'मैं हूँ।']
    """
    row = _row(segments)
    parts = [part for run in _runs(row) for part in _divided(run)]
    return [
        Sentence(
            id=number,
            start=part[0].word.start,
            end=part[-1].word.end,
            text=" ".join(spoken.word.text for spoken in part),
            words=[spoken.word for spoken in part],
            speaker=part[0].speaker,
            song=part[0].song,
            language=part[0].language,
        )
        for number, part in enumerate(parts)
    ]


def words_of(segment: Segment) -> list[Word]:
    """The words of a segment's text, which a person may have corrected since they were timed.

    As many words as were timed keep their times, whatever they read now; another number of words
    shares the timed stretch by characters.
    """
    texts = segment.text.split()
    timed = segment.words
    if len(texts) == len(timed):
        return [
            word if word.text == text else Word(text, word.start, word.end, None, word.timed)
            for text, word in zip(texts, timed, strict=True)
        ]
    start, end = (timed[0].start, timed[-1].end) if timed else (segment.start, segment.end)
    total = sum(map(len, texts))
    words, before = [], 0
    for text in texts:
        share = (end - start) / total
        words.append(Word(text, start + before * share, start + (before + len(text)) * share, timed="interpolated"))
        before += len(text)
    return words


def ends_sentence(text: str, following: str = "") -> bool:
    """Whether a sentence ends with this word: punctuation, but no abbreviation and no ellipsis.

    `following` is the next word, if there is one.

    >>> [ends_sentence(word) for word in ("है।", '"क्या?"', "डॉ.", "A.", "रुको...", "3.5")]
    [True, True, False, False, False, False]
    >>> ends_sentence("No.", "I"), ends_sentence("No.", "5")
    (True, False)
    """
    found = END.search(text)
    if not found or ELLIPSIS.search(text):
        return False
    stem = text[: found.start()].lstrip("\"'“‘«([").lower()
    initial = len(stem) == 1 and stem.isascii() and stem.isalpha()
    counting = stem in COUNTING and following[:1].isdecimal()
    return not (text.endswith(".") and (initial or counting or stem in ABBREVIATIONS))


def translated(sentence: Sentence, text: str, review: Sequence[str] = ()) -> Translated:
    """The sentence with `text` for its translation, and what a person should look at."""
    spoken = [Span(word.start, word.end) for word in sentence.words]
    place = (sentence.id, sentence.start, sentence.end)
    return Translated(*place, text, sentence.text, sentence.speaker, sentence.song, spoken, list(review))


def _row(segments: Sequence[Segment]) -> list[Spoken]:
    row: list[Spoken] = []
    before = 0.0
    for segment in segments:
        words = words_of(segment)
        apart = segment.song or _is_sound(segment.text)
        for number, word in enumerate(words):
            # Recognisers let words of two segments overlap by a breath; documents may not.
            start = max(word.start, before)
            end = max(word.end, start)
            if (start, end) != (word.start, word.end):
                word = Word(word.text, start, end, word.probability, word.timed)
            before = end
            row.append(Spoken(word, segment.speaker, segment.language, number == len(words) - 1, apart, segment.song))
    return row


def _runs(row: Sequence[Spoken]) -> list[list[Spoken]]:
    """The row cut wherever a sentence surely ends."""
    runs: list[list[Spoken]] = []
    for spoken in row:
        if runs and not _ends_between(runs[-1][-1], spoken):
            runs[-1].append(spoken)
        else:
            runs.append([spoken])
    return runs


def _ends_between(left: Spoken, right: Spoken) -> bool:
    if (left.speaker, left.language) != (right.speaker, right.language):
        return True
    if left.apart or right.apart:
        return left.closes
    ended = ends_sentence(left.word.text, right.word.text)
    if DASH.fullmatch(right.word.text):
        return ended  # of the one who answers
    # A danda or a closing quote on its own belongs to what it closes, however late it came.
    if not _has_letter(right.word.text) and right.word.text[0] not in OPENING:
        return False
    pause = right.word.start - left.word.end
    if ELLIPSIS.search(left.word.text):
        # Somebody hesitates, or has given up: the pause tells.
        return pause > CLEAR
    return pause > PAUSE or ended


def _divided(run: list[Spoken]) -> list[list[Spoken]]:
    """A run that is one sentence, or the parts of it, each cut at its best place."""
    if len(run) <= (ENOUGH if _is_bare(run) else LONGEST):
        return [run]
    places = range(FEWEST, len(run) - FEWEST + 1)
    best = max(places, key=lambda place: (_merit(run, place), -abs(2 * place - len(run))))
    if len(run) <= LONGEST and _merit(run, best) < CLEAR:
        return [run]
    return _divided(run[:best]) + _divided(run[best:])


def _is_bare(run: Sequence[Spoken]) -> bool:
    """Whether nobody punctuated it: not even a comma, and no end (or one after very many words)."""
    if any(CLAUSE.search(spoken.word.text) for spoken in run):
        return False
    return len(run) > 2 * ENOUGH or not ends_sentence(run[-1].word.text)


def _merit(run: Sequence[Spoken], place: int) -> float:
    """How well a sentence could end before `place`: its pause in seconds, and more at a border."""
    left, right = run[place - 1], run[place]
    if not _has_letter(right.word.text):
        return -1.0
    merit = right.word.start - left.word.end
    if left.closes:
        merit += 0.15
    if CLAUSE.search(left.word.text):
        merit += 0.3
    return round(merit, 3)


def _has_letter(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_sound(text: str) -> bool:
    """Whether a segment is a sound or a song: "[संगीत]", "♪ ला ला ♪", "..."."""
    text = text.strip()
    return not _has_letter(text) or "♪" in text or (text[:1] + text[-1:] in ("[]", "()"))
