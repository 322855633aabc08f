"""What bench/cues cuts into cues: generated dialogue, the test set, a finished film. Times are seconds."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import dialogue
from bench.dialogue import Limits, Spoken
from samvad import documents
from samvad import profile as profiles
from samvad.documents import Media, Segment, Shots, Stream, Transcript, Word
from samvad.profile import Profile
from samvad.textmeasure import graphemes

ROOT = Path(__file__).resolve().parents[1]
#: Frames a second of what has no picture: the dialogue and the test set.
RATE = "24000/1001"


class Input(NamedTuple):
    """What is cut into cues. Without annotation the words' `after` is None."""

    name: str
    title: str
    language: str
    words: list[Spoken]
    media: Media
    shots: Shots

    @property
    def rate(self) -> float:
        video = next(stream for stream in self.media.streams if stream.kind == "video")
        above, below = (video.frame_rate or RATE).split("/")
        return int(above) / int(below)

    @property
    def profile(self) -> Path:
        return ROOT / "config" / "cues" / f"netflix-{self.language}.toml"

    @property
    def rules(self) -> Profile:
        return profiles.read(self.profile).for_readers()

    @property
    def annotated(self) -> bool:
        return self.words[0].after is not None


def made(name: str, title: str, language: str, words: list[Spoken]) -> Input:
    """An input of words alone, in a film without a picture's cuts."""
    seconds = words[-1].end + 2
    streams = [Stream(0, "video", "h264", frame_rate=RATE), Stream(1, "audio", "aac")]
    media = Media("matroska", seconds, 0, streams, [], documents.AudioChoice(1, "the only one"))
    return Input(name, title, language, words, media, Shots(seconds, "none", []))


def generated(language: str, seconds: float, seed: int) -> Input:
    title = f"{seconds / 3600:g} h of dialogue, {'Hindi' if language == 'hi' else 'English'}"
    return made(f"film-{language}", title, language, dialogue.film(language, seconds, seed))


def of_test_set(truth: Path) -> Input:
    """The test set's lines; a word that has no times of its own gets its share of its line's, by characters."""
    parts = json.loads(truth.read_text(encoding="utf-8"))["parts"]
    lines = [line for part in parts for line in part["lines"]]
    words = []
    for number, line in enumerate(lines):
        for word in line.get("words") or shared_out(line["text"], line["start"], line["end"]):
            words.append(Spoken(word["text"], word["start"], word["end"], number, number, None, None))
    return made("set", "the test set, Hindi", "hi", words)


def shared_out(text: str, start: float, end: float) -> Iterator[dict[str, Any]]:
    """The words of a line over its time.

    >>> [word["end"] for word in shared_out("a cdef", 1.0, 3.0)]
    [1.4, 3.0]
    """
    words = text.split()
    sizes = [graphemes(word) for word in words]
    for word, size, done in zip(words, sizes, itertools.accumulate(sizes), strict=True):
        first, last = (start + (end - start) * share / sum(sizes) for share in (done - size, done))
        yield {"text": word, "start": round(first, 3), "end": round(last, 3)}


def finished(folder: Path) -> Input:
    """A film that has been transcribed: its words as they were recognised."""
    transcript = documents.read(folder / "transcript.json", Transcript)
    words = [
        Spoken(word.text, word.start, word.end, number, number, segment.speaker, None)
        for number, segment in enumerate(transcript.segments)
        for word in segment.words
    ]
    media, shots = documents.read(folder / "media.json", Media), documents.read(folder / "shots.json", Shots)
    return Input("demo", "the demo film, Hindi", transcript.language, words, media, shots)


def transcript_of(given: Input) -> Transcript:
    """The words as a document: a segment for each sentence."""
    segments = []
    for number, group in enumerate(sentences(given.words), start=1):
        text = " ".join(word.text for word in group)
        words = [Word(word.text, word.start, word.end) for word in group]
        segments.append(Segment(number, group[0].start, group[-1].end, text, words, speaker=group[0].speaker))
    return Transcript(given.language, {"asr": "none"}, segments)


def sentences(words: Sequence[Spoken]) -> list[list[Spoken]]:
    return [list(group) for _, group in itertools.groupby(words, key=lambda word: word.sentence)]


def limits_of(given: Input) -> Limits:
    """What the profile says, at the film's frame rate."""
    found = given.rules
    return Limits(
        found.characters_per_line,
        found.lines,
        found.cps,
        found.min_duration,
        found.max_duration,
        found.gap_frames / given.rate,
        found.chain_below,
        found.linger,
    )


#: Seconds from one passage to the next: they do not know of each other.
APART = 60.0


def passages(words: Sequence[Spoken], count: int, seed: int) -> list[list[Spoken]]:
    """Runs of 2 to 30 words of a film, moved apart: of each four drawn by lot the one with the most characters a
    second, where limits are hardest to keep. Sentences that are cut begin or end there.
    """
    dice = random.Random(seed)
    found: list[list[Spoken]] = []
    while len(found) < count:
        length = dice.randint(2, 30)
        firsts = [dice.randrange(len(words) - length) for _ in range(4)]
        run = max((words[first : first + length] for first in firsts), key=_density)
        if run[-1].end - run[0].start < APART / 3:
            number = len(found) + 1
            # Two passages may be of the same sentence.
            found.append([_moved(word, number * APART - run[0].start, number * len(words)) for word in run])
    return found


def _density(words: Sequence[Spoken]) -> float:
    return graphemes(" ".join(word.text for word in words)) / (words[-1].end - words[0].start)


def _moved(word: Spoken, seconds: float, sentences: int) -> Spoken:
    start, end = round(word.start + seconds, 3), round(word.end + seconds, 3)
    return word._replace(start=start, end=end, sentence=word.sentence + sentences)


def by_passage(words: Sequence[Spoken]) -> list[list[Spoken]]:
    """The passages again, of a film that consists of them."""
    return [list(part) for _, part in itertools.groupby(words, key=lambda word: round(word.start / APART))]


def islands(words: Sequence[Spoken], rules: Profile) -> list[list[Spoken]]:
    """A film in parts whose cues have nothing to do with each other: so long is the silence between them."""
    silence = rules.borrow_before + rules.linger + rules.borrow_after + rules.chain_below + 0.1
    borders = [at for at in range(1, len(words)) if words[at].start - words[at - 1].end >= silence]
    return [list(words[first:stop]) for first, stop in itertools.pairwise([0, *borders, len(words)])]
