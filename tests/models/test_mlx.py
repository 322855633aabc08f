"""Whisper in MLX: the conversion of its weights, and the recogniser on them.

MLX's CPU build computes what Apple's GPU would, slowly: small models, and one short clip.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import wave
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Stage = Callable[..., "subprocess.CompletedProcess[str]"]

#: What mlx-whisper answers to the features that CTranslate2 was given.
ANSWER = """
import sys
import mlx.core as mx, numpy as np
from mlx_whisper.load_models import load_model
folder, answers, result = sys.argv[1:]
mx.set_default_device(mx.cpu)
model = load_model(folder, dtype=mx.float32)
encoded = model.encoder(mx.array(np.load(answers)["features"].T[None]))
prompt = [50258, 50276, 50359, 50363, 400, 7200, 15000, 31, 2048]
logits = model.logits(mx.array([prompt]), encoded)
heads = np.array(model.alignment_heads)
np.savez(result, encoded=np.array(encoded)[0], logits=np.array(logits)[0], heads=heads)
"""

#: An engine whose network is replaced: what it is asked for, and what it makes of the answers.
FALLBACK = """
import json, sys
from pathlib import Path
import mlx_whisper, numpy as np
sys.path.insert(0, "stages")
from samvad.documents import Span
from samvad.whisper_mlx import Engine

asked = []
def transcribe(samples, *, temperature, **options):
    asked.append([len(samples), temperature, options["condition_on_previous_text"], options["language"],
                  "clip_timestamps" in options, options["sample_len"]])
    text = " loop loop loop" * 30 if temperature < 0.4 else " a good answer"
    words = [{"word": word, "start": 1.0, "end": 2.0, "probability": 0.5} for word in (" a", " good")]
    part = {"seek": 0, "start": 1.0, "end": 2.0, "text": text, "words": words, "avg_logprob": -0.2,
            "no_speech_prob": 0.9, "temperature": temperature}
    return {"segments": [part, {**part, "text": " "}]}

mlx_whisper.transcribe = transcribe
engine = Engine(Path(sys.argv[1]), "cpu", "float16")
chunks = [Span(0.5, 3.0), Span(10.0, 14.0)]
heard = list(engine.decode(np.zeros(16_000 * 20, np.int16), chunks, "hi", "transcribe", True))
print(json.dumps([asked, [[n, [[h.start, h.end, h.text, h.temperature, h.words[0].start] for h in part]]
                          for n, part in heard]]))
