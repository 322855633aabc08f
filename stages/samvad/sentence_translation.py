"""The stage translation by IndicTrans2 but for its engine: what both engines' scripts share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import documents, review, stage
from samvad.adequacy import Expected
from samvad.documents import Sentence, Sentences, Translation
from samvad.languages import language as language_of
from samvad.problem import Problem
from samvad.sentences import translated

if TYPE_CHECKING:
    from samvad.indictrans2 import Engine

#: Makes an engine of a model's folder, a device and the number of threads (0: all that this job may use).
Load = Callable[[Path, str, int], "Engine"]

#: Source subwords, padding included, and sentences of a batch: many enough to keep an accelerator busy. On a
#: processor a batch of (1024, 32) took 16.8 core seconds and 704 MB where this one takes 19.1 and 485.
BATCH = {"cpu": (384, 12), "cuda": (8192, 128)}

#: What is said of a translation that came to the most subwords that the model may write.
CUT = "its end is cut off"


def model_for(models: Sequence[Path], source: str, target: str) -> Path:
    """The one of the models that translates this pair; a name that says no direction fits any.

    Raises: Problem where none does.
    """
    wanted = tuple("en" if code == "en" else "indic" for code in (source, target))
    for model in models:
        found = re.search(r"\b(indic|en)-(indic|en)\b", model.name)
        if not found or found.groups() == wanted:
            return model
    raise Problem(f"{models[0].name} does not translate from {source} into {target}", "Choose another MT_MODEL")


def work(
    run: stage.Run,
    load: Load,
    path: Path,
    models: Sequence[Path],
    model_name: str,
    sources: Sequence[str],
    target: str,
    terms: Path | None,
    cast: Path | None,
    device: str,
    threads: int,
    beams: int,
    again: bool,
) -> Translation:
    """Translates all sentences of a document that are not in the target language already."""
    read = documents.read(path, Sentences)
    if read.language != sources[0]:
        raise Problem(f"{path} is in '{read.language}', not in '{sources[0]}'", f"Set SRC={read.language}")
    # What is said in the target language stays as it is.
    foreign = {code: model_for(models, code, target) for code in sources if code != target}
    known = review.expected(run, sources[0], target, terms, cast)
    done: dict[int, str] = {}
    cut: set[int] = set()
    for source, model in foreign.items():
        said = [one for one in read.sentences if (one.language or read.language) == source]
        expected = known._replace(source=source)
        inputs = [path, *filter(None, (terms, cast))]
        engine = load(model, device, threads)
        texts, unended = _translated(run, engine, model, said, expected, inputs, device, beams, again)
        done.update(texts)
        cut |= unended
    run.facts["device"] = device
    run.facts["models"] = sorted(str(model) for model in set(foreign.values()))
    sentences = [translated(one, done.get(one.id, one.text), [CUT] * (one.id in cut)) for one in read.sentences]
    review.mark(sentences, known, {one.id for one in read.sentences if one.id not in done})
    review.report(run, sentences, known)
    return Translation(
        source=read.language,
        target=target,
        models={**read.models, "translation": f"indictrans2 {model_name}"},
        sentences=sentences,
    )


def _translated(
    run: stage.Run,
    engine: Engine,
    model: Path,
    said: Sequence[Sentence],
    expected: Expected,
    inputs: Sequence[Path],
    device: str,
    beams: int,
    again: bool,
) -> tuple[dict[int, str], set[int]]:
    """Sentence's id → its translation, and the ids of those that are cut off."""
    from samvad.translator import Decoded, Translator

    for code in (expected.source, expected.target):
        if not engine.tokenizer.knows(tag := language_of(code).indictrans2):
            raise Problem(f"{model.name} does not know the language '{code}' ({tag})", "Choose another MT_MODEL")

    def journal(name: str) -> dict[int, list[Decoded]]:
        return run.journal(list[Decoded], *inputs, part=f"{expected.source}.{name}")

    translator = Translator(engine, expected, BATCH[device], journal, beams, again)
    texts = [one.text for one in said]
    parts = translator.parts_of(texts)
    with run.progress(len({part for several in parts.values() for part in several}), "sentences") as progress:
        rendered = translator.translate(texts, parts, progress.advance)
    run.facts[f"sentences {expected.source}"] = {
        "all": len(texts),
        "different": len(parts),
        "decoded_again": translator.retried,
        "placeholders_removed": translator.removed,
    }
    done = {one.id: text for one, text in zip(said, rendered, strict=True)}
    return done, {one.id for one in said if one.text in translator.cut}


def fix_hash_seed() -> None:
    """Starts this process again with PYTHONHASHSEED=0 unless it runs so.

    IndicProcessor numbers its placeholders in the order of a set, which changes from process to
    process, and with the numbers what the model reads.
    """
    if sys.flags.hash_randomization:
        if os.environ.get("PYTHONHASHSEED") == "0":
            raise click.ClickException("this Python was told to ignore PYTHONHASHSEED; leave out -E and -I")
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def command(load: Load, description: str) -> click.Command:
    """The command line of a translator's script."""
    path = click.Path(path_type=Path)

    @click.command(help=description)
    @stage.options
    @click.option("--sentences", type=path, required=True, help="sentences.json")
    @click.option("--model", "models", type=path, required=True, multiple=True, help="One for each direction.")
    @click.option("--model-name", help="Its name in the document; the folder's unless given.")
    @click.option("--source", "sources", required=True, multiple=True, help="What is spoken: hi; two of them, twice.")
    @click.option("--target", required=True, help="The language to translate into, such as ta.")
    @click.option("--glossary", "terms", type=path, help="The film's glossary.tsv.")
    @click.option("--names", "cast", type=path, help="The film's names, one on a line.")
    @click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
    @click.option("--threads", default=0, help="Processor threads; 0: all that this job may use.")
    @click.option("--beams", default=5, show_default=True, help="Hypotheses that are followed; 1 is greedy.")
    @click.option("--again/--no-again", default=True, help="Decode what fails a check a second time.")
    def main(
        out: Path,
        stamp: Path | None,
        sentences: Path,
        models: tuple[Path, ...],
        model_name: str | None,
        sources: tuple[str, ...],
        target: str,
        terms: Path | None,
        cast: Path | None,
        device: str,
        threads: int,
        beams: int,
        again: bool,
    ) -> None:
        fix_hash_seed()

        def translate(run: stage.Run) -> Translation:
            name = model_name or models[0].name
            given = (models, name, sources, target, terms, cast, device, threads, beams, again)
            return work(run, load, sentences, *given)

        stage.run("translation", out, stamp, translate, language=target, heavy=True)

    return main
