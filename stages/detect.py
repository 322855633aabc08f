"""Listens which language is spoken in a film.

In:  audio.wav, speech.json.
Out: language.json: the likeliest language, and how the votes fell.

    envs/whisperx/bin/python stages/detect.py --audio out/demo/audio.wav --speech out/demo/speech.json \\
        --engine whisperx --model models/asr/base/ct2 --out out/demo/language.json

Hindi and Urdu are one language to the ear, and Whisper wavers between them: their votes are pooled
and Hindi is said. Whoever wants Urdu letters says SRC=ur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from samvad import documents, stage
from samvad.documents import Detection, Span, Speech
from samvad.languages import ONE_TO_THE_EAR, languages
from samvad.problem import Problem

#: Chunks listened to, spread over the film: songs and foreign scenes must not decide alone.
SAMPLES = 12
#: Seconds of speech below which a chunk is passed over where there are longer ones.
ENOUGH = 5.0
#: The lead in votes below which the answer is doubtful: a person is asked, and nothing recorded (mk/record.py).
CLOSE = 0.2


def sample(chunks: Sequence[Span], most: int = SAMPLES) -> list[Span]:
    """Chunks spread evenly over the film, the long ones of it where there are enough.

    >>> [span.start for span in sample([Span(n, n + 9) for n in range(0, 100, 10)], 3)]
    [10, 50, 80]
    """
    long = [chunk for chunk in chunks if chunk.end - chunk.start >= ENOUGH] or list(chunks)
    if len(long) <= most:
        return long
    return [long[int((number + 0.5) * len(long) / most)] for number in range(most)]


def votes_of(heard: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Shares of the votes by code of config/languages.json, the likeliest first.

    Only languages that can be worked with are counted.

    >>> votes_of([{"ur": 0.6, "hi": 0.3, "cy": 0.1}, {"en": 0.5, "hi": 0.4}])
    {'hi': 0.722, 'en': 0.278}
    """
    known = {entry.whisper: code for code, entry in languages().items() if entry.whisper}
    votes: dict[str, float] = {}
    for chances in heard:
        for code, chance in chances.items():
            if counted := known.get(ONE_TO_THE_EAR.get(code, code)):
                votes[counted] = votes.get(counted, 0.0) + chance
    total = sum(votes.values()) or 1.0
    shares = {code: round(vote / total, 3) for code, vote in votes.items()}
    return {code: share for code, share in sorted(shares.items(), key=lambda vote: -vote[1]) if share > 0}


def decide(votes: Mapping[str, float]) -> Detection:
    """The likeliest language. Raises: Problem where nothing was voted for."""
    if not votes:
        raise Problem("no language could be heard", "Say which one is spoken: SRC=hi")
    first, *others = votes.items()
    second = others[0][1] if others else 0.0
    return Detection(first[0], dict(votes), close=first[1] - second < CLOSE)


def told(found: Detection) -> str:
    """The result in a line.

    >>> told(Detection("hi", {"hi": 0.9, "en": 0.1}, False))
    'Hindi (90 %); to the ear it may as well be Urdu: for Urdu letters type SRC=ur'
    """
    heard = [f"{languages()[code].name} ({round(share * 100)} %)" for code, share in found.votes.items()]
    line = " or ".join(heard[: 1 + found.close])
    if found.language in ONE_TO_THE_EAR.values():
        line += "; to the ear it may as well be Urdu: for Urdu letters type SRC=ur"
    return line


def work(run: stage.Run, audio: Path, speech: Path, engine: str, model: Path, device: str, compute: str) -> Detection:
    from samvad import engines
    from samvad.audio import load_audio

    chunks = sample(documents.read(speech, Speech).chunks)
    if not chunks:
        raise Problem(f"no speech was found in {run.film}", "Say which language is spoken: SRC=hi")
    samples = load_audio(audio)
    ear = engines.load(engine, model, device, compute)
    with run.progress(len(chunks), "chunks") as progress:
        heard = []
        for chunk in chunks:
            heard.append(ear.detect(samples, chunk))
            progress.advance(1)
    found = decide(votes_of(heard))
    run.say(f"  {run.film}: {told(found)}")
    return found


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--speech", type=click.Path(path_type=Path), required=True, help="speech.json")
@click.option("--engine", type=click.Choice(["whisperx", "mlx"]), required=True, help="The recogniser.")
@stage.model_options
def main(
    out: Path,
    stamp: Path | None,
    audio: Path,
    speech: Path,
    engine: str,
    model: Path,
    device: str,
    compute: str,
) -> None:
    """Listens which language is spoken."""

    def listen(run: stage.Run) -> Detection:
        return work(run, audio, speech, engine, model, device, compute)

    stage.run("detect", out, stamp, listen, heavy=True)


if __name__ == "__main__":
    main()
