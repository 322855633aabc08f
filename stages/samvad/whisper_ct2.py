"""Whisper by CTranslate2, through faster-whisper: CPUs (int8) and CUDA (float16).

Chunks are decoded several at a time (samvad.whisper_batches), with the same result as one by one.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samvad.audio import Audio, clip
from samvad.cores import share
from samvad.documents import Span, Word
from samvad.engine import Heard, Task, most_tokens, repetition, with_fallback
from samvad.problem import Problem
from samvad.scripts import token_bytes

if TYPE_CHECKING:
    from samvad.whisper_batches import Window

DEVICES = ("auto", "cpu", "cuda")
COMPUTE = ("auto", "int8", "float16", "float32")

#: Tokens that Whisper has room for, its prompt and a little more taken off.
LIMIT = 440

#: Chunks decoded at once at the most.
MOST_TOGETHER = 8
#: What a batch may take of the machine's memory, and a chunk in it as a share of the model's file: the
#: decoder keeps keys and values of 1500 frames for each of its layers (Whisper base 37 MB of 145, the
#: large ones 491 MB of 3,087).
SHARE, CHUNK = 0.25, 0.25

#: Options of glibc's mallopt (malloc.h).
TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8


class Engine:
    """Implements samvad.engine.Engine.

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

        keep_memory()
        import ctranslate2

        from samvad.whisper_batches import BatchedModel

        device = _chosen("DEVICE", device, DEVICES, "cuda" if ctranslate2.get_cuda_device_count() else "cpu")
        compute = _chosen("COMPUTE", compute, COMPUTE, "int8" if device == "cpu" else "float16")
        self._fresh = partial(
            ctranslate2.models.Whisper, str(model), device=device, compute_type=compute, intra_threads=share()
        )
        self._drawn = self._seeded = False
        try:
            self._model = BatchedModel(
                str(model),
                device=device,
                compute_type=compute,
                cpu_threads=share(),
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            message = f"Whisper cannot run on {device} in {compute}: {error}"
            raise Problem(message, "Try DEVICE=cpu COMPUTE=int8") from error

        self.together = fitting(_memory(device), (model / "model.bin").stat().st_size)

    def decode(
        self,
        audio: Audio,
        chunks: Sequence[Span],
        language: str,
        task: Task,
        words: bool,
        without: Sequence[int] = (),
    ) -> Iterator[tuple[int, list[Heard]]]:
        suppressed = [-1, *without]  # -1: what is no speech, as faster-whisper has it
        for first in range(0, len(chunks), self.together):
            batch = chunks[first : first + self.together]
            sounds = [clip(audio, chunk) for chunk in batch]
            tokens = _tokens(max(map(most_tokens, batch)))
            windows = self._model.windows(sounds, language, task, tokens, suppressed)
            for number, (chunk, sound, window) in enumerate(zip(batch, sounds, windows, strict=True), first):
                options = {
                    **{"language": language, "task": task, "word_timestamps": words},
                    **{"max_new_tokens": _tokens(most_tokens(chunk)), "suppress_tokens": suppressed},
                }
                self._seeded = False
                yield number, with_fallback(partial(self._attempt, window, sound, chunk.start, options))

    def _attempt(
        self,
        window: Window,
        samples: NDArray[np.float32],
        offset: float,
        options: dict[str, Any],
        temperature: float,
    ) -> list[Heard]:
        if temperature and not self._seeded:
            self._seed()
        segments = self._model.transcribe_known(
            window,
            samples,
            **options,
            temperature=temperature,
            # Whether it must be decoded again is decided by `with_fallback`.
            compression_ratio_threshold=None,
            log_prob_threshold=None,
            no_speech_threshold=None,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        return _heard(segments, offset)

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

    def tokens(self) -> dict[bytes, int]:
        tokenizer = self._model.hf_tokenizer
        end = tokenizer.token_to_id("<|endoftext|>")  # from there on tokens are special, and some files list them too
        text = {token: number for token, number in tokenizer.get_vocab().items() if number < end}
        return token_bytes(text)

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


def keep_memory() -> None:
    """Has glibc keep the memory that is given back to it; other systems' libraries have no mallopt.

    The encoder wants the same large arrays for every chunk, and glibc would give each of them back to
    the kernel, to get it page by page again: a seventh of the time that recognition takes (bench/asr.py).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        for option, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, 1 << 30), (ARENA_MAX, 1)):
            mallopt(option, value)


def fitting(memory: int, model: int) -> int:
    """How many chunks fit into a batch, of a machine's memory and by the size of the model's file, in bytes.

    >>> fitting(8 << 30, 145 << 20), fitting(8 << 30, 3087 << 20), fitting(2 << 30, 3087 << 20)
    (8, 2, 1)
    """
    return max(1, min(MOST_TOGETHER, int(memory * SHARE / (model * CHUNK))))


def _memory(device: str) -> int:
    """Bytes of memory that the device has, in use or not: batches must not change with what else runs."""
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _tokens(most: int) -> int | None:
    """faster-whisper's max_new_tokens; None: up to the model's own limit, which is about `LIMIT`."""
    return most if most < LIMIT else None


def _chosen(name: str, value: str, known: Sequence[str], best: str) -> str:
    if value not in known:
        raise Problem(f"{name}={value} is not for this recogniser", f"Choose from: {' '.join(known)}")
    return best if value == "auto" else value
