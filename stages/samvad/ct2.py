"""Whisper's weights out of CTranslate2's `model.bin`, and their names and shapes in mlx-whisper.

The file, little-endian, as ctranslate2/specs/model_spec.py writes it (a string is a 16-bit length,
then that many bytes, the last one zero):

    uint32 version (6) · string specification · uint32 revision
    uint32 count, then for each variable:
        string name · uint8 rank · uint32 × rank shape · uint8 type · uint32 bytes · data
    uint32 count, then for each alias: string alias · string variable

The file comes from elsewhere: every length in it is checked against what is really there before it
is used, and whatever a Whisper would not have is an error.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samvad.problem import Problem

VERSION = 6

#: CTranslate2's numbers for types of data; bfloat16, which numpy does not know, is number 5.
TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}

#: More dimensions than any tensor of Whisper has.
MOST_DIMENSIONS = 4

#: Samples of a head: the same in every Whisper, and the fallback where a file does not count its heads.
HEAD_SIZE = 64

Tensor = NDArray[Any]


class Model(NamedTuple):
    """What a model.bin holds. The tensors are views of the bytes that were parsed."""

    specification: str
    revision: int
    variables: dict[str, Tensor]
    #: Second name → variable.
    aliases: dict[str, str]


def parse(data: bytes | memoryview, where: object) -> Model:
    """The variables of a model.bin. `where` names the file in errors.

    Raises: Problem on anything that the format does not allow.
    """
    reader = _Reader(memoryview(data), where)
    version = reader.number("<I")
    if version != VERSION:
        raise reader.problem(f"is version {version} of CTranslate2's format; known is version {VERSION}")
    specification, revision = reader.string(), reader.number("<I")
    variables: dict[str, Tensor] = {}
    for _ in range(reader.number("<I")):
        name = reader.string()
        if name in variables:
            raise reader.problem(f"holds '{name}' twice")
        variables[name] = reader.tensor(name)
    aliases = {reader.string(): reader.string() for _ in range(reader.number("<I"))}
    for alias, name in aliases.items():
        if name not in variables or alias in variables:
            raise reader.problem(f"calls '{name}' also '{alias}', which cannot be")
    if reader.left:
        raise reader.problem(f"has {reader.left} bytes after its end")
    return Model(specification, revision, variables, aliases)


class _Reader:
    """Reads from the front of the data and never beyond its end."""

    def __init__(self, data: memoryview, where: object) -> None:
        self._data = data
        self._where = where
        self._position = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._position

    def problem(self, reason: str) -> Problem:
        return Problem(f"{self._where} {reason}", "Remove it and type: make models")

    def take(self, size: int) -> memoryview:
        if size > self.left:
            raise self.problem(f"ends too early: {size} bytes wanted at {self._position}, {self.left} left")
        part = self._data[self._position : self._position + size]
        self._position += size
        return part

    def number(self, code: str) -> int:
        (value,) = struct.unpack(code, self.take(struct.calcsize(code)))
        return int(value)

    def string(self) -> str:
        part = bytes(self.take(self.number("<H")))
        try:
            text = part.decode("ascii")
        except UnicodeDecodeError:
            text = ""
        if not (text.endswith("\0") and text[:-1].isprintable() and len(text) > 1):
            raise self.problem(f"has no name where one belongs, before {self._position}")
        return text[:-1]

    def tensor(self, name: str) -> Tensor:
        rank = self.number("<B")
        if rank > MOST_DIMENSIONS:
            raise self.problem(f"gives '{name}' {rank} dimensions")
        shape = tuple(self.number("<I") for _ in range(rank))
        kind = self.number("<B")
        size = self.number("<I")
        if kind not in TYPES:
            raise self.problem(f"holds '{name}' as type {kind}, not as floating point of 16 or 32 bits")
        dtype = np.dtype(TYPES[kind])
        if 0 in shape or math.prod(shape) * dtype.itemsize != size:
            raise self.problem(f"gives '{name}' the shape {shape} and {size} bytes")
        return np.frombuffer(self.take(size), dtype).reshape(shape)


# --- mlx-whisper's names ------------------------------------------------------------------------

#: What stands after the layer's number → its name in mlx-whisper. Several names: the tensor is that many
#: joined along its first axis, as CTranslate2 joins the projections that read the same input.
_ENCODER_LAYER = {
    "self_attention/layer_norm": ("attn_ln",),
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "self_attention/linear_1": ("attn.out",),
    "ffn/layer_norm": ("mlp_ln",),
    "ffn/linear_0": ("mlp1",),
    "ffn/linear_1": ("mlp2",),
}
_DECODER_LAYER = _ENCODER_LAYER | {
    "attention/layer_norm": ("cross_attn_ln",),
    "attention/linear_0": ("cross_attn.query",),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
    "attention/linear_2": ("cross_attn.out",),
}
_LAYERS = {"encoder": _ENCODER_LAYER, "decoder": _DECODER_LAYER}
_OUTSIDE = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
    "decoder/embeddings": "decoder.token_embedding",
}
_KINDS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
_NAME = re.compile(r"(encoder|decoder)/layer_(\d{1,3})/(.+)/(weight|bias|gamma|beta)")


def to_mlx(model: Model, where: object) -> tuple[dict[str, int], dict[str, Tensor]]:
    """The dimensions (mlx-whisper's config.json) and the weights, in 16-bit floating point.

    Raises: Problem where the model is no Whisper, is quantised, or holds what Whisper has not.
    """
    if model.specification != "WhisperSpec":
        raise Problem(f"{where} is a {model.specification}, not a Whisper model")
    # Equal tensors are written once; the embeddings are the output's projection in every Whisper.
    tensors = model.variables | {alias: model.variables[name] for alias, name in model.aliases.items()}
    if model.aliases.get("decoder/projection/weight") == "decoder/embeddings/weight":
        del tensors["decoder/projection/weight"]
    weights: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 0 or name == "encoder/position_encodings/encodings":
            continue  # options, and sinusoids that mlx-whisper computes itself
        if tensor.dtype.kind != "f":
            raise Problem(f"{where} is quantised ('{name}')", "MLX needs the model in float16 or float32")
        for new, part in _renamed(name, tensor, where):
            weights[new] = np.ascontiguousarray(part, np.float16)
    return _dimensions(tensors, where), weights


def _renamed(name: str, tensor: Tensor, where: object) -> Iterator[tuple[str, Tensor]]:
    if name == "decoder/position_encodings/encodings":
        yield "decoder.positional_embedding", tensor
        return
    module, _, kind = name.rpartition("/")
    if module in _OUTSIDE and kind in _KINDS:
        # Convolutions: (out, in, width) there, (out, width, in) here.
        yield f"{_OUTSIDE[module]}.{_KINDS[kind]}", tensor.transpose(0, 2, 1) if tensor.ndim == 3 else tensor
        return
    match = _NAME.fullmatch(name)
    names = _LAYERS[match[1]].get(match[3]) if match else None
    if match is None or names is None or len(tensor) % len(names):
        raise Problem(f"{where} holds '{name}' of the shape {tensor.shape}, which Whisper has not")
    for new, part in zip(names, np.split(tensor, len(names)), strict=True):
        if new.endswith(".key") and _KINDS[kind] == "bias":
            # Whisper's keys have no bias; the joined tensor holds zeros in their place.
            if part.any():
                raise Problem(f"{where} holds a bias of keys ('{name}'), which Whisper has not")
            continue
        yield f"{match[1]}.blocks.{int(match[2])}.{new}.{_KINDS[kind]}", part


def _dimensions(variables: Mapping[str, Tensor], where: object) -> dict[str, int]:
    def shape(name: str, rank: int) -> Sequence[int]:
        tensor = variables.get(name)
        if tensor is None or tensor.ndim != rank:
            raise Problem(f"{where} has no usable '{name}'", "Remove it and type: make models")
        return tensor.shape

    def heads(part: str, state: int) -> int:
        stated = variables.get(f"{part}/num_heads")
        count = int(stated) if stated is not None and stated.ndim == 0 else state // HEAD_SIZE
        if count < 1 or state % count:
            raise Problem(f"{where} has {count} heads for {state} values", "Remove it and type: make models")
        return count

    def layers(part: str) -> int:
        found = {int(match[2]) for name in variables if (match := _NAME.fullmatch(name)) and match[1] == part}
        if not found or found != set(range(len(found))):
            raise Problem(f"{where} lacks a layer of the {part}", "Remove it and type: make models")
        return len(found)

    audio_context, audio_state = shape("encoder/position_encodings/encodings", 2)
    text_context, text_state = shape("decoder/position_encodings/encodings", 2)
    return {
        "n_mels": shape("encoder/conv1/weight", 3)[1],
        "n_audio_ctx": audio_context,
        "n_audio_state": audio_state,
        "n_audio_head": heads("encoder", audio_state),
        "n_audio_layer": layers("encoder"),
        "n_vocab": shape("decoder/embeddings/weight", 2)[0],
        "n_text_ctx": text_context,
        "n_text_state": text_state,
        "n_text_head": heads("decoder", text_state),
        "n_text_layer": layers("decoder"),
    }


def alignment_heads(config: object, dimensions: Mapping[str, int], where: object) -> Tensor | None:
    """The decoder's heads that follow the sound, int32 of the shape (heads, 2): layer and head.

    None where the model's config.json names none: mlx-whisper then takes the upper half of the layers.

    >>> alignment_heads({"alignment_heads": [[1, 2]]}, {"n_text_layer": 6, "n_text_head": 8}, "x")
    array([[1, 2]], dtype=int32)
    """
    heads = config.get("alignment_heads") if isinstance(config, dict) else None
    if not heads:
        return None
    layers, count = range(dimensions["n_text_layer"]), range(dimensions["n_text_head"])
    for pair in heads if isinstance(heads, list) else [heads]:
        match pair:
            case [int(layer), int(head)] if layer in layers and head in count:
                continue
        raise Problem(f"{where}: alignment_heads: {pair!r:.60} is no layer and head of this model")
    return np.array(heads, dtype=np.int32)
