"""Compares our recognition with its peers: the same sound, weights, beam and threads, a fresh process each.

In:  the test set (tests/quality/make_set.py) and a Whisper in CTranslate2's format.
Out: what each way heard and what it cost (costs.json), beside the test set; both as tables.

    envs/dev/bin/python -m bench.asr --set out/quality --rounds 2

Costs of earlier runs count too, until costs.json is removed; `--rounds 0` only prints the tables.

`--backend mlx` compares our MLX stage with mlx-whisper's own `transcribe` instead, both greedy. Without Apple's GPU
that is slow: `--seconds 120` takes the beginning of the set.

Peers decide as they come wherever the comparison does not ask otherwise: the language is given, the beam is
5, weights are int8. Without a hub whisperx has no aligner for Hindi, so that it gives no word times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from tests.quality import table

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / "envs" / "whisperx" / "bin"
MLX = ROOT / "envs" / "mlx" / "bin" / "python"


class Way(NamedTuple):
    """One way to hear: what it is called, its processes in order, and the file of the result."""

    title: str
    commands: list[list[str]]
    result: Path


#: As config/defaults.mk has them.
VOICE = ("--threshold", "0.4", "--padding", "0.4")


class Cost(NamedTuple):
    """Seconds on the clock, seconds of all cores together, and the largest resident set in MB."""

    wall: float
    cpu: float
    peak: float


def ways(folder: Path, model: Path, language: str, threads: int) -> dict[str, Way]:
    """All that is compared, by name; ours first."""
    python, audio = str(BIN / "python"), str(folder / "audio.wav")
    ours = folder / "samvad"
    tongue = ["--language", language]

    def stage(script: str, result: str, *arguments: str | Path) -> list[str]:
        return [python, f"stages/{script}.py", *map(str, arguments), "--out", str(ours / result)]

    def hear(way: str, *arguments: str | Path) -> Way:
        result = folder / f"{way}.json"
        return Way(way, [[python, "bench/hear.py", way, *map(str, arguments), "--out", str(result)]], result)

    def faster_whisper(way: str, title: str) -> Way:
        given = ("--audio", audio, "--model", model, *tongue, "--threads", str(threads))
        return hear(way, *given)._replace(title=title)

    hears = ("--audio", audio, "--speech", ours / "speech.json", "--model", model, *tongue)
    return {
        "samvad": Way(
            "**samvad**: speech, asr, alignment",
            [
                stage("speech", "speech.json", "--audio", audio, *VOICE),
                stage("asr_whisperx", "asr.json", *hears, "--model-name", "base"),
                stage("alignment", "aligned.json", "--audio", audio, "--asr", ours / "asr.json", *tongue),
            ],
            ours / "aligned.json",
        ),
        "unspelt": hear("unspelt", *hears)._replace(title="samvad: asr without script repair"),
        "respell": hear("respell", "--asr", ours / "asr.json")._replace(title="samvad: script repair alone"),
        "plain": faster_whisper("plain", "faster-whisper as it comes"),
        "sequential": faster_whisper("sequential", "faster-whisper, voice filter"),
        "sequential-words": faster_whisper("sequential-words", "faster-whisper, voice filter, word times"),
        "batched": faster_whisper("batched", "faster-whisper batched by 8"),
        "batched-words": faster_whisper("batched-words", "faster-whisper batched by 8, word times"),
        "whisperx": Way(
            "whisperx program, batched by 8",
            [
                [
                    *(str(BIN / "whisperx"), audio, "--model", str(model), *tongue, "--no_align"),
                    *("--device", "cpu", "--compute_type", "int8", "--threads", str(threads), "--batch_size", "8"),
                    *("--output_format", "json", "--output_dir", str(folder / "whisperx")),
                ]
            ],
            folder / "whisperx" / "audio.json",
        ),
    }


def ways_of_mlx(folder: Path, model: Path, language: str) -> dict[str, Way]:
    """Our stage on MLX and mlx-whisper's own program."""
    audio, ours = str(folder / "audio.wav"), folder / "mlx"
    asr = ["--audio", audio, "--speech", str(ours / "speech.json"), "--model", str(model), "--language", language]
    given = ["--audio", audio, *VOICE, "--out", str(ours / "speech.json")]
    speech = [str(BIN / "python"), "stages/speech.py", *given]
    hear = [str(MLX), "stages/asr_mlx.py", *asr, "--model-name", "base", "--out", str(ours / "asr.json")]
    peer = [str(MLX), "bench/hear.py", "mlx-whisper", "--audio", audio, "--model", str(model), "--language", language]
    result = folder / "mlx-whisper.json"
    return {
        "mlx": Way("**samvad** on MLX: speech, asr", [speech, hear], ours / "asr.json"),
        "mlx-whisper": Way("mlx-whisper, word times", [[*peer, "--out", str(result)]], result),
    }


