"""Writes the record of a film: the settings that the command line gave it, used from now on.

python3 mk/record.py demo SRC.demo=hi TGT.demo=en,ta   →   out/demo/job.mk
python3 mk/record.py --detected demo                   →   SRC.demo as out/demo/language.json has it
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Dict

import workspace


def write(root: Path, slug: str, values: Dict[str, str]) -> None:
    """Replaces the record, whole or not at all; `values` by full name (SRC.demo)."""
    path = workspace.record_path(root, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    lines = [f"{name} := {value}".rstrip() + "\n" for name, value in sorted(values.items())]
    part.write_text("# Settings given for this film on the command line; used from then on.\n" + "".join(lines))
    part.replace(path)


def detected(root: Path, slug: str) -> Dict[str, str]:
    """The record with SRC as the film's language.json has it."""
    heard = json.loads((root / "out" / slug / "language.json").read_text(encoding="utf-8"))["language"]
    return {**workspace.assignments(workspace.record_path(root, slug)), f"SRC.{slug}": heard}


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    try:
        if sys.argv[1] == "--detected":
            slug = sys.argv[2]
            values = detected(root, slug)
            print(f"samvad: SRC={values[f'SRC.{slug}']} is recorded for {slug}. Next: make out/{slug}/final.mkv")
        else:
            slug = sys.argv[1]
            pairs = (word.partition("=") for word in sys.argv[2:])
            values = {name: value.replace(",", " ") for name, _sign, value in pairs}
        write(root, slug, values)
    except OSError as error:
        sys.exit(f"samvad: cannot write out/{slug}/job.mk: {error.strerror}")


if __name__ == "__main__":
    main()
