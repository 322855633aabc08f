"""Subtitles moved to where somebody speaks: known offsets and ratios in generated speech."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("numpy")

from samvad.documents import Span
from samvad.subtitle_sync import RATIOS, synced

LONG = 5400.0


def speech(seed: int, duration: float = LONG) -> list[Span]:
    """Utterances of 1 to 5 s with pauses of 0.4 to 8 s."""
    chance = random.Random(seed)
    found, at = [], 3.0
    while at < duration - 10:
        end = at + chance.uniform(1, 5)
        found.append(Span(at, end))
        at = end + chance.choice([0.4, 0.6, 1.0, 3.0, 8.0]) * chance.uniform(0.8, 1.2)
    return found


def cues(spoken: list[Span], seed: int, ratio: float = 1.0, offset: float = 0.0) -> list[Span]:
    """Their cues as people set them: a little early or late, longer than the words, one in ten missing."""
    chance = random.Random(seed)
    kept = [span for span in spoken if chance.random() > 0.1]
    return [
        Span(
            max(0.0, ratio * (span.start + chance.uniform(-0.15, 0.1)) + offset),
            max(0.1, ratio * (span.end + chance.uniform(0.1, 0.9)) + offset),
        )
        for span in kept
    ]


@pytest.mark.parametrize("offset", [-75.0, -2.5, -0.6, 0.6, 12.0, 80.0])
def test_a_constant_offset_is_taken_back(offset: float) -> None:
    spoken = speech(1)
    sync = synced(cues(spoken, 2, offset=offset), spoken, LONG)
    assert sync.ratio == 1
    assert sync.offset == pytest.approx(-offset, abs=0.12)


@pytest.mark.parametrize("ratio", [one for one in RATIOS if one != 1])
def test_another_frame_rate_is_taken_back(ratio: float) -> None:
    spoken = speech(3)
    sync = synced(cues(spoken, 4, ratio, 1.5), spoken, LONG)
    for time in (10.0, LONG / 2, LONG - 60):
        assert sync.place(ratio * time + 1.5) == pytest.approx(time, abs=0.25)
    assert "stretched by" in sync.words


@pytest.mark.parametrize("seed", range(5))
def test_subtitles_that_fit_stay_as_they_are(seed: int) -> None:
    spoken = speech(seed)
    sync = synced(cues(spoken, seed + 10), spoken, LONG)
    assert not sync.changed and sync.words == "they fit as they are"


@pytest.mark.parametrize("seed", range(5))
def test_another_films_subtitles_are_not_moved(seed: int) -> None:
    sync = synced(cues(speech(seed + 50), 9), speech(seed), LONG)
    assert not sync.changed
    assert sync.words == "where they fit what is spoken is not clear"


def test_a_few_cues_or_none_are_left_alone() -> None:
    spoken = speech(7)
    assert not synced([Span(40, 42), Span(50, 51)], spoken, LONG).changed
    assert not synced([Span(40, 42)], [], LONG).changed
