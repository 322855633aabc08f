"""The rules that subtitles are checked by, what refuses a film, and make qc."""

from __future__ import annotations

import doctest
import json
import os
import random
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvad import cues, documents, gate, profile, qc, qc_rules
from samvad.documents import Cue, Finding, Media, Quality, Segment, Span, Translated, Translation, Word
from samvad.qc_rules import Film

ROOT = Path(__file__).resolve().parents[2]
CUES = ROOT / "config" / "cues"
PROFILES = {name: profile.read(CUES / f"{name}.toml") for name in ("plain", "netflix-en", "netflix-hi", "bbc")}

Said = tuple[float, float, str]


def film(*said: Said, language: str = "en", by: str = "", italic: bool = False, **known: Any) -> Film:
    """A film of 24 frames a second whose cues say that; plain unless `by` another profile."""
    limits = msgspec.structs.replace(PROFILES[by or "plain"], **known.pop("limits", {}))
    cues = [
        Cue(n, start, end, text.split("\n") if text else [], italic) for n, (start, end, text) in enumerate(said, 1)
    ]
    return Film(cues, language, limits, **known)


def one(text: str, **more: Any) -> Film:
    """A film of one cue of two seconds."""
    return film((1.0, 3.0, text), **more)


def found(rule: str, where: Film) -> list[Finding]:
    return [finding for finding in qc.check(where, "plain").findings if finding.rule == rule]


def severities(rule: str, where: Film) -> list[str]:
    return [finding.severity for finding in found(rule, where)]


def frames(number: float, rate: float = 24.0, zero: float = 0.0) -> float:
    return round(zero + number / rate, 3)


def test_the_examples_in_the_modules_hold() -> None:
    for module in (qc, qc_rules, gate):
        result = doctest.testmod(module)
        assert result.attempted and not result.failed


def test_every_rule_has_its_own_name_and_is_in_the_docs() -> None:
    names = [rule.name for rule in qc.RULES]
    assert len(set(names)) == len(names) == 25
    page = (ROOT / "docs" / "qc.md").read_text(encoding="utf-8")
    assert [name for name in names if f"| `{name}` |" not in page] == []


# --- one cue, one rule ----------------------------------------------------------------------------

GOOD = (1.0, 3.0, "All is well.")
LONG = "a" * 40

