"""The aligner's network: batches hear what single passes hear, int8 what float32 does, for both kinds of norm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

#: Prints how far logits are apart: batched from single, int8 from float32, and the spread of float32's own.
COMPARE = """
import json, sys
from types import SimpleNamespace
sys.path.insert(0, "stages")
import torch
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
from samvad.wav2vec2 import Aligner
from samvad.wav2vec2_int8 import available, quantised

torch.manual_seed(0)
torch.set_num_threads(1)
norm, together, padded = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "padded"
config = Wav2Vec2Config(
    vocab_size=20, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    conv_dim=(16,) * 7, feat_extract_norm=norm, do_stable_layer_norm=norm == "layer", conv_bias=norm == "layer",
    num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
)
network = Wav2Vec2ForCTC(config).eval()
# Random weights of this size hardly look at what they hear.
with torch.no_grad():
    for weight in network.parameters():
        if weight.dim() > 1:
            weight.mul_(3)

def aligner(model, together):
    made = Aligner.__new__(Aligner)
    made._torch, made._model, made._device, made.compute = torch, model, "cpu", "float32"
    made.together, made._padded = together, padded
    return made

sounds = [torch.randn(length) for length in (16000, 16000, 9000, 400, 24000)]
single = aligner(network, 1)._logits(sounds)
batched = aligner(network, together)._logits(sounds)
assert [len(one) for one in single] == [len(one) for one in batched]
found = {"batched": max(float((one - other).abs().max()) for one, other in zip(single, batched)),
         "spread": float(torch.cat(single).std())}
if available():
    int8 = aligner(quantised(network), 1)._logits(sounds)
    found["int8"] = float(torch.cat([one - other for one, other in zip(single, int8)]).std())
print(json.dumps(found))
"""


def compared(run_in: Run, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_in("whisperx", "-c", COMPARE, *arguments).stdout)
    return found


@pytest.mark.parametrize(("norm", "padded"), [("layer", "padded"), ("group", "equal lengths")])
def test_a_batch_hears_what_single_passes_hear_and_int8_nearly_so(run_in: Run, norm: str, padded: str) -> None:
    found = compared(run_in, norm, 5, padded)
    assert found["spread"] > 0.1
    assert found["batched"] < 1e-4
    if "int8" in found:
        assert found["int8"] < 0.1 * found["spread"]


def test_a_network_with_a_norm_over_time_must_not_be_padded(run_in: Run) -> None:
    assert compared(run_in, "group", 5, "padded")["batched"] > 1e-3
