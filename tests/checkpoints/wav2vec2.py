"""A small wav2vec2 CTC model of the genuine layout that understands tones: each letter is one.

    envs/whisperx/bin/python tests/checkpoints/wav2vec2.py OUT_FOLDER

True times of letters are known, since `speak` makes the sound; the network learns to mark the first
frames of each letter and is blank elsewhere, as networks trained by CTC come to be. What a test of
alignment then sees is the genuine loading, network code and search, with a truth to compare with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
STRIDE = 320
LETTERS = "अआईउएकगचजतदनपबमयरलवसह" + "ािीुेो्ं"

#: What is not spelt by its letters is spoken like this.
SPOKEN = {"15": "पंदरह", "2019": "दोहजारउनीस", "OK": "उके", "Delhi": "दिलली"}

#: Seconds: a letter, the pause between words, silence at both ends.
LETTER, PAUSE, EDGE = 0.1, 0.18, 0.3


def pitch(letter: str) -> float:
    """Hertz: a seventh of an octave from each letter to the next."""
    return float(260 * 2 ** (LETTERS.index(letter) / 7))


def speak(
    words: Sequence[str], seed: int = 0
) -> tuple[NDArray[np.float32], list[tuple[float, float]], list[tuple[float, str]]]:
    """Samples, begin and end of each word in seconds, and begin of each letter."""
    random = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    times: list[tuple[float, float]] = []
    letters: list[tuple[float, str]] = []
    now = 0.0

    def add(seconds: float, letter: str = "") -> None:
        nonlocal now
        count = round((now + seconds) * RATE) - round(now * RATE)
        wave = np.zeros(count)
        if letter:
            letters.append((now, letter))
            wave = 0.3 * np.sin(2 * np.pi * pitch(letter) * np.arange(count) / RATE)
            wave *= np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 80)
        parts.append(wave)
        now += seconds

    add(EDGE)
    for number, word in enumerate(words):
        if number:
            letters.append((now, "|"))
            add(PAUSE * random.uniform(0.7, 2.0))
        begin = now
        for letter in SPOKEN.get(word, word):
            add(LETTER * random.uniform(0.7, 1.4), letter)
        times.append((begin, now))
    add(EDGE)
    samples = np.concatenate(parts) + random.normal(0, 0.005, round(now * RATE))
    return samples.astype(np.float32), times, letters


def vocabulary() -> dict[str, int]:
    names = [*LETTERS, "|", "[UNK]", "[PAD]"]
    return {name: number for number, name in enumerate(names)}


#: Lessons at the most, and the share of rightly labelled frames that is enough.
LESSONS, ENOUGH = 260, 0.96


def make(folder: Path) -> float:
    """Trains and writes the model. Returns the share of frames that it then labels rightly."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    torch.manual_seed(0)
    torch.set_num_threads(1)
    labels = vocabulary()
    model = Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=len(labels),
            pad_token_id=labels["[PAD]"],
            hidden_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=128,
            conv_dim=(16, 16, 16, 32, 48, 64, 64),
            feat_extract_norm="layer",
            conv_bias=True,
            do_stable_layer_norm=True,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=2,
            apply_spec_augment=False,
            hidden_dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
            feat_proj_dropout=0.0,
            final_dropout=0.0,
            layerdrop=0.0,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=LESSONS)
    random = np.random.default_rng(0)
    share = 0.0
    for step in range(LESSONS):
        samples, wanted = _lesson(random, labels, step)
        found = model(torch.from_numpy(samples)[None]).logits[0]
        target = torch.from_numpy(wanted[: len(found)])
        # Most frames are blank: without weights, blank everywhere would be learnt first.
        weights = torch.ones(len(labels))
        weights[labels["[PAD]"]] = 0.3
        loss = torch.nn.functional.cross_entropy(found, target, weight=weights)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        right = float((found.argmax(1) == target).float().mean())
        share = 0.9 * share + 0.1 * right
        if share > ENOUGH:
            break
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(labels, ensure_ascii=False), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), unk_token="[UNK]", pad_token="[PAD]", word_delimiter_token="|"
    )
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    model.save_pretrained(folder, safe_serialization=True)
    return share


def _lesson(random: np.random.Generator, labels: dict[str, int], seed: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Random words, normalised as wav2vec2 wants them, and the label of each frame."""
    words = ["".join(random.choice(list(LETTERS), random.integers(2, 6))) for _ in range(3)]
    samples, _, letters = speak(words, seed)
    wanted = np.full(len(samples) // STRIDE + 1, labels["[PAD]"])
    for begin, letter in letters:
        # A frame hears 25 ms, from 20 ms times its number on; the first two within the letter.
        first = round(begin * RATE / STRIDE)
        wanted[first : first + 2] = labels[letter]
    return (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7), wanted


if __name__ == "__main__":
    print(f"{make(Path(sys.argv[1])):.3f} of the frames are labelled rightly")