"""


def film(folder: Path, samples: Any, start: float, end: float) -> Path:
    """A film's folder with these samples as its audio.wav and one chunk of speech."""
    folder.mkdir()
    with wave.open(str(folder / "audio.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    span = {"start": start, "end": end}
    speech = {"duration": len(samples) / 16_000, "detector": "test", "speech": [span], "chunks": [span]}
    (folder / "speech.json").write_text(json.dumps({"format": "samvad.speech/1", **speech}))
    return folder


def convert(run_in: Stage, source: Path, out: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    script = "stages/convert_whisper_mlx.py"
    return run_in("mlx", script, "--in", source, "--out", out, "--stamp", out / ".ready@1", check=check)


@pytest.fixture(scope="module")
def small(run_in: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Whisper of random weights: in it ct2/ and mlx/."""
    folder = tmp_path_factory.mktemp("small")
    run_in("whisperx", "tests/checkpoints/whisper.py", "make", folder / "ct2")
    convert(run_in, folder / "ct2", folder / "mlx")
    return folder


def test_the_converted_model_computes_what_ctranslate2_does(
    run_in: Stage, small: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).normal(0, 3000, 16_000 * 3)
    audio = film(tmp_path / "film", noise, 0, 3) / "audio.wav"
    answers, result = tmp_path / "ct2.npz", tmp_path / "mlx.npz"
    run_in("whisperx", "tests/checkpoints/whisper.py", "ask", small / "ct2", audio, answers)
    run_in("mlx", "-c", ANSWER, small / "mlx", answers, result)
    theirs, ours = np.load(answers), np.load(result)
    assert theirs["encoded"].shape == ours["encoded"].shape == (1500, 128)
    assert np.abs(theirs["encoded"] - ours["encoded"]).max() < 0.01  # values of about 1
    # CTranslate2 answers from the fourth token of the prompt on.
    count = len(theirs["logits"])
    assert count >= 4
    assert np.abs(theirs["logits"] - ours["logits"][3 : 3 + count]).max() < 0.1  # values of about 6
    assert ours["heads"].tolist() == [[0, 1], [1, 0]]


def test_only_whole_files_stand_where_the_model_is(small: Path) -> None:
    names = {file.name for file in (small / "mlx").iterdir()}
    assert names == {"config.json", "weights.safetensors", ".ready@1"}
    config = json.loads((small / "mlx" / "config.json").read_bytes())
    assert (config["n_audio_layer"], config["n_text_layer"], config["n_text_head"]) == (3, 2, 2)


def test_a_broken_model_is_one_line_and_leaves_nothing(run_in: Stage, small: Path, tmp_path: Path) -> None:
    broken = tmp_path / "ct2"
    broken.mkdir()
    (broken / "config.json").write_bytes((small / "ct2" / "config.json").read_bytes())
    (broken / "model.bin").write_bytes((small / "ct2" / "model.bin").read_bytes()[:-100_000])
    target = tmp_path / "mlx"
    done = convert(run_in, broken, target, check=False)
    assert done.returncode == 1
    assert "ends too early" in done.stderr.splitlines()[-1] and "make models" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(target.iterdir()) == []


def test_a_loop_is_decoded_again_even_where_whisper_suspects_silence(run_in: Stage, small: Path) -> None:
    done = run_in("mlx", "-c", FALLBACK, small / "mlx")
    asked, heard = json.loads(done.stdout)
    # Samples, and tokens that they may take: 224 are Whisper's own limit here.
    sizes = [(40_000, 170)] * 3 + [(64_000, 224)] * 3
    assert asked == [
        [size, t, False, "hi", False, most] for (size, most), t in zip(sizes, [0.0, 0.2, 0.4] * 2, strict=True)
    ]
    assert heard == [
        [0, [[1.5, 2.5, "a good answer", 0.4, 1.5]]],
        [1, [[11.0, 12.0, "a good answer", 0.4, 11.0]]],
    ]


def test_what_this_machine_cannot_do_is_said_before_anything_is_loaded(
    run_in: Stage, small: Path, tmp_path: Path
) -> None:
    folder = film(tmp_path / "film", np.zeros(16_000), 0, 1)
    for option, value in (("--device", "cuda"), ("--compute", "int8"), ("--model", tmp_path)):
        options: dict[str, object] = {"--device": "cpu", "--compute": "auto", "--model": small / "mlx"}
        options[option] = value
        done = run_in(
            *("mlx", "stages/asr_mlx.py", "--audio", folder / "audio.wav"),
            *("--speech", folder / "speech.json", "--model-name", "small", "--language", "hi"),
            *(part for pair in options.items() for part in pair),
            *("--out", folder / "asr.json"),
            check=False,
        )
        assert done.returncode == 1 and str(value) in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_both_recognisers_hear_the_same(run_in: Stage, root: Path, tmp_path: Path) -> None:
    model, media = root / "models" / "asr" / "base" / "ct2", root / "media" / "demo.mkv"
    if not (model / "model.bin").exists():
        pytest.skip("make models fetches Whisper base")
    lines = json.loads((root / "tests" / "demo" / "truth.json").read_bytes())["lines"]
    start, end = lines[1]["start"] - 0.25, lines[2]["end"] + 0.25
    samples = demo_audio(media)
    convert(run_in, model, tmp_path / "mlx")
    texts = []
    for env, script, folder in (
        ("whisperx", "stages/asr_whisperx.py", model),
        ("mlx", "stages/asr_mlx.py", tmp_path / "mlx"),
    ):
        place = film(tmp_path / f"by-{env}", samples, start, end)
        run_in(
            *(env, script, "--audio", place / "audio.wav", "--speech", place / "speech.json"),
            *("--model", folder, "--model-name", "base", "--language", "hi", "--device", "cpu"),
            *("--compute", "auto", "--out", place / "asr.json"),
        )
        heard = json.loads((place / "asr.json").read_bytes())
        assert heard["engine"] == env
        words = [word for segment in heard["segments"] for word in segment["words"]]
        assert start <= words[0]["start"] and words[-1]["end"] <= end
        assert all(left["end"] <= right["start"] + 1e-6 for left, right in pairwise(words))
        texts.append(" ".join(segment["text"] for segment in heard["segments"]))
    likeness = difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False).ratio()
    assert likeness > 0.7, texts


def demo_audio(media: Path) -> Any:
    """The first audio stream as int16 mono at 16 kHz."""
    import av

    with av.open(str(media)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])
