"""A film's MP4 index with new tracks in it: all of the old one, but for where packets are and what is shown unasked."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from samvad.boxes import Box, Index, Unfit, children, find

#: Subtitles, by the name of their handler.
SUBTITLES = {b"sbtl", b"subt", b"text", b"clcp", b"subp"}
#: Where a track's head has its number, its length and its group, in the older form and in the one of wide numbers.
ID, DURATION, GROUP = (12, 20), (20, 28), (34, 46)


def timescale(index: Index) -> int:
    """Ticks a second of the film's clock."""
    head = find(index.moov, b"mvhd")
    assert head
    at = head.body + (20 if index.moov[head.body] == 1 else 12)
    ticks: int = struct.unpack_from(">I", index.moov, at)[0]
    return ticks or 1000


def joined(film: Index, new: Index | None, shift: int, end: int, lift: bool) -> bytes:
    """The film's index with the tracks of another one.

    The film's packets are `shift` bytes later than they were, and the other's mdat boxes stand one after
    the other from `end` on. With `lift`, the film's own subtitles are no longer shown unasked.
    """
    traks = [box for box in children(film.moov) if box.kind == b"trak"]
    if not traks:
        raise Unfit("it has no tracks")
    next_id = max(_number(film.moov, trak, ID) for trak in traks) + 1
    kinds = {trak: _handler(film.moov, trak) for trak in traks}
    old = [trak for trak in traks if kinds[trak] in SUBTITLES and not _is_chapters(film.moov, trak, traks)]
    # Of the tracks of a group a player shows one.
    group = next((number for number in (_number(film.moov, trak, GROUP) for trak in old) if number), 0)
    added = _added(new, end, next_id, group) if new else []
    parts = []
    for box in children(film.moov):
        part = bytearray(film.moov[box.start : box.end])
        if box.kind == b"mvhd":
            at, code = (32, ">Q") if part[8] == 1 else (24, ">I")
            longest = max([struct.unpack_from(code, part, at)[0], *(_number(each, None, DURATION) for each in added)])
            struct.pack_into(code, part, at, longest)
            struct.pack_into(">I", part, len(part) - 4, next_id + len(added))
        elif box.kind == b"trak":
            head = find(film.moov, b"tkhd", start=box.body, end=box.end)
            if lift and box in old and head:
                part[head.body - box.start + 3] &= 0xFE
            part = bytearray(_moved(bytes(part), lambda position: position + shift))
        parts.append(bytes(part))
        if box == traks[-1]:
            parts += added
    body = b"".join(_titled(parts, new) if new else parts)
    return struct.pack(">I", len(body) + 8) + b"moov" + body


def _added(new: Index, end: int, next_id: int, group: int) -> list[bytes]:
    """The other index's tracks, their packets from `end` on."""
    moves, at = [], end
    for box in new.boxes:
        if box.kind == b"mdat":
            moves.append((box.start, box.end, at - box.start))
            at += box.end - box.start

    def moved(position: int) -> int:
        return position + next(by for start, end, by in moves if start <= position < end)

    found = []
    for number, trak in enumerate(box for box in children(new.moov) if box.kind == b"trak"):
        alone = new.moov[trak.start : trak.end]
        # ffmpeg names chapters that are none: a number that no track has, or one of the film's.
        reference = find(alone, b"tref")
        part = bytearray(_replaced(alone, (), reference, b"") if reference else alone)
        head = find(bytes(part), b"tkhd")
        assert head
        wide = part[head.body] == 1
        struct.pack_into(">I", part, head.body + ID[wide], next_id + number)
        if group:
            struct.pack_into(">H", part, head.body + GROUP[wide], group)
        found.append(_moved(bytes(part), moved))
    return found


