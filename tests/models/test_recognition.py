"""Whisper base on the demo film: what is heard, where it is put, what becomes of it in English."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import measure

from samvad.documents import Detection, Recognition, Speech, Transcript, Translation, covered, encode, read

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def model(root: Path) -> list[str]:
    folder = root / "models" / "asr" / "base" / "ct2"
    if not (folder / "model.bin").exists():
        pytest.skip("Whisper base is not here: make models")
    return ["--model", str(folder), "--device", "cpu", "--compute", "int8"]


@pytest.fixture(scope="module")
def truth(root: Path) -> Lines:
    lines: Lines = json.loads((root / "tests" / "demo" / "truth.json").read_text(encoding="utf-8"))["lines"]
    return lines


@pytest.fixture(scope="module")
def film(root: Path, run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's audio.wav and speech.json."""
    out = tmp_path_factory.mktemp("recognition") / "demo"
    film = root / "media" / "demo.mkv"
    run_in("common", "stages/probe.py", "--media", film, "--source", "hi", "--out", out / "media.json")
    given = ["--media", film, "--info", out / "media.json"]
    run_in("common", "stages/demux.py", *given, "--out", out / "audio.wav")
    voice = ["--threshold", 0.4, "--padding", 0.4]
    run_in("whisperx", "stages/speech.py", "--audio", out / "audio.wav", *voice, "--out", out / "speech.json")
    return out


@pytest.fixture(scope="module")
def heard(film: Path, model: list[str], run_in: Run) -> Recognition:
    out = film / "asr.json"
    given = ["--audio", film / "audio.wav", "--speech", film / "speech.json", "--language", "hi"]
    run_in("whisperx", "stages/asr_whisperx.py", *given, *model, "--model-name", "base", "--out", out)
    return read(out, Recognition)


@pytest.fixture(scope="module")
def english(film: Path, model: list[str], heard: Recognition, run_in: Run) -> Translation:
    transcript = film / "transcript.json"
    transcript.write_bytes(encode(Transcript("hi", {"asr": "whisperx base"}, heard.segments)))
    given = ["--audio", film / "audio.wav", "--transcript", transcript, "--source", "hi", "--target", "en"]
    name = ["--engine", "whisperx", "--model-name", "base"]
    run_in("whisperx", "stages/translation_whisper.py", *given, *model, *name, "--out", film / "en.json")
    return read(film / "en.json", Translation)


def spoken(truth: Lines, language: str) -> list[measure.Cue]:
    return [measure.Cue(line["start"], line["end"], line[language]) for line in truth]


def test_speech_is_found_where_somebody_speaks_and_not_in_the_music(film: Path, truth: Lines) -> None:
    speech = read(film / "speech.json", Speech)
    lines = spoken(truth, "hi")
    assert measure.coverage(lines, speech.speech, share=0.75) == 1.0
    assert measure.coverage(lines, speech.chunks, share=0.999) == 1.0
    assert covered(speech.speech) < 1.1 * sum(line.end - line.start for line in lines)
    assert max(chunk.end - chunk.start for chunk in speech.chunks) <= 30.0


def test_an_hour_needs_little_more_memory_than_some_minutes(film: Path, run_in: Run, tmp_path: Path) -> None:
    once = read(film / "speech.json", Speech).chunks
    sound = (film / "audio.wav").read_bytes()
    samples = sound.index(b"data") + 8
    peaks = []
    for seconds in (400, 3600):
        folder = tmp_path / str(seconds)
        folder.mkdir()
        with (folder / "audio.wav").open("wb") as file:
            # How long it is the header leaves open; a hole in the file between two demos is silence.
            file.write(sound[: samples - 4] + b"\xff\xff\xff\xff" + sound[samples:])
            file.seek(samples + seconds * 16_000 * 2)
            file.write(sound[samples:])
        given = ["--audio", folder / "audio.wav", "--threshold", 0.4, "--padding", 0.4]
        run_in("whisperx", "stages/speech.py", *given, "--out", folder / "speech.json")
        again = read(folder / "speech.json", Speech).chunks[len(once) :]
        assert [chunk.start - seconds for chunk in again] == pytest.approx([chunk.start for chunk in once], abs=0.1)
        peaks.append(json.loads((folder / "run" / "speech.json").read_bytes())["peak_memory_bytes"])
    assert peaks[1] - peaks[0] < 40e6, peaks  # the hour is 115 MB


def test_the_demo_is_heard_and_written_in_devanagari(heard: Recognition, truth: Lines) -> None:
    said = " ".join(line["hi"] for line in truth)
    text = " ".join(segment.text for segment in heard.segments)
    assert measure.consonant_cer(said, text) < 0.10
    assert measure.letters_cer(said, text) < 0.20
    assert measure.script_share(text, "Devanagari") > 0.95


def test_every_line_begins_where_it_is_spoken(heard: Recognition, truth: Lines) -> None:
    cues = [measure.Cue(part.start, part.end, part.text) for part in heard.segments]
    assert measure.coverage(spoken(truth, "hi"), cues) == 1.0
    error = measure.start_error(spoken(truth, "hi"), cues)
    assert error.median < 0.1 and error.p95 < 0.4


