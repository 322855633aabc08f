"""A wav2vec2 CTC model, as WhisperX loads it: the probability of each letter, frame by frame.

WhisperX's own `align` cannot run without fetching a sentence splitter. Here the network runs under
our own bounds, in the numbers that the processor is fastest with, and torchaudio finds the way through
its frames: the same way, ten times faster.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from samvad.audio import RATE, Audio
from samvad.forced_alignment import STAR, Token, alphabet_of
from samvad.problem import Problem

#: Seconds that the network hears at once, which bounds its memory, and how much it hears around them.
PIECE, CONTEXT = 30, 0.5

#: How much less likely STAR is than the likeliest label of a frame (natural logarithm): enough that
#: silence around it goes to the blank and a neighbour's letters to the neighbour.
STAR_COST = 0.05

COMPUTE = ("auto", "float32", "bfloat16", "int8")


class Aligner:
    """A wav2vec2 CTC model: labels' probabilities for a stretch of the film, and the way through them.

    Args:
        folder: the model as transformers writes it, weights as safetensors.
        device: "cpu", "cuda" or "auto" (CUDA where there is one).
        compute: "float32", "bfloat16", "int8" (on a CPU only) or "auto", the fastest here.

    Raises: Problem where the model is missing or this machine cannot do what is asked.
    """

    def __init__(self, folder: Path, language: str, device: str, compute: str = "auto") -> None:
        for file in ("config.json", "preprocessor_config.json", "vocab.json", "model.safetensors"):
            if not (folder / file).is_file():
                raise Problem(f"{folder / file} does not exist", "make models, or ALIGN_MODEL=attention")
        # Before the libraries look: nothing is to be fetched, whatever the folder says.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch
        from whisperx.alignment import load_align_model

        self._torch = torch
        self._device = _chosen(device, torch.cuda.is_available())
        try:
            self._model, metadata = load_align_model(language, self._device, str(folder), model_cache_only=True)
        except (ValueError, RuntimeError) as error:
            raise Problem(f"{folder} is no usable wav2vec2 model: {error}"[:200], "make models") from error
        self._model.eval()
        self.compute = _compute(compute, self._device)
        if self.compute == "int8":
            from samvad.wav2vec2_int8 import quantised

            self._model = quantised(self._model)
        vocabulary = metadata["dictionary"]
        self.alphabet = alphabet_of(vocabulary, self._model.config.vocab_size)
        self.blank = int(vocabulary.get("[pad]", vocabulary.get("<pad>", 0)))
        #: Samples from one frame to the next.
        self.stride = int(self._model.config.inputs_to_logits_ratio)
        # WhisperX leaves this out; the network was trained with it.
        settings = json.loads((folder / "preprocessor_config.json").read_bytes())
        # Where a norm goes over time, padding would change what is heard: only equal lengths go together.
        self._padded = self._model.config.feat_extract_norm == "layer"
        #: Stretches that are best heard at once: a GPU is idle over one; on a CPU it would cost memory only,
        #: and int8 brings all that is heard at once to one scale.
        self.together = 8 if self._device == "cuda" else 1
        self._normalise = bool(settings.get("do_normalize", True))

    def probabilities(self, audio: Audio, stretches: Sequence[tuple[int, int]]) -> list[Any]:
        """Log probabilities for the samples first:last of each stretch, float32 (frames, labels + STAR)."""
        torch = self._torch
        pieces = [
            (at, *piece) for at, (first, last) in enumerate(stretches) for piece in self._pieces(audio, first, last)
        ]
        logits = self._logits([samples for _, samples, _, _ in pieces])
        parts = [[torch.empty((0, self._model.config.vocab_size))] for _ in stretches]
        for (at, _, before, wanted), found in zip(pieces, logits, strict=True):
            parts[at].append(torch.log_softmax(found[before : before + wanted], dim=-1))
        together = [torch.cat(part) for part in parts]
        return [torch.cat([part, part.max(dim=1, keepdim=True).values - STAR_COST], dim=1) for part in together]

    def _pieces(self, audio: Audio, first: int, last: int) -> Iterator[tuple[Any, int, int]]:
        """Samples that the network hears at once, frames of context before them, frames wanted."""
        torch = self._torch
        last = min(last, len(audio))
        piece, context = PIECE * RATE // self.stride * self.stride, int(CONTEXT * RATE)
        for begin in range(first, last, piece):
            over = min(begin + piece, last)
            before = min(begin, context) // self.stride
            part = audio[begin - before * self.stride : over + context]
            samples = torch.from_numpy(part.astype("float32") / 32768.0)
            if self._normalise:
                samples = (samples - samples.mean()) / torch.sqrt(samples.var(unbiased=False) + 1e-7)
            # What wav2vec2's convolutions need at the least.
            samples = torch.nn.functional.pad(samples, (0, max(0, 400 - len(samples))))
            yield samples, before, -(-(over - begin) // self.stride)

    def _logits(self, sounds: Sequence[Any]) -> list[Any]:
        """(frames, labels) of each sound, float32; `together` of them in a pass."""
        torch = self._torch
        found = []
        for batch in batches([len(samples) for samples in sounds], self.together, self._padded):
            lengths = torch.tensor([len(sounds[number]) for number in batch])
            padded = torch.nn.utils.rnn.pad_sequence([sounds[number] for number in batch], batch_first=True)
            mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long().to(self._device)
            with torch.inference_mode(), self._precision():
                # Without a mask where nothing is padded: the networks of the kind "group" were trained without.
                given = {"attention_mask": mask} if len(set(lengths.tolist())) > 1 else {}
                logits = self._model(padded.to(self._device), **given).logits.float().cpu()
            frames = self._model._get_feat_extract_output_lengths(lengths).tolist()
            found += [each[:count] for each, count in zip(logits, frames, strict=True)]
        return found

    def _precision(self) -> AbstractContextManager[Any]:
        torch, wanted = self._torch, self.compute == "bfloat16"
        context: AbstractContextManager[Any] = torch.autocast(self._device, dtype=torch.bfloat16, enabled=wanted)
        return context

    def path(self, probabilities: Any, tokens: list[Token]) -> list[int]:
        """The label of each frame on the likeliest way that spells the tokens."""
        from torchaudio.functional import forced_align

        star = probabilities.shape[1] - 1
        labels = [star if token.label == STAR else token.label for token in tokens]
        targets = self._torch.tensor([labels], dtype=self._torch.int32)
        found, _ = forced_align(probabilities[None], targets, blank=self.blank)
        return [int(label) for label in found[0].tolist()]


def batches(lengths: Sequence[int], most: int, padded: bool) -> list[list[int]]:
    """Numbers of neighbours that are heard in one pass: `most`, and of one length unless they may be `padded`.

    >>> batches([5, 5, 9, 5], 2, padded=True), batches([5, 5, 9, 5], 2, padded=False)
    ([[0, 1], [2, 3]], [[0, 1], [2], [3]])
    """
    found: list[list[int]] = []
    for number, length in enumerate(lengths):
        if not found or len(found[-1]) == most or not (padded or lengths[found[-1][0]] == length):
            found.append([])
        found[-1].append(number)
    return found


def _chosen(device: str, cuda: bool) -> str:
    """The device to run on; "gpu", which is how MLX calls it, is the best one there is, as "auto" is."""
    if device not in ("auto", "gpu", "cpu", "cuda") or (device == "cuda" and not cuda):
        raise Problem(f"DEVICE={device}: alignment cannot run there", "Choose from: auto cpu cuda")
    return "cpu" if device == "cpu" or not cuda else "cuda"


def _compute(compute: str, device: str) -> str:
    """The numbers to compute with: as asked, or bfloat16 where the processor multiplies it, else int8."""
    from samvad.wav2vec2_int8 import available

    int8 = device == "cpu" and available()
    if compute not in COMPUTE or (compute == "int8" and not int8):
        raise Problem(f"alignment cannot compute in {compute} on {device}", f"Choose from: {' '.join(COMPUTE)}")
    if compute != "auto":
        return compute
    return "bfloat16" if device == "cuda" or has_bfloat16() else "int8" if int8 else "float32"


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself; others are slower with it than without."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
