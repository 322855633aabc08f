"""When cues are shown: whole frames of the film, and the cuts of its picture."""

from __future__ import annotations

import doctest
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvad import cue_times, profile
from samvad.cue_times import NEVER, Grid, Times, grid_of, leaving, limits_of
from samvad.documents import AudioChoice, Cue, Media, Stream
from samvad.profile import Profile
from samvad.shot_snapping import ends_well, snap, starts_well, unsnapped

PLAIN = profile.read(Path(__file__).resolve().parents[2] / "config" / "cues" / "plain.toml")
FILM = Grid(24000 / 1001)
LIMITS = limits_of(PLAIN, FILM)


def like_plain(**changes: Any) -> Profile:
    return msgspec.structs.replace(PLAIN, **changes)


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(cue_times)
    assert result.attempted >= 4 and result.failed == 0


# --- the grid ---------------------------------------------------------------------------------------------


@given(st.integers(0, 500_000), st.sampled_from([24000 / 1001, 24.0, 25.0, 30000 / 1001, 50.0, 60000 / 1001, 120.0]))
def test_a_frame_written_in_milliseconds_is_found_again(frame: int, rate: float) -> None:
    for zero in (0.0, 0.083, 1.4):
        grid = Grid(rate, zero)
        at = grid.seconds(frame)
        assert grid.down(at) == grid.up(at) == grid.near(at) == frame
        assert at == round(at, 3)


def test_two_hours_of_an_ntsc_film_do_not_drift() -> None:
    # 172,800 frames of 1001/24000 s are 7207.2 s, not 7200.
    assert FILM.seconds(172_800) == 7207.2
    assert FILM.down(7207.2) == 172_800 and FILM.down(7207.19) == 172_799


def test_a_profiles_seconds_are_whole_frames() -> None:
    assert (LIMITS.least, LIMITS.most, LIMITS.gap, LIMITS.chain, LIMITS.window, LIMITS.near) == (20, 167, 2, 12, 12, 9)
    slow = limits_of(PLAIN, Grid(25.0))
    assert (slow.least, slow.most, slow.chain) == (21, 175, 13)
    # 20 characters at 20 a second are 24 frames at 24 a second; one more takes two frames more.
    fast = limits_of(PLAIN, Grid(24.0))
    assert (fast.reading(20), fast.reading(21)) == (24, 26)


@pytest.mark.parametrize(
    ("streams", "grid"),
    [
        ([Stream(0, "video", "h264", frame_rate="24000/1001")], (24000 / 1001, 0.0)),
        ([Stream(0, "video", "h264", frame_rate="25/1", start=0.08)], (25.0, 0.08)),
        ([Stream(0, "audio", "aac")], (None, 0.0)),
        ([Stream(0, "video", "mjpeg", disposition=["attached_pic"], frame_rate="25/1")], (None, 0.0)),
        ([Stream(0, "video", "vp9", frame_rate="1000/1")], (None, 0.0)),
        ([Stream(0, "video", "vp9", frame_rate="0/0"), Stream(1, "video", "h264", frame_rate="30/1")], (30.0, 0.0)),
    ],
)
def test_the_grid_is_that_of_the_picture(streams: list[Stream], grid: tuple[float | None, float]) -> None:
    assert grid_of(Media("matroska", 1.0, 1, streams, [], AudioChoice(stream=1, reason="only"))) == grid


# --- when a cue is gone -----------------------------------------------------------------------------------


def gone(following: int, end: int = 50, earliest: int = 50, start: int = 0) -> int:
    """When a cue is gone that would like to be at `end`; frames of 24 a second, two of gap, chained below 12."""
    return leaving(start, following, end, 0, earliest, LIMITS)


def test_a_gap_below_half_a_second_is_closed_to_two_frames() -> None:
    assert [gone(following) for following in (52, 53, 55, 61)] == [50, 51, 53, 59]
    assert [gone(following) for following in (62, 63, 200, NEVER)] == [50, 50, 50, 50]


def test_a_cue_leaves_before_the_next_one_begins() -> None:
    assert gone(40) == 38


def test_no_cue_stays_too_long_and_leaves_earlier_where_closing_would_make_it_stay() -> None:
    assert gone(NEVER, end=400) == 167
    # Two frames before 172 it would have been there for 170; by 160 it has been said.
    assert gone(172, end=165, earliest=150) == 160
    assert gone(172, end=165, earliest=165) == 165


# --- cuts -------------------------------------------------------------------------------------------------


def snapped(
    *edges: tuple[int, int], cuts: list[int], said: int | None = None, reading: int = 0
) -> list[tuple[int, int]]:
    cues = [Times(start, end, reading, end if said is None else said) for start, end in edges]
    snap(cues, cuts, LIMITS)
    return [(cue.start, cue.end) for cue in cues]


@pytest.mark.parametrize(
    ("begins", "snaps"),
    [(88, 88), (89, 88), (91, 88), (92, 100), (99, 100), (100, 100), (101, 100), (111, 100), (112, 112)],
)
def test_a_cue_begins_with_the_cut_or_half_a_second_away(begins: int, snaps: int) -> None:
    assert snapped((begins, 150), cuts=[100]) == [(snaps, 150)]


