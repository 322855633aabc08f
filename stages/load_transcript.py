"""Reads the transcript as whole sentences, which is what a translator translates.

In: transcript.json. Out: sentences.json.

    envs/indictrans2/bin/python stages/load_transcript.py \\
        --transcript out/demo/transcript.json --out out/demo/sentences.json
"""

from __future__ import annotations

from pathlib import Path

import click

from samvad import documents, stage
from samvad.documents import Sentences, Transcript
from samvad.sentences import sentences_of


def work(run: stage.Run, transcript: Path) -> Sentences:
    read = documents.read(transcript, Transcript)
    sentences = sentences_of(read.segments)
    run.facts["segments"] = len(read.segments)
    run.facts["sentences"] = len(sentences)
    return Sentences(read.language, read.models, sentences)


@click.command()
@stage.options
@click.option("--transcript", type=click.Path(path_type=Path), required=True, help="transcript.json")
def main(out: Path, stamp: Path | None, transcript: Path) -> None:
    """Makes whole sentences of the transcript's segments."""
    stage.run("load_transcript", out, stamp, lambda run: work(run, transcript))


if __name__ == "__main__":
    main()
