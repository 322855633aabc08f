"""The film's sound as samples: audio.wav, of which only the part that is asked for is ever in memory."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from samvad.documents import Span
from samvad.problem import Problem

#: Samples per second of audio.wav, which is also what Whisper and Silero expect.
RATE = 16_000


class Audio(Protocol):
    """Samples, int16, mono, 16 kHz: an array, or a file that is read where it is sliced."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]: ...


class _Recording:
    """The samples of a file. Not a mapping: what is touched of one counts as memory until the process ends."""

    def __init__(self, path: Path, offset: int, count: int) -> None:
        self._file = path.open("rb")
        self._offset, self._count = offset, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]:
        first, last, _ = part.indices(self._count)
        self._file.seek(self._offset + 2 * first)
        return np.frombuffer(self._file.read(2 * max(0, last - first)), dtype="<i2")


def load_audio(path: Path) -> Audio:
    """The samples of audio.wav, read where they are sliced; `clip` gives a part of them as floats.

    Raises: Problem where the file is missing or not 16-bit mono PCM at 16 kHz.
    """
    try:
        with path.open("rb") as file:
            offset, size = _samples_of(file)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    except (ValueError, struct.error) as error:
        raise Problem(f"{path}: {error}", f"remove it and type: make {path}") from None
    # A writer that could not go back says "longer than it is" (ffmpeg into a pipe).
    count = min(size, path.stat().st_size - offset) // 2
    return _Recording(path, offset, max(0, count))


def _samples_of(file: BinaryIO) -> tuple[int, int]:
    """Where a WAV file's samples begin and how many bytes they are, whatever chunks stand before them.

    Raises: ValueError, struct.error where it is no WAV file of the kind that the stages share.
    """
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    known = False
    while True:
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"data" and known:
            return file.tell(), size
        body = file.read(size + size % 2)
        if name == b"fmt ":
            encoding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if (encoding, channels, rate, bits) != (1, 1, RATE, 16):
                raise ValueError(f"not 16-bit mono audio at {RATE} Hz")
            known = True


def clip(audio: Audio, span: Span) -> NDArray[np.float32]:
    """The samples of a span as floats between -1 and 1, which is what models take.

    >>> clip(np.full(RATE, 16384, dtype=np.int16), Span(0.25, 0.5)).shape
    (4000,)
    """
    part = audio[max(0, round(span.start * RATE)) : max(0, round(span.end * RATE))]
    return part.astype(np.float32) / np.float32(32768.0)
