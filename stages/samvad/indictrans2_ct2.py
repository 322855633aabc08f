"""IndicTrans2 by CTranslate2: int8 on a processor, half precision on CUDA."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samvad.cores import share
from samvad.indictrans2 import AS_THE_AUTHORS, LONGEST, Decoding, opened
from samvad.problem import Problem

#: The search goes on until three times as many hypotheses have ended as there are beams. With as many as beams
#: the best one is lost where that many worse and shorter ones end before it (Kasai et al., arXiv:2204.05424). At
#: three, trained models answer as they do in transformers, which compares scores before it stops.
PATIENCE = 3.0


class CTranslate2:
    """Implements samvad.indictrans2.Engine.

    `folder` is what stages/convert_indictrans2.py made: its int8/ serves the kinds of `compute` that
    begin so, float16/ all others. `threads` 0 is this process' share.

    Raises: Problem where a file is missing or damaged, or this machine cannot do what is asked.
    """

    def __init__(self, folder: Path, device: str = "cpu", compute: str = "int8", threads: int = 0) -> None:
        import ctranslate2

        if device == "cuda":
            if not ctranslate2.get_cuda_device_count():
                message = "there is no CUDA device that CTranslate2 can use"
                raise Problem(message, "Leave DEVICE out, or set it to cpu")
            import torch  # noqa: F401 – loads the cuBLAS of its own, which CTranslate2 looks for by its name
        precision = "int8" if compute.startswith("int8") else "float16"
        self.config, self.tokenizer = opened(folder, f"{precision}/model.bin")
        self.longest = min(LONGEST, self.config.max_source_positions)
        try:
            self.translator = ctranslate2.Translator(
                str(folder / precision),
                device=device,
                compute_type=compute,
                inter_threads=1,
                intra_threads=threads or share(),
            )
        except (RuntimeError, ValueError) as error:
            message = f"{folder / precision} cannot run on {device} in {compute}: {error}"
            raise Problem(message, "Try DEVICE=cpu COMPUTE=int8, or remove the folder and type: make models") from None

    def generate(self, batch: Sequence[Sequence[int]], decoding: Decoding = AS_THE_AUTHORS) -> list[list[int]]:
        results = self.translator.translate_batch(
            # Its vocabularies are the ids themselves.
            [[str(number) for number in row] for row in batch],
            beam_size=decoding.beams,
            patience=PATIENCE if decoding.beams > 1 else 1.0,
            no_repeat_ngram_size=decoding.no_repeat_ngram,
            disable_unk=not decoding.unknown,
            max_input_length=0,
            min_decoding_length=0,
            # The start token, which is not counted here, has the first place.
            max_decoding_length=min(LONGEST, self.config.max_target_positions) - 1,
            # A hypothesis is as long as it has ids, </s> included, when its score is divided by that.
            return_end_token=True,
        )
        return [[int(number) for number in result.hypotheses[0]] for result in results]
