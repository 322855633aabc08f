"""The songs stage on generated speech, speech over music and song: only the song is marked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from samvad.documents import Songs, read

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def model(root: Path) -> Path:
    folder = root / "models" / "songs" / "firered" / "safetensors"
    if not (folder / "model.safetensors").exists():
        pytest.skip("the network for songs is not here: make models")
    return folder


def test_only_the_song_is_marked(root: Path, run_in: Run, model: Path, tmp_path: Path) -> None:
    clip = root / "tests" / "data" / "song.opus"
    out = tmp_path / "clip"
    run_in("common", "stages/probe.py", "--media", clip, "--source", "hi", "--out", out / "media.json")
    given = ["--media", clip, "--info", out / "media.json"]
    run_in("common", "stages/demux.py", *given, "--out", out / "audio.wav")
    given = ["--audio", out / "audio.wav", "--model", model]
    run_in("whisperx", "stages/songs.py", *given, "--out", out / "songs.json")
    found = read(out / "songs.json", Songs)
    truth = json.loads((root / "tests" / "data" / "song.json").read_text(encoding="utf-8"))
    (sung,) = [part["song"] for part in truth["parts"] if "song" in part]
    (song,) = found.songs
    assert song.start == pytest.approx(sung["start"], abs=1) and song.end == pytest.approx(sung["end"], abs=1)


def test_without_its_network_the_stage_says_what_to_type(run_in: Run, root: Path, tmp_path: Path) -> None:
    given = ["--audio", tmp_path / "audio.wav", "--model", tmp_path, "--out", tmp_path / "out" / "songs.json"]
    done = run_in("whisperx", "stages/songs.py", *given, check=False)
    assert done.returncode == 1 and "model.safetensors does not exist. make models" in done.stderr
    assert "Traceback" not in done.stderr
