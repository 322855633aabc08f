"""Puts the film and its new subtitles together in one Matroska file.

In: the film, its media.json, one SubRip file and what qc says of it for each language. Out: final.mkv,
with every stream of the film that Matroska can hold as it was (codec, bytes, chapters, tags,
attachments) and a new subtitle track for each file. MP4's own text subtitles become SubRip on the way.

    envs/common/bin/python stages/mux.py --media media/film.mkv --info out/film/media.json \\
        --subtitle hi=out/film/hi.srt --qc out/film/hi.qc.json --subtitle en=out/film/en.srt \\
        --qc out/film/en.qc.json --default en --out out/film/final.mkv

Subtitles that qc refuses end the stage with their faults (--gate warn: they are named, and shown).
Exactly one subtitle is the default, the new one that is asked for first; the film's own defaults
among subtitles are lifted. A file without cues (nobody speaks) gives no track, and a line says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import containers, documents, ffmpeg, gate, languages, stage
from samvad.documents import Imported, Media, Stream, Transcript, Translation
from samvad.problem import Problem
from samvad.readback import Track, disposition, read_back
from samvad.review import closing as for_review

if TYPE_CHECKING:
    import srt

#: Share of the film's size that the new one may need beyond it: subtitles, and another container.
ROOM = 1.05


def tracks(subtitles: Sequence[tuple[str, Path]], wanted: Sequence[str], suffix: str) -> tuple[list[Track], list[str]]:
    """The new tracks, and the languages whose file has no cue. The default is the first of
    `wanted` that has cues, else the first track.

    Raises: Problem for an unknown language, or a file that is missing or no SubRip.
    """
    found = {code: (path, read_cues(path)) for code, path in subtitles}
    spoken = [code for code, (_, cues) in found.items() if cues]
    default = next((code for code in (*wanted, *spoken) if code in spoken), None)
    made = []
    for code in spoken:
        name = languages.language(code).name
        made.append(Track(code, *found[code], f"{name} ({suffix})" if suffix else name, code == default))
    return made, [code for code in found if code not in spoken]


def read_cues(path: Path) -> list[srt.Subtitle]:
    """The cues of a SubRip file. Raises: Problem when there is no such file or it is none."""
    import srt

    try:
        return [cue for cue in srt.parse(path.read_text(encoding="utf-8-sig")) if cue.content.strip()]
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    except (srt.SRTParseError, ValueError) as error:
        raise Problem(f"{path} is not a SubRip file: {error}", f"Remove it and type: make {path}") from None


def arguments(
    film: Path,
    container: containers.Container,
    media: Media,
    new: Sequence[Track],
    covers: Sequence[Path],
    out: Path,
) -> list[str]:
    """ffmpeg's arguments: the film's tracks in their order, the new ones, the attachments."""
    copied = containers.copied(media.streams)
    attached = [stream for stream in media.streams if stream.kind == "attachment"]
    pictures = [stream for stream in media.streams if containers.is_cover(stream)]
    found = ffmpeg.film_input(film, container)
    for track in new:
        found += ffmpeg.subtitle_input(track.path)
    for stream in copied:
        found += ["-map", f"0:{stream.index}"]
    for number in range(1, len(new) + 1):
        found += ["-map", f"{number}:0"]
    for stream in attached:
        found += ["-map", f"0:{stream.index}"]
    found += ["-map_metadata", "0", "-map_chapters", "0", "-c", "copy"]
    title = None if media.title else imported_title(film)
    if title:
        found += ["-metadata", f"title={title}"]
    for number, stream in enumerate(copied):
        if stream.codec in containers.CONVERTED:
            found += [f"-c:{number}", "srt"]
        found += [f"-disposition:{number}", "+".join(disposition(stream, new)) or "0"]
    for number, track in enumerate(new, len(copied)):
        found += [f"-metadata:s:{number}", f"language={languages.language(track.code).iso639_2}"]
        found += [f"-metadata:s:{number}", f"title={track.title}"]
        found += [f"-disposition:{number}", "default" if track.default else "0"]
    for number, (cover, stream) in enumerate(zip(covers, pictures, strict=True), len(attached)):
        kind, name = cover_type(stream)
        found += ["-attach", f"file:{cover}", f"-metadata:s:t:{number}", f"mimetype={kind}"]
        found += [f"-metadata:s:t:{number}", f"filename={name}"]
    return [*found, *ffmpeg.BIT_EXACT, "-f", "matroska", f"file:{out}"]


def imported_title(film: Path) -> str | None:
    """The title that the film was imported by: its file's name, before `make import` gave it a plain one."""
    path = film.with_suffix(".json")
    return documents.read(path, Imported).title if path.exists() else None


def cover_type(stream: Stream) -> tuple[str, str]:
    """The MIME type and the name of a cover as an attachment (Matroska's own name for it: cover.*)."""
    suffix = "jpg" if stream.codec == "mjpeg" else stream.codec
    return f"image/{stream.codec.replace('mjpeg', 'jpeg')}", stream.title or f"cover.{suffix}"


