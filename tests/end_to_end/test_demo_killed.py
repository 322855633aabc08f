"""The real pipeline, killed in recognition and in translation: the same command gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.end_to_end.conftest import Films

PATIENCE = 300.0


def digests(folder: Path) -> dict[str, str]:
    """The content of every result; the record of settings aside."""
    results = [path for path in folder.iterdir() if path.is_file() and path.name != "job.mk"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in results}


def killed_in(films: Films, stage: str, goal: str) -> None:
    """Runs make until the stage is at work on its model, then kills all of it at once."""
    log = films.folder / "out/again/log" / f"{stage}.log"
    process = subprocess.Popen(
        ["make", goal, "SRC=hi", "TGT=en"],
        cwd=films.folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + PATIENCE
    while not log.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(3)  # the model is loaded, the first chunks are heard
    assert process.poll() is None, f"{stage} was over too soon"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_film_is_finished_by_the_same_command_with_the_same_bytes(demo: tuple[Films, str]) -> None:
    films, _ = demo
    (films.folder / "media/again.mkv").symlink_to(films.folder / "media/demo.mkv")
    goal = "out/again/final.mkv"
    killed_in(films, "asr", goal)
    assert not (films.folder / "out/again/asr.json").exists()
    killed_in(films, "translation.en", goal)
    recognised = (films.folder / "out/again/asr.json").stat().st_mtime_ns
    films.make(goal, "SRC=hi", "TGT=en")
    assert (films.folder / "out/again/asr.json").stat().st_mtime_ns == recognised
    undisturbed, finished = digests(films.folder / "out/demo"), digests(films.folder / "out/again")
    assert len(finished) == 17
    assert finished == {name: undisturbed[name] for name in finished}
    assert not list((films.folder / "out/again").rglob(".part-*"))
