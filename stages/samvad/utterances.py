"""From what an engine heard to utterances: clean words, fitted to the speech, in the language's script."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence, Set

from samvad import pauses
from samvad.documents import Segment, Span, Word
from samvad.engine import Heard
from samvad.languages import language as language_of
from samvad.loudness import Levels, parted
from samvad.sentences import ends_sentence, words_of

#: Seconds of silence between two words that end an utterance: by themselves, and where the
#: recogniser saw a break too.
PAUSE, BREATH = 0.4, 0.3

#: Seconds that the shortest word lasts: a word of no length cannot be shown or sought.
SHORTEST = 0.02

#: What Whisper's tokens part from the word before: the rest of "p.m.", "it's", "5,000".
GLUED = re.compile(r"[.,:'’](?=\w)")


def segments_from(
    heard: Sequence[Heard], chunk: Span, speech: Sequence[Span], language: str, levels: Levels | None = None
) -> list[Segment]:
    """Utterances of one chunk, their words fitted to the speech and spelt in the language's own script.

    `levels` are those of the chunk's sound; without them words end where the next one begins.
    """
    words: list[Word] = []
    breaks: set[int] = set()
    for part in heard:
        breaks.add(len(words))
        rest = Span(words[-1].end if words else chunk.start, chunk.end)
        said = part.words or words_of(Segment(0, part.start, part.end, part.text))
        words.extend(clean_words(said, rest))
    breaks.update(number for number, word in enumerate(words, 1) if ends_sentence(word.text))
    words = pauses.fit(words, speech, chunk, breaks)
    if levels is not None:
        words = parted(words, levels, chunk.start)
    segments = []
    for said in utterances(words, breaks):
        original = " ".join(word.text for word in said)
        spelt = in_script(said, language)
        text = " ".join(word.text for word in spelt)
        if not any(map(str.isalnum, text)):
            print(f"dropped, no letters: {said[0].start:.2f} {original!r}")
            continue
        changed = original if original != text else None
        segments.append(Segment(0, spelt[0].start, spelt[-1].end, text, spelt, original=changed))
    return segments


def clean_words(words: Sequence[Word], chunk: Span) -> list[Word]:
    """Words inside the chunk, one after the other, each with letters and its punctuation.

    Whisper's attention gives words of no length, words that begin before the last one ended, and
    words that end after the sound does; and its tokens make words of bare punctuation.

    >>> words = [Word(" yes", 1.0, 1.4), Word(" .", 1.4, 1.5), Word(" no", 1.3, 9.0)]
    >>> [(word.text, word.start, word.end) for word in clean_words(words, Span(1, 2))]
    [('yes.', 1.0, 1.4), ('no', 1.4, 2)]
    """
    cleaned: list[Word] = []
    before = ""
    for word in words:
        text = unicodedata.normalize("NFC", "".join(word.text.split()))
        if not text:
            continue
        spoken = any(map(str.isalnum, text))
        if cleaned and (GLUED.match(text) if spoken else not _opens(text)):
            cleaned[-1].text += text
            if spoken:
                cleaned[-1].end = min(max(word.end, cleaned[-1].end), chunk.end)
            continue
        if not spoken:
            before += text
            continue
        floor = cleaned[-1].end if cleaned else chunk.start
        start = min(max(word.start, floor), chunk.end)
        end = min(max(word.end, start), chunk.end)
        cleaned.append(Word(before + text, start, end, word.probability))
        before = ""
    if cleaned:
        cleaned[-1].text += before
    _give_length(cleaned, chunk)
    return cleaned


def _opens(mark: str) -> bool:
    """Whether a mark belongs to the word after it: an opening bracket or quote."""
    return unicodedata.category(mark[0]) in ("Ps", "Pi")


def _give_length(words: list[Word], chunk: Span) -> None:
    """Gives words of no length a little of the silence after them, else of their neighbour's time."""
    for number, word in enumerate(words):
        if word.end - word.start >= SHORTEST:
            continue
        limit = words[number + 1].start if number + 1 < len(words) else chunk.end
        word.end = min(word.start + SHORTEST, limit)
        missing = SHORTEST - (word.end - word.start)
        if missing > 1e-9 and number:
            earlier = words[number - 1]
            taken = min(missing, max(0.0, (earlier.end - earlier.start) - SHORTEST))
            earlier.end -= taken
            word.start = max(word.start - taken, earlier.end)


def utterances(words: Sequence[Word], breaks: Set[int]) -> list[list[Word]]:
    """The words cut where a sentence ends, where the speaker pauses, and where both are likely.

    >>> words = [Word("Go.", 0, 1), Word("I", 1, 1.2), Word("will", 2.2, 3), Word("you", 3.4, 4)]
    >>> [[word.text for word in said] for said in utterances(words, {3})]
    [['Go.'], ['I'], ['will'], ['you']]
    """
    found: list[list[Word]] = []
    for number, word in enumerate(words):
        before = found[-1][-1] if found else None
        pause = word.start - before.end if before else math.inf
        if (
            before is None
            or pause >= PAUSE
            or (pause >= BREATH and number in breaks)
            or ends_sentence(before.text, word.text)
        ):
            found.append([])
        found[-1].append(word)
    return found


def in_script(words: Sequence[Word], language: str) -> list[Word]:
    """The words in the language's script: small models hear Hindi well but spell it in Urdu letters.

    Respelling also moves word borders: a word may come back empty (its letters went to the word
    before it) or as two; the time goes with the letters.
    """
    if language_of(language).script != "Deva":
        return list(words)
    from samvad.devanagari import carry_over

    spelt: list[Word] = []
    for word, text in zip(words, carry_over([word.text for word in words]), strict=True):
        if not any(map(str.isalnum, text)) and spelt:
            spelt[-1].text += text.strip()
            spelt[-1].end = word.end
        else:
            spelt.extend(_divided(word, text.split()))
    return spelt


def _divided(word: Word, texts: Sequence[str]) -> list[Word]:
    """A word's time shared out to the words it was split into, by their letters."""
    total = sum(map(len, texts))
    parts: list[Word] = []
    start = word.start
    for text in texts:
        end = start + (word.end - word.start) * len(text) / total
        parts.append(Word(text, start, end, word.probability))
        start = end
    if parts:
        parts[-1].end = word.end
    return parts
