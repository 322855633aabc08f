"""Makes what bench/translate.py measures with: an IndicTrans2 of random weights, and sentences as long as a film's.

    envs/indictrans2/bin/python bench/make_indictrans2.py out/translate --sentences 1100

Out: indic-en/ (the layout of the hub) with the dimensions of the distilled model from Indic languages to English,
211.8 million parameters; sentences.json.

A random network does not end its sentences. This one does after about `SUBWORDS` subwords, in every engine and
with any number of beams, because </s> grows likelier with the position alone: one dimension of the decoder carries
a cosine of the position, every layer leaves it as it is, and at the end it is weighed so that </s> overtakes
all else there. No other subword sees that dimension.
"""

from __future__ import annotations

import io
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

from tests.checkpoints.indictrans2 import config_fields

from samvad.indictrans2 import WEIGHTS, read_config, tensors

SIZE, LAYERS, HIDDEN, HEADS = 512, 18, 2048, 8
VOCABULARIES = {"SRC": 122_706, "TGT": 32_296}

#: Subwords of a translation.
SUBWORDS = 13

#: How much likelier </s> becomes from one position to the next: its logit, against those of a random network.
SLOPE = 1.0

#: Words of a sentence: half of them have fewer than `MEDIAN`, one of sixteen more than 25 (log-normal).
MEDIAN, SPREAD, MOST = 9, 0.65, 60

CONSONANTS, VOWELS = "कखगघचछजटडतथदनपफबभमयरलवशसह", ["", "ा", "ि", "ी", "ु", "ू", "े", "ो", "ं"]


def sentences(count: int, lots: random.Random) -> list[str]:
    """Sentences of invented words, of which few are frequent, as in any language."""
    words = [
        "".join(lots.choice(CONSONANTS) + lots.choice(VOWELS) for _ in range(lots.randint(1, 4))) for _ in range(4000)
    ]
    frequent = [1 / (rank + 3) for rank in range(len(words))]
    lengths = [min(MOST, max(1, round(lots.lognormvariate(math.log(MEDIAN), SPREAD)))) for _ in range(count)]
    return [" ".join(lots.choices(words, frequent, k=length)) + "।" for length in lengths]


def write_vocabularies(folder: Path, text: list[str]) -> None:
    """model.SRC and model.TGT trained on `text`, and dictionaries filled up to the genuine sizes."""
    import sentencepiece

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_writer=trained, vocab_size=4000, hard_vocab_limit=False, minloglevel=2
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    pieces = [model.id_to_piece(number) for number in range(3, model.vocab_size())]
    for side, size in VOCABULARIES.items():
        (folder / f"model.{side}").write_bytes(trained.getvalue())
        names = ["<s>", "<pad>", "</s>", "<unk>", "hin_Deva", "eng_Latn", *pieces]
        names += [f"▁madeup{number}" for number in range(size - len(names))]
        numbers = {name: number for number, name in enumerate(names)}
        (folder / f"dict.{side}.json").write_text(json.dumps(numbers, ensure_ascii=False))


def write_network(folder: Path) -> None:
    """config.json and the weights, which end the sentences after SUBWORDS subwords."""
    from safetensors.numpy import save_file

    fields = config_fields(VOCABULARIES["SRC"], VOCABULARIES["TGT"])
    for half in ("encoder", "decoder"):
        sizes = {"embed_dim": SIZE, "layers": LAYERS, "ffn_dim": HIDDEN, "attention_heads": HEADS}
        fields.update({f"{half}_{name}": value for name, value in sizes.items()})
    (folder / "config.json").write_text(json.dumps({**fields, "num_hidden_layers": LAYERS}, indent=2))
    config = read_config(folder / "config.json")
    lots = np.random.default_rng(0)
    weights: dict[str, Any] = {}
    for name, shape in tensors(config).items():
        if name == "lm_head.weight":
            continue  # the embedding of the target language
        if "norm" in name or name.endswith("bias"):
            weights[name] = np.full(shape, float("norm" in name and name.endswith("weight")), np.float32)
        else:
            weights[name] = lots.standard_normal(shape, np.float32) * np.float32(0.02)

    # Of the cosines the one that is zero where the sentences shall end (positions begin at 2): how much else is in
    # the vector, which all of it is divided by, then does not matter there.
    half, quarter = SIZE // 2, SUBWORDS + 2
    place = half + round(math.log(quarter / (math.pi / 2)) / math.log(10_000) * (half - 1))
    for name, weight in weights.items():
        if name.startswith("model.decoder.layers") and name.endswith(("out_proj.weight", "fc2.weight")):
            weight[place] = 0.0
    embedding, norm = weights["model.decoder.embed_tokens.weight"], "model.decoder.layer_norm"
    embedding[:, place] = 0.0
    embedding[config.eos_token_id] = 0.0
    embedding[config.eos_token_id, place] = 1.0
    weights[f"{norm}.weight"][place] = 0.0
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    by_position, rest = measured(folder, place)
    slope = by_position[SUBWORDS - 1] - by_position[SUBWORDS + 1]
    gain = 2 * SLOPE / float(slope)
    weights[f"{norm}.weight"][place] = -gain
    weights[f"{norm}.bias"][place] = gain * float(by_position[SUBWORDS]) + rest
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def measured(folder: Path, place: int) -> tuple[Any, float]:
    """What the dimension `place` holds at each position before it is weighed, and the greatest logit of a subword."""
    import torch

    from samvad.indictrans2_torch import Transformers

    network = Transformers(folder, threads=1).network
    norm, kept = network.model.decoder.layer_norm, []
    norm.register_forward_pre_hook(lambda _norm, inputs: kept.append(inputs[0]))
    ids = torch.randint(4, VOCABULARIES["TGT"], (4, 2 * SUBWORDS), generator=torch.Generator().manual_seed(0))
    ids[:, 0] = 2
    with torch.inference_mode():
        logits = network(input_ids=ids, attention_mask=torch.ones_like(ids), decoder_input_ids=ids).logits
        states = torch.nn.functional.layer_norm(kept[0], kept[0].shape[-1:])
    return states[:, :, place].mean(0).numpy(), float(logits.amax(-1).mean())


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--sentences", "count", default=1100, show_default=True)
def main(folder: Path, count: int) -> None:
    """Makes the model, unless it is there, and the sentences."""
    model = folder / "indic-en"
    if not (model / "made").exists():
        model.mkdir(parents=True, exist_ok=True)
        write_vocabularies(model, sentences(20_000, random.Random(1)))
        write_network(model)
        (model / "made").touch()
    document = {
        "format": "samvad.sentences/1",
        "language": "hi",
        "models": {},
        "sentences": [
            {"id": number, "start": 5.0 * number, "end": 5.0 * number + 4, "text": text}
            for number, text in enumerate(sentences(20_000 + count, random.Random(1))[20_000:])
        ],
    }
    (folder / "sentences.json").write_text(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main()
