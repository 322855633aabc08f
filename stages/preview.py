"""Shows one frame of a film with its subtitle, as burn would draw it, to judge letters, size and place by eye.

In: the film, its media.json, an ASS file and its language, and a moment. Out: a PNG named after the moment in the
folder `--out`, in the shape that a screen shows. Neither keyed nor recorded: each call makes it anew.

    envs/render/bin/python stages/preview.py --media media/film.mkv --info out/film/media.json \\
        --subtitle out/film/en.ass --language en --at 00:12:30 --out out/film/preview

The frame is the one on the screen at that moment; where a cue begins, the first that shows it.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from samvad import apart, burnin, containers, documents, ffmpeg, limits, stage
from samvad.burnin import Picture
from samvad.containers import Container
from samvad.documents import Media
from samvad.problem import Problem
from samvad.progress import clock

MOMENT = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:[.,]\d{1,6})?)")
#: Cues have their times to the millisecond, frames more exactly.
ROUNDED = 0.001
#: Seconds by which a seek in a broadcast may miss.
NEAR = 15.0


def seconds(moment: str) -> float:
    """A moment as a person writes it. Raises: Problem for anything else.

    >>> seconds("00:12:30.5"), seconds("12:30"), seconds("750")
    (750.5, 750.0, 750.0)
    """
    found = MOMENT.fullmatch(moment.strip())
    if not found:
        written = "".join(letter if letter.isprintable() else "?" for letter in moment)[:40]
        raise Problem(f"'{written}' is no moment of a film", "Type it so: AT=00:12:30.500")
    hours, minutes, rest = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest.replace(",", "."))


def name_of(at: float) -> str:
    """
    >>> name_of(750.5)
    '00.12.30.500.png'
    """
    whole, thousandths = divmod(round(at * 1000), 1000)
    return f"{whole // 3600:02}.{whole // 60 % 60:02}.{whole % 60:02}.{thousandths:03}.png"


def frame_at(film: Path, container: Container, picture: Picture, at: float) -> tuple[float, float]:
    """When the frame that is shown at a moment begins: in seconds of the film, and of the file's own clock."""
    with containers.open_film(film, container) as opened:
        zero = (opened.start_time or 0) / 1e6
        if (start := begin_at(container, at)) > 0:
            opened.seek(int((zero + start) * 1e6))
        before, after = None, None
        limits.beat()
        for packet in opened.demux(opened.streams[picture.stream]):
            if packet.pts is None or not packet.size:
                continue
            time = float(packet.pts * packet.time_base)
            if time - zero <= at + ROUNDED:
                before = time if before is None else max(before, time)
            else:
                after = time if after is None else min(after, time)
            # A frame is decoded before it is shown: what follows here is shown later still.
            if packet.dts is not None and float(packet.dts * packet.time_base) - zero > at + ROUNDED:
                break
        shown = before if before is not None else after
        if shown is None:
            raise Problem("no frame can be read there", containers.COPY_AGAIN)
        return shown - zero, shown


def begin_at(container: Container, moment: float) -> float:
    """Where to seek for a moment: one arrives at a whole frame before it, but in a broadcast anywhere near."""
    return max(0.0, moment - (NEAR if container.broadcast else 1.0))


def arguments(
    film: Path, container: Container, picture: Picture, at: float, folder: Path, shown: tuple[float, float], out: Path
) -> list[str]:
    """ffmpeg's arguments: the file's own clock leads to the frame, the film's to its subtitle."""
    begins, stamp = shown
    start = begin_at(container, begins)
    seek = ("-ss", f"{start:.6f}", "-noaccurate_seek") if start else ()
    wide = f"scale={round(picture.width * picture.pixel)}:ih,setsar=1" if picture.pixel != 1 else "null"
    guessed = f"setparams=colorspace={picture.matrix}" if picture.matrix and not picture.hdr else "null"
    parts = (
        f"select=gte(t\\,{stamp - ROUNDED / 2:.6f})",
        f"setpts={max(begins, at):.6f}/TB",
        burnin.filters(picture, folder),
        f"{guessed},{wide},format=rgb24",
    )
    return [
        *("-copyts", *seek, *ffmpeg.film_input(film, container), "-map", f"0:{picture.stream}"),
        *("-vf", ",".join(parts), "-frames:v", "1", "-update", "1", "-c:v", "png", "-f", "image2", f"file:{out}"),
    ]


def preview(film: Path, media: Media, subtitle: Path, language: str, at: float, run: stage.Run) -> None:
    """Raises: Problem when there is no picture, nothing to show, or no such moment."""
    container = containers.check(film)
    picture = burnin.picture_of(film, container, media)
    if at > media.duration:
        raise Problem(f"the film ends at {clock(media.duration)}")
    shown = frame_at(film, container, picture, at)
    with burnin.prepared(subtitle, language, run) as folder:
        given = arguments(film, container, picture, at, folder, shown, run.scratch)
        ffmpeg.execute(run, given, media.duration, room=limits.FRAME, pace=limits.ENCODING)
    if not run.scratch.exists():
        raise Problem("no frame can be read there", containers.COPY_AGAIN)
    run.scratch.replace(run.target)
    run.say(f"samvad: {run.target}")


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@click.option("--subtitle", type=click.Path(path_type=Path), required=True, help="out/film/en.ass")
@click.option("--language", required=True, help="Its language, which says the script.")
@click.option("--at", default="", help="00:12:30.500, or seconds.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder for the picture.")
def main(media: Path, info: Path, subtitle: Path, language: str, at: str, out: Path) -> None:
    """Writes a PNG of one moment of the film with its subtitle."""
    film = out.parent.name
    log = out.parent / "log" / "preview.log"
    with stage.reported("preview", film, log) as terminal:
        moment = seconds(at)
        out.mkdir(parents=True, exist_ok=True)
        run = stage.Run("preview", out / name_of(moment), terminal, log)
        run.film = film
        try:
            apart.work(run, lambda run: preview(media, documents.read(info, Media), subtitle, language, moment, run))
        finally:
            run.scratch.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
