"""Converts Whisper from CTranslate2's format to mlx-whisper's, so that one download serves both.

In: a folder with model.bin and config.json. Out: a folder with weights.safetensors and config.json.

    envs/mlx/bin/python stages/convert_whisper_mlx.py --in models/asr/base/ct2 \\
        --out models/asr/base/mlx --stamp models/asr/base/mlx/.ready@6255e2961308
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from samvad import modelstore
from samvad.problem import Problem


def convert(source: Path, target: Path) -> None:
    """Writes `target` (the weights) and config.json beside it.

    Raises: Problem on a model that is no Whisper.
    """
    from samvad import ct2

    where = source / "model.bin"
    data = _mapped(where)
    dimensions, weights = ct2.to_mlx(ct2.parse(data, where), where)
    heads = ct2.alignment_heads(_config(source / "config.json"), dimensions, source / "config.json")
    if heads is not None:
        # Not a setting but a tensor there: mlx-whisper loads it with the weights.
        weights["alignment_heads"] = heads
    _check(dimensions, weights, where)
    target.parent.mkdir(parents=True, exist_ok=True)
    modelstore.save(target.with_name("config.json"), lambda part: _write_config(part, dimensions))
    modelstore.save(target, lambda part: _write_weights(part, weights))


def _mapped(path: Path) -> memoryview:
    """The bytes of a file, mapped rather than read: a large model is 3 GB."""
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", "make models") from None
    except ValueError:  # an empty file cannot be mapped
        raise Problem(f"{path} is empty", "Remove it and type: make models") from None


def _config(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", "make models") from None
    except ValueError as error:
        raise Problem(f"{path}: {error}", "Remove it and type: make models") from None


def _check(dimensions: Mapping[str, int], weights: Mapping[str, Any], where: Path) -> None:
    """Raises: Problem where mlx-whisper's network of these dimensions wants other tensors or shapes."""
    from mlx.utils import tree_flatten
    from mlx_whisper.whisper import ModelDimensions, Whisper

    network = Whisper(ModelDimensions(**dimensions))
    wanted = {name: tuple(array.shape) for name, array in tree_flatten(network.parameters())}
    found = {name: tuple(array.shape) for name, array in weights.items()}
    # As many as there are: any number of heads may follow the sound.
    for name in sorted((wanted.keys() | found.keys()) - {"alignment_heads"}):
        if wanted.get(name) != found.get(name):
            raise Problem(f"{where}: '{name}' is {found.get(name)}, a Whisper has {wanted.get(name)}")


def _write_config(part: Path, dimensions: Mapping[str, int]) -> None:
    part.write_text(json.dumps({"model_type": "whisper", **dimensions}, indent=1) + "\n", encoding="utf-8")


def _write_weights(part: Path, weights: Mapping[str, Any]) -> None:
    import mlx.core as mx

    # Conversion needs no accelerator, and none may be there.
    mx.set_default_device(mx.cpu)
    mx.save_safetensors(str(part), {name: mx.array(array) for name, array in weights.items()})


@click.command()
@click.option("--in", "source", type=click.Path(path_type=Path), required=True, help="Folder of model.bin.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--stamp", type=click.Path(path_type=Path), required=True, help="Written when all is there.")
def main(source: Path, out: Path, stamp: Path) -> None:
    """Converts Whisper's weights for MLX."""
    modelstore.make("convert_whisper_mlx", out, stamp, lambda terminal: convert(source, out / "weights.safetensors"))


if __name__ == "__main__":
    main()
