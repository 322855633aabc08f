"""Compares our cues with those of WhisperX's writers and of stable-ts's regrouping: the same words, the same times.

In:  two hours of dialogue each in English and Hindi, made here (dialogue.py); the test set's truth.json
     (tests/quality/make_set.py) and the demo film's transcript.json, media.json and shots.json, if they are there.
Out: out/bench/cues/<input>/: the words, every way's cues and the reference's; a table for each input, printed.

    make env-uv env-common env-dev env-whisperx
    envs/dev/bin/python -m bench.cues

Every way is given the same sentences with the same times of words; ours gets the speakers too, where there are some.
Peers: `whisperx.utils.WriteSRT` as it comes, and with max_line_width 42 and max_line_count 2; whisperx's
SubtitlesProcessor as it comes; stable-ts's default regrouping, and the same with lines of 42 (cue_peers.py); and each
sentence as one cue. WhisperX is that of envs/whisperx. stable-ts is in none of our locks: it is put into
out/bench/stable-ts without what it asks for (it finds WhisperX's torch, and hears nothing here), by

    envs/uv/bin/uv pip install --target out/bench/stable-ts --no-deps stable-ts-whisperless==2.19.1

Seconds of the processor: ours are of two whole processes, from transcript.json to the SRT; peers' are of grouping and
writing alone, without starting Python, imports (stable-ts's: torch) and reading the words. The least of --rounds.
Breaks, and SubER (a way's cues against the reference, in percent of edits), are there for the dialogue only, where the
places to break are marked.

At the end all cues that there could be are tried (cue_search.py): for every part of the dialogue between long silences,
and for short passages of it drawn by lot. Of those that can keep every limit, the share of which ours does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

import click

from bench import cue_inputs, cue_metrics, cue_search, dialogue
from bench.cue_inputs import Input
from bench.dialogue import Shown, Spoken
from bench.quality import suber
from samvad import documents

ROOT = Path(__file__).resolve().parents[1]
STABLE = "stable-ts-whisperless==2.19.1"
#: Way → what the tables call it.
TITLES = {
    "samvad": "**samvad**",
    "whisperx": "WhisperX",
    "whisperx-42": "WhisperX, 42 characters, 2 lines",
    "whisperx-processor": "WhisperX, SubtitlesProcessor",
    "stable-ts": "stable-ts",
    "stable-ts-42": "stable-ts, 42 characters",
    "naive": "a sentence, a cue",
}


class Cost(NamedTuple):
    """Seconds of the processor, and on the clock (None where it was not taken)."""

    cpu: float
    wall: float | None = None


def run(command: Sequence[str | Path], **environ: str) -> Cost:
    """Runs one process to its end. Raises: ClickException where it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, "PYTHONNOUSERSITE": "1", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"{' '.join(map(str, command))}\n{said.decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, wall)


def write(given: Input, folder: Path) -> None:
    """The documents that the ways read."""
    folder.mkdir(parents=True, exist_ok=True)
    transcript = cue_inputs.transcript_of(given)
    for name, document in (("transcript", transcript), ("media", given.media), ("shots", given.shots)):
        (folder / f"{name}.json").write_bytes(documents.encode(document))


def ours(given: Input, folder: Path) -> Cost:
    """samvad.srt, by the stages as the makefile calls them."""
    python, rules = ROOT / "envs/common/bin/python", ("--profile", given.profile)
    cues, out = folder / f"{given.language}.cues.json", folder / f"{given.language}.srt"
    read = [part for name in ("transcript", "media", "shots") for part in (f"--{name}", folder / f"{name}.json")]
    readers = ("--language", given.language, *rules, "--audience", "adult", "--songs", "keep")
    costs = [
        run([python, "stages/subtitle_generation.py", *read, *readers, "--out", cues]),
        run([python, "stages/export_subtitles.py", "--cues", cues, *rules, "--out", out]),
    ]
    out.replace(folder / "samvad.srt")
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall or 0 for cost in costs))


