"""Hears what is said, by Whisper in MLX: Apple Silicon; elsewhere on the CPU, slowly.

In:  audio.wav (16 kHz mono), speech.json (its chunks).
Out: asr.json: utterances with their words and times.

    envs/mlx/bin/python stages/asr_mlx.py --audio out/demo/audio.wav \\
        --speech out/demo/speech.json --model models/asr/base/mlx --model-name base \\
        --language hi --out out/demo/asr.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samvad import hearing

if TYPE_CHECKING:
    from samvad.engine import Engine


def load(model: Path, device: str, compute: str) -> Engine:
    from samvad import whisper_mlx

    return whisper_mlx.Engine(model, device, compute)


main = hearing.command("mlx", load)

if __name__ == "__main__":
    main()
