"""Counts the chunks whose language is decided wrongly, each by itself and by the stage's rule.

In:  a folder of make_two_languages.py with its speech.json. Out: a line for each part, on the terminal.

    envs/whisperx/bin/python -m tests.quality.two_languages out/two-languages

With --language hi all chunks count as Hindi, whatever is in the folder: for the set of make_set.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parents[2] / "stages"))

from samvad import documents
from samvad.audio import load_audio
from samvad.bilingual import chances_of, languages_of, speech_in
from samvad.documents import Span, Speech
from samvad.whisper_ct2 import Engine

PAIR = ("hi", "en")
#: Seconds of speech of a line; what is shorter is a word or two.
LINE = 1.5


def language_at(chunk: Span, turns: list[dict[str, Any]]) -> str:
    """The language of the turn that has most of a chunk."""

    def shared(turn: dict[str, Any]) -> float:
        return float(min(chunk.end, turn["end"]) - max(chunk.start, turn["start"]))

    return str(max(turns, key=shared)["language"])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), default=Path("models/asr/base/ct2"), show_default=True)
@click.option("--language", type=click.Choice(PAIR), help="What all of it is in.")
def main(folder: Path, model: Path, language: str | None) -> None:
    """Counts the chunks whose language is decided wrongly."""
    speech = documents.read(folder / "speech.json", Speech)
    parts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["parts"]
    turns = [turn for part in parts for turn in part.get("turns", [])]
    truth = [PAIR.index(language or language_at(chunk, turns)) for chunk in speech.chunks]
    audio, ear = load_audio(folder / "audio.wav"), Engine(model)
    chances = [chances_of(ear.detect(audio, chunk), PAIR) for chunk in speech.chunks]
    seconds = [speech_in(chunk, speech.speech) for chunk in speech.chunks]
    alone = [int(second > first) for first, second in chances]
    ruled = languages_of(chances, seconds)
    for name, is_line in (("lines", True), ("words", False)):
        own = [number for number, length in enumerate(seconds) if (length >= LINE) is is_line]
        wrong = [sum(way[number] != truth[number] for number in own) for way in (alone, ruled)]
        click.echo(f"{name}: {len(own)} chunks; wrong by itself {wrong[0]}, by the rule {wrong[1]}")


if __name__ == "__main__":
    main()
