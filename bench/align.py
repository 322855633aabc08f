"""Compares our forced alignment with whisperx.align: the same sound, text and weights; prints where the time goes.

    envs/whisperx/bin/python bench/align.py [--seconds 60] [--rounds 2] [--threads 2]

The network has the size of wav2vec2-large (315 million weights) and random weights: they tell speed, and nothing of
words. whisperx cuts text into sentences by data that it would download; here each segment is one sentence. Seconds are
of all cores together, which other work on the machine spoils least.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

LETTERS = "अआइईउएकखगघचजटडतदनपबमयरलवशसह"
#: Seconds of an utterance, of the pause after it, and letters a second: what dialogue is like.
UTTERANCE, PAUSE, RATE_OF_SPEECH = (1.5, 6.0), 0.5, 12


def weights(folder: Path) -> None:
    """Writes a model of the genuine layout with random weights."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    torch.manual_seed(0)
    labels = {name: number for number, name in enumerate(["[PAD]", "[UNK]", "|", *LETTERS])}
    (folder / "vocab.json").write_text(json.dumps(labels, ensure_ascii=False), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), unk_token="[UNK]", pad_token="[PAD]")
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    size = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    kind = {"feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True}
    config = Wav2Vec2Config(vocab_size=len(labels), pad_token_id=0, **size, **kind)
    Wav2Vec2ForCTC(config).save_pretrained(folder, safe_serialization=True)


def film(seconds: float) -> tuple[Any, list[Any]]:
    """Noise, and utterances of random letters over it."""
    from samvad.audio import RATE
    from samvad.documents import Segment

    lots = np.random.default_rng(0)
    segments: list[Segment] = []
    now = 1.0
    while now < seconds - UTTERANCE[1]:
        end = now + lots.uniform(*UTTERANCE)
        letters = lots.choice(list(LETTERS), int((end - now) * RATE_OF_SPEECH))
        text = " ".join("".join(letters[place : place + 4]) for place in range(0, len(letters), 4))
        segments.append(Segment(len(segments), now, end, text))
        now = end + PAUSE
    return (lots.normal(0, 2000, int(seconds * RATE))).astype(np.int16), segments


class Clock:
    """Seconds of all cores, by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            begun = time.process_time()
            try:
                return work(*arguments, **options)
            finally:
                self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - begun

        return run


def theirs(folder: Path, sound: Any, segments: list[Any]) -> dict[str, float]:
    from whisperx import alignment as whisperx

    class Whole:
        """One sentence, whatever the text."""

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            return [(0, len(text))]

    clock = Clock()
    whisperx.nltk_load = lambda _: Whole()
    model, metadata = clock.timed("load", whisperx.load_align_model)("hi", "cpu", str(folder), model_cache_only=True)
    model.forward = clock.timed("network", model.forward)
    kept = {name: getattr(whisperx, name) for name in ("get_trellis", "backtrack")}
    for name, work in kept.items():
        setattr(whisperx, name, clock.timed("path", work))
    given = [{"start": part.start, "end": part.end, "text": part.text} for part in segments]
    floats = sound.astype(np.float32) / 32768
    clock.timed("all", whisperx.align)(given, model, metadata, floats, "cpu")
    for name, work in kept.items():
        setattr(whisperx, name, work)
    return clock.spent


def ours(folder: Path, sound: Any, segments: list[Any], compute: str) -> dict[str, float]:
    from alignment import timed_segments
    from samvad.documents import Segment
    from samvad.wav2vec2 import Aligner

    clock = Clock()
    aligner = clock.timed("load", Aligner)(folder, "hi", "cpu", compute)
    aligner.probabilities = clock.timed("network", aligner.probabilities)
    aligner.path = clock.timed("path", aligner.path)
    given = [Segment(part.id, part.start, part.end, part.text) for part in segments]
    clock.timed("all", lambda: list(timed_segments(given, sound, aligner)))()
    return clock.spent


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="Of the film.")
@click.option("--rounds", default=2, show_default=True, help="Each way is run so often, in turns; the best counts.")
@click.option("--threads", default=2, show_default=True)
def main(seconds: float, rounds: int, threads: int) -> None:
    """Compares our forced alignment with whisperx.align."""
    import torch

    torch.set_num_threads(threads)
    sound, segments = film(seconds)
    best: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="samvad-bench-") as name:
        folder = Path(name)
        weights(folder)
        for _ in range(rounds):
            for way in ("whisperx.align", "float32", "int8"):
                if way == "whisperx.align":
                    spent = theirs(folder, sound, segments)
                else:
                    spent = ours(folder, sound, segments, way)
                best[way] = min(best.get(way, spent), spent, key=lambda found: found["all"])
    print(f"{len(segments)} utterances in {seconds:.0f} s, {threads} threads; core seconds, loading not in all\n")
    print("| way | network | path | rest | all | times as fast | loading |\n|---|--:|--:|--:|--:|--:|--:|")
    for way, spent in best.items():
        rest = spent["all"] - spent["network"] - spent["path"]
        shown = [spent["network"], spent["path"], rest, spent["all"]]
        faster = best["whisperx.align"]["all"] / spent["all"]
        print(f"| {way} | {' | '.join(f'{cell:.2f}' for cell in shown)} | {faster:.2f} | {spent['load']:.1f} |")


if __name__ == "__main__":
    main()
