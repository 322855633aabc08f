"""What bench/cues counts: limits kept, breaks against grammar, how far cues begin from their first word.

Shares are 0 to 1, times seconds. Characters are samvad's (extended grapheme clusters), a line break counts as a space.
"""

from __future__ import annotations

import itertools
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.dialogue import Boundary, Limits, Shown, Spoken
from samvad.textmeasure import graphemes

#: Seconds that rounding two times to milliseconds may add or take.
ROUNDED = 0.0015

#: What a cue may keep or not, in the columns' order. "chain" is no part of "every".
NAMES = ("characters", "lines", "cps", "min_duration", "max_duration", "gap")


class Row(NamedTuple):
    """A way's cues on one input; None where it cannot be said."""

    cues: int
    every: float
    #: By NAMES, and "chain".
    kept: dict[str, float]
    #: Of the line breaks inside cues, and of the borders of cues, those between words that are tied.
    torn_lines: float | None
    torn_cues: float | None
    start_mean: float
    start_p95: float


def read(path: Path) -> list[Shown]:
    """The cues of an SRT. Raises: ValueError where it is none."""
    import srt

    return [
        Shown(cue.start.total_seconds(), cue.end.total_seconds(), [line.strip() for line in cue.content.splitlines()])
        for cue in srt.parse(path.read_text(encoding="utf-8"))
    ]


def kept(cue: Shown, following: Shown | None, limits: Limits) -> dict[str, bool]:
    """Which limits the cue keeps; its gap is the one behind it.

    >>> limits = Limits(10, 2, 20.0, 0.8, 7.0, 0.1, 0.5, 0.5)
    >>> found = kept(Shown(1.0, 2.0, ["too long a line"]), Shown(2.05, 3.0, ["x"]), limits)
    >>> [name for name, good in found.items() if not good]
    ['characters', 'gap']
    """
    duration = cue.end - cue.start
    gap = following.start - cue.end if following else limits.chain
    return {
        "characters": all(graphemes(line) <= limits.characters for line in cue.lines),
        "lines": len(cue.lines) <= limits.lines,
        "cps": graphemes(" ".join(cue.lines)) <= limits.cps * (duration + ROUNDED),
        "min_duration": duration >= limits.min_duration - ROUNDED,
        "max_duration": duration <= limits.max_duration + ROUNDED,
        "gap": gap >= limits.gap - ROUNDED,
        "chain": not limits.gap + ROUNDED < gap < limits.chain - ROUNDED,
    }


def all_kept(cues: Sequence[Shown], limits: Limits) -> list[dict[str, bool]]:
    return [kept(cue, following, limits) for cue, following in itertools.pairwise([*cues, None]) if cue]


def placed(cues: Sequence[Shown], words: Sequence[Spoken]) -> list[list[range]]:
    """Of each cue's lines, the numbers of the words that they show.

    Raises: ValueError where cues say something else than the words, or in another order.
    """
    found: list[list[range]] = []
    at = 0
    for cue in cues:
        found.append([])
        for line in cue.lines:
            first = at
            for token in filter(_letters, line.split()):
                if at == len(words) or _letters(token) != _letters(words[at].text):
                    expected = words[at].text if at < len(words) else "the end"
                    raise ValueError(f"'{token}' at {cue.start:.3f} s, where '{expected}' is said")
                at += 1
            if at > first:
                found[-1].append(range(first, at))
    if at < len(words):
        raise ValueError(f"'{words[at].text}', said at {words[at].start:.3f} s, is in no cue")
    return found


def _letters(token: str) -> str:
    """What of a word is compared: no hyphen before a speaker, no note, no punctuation."""
    return "".join(letter for letter in unicodedata.normalize("NFC", token) if unicodedata.category(letter)[0] in "LMN")


def breaks(places: Sequence[Sequence[range]], words: Sequence[Spoken]) -> Iterator[tuple[bool, Boundary | None]]:
    """Every break: whether it is between two lines of a cue (else two cues), and what is there."""
    for cue in places:
        for number, line in enumerate(cue):
            if line.stop < len(words):
                yield number < len(cue) - 1, words[line.stop - 1].after


def row(cues: Sequence[Shown], words: Sequence[Spoken], limits: Limits) -> Row:
    """All that is counted. Raises: ValueError as `placed`."""
    places = placed(cues, words)
    found = all_kept(cues, limits)
    at = list(breaks(places, words))
    off = [abs(cue.start - words[place[0].start].start) for cue, place in zip(cues, places, strict=True)]

    def torn(inside: bool) -> float | None:
        here = [after for within, after in at if within is inside]
        if not here or None in here:
            return None
        return here.count(Boundary.TIED) / len(here)

    return Row(
        cues=len(cues),
        every=statistics.fmean(all(one[name] for name in NAMES) for one in found),
        kept={name: statistics.fmean(one[name] for one in found) for name in (*NAMES, "chain")},
        torn_lines=torn(True),
        torn_cues=torn(False),
        start_mean=statistics.fmean(off),
        start_p95=sorted(off)[min(len(off) - 1, int(len(off) * 0.95))],
    )


def apart_from_cuts(cues: Sequence[Shown], cuts: Sequence[float], window: float, limits: Limits) -> tuple[int, int]:
    """Edges of cues less than `window` seconds from a cut: how many are not with it, of how many.

    A start is with the cut on its frame, an end on the frame or as far before it as a gap is long.

    >>> limits = Limits(42, 2, 20.0, 0.8, 7.0, 0.1, 0.5, 0.5)
    >>> apart_from_cuts([Shown(1.0, 1.9, []), Shown(2.0, 2.9, []), Shown(3.2, 3.5, [])], [2.0, 3.0, 4.0], 0.5, limits)
    (1, 4)
    """
    at = [(edge - cut, edge is cue.end) for cue in cues for edge in (cue.start, cue.end) for cut in cuts]
    near = [(off, is_end) for off, is_end in at if abs(off) < window - ROUNDED]
    wrong = [off for off, is_end in near if abs(off) > ROUNDED and not (is_end and abs(off + limits.gap) <= ROUNDED)]
    return len(wrong), len(near)
