"""The other engines by their real recipes: MLX on a clip, IndicTrans2 on a generated checkpoint."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import imageio_ffmpeg
import pytest

from tests import measure
from tests.end_to_end.conftest import ROOT, Films
from tests.scores import cues, lines

#: Seconds of the demo film that the MLX recipe hears; its CPU build runs at half real time.
CLIP = (4.0, 16.1)


@pytest.fixture(scope="module")
def clip(films: Films) -> Films:
    """media/clip.mkv: the first three lines of the demo, made Hindi subtitles of by MLX."""
    film = ROOT / "media/demo.mkv"
    cut = ["-ss", str(CLIP[0]), "-to", str(CLIP[1]), "-i", str(film), "-map", "0:v", "-map", "0:a:0"]
    target = films.folder / "media/clip.mkv"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *cut, "-c:v", "libx264", "-c:a", "flac", str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    films.make("out/clip/hi.srt", "SRC=hi", "ASR_BACKEND=mlx")
    return films


def test_mlx_hears_what_is_said(clip: Films, truth: Any) -> None:
    inside = [line for line in lines(truth, "hi") if CLIP[0] <= line.start and line.end <= CLIP[1]]
    assert len(inside) == 3
    heard = cues(clip.folder / "out/clip/hi.srt")
    said = " ".join(line.text for line in inside)
    text = " ".join(cue.text for cue in heard)
    assert measure.consonant_cer(said, text) < 0.1
    assert measure.letters_cer(said, text) < 0.2
    assert measure.script_share(text, "Devanagari") > 0.98
    moved = [measure.Cue(line.start - CLIP[0], line.end - CLIP[0], line.text) for line in inside]
    assert measure.coverage(moved, heard) == 1
    assert measure.start_error(moved, heard).median < 0.2


def test_mlx_whisper_ran_in_its_own_environment(clip: Films) -> None:
    record = clip.document("out/clip/run/asr.json")
    assert record["interpreter"] == "envs/mlx/bin/python"
    assert record["script"] == "stages/asr_mlx.py"
    assert {"mlx", "mlx-whisper"} <= set(record["packages"])
    assert clip.document("out/clip/asr.json")["engine"] == "mlx"


@pytest.fixture(scope="module")
def tamil(demo: tuple[Films, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Films, list[dict[str, str]]]:
    """out/demo/ta.srt by IndicTrans2's recipe, on a checkpoint trained on the demo's own sentences."""
    films, _ = demo
    films.make("out/demo/sentences.json")
    sentences = [sentence["text"] for sentence in films.document("out/demo/sentences.json")["sentences"]]
    pairs = [{"source": text, "target": TAMIL[number % len(TAMIL)]} for number, text in enumerate(sentences)]
    folder = tmp_path_factory.mktemp("indictrans2")
    (folder / "pairs.json").write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
    script = [str(ROOT / "envs/indictrans2/bin/python"), "tests/checkpoints/indictrans2.py"]
    languages = ["--source", "hi", "--target", "ta"]
    command = [*script, str(folder / "checkpoint"), "--pairs", str(folder / "pairs.json"), *languages]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    catalogue = {"mt/tiny/indic-indic": {"licence": "MIT", "sources": [{"folder": str(folder / "checkpoint")}]}}
    (films.folder / "config/models.local.json").write_text(json.dumps(catalogue))
    films.make("out/demo/ta.srt", "TRANSLATOR=indictrans2", "MT_MODEL=tiny")
    return films, pairs


TAMIL = [
    "நீ இங்கே என்ன செய்கிறாய்?",
    "நான் டெல்லிக்குப் போகிறேன்.",
    "இன்று ரயில் ஏன் தாமதம்?",
    "வாருங்கள், தேநீர் குடிப்போம்.",
    "இன்று மிகவும் குளிராக இருக்கிறது.",
    "எனக்கு ஒரு கடிதம் வந்தது.",
    "எங்கள் ரயில் வருகிறது!",
]


def test_tamil_comes_from_the_checkpoint_word_for_word(tamil: tuple[Films, list[dict[str, str]]]) -> None:
    films, pairs = tamil
    assert [s["text"] for s in films.document("out/demo/ta.json")["sentences"]] == [pair["target"] for pair in pairs]
    text = " ".join(cue.text for cue in cues(films.folder / "out/demo/ta.srt"))
    assert text == " ".join(pair["target"] for pair in pairs)


def test_indictrans2_ran_in_its_own_environment(tamil: tuple[Films, list[dict[str, str]]]) -> None:
    films, _ = tamil
    record = films.document("out/demo/run/translation.ta.json")
    assert record["interpreter"] == "envs/indictrans2/bin/python"
    assert {"transformers", "indictranstoolkit", "torch"} <= {name.lower() for name in record["packages"]}
    assert films.document("out/demo/run/load_transcript.json")["interpreter"] == "envs/indictrans2/bin/python"


def test_a_new_language_repeated_no_recognition(tamil: tuple[Films, list[dict[str, str]]]) -> None:
    films, _ = tamil
    asr, translation = (films.document(f"out/demo/run/{name}.json") for name in ("asr", "translation.ta"))
    assert asr["end"] < translation["start"]
    assert "out/demo/asr.json" not in films.make("-n", "out/demo/ta.srt").stdout


def test_cues_are_written_by_srt(demo: tuple[Films, str]) -> None:
    assert "srt" in demo[0].document("out/demo/run/subtitle_generation.en.json")["packages"]
