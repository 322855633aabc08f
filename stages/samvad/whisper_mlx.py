"""Whisper by MLX, through mlx-whisper: Apple Silicon's GPU; elsewhere MLX's CPU build, slowly.

mlx-whisper decodes greedily (it has no beam search). Three of its habits are worked around here:

- Whatever it takes for silence it accepts as it is, loops included; OpenAI's Whisper does so only
  where the text is unlikely too. So it decodes at one temperature, and `with_fallback` decides.
- Its `clip_timestamps` are slow: each chunk is handed over as an array of its own.
- It encodes the same sound again for each temperature and for the word times: `_Remembering`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samvad.audio import Audio, clip
from samvad.documents import Span, Word
from samvad.engine import Heard, Task, most_tokens, repetition, with_fallback
from samvad.problem import Problem

DEVICES = ("auto", "cpu", "gpu")
COMPUTE = ("auto", "float16", "float32")

#: Tokens after which mlx-whisper ends a window by itself.
LIMIT = 224


class Engine:
    """Implements samvad.engine.Engine.

    Args:
        model: folder of weights.safetensors and config.json in mlx-whisper's layout.
        device: "cpu", "gpu" or "auto" (the GPU where there is one).
        compute: "float16", "float32" or "auto" (float16: the quicker one on a CPU too).

    Raises: Problem where the model is missing or this machine cannot do what is asked.
    """

    def __init__(self, model: Path, device: str = "auto", compute: str = "auto") -> None:
        for file in ("config.json", "weights.safetensors"):
            # mlx-whisper would take the folder's name for one on a hub.
            if not (model / file).is_file():
                raise Problem(f"{model / file} does not exist", "make models")
        for name, value, known in (("DEVICE", device, DEVICES), ("COMPUTE", compute, COMPUTE)):
            if value not in known:
                raise Problem(f"{name}={value} is not for this recogniser", f"Choose from: {' '.join(known)}")

        import mlx.core as mx
        from mlx_whisper.transcribe import ModelHolder

        if device == "gpu" and not mx.is_available(mx.gpu):
            raise Problem("MLX finds no GPU in this machine", "Try DEVICE=cpu")
        if device != "auto":
            mx.set_default_device(mx.cpu if device == "cpu" else mx.gpu)
        self._path = str(model)
        self._dtype = mx.float32 if compute == "float32" else mx.float16
        try:
            # Loaded where `transcribe` looks for it.
            self._model: Any = ModelHolder.get_model(self._path, self._dtype)
        except (ValueError, RuntimeError, TypeError, KeyError) as error:
            raise Problem(f"{model} is no Whisper for MLX: {error}"[:200], "Remove it: make models") from error
        self._model.encoder = _Remembering(self._model.encoder)

    #: Chunks are decoded one by one.
    together = 1

    def decode(
        self,
        audio: Audio,
        chunks: Sequence[Span],
        language: str,
        task: Task,
        words: bool,
        without: Sequence[int] = (),
    ) -> Iterator[tuple[int, list[Heard]]]:
        for number, chunk in enumerate(chunks):
            options = {
                **{"language": language, "task": task, "word_timestamps": words},
                **{"sample_len": min(most_tokens(chunk), LIMIT), "suppress_tokens": [-1, *without]},
            }
            attempt = partial(self._attempt, clip(audio, chunk), chunk.start, options)
            yield number, with_fallback(attempt)

    def _attempt(
        self, samples: NDArray[np.float32], offset: float, options: dict[str, Any], temperature: float
    ) -> list[Heard]:
        import mlx.core as mx
        from mlx_whisper import transcribe

        # Higher temperatures draw lots; a chunk must get the same ones whatever was decoded before it.
        mx.random.seed(0)
        done = transcribe(
            samples,
            path_or_hf_repo=self._path,
            **options,
            temperature=temperature,
            compression_ratio_threshold=None,
            logprob_threshold=None,
            no_speech_threshold=None,
            condition_on_previous_text=False,
            fp16=self._dtype == mx.float16,
        )
        return _heard(done["segments"], offset)

    def tokens(self) -> dict[bytes, int]:
        from mlx_whisper.tokenizer import get_tokenizer

        encoding = get_tokenizer(self._model.is_multilingual).encoding
        return {encoding.decode_single_token_bytes(number): number for number in range(encoding.eot_token)}

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        from mlx_whisper.audio import N_FRAMES, N_SAMPLES, log_mel_spectrogram, pad_or_trim

        mel = log_mel_spectrogram(clip(audio, chunk), n_mels=self._model.dims.n_mels, padding=N_SAMPLES)
        _, chances = self._model.detect_language(pad_or_trim(mel, N_FRAMES, axis=-2).astype(self._dtype))
        return dict(chances)


class _Remembering:
    """Whisper's encoder, which is not run twice in a row on the same sound."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._last: tuple[Any, Any] | None = None

    def __call__(self, mel: Any) -> Any:
        import mlx.core as mx

        if self._last is None or not mx.array_equal(self._last[0], mel):
            self._last = (mel, self._encoder(mel))
        return self._last[1]


def _heard(parts: Sequence[Mapping[str, Any]], offset: float) -> list[Heard]:
    # Whisper judges a window as a whole: a loop may make a segment of each of its rounds.
    windows: dict[int, str] = {}
    for part in parts:
        windows[part["seek"]] = windows.get(part["seek"], "") + part["text"]
    return [
        Heard(
            start=offset + float(part["start"]),
            end=offset + float(part["end"]),
            text=part["text"].strip(),
            words=[
                Word(word["word"].strip(), offset + word["start"], offset + word["end"], word["probability"])
                for word in part.get("words") or ()
            ],
            avg_logprob=part["avg_logprob"],
            no_speech_prob=part["no_speech_prob"],
            compression_ratio=repetition(windows[part["seek"]]),
            temperature=part["temperature"],
        )
        for part in parts
        if part["text"].strip()
    ]