#: Rule, severity, what it finds, what it would write instead ("": nothing), what it finds nothing in.
OF_ONE_CUE: list[tuple[str, str, Film, str, Film]] = [
    ("order", "severe", film((2.0, 1.0, "Backwards.")), "", film(GOOD)),
    ("order", "severe", film((2.0, 2.0, "No time.")), "", film(GOOD)),
    ("order", "severe", film((9.0, 10.0, "Too late."), duration=9.0), "", film((8.0, 9.5, "Late."), duration=9.0)),
    ("empty", "severe", one(""), "", film(GOOD)),
    ("empty", "severe", one("\u200b"), "", one("…")),
    ("min_duration", "severe", film((1.0, 1.8, "Hm.")), "00:00:01,000 --> 00:00:01,834", film((1.0, 1.834, "Hm."))),
    # Twenty frames, which milliseconds make 833.
    (
        "min_duration",
        "severe",
        film((1.0, 1.8, "Hm."), frame_rate=24.0),
        "00:00:01,000 --> 00:00:01,834",
        film((1.0, 1.833, "Hm."), frame_rate=24.0),
    ),
    (
        "min_duration",
        "warning",
        film((1.0, 1.8, "Hm."), duration=1.8),
        "",
        film((1.0, 1.8, "Hm."), limits={"min_duration": 0.8}),
    ),
    ("max_duration", "severe", film((1.0, 8.1, "Long.")), "", film((1.0, 8.0, "Long."))),
    # 168 frames of 23.976: 7.007 s.
    (
        "max_duration",
        "severe",
        film((1.0, 8.05, "Long."), frame_rate=24000 / 1001),
        "",
        film((1.0, 8.007, "Long."), frame_rate=24000 / 1001),
    ),
    ("max_duration", "severe", film(GOOD, limits={"max_duration": 1.9}), "", film(GOOD)),
    ("lines", "severe", one("a\nb\nc"), "", one("-Yes?\n-No.")),
    (
        "lines",
        "severe",
        one("-Yes?\n-No.", limits={"lines": 1}),
        "",
        one(f"{LONG}\n{LONG}\n{LONG}", limits={"lines": 3}),
    ),
    ("lines", "note", one("All is\nwell."), "All is well.", one("[door]\n[bell]")),
    ("characters_per_line", "severe", film((1.0, 5.0, "a" * 43)), "", film((1.0, 5.0, "a" * 42))),
    (
        "characters_per_line",
        "severe",
        film((1.0, 5.0, "क्षत्रिय " * 11), language="hi"),
        "",
        film((1.0, 5.0, "क्षत्रिय " * 10), language="hi"),
    ),
    ("characters_per_line", "severe", film((1.0, 5.0, "a" * 38), by="bbc"), "", film((1.0, 5.0, "a" * 38))),
    ("white_space", "severe", one("All  is\twell. "), "All is well.", film(GOOD)),
    ("white_space", "warning", one("Is it ?\nYes , it is …"), "Is it?\nYes, it is…", one("♪ …and all ♪")),
    ("white_space", "warning", one("चलो ।", language="hi"), "चलो।", one("चलो।", language="hi")),
    ("glyph", "severe", one("so \u202eit is\x07"), "so it is", one("“Naïve” – ₹5 & ½ ♪")),
    ("glyph", "severe", one("<script>x</script>"), "x", one("it's 5° • 20 %")),
    ("glyph", "severe", one("caf\ufffd"), "caf", one("café")),
    ("glyph", "severe", one("Hm.\u200f"), "Hm.", one("میں\u200f ٹھیک ہوں", language="ur")),
    ("glyph", "warning", one("Well 😀"), "", one("\u0915\u094d\u200d\u0937", language="hi")),
    ("italics", "severe", one("चलो।", language="hi", by="netflix-hi", italic=True), "चलो।", one("चलो।", language="hi")),
    ("italics", "note", film(GOOD, italic=True), "All is well.", film(GOOD, italic=True, by="netflix-en")),
    ("ellipsis", "severe", one("Well... so...."), "Well… so…", one("Well… so..")),
    ("ellipsis", "severe", one("Well… so", by="bbc"), "Well... so", one("Well... so", by="bbc")),
    ("dual_speakers", "warning", one("- Yes?\n- No."), "-Yes?\n-No.", one("-Yes?\n-No.")),
    ("dual_speakers", "warning", one("-Yes?\n–No.", by="bbc"), "- Yes?\n- No.", one("- Yes?\n- No.", by="bbc")),
    ("dual_speakers", "warning", one("Yes?\n-No."), "-Yes?\n-No.", one("- Yes, or no.\nWell?")),
    ("dual_speakers", "warning", one("-Yes?\n-No.", limits={"dual_speakers": "separate"}), "", one("-Yes?")),
    ("brackets", "warning", one("(door slams)"), "[door slams]", one("[door slams]")),
    ("brackets", "warning", one("-{bell}\n-Who is it?"), "-[bell]\n-Who is it?", one("He (of all) knew.")),
    (
        "numbers",
        "warning",
        one("I have 2 sons\nand 10 cows."),
        "I have two sons\nand ten cows.",
        one("At 5:30, 1,000 of 12 paid $5, or 7%."),
    ),
    ("numbers", "note", one("मेरे २ बेटे हैं।", language="hi"), "", one("मेरे दो बेटे हैं।", language="hi")),
    ("number_starts", "warning", one("2 men came."), "Two men came.", one("So 2 men came.")),
    ("number_starts", "warning", one("It was hot. 1942 was hotter."), "", one("Room No. 12 and Mr. 5")),
    ("number_starts", "warning", one("-2 men came.\n-Yes."), "-Two men came.\n-Yes.", one("5:30 it is")),
    ("number_starts", "note", one("1942 में", language="hi"), "", one("सन् 1942 में", language="hi")),
    ("cps", "warning", film((1.0, 2.0, "a" * 21)), "00:00:01,000 --> 00:00:02,050", film((1.0, 2.0, "a" * 20))),
    (
        "cps",
        "warning",
        film((1.0, 2.0, "a" * 18), limits={"cps": 17.0}),
        "00:00:01,000 --> 00:00:02,059",
        film((1.0, 2.0, "a" * 18)),
    ),
    (
        "frame_grid",
        "severe",
        film((1.01, 3.0, "Hm."), frame_rate=24.0),
        "00:00:01,000 --> 00:00:03,000",
        film((1.01, 3.0, "Hm.")),
    ),
    (
        "frame_grid",
        "severe",
        film((frames(24), frames(60), "Hm."), frame_rate=24000 / 1001),
        "00:00:01,001 --> 00:00:02,502",
        film(
            (frames(24, 24000 / 1001, 0.08), frames(60, 24000 / 1001, 0.08), "Hm."),
            frame_rate=24000 / 1001,
            frame_zero=0.08,
        ),
    ),
]


@pytest.mark.parametrize(("rule", "severity", "bad", "fix", "good"), OF_ONE_CUE)
def test_a_rule_finds_what_is_wrong_and_only_that(rule: str, severity: str, bad: Film, fix: str, good: Film) -> None:
    (finding,) = found(rule, bad)
    assert (finding.cue, finding.severity, finding.fix or "") == (1, severity, fix)
    assert finding.message and finding.start == bad.cues[0].start
    assert found(rule, good) == []


