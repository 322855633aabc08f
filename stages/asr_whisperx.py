"""Hears what is said, by Whisper in CTranslate2: CPUs and CUDA.

In:  audio.wav (16 kHz mono), speech.json (its chunks).
Out: asr.json: utterances with their words and times.

    envs/whisperx/bin/python stages/asr_whisperx.py --audio out/demo/audio.wav \\
        --speech out/demo/speech.json --model models/asr/base/ct2 --model-name base \\
        --language hi --out out/demo/asr.json
"""

from __future__ import annotations

from pathlib import Path

import click

from samvad import documents, stage
from samvad.documents import Recognition, Speech


def work(
    run: stage.Run,
    audio: Path,
    speech: Path,
    model: Path,
    model_name: str,
    language: str,
    device: str,
    compute: str,
) -> Recognition:
    from samvad.audio import load_audio
    from samvad.engine import whisper_code
    from samvad.recognition import recognise

    whisper_code(language)  # a language that Whisper does not know is an error before the model is loaded
    found = documents.read(speech, Speech)
    samples = load_audio(audio)
    from samvad.whisper_ct2 import Engine

    engine = Engine(model, device, compute)
    with run.progress(documents.covered(found.chunks)) as progress:
        heard = recognise(engine, samples, found, language, progress, name="whisperx", model=model_name)
    run.facts["segments"] = len(heard.segments)
    if not heard.segments:
        run.say(f"  nothing was understood in {run.film}: is SRC={language} right?")
    return heard


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--speech", type=click.Path(path_type=Path), required=True, help="speech.json")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Folder of the model.")
@click.option("--model-name", required=True, help="Its name in the document, such as base.")
@click.option("--language", required=True, help="The language spoken, such as hi.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option("--compute", default="auto", show_default=True, help="int8, float16, float32 or auto.")
def main(
    out: Path,
    stamp: Path | None,
    audio: Path,
    speech: Path,
    model: Path,
    model_name: str,
    language: str,
    device: str,
    compute: str,
) -> None:
    """Hears what is said."""

    def hear(run: stage.Run) -> Recognition:
        return work(run, audio, speech, model, model_name, language, device, compute)

    stage.run("asr", out, stamp, hear, heavy=True)


if __name__ == "__main__":
    main()
