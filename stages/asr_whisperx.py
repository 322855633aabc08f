"""Hears what is said, by Whisper in CTranslate2: CPUs and CUDA.

In:  audio.wav (16 kHz mono), speech.json (its chunks).
Out: asr.json: utterances with their words and times.

    envs/whisperx/bin/python stages/asr_whisperx.py --audio out/demo/audio.wav \\
        --speech out/demo/speech.json --model models/asr/base/ct2 --model-name base \\
        --language hi --out out/demo/asr.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samvad import hearing

if TYPE_CHECKING:
    from samvad.engine import Engine


def load(model: Path, device: str, compute: str) -> Engine:
    from samvad import whisper_ct2

    return whisper_ct2.Engine(model, device, compute)


main = hearing.command("whisperx", load)

if __name__ == "__main__":
    main()
