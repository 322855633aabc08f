"""Translates sentences by IndicTrans2.

In: sentences.json and the model's folder (samvad.indictrans2). Out: <target>.json.

    envs/indictrans2/bin/python stages/translation_indictrans2.py \\
        --sentences out/demo/sentences.json --model models/indictrans2-indic-en-dist-200M \\
        --source hi --target en --out out/demo/en.json

IndicProcessor, which prepares text for the model and restores it, has faults that subtitles meet
often (docs/indictrans2.md lists them). They are cured around it, here, and not in it.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import click

from samvad import documents, stage
from samvad.documents import Sentences, Translated, Translation
from samvad.languages import language as language_of
from samvad.problem import Problem

#: Source subwords, padding included, and sentences of a batch: few enough for 8 GB with the
#: largest vocabulary and five beams; many enough to keep a processor or an accelerator busy.
BATCH = {"cpu": (1024, 32), "cuda": (8192, 128)}


class Engine(Protocol):
    """What runs the model: samvad.indictrans2 is one."""

    longest: int
    tokenizer: Any

    def generate(self, batch: Sequence[Sequence[int]]) -> list[list[int]]:
        """Target ids for source ids, in the same order."""
        ...


# --- the text before the model --------------------------------------------------------------------

MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")

#: A song's notes and a speaker's dash stand around the sentence and are none of the model's business.
EDGES = re.compile(r"((?:[♪♫–—]\s*|-\s+)*)(.*?)((?:\s*[♪♫])*)", re.DOTALL)

#: What IndicProcessor replaces as a whole and restores: clock times and the like of four digits.
CLOCK = re.compile(r"\d+:\d+(?::\d+)?")
NUMBERS = re.compile(r"\d[\d.,:'/+-]*\d")
COLON = re.compile(r"\s*:(?!//)\s*")


class Framed(NamedTuple):
    """A sentence and what stands around it."""

    before: str
    text: str
    after: str


def framed(text: str) -> Framed:
    """The sentence without markup, in NFC, with single spaces; notes and dashes apart.

    NFC writes ज़ and its like as two characters. Written as one, IndicProcessor turns them into the
    six characters "\\u093C".

    >>> framed("♪ <i>चलो\\nचलें</i> ♪")
    Framed(before='♪ ', text='चलो चलें', after=' ♪')
    """
    text = " ".join(unicodedata.normalize("NFC", MARKUP.sub("", text)).split())
    found = EDGES.fullmatch(text)
    assert found
    return Framed(*found.groups())


def guard_colons(text: str, keep_clocks: bool = True) -> str:
    """The text with U+FF1A for every colon that IndicProcessor would turn into a visarga or worse.

    It makes "\\1ः30" of 5:30. SentencePiece reads U+FF1A as a colon again. A clock time of four
    digits keeps its colon, since IndicProcessor puts such a thing aside and restores it unchanged.

    >>> guard_colons("माँ: 5:30 नहीं, 10:30")
    'माँ ： 5：30 नहीं, 10:30'
    """

    def number(found: re.Match[str]) -> str:
        kept = keep_clocks and CLOCK.fullmatch(found[0]) and sum(map(str.isdigit, found[0])) >= 4
        return found[0].replace(":", "\0" if kept else "：")

    return COLON.sub(" ： ", NUMBERS.sub(number, text)).replace("\0", ":").strip()


def is_speech(text: str) -> bool:
    """Whether there is anything to translate: a letter or a digit."""
    return any(character.isalnum() for character in text)


def in_parts(text: str, longest: int, count: Callable[[str], int]) -> list[str]:
    """The text in parts of at most `longest` subwords, cut at clause borders, else between words.

    >>> in_parts("a b, c d e f", 4, lambda text: len(text.split()))
    ['a b,', 'c d e f']
    """
    words = text.split()
    if len(words) < 2 or count(text) <= longest:
        return [text]

    def merit(place: int) -> tuple[bool, int]:
        in_the_middle = abs(2 * place - len(words)) < 0.8 * len(words)
        return words[place - 1][-1] in ",;:，،؛।॥.?!…—–" and in_the_middle, -abs(2 * place - len(words))

    cut = max(range(1, len(words)), key=merit)
    halves = (" ".join(words[:cut]), " ".join(words[cut:]))
    return [part for half in halves for part in in_parts(half, longest, count)]


# --- the text after the model ---------------------------------------------------------------------

#: A placeholder that was not restored: "<ID3>", "< id 3 ]", "<आईडी3>".
PLACEHOLDER = re.compile(r"[<\[]\s*[^<>\[\]\d]{1,12}\d+\s*[>\]]")


def mended(text: str, source: str) -> str:
    """What the detokenisers leave apart, joined again; numbers only where `source` has such.

    >>> mended("It's 5: 30. . . # samvad", "5:30 बजे हैं… #samvad")
    "It's 5:30... #samvad"
    """
    if re.search(r"\d:\d", source):
        text = re.sub(r"(?<=\d) ?[:：] ?(?=\d)", ":", text)
    text = re.sub(r"\s*\.(?:\s*\.){2,}", "...", text)
    return " ".join(re.sub(r"(?<!\S)([#@]) (?=\w)", r"\1", text).split())


def leftovers(text: str, source: str) -> list[str]:
    """The placeholders in a translation that its source does not have.

    >>> leftovers("Come at <ID2>.", "10:30 पर आओ"), leftovers("[Track 2]", "[Track 2]")
    (['<ID2>'], [])
    """
    return [found for found in PLACEHOLDER.findall(text) if found not in source]


# --- translating ------------------------------------------------------------------------------------


class Translator:
    """Texts of one language → texts of another, by an engine."""

    def __init__(self, engine: Engine, source: str, target: str, batch: tuple[int, int]) -> None:
        from IndicTransToolkit import IndicProcessor

        self._processor = IndicProcessor
        self._engine = engine
        self._source, self._target = source, target
        self._batch = batch
        #: How many translations had placeholders that could not be restored.
        self.retried = 0
        self.removed = 0

    def translate(self, texts: Sequence[str], advance: Callable[[int], None]) -> list[str]:
        """The translations, in the order of `texts`. `advance` is told of texts as they are done.

        A text that comes twice is translated once; what is no speech stays as it is.
        """
        frames = {text: framed(text) for text in texts}
        parts = {
            frame.text: in_parts(frame.text, self._engine.longest, self._length)
            for frame in frames.values()
            if is_speech(frame.text)
        }
        done = self._all(sorted({part for several in parts.values() for part in several}), advance, True)
        lost = [part for part in done if leftovers(done[part], part)]
        self.retried = len(lost)
        # Once more without placeholders: the model then sees the number or address itself.
        done.update(self._all(lost, lambda number: None, False))
        for part in lost:
            for left in leftovers(done[part], part):
                self.removed += 1
                done[part] = " ".join(done[part].replace(left, " ").split())

        def whole(text: str) -> str:
            before, inner, after = frames[text]
            if inner not in parts:
                return text.strip()
            return before + " ".join(done[part] for part in parts[inner]) + after

        return [whole(text) for text in texts]

    def _length(self, text: str) -> int:
        return len(self._encoded(self._processor(inference=True), text, True))

    def _encoded(self, processor: Any, text: str, aside: bool) -> list[int]:
        guarded = guard_colons(text, keep_clocks=aside) if not self._source.endswith("Latn") else text
        (prepared,) = processor.preprocess_batch([guarded], src_lang=self._source, tgt_lang=self._target)
        ids: list[int] = self._engine.tokenizer.encode(prepared)
        # One word of more than 256 subwords is noise; the model could not place the rest of it.
        return ids if len(ids) <= self._engine.longest else [*ids[: self._engine.longest - 1], ids[-1]]

    def _all(self, texts: Sequence[str], advance: Callable[[int], None], aside: bool) -> dict[str, str]:
        """Text → translation. `aside`: numbers, addresses and the like are put aside and restored."""
        lengths = [self._length(text) for text in texts]
        done: dict[str, str] = {}
        for batch in batches(lengths, *self._batch):
            chosen = [texts[number] for number in batch]
            # A new processor each time: what it put aside is queued inside it, and one sentence too
            # few or too many would give all that follow each other's numbers, or wait for ever.
            before, after = self._processor(inference=aside), self._processor(inference=True)
            encoded = [self._encoded(before, text, aside) for text in chosen]
            if aside:
                after = before
            else:
                after.preprocess_batch(["-"] * len(chosen), src_lang=self._source, tgt_lang=self._target)
            texts_out = [self._engine.tokenizer.decode(row) for row in self._engine.generate(encoded)]
            assert len(texts_out) == len(chosen)
            restored = after.postprocess_batch(texts_out, lang=self._target)
            done.update(zip(chosen, map(mended, restored, chosen), strict=True))
            advance(len(chosen))
        return done


def batches(lengths: Sequence[int], subwords: int, sentences: int) -> list[list[int]]:
    """Numbers of the sentences by batch, longest first, each batch of similar lengths.

    A batch has at most `sentences` members and, its padding counted, `subwords`; or one member.

    >>> batches([2, 9, 3, 4], 8, 2)
    [[1], [3, 2], [0]]
    """
    made: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: (-lengths[number], number)):
        full = made and (len(made[-1]) >= sentences or lengths[made[-1][0]] * (len(made[-1]) + 1) > subwords)
        if full or not made:
            made.append([])
        made[-1].append(number)
    return made


def check_direction(model: str, source: str, target: str) -> None:
    """Raises: Problem where the model's name says that it translates in another direction."""
    found = re.search(r"\b(indic|en)-(indic|en)\b", model)
    if found and found.groups() != tuple("en" if code == "en" else "indic" for code in (source, target)):
        raise Problem(f"{model} does not translate from {source} into {target}", "Choose another MT_MODEL")


