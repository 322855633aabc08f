"""Films made once a session, and the three stages run as a recipe would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import films

from samvad import documents

Film = Callable[[str], Path]
Stage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """`film("late.mp4")`: the path of that film (see films.py)."""
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = films.make(name, tmp_path_factory.mktemp("films"))
        return made[name]

    return get


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of a film's results; its name is the film's."""
    return tmp_path / "film"


@pytest.fixture
def probe(run_in: Stage, out: Path) -> Callable[..., dict[str, Any]]:
    """`probe(path, "--source", "hi")`: media.json, read."""

    def run(path: Path, *more: object) -> dict[str, Any]:
        run_in("common", "stages/probe.py", "--media", path, *more, "--out", out / "media.json")
        media: dict[str, Any] = msgspec.json.decode((out / "media.json").read_bytes())
        return media

    return run


@pytest.fixture
def demux(run_in: Stage, out: Path) -> Callable[..., np.ndarray[Any, Any]]:
    """`demux(path)`: the samples of audio.wav, after checking its format."""

    def run(path: Path) -> np.ndarray[Any, Any]:
        run_in(
            *("common", "stages/demux.py", "--media", path, "--info", out / "media.json"),
            *("--out", out / "audio.wav"),
        )
        return films.samples(out / "audio.wav")

    return run


@pytest.fixture
def mux(run_in: Stage, probe: Callable[..., dict[str, Any]], out: Path) -> Callable[..., Any]:
    """`mux(film, "--default", "en", hi=HINDI, en=ENGLISH)`: probes, writes the SRTs, makes final.mkv (`final`)."""

    def run(
        path: Path, *more: object, check: bool = True, final: str = "final.mkv", **texts: str
    ) -> subprocess.CompletedProcess[str]:
        probe(path)
        given: list[object] = []
        for label, text in texts.items():
            (out / f"{label}.srt").write_text(text, encoding="utf-8")
            given += ["--subtitle", f"{label}={out / f'{label}.srt'}"]
        transcript = documents.Transcript("hi", {"asr": "whisperx base"}, [])
        (out / "transcript.json").write_bytes(documents.encode(transcript))
        given += ["--transcript", out / "transcript.json"]
        return run_in(
            *("common", "stages/mux.py", "--media", path, "--info", out / "media.json", *given, *more),
            *("--out", out / final),
            check=check,
        )

    return run
