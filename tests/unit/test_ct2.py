"""CTranslate2's model.bin: what is read from it, what is refused, and Whisper's tensors in MLX's names."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samvad import ct2
from samvad.problem import Problem

Tensors = dict[str, NDArray[Any]]


def string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def variable(name: str, shape: tuple[int, ...], kind: int, data: bytes, size: int | None = None) -> bytes:
    head = string(name) + struct.pack(f"<B{len(shape)}I", len(shape), *shape)
    return head + struct.pack("<BI", kind, len(data) if size is None else size) + data


def file_of(
    *variables: bytes,
    count: int | None = None,
    version: int = 6,
    specification: str = "WhisperSpec",
    aliases: tuple[tuple[str, str], ...] = (),
) -> bytes:
    return b"".join(
        [
            struct.pack("<I", version) + string(specification) + struct.pack("<I", 3),
            struct.pack("<I", len(variables) if count is None else count),
            *variables,
            struct.pack("<I", len(aliases)),
            *(string(alias) + string(name) for alias, name in aliases),
        ]
    )


ONE = variable("a", (2,), 0, np.array([1, 2], "<f4").tobytes())


def test_variables_keep_their_shape_type_and_values() -> None:
    half = np.arange(6, dtype="<f2").reshape(2, 3)
    model = ct2.parse(
        file_of(
            variable("w", (2, 3), 4, half.tobytes()),
            variable("n", (), 2, struct.pack("<h", -8)),
            aliases=(("v", "w"),),
        ),
        "model.bin",
    )
    assert (model.specification, model.revision, model.aliases) == ("WhisperSpec", 3, {"v": "w"})
    assert model.variables["w"].dtype == np.float16
    assert np.array_equal(model.variables["w"], half)
    assert model.variables["n"].shape == () and int(model.variables["n"]) == -8


def test_a_file_cut_anywhere_is_refused() -> None:
    whole = file_of(ONE, variable("b", (), 1, b"\1"), aliases=(("c", "a"),))
    assert set(ct2.parse(whole, "model.bin").variables) == {"a", "b"}
    for size in range(len(whole)):
        with pytest.raises(Problem, match=r"model\.bin"):
            ct2.parse(whole[:size], "model.bin")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (file_of(ONE, version=5), "version 5"),
        (file_of(ONE) + b"\0", "1 bytes after its end"),
        (file_of(ONE, ONE), "twice"),
        (file_of(ONE, count=2**32 - 1), "ends too early|no name"),
        (file_of(variable("a", (2**32 - 1,) * 4, 0, b"1234")), "shape"),
        (file_of(variable("a", (2,), 0, b"1234")), "shape"),
        (file_of(variable("a", (0,), 0, b"")), "shape"),
        (file_of(variable("a", (2**30,), 0, b"1234", size=2**32 - 1)), "shape"),
        (file_of(variable("a", (2**29,), 0, b"1234", size=2**31)), "ends too early"),
        (file_of(variable("a", (1,) * 5, 0, b"1234")), "5 dimensions"),
        (file_of(variable("a", (2,), 5, b"1234")), "type 5"),
        (file_of(variable("a", (2,), 200, b"1234")), "type 200"),
        (file_of(ONE, aliases=(("b", "nothing"),)), "'nothing'"),
        (file_of(ONE, aliases=(("a", "a"),)), "cannot be"),
        (file_of(variable("../\n", (2,), 0, bytes(8))), "no name"),
        (file_of(variable("", (2,), 0, bytes(8))), "no name"),
        (b"", "ends too early"),
        (b"PK\3\4" + bytes(100), "version"),
    ],
)
def test_what_the_format_does_not_allow_is_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(Problem, match=reason) as caught:
        ct2.parse(data, "model.bin")
    assert "\n" not in str(caught.value)


def whisper(state: int = 4, vocabulary: int = 7, mels: int = 3) -> Tensors:
    """The variables of the smallest Whisper: one layer each, two heads, every value another."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder/conv1/weight": (state, mels, 3),
        "encoder/conv1/bias": (state,),
        "encoder/conv2/weight": (state, state, 3),
        "encoder/conv2/bias": (state,),
        "encoder/position_encodings/encodings": (10, state),
        "decoder/position_encodings/encodings": (5, state),
        "decoder/embeddings/weight": (vocabulary, state),
    }
    for part, more in (("encoder", ()), ("decoder", (("attention", (1, 2, 1)),))):
        shapes |= {f"{part}/layer_norm/{kind}": (state,) for kind in ("gamma", "beta")}
        for block, joined in (("self_attention", (3, 1)), *more):
            at = f"{part}/layer_0/{block}"
            shapes |= {f"{at}/layer_norm/{kind}": (state,) for kind in ("gamma", "beta")}
            for number, times in enumerate(joined):
                shapes[f"{at}/linear_{number}/weight"] = (times * state, state)
                shapes[f"{at}/linear_{number}/bias"] = (times * state,)
        at = f"{part}/layer_0/ffn"
        shapes |= {f"{at}/layer_norm/{kind}": (state,) for kind in ("gamma", "beta")}
        shapes |= {f"{at}/linear_0/weight": (4 * state, state), f"{at}/linear_0/bias": (4 * state,)}
        shapes |= {f"{at}/linear_1/weight": (state, 4 * state), f"{at}/linear_1/bias": (state,)}
    random = np.random.default_rng(1)
    tensors = {name: random.normal(size=shape).astype("<f2") for name, shape in shapes.items()}
    tensors["encoder/layer_0/self_attention/linear_0/bias"][state : 2 * state] = 0
    tensors["decoder/layer_0/self_attention/linear_0/bias"][state : 2 * state] = 0
    tensors["decoder/layer_0/attention/linear_1/bias"][:state] = 0
    for part in ("encoder", "decoder"):
        tensors[f"{part}/num_heads"] = np.array(2, "<i2")
    return tensors


