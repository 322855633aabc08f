"""Whisper by CTranslate2, through faster-whisper: CPUs (int8) and CUDA (float16).

Chunks are decoded one by one. faster-whisper's batches are 1.3 times as fast on two cores, but they
place the text worse, drop the end of a chunk that Whisper broke off, and know no second try.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samvad.audio import Audio, clip
from samvad.documents import Span, Word
from samvad.engine import Heard, Task, most_tokens, repetition, with_fallback
from samvad.problem import Problem

DEVICES = ("auto", "cpu", "cuda")
COMPUTE = ("auto", "int8", "float16", "float32")

#: Tokens that Whisper has room for, its prompt and a little more taken off.
LIMIT = 440


class Engine:
    """Implements samvad.recognition.Engine.

    Args:
        model: folder in CTranslate2's format.
        device: "cpu", "cuda" or "auto" (CUDA where there is one).
        compute: "int8", "float16", "float32" or "auto" (int8 on a CPU, float16 on CUDA).

    Raises: Problem where the model is missing or this machine cannot do what is asked.
    """

    def __init__(self, model: Path, device: str = "auto", compute: str = "auto") -> None:
        for file in ("config.json", "model.bin", "tokenizer.json"):
            # faster-whisper would take the folder's name for one on a hub.
            if not (model / file).is_file():
                raise Problem(f"{model / file} does not exist", "make models")

        import ctranslate2
        from faster_whisper import WhisperModel

        device = _chosen("DEVICE", device, DEVICES, "cuda" if ctranslate2.get_cuda_device_count() else "cpu")
        compute = _chosen("COMPUTE", compute, COMPUTE, "int8" if device == "cpu" else "float16")
        self._fresh = partial(
            ctranslate2.models.Whisper, str(model), device=device, compute_type=compute, intra_threads=_cores()
        )
        self._drawn = self._seeded = False
        try:
            self._model: Any = WhisperModel(
                str(model),
                device=device,
                compute_type=compute,
                cpu_threads=_cores(),
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            message = f"Whisper cannot run on {device} in {compute}: {error}"
            raise Problem(message, "Try DEVICE=cpu COMPUTE=int8") from error

    #: Chunks are decoded one by one.
    together = 1

    def decode(
        self, audio: Audio, chunks: Sequence[Span], language: str, task: Task, words: bool
    ) -> Iterator[tuple[int, list[Heard]]]:
        for number, chunk in enumerate(chunks):
            options = {
                **{"language": language, "task": task, "word_timestamps": words},
                # None: up to the model's own limit, which is about this.
                "max_new_tokens": tokens if (tokens := most_tokens(chunk)) < LIMIT else None,
            }
            self._seeded = False
            attempt = partial(self._attempt, clip(audio, chunk), chunk.start, options)
            yield number, with_fallback(attempt)

    def _attempt(
        self, samples: NDArray[np.float32], offset: float, options: dict[str, Any], temperature: float
    ) -> list[Heard]:
        if temperature and not self._seeded:
            self._seed()
        segments, _ = self._model.transcribe(
            samples,
            **options,
            beam_size=5,
            temperature=temperature,
            # Whether it must be decoded again is decided by `with_fallback`.
            compression_ratio_threshold=None,
            log_prob_threshold=None,
            no_speech_threshold=None,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        return _heard(list(segments), offset)

    def _seed(self) -> None:
        """Higher temperatures draw lots; a chunk must get the same ones whatever was decoded before it.

        A thread of CTranslate2 takes its seed when it draws for the first time, and never again: for
        new lots there must be new threads. That costs as much as loading the model, for one chunk in
        a hundred.
        """
        import ctranslate2

        ctranslate2.set_random_seed(0)
        if self._drawn:
            self._model.model = None  # never two in memory
            self._model.model = self._fresh()
        self._drawn = self._seeded = True

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        _, _, probabilities = self._model.detect_language(clip(audio, chunk))
        return dict(probabilities)


def _heard(segments: Sequence[Any], offset: float) -> list[Heard]:
    # Whisper judges a window as a whole: a loop may make a segment of each of its rounds.
    windows: dict[int, str] = {}
    for segment in segments:
        windows[segment.seek] = windows.get(segment.seek, "") + segment.text
    return [
        Heard(
            start=offset + float(segment.start),
            end=offset + float(segment.end),
            text=segment.text.strip(),
            words=[
                Word(
                    word.word.strip(),
                    offset + float(word.start),
                    offset + float(word.end),
                    float(word.probability),
                )
                for word in segment.words or ()
            ],
            avg_logprob=float(segment.avg_logprob),
            no_speech_prob=float(segment.no_speech_prob),
            compression_ratio=repetition(windows[segment.seek]),
            temperature=float(segment.temperature or 0.0),
        )
        for segment in segments
    ]


def _chosen(name: str, value: str, known: Sequence[str], best: str) -> str:
    if value not in known:
        raise Problem(f"{name}={value} is not for this recogniser", f"Choose from: {' '.join(known)}")
    return best if value == "auto" else value


def _cores() -> int:
    """The cores this process may use: fewer than the machine has, in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
