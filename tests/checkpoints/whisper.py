"""A small Whisper of random weights in CTranslate2's format, and what CTranslate2 computes with it.

    envs/whisperx/bin/python tests/checkpoints/whisper.py make FOLDER
    envs/whisperx/bin/python tests/checkpoints/whisper.py ask FOLDER audio.wav answers.npz

It understands nothing, but every tensor has its place and counts: a projection taken for another,
or a convolution the wrong way round, changes the answers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "stages"))

#: Two heads of 64; layers of the encoder and of the decoder differ, as in large-v3-turbo.
STATE, HEADS, ENCODER, DECODER = 128, 2, 3, 2
VOCABULARY, MELS = 51865, 80

#: The tokens that CTranslate2 looks for by name.
NAMED = {
    50257: "<|endoftext|>",
    50258: "<|startoftranscript|>",
    50361: "<|startofprev|>",
    50362: "<|nospeech|>",
    50363: "<|notimestamps|>",
}

#: A prompt of several tokens, so that the decoder's attention has something to attend to.
PROMPT = [50258, 50276, 50359, 50363, 400, 7200, 15000, 31, 2048]


def make(folder: Path) -> None:
    from ctranslate2.specs import WhisperSpec

    random = np.random.default_rng(3)
    spec = WhisperSpec(ENCODER, HEADS, DECODER, HEADS)

    def some(*shape: int, scale: float = 0.0) -> Any:
        return (random.normal(size=shape) * (scale or 1.5 / np.sqrt(shape[-1]))).astype(np.float32)

    def linear(to: Any, outputs: int, inputs: int = STATE) -> None:
        to.weight, to.bias = some(outputs, inputs), some(outputs, scale=0.3)

    def norm(to: Any) -> None:
        to.gamma, to.beta = 1 + some(STATE, scale=0.2), some(STATE, scale=0.2)

    def attention(to: Any, *outputs: int, keys: slice) -> None:
        norm(to.layer_norm)
        for part, times in zip(to.linear, outputs, strict=True):
            linear(part, times * STATE)
        to.linear[0 if outputs[0] == 3 else 1].bias[keys] = 0

    def layer(to: Any) -> None:
        attention(to.self_attention, 3, 1, keys=slice(STATE, 2 * STATE))
        if hasattr(to, "attention"):
            attention(to.attention, 1, 2, 1, keys=slice(0, STATE))
        norm(to.ffn.layer_norm)
        linear(to.ffn.linear_0, 4 * STATE)
        linear(to.ffn.linear_1, STATE, 4 * STATE)

    for conv, inputs in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, STATE)):
        conv.weight, conv.bias = some(STATE, inputs, 3, scale=0.1), some(STATE, scale=0.1)
    spec.encoder.position_encodings.encodings = _sinusoids(1500)
    spec.decoder.position_encodings.encodings = some(448, STATE, scale=0.5)
    spec.decoder.embeddings.weight = some(VOCABULARY, STATE, scale=0.5)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    for part in (spec.encoder, spec.decoder):
        norm(part.layer_norm)
        for one in part.layer:
            layer(one)
    spec.register_vocabulary([NAMED.get(number, f"<{number}>") for number in range(VOCABULARY)])
    spec.config.alignment_heads = [[0, 1], [1, 0]]
    spec.config.lang_ids = list(range(50259, 50358))
    spec.validate()
    spec.optimize(quantization="float16")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def _sinusoids(length: int) -> Any:
    scales = np.exp(-np.log(10000) / (STATE // 2 - 1) * np.arange(STATE // 2))
    angles = np.arange(length)[:, None] * scales[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def ask(folder: Path, audio: Path, answers: Path) -> None:
    """The encoder's output and the next token's logits after PROMPT, in 32-bit floating point."""
    import ctranslate2
    from faster_whisper.feature_extractor import FeatureExtractor

    from samvad.audio import clip, load_audio
    from samvad.documents import Span

    model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="float32", intra_threads=1)
    features = FeatureExtractor()(clip(load_audio(audio), Span(0, 30)))
    features = np.pad(features, ((0, 0), (0, max(0, 3000 - features.shape[1]))))[:, :3000]
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]).astype(np.float32))
    encoded = model.encode(view)
    options = {"beam_size": 1, "suppress_blank": False, "suppress_tokens": None, "return_logits_vocab": True}
    generated = model.generate(encoded, [PROMPT], max_length=len(PROMPT) + 1, **options)
    np.savez(
        answers,
        features=features,
        encoded=np.array(encoded)[0],
        logits=np.array([np.array(step) for step in generated[0].logits[0]]),
    )


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    if command == "make":
        make(Path(paths[0]))
    else:
        ask(Path(paths[0]), Path(paths[1]), Path(paths[2]))
