"""Reading the new film back, as a player would: is everything in it that was put in?

Every packet of every copied stream is held against what ffmpeg read (see packets): its bytes, and its time.
Then the new subtitles against their files, and what readback_head compares. The first difference ends the
stage: the film and an older result stay as they are, the refused one goes, since the same command makes it again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samvad import containers, mov_text, packets, readback_head, stage
from samvad.containers import MATROSKA, MP4, Container
from samvad.documents import Media, Stream
from samvad.packets import Packets
from samvad.problem import Problem
from samvad.progress import clock
from samvad.subtitle_tracks import Track

if TYPE_CHECKING:
    import av.stream
    from av.container import InputContainer
    from av.packet import Packet

#: Seconds by which a copied stream may seem to move: containers count an encoder's start-up differently.
MOVED = 0.1
#: Seconds by which one packet may be away from the others: Matroska counts milliseconds.
ROUNDED = 0.0025

#: Cues as they were read back: start and end in milliseconds, text.
Cues = list[tuple[int, int, str]]


class Copy:
    """A stream of the film as it comes back, packet by packet, against what was read of it."""

    def __init__(self, number: int, stream: Stream, source: Packets, units: bytearray | None = None) -> None:
        self.name = f"track {number} of the new film (the film's stream {stream.index}, {stream.kind} {stream.codec})"
        self.stream = stream
        self.source = source
        #: MP4's own text is SubRip now: its bytes must differ.
        self.is_converted = stream.codec in containers.CONVERTED
        #: The hash of each packet's units, where they are stored otherwise now.
        self.units = units
        self.seen = 0
        #: Between these the packets are later than they were, in seconds.
        self.least, self.most = math.inf, -math.inf
        #: When the last one ends, and how long it is.
        self.end, self.last = -math.inf, 0.0

    def see(self, packet: Packet[av.stream.Stream]) -> None:
        """Raises: Problem where this is not the packet that belongs here."""
        number, time = self.seen, packets.time_of(packet)
        self.seen += 1
        if number >= len(self.source):
            return
        if not self.is_converted and self._digest(packet) != self._expected(number):
            raise Problem(f"{self.name}: packet {number + 1} at {clock(max(0, time))} is not the same bytes")
        late = time - self.source.times[number]
        if not math.isnan(late):
            self.least, self.most = min(self.least, late), max(self.most, late)
            duration = float((packet.duration or 0) * packet.time_base)
            if time + duration > self.end:
                self.end, self.last = time + duration, duration

    def _digest(self, packet: Packet[av.stream.Stream]) -> bytes:
        if self.units is not None:
            return packets.digest_of(packets.by_lengths(bytes(packet)))
        return hashlib.md5(packet).digest()

    def _expected(self, number: int) -> bytes:
        return self.source.digest(number) if self.units is None else bytes(self.units[16 * number : 16 * number + 16])

    def check(self, shift: float) -> None:
        """Raises: Problem where packets are missing, or away from where the rest of the film went."""
        if self.seen != len(self.source):
            raise Problem(f"{self.name}: {self.seen} packets instead of {len(self.source)}")
        worst = max((self.least, self.most), key=lambda late: abs(late - shift))
        if self.seen and math.isfinite(worst) and abs(worst - shift) > ROUNDED:
            raise Problem(f"{self.name}: a packet is {worst - shift:+.3f} s away from where it belongs")
        late = self.end - self.source.end
        # Not every container says how long its last packet is.
        if math.isfinite(late) and abs(late - shift) > max(self.last, self.source.last) + ROUNDED:
            raise Problem(f"{self.name}: it ends at {self.end:.3f} s instead of {self.source.end + shift:.3f} s")

    def facts(self) -> dict[str, object]:
        how = "times" if self.is_converted else "bytes" if self.units is None else "units"
        return {"stream": self.stream.index, "packets": self.seen, "md5": self.source.whole(), "compared": how}


def check_matroska(
    path: Path, film: Path, container: Container, media: Media, new: Sequence[Track], source: Sequence[Packets],
    run: stage.Run,
) -> list[dict[str, object]]:  # fmt: skip
    """Reads a new Matroska film from end to end. Returns what of it was compared, for the run record.

    Raises: Problem that names the first difference: a stream, packet, flag, name, cue, chapter, tag or attachment.
    """
    streams = containers.copied(media.streams)
    units = packets.with_start_codes(film, container, streams)
    found = [
        Copy(number, stream, spoken(each) if stream.codec in containers.CONVERTED else each, units.get(stream.index))
        for number, (stream, each) in enumerate(zip(streams, source, strict=True))
    ]
    expected = sum(not containers.is_left_out(stream) for stream in media.streams) + len(new)
    with containers.open_film(path, MATROSKA) as made:
        count(made, expected)
        lost = readback_head.check_matroska(made, path, film, container, media, new)
        cues = read(made, dict(enumerate(found)), range(len(streams), len(streams) + len(new)), media, run)
        shift = checked(found, film, container, media)
        readback_head.check_chapters(made, film, container, shift - packets.zero_of(film, container))
        length(made, found, new, shift)
    if abs(shift) > MOVED:
        run.say(f"  all of it is {shift:.3f} s later in Matroska, which has no times before zero")
    if lost:
        run.say(f"  Matroska has no place for these tags of {film.name}: {', '.join(lost)}")
        run.facts["not_kept"] = [*run.facts.get("not_kept", []), *(f"tag {key}" for key in lost)]
    for number, track in enumerate(new, len(streams)):
        check_cues(track, [(start, end, bytes(text).decode()) for start, end, text in cues[number]], shift)
    return [each.facts() for each in found]


def check_mp4(
    path: Path, film: Path, media: Media, new: Sequence[Track], source: dict[int, Packets], zero: float, run: stage.Run
) -> list[dict[str, object]]:
    """The same for an MP4 film. `source` is by the streams' numbers; `zero` is where the film begins on its clock."""
    with containers.open_film(path, MP4) as made, containers.open_film(film, MP4) as old:
        count(made, len(media.streams) + len(new))
        # The demuxer puts covers last; the new tracks stand before them.
        places = readback_head.places(old, made)
        found = {places[index]: Copy(places[index], media.streams[index], each) for index, each in source.items()}
        for each in found.values():
            each.is_converted = False
        fresh = sorted(set(range(len(made.streams))) - set(places.values()))
        readback_head.attachments(film, MP4, path, MP4)
        readback_head.check_mp4(made, old, media, new, places, fresh)
        cues = read(made, found, fresh, media, run)
        shift = checked(list(found.values()), film, MP4, media)
        if abs(shift - zero) > ROUNDED:
            raise Problem(f"all of the new film is {shift - zero:+.3f} s away from where it belongs")
        readback_head.check_chapters(made, film, MP4, 0.0)
    for number, track in zip(fresh, new, strict=True):
        shown = [(start, end, mov_text.text(data)) for start, end, data in cues[number]]
        check_cues(track, [cue for cue in shown if cue[2]], zero, mov_text.plain)
    return [each.facts() for each in found.values()]


