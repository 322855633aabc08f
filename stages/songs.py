"""Finds where somebody sings.

In:  audio.wav (16 kHz mono), the model's folder (samvad.firered). Out: songs.json.

    envs/whisperx/bin/python stages/songs.py --audio out/demo/audio.wav \\
        --model models/songs/firered/safetensors --out out/demo/songs.json

A song is made of verses, and of the music between them where nobody speaks. What is sung for a moment only
(a hum, a call) is none. Music is listed, too, where it is alone: no song, nobody speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import stage
from samvad.documents import Songs, Span, covered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from samvad.firered import Floats

#: Seconds over which probabilities are averaged: a breath between two notes is no end of a song.
WINDOW = 2.0
#: How sure the network must be that a song begins, and that it is not over.
BEGINS, ENDS = 0.5, 0.3
#: Seconds between two notes that are no pause, and seconds of music between two verses.
BREATH, BRIDGE = 2.5, 20.0
#: The share of what is between two verses that must be music, and that may be speech.
MUSIC, SPEECH = 0.5, 0.2
#: Seconds: what is shorter is no verse, and no song; and no music by itself.
VERSE, SHORTEST, ALONE = 4.0, 8.0, 3.0


def songs_in(chances: Floats) -> list[Span]:
    """Songs from the network's probabilities, shape (frames, 3), of samvad.firered."""
    from samvad.firered import STEP

    if not len(chances):
        return []
    smooth = _smooth(chances)
    sung = _held(smooth[:, 1] >= BEGINS, smooth[:, 1] >= ENDS)
    verses = _joined(sung, VERSE, lambda pause: pause.end - pause.start <= BREATH)

    def only_music(pause: Span) -> bool:
        speech, _, music = chances[round(pause.start / STEP) : round(pause.end / STEP)].mean(axis=0)
        return bool(pause.end - pause.start <= BRIDGE and music >= MUSIC and speech <= SPEECH)

    return _joined(verses, SHORTEST, only_music)


def music_in(chances: Floats, songs: list[Span]) -> list[Span]:
    """Music outside of the songs where nobody speaks or sings, from the network's probabilities."""
    from samvad.firered import STEP

    if not len(chances):
        return []
    speech, singing, music = _smooth(chances).T
    alone = (speech < ENDS) & (singing < BEGINS)
    for song in songs:
        alone[round(song.start / STEP) : round(song.end / STEP)] = False
    found = _held((music >= BEGINS) & alone, (music >= ENDS) & alone)
    return [span for span in found if span.end - span.start >= ALONE]


def _smooth(chances: Floats) -> NDArray[np.float64]:
    """Probabilities averaged over `WINDOW`."""
    import numpy as np

    from samvad.firered import STEP

    width = round(WINDOW / STEP)
    # Before the first frame and after the last there is silence.
    sums = np.cumsum(np.pad(chances.astype(np.float64), ((width // 2 + 1, width // 2), (0, 0))), axis=0)
    smooth: NDArray[np.float64] = (sums[width:] - sums[:-width]) / width
    return smooth


def _held(begins: NDArray[np.bool_], holds: NDArray[np.bool_]) -> list[Span]:
    """The stretches in which `holds` is true of every frame and `begins` of one at least."""
    import numpy as np

    from samvad.firered import STEP

    edges = np.flatnonzero(np.diff(np.pad(holds, 1).astype(np.int8))).reshape(-1, 2).tolist()
    return [Span(round(a * STEP, 2), round(b * STEP, 2)) for a, b in edges if begins[a:b].any()]


def _joined(spans: list[Span], shortest: float, over: Callable[[Span], bool]) -> list[Span]:
    """The spans, joined over the pauses that `over` is true of, as far as they are then long enough.

    >>> _joined([Span(0, 3), Span(4, 8), Span(13, 16)], 5, lambda pause: pause.end - pause.start < 2)
    [Span(start=0, end=8)]
    """
    found: list[Span] = []
    for span in spans:
        if found and over(Span(found[-1].end, span.start)):
            span = Span(found.pop().start, span.end)
        found.append(span)
    return [span for span in found if span.end - span.start >= shortest]


def work(run: stage.Run, audio: Path, model: Path) -> Songs:
    from samvad import firered
    from samvad.audio import RATE, load_audio

    weights = firered.load(model / "model.safetensors")
    samples = load_audio(audio)
    duration = len(samples) / RATE
    with run.progress(duration) as progress:
        chances = firered.probabilities(samples, weights, progress.advance)
    songs = songs_in(chances)
    music = music_in(chances, songs)
    run.facts["songs"] = len(songs)
    run.facts["song_seconds"] = round(covered(songs), 1)
    run.facts["music_seconds"] = round(covered(music), 1)
    for song in songs:
        print(f"{song.start:9.2f} – {song.end:9.2f}")
    return Songs(duration, "firered aed", songs, music)


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Folder of the model.")
def main(out: Path, stamp: Path | None, audio: Path, model: Path) -> None:
    """Finds where somebody sings."""
    stage.run("songs", out, stamp, lambda run: work(run, audio, model))


if __name__ == "__main__":
    main()
