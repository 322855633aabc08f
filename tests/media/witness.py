"""Programs that are not ours, which say what is in a film: mkvmerge, mkvinfo, mkvextract and ffprobe.

Where one is not installed, the tests that ask it are skipped, with its name.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

#: Flags of a track, by mkvmerge's names, that are set.
FLAGS = ("default_track", "forced_track", "flag_hearing_impaired", "flag_visual_impaired", "flag_text_descriptions",
         "flag_original", "flag_commentary")  # fmt: skip


def ask(program: str, *arguments: object) -> str:
    """What the program says."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def identified(path: Path) -> dict[str, Any]:
    """mkvmerge -J."""
    found: dict[str, Any] = json.loads(ask("mkvmerge", "-J", path))
    assert found["errors"] == []
    return found


def row(track: dict[str, Any]) -> tuple[str, str, str | None, str | None, str | None, list[str]]:
    """Kind, codec, language, its BCP 47, name and flags of one of mkvmerge's tracks."""
    of = track["properties"]
    flags = [flag.removeprefix("flag_").removesuffix("_track") for flag in FLAGS if of.get(flag)]
    return track["type"], track["codec"], of.get("language"), of.get("language_ietf"), of.get("track_name"), flags


def tracks(path: Path) -> list[tuple[str, str, str | None, str | None, str | None, list[str]]]:
    return [row(track) for track in identified(path)["tracks"]]


def probed(path: Path, *more: str) -> dict[str, Any]:
    """ffprobe's streams, chapters and format."""
    shown = ("-show_streams", "-show_chapters", "-show_format", "-of", "json")
    found: dict[str, Any] = json.loads(ask("ffprobe", "-v", "error", *shown, *more, path))
    return found