def beginning(folder: Path, seconds: float) -> Path:
    """A test set of the first seconds of another, beside it."""
    short = folder.with_name(f"{folder.name}-{seconds:.0f}")
    short.mkdir(exist_ok=True)
    with wave.open(str(folder / "audio.wav"), "rb") as whole, wave.open(str(short / "audio.wav"), "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(round(seconds * whole.getframerate())))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    truth["duration"] = seconds
    truth["parts"] = [part for part in truth["parts"] if part["start"] < seconds]
    for part in truth["parts"]:
        part["end"] = min(part["end"], seconds)
        part["lines"] = [line for line in part["lines"] if line["end"] <= seconds]
    (short / "truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    return short


def programs(folder: Path) -> Path:
    """A folder with an `ffmpeg`, which the whisperx program wants to find on the PATH."""
    import imageio_ffmpeg

    link = folder / "bin" / "ffmpeg"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    return link.parent


def run(command: Sequence[str], log: Path) -> Cost:
    """Runs one process to its end. Raises: ClickException where it fails."""
    path = f"{programs(log.parent)}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONNOUSERSITE": "1", "PATH": path}
    with log.open("ab") as file:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"status {process.returncode} (log: {log}): {' '.join(command)}")
    # macOS counts bytes, Linux kilobytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def cost_of(way: Way, log: Path) -> Cost:
    """Its processes' times together, and the memory of the largest."""
    costs = [run(command, log) for command in way.commands]
    return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs), max(cost.peak for cost in costs))


def markdown(costs: dict[str, list[Cost]], duration: float) -> str:
    """Of each way the round with the least time, as a table of docs/quality.md."""
    lines = ["| way | wall s | × real time | core s | peak MB |", "|---|--:|--:|--:|--:|"]
    for title, rounds in costs.items():
        best = min(rounds)
        cells = (f"{best.wall:.1f}", f"{duration / best.wall:.1f}", f"{best.cpu:.1f}", f"{best.peak:.0f}")
        lines.append(f"| {' | '.join([title, *cells])} |")
    return "\n".join(lines)


@click.command()
@click.option("--set", "folder", default="out/quality", show_default=True, type=click.Path(path_type=Path))
@click.option("--backend", default="whisperx", show_default=True, type=click.Choice(["whisperx", "mlx"]))
@click.option("--model", type=click.Path(path_type=Path), help="Its folder; else Whisper base.")
@click.option("--seconds", type=float, help="Only the beginning of the set.")
@click.option("--language", default="hi", show_default=True)
@click.option("--threads", default=2, show_default=True, help="Of each peer; ours takes what it may use.")
@click.option("--rounds", default=1, show_default=True, help="Each way is run so often, in turns; the best counts.")
@click.option("--way", "chosen", multiple=True, help="Only these, such as samvad and batched.")
def main(
    folder: Path,
    backend: str,
    model: Path | None,
    seconds: float | None,
    language: str,
    threads: int,
    rounds: int,
    chosen: tuple[str, ...],
) -> None:
    """Compares our recognition with its peers."""
    folder = beginning(folder, seconds) if seconds else folder
    for ours in ("samvad", "mlx"):
        (folder / ours).mkdir(exist_ok=True)
    saved = folder / "costs.json"
    costs = json.loads(saved.read_text(encoding="utf-8")) if saved.is_file() else {}
    base = ROOT / "models" / "asr" / "base"
    if backend == "mlx":
        all_ways = ways_of_mlx(folder.absolute(), (model or base / "mlx").absolute(), language)
    else:
        all_ways = ways(folder.absolute(), (model or base / "ct2").absolute(), language, threads)
    for number in range(rounds):
        for name in chosen or all_ways:
            cost = cost_of(all_ways[name], folder.absolute() / f"{name}.log")
            costs.setdefault(name, []).append(cost)
            saved.write_text(json.dumps(costs, indent=1) + "\n", encoding="utf-8")
            click.echo(f"round {number + 1}: {name}: {cost.wall:.1f} s", err=True)
    truth = table.read_truth(folder / "truth.json")
    duration = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["duration"]
    measured = {name: way for name, way in all_ways.items() if name in costs}
    print(markdown({way.title: [Cost(*cost) for cost in costs[name]] for name, way in measured.items()}, duration))
    heard = {way.title: table.read_heard(way.result) for way in measured.values()}
    print("\n" + table.markdown({title: table.rows(truth, found)["all"] for title, found in heard.items()}, "way"))


if __name__ == "__main__":
    main()
