"""Compares our translation with the loop of IndicTrans2's own example: the same sentences, beam and threads.

In:  nothing; the model (random weights, the distilled model's dimensions) and the sentences are made on first use.
Out: a table; what each run cost is kept in costs.json.

    envs/dev/bin/python -m bench.translate --rounds 2

Each way is a fresh process, in turns, so that what else the machine does meets all of them; the best round counts.
Ours is stages/translation_indictrans2.py on the converted model, in int8; the other one is bench/example_loop.py.
`--no-again`: random translations fail the checks, and the other way has none.
"""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

import click

from bench.asr import ROOT, Cost, run

PYTHON = str(ROOT / "envs" / "indictrans2" / "bin" / "python")

#: Sentences of a film.
FILM = 1100


def prepare(folder: Path, count: int) -> None:
    """Makes the sentences, and what is missing of the model in both formats."""
    log = folder / "make.log"
    run([PYTHON, "bench/make_indictrans2.py", str(folder), "--sentences", str(count)], log)
    stamp = folder / "indic-en-ct2" / ".ready@1"
    if not stamp.exists():
        given = ["--in", folder / "indic-en", "--out", stamp.parent, "--stamp", stamp]
        cost = run([PYTHON, "stages/convert_indictrans2.py", *map(str, given)], log)
        click.echo(f"converted in {cost.wall:.0f} s, peak {cost.peak:.0f} MB", err=True)


def ways(folder: Path, beams: int, threads: int) -> dict[str, tuple[Path, list[str]]]:
    """Result and command of each way."""
    given = ["--sentences", folder / "sentences.json", "--beams", beams, "--threads", threads]
    ours, theirs = folder / "samvad" / f"{beams}.json", folder / f"example-{beams}.json"
    stage = ["stages/translation_indictrans2.py", *given, "--model", folder / "indic-en-ct2", "--out", ours]
    stage += ["--source", "hi", "--target", "en", "--no-again"]
    loop = ["bench/example_loop.py", *given, "--model", folder / "indic-en", "--out", theirs]
    return {
        "**samvad**": (ours, [PYTHON, *map(str, stage)]),
        "example.py's loop": (theirs, [PYTHON, *map(str, loop)]),
    }


def lengths(path: Path) -> list[int]:
    """Words of each translation."""
    read = json.loads(path.read_text(encoding="utf-8"))
    texts = read if isinstance(read, list) else [sentence["text"] for sentence in read["sentences"]]
    return [len(text.split()) for text in texts]


@click.command()
@click.option("--folder", default="out/translate", show_default=True, type=click.Path(path_type=Path))
@click.option("--sentences", "count", default=FILM, show_default=True, help="How many are translated.")
@click.option("--threads", default=len(os.sched_getaffinity(0)), help="Of each way; all cores unless given.")
@click.option("--beams", multiple=True, type=int, default=(5, 1), show_default=True)
@click.option("--rounds", default=2, show_default=True)
def main(folder: Path, count: int, threads: int, beams: tuple[int, ...], rounds: int) -> None:
    """Compares our translation with the loop of IndicTrans2's own example."""
    folder = folder.absolute()
    (folder / "samvad").mkdir(parents=True, exist_ok=True)
    prepare(folder, count)
    costs: dict[str, list[Cost]] = {}
    for number in range(rounds):
        for beam in beams:
            for way, (result, command) in ways(folder, beam, threads).items():
                result.unlink(missing_ok=True)
                cost = run(command, folder / "translate.log")
                costs.setdefault(f"{way}, beam {beam}", []).append(cost)
                (folder / "costs.json").write_text(json.dumps(costs, indent=1) + "\n", encoding="utf-8")
                words = f"{statistics.median(lengths(result)):.0f} words a sentence"
                click.echo(f"round {number + 1}: {way}, beam {beam}: {cost.wall:.1f} s, {words}", err=True)
    print(f"{count} sentences, {threads} threads\n")
    print(f"| way | sentences/s | core s | peak MB | s per film of {FILM} |\n|---|--:|--:|--:|--:|")
    best = {way: min(several) for way, several in costs.items()}
    for way, cost in best.items():
        film = cost.wall / count * FILM
        print(f"| {way} | {count / cost.wall:.1f} | {cost.cpu:.0f} | {cost.peak:.0f} | {film:.0f} |")
    print()
    for beam in beams:
        ours, theirs = (best[f"{way}, beam {beam}"] for way in ways(folder, beam, threads))
        print(
            f"beam {beam}: {theirs.wall / ours.wall:.1f} times as fast, {theirs.cpu / ours.cpu:.1f} times fewer core "
            f"seconds, {ours.peak / theirs.peak:.2f} of the memory"
        )


if __name__ == "__main__":
    main()
