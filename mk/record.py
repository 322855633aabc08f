"""Writes the record of a film: the settings that the command line gave it, used from now on.

python3 mk/record.py demo SRC.demo=hi TGT.demo=en,ta   →   out/demo/job.mk
python3 mk/record.py --detected demo                   →   SRC.demo as out/demo/language.json has it
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Dict, List

import command
from workspace import Refusal
from workspace.files import languages
from workspace.settings import record_path, recorded


def write(root: Path, slug: str, values: Dict[str, str]) -> None:
    """Replaces the record, whole or not at all; `values` by setting."""
    path = record_path(root, slug)
    lock = path.parent / ".lock" / path.name
    lock.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}.{slug} := {value}".rstrip() + "\n" for name, value in sorted(values.items())]
    text = "# Settings given for this film on the command line; `make settings` shows all.\n" + "".join(lines)
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for leftover in path.parent.glob(f".part-*-{path.name}"):  # of one that was killed
            leftover.unlink()
        part = path.with_name(f".part-{os.getpid()}-{path.name}")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def detected(root: Path, slug: str) -> Dict[str, str]:
    """The record with SRC as the film's language.json has it. Raises: Refusal where a person had better say."""
    heard = json.loads((root / "out" / slug / "language.json").read_text(encoding="utf-8"))
    if heard["close"]:
        likely = list(heard["votes"].items())[:2]
        named = " or ".join(f"{languages(root)[code]['name']} ({share:.0%})" for code, share in likely)
        first, second = (code for code, _ in likely)
        raise Refusal(
            f"{slug}: {named}? Too close to tell, nothing is recorded. "
            f"Type: make out/{slug}/final.mkv SRC={first}, or SRC={second}; both are spoken? SRC='{first} {second}'"
        )
    return {**recorded(root, slug), "SRC": heard["language"]}


def main(words: List[str]) -> int:
    if words[0] == "--detected":
        slug = words[1]
        values = detected(command.ROOT, slug)
        command.say(f"samvad: SRC={values['SRC']} is recorded for {slug}. Next: make out/{slug}/final.mkv")
    else:
        slug = words[0]
        pairs = (word.partition("=") for word in words[1:])
        values = {name.partition(".")[0]: value.replace(",", " ") for name, _sign, value in pairs}
    write(command.ROOT, slug, values)
    return 0


if __name__ == "__main__":
    command.run("detect" if "--detected" in sys.argv else "record", main)
