"""Whisper base on a clip in which Hindi and English take turns (tests/quality/make_two_languages.py)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import measure

from samvad.documents import Recognition, Segment, Transcript, Translation, encode, read

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]

#: Seconds of a line. What is shorter, a single word, follows its neighbours: it may as well be either.
LINE = 1.5
#: As config/defaults.mk has it.
VOICE = ("--threshold", 0.4, "--padding", 0.4)


@pytest.fixture(scope="module")
def model(root: Path) -> list[str]:
    folder = root / "models" / "asr" / "base" / "ct2"
    if not (folder / "model.bin").exists():
        pytest.skip("Whisper base is not here: make models")
    return ["--model", str(folder), "--model-name", "base", "--device", "cpu", "--compute", "int8"]


@pytest.fixture(scope="module")
def film(root: Path, model: list[str], run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the stages up to asr make of the clip."""
    out = tmp_path_factory.mktemp("two") / "clip"
    clip = root / "tests" / "data" / "hi-en.mkv"
    run_in("common", "stages/probe.py", "--media", clip, "--source", "hi en", "--out", out / "media.json")
    given = ["--media", clip, "--info", out / "media.json"]
    run_in("common", "stages/demux.py", *given, "--out", out / "audio.wav")
    run_in("whisperx", "stages/speech.py", "--audio", out / "audio.wav", *VOICE, "--out", out / "speech.json")
    heard = ["--audio", out / "audio.wav", "--speech", out / "speech.json", "--language", "hi", "--language", "en"]
    run_in("whisperx", "stages/asr_whisperx.py", *heard, *model, "--out", out / "asr.json")
    return out


def turns(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((root / "tests/data/hi-en.json").read_text(encoding="utf-8"))["turns"]
    return [turn for turn in found if turn["end"] - turn["start"] >= LINE]


def within(segments: list[Segment], turn: dict[str, Any]) -> list[Segment]:
    return [part for part in segments if part.start < turn["end"] and part.end > turn["start"]]


def test_every_line_is_heard_in_its_own_language(root: Path, film: Path) -> None:
    found = read(film / "asr.json", Recognition)
    assert found.language == "hi"
    assert {turn["language"] for turn in turns(root)} == {"hi", "en"}
    for turn in turns(root):
        parts = within(found.segments, turn)
        assert {part.language or "hi" for part in parts} == {turn["language"]}, turn
        text = " ".join(part.text for part in parts)
        script = {"hi": "Devanagari", "en": "Latin"}[turn["language"]]
        assert measure.script_share(text, script) == 1.0
        assert measure.consonant_cer(turn["text"], text) < 0.25


def test_what_is_english_already_is_its_own_translation(root: Path, film: Path, model: list[str], run_in: Run) -> None:
    heard = read(film / "asr.json", Recognition)
    (film / "transcript.json").write_bytes(encode(Transcript("hi", {"asr": "whisperx base"}, heard.segments)))
    given = ["--audio", film / "audio.wav", "--transcript", film / "transcript.json", "--engine", "whisperx"]
    languages = ["--source", "hi", "--source", "en", "--target", "en"]
    run_in("whisperx", "stages/translation_whisper.py", *given, *languages, *model, "--out", film / "en.json")
    sentences = read(film / "en.json", Translation).sentences
    said = {part.text for part in heard.segments if part.language == "en"}
    assert said and said <= {sentence.text for sentence in sentences}
    rest = [sentence for sentence in sentences if sentence.source not in said]
    assert rest and all(measure.script_share(sentence.text, "Latin") == 1.0 for sentence in rest)
    assert all(sentence.text != sentence.source for sentence in rest)
