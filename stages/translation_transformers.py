"""Translates sentences by IndicTrans2 on transformers: the reference that CTranslate2 is held against.

In: sentences.json and the model's folder as published (samvad.indictrans2). Out: <target>.json.

    envs/indictrans2/bin/python stages/translation_transformers.py \\
        --sentences out/demo/sentences.json --model models/mt/indictrans2-distilled/indic-en \\
        --source hi --target en --out out/demo/en.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samvad import sentence_translation

if TYPE_CHECKING:
    from samvad.indictrans2 import Engine


def load(model: Path, device: str, threads: int) -> Engine:
    from samvad.indictrans2_torch import Transformers

    return Transformers(model, device, threads)


main = sentence_translation.command(load, "Translates sentences by IndicTrans2 on transformers.")

if __name__ == "__main__":
    main()
