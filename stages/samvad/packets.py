"""What went into the new film, packet by packet: times, and a hash of each one's bytes.

While ffmpeg copies a film's streams into the new one, a second output of the same run (framehash, which is
streamhash packet by packet) tells what passed by, so that a large film is read once. MD5, since
ffmpeg's own SHA-256 takes twice the time of the copy (190 MB/s, MD5: 500); chance damages films, not malice.

Some bytes must change on their way into Matroska. Where ffmpeg puts a bitstream filter before the
muxer, the same filter stands before the hash. H.264 and HEVC of broadcasts are stored with lengths
in the place of start codes: there the units between them are compared, in a second reading.
"""

from __future__ import annotations

import hashlib
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samvad import containers
from samvad.containers import Container
from samvad.documents import Stream

if TYPE_CHECKING:
    import av.stream
    from av.packet import Packet

#: What Matroska's muxer puts before itself, by codec: ADTS headers away, hidden frames with their
#: visible ones, the segments of a picture together.
FILTERS = {"aac": "aac_adtstoasc", "vp9": "vp9_superframe", "hdmv_pgs_subtitle": "pgs_frame_merge"}
#: Codecs whose packets are rows of units, in broadcasts after start codes. The first byte of their
#: configuration is 1 where they have lengths instead.
UNITS = {"h264", "hevc", "vvc"}
LENGTHS = b"\x01"
#: ffmpeg's "no time".
NONE = -(1 << 63)


class Packets:
    """The packets of one stream, in order: when each is shown (seconds, NaN if it does not say) and its MD5."""

    def __init__(self) -> None:
        self.times = array("d")
        self.hashes = bytearray()
        #: When the last one ends, and how long it is.
        self.end = -math.inf
        self.last = 0.0

    def __len__(self) -> int:
        return len(self.times)

    def add(self, start: float, duration: float, digest: bytes) -> None:
        self.times.append(start)
        self.hashes += digest
        if not math.isnan(start) and start + duration > self.end:
            self.end, self.last = start + duration, duration

    def digest(self, number: int) -> bytes:
        return bytes(self.hashes[16 * number : 16 * number + 16])

    def whole(self) -> str:
        """One hash for all of them."""
        return hashlib.md5(self.hashes).hexdigest()


def tap(streams: Sequence[Stream], out: Path, filtered: bool) -> list[str]:
    """ffmpeg's arguments for an output that tells the packets of `streams` of its first input."""
    found = []
    for stream in streams:
        found += ["-map", f"0:{stream.index}"]
    found += ["-c", "copy", "-copyinkf", "-copy_unknown"]
    for number, stream in enumerate(streams):
        if filtered and stream.codec in FILTERS:
            found += [f"-bsf:{number}", FILTERS[stream.codec]]
    return [*found, "-f", "framehash", "-hash", "md5", f"file:{out}"]


def tapped(path: Path, count: int) -> list[Packets]:
    """What `tap` wrote of `count` streams; packets without a byte are none."""
    found = [Packets() for _ in range(count)]
    bases: dict[int, float] = {}
    with path.open(encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("#"):
                base = re.match(r"#tb (\d+): (\d+)/(\d+)", line)
                if base:
                    bases[int(base[1])] = int(base[2]) / int(base[3])
                continue
            number, decoding, shown, duration, size, digest, *_ = line.split(",")
            if int(size):
                time = next((int(each) for each in (shown, decoding) if int(each) != NONE), None)
                base_of = bases[int(number)]
                start = math.nan if time is None else time * base_of
                found[int(number)].add(start, int(duration) * base_of, bytes.fromhex(digest.strip()))
    return found


def time_of(packet: Packet[av.stream.Stream]) -> float:
    """When a packet is shown, in seconds; NaN if it does not say."""
    time = packet.dts if packet.pts is None else packet.pts
    return math.nan if time is None or packet.time_base is None else float(time * packet.time_base)


def zero_of(film: Path, container: Container) -> float:
    """Where a film begins on its own clock, in seconds."""
    with containers.open_film(film, container) as opened:
        return (opened.start_time or 0) / 1e6


def first_time(film: Path, container: Container, index: int) -> float | None:
    """When the first packet of a stream is shown, on the film's own clock."""
    with containers.open_film(film, container) as opened:
        packet = next((each for each in opened.demux(opened.streams[index]) if each.size), None)
        return None if packet is None else time_of(packet)


# --- H.264 and HEVC ---------------------------------------------------------------------------------


def has_start_codes(stream: av.stream.Stream, codec: str) -> bool:
    return codec in UNITS and not bytes(stream.codec_context.extradata or b"").startswith(LENGTHS)


def by_start_codes(data: bytes) -> Iterator[bytes]:
    """The units of a packet; zeros after one belong to the next start code.

    >>> list(by_start_codes(bytes.fromhex("00000001 6742 000001 68ce00 000001 65")))
    [b'gB', b'h\\xce', b'e']
    """
    return (unit for unit in (part.rstrip(b"\0") for part in data.split(b"\0\0\1")) if unit)


def by_lengths(data: bytes, length: int = 4) -> Iterator[bytes]:
    """
    >>> list(by_lengths(bytes.fromhex("00000002 6742 00000001 65")))
    [b'gB', b'e']
    """
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + length], "big")
        yield data[at + length : at + length + size].rstrip(b"\0")
        at += length + size


def digest_of(units: Iterable[bytes]) -> bytes:
    digest = hashlib.md5()
    for unit in units:
        if unit:
            digest.update(len(unit).to_bytes(4, "big") + unit)
    return digest.digest()


def with_start_codes(film: Path, container: Container, streams: Sequence[Stream]) -> dict[int, bytearray]:
    """Of those of `streams` that have start codes: the hash of each packet's units, by the stream's number."""
    with containers.open_film(film, container) as source:
        chosen = [each.index for each in streams if has_start_codes(source.streams[each.index], each.codec)]
        found = {index: bytearray() for index in chosen}
        if chosen:
            for packet in source.demux([source.streams[index] for index in chosen]):
                if packet.size:
                    found[packet.stream.index] += digest_of(by_start_codes(bytes(packet)))
        return found
