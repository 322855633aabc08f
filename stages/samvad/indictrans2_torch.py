"""IndicTrans2 by transformers' own classes and without remote code: the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samvad.cores import share
from samvad.indictrans2 import AS_THE_AUTHORS, LONGEST, WEIGHTS, Config, Decoding, match_tensors, opened, tensors
from samvad.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor, nn


class Transformers:
    """Implements samvad.indictrans2.Engine.

    `device` is "cpu" (32-bit floats) or "cuda" (half precision); `threads` 0 is this process' share.
    Raises: Problem naming the file, and the tensor where one is at fault.
    """

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 0) -> None:
        import torch

        torch.set_num_threads(threads or share())
        if device == "cuda" and not torch.cuda.is_available():
            raise Problem("there is no CUDA device that torch can use", "Leave DEVICE out, or set it to cpu")
        self.config, self.tokenizer = opened(folder, WEIGHTS)
        self.longest = min(LONGEST, self.config.max_source_positions)
        self._device = device
        self.network: Any = load(folder, self.config, torch.float16 if device == "cuda" else torch.float32)
        self.network.to(device)

    def generate(self, batch: Sequence[Sequence[int]], decoding: Decoding = AS_THE_AUTHORS) -> list[list[int]]:
        import torch

        width = max(map(len, batch))
        pad, end = self.config.pad_token_id, self.config.eos_token_id
        # Padding is on the left, and masked.
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in batch], device=self._device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in batch], device=self._device)
        with torch.inference_mode():
            out = self.network.generate(
                input_ids=ids,
                attention_mask=mask,
                num_beams=decoding.beams,
                do_sample=False,
                min_length=0,
                max_length=min(LONGEST, self.config.max_target_positions),
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                suppress_tokens=None if decoding.unknown else [self.tokenizer.unknown],
                # As in CTranslate2: what may not be written has no share of the probability.
                renormalize_logits=True,
                use_cache=True,
                decoder_start_token_id=self.config.decoder_start_token_id,
                bos_token_id=self.config.bos_token_id,
                pad_token_id=pad,
                eos_token_id=end,
            )
        # The first id is the start token, which IndicTrans2 shares with the end.
        rows = (row[1:] for row in out.tolist())
        return [row[: row.index(end) + 1] if end in row else row for row in rows]


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

    path = folder / WEIGHTS
    network = build(config)
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            sources = match_tensors(tensors(config), found, config.share_decoder_input_output_embed, path)
            weights = {name: file.get_tensor(source).to(dtype) for name, source in sources.items()}
    except SafetensorError as error:
        raise Problem(f"{path} is damaged: {error}", "remove it and type: make models") from None
    network.load_state_dict(weights, strict=False, assign=True)
    # Assigned weights are new objects, so what was one must be made one again.
    if config.share_decoder_input_output_embed:
        network.lm_head.weight = network.model.decoder.embed_tokens.weight
    return network.to(dtype).eval()


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
