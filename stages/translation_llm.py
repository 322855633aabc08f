"""Translates sentences by a language model behind any server that speaks OpenAI's protocol.

In: sentences.json; the film's glossary, names and characters, where a person wrote them. Out: <target>.json.

    envs/llm/bin/python stages/translation_llm.py --sentences out/demo/sentences.json \\
        --server http://localhost:8080/v1 --model qwen3 --source hi --target en \\
        --glossary config/films/demo/glossary.tsv --out out/demo/en.json

What is in the target language already stays as it is, and so does what has no letters. A sentence for which the
model gives no translation keeps its own words and is marked for review.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from samvad import documents, llm, llm_prompt, review, stage
from samvad.corrections import words_of
from samvad.documents import Sentence, Sentences, Translation
from samvad.journal import Journal
from samvad.languages import language as language_of
from samvad.llm_translator import Translator, batches, context, told
from samvad.problem import Problem
from samvad.sentences import translated

#: Sentences in a row without any translation after which the model is given up.
HOPELESS = 24
MISSING = "the server gave no translation"


def translations(
    run: stage.Run,
    sentences: Sequence[Sentence],
    foreign: Sequence[Sentence],
    translator: Translator,
    journal: Journal[list[str | None]],
) -> dict[int, str | None]:
    """Id → text of all sentences: translated where they are `foreign` (None: the model gave nothing), else their own.

    Raises: Problem where the model translates nothing.
    """
    texts: dict[int, str | None] = {sentence.id: sentence.text for sentence in sentences}
    texts.update((sentence.id, None) for sentence in foreign)
    places = {sentence.id: place for place, sentence in enumerate(sentences)}
    lots = batches(foreign)
    # Where nothing comes back the server may be set up wrongly: that is not written down as done until more comes.
    held: dict[int, list[str | None]] = {}
    with run.progress(len(foreign), "sentences") as progress:
        progress.resume(sum(len(lots[number]) for number in journal))
        for number, batch in enumerate(lots):
            if number not in journal:
                spoken = [sentence for sentence in sentences[: places[batch[0].id]] if words_of(sentence.text)]
                before = context([], told(spoken, [texts[sentence.id] for sentence in spoken]))
                held[number] = translator.translate(batch, before)
                progress.advance(len(batch))
            if any(held.get(number, ())):
                for one, found in held.items():
                    journal[one] = found
                held.clear()
            failed = sum(map(len, held.values()))
            if failed >= HOPELESS or (held and not journal and number == len(lots) - 1):
                raise Problem(
                    f"the model translated none of {failed} sentences in a row (the log has its replies' faults)",
                    "Turn its thinking off, give the server more context, or choose another MT_MODEL",
                )
            done = held[number] if number in held else journal[number]
            texts.update(zip([sentence.id for sentence in batch], done, strict=True))
    return texts


def work(
    run: stage.Run,
    path: Path,
    address: str,
    model: str,
    sources: Sequence[str],
    target: str,
    terms: Path | None,
    names: Path | None,
    characters: Path | None,
    timeout: float,
) -> Translation:
    read = documents.read(path, Sentences)
    if read.language != sources[0]:
        raise Problem(f"{path} is in '{read.language}', not in '{sources[0]}'", f"Set SRC={read.language}")
    if not model:
        raise Problem("which model of the server is to translate?", "Type its name there: MT_MODEL=…")
    known = review.expected(run, sources[0], target, terms, names)
    prompt = llm_prompt.Prompt(
        [language_of(source) for source in sources if source != target],
        language_of(target),
        known.terms,
        llm_prompt.lines(names) if names else [],
        llm_prompt.lines(characters) if characters else [],
    )
    server = llm.Server(address, model, timeout, run.say)
    translator = Translator(server, prompt, known)
    foreign = [
        sentence
        for sentence in read.sentences
        if (sentence.language or read.language) != target and words_of(sentence.text)
    ]
    journal = run.journal(list[str | None], path, *filter(None, (terms, names, characters)))
    run.facts["batches_resumed"] = len(journal)
    texts = translations(run, read.sentences, foreign, translator, journal)
    lost = sum(text is None for text in texts.values())
    if lost:
        run.closing = f"samvad: {run.target}: {lost} of {len(texts)} sentences were not translated: marked for review"
    run.facts["server"] = address
    run.facts["model"] = {"name": model}
    if server.manner:
        run.facts["replies"] = server.manner.shape
        run.facts["thinking"] = "off" if server.manner.quiet else "as the server has it"
    run.facts["requests"] = server.requests
    run.facts["tokens"] = server.tokens
    run.facts["halvings"] = translator.halvings
    run.facts["sentences"] = {
        "all": len(texts),
        "translated": len(foreign) - lost,
        "asked_again": translator.retried,
        "untranslated": lost,
    }
    given = [
        translated(sentence, sentence.text, [MISSING])
        if (text := texts[sentence.id]) is None
        else translated(sentence, text)
        for sentence in read.sentences
    ]
    asked = {sentence.id for sentence in foreign if texts[sentence.id] is not None}
    review.mark(given, known, {sentence.id for sentence in read.sentences} - asked)
    review.report(run, given, known)
    return Translation(
        source=read.language,
        target=target,
        models={**read.models, "translation": f"llm {model}"},
        sentences=given,
    )


def _address(context: click.Context, option: click.Parameter, value: str) -> str:
    """Checked before anything else: what is wrong with it may be a password, which no log should hold."""
    try:
        return llm.checked(value)
    except Problem as problem:
        raise click.ClickException(str(problem)) from None


@click.command()
@stage.options
@click.option("--sentences", type=click.Path(path_type=Path), required=True, help="sentences.json")
@click.option("--server", required=True, callback=_address, help="Such as http://localhost:8080/v1.")
@click.option("--model", required=True, help="The model's name on the server.")
@click.option("--source", "sources", required=True, multiple=True, help="What is spoken: hi; two of them, twice.")
@click.option("--target", required=True, help="The language to translate into, such as ta.")
@click.option("--glossary", "terms", type=click.Path(path_type=Path), help="Source, target, note, parted by tabs.")
@click.option("--names", type=click.Path(path_type=Path), help="The film's names, one on a line.")
@click.option("--characters", type=click.Path(path_type=Path), help="Who is who, in lines of one's own.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds that one reply may take.")
def main(
    out: Path,
    stamp: Path | None,
    sentences: Path,
    server: str,
    model: str,
    sources: tuple[str, ...],
    target: str,
    terms: Path | None,
    names: Path | None,
    characters: Path | None,
    timeout: float,
) -> None:
    """Translates sentences by a language model on a server."""
    stage.run(
        "translation",
        out,
        stamp,
        lambda run: work(run, sentences, server, model, sources, target, terms, names, characters, timeout),
        language=target,
        heavy=True,
    )


if __name__ == "__main__":
    main()