def model_of(tensors: Tensors) -> ct2.Model:
    return ct2.Model("WhisperSpec", 3, tensors, {})


def test_joined_projections_are_parted_and_convolutions_turned() -> None:
    tensors = whisper()
    dimensions, weights = ct2.to_mlx(model_of(tensors), "model.bin")
    joined = tensors["encoder/layer_0/self_attention/linear_0/weight"]
    for number, name in enumerate(("query", "key", "value")):
        expected = joined[number * 4 : number * 4 + 4]
        assert np.array_equal(weights[f"encoder.blocks.0.attn.{name}.weight"], expected)
    pair = tensors["decoder/layer_0/attention/linear_1/weight"]
    assert np.array_equal(weights["decoder.blocks.0.cross_attn.value.weight"], pair[4:])
    turned = weights["encoder.conv1.weight"]
    assert turned.shape == (4, 3, 3) and turned.flags.c_contiguous
    assert turned[1, 2, 0] == tensors["encoder/conv1/weight"][1, 0, 2]
    assert "encoder.blocks.0.attn.key.bias" not in weights
    gamma = tensors["decoder/layer_0/ffn/layer_norm/gamma"]
    assert np.array_equal(weights["decoder.blocks.0.mlp_ln.weight"], gamma)
    assert dimensions == {
        **{"n_mels": 3, "n_vocab": 7, "n_audio_ctx": 10, "n_text_ctx": 5},
        **{"n_audio_state": 4, "n_audio_head": 2, "n_audio_layer": 1},
        **{"n_text_state": 4, "n_text_head": 2, "n_text_layer": 1},
    }


def test_a_tensor_written_once_for_two_is_found_by_both_names() -> None:
    tensors = whisper()
    name, other = "decoder/layer_norm/beta", "encoder/layer_norm/beta"
    del tensors[name]
    aliases = {name: other, "decoder/projection/weight": "decoder/embeddings/weight"}
    _, weights = ct2.to_mlx(ct2.Model("WhisperSpec", 3, tensors, aliases), "model.bin")
    assert np.array_equal(weights["decoder.ln.bias"], weights["encoder.ln_post.bias"])


def test_float32_weights_become_float16() -> None:
    tensors = {name: t.astype("<f4") if t.dtype.kind == "f" else t for name, t in whisper().items()}
    _, weights = ct2.to_mlx(model_of(tensors), "model.bin")
    assert {tensor.dtype for tensor in weights.values()} == {np.dtype(np.float16)}


def test_another_kind_of_model_is_refused() -> None:
    with pytest.raises(Problem, match="TransformerSpec, not a Whisper"):
        ct2.to_mlx(ct2.Model("TransformerSpec", 7, whisper(), {}), "model.bin")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"encoder/layer_0/ffn/linear_0/weight": np.ones((16, 4), np.int8)}, "quantised"),
        ({"encoder/gpu_secret/weight": np.ones(4, np.float16)}, "which Whisper has not"),
        ({"encoder/layer_0/self_attention/linear_0/bias": np.ones(12, np.float16)}, "bias of keys"),
        ({"encoder/layer_0/self_attention/linear_0/weight": np.ones((13, 4), np.float16)}, "has not"),
        ({"encoder/layer_2/ffn/layer_norm/beta": np.ones(4, np.float16)}, "lacks a layer"),
        ({"decoder/num_heads": np.array(0, np.int16)}, "0 heads"),
        ({"decoder/num_heads": np.array(3, np.int16)}, "3 heads"),
        ({"decoder/embeddings/weight": np.ones(4, np.float16)}, "no usable"),
        ({"decoder/projection/weight": np.ones((7, 4), np.float16)}, "which Whisper has not"),
        ({"decoder/position_encodings/encodings": None}, "no usable"),
    ],
)
def test_what_whisper_has_not_is_refused(change: dict[str, Any], reason: str) -> None:
    tensors = {name: tensor for name, tensor in {**whisper(), **change}.items() if tensor is not None}
    with pytest.raises(Problem, match=reason):
        ct2.to_mlx(model_of(tensors), "model.bin")


@pytest.mark.parametrize(
    "heads", [[[6, 0]], [[0, 8]], [[-1, 0]], [[0]], [0, 1], [[0.5, 1]], [["0", "1"]], "heads", {"0": 1}]
)
def test_alignment_heads_must_be_heads_of_the_model(heads: object) -> None:
    with pytest.raises(Problem, match="alignment_heads"):
        ct2.alignment_heads({"alignment_heads": heads}, {"n_text_layer": 6, "n_text_head": 8}, "config.json")


@pytest.mark.parametrize("config", [{}, {"alignment_heads": None}, {"alignment_heads": []}, [], None])
def test_without_alignment_heads_mlx_keeps_its_own(config: object) -> None:
    assert ct2.alignment_heads(config, {"n_text_layer": 6, "n_text_head": 8}, "config.json") is None
