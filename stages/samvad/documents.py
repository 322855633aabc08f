"""The files that pass between stages: their shapes, and reading and writing them.

Every document is UTF-8 JSON whose first member, `format`, names its kind and version. Times are
seconds from the film's zero; segments, words and sentences are sorted and never overlap. A reader
rejects what it does not know and names the file and the field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from samvad.problem import Problem

Document = TypeVar("Document")


class Timed(Protocol):
    """Anything with a place in the film."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


class Span(Struct, forbid_unknown_fields=True):
    """A stretch of the film, in seconds."""

    start: float
    end: float


class Word(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A spoken word. `text` carries its punctuation and no spaces around it."""

    text: str
    start: float
    end: float
    probability: float | None = None
    #: How its times were found, where not by the aligner itself.
    timed: Literal["interpolated"] | None = None


class Segment(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An utterance as the recogniser cut it."""

    id: int
    start: float
    end: float
    text: str
    words: list[Word] = []
    #: What the recogniser wrote, where the text was carried over into another script.
    original: str | None = None
    speaker: str | None = None
    #: What was recognised, where a person wrote something else.
    recognised: str | None = None
    #: It is sung (songs.json).
    song: bool = False
    #: The language it is spoken in, where that is not the document's.
    language: str | None = None


class Removed(Segment, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What the recogniser wrote and nobody said: left out, and kept so that a person can bring it back.

    Put among the segments by its time, it is one of them again. Where it claims more time than there is
    between them, theirs holds.
    """

    #: Words in a loop, more of them than can be spoken, boilerplate without a voice; or in a script that is not
    #: the language's, where the same was heard in the right one.
    reason: Literal["loop", "rate", "phrase", "script"]


class Stream(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One stream of the film's container, as probed."""

    index: int
    kind: Literal["video", "audio", "subtitle", "attachment", "data"]
    codec: str
    language: str | None = None
    title: str | None = None
    disposition: list[str] = []
    #: Seconds; where the stream begins relative to the film's zero.
    start: float = 0.0
    duration: float | None = None
    channels: int | None = None
    sample_rate: int | None = None
    width: int | None = None
    height: int | None = None
    #: Frames per second as an exact ratio, "24000/1001".
    frame_rate: str | None = None


class Chapter(Struct, forbid_unknown_fields=True, omit_defaults=True):
    start: float
    end: float
    title: str | None = None


class AudioChoice(Struct, forbid_unknown_fields=True):
    """The stream that is listened to, and why this one."""

    stream: int
    reason: str


class Media(Struct, tag_field="format", tag="samvad.media/1", forbid_unknown_fields=True):
    """What is in the film (written by probe)."""

    container: str
    duration: float
    size: int
    streams: list[Stream]
    chapters: list[Chapter]
    audio: AudioChoice
    #: The film's own title, if it has one.
    title: str | None = None


class Shots(Struct, tag_field="format", tag="samvad.shots/1", forbid_unknown_fields=True):
    """Where one shot of the picture gives way to the next (written by shots)."""

    duration: float
    #: "none" where the film has no picture.
    detector: str
    #: Seconds at which the first frame of a new shot is shown, rising.
    cuts: list[float]


class Imported(Struct, tag_field="format", tag="samvad.film/1", forbid_unknown_fields=True):
    """The title that a film came with, beside its link in media/ (written by `make import`)."""

    title: str


class Speech(Struct, tag_field="format", tag="samvad.speech/1", forbid_unknown_fields=True):
    """Where somebody speaks, and the chunks that a recogniser is given (written by speech)."""

    duration: float
    detector: str
    speech: list[Span]
    #: Stretches of at most 30 s that cover all speech, cut at silences.
    chunks: list[Span]


class Detection(Struct, tag_field="format", tag="samvad.language/1", forbid_unknown_fields=True):
    """Which language is spoken, by the ear of a small Whisper (written by detect)."""

    language: str
    #: Language → its share of the votes of the chunks listened to, the likeliest first.
    votes: dict[str, float]
    #: A second language is nearly as likely: a person had better say which it is.
    close: bool


class Recognition(Struct, tag_field="format", tag="samvad.asr/1", forbid_unknown_fields=True):
    """What was heard, with the recogniser's own word times (written by asr)."""

    language: str
    engine: str
    model: str
    segments: list[Segment]
    #: Not among the segments; numbered by itself.
    removed: list[Removed] = []


class Aligned(Struct, tag_field="format", tag="samvad.aligned/1", forbid_unknown_fields=True):
    """The same segments with final word times (written by alignment)."""

    language: str
    engine: str
    model: str
    #: "attention" (the recogniser's own times) or the aligner's model.
    aligner: str
    segments: list[Segment]
    removed: list[Removed] = []


class Songs(Struct, tag_field="format", tag="samvad.songs/1", forbid_unknown_fields=True):
    """Where somebody sings (written by songs)."""

    duration: float
    detector: str
    #: Whole songs: their short instrumental parts are in them.
    songs: list[Span]
    #: Music without song or speech.
    music: list[Span] = []


class Transcript(Struct, tag_field="format", tag="samvad.transcript/1", forbid_unknown_fields=True):
    """What is said in the film: what people read, correct and translate (export_transcript)."""

    language: str
    #: Which models made it, by stage: {"asr": "whisperx base", "alignment": "attention"}.
    models: dict[str, str]
    segments: list[Segment]
    removed: list[Removed] = []


class Sentence(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole sentence, over however many segments it was spoken."""

    id: int
    start: float
    end: float
    text: str
    words: list[Word] = []
    speaker: str | None = None
    #: It is sung; no sentence is half of it.
    song: bool = False
    #: The language it is spoken in, where that is not the document's.
    language: str | None = None


class Sentences(Struct, tag_field="format", tag="samvad.sentences/1", forbid_unknown_fields=True):
    """The transcript as sentences (written by load_transcript)."""

    language: str
    models: dict[str, str]
    sentences: list[Sentence]


class Translated(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A sentence of the target language over the time of its source."""

    id: int
    start: float
    end: float
    text: str
    source: str
    speaker: str | None = None
    song: bool = False
    #: Where the words of the source are spoken, in order.
    spoken: list[Span] = []
    #: What a person should look at, each in a few words: "number 30 is missing".
    review: list[str] = []
    #: What the machine wrote, where a person wrote something else.
    translated: str | None = None
    #: The text in phrases, over the time of the words that they render (written by revision).
    phrases: list[Word] = []


class Translation(Struct, tag_field="format", tag="samvad.translation/1", forbid_unknown_fields=True):
    """The translated sentences (written by translation, and once more by revision)."""

    source: str
    target: str
    #: Which models made it, the transcript's included.
    models: dict[str, str]
    sentences: list[Translated]


class Cue(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One subtitle as it is shown. Its lines are plain text (`textmeasure.plain`) with all that a reader sees:
    notes around what is sung, hyphens before two speakers, brackets around a sound."""

    id: int
    #: On the film's frame grid, to the millisecond.
    start: float
    end: float
    lines: list[str]
    italic: bool = False
    #: Of each line, where the transcript has speakers.
    speakers: list[str] = []
    #: The ids of the segments or sentences that it shows a part of.
    shows: list[int] = []
    #: Limits of the profile that the times of the words do not allow to be kept: ["cps", "min_duration"].
    beyond: list[str] = []

    @property
    def text(self) -> str:
        return " ".join(self.lines)


class Cues(Struct, tag_field="format", tag="samvad.cues/1", forbid_unknown_fields=True, omit_defaults=True):
    """What is shown, and when (written by subtitle_generation): every subtitle format is made from it."""

    language: str
    #: Of the profile in config/cues/, without .toml.
    profile: str
    #: Frames per second, of the grid that the times are on.
    frame_rate: float
    cues: list[Cue]
    #: Seconds at which a frame begins.
    frame_zero: float = 0.0
    #: With sounds, for people who do not hear them.
    sdh: bool = False


class Existing(Struct, tag_field="format", tag="samvad.subtitles/1", forbid_unknown_fields=True):
    """The subtitles that a film came with, from inside it or beside it (written by read_subtitles)."""

    language: str
    #: Where they are from, for people: 'track 3 (hin subrip)', or the file's name.
    origin: str
    #: As somebody wrote them, but for markup: sounds, speakers' names and adverts included.
    cues: list[Cue]


class Finding(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule has to say of a cue."""

    rule: str
    severity: Literal["severe", "warning", "note"]
    #: What is wrong, in a few words with numbers: "24.3 characters a second, 20 at most".
    message: str
    #: The number of the cue in its file, and its time; None where it is about the whole file or about no cue.
    cue: int | None = None
    start: float | None = None
    end: float | None = None
    text: str = ""
    #: What the text could be instead, where that is safe.
    fix: str | None = None


class Quality(Struct, tag_field="format", tag="samvad.qc/1", forbid_unknown_fields=True):
    """What the rules have to say of a subtitle file (written by qc)."""

    language: str
    profile: str
    #: How many cues the file has.
    count: int
    #: Rule → how many findings, every rule that was applied.
    rules: dict[str, int]
    #: Rule → the share of cues (or of speech, for coverage) that it found, and the most that the profile lets pass.
    shares: dict[str, tuple[float, float]]
    findings: list[Finding]
    #: Why a film with these subtitles is refused; empty if it is not.
    refused: list[str]


def read(path: Path, kind: type[Document]) -> Document:
    """The document in `path`.

    Raises: Problem when the file is missing, is no such document, or has a field that this
    version does not know.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: {error}", f"remove it and type: make {path}") from None
    check(document, path)
    return document


def encode(document: Struct) -> bytes:
    """The document as the bytes of its file: indented, times to the millisecond, UTF-8."""
    check(document, "the new document")
    # numpy's numbers, which recognisers give, are written as plain ones.
    plain = _rounded(msgspec.to_builtins(document, enc_hook=float))
    return msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n"


def check(document: object, name: object) -> None:
    """Raises: Problem when times are not finite, run backwards or overlap."""
    for field in ("speech", "chunks", "songs", "music", "segments", "sentences", "cues"):
        timed = getattr(document, field, None)
        if timed:
            _check_order(timed, f"{name}: {field}")
            for number, item in enumerate(timed):
                for inner in ("words", "spoken", "phrases"):
                    _check_order(getattr(item, inner, ()), f"{name}: {field}, number {number}: {inner}")


def _check_order(spans: Sequence[Timed], where: str) -> None:
    before = -math.inf
    for number, span in enumerate(spans):
        # A millisecond of tolerance: times are rounded to it when written.
        if not (span.start <= span.end + 1e-3 and span.start >= before - 1e-3 and span.start >= 0):
            raise Problem(f"{where}: number {number} has times out of order: {span.start} – {span.end}")
        before = span.end


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(member) for member in value]
    return value


def covered(spans: Iterable[Timed]) -> float:
    """Seconds covered by spans that do not overlap."""
    return sum(span.end - span.start for span in spans)
