"""Stands in for every stage in the graph tests: the real run around it, and next to no work.

Copied as stages/<name>.py into a scratch workspace. It notes its target in ran.log, reads what it
is given, and writes a small file; with FAIL=<target> in the environment it fails as a stage does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

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

    def work(run: stage.Run) -> bytes:
        note(str(target))
        if os.environ.get("FAIL") == str(target):
            raise Problem("it was told to fail", "take FAIL away")
        return f"made by {name} {words}\n".encode()

    language = options.get("--language") if "subtitle" in name else options.get("--target")
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


if __name__ == "__main__":
    main()
