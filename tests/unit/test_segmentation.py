"""Where cues are cut: against all ways there are, for passages short enough to try them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, groupby, pairwise
from math import ceil, floor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvad import cues, profile
from samvad.documents import Cue, Segment, Word
from samvad.profile import Profile
from samvad.textmeasure import graphemes

ROOT = Path(__file__).resolve().parents[2]
PLAIN = profile.read(ROOT / "config" / "cues" / "plain.toml")
RATES = {24000: Fraction(24000, 1001), 25: Fraction(25), 30000: Fraction(30000, 1001), 12: Fraction(12)}


class Said(NamedTuple):
    """A word; whole milliseconds."""

    text: str
    start: int
    end: int
    speaker: str | None = None


# --- every way there is --------------------------------------------------------------------------------------
# All is counted anew here, in fractions; nothing is taken from the engine but what a profile and a character are.


def possible(words: Sequence[Said], limits: Profile, rate: Fraction) -> bool:
    """Whether any cues for the words keep every limit of the profile."""
    every = Every(words, limits, rate)
    places = range(1, len(words))
    divisions = (cuts for count in range(len(words)) for cuts in combinations(places, count))
    return any(every.times_exist([0, *cuts, len(words)]) for cuts in divisions)


class Every:
    """All cues that words can be in, and all frames these can be shown in."""

    def __init__(self, words: Sequence[Said], limits: Profile, rate: Fraction) -> None:
        self.gap, self.chain = limits.gap_frames, _chain(limits, rate)
        self.least = ceil((Fraction(str(limits.min_duration)) - Fraction(1, 1000)) * rate)
        self.most = floor((Fraction(str(limits.max_duration)) + Fraction(1, 1000)) * rate)
        self.begins = [
            range(max(0, _down(word.start - 1000 * limits.borrow_before, rate)), _up(word.start, rate) + 1)
            for word in words
        ]
        self.leaves = [_down(word.end, rate) for word in words]
        for number, following in enumerate(words[1:]):
            self.leaves[number] = min(self.leaves[number], _down(following.start, rate) - self.gap)
        self.until = [_up(word.end + 1000 * (limits.linger + limits.borrow_after), rate) for word in words]
        #: By first and stop: the frames that the text takes to be read.
        self.reading = {
            (first, stop): ceil((size / Fraction(str(limits.cps)) - Fraction(1, 2000)) * rate)
            for first, stop in combinations(range(len(words) + 1), 2)
            if (size := _size(words[first:stop], limits)) is not None
        }

    def times_exist(self, edges: Sequence[int]) -> bool:
        """Whether there are times for one division: for each cue, all frames it could be gone at."""
        ends: set[int] | None = None
        #: Those that are only good to close a gap.
        stretched: set[int] = set()
        for first, stop in pairwise(edges):
            if (first, stop) not in self.reading:
                return False
            begins = [frame for frame in self.begins[first] if ends is None or self._follows(frame, ends, stretched)]
            ends, stretched = set(), set()
            for begin in begins:
                shortest = begin + max(self.least, self.reading[first, stop])
                latest = max(self.until[stop - 1], begin + self.least)
                # A gap that would flicker is closed, however much longer the cue stays.
                last = min(max(latest, latest + self.chain - self.gap - 1), begin + self.most)
                for end in range(max(self.leaves[stop - 1], shortest), last + 1):
                    (ends if end <= latest else stretched).add(end)
            if not (ends or stretched):
                return False
        return bool(ends)

    def _follows(self, begin: int, ends: set[int], stretched: set[int]) -> bool:
        closed = begin - self.gap
        return closed in ends or closed in stretched or any(end <= begin - self.chain for end in ends)


def _chain(limits: Profile, rate: Fraction) -> int:
    return max(limits.gap_frames, floor(Fraction(str(limits.chain_below)) * rate + Fraction(1, 2)))


def _down(ms: float, rate: Fraction) -> int:
    return floor((Fraction(ms) + Fraction(3, 5)) / 1000 * rate)


def _up(ms: float, rate: Fraction) -> int:
    return ceil((Fraction(ms) - Fraction(3, 5)) / 1000 * rate)


def _size(words: Sequence[Said], limits: Profile) -> int | None:
    """The characters of the words as a cue; None if they cannot be one."""
    if any(other.start - one.end >= 1000 * limits.new_cue_pause for one, other in pairwise(words)):
        return None
    turns = [[word.text for word in turn] for _, turn in groupby(words, lambda word: word.speaker)]
    hyphen = {"hyphen": "-", "hyphen space": "- ", "separate": None}[limits.dual_speakers]
    if len(turns) > 1:
        if hyphen is None or len(turns) > min(2, limits.lines):
            return None
        layouts = [[hyphen + " ".join(turn) for turn in turns]]
    else:
        layouts = list(_layouts(turns[0], limits.lines))
    sizes = [
        graphemes(" ".join(lines))
        for lines in layouts
        if all(graphemes(line) <= limits.characters_per_line for line in lines)
    ]
    return min(sizes, default=None)


def _layouts(words: Sequence[str], lines: int) -> Iterator[list[str]]:
    for count in range(min(lines, len(words))):
        for places in combinations(range(1, len(words)), count):
            yield [" ".join(words[a:b]) for a, b in pairwise([0, *places, len(words)])]


# --- the engine ----------------------------------------------------------------------------------------------


def built(words: Sequence[Said], limits: Profile, rate: Fraction) -> list[Cue]:
    items = []
    for number, (speaker, group) in enumerate(groupby(words, lambda word: word.speaker)):
        turn = [Word(word.text, word.start / 1000, word.end / 1000) for word in group]
        items.append(Segment(number, turn[0].start, turn[-1].end, "", turn, speaker=speaker))
        items[-1].text = " ".join(word.text for word in turn)
    return cues.build(items, "en", limits, frame_rate=float(rate))


def kept(found: Sequence[Cue], limits: Profile, rate: Fraction) -> bool:
    """Whether cues keep every limit, by their own times."""
    rounded = 0.0015
    gap, chain = limits.gap_frames / rate, _chain(limits, rate) / rate
    for cue in found:
        duration = cue.end - cue.start
        if not limits.min_duration - rounded <= duration <= limits.max_duration + rounded:
            return False
        if graphemes(cue.text) > limits.cps * (duration + rounded) or len(cue.lines) > limits.lines:
            return False
        if any(graphemes(line) > limits.characters_per_line for line in cue.lines):
            return False
    apart = [other.start - one.end for one, other in pairwise(found)]
    return all(gap - rounded <= one <= gap + rounded or one >= chain - rounded for one in apart)


TEXTS = ["I", "no.", "go", "you", "home,", "the", "never", "Raj", "tomorrow", "because", "everything", "घर", "है।"]


@st.composite
def passages(draw: st.DrawFn) -> list[Said]:
    """Up to nine words, spoken slowly or fast, with pauses, by one person or two."""
    now = draw(st.integers(0, 1500))
    speaker = draw(st.sampled_from([None, "A"]))
    words = []
    fast = draw(st.sampled_from([40, 70, 120, 250]))
    for _ in range(draw(st.integers(1, 9))):
        now += draw(st.sampled_from([0, 0, 0, 0, 30, 150, 333, 500, 900, 1600]))
        text = draw(st.sampled_from(TEXTS))
        length = max(20, graphemes(text) * fast + draw(st.integers(-60, 60)))
        words.append(Said(text, now, now + length, speaker))
        now += length
        if speaker and draw(st.integers(0, 3)) == 0:
            speaker = {"A": "B", "B": "A"}[speaker]
    return words


def like_plain(**changes: Any) -> Profile:
    return msgspec.structs.replace(PLAIN, **changes)


LIMITS = st.builds(
    like_plain,
    characters_per_line=st.sampled_from([12, 16, 42]),
    lines=st.sampled_from([1, 2, 3]),
    cps=st.sampled_from([8.0, 12.0, 17.0, 20.0]),
    min_duration=st.sampled_from([0.4, 0.834, 1.0]),
    max_duration=st.sampled_from([1.5, 3.0, 7.0]),
    gap_frames=st.sampled_from([0, 2, 4]),
    chain_below=st.sampled_from([0.0, 0.5, 1.0]),
    linger=st.sampled_from([0.0, 0.5]),
    borrow_after=st.sampled_from([0.0, 1.0]),
    borrow_before=st.sampled_from([0.0, 0.25]),
    dual_speakers=st.sampled_from(["hyphen", "hyphen space", "separate"]),
)


@settings(max_examples=400, deadline=None)
@given(passages(), LIMITS, st.sampled_from(sorted(RATES)))
def test_wherever_any_cues_keep_every_limit_ours_do(words: list[Said], limits: Profile, rate: int) -> None:
    found = built(words, limits, RATES[rate])
    keeps = all(not cue.beyond for cue in found) and kept(found, limits, RATES[rate])
    assert keeps or not possible(words, limits, RATES[rate])


@settings(max_examples=300, deadline=None)
@given(passages(), LIMITS, st.sampled_from(sorted(RATES)))
def test_what_ours_keep_the_search_through_all_ways_finds_too(words: list[Said], limits: Profile, rate: int) -> None:
    found = built(words, limits, RATES[rate])
    # A word longer than a cue may be is shown from its beginning only, which the search does not know.
    longest = max(word.end - word.start for word in words)
    if longest < 1000 * limits.max_duration and kept(found, limits, RATES[rate]):
        assert possible(words, limits, RATES[rate])


@pytest.mark.parametrize(
    ("each", "feasible"),
    [(600, True), (95, False)],
)
def test_the_search_knows_what_can_be_read_from_what_cannot(each: int, feasible: bool) -> None:
    words = [Said("tomorrow", n * each, (n + 1) * each) for n in range(9)]
    words.append(Said("stop.", 9 * each, 10 * each))
    limits = like_plain(linger=0.0, borrow_after=0.0)
    assert possible(words, limits, Fraction(24)) is feasible
    assert any(cue.beyond for cue in built(words, limits, Fraction(24))) is not feasible