@pytest.mark.parametrize(("rule", "severity", "bad", "fix", "good"), OF_ONE_CUE)
def test_what_would_be_written_instead_of_a_text_is_found_by_the_rule_no_more(
    rule: str, severity: str, bad: Film, fix: str, good: Film
) -> None:
    if fix and "-->" not in fix and rule != "italics":
        cue = bad.cues[0]
        better = msgspec.structs.replace(cue, lines=fix.split("\n"))
        assert found(rule, Film([better], bad.language, bad.profile)) == []


# --- cues beside each other -----------------------------------------------------------------------

#: Rule, severity, what it finds, its fix, what it finds nothing in.
OF_TWO_CUES: list[tuple[str, str, list[Said], str, list[Said]]] = [
    ("order", "severe", [(5.0, 6.0, "a"), (1.0, 2.0, "b")], "", [(1.0, 2.0, "b"), (5.0, 6.0, "a")]),
    ("overlap", "severe", [(1.0, 3.0, "a"), (2.5, 4.0, "b")], "cue 1: 00:00:01,000 --> 00:00:02,417",
     [(1.0, 3.0, "a"), (3.0, 4.0, "b")]),
    ("overlap", "severe", [(1.0, 3.0, "a"), (1.5, 4.0, "b")], "", [(1.0, 3.0, "a"), (3.1, 4.0, "b")]),
    ("gap_frames", "severe", [(1.0, 3.0, "a"), (3.042, 5.0, "b")], "00:00:01,000 --> 00:00:02,959",
     [(1.0, 3.0, "a"), (3.083, 5.0, "b")]),
    ("gap_frames", "severe", [(1.0, 3.0, "a"), (3.0, 5.0, "b")], "00:00:01,000 --> 00:00:02,917",
     [(1.0, 3.0, "a"), (3.5, 5.0, "b")]),
    ("chain_below", "severe", [(1.0, 3.0, "a"), (3.25, 5.0, "b")], "00:00:01,000 --> 00:00:03,167",
     [(1.0, 3.0, "a"), (3.5, 5.0, "b")]),
    ("chain_below", "warning", [(1.0, 8.0, "a"), (8.25, 9.5, "b")], "", [(1.0, 8.0, "a"), (8.083, 9.5, "b")]),
    # The next cue leaves no room.
    ("min_duration", "warning", [(1.0, 1.5, "a"), (1.6, 3.0, "b")], "", [(1.0, 1.834, "a"), (2.0, 3.0, "b")]),
    ("cps", "warning", [(1.0, 2.0, "a" * 25), (2.1, 4.0, "b")], "", [(1.0, 2.25, "a" * 25), (2.4, 4.0, "b")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "bad", "fix", "good"), OF_TWO_CUES)
def test_cues_leave_each_other_room(rule: str, severity: str, bad: list[Said], fix: str, good: list[Said]) -> None:
    (finding,) = found(rule, film(*bad))
    assert (finding.severity, finding.fix or "") == (severity, fix)
    assert found(rule, film(*good)) == []


def test_a_cue_that_a_long_one_hides_is_found_though_another_stands_between() -> None:
    assert [one.cue for one in found("overlap", film((1.0, 6.0, "a"), (2.0, 3.0, "b"), (4.0, 5.0, "c")))] == [2, 3]


def test_a_sentence_that_goes_on_may_go_on_with_a_figure() -> None:
    assert found("number_starts", film((1.0, 3.0, "It cost me"), (4.0, 6.0, "20 rupees."))) == []
    assert found("number_starts", film((1.0, 3.0, "It cost me."), (4.0, 6.0, "20 rupees went.")))


# --- shot changes ---------------------------------------------------------------------------------

CUT = 10.0


@pytest.mark.parametrize(
    ("start", "end", "severity", "fix"),
    [
        (frames(251), 13.0, ["severe"], "00:00:10,000 --> 00:00:13,000"),
        (frames(245), 13.0, ["severe"], "00:00:10,000 --> 00:00:13,000"),
        (frames(232), 13.0, ["severe"], "00:00:10,000 --> 00:00:13,000"),
        # Nine frames before a cut and more: half a second before it.
        (frames(231), 13.0, ["severe"], "00:00:09,500 --> 00:00:13,000"),
        (frames(252), 13.0, [], None),
        (frames(240), 13.0, [], None),
        (frames(228), 13.0, [], None),
        (7.0, frames(240), ["severe"], "00:00:07,000 --> 00:00:09,917"),
        (7.0, frames(251), ["severe"], "00:00:07,000 --> 00:00:09,917"),
        (7.0, frames(229), ["severe"], "00:00:07,000 --> 00:00:09,917"),
        (7.0, frames(238), [], None),
        (7.0, frames(252), [], None),
        (7.0, frames(228), [], None),
        # It would be too short to be read, or too long.
        (frames(235), frames(256), ["warning"], None),
        (frames(220), frames(245), ["warning"], None),
        (2.5, frames(231), ["warning"], None),
    ],
)
def test_cues_begin_and_end_with_the_shot(start: float, end: float, severity: list[str], fix: str | None) -> None:
    where = film((start, end, "Hm."), cuts=[3.0, CUT, 20.0], limits={"max_duration": 7.0})
    assert severities("shot_window", where) == severity
    assert [one.fix for one in found("shot_window", where)] == [fix] * len(severity)


def test_what_a_neighbour_could_make_room_for_is_severe_and_else_it_is_said_what_forbids_it() -> None:
    late = film((8.0, frames(242), "a"), (frames(245), 13.0, "b"), cuts=[CUT])
    assert severities("shot_window", late) == ["severe", "severe"]  # the two move together
    early = film((8.0, frames(230), "a"), (frames(232), 13.0, "b"), cuts=[CUT])
    assert severities("shot_window", early) == ["severe", "severe"]
    fast = film((8.0, frames(242), "a" * 45), (frames(245), 13.0, "b"), cuts=[CUT])
    assert severities("shot_window", fast) == ["warning", "warning"]
    assert "to move it is against: cps" in found("shot_window", fast)[0].message


def test_without_shots_or_by_a_profile_that_asks_for_none_the_rule_is_not_applied() -> None:
    late: Said = (frames(245), 13.0, "b")
    for where in (film(late), film(late, cuts=[CUT], limits={"shot_window": 0.0, "shot_near": 0.0})):
        assert "shot_window" not in qc.check(where, "plain").rules


def test_a_gap_in_which_the_shot_changes_is_the_shots() -> None:
    assert found("chain_below", film((1.0, 3.0, "a"), (3.25, 5.0, "b"), cuts=[3.083])) == []


# --- what is said ---------------------------------------------------------------------------------


def spread(*texts: str, every: float = 4.0) -> list[Said]:
    return [(every * n, every * n + 2, text) for n, text in enumerate(texts, 1)]


def talk(count: int) -> list[str]:
    """Lines that all differ."""
    words = ["river", "stone", "mango", "window", "teacher", "garden", "silver", "monsoon", "letter", "bridge"]
    return [f"The {words[n % 10]} saw my {words[n // 10 % 10]} and {words[n // 100 % 10]} go." for n in range(count)]


def test_the_predecessors_84_identical_lines_are_refused() -> None:
    lines = talk(1100)
    for number in range(84):
        lines[13 * number] = "धन्यवाद"
    quality = qc.check(film(*spread(*lines), language="hi", spoken=["hi", "en"]), "plain")
    assert quality.rules["repeated"] == 83
    assert [reason for reason in quality.refused if reason.startswith("repeated: 7.5% of the cues, 2% at most (14 at ")]


def test_the_same_in_a_row_is_refused_wherever_it_stands() -> None:
    quality = qc.check(film(*spread(*talk(300), *["Thank you for watching."] * 84)), "plain")
    assert quality.rules["repeated"] == 83 and any(reason.startswith("repeated") for reason in quality.refused)


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        (["What is it now?"] * 3, 2),
        (["What is it now?", "What is it now", "What is it, now?!"], 2),
        (["I shall come in the evening.", "I shall come in the evenings.", "I shall come in this evening."], 2),
        (["What is it now?"] * 2, 0),
        (["No!"] * 4, 0),
        (["No!"] * 5, 4),
        (["♪ la la la la ♪"] * 5, 0),
        (["♪ la la la la ♪"] * 6, 5),
        (["[music plays on]"] * 30, 0),
        ([*talk(100), *["Yes."] * 4, *talk(50), *["Yes."] * 4], 0),
        ([text for line in talk(40) for text in (line, "Yes.")], 39),
    ],
)  # fmt: skip
def test_people_repeat_themselves_less_than_machines(texts: list[str], count: int) -> None:
    assert len(found("repeated", film(*spread(*texts)))) == count


