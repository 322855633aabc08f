"""A workspace for the real pipeline: this checkout's code, environments and models, results apart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Films:
    """The workspace that `make test` makes its films in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        for name in ("mk", "config", "stages"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("local.mk", "models.local.json"):
            (folder / "config" / name).unlink(missing_ok=True)
        (folder / "envs").mkdir()
        for path in (ROOT / "envs").iterdir():
            if path.is_dir():
                (folder / "envs" / path.name).symlink_to(path)
            else:
                shutil.copy(path, folder / "envs")
        (folder / "models").symlink_to(ROOT / "models")
        (folder / "media").mkdir()
        shutil.copy(ROOT / "media" / "demo.mkv", folder / "media")

    def make(self, *arguments: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env={**environment, **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode != code:
            logs = "".join(
                f"--- {path}\n{path.read_text(errors='replace')[-3000:]}"
                for path in sorted((self.folder / "out").glob("*/log/*.log"), key=lambda path: path.stat().st_mtime)[
                    -1:
                ]
            )
            raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}\n{logs}")
        assert "Traceback" not in done.stderr + done.stdout
        return done

    def document(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session")
def demo(films: Films) -> tuple[Films, str]:
    """The demo film, made by the README's first command; and what that printed."""
    done = films.make("out/demo/final.mkv", "SRC=hi", "TGT=en")
    return films, done.stdout + done.stderr


@pytest.fixture(scope="session")
def truth() -> Any:
    return json.loads((ROOT / "tests" / "demo" / "truth.json").read_text(encoding="utf-8"))
