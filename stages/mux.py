"""Puts the film and its new subtitles together in one file.

In: the film, its media.json, SubRip files and what qc says of each language. Out: final.mkv, with every
stream of the film that Matroska can hold as it was (packets, chapters, tags, attachments, flags) and a new
subtitle track for each file; or final.mp4 of an MP4 film. The suffix of `--out` decides.

    envs/common/bin/python stages/mux.py --media media/film.mkv --info out/film/media.json \\
        --transcript out/film/transcript.json --translation out/film/en.revised.json \\
        --subtitle en=out/film/en.srt --subtitle en.sdh=out/film/en.sdh.srt --qc out/film/en.qc.json \\
        --subtitle hi=out/film/hi.srt --qc out/film/hi.qc.json --default en --out out/film/final.mkv

The new tracks follow the film's own, in the order of `--subtitle`; `.sdh` are those for people who do not
hear, flagged so. Exactly one subtitle is the default: the first `--default` with cues, else the first
track, and one with .sdh only where there is no other; the film's own defaults among subtitles are
lifted. A file without cues (nobody speaks) gives no track, and a line says so. Subtitles that qc
refuses end the stage with their faults (--gate warn: they are named, and shown).

How the two are made stands in samvad/mux_matroska.py and mux_mp4.py, what is compared afterwards in
readback.py. Where a comparison fails, the film and an older result stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from samvad import documents, gate, languages, mux_matroska, mux_mp4, stage
from samvad.documents import Media, Transcript, Translation
from samvad.review import closing as for_review
from samvad.subtitle_tracks import title, tracks

#: How each kind of film is made, by the suffix of the result.
MAKERS = {".mkv": mux_matroska.make, ".mp4": mux_mp4.make}


def made_with(transcript: Transcript, translations: Sequence[Translation]) -> dict[str, str]:
    """What each part of the result was made with, for people: {"Hindi": "whisperx base", …}."""
    heard = transcript.models.get("asr", "an unknown recogniser")
    found = {languages.language(transcript.language).name: heard}
    for translation in translations:
        name = languages.language(translation.target).name
        found[name] = translation.models.get("translation", "an unknown translator")
    return found


def pair(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, Path]]:
    """`hi=out/film/hi.srt` as label and path."""
    found = []
    for value in values:
        code, equals, path = value.partition("=")
        if not (code and equals and path):
            raise click.BadParameter(f"'{value}' is not LANGUAGE=FILE or LANGUAGE.sdh=FILE")
        found.append((code, Path(path)))
    return found


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json (see probe).")
@click.option("--subtitle", "subtitles", multiple=True, callback=pair, help="hi=out/film/hi.srt, en.sdh=…")
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
    """Writes final.mkv or final.mp4: the film as it was, with the new subtitles as its own tracks."""
    if out.suffix not in MAKERS:
        raise click.BadParameter(f"'{out}' is neither .mkv nor .mp4", param_hint="--out")

    def work(run: stage.Run) -> Path:
        run.facts["qc"] = gate.facts(reports)
        let_through = gate.passed(reports, out, at_gate)
        translated = [documents.read(path, Translation) for path in translations]
        made_by = made_with(documents.read(transcript, Transcript), translated)
        run.facts["models"] = made_by
        new, silent = tracks(subtitles, wanted, title_suffix)
        for label in silent:
            run.say(f"  no {title(label)} subtitles: {dict(subtitles)[label]} has no cues")
        marked = [line for one in translated for line in for_review(one, run.film)]
        run.closing = "".join(f"{line}\n" for line in [*marked, *let_through])
        run.closing += f"samvad: {out}: " + ", ".join(f"{what} by {who}" for what, who in made_by.items())
        run.closing += f". {closing}" if closing else ""
        run.facts["subtitles"] = {
            track.label: {"title": track.title, "cues": len(track.cues), "default": track.default} for track in new
        }
        return MAKERS[out.suffix](media, documents.read(info, Media), new, run)

    language = "mp4" if out.suffix == ".mp4" else None
    stage.run("mux", out, stamp, work, language=language, opens_film=True)


if __name__ == "__main__":
    main()