def test_what_people_say_often_is_let_be() -> None:
    lines = [line for line in talk(600) for line in ([line, "Yes."] if line.startswith("The river") else [line])]
    assert len(lines) == 660 and found("repeated", film(*spread(*dict.fromkeys(lines[:400])))) == []
    sir = talk(900)
    sir[::60] = ["Yes, sir."] * 15
    assert found("repeated", film(*spread(*sir))) == []


HINDI = Translation("hi", "en", {}, [])
MARKED = Translated(1, 4.0, 6.0, "a", "b", review=["doubtful"])


@pytest.mark.parametrize(
    ("said", "language", "known", "messages"),
    [
        (["He said नहीं."], "en", {"translation": HINDI}, ["25% letters of Hindi"]),
        (["He said నం."], "en", {"translation": HINDI}, ["14% letters of another script"]),
        (["He said no."], "en", {}, []),
        (["مجھے نہیں پتا"], "hi", {}, ["100% letters of another script"]),
        (["मुझे OK लगा", *["चलो"] * 9], "hi", {}, []),
        (["Thank you, sir.", *["चलो"] * 9], "hi", {}, []),
        (["Thank you, sir."] * 2 + ["चलो"] * 5, "hi", {}, ["Latin letters, as 2 of 7 cues have"] * 2),
        (["Thank you, sir."] * 2 + ["चलो"] * 5, "hi", {"spoken": ["hi", "en"]}, []),
        (["مجھے نہیں پتا"], "hi", {"spoken": ["hi", "ur"]}, []),
        (["مجھے نہیں پتا"], "en", {"spoken": ["hi", "ur"]}, ["100% letters of another script"]),
    ],
)
def test_a_language_is_written_in_its_own_letters(
    said: list[str], language: str, known: dict[str, Any], messages: list[str]
) -> None:
    assert [one.message for one in found("script", film(*spread(*said), language=language, **known))] == messages