def work(
    run: stage.Run, path: Path, model: Path, source: str, target: str, device: str, threads: int
) -> Translation:
    read = documents.read(path, Sentences)
    if read.language != source:
        raise Problem(f"{path} is in '{read.language}', not in '{source}'", f"Set SRC={read.language}")
    tags = language_of(source).indictrans2, language_of(target).indictrans2
    check_direction(model.name, source, target)

    from samvad.indictrans2 import IndicTrans2

    engine = IndicTrans2(model, device, threads)
    for code, tag in zip((source, target), tags, strict=True):
        if not engine.tokenizer.knows(tag):
            raise Problem(
                f"{model.name} does not know the language '{code}' ({tag})", "Choose another MT_MODEL"
            )
    translator = Translator(engine, *tags, BATCH[device])
    texts = [sentence.text for sentence in read.sentences]
    with run.progress(len(set(texts)), "sentences") as progress:
        translations = translator.translate(texts, progress.advance)
    run.facts["model"] = {"name": model.name, "bytes": (model / "model.safetensors").stat().st_size}
    run.facts["device"] = device
    run.facts["sentences"] = {"all": len(texts), "different": len(set(texts))}
    run.facts["placeholders"] = {"translated_again": translator.retried, "removed": translator.removed}
    return Translation(
        source=source,
        target=target,
        models={**read.models, "translation": f"indictrans2 {model.name}"},
        sentences=[
            Translated(sentence.id, sentence.start, sentence.end, text, sentence.text, sentence.speaker)
            for sentence, text in zip(read.sentences, translations, strict=True)
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
@click.option("--source", required=True, help="The film's language, such as hi.")
@click.option("--target", required=True, help="The language to translate into, such as ta.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--threads", default=0, help="Processor threads; 0 leaves the choice to torch.")
def main(
    out: Path,
    stamp: Path | None,
    sentences: Path,
    model: Path,
    source: str,
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
        lambda run: work(run, sentences, model, source, target, device, threads),
        language=target,
        heavy=True,
    )


if __name__ == "__main__":
    main()
