"""Stands in for every stage in the graph tests: the real run around it, and next to no work.

Copied as stages/<name>.py into a scratch workspace. It notes its target in ran.log, reads what it
is given, and writes a small file; with FAIL=<target> in the environment it fails as a stage does,
with SLOW=<seconds> it takes that long, with HOLD it stands still (see `hold`).
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samvad import stage
from samvad.problem import Problem


def main() -> None:
    words = sys.argv[1:]
    options = {words[i]: words[i + 1] for i in range(0, len(words) - 1) if words[i].startswith("--")}
    stamp = Path(options["--stamp"])
    name = Path(sys.argv[0]).stem
    if "--out" not in options or name.startswith("convert_"):  # a model: its stamp is its result
        note(options["--model"] if "--model" in options else options["--out"])
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return
    target = Path(options["--out"])

    wait = hold(target)

    def work(run: stage.Run) -> bytes | Path:
        note(str(target))
        wait("work")
        if os.environ.get("FAIL") == str(target):
            raise Problem("it was told to fail", "take FAIL away")
        text = f"made by {name} {words}\n{read(words, target)}"
        time.sleep(float(os.environ.get("SLOW", 0)))
        if name not in ("demux", "mux"):
            return text.encode()
        run.scratch.write_text(text + 20_000 * ".")  # as a tool does that writes by itself, and more
        return run.scratch

    parts = {
        "subtitle_generation": target.name.removesuffix(".cues.json"),
        "export_subtitles": target.name,
        "revision": options.get("--language"),
        "qc": options.get("--language"),
        "mux": "mp4" if target.suffix == ".mp4" else None,
    }
    language = parts.get(name, options.get("--target"))
    stage.run(
        name.partition("_")[0] if name.startswith(("asr_", "translation_")) else name,
        target,
        stamp,
        work,
        language=language,
    )


def note(target: str) -> None:
    with Path("ran.log").open("a") as file:
        file.write(target + "\n")


def read(words: list[str], target: Path) -> str:
    """The digests of the results that it is given, so that no result can be made from another film's or rules'."""
    files = [word.rpartition("=")[2] for word in words]
    given = [Path(word) for word in files if word.startswith("out/") and "/.stamp/" not in word]
    return "".join(
        f"{path}: {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in given
        if path != target and path.is_file()
    )


def hold(target: Path) -> Callable[[str], None]:
    """Stands still once at a moment of the run, HOLD="<moment> <target>", while the file held.<target> is there.

    In order: `begun` before the lock, `work`, `written` the result beside its target, `recording` and `recorded`
    the run record, `unstamped` just before the result is renamed into place, `renamed`.
    """
    moment, _, file = os.environ.get("HOLD", "").partition(" ")

    def wait(now: str) -> None:
        nonlocal moment
        if (now, str(target)) == (moment, file):
            sign = Path(f"held.{target.name}")
            sign.write_text(str(os.getpid()))
            while sign.exists():
                time.sleep(0.005)
            moment = "past"

    def around(owner: Any, name: str, before: str, after: str = "", only: Path | None = None) -> None:
        original = getattr(owner, name)

        def held(*given: Any) -> Any:
            if only not in (None, given[-1]):
                return original(*given)
            wait(before)
            done = original(*given)
            wait(after)
            return done

        setattr(owner, name, held)

    if file == str(target):
        around(stage, "locked", "begun")
        around(stage, "_write_record", "written", "recorded")
        around(Path, "replace", "unstamped", "renamed", only=target)
        if moment == "recording":
            around(Path, "replace", "recording")  # the record is the first file that is renamed
    return wait


if __name__ == "__main__":
    main()