SPEECH = [Span(1.0, 5.0), Span(10.0, 12.0), Span(20.0, 24.0)]


def test_speech_without_a_cue_is_counted_in_seconds() -> None:
    quality = qc.check(film((1.0, 4.0, "Hm."), speech=SPEECH), "plain")
    lost = [(one.start, one.end, one.cue) for one in quality.findings if one.rule == "coverage"]
    assert lost == [(10.0, 12.0, None), (20.0, 24.0, None)]
    assert quality.shares["coverage"] == (0.6, 0.1)
    assert "coverage: 60.0% of the speech, 10% at most (at 0:00:10.0, at 0:00:20.0)" in quality.refused


def test_what_is_sung_or_said_within_a_second_of_a_cue_is_covered() -> None:
    near = [(2.0, 4.0, "Hm."), (11.0, 11.6, "Hm.")]
    assert found("coverage", film(*near, speech=SPEECH, songs=[Span(19.0, 30.0)])) == []
    assert found("coverage", film(*near)) == []


def test_a_cue_over_silence_is_found_but_no_sound_and_no_song() -> None:
    said: list[Said] = [
        (1.0, 2.0, "Hm."),
        (5.4, 6.0, "Near."),
        (7.0, 8.0, "Nobody."),
        (14.0, 15.0, "[rain]"),
        (31.0, 33.0, "La."),
    ]
    where = film(*said, speech=SPEECH, songs=[Span(30.0, 40.0)])
    assert [one.cue for one in found("silence", where)] == [3]
    assert "silence" not in qc.check(film(*said), "plain").rules


def test_what_the_translation_marks_is_found_where_it_is_shown() -> None:
    sentences = [
        Translated(1, 1.0, 5.0, "Give him 3.", "उसे तीस दो।", review=["number 30 is missing", "repeats itself"]),
        Translated(2, 8.0, 9.0, "", "हाँ।", review=["nothing was translated"]),
        Translated(3, 12.0, 14.0, "Good.", "अच्छा।"),
    ]
    said: list[Said] = [(1.0, 2.9, "Give him"), (3.0, 5.2, "three."), (12.0, 14.0, "Good."), (20.0, 21.0, "So.")]
    quality = qc.check(film(*said, translation=Translation("hi", "en", {}, sentences)), "plain")
    marked = [(one.cue, one.message) for one in quality.findings if one.rule == "review"]
    reasons = "number 30 is missing; repeats itself"
    assert marked == [(1, reasons), (2, reasons), (None, "nothing was translated")]
    assert quality.shares["review"] == (0.5, 0.1)


# --- the verdict ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("cps", film((1.0, 2.0, "a" * 30), *spread(*talk(8), every=5))),
        ("script", film(*spread("नहीं", *talk(8)))),
        ("repeated", film(*spread(*talk(6), *["What is it now?"] * 3))),
        ("silence", film(*spread(*talk(9)), speech=[Span(8.0, 38.0)])),
        ("coverage", film(*spread(*talk(9)), speech=[Span(0.0, 30.0), Span(50.0, 55.0)])),
        ("review", film(*spread(*talk(9)), translation=Translation("hi", "en", {}, [MARKED]))),
    ],
)
def test_a_content_rule_refuses_a_film_only_above_the_profiles_share(rule: str, bad: Film) -> None:
    def refused(most: float) -> list[str]:
        limits = msgspec.structs.replace(bad.profile.gate, **{rule: most})
        where = film(*((cue.start, cue.end, "\n".join(cue.lines)) for cue in bad.cues), limits={"gate": limits},
                     speech=bad.speech, translation=bad.translation)  # fmt: skip
        quality = qc.check(where, "plain")
        share, allowed = quality.shares[rule]
        assert 0 < share < 0.5 and allowed == most
        return [reason for reason in quality.refused if reason.startswith(rule)]

    (reason,) = refused(0.0)
    assert "% at most (" in reason
    assert refused(0.5) == []


