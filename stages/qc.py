"""Checks subtitles by the rules of their profile, and by what else is known of the film.

In:  a subtitle file of any format; where there are any: media.json (frames), shots.json, speech.json, songs.json, and
     the translation (what of it is marked for review). Out: en.qc.json, or with --show a report on the terminal too.

    envs/common/bin/python stages/qc.py --subtitles out/demo/en.srt --language en --profile config/cues/plain.toml \\
        --media out/demo/media.json --shots out/demo/shots.json --speech out/demo/speech.json \\
        --songs out/demo/songs.json --translation out/demo/en.revised.json --out out/demo/en.qc.json

The check succeeds whatever it finds: whether a film may have such subtitles is asked by mux. A file that a person
gives (make qc FILE=…) is only read, and the exit code is 1 where it is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import documents, stage
from samvad.languages import language as language_of
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.documents import Quality

_file = click.Path(path_type=Path)


def work(
    subtitles: Path, language: str, profile: Path, audience: str, sdh: bool, spoken: tuple[str, ...],
    media: Path | None, shots: Path | None, speech: Path | None, songs: Path | None, translation: Path | None,
) -> tuple[Quality, str]:  # fmt: skip
    """The report, and what a person should know of how the file was read."""
    from samvad import profile as profiles
    from samvad import qc, subtitle_files
    from samvad.cue_times import grid_of
    from samvad.qc_rules import Film

    for code in (language, *spoken):
        language_of(code)
    limits = profiles.read(profile).for_readers("children" if audience == "children" else "adult", sdh)
    known = documents.read(media, documents.Media) if media else None
    rate, zero = grid_of(known) if known else (None, 0.0)
    cues, precision, remark = subtitle_files.read(subtitles, rate)
    film = Film(
        cues=cues,
        language=language,
        profile=limits,
        sdh=sdh,
        precision=precision,
        frame_rate=rate,
        frame_zero=zero,
        duration=known.duration if known else None,
        cuts=documents.read(shots, documents.Shots).cuts if shots else [],
        speech=documents.read(speech, documents.Speech).speech if speech else None,
        songs=documents.read(songs, documents.Songs).songs if songs else [],
        translation=documents.read(translation, documents.Translation) if translation else None,
        spoken=spoken,
    )
    return qc.check(film, profile.stem), remark


def show_report(subtitles: Path, out: Path, check: Callable[[], tuple[Quality, str]]) -> int:
    """Writes the report and says what is in it; nothing else is written. The exit code: 1 refused, 2 no report."""
    from samvad import qc

    part = out.with_name(f".part-{os.getpid()}-{out.name}")
    try:
        quality, remark = check()
        out.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(documents.encode(quality))
        part.replace(out)
    except (Problem, OSError) as error:
        part.unlink(missing_ok=True)
        click.echo(f"samvad: qc: {error}", err=True)
        return 2
    verdict, *lines = qc.report(quality)
    click.echo(f"samvad: {qc.shown(subtitles.name)}: {verdict}")
    for line in filter(None, [remark, *lines]):
        click.echo(line)
    click.echo(f"samvad: all of it, with what could be written instead: {out}")
    return 1 if quality.refused else 0


@click.command()
@click.option("--subtitles", type=_file, required=True, help="out/demo/en.srt, or any subtitle file")
@click.option("--language", required=True, help="their language, as in config/languages.json")
@click.option("--profile", type=_file, required=True, help="config/cues/<name>.toml")
@click.option("--audience", type=click.Choice(["adult", "children"]), default="adult", show_default=True)
@click.option("--sdh", is_flag=True, help="they have sounds, for people who do not hear them")
@click.option("--spoken", multiple=True, help="a language of the film; given twice for a film of two")
@click.option("--media", type=_file, help="media.json, for the frames")
@click.option("--shots", type=_file, help="shots.json")
@click.option("--speech", type=_file, help="speech.json")
@click.option("--songs", type=_file, help="songs.json")
@click.option("--translation", type=_file, help="what they were made of: en.revised.json")
@click.option("--show", is_flag=True, help="a report for a person, and exit code 1 where they are refused")
@stage.options
def main(
    subtitles: Path, language: str, profile: Path, audience: str, sdh: bool, spoken: tuple[str, ...],
    media: Path | None, shots: Path | None, speech: Path | None, songs: Path | None, translation: Path | None,
    show: bool, out: Path, stamp: Path | None,
) -> None:  # fmt: skip
    """Checks subtitles by the rules of their profile."""

    def check() -> tuple[Quality, str]:
        return work(
            *(subtitles, language, profile, audience, sdh, spoken, media, shots, speech, songs, translation),
        )

    def logged(run: stage.Run) -> Quality:
        from samvad import qc

        quality, remark = check()
        print(remark, *qc.report(quality), sep="\n")
        run.facts.update(cues=quality.count, rules=quality.rules, refused=quality.refused)
        return quality

    if show:
        sys.exit(show_report(subtitles, out, check))
    stage.run("qc", out, stamp, logged, language=f"{language}.sdh" if sdh else language)


if __name__ == "__main__":
    main()
