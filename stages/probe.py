"""Says what is in a film, which of its audio streams is listened to, and which subtitles it comes with.

In: a film, and the language spoken in it (or two) where that is known. Out: media.json (samvad.media/1).

    envs/common/bin/python stages/probe.py --media media/film.mkv --source hi --out out/film/media.json

The film's zero is the earliest moment of any stream, which is where players begin: every time in
media.json, and in all that follows from it, counts from there. `--track N` (from 0, among the
audio streams only, as they are listed) chooses an audio stream by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samvad import containers, existing, languages, limits, stage
from samvad.documents import AudioChoice, Chapter, Media, Stream
from samvad.existing import is_tagged
from samvad.problem import Problem, harmless
from samvad.progress import clock

if TYPE_CHECKING:
    import av.stream
    from av.container import InputContainer

#: Dispositions and titles of audio that is not the film's own dialogue.
SECONDARY = {"comment", "visual_impaired", "descriptions", "karaoke", "clean_effects", "non_diegetic"}
SECONDARY_TITLE = re.compile(
    r"comment(ary|aries)|descripti(ve|on)|described|visual(ly)? impaired|\bAD\b"
    r"|karaoke|music (and|&) effects|isolated score",
    re.IGNORECASE,
)
#: Streams that a line lists.
MOST_LISTED = 20
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def is_secondary(stream: Stream) -> bool:
    """Whether an audio stream is a commentary, a description or the like."""
    return bool(SECONDARY & set(stream.disposition) or SECONDARY_TITLE.search(stream.title or ""))


def choose(streams: list[Stream], source: str, track: str) -> AudioChoice:
    """The audio stream that is listened to, and what decided between it and the next best.

    `source` is one language or two ("hi en"), of which the first counts before the second.

    Raises: Problem when there is no audio, or no such track.
    """
    audio = [stream for stream in streams if stream.kind == "audio"]
    if not audio:
        raise Problem(f"the film has no audio stream; it has {listed(streams) or 'nothing at all'}")
    if track:
        numbers = [str(number) for number in range(len(audio))]
        if track not in numbers:
            raise Problem(
                f"there is no audio track {track}; the film has {listed(audio)}",
                f"TRACK= one of: {' '.join(numbers)}",
            )
        return AudioChoice(audio[int(track)].index, "asked for by TRACK")

    def merits(stream: Stream) -> dict[str, int]:
        return {
            "the others are commentaries, descriptions or the like": not is_secondary(stream),
            **{f"its language is {code}": is_tagged(stream.language, code) for code in source.split()},
            "the others are in another language": bool(source) and stream.language is None,
            "it is the default": "default" in stream.disposition,
            "it has the most channels": stream.channels or 0,
            "it comes first": -stream.index,
        }

    best, *others = sorted(audio, key=lambda stream: tuple(merits(stream).values()), reverse=True)
    if not others:
        return AudioChoice(best.index, "it is the only one")
    next_best = merits(others[0])
    return AudioChoice(best.index, next(why for why, worth in merits(best).items() if worth > next_best[why]))


def listed(streams: list[Stream]) -> str:
    """The streams as a person names them: `0: hin aac, stereo "Original"; …`."""
    told = [f"{number}: {described(stream)}" for number, stream in enumerate(streams[:MOST_LISTED])]
    return "; ".join(told) + (f"; and {len(streams) - MOST_LISTED} more" if len(streams) > MOST_LISTED else "")


def described(stream: Stream) -> str:
    parts = [stream.language, stream.kind if stream.kind != "audio" else None, stream.codec]
    parts += [LAYOUTS.get(stream.channels, f"{stream.channels} channels") if stream.channels else None]
    # Titles and tags are written by strangers.
    title = harmless(stream.title or "", 80)
    parts += [f'"{title}"' if title else None, *(flag for flag in stream.disposition if flag in SECONDARY)]
    return " ".join(harmless(part, 90) for part in parts if part)


def probe(path: Path, source: str, track: str, run: stage.Run) -> Media:
    """Raises: Problem when the film cannot be read, has no audio or not the track asked for."""
    for code in source.split():
        languages.language(code)
    container = containers.check(path)
    with containers.open_film(path, container) as film:
        zero = (film.start_time or 0) / 1e6
        if len(film.streams) >= containers.MOST_STREAMS:
            raise Problem(f"{path} has {containers.MOST_STREAMS} streams or more: no film has so many")
        streams = [stream_of(stream, film, zero) for stream in film.streams]
        choice = choose(streams, source, track)
        chosen = streams[choice.stream]
        first = first_packet(film, choice.stream)
        if first is None:
            raise Problem(f"{path} breaks off before its first sound", containers.COPY_AGAIN)
        if film.streams[choice.stream].start_time is None:
            chosen.start = first - zero
        duration = length(path, container, film, run)
        for stream in streams:
            if stream.duration is not None and not limits.plausible(stream.duration, path.stat().st_size):
                stream.duration = None
        media = Media(
            container=container.name,
            duration=duration,
            size=path.stat().st_size,
            streams=streams,
            chapters=list(chapters_of(film, zero)),
            audio=choice,
            title=written(film.metadata, "title"),
        )
    tell(media, chosen, source, run)
    tell_subtitles(path, media, source, run)
    return media


def tell(media: Media, chosen: Stream, source: str, run: stage.Run) -> None:
    """Says which audio was taken where another could have been meant."""
    audio = [stream for stream in media.streams if stream.kind == "audio"]
    line = f"  audio track {audio.index(chosen)} of {len(audio)} ({described(chosen)}): {media.audio.reason}"
    foreign = source and chosen.language and not any(is_tagged(chosen.language, code) for code in source.split())
    if foreign:
        line += f", though it is tagged {chosen.language} and the source is {source}"
    if len(audio) > 1:
        run.say(f"{line}. TRACK=N takes another")
    elif foreign:
        run.say(line)
    run.facts["audio"] = {"stream": chosen.index, "reason": media.audio.reason}


def tell_subtitles(path: Path, media: Media, source: str, run: stage.Run) -> None:
    """Says which subtitles the film comes with, inside it and beside it, and what can be done with them."""
    there = existing.found(path, media.streams, run.film)
    run.facts["subtitles"] = [one.name for one in there]
    if there:
        spoken = next((code for code in source.split() if existing.chosen(there, code)), "")
        use = f". Those in {languages.language(spoken).name} as the transcript: USE_SUBS=source" if spoken else ""
        run.say(f"  subtitles that are there already: {existing.listed(there)}{use}")


def stream_of(stream: av.stream.Stream, film: InputContainer, zero: float) -> Stream:
    context: Any = stream.codec_context
    kind = stream.type if stream.type in ("video", "audio", "subtitle", "attachment") else "data"
    found = Stream(
        index=stream.index,
        kind=kind,
        codec=codec_of(stream),
        language=None if stream.language in ("und", "", None) else harmless(stream.language, 40),
        title=written(stream.metadata, "title") or written(stream.metadata, "filename"),
        disposition=containers.flags(stream),
    )
    if kind == "attachment" or containers.is_cover(found):
        return found
    if stream.start_time is not None and stream.time_base:
        # Adding nothing makes 0.0 of -0.0, which a clock's last digit leaves.
        found.start = round(float(stream.start_time * stream.time_base) - zero, 3) + 0.0
    if stream.duration and stream.time_base:
        found.duration = float(stream.duration * stream.time_base)
    else:
        found.duration = tagged_duration(stream.metadata, film.metadata, found.start)
    if kind == "audio" and context:
        found.channels, found.sample_rate = context.channels or None, context.sample_rate or None
    if kind == "video" and context:
        found.width, found.height = context.width or None, context.height or None
        rate = stream.guessed_rate
        if rate:
            found.frame_rate = f"{rate.numerator}/{rate.denominator}"
    return found


def codec_of(stream: av.stream.Stream) -> str:
    if stream.codec_context is not None:
        return str(stream.codec_context.codec.canonical_name)
    if stream.type == "attachment":
        return written(stream.metadata, "mimetype") or "unknown"
    # MP4's time code tracks have no codec, only this tag.
    return "tmcd" if "timecode" in stream.metadata else (getattr(stream, "name", None) or "unknown")


def tagged_duration(tags: dict[str, str], film_tags: dict[str, str], start: float) -> float | None:
    """Matroska tells a stream's duration in a tag: ffmpeg writes its end there, mkvmerge its length."""
    tag = tags.get("DURATION", tags.get("DURATION-eng", ""))
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", tag.strip())
    if not found:
        return None
    hours, minutes, seconds = found.groups()
    told = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    by_ffmpeg = film_tags.get("ENCODER", film_tags.get("encoder", "")).startswith("Lavf")
    return max(0.0, told - start) if by_ffmpeg else told


