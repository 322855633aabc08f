"""Writes the record of a film: the settings that the command line gave it, used from now on.

    python3 mk/record.py demo SRC.demo=hi TGT.demo=en,ta   →   out/demo/job.mk
"""

from __future__ import annotations

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
    part.write_text("# Settings given for this film on the command line; `make settings` shows all.\n" + "".join(lines))
    os.replace(part, path)


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    slug = sys.argv[1]
    pairs = (word.partition("=") for word in sys.argv[2:])
    try:
        write(root, slug, {name: value.replace(",", " ") for name, _sign, value in pairs})
    except OSError as error:
        sys.exit(f"samvad: cannot write out/{slug}/job.mk: {error.strerror}")


if __name__ == "__main__":
    main()
