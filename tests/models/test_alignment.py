"""The alignment stage with a genuine wav2vec2 model, trained a moment ago to understand tones."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import wave
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Stage = Callable[..., "subprocess.CompletedProcess[str]"]
Document = dict[str, Any]

CHECKPOINT = Path(__file__).resolve().parents[1] / "checkpoints" / "wav2vec2.py"
_spec = importlib.util.spec_from_file_location("tones", CHECKPOINT)
assert _spec and _spec.loader
tones = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tones)

LINES = [
    ["कमल", "जब", "दिलली", "गया,", "तब", "हम", "सब", "सो", "रहे", "हे।"],
    ["उसका", "नाम", "OK", "मोहन", "15", "साल", "बाद", "Delhi", "2019", "आया।"],
]


@pytest.fixture(scope="module")
def model(run_in: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tones"
    run_in("whisperx", "tests/checkpoints/wav2vec2.py", folder)
    return folder


class Film:
    """Tones of some lines, one after the other, and what a recogniser with poor times heard."""

    def __init__(self, folder: Path, lines: Sequence[Sequence[str]] = LINES) -> None:
        self.folder = folder
        self.truth: list[list[tuple[float, float]]] = []
        parts, segments, now = [np.zeros(tones.RATE * 2, np.float32)], [], 2.0
        for number, words in enumerate(lines):
            said = [word.rstrip(",।") for word in words]
            samples, times, _ = tones.speak(said, seed=number)
            end = now + len(samples) / tones.RATE
            self.truth.append([(now + begin, now + over) for begin, over in times])
            step = (end - now) / len(words)
            segments.append(
                {
                    **{"id": number, "start": now, "end": end, "text": " ".join(words)},
                    "words": [
                        {
                            "text": word,
                            "start": now + step * n,
                            "end": now + step * (n + 1),
                            "probability": 0.5,
                        }
                        for n, word in enumerate(words)
                    ],
                }
            )
            parts.extend([samples, np.zeros(tones.RATE, np.float32)])
            now = end + 1.0
        folder.mkdir()
        with wave.open(str(folder / "audio.wav"), "wb") as file:
            file.setparams((1, 2, tones.RATE, 0, "NONE", ""))
            file.writeframes((np.concatenate(parts) * 32767).astype("<i2").tobytes())
        self.segments = segments
        self.write(segments)

    def write(self, segments: list[Document]) -> None:
        heard = {"language": "hi", "engine": "mlx", "model": "base", "segments": segments}
        text = json.dumps({"format": "samvad.asr/1", **heard}, ensure_ascii=False)
        (self.folder / "asr.json").write_text(text, encoding="utf-8")

    def align(
        self, run_in: Stage, aligner: object, language: str = "hi", check: bool = True, compute: str = "auto"
    ) -> subprocess.CompletedProcess[str]:
        return run_in(
            *("whisperx", "stages/alignment.py", "--audio", self.folder / "audio.wav"),
            *("--asr", self.folder / "asr.json", "--language", language, "--aligner", aligner),
            *("--device", "cpu", "--compute", compute, "--out", self.folder / "aligned.json"),
            check=check,
            OMP_NUM_THREADS="1",
        )

    def result(self) -> Document:
        document: Document = json.loads((self.folder / "aligned.json").read_bytes())
        return document


@pytest.fixture
def film(tmp_path: Path) -> Film:
    return Film(tmp_path / "film")


def test_words_are_found_where_they_are_spoken(run_in: Stage, model: Path, film: Film) -> None:
    film.align(run_in, model)
    aligned = film.result()
    assert (aligned["format"], aligned["aligner"]) == ("samvad.aligned/1", "tones")
    assert (aligned["language"], aligned["engine"], aligned["model"]) == ("hi", "mlx", "base")

    record = json.loads((film.folder / "run" / "alignment.json").read_bytes())
    assert {"whisperx", "torch", "torchaudio", "transformers"} <= record["packages"].keys()
    assert record["interpreter"] == "envs/whisperx/bin/python"

    for segment, words, truth in zip(aligned["segments"], LINES, film.truth, strict=True):
        # Nothing lost, nothing out of order, nothing outside; the recogniser's confidence kept.
        assert [word["text"] for word in segment["words"]] == words
        assert segment["words"][0]["start"] >= segment["start"]
        assert segment["words"][-1]["end"] <= segment["end"]
        for left, right in pairwise(segment["words"]):
            assert left["start"] < left["end"] <= right["start"]
        assert {word["probability"] for word in segment["words"]} == {0.5}
        for word, (begin, end) in zip(segment["words"], truth, strict=True):
            spelt = all(letter in tones.LETTERS for letter in word["text"].rstrip(",।"))
            # Numbers and Latin words stand for unknown letters: they are found by what is around them.
            assert abs(word["start"] - begin) < (0.04 if spelt else 0.08), (word, begin)
            assert abs(word["end"] - end) < (0.12 if spelt else 0.2), (word, end)


def test_a_segment_longer_than_the_network_hears_at_once_is_heard_in_pieces(
    run_in: Stage, model: Path, tmp_path: Path
) -> None:
    line = ["कमल", "जब", "दिलली", "गया", "तब", "हम", "सब"] * 18
    film = Film(tmp_path / "film", [line])
    (segment,) = film.segments
    assert segment["end"] - segment["start"] > 60
    film.align(run_in, model)
    words = film.result()["segments"][0]["words"]
    assert [word["text"] for word in words] == line
    for word, (begin, _) in zip(words, film.truth[0], strict=True):
        assert abs(word["start"] - begin) < 0.04, (word, begin)


@pytest.mark.parametrize("compute", ["int8", "bfloat16"])
def test_faster_numbers_move_no_word_by_more_than_a_frame(
    run_in: Stage, model: Path, tmp_path: Path, compute: str
) -> None:
    film = Film(tmp_path / "film", LINES * 3)
    starts: dict[str, list[float]] = {}
    for numbers in ("float32", compute):
        film.align(run_in, model, compute=numbers)
        assert json.loads((film.folder / "run" / "alignment.json").read_bytes())["compute"] == numbers
        starts[numbers] = [word["start"] for segment in film.result()["segments"] for word in segment["words"]]
    assert len(starts[compute]) == 60
    for exact, fast in zip(starts["float32"], starts[compute], strict=True):
        assert abs(fast - exact) <= 0.02 + 1e-6


def test_three_hours_need_little_more_memory_than_ten_seconds(run_in: Stage, model: Path, tmp_path: Path) -> None:
    film = Film(tmp_path / "film")
    peaks = []
    for hours in (0, 3):
        with (film.folder / "audio.wav").open("r+b") as file:
            # Silence at the end; how long it is, the header (samples' length at byte 40) leaves open.
            file.truncate(max(file.seek(0, 2), hours * 3600 * tones.RATE * 2))
            file.seek(40)
            file.write(b"\xff\xff\xff\xff")
        line, length = film.segments[0], film.segments[0]["end"] - film.segments[0]["start"]
        later = [
            {**line, "id": number, "start": 40.0 * number, "end": 40.0 * number + length, "words": []}
            for number in range(1, hours * 3600 // 40)
        ]
        film.write([line, *later])
        film.align(run_in, model)
        assert len(film.result()["segments"]) == 1 + len(later)
        peaks.append(json.loads((film.folder / "run" / "alignment.json").read_bytes())["peak_memory_bytes"])
    assert peaks[1] - peaks[0] < 100e6, peaks


def test_what_cannot_be_spoken_in_its_time_is_interpolated(run_in: Stage, model: Path, film: Film) -> None:
    first = film.segments[0]
    squeezed = {**first, "end": first["start"] + 0.5, "words": []}
    beyond = {**film.segments[1], "start": 90.0, "end": 95.0, "words": []}
    film.write([squeezed, beyond])
    film.align(run_in, model)
    for segment, words in zip(film.result()["segments"], LINES, strict=True):
        assert [word["text"] for word in segment["words"]] == words
        assert {word["timed"] for word in segment["words"]} == {"interpolated"}
        assert segment["start"] <= segment["words"][0]["start"]
        assert segment["words"][-1]["end"] <= segment["end"]


def test_a_text_in_another_script_is_refused(run_in: Stage, model: Path, film: Film) -> None:
    film.write([{**film.segments[0], "text": "میں دلی جا رہا ہوں", "words": []}])
    done = film.align(run_in, model, check=False)
    assert done.returncode == 1
    assert "tones knows 0% of the letters" in done.stderr and "ALIGN_MODEL=attention" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2  # the stage's name, then the problem
    assert not (film.folder / "aligned.json").exists()


def test_a_model_that_is_a_pickle_only_is_refused(run_in: Stage, model: Path, film: Film, tmp_path: Path) -> None:
    folder = tmp_path / "pickle"
    folder.mkdir()
    for file in model.iterdir():
        name = "pytorch_model.bin" if file.name == "model.safetensors" else file.name
        (folder / name).write_bytes(file.read_bytes())
    done = film.align(run_in, folder, check=False)
    assert done.returncode == 1
    assert "model.safetensors does not exist" in done.stderr


def test_the_recognisers_own_times_need_no_network(run_in: Stage, film: Film) -> None:
    words = film.segments[0]["words"]
    words[0]["start"] -= 0.5  # before its segment
    words[-1]["end"] += 90  # far beyond it
    film.write(film.segments)
    film.align(run_in, "attention")
    aligned = film.result()
    assert aligned["aligner"] == "attention"
    for segment, given in zip(aligned["segments"], film.segments, strict=True):
        assert [word["text"] for word in segment["words"]] == [word["text"] for word in given["words"]]
        for left, right in pairwise(segment["words"]):
            assert left["start"] < left["end"] <= right["start"]
        assert segment["start"] <= segment["words"][0]["start"]
        assert segment["words"][-1]["end"] <= segment["end"]
    second = zip(aligned["segments"][1]["words"], film.segments[1]["words"], strict=True)
    assert all(abs(now["start"] - then["start"]) < 0.001 for now, then in second)
    packages = json.loads((film.folder / "run" / "alignment.json").read_bytes())["packages"]
    assert not {"torch", "numpy", "whisperx"} & packages.keys()


def test_a_transcript_of_another_language_is_refused(run_in: Stage, film: Film) -> None:
    done = film.align(run_in, "attention", language="ta", check=False)
    assert done.returncode == 1
    assert "is in 'hi', not 'ta'" in done.stderr