@pytest.mark.parametrize(
    ("ends", "snaps"), [(88, 88), (89, 98), (97, 98), (98, 98), (99, 98), (100, 98), (111, 98), (112, 112)]
)
def test_a_cue_that_is_said_by_then_ends_two_frames_before_the_cut(ends: int, snaps: int) -> None:
    assert snapped((50, ends), cuts=[100], said=80) == [(50, snaps)]


def test_a_cue_whose_last_word_crosses_the_cut_stays_half_a_second_beyond_it() -> None:
    assert snapped((50, 108), cuts=[100]) == [(50, 112)]
    # A frame or two of its last word are no reason to stay.
    assert snapped((50, 101), cuts=[100]) == [(50, 98)]
    # No room for it: the next begins too early.
    assert snapped((50, 108), (113, 150), cuts=[100]) == [(50, 98), (113, 150)]


def test_two_cues_in_a_row_meet_at_the_cut() -> None:
    for end in (91, 95, 100, 105):
        assert snapped((50, end), (end + 2, 160), cuts=[100])[1][0] in (100, 88, 112)
    assert snapped((50, 95), (97, 160), cuts=[100]) == [(50, 98), (100, 160)]
    assert snapped((50, 105), (107, 160), cuts=[100]) == [(50, 98), (100, 160)]


def test_what_would_become_too_short_stays() -> None:
    # 20 frames are the least: from 92 to 112 it is there for as long, from 100 on it would not be.
    assert snapped((92, 112), cuts=[100]) == [(92, 112)]
    assert snapped((92, 125), cuts=[100], reading=30) == [(92, 125)]


def test_without_cuts_or_a_window_nothing_moves() -> None:
    cues = [Times(95, 150, 0, 150)]
    snap(cues, [], LIMITS)
    snap(cues, [100], limits_of(like_plain(shot_window=0.0, shot_near=0.0), FILM))
    assert cues == [Times(95, 150, 0, 150)]


def cue(start: int, end: int, text: str = "Yes.", id: int = 1) -> Cue:
    return Cue(id, FILM.seconds(start), FILM.seconds(end), [text])


def against(*shown: Cue, cut: int = 100) -> list[tuple[int, str, str]]:
    return list(unsnapped(shown, [FILM.seconds(cut)], PLAIN, FILM.rate))


def test_what_is_not_with_a_cut_is_listed_with_the_rule_against_it() -> None:
    assert against(cue(100, 150)) == [] and against(cue(50, 98)) == [] and against(cue(70, 120)) == []
    assert against(cue(95, 150)) == [(1, "start", "")]
    assert against(cue(95, 119)) == [(1, "start", "min_duration")]
    assert against(cue(95, 150, "x" * 42)) == [(1, "start", "cps")]
    assert against(cue(80, 104)) == [(1, "end", "min_duration")]
    # The cue before cannot leave earlier: it could not be read.
    crowded = [cue(60, 100, "x" * 33), cue(102, 150, id=2)]
    assert against(*crowded) == [(1, "end", "cps"), (2, "start", "cps")]


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[Times, str]]:
    """Cues that keep their gap, with some that break a limit; and their texts."""
    now, found = draw(st.integers(0, 40)), []
    for _ in range(draw(st.integers(1, 8))):
        length = draw(st.integers(15, 167))
        size = draw(st.integers(1, length))
        said = now + length - draw(st.integers(0, 12))
        found.append((Times(now, now + length, LIMITS.reading(size), said), "x" * size))
        now += length + draw(st.sampled_from([2, 2, 2, 12, 13, 30, 100]))
    return found


CUTS = st.sets(st.integers(1, 800), max_size=12).map(sorted)


@settings(max_examples=500, deadline=None)
@given(rows(), CUTS)
def test_wherever_the_cuts_are_no_limit_is_broken_that_was_kept(row: list[tuple[Times, str]], cuts: list[int]) -> None:
    before = [Times(cue.start, cue.end, cue.reading, cue.said) for cue, _ in row]
    after = [cue for cue, _ in row]
    snap(after, cuts, LIMITS)
    for old, new in zip(before, after, strict=True):
        assert set(new.broken(LIMITS)) <= set(old.broken(LIMITS)) and new.start >= 0
        assert abs(new.start - old.start) < 12
    for one, other in pairwise(after):
        assert other.start - one.end >= 2
        between = any(one.end <= cut <= other.start for cut in cuts)
        assert other.start - one.end == 2 or other.start - one.end >= 12 or between


@settings(max_examples=500, deadline=None)
@given(rows(), CUTS)
def test_whatever_is_not_snapped_has_a_rule_against_it(row: list[tuple[Times, str]], cuts: list[int]) -> None:
    times = [one for one, _ in row]
    snap(times, cuts, LIMITS)
    shown = [cue(one.start, one.end, text, number) for number, (one, text) in enumerate(row)]
    found = unsnapped(shown, [FILM.seconds(cut) for cut in cuts], PLAIN, FILM.rate)
    assert all(rule for _, _, rule in found)
    assert {(number, side) for number, side, _ in found} == {
        *((n, "start") for n, one in enumerate(times) if not starts_well(one.start, cuts, LIMITS)),
        *((n, "end") for n, one in enumerate(times) if not ends_well(one.end, cuts, LIMITS)),
    }
