"""Ways to make a file that a stranger could give out as a film: each is an attack, or what damage makes of one.

They are used by hostile.py. Each takes the path to write and that of a file to point at, which is nobody's business.
"""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from boxes import (
    ATTACHMENTS,
    CHAPTERS,
    CLUSTER,
    DURATION,
    INFO,
    TAGS,
    TRACK_ENTRY,
    TRACKS,
    added,
    box,
    element,
    elements,
    matroska,
    mp4,
    patched,
    replaced,
)  # fmt: skip
from films import run

#: What stands in the file that is pointed at.
SECRET = "the treasure lies under the third palm"
SIZES = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=2", "-f", "lavfi", "-i", "sine=f=440:d=2:r=16000")
CODECS = {
    ".mkv": ("-c:v", "libx264", "-c:a", "aac"),
    ".mp4": ("-c:v", "libx264", "-c:a", "aac"),
    ".ts": ("-c:v", "libx264", "-c:a", "aac"),
    ".flv": ("-c:v", "libx264", "-c:a", "aac"),
    ".avi": ("-c:v", "mpeg4", "-c:a", "pcm_u8"),
    ".ogg": ("-c:v", "libtheora", "-c:a", "libvorbis"),
    ".mpg": ("-c:v", "mpeg2video", "-c:a", "mp2", "-r", "25"),
    ".wav": ("-vn",),
    ".flac": ("-vn",),
    ".mp3": ("-vn",),
}
SMALL: dict[str, bytes] = {}

Make = Callable[[Path, Path], None]


def small(suffix: str, folder: Path, *more: object) -> bytes:
    """The bytes of a film of two seconds."""
    key = suffix + repr(more)
    if key not in SMALL:
        path = folder / f".small{suffix}"
        run(*SIZES, *CODECS[suffix], "-threads", 1, "-fflags", "+bitexact", *more, path)
        SMALL[key] = path.read_bytes()
        path.unlink()
    return SMALL[key]


