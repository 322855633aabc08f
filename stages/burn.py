"""Burns subtitles into the picture: a film for players that show no subtitles, or break the letters of a script.

In: the film, its media.json, an ASS file and its language. Out: burned.mp4, H.264 with every audio stream; streams that
MP4 players know are copied, the others become AAC. The fonts are the environment's own (samvad/fonts.py).

    envs/render/bin/python stages/burn.py --media media/film.mkv --info out/film/media.json \\
        --subtitle out/film/en.ass --language en --out out/film/burned.mp4

The encoder of the graphics card or the chip does it where a trial shows that it works, else x264; `--device cpu` means
x264. High dynamic range becomes standard range: the letters would be as bright as the sun.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click

from samvad import burnin, containers, documents, ffmpeg, limits, stage
from samvad.burnin import Picture
from samvad.containers import Container
from samvad.documents import Media, Stream
from samvad.problem import Problem

#: Audio that MP4 holds and its players play.
COPIED = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}
#: Bits per second of AAC: a stereo stream, and each channel of more.
STEREO, CHANNEL = 192_000, 64_000
#: Seconds that a stream may end before it should.
SHORT = 1.0


class Encoder(NamedTuple):
    """ffmpeg's name, its options, and what must come before the input and after the filters."""

    name: str
    options: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: str = "format=yuv420p"


X264 = Encoder("libx264", ("-crf", "18", "-preset", "medium"))
#: By platform, the first choice first. Their scales differ; each value is about as good as x264's 18.
HARDWARE = {
    "darwin": [Encoder("h264_videotoolbox", ("-q:v", "65"))],
    "linux": [
        Encoder("h264_nvenc", ("-preset", "p5", "-rc", "vbr", "-cq", "19", "-b:v", "0")),
        Encoder(
            "h264_vaapi", ("-qp", "19"), ("-vaapi_device", "/dev/dri/renderD128"), "format=nv12,hwupload"
        ),
    ],
}  # fmt: skip


def encoder(picture: Picture, device: str) -> Encoder:
    """The first encoder that makes a few frames of the film's size."""
    found = [] if device == "cpu" else HARDWARE.get(sys.platform, [])
    return next((each for each in found if works(each, picture)), X264)


def works(tried: Encoder, picture: Picture) -> bool:
    """Whether an encoder makes a few frames here: that ffmpeg knows it says nothing about this machine."""
    size = f"{picture.width // 2 * 2}x{picture.height // 2 * 2}"
    command = [
        *(str(ffmpeg.program()), "-nostdin", "-hide_banner", "-v", "error", *tried.before),
        *("-f", "lavfi", "-i", f"color=size={size}:rate=25", "-frames:v", "5", "-vf", tried.after),
        *("-c:v", tried.name, *tried.options, "-f", "null", "-"),
    ]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return False
    print(tried.name, done.returncode, ffmpeg.telling(done.stderr.splitlines()), flush=True)
    return done.returncode == 0


def arguments(
    film: Path, container: Container, media: Media, picture: Picture, chosen: Encoder, folder: Path, out: Path
) -> list[str]:
    """ffmpeg's arguments: the picture with its subtitles, then the sound, with tags and chapters."""
    found = [*chosen.before, *ffmpeg.film_input(film, container), "-map", f"0:{picture.stream}"]
    sound = sounds(media)
    for stream in sound:
        found += ["-map", f"0:{stream.index}"]
    found += ["-vf", f"{burnin.filters(picture, folder)},{chosen.after}", "-c:v", chosen.name, *chosen.options]
    # Frames keep their own times: films of a varying rate too.
    found += ["-fps_mode", "vfr", "-enc_time_base:v", "demux"]
    for number, stream in enumerate(sound):
        found += [f"-c:a:{number}", "copy" if stream.codec in COPIED else "aac"]
        if stream.codec not in COPIED:
            channels = stream.channels or 2
            found += [f"-b:a:{number}", str(STEREO if channels <= 2 else CHANNEL * channels)]
    found += ["-map_metadata", "0", "-map_chapters", "0", "-movflags", "+faststart"]
    found += [*ffmpeg.BIT_EXACT, "-f", "mp4", f"file:{out}"]
    if container.broadcast:  # the same zero as demux's: all that mux copies is read
        for stream in containers.copied(media.streams):
            found += ["-map", f"0:{stream.index}"]
        found += ["-c", "copy", "-f", "null", "-"]
    return found


def sounds(media: Media) -> list[Stream]:
    return [stream for stream in media.streams if stream.kind == "audio"]


def burn(film: Path, media: Media, subtitle: Path, language: str, device: str, run: stage.Run) -> Path:
    """Raises: Problem when there is no picture, no room, nothing to show, or the result is not whole."""
    container = containers.check(film)
    picture = burnin.picture_of(film, container, media)
    ffmpeg.need_room(run.target, film.stat().st_size)
    chosen = encoder(picture, device)
    converted = [f"{stream.index} ({stream.codec})" for stream in sounds(media) if stream.codec not in COPIED]
    run.say(f"  {language} into the picture by {chosen.name}{', in standard range' if picture.hdr else ''}")
    if converted:
        run.say(f"  MP4 players do not know the sound of stream {', '.join(converted)}: made AAC")
    run.facts["encoder"] = chosen.name
    with burnin.prepared(subtitle, language, run) as folder:
        given = arguments(film, container, media, picture, chosen, folder, run.scratch)
        try:
            ffmpeg.execute(
                run,
                given,
                media.duration,
                room=film.stat().st_size + min(media.duration, limits.LONGEST) * limits.PICTURE,
                pace=limits.ENCODING,
                # An encoder for 8K takes 17 GB with 24 threads; how large the picture is, is known by now.
                memory=limits.machine_memory(),
            )
        except Problem as problem:
            raise Problem(str(problem), "DEVICE=cpu does it without the graphics card" * (chosen != X264)) from None
    check(run.scratch, media, picture)
    return run.scratch


def check(path: Path, media: Media, picture: Picture) -> None:
    """Raises: Problem when a stream of the new film is missing, another, or ends too early."""
    wanted = [media.streams[picture.stream], *sounds(media)]
    codecs = ["h264", *(each.codec if each.codec in COPIED else "aac" for each in wanted[1:])]
    with containers.open_film(path, containers.MP4) as film:
        there = [stream for stream in film.streams if stream.type in ("video", "audio")]
        if (found := [stream.codec_context.codec.canonical_name for stream in there]) != codecs:
            raise Problem(f"the new film has {' '.join(found)} instead of {' '.join(codecs)}")
        for stream, source in zip(there, wanted, strict=True):
            length = min(media.duration - source.start, source.duration or media.duration)
            end = float((stream.duration or 0) * (stream.time_base or 0))
            if end < length - SHORT:
                raise Problem(f"stream {stream.index} of the new film ends at {end:.1f} of {length:.1f} s")


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@click.option("--subtitle", type=click.Path(path_type=Path), required=True, help="out/film/en.ass")
@click.option("--language", required=True, help="Its language, which says the script.")
@click.option("--device", default="", help="cpu: never the encoder of the graphics card.")
@stage.options
def main(
    media: Path, info: Path, subtitle: Path, language: str, device: str, out: Path, stamp: Path | None
) -> None:  # fmt: skip
    """Writes burned.mp4: the film with its subtitles in the picture."""

    def work(run: stage.Run) -> Path:
        return burn(media, documents.read(info, Media), subtitle, language, device, run)

    stage.run("burn", out, stamp, work, opens_film=True)


if __name__ == "__main__":
    main()
