"""Translates sentences by IndicTrans2.

In: sentences.json and the model's folder (samvad.indictrans2). Out: <target>.json.

    envs/indictrans2/bin/python stages/translation_indictrans2.py \\
        --sentences out/demo/sentences.json --model models/indictrans2-indic-en-dist-200M \\
        --source hi --target en --out out/demo/en.json

IndicProcessor, which prepares text for the model and restores it, has faults that subtitles meet
often (docs/indictrans2.md lists them). They are cured around it
(samvad.indictrans2_text), not in it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from samvad import documents, stage
from samvad.documents import Sentence, Sentences, Translated, Translation
from samvad.languages import language as language_of
from samvad.problem import Problem
from samvad.translator import Translator

#: Source subwords, padding included, and sentences of a batch: few enough for 8 GB with the
#: largest vocabulary and five beams; many enough to keep a processor or an accelerator busy.
BATCH = {"cpu": (1024, 32), "cuda": (8192, 128)}


def check_direction(model: str, source: str, target: str) -> None:
    """Raises: Problem where the model's name says that it translates in another direction."""
    found = re.search(r"\b(indic|en)-(indic|en)\b", model)
    if found and found.groups() != tuple("en" if code == "en" else "indic" for code in (source, target)):
        raise Problem(f"{model} does not translate from {source} into {target}", "Choose another MT_MODEL")


def work(
    run: stage.Run,
    path: Path,
    model: Path,
    name: str,
    sources: Sequence[str],
    target: str,
    device: str,
    threads: int,
) -> Translation:
    read = documents.read(path, Sentences)
    if read.language != sources[0]:
        raise Problem(f"{path} is in '{read.language}', not in '{sources[0]}'", f"Set SRC={read.language}")
    # What is said in the target language stays as it is.
    foreign = [source for source in sources if source != target]
    for source in foreign:
        check_direction(model.name, source, target)

    from samvad.indictrans2 import IndicTrans2

    engine = IndicTrans2(model, device, threads)
    tags = {code: language_of(code).indictrans2 for code in (*foreign, target)}
    for code, tag in tags.items():
        if not engine.tokenizer.knows(tag):
            raise Problem(f"{model.name} does not know the language '{code}' ({tag})", "Choose another MT_MODEL")
    texts: dict[str, list[str]] = {source: [] for source in foreign}
    for sentence in read.sentences:
        texts.get(sentence.language or read.language, []).append(sentence.text)
    translations: dict[str, Iterator[str]] = {}
    retried = removed = 0
    different = sum(len(set(own)) for own in texts.values())
    with run.progress(different, "sentences") as progress:
        for source, own in texts.items():
            translator = Translator(engine, tags[source], tags[target], BATCH[device])
            translations[source] = iter(translator.translate(own, progress.advance))
            retried, removed = retried + translator.retried, removed + translator.removed

    def in_target(sentence: Sentence) -> str:
        language = sentence.language or read.language
        return sentence.text if language == target else next(translations[language])

    run.facts["model"] = {"name": name, "bytes": (model / "model.safetensors").stat().st_size}
    run.facts["device"] = device
    run.facts["sentences"] = {"all": len(read.sentences), "different": different}
    run.facts["placeholders"] = {"translated_again": retried, "removed": removed}
    return Translation(
        source=read.language,
        target=target,
        models={**read.models, "translation": f"indictrans2 {name}"},
        sentences=[
            Translated(
                sentence.id,
                sentence.start,
                sentence.end,
                in_target(sentence),
                sentence.text,
                sentence.speaker,
                sentence.song,
            )
            for sentence in read.sentences
        ],
    )


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


@click.command()
@stage.options
@click.option("--sentences", type=click.Path(path_type=Path), required=True, help="sentences.json")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="models/indictrans2-…")
@click.option("--model-name", help="Its name in the document; the folder's unless given.")
@click.option("--source", "sources", required=True, multiple=True, help="What is spoken: hi; two of them, twice.")
@click.option("--target", required=True, help="The language to translate into, such as ta.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--threads", default=0, help="Processor threads; 0 leaves the choice to torch.")
def main(
    out: Path,
    stamp: Path | None,
    sentences: Path,
    model: Path,
    model_name: str | None,
    sources: tuple[str, ...],
    target: str,
    device: str,
    threads: int,
) -> None:
    """Translates sentences by IndicTrans2."""
    fix_hash_seed()
    stage.run(
        "translation",
        out,
        stamp,
        lambda run: work(run, sentences, model, model_name or model.name, sources, target, device, threads),
        language=target,
        heavy=True,
    )


if __name__ == "__main__":
    main()
