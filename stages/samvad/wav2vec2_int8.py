"""wav2vec2 in int8, for processors that do not multiply bfloat16 by themselves.

Nearly all the work is matrices: the transformer's, and the convolutions' too if a window of k frames of C
channels is seen for what it is in memory, one row of k · C numbers. So both become linear layers, whose weights
are kept in int8 and whose input is brought to int8 as it comes (torch's dynamic quantisation). What is small or
reads raw sound stays as it is: the first convolution, norms, the letters' layer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic


class _Convolution(nn.Module):  # type: ignore[misc]  # torch is not where types are checked
    """A convolution over time with its norm: (batch, frames, channels) to the same."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        conv = layer.conv
        self.width, self.step = conv.kernel_size[0], conv.stride[0]
        self.linear = nn.Linear(self.width * conv.in_channels, conv.out_channels, bias=conv.bias is not None)
        weight = conv.weight.detach().permute(0, 2, 1).reshape(conv.out_channels, -1)
        self.linear.weight = nn.Parameter(weight.contiguous(), requires_grad=False)
        self.linear.bias = conv.bias
        self.norm, self.activation = layer.layer_norm, layer.activation

    def forward(self, frames: Tensor) -> Tensor:
        batch, count, channels = frames.shape
        rows = (count - self.width) // self.step + 1
        # Windows overlap in memory; nothing is copied here.
        strides = (count * channels, self.step * channels, 1)
        windows = frames.contiguous().as_strided((batch, rows, self.width * channels), strides)
        found: Tensor = self.activation(self.norm(self.linear(windows)))
        return found


class _Features(nn.Module):  # type: ignore[misc]  # torch is not where types are checked
    """The network's ear: samples (batch, samples) to (batch, channels, frames), as transformers has it."""

    def __init__(self, extractor: Any) -> None:
        super().__init__()
        self.first, *others = extractor.conv_layers
        self.others = nn.Sequential(*map(_Convolution, others))

    def forward(self, samples: Tensor) -> Tensor:
        frames: Tensor = self.others(self.first(samples[:, None]).transpose(1, 2))
        return frames.transpose(1, 2)


def available() -> bool:
    """Whether torch has int8 kernels for this processor (x86: AVX2 or later)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def quantised(model: Any) -> Any:
    """The Wav2Vec2ForCTC `model` with its large matrices in int8; the model given is used up."""
    # Models of the kind "group" norm over time, once, in the first layer; the others have no norm to keep.
    if model.config.feat_extract_norm == "layer":
        model.wav2vec2.feature_extractor = _Features(model.wav2vec2.feature_extractor)
    large = {
        name: per_channel_dynamic_qconfig
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name != "lm_head"
    }
    return quantize_dynamic(model, large, dtype=torch.qint8, inplace=True)
