"""Speech, singing and music in sound: FireRedVAD's network for audio events.

In:  samples (16 kHz), and the weights as safetensors. Out: three probabilities for every 10 ms.

The network (Xu et al., 2026, Apache-2.0) is a DFSMN (Zhang et al., 2018): layers with a memory, which is a filter
over the 20 frames up to now and the 20 that follow. It is given 80 of Kaldi's filter banks, and sees no more than
1.6 s around a moment. So a film can be heard in blocks, and comes out as if it were heard whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.audio import Audio

Floats = NDArray[np.float32]

#: What the three probabilities are of; they do not exclude each other.
EVENTS = ("speech", "singing", "music")

#: Seconds from one frame to the next.
STEP = 0.01
#: Samples from one frame to the next, in a frame, and in its transform.
HOP, FRAME, TRANSFORM = 160, 400, 512
#: Filters, and hertz where the first begins.
FILTERS, LOWEST = 80, 20.0
#: Frames that a frame's memory looks at, itself included before it and not after it.
MEMORY = 20
#: Blocks of the network, each of which looks so far again.
BLOCKS = 8
#: Frames heard at a time: a minute, 60 MB.
TOGETHER = 6000


def shapes() -> dict[str, tuple[int, ...]]:
    """Tensor → shape, in the order in which the network uses them."""
    found: dict[str, tuple[int, ...]] = {}

    def linear(name: str, inputs: int, outputs: int, bias: bool = True) -> None:
        found[f"{name}.weight"] = (outputs, inputs)
        if bias:
            found[f"{name}.bias"] = (outputs,)

    for block in range(BLOCKS):
        linear(f"block{block}.widen", 128 if block else FILTERS, 256)
        linear(f"block{block}.narrow", 256, 128, bias=not block)
        found[f"block{block}.before"] = found[f"block{block}.after"] = (128, MEMORY)
    linear("dense", 128, 256)
    linear("out", 256, len(EVENTS))
    return found


def load(path: Path) -> dict[str, Floats]:
    """The weights by name (`shapes`), with the filter banks' `mean` and `scale`.

    Raises: Problem where the file is missing or is no such network.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights = {name: array.astype(np.float32) for name, array in load_file(path).items()}
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", "make models") from None
    except SafetensorError as error:
        raise Problem(f"{path}: {error}", "Remove its folder and type: make models") from None
    wanted = {**shapes(), "mean": (FILTERS,), "scale": (FILTERS,)}
    if {name: array.shape for name, array in weights.items()} != wanted:
        raise Problem(f"{path} is not the network for songs", "Remove its folder and type: make models")
    return weights


def probabilities(audio: Audio, weights: Mapping[str, Floats], heard: Callable[[float], None]) -> Floats:
    """How sure the network is of each event, shape (frames, 3); frame n begins at n · `STEP` seconds.

    Args:
        audio: int16.
        heard: told the seconds of each block when it is done.
    """
    count = max(0, 1 + (len(audio) - FRAME) // HOP)
    reach = BLOCKS * MEMORY
    found = np.zeros((count, len(EVENTS)), dtype=np.float32)
    for first in range(0, count, TOGETHER):
        last = min(first + TOGETHER, count)
        begin, end = max(0, first - reach), min(last + reach, count)
        banks = filter_banks(audio[begin * HOP : (end - 1) * HOP + FRAME])
        found[first:last] = _network(banks, weights)[first - begin : last - begin]
        heard((last - first) * STEP)
    return found


def filter_banks(audio: NDArray[np.int16]) -> Floats:
    """Kaldi's log mel filter banks without dither, shape (frames, 80); samples count up to 32768.

    Each frame is freed of its mean, pre-emphasised by 0.97 and shaped by a window of Povey's.
    """
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP].astype(np.float32)
    frames -= frames.mean(axis=1, keepdims=True)
    frames[:, 1:] -= np.float32(0.97) * frames[:, :-1]
    frames[:, 0] *= np.float32(0.03)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) ** 0.85
    power = np.abs(np.fft.rfft(frames * window.astype(np.float32), TRANSFORM)[:, : TRANSFORM // 2]) ** 2
    return np.log(np.maximum(power @ _filters(), np.finfo(np.float32).eps)).astype(np.float32)


@cache
def _filters() -> NDArray[np.float64]:
    """Triangles, evenly spaced in mel and straight there, shape (bins, 80)."""
    from samvad.audio import RATE

    def mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1127 * np.log1p(hertz / 700)

    lowest, highest = mel(np.array([LOWEST, RATE / 2])).tolist()
    edges = np.linspace(lowest, highest, FILTERS + 2)
    bins = mel(np.arange(TRANSFORM // 2) * RATE / TRANSFORM)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    slopes = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    return np.asarray(np.maximum(0, slopes))


def _network(banks: Floats, weights: Mapping[str, Floats]) -> Floats:
    def linear(name: str, x: Floats) -> Floats:
        x = x @ weights[f"{name}.weight"].T
        return x + weights[f"{name}.bias"] if f"{name}.bias" in weights else x

    x = (banks - weights["mean"]) * weights["scale"]
    for block in range(BLOCKS):
        before = x
        x = linear(f"block{block}.narrow", relu(linear(f"block{block}.widen", x)))
        # The first block is unlike the others: rectified once more, and nothing goes around it.
        x = remembered(x if block else relu(x), weights[f"block{block}.before"], weights[f"block{block}.after"])
        if block:
            x = x + before
    x = linear("out", relu(linear("dense", x)))
    return np.asarray(0.5 + 0.5 * np.tanh(x / 2), dtype=np.float32)  # the logistic function, without overflow


def relu(x: Floats) -> Floats:
    return np.maximum(x, 0)


def remembered(x: Floats, before: Floats, after: Floats) -> Floats:
    """The frames with what each remembers: a sum of the 20 until it and of the 20 that follow, by channel.

    `x` is (frames, channels), the filters (channels, 20) in the order of time.
    """
    count = len(x)
    padded = np.pad(x, ((MEMORY - 1, MEMORY), (0, 0)))
    found = x.copy()
    for shift, weight in enumerate(np.concatenate([before, after], axis=1).T):
        found += weight * padded[shift : shift + count]
    return found
