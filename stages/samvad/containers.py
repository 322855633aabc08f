"""Which files are films: recognised by their content before anything opens them.

A name proves nothing: a playlist called film.mkv makes a careless program read other files of this
machine. So the first bytes decide, only the containers below are known, and the one demuxer that
belongs to them is the only one that may open the file, here and in ffmpeg.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from samvad.documents import Stream
from samvad.problem import Problem

if TYPE_CHECKING:
    import av.stream
    from av.container import InputContainer


class Container(NamedTuple):
    name: str
    #: ffmpeg's demuxer.
    demuxer: str
    #: The clock of a broadcast starts anywhere and may jump: ffmpeg places the zero of such a film
    #: by the streams that it was asked for, not by all (see demux).
    broadcast: bool = False


MATROSKA = Container("Matroska", "matroska")
MP4 = Container("MP4", "mov")
AVI = Container("AVI", "avi")
MPEG_TS = Container("MPEG-TS", "mpegts", broadcast=True)
MPEG_PS = Container("MPEG-PS", "mpeg", broadcast=True)
OGG = Container("Ogg", "ogg", broadcast=True)
FLV = Container("FLV", "flv")
WAV = Container("WAV", "wav")
FLAC = Container("FLAC", "flac")
MP3 = Container("MP3", "mp3")
KNOWN = (MATROSKA, MP4, AVI, MPEG_TS, MPEG_PS, OGG, FLV, WAV, FLAC, MP3)

#: Bytes at the start of a file that are enough to know it.
HEAD = 4096
#: The share of a file that must be there: less is a download that broke off.
ENOUGH = 0.99
#: A file of more boxes than this is no film.
MOST_BOXES = 1_000_000
#: Elements of Matroska before its segment; in a film there are one or two.
MOST_BEFORE = 1000
#: Streams of which ffmpeg takes notice.
MOST_STREAMS = 1000

COPY_AGAIN = "Finish the download or copy the film again"

#: Subtitles that Matroska holds as they are, and those that become SubRip on the way.
HELD = {
    "subrip", "text", "ass", "ssa", "webvtt", "dvd_subtitle", "dvb_subtitle", "hdmv_pgs_subtitle",
    "hdmv_text_subtitle", "arib_caption",
}  # fmt: skip
CONVERTED = {"mov_text"}


def sniff(head: bytes) -> Container | None:
    """The container that a file with these first bytes is, None for all others.

    >>> sniff(bytes.fromhex("1a45dfa3")), sniff(b"#EXTM3U")
    (Container(name='Matroska', demuxer='matroska', broadcast=False), None)
    """
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return MATROSKA
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return MP4
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"AVI ": AVI, b"WAVE": WAV}.get(head[8:12])
    for magic, container in (
        (b"\x00\x00\x01\xba", MPEG_PS), (b"OggS", OGG), (b"FLV\x01", FLV), (b"fLaC", FLAC),
        (b"ID3", MP3),
    ):  # fmt: skip
        if head.startswith(magic):
            return container
    if _is_transport(head):
        return MPEG_TS
    return MP3 if _is_mp3(head) else None


def _is_transport(head: bytes) -> bool:
    """Five packets in a row: of 188 bytes, of 192 (Blu-ray, a time before each), or 204."""
    return any(
        len(head) > start + 4 * size and set(head[start : start + 4 * size + 1 : size]) == {0x47}
        for size, start in ((188, 0), (192, 4), (204, 0))
    )


def _is_mp3(head: bytes) -> bool:
    """An MPEG-1 layer III header, and a second one where the first frame ends."""

    def frame(at: int) -> int:
        if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xFE != 0xFA:
            return 0
        kbps = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)[head[at + 2] >> 4]
        rate = (44100, 48000, 32000, 0)[head[at + 2] >> 2 & 3]
        return 144_000 * kbps // rate + (head[at + 2] >> 1 & 1) if kbps and rate else 0

    first = frame(0)
    return bool(first and frame(first))


def check(path: Path) -> Container:
    """The container of the film in `path`, after all that can be known without a demuxer.

    Raises: Problem when there is no such file, or it is empty, no film, or broken off.
    """
    try:
        # Never waits for somebody to write into a pipe.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist") from None
    except OSError as error:
        # Sockets, devices that are not there, links in a circle.
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP, errno.ENODEV, errno.ELOOP):
            raise Problem(f"{path} is not a file") from None
        raise
    # What was opened from here on, not what bears the name by then.
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode):
        os.close(number)
        raise Problem(f"{path} is not a file")
    with os.fdopen(number, "rb") as file:
        size = found.st_size
        if size == 0:
            raise Problem(f"{path} is empty", "Copy the film again")
        head = file.read(HEAD)
        container = sniff(head)
        if container is None:
            known = ", ".join(each.name for each in KNOWN)
            raise Problem(f"{path} is not a film: it is {_described(head)}", f"Known are {known}")
        declared = size
        if container in (MATROSKA, MP4):
            declared = _segment_end(file, size) if container == MATROSKA else _last_box_end(file, size, path)
    if size < declared * ENOUGH:
        raise Problem(
            f"{path} is incomplete: {size} of {declared} bytes are there ({size / declared:.0%})",
            COPY_AGAIN,
        )
    return container


def _described(head: bytes) -> str:
    if head.lstrip(b"\xef\xbb\xbf").startswith((b"#EXTM3U", b"ffconcat")):
        return "a playlist"
    if head.strip(b"\0") == b"":
        return "zeros, as of a download that has only been prepared"
    # Readable throughout, but for a letter that the end of the head cuts through.
    is_text = b"\0" not in head and len(head.decode("utf-8", errors="ignore").encode()) > len(head) - 4
    return "text" if is_text else "of a kind that is not known here"


def _segment_end(file: BinaryIO, size: int) -> int:
    """Where a Matroska file says it ends; its present size where it does not say."""

    def number(keep_marker: bool) -> tuple[int, bool]:
        first = file.read(1)
        if not first or not first[0]:
            return 0, True
        length = 9 - first[0].bit_length()
        value = int.from_bytes(first + file.read(length - 1), "big")
        rest = value & (1 << 7 * length) - 1
        return (value if keep_marker else rest), rest == (1 << 7 * length) - 1

    file.seek(0)
    for _ in range(MOST_BEFORE):
        if file.tell() >= size:
            break
        identity, _ = number(keep_marker=True)
        length, unknown = number(keep_marker=False)
        if unknown:
            return size
        if identity == 0x18538067:  # Segment
            return file.tell() + length
        file.seek(min(file.tell() + length, size))
    return size


def _last_box_end(file: BinaryIO, size: int, path: Path) -> int:
    """Where an MP4 file says its last box ends.

    Raises: Problem when it has no moov box, the index without which nothing can be played.
    """
    at, index = 0, False
    for _ in range(MOST_BOXES):
        if at >= size:
            break
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        index = index or head[4:8] == b"moov"
        if length < 8:  # 0: to the end of the file; else no box
            break
        at += length
    if not index:
        raise Problem(f"{path} is incomplete: its index (moov) is missing", "Finish the download")
    return max(at, size)


@contextmanager
def open_film(path: Path, container: Container) -> Iterator[InputContainer]:
    """The film opened by its own demuxer and no other; from files only.

    Raises: Problem when the demuxer cannot make sense of it, now or while it is read.
    """
    import av
    from av.error import FFmpegError

    whitelists = {"format_whitelist": container.demuxer, "protocol_whitelist": "file"}
    try:
        with av.open(
            f"file:{path}", format=container.demuxer, container_options=whitelists, metadata_errors="replace"
        ) as film:
            yield film
    except MemoryError:
        raise Problem(f"{path} takes more memory than a film may, or than is free", COPY_AGAIN) from None
    except FFmpegError as error:
        reason = f"it begins as {container.name} but cannot be read ({error.strerror})"
        raise Problem(f"{path} is damaged or incomplete: {reason}", COPY_AGAIN) from None


def stream_of(film: InputContainer, stream: Stream) -> av.stream.Stream:
    """The stream that media.json speaks of. Raises: Problem where the film has none such, and so is another by now."""
    found = next((each for each in film.streams if each.index == stream.index), None)
    if found is None or (found.type or "data") != stream.kind:
        raise Problem(f"{film.name.removeprefix('file:')} is not what it was when it was probed", "Copy the film again")
    return found


def flags(stream: av.stream.Stream) -> list[str]:
    """The names of a stream's dispositions: ["default", "comment"]."""
    return [flag.name for flag in type(stream.disposition) if flag in stream.disposition and flag.name]


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a still picture that goes with the film, such as its poster."""
    return stream.kind == "video" and "attached_pic" in stream.disposition


def copied(streams: Iterable[Stream]) -> list[Stream]:
    """The streams that mux takes into the new film as tracks: all but covers, which become
    attachments, attachments, and what Matroska cannot hold."""
    return [
        stream
        for stream in streams
        if stream.kind in ("video", "audio", "subtitle") and not is_cover(stream) and not is_left_out(stream)
    ]


def is_left_out(stream: Stream) -> bool:
    """Whether Matroska cannot hold the stream: time codes, broadcast data, some old subtitles."""
    if stream.kind == "subtitle":
        return stream.codec not in HELD | CONVERTED
    return stream.kind == "data"
