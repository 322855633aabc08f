"""The help that `make` prints: from the `##` comments of the makefiles and the current settings.

python3 mk/help.py Makefile mk/envs.mk … -- 'TGT=en=config/defaults.mk' …
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TARGET = re.compile(r"^([\w.%/$()-]+)\s*:.*?## (.*)$")
SECTION = re.compile(r"^##@ (.*)$")


def main() -> None:
    split = sys.argv.index("--")
    for name in sys.argv[1:split]:
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            section, target = SECTION.match(line), TARGET.match(line)
            if section:
                print(f"\n{section.group(1)}")
            elif target:
                print(f"  {target.group(1):<14} {target.group(2)}")
    print("\nVariables (now, and where from)")
    for triple in sys.argv[split + 1 :]:
        name, origin, value = triple.split("=", 2)
        print(f"  {name:<14} {value or '–':<22} {origin}")


if __name__ == "__main__":
    main()