def test_one_severe_finding_refuses_a_film_and_the_reason_names_the_first_cues() -> None:
    said = [(float(n), n + 1.5, "Hm.") for n in range(1, 7)]
    assert qc.check(film(*said), "plain").refused == [
        "overlap: 5 cues (2 at 0:00:02.0, 3 at 0:00:03.0, 4 at 0:00:04.0, …)",
        "repeated: 83.3% of the cues, 2% at most (2 at 0:00:02.0, 3 at 0:00:03.0, 4 at 0:00:04.0, …)",
    ]


def test_good_subtitles_pass() -> None:
    known: dict[str, Any] = {"frame_rate": 24.0, "cuts": [55.0], "speech": [Span(3.0, 50.0)], "duration": 90.0}
    quality = qc.check(film(*spread(*talk(12)), translation=HINDI, **known), "plain")
    assert (quality.findings, quality.refused, quality.count) == ([], [], 12)
    assert quality.rules == dict.fromkeys((rule.name for rule in qc.RULES), 0)


def test_no_cues_are_a_report_too_and_good_where_nobody_speaks() -> None:
    quality = qc.check(film(), "plain")
    assert (quality.count, quality.findings, quality.refused) == (0, [], [])
    assert qc.check(film(speech=[]), "plain").refused == []
    assert qc.check(film(speech=[Span(1, 3)]), "plain").refused == [
        "coverage: 100.0% of the speech, 10% at most (at 0:00:01.0)"
    ]


LETTERS = st.text(st.characters(codec="utf-8"), max_size=40)
TIMES = st.floats(0, 1e5, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(TIMES, TIMES, LETTERS), max_size=12),
    st.sampled_from(["en", "hi", "ur", "ta"]),
    st.sampled_from(sorted(PROFILES)),
    st.lists(TIMES, max_size=3),
)
def test_no_text_and_no_times_are_too_much(said: list[Said], language: str, by: str, cuts: list[float]) -> None:
    speech = [Span(one, one + 1) for one in sorted(set(cuts))][:1]
    known: dict[str, Any] = {"cuts": sorted(cuts), "speech": speech, "frame_rate": 25.0, "translation": HINDI}
    quality = qc.check(film(*said, language=language, by=by, **known), by)
    assert list(qc.report(quality))
    assert not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for line in qc.report(quality) for sign in line
    )
    assert documents.encode(quality)


def test_a_film_of_one_endless_line_has_a_small_report() -> None:
    quality = qc.check(film((1.0, 2.0, "ha " * 30_000)), "plain")
    assert sum(len(one.text) for one in quality.findings) < 3000


# --- the stage ------------------------------------------------------------------------------------

MEDIA = Media(
    "Matroska",
    9.0,
    1,
    [documents.Stream(0, "video", "h264", frame_rate="24/1"), documents.Stream(1, "audio", "opus")],
    [],
    documents.AudioChoice(1, "the only one"),
)
OVERLAPPING = "1\n00:00:01,000 --> 00:00:03,000\nOne.\n\n2\n00:00:02,500 --> 00:00:05,000\nTwo.\n"


@pytest.fixture
def check(run_in: Any, tmp_path: Path) -> Any:
    """Runs the stage on a text: its report."""

    def run(text: str, *more: object) -> Quality:
        folder = tmp_path / "film"
        folder.mkdir(exist_ok=True)
        (folder / "en.srt").write_text(text, encoding="utf-8")
        run_in(
            *("common", "stages/qc.py", "--subtitles", folder / "en.srt", "--language", "en"),
            *("--profile", CUES / "plain.toml", *more, "--out", folder / "en.qc.json"),
        )
        return documents.read(folder / "en.qc.json", Quality)

    return run


def test_the_stage_succeeds_whatever_it_finds_and_writes_its_report(check: Any, tmp_path: Path) -> None:
    quality = check(OVERLAPPING)
    assert (quality.language, quality.profile, quality.count, quality.rules["overlap"]) == ("en", "plain", 2, 1)
    assert quality.refused == ["overlap: 1 cue (2 at 0:00:02.5)"]
    record = json.loads((tmp_path / "film" / "run" / "qc.en.json").read_bytes())
    assert record["refused"] == quality.refused
    assert "overlap – no two cues at once: 1 severe" in (tmp_path / "film" / "log" / "qc.en.log").read_text("utf-8")
    assert check("").count == 0


