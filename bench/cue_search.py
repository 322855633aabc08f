"""Whether there are cues at all for some words that keep every limit: all of them are tried.

Every way to part the words into cues, every place for a line break, every frame at which a cue may begin and end; only
what several of them share is looked at once. What a cue may do is the profile's: begin with the frame of its first
word, or up to `borrow_before` earlier; end with its last word, stay up to `linger` and `borrow_after` longer, and leave
earlier only as far as the next cue's gap demands. No cue reaches over a silence of `new_cue_pause`; two speakers have a
line each, with a hyphen before it. Written without the engine, which it judges.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from bench.dialogue import Limits, Spoken
from samvad.profile import Profile
from samvad.textmeasure import graphemes


def feasible(words: Sequence[Spoken], limits: Limits, profile: Profile, rate: float) -> bool:
    """Whether cues for these words exist that keep every limit, chaining included. Nothing is said around them."""
    gap, chain = profile.gap_frames, math.floor(profile.chain_below * rate + 0.5)
    #: After so many words: the frames at which the cue that shows the last of them may end.
    ends: list[set[int]] = [set() for _ in range(len(words) + 1)]
    for first in range(len(words)):
        if first and not ends[first]:
            continue
        begins = set(_frames(words[first].start - profile.borrow_before, words[first].start, rate))
        if first:
            begins = {one for one in begins if any(one - end == gap or one - end >= chain for end in ends[first])}
        for stop in range(first + 1, len(words) + 1):
            size = _size(words[first:stop], limits, profile)
            if size is None:
                break  # with more words it would be no cue either
            least = math.ceil(max(limits.min_duration, size / limits.cps) * rate - 0.05)
            most = math.floor(limits.max_duration * rate + 0.05)
            last = words[stop - 1].end
            earliest = last if stop == len(words) else min(last, words[stop].start - gap / rate)
            leaves = _frames(earliest, last + profile.linger + profile.borrow_after, rate)
            ends[stop] |= {end for end in leaves if any(least <= end - begin <= most for begin in begins)}
    return bool(ends[len(words)])


def _frames(earliest: float, latest: float, rate: float) -> range:
    """The frames from that shown at one time to the first not before another."""
    return range(max(0, math.floor(earliest * rate + 0.01)), math.ceil(latest * rate - 0.01) + 1)


def _size(words: Sequence[Spoken], limits: Limits, profile: Profile) -> int | None:
    """The least characters of a cue of these words, line breaks counted as spaces; None if it cannot be one."""
    if any(after.start - word.end >= profile.new_cue_pause for word, after in itertools.pairwise(words)):
        return None
    turns = [" ".join(word.text for word in turn) for _, turn in itertools.groupby(words, lambda word: word.speaker)]
    if len(turns) > 1:
        if profile.dual_speakers == "separate" or len(turns) > min(2, limits.lines):
            return None
        hyphen = {"hyphen": "-", "hyphen space": "- "}[profile.dual_speakers]
        lines = [hyphen + turn for turn in turns]
        fits = all(graphemes(line) <= limits.characters for line in lines)
        return graphemes(" ".join(lines)) if fits else None
    texts = [word.text for word in words]
    whole = graphemes(" ".join(texts))
    if whole <= limits.characters:
        return whole
    for at in range(1, len(texts)):
        if max(graphemes(" ".join(texts[:at])), graphemes(" ".join(texts[at:]))) <= limits.characters:
            return whole if limits.lines > 1 else None
    return None
