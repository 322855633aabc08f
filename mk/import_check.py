"""Imports every direct requirement of an environment, by that environment's own interpreter.

envs/common/bin/python mk/import_check.py envs/common.in
"""

from __future__ import annotations

import importlib
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

#: The values that environment markers in our .in files ask for.
MARKERS = {"sys_platform": sys.platform, "platform_machine": platform.machine()}


def applies(marker: str) -> bool:
    """Whether `sys_platform == "linux" and …` holds here; only == and != joined by `and` occur."""
    for clause in filter(None, (part.strip() for part in marker.split(" and "))):
        name, sign, value = clause.split()
        if (MARKERS[name] == value.strip("\"'")) != (sign == "=="):
            return False
    return True


def main(requirements: Path) -> None:
    owners = metadata.packages_distributions()
    for line in requirements.read_text(encoding="utf-8").splitlines():
        requirement, _semicolon, marker = line.partition("#")[0].partition(";")
        match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        if not match or not applies(marker):
            continue
        name = re.sub(r"[-_.]+", "-", match.group()).lower()
        modules = [
            module
            for module, distributions in owners.items()
            if name in (re.sub(r"[-_.]+", "-", owner).lower() for owner in distributions)
            and not module.startswith("_")
            and module not in ("tests", "test", "docs")
        ]
        # Most packages are called as their module; what else lies beside it may be left over from
        # packing. One may hold a program only (gnumake): then it is enough that it is installed.
        namesake = [module for module in modules if module.lower().replace("_", "-") == name]
        for module in namesake or modules:
            importlib.import_module(module)
        print(name, metadata.version(name), *modules)  # raises where it is not installed


if __name__ == "__main__":
    main(Path(sys.argv[1]))