def test_the_stage_uses_all_that_is_known_of_the_film(check: Any, tmp_path: Path) -> None:
    known = {
        "media": MEDIA,
        "shots": documents.Shots(9.0, "adaptive", [4.6]),
        "speech": documents.Speech(9.0, "silero", [Span(7.0, 9.0)], []),
        "songs": documents.Songs(9.0, "firered", [Span(1.0, 3.0)]),
        "translation": Translation("hi", "en", {}, [Translated(1, 1.0, 3.0, "One.", "एक।", review=["doubtful"])]),
    }
    given: list[object] = []
    for name, document in known.items():
        (tmp_path / f"{name}.json").write_bytes(documents.encode(document))
        given += [f"--{name}", tmp_path / f"{name}.json"]
    quality = check(OVERLAPPING, *given)
    assert len(quality.rules) == len(qc.RULES)
    by_rule = {one.rule: one.cue for one in quality.findings}
    assert by_rule == {"overlap": 2, "shot_window": 2, "coverage": None, "review": 1}
    assert check("1\n00:00:04,010 --> 00:00:06,000\nOne.\n", *given).rules["frame_grid"] == 1


def test_the_readers_decide_how_fast_is_too_fast(check: Any) -> None:
    text = f"1\n00:00:01,000 --> 00:00:03,000\n{'a' * 38}\n"
    assert check(text).rules["cps"] == 0
    assert check(text, "--audience", "children").rules["cps"] == 1


# --- make qc --------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "w"
    for name in ("mk", "config", "stages"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "local.mk"))
    (root / "media").mkdir()
    (root / "envs" / "common" / "bin").mkdir(parents=True)
    python = root / "envs" / "common" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{ROOT}/envs/common/bin/python" "$@"\n')
    python.chmod(0o755)
    yield root


def qc_of(root: Path, file: object, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "mk/qc.py", *(words or ("",))],
        cwd=root,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, "FILE": str(file or "")},
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
    )


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if "__pycache__" not in path.parts}


