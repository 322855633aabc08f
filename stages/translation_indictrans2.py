"""Translates sentences by IndicTrans2 on CTranslate2: 8-bit integers on a processor, half precision on CUDA.

In: sentences.json and the model's folder, converted (convert_indictrans2). Out: <target>.json.

    envs/indictrans2/bin/python stages/translation_indictrans2.py \\
        --sentences out/demo/sentences.json --model models/mt/indictrans2-distilled/indic-en-ct2 \\
        --source hi --target en --out out/demo/en.json

IndicProcessor, which prepares text for the model and restores it, has faults that subtitles meet
often (docs/indictrans2.md lists them). They are cured around it
(samvad.indictrans2_text), not in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samvad import sentence_translation

if TYPE_CHECKING:
    from samvad.indictrans2 import Engine


def load(model: Path, device: str, threads: int) -> Engine:
    from samvad.indictrans2_ct2 import CTranslate2

    return CTranslate2(model, device, "float16" if device == "cuda" else "int8", threads)


main = sentence_translation.command(load, "Translates sentences by IndicTrans2 on CTranslate2.")

if __name__ == "__main__":
    main()
