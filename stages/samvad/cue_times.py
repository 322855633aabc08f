"""When cues are shown: times on the film's frame grid, counted in whole frames.

A cue may begin with the frame in which its first word does, the frame after (a word begins within a frame), or earlier
by as much silence as `borrow_before` lets it take. It may end with its last word, or stay: `linger` long, or
`borrow_after` longer, as far as its text needs it to be read; longer only to reach the least duration, or to close a
gap that would flicker. It leaves before its last word is over only where the next cue's gap begins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from samvad.documents import Media
from samvad.profile import Profile

#: Seconds by which times differ that were rounded to a millisecond, and a little.
ROUNDED = 0.0006
#: Seconds that may be missing to read a text; and to a profile's durations, as Netflix's 5/6 s are rounded up to
#: 0.834: 20 frames at 24 a second.
HARDLY, ABOUT = 0.0005, 0.001
#: Seconds that every cue is seen, even if the next one must wait for it that long.
SHORTEST = 0.2
#: A frame that no film reaches.
NEVER = 10**9


class Grid(NamedTuple):
    """The frames of a film: frame n is shown from `zero` + n / `rate` seconds on; before `zero` n is negative."""

    rate: float
    zero: float = 0.0

    def down(self, seconds: float) -> int:
        """The frame that is shown at a time.

        >>> film = Grid(24000 / 1001)
        >>> film.down(1.001), film.down(1.0), film.up(1.0), film.up(1.001)
        (24, 23, 24, 24)
        """
        return math.floor((seconds - self.zero + ROUNDED) * self.rate)

    def up(self, seconds: float) -> int:
        """The first frame that is not shown before a time."""
        return math.ceil((seconds - self.zero - ROUNDED) * self.rate)

    def near(self, seconds: float) -> int:
        """The frame that begins nearest to a time."""
        return math.floor((seconds - self.zero) * self.rate + 0.5)

    def seconds(self, frame: int) -> float:
        """When a frame begins, to the millisecond.

        >>> Grid(24000 / 1001).seconds(172_800), Grid(25, 0.083).seconds(1)
        (7207.2, 0.123)
        """
        return round(self.zero + frame / self.rate, 3)

    def count(self, seconds: float) -> int:
        """How many frames a length of time is.

        >>> Grid(24000 / 1001).count(0.5), Grid(25).count(0.5)
        (12, 13)
        """
        return math.floor(seconds * self.rate + 0.5)


def grid_of(media: Media) -> tuple[float | None, float]:
    """Frames per second of the film's picture, and the second at which a frame begins; None and 0 without a picture,
    or where the number is none.

    Cover pictures are video streams too, and some containers state their clock as the rate.
    """
    for stream in media.streams:
        if stream.kind == "video" and stream.frame_rate and "attached_pic" not in stream.disposition:
            try:
                rate = float(Fraction(stream.frame_rate))
            except (ValueError, ZeroDivisionError):
                continue
            if 12 <= rate <= 120:
                return rate, stream.start
    return None, 0.0


class Limits(NamedTuple):
    """A profile's times as whole frames of a film."""

    grid: Grid
    least: int
    most: int
    gap: int
    #: A gap shorter than this is closed.
    chain: int
    #: Every cue is seen for so many.
    seen: int
    window: int
    near: int
    cps: float

    def reading(self, size: int) -> int:
        """Frames that so many characters take to be read."""
        return math.ceil((size / self.cps - HARDLY) * self.grid.rate)


def limits_of(profile: Profile, grid: Grid) -> Limits:
    """The profile's times in frames of a film."""
    least = max(1, math.ceil((profile.min_duration - ABOUT) * grid.rate))
    return Limits(
        grid=grid,
        least=least,
        most=max(least, math.floor((profile.max_duration + ABOUT) * grid.rate)),
        gap=profile.gap_frames,
        chain=max(profile.gap_frames, grid.count(profile.chain_below)),
        seen=min(least, math.ceil(SHORTEST * grid.rate)),
        window=grid.count(profile.shot_window),
        near=grid.count(profile.shot_near),
        cps=profile.cps,
    )


@dataclass
class Times:
    """The frames of a cue: shown from `start` on, gone at `end`."""

    start: int
    end: int
    #: How many its text takes to be read.
    reading: int
    #: The first in which its last word is over.
    said: int

    def broken(self, limits: Limits) -> list[str]:
        """The limits that its duration does not keep."""
        shown = self.end - self.start
        found = {"cps": shown < self.reading, "min_duration": shown < limits.least, "max_duration": shown > limits.most}
        return [name for name, broken in found.items() if broken]


def wanted(start: int, said: int, until: int, reading: int, limits: Limits) -> int:
    """The frame a cue is gone at, if nothing follows: when it is said (`said`) and read, the latter up to `until`."""
    return max(said, start + limits.least, min(start + reading, until))


def leaving(start: int, following: int, end: int, reading: int, earliest: int, limits: Limits) -> int:
    """The frame a cue is gone at, where the next begins in `following` and it would like `end`; a short gap is closed.

    Where closing would make it too long, it leaves earlier, so that the gap is one, if it has been said (`earliest`)
    and read by then; else the gap stays.
    """
    longest = start + limits.most
    end = min(end, longest)
    apart = following - limits.chain
    if end <= apart:
        return end
    if following - limits.gap <= longest:
        return following - limits.gap
    return apart if apart >= max(earliest, start + reading, start + limits.least) else end
