"""Turns aligned segments into the transcript: what people read, correct and translate.

    envs/common/bin/python stages/export_transcript.py
        --aligned out/demo/aligned.json --out out/demo/transcript.json

Text is cleaned (Unicode NFC, no control characters, "…" for dots, no space before punctuation),
words are made to spell exactly the segment's text, empty segments go, the rest is renumbered
from 1. The log holds the transcript as plain lines.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvad import documents, stage

if TYPE_CHECKING:
    from samvad.documents import Aligned, Segment, Transcript, Word


@click.command()
@click.option("--aligned", type=click.Path(path_type=Path), required=True, help="aligned.json")
@stage.options
def main(aligned: Path, out: Path, stamp: Path | None) -> None:
    """Turns aligned segments into the transcript."""
    stage.run("export_transcript", out, stamp, lambda run: work(aligned, run))


def work(aligned: Path, run: stage.Run) -> Transcript:
    transcript = export(documents.read(aligned, documents.Aligned))
    words = [word for segment in transcript.segments for word in segment.words]
    run.facts["segments"] = len(transcript.segments)
    run.facts["words"] = len(words)
    run.facts["words_interpolated"] = sum(word.timed == "interpolated" for word in words)
    for segment in transcript.segments:
        who = f"{segment.speaker}: " if segment.speaker else ""
        print(f"{segment.id:5}  {_clock(segment.start)} – {_clock(segment.end)}  {who}{segment.text}")
    for part in transcript.removed:
        print(f"removed {part.id} ({part.reason})  {_clock(part.start)} – {_clock(part.end)}  {part.text}")
    return transcript


def export(aligned: Aligned) -> Transcript:
    """The transcript of the aligned segments."""
    segments = [segment for segment in map(_exported, aligned.segments) if segment is not None]
    for number, segment in enumerate(segments, start=1):
        segment.id = number
    models = {"asr": f"{aligned.engine} {aligned.model}", "alignment": aligned.aligner}
    return documents.Transcript(aligned.language, models, segments, aligned.removed)


def _exported(segment: Segment) -> Segment | None:
    """The segment cleaned, without its number; None if nobody says anything in it."""
    text = tidy(segment.text or " ".join(word.text for word in segment.words))
    if not any(map(_bare, text.split())):
        return None
    return documents.Segment(
        id=0,
        start=segment.start,
        end=segment.end,
        text=text,
        words=timed(text.split(), segment),
        original=tidy(segment.original) if segment.original else None,
        speaker=tidy(segment.speaker) or None if segment.speaker else None,
    )


def tidy(text: str) -> str:
    """Cleaned text with punctuation where it belongs: at its word.

    >>> tidy("क्या हुआ ? ( कुछ नहीं ) .. ."), tidy("… और फिर ।"), tidy("، میں ٹھیک ہوں ۔")
    ('क्या हुआ? (कुछ नहीं)…', '…और फिर।', 'میں ٹھیک ہوں۔')
    """
    import regex  # type: ignore[import-untyped]

    from samvad.textmeasure import clean

    text = regex.sub(r"(?<=\.)\s+(?=\.)", "", clean(text))
    text = regex.sub(r"\s+(?=[,.!?;:…।॥،؛؟۔)\]}»”’%])", "", " " + clean(text))
    text = regex.sub(r"(?<=[(\[{«“‘])\s+", "", text)
    # Punctuation of a sentence that somebody else began; an ellipsis says that they did.
    text = regex.sub(r"^[\s,.!?;:।॥،؛؟۔)\]}»”]+", "", text)
    return clean(regex.sub(r"^…\s+", "…", text))


def timed(tokens: list[str], segment: Segment) -> list[Word]:
    """The segment's text as words with times, from the words that the aligner timed.

    A token that has its word takes over all that is known of it. Where the two differ (a word
    that the aligner lost, joined or split) the tokens share the time of the words they stand
    for, or else the time between their neighbours, by length, and are marked "interpolated".
    A segment whose words are not known stays so.
    """
    words = [word for word in segment.words if _bare(word.text)]
    if not words:
        return []
    spoken = [n for n, token in enumerate(tokens) if _bare(token)]
    matcher = SequenceMatcher(
        None, [_bare(word.text) for word in words], [_bare(tokens[n]) for n in spoken], autojunk=False
    )
    found: dict[int, Word] = {}
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for word, n in zip(words[a:b], spoken[c:d], strict=True):
                found[n] = documents.Word(tokens[n], word.start, word.end, word.probability, word.timed)
        elif kind == "replace":
            found.update(_interpolated(tokens, spoken[c:d], words[a].start, words[b - 1].end))
    # What is left stands for no word: one that the aligner lost, or a sign that nobody speaks.
    edges = [-1, *sorted(found), len(tokens)]
    for left, right in pairwise(edges):
        start = found[left].end if left in found else segment.start
        end = found[right].start if right in found else segment.end
        found.update(_interpolated(tokens, range(left + 1, right), start, max(start, end)))
    return [found[n] for n in range(len(tokens))]


def _interpolated(tokens: list[str], numbers: Sequence[int], start: float, end: float) -> dict[int, Word]:
    """Words for the tokens of these numbers, which share the time between start and end."""
    total = sum(len(tokens[n]) for n in numbers)
    words, done = {}, 0
    for n in numbers:
        begin, done = done, done + len(tokens[n])
        words[n] = documents.Word(
            tokens[n],
            start + (end - start) * begin / total,
            start + (end - start) * done / total,
            timed="interpolated",
        )
    return words


def _bare(word: str) -> str:
    """What is spoken of a word: its letters, signs and digits in one case.

    >>> _bare("“Don’t!”"), _bare("ज़िंदगी,"), _bare("…")
    ('dont', 'ज़िंदगी', '')
    """
    return "".join(
        sign for sign in unicodedata.normalize("NFC", word).casefold() if unicodedata.category(sign)[0] in "LMN"
    )


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds with tenths.

    >>> _clock(3725.24)
    '1:02:05.2'
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}"


if __name__ == "__main__":
    main()
