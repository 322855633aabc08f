"""Makes the test set for films in two languages: Hindi and English by turns, and which is when.

In:  two_languages.toml beside this file; the voices and sounds of the demo film (tests/demo).
Out: audio.wav (16 kHz mono, as the stages take it) and truth.json: parts and their turns, with language and times.
     With --clip also the first part alone, as a film without a picture, and its turns beside it.

    envs/voices/bin/python tests/quality/make_two_languages.py --out out/two-languages --clip tests/data/hi-en.mkv

It is seeded, and made by one thread, as the other set is (make_set.py).
"""

from __future__ import annotations

import json
import subprocess
import tomllib
import wave
from itertools import cycle
from pathlib import Path
from typing import Any

import click
import imageio_ffmpeg
import numpy as np
from make_set import OUT_RATE, noise, resampled
from sound import SPEECH_DB, at_level, room
from voices import RATE, Samples, synthesise

SCRIPT = Path(__file__).with_name("two_languages.toml")


def make(script: dict[str, Any]) -> tuple[Samples, list[dict[str, Any]]]:
    """The whole set: samples at 24 kHz; its parts, with times in seconds, to the millisecond."""
    voices = cycle(script["voices"])
    parts: list[dict[str, Any]] = []
    sounds: list[tuple[float, Samples]] = []
    now = script["between"] / 2
    for plan in script["parts"]:
        begun = now - script["between"] / 2
        turns = []
        for language, *lines in plan["turns"]:
            voice, start = next(voices), now
            for text in lines:
                spoken = synthesise(text, voice, script["speed"][language], {"en": "en-us"}.get(language, language))
                sounds.append((now, at_level(spoken, SPEECH_DB)))
                now += len(spoken) / RATE + script["pause"]
            end = now - script["pause"]
            turns.append(
                {"language": language, "text": " ".join(lines), "start": round(start, 3), "end": round(end, 3)}
            )
            now = end + script["between"]
        over = now - script["between"] / 2
        if "noise" in plan:
            sounds.append((begun, at_level(noise(over - begun), SPEECH_DB - plan["noise"])))
        parts.append({"name": plan["name"], "start": round(begun, 3), "end": round(over, 3), "turns": turns})
    track = room(now)
    for start, samples in sounds:
        track[round(start * RATE) :][: len(samples)] += samples
    return track, parts


def write_wav(path: Path, samples: Samples) -> None:
    """16 kHz mono of samples at 24 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, OUT_RATE, 0, "NONE", ""))
        file.writeframes((np.clip(resampled(samples), -1, 1) * 32767).round().astype("<i2").tobytes())


def write_clip(wav: Path, seconds: float, path: Path) -> None:
    """The first seconds of a WAV file as a film without a picture."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", wav, "-t", f"{seconds:.3f}"]
    command += ["-c:a", "libopus", "-ar", "48000", "-b:a", "28k", "-fflags", "+bitexact", "-flags:a", "+bitexact", path]
    subprocess.run(command, check=True)


def write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder, such as out/two-languages.")
@click.option("--clip", type=click.Path(path_type=Path), help="Such as tests/data/hi-en.mkv.")
def main(out: Path, clip: Path | None) -> None:
    """Makes the test set for films in two languages."""
    samples, parts = make(tomllib.loads(SCRIPT.read_text(encoding="utf-8")))
    out.mkdir(parents=True, exist_ok=True)
    write_wav(out / "audio.wav", samples)
    write_json(out / "truth.json", {"parts": parts})
    if clip:
        write_clip(out / "audio.wav", parts[0]["end"], clip)
        write_json(clip.with_suffix(".json"), {"turns": parts[0]["turns"]})
    turns = sum(len(part["turns"]) for part in parts)
    click.echo(f"{out}: {parts[-1]['end']:.0f} s, {turns} turns in {len(parts)} parts")


if __name__ == "__main__":
    main()