def peers(folder: Path, whisperx: Path, rounds: int) -> dict[str, Cost]:
    """Their files, and what each of them took."""
    stable = ROOT / "out" / "bench" / "stable-ts"
    mark = stable / STABLE
    if not mark.exists():
        install = ("pip", "install", "--target", stable, "--python", whisperx, "--no-deps", STABLE)
        run([ROOT / "envs/uv/bin/uv", *install])
        mark.touch()
    script, words = ROOT / "bench" / "cue_peers.py", folder / "transcript.json"
    run([whisperx, script, words, "--rounds", str(rounds)], PYTHONPATH=str(stable))
    found = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    return {way: Cost(seconds) for way, seconds in found.items()}


def save(cues: Sequence[Shown], path: Path) -> None:
    """Cues as an SRT."""
    import srt

    numbered = enumerate(cues, start=1)
    parts = [srt.Subtitle(n, *map(_time, (cue.start, cue.end)), "\n".join(cue.lines)) for n, cue in numbered]
    path.write_text(srt.compose(parts, reindex=False), encoding="utf-8")


def _time(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(seconds * 1000))


def naive(given: Input) -> list[Shown]:
    """Each sentence as one cue of one line."""
    said = cue_inputs.sentences(given.words)
    return [Shown(group[0].start, group[-1].end, [" ".join(word.text for word in group)]) for group in said]


# --- the tables ---------------------------------------------------------------------------------------

HEADINGS = (
    *("cues", "every limit %", "characters %", "lines %", "cps %", "shortest %", "longest %", "gap %", "chaining %"),
    *("lines torn %", "cues torn %", "start mean s", "start p95 s", "SubER", "s"),
)


def markdown(rows: dict[str, tuple[cue_metrics.Row, float | None, Cost]]) -> str:
    """A table of docs/quality.md: way → what was counted, SubER, and its cost."""

    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f}"

    lines = [f"| {' | '.join(['way', *HEADINGS])} |", "|---" + "|--:" * len(HEADINGS) + "|"]
    for way, (row, rate, cost) in rows.items():
        cells = [
            str(row.cues),
            *map(share, (row.every, *row.kept.values(), row.torn_lines, row.torn_cues)),
            *(f"{seconds:.3f}" for seconds in (row.start_mean, row.start_p95)),
            "–" if rate is None else f"{rate:.1f}",
            f"{cost.cpu:.2f}",
        ]
        lines.append(f"| {' | '.join([TITLES[way], *cells])} |")
    return "\n".join(lines)


def compared(given: Input, folder: Path, whisperx: Path, rounds: int) -> str:
    """All ways on one input, and what ours took on the clock."""
    write(given, folder)
    cost = min(ours(given, folder) for _ in range(rounds))
    costs = {"samvad": cost, **peers(folder, whisperx, rounds)}
    begun = time.process_time()
    save(naive(given), folder / "naive.srt")
    costs["naive"] = Cost(time.process_time() - begun)
    limits, reference = cue_inputs.limits_of(given), folder / "reference.srt"
    if given.annotated:
        save(dialogue.reference(given.words, limits), reference)
    rows = {}
    for way in TITLES:
        path = folder / f"{way}.srt"
        row = cue_metrics.row(cue_metrics.read(path), given.words, limits)
        rows[way] = (row, suber(path, reference) if given.annotated else None, costs[way])
    return f"{markdown(rows)}\n\nOurs took {cost.wall:.2f} s on the clock."


class Searched(NamedTuple):
    """How many parts there were, how many can keep every limit, and in how many of those ours did."""

    tried: int
    feasible: int
    ours: int
    #: Ours kept all where the search finds nothing: 0, or one of the two is wrong.
    beyond: int
    missed: list[list[Spoken]]


def searched(given: Input, parts: Sequence[Sequence[Spoken]], cues: Sequence[Shown]) -> Searched:
    """Our cues for parts that know nothing of each other (all the words, in order) against all cues there could be."""
    limits = cue_inputs.limits_of(given)
    good = [all(one.values()) for one in cue_metrics.all_kept(cues, limits)]
    first_words = [place[0].start for place in cue_metrics.placed(cues, given.words)]
    possible = [cue_search.feasible(part, limits, given.rules, given.rate) for part in parts]
    kept, begun = [], 0
    for part in parts:
        ended = begun + len(part)
        kept.append(all(one for first, one in zip(first_words, good, strict=True) if begun <= first < ended))
        begun = ended
    pairs = list(zip(possible, kept, strict=True))
    missed = [list(part) for part, pair in zip(parts, pairs, strict=True) if pair == (True, False)]
    return Searched(len(parts), sum(possible), pairs.count((True, True)), pairs.count((False, True)), missed)


