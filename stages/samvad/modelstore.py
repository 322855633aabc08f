"""The folder of a model while it is made: one maker at a time, and a stamp when all is there.

models/<id>/ holds the files, models/<id>/.ready@<revision asked for> says that they are whole.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from samvad import stage


def make(name: str, folder: Path, stamp: Path, work: Callable[[TextIO], None]) -> None:
    """Runs `work` (given the terminal) to fill the model's folder, then writes the stamp.

    Ends the process with one line if it fails. `name` is the stage's.
    """
    model = str(folder.relative_to("models") if folder.is_relative_to("models") else folder.name)
    label = model.replace("/", "-")
    with (
        stage.reported(name, model, Path("models/log") / f"{label}.log") as terminal,
        stage.locked(Path("models/.lock") / label),
    ):
        if stamp.exists():  # another make was faster
            return
        stage.fresh_log()
        print(f"  {name.upper():<20} {model}", file=terminal, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        work(terminal)
        for other in folder.glob(".ready@*"):
            other.unlink()
        stamp.touch()


def is_pickle(path: Path) -> bool:
    """Whether the file is a pickle by its content, or an archive that holds one, as torch writes both."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith((".pkl", ".pickle")) for name in archive.namelist())
    with path.open("rb") as file:
        head = file.read(9)
    # safetensors begins with a length, which may look like that, and a table behind it.
    return head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5") and head[8:] != b"{"


def save(out: Path, write: Callable[[Path], None]) -> None:
    """Has `write` write a file of weights: whole or not at all."""
    part = out.with_name(f".part-{os.getpid()}-{out.name}")
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)  # safetensors writes for the owner only
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def save_folder(out: Path, write: Callable[[Path], None]) -> None:
    """Has `write` fill a folder: whole or not at all, and with nothing of an earlier one."""
    for left in out.parent.glob(f".part-*-{out.name}"):  # by one that was killed
        shutil.rmtree(left)
    part = out.with_name(f".part-{os.getpid()}-{out.name}")
    part.mkdir()
    try:
        write(part)
        for path in part.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        shutil.rmtree(out, ignore_errors=True)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
