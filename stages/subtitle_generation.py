"""Cuts a transcript or a translation into cues.

In:  transcript.json or en.revised.json, media.json (for the frames), shots.json (for the cuts), a subtitle profile.
     With --sounds, songs.json: cues for people who do not hear. Out: hi.cues.json, en.cues.json, en.sdh.cues.json.

    envs/common/bin/python stages/subtitle_generation.py --transcript out/demo/transcript.json --language hi
        --media out/demo/media.json --shots out/demo/shots.json --profile config/cues/netflix-hi.toml
        --audience adult --songs keep --out out/demo/hi.cues.json

The transcript gives the source language, with word times; a translation gives its target language, with the times of
its phrases. Limits and habits are the profile's. What is sung stands between notes, or is left out, or is shown like
all else (--songs). The log lists the cues that cannot keep a limit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import structs

from samvad import documents, stage
from samvad.documents import Cues, Media, Shots, Span
from samvad.languages import language as language_of
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.documents import Segment, Translated
    from samvad.profile import Audience

_file = click.Path(path_type=Path)
Songs = Literal["keep", "drop", "transcribe"]


@click.command()
@click.option("--transcript", type=_file, help="transcript.json, for its own language")
@click.option("--translation", type=_file, help="a translation, for its target language")
@click.option("--language", required=True, help="the language of the subtitles, as in config/languages.json")
@click.option("--profile", type=_file, required=True, help="config/cues/<name>.toml")
@click.option("--audience", type=click.Choice(["adult", "children"]), default="adult", show_default=True)
@click.option("--media", type=_file, help="media.json, for the frames of the picture")
@click.option("--shots", type=_file, help="shots.json, for the cuts of the picture")
@click.option("--songs", type=click.Choice(["keep", "drop", "transcribe"]), default="keep", show_default=True)
@click.option("--sounds", type=_file, help="songs.json: labels for what is heard, too")
@stage.options
def main(
    transcript: Path | None, translation: Path | None, language: str, profile: Path, audience: Audience,
    media: Path | None, shots: Path | None, songs: Songs, sounds: Path | None, out: Path, stamp: Path | None,
) -> None:  # fmt: skip
    """Cuts a transcript or a translation into cues."""
    if (transcript is None) == (translation is None):
        raise click.UsageError("give either --transcript or --translation")

    def work(run: stage.Run) -> Cues:
        language_of(language)
        items = read(transcript, translation, language)
        return generate(items, language, profile, audience, media, shots, songs, sounds, run)

    stage.run("subtitle_generation", out, stamp, work, language=f"{language}.sdh" if sounds else language)


def read(transcript: Path | None, translation: Path | None, language: str) -> Sequence[Segment | Translated]:
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


def generate(
    items: Sequence[Segment | Translated], language: str, profile: Path, audience: Audience,
    media: Path | None, shots: Path | None, songs: Songs, sounds: Path | None, run: stage.Run,
) -> Cues:  # fmt: skip
    """The cues of what is said; the run's facts say how good they are."""
    from samvad import cues as engine
    from samvad import profile as profiles
    from samvad.cue_times import grid_of
    from samvad.shot_snapping import unsnapped

    limits = profiles.read(profile).for_readers(audience, sdh=sounds is not None)
    film = documents.read(media, Media) if media else None
    known, zero = grid_of(film) if film else (None, 0.0)
    rate = known or limits.frame_rate
    cuts = documents.read(shots, Shots).cuts if shots else []
    heard = music(documents.read(sounds, documents.Songs), songs) if sounds else None
    cues = engine.build(
        shown(items, songs),
        language,
        limits,
        frame_rate=rate,
        frame_zero=zero,
        film_end=film.duration if film else math.inf,
        cuts=cuts,
        sounds=heard,
    )
    engine.check(cues)
    apart = Counter(rule or "none" for _, _, rule in unsnapped(cues, cuts, limits, rate, zero))
    run.facts["songs"] = {songs: sum(item.song for item in items)}
    run.facts.update(cues=len(cues), frame_rate=rate, within_limits=engine.shares(cues))
    run.facts["beyond"] = dict(Counter(name for cue in cues for name in cue.beyond))
    run.facts.update(cuts=len(cuts), apart_from_cuts=dict(apart))
    shares = (f"{name} {share:.1%}" for name, share in run.facts["within_limits"].items())
    print(f"{len(cues)} cues; within limits:", ", ".join(shares))
    for cue in cues:
        if cue.beyond:
            print(f"{cue.id:5}  {cue.start:9.3f} – {cue.end:9.3f}  {', '.join(cue.beyond)}: {cue.text}")
    return Cues(language, profile.stem, rate, cues, zero, sounds is not None)


def shown(items: Sequence[Segment | Translated], songs: Songs) -> Sequence[Segment | Translated]:
    """What is shown of what is said: all, with what is sung marked so, left out, or like all else."""
    if songs == "drop":
        return [item for item in items if not item.song]
    if songs == "transcribe":
        return [structs.replace(item, song=False) for item in items]
    return items


def music(heard: documents.Songs, songs: Songs) -> list[Span]:
    """Where music is worth a label: songs too, if they are left out."""
    return sorted([*heard.music, *(heard.songs if songs == "drop" else [])], key=lambda span: span.start)


if __name__ == "__main__":
    main()
