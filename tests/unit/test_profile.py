"""Subtitle profiles: what they must say, and what a person is told when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from samvad import profile
from samvad.problem import Problem

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
    lines = PLAIN.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "mine.toml"
    path.write_text("".join(line for line in lines if not line.startswith(f"{key} =")), encoding="utf-8")
    with pytest.raises(Problem, match=f"`{key}`"):
        profile.read(path)


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
