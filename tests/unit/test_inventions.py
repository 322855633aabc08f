"""Loops, impossible rates and boilerplate go, real repetition stays, and nothing is lost from the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad import documents, inventions
from samvad.documents import Recognition, Removed, Segment, Span, Word, check


def said(start: float, text: str, pace: float = 0.4) -> Segment:
    words = [Word(word, start + n * pace, start + (n + 1) * pace) for n, word in enumerate(text.split())]
    return Segment(0, start, words[-1].end, text, words)


CLAUSE = "मैंने ऑर्डर किया था"


def test_a_clause_that_goes_round_is_kept_once() -> None:
    kept, removed = inventions.sifted([said(0, f"हाँ {' '.join([CLAUSE] * 13)} तो चलो"), said(30, "क्यों?")])
    assert [part.text for part in kept] == [f"हाँ {CLAUSE}", "तो चलो", "क्यों?"]
    assert [(part.text, part.reason) for part in removed] == [(" ".join([CLAUSE] * 12), "loop")]
    assert kept[0].end == removed[0].start and removed[0].end == kept[1].start


def test_a_line_that_comes_over_and_over_is_kept_once() -> None:
    kept, removed = inventions.sifted([said(3 * n, "देखने के लिए धन्यवाद।") for n in range(84)])
    assert [part.start for part in kept] == [0]
    assert len(removed) == 83 and {part.reason for part in removed} == {"loop"}


@pytest.mark.parametrize(
    "text",
    ["नहीं नहीं नहीं नहीं", "जल्दी करो जल्दी करो जल्दी करो", "हा हा हा हा हा हा हा", "चलते चलते यूँ ही कोई मिल गया था चलते चलते"],
)
def test_people_repeat_themselves(text: str) -> None:
    kept, removed = inventions.sifted([said(0, text), said(10, "क्या?"), said(20, text)])
    assert [part.text for part in kept] == [text, "क्या?", text] and removed == []


def test_a_word_that_stutters_on_is_a_loop() -> None:
    kept, removed = inventions.sifted([said(0, f"अरे {'हा' * 40} सुनो")])
    assert [part.text for part in kept] == ["अरे", "सुनो"]
    assert [part.text for part in removed] == ["हा" * 40]


def test_more_than_can_be_spoken_is_removed() -> None:
    fast = said(0, "कल मैं तुम से वहीं मिलूँगा जहाँ हम पहली बार मिले थे उस बड़े पेड़ के नीचे और फिर बात करेंगे", 0.02)
    kept, removed = inventions.sifted([fast, said(5, "अच्छा")])
    assert [part.text for part in kept] == ["अच्छा"]
    assert [(part.text, part.reason) for part in removed] == [(fast.text, "rate")]


def test_a_short_line_with_a_wrong_edge_is_not_too_fast() -> None:
    line = said(0, "हाँ हाँ चलो")
    line.start, line.end = 1.0, 1.05
    assert inventions.sifted([line]) == ([line], [])


def test_boilerplate_is_known_by_the_want_of_a_voice() -> None:
    known, speech = {"thank you"}, [Span(10, 12), Span(30, 30.25)]
    assert not inventions.boilerplate("Thank you.", Span(10.2, 11), speech, known)  # somebody says it
    assert inventions.boilerplate("Thank you.", Span(15, 17), speech, known)
    assert inventions.boilerplate("Thank you.", Span(29.6, 30.65), speech, known)  # a click
    assert not inventions.boilerplate("Thank them.", Span(15, 17), speech, known)
    assert not inventions.boilerplate("हाँ", Span(29.6, 30.65), speech, {"हाँ"})  # short, and short enough


def test_harvested_lines_are_as_they_are_looked_up() -> None:
    known = json.loads(inventions.FILE.read_text(encoding="utf-8"))
    for model, languages in known.items():
        for language, lines in languages.items():
            assert [inventions.bare(line) for line in lines] == lines
            assert inventions.phrases(model, language) == set(lines)
    assert inventions.phrases("another", "hi") == frozenset()


def test_what_is_removed_can_be_put_back() -> None:
    """What a person's edit has to do: its segment, by its time, among the others."""
    before = [said(0, f"हाँ {' '.join([CLAUSE] * 6)}"), said(20, "क्यों?")]
    kept, removed = inventions.sifted(before)
    document = Recognition("hi", "whisperx", "base", kept, removed)
    read = documents.msgspec.json.decode(documents.encode(document), type=Recognition)
    back = [Segment(**{name: getattr(part, name) for name in Segment.__struct_fields__}) for part in read.removed]
    again = sorted([*read.segments, *back], key=lambda segment: segment.start)
    check(Recognition("hi", "whisperx", "base", again), "put back")
    assert " ".join(part.text for part in again) == " ".join(part.text for part in before)


@given(st.lists(st.text("abc ", min_size=1, max_size=60).filter(str.strip), max_size=6))
def test_no_word_is_lost_and_all_stay_in_order(texts: list[str]) -> None:
    segments = [said(30.0 * n, " ".join(text.split())) for n, text in enumerate(texts)]
    kept, removed = inventions.sifted(segments)
    parts: list[Segment] = sorted([*kept, *removed], key=lambda part: part.start)
    assert [word for part in parts for word in part.words] == [word for part in segments for word in part.words]
    assert all(isinstance(part, Removed) and part.reason == "loop" for part in removed)
    assert all(part.text == " ".join(word.text for word in part.words) for part in parts)
    check(Recognition("hi", "whisperx", "base", kept), "made up")
