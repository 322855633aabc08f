"""MP4's boxes (ISO/IEC 14496-12), and the index (moov) of a film made of them, read from a file by strangers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from samvad.containers import MOST_BOXES

#: An index of more bytes is no film's.
MOST = 512 << 20
#: Boxes beside the index that hold positions in the file; and such inside it.
POSITIONS = {b"sidx", b"ssix", b"mfra", b"meta"}
POSITIONS_INSIDE = {b"iloc", b"saio"}


class Unfit(ValueError):
    """Why nothing can be added to a film, in words."""


class Box(NamedTuple):
    """A box in its file, or in the bytes of the one that it is in."""

    kind: bytes
    start: int
    body: int
    end: int


class Index(NamedTuple):
    """A film's boxes, and the bytes of its moov."""

    path: Path
    size: int
    boxes: list[Box]
    place: Box
    moov: bytes

    @property
    def moov_first(self) -> bool:
        return self.place.start < min((box.start for box in self.boxes if box.kind == b"mdat"), default=0)

    @property
    def has_other_positions(self) -> bool:
        """Whether the file's packets cannot be moved by changing the tables of chunks alone."""
        return any(box.kind in POSITIONS for box in self.boxes) or any(
            kind in self.moov for kind in POSITIONS_INSIDE
        )  # fmt: skip


def read_index(path: Path) -> Index:
    """Raises: Unfit for a film in fragments, with a compressed index, or with something after its last box."""
    size = path.stat().st_size
    found: list[Box] = []
    at = 0
    with path.open("rb") as file:
        while at < size and len(found) < MOST_BOXES:
            file.seek(at)
            box = _box(file.read(16), at, size)
            if box is None or box.end > size:
                raise Unfit(f"what stands at byte {at} is no box")
            if box.end == box.start:
                raise Unfit("its last box has no length")
            found.append(box)
            at = box.end
        indices = [box for box in found if box.kind == b"moov"]
        if len(indices) != 1 or indices[0].end - indices[0].start > MOST:
            raise Unfit("it has no index (moov), more than one, or one that is too large")
        file.seek(indices[0].start)
        moov = file.read(indices[0].end - indices[0].start)
    if any(box.kind == b"moof" for box in found) or find(moov, b"mvex"):
        raise Unfit("it is in fragments (moof)")
    if not find(moov, b"mvhd"):
        raise Unfit("its index is compressed or has no head (mvhd)")
    return Index(path, size, found, indices[0], moov)


def _box(head: bytes, at: int, size: int) -> Box | None:
    """The box with these first bytes; one of length 0 comes back as empty."""
    if len(head) < 8:
        return None
    length, kind, body = int.from_bytes(head[:4], "big"), head[4:8], 8
    if length == 1 and len(head) >= 16:
        length, body = int.from_bytes(head[8:16], "big"), 16
    if length == 0:
        return Box(kind, at, at + body, at)
    return Box(kind, at, at + body, at + length) if length >= body else None


def children(data: bytes, start: int = 8, end: int | None = None) -> Iterator[Box]:
    """The boxes in `data` between two places. A word of zeros, or what is no box, ends them."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        box = _box(data[at : at + 16], at, end)
        if box is None or box.end == at or box.end > end:
            return
        yield box
        at = box.end


def find(data: bytes, *path: bytes, start: int = 8, end: int | None = None) -> Box | None:
    for box in children(data, start, end):
        if box.kind == path[0]:
            return find(data, *path[1:], start=box.body, end=box.end) if path[1:] else box
    return None
