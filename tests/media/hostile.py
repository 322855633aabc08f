"""Files that a stranger could give out as films, by name.

`make(name, folder, secret)` writes the file of that name; it may point at `secret`, which is nobody's business.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

from attacks import (
    DASH,
    HEADS,
    PLAYLIST,
    SDP,
    Make,
    attached,
    chapters,
    endless_voids,
    external,
    fifo,
    gab2,
    garbage,
    huge_picture,
    jump,
    link,
    linked,
    linked_fifo,
    long_claim,
    long_claim_mp4,
    missing_attachment,
    nested,
    of,
    only_head,
    put,
    reference,
    samples,
    small,
    sparse,
    sparse_film,
    streams,
    tagged,
    titled,
    truncated,
    without_clusters,
    written,
    zipped,
)

NOISE = random.Random(1).randbytes(60_000)
IN_THE_WAY = "is not a file"

#: Name → how it is made, and a part of the one line that probe says; "" where it is a film all the same, and None
#: where either will do.
FILES: dict[str, tuple[Make, str | None]] = {
    # what is no film at all
    "playlist.mkv": (written(PLAYLIST), "a playlist"),
    "playlist_relative.mkv": (written(PLAYLIST.replace("{}", "../secret/{name}")), "a playlist"),
    "concat.mp4": (written("ffconcat version 1.0\nfile '{}'\n"), "a playlist"),
    "concat_old.mp4": (written("file '{}'\n"), "it is text"),
    "dash.mkv": (written(DASH), "it is text"),
    "session.mp4": (written(SDP), "it is text"),
    "subfile.mkv": (written("subfile,,start,0,end,0,,:{}\n"), "it is text"),
    "asx.avi": (written('<asx version="3.0"><entry><ref href="{}"/></entry></asx>'), "it is text"),
    "empty.mkv": (lambda path, secret: put(path, b""), "is empty"),
    "one.mkv": (lambda path, secret: put(path, b"\x1a"), "not a film"),
    "noise.mkv": (lambda path, secret: put(path, NOISE), "of a kind that is not known"),
    "zip.mkv": (zipped, "of a kind that is not known"),
    "gzip.mp4": (lambda path, secret: put(path, gzip.compress(b"\0" * 10_000_000)), "of a kind that is not known"),
    "zeros.mkv": (sparse, "zeros"),
    "reference.mov": (reference, "no audio stream"),
    **{f"noise_in.{suffix}": (only_head(suffix, NOISE), None) for suffix in HEADS},
    **{f"list_in.{suffix}": (only_head(suffix, PLAYLIST), None) for suffix in HEADS},
    # what is not even a file
    "zero": (link("/dev/zero"), IN_THE_WAY),
    "stdin": (link("/dev/stdin"), IN_THE_WAY),
    "terminal": (link("/dev/tty"), IN_THE_WAY),
    "fifo.mkv": (fifo, IN_THE_WAY),
    "fifo_linked.mkv": (linked_fifo, IN_THE_WAY),
    "folder.mkv": (lambda path, secret: path.mkdir(), IN_THE_WAY),
    "round.mkv": (link("round.mkv"), IN_THE_WAY),
    "nowhere.mkv": (link("nothing there"), "does not exist"),
    # damage
    "cut.mkv": (truncated(".mkv", 0.5), "incomplete"),
    "cut.mp4": (truncated(".mp4", 0.5), "incomplete"),
    **{f"cut.{suffix}": (truncated(f".{suffix}", 0.5), None) for suffix in ("ts", "avi", "flv", "ogg", "mpg")},
    **{f"garbage.{suffix}": (garbage(f".{suffix}"), None) for suffix in ("mkv", "mp4", "ts", "avi", "ogg")},
    "padded.mkv": (sparse_film, None),
    # what is a film, under another name
    "film.mp4": (of(".mkv"), ""),
    "film.txt": (of(".mp4"), ""),
    "film.m3u8": (of(".ts"), ""),
    **{
        name: (of(".mkv"), "")
        for name in (
            "-i", "%03d.mkv", "new\nline.mkv", "concat:a|b.mkv", "subfile,,start,0,end,9,,:x.mkv",
            "pipe:0", "http:x.mkv", "a'b\"c`d$(touch pwned);e.mkv", "\u202egpj.mkv",
        )
    },
    # lengths that cannot be
    "claim.mkv": (of(".mkv", long_claim), ""),
    "claim.mp4": (of(".mp4", long_claim_mp4), ""),
    "jump.mkv": (of(".mkv", lambda content: content, *jump()), "cannot last longer than"),
    "jump_live.mkv": (of(".mkv", lambda content: content, *jump("-live", 1)), "cannot last longer than"),
    "jump.mp4": (of(".mp4", lambda content: content, *jump(days=0.9)), "cannot last longer than"),
    "jump.ts": (of(".ts", lambda content: content, *jump(days=0.9)), "cannot last longer than"),
    "jump.flv": (of(".flv", lambda content: content, *jump("-bf", 0, days=0.1)), None),
    "jump.ogg": (of(".ogg", lambda content: content, *jump()), "cannot last longer than"),
    "jump_small.mkv": (of(".mkv", lambda content: content, *jump(days=0.1)), "cannot last longer than"),
    # far too much of something
    "streams_200.mkv": (of(".mkv", streams(200)), ""),
    "streams_1100.mkv": (of(".mkv", streams(1100)), "1000 streams or more"),
    "chapters.mkv": (chapters(10_000), ""),
    "tags.mkv": (of(".mkv", tagged(*["y" * 12_500_000] * 8)), None),
    "attachment_missing.mkv": (of(".mkv", missing_attachment), None),
    "samples_size.mp4": (of(".mp4", samples(b"stsz", 1, 0x7FFFFFFF)), None),
    "samples_none.mp4": (of(".mp4", samples(b"stsz", 0, 0x3FFFFFFF)), None),
    "samples_time.mp4": (of(".mp4", samples(b"stts", 1, 0x7FFFFFFF, 1)), None),
    "samples_chunk.mp4": (of(".mp4", samples(b"stsc", 1, 1, 0x7FFFFFFF, 1)), None),
    "picture.mkv": (huge_picture, ""),
    "voids.mkv": (of(".mkv", endless_voids), None),
    "nested.mp4": (of(".mp4", nested), None),
    "sizes.mp4": (of(".mp4", lambda content: content + b"\0\0\0\1free" + b"\xff" * 8), "incomplete"),
    # names and addresses inside
    "titles.mkv": (of(".mkv", titled), ""),
    "attachments.mkv": (of(".mkv", attached(b"../../x", b"/etc/x", b"a\0b", b"a\nb", b"../secret/treasure.txt")), ""),
    "linked.mkv": (linked, ""),
    "gab2.avi": (gab2, None),
    "external.mp4": (external, None),
    # without what is needed
    "silent.mkv": (of(".mkv", lambda content: content, "-an"), "no audio stream"),
    "clusterless.mkv": (of(".mkv", without_clusters), None),
}  # fmt: skip


def make(name: str, folder: Path, secret: Path) -> Path:
    path = folder / name
    FILES[name][0](path, secret)
    return path


def broken(suffix: str, folder: Path, number: int) -> bytes:
    """A small film in which some bytes were turned, by `number`: few or many, anywhere or in its head."""
    content = bytearray(small(suffix, folder))
    chance = random.Random(f"{suffix} {number}")
    reach = len(content) if number % 2 else min(len(content), 2000)
    for _ in range(chance.choice((1, 3, 10, 40))):
        at = chance.randrange(4, reach)
        content[at] = chance.choice((0, 0xFF, 0x7F, content[at] ^ 1 << chance.randrange(8), chance.randrange(256)))
    return bytes(content)
