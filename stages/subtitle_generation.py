"""Turns a transcript or a translation into subtitles.

    envs/common/bin/python stages/subtitle_generation.py --transcript out/demo/transcript.json
        --language hi --profile config/cues/plain.toml --out out/demo/hi.srt
    envs/common/bin/python stages/subtitle_generation.py --translation out/demo/en.json
        --language en --profile config/cues/plain.toml --media out/demo/media.json --out out/demo/en.srt

The transcript gives the source language, with word times; a translation gives its target language,
with the times of its sentences. Limits and habits are the profile's; --media is asked for the
frame rate. What is sung stands between notes, or is left out, or is shown like all else (--songs).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import structs

from samvad import documents, stage
from samvad.languages import language as language_of
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.cues import Cue
    from samvad.documents import Media, Segment, Translated

_file = click.Path(path_type=Path)
Songs = Literal["keep", "drop", "transcribe"]


@click.command()
@click.option("--transcript", type=_file, help="transcript.json, for its own language")
@click.option("--translation", type=_file, help="a translation, for its target language")
@click.option("--language", required=True, help="the language of the subtitles, as in config/languages.json")
@click.option("--profile", type=_file, required=True, help="config/cues/<name>.toml")
@click.option("--media", type=_file, help="media.json, for the frame rate")
@click.option("--songs", type=click.Choice(["keep", "drop", "transcribe"]), default="keep", show_default=True)
@stage.options
def main(
    transcript: Path | None,
    translation: Path | None,
    language: str,
    profile: Path,
    media: Path | None,
    songs: Songs,
    out: Path,
    stamp: Path | None,
) -> None:
    """Turns a transcript or a translation into subtitles."""
    if (transcript is None) == (translation is None):
        raise click.UsageError("give either --transcript or --translation")
    stage.run(
        "subtitle_generation",
        out,
        stamp,
        lambda run: work(transcript, translation, language, profile, media, songs, run),
        language=language,
    )


def work(
    transcript: Path | None,
    translation: Path | None,
    language: str,
    profile: Path,
    media: Path | None,
    songs: Songs,
    run: stage.Run,
) -> bytes:
    from samvad import cues as engine
    from samvad import profile as profiles

    language_of(language)
    limits = profiles.read(profile)
    rate = frame_rate(documents.read(media, documents.Media)) if media else None
    items = _items(transcript, translation, language)
    cues = engine.build(shown(items, songs), language, limits, rate)
    engine.check(cues)
    shares = engine.shares(cues, limits, engine.frame_gap(limits, rate))
    run.facts["songs"] = {songs: sum(item.song for item in items)}
    run.facts.update(cues=len(cues), frame_rate=rate or limits.frame_rate, within_limits=shares)
    print(f"{len(cues)} cues; within limits:", *(f"{name} {share:.1%}" for name, share in shares.items()))
    return compose(cues).encode("utf-8")


def _items(transcript: Path | None, translation: Path | None, language: str) -> Sequence[Segment | Translated]:
    """What is said, from whichever document was given.

    Raises: Problem when the document is in another language than asked for.
    """
    items: Sequence[Segment | Translated]
    if transcript:
        source = documents.read(transcript, documents.Transcript)
        path, found, items = transcript, source.language, source.segments
    else:
        assert translation
        target = documents.read(translation, documents.Translation)
        path, found, items = translation, target.target, target.sentences
    if found != language:
        raise Problem(f"{path} is in '{found}', not in '{language}'", f"Give --language {found}")
    return items


def shown(items: Sequence[Segment | Translated], songs: Songs) -> Sequence[Segment | Translated]:
    """What is shown of what is said: all, with what is sung marked so, left out, or like all else."""
    if songs == "drop":
        return [item for item in items if not item.song]
    if songs == "transcribe":
        return [structs.replace(item, song=False) for item in items]
    return items


def frame_rate(media: Media) -> float | None:
    """Frames per second of the film's picture; None without one, or where the number is none.

    Cover pictures are video streams too, and some containers state their clock as the rate.
    """
    for stream in media.streams:
        if stream.kind == "video" and stream.frame_rate and "attached_pic" not in stream.disposition:
            try:
                rate = float(Fraction(stream.frame_rate))
            except (ValueError, ZeroDivisionError):
                continue
            if 12 <= rate <= 120:
                return rate
    return None


def compose(cues: Sequence[Cue]) -> str:
    """The cues as an SRT file. Their text is plain already (samvad.textmeasure.plain).

    >>> from samvad.cues import Cue
    >>> print(compose([Cue(1.0, 2.5, ("मानो या", "न मानो"))]), end="")
    1
    00:00:01,000 --> 00:00:02,500
    मानो या
    न मानो
    <BLANKLINE>
    """
    import srt

    return str(
        srt.compose(
            (
                srt.Subtitle(number, _time(cue.start), _time(cue.end), "\n".join(cue.lines))
                for number, cue in enumerate(cues, start=1)
            ),
            # Numbered here: its own numbering would drop what it thinks useless without a word.
            reindex=False,
        )
    )


def _time(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(seconds * 1000))


if __name__ == "__main__":
    main()