def _titled(parts: list[bytes], new: Index) -> list[bytes]:
    """The title that ffmpeg was given for a film without one, among the film's tags if it has any."""
    tags = find(new.moov, b"udta")
    meta = _meta(new.moov, tags)
    items = find(new.moov, b"ilst", start=meta.body + 4, end=meta.end) if meta else None
    title = find(new.moov, b"\xa9nam", start=items.body, end=items.end) if items else None
    if not (tags and meta and title):
        return parts
    own = next((number for number, part in enumerate(parts) if part[4:8] == b"udta"), None)
    if own is None:
        return [*parts, new.moov[tags.start : tags.end]]
    part = parts[own]
    there = _meta(part, Box(b"udta", 0, 8, len(part)))
    listed = find(part, b"ilst", start=there.body + 4, end=there.end) if there else None
    if there and not listed:
        return parts  # tags of another kind
    around, at = ([0, there.start, listed.start], listed.end) if there and listed else ([0], len(part))
    made = new.moov[title.start : title.end] if listed else new.moov[meta.start : meta.end]
    grown = bytearray(part)
    for each in around:
        struct.pack_into(">I", grown, each, struct.unpack_from(">I", part, each)[0] + len(made))
    return [*parts[:own], bytes(grown[:at] + made + grown[at:]), *parts[own + 1 :]]


def _meta(data: bytes, tags: Box | None) -> Box | None:
    return find(data, b"meta", start=tags.body, end=tags.end) if tags else None


def _number(data: bytes, trak: Box | None, field: tuple[int, int]) -> int:
    """A number of a track's head. Raises: Unfit where it has none."""
    head = find(data, b"tkhd", start=trak.body if trak else 8, end=trak.end if trak else None)
    if not head:
        raise Unfit("a track has no head (tkhd)")
    wide = data[head.body] == 1
    code = {ID: ">I", GROUP: ">H", DURATION: ">Q" if wide else ">I"}[field]
    found: int = struct.unpack_from(code, data, head.body + field[wide])[0]
    return found


def _handler(moov: bytes, trak: Box) -> bytes:
    media = find(moov, b"mdia", b"hdlr", start=trak.body, end=trak.end)
    return moov[media.body + 8 : media.body + 12] if media else b""


def _is_chapters(moov: bytes, trak: Box, traks: Sequence[Box]) -> bool:
    """Whether another track refers to this one as its chapters."""
    identity = _number(moov, trak, ID)
    for other in traks:
        chapters = find(moov, b"tref", b"chap", start=other.body, end=other.end)
        if chapters:
            ids = moov[chapters.body : chapters.end]
            if identity in struct.unpack(f">{len(ids) // 4}I", ids[: len(ids) // 4 * 4]):
                return True
    return False


def _moved(trak: bytes, moved: Callable[[int], int]) -> bytes:
    """A track whose chunks are elsewhere."""
    table = find(trak, b"mdia", b"minf", b"stbl", b"stco") or find(trak, b"mdia", b"minf", b"stbl", b"co64")
    if not table:
        return trak
    count: int = struct.unpack_from(">I", trak, table.body + 4)[0]
    code = "I" if table.kind == b"stco" else "Q"
    if table.body + 8 + count * struct.calcsize(f">{code}") > table.end:
        raise Unfit("a table of chunks is longer than its box")
    positions = [moved(at) for at in struct.unpack_from(f">{count}{code}", trak, table.body + 8)]
    code = "Q" if code == "Q" or max(positions, default=0) >= 1 << 32 else "I"
    body = trak[table.body : table.body + 8] + struct.pack(f">{count}{code}", *positions)
    made = struct.pack(">I", len(body) + 8) + (b"co64" if code == "Q" else b"stco") + body
    return _replaced(trak, (b"mdia", b"minf", b"stbl"), table, made)


def _replaced(trak: bytes, path: Sequence[bytes], box: Box, made: bytes) -> bytes:
    """`trak` with other bytes in the place of a box; the boxes around it change their length."""
    grown = bytearray(trak)
    around = [0]
    start, end = 8, len(trak)
    for kind in path:
        parent = find(trak, kind, start=start, end=end)
        assert parent
        around.append(parent.start)
        start, end = parent.body, parent.end
    for at in around:
        wide = struct.unpack_from(">I", trak, at)[0] == 1
        length = struct.unpack_from(">Q" if wide else ">I", trak, at + 8 if wide else at)[0]
        struct.pack_into(
            ">Q" if wide else ">I", grown, at + 8 if wide else at, length + len(made) - (box.end - box.start)
        )
    return bytes(grown[: box.start] + made + grown[box.end :])
