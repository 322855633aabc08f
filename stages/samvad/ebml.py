"""Matroska's elements: identity, size, body (RFC 8794), and the head of a file made of them (RFC 9559).

The head is what stands outside the clusters of packets: Info, Tracks, Chapters, Attachments, Tags. It
is read from files by strangers, so that every size is held against what is there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

EBML, SEGMENT, CLUSTER, CUES, VOID, CRC = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1C53BB6B, 0xEC, 0xBF
SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TRACKS, CHAPTERS, ATTACHMENTS, TAGS = 0x1549A966, 0x1654AE6B, 0x1043A770, 0x1941A469, 0x1254C367
#: What a head is made of, in the order in which it is written.
HEAD = (INFO, TRACKS, CHAPTERS, ATTACHMENTS, TAGS)

#: Bytes of one element of a head that are read into memory, four times over: fonts come to a few dozen MB.
MOST = 256 << 20


class Element(NamedTuple):
    identity: int
    body: bytes


class Malformed(ValueError):
    """The bytes are no elements."""


def number(data: bytes, at: int, keep_marker: bool = False) -> tuple[int, int]:
    """The number of variable length at `at` (-1 where a size is unknown), and where it ends.

    >>> number(bytes([0x40, 0x7F]), 0), number(bytes([0xFF]), 0), number(bytes([0x1A, 0x45, 0xDF, 0xA3]), 0, True)
    ((127, 2), (-1, 1), (440786851, 4))
    """
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 0
    if not length or at + length > len(data):
        raise Malformed(f"no number at {at}")
    value = int.from_bytes(data[at : at + length], "big")
    rest = value & (1 << 7 * length) - 1
    if keep_marker:
        return value, at + length
    return (-1 if rest == (1 << 7 * length) - 1 else rest), at + length


def children(body: bytes) -> list[Element]:
    """The elements in a body, without padding and checksums. Raises: Malformed."""
    found, at = [], 0
    while at < len(body):
        identity, at = number(body, at, keep_marker=True)
        size, at = number(body, at)
        if size < 0 or at + size > len(body):
            raise Malformed(f"element {identity:X} is longer than what it is in")
        if identity not in (VOID, CRC):
            found.append(Element(identity, body[at : at + size]))
        at += size
    return found


def encoded(identity: int, body: bytes | Iterable[Element], checksum: bool = False) -> bytes:
    """
    >>> encoded(0x86, b"V_VP9").hex(), encoded(VOID, bytes(200))[:3].hex()
    ('8685565f565039', 'ec40c8')
    """
    if not isinstance(body, bytes):
        body = b"".join(encoded(*element) for element in body)
    if checksum:
        body = encoded(CRC, zlib.crc32(body).to_bytes(4, "little")) + body
    length = next(length for length in range(1, 9) if len(body) < (1 << 7 * length) - 1)
    size = (len(body) | 1 << 7 * length).to_bytes(length, "big")
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big") + size + body


def unsigned(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def first(elements: Iterable[Element], identity: int, default: bytes = b"") -> bytes:
    """The body of the first element of that kind."""
    return next((element.body for element in elements if element.identity == identity), default)


class Place(NamedTuple):
    """An element of a Segment in its file: where it begins, and where its body does and ends."""

    identity: int
    start: int
    body: int
    end: int


class Head(NamedTuple):
    """The head of a file: its elements, each kind's bodies joined, and where it is."""

    elements: dict[int, list[Element]]
    #: Elements at the Segment's own level that are not known here.
    unknown: list[int]
    #: Where the Segment's body begins and where the first cluster does.
    segment: int
    clusters: int
    #: Where the index of key frames is, from the Segment's beginning.
    cues: int | None


