"""How good translations are: chrF++ and BLEU on public test sets, SubER of subtitles against a person's.

    envs/dev/bin/python -m bench.quality --data DATA --model models/mt/indictrans2-distilled/indic-en-ct2 \\
        --source hi --target en
    envs/dev/bin/python -m bench.quality --srt out/demo/en.srt reference.srt

DATA holds the sets as they are published, one sentence a line; every set that has both languages counts:
conv/test.<tag> and gen/test.<tag> of IN22, or conv/eng_Latn-<tag>/test.<tag>, and devtest/<tag>.devtest of FLORES-200
(with flores200_dataset/ before it, or not). Each line is one sentence of a sentences.json, which the stage translates
as it does a film's. chrF++ and BLEU by sacrebleu, whose signature is printed; BLEU splits words as 13a for English and
by Unicode's punctuation for other languages: their published figures are of text that was split by another tool.
SubER (Wilken et al., IWSLT 2022): edits of words, breaks and times, in percent of the reference; less is better.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).resolve().parents[1]

#: Set → where a language's lines may be; `pair` is two tags, in either order.
IN22 = ("{set}/test.{tag}", "{set}/{pair}/test.{tag}")
SETS = {
    "IN22-Conv": tuple(path.replace("{set}", "conv") for path in IN22),
    "IN22-Gen": tuple(path.replace("{set}", "gen") for path in IN22),
    "FLORES-200 devtest": ("devtest/{tag}.devtest", "flores200_dataset/devtest/{tag}.devtest"),
}


class Pair(NamedTuple):
    """A test set's lines in both languages."""

    name: str
    sources: list[str]
    references: list[str]


def found(data: Path, source: str, target: str) -> list[Pair]:
    """The sets under `data` that have both languages, by their tags (hin_Deva).

    Raises: ClickException where a set has not as many lines in one as in the other, or none is there.
    """
    pairs = []
    for name, patterns in SETS.items():
        files = [_file(data, patterns, tag, (source, target)) for tag in (source, target)]
        if files[0] and files[1]:
            # Not splitlines: a sentence may hold a line separator of Unicode's.
            sources, references = (file.read_text(encoding="utf-8").rstrip("\n").split("\n") for file in files if file)
            if len(sources) != len(references):
                raise click.ClickException(f"{files[0]} has {len(sources)} lines, {files[1]} {len(references)}")
            pairs.append(Pair(name, sources, references))
    if not pairs:
        raise click.ClickException(
            f"{data} has no test set of {source} and {target}: conv/test.TAG, gen/…, devtest/TAG.devtest"
        )
    return pairs


def _file(data: Path, patterns: tuple[str, ...], tag: str, tags: tuple[str, str]) -> Path | None:
    names = ["-".join(tags), "-".join(reversed(tags))]
    paths = [data / pattern.format(tag=tag, pair=pair) for pattern in patterns for pair in names]
    return next((path for path in paths if path.exists()), None)


def translated(
    lines: list[str], models: tuple[Path, ...], engine: str, source: str, target: str
) -> tuple[list[str], float]:
    """The lines through our own stage, and the seconds that it took, loading included."""
    sentences = [{"id": n, "start": n, "end": n + 1, "text": text} for n, text in enumerate(lines)]
    document = {"format": "samvad.sentences/1", "language": source, "models": {}, "sentences": sentences}
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "sentences.json", Path(folder) / f"{target}.json"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        python, script = ROOT / "envs/indictrans2/bin/python", ROOT / f"stages/translation_{engine}.py"
        words = ["--sentences", path, *(word for model in models for word in ("--model", model))]
        begun = time.monotonic()
        done = subprocess.run([python, script, *words, "--source", source, "--target", target, "--out", out])
        if done.returncode:
            sys.exit(done.returncode)  # the stage has said why
        texts = [one["text"] for one in json.loads(out.read_text(encoding="utf-8"))["sentences"]]
        return texts, time.monotonic() - begun


def scores(texts: list[str], references: list[str], target: str) -> list[str]:
    """chrF++ and BLEU with their signatures, a line each."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return [
        f"  {name:7} {metric.corpus_score(texts, [references]).score:5.1f}   {metric.get_signature()}"
        for name, metric in (
            ("chrF++", CHRF(word_order=2)),
            ("BLEU", BLEU(tokenize="13a" if target == "en" else "intl")),
        )
    ]


def suber(hypothesis: Path, reference: Path) -> float:
    """SubER of one SubRip file against another; 0 is the same. Raises: ClickException for a file that is none."""
    from suber.file_readers import SRTFileReader  # type: ignore[import-untyped]
    from suber.metrics.suber import calculate_SubER  # type: ignore[import-untyped]

    cues = []
    for path in (hypothesis, reference):
        try:
            cues.append(SRTFileReader(str(path)).read())
        except Exception as error:  # its reader raises whatever comes
            raise click.ClickException(f"{path} is no SubRip file: {error.__cause__ or error}") from None
    return float(calculate_SubER(*cues))


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of the test sets.")
@click.option("--model", "models", multiple=True, type=click.Path(path_type=Path, exists=True), help="As the stage's.")
@click.option("--engine", default="indictrans2", show_default=True, help="stages/translation_<engine>.py")
@click.option("--source", default="hi", show_default=True, help="As in config/languages.json.")
@click.option("--target", default="en", show_default=True)
@click.option("--srt", nargs=2, type=click.Path(path_type=Path), help="Our subtitles, and a person's.")
def main(
    data: Path | None,
    models: tuple[Path, ...],
    engine: str,
    source: str,
    target: str,
    srt: tuple[Path, Path] | None,
) -> None:
    """How good translations are: chrF++ and BLEU on public test sets, SubER of subtitles against a person's."""
    if srt:
        print(f"SubER {suber(*srt):.1f}   {srt[0]} against {srt[1]}")
    elif not (data and models):
        raise click.UsageError("give --data and --model, or --srt")
    else:
        languages = json.loads((ROOT / "config" / "languages.json").read_text(encoding="utf-8"))
        for code in (source, target):
            if code not in languages:
                raise click.ClickException(f"unknown language '{code}'. Known: {' '.join(languages)}")
        tags = [languages[code]["indictrans2"] for code in (source, target)]
        for pair in found(data, *tags):
            texts, seconds = translated(pair.sources, models, engine, source, target)
            speed = f"{len(texts)} sentences in {seconds:.0f} s, {len(texts) / seconds:.1f} a second with loading"
            print(f"{pair.name}, {source} to {target}: {speed}")
            print(*scores(texts, pair.references, target), sep="\n")


if __name__ == "__main__":
    main()
