"""Finds where one shot of the picture gives way to the next.

In:  the film and its media.json. Out: shots.json (samvad.shots/1).

    envs/shots/bin/python stages/shots.py --media media/film.mkv --info out/film/media.json --out out/film/shots.json

A cut's time is that at which the first frame of the new shot is shown, by the film's own time stamps, whatever its
frame rate. Damaged frames are passed over and counted. A film without a picture has no cuts, nor has one whose picture
cannot be decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from samvad import containers, cores, documents, ffmpeg, stage
from samvad.documents import Media, Shots, Stream

if TYPE_CHECKING:
    import av.stream
    from av import VideoFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from samvad.shot_detection import Frame, Image

DETECTOR = "pyscenedetect adaptive"
#: Seconds by which a broadcast's clock falls back when it has been set anew, and is not merely inexact (ffmpeg's own).
FALL = 0.1


def picture_of(media: Media) -> Stream | None:
    """The first video stream that is no cover."""
    pictures = (stream for stream in media.streams if stream.kind == "video" and not containers.is_cover(stream))
    return next(pictures, None)


class Clock:
    """The time stamps of a broadcast, made to run on where its clock was set anew: as ffmpeg does when it copies the
    same streams into the film with subtitles.

    >>> clock = Clock()
    >>> [clock.offset(0, time, 1.0) for time in (50.0, 51.0, 25.0, 26.0)]
    [0.0, 0.0, 27.0, 27.0]
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._seen: dict[int, tuple[float, float]] = {}
        self._last: float | None = None

    def offset(self, stream: int, time: float, duration: float) -> float:
        """What is to be added to the times of a packet of sound or picture, from its decoding time; in seconds."""
        time += self._offset
        if stream in self._seen:
            before, expected = self._seen[stream]
            leaps = abs(time - expected) > ffmpeg.GAP or time + FALL < before
        else:
            expected = time if self._last is None else self._last
            leaps = abs(time - expected) > ffmpeg.GAP
        if leaps:
            self._offset += expected - time
            time = expected
        self._seen[stream] = (time, time + duration)
        self._last = time
        return self._offset


class Picture:
    """The frames of a film's picture, and how many of them there were."""

    def __init__(self, film: InputContainer, container: containers.Container, media: Media, stream: Stream) -> None:
        self._film = film
        self._stream = cast("VideoStream", containers.stream_of(film, stream))
        self._copied = [containers.stream_of(film, each) for each in containers.copied(media.streams)]
        self._clock = Clock() if container.broadcast else None
        self.zero = (film.start_time or 0) / 1e6
        if self._clock:  # its zero is that of the streams that are copied (see demux)
            starts = (seconds(each.start_time, each) for each in self._copied if each.start_time is not None)
            self.zero = min(starts, default=self.zero)
        self.frames = self.damaged = 0

    def shown(self) -> Iterator[Frame]:
        """Every frame that can be decoded, in the order of showing: small, with its time in the film."""
        from samvad.shot_detection import Frame

        step = 1 / float(self._stream.guessed_rate or 25)
        time, size = -step, (0, 0)
        for frame in self._decoded():
            stamp = frame.dts if frame.pts is None else frame.pts
            # Some frames of an AVI have no time: each follows the one before.
            time = time + step if stamp is None else seconds(stamp, self._stream) - self.zero
            # Frames of one size, even where the stream changes its own.
            size = size if self.frames else fitted(frame.width, frame.height)
            self.frames += 1
            yield Frame(time, small(frame, *size))

    def _decoded(self) -> Iterator[VideoFrame]:
        from av.error import FFmpegError

        context = self._stream.codec_context
        context.thread_type, context.thread_count = "AUTO", cores.share()
        for packet in self._packets():
            try:
                frames = self._stream.decode(packet)
            except FFmpegError as error:
                self.damaged += 1
                if self.damaged <= ffmpeg.MOST_SAID:
                    print(f"a packet cannot be decoded: {error.strerror}")
                continue
            self.damaged += sum(frame.is_corrupt for frame in frames)
            yield from frames

    def _packets(self) -> Iterator[Packet[Any] | None]:
        """The picture's packets as far as the film can be read, with times that run on; None at the end."""
        from av.error import FFmpegError

        try:
            for packet in self._film.demux(self._copied if self._clock else [self._stream]):
                if self._clock and packet.dts is not None and packet.stream.type in ("video", "audio"):
                    each = packet.stream
                    times = seconds(packet.dts, each), seconds(packet.duration or 0, each)
                    moved = round(self._clock.offset(each.index, *times) / seconds(1, each))
                    packet.dts += moved
                    packet.pts = None if packet.pts is None else packet.pts + moved
                if packet.stream.index == self._stream.index and packet.size:
                    yield packet
        except FFmpegError as error:
            print(f"the film cannot be read further: {error.strerror}")
            self.damaged += 1
        yield None


def seconds(ticks: int, stream: av.stream.Stream) -> float:
    return float(ticks * (stream.time_base or 0))


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size that a picture is made, in pixels.

    >>> fitted(1920, 1080), fitted(160, 120)
    ((192, 108), (160, 120))
    """
    from samvad.shot_detection import SIZE

    scale = min(1.0, SIZE / max(width, height))
    return max(2, round(width * scale)), max(2, round(height * scale))


def small(frame: VideoFrame, width: int, height: int) -> Image:
    # Averages over the area: picked pixels would differ from frame to frame by their grain.
    reformatted = frame.reformat(width=width, height=height, format="bgr24", interpolation="AREA")
    return cast("Image", reformatted.to_ndarray())


def work(run: stage.Run, film: Path, media: Media) -> Shots:
    """Raises: Problem when the film is none of the known containers."""
    stream = picture_of(media)
    if stream is None:
        return Shots(media.duration, "none", [])
    container = containers.check(film)
    with containers.open_film(film, container) as opened, run.progress(media.duration) as progress:
        if containers.stream_of(opened, stream).codec_context is None:
            run.say(f"  the picture ({stream.codec}) cannot be decoded: no shot changes")
            return Shots(media.duration, "none", [])
        from samvad.shot_detection import cuts

        picture = Picture(opened, container, media, stream)
        found: list[float] = []

        def told() -> Iterator[Frame]:
            for frame in picture.shown():
                progress.reach(frame.time)
                yield frame

        for cut in cuts(told()):
            if cut > (found[-1] if found else 0.0):
                found.append(cut)
    run.facts["picture"] = {"stream": stream.index, "frames": picture.frames, "damaged": picture.damaged}
    run.facts["cuts"] = len(found)
    if picture.damaged:
        run.say(f"  damaged in {picture.damaged} places: shot changes there may be missing")
    return Shots(media.duration, DETECTOR, found)


@click.command()
@stage.options
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json.")
def main(out: Path, stamp: Path | None, media: Path, info: Path) -> None:
    """Finds where one shot of the picture gives way to the next."""
    stage.run("shots", out, stamp, lambda run: work(run, media, documents.read(info, Media)), opens_film=True)


if __name__ == "__main__":
    main()