def told(what: str, found: Searched) -> str:
    """What the search found, in a sentence and a line for each part that was missed (twenty of them)."""
    share = 100 * found.ours / max(1, found.feasible)
    lines = [
        f"{found.tried} {what}: {found.feasible} can keep every limit, and ours does in {found.ours} of these"
        f" ({share:.1f} %); in {found.beyond} ours does where the search finds nothing"
    ]
    for part in found.missed[:20]:
        lines.append(f"  missed at {part[0].start:.3f} s: {' '.join(word.text for word in part)}")
    return "\n".join(lines)


def by_cuts(given: Input, folder: Path) -> str:
    """How many edges of cues near a cut are not with it, of each way; and the rules that forbid ours."""
    from samvad.shot_snapping import unsnapped

    rules, limits = given.rules, cue_inputs.limits_of(given)
    said = [f"edges less than {rules.shot_window:g} s from a cut that are not with it:"]
    for way, title in TITLES.items():
        cues = cue_metrics.read(folder / f"{way}.srt")
        wrong, near = cue_metrics.apart_from_cuts(cues, given.shots.cuts, rules.shot_window, limits)
        said.append(f"  {title}: {wrong} of {near}")
    made = documents.read(folder / f"{given.language}.cues.json", documents.Cues)
    for cue, side, rule in unsnapped(made.cues, given.shots.cuts, rules, given.rate):
        said.append(f"  ours, {side} of cue {cue}: {rule or 'no rule forbids it'}")
    return "\n".join(said)


@click.command()
@click.option("--hours", default=2.0, show_default=True, help="Of dialogue in each language.")
@click.option("--seed", default=1, show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Each way is timed so often; the least counts.")
@click.option("--passages", "count", default=500, show_default=True, help="Of each language, for the search.")
@click.option("--demo", default=ROOT / "out/demo", type=click.Path(path_type=Path), help="A finished film.")
@click.option("--set", "quality", default=ROOT / "out/quality", type=click.Path(path_type=Path))
@click.option("--whisperx", default=ROOT / "envs/whisperx/bin/python", type=click.Path(path_type=Path))
def main(hours: float, seed: int, rounds: int, count: int, demo: Path, quality: Path, whisperx: Path) -> None:
    """Compares our cues with peers' on the same words and times."""
    folder = ROOT / "out" / "bench" / "cues"
    films = [cue_inputs.generated(language, 3600 * hours, seed) for language in ("en", "hi")]
    inputs = list(films)
    if (quality / "truth.json").exists():
        inputs.append(cue_inputs.of_test_set(quality / "truth.json"))
    if (demo / "shots.json").exists():
        inputs.append(cue_inputs.finished(demo))
    for given in inputs:
        print(f"\n{given.title}: {len(given.words)} words\n")
        print(compared(given, folder / given.name, whisperx, rounds), flush=True)
        if given.shots.cuts:
            print(by_cuts(given, folder / given.name))
    for given in films:
        cues = cue_metrics.read(folder / given.name / "samvad.srt")
        print(f"\n{given.title}, {told('parts', searched(given, cue_inputs.islands(given.words, given.rules), cues))}")
        words = [word for part in cue_inputs.passages(given.words, count, seed) for word in part]
        drawn = cue_inputs.made(f"passages-{given.language}", given.title, given.language, words)
        write(drawn, folder / drawn.name)
        ours(drawn, folder / drawn.name)
        cues = cue_metrics.read(folder / drawn.name / "samvad.srt")
        print(f"{given.title}, {told('passages', searched(drawn, cue_inputs.by_passage(words), cues))}", flush=True)


if __name__ == "__main__":
    main()
