"""Converts IndicTrans2 for CTranslate2, in two precisions.

In: a folder of samvad.indictrans2.FILES. Out: what describes the model, copied; int8/ and float16/, each a
model of CTranslate2's.

    envs/indictrans2/bin/python stages/convert_indictrans2.py --in models/mt/indictrans2-distilled/indic-en \\
        --out models/mt/indictrans2-distilled/indic-en-ct2 \\
        --stamp models/mt/indictrans2-distilled/indic-en-ct2/.ready@main

CTranslate2's own converter has no loader for IndicTrans2, and would run remote code to get one. Its
vocabularies are the ids themselves, in decimal: dict.SRC.json and dict.TGT.json say which pieces they are.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from samvad import modelstore
from samvad.indictrans2 import DESCRIPTION, WEIGHTS, Config, match_tensors, opened, tensors
from samvad.problem import Problem

PRECISIONS = ("int8", "float16")

Array = NDArray[np.float32]
Read = Callable[[str], Array]


def convert(source: Path, out: Path) -> None:
    """Fills the folder `out`, each file and each model in it whole or not at all.

    Raises: Problem naming the file of `source`, and the tensor where one is at fault.
    """
    out.mkdir(parents=True, exist_ok=True)
    for precision in PRECISIONS:
        write(source, out / precision, precision)
    for name in DESCRIPTION:
        modelstore.save(out / name, partial(shutil.copyfile, source / name))


def write(source: Path, out: Path, precision: str) -> None:
    """Writes the model in one precision of CTranslate2's."""
    from safetensors import SafetensorError, safe_open

    config, tokenizer = opened(source, WEIGHTS)
    path = source / WEIGHTS
    try:
        with safe_open(path, framework="numpy") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            names = match_tensors(tensors(config), found, config.share_decoder_input_output_embed, path)
            for name in names.values():
                if (kind := file.get_slice(name).get_dtype()) not in ("F32", "F16"):
                    raise Problem(f"{path}: tensor {name} is of the type {kind}, not F32 or F16")
            model = specification(
                config, tokenizer.unknown, lambda name: file.get_tensor(names[name]).astype(np.float32), precision
            )
    except SafetensorError as error:
        raise Problem(f"{path} is damaged: {error}", "remove it and type: make models") from None
    modelstore.save_folder(out, lambda part: model.save(str(part)))


def specification(config: Config, unknown: int, read: Read, precision: str) -> Any:
    """The model as CTranslate2 describes one, its weights in `precision`.

    `unknown` is the id of <unk>; `read` gives the tensor of a name in float32.
    """
    from ctranslate2.specs import transformer_spec
    from ctranslate2.specs.common_spec import Activation

    shape = {
        "pre_norm": True,
        "layernorm_embedding": True,
        "activation": {"gelu": Activation.GELU, "relu": Activation.RELU}[config.activation_function],
    }
    encoder = transformer_spec.TransformerEncoderSpec(config.encoder_layers, config.encoder_attention_heads, **shape)
    decoder = transformer_spec.TransformerDecoderSpec(config.decoder_layers, config.decoder_attention_heads, **shape)
    model = transformer_spec.TransformerSpec(encoder, decoder)

    def done(part: Any) -> None:
        # Part by part, so that no more than one of them is in memory in float32.
        part.validate()
        part.optimize(quantization=precision)

    def norm(part: Any, name: str) -> None:
        part.gamma, part.beta = read(f"{name}.weight"), read(f"{name}.bias")
        done(part)

    def linear(part: Any, *names: str) -> None:
        """Several names: those that read the same input, joined."""
        part.weight = np.concatenate([read(f"{name}.weight") for name in names])
        part.bias = np.concatenate([read(f"{name}.bias") for name in names])
        done(part)

    def attention(part: Any, name: str, joined: list[list[str]]) -> None:
        for linear_part, projections in zip(part.linear, [*joined, ["out"]], strict=True):
            linear(linear_part, *(f"{name}.{projection}_proj" for projection in projections))
        norm(part.layer_norm, f"{name}_layer_norm")

    for half, name, embeddings in (
        (encoder, "encoder", encoder.embeddings[0]),
        (decoder, "decoder", decoder.embeddings),
    ):
        half.scale_embeddings = math.sqrt(config.encoder_embed_dim) if config.scale_embedding else 1.0
        embeddings.weight = read(f"model.{name}.embed_tokens.weight")
        done(embeddings)
        half.position_encodings.encodings = positions(config)
        done(half.position_encodings)
        norm(half.layernorm_embedding, f"model.{name}.layernorm_embedding")
        norm(half.layer_norm, f"model.{name}.layer_norm")
        for number, layer in enumerate(half.layer):
            place = f"model.{name}.layers.{number}"
            attention(layer.self_attention, f"{place}.self_attn", [["q", "k", "v"]])
            if half is decoder:
                attention(layer.attention, f"{place}.encoder_attn", [["q"], ["k", "v"]])
            linear(layer.ffn.linear_0, f"{place}.fc1")
            linear(layer.ffn.linear_1, f"{place}.fc2")
            norm(layer.ffn.layer_norm, f"{place}.final_layer_norm")
    decoder.projection.weight = read("lm_head.weight")
    done(decoder.projection)

    model.register_source_vocabulary([str(number) for number in range(config.encoder_vocab_size)])
    model.register_target_vocabulary([str(number) for number in range(config.decoder_vocab_size)])
    model.config.bos_token = str(config.bos_token_id)
    model.config.eos_token = str(config.eos_token_id)
    model.config.unk_token = str(unknown)
    model.config.decoder_start_token = str(config.decoder_start_token_id)
    model.config.layer_norm_epsilon = 1e-5  # torch's
    model.validate()
    model.optimize()  # what is there twice is stored once
    return model


def positions(config: Config) -> Array:
    """The sinusoids of M2M100, float32 of the shape (positions, dimensions), from the first one that a text has.

    The rows before it are those of the padding and of what precedes it. In 32-bit floats throughout, as
    transformers has them.
    """
    half = config.encoder_embed_dim // 2
    first = config.pad_token_id + 1
    places = np.arange(first, first + max(config.max_source_positions, config.max_target_positions), dtype=np.float32)
    rates = np.exp(np.arange(half, dtype=np.float32) * np.float32(-math.log(10_000) / (half - 1)))
    angles = places[:, None] * rates
    padding = np.zeros((len(places), config.encoder_embed_dim % 2), np.float32)
    return np.concatenate([np.sin(angles), np.cos(angles), padding], axis=1)


@click.command()
@click.option("--in", "source", type=click.Path(path_type=Path), required=True, help="The model's folder.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--stamp", type=click.Path(path_type=Path), required=True, help="Written when all is there.")
def main(source: Path, out: Path, stamp: Path) -> None:
    """Converts IndicTrans2 for CTranslate2."""
    modelstore.make("convert_indictrans2", out, stamp, lambda terminal: convert(source, out))


if __name__ == "__main__":
    main()
