"""What all tests share: the paths of the workspace and a way to run a stage in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "stages"), str(ROOT / "mk")]

# Started in the background, a shell has its children ignore Ctrl-C; what the tests start must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: Folders whose tests share what they make: one worker for each of these (pytest-xdist), or for each of their files.
TOGETHER, BY_FILE = ("end_to_end", "media"), ("models",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which tests one worker has to run, one after the other."""
    for item in items:
        folder = item.path.parent.name
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))
        elif folder in BY_FILE:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


RunStage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The workspace that the tests run in."""
    return ROOT


@pytest.fixture(scope="session")
def run_in() -> RunStage:
    """Runs a script by the interpreter of an environment, as a recipe would.

    `run_in("common", "stages/probe.py", "--out", path, check=True)`; arguments become strings.
    """

    def run(
        env: str, script: str, *arguments: object, check: bool = True, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "envs" / env / "bin" / "python"), script, *map(str, arguments)]
        done = subprocess.run(
            # By a shell that stays: Linux counts the memory of who starts a program, here all of pytest's, as its own.
            ["/bin/sh", "-c", '"$@"; exit $?', "sh", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONNOUSERSITE": "1", "HF_HUB_OFFLINE": "1", **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    return run
