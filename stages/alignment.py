"""Gives every word its time: the recogniser's own times, or those of an acoustic model (forced alignment).

In:  asr.json, and audio.wav where a model aligns. Out: aligned.json, the same segments and words.

    envs/whisperx/bin/python stages/alignment.py --audio out/demo/audio.wav --asr out/demo/asr.json \\
        --language hi --aligner attention --out out/demo/aligned.json

`--aligner` is `attention` (Whisper's, as the recogniser wrote them) or the folder of a wav2vec2 CTC
model, which WhisperX loads. The way through its frames is torchaudio's: the same as WhisperX's own,
ten times faster; and `whisperx.align` cannot run without fetching a sentence splitter first.
"""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samvad import documents, stage
from samvad.documents import Aligned, Recognition, Segment
from samvad.forced_alignment import (
    STAR,
    Token,
    alphabet_of,
    frames_needed,
    interpolate,
    known_share,
    settle,
    spans_of,
    time_words,
    tokens_of,
    words_of,
)
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.recognition import Audio

ATTENTION = "attention"

#: Seconds that the network hears at once, which bounds its memory, and how much it hears around them.
PIECE, CONTEXT = 30, 0.5

#: How much less likely STAR is than the likeliest label of a frame (natural logarithm): enough that
#: silence around it goes to the blank and a neighbour's letters to the neighbour.
STAR_COST = 0.05

#: Below this share of known letters the alphabet is another language's.
LEAST_KNOWN = 0.1


class Aligner:
    """A wav2vec2 CTC model: labels' probabilities for a stretch of the film, and the way through them."""

    def __init__(self, folder: Path, language: str, device: str) -> None:
        for file in ("config.json", "preprocessor_config.json", "vocab.json", "model.safetensors"):
            if not (folder / file).is_file():
                raise Problem(f"{folder / file} does not exist", "make models, or ALIGN_MODEL=attention")
        # Before the libraries look: nothing is to be fetched, whatever the folder says.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch
        from whisperx.alignment import load_align_model

        self._torch = torch
        self._device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        try:
            self._model, metadata = load_align_model(
                language, self._device, str(folder), model_cache_only=True
            )
        except (ValueError, RuntimeError) as error:
            raise Problem(f"{folder} is no usable wav2vec2 model: {error}"[:200], "make models") from error
        self._model.eval()
        vocabulary = metadata["dictionary"]
        self.alphabet = alphabet_of(vocabulary, self._model.config.vocab_size)
        self.blank = int(vocabulary.get("[pad]", vocabulary.get("<pad>", 0)))
        #: Samples from one frame to the next.
        self.stride = int(self._model.config.inputs_to_logits_ratio)
        # WhisperX leaves this out; the network was trained with it.
        settings = json.loads((folder / "preprocessor_config.json").read_bytes())
        self._normalise = bool(settings.get("do_normalize", True))

    def probabilities(self, audio: Audio, first: int, last: int) -> Any:
        """Log probabilities for the samples first:last, float32 of the shape (frames, labels + STAR)."""
        from samvad.recognition import RATE

        torch = self._torch
        parts = []
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
            with torch.inference_mode(), self._precision():
                logits = self._model(samples[None].to(self._device)).logits[0]
            wanted = -(-(over - begin) // self.stride)
            parts.append(torch.log_softmax(logits.float().cpu()[before : before + wanted], dim=-1))
        found = torch.cat(parts)
        return torch.cat([found, found.max(dim=1, keepdim=True).values - STAR_COST], dim=1)

    def _precision(self) -> AbstractContextManager[Any]:
        """bfloat16 where the processor has it: nearly half the time, times of words unchanged."""
        torch = self._torch
        wanted = self._device == "cuda" or has_bfloat16()
        context: AbstractContextManager[Any] = torch.autocast(
            self._device, dtype=torch.bfloat16, enabled=wanted
        )
        return context

    def path(self, probabilities: Any, tokens: list[Token]) -> list[int]:
        """The label of each frame on the likeliest way that spells the tokens."""
        from torchaudio.functional import forced_align

        star = probabilities.shape[1] - 1
        labels = [star if token.label == STAR else token.label for token in tokens]
        targets = self._torch.tensor([labels], dtype=self._torch.int32)
        found, _ = forced_align(probabilities[None], targets, blank=self.blank)
        return [int(label) for label in found[0].tolist()]


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself; others are slower with it than without."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


def align_segment(segment: Segment, audio: Audio, aligner: Aligner) -> Segment:
    from samvad.recognition import RATE

    words = words_of(segment)
    tokens = tokens_of([word.text for word in words], aligner.alphabet)
    first, last = round(segment.start * RATE), min(round(segment.end * RATE), len(audio))
    # A label for each frame at the most: what is faster than that is no speech.
    if not tokens or frames_needed(tokens) > (last - first) // aligner.stride - 1:
        timed = interpolate(words, segment.start, segment.end)
    else:
        path = aligner.path(aligner.probabilities(audio, first, last), tokens)
        frame = aligner.stride / RATE
        spans = [
            (segment.start + begin * frame, segment.start + over * frame)
            for begin, over in spans_of(path, aligner.blank)
        ]
        timed = time_words(words, tokens, spans, segment.start, segment.end)
    segment.words = timed
    return segment


def align(run: stage.Run, heard: Recognition, audio: Path, folder: Path, device: str) -> list[Segment]:
    from samvad.recognition import load_audio

    sound = load_audio(audio)
    aligner = Aligner(folder, heard.language, device)
    known = known_share([segment.text for segment in heard.segments], aligner.alphabet)
    if known < LEAST_KNOWN:
        raise Problem(
            f"{folder.name} knows {known:.0%} of the letters of this text",
            "Give ALIGN_MODEL=attention or another model",
        )
    run.facts["letters_known"] = round(known, 3)
    segments = []
    with run.progress(documents.covered(heard.segments), "s") as progress:
        for segment in heard.segments:
            segments.append(align_segment(segment, sound, aligner))
            progress.advance(segment.end - segment.start)
    return segments


def work(run: stage.Run, audio: Path, asr: Path, language: str, aligner: str, device: str) -> Aligned:
    heard = documents.read(asr, Recognition)
    if heard.language != language:
        advice = f"remove it and type: make {run.target}"
        raise Problem(f"{asr} is in '{heard.language}', not '{language}'", advice)
    if aligner == ATTENTION:
        segments = heard.segments
        for segment in segments:
            segment.words = settle(words_of(segment), segment.start, segment.end)
    else:
        segments = align(run, heard, audio, Path(aligner), device)
    words = [word for segment in segments for word in segment.words]
    run.facts["words"] = len(words)
    run.facts["words_interpolated"] = sum(word.timed is not None for word in words)
    return Aligned(heard.language, heard.engine, heard.model, Path(aligner).name, segments)


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--asr", type=click.Path(path_type=Path), required=True, help="asr.json")
@click.option("--language", required=True, help="The film's language, as in config/languages.json.")
@click.option("--aligner", default=ATTENTION, show_default=True, help="attention, or a wav2vec2 folder.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
def main(
    out: Path, stamp: Path | None, audio: Path, asr: Path, language: str, aligner: str, device: str
) -> None:
    """Gives every word its time."""
    stage.run(
        "alignment",
        out,
        stamp,
        lambda run: work(run, audio, asr, language, aligner, device),
        heavy=aligner != ATTENTION,
    )


if __name__ == "__main__":
    main()
