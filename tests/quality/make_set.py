"""Makes the test set for recognition: twelve minutes of Hindi in named parts, and what is true of them.

In:  script.toml beside this file (or songs.toml); the voices and sounds of the demo film (tests/demo).
Out: audio.wav (16 kHz mono, as the stages take it) and truth.json: parts, lines, words, with their times.

    envs/voices/bin/python tests/quality/make_set.py --out out/quality
    envs/voices/bin/python tests/quality/make_set.py --script tests/quality/songs.toml --out out/songs

The same packages give the same bytes: voices, noise and music are seeded, and run on one thread.
"""

from __future__ import annotations

import json
import sys
import tomllib
import wave
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "demo"))

from singing import sing
from sound import BEAT, SPEECH_DB, at_level, music, room
from voices import RATE, Samples, synthesise

SCRIPT = Path(__file__).with_name("script.toml")

#: Samples per second of audio.wav.
OUT_RATE = 16_000
#: Seconds of one round of the melody, and by how much rounds differ in pitch and pace.
ROUND, PITCHES = 11.0, (1.0, 1.122, 0.891)


class Sound(NamedTuple):
    """A stretch of speech and where it begins in the set, in seconds."""

    start: float
    samples: Samples

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / RATE


def noise(seconds: float) -> Samples:
    """Pink noise whose loudness rises and falls by half: a street, a hall of machines."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(11).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 40 * count / RATE))
    swell = 1 + 0.5 * np.sin(np.arange(count) * (2 * np.pi / (7.3 * RATE)))
    return (np.fft.irfft(spectrum, count) * swell).astype(np.float32)


def drum(seconds: float) -> Samples:
    """A hand drum on every beat, high and low by turns."""
    track = np.zeros(int(seconds * RATE), dtype=np.float32)
    moments = np.arange(RATE // 4) / RATE
    for number, start in enumerate(np.arange(0, seconds - 0.3, BEAT)):
        hertz = (82.0, 210.0, 164.0)[number % 3]
        stroke = np.sin(2 * np.pi * hertz * moments * (1 - moments)) * np.exp(-moments * 18)
        track[int(start * RATE) :][: len(stroke)] += stroke.astype(np.float32)
    return track


def bed(seconds: float) -> Samples:
    """Music as long as is asked for: rounds of the demo film's melody, each in its own key, over a drum."""
    rounds: list[Samples] = []
    keys = cycle(PITCHES)
    while sum(map(len, rounds)) < seconds * RATE:
        piece = music(ROUND)
        rounds.append(np.interp(np.arange(0, len(piece), next(keys)), np.arange(len(piece)), piece))
    melody = at_level(np.concatenate(rounds)[: int(seconds * RATE)], SPEECH_DB)
    return melody + at_level(drum(seconds), SPEECH_DB - 3)[: len(melody)]


def spoken(part: dict[str, Any], start: float, voices: Iterator[dict[str, float]]) -> Iterator[list[Sound]]:
    """The lines of a part: each a list of its words where they are spoken one by one, else of one sound."""
    pauses, levels = cycle(part["pauses"]), cycle(part["levels"])
    now = start
    for text in part["lines"]:
        voice, level = next(voices), next(levels)
        gaps = cycle(part.get("gaps", [0.0]))
        line: list[Sound] = []
        for said in text.split() if "gaps" in part else [text]:
            samples = synthesise(said, voice, part["speed"])
            samples = at_level(sing(samples, part["tonic"]) if "tonic" in part else samples, level)
            line.append(Sound(now, samples))
            now = line[-1].end + next(gaps)
        yield line
        now = line[-1].end + next(pauses)


def make(script: dict[str, Any]) -> tuple[Samples, dict[str, Any]]:
    """The whole set: samples at 24 kHz, and the truth with times in seconds, to the millisecond."""
    voices = cycle(script["voices"])
    parts: list[dict[str, Any]] = []
    sounds: list[Sound] = []
    now = script["between"]
    for plan in script["parts"]:
        part = {"pauses": script["pauses"], "levels": script["levels"], "speed": script["speed"], "lines": [], **plan}
        said = list(spoken(part, now, voices))
        end = max((line[-1].end for line in said), default=now + part.get("seconds", 0.0))
        around = script["between"] / 2
        for kind, made in (("noise", noise), ("music", bed)):
            if kind in part:
                sounds.append(Sound(now - around, at_level(made(end - now + 2 * around), SPEECH_DB - part[kind])))
        sounds.extend(sound for line in said for sound in line)
        parts.append({"name": part["name"], **_span(now - around, end + around), "lines": []})
        if "tonic" in part:
            parts[-1]["song"] = _span(now, end)
        for text, line in zip(part["lines"], said, strict=True):
            truth: dict[str, Any] = {"text": text, **_span(line[0].start, line[-1].end)}
            if "gaps" in part:
                words = zip(text.split(), line, strict=True)
                truth["words"] = [{"text": word, **_span(sound.start, sound.end)} for word, sound in words]
            parts[-1]["lines"].append(truth)
        now = end + script["between"]
    track = room(now)
    for sound in sounds:
        track[round(sound.start * RATE) :][: len(sound.samples)] += sound.samples
    return track, {"duration": round(now, 3), "spellings": script["spellings"], "parts": parts}


def _span(start: float, end: float) -> dict[str, float]:
    return {"start": round(start, 3), "end": round(end, 3)}


def resampled(samples: Samples) -> Samples:
    """24 kHz to 16 kHz, by leaving out the upper third of the spectrum."""
    count = len(samples) * OUT_RATE // RATE
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count) * (OUT_RATE / RATE)).astype(np.float32)


@click.command()
@click.option("--script", default=SCRIPT, type=click.Path(path_type=Path), help="What is said.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder, such as out/quality.")
def main(script: Path, out: Path) -> None:
    """Makes the test set for recognition."""
    samples, truth = make(tomllib.loads(script.read_text(encoding="utf-8")))
    out.mkdir(parents=True, exist_ok=True)
    with wave.open(str(out / "audio.wav"), "wb") as file:
        file.setparams((1, 2, OUT_RATE, 0, "NONE", ""))
        file.writeframes((np.clip(resampled(samples), -1, 1) * 32767).round().astype("<i2").tobytes())
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines = sum(len(part["lines"]) for part in truth["parts"])
    click.echo(f"{out}: {truth['duration']:.0f} s, {lines} lines in {len(truth['parts'])} parts")


if __name__ == "__main__":
    main()
