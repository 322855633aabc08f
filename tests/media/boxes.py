"""Matroska's elements and MP4's boxes, taken apart and put together: to make what no honest program writes."""

from __future__ import annotations

import struct
from collections.abc import Callable

# --- Matroska -----------------------------------------------------------------------------------

EBML, SEGMENT, SEEK_HEAD, INFO, TRACKS = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B
CLUSTER, CUES, CHAPTERS, TAGS, ATTACHMENTS, VOID = 0x1F43B675, 0x1C53BB6B, 0x1043A770, 0x1254C367, 0x1941A469, 0xEC
DURATION, TRACK_ENTRY = 0x4489, 0xAE


def element(identity: int, *content: bytes, length: int | None = None) -> bytes:
    """An element; `length` is the one that it claims."""
    body = b"".join(content)
    size = (len(body) if length is None else length) | 1 << 56
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big") + size.to_bytes(8, "big") + body


def elements(content: bytes) -> list[tuple[int, bytes]]:
    """The elements that stand in a row in `content`."""
    found = []
    at = 0
    while at < len(content):
        width = 9 - content[at].bit_length()
        identity = int.from_bytes(content[at : at + width], "big")
        at += width
        width = 9 - content[at].bit_length()
        length = int.from_bytes(content[at : at + width], "big") & (1 << 7 * width) - 1
        at += width
        found.append((identity, content[at : at + length]))
        at += length
    return found


def matroska(source: bytes, change: Callable[[list[tuple[int, bytes]]], list[tuple[int, bytes]]]) -> bytes:
    """A Matroska file whose segment's elements are changed; without what points to places in it."""
    head, segment = elements(source)[:2]
    kept = [each for each in elements(segment[1]) if each[0] not in (SEEK_HEAD, CUES, VOID)]
    return element(*head) + element(SEGMENT, *(element(*each) for each in change(kept)))


def replaced(source: bytes, identity: int, change: Callable[[bytes], bytes]) -> bytes:
    """A Matroska file with one element of its segment changed."""
    return matroska(source, lambda there: [(each, change(body) if each == identity else body) for each, body in there])


def added(source: bytes, identity: int, *content: bytes, length: int | None = None) -> bytes:
    """A Matroska file with one element more in its segment, before the clusters; it may claim a length."""
    head, segment = elements(source)[:2]
    kept = [each for each in elements(segment[1]) if each[0] not in (SEEK_HEAD, CUES, VOID)]
    first = next(number for number, each in enumerate(kept) if each[0] == CLUSTER)
    parts = [element(*each) for each in kept]
    parts.insert(first, element(identity, *content, length=length))
    return element(*head) + element(SEGMENT, *parts)


# --- MP4 ------------------------------------------------------------------------------------------

HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"udta"}


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4(content: bytes, change: Callable[[bytes, bytes], bytes]) -> bytes:
    """An MP4 file with `change(kind, body)` for the body of every box that holds no others."""
    made = b""
    at = 0
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + length] if length else content[at + 8 :]
        made += box(kind, mp4(body, change) if kind in HOLDERS else change(kind, body))
        at += length or len(content)
    return made


def patched(kind: bytes, offset: int, value: bytes) -> Callable[[bytes, bytes], bytes]:
    """Writes `value` at `offset` of every box of a kind."""
    return lambda there, body: body[:offset] + value + body[offset + len(value) :] if there == kind else body
