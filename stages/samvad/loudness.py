"""Where the sound itself falls silent between two words.

The speech detector knows silences from 0.2 s on; Whisper's attention lets a word begin where the one before
it ends, as if nobody paused. Between the middles of two neighbouring words there is only one silence to look
for: the longest run of frames far below the loudest there. Where it lies the first word ends and the second
begins. In noise there is no such run, and the words stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samvad.audio import RATE
from samvad.documents import Word

#: Seconds of a frame.
STEP = 0.01
#: How far below the loudest frame silence is, in dB.
QUIET = 25.0
#: Seconds: shorter silences are the closures of stops.
SHORTEST = 0.12
#: Seconds of silence left to the words on both sides: an h or an s begins softly.
EDGE = 0.02
#: Seconds between two words that nobody needs to look at: they are apart already.
APART = 0.6

#: dB of each frame.
Levels = NDArray[np.float32]


def levels(samples: NDArray[np.float32]) -> Levels:
    """How loud each frame of a sound is.

    >>> levels(np.full(400, 0.1, dtype=np.float32)).round().tolist()
    [-20.0, -20.0]
    """
    size = round(STEP * RATE)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-10), dtype=np.float32)


def parted(words: Sequence[Word], heard: Levels, start: float) -> list[Word]:
    """The words with the silences between them cut out; `heard` are the levels of the sound from `start` on.

    >>> heard = np.array([-20.0] * 50 + [-60.0] * 30 + [-20.0] * 50, dtype=np.float32)
    >>> [(w.text, w.start, w.end) for w in parted([Word("a", 5, 5.6), Word("b", 5.6, 6.3)], heard, 5)]
    [('a', 5, 5.52), ('b', 5.78, 6.3)]
    """
    apart = [Word(word.text, word.start, word.end, word.probability, word.timed) for word in words]
    for one, other in pairwise(apart):
        if other.start - one.end >= APART:
            continue
        low, high = (one.start + one.end) / 2, (other.start + other.end) / 2
        if found := _silence(heard[round((low - start) / STEP) : round((high - start) / STEP)]):
            last, first = (low + found[0] * STEP + EDGE, low + found[1] * STEP - EDGE)
            # Where the detector gave them a longer silence it heard more than loudness tells.
            if first - last >= other.start - one.end:
                one.end, other.start = round(last, 3), round(first, 3)
    return apart


def _silence(part: Levels) -> tuple[int, int] | None:
    """The longest run of quiet frames, where it is long enough."""
    if not len(part):
        return None
    quiet = np.concatenate([[False], part < part.max() - QUIET, [False]])
    edges = np.flatnonzero(quiet[1:] != quiet[:-1])
    runs = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    first, last = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    return (first, last) if (last - first) * STEP >= SHORTEST else None
