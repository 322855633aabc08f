"""Takes the subtitles that a film came with as what is said in it, and finds when each word is spoken.

In:  audio.wav (16 kHz mono), speech.json (where somebody speaks), subtitles.json (see read_subtitles).
Out: asr.json: an utterance for each speaker's turn in a cue, with its words and times.

    envs/whisperx/bin/python stages/asr_subtitles.py --audio out/demo/audio.wav --speech out/demo/speech.json \\
        --subtitles out/demo/subtitles.json --language hi --model models/asr/base/ct2 --out out/demo/asr.json

Sounds, speakers' names and adverts are left out (samvad.subtitle_text), and listed in the log. Subtitles that were made
for another copy of the film are moved to where somebody speaks (samvad.subtitle_sync), which one line says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import documents, stage
from samvad.documents import Existing, Recognition, Speech
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.subtitle_sync import Sync
    from samvad.subtitle_text import Turn

#: Seconds of a turn that is worth looking for.
SHORTEST = 0.02
#: Share of the turns that must be heard in the sound; below it, these may be another film's subtitles.
FEW = 0.5


def work(
    run: stage.Run, audio: Path, speech: Path, subtitles: Path, language: str, model: Path, device: str, compute: str
) -> Recognition:
    from samvad.audio import RATE, load_audio
    from samvad.subtitle_alignment import Aligner, timed
    from samvad.subtitle_sync import synced
    from samvad.subtitle_text import said

    existing = documents.read(subtitles, Existing)
    if existing.language != language:
        advice = f"remove it and type: make {run.target}"
        raise Problem(f"{subtitles} is in '{existing.language}', not '{language}'", advice)
    spoken = documents.read(speech, Speech).speech
    turns, dropped = said(existing.cues)
    for one in dropped:
        print(f"{one.start:.1f} s: not said ({one.why}): {one.text}")
    run.facts["origin"] = existing.origin
    run.facts["left_out"] = dict(Counter(one.why for one in dropped))
    if not turns:
        raise Problem(f"nothing is said in {existing.origin}", "To recognise the film: USE_SUBS=")
    sound = load_audio(audio)
    duration = len(sound) / RATE
    sync = synced(turns, spoken, duration)
    run.facts["sync"] = {
        **{"ratio": sync.ratio, "offset": sync.offset},
        **{"correlation": round(sync.best, 3), "untouched": round(sync.untouched, 3)},
    }
    print(f"{existing.origin} against the sound: {sync.words}; {run.facts['sync']}")
    placed = inside(turns, sync, duration)
    if not placed:
        raise Problem(f"{existing.origin} has nothing in the time of the film", "To recognise the film: USE_SUBS=")
    aligner = Aligner(model, language, device, compute)
    with run.progress(documents.covered(placed), "s") as progress:
        segments, heard = timed(placed, sound, spoken, aligner, progress.advance)
    run.facts["utterances"], run.facts["heard"] = len(segments), heard
    run.say(f"  {existing.origin}: {sync.words}; {heard} of {len(segments)} utterances found in the sound")
    if heard < FEW * len(segments):
        run.say("  so few that they may be another film's, or another language's. To recognise the film: USE_SUBS=")
    return Recognition(language, "subtitles", existing.origin, segments)


def inside(turns: Sequence[Turn], sync: Sync, duration: float) -> list[Turn]:
    """The turns where they belong in the film; without those that come after its end.

    >>> from samvad.subtitle_sync import Sync
    >>> from samvad.subtitle_text import Turn
    >>> [one[:2] for one in inside([Turn(0, 2, "a"), Turn(3, 5, "b"), Turn(9, 11, "c")], Sync(1, -1, 0, 0, ""), 8)]
    [(0.0, 1), (2, 4)]
    """
    placed = []
    for turn in turns:
        start, end = max(0.0, sync.place(turn.start)), min(duration, sync.place(turn.end))
        if end - start >= SHORTEST:
            placed.append(turn._replace(start=start, end=end))
    return placed


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--speech", type=click.Path(path_type=Path), required=True, help="speech.json")
@click.option("--subtitles", type=click.Path(path_type=Path), required=True, help="subtitles.json")
@click.option("--language", required=True, help="What is spoken: hi.")
@stage.model_options
def main(
    out: Path,
    stamp: Path | None,
    audio: Path,
    speech: Path,
    subtitles: Path,
    language: str,
    model: Path,
    device: str,
    compute: str,
) -> None:
    """Finds in the sound what the film's own subtitles say."""
    stage.run(
        "asr",
        out,
        stamp,
        lambda run: work(run, audio, speech, subtitles, language, model, device, compute),
        heavy=True,
    )


if __name__ == "__main__":
    main()
