"""Harvests what a model says where there is nothing to hear: generated silence, noise and music.

In:  a recogniser's model. Out: its lines, by language, in stages/samvad/data/inventions.json.

    nice envs/whisperx/bin/python tests/quality/harvest.py --model models/asr/base/ct2 --model-name base \\
        --language hi --language ur --language en

Every line is an invention by construction. The stage asr takes such a line out where the voice detector hears
hardly a voice (samvad.inventions), and keeps it in the file. Sounds and lots are seeded: the same packages
give the same list. A language is one of Whisper's codes; Hindi that is asked for as Urdu needs both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "stages"))

from samvad import engines
from samvad.documents import Span
from samvad.engine import Engine
from samvad.inventions import FILE, STUTTER, bare, loops

Samples = NDArray[np.float64]

RATE = 16_000
#: Seconds of each sound: what a false alarm of the voice detector is given to the recogniser as.
LENGTHS = (1.0, 4.0)
#: Letters of the longest line that is kept: longer ones do not come twice.
LONGEST = 60


def sounds(seconds: float) -> Iterator[tuple[str, Samples]]:
    """Sounds without a voice, by name; full scale is 1."""
    lots = np.random.default_rng(int(seconds * 10))
    count = int(seconds * RATE)
    moments = np.arange(count) / RATE
    white = lots.standard_normal(count)

    def coloured(power: float) -> Samples:
        spectrum = np.fft.rfft(white) / np.maximum(np.arange(count // 2 + 1), 40 * seconds) ** power
        made = np.fft.irfft(spectrum, count)
        return np.asarray(made / made.std())

    def notes(hertz: tuple[float, ...], beat: float, partials: int) -> Samples:
        """Struck strings: each note fades, and has partials that fade the quicker the higher they are."""
        since = moments % beat
        pitch = np.array(hertz)[(moments // beat).astype(int) % len(hertz)]
        parts = np.arange(1, partials + 1)[:, None]
        struck = np.sin(2 * np.pi * pitch * parts * moments) * np.exp(-since * (1.5 + parts)) / parts
        return np.asarray(struck.sum(axis=0))

    rich = np.arange(1, 8)[:, None]
    drone = (np.sin(2 * np.pi * 110 * rich * moments + rich) / rich).sum(axis=0)
    beats = white * np.exp(-(moments % 0.4) * 25)
    bhupali = (293.7, 246.9, 220.0, 185.0, 220.0, 246.9, 293.7, 329.6, 370.0)
    yield "silence", np.zeros(count)
    yield "a quiet room", 0.0005 * coloured(0.5)
    yield "white noise", 0.1 * white
    yield "pink noise", 0.1 * coloured(0.5)
    yield "brown noise", 0.01 * coloured(1.0)
    yield "wind", 0.1 * coloured(1.0) * (1 + np.sin(2 * np.pi * 0.3 * moments))
    yield "hum", 0.05 * np.sin(2 * np.pi * 50 * moments) + 0.02 * np.sin(2 * np.pi * 150 * moments)
    yield "drone", 0.05 * drone
    yield "drum", 0.2 * beats
    yield "melody", 0.1 * notes(bhupali, 0.42, 6)
    yield "melody over drum and drone", 0.08 * notes(bhupali, 0.42, 6) + 0.1 * beats + 0.03 * drone
    yield "bells", 0.1 * notes((1046.5, 1318.5, 1568.0), 1.3, 3)


def harvest(ear: Engine, language: str) -> set[str]:
    """Lines (`bare`) that an engine gives for the sounds, with all its second tries, as the stage asr gets them."""
    lines: set[str] = set()
    for seconds in LENGTHS:
        for name, sound in sounds(seconds):
            audio = (np.clip(sound, -1, 1) * 32767).round().astype("<i2")
            ((_, heard),) = ear.decode(audio, [Span(0.0, seconds)], language, "transcribe", False)
            for part in heard:
                line = bare(part.text)
                print(f"{language}  {seconds:4.0f} s of {name}: {part.text}", flush=True)
                if line and len(line) <= LONGEST and not loops(line.split()) and not STUTTER.search(line):
                    lines.add(line)
    return lines


@click.command()
@click.option("--model", required=True, type=click.Path(path_type=Path), help="Folder of the model.")
@click.option("--model-name", required=True, help="As the stage asr is told it, such as base.")
@click.option("--engine", "name", default="whisperx", show_default=True, type=click.Choice(["whisperx", "mlx"]))
@click.option("--language", "languages", multiple=True, required=True, help="Whisper's code; may be repeated.")
@click.option("--device", default="cpu", show_default=True)
@click.option("--compute", default="auto", show_default=True)
def main(model: Path, model_name: str, name: str, languages: tuple[str, ...], device: str, compute: str) -> None:
    """Harvests what a model says where there is nothing to hear."""
    known = json.loads(FILE.read_text(encoding="utf-8"))
    ear = engines.load(name, model, device, compute)
    for language in languages:
        known.setdefault(model_name, {})[language] = sorted(harvest(ear, language))
    FILE.write_text(json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    click.echo(f"{FILE}: {', '.join(f'{len(known[model_name][code])} lines of {code}' for code in languages)}")


if __name__ == "__main__":
    main()