def test_a_file_from_anywhere_is_checked_and_nothing_but_the_report_is_written(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "a; $(touch pwned) \"'\n`x` फ़िल्म.eng.srt"
    file.write_text(OVERLAPPING, encoding="utf-8")
    before = everything(tmp_path)
    done = qc_of(workspace, file)
    assert (done.returncode, done.stderr) == (1, "")
    verdict, reason, *rest = done.stdout.splitlines()
    assert verdict.endswith(".eng.srt: refused: 2 cues in English by plain")
    assert reason == "  overlap: 1 cue (2 at 0:00:02.5)"
    assert "      2  0:00:02.5  it begins 0.500 s before cue 1 ends | Two." in rest
    new = sorted(everything(tmp_path) - before)
    assert new[:2] == ["w/out", "w/out/.qc"] and len(new) == 3
    assert rest[-1] == f"samvad: all of it, with what could be written instead: {new[2][2:]}"
    assert file.read_text(encoding="utf-8") == OVERLAPPING


def test_a_good_file_passes(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "good.hin.srt"
    file.write_text("1\n00:00:01,000 --> 00:00:03,000\nचलो।\n", encoding="utf-8")
    done = qc_of(workspace, file, "", "CUES=netflix")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("samvad: good.hin.srt: good to be shown: 1 cue in Hindi by netflix-hi\n")


def test_with_a_film_what_is_known_of_it_is_used_and_without_a_file_its_own_are_checked(
    workspace: Path, tmp_path: Path
) -> None:
    folder = workspace / "out" / "demo"
    folder.mkdir(parents=True)
    (workspace / "media" / "demo.mkv").write_bytes(b"a film")
    (folder / "media.json").write_bytes(documents.encode(MEDIA))
    (folder / "speech.json").write_bytes(documents.encode(documents.Speech(9.0, "silero", [Span(1.0, 5.0)], [])))
    marked = Translated(1, 1.0, 3.0, "One.", "एक।", review=["doubtful"])
    (folder / "en.revised.json").write_bytes(documents.encode(Translation("hi", "en", {}, [marked])))
    for name in ("en.srt", "en.sdh.srt", "hi.srt"):
        (folder / name).write_text("1\n00:00:01,010 --> 00:00:03,000\nOne.\n", encoding="utf-8")
    (tmp_path / "any.en.vtt").write_text("WEBVTT\n\n00:01.010 --> 00:03.000\nOne.\n", encoding="utf-8")
    assert "frame_grid: 1 cue" in qc_of(workspace, tmp_path / "any.en.vtt", "demo").stdout
    assert [path.name for path in (folder / "qc").iterdir()] == ["any-en.qc.json"]
    done = qc_of(workspace, "", "demo")
    assert [line.partition(": ")[2] for line in done.stdout.splitlines() if ".srt: " in line] == [
        "en.sdh.srt: refused: 1 cue in English by plain",
        "en.srt: refused: 1 cue in English by plain",
        "hi.srt: refused: 1 cue in Hindi by plain-Deva",
    ]
    report = documents.read(folder / "qc" / "en.qc.json", Quality)
    assert (report.rules["review"], report.rules["frame_grid"]) == (1, 1)
    assert "review" not in documents.read(folder / "qc" / "any-en.qc.json", Quality).rules


@pytest.mark.parametrize(
    ("name", "language", "sdh"),
    [
        ("film.en.srt", "en", False),
        ("film.eng.sdh.srt", "en", True),
        ("film.hi.srt", "hi", False),
        ("film.en.hi.srt", "en", True),
        ("Film (2001).English.forced.srt", "en", False),
        ("hi.srt", "hi", False),
        ("film.ks-Deva.srt", "ks-Deva", False),
        ("film.kas.srt", "ks", False),
        ("film.srt", "", False),
        ("sdh.srt", "", True),
    ],
)
def test_a_files_name_says_its_language(name: str, language: str, sdh: bool) -> None:
    script = (
        "import sys; sys.path.insert(0, 'mk'); import qc; from pathlib import Path; print(qc.named(Path(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", script, name], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.stdout == f"{(language, sdh)}\n"


@pytest.mark.parametrize(
    ("file", "words", "line"),
    [
        ("", [""], "which subtitles? Type: make qc FILE='/folder of/film.en.srt', or: make qc MOVIE=demo"),
        ("film.srt", [""], "film.srt: in which language is it? Type TGT=en as well, or name it film.en.srt"),
        ("film.srt", ["", "TGT=xx"], "film.srt: unknown language 'xx'. Type TGT=en as well, or name it film.en.srt"),
        ("film.en.docx", [""], "film.en.docx is no subtitle file by its name. Known: "),
        ("film.en.ass", [""], "film.en.ass has no cues that can be read: it is no subtitle file of its kind"),
        (".", [""], "is no file"),
        ("no\nfile.srt", [""], "no?file.srt does not exist"),
        ("film.srt", ["nofilm", "TGT=en"], "no film 'nofilm' in media/"),
        ("film.srt", ["", "TGT=en", "CUES=nix"], "unknown CUES 'nix'"),
    ],
)
def test_what_cannot_be_checked_is_one_line(
    workspace: Path, tmp_path: Path, file: str, words: list[str], line: str
) -> None:
    for name in ("film.srt", "film.en.docx", "film.en.ass"):
        (tmp_path / name).write_text("1\nnonsense\n", encoding="utf-8")
    done = qc_of(workspace, tmp_path / file if file else "", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("samvad: qc: ") and done.stderr.count("\n") == 1 and line in done.stderr


WORDS = ["I", "went", "home,", "and", "but", "the", "red", "car", "Mohan", "what?", "No!", "because"]


@pytest.mark.parametrize("seed", range(12))
def test_of_what_the_engine_makes_nothing_is_severe(seed: int) -> None:
    """Or a film would be refused for a fault that no person can mend."""
    chance = random.Random(seed)
    name = chance.choice(["plain", "netflix-en", "bbc"])
    limits = profile.read(ROOT / "config" / "cues" / f"{name}.toml").for_readers(chance.choice(["adult", "children"]))
    rate, zero = chance.choice([24000 / 1001, 25.0, 30000 / 1001, 50.0]), chance.choice([0.0, 0.08])
    said, now = [], 1.0
    for number in range(1, 80):
        words = []
        for _ in range(chance.randint(1, 14)):
            end = now + chance.uniform(0.05, 0.6)
            words.append(
                Word(
                    chance.choice(
                        ["I", "went", "home,", "and", "but", "the", "red", "car", "Mohan", "what?", "No!", "because"]
                    ),
                    now,
                    end,
                )
            )
            now = end + chance.choice([0.0, 0.0, 0.0, 0.3])
        text = " ".join(word.text for word in words)
        said.append(Segment(number, words[0].start, words[-1].end, text, words, speaker=chance.choice("AB")))
        now += chance.choice([0.0, 0.1, 0.4, 1.0, 3.0])
    cuts = sorted({round(zero + chance.randint(1, int(now * rate)) / rate, 3) for _ in range(int(now / 3))})
    made = cues.build(said, "en", limits, frame_rate=rate, frame_zero=zero, film_end=now + 5, cuts=cuts)
    where = Film(made, "en", limits, frame_rate=rate, frame_zero=zero, duration=now + 5, cuts=cuts)
    assert [one for one in qc.check(where, name).findings if one.severity == "severe"] == []
