"""Converts published weights that are a pickle into safetensors, once, in a process of its own.

In: a model's folder with pytorch_model.bin. Out: the same folder with model.safetensors instead.

    envs/indictrans2/bin/python stages/convert_pickle.py --in models/align/hi-pickle \\
        --out models/align/hi --stamp models/align/hi/.ready@7c2d4e72d6ab

No stage reads a pickle. This reads one by torch's safe loader, which builds tensors and plain
containers and runs nothing from the file, and refuses whatever is not a table of tensors.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, TextIO

import click

from samvad import modelstore
from samvad.problem import Problem

PICKLE = "pytorch_model.bin"

#: The first torch whose safe loader has no known hole.
OLDEST = (2, 10)


def read_tensors(path: Path) -> dict[str, Any]:
    """The tensors of a pickle by name, each stored once.

    Raises: Problem where the file is missing or damaged, or has anything but a table of tensors.
    """
    import pickle

    import torch

    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < OLDEST:
        raise Problem(f"torch {torch.__version__} is too old to read a pickle safely", "make envs")
    try:
        table = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", "make models") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise Problem(f"{path} is damaged or holds more than tensors: {reason}") from None
    if not isinstance(table, dict):
        raise Problem(f"{path} is no table of tensors but {type(table).__name__}")
    for name, tensor in table.items():
        if not (isinstance(name, str) and isinstance(tensor, torch.Tensor)):
            raise Problem(f"{path}: {name!r} is no tensor but {type(tensor).__name__}")
    return dict(table)


def without_twins(tensors: dict[str, Any]) -> dict[str, Any]:
    """The tensors without those that are another one under a second name.

    Input and output embeddings are such twins; safetensors stores every tensor once and whole.
    """
    kept: dict[tuple[Any, ...], str] = {}
    for name, tensor in tensors.items():
        kept.setdefault((tensor.data_ptr(), tuple(tensor.shape), tensor.stride()), name)
    return {name: tensors[name].contiguous() for name in kept.values()}


def convert(folder: Path, out: Path) -> None:
    """Writes `out` from the pickle in `folder`: whole or not at all."""
    from safetensors.torch import save_file

    tensors = without_twins(read_tensors(folder / PICKLE))
    modelstore.save(out, lambda part: save_file(tensors, part, metadata={"format": "pt"}))


@click.command()
@click.option("--in", "folder", type=click.Path(path_type=Path), required=True, help="The model's folder.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--stamp", type=click.Path(path_type=Path), required=True, help="Written when all is there.")
def main(folder: Path, out: Path, stamp: Path) -> None:
    """Converts pytorch_model.bin into model.safetensors, and copies what lies beside it."""

    def work(terminal: TextIO) -> None:
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name != PICKLE and not path.name.startswith("."):
                shutil.copyfile(path, out / path.name)
        convert(folder, out / "model.safetensors")

    modelstore.make("convert_pickle", out, stamp, work)


if __name__ == "__main__":
    main()
