"""The help that `make` prints: from the `##` comments of the makefiles and the current settings.

    python3 mk/help.py Makefile mk/envs.mk … -- 'TGT=command line=ta' 'JOBS=file=2' …

After `--`: the variables that a person may set, as Make has them: name, origin, value.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Dict, List, Tuple

from workspace import printable
from workspace.files import assignments
from workspace.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
TARGET = re.compile(r"^([\w.%/$()-]+)\s*:.*?## (.*)$")
SECTION = re.compile(r"^##@ (.*)$")
MEANING = re.compile(r"^# (.*)\n(?:# .*\n)*([A-Z_]+) :=", re.M)
NOT_GIVEN = "undefined"


def targets(files: List[str]) -> None:
    """Prints what can be asked for, by section, in the order of the makefiles."""
    for name in files:
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            section, target = SECTION.match(line), TARGET.match(line)
            if section:
                print(f"\n{section.group(1)}")
            elif target:
                print(f"  {target.group(1):<14} {target.group(2)}")


def value_and_source(name: str, origin: str, value: str) -> Tuple[str, str]:
    """A variable's value now, and where it comes from."""
    if name not in SETTINGS or origin != NOT_GIVEN:
        return value, {"file": "mk/settings.mk", "override": "command line"}.get(origin, origin)
    defaults = assignments(ROOT / "config" / "defaults.mk")
    if name in defaults:
        return defaults[name], "config/defaults.mk"
    profile = f"config/profiles/{defaults['PROFILE']}.mk"
    return assignments(ROOT / profile).get(name, ""), profile


def meanings() -> Dict[str, str]:
    """Variable → the first line of the comment above it."""
    files = [ROOT / "config" / "defaults.mk", ROOT / "config" / "profiles" / "embedded.mk", ROOT / "mk" / "settings.mk"]
    return {name: text for file in files for text, name in MEANING.findall(file.read_text(encoding="utf-8"))}


def main() -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    split = sys.argv.index("--")
    targets(sys.argv[1:split])
    print("\nVariables: their value now, where it comes from (a film's record counts for that film)")
    known = meanings()
    for triple in sys.argv[split + 1 :]:
        name, origin, given = triple.split("=", 2)
        value, source = value_and_source(name, origin, given)
        print(f"  {name:<14} {printable(value) or '–':<12} {source:<28} {known.get(name, '')}".rstrip())


if __name__ == "__main__":
    main()
