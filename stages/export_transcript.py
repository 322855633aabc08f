"""Turns aligned segments into the transcript: what people read, correct and translate.

    envs/common/bin/python stages/export_transcript.py
        --aligned out/demo/aligned.json --songs out/demo/songs.json
        --edits config/films/demo/hi.edits.tsv --out out/demo/transcript.json

Text is cleaned (Unicode NFC, no control characters, "…" for dots, no space before punctuation),
words are made to spell exactly the segment's text, empty segments go, the rest is renumbered
from 1. What lies in a song, or has a note (♪) in its text, is marked as sung; the notes go, for they are
no words: cues have their own. Then a person's corrections count (samvad.corrections says which fits where): a segment
keeps its number, so that what is written later means the same. The log holds the transcript as
plain lines, and the corrections that fit nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from samvad import corrections, documents, languages, stage
from samvad.corrections import NOTES, clock, spoken
from samvad.scripts import FOREIGN, LATIN, foreign_share, script_share

if TYPE_CHECKING:
    from samvad.documents import Aligned, Segment, Span, Transcript, Word

#: Seconds below which a word cannot be shown or sought.
SHORTEST = 0.02


@click.command()
@click.option("--aligned", type=click.Path(path_type=Path), required=True, help="aligned.json")
@click.option("--songs", type=click.Path(path_type=Path), required=True, help="songs.json")
@click.option("--edits", type=click.Path(path_type=Path), help="What a person corrected.")
@stage.options
def main(aligned: Path, songs: Path, edits: Path | None, out: Path, stamp: Path | None) -> None:
    """Turns aligned segments into the transcript."""
    stage.run("export_transcript", out, stamp, lambda run: work(aligned, songs, edits, run))


def work(aligned: Path, songs: Path, edits: Path | None, run: stage.Run) -> Transcript:
    sung = documents.read(songs, documents.Songs).songs
    transcript = export(documents.read(aligned, documents.Aligned), sung)
    if edits:
        correct(transcript, edits, run)
    words = [word for segment in transcript.segments for word in segment.words]
    run.facts["segments"] = len(transcript.segments)
    run.facts["segments_sung"] = sum(segment.song for segment in transcript.segments)
    run.facts["words"] = len(words)
    run.facts["words_interpolated"] = sum(word.timed == "interpolated" for word in words)
    check_script(transcript, run)
    for segment in transcript.segments:
        who = f"{segment.speaker}: " if segment.speaker else ""
        note = "♪ " if segment.song else ""
        print(f"{segment.id:5}  {clock(segment.start)} – {clock(segment.end)}  {note}{who}{segment.text}")
    for part in transcript.removed:
        print(f"removed {part.id} ({part.reason})  {clock(part.start)} – {clock(part.end)}  {part.text}")
    return transcript


def export(aligned: Aligned, songs: Sequence[Span] = ()) -> Transcript:
    """The transcript of the aligned segments."""
    exported = (_exported(segment, mostly_in(segment, songs)) for segment in aligned.segments)
    segments = [segment for segment in exported if segment is not None]
    for number, segment in enumerate(segments, start=1):
        segment.id = number
    models = {"asr": f"{aligned.engine} {aligned.model}", "alignment": aligned.aligner}
    return documents.Transcript(aligned.language, models, segments, aligned.removed)


def check_script(transcript: Transcript, run: stage.Run) -> None:
    """Says how much of the text is in Latin letters, and which segments are in a foreign script.

    Latin letters are English words and stay; those of another script are a fault of the recogniser.
    """

    def script_of(segment: Segment) -> str:
        return languages.language(segment.language or transcript.language).script

    latin = script_share(" ".join(segment.text for segment in transcript.segments), LATIN)
    foreign = ((part, foreign_share(part.text, (script_of(part), LATIN))) for part in transcript.segments)
    found = [(part, share) for part, share in foreign if share > FOREIGN]
    run.facts["letters"] = {"latin_share": round(latin, 3), "foreign_segments": [part.id for part, _ in found]}
    print(f"{latin:.1%} of the letters are Latin; {len(found)} segments are not in their language's script")
    for part, share in found:
        print(f"not in {script_of(part)} {part.id} ({share:.0%} of the letters)  {clock(part.start)}  {part.text}")
    if found:
        count = f"{len(found)} of {len(transcript.segments)} lines"
        run.say(f"  {count} of {run.film} are in a foreign script: see {run.log}")


def correct(transcript: Transcript, edits: Path, run: stage.Run) -> None:
    """Writes a person's corrections into the transcript, and says what came of them."""
    fitting = corrections.fit(edits, transcript.segments, corrections.RECOGNISED)
    before = len(transcript.segments)
    fits = {number: one.written for number, one in fitting.fits.items()}
    transcript.segments = list(filter(None, (corrected(part, fits.get(part.id)) for part in transcript.segments)))
    corrections.report(run, edits, fitting, before - len(transcript.segments))


