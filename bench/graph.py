"""How long Make takes to find out what is to be done, and how much memory: prints the table of docs/scale.md.

    envs/dev/bin/python bench/graph.py [--films 100 1000 10000] [--make make …]

Each row is a scratch workspace of that many finished films: this checkout's makefiles and stages' code,
empty results with the stamps that a run would have left. Nothing is simulated but the work of the
stages. Wall time is the least of three runs, memory the most that any one process took.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = 3
#: What is timed: a title, the arguments, whether one film is made dirty before.
COMMANDS = [
    ("batch, nothing to do", ["batch"], False),
    ("batch -n, one film dirty", ["-n", "batch"], True),
    ("one named film, up to date", ["out/film-00007/final.mkv"], False),
    ("one named film, dirty, -n", ["-n", "out/film-00007/final.mkv"], True),
    ("why, one film dirty", ["why", "MOVIE=film-00007"], True),
    ("films", ["films"], False),
]


def workspace(folder: Path, films: int, targets: list[str]) -> None:
    """Makes a workspace of finished films, `targets` their languages beside Hindi."""
    for name in ("Makefile", "mk", "config", "stages"):
        origin = ROOT / name
        (shutil.copytree if origin.is_dir() else shutil.copy)(origin, folder / name)
    (folder / "envs").mkdir()
    for path in [*(ROOT / "envs").glob("*.lock"), *(ROOT / "envs").glob("*.in")]:
        shutil.copy(path, folder / "envs")
    (folder / "config" / "local.mk").unlink(missing_ok=True)
    local = '{"mt/tiny/indic-indic": {"sources": []}, "mt/tiny/indic-en": {"sources": []}}'
    (folder / "config" / "models.local.json").write_text(local)
    (folder / "media").mkdir()
    for number in range(films):
        (folder / "media" / f"film-{number:05}.mkv").write_text(f"film {number}")
    # In a process of its own: what the workspace's Python has read is kept for good.
    subprocess.run([sys.executable, __file__, "--finish", str(folder), *targets], check=True)


def finish(root: Path, targets: list[str]) -> None:
    """Every film as a run would have left it: results, stamps, record, history."""
    sys.path.insert(0, str(root / "mk"))
    import plan
    import record
    from workspace import films
    from workspace.state import Job

    for line in plan.environments(root):
        name, _, stamp = line.partition(":=")
        if name.startswith("built."):
            (root / stamp).parent.mkdir()
            (root / stamp).touch()
    several = {"TRANSLATOR": "indictrans2", "MT_MODEL": "tiny"} if len(targets) > 1 else {}
    for slug in films.slugs(root):
        record.write(root, slug, {"SRC": "hi", "TGT": " ".join(targets), **several})
        job = Job(root, slug, [], "whisperx", {})
        (root / job.folder / ".stamp").mkdir()
        moment = time.time_ns()
        for number, line in enumerate(job.needed):
            for path in (root / job.stamp(line), root / job.folder / line.step.file):
                path.touch()
                os.utime(path, ns=(moment + number, moment + number))
        films.remember(root, job.film)
        for line in job.needed:
            for name in line.model.split():
                ready(root, name)


def ready(root: Path, name: str) -> None:
    """The model counts as there, and before it that which it is converted from."""
    from workspace import models

    before = models.catalogue(root)[name].get("from")
    if before:
        ready(root, before)
    stamp = root / models.ready_stamp(root, name)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    if not stamp.exists():
        stamp.touch()


def measured(make: str, folder: Path, arguments: list[str]) -> tuple[float, float]:
    """(seconds, megabytes of the largest process) of one command."""
    script = (
        "import resource, subprocess, sys, time; start = time.monotonic(); "
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
        "print(code, time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        [sys.executable, "-c", script, make, "ASR_BACKEND=whisperx", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    code, seconds, peak = done.stdout.split()
    if code != "0":
        raise SystemExit(f"{' '.join(arguments)} ended with {code}: {done.stderr}")
    return float(seconds), int(peak) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def rows(make: str, films: int, targets: list[str]) -> Iterator[str]:
    """The lines of the table for one workspace."""
    with tempfile.TemporaryDirectory(prefix="samvad-bench-") as name:
        folder = Path(name)
        workspace(folder, films, targets)
        for title, arguments, dirty in COMMANDS:
            result = folder / "out" / "film-00007" / "asr.json"
            before = result.stat()
            if dirty:
                result.unlink()
            runs = [measured(make, folder, arguments) for _ in range(RUNS)]
            if dirty:
                result.touch()
                os.utime(result, ns=(before.st_mtime_ns, before.st_mtime_ns))
            seconds, memory = min(run[0] for run in runs), max(run[1] for run in runs)
            yield f"| {films:,} | {len(targets)} | {title} | {seconds:.2f} s | {memory:.0f} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--make", nargs="+", default=["make"])
    parser.add_argument("--finish", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.finish:
        finish(Path(options.finish[0]), options.finish[1:])
        return
    for make in options.make:
        version = subprocess.run([make, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
        print(f"\n{version}\n\n| films | target languages | command | time | memory |\n|---|---|---|---|---|")
        for films in options.films:
            for targets in (["en"], ["en", "ta", "te"]):
                for row in rows(make, films, targets):
                    print(row, flush=True)


if __name__ == "__main__":
    main()
