"""Which engine a name stands for. Apart from samvad.recognition, so that a change in one engine is
none of a stage's that uses the other.
"""

from __future__ import annotations

from pathlib import Path

from samvad.engine import Engine


def load(name: str, model: Path, device: str, compute: str) -> Engine:
    """The engine "whisperx" or "mlx" with its model; each exists in its own environment only.

    Raises: Problem where the model is missing or this machine cannot do what is asked.
    """
    if name == "mlx":
        from samvad.whisper_mlx import Engine as Mlx

        return Mlx(model, device, compute)
    from samvad.whisper_ct2 import Engine as CTranslate2

    return CTranslate2(model, device, compute)
