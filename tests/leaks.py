"""Whether a secret got out: into a file, or into the list of processes that everybody on the machine can read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def holding(secret: str, *folders: Path) -> list[Path]:
    """The files of the folders that hold the secret, by content or name."""
    wanted = secret.encode()
    found = (path for folder in folders for path in folder.rglob("*") if not path.is_symlink())
    return [path for path in found if secret in path.name or (path.is_file() and wanted in path.read_bytes())]


@contextmanager
def watched(secret: str) -> Iterator[list[str]]:
    """Meanwhile looks at every process's command again and again; lists those with the secret in it.

    Where there is no /proc it looks at nothing.
    """
    found: list[str] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:  # it ended meanwhile
                    continue
                if secret in command:
                    found.append(command)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
