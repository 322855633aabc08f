"""IndicTrans2's published files, and what an engine that runs it is asked for.

The network is M2M100 (pre-norm, sinusoidal positions) with two differences: a layer norm on the
embeddings, and a vocabulary of its own on each side. The tensors' names are M2M100's. So a folder of
`FILES` is all that is read, and everything in it is data: JSON that is checked, two SentencePiece
models, and weights in safetensors whose names and shapes are compared before one of them is used.

Two engines run it: samvad.indictrans2_ct2, and samvad.indictrans2_torch as the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct

from samvad.problem import Problem

#: What describes the model, and its weights.
DESCRIPTION = ("config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")
WEIGHTS = "model.safetensors"
FILES = (*DESCRIPTION, WEIGHTS)

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


class Decoding(NamedTuple):
    """How to search: beams; n-grams that no translation may hold twice (0: any may); whether <unk> may be written."""

    beams: int = BEAMS
    no_repeat_ngram: int = 0
    unknown: bool = True


AS_THE_AUTHORS = Decoding()


class Engine(Protocol):
    """What runs the network."""

    #: Ids that a source may have at most.
    longest: int
    tokenizer: Tokenizer

    def generate(self, batch: Sequence[Sequence[int]], decoding: Decoding = AS_THE_AUTHORS) -> list[list[int]]:
        """Target ids for source ids (each at most `longest`), in the same order; </s> last, but where one was cut off.

        The batch is computed at once. Nothing is sampled: the same batch gives the same ids.
        """
        ...


class Tokenizer:
    """Text that IndicProcessor prepared → source ids, and target ids → text for IndicProcessor."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._source = _dictionary(folder / "dict.SRC.json", config.encoder_vocab_size, config)
        target = _dictionary(folder / "dict.TGT.json", config.decoder_vocab_size, config)
        special = {"<s>", "<pad>", "</s>"}
        self._target = {number: piece for piece, number in target.items() if piece not in special}
        self._pieces = _sentencepiece(folder / "model.SRC")
        _sentencepiece(folder / "model.TGT")  # decoding does not need it, but a broken download shows
        self._unknown = self._source["<unk>"]
        self._end = config.eos_token_id
        #: The id of <unk> in the target language.
        self.unknown = target["<unk>"]

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

    def ended(self, ids: Sequence[int]) -> bool:
        """Whether the model came to an end, and not to the most ids that it may write."""
        return ids[-1:] == [self._end]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids; of special tokens <unk> alone is written."""
        pieces = (self._target.get(number, "") for number in ids)
        return "".join(pieces).replace(SPACE, " ").strip()


def opened(folder: Path, weights: str) -> tuple[Config, Tokenizer]:
    """What describes the model in a folder that has the file `weights`, too.

    Raises: Problem naming the file that is missing or at fault.
    """
    for name in (*DESCRIPTION, weights):
        if not (folder / name).is_file():
            raise Problem(f"{folder} has no {name}", "make models")
    config = read_config(folder / "config.json")
    return config, Tokenizer(folder, config)


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


def tensors(config: Config) -> dict[str, tuple[int, ...]]:
    """The network's tensors by their names in `WEIGHTS`, and their shapes."""
    size = config.encoder_embed_dim
    norms = {"self_attn": "self_attn_layer_norm", "encoder_attn": "encoder_attn_layer_norm"}
    shapes: dict[str, tuple[int, ...]] = {"lm_head.weight": (config.decoder_vocab_size, size)}

    def norm(name: str) -> None:
        shapes.update({f"{name}.weight": (size,), f"{name}.bias": (size,)})

    def linear(name: str, out: int, into: int) -> None:
        shapes.update({f"{name}.weight": (out, into), f"{name}.bias": (out,)})

    for half, vocabulary, layers, hidden, attentions in (
        ("encoder", config.encoder_vocab_size, config.encoder_layers, config.encoder_ffn_dim, ["self_attn"]),
        ("decoder", config.decoder_vocab_size, config.decoder_layers, config.decoder_ffn_dim, list(norms)),
    ):
        shapes[f"model.{half}.embed_tokens.weight"] = (vocabulary, size)
        norm(f"model.{half}.layernorm_embedding")
        norm(f"model.{half}.layer_norm")
        for layer in (f"model.{half}.layers.{number}" for number in range(layers)):
            for attention in attentions:
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"{layer}.{attention}.{part}", size, size)
                norm(f"{layer}.{norms[attention]}")
            linear(f"{layer}.fc1", hidden, size)
            linear(f"{layer}.fc2", size, hidden)
            norm(f"{layer}.final_layer_norm")
    return shapes


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