def of(suffix: str, change: Callable[[bytes], bytes] = lambda content: content, *more: object) -> Make:
    """A small film, changed."""
    return lambda path, secret: put(path, change(small(suffix, path.parent, *more)))


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def written(text: str) -> Make:
    """A text; `{}` is where the secret lies, `{name}` its name."""
    return lambda path, secret: put(path, text.replace("{name}", secret.name).replace("{}", str(secret)).encode())


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet
mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation></AdaptationSet>
</Period></MPD>"""
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n"


def zipped(path: Path, secret: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../film.mkv", b"\0" * 10_000_000)
    put(path, made.getvalue())


def sparse(path: Path, secret: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 10**9)


def sparse_film(path: Path, secret: Path) -> None:
    """A real film, then six thousand times as much of nothing."""
    put(path, small(".mkv", path.parent))
    os.truncate(path, 100 * 10**6)


def truncated(suffix: str, share: float) -> Make:
    return of(suffix, lambda content: content[: int(len(content) * share)])


def garbage(suffix: str) -> Make:
    """A third of the film is noise."""

    def change(content: bytes) -> bytes:
        third = len(content) // 3
        return content[:third] + random.Random(7).randbytes(third) + content[2 * third :]

    return of(suffix, change)


def long_claim(content: bytes) -> bytes:
    """Matroska: lasts 3,000 hours."""
    claim = struct.pack(">d", 3000 * 3600 * 1000.0)

    def info(body: bytes) -> bytes:
        return b"".join(element(each, claim if each == DURATION else what) for each, what in elements(body))

    return replaced(content, INFO, info)


def long_claim_mp4(content: bytes) -> bytes:
    """MP4: the film and its tracks last as long as 32 bits say."""
    for kind, offset in ((b"mvhd", 16), (b"tkhd", 20), (b"mdhd", 16), (b"elst", 8)):
        content = mp4(content, patched(kind, offset, b"\x7f\xff\xff\xff"))
    return content


def jump(*more: object, days: float = 10.0) -> tuple[object, ...]:
    """After a second, every clock is ten days later."""
    moved = f"setts=ts='if(gt(DTS*TB,1),TS+{days}*86400/TB,TS)'"
    return ("-bsf:v", moved, "-bsf:a", moved, *more)


def streams(number: int) -> Callable[[bytes], bytes]:
    """Matroska with as many tracks, all but two of them without a packet."""

    def tracks(body: bytes) -> bytes:
        entries = [what for each, what in elements(body) if each == TRACK_ENTRY]
        made = [element(TRACK_ENTRY, entry) for entry in entries]
        for count in range(3, number + 1):
            parts = [(each, what) for each, what in elements(entries[1]) if each not in (0xD7, 0x73C5)]
            named = [(0xD7, count.to_bytes(2, "big")), (0x73C5, (10_000 + count).to_bytes(8, "big"))]
            made.append(element(TRACK_ENTRY, *(element(*part) for part in (*named, *parts))))
        return b"".join(made)

    return lambda content: replaced(content, TRACKS, tracks)


def chapters(number: int) -> Make:
    def make(path: Path, secret: Path) -> None:
        listed = path.with_name(f"{path.name}.txt")
        lines = [
            f"[CHAPTER]\nTIMEBASE=1/100000\nSTART={at}\nEND={at + 10}\ntitle=\x1b[31m{at}"
            for at in range(0, 10 * number, 10)
        ]
        listed.write_text(";FFMETADATA1\n" + "\n".join(lines), encoding="utf-8")
        run(*SIZES, "-i", listed, "-map_chapters", 2, *CODECS[".mkv"], path)
        listed.unlink()

    return make


def titled(content: bytes) -> bytes:
    """Matroska with such a title, and chapters and tracks that are called so."""
    chapter = element(0xB6, element(0x73C4, b"\1"), element(0x91, b"\0"), element(0x80, element(0x85, TITLE.encode())))
    content = replaced(content, INFO, lambda body: body + element(0x7BA9, TITLE.encode()))
    content = replaced(content, TRACKS, named)
    return added(content, CHAPTERS, element(0x45B9, chapter))


def named(tracks: bytes) -> bytes:
    """Tracks, each with that name and an odd language."""
    more = element(0x536E, TITLE.encode()) + element(0x22B59C, b"\x1b[2Jhi\xe2\x80\xae\n")
    kept = [[part for part in elements(what) if part[0] != 0x22B59C] for _, what in elements(tracks)]
    return b"".join(element(TRACK_ENTRY, *(element(*part) for part in parts), more) for parts in kept)


def tagged(*texts: str) -> Callable[[bytes], bytes]:
    """Matroska with such titles."""
    tags = [element(0x67C8, element(0x45A3, b"TITLE"), element(0x4487, text.encode("utf-8"))) for text in texts]
    return lambda content: added(content, TAGS, *(element(0x7373, element(0x63C0), tag) for tag in tags))


#: Steers a terminal, turns the line round, breaks it, and fills it.
TITLE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\u202egnp.exe\u2066 a\nsamvad: all is well\r\u2028$(touch pwned) " + "x" * 100_000
)


def attached(*names: bytes) -> Callable[[bytes], bytes]:
    files = [
        element(
            0x61A7, element(0x466E, name), element(0x4660, b"font/ttf"), element(0x465C, b"letters"),
            element(0x46AE, bytes([number + 1])),
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    return lambda content: added(content, ATTACHMENTS, *files)


def missing_attachment(content: bytes) -> bytes:
    """An attachment of two gigabytes that is not there."""
    data = element(0x465C, b"x", length=2 << 30)
    file = element(0x61A7, element(0x466E, b"a.ttf"), element(0x4660, b"font/ttf"), data, length=(2 << 30) + 60)
    return added(content, ATTACHMENTS, file, length=(2 << 30) + 80)


def linked(path: Path, secret: Path) -> None:
    """Matroska whose segment goes on in another file, and whose chapters play another segment."""
    names = (element(0x3E83BB, str(secret).encode()), element(0x3C83AB, secret.name.encode()))
    uids = (element(0x3EB923, b"n" * 16), element(0x3CB923, b"p" * 16))
    content = replaced(small(".mkv", path.parent), INFO, lambda body: body + b"".join((*names, *uids)))
    atom = element(0xB6, element(0x73C4, b"\1"), element(0x91, b"\0"), element(0x6E67, b"n" * 16))
    put(path, added(content, CHAPTERS, element(0x45B9, element(0x45DD, b"\1"), atom)))


def gab2(path: Path, secret: Path) -> None:
    """AVI with a track of subtitles that is a playlist (CVE-2017-9993)."""
    source = path.with_name("gab.avi")
    run(*SIZES, *SIZES[4:], "-map", 0, "-map", 1, "-map", 2, *CODECS[".avi"], source)
    content = bytearray(source.read_bytes())
    source.unlink()
    second = content.index(b"auds", content.index(b"auds") + 1)
    content[second : second + 4] = b"txts"
    text = PLAYLIST.replace("{}", str(secret)).encode()
    packed = b"GAB2\0" + struct.pack("<HI", 2, 4) + b"a\0\0\0" + struct.pack("<HI", 4, len(text)) + text
    at = content.index(b"02wb", content.index(b"movi")) + 8
    content[at : at + len(packed)] = packed
    put(path, bytes(content))


def external(path: Path, secret: Path) -> None:
    """MP4 whose tracks say that their data lies in another file."""
    place = os.fsencode(secret)
    alias = (
        b"\0" * 10 + b"\4disk".ljust(28, b"\0") + b"\0" * 12 + bytes([len(place[:63])]) + place[:63].ljust(63, b"\0")
    )
    alias += b"\0" * 16 + struct.pack(">HH", 1, 1) + b"\0" * 16
    for kind, what in ((2, place), (18, place)):
        alias += struct.pack(">HH", kind, len(what)) + what + b"\0" * (len(what) % 2)
    alias += b"\xff\xff\0\0"
    entries = [box(b"alis", b"\0\0\0\0", alias), box(b"url ", b"\0\0\0\0", b"file://" + place + b"\0")]
    dref = struct.pack(">II", 0, 2) + b"".join(entries)
    put(path, mp4(small(".mp4", path.parent), lambda kind, body: dref if kind == b"dref" else body))


def reference(path: Path, secret: Path) -> None:
    """A QuickTime file that is only the address of another."""
    place = os.fsencode(secret)
    address = box(b"rdrf", b"\0\0\0\0url ", struct.pack(">I", len(place)), place)
    put(path, box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", address))))


def samples(kind: bytes, *values: int) -> Callable[[bytes], bytes]:
    """MP4 with a table that says something else of its samples."""
    table = struct.pack(f">{len(values) + 1}I", 0, *values)
    return lambda content: mp4(content, lambda there, body: table if there == kind else body)


def huge_picture(path: Path, secret: Path) -> None:
    """One frame of 6,000 by 6,000 points: half a megabyte that becomes 108."""
    width = 6_000

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(1)
    rows = b"".join([*(packer.compress(bytes(1 + 3 * width)) for _ in range(width)), packer.flush()])
    head = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    picture = path.with_name(".picture.png")
    put(picture, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    run("-r", 1, "-f", "png_pipe", "-i", picture, *SIZES[4:], "-c:v", "copy", "-c:a", "aac", path)
    picture.unlink()


def endless_voids(content: bytes) -> bytes:
    """Matroska that begins with half a million empty elements."""
    head, segment = elements(content)[:2]
    return element(*head) + b"\xec\x80" * 500_000 + element(*segment)


def without_clusters(content: bytes) -> bytes:
    return matroska(content, lambda there: [each for each in there if each[0] != CLUSTER])


def nested(content: bytes) -> bytes:
    """MP4 with boxes in boxes, a hundred thousand deep."""
    depth, inner = 100_000, b""
    parts = [struct.pack(">I4s", 8 * (depth - level), b"udta") for level in range(depth)]
    return content + box(b"moov", b"".join(parts), inner)


HEADS = {
    "mkv": b"\x1a\x45\xdf\xa3", "mp4": b"\0\0\0\x18ftypisom\0\0\0\0isomiso2\0\0\x10\0moov",
    "avi": b"RIFF\xff\xff\xff\xffAVI ", "wav": b"RIFF\xff\xff\xff\xffWAVE", "mpg": b"\0\0\1\xba", "ogg": b"OggS",
    "flv": b"FLV\1", "flac": b"fLaC", "mp3": b"ID3",
    "ts": (b"G" + b"\0" * 187) * 5,
}  # fmt: skip


def only_head(suffix: str, rest: bytes | str) -> Make:
    """The mark of a container, then noise or a playlist."""
    if isinstance(rest, bytes):
        return lambda path, secret: put(path, HEADS[suffix] + rest)
    return lambda path, secret: put(path, HEADS[suffix] + b"\n" + rest.replace("{}", str(secret)).encode() * 200)


def link(target: str) -> Make:
    return lambda path, secret: path.symlink_to(target)


def fifo(path: Path, secret: Path) -> None:
    os.mkfifo(path)


def linked_fifo(path: Path, secret: Path) -> None:
    os.mkfifo(path.with_name(".pipe"))
    path.symlink_to(path.with_name(".pipe"))
