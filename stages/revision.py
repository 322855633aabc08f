"""Turns a machine's translation into the one that is shown: as a person wants it, phrase by phrase in its time.

    envs/common/bin/python stages/revision.py --translation out/demo/en.json --language en
        --edits config/films/demo/en.edits.tsv --out out/demo/en.revised.json

A person's edits count first (samvad.corrections says which fits where): by the words of the sentence that was
translated, whatever their punctuation. Where those words changed, the edit is set aside: counted on the terminal,
listed in the log, applied nowhere. Then each sentence's text is laid over the time of the words that it renders
(samvad.projection). The log lists what is marked for review.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from msgspec import structs

from samvad import corrections, documents, stage
from samvad.corrections import NOTES, clock
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.documents import Translated, Translation


@click.command()
@click.option("--translation", type=click.Path(path_type=Path), required=True, help="en.json")
@click.option("--language", required=True, help="What it is translated into.")
@click.option("--edits", type=click.Path(path_type=Path), help="What a person wrote instead.")
@stage.options
def main(translation: Path, language: str, edits: Path | None, out: Path, stamp: Path | None) -> None:
    """Turns a machine's translation into the one that is shown."""
    stage.run("revision", out, stamp, lambda run: work(translation, language, edits, run), language=language)


def work(path: Path, language: str, edits: Path | None, run: stage.Run) -> Translation:
    translation = documents.read(path, documents.Translation)
    if translation.target != language:
        raise Problem(f"{path} is in '{translation.target}', not in '{language}'", f"Remove it and type: make {path}")
    if edits:
        revise(translation, edits, run)
    project(translation)
    marked = [sentence for sentence in translation.sentences if sentence.review]
    run.facts["sentences"] = {"all": len(translation.sentences), "marked_for_review": len(marked)}
    for sentence in marked:
        reasons = "; ".join(sentence.review)
        print(f"{sentence.id:5}  {clock(sentence.start)}  {reasons}: {sentence.source} → {sentence.text}")
    return translation


class _Known(NamedTuple):
    """A sentence as an edit knows it: by its source."""

    id: int
    start: float
    text: str


def revise(translation: Translation, edits: Path, run: stage.Run) -> None:
    """Writes a person's edits into the translation, and says what came of them."""
    known = [_Known(sentence.id, sentence.start, sentence.source) for sentence in translation.sentences]
    fitting = corrections.fit(edits, known, corrections.MACHINE)
    fits = {number: one.written for number, one in fitting.fits.items()}
    revised = [written_instead(sentence, fits.get(sentence.id)) for sentence in translation.sentences]
    translation.sentences = [sentence for sentence in revised if sentence]
    corrections.report(run, edits, fitting, len(revised) - len(translation.sentences))


def written_instead(sentence: Translated, written: str | None) -> Translated | None:
    """The sentence saying what a person wrote; as it is for None, none of it where nothing is written.

    The person has looked at it: what the machine was unsure of is no question any more. Notes go, as the transcript
    says what is sung.
    """
    if written is None:
        return sentence
    text = " ".join(written.translate(NOTES).split())
    if not text:
        return None
    before = sentence.text if text != sentence.text else None
    return structs.replace(sentence, text=text, translated=before, review=[])


def project(translation: Translation) -> None:
    """Gives each sentence its phrases."""
    from samvad.breaking import breaks
    from samvad.projection import phrases

    lists = breaks(translation.target)
    for sentence in translation.sentences:
        sentence.text = " ".join(sentence.text.split())
        place = documents.Span(sentence.start, sentence.end)
        sentence.phrases = phrases(sentence.text, sentence.spoken, place, lists)


if __name__ == "__main__":
    main()