def read_head(path: Path) -> Head:
    """The head of a Matroska file. Raises: Malformed where it is no such thing."""
    with path.open("rb") as file:
        size = path.stat().st_size
        at = 0
        while True:
            place = _place(file, at, size)
            if place.identity == SEGMENT:
                break
            at = place.end
        segment, clusters, places = place.body, size, []
        for each in _places(file, segment, size):
            if each.identity == CLUSTER:
                clusters = each.start
                break
            places.append(each)
        places += _sought(file, segment, size, places)
        elements: dict[int, list[Element]] = {}
        for each in sorted(set(places), key=lambda each: each.start):
            if each.identity in HEAD:
                elements.setdefault(each.identity, []).extend(children(_body(file, each)))
        unknown = {each.identity for each in places} - {*HEAD, SEEK_HEAD, CLUSTER, CUES, VOID, CRC}
        cues = next((each.start - segment for each in places if each.identity == CUES), None)
        return Head(elements, sorted(unknown), segment, clusters, cues)


def _place(file: BinaryIO, at: int, size: int) -> Place:
    file.seek(at)
    head = file.read(12)
    identity, read = number(head, 0, keep_marker=True)
    length, read = number(head, read)
    return Place(identity, at, at + read, size if length < 0 else min(at + read + length, size))


def _places(file: BinaryIO, at: int, size: int) -> Iterator[Place]:
    while at < size:
        place = _place(file, at, size)
        yield place
        at = place.end


def _sought(file: BinaryIO, segment: int, size: int, places: list[Place]) -> list[Place]:
    """What the file's own table of contents names and what does not stand before the first cluster."""
    found: dict[int, Place] = {}
    known = {place.start for place in places}
    tables = [place for place in places if place.identity == SEEK_HEAD]
    while tables:
        for entry in children(_body(file, tables.pop())):
            if entry.identity != SEEK:
                continue
            parts = children(entry.body)
            at = segment + int.from_bytes(first(parts, SEEK_POSITION), "big")
            if at in known or at >= size:
                continue
            known.add(at)
            place = _place(file, at, size)
            if place.identity != int.from_bytes(first(parts, SEEK_ID), "big"):
                continue  # the table is older than the file
            found[at] = place
            if place.identity == SEEK_HEAD:
                tables.append(place)
    return list(found.values())


def _body(file: BinaryIO, place: Place) -> bytes:
    if place.end - place.body > MOST:
        raise Malformed(f"element {place.identity:X} is too large")
    file.seek(place.body)
    return file.read(place.end - place.body)


def write_head(path: Path, old: Head, new: dict[int, list[Element]]) -> None:
    """Puts another head in the place of the old one, which has the room for it.

    Clusters stay where they are, so that the index of key frames holds. Raises: ValueError where the
    room is too small.
    """
    bodies = [(identity, encoded(identity, new[identity], checksum=True)) for identity in HEAD if new.get(identity)]
    length = len(_table([(identity, 0) for identity, _ in bodies] + ([(CUES, 0)] if old.cues is not None else [])))
    entries, at = [], length
    for identity, body in bodies:
        entries.append((identity, at))
        at += len(body)
    if old.cues is not None:
        entries.append((CUES, old.cues))
    written = b"".join([_table(entries), *(body for _, body in bodies)])
    left = old.clusters - old.segment - len(written)
    if left < 9:  # an empty element with a size of eight bytes
        raise ValueError(f"the new head of {path.name} is {9 - left} bytes too long")
    padding = VOID.to_bytes(1, "big") + (left - 9 | 1 << 56).to_bytes(8, "big")
    with path.open("rb+") as file:
        file.seek(old.segment)
        file.write(written + padding + bytes(left - 9))


def _table(entries: list[tuple[int, int]]) -> bytes:
    """A table of contents; its length does not depend on the positions."""
    return encoded(
        SEEK_HEAD,
        [
            Element(
                SEEK,
                encoded(SEEK_ID, identity.to_bytes(4, "big")) + encoded(SEEK_POSITION, position.to_bytes(8, "big")),
            )
            for identity, position in entries
        ],
        checksum=True,
    )