def spoken(source: Packets) -> Packets:
    """The packets of MP4's own text that say something: the others fill the time between."""
    empty, found = hashlib.md5(mov_text.EMPTY).digest(), Packets()
    for number, time in enumerate(source.times):
        if source.digest(number) != empty:
            found.add(time, 0, source.digest(number))
    return found


def count(made: InputContainer, expected: int) -> None:
    if len(made.streams) != expected:
        raise Problem(f"the new film has {len(made.streams)} streams instead of {expected}")


def read(
    made: InputContainer, copies: dict[int, Copy], subtitles: Iterable[int], media: Media, run: stage.Run
) -> dict[int, list[tuple[int, int, bytes]]]:
    """Reads all packets: each copied one is looked at, those of the new subtitles are returned."""
    cues: dict[int, list[tuple[int, int, bytes]]] = {number: [] for number in subtitles}
    with run.progress(media.duration, "s of the new film read back") as progress:
        for packet in made.demux():
            if not packet.size:
                continue
            number, start = packet.stream.index, packets.time_of(packet)
            if number in copies:
                copies[number].see(packet)
            elif number in cues:
                end = start + float((packet.duration or 0) * packet.time_base)
                cues[number].append((round(start * 1000), round(end * 1000), bytes(packet)))
            if not math.isnan(start):
                progress.reach(start)
    return cues


def checked(copies: Sequence[Copy], film: Path, container: Container, media: Media) -> float:
    """Seconds by which all of the new film is later than ffmpeg gave it.

    Matroska has no times before zero, and no place for what a decoder throws away at the start of
    an MP3: there ffmpeg moves everything, sound and subtitles alike, by that much.
    """
    sound = next(each for each in copies if each.stream.index == media.audio.stream)
    shift = sound.least if math.isfinite(sound.least) else 0.0
    for each in copies:
        each.check(shift)
    first = packets.first_time(film, container, media.audio.stream)
    if first is not None and sound.seen:
        # The subtitles count from the film's zero, as the sound that was listened to did.
        moved = sound.source.times[0] - (first - packets.zero_of(film, container))
        if abs(moved) > MOVED:
            raise Problem(f"the new film's sound is {moved:+.3f} s away from where it belongs")
    return shift


def length(made: InputContainer, copies: Sequence[Copy], new: Sequence[Track], shift: float) -> None:
    """Raises: Problem where the new film does not say that it lasts as long as its streams, within a packet."""
    ends = [each.source.end + shift for each in copies if math.isfinite(each.source.end)]
    ends += [track.cues[-1].end.total_seconds() + shift for track in new]
    packet = max((each.last for each in copies), default=0.0)
    there = (made.duration or 0) / 1e6
    if abs(there - max(ends)) > MOVED + packet:
        raise Problem(f"the new film lasts {there:.3f} s instead of {max(ends):.3f} s")


def check_cues(track: Track, there: Cues, shift: float, shown: Callable[[str], str] = str.strip) -> None:
    """Raises: Problem where a cue is not in the new film, or says or lasts otherwise."""
    if len(there) != len(track.cues):
        raise Problem(f"{track.path}: {len(track.cues)} cues, but {len(there)} in the new film")
    for cue, (start, end, text) in zip(sorted(track.cues, key=lambda cue: cue.start), there, strict=True):
        times = (round((moment.total_seconds() + shift) * 1000) for moment in (cue.start, cue.end))
        same_times = all(abs(found - asked) <= 2 for found, asked in zip((start, end), times, strict=True))
        if shown(text) != shown(cue.content) or not same_times:
            raise Problem(f"{track.path}: cue {cue.index} is not the same in the new film")
