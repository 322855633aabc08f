"""What samvad.state says is due is what Make would make: the two rules held against each other."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Workspace, subtitles

LOOK = """
import sys
sys.path.insert(0, "mk")
from pathlib import Path
from workspace.state import Job
print(*[one.line.step.file for one in Job(Path(), "demo", [], "whisperx", {}).due()])
"""


def due(workspace: Workspace) -> list[str]:
    """What mk/workspace/state.py says."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=workspace.folder, capture_output=True, text=True, check=True
    )
    return sorted(done.stdout.split())


def planned(workspace: Workspace) -> list[str]:
    """What Make says, on a dry run."""
    said = workspace.make("-n", "out/demo/final.mkv", "ASR_BACKEND=whisperx").stdout
    words = [line.split() for line in said.splitlines() if "/bin/python stages/" in line]
    return sorted(Path(line[line.index("--out") + 1]).name for line in words)


def unlink(workspace: Workspace, chance: random.Random) -> None:
    chance.choice(results(workspace)).unlink()


def touch(workspace: Workspace, chance: random.Random) -> None:
    os.utime(chance.choice(results(workspace)))


def make_older(workspace: Workspace, chance: random.Random) -> None:
    path = chance.choice(results(workspace))
    os.utime(path, ns=(path.stat().st_mtime_ns - 10**9,) * 2)


def drop_stamp(workspace: Workspace, chance: random.Random) -> None:
    chance.choice(sorted((workspace.folder / "out/demo/.stamp").iterdir())).unlink()


def touch_stamp(workspace: Workspace, chance: random.Random) -> None:
    os.utime(chance.choice(sorted((workspace.folder / "out/demo/.stamp").iterdir())))


def change_code(workspace: Workspace, chance: random.Random) -> None:
    script = chance.choice(sorted((workspace.folder / "stages").glob("*.py")))
    script.write_text(script.read_text() + "# changed\n")


def change_setting(workspace: Workspace, chance: random.Random) -> None:
    record = workspace.folder / "out/demo/job.mk"
    record.write_text(record.read_text() + f"{chance.choice(['TRACK.demo := 1', 'TGT.demo :='])}\n")


def results(workspace: Workspace) -> list[Path]:
    return sorted(
        path for path in (workspace.folder / "out/demo").iterdir() if path.is_file() and path.name != "job.mk"
    )


CHANGES = [unlink, touch, make_older, drop_stamp, touch_stamp, change_code, change_setting]


@pytest.mark.parametrize("seed", range(12))
def test_the_two_agree_whatever_happened_to_the_workspace(done: Workspace, seed: int) -> None:
    chance = random.Random(seed)
    assert due(done) == planned(done) == []
    for _ in range(3):
        chance.choice(CHANGES)(done, chance)
        found = due(done)
        assert found == planned(done)
    assert found  # each of these changes makes something due


def test_they_agree_after_tidy_too(done: Workspace) -> None:
    done.make("tidy")
    assert due(done) == planned(done) == []
    script = done.folder / "stages/translation_whisper.py"
    script.write_text(script.read_text() + "# changed\n")
    assert due(done) == sorted(["en.json", "en.revised.json", *subtitles("en"), "final.mkv"])
    # Make needs the sound again for it, and nothing else of what was made from it.
    assert planned(done) == sorted(["audio.wav", "en.json", "en.revised.json", *subtitles("en"), "final.mkv"])
