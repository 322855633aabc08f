"""faster-whisper's sequential decoding, with the first windows of several sounds decoded at once.

faster-whisper has batches of its own, but they drop the end of a sound that Whisper broke off, know no
second try, and place a word by where the sound before it ended. Here its sequential `transcribe` does
all that as ever; only what costs most, the search in a sound's first window, it finds done. The tokens
are the same: the sums over one sound do not depend on its neighbours in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, get_ctranslate2_storage, get_suppressed_tokens
from numpy.typing import NDArray

#: The search at temperature 0, as faster-whisper's `transcribe` has it by default.
BEAM, FIRST_TIMESTAMP = 5, 50


class Window(NamedTuple):
    """The first half minute of a sound: what the encoder made of it, and CTranslate2's decoding."""

    encoded: StorageView
    decoded: Any
    avg_logprob: float
    compression_ratio: float


class BatchedModel(WhisperModel):  # type: ignore[misc]
    """A WhisperModel whose `transcribe` may be told a sound's first window beforehand."""

    #: What the next call of `encode` returns, and what may be taken as decoded.
    _first: Window | None = None
    _done: Window | None = None

    def windows(
        self,
        sounds: Sequence[NDArray[np.float32]],
        language: str,
        task: str,
        max_new_tokens: int | None,
        suppressed: Sequence[int],
    ) -> list[Window]:
        """Decodes the first windows of sounds (samples at 16 kHz) at temperature 0, all at once."""
        tokenizer = Tokenizer(self.hf_tokenizer, self.model.is_multilingual, task=task, language=language)
        prompt = self.get_prompt(tokenizer, [])
        encoded = [self._encoded(sound) for sound in sounds]
        results = self.model.generate(
            StorageView.from_array(np.concatenate(encoded)),
            [prompt] * len(sounds),
            beam_size=BEAM,
            max_length=self.max_length if max_new_tokens is None else len(prompt) + max_new_tokens,
            max_initial_timestamp_index=FIRST_TIMESTAMP,
            suppress_tokens=get_suppressed_tokens(tokenizer, list(suppressed)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        windows = []
        for array, result in zip(encoded, results, strict=True):
            tokens = result.sequences_ids[0]
            # CTranslate2's score is a mean over the tokens; Whisper counts the end as one more.
            likely = result.scores[0] * len(tokens) / (len(tokens) + 1)
            ratio = get_compression_ratio(tokenizer.decode(tokens).strip())
            windows.append(Window(StorageView.from_array(array), result, likely, ratio))
        return windows

    def transcribe_known(self, window: Window, sound: NDArray[np.float32], **options: Any) -> list[Any]:
        """`transcribe`, with a sound's first window known; above temperature 0 only its encoding is used."""
        self._first = window
        self._done = None if options["temperature"] else window
        segments, _ = self.transcribe(sound, beam_size=BEAM, **options)
        return list(segments)

    def _encoded(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, frames, states). One sound at a time: a batch takes eight times the memory and gains nothing on a CPU."""
        features = pad_or_trim(self.feature_extractor(sound)[:, :-1])
        return np.array(self.model.encode(get_ctranslate2_storage(features[np.newaxis]), to_cpu=True))

    def encode(self, features: NDArray[np.float32]) -> StorageView:
        first, self._first = self._first, None
        return first.encoded if first else super().encode(features)

    def generate_with_fallback(self, encoder_output: StorageView, *rest: Any) -> tuple[Any, float, float, float]:
        if self._done and encoder_output is self._done.encoded:
            return self._done.decoded, self._done.avg_logprob, 0.0, self._done.compression_ratio
        decoded: tuple[Any, float, float, float] = super().generate_with_fallback(encoder_output, *rest)
        return decoded
