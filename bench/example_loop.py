"""Translates sentences as example.py of AI4Bharat/IndicTrans2 does: the peer of bench/translate.py.

    envs/indictrans2/bin/python bench/example_loop.py --sentences out/translate/sentences.json \\
        --model out/translate/indic-en --beams 5 --threads 2 --out out/translate/example.json

In the order of the file, in batches of four, padded; IndicProcessor, then transformers with its cache. The network is
samvad.indictrans2_torch's, which answers as theirs does (docs/indictrans2.md) and runs no remote code. In 32-bit
floats: example.py halves them, which no processor is faster by.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

#: As example.py has it.
BATCH_SIZE = 4


@click.command()
@click.option("--sentences", type=click.Path(path_type=Path), required=True)
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--beams", default=5, show_default=True)
@click.option("--threads", default=0)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(sentences: Path, model: Path, beams: int, threads: int, out: Path) -> None:
    """Translates all sentences."""
    from IndicTransToolkit.processor import IndicProcessor

    from samvad.indictrans2 import Decoding
    from samvad.indictrans2_torch import Transformers

    engine, processor = Transformers(model, threads=threads), IndicProcessor(inference=True)
    texts = [sentence["text"] for sentence in json.loads(sentences.read_text(encoding="utf-8"))["sentences"]]
    translations: list[str] = []
    for first in range(0, len(texts), BATCH_SIZE):
        batch = processor.preprocess_batch(texts[first : first + BATCH_SIZE], src_lang="hin_Deva", tgt_lang="eng_Latn")
        rows = engine.generate([engine.tokenizer.encode(text)[: engine.longest] for text in batch], Decoding(beams))
        translations += processor.postprocess_batch([engine.tokenizer.decode(row) for row in rows], lang="eng_Latn")
    out.write_text(json.dumps(translations, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
