"""Cues begin and end with the shot, where that breaks nothing else.

By Netflix's Subtitle Timing Guidelines, with numbers as Subtitle Edit scales them by the frame rate. What begins less
than `shot_window` after a cut begins on its frame; what begins less than `shot_near` before it, too; earlier before it,
`shot_window` before it. What ends less than `shot_window` before or after a cut ends `gap_frames` before it; or, where
the last word is said beyond the cut, `shot_window` behind it, if that is nearer to the voice. A limit that a cue keeps
it goes on keeping, and so do its neighbours; else it stays where it is, and `unsnapped` says which rule forbids it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal

from samvad.cue_times import NEVER, Grid, Limits, Times, limits_of
from samvad.documents import Cue
from samvad.profile import Profile
from samvad.textmeasure import graphemes

Side = Literal["start", "end"]
#: What a frame of speech without its cue counts, against one by which a cue's edge is moved.
UNSEEN = 2
#: How often all cues are gone through at most.
PASSES = 4


def frames_of(cuts: Sequence[float], grid: Grid) -> list[int]:
    """The frames with which shots begin."""
    return sorted({grid.near(cut) for cut in cuts})


def _off(frame: int, cuts: Sequence[int]) -> int:
    """Frames from the nearest cut to this one: less than 0 before it."""
    at = bisect_left(cuts, frame)
    return min((frame - cut for cut in cuts[max(0, at - 1) : at + 1]), key=abs, default=NEVER)


def starts_well(frame: int, cuts: Sequence[int], limits: Limits) -> bool:
    off = _off(frame, cuts)
    return off == 0 or abs(off) >= limits.window


def ends_well(frame: int, cuts: Sequence[int], limits: Limits) -> bool:
    off = _off(frame, cuts)
    return off == -limits.gap or abs(off) >= limits.window


def _start_for(frame: int, cuts: Sequence[int], limits: Limits) -> int:
    """Where a cue should begin that begins in `frame`, close to a cut."""
    off = _off(frame, cuts)
    return frame - off - (limits.window if off <= -limits.near else 0)


def snap(cues: Sequence[Times], cuts: Sequence[int], limits: Limits) -> None:
    """Moves the cues' edges; `cuts` in frames, rising."""
    if not (cuts and limits.window):
        return
    # What one cue gains by its end may be what its beginning wants: the second time is the last but for few.
    for _ in range(PASSES):
        before = [(cue.start, cue.end) for cue in cues]
        for left, right in zip([None, *cues], [*cues, None], strict=True):
            _meet(left, right, cuts, limits)
        if before == [(cue.start, cue.end) for cue in cues]:
            break


def _meet(left: Times | None, right: Times | None, cuts: Sequence[int], limits: Limits) -> None:
    """Moves the end of one cue and the beginning of the next."""
    choices = list(_choices(left, right, cuts, limits))
    if len(choices) > 1:
        _, (end, start) = min((_cost(left, right, *choice, cuts, limits), choice) for choice in choices)
        if left:
            left.end = end
        if right:
            right.start = start


def _choices(left: Times | None, right: Times | None, cuts: Sequence[int], limits: Limits) -> Iterator[tuple[int, int]]:
    """When one cue may end and the next begin: as they do, and as a cut nearby wants it."""
    ends = [left.end] if left else [-NEVER]
    starts = [right.start] if right else [NEVER]
    yield ends[0], starts[0]
    if right and not starts_well(right.start, cuts, limits):
        starts.append(_start_for(right.start, cuts, limits))
    if left:
        if not ends_well(left.end, cuts, limits):
            cut = left.end - _off(left.end, cuts)
            ends += [cut - limits.gap, *([cut + limits.window] if left.said > cut else [])]
        ends += [start - limits.gap for start in starts if right and start - left.end < limits.chain]
    for end, start in product(dict.fromkeys(ends), starts):
        if (end, start) != (ends[0], starts[0]) and not forbidden(left, right, end, start, cuts, limits):
            yield end, start


