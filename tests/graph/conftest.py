"""A scratch workspace: the real Makefile, keys and run, stub stages, one small film."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workspace.files import digest_of

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))


PACKAGED = str(Path(sys.prefix) / "bin" / "make")
DEMO = ("out/demo/final.mkv", "SRC=hi", "TGT=en")
#: How many results the demo film has.
RESULTS = 17


def subtitles(language: str) -> list[str]:
    """What is made for a language's subtitles, in order."""
    return [f"{language}.{kind}" for kind in ("cues.json", "srt", "qc.json")]


class Workspace:
    """A folder in which make runs; `ran` is what the stages made since the last look."""

    ran_before: list[str]

    def __init__(self, folder: Path, make: str) -> None:
        self.folder = folder
        self.program = make
        folder.mkdir()
        for name in ("Makefile", "mk", "config"):
            origin = ROOT / name
            (shutil.copytree if origin.is_dir() else shutil.copy)(origin, folder / name)
        (folder / "config" / "local.mk").unlink(missing_ok=True)
        shutil.copytree(ROOT / "stages" / "samvad", folder / "stages" / "samvad")
        for script in SCRIPTS:
            stub = (Path(__file__).with_name("stub.py")).read_text(encoding="utf-8")
            (folder / "stages" / f"{script}.py").write_text(f"# {script}\n{stub}", encoding="utf-8")
        self._environments()
        self.film("demo")

    def _environments(self) -> None:
        """Every environment is the tests' own under another name, and counts as built."""
        for lock in (ROOT / "envs").glob("*.lock"):
            home = self.folder / "envs" / lock.stem
            home.mkdir(parents=True)
            shutil.copy(lock, self.folder / "envs")
            for part in ("bin", "lib", "pyvenv.cfg"):
                (home / part).symlink_to(Path(sys.prefix) / part)
            (home / f".built@{digest_of(lock)}").touch()

    def film(self, slug: str, content: bytes = b"a film", suffix: str = ".mkv") -> Path:
        path = self.folder / "media" / f"{slug}{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def make(self, *arguments: str, code: int | None = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        # The newer make takes prerequisites in an order of its own each time: a missing edge shows.
        shuffled = ["--shuffle"] if self.program == PACKAGED else []
        done = subprocess.run(
            [self.program, "--warn-undefined-variables", *shuffled, *arguments],
            cwd=self.folder,
            env={**environment, **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        # GNU Make 4.4.1 says so of a variable of its own when it calls itself.
        said = done.stderr.replace("warning: undefined variable 'GNUMAKEFLAGS'", "")
        assert "warning: undefined variable" not in said, done.stderr
        return done

    def forget(self) -> None:
        """Whatever ran so far is of no interest."""
        (self.folder / "ran.log").unlink(missing_ok=True)

    @property
    def ran(self) -> list[str]:
        log = self.folder / "ran.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


def makes() -> list[str]:
    """The system's make, and GNU Make 4.4.1 from its package where that has a program.

    MAKE_UNDER_TEST=/path/to/make takes the system's place: GNU Make 3.81, say.
    """
    found = [os.environ.get("MAKE_UNDER_TEST") or shutil.which("make") or "make"]
    return [*found, PACKAGED] if Path(PACKAGED).exists() else found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A fresh workspace, under the system's make."""
    return Workspace(tmp_path / "w", makes()[0])


@pytest.fixture(scope="session", params=makes(), ids=["system", "packaged"][: len(makes())])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose demo film is done, under each make; made once, never changed."""
    workspace = Workspace(tmp_path_factory.mktemp("finished") / "w", request.param)
    workspace.make(*DEMO)
    return workspace


@pytest.fixture
def done(finished: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished workspace, dates and all, for a test to change."""
    copy = Workspace.__new__(Workspace)
    copy.folder, copy.program = tmp_path / "w", finished.program
    shutil.copytree(finished.folder, copy.folder, symlinks=True)
    copy.ran_before = copy.ran
    return copy
