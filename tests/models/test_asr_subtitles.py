"""The words of known subtitles found in the demo film's sound, by Whisper's attention."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES: list[dict[str, Any]] = json.loads((ROOT / "tests/demo/truth.json").read_text(encoding="utf-8"))["lines"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's audio.wav and speech.json."""
    out = tmp_path_factory.mktemp("sound") / "demo"
    film = ROOT / "media/demo.mkv"
    run("common", "probe", "--media", film, "--source", "hi", "--out", out / "media.json")
    run("common", "demux", "--media", film, "--info", out / "media.json", "--out", out / "audio.wav")
    given = ("--threshold", 0.4, "--padding", 0.4)
    run("whisperx", "speech", "--audio", out / "audio.wav", *given, "--out", out / "speech.json")
    return out


def run(environment: str, stage: str, *arguments: object) -> str:
    done = subprocess.run(
        [ROOT / f"envs/{environment}/bin/python", ROOT / f"stages/{stage}.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def heard(sound: Path, ratio: float, offset: float, lines: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """What asr_subtitles says and makes of these lines, their times stretched and moved."""
    cues = [
        {
            **{"id": number, "lines": [line["hi"]]},
            **{"start": ratio * line["start"] + offset, "end": ratio * (line["end"] + 0.5) + offset},
        }
        for number, line in enumerate(lines, 1)
    ]
    document = {"format": "samvad.subtitles/1", "language": "hi", "origin": "a test", "cues": cues}
    (sound / "subtitles.json").write_text(json.dumps(document), encoding="utf-8")
    said = run(
        *("whisperx", "asr_subtitles", "--audio", sound / "audio.wav", "--speech", sound / "speech.json"),
        *("--subtitles", sound / "subtitles.json", "--language", "hi", "--model", ROOT / "models/asr/base/ct2"),
        *("--device", "cpu", "--compute", "int8", "--out", sound / "asr.json"),
    )
    found: list[dict[str, Any]] = json.loads((sound / "asr.json").read_text(encoding="utf-8"))["segments"]
    return said, found


@pytest.mark.parametrize(
    ("ratio", "offset", "words"),
    [
        (1.0, 0.0, "they fit as they are"),
        (1.0, 2.5, "moved by -2.5"),
        (25 / (24000 / 1001), 0.0, "stretched by 0.9"),
    ],
)
def test_lines_are_found_where_they_are_spoken(sound: Path, ratio: float, offset: float, words: str) -> None:
    said, segments = heard(sound, ratio, offset, LINES)
    assert words in said and f"{len(LINES)} of {len(LINES)} utterances found in the sound" in said
    assert [segment["text"] for segment in segments] == [line["hi"] for line in LINES]
    starts = np.abs([segment["start"] - line["start"] for segment, line in zip(segments, LINES, strict=True)])
    ends = np.abs([segment["end"] - line["end"] for segment, line in zip(segments, LINES, strict=True)])
    # Measured: starts 0.02 s (median) and 0.05 s (95th percentile), ends 0.07 and 0.09.
    assert np.median(starts) < 0.08 and np.percentile(starts, 95) < 0.2
    assert np.median(ends) < 0.15 and np.percentile(ends, 95) < 0.3
    for before, after in zip(segments, segments[1:], strict=False):
        assert before["end"] <= after["start"] + 0.001
    for segment in segments:
        assert " ".join(word["text"] for word in segment["words"]) == segment["text"]


def test_what_nobody_says_keeps_its_time_and_a_line_says_how_little_was_found(sound: Path) -> None:
    others = [{**line, "hi": LINES[(number + 5) % len(LINES)]["hi"]} for number, line in enumerate(LINES)]
    said, segments = heard(sound, 1.0, 0.0, others)
    found = int(said.partition(" of 16 utterances")[0].rpartition(" ")[2])
    assert found <= 4
    assert "so few that they may be another film's" in said
    assert len(segments) == len(LINES)