def _cost(
    left: Times | None, right: Times | None, end: int, start: int, cuts: Sequence[int], limits: Limits
) -> tuple[int, int]:
    """How many edges are not with the shot; and how far they have been moved, and are from the voice."""
    wrong = moved = 0
    if left:
        wrong += not ends_well(end, cuts, limits)
        moved += abs(end - left.end) + UNSEEN * max(0, left.said - end)
    if right:
        wrong += not starts_well(start, cuts, limits)
        moved += abs(start - right.start)
    return wrong, moved


def forbidden(
    left: Times | None, right: Times | None, end: int, start: int, cuts: Sequence[int], limits: Limits
) -> str | None:
    """The rule against one cue's ending at `end` and the next one's beginning at `start`; None if they may."""
    if start < limits.grid.up(0.0):
        return "the film begins"
    if start - end < limits.gap:
        return "gap"
    for cue, times in ((left, left and (left.start, end)), (right, right and (start, right.end))):
        if cue and times:
            moved = Times(*times, cue.reading, cue.said)
            longer = times[1] - times[0] - (cue.end - cue.start)
            before = cue.broken(limits)
            for name in moved.broken(limits):
                # What is broken already must not get worse.
                if name not in before or (longer > 0 if name == "max_duration" else longer < 0):
                    return name
    if left and right and limits.gap < start - end < limits.chain:
        between = bisect_left(cuts, start + 1) > bisect_left(cuts, end)
        if not between and start - end != right.start - left.end:
            return "chaining"
    return None


def unsnapped(
    cues: Sequence[Cue], cuts: Sequence[float], profile: Profile, rate: float, zero: float = 0.0
) -> list[tuple[int, Side, str]]:
    """Of cues that are near a cut and not with it: id, which side, and the rule that forbids it.

    Args:
        cuts: seconds.
        profile: for the readers (`Profile.for_readers`).
        rate, zero: the film's frames a second, and the second at which one begins.

    Returns: the rule is one of "gap" (the cue beside it), "cps", "min_duration", "max_duration", "chaining",
        "another cut", "the film begins"; "" if there is none.
    """
    grid = Grid(rate, zero)
    limits, places = limits_of(profile, grid), frames_of(cuts, grid)
    times = [_times(cue, grid, limits) for cue in cues]
    found: list[tuple[int, Side, str]] = []
    if not (places and limits.window):
        return found
    for cue, left, right, following in zip(cues, [None, *times], times, [*times[1:], None], strict=False):
        if not starts_well(right.start, places, limits):
            found.append((cue.id, "start", _against(left, right, "start", places, limits)))
        if not ends_well(right.end, places, limits):
            found.append((cue.id, "end", _against(right, following, "end", places, limits)))
    return found


def _times(cue: Cue, grid: Grid, limits: Limits) -> Times:
    end = grid.near(cue.end)
    return Times(grid.near(cue.start), end, limits.reading(graphemes(cue.text)), end)


def _against(left: Times | None, right: Times | None, side: Side, cuts: Sequence[int], limits: Limits) -> str:
    """The rule that keeps an edge from a cut: of the nearest place, with whatever the other edge could be."""
    end, start = (left.end if left else -NEVER), (right.start if right else NEVER)
    if side == "start":
        wanted = [_start_for(start, cuts, limits)]
        tried = [(end, wanted[0]), (wanted[0] - limits.gap, wanted[0])] if left else [(end, wanted[0])]
        good = starts_well(wanted[0], cuts, limits)
    else:
        cut = end - _off(end, cuts)
        wanted = [cut - limits.gap]
        places = [start, *([_start_for(start, cuts, limits)] if right and not starts_well(start, cuts, limits) else [])]
        tried = [(wanted[0], place) for place in places]
        good = ends_well(wanted[0], cuts, limits)
    if not good:
        return "another cut"
    wrong, _ = _cost(left, right, end, start, cuts, limits)
    reasons = [
        # What takes one edge to a cut and the other from its own is no gain.
        forbidden(left, right, *choice, cuts, limits)
        or ("gap" if _cost(left, right, *choice, cuts, limits)[0] >= wrong else None)
        for choice in tried
    ]
    return "" if None in reasons else reasons[-1] or ""
