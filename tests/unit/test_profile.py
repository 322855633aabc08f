"""Subtitle profiles: what they must say, and what a person is told when they do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from samvad import profile
from samvad.cues import build
from samvad.documents import Cue, Segment, Word
from samvad.problem import Problem
from samvad.profile import Profile
from samvad.textmeasure import graphemes

PLAIN = Path(__file__).resolve().parents[2] / "config" / "cues" / "plain.toml"


def changed(folder: Path, old: str, new: str) -> Path:
    text = PLAIN.read_text(encoding="utf-8")
    assert old in text
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_plain_profile_is_two_lines_of_42_characters() -> None:
    plain = profile.read(PLAIN)
    assert (plain.lines, plain.characters_per_line, plain.gap_frames) == (2, 42, 2)
    assert (plain.min_duration, plain.max_duration, plain.linger) == (0.834, 7.0, 0.5)


def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    path = changed(tmp_path, "characters_per_line", "character_per_lines")
    with pytest.raises(Problem, match=r"mine\.toml: unknown key 'character_per_lines'.*'characters_per_line'"):
        profile.read(path)


@pytest.mark.parametrize("key", profile.Profile.__struct_fields__)
def test_every_key_must_be_there(tmp_path: Path, key: str) -> None:
    text = PLAIN.read_text(encoding="utf-8")
    whole, gate = text.split("[gate]")
    lines = whole.splitlines(keepends=True)
    path = tmp_path / "mine.toml"
    kept = "".join(line for line in lines if not line.startswith(f"{key} ="))
    path.write_text(kept if key == "gate" else f"{kept}[gate]{gate}", encoding="utf-8")
    with pytest.raises(Problem, match=f"`{key}`"):
        profile.read(path)


@pytest.mark.parametrize("key", profile.Gate.__struct_fields__)
def test_every_key_of_the_gate_must_be_there(tmp_path: Path, key: str) -> None:
    whole, gate = PLAIN.read_text(encoding="utf-8").split("[gate]")
    kept = "".join(line for line in gate.splitlines(keepends=True) if not line.startswith(f"{key} ="))
    path = tmp_path / "mine.toml"
    path.write_text(f"{whole}[gate]{kept}", encoding="utf-8")
    with pytest.raises(Problem, match=f"`{key}`.*gate"):
        profile.read(path)


def test_an_unknown_key_of_the_gate_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"unknown key 'coverge'.*'coverage'"):
        profile.read(changed(tmp_path, "coverage =", "coverge ="))


def test_a_profile_says_what_differs_from_its_base_and_that_from_its_own(tmp_path: Path) -> None:
    (tmp_path / "plain.toml").write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "slow.toml").write_text('base = "plain"\ncps = 12.0\n[gate]\ncps = 0.5\n', encoding="utf-8")
    (tmp_path / "mine.toml").write_text('base = "slow"\nlines = 1\n[gate]\nreview = 0.3\n', encoding="utf-8")
    mine, plain = profile.read(tmp_path / "mine.toml"), profile.read(PLAIN)
    assert (mine.lines, mine.cps, mine.characters_per_line) == (1, 12.0, plain.characters_per_line)
    assert (mine.gate.review, mine.gate.cps, mine.gate.coverage) == (0.3, 0.5, plain.gate.coverage)


@pytest.mark.parametrize("base", ['base = "mine"', 'base = "other"'])
def test_a_base_that_leads_back_is_refused(tmp_path: Path, base: str) -> None:
    (tmp_path / "mine.toml").write_text(base, encoding="utf-8")
    (tmp_path / "other.toml").write_text('base = "mine"', encoding="utf-8")
    with pytest.raises(Problem, match="leads back"):
        profile.read(tmp_path / "mine.toml")


@pytest.mark.parametrize("base", ["../plain", "", ".."])
def test_a_base_is_a_name_beside_it(tmp_path: Path, base: str) -> None:
    (tmp_path / "mine.toml").write_text(f'base = "{base}"', encoding="utf-8")
    with pytest.raises(Problem):
        profile.read(tmp_path / "mine.toml")


@pytest.mark.parametrize("path", sorted(PLAIN.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_that_is_shipped_can_be_read(path: Path) -> None:
    assert profile.read(path).lines == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lines = 2", "lines = 0", "lines"),
        ("lines = 2", 'lines = "two"', "lines"),
        ("cps = 20.0", "cps = -1", "cps"),
        ("linger = 0.5", "linger = -0.5", "linger"),
        ("min_duration = 0.834", "min_duration = 8", "min_duration is longer than max_duration"),
        ("lines = 2", "lines 2", "not TOML"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        profile.read(changed(tmp_path, old, new))


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_no_amount_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(Problem, match="cps"):
        profile.read(changed(tmp_path, "cps = 20.0", f"cps = {value}"))


def test_a_missing_profile_names_those_that_there_are() -> None:
    with pytest.raises(Problem, match=r"no subtitle profile .*fancy\.toml.*plain"):
        profile.read(PLAIN.with_name("fancy.toml"))


# --- every setting is obeyed ----------------------------------------------------------------------------------

FILM = (
    "So you're telling me that after everything we went through, after all those nights in the "
    "hospital, you just want to walk away from it? I never said that. Look, when my father built this "
    "place he had nothing but a bicycle and a loan from a man who didn't even know his name."
)
DENSE = "This is said much too quickly for anyone"


def said(text: str, at: float = 1.0, cps: float = 13.0, speaker: str | None = None, song: bool = False) -> Segment:
    """A segment spoken evenly, without silence."""
    words = []
    for word in text.split():
        end = round(at + (graphemes(word) + 1) / cps, 3)
        words.append(Word(word, at, end))
        at = end
    return Segment(1, words[0].start, at, text, words, speaker=speaker, song=song)


def pause(seconds: float) -> list[Segment]:
    words = [Word("Come", 1.0, 1.5), Word("home", 1.5 + seconds, 2.0 + seconds)]
    return [Segment(1, 1.0, 2.0 + seconds, "Come home", words)]


def texts(found: list[Cue]) -> list[str]:
    return ["|".join(cue.lines) for cue in found]


def apart(found: list[Cue]) -> int:
    """Frames between the first two cues, of 24 a second."""
    return round((found[1].start - found[0].end) * 24)


QUICK = [said("Where are you?", speaker="A"), said("I am here.", at=2.3, speaker="B")]
EXCHANGE = [said("Coming?", speaker="A"), said("Yes.", at=1.5, speaker="B")]
#: 40 characters in half a second, and nothing around it.
RUSHED = [said(DENSE, at=5.0, cps=80)]
#: The same a moment before a song.
SQUEEZED = [said("Go home now.", speaker="A"), said(DENSE, at=5.0, cps=30, speaker="B")]
SQUEEZED.append(said("la la la", at=6.85, song=True))
CLOSE = [said("यह चाय बहुत अच्छी है"), said("तुम दिल्ली क्यों जा रहे हो", at=2.5)]

Found = Callable[[list[Cue]], Any]
#: Setting → another value, what is said, what is looked at, and what it must be without and with the other value.
SETTINGS: dict[str, tuple[Any, list[Segment], Found, Any, Any]] = {
    "characters_per_line": (
        30,
        [said(FILM)],
        lambda cues: max(graphemes(line) for cue in cues for line in cue.lines) > 30,
        True,
        False,
    ),
    "lines": (1, [said(FILM)], lambda cues: max(len(cue.lines) for cue in cues), 2, 1),
    "cps": (30.0, RUSHED, lambda cues: (cues[0].beyond, cues[0].end), ([], 7.0), ([], 6.333)),
    "min_duration": (1.5, [said("No.")], lambda cues: cues[0].end, 1.833, 2.5),
    "max_duration": (4.0, [said(FILM)], lambda cues: max(cue.end - cue.start for cue in cues) > 4, True, False),
    "gap_frames": (6, QUICK, apart, 2, 6),
    "frame_rate": (50.0, QUICK, lambda cues: round(cues[1].start - cues[0].end, 3), 0.084, 0.04),
    "linger": (0.0, RUSHED, lambda cues: (cues[0].end, cues[0].beyond), (7.0, []), (6.542, ["cps"])),
    "borrow_after": (0.0, RUSHED, lambda cues: (cues[0].end, cues[0].beyond), (7.0, []), (6.042, ["cps"])),
    "borrow_before": (0.0, SQUEEZED, lambda cues: (cues[1].start, cues[1].beyond), (4.75, []), (5.0, ["cps"])),
    "chain_below": (0.0, QUICK, apart, 2, 3),
    "pause": (0.2, CLOSE, len, 1, 2),
    "new_cue_pause": (0.9, pause(1.0), texts, ["Come home"], ["Come", "home"]),
    "shot_window": (0.25, [said(FILM, at=10.35)], lambda cues: cues[0].start, 10.0, 10.333),
    "shot_near": (0.2, [said(FILM, at=9.73)], lambda cues: cues[0].start, 10.0, 9.5),
    "dual_speakers": ("hyphen space", EXCHANGE, texts, ["-Coming?|-Yes."], ["- Coming?|- Yes."]),
    "italics": ("songs", [said("la la la", song=True)], lambda cues: cues[0].italic, False, True),
    "ellipsis": ("...", [said("Wait…")], texts, ["Wait…"], ["Wait..."]),
}
#: Which readers `cps` is for (for_readers); what is refused (tests/unit/test_qc.py).
NOT_THE_ENGINES = {"cps_children", "cps_sdh", "cps_sdh_children", "gate"}


def test_every_setting_has_its_example_here() -> None:
    assert {*SETTINGS, *NOT_THE_ENGINES} == set(Profile.__struct_fields__)


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_does_what_it_says(key: str) -> None:
    value, items, looked_at, before, after = SETTINGS[key]
    plain = profile.read(PLAIN)
    with_it = msgspec.structs.replace(plain, **{key: value})
    cuts = [10.0] if key.startswith("shot") else []
    assert looked_at(build(items, "en", plain, cuts=cuts)) == before
    assert looked_at(build(items, "en", with_it, cuts=cuts)) == after


def test_a_profile_is_for_its_readers() -> None:
    plain = msgspec.structs.replace(
        profile.read(PLAIN), cps=20.0, cps_children=17.0, cps_sdh=25.0, cps_sdh_children=19.0
    )
    assert plain.for_readers().cps == 20.0 and plain.for_readers("children").cps == 17.0
    assert plain.for_readers(sdh=True).cps == 25.0 and plain.for_readers("children", sdh=True).cps == 19.0


def test_an_ellipsis_counts_as_what_it_is_written_as() -> None:
    limits = msgspec.structs.replace(profile.read(PLAIN), characters_per_line=12)
    dotted = msgspec.structs.replace(limits, ellipsis="...")
    assert texts(build([said("Wait… please")], "en", limits)) == ["Wait… please"]
    assert texts(build([said("Wait… please")], "en", dotted)) == ["Wait...|please"]