def mux(film: Path, media: Media, new: list[Track], run: stage.Run) -> Path:
    """Raises: Problem when there is no room, ffmpeg fails, or what it wrote is not what was asked."""
    container = containers.check(film)
    ffmpeg.need_room(run.target, film.stat().st_size * ROOM)
    left_out = [stream for stream in media.streams if containers.is_left_out(stream)]
    if left_out:
        names = ", ".join(f"{stream.index} ({stream.kind} {stream.codec})" for stream in left_out)
        run.say(f"  Matroska cannot hold stream {names}: left out")
    covers = extract_covers(film, container, media, run)
    ffmpeg.execute(run, arguments(film, container, media, new, covers, run.scratch), media.duration)
    read_back(run.scratch, media, new, run)
    run.facts["subtitles"] = {
        track.code: {"title": track.title, "cues": len(track.cues), "default": track.default} for track in new
    }
    run.facts["left_out"] = [f"{stream.index} {stream.codec}" for stream in left_out]
    return run.scratch


def extract_covers(film: Path, container: containers.Container, media: Media, run: stage.Run) -> list[Path]:
    """The film's still pictures as files: copied as streams they would become video tracks, and
    one without times moves the whole film."""
    pictures = [stream.index for stream in media.streams if containers.is_cover(stream)]
    found: dict[int, Path] = {}
    if pictures:
        with containers.open_film(film, container) as source:
            for packet in source.demux([source.streams[index] for index in pictures]):
                index = packet.stream.index
                if packet.size and index not in found:
                    found[index] = run.scratch.with_name(f"{run.scratch.name}.cover{index}")
                    found[index].write_bytes(bytes(packet))
                if len(found) == len(pictures):
                    break
    return [found[index] for index in pictures]


def made_with(transcript: Transcript, translations: Sequence[Translation]) -> dict[str, str]:
    """What each part of the result was made with, for people: {"Hindi": "whisperx base", …}."""
    heard = transcript.models.get("asr", "an unknown recogniser")
    found = {languages.language(transcript.language).name: heard}
    for translation in translations:
        name = languages.language(translation.target).name
        found[name] = translation.models.get("translation", "an unknown translator")
    return found


def pair(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, Path]]:
    """`hi=out/film/hi.srt` as language and path."""
    found = []
    for value in values:
        code, equals, path = value.partition("=")
        if not (code and equals and path):
            raise click.BadParameter(f"'{value}' is not LANGUAGE=FILE")
        found.append((code, Path(path)))
    return found


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@click.option("--subtitle", "subtitles", multiple=True, callback=pair, help="hi=out/film/hi.srt")
@click.option("--default", "wanted", multiple=True, help="What is shown unasked: the first with cues.")
@click.option("--title-suffix", default="auto", help="What the track's name says beside the language.")
@click.option("--transcript", type=click.Path(path_type=Path), required=True, help="Says which models heard the film.")
@click.option(
    "--translation",
    "translations",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Says which translated, and what is marked for review: en.revised.json",
)
@click.option("--qc", "reports", multiple=True, type=click.Path(path_type=Path), help="out/film/en.qc.json")
@click.option("--gate", "at_gate", type=click.Choice(["refuse", "warn"]), default="refuse", show_default=True)
@click.option("--closing", default="", help="What to say of the quality at the end.")
@stage.options
def main(
    media: Path, info: Path, subtitles: list[tuple[str, Path]], wanted: tuple[str, ...], title_suffix: str,
    transcript: Path, translations: tuple[Path, ...], reports: tuple[Path, ...], at_gate: gate.Gate, closing: str,
    out: Path, stamp: Path | None,
) -> None:  # fmt: skip
    """Writes final.mkv: the film as it was, with the new subtitles as its own tracks."""

    def work(run: stage.Run) -> Path:
        run.facts["qc"] = gate.facts(reports)
        let_through = gate.passed(reports, out, at_gate)
        translated = [documents.read(path, Translation) for path in translations]
        made_by = made_with(documents.read(transcript, Transcript), translated)
        run.facts["models"] = made_by
        new, silent = tracks(subtitles, wanted, title_suffix)
        for code in silent:
            run.say(f"  no {languages.language(code).name} subtitles: {dict(subtitles)[code]} has no cues")
        marked = [line for one in translated for line in for_review(one, run.film)]
        run.closing = "".join(f"{line}\n" for line in [*marked, *let_through])
        run.closing += f"samvad: {out}: " + ", ".join(f"{what} by {who}" for what, who in made_by.items())
        run.closing += f". {closing}" if closing else ""
        return mux(media, documents.read(info, Media), new, run)

    stage.run("mux", out, stamp, work)


if __name__ == "__main__":
    main()
