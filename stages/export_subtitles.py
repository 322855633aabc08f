"""Writes subtitles as a file of one format, from their cues.

In: a language's cues (subtitle_generation). Out: the format that the name of --out ends with: SubRip (.srt), WebVTT
(.vtt), ASS (.ass), TTML as IMSC 1.1 has it (.ttml), or a transcript for people to read (.txt).

    envs/common/bin/python stages/export_subtitles.py --cues out/demo/en.cues.json \\
        --profile config/cues/plain.toml --out out/demo/en.vtt
"""

from __future__ import annotations

from pathlib import Path

import click

from samvad import documents, stage


def work(run: stage.Run, cues: Path, profile: Path, suffix: str) -> bytes:
    from samvad import formats
    from samvad import profile as profiles

    document = documents.read(cues, documents.Cues)
    content, count = formats.write(document, suffix, profiles.read(profile))
    run.facts.update(cues=count, unseen=len(document.cues) - count)
    print(f"{count} cues; without visible text: {len(document.cues) - count}")
    return content


@click.command()
@click.option("--cues", type=click.Path(path_type=Path), required=True, help="out/demo/en.cues.json")
@click.option("--profile", type=click.Path(path_type=Path), required=True, help="config/cues/<name>.toml")
@stage.options
def main(cues: Path, profile: Path, out: Path, stamp: Path | None) -> None:
    """Writes subtitles as a file of the format that --out ends with."""
    # en.sdh.vtt has its own log and record.
    stage.run("export_subtitles", out, stamp, lambda run: work(run, cues, profile, out.suffix), language=out.name)


if __name__ == "__main__":
    main()
