"""What a long stage has finished so far, in a file that outlives the process.

A file of JSON lines beside the target: out/<film>/.journal/<target's name>. The first line is the key
of the run (what it was asked, of what, by which code), each other one [number, entry]. A run of another
key begins a new journal; a line that was cut short by a crash counts as not written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

Entry = TypeVar("Entry")


class Journal(dict[int, Entry]):
    """Number → entry; what is set is on the disk, too.

    Args:
        path: the journal's file; its folder is made.
        key: stands for all that the entries depend on. Entries of another key are forgotten.
        kind: the entries' type.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "asr.json"
    >>> Journal(path, "hi", list[str])[0] = ["heard"]
    >>> Journal(path, "hi", list[str]), Journal(path, "ur", list[str])
    ({0: ['heard']}, {})
    """

    def __init__(self, path: Path, key: str, kind: type[Entry]) -> None:
        super().__init__()
        self._path = path
        self._line = msgspec.json.Decoder(tuple[int, kind])  # type: ignore[valid-type]
        path.parent.mkdir(parents=True, exist_ok=True)
        header = msgspec.json.encode(key) + b"\n"
        good = self._read(header)
        with path.open("rb+" if good else "wb") as file:
            if good:
                file.truncate(good)  # or the next line would be the rest of the broken one
            else:
                file.write(header)

    def _read(self, header: bytes) -> int:
        """Takes in what is finished; the length of the file as far as it is whole, 0 for another's."""
        if not self._path.is_file():
            return 0
        with self._path.open("rb") as file:
            if file.readline() != header:
                return 0
            good = file.tell()
            for line in file:
                try:
                    number, entry = self._line.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    break
                if not line.endswith(b"\n"):
                    break
                super().__setitem__(number, entry)
                good += len(line)
        return good

    def __setitem__(self, number: int, entry: Entry) -> None:
        line = msgspec.json.encode([number, entry], enc_hook=float) + b"\n"
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        # As it will be read after a crash: a run that was never disturbed must give the same bytes.
        super().__setitem__(number, self._line.decode(line)[1])
