"""What a recogniser writes and nobody says, and how it is known. Nothing here hears: it goes by text and times.

Whisper's inventions are few in kind (research: "Careless Whisper", 2024; "Bag of Hallucinations", 2025): loops,
more words than can be spoken, and a small set of lines, its own for each model, over silence and music.
What is taken out is kept beside the segments (`documents.Removed`) with its reason.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import msgspec

from samvad.documents import Removed, Segment, Span, Timed
from samvad.textmeasure import graphemes

#: What each model says of generated silence, noise and music, by Whisper's language code (tests/quality/harvest.py).
FILE = Path(__file__).with_name("data") / "inventions.json"

#: A loop: at least so many rounds, and so many words in all. People say "no" eight times, and a line four times.
ROUNDS, WORDS = 5, 12
#: Words in the longest round looked for: a line or two, over and over.
LONGEST = 30
#: A loop inside a word: "हाहाहाहाहाहाहाहाहाहा".
STUTTER = re.compile(r"(.{1,8}?)\1{9}")

#: Characters a second that nobody speaks; film dialogue has 10 to 20.
FASTEST = 40.0
#: Seconds that count at the least: an edge is wrong by up to half a second (docs/quality.md, words, p95).
SHORTEST = 1.0

#: Boilerplate is taken out where a voice is heard during less than this share of it, padding included, …
LITTLE, PADDING = 0.5, 0.4
#: … or where so many characters fall on a second of voice.
HURRIED = 25.0


def bare(text: str) -> str:
    """A text's letters, signs and digits in one case, its words by single spaces.

    >>> bare(" Thank you!  "), bare("शुक्रिया।"), bare("♪♪")
    ('thank you', 'शुक्रिया', '')
    """
    signs = (sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join(signs).casefold().split())


def sifted(segments: Sequence[Segment]) -> tuple[list[Segment], list[Removed]]:
    """The segments of a film without loops and without what is too fast to be spoken, and what was taken out."""
    kept, removed = without_loops(segments)
    removed += [taken(segment, "rate") for segment in kept if too_fast(segment)]
    return [segment for segment in kept if not too_fast(segment)], removed


def taken(segment: Segment, reason: Literal["loop", "rate", "phrase", "script"]) -> Removed:
    """The segment as one that is taken out."""
    return Removed(**{name: getattr(segment, name) for name in Segment.__struct_fields__}, reason=reason)


# --- loops --------------------------------------------------------------------------------------------


def without_loops(segments: Sequence[Segment]) -> tuple[list[Segment], list[Removed]]:
    """The segments with one round of each loop, and the other rounds.

    Loops are looked for in the words of the whole film, so that a line that comes over and over is one
    just as words within a line are; a segment in which a loop begins or ends is divided there.
    """
    owners = [(segment, word) for segment in segments for word in segment.words]
    spoken = [bare(word.text) for _, word in owners]
    again = {number for found in loops(spoken) for number in found}
    again |= {number for number, text in enumerate(spoken) if STUTTER.search(text)}
    kept: list[Segment] = []
    removed: list[Removed] = []
    numbered = enumerate(owners)
    for _, of_one in groupby(numbered, key=lambda item: id(item[1][0])):
        members = list(of_one)
        segment = members[0][1][0]
        for out, part in groupby(members, key=lambda item: item[0] in again):
            words = [word for _, (_, word) in part]
            whole = len(words) == len(segment.words)
            piece = Segment(
                id=segment.id,
                start=segment.start if words[0] is segment.words[0] else words[0].start,
                end=segment.end if words[-1] is segment.words[-1] else words[-1].end,
                text=segment.text if whole else " ".join(word.text for word in words),
                words=words,
                # What was recognised cannot be divided word by word: respelling moves their borders.
                original=segment.original if whole or not out else None,
                speaker=segment.speaker,
                language=segment.language,
            )
            if out:
                removed.append(taken(piece, "loop"))
            else:
                kept.append(piece)
    return kept, removed


def loops(words: Sequence[str]) -> list[range]:
    """The numbers of words that only repeat the round before them, a range for each loop.

    >>> loops(["so", *["no"] * 12, "then"]), loops(["no"] * 8)
    ([range(2, 13)], [])
    >>> loops(["you", "see"] * 6), loops(["come", "on"] * 5)
    ([range(2, 12)], [])
    """
    found: list[range] = []
    at = 0
    while at < len(words):
        for period in range(1, LONGEST + 1):
            end = at + period
            while end < len(words) and words[end] == words[end - period]:
                end += 1
            if end - at >= max(ROUNDS * period, WORDS):
                found.append(range(at + period, end))
                at = end - 1
                break
        at += 1
    return found


# --- rate ---------------------------------------------------------------------------------------------


def too_fast(segment: Segment) -> bool:
    """Whether nobody can say so much in its time. Edges may be wrong: what is short has a second.

    >>> [too_fast(Segment(0, 5.0, end, text)) for end, text in ((5.1, "तुम कहाँ थे"), (6.5, "अ" * 61), (7.0, "अ" * 61))]
    [False, True, False]
    """
    return graphemes(bare(segment.text)) > FASTEST * max(segment.end - segment.start, SHORTEST)


# --- boilerplate --------------------------------------------------------------------------------------


@functools.cache
def phrases(model: str, language: str) -> frozenset[str]:
    """What a model says in a language (Whisper's code) where there is nothing to hear; `bare`."""
    known = msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, list[str]]])
    return frozenset(known.get(model, {}).get(language, ()))


def boilerplate(text: str, claimed: Timed, speech: Iterable[Span], known: Collection[str]) -> bool:
    """Whether a text that a model is known to invent stands where there is hardly a voice.

    Args:
        claimed: when the recogniser says that it was said.
        speech: where the voice detector hears somebody.

    >>> known, voice = {"thank you"}, [Span(0, 4), Span(9.8, 10)]
    >>> boilerplate("Thank you.", Span(1, 2), voice, known), boilerplate("Go on.", Span(5, 8), voice, known)
    (False, False)
    >>> boilerplate("Thank you.", Span(5, 8), voice, known), boilerplate("Thank you.", Span(9.5, 10.5), voice, known)
    (True, True)
    """
    said = bare(text)
    if said not in known:
        return False
    near = [span for span in speech if span.start < claimed.end + PADDING and span.end > claimed.start - PADDING]
    voice = _within(near, claimed)
    padded = _within([Span(span.start - PADDING, span.end + PADDING) for span in near], claimed)
    return padded < LITTLE * (claimed.end - claimed.start) or graphemes(said) > HURRIED * voice


def _within(spans: Iterable[Span], whole: Timed) -> float:
    """Seconds of `whole` in spans, which are sorted."""
    total, reached = 0.0, whole.start
    for span in spans:
        total += max(0.0, min(span.end, whole.end) - max(span.start, reached))
        reached = max(reached, span.end)
    return total
