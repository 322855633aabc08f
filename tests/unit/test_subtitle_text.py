"""What is said, of what stands in subtitles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad.documents import Cue
from samvad.subtitle_text import said


def texts(*lines: str) -> list[str]:
    return [turn.text for turn in said([Cue(1, 0.0, 4.0, list(lines))])[0]]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Where are you", "going?"), ["Where are you going?"]),
        (("- कहाँ?", "- घर।"), ["कहाँ?", "घर।"]),
        (("[door slams]",), []),
        (("(sighs)", "No."), ["No."]),
        (("He (my brother) left.",), ["He (my brother) left."]),
        (("MOHAN: Yes.",), ["Yes."]),
        (("छ: बजे आना।",), ["छ: बजे आना।"]),
        (("Subtitles by Somebody",), []),
        (("www.example.org",), []),
        (("At 10:30 we leave.",), ["At 10:30 we leave."]),
        (("-5 degrees today.",), ["-5 degrees today."]),
        (("♪ ला ला ♪",), ["ला ला"]),
    ],
)
def test_only_what_is_said_is_left(lines: tuple[str, ...], expected: list[str]) -> None:
    assert texts(*lines) == expected


def test_what_is_left_out_is_told() -> None:
    _, dropped = said([Cue(1, 0.0, 4.0, ["[door slams]"]), Cue(2, 5.0, 6.0, ["www.example.org"])])
    assert [(one.why, one.text) for one in dropped] == [("sound", "[door slams]"), ("advert", "www.example.org")]


def test_the_turns_of_a_cue_share_its_time_by_their_letters() -> None:
    turns, _ = said([Cue(1, 10.0, 14.0, ["- abc", "- a"])])
    assert [(turn.start, turn.end) for turn in turns] == [(10.0, 13.0), (13.0, 14.0)]


@given(st.lists(st.lists(st.text(max_size=60), max_size=4), max_size=6))
def test_whatever_stands_there_turns_are_in_order_and_inside_their_cues(found: list[list[str]]) -> None:
    cues = [Cue(number, float(number), number + 1.0, lines) for number, lines in enumerate(found)]
    before = 0.0
    for turn in said(cues)[0]:
        assert before <= turn.start <= turn.end <= len(cues)
        assert turn.text.strip() == turn.text and "\n" not in turn.text
        before = turn.start