def corrected(segment: Segment, written: str | None) -> Segment | None:
    """The segment saying what a person wrote; as it is for None, none of it where nothing is said.

    Words that the person left keep their times, the others share what is between, marked. It is sung
    where the person wrote notes.
    """
    if written is None:
        return segment
    text, noted = unnoted(written)
    if not any(map(spoken, text.split())):
        return None
    words = timed(text.split(), segment)
    return msgspec.structs.replace(segment, text=text, words=words, recognised=segment.text, song=noted)


def mostly_in(segment: Segment, songs: Sequence[Span]) -> bool:
    """Whether more than half of the segment is in songs."""
    inside = (min(segment.end, song.end) - max(segment.start, song.start) for song in songs)
    return 2 * sum(max(0.0, seconds) for seconds in inside) > segment.end - segment.start


def unnoted(text: str) -> tuple[str, bool]:
    """The text cleaned and without notes, and whether it had any.

    >>> unnoted("♪ ला ला  ला♪"), unnoted("A♭")
    (('ला ला ला', True), ('A♭', False))
    """
    words = text.translate(NOTES)
    return tidy(words), words != text


def _exported(segment: Segment, sung: bool) -> Segment | None:
    """The segment cleaned, without its number; None if nobody says anything in it."""
    text, noted = unnoted(segment.text or " ".join(word.text for word in segment.words))
    if not any(map(spoken, text.split())):
        return None
    return documents.Segment(
        id=0,
        start=segment.start,
        end=segment.end,
        text=text,
        words=timed(text.split(), segment),
        original=tidy(segment.original) if segment.original else None,
        speaker=tidy(segment.speaker) or None if segment.speaker else None,
        song=sung or noted,
        language=segment.language,
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
    for, or else the time between their neighbours, or else a neighbour's, by length, and are
    marked "interpolated". A segment whose words are not known stays so.
    """
    words = [word for word in segment.words if spoken(word.text)]
    if not words:
        return []
    said = [n for n, token in enumerate(tokens) if spoken(token)]
    matcher = SequenceMatcher(
        None, [spoken(word.text) for word in words], [spoken(tokens[n]) for n in said], autojunk=False
    )
    found: dict[int, Word] = {}
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for word, n in zip(words[a:b], said[c:d], strict=True):
                found[n] = documents.Word(tokens[n], word.start, word.end, word.probability, word.timed)
        elif kind == "replace":
            found.update(_interpolated(tokens, said[c:d], words[a].start, words[b - 1].end))
    # What is left stands for no word: one that the aligner lost, or a sign that nobody speaks.
    edges = [-1, *sorted(found), len(tokens)]
    for left, right in pairwise(edges):
        start = found[left].end if left in found else segment.start
        end = found[right].start if right in found else segment.end
        between = range(left + 1, right)
        if end - start < SHORTEST * len(between) and any(spoken(tokens[n]) for n in between):
            if left in found:
                start, between = found[left].start, range(left, right)
            elif right in found:
                end, between = found[right].end, range(left + 1, right + 1)
        found.update(_interpolated(tokens, between, start, max(start, end)))
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


if __name__ == "__main__":
    main()
