"""The transcript for people to read: paragraphs, each with the time of its first word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex  # type: ignore[import-untyped]

from samvad.formats import Shown, clock

#: Milliseconds after which a paragraph ends with its sentence.
LONG = 30_000

_SENTENCE_END = regex.compile(r"[.!?…।॥۔؟](?:[\p{Pe}\p{Pf}\"'’])*$")
_BY_ITSELF = regex.compile(r"[♪♫].*|\[[^\]]*\]")


class Turn(NamedTuple):
    """What one speaker says in one cue; `apart`: a song, a sound or an answer, which has a line of its own."""

    start: int
    end: int
    text: str
    speaker: str | None
    apart: bool


def transcript(cues: Sequence[Shown], pause: float) -> str:
    """The text in paragraphs. One ends with its speaker, before `pause` seconds without text, or when it gets long.

    >>> said = [Shown(1000, 2500, ["-Are you going?", "-Yes."], False, ["Asha", "Mohan"])]
    >>> said += [Shown(2600, 4000, ["Tomorrow."], False, ["Mohan"]), Shown(9000, 9900, ["[door]"], False, [None])]
    >>> print(transcript(said, 1.5), end="")
    00:00:01  Asha
    Are you going?
    <BLANKLINE>
    00:00:01  Mohan
    Yes. Tomorrow.
    <BLANKLINE>
    00:00:09
    [door]
    """
    paragraphs: list[list[Turn]] = []
    for turn in (turn for cue in cues for turn in _turns(cue)):
        if not paragraphs or _ends(paragraphs[-1], turn, pause):
            paragraphs.append([])
        paragraphs[-1].append(turn)
    # A film in which nobody speaks has an empty line: a file without a byte is that of a stage that failed.
    return "\n".join(map(_paragraph, paragraphs)) or "\n"


def _turns(cue: Shown) -> Iterator[Turn]:
    """The cue's text by its speakers. Their names stand for the hyphens that two of them have."""
    if len(set(cue.speakers)) > 1:
        for line, speaker in zip(cue.lines, cue.speakers, strict=True):
            yield Turn(cue.start, cue.end, line.removeprefix("-").lstrip(), speaker, False)
        return
    speaker = cue.speakers[0] if cue.speakers else None
    if len(cue.lines) > 1 and all(line.startswith("-") for line in cue.lines):
        for line in cue.lines:
            yield Turn(cue.start, cue.end, line, speaker, True)
        return
    text = " ".join(cue.lines)
    yield Turn(cue.start, cue.end, text, speaker, bool(_BY_ITSELF.fullmatch(text)))


def _ends(paragraph: Sequence[Turn], following: Turn, pause: float) -> bool:
    first, last = paragraph[0], paragraph[-1]
    long = last.end - first.start >= LONG and bool(_SENTENCE_END.search(last.text))
    return last.speaker != following.speaker or following.start - last.end >= 1000 * pause or long


def _paragraph(turns: Sequence[Turn]) -> str:
    text, before = "", True
    for turn in turns:
        text += ("" if not text else "\n" if turn.apart or before else " ") + turn.text
        before = turn.apart
    head = clock(turns[0].start)[:8] + (f"  {turns[0].speaker}" if turns[0].speaker else "")
    return f"{head}\n{text}\n"
