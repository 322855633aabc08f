"""Takes the subtitles that a film came with as what is said in it, where that is asked for (USE_SUBS=source).

In:  a film and its media.json. Out: subtitles.json, the cues of a file beside the film, or else of a track in it, in
the language spoken: plain text, in order, none over another, on the film's own clock.

    envs/common/bin/python stages/read_subtitles.py --media media/film.mkv --info out/film/media.json \\
        --language hi --out out/film/subtitles.json

Which subtitles they are is said in one line. What is said and what is not, and whether the times fit the sound, is seen
by those who have the sound (asr_subtitles).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from samvad import documents, existing, languages, stage
from samvad.documents import Cue, Existing, Media
from samvad.existing import Found
from samvad.problem import Problem

RECOGNISE = "To recognise the film: USE_SUBS="
#: Characters that the list of what there is may take.
MOST_LISTED = 400
#: Times that a film's subtitles may have: 25/23.976 of its length (made for another frame rate) and some more.
BEYOND, AFTER = 1.05, 120.0
#: Cues of one film; a long one has two thousand.
MOST = 30_000
#: Seconds that a cue may stand: what stands longer is no line that somebody speaks, and ends there.
LONGEST = 20.0
#: A cue without a length gets as long as it takes to say: at least so long, so many characters a second.
SHORTEST, A_SECOND = 1.0, 15.0
#: Characters of a line; what is longer is cut.
LONGEST_LINE = 500
#: Seconds below which a cue that is cut short by its neighbour is not worth keeping by itself.
SCRAP = 0.05


def choose(media: Path, found: Media, language: str, film: str) -> Found:
    """The subtitles to take. Raises: Problem where there are none, with what there is."""
    there = existing.found(media, found.streams, film)
    chosen = existing.chosen(there, language)
    if chosen is None:
        listed = existing.listed(there)[:MOST_LISTED] or "none at all"
        name = languages.language(language).name
        raise Problem(f"{film} has no subtitles in {name} that can be read; it comes with {listed}", RECOGNISE)
    return chosen


def read_cues(chosen: Found, media: Path, found: Media, run: stage.Run) -> list[Cue]:
    """The cues as they are written. Raises: Problem where they cannot be read."""
    if chosen.path is not None:
        from samvad import subtitle_files

        file = subtitle_files.read(chosen.path, frame_rate_of(found))
        if file.remark:
            run.say(f"  {file.remark}")
        return file.cues
    from samvad import embedded_subtitles

    assert chosen.stream is not None
    stream = found.streams[chosen.stream]
    with run.progress(found.duration) as progress:
        return embedded_subtitles.read(
            media, stream.index, stream.codec, lambda now: progress.reach(max(progress.done, now))
        )


def frame_rate_of(media: Media) -> float | None:
    """Frames per second of the picture, for the formats that count frames."""
    rates = (stream.frame_rate for stream in media.streams if stream.kind == "video" and stream.frame_rate)
    rate = next(rates, None)
    return float(Fraction(rate)) if rate else None


def tidied(cues: Sequence[Cue], duration: float) -> tuple[list[Cue], dict[str, int]]:
    """The cues in order, none over another, with plain text, numbered from 1; and how many were left out, by why.

    A cue that is still there when the next one comes ends then; those that come at once share their time by their
    letters. One that ends before it begins, as a slip of the keyboard leaves it, gets the time that it takes to say.
    """
    from samvad.textmeasure import graphemes, plain

    left_out = {"outside the film": 0, "without words": 0, "twice": 0}
    latest = duration * BEYOND + AFTER
    fit: list[Cue] = []
    for cue in cues:
        lines = [line for line in (plain(line[:LONGEST_LINE]) for line in cue.lines) if line]
        if not lines:
            continue  # MP4 has such packets between its cues
        if not (math.isfinite(cue.start) and math.isfinite(cue.end) and cue.start <= latest and cue.end >= 0):
            left_out["outside the film"] += 1
        elif not any(map(str.isalnum, "".join(lines))):
            left_out["without words"] += 1
        else:
            start, length = max(0.0, cue.start), cue.end - max(0.0, cue.start)
            if length <= 0:
                length = max(SHORTEST, sum(map(graphemes, lines)) / A_SECOND)
            fit.append(Cue(0, start, start + min(length, LONGEST), lines, cue.italic))
    fit.sort(key=lambda cue: (cue.start, cue.end))
    kept: list[Cue] = []
    for cue in fit:
        # Letters and their outline are two events of the same text at the same time.
        if any(other.lines == cue.lines and other.end > cue.start for other in kept[-4:]):
            left_out["twice"] += 1
        else:
            kept.append(cue)
    for number, cue in enumerate(kept, 1):
        cue.id = number
    return apart(kept), {why: count for why, count in left_out.items() if count}


def apart(cues: list[Cue]) -> list[Cue]:
    """Cues, sorted by their start, none of which is there any more when the next one comes.

    >>> [(c.start, c.end) for c in apart([Cue(1, 1, 5, ["ab"]), Cue(2, 1, 5, ["ab"]), Cue(3, 4, 6, ["c"])])]
    [(1, 2.5), (2.5, 4), (4, 6)]
    """
    first = 0
    while first < len(cues):
        last = first + 1
        while last < len(cues) and cues[last].start - cues[first].start < SCRAP:
            last += 1
        group = cues[first:last]
        end = max(cue.end for cue in group)
        if last < len(cues):
            end = min(end, cues[last].start)
        total = sum(1 + len(cue.text) for cue in group)
        now = group[0].start
        for cue in group:
            cue.start, now = now, now + (end - group[0].start) * (1 + len(cue.text)) / total
            cue.end = now
        group[-1].end = end
        first = last
    return cues


def work(media: Path, info: Path, language: str, run: stage.Run) -> Existing:
    from samvad.textmeasure import clean

    found = documents.read(info, Media)
    chosen = choose(media, found, language, run.film)
    origin = clean(chosen.name)
    run.facts["origin"] = origin
    cues, left_out = tidied(read_cues(chosen, media, found, run), found.duration)
    run.facts["cues"], run.facts["left_out"] = len(cues), left_out
    if not cues:
        raise Problem(f"{origin} has no words in the time of the film", RECOGNISE)
    if len(cues) > MOST:
        raise Problem(f"{origin} has {len(cues)} cues: no film's subtitles", RECOGNISE)
    more = f" ({', '.join(f'{count} {why}' for why, count in left_out.items())}: left out)" if left_out else ""
    run.say(f"  {run.film}: {len(cues)} cues of {origin}{more}")
    return Existing(language, origin, cues)


@click.command()
@click.option("--media", type=click.Path(path_type=Path), required=True, help="The film.")
@click.option("--info", type=click.Path(path_type=Path), required=True, help="Its media.json.")
@click.option("--language", required=True, help="What is spoken: hi.")
@stage.options
def main(media: Path, info: Path, language: str, out: Path, stamp: Path | None) -> None:
    """Reads the subtitles that a film came with, in the language spoken."""
    stage.run("read_subtitles", out, stamp, lambda run: work(media, info, language, run), opens_film=True)


if __name__ == "__main__":
    main()
