"""Cues: what is said, cut into what is shown, and when.

Step by step: `cue_words.tokens` lays all words of a film in a row, each with its time; `cue_row.Row` says what it costs
to cut it at each place; `segmentation.divided` finds the cheapest way to cut it into cues and lines, and
`segmentation.times` the frames that these are shown in; `shot_snapping.snap` moves them to the cuts of the picture. For
people who do not hear, labels for music are put where nobody speaks. The rules are those of Netflix's and the BBC's
public style guides, the numbers a profile's.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from samvad.breaking import breaks
from samvad.cue_row import HYPHENS, Row
from samvad.cue_times import NEVER, Grid, Limits, Times, leaving, limits_of, wanted
from samvad.cue_words import Item, Token, labels, sung, tokens
from samvad.documents import Cue, Span
from samvad.problem import Problem
from samvad.profile import Profile
from samvad.segmentation import Part, divided, times
from samvad.shot_snapping import frames_of, snap
from samvad.textmeasure import graphemes

#: Seconds of music without speech that are worth a label.
WORTH_A_LABEL = 3.0
#: What `shares` looks at, in this order.
HARD_LIMITS = ("characters_per_line", "lines", "cps", "min_duration", "max_duration", "gap")


class Shown(NamedTuple):
    """What a cue says, and its frames."""

    times: Times
    lines: list[str]
    speakers: list[str]
    italic: bool
    shows: list[int]


def build(
    items: Iterable[Item],
    language: str,
    profile: Profile,
    *,
    frame_rate: float | None = None,
    frame_zero: float = 0.0,
    film_end: float = math.inf,
    cuts: Sequence[float] = (),
    sounds: Sequence[Span] | None = None,
) -> list[Cue]:
    """The cues of a transcript's segments or a translation's sentences.

    Args:
        profile: for the readers (`Profile.for_readers`).
        frame_rate: frames per second; the profile's where it is None.
        frame_zero: the second at which a frame begins.
        film_end: seconds; no cue stays beyond it that began before.
        cuts: seconds at which a new shot begins.
        sounds: where music is to be heard, which makes it the variant with sounds; None: none are shown.
    """
    limits = limits_of(profile, Grid(frame_rate or profile.frame_rate, frame_zero))
    row = Row(tokens(items, profile, sounds is not None), breaks(language), profile, limits)
    parts = divided(row)
    shown = [Shown(time, *_said(row, part)) for part, time in zip(parts, times(row, parts), strict=True)]
    if sounds:
        shown = with_music(shown, sounds, f"[{labels(language).music}]", limits)
    snap([one.times for one in shown], frames_of(cuts, limits.grid), limits)
    if shown and film_end < math.inf:
        last = shown[-1].times
        last.end = min(last.end, max(last.start + limits.seen, limits.grid.down(film_end)))
    following = [*(one.times.start for one in shown[1:]), NEVER]
    return [
        Cue(
            id=number,
            start=limits.grid.seconds(one.times.start),
            end=limits.grid.seconds(one.times.end),
            lines=one.lines,
            italic=one.italic,
            speakers=one.speakers,
            shows=one.shows,
            beyond=_beyond(one, after, profile, limits),
        )
        for number, (one, after) in enumerate(zip(shown, following, strict=False), start=1)
    ]


def _said(row: Row, part: Part) -> tuple[list[str], list[str], bool, list[int]]:
    """Of a part: its lines, the speaker of each, whether in italics, and which items it shows."""
    words = row.row
    starts = (part.first, *part.ends[:-1])
    lines = [_line(words[a:b]) for a, b in zip(starts, part.ends, strict=True)]
    first = words[part.first]
    if first.song:
        lines = sung(lines)
    if part.dual:
        lines = [f"{HYPHENS[row.profile.dual_speakers]}{line}" for line in lines]
    speakers = [speaker for a in starts if (speaker := words[a].speaker) is not None]
    shows = list(dict.fromkeys(word.item for word in words[part.first : part.stop]))
    return lines, speakers, first.song and row.profile.italics == "songs", shows


def _line(words: Iterable[Token]) -> str:
    return " ".join(word.text for word in words)


def with_music(shown: Sequence[Shown], music: Iterable[Span], label: str, limits: Limits) -> list[Shown]:
    """The cues with a label for each stretch of music, at the first place where nothing else is shown for so long that
    it is worth one."""
    grid = limits.grid
    worth, reading = grid.count(WORTH_A_LABEL), limits.reading(graphemes(label))
    found = sorted(shown, key=lambda one: one.times.start)
    for span in music:
        at = max(grid.up(0.0), grid.up(span.start))
        end = grid.down(span.end)
        number = bisect_left(found, at, key=lambda one: one.times.start)
        for place in range(number, len(found) + 1):
            if place and at - found[place - 1].times.end < limits.chain:
                # Close behind a cue: with it, unless the music has yet to begin.
                behind = found[place - 1].times.end + limits.gap
                at = behind if behind >= at else found[place - 1].times.end + limits.chain
            following = found[place].times.start if place < len(found) else NEVER
            if min(end, following - limits.gap) - at >= worth:
                gone = leaving(at, following, wanted(at, end, end, reading, limits), reading, at, limits)
                found.insert(place, Shown(Times(at, gone, reading, gone), [label], [], False, []))
                break
            if following >= end:
                break
    return found


def _beyond(one: Shown, following: int, profile: Profile, limits: Limits) -> list[str]:
    """The limits that a cue does not keep."""
    found = set(one.times.broken(limits))
    if any(graphemes(line) > profile.characters_per_line for line in one.lines):
        found.add("characters_per_line")
    if len(one.lines) > profile.lines:
        found.add("lines")
    if following - one.times.end < limits.gap:
        found.add("gap")
    return [name for name in HARD_LIMITS if name in found]


# --- how good -----------------------------------------------------------------------------------


def shares(cues: Sequence[Cue]) -> dict[str, float]:
    """The share of cues that keep each limit, and of those that keep all; 1.0 where there are none."""

    def share(good: Iterable[bool]) -> float:
        verdicts = list(good)
        return round(sum(verdicts) / len(verdicts), 4) if verdicts else 1.0

    kept = {name: share(name not in cue.beyond for cue in cues) for name in HARD_LIMITS}
    return {"all": share(not cue.beyond for cue in cues), **kept}


def check(cues: Sequence[Cue]) -> None:
    """Raises: Problem when a cue is empty, runs backwards or overlaps the one before it."""
    for number, cue in enumerate(cues, start=1):
        if not (0 <= cue.start < cue.end and cue.lines and all(cue.lines)):
            raise Problem(f"cue {number} is empty or has no time: {cue}")
    for number, (one, other) in enumerate(pairwise(cues), start=2):
        if other.start < one.end:
            raise Problem(f"cue {number} begins before the one before it ends: {other}")
