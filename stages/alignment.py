"""Gives every word its time: the recogniser's own times, or those of an acoustic model (forced alignment).

In:  asr.json, and audio.wav where a model aligns. Out: aligned.json, the same segments and words.

    envs/whisperx/bin/python stages/alignment.py --audio out/demo/audio.wav --asr out/demo/asr.json \\
        --language hi --aligner models/align/hi --out out/demo/aligned.json

`--aligner` is the folder of a wav2vec2 CTC model (samvad.wav2vec2): that of the language whose code it has
for its name, else of the first language. A language without one, and every one with `--aligner attention`,
keeps the times of Whisper's attention, as the recogniser wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samvad import documents, pauses, stage
from samvad.documents import Aligned, Recognition, Segment
from samvad.forced_alignment import (
    frames_needed,
    interpolate,
    known_share,
    settle,
    spans_of,
    time_words,
    tokens_of,
    words_of,
)
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.audio import Audio
    from samvad.wav2vec2 import Aligner

ATTENTION = "attention"

#: Below this share of known letters the alphabet is another language's.
LEAST_KNOWN = 0.1


def align_segment(segment: Segment, probabilities: Any, origin: float, aligner: Aligner) -> Segment:
    """The segment with times for its words; `probabilities` are those of the frames from `origin` seconds on."""
    from samvad.audio import RATE

    words = words_of(segment)
    tokens = tokens_of([word.text for word in words], aligner.alphabet)
    frame = aligner.stride / RATE
    first = round((segment.start - origin) / frame)
    heard = probabilities[first : round((segment.end - origin) / frame)]
    # A label for each frame at the most: what is faster than that is no speech.
    if not tokens or frames_needed(tokens) > len(heard) - 1:
        timed = interpolate(words, segment.start, segment.end)
    else:
        begun = origin + first * frame
        spans = [
            (begun + begin * frame, begun + over * frame)
            for begin, over in spans_of(aligner.path(heard, tokens), aligner.blank)
        ]
        timed = time_words(words, tokens, spans, segment.start, segment.end)
    segment.words = timed
    return segment


def align(
    run: stage.Run, segments: Sequence[Segment], language: str, audio: Path, folder: Path, device: str, compute: str
) -> None:
    """Times the words of segments in one language."""
    from samvad.audio import load_audio
    from samvad.wav2vec2 import Aligner

    sound = load_audio(audio)
    aligner = Aligner(folder, language, device, compute)
    run.facts["compute"] = aligner.compute
    known = known_share([segment.text for segment in segments], aligner.alphabet)
    if known < LEAST_KNOWN:
        raise Problem(
            f"{folder.name} knows {known:.0%} of the letters of this text",
            "Give ALIGN_MODEL=attention or another model",
        )
    run.facts.setdefault("letters_known", {})[language] = round(known, 3)
    with run.progress(documents.covered(segments), "s") as progress:
        for segment in timed_segments(segments, sound, aligner):
            progress.advance(segment.end - segment.start)


def timed_segments(segments: Sequence[Segment], audio: Audio, aligner: Aligner) -> Iterator[Segment]:
    """The segments, their words timed, as they are finished.

    Neighbours are heard together, so that what the network hears around them is heard once; only what
    belongs to a few such groups is ever in memory.
    """
    from samvad.audio import RATE
    from samvad.wav2vec2 import CONTEXT, PIECE

    first = 0
    groups = pauses.grouped(segments, PIECE, 2 * CONTEXT)
    for at in range(0, len(groups), aligner.together):
        batch = groups[at : at + aligner.together]
        stretches = [(round(group.start * RATE), round(group.end * RATE)) for group in batch]
        for group, probabilities in zip(batch, aligner.probabilities(audio, stretches), strict=True):
            while first < len(segments) and segments[first].end <= group.end:
                yield align_segment(segments[first], probabilities, group.start, aligner)
                first += 1


def work(
    run: stage.Run,
    audio: Path,
    asr: Path,
    languages: Sequence[str],
    aligners: Sequence[str],
    device: str,
    compute: str,
) -> Aligned:
    heard = documents.read(asr, Recognition)
    if heard.language != languages[0]:
        advice = f"remove it and type: make {run.target}"
        raise Problem(f"{asr} is in '{heard.language}', not '{languages[0]}'", advice)
    given = [Path(aligner) for aligner in aligners if aligner != ATTENTION]
    folders = {folder.name if folder.name in languages else languages[0]: folder for folder in given}
    for language in languages:
        own = [segment for segment in heard.segments if (segment.language or heard.language) == language]
        if own and language in folders:
            align(run, own, language, audio, folders[language], device, compute)
        else:
            for segment in own:
                segment.words = settle(words_of(segment), segment.start, segment.end)
    words = [word for segment in heard.segments for word in segment.words]
    run.facts["words"] = len(words)
    run.facts["words_interpolated"] = sum(word.timed is not None for word in words)
    names = dict.fromkeys(folders[language].name if language in folders else ATTENTION for language in languages)
    return Aligned(heard.language, heard.engine, heard.model, " ".join(names), heard.segments, heard.removed)


@click.command()
@stage.options
@click.option("--audio", type=click.Path(path_type=Path), required=True, help="audio.wav")
@click.option("--asr", type=click.Path(path_type=Path), required=True, help="asr.json")
@click.option("--language", "languages", required=True, multiple=True, help="What is spoken: hi; two of them, twice.")
@click.option("--aligner", "aligners", default=[ATTENTION], multiple=True, help="attention, or a wav2vec2 folder.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--compute", default="auto", show_default=True, help="auto, float32, bfloat16 or int8.")
def main(
    out: Path,
    stamp: Path | None,
    audio: Path,
    asr: Path,
    languages: tuple[str, ...],
    aligners: tuple[str, ...],
    device: str,
    compute: str,
) -> None:
    """Gives every word its time."""
    stage.run(
        "alignment",
        out,
        stamp,
        lambda run: work(run, audio, asr, languages, aligners, device, compute),
        heavy=aligners != (ATTENTION,),
    )


if __name__ == "__main__":
    main()
