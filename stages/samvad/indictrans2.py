"""IndicTrans2 from its published files, by transformers' own classes and without remote code.

The network is M2M100 (pre-norm, sinusoidal positions) with two differences: a layer norm on the
embeddings, and a vocabulary of its own on each side. The tensors' names are M2M100's. So a folder of
`FILES` is all that is read, and everything in it is data: JSON that is checked, two SentencePiece
models, and weights in safetensors whose names and shapes are compared before one of them is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from samvad.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor, nn

FILES = ("config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT", "model.safetensors")

#: Subwords that the model was trained on at most, tags and </s> included (on both sides).
LONGEST = 256

#: As the model's authors decode.
BEAMS = 5

#: SentencePiece's mark of a space.
SPACE = "▁"

Count = Annotated[int, Meta(gt=0, le=1 << 20)]
Id = Annotated[int, Meta(ge=0, le=1 << 20)]
Content = TypeVar("Content")


class Config(Struct, frozen=True):
    """What of config.json concerns inference; the many other members that it has are passed over."""

    model_type: Literal["IndicTrans"]
    encoder_vocab_size: Count
    decoder_vocab_size: Count
    encoder_embed_dim: Count
    decoder_embed_dim: Count
    encoder_layers: Count
    decoder_layers: Count
    encoder_ffn_dim: Count
    decoder_ffn_dim: Count
    encoder_attention_heads: Count
    decoder_attention_heads: Count
    max_source_positions: Count
    max_target_positions: Count
    activation_function: Literal["gelu", "relu"]
    encoder_normalize_before: bool
    decoder_normalize_before: bool
    layernorm_embedding: bool
    scale_embedding: bool
    share_decoder_input_output_embed: bool
    bos_token_id: Id = 0
    pad_token_id: Id = 1
    eos_token_id: Id = 2
    decoder_start_token_id: Id = 2


class Tokenizer:
    """Text that IndicProcessor prepared → source ids, and target ids → text for IndicProcessor."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._source = _dictionary(folder / "dict.SRC.json", config.encoder_vocab_size, config)
        target = _dictionary(folder / "dict.TGT.json", config.decoder_vocab_size, config)
        special = {"<s>", "<pad>", "</s>", "<unk>"}
        self._target = {number: piece for piece, number in target.items() if piece not in special}
        self._pieces = _sentencepiece(folder / "model.SRC")
        _sentencepiece(folder / "model.TGT")  # decoding does not need it, but a broken download shows
        self._unknown = self._source["<unk>"]
        self._end = config.eos_token_id

    def knows(self, tag: str) -> bool:
        """Whether `tag` ("hin_Deva") is a language of this model."""
        return tag in self._source

    def encode(self, prepared: str) -> list[int]:
        """Ids of "<source tag> <target tag> <text>", the end of the sentence included.

        The tags are whole tokens of the vocabulary and never seen by SentencePiece.
        """
        source, target, text = prepared.split(" ", 2)
        pieces = [source, target, *self._pieces.encode(text, out_type=str)]
        return [*(self._source.get(piece, self._unknown) for piece in pieces), self._end]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids, without special tokens."""
        pieces = (self._target.get(number, "") for number in ids)
        return "".join(pieces).replace(SPACE, " ").strip()


class IndicTrans2:
    """The loaded model.

    `device` is "cpu" (32-bit floats) or "cuda" (half precision); `threads` 0 leaves torch its default.
    Raises: Problem naming the file, and the tensor where one is at fault.
    """

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 0) -> None:
        import torch

        if threads:
            torch.set_num_threads(threads)
        if device == "cuda" and not torch.cuda.is_available():
            raise Problem("there is no CUDA device that torch can use", "Leave DEVICE out, or set it to cpu")
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise Problem(f"{folder} has no {missing[0]}", "make models")
        self.config = read_config(folder / "config.json")
        self.tokenizer = Tokenizer(folder, self.config)
        self.longest = min(LONGEST, self.config.max_source_positions)
        self.device = device
        self._model: Any = load(folder, self.config, torch.float16 if device == "cuda" else torch.float32)
        self._model.to(device)

    def generate(self, batch: Sequence[Sequence[int]], beams: int = BEAMS) -> list[list[int]]:
        """Target ids for source ids (each at most `longest`), in the same order.

        Padding is on the left and masked. Nothing is sampled: the same batch gives the same ids.
        """
        import torch

        width = max(map(len, batch))
        pad, end = self.config.pad_token_id, self.config.eos_token_id
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in batch], device=self.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in batch], device=self.device)
        with torch.inference_mode():
            out = self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                num_beams=beams,
                do_sample=False,
                min_length=0,
                max_length=min(LONGEST, self.config.max_target_positions),
                use_cache=True,
                decoder_start_token_id=self.config.decoder_start_token_id,
                bos_token_id=self.config.bos_token_id,
                pad_token_id=pad,
                eos_token_id=end,
            )
        # The first id is the start token, which IndicTrans2 shares with the end.
        rows = (row[1:] for row in out.tolist())
        return [row[: row.index(end)] if end in row else row for row in rows]


def read_config(path: Path) -> Config:
    """The checked config.json. Raises: Problem where this is no IndicTrans2 that we can build."""
    config = _json(path, Config)
    if config.encoder_embed_dim != config.decoder_embed_dim:
        raise Problem(f"{path}: encoder_embed_dim and decoder_embed_dim differ")
    if not (config.encoder_normalize_before and config.decoder_normalize_before and config.layernorm_embedding):
        raise Problem(
            f"{path}: normalises in other places than IndicTrans2 does",
            "encoder_normalize_before, decoder_normalize_before and layernorm_embedding must be true",
        )
    for heads in (config.encoder_attention_heads, config.decoder_attention_heads):
        if config.encoder_embed_dim % heads:
            raise Problem(f"{path}: {config.encoder_embed_dim} dimensions do not divide into {heads} heads")
    return config


def build(config: Config) -> Any:
    """The network without weights: its tensors have shapes but no storage (torch's "meta" device)."""
    import torch
    from torch import nn
    from transformers import M2M100Config, M2M100ForConditionalGeneration
    from transformers.models.m2m_100.modeling_m2m_100 import M2M100ScaledWordEmbedding

    with torch.device("meta"):
        network = M2M100ForConditionalGeneration(
            M2M100Config(
                vocab_size=config.decoder_vocab_size,
                d_model=config.encoder_embed_dim,
                encoder_layers=config.encoder_layers,
                decoder_layers=config.decoder_layers,
                encoder_ffn_dim=config.encoder_ffn_dim,
                decoder_ffn_dim=config.decoder_ffn_dim,
                encoder_attention_heads=config.encoder_attention_heads,
                decoder_attention_heads=config.decoder_attention_heads,
                max_position_embeddings=max(config.max_source_positions, config.max_target_positions),
                activation_function=config.activation_function,
                scale_embedding=config.scale_embedding,
                dropout=0.0,
                attention_dropout=0.0,
                encoder_layerdrop=0.0,
                decoder_layerdrop=0.0,
                bos_token_id=config.bos_token_id,
                pad_token_id=config.pad_token_id,
                eos_token_id=config.eos_token_id,
                decoder_start_token_id=config.decoder_start_token_id,
                tie_word_embeddings=False,
                attn_implementation="sdpa",
            )
        )
        encoder, decoder = network.model.encoder, network.model.decoder
        encoder.embed_tokens = M2M100ScaledWordEmbedding(
            config.encoder_vocab_size,
            config.encoder_embed_dim,
            config.pad_token_id,
            decoder.embed_tokens.embed_scale,
        )
        for half in (encoder, decoder):
            half.layernorm_embedding = nn.LayerNorm(config.encoder_embed_dim)
            half.layers[0].register_forward_pre_hook(_normaliser(half.layernorm_embedding))
    # M2M100 has one vocabulary and keeps it here; nothing reads it once both halves have their own.
    network.model.shared = decoder.embed_tokens
    if config.share_decoder_input_output_embed:
        network.lm_head.weight = decoder.embed_tokens.weight
    for half in (encoder, decoder):
        _make_positions(half.embed_positions)
    return network.eval()


def load(folder: Path, config: Config, dtype: Any) -> Any:
    """The network with the weights of `folder`, every one of them accounted for.

    Raises: Problem naming the file and the tensor that is missing, unknown or of another shape.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / "model.safetensors"
    network = build(config)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    del shapes["model.shared.weight"]
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            sources = match_tensors(shapes, found, config.share_decoder_input_output_embed, path)
            weights = {name: file.get_tensor(source).to(dtype) for name, source in sources.items()}
    except SafetensorError as error:
        raise Problem(f"{path} is damaged: {error}", "remove it and type: make models") from None
    network.load_state_dict(weights, strict=False, assign=True)
    # Assigned weights are new objects, so what was one must be made one again.
    if config.share_decoder_input_output_embed:
        network.lm_head.weight = network.model.decoder.embed_tokens.weight
    return network.to(dtype).eval()


def match_tensors(
    shapes: dict[str, tuple[int, ...]],
    found: dict[str, tuple[int, ...]],
    shared: bool,
    path: Path,
) -> dict[str, str]:
    """Tensor of the network → tensor of the file, for exactly the network's tensors.

    Where input and output embeddings of the decoder are one (`shared`), a file may hold them once
    or twice. Position tables, which old files hold, are made anew.
    Raises: Problem naming the first tensor that does not fit.
    """
    twins = {"lm_head.weight", "model.decoder.embed_tokens.weight"}
    sources = {}
    for name, shape in shapes.items():
        source = name
        if shared and name in twins and name not in found:
            (source,) = twins - {name}
        if source not in found:
            raise Problem(f"{path} has no tensor {name}", "It does not belong to the config.json beside it")
        if found[source] != shape:
            raise Problem(
                f"{path}: tensor {source} has the shape {_times(found[source])}, not {_times(shape)}",
                "It does not belong to the config.json beside it",
            )
        sources[name] = source
    for name in found:
        if name not in shapes and not name.endswith(("embed_positions.weights", "_float_tensor")):
            raise Problem(f"{path} has an unknown tensor {name}", "It does not belong to the config.json beside it")
    return sources


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "()"


def _normaliser(norm: nn.Module) -> Any:
    """A hook that normalises the embeddings on their way into the first layer."""

    def normalise(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (norm(inputs[0]), *inputs[1:])

    return normalise


def _make_positions(positions: Any) -> None:
    """Fills the table of sinusoids, which no file holds and "meta" has left without storage.

    Left alone it would hold whatever was in memory: the model would run and write garbage.
    """
    rows, dimensions = positions.weights.shape
    del positions.weights
    positions.make_weights(rows, dimensions, positions.padding_idx)


def _dictionary(path: Path, size: int, config: Config) -> dict[str, int]:
    """Piece → id, every id below `size`, and the special tokens where config.json has them."""
    pieces = _json(path, dict[str, Id])
    if len(set(pieces.values())) != len(pieces) or max(pieces.values(), default=0) >= size:
        raise Problem(f"{path}: ids are used twice or do not fit the {size} of config.json")
    special = {"<s>": config.bos_token_id, "<pad>": config.pad_token_id, "</s>": config.eos_token_id}
    for piece, number in special.items():
        if pieces.get(piece) != number:
            raise Problem(f"{path}: {piece} is {pieces.get(piece)}, in config.json {number}")
    if "<unk>" not in pieces:
        raise Problem(f"{path} has no <unk>")
    return pieces


def _sentencepiece(path: Path) -> Any:
    from sentencepiece import SentencePieceProcessor

    try:
        return SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise Problem(f"{path} is no SentencePiece model: {error}", "remove it and type: make models") from None


def _json(path: Path, kind: type[Content]) -> Content:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: {error}", "remove it and type: make models") from None