def test_words_stand_in_the_line_that_they_were_said_in(heard: Recognition, truth: Lines) -> None:
    words = [measure.Cue(word.start, word.end, word.text) for part in heard.segments for word in part.words]
    lines = measure.by_line(spoken(truth, "hi"), words)
    errors = [measure.consonant_cer(line["hi"], text) for line, text in zip(truth, lines, strict=True)]
    assert sorted(errors)[-2] < 0.4


def test_the_english_says_the_same_at_the_same_time(english: Translation, truth: Lines) -> None:
    cues = [measure.Cue(part.start, part.end, part.text) for part in english.sentences]
    lines = spoken(truth, "en")
    assert measure.chrf([line.text for line in lines], measure.by_line(lines, cues)) > 50
    assert measure.coverage(lines, cues) > 0.9
    assert measure.start_error(lines, cues).median < 0.1
    assert english.models == {"asr": "whisperx base", "translation": "whisper base"}


#: Decodes the chunks given in seconds at a temperature that draws lots, and prints what it heard in the last one.
LOTS = """
import json, sys
from pathlib import Path
sys.path.insert(0, "stages")
from samvad import engine
from samvad.audio import load_audio
from samvad.documents import Span
from samvad.whisper_ct2 import Engine
engine.TEMPERATURES = (0.8,)
audio = load_audio(Path(sys.argv[2]))
chunks = [Span(*pair) for pair in json.loads(sys.argv[3])]
for _, heard in Engine(Path(sys.argv[1]), "cpu", "int8").decode(audio, chunks, "ur", "transcribe", False):
    pass
print(json.dumps(heard))
"""


def test_lots_are_drawn_for_each_chunk_by_itself(film: Path, model: list[str], truth: Lines, run_in: Run) -> None:
    spans = [[line["start"] - 0.3, line["end"] + 0.3] for line in truth[1:3]]
    found = [
        json.loads(run_in("whisperx", "-c", LOTS, model[1], film / "audio.wav", json.dumps(chunks)).stdout)
        for chunks in (spans, spans[1:])
    ]
    assert found[0] and found[0] == found[1]


def test_a_killed_recognition_continues_with_the_next_batch(
    film: Path, model: list[str], truth: Lines, root: Path, run_in: Run, tmp_path: Path
) -> None:
    spans = [{"start": line["start"] - 0.3, "end": line["end"] + 0.3} for line in truth[:4]]
    speech = {"format": "samvad.speech/1", "duration": 40.0, "detector": "test", "speech": spans, "chunks": spans}
    (tmp_path / "speech.json").write_text(json.dumps(speech))
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()

    def arguments(name: str) -> list[str]:
        given = ["--audio", str(film / "audio.wav"), "--speech", str(tmp_path / "speech.json"), "--language", "hi"]
        return [*given, *model, "--model-name", "base", "--out", str(tmp_path / name / "asr.json")]

    run_in("whisperx", "stages/asr_whisperx.py", *arguments("whole"))
    journal = tmp_path / "killed" / ".journal" / "asr.json"
    command = [str(root / "envs/whisperx/bin/python"), "stages/asr_whisperx.py", *arguments("killed")]
    process = subprocess.Popen(command, cwd=root, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.02)
    process.kill()
    assert process.wait() < 0, "it was done before it could be killed"
    finished = journal.read_bytes().count(b"\n") - 1
    assert 1 <= finished < 4 and not (tmp_path / "killed" / "asr.json").exists()

    done = run_in("whisperx", "stages/asr_whisperx.py", *arguments("killed"))
    assert "continues at" in done.stderr
    record = json.loads((tmp_path / "killed" / "run" / "asr.json").read_text())
    assert record["batches_resumed"] == finished
    assert (tmp_path / "killed/asr.json").read_bytes() == (tmp_path / "whole/asr.json").read_bytes()
    assert not journal.exists()


def test_hindi_is_heard_as_hindi(film: Path, model: list[str], run_in: Run) -> None:
    given = ["--audio", film / "audio.wav", "--speech", film / "speech.json", "--engine", "whisperx"]
    done = run_in("whisperx", "stages/detect.py", *given, *model, "--out", film / "language.json")
    found = read(film / "language.json", Detection)
    assert found.language == "hi" and not found.close
    assert "demo: Hindi" in done.stderr and "SRC=ur" in done.stderr


def test_whisper_translates_into_english_only(film: Path, model: list[str], run_in: Run) -> None:
    given = ["--audio", film / "audio.wav", "--transcript", film / "none.json", "--source", "hi"]
    name = ["--target", "ta", "--engine", "whisperx", "--model-name", "base", "--out", film / "ta.json"]
    done = run_in("whisperx", "stages/translation_whisper.py", *given, *model, *name, check=False)
    assert done.returncode == 1
    assert "into English only" in done.stderr and "PROFILE=standard" in done.stderr


def test_a_model_that_is_not_there_is_one_line(film: Path, run_in: Run) -> None:
    given = ["--audio", film / "audio.wav", "--speech", film / "speech.json", "--language", "hi"]
    name = ["--model", film / "none", "--model-name", "base", "--out", film / "x.json"]
    done = run_in("whisperx", "stages/asr_whisperx.py", *given, *name, check=False)
    assert done.returncode == 1
    assert "make models" in done.stderr and "Traceback" not in done.stderr
