"""Translates what is said into English by Whisper itself, from the sound.

In:  audio.wav, transcript.json (for the times and the source text).
Out: en.json: English sentences, each over the utterances that it renders.

    envs/whisperx/bin/python stages/translation_whisper.py --audio out/demo/audio.wav \\
        --transcript out/demo/transcript.json --engine whisperx --model models/asr/base/ct2 \\
        --model-name base --source hi --target en --out out/demo/en.json

Of the film's glossary and names Whisper knows nothing: what it does not keep of them is marked.

Whisper translates groups of utterances, up to its window of 30 s: a single one gives it too little to
go by. What is English already stays as it is. Its sentences are then laid back over the utterances (samvad.rendering).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from samvad import documents, pauses, review, stage
from samvad.documents import Segment, Span, Transcript, Translated, Translation
from samvad.problem import Problem

#: Seconds. A group ends at a silence this long: across it the text would drift.
PAUSE = 2.0
#: Seconds of sound around a group, and of the group with them: Whisper's window.
PADDING, LONGEST = 0.4, 30.0


def groups_of(segments: list[Segment], duration: float) -> list[Span]:
    """What the decoder is given at a time: neighbouring utterances of one language and a little sound around them.

    What is sung and what is said are never in one group.

    >>> said = [Segment(0, 1, 4, "a"), Segment(1, 4.5, 9, "b"), Segment(2, 20, 22, "c")]
    >>> groups_of(said, 22.1)
    [Span(start=0.6, end=9.4), Span(start=19.6, end=22.1)]
    """
    alike = [list(parts) for _, parts in groupby(segments, key=lambda part: (part.song, part.language))]
    groups = [group for parts in alike for group in pauses.grouped(parts, LONGEST - 2 * PADDING, PAUSE)]
    return pauses.widened(groups, PADDING, duration)


def as_spoken(said: Sequence[Segment]) -> list[Translated]:
    """Utterances that are in the target language already."""
    from samvad.rendering import spoken

    return [
        Translated(0, part.start, part.end, part.text, part.text, part.speaker, part.song, spoken([part]))
        for part in said
    ]


def work(
    run: stage.Run,
    audio: Path,
    transcript: Path,
    sources: Sequence[str],
    target: str,
    engine: str,
    model: Path,
    model_name: str,
    device: str,
    compute: str,
    terms: Path | None = None,
    cast: Path | None = None,
) -> Translation:
    if target != "en":
        raise Problem(
            f"Whisper translates into English only, not into '{target}'",
            "Type PROFILE=standard, whose IndicTrans2 can",
        )
    from samvad import engines
    from samvad.audio import RATE, load_audio
    from samvad.engine import whisper_code
    from samvad.recognition import in_urdu_letters
    from samvad.rendering import rendered

    codes = {source: whisper_code(source) for source in sources}
    read = documents.read(transcript, Transcript)
    # As the recogniser did (samvad.recognition): most of what it heard as Urdu came in Urdu letters.
    in_hindi = [part.original or part.text for part in read.segments if (part.language or read.language) == "hi"]
    if codes.get("hi") and in_urdu_letters(" ".join(in_hindi)):
        codes["hi"] = "ur"
    samples = load_audio(audio)
    groups = groups_of(read.segments, len(samples) / RATE)
    spoken = [[part for part in read.segments if group.start <= part.start < group.end] for group in groups]
    languages = [said[0].language or read.language for said in spoken]
    journal = run.journal(list[Translated], audio, transcript)
    run.facts["groups_resumed"] = len(journal)
    foreign = [number for number, language in enumerate(languages) if language != target]
    left = [number for number in foreign if number not in journal]
    if left:
        ear = engines.load(engine, model, device, compute)
        with run.progress(documents.covered(groups[number] for number in foreign)) as progress:
            progress.resume(documents.covered(groups[number] for number in foreign if number in journal))
            for language in dict.fromkeys(languages[number] for number in left):
                own = [number for number in foreign if languages[number] == language]
                # Batches are the same whatever is done already: what is heard may depend on them.
                batches = [own[first : first + ear.together] for first in range(0, len(own), ear.together)]
                for batch in batches:
                    if all(number in journal for number in batch):
                        continue
                    parts = [groups[number] for number in batch]
                    for at, heard in ear.decode(samples, parts, codes[language], "translate", True):
                        if batch[at] not in journal:
                            journal[batch[at]] = rendered(heard, spoken[batch[at]], parts[at])
                            progress.advance(parts[at].end - parts[at].start)
    found = (journal[number] if number in journal else as_spoken(said) for number, said in enumerate(spoken))
    sentences = [sentence for part in found for sentence in part]
    for number, sentence in enumerate(sentences):
        sentence.id = number
    run.facts["sentences"] = len(sentences)
    known = review.expected(run, sources[0], target, terms, cast)
    review.mark(sentences, known, {one.id for one in sentences if one.text == one.source})
    review.report(run, sentences, known)
    models = {**read.models, "translation": f"whisper {model_name}"}
    return Translation(source=read.language, target=target, models=models, sentences=sentences)


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--transcript", type=click.Path(path_type=Path), required=True, help="transcript.json")
@click.option("--engine", type=click.Choice(["whisperx", "mlx"]), required=True, help="The recogniser.")
@stage.model_options
@click.option("--model-name", required=True, help="Its name in the document, such as base.")
@click.option("--source", "sources", required=True, multiple=True, help="What is spoken: hi; two of them, twice.")
@click.option("--target", required=True, help="en")
@click.option("--glossary", "terms", type=click.Path(path_type=Path), help="The film's glossary.tsv.")
@click.option("--names", "cast", type=click.Path(path_type=Path), help="The film's names, one on a line.")
def main(
    out: Path,
    stamp: Path | None,
    audio: Path,
    transcript: Path,
    engine: str,
    model: Path,
    model_name: str,
    sources: tuple[str, ...],
    target: str,
    terms: Path | None,
    cast: Path | None,
    device: str,
    compute: str,
) -> None:
    """Translates into English from the sound."""

    def translate(run: stage.Run) -> Translation:
        return work(run, audio, transcript, sources, target, engine, model, model_name, device, compute, terms, cast)

    stage.run("translation", out, stamp, translate, language=target, heavy=True)


if __name__ == "__main__":
    main()