def chapters_of(film: InputContainer, zero: float) -> Iterator[Chapter]:
    for chapter in film.chapters():
        base = chapter["time_base"] or 0
        start, end = (max(0.0, float(chapter[side] * base) - zero) for side in ("start", "end"))
        yield Chapter(start, max(start, end), written(chapter["metadata"], "title"))


def first_packet(film: InputContainer, index: int) -> float | None:
    """When the first packet of a stream comes, in seconds of the container's own clock."""
    for packet in film.demux(film.streams[index]):
        limits.beat()
        if packet.size:
            return float((packet.pts or 0) * packet.time_base)
    return None


def length(path: Path, container: containers.Container, film: InputContainer, run: stage.Run) -> float:
    """Seconds from the film's zero to its end: what it says where that can be, else what is there.

    Raises: Problem when its times make no sense.
    """
    size = path.stat().st_size
    said = (film.duration or 0) / 1e6
    if said > 0 and limits.plausible(said, size):
        return said
    there = last_packet(path, container) - (film.start_time or 0) / 1e6
    if not limits.plausible(there, size):
        longest = clock(min(limits.LONGEST, limits.longest_in(size)))
        reason = f"its time stamps reach to {clock(there)}, and {size} bytes cannot last longer than {longest}"
        raise Problem(f"{path} is damaged: {reason}", containers.COPY_AGAIN)
    if said > 0:
        run.say(f"  the film says that it lasts {clock(said)}, but it ends at {clock(there)}")
    return there


def written(tags: dict[str, str], key: str) -> str | None:
    """What somebody wrote into a film, fit to be shown."""
    return harmless(tags.get(key, ""), limits.TITLE).strip() or None


def last_packet(path: Path, container: containers.Container) -> float:
    """When the last packet ends, by reading the film to its end: for films that do not say."""
    with containers.open_film(path, container) as film:
        end = 0.0
        for packet in film.demux():
            limits.beat()
            if packet.pts is not None:
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        return end


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--source", default="", help="What is spoken in it: hi, 'hi en'; empty if not known.")
@click.option("--track", default="", help="The audio stream to take: 0 is the first one.")
@stage.options
def main(media: Path, source: str, track: str, out: Path, stamp: Path | None) -> None:
    """Writes media.json: what is in the film, and which audio stream is listened to."""

    def work(run: stage.Run) -> Media:
        return probe(media, source.strip(), track.strip(), run)

    stage.run("probe", out, stamp, work, opens_film=True)


if __name__ == "__main__":
    main()
