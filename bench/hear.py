"""Hears a sound track in one of the ways that bench/asr.py compares; a process of its own for each.

    envs/whisperx/bin/python bench/hear.py batched --audio out/quality/audio.wav --model models/asr/base/ct2 \\
        --language hi --threads 2 --out out/quality/batched.json

Ways: `sequential` and `batched` are faster-whisper with its own voice filter, `…-words` with word times too;
`plain` is faster-whisper as it comes; `mlx-whisper` (in envs/mlx) is mlx-whisper as it comes, with word times.
`unspelt` is our stage asr without the carrying over into Devanagari (it takes `--speech`), `respell` only the
carrying over of what asr.json's segments say (it takes `--asr`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

#: What the whisperx program takes for itself where a CPU works.
BATCH = 8

FASTER_WHISPER: dict[str, dict[str, Any]] = {
    "plain": {},
    "sequential": {"vad_filter": True, "condition_on_previous_text": False},
    "sequential-words": {"vad_filter": True, "condition_on_previous_text": False, "word_timestamps": True},
    "batched": {"batch_size": BATCH},
    "batched-words": {"batch_size": BATCH, "word_timestamps": True},
}


def faster_whisper(way: str, audio: Path, model: Path, language: str, threads: int) -> dict[str, Any]:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    whisper: Any = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=threads)
    if way.startswith("batched"):
        whisper = BatchedInferencePipeline(whisper)
    segments, _ = whisper.transcribe(str(audio), language=language, beam_size=5, **FASTER_WHISPER[way])
    return {
        "segments": [
            {
                "start": segment.start,
                "end": segment.end,
                "text": segment.text,
                "words": [{"start": word.start, "end": word.end, "text": word.word} for word in segment.words or ()],
            }
            for segment in segments
        ]
    }


def mlx_whisper(audio: Path, model: Path, language: str) -> dict[str, Any]:
    from mlx_whisper import transcribe

    from samvad.audio import clip, load_audio
    from samvad.documents import Span

    samples = load_audio(audio)
    whole = clip(samples, Span(0, len(samples) / 16_000))
    heard = transcribe(whole, path_or_hf_repo=str(model), language=language, word_timestamps=True)
    for segment in heard["segments"]:
        segment["words"] = [{"start": w["start"], "end": w["end"], "text": w["word"]} for w in segment.get("words", ())]
    return {"segments": heard["segments"]}


def unspelt(audio: Path, speech: Path, model: Path, language: str) -> dict[str, Any]:
    """What the stage asr hears, in whatever script the model writes."""
    import msgspec

    from samvad import documents, utterances
    from samvad.audio import load_audio
    from samvad.progress import Progress
    from samvad.recognition import recognise
    from samvad.whisper_ct2 import Engine

    utterances.in_script = lambda words, language: list(words)
    found = documents.read(speech, documents.Speech)
    with Progress("asr", "bench", documents.covered(found.chunks), "s", sys.stderr) as progress:
        heard = recognise(
            Engine(model, "cpu", "int8"),
            load_audio(audio),
            found,
            language,
            progress,
            name="whisperx",
            model="base",
            journal={},
        )
    return dict(msgspec.to_builtins(heard, enc_hook=float))


def respell(asr: Path) -> dict[str, Any]:
    from samvad.devanagari import carry_over

    segments = json.loads(asr.read_text(encoding="utf-8"))["segments"]
    for segment in segments:
        original = segment.pop("original", segment["text"])
        segment.pop("words", None)
        segment["text"] = " ".join(filter(None, (word.strip() for word in carry_over(original.split()))))
    return {"segments": segments}


@click.command()
@click.argument("way", type=click.Choice([*FASTER_WHISPER, "mlx-whisper", "unspelt", "respell"]))
@click.option("--audio", type=click.Path(path_type=Path))
@click.option("--speech", type=click.Path(path_type=Path))
@click.option("--asr", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path))
@click.option("--language", default="hi", show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path))
def main(
    way: str,
    audio: Path,
    speech: Path,
    asr: Path,
    model: Path,
    language: str,
    threads: int,
    out: Path,
) -> None:
    """Hears a sound track in one way."""
    if way == "unspelt":
        heard = unspelt(audio, speech, model, language)
    elif way == "respell":
        heard = respell(asr)
    elif way == "mlx-whisper":
        heard = mlx_whisper(audio, model, language)
    else:
        heard = faster_whisper(way, audio, model, language, threads)
    out.write_text(json.dumps(heard, ensure_ascii=False, indent=1, default=float) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
