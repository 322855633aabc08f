"""What every recogniser shares: the protocol of an engine, and segments from what it heard.

An engine is one way to run Whisper (samvad.whisper_ct2, samvad.whisper_mlx); both are constructed as
`Engine(model: Path, device: str, compute: str)`. Decoding rules that hold for every engine: the
language is given, never guessed per chunk; the text before a chunk is not its prompt (one bad chunk
would spoil all that follow); a chunk that comes out as a loop or as noise is decoded again at a
higher temperature.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from samvad import pauses
from samvad.documents import Recognition, Segment, Span, Speech, Word
from samvad.languages import language as language_of
from samvad.problem import Problem
from samvad.progress import Progress
from samvad.sentences import ends_sentence, words_of

#: Samples per second of audio.wav, which is also what Whisper and Silero expect.
RATE = 16_000

#: Seconds of silence between two words that end an utterance: by themselves, and where the
#: recogniser saw a break too.
PAUSE, BREATH = 0.6, 0.3

#: Seconds of speech without words after which it is listened to once more.
MISSED = 1.0

#: Seconds that the shortest word lasts: a word of no length cannot be shown or sought.
SHORTEST = 0.02

#: Greedy, then more and more at random: the next is taken where a decoding loops or is too unlikely.
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

#: Whisper's own limits (openai/whisper, transcribe.py).
MOST_REPETITIVE, LEAST_LIKELY, SILENT = 2.4, -1.0, 0.6

#: int16, mono, 16 kHz, mapped from the file: three hours cost address space, not memory.
Audio = NDArray[np.int16]
Task = Literal["transcribe", "translate"]


class Heard(NamedTuple):
    """What Whisper wrote between two of its timestamps; times in seconds of the film."""

    start: float
    end: float
    text: str
    #: Empty where no word times were asked for.
    words: list[Word]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float


class Engine(Protocol):
    """One way to run Whisper. `audio` is the whole film; chunks, in its seconds, last at most 30 s."""

    def decode(
        self, audio: Audio, chunks: Sequence[Span], language: str, task: Task, words: bool
    ) -> Iterator[tuple[int, list[Heard]]]:
        """Yields (number of the chunk, what was heard in it), in order, as chunks are finished.

        `language` is Whisper's code. Every chunk is yielded, with an empty list where nothing was
        heard. `words` asks for word times (from Whisper's own attention).
        """
        ...

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        """Probability of each of Whisper's language codes in one chunk."""
        ...


#: What Whisper's tokens part from the word before: the rest of "p.m.", "it's", "5,000".
GLUED = re.compile(r"[.,:'’](?=\w)")


# --- decoding again where it went wrong -----------------------------------------------------------


def with_fallback(attempt: Callable[[float], list[Heard]]) -> list[Heard]:
    """What `attempt` hears at the lowest temperature that gives neither loop nor noise.

    Where none does: the likeliest of the tries without a loop, else the likeliest. The rules and
    limits are OpenAI's (transcribe.py, decode_with_fallback), but for how repetition is measured.
    """
    tries: list[list[Heard]] = []
    for temperature in TEMPERATURES:
        tries.append(attempt(temperature))
        if not any(map(failed, tries[-1])):
            return [part for part in tries[-1] if not silent(part)]

    def merit(heard: list[Heard]) -> tuple[bool, float]:
        looped = any(part.compression_ratio > MOST_REPETITIVE for part in heard)
        return not looped, sum(part.avg_logprob for part in heard) / len(heard)

    return [part for part in max(tries, key=merit) if not silent(part)]


def silent(part: Heard) -> bool:
    """Whether Whisper itself takes it for silence. Its two signs err, each by itself: both must agree."""
    return part.no_speech_prob > SILENT and part.avg_logprob < LEAST_LIKELY


def failed(part: Heard) -> bool:
    """Whether it is a loop or too unlikely, though not silence.

    >>> failed(Heard(0, 9, "oh " * 40, [], -0.1, 0.0, repetition("oh " * 40), 0.0))
    True
    """
    bad = part.compression_ratio > MOST_REPETITIVE or part.avg_logprob < LEAST_LIKELY
    return bad and not silent(part)


def repetition(text: str) -> float:
    """How far a text can be compressed: about 1.5 where people talk, above 2.4 where it goes in circles.

    One byte a letter. In UTF-8, as Whisper counts, half a minute of fluent Devanagari (three bytes a
    letter, two of them nearly always the same) reaches 2.4 and would be taken for a loop.

    >>> repetition("I do not know. " * 8) > 2.4 > repetition("We only have to pass two more classes.")
    True
    """
    letters = bytes(ord(letter) & 0xFF for letter in text)
    return len(letters) / len(zlib.compress(letters))


# --- audio ----------------------------------------------------------------------------------------


def load_audio(path: Path) -> Audio:
    """The samples of audio.wav, not read but mapped; `clip` gives a part of them as floats.

    Raises: Problem where the file is missing or not 16-bit mono PCM at 16 kHz.
    """
    try:
        with path.open("rb") as file:
            offset, size = _samples_of(file)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    except (ValueError, struct.error) as error:
        raise Problem(f"{path}: {error}", f"remove it and type: make {path}") from None
    # A writer that could not go back says "longer than it is" (ffmpeg into a pipe).
    count = min(size, path.stat().st_size - offset) // 2
    if count <= 0:
        return np.zeros(0, dtype=np.int16)
    return np.memmap(path, dtype="<i2", mode="r", offset=offset, shape=(count,))


def _samples_of(file: BinaryIO) -> tuple[int, int]:
    """Where a WAV file's samples begin and how many bytes they are, whatever chunks stand before them.

    Raises: ValueError, struct.error where it is no WAV file of the kind that the stages share.
    """
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    known = False
    while True:
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"data" and known:
            return file.tell(), size
        body = file.read(size + size % 2)
        if name == b"fmt ":
            encoding, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if (encoding, channels, rate, bits) != (1, 1, RATE, 16):
                raise ValueError(f"not 16-bit mono audio at {RATE} Hz")
            known = True


def clip(audio: Audio, span: Span) -> NDArray[np.float32]:
    """The samples of a span as floats between -1 and 1, which is what models take.

    >>> clip(np.full(RATE, 16384, dtype=np.int16), Span(0.25, 0.5)).shape
    (4000,)
    """
    part = audio[max(0, round(span.start * RATE)) : max(0, round(span.end * RATE))]
    return part.astype(np.float32) / np.float32(32768.0)


# --- from sound to segments -----------------------------------------------------------------------


def whisper_code(language: str) -> str:
    """Whisper's code for a language. Raises: Problem where Whisper does not know it."""
    code = language_of(language).whisper
    if code is None:
        name = language_of(language).name
        raise Problem(f"Whisper does not know {name}", "Choose another SRC: make help")
    return code


def recognise(
    engine: Engine,
    audio: Audio,
    speech: Speech,
    language: str,
    progress: Progress,
    *,
    name: str,
    model: str,
) -> Recognition:
    """Hears all chunks of a film.

    Args:
        language: the code of config/languages.json.
        progress: counts seconds of chunks, so its total is `documents.covered(speech.chunks)`.
        name: the engine's name in the document ("whisperx" or "mlx").
        model: the model's name in the document.
    """
    segments: list[Segment] = []
    for code, chunk, heard in _heard_in(engine, audio, speech.chunks, whisper_code(language)):
        found = segments_from(heard, chunk, speech.speech, language)
        # A line that is much quieter than its neighbours is passed over, and heard when it is alone.
        for span in unheard(found, speech.speech, chunk):
            for _, more in engine.decode(audio, [span], code, "transcribe", True):
                good = [part for part in more if not failed(part)]
                found.extend(segments_from(good, span, speech.speech, language))
        for segment in sorted(found, key=lambda segment: segment.start):
            segment.id = len(segments)
            segments.append(segment)
        progress.advance(chunk.end - chunk.start)
    return Recognition(language=language, engine=name, model=model, segments=segments)


def _heard_in(
    engine: Engine, audio: Audio, chunks: Sequence[Span], code: str
) -> Iterator[tuple[str, Span, list[Heard]]]:
    """Whisper's code asked for, the chunk, what was heard; Hindi is asked for as Urdu where that is better.

    To the ear the two are one language. A model that was trained on little Hindi writes it in Urdu
    letters whatever it is asked for; asked for Urdu it makes fewer mistakes and does not waver
    between scripts. Large models write Devanagari from the first chunk on and are left alone.
    """
    first = 0
    if code == "hi":
        for number, heard in engine.decode(audio, chunks, code, "transcribe", True):
            if in_urdu_letters(" ".join(part.text for part in heard)):
                print(f"chunk {number} is in Urdu letters: heard as Urdu from here on")
                code, first = "ur", number
                break
            yield code, chunks[number], heard
        else:
            return
    for number, heard in engine.decode(audio, chunks[first:], code, "transcribe", True):
        yield code, chunks[first + number], heard


def unheard(segments: Sequence[Segment], speech: Sequence[Span], chunk: Span) -> list[Span]:
    """Stretches of at least `MISSED` seconds of a chunk's speech without any words, a little widened.

    Nothing where the chunk as a whole gave no words: it has been heard alone already.

    >>> unheard([Segment(0, 5, 8, "no")], [Span(1, 2.5), Span(2.7, 4), Span(5, 8.5)], Span(0.5, 9))
    [Span(start=0.7, end=4.3)]
    """
    inside = [span for span in speech if span.end > chunk.start and span.start < chunk.end]
    empty = [span for span in inside if not any(part.start < span.end and part.end > span.start for part in segments)]
    if not segments or not empty:
        return []
    stretches = pauses.grouped(empty, chunk.end - chunk.start, pause=1.0)
    return [
        span
        for span in pauses.widened(stretches, BREATH, chunk.end)
        if span.end - span.start >= MISSED + 2 * BREATH
        and not any(part.start < span.end and part.end > span.start for part in segments)
    ]


def in_urdu_letters(text: str) -> bool:
    """Whether most letters of a text are Arabic ones.

    >>> in_urdu_letters("تم کہاں تھے OK"), in_urdu_letters("तुम कहाँ थे"), in_urdu_letters("")
    (True, False, False)
    """
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u0600" <= letter <= "\u06ff" for letter in letters) * 2 > len(letters)


def segments_from(heard: Sequence[Heard], chunk: Span, speech: Sequence[Span], language: str) -> list[Segment]:
    """Utterances of one chunk, their words fitted to the speech and spelt in the language's own script."""
    words: list[Word] = []
    breaks: set[int] = set()
    for part in heard:
        breaks.add(len(words))
        rest = Span(words[-1].end if words else chunk.start, chunk.end)
        said = part.words or words_of(Segment(0, part.start, part.end, part.text))
        words.extend(clean_words(said, rest))
    breaks.update(number for number, word in enumerate(words, 1) if ends_sentence(word.text))
    words = pauses.fit(words, speech, chunk, breaks)
    segments = []
    for said in utterances(words, breaks):
        original = " ".join(word.text for word in said)
        spelt = in_script(said, language)
        text = " ".join(word.text for word in spelt)
        if not any(map(str.isalnum, text)):
            print(f"dropped, no letters: {said[0].start:.2f} {original!r}")
            continue
        changed = original if original != text else None
        segments.append(Segment(0, spelt[0].start, spelt[-1].end, text, spelt, original=changed))
    return segments


def clean_words(words: Sequence[Word], chunk: Span) -> list[Word]:
    """Words inside the chunk, one after the other, each with letters and its punctuation.

    Whisper's attention gives words of no length, words that begin before the last one ended, and
    words that end after the sound does; and its tokens make words of bare punctuation.

    >>> words = [Word(" yes", 1.0, 1.4), Word(" .", 1.4, 1.5), Word(" no", 1.3, 9.0)]
    >>> [(word.text, word.start, word.end) for word in clean_words(words, Span(1, 2))]
    [('yes.', 1.0, 1.4), ('no', 1.4, 2)]
    """
    cleaned: list[Word] = []
    before = ""
    for word in words:
        text = unicodedata.normalize("NFC", "".join(word.text.split()))
        if not text:
            continue
        spoken = any(map(str.isalnum, text))
        if cleaned and (GLUED.match(text) if spoken else not _opens(text)):
            cleaned[-1].text += text
            if spoken:
                cleaned[-1].end = min(max(word.end, cleaned[-1].end), chunk.end)
            continue
        if not spoken:
            before += text
            continue
        floor = cleaned[-1].end if cleaned else chunk.start
        start = min(max(word.start, floor), chunk.end)
        end = min(max(word.end, start), chunk.end)
        cleaned.append(Word(before + text, start, end, word.probability))
        before = ""
    if cleaned:
        cleaned[-1].text += before
    _give_length(cleaned, chunk)
    return cleaned


def _opens(mark: str) -> bool:
    """Whether a mark belongs to the word after it: an opening bracket or quote."""
    return unicodedata.category(mark[0]) in ("Ps", "Pi")


def _give_length(words: list[Word], chunk: Span) -> None:
    """Gives words of no length a little of the silence after them, else of their neighbour's time."""
    for number, word in enumerate(words):
        if word.end - word.start >= SHORTEST:
            continue
        limit = words[number + 1].start if number + 1 < len(words) else chunk.end
        word.end = min(word.start + SHORTEST, limit)
        missing = SHORTEST - (word.end - word.start)
        if missing > 1e-9 and number:
            earlier = words[number - 1]
            taken = min(missing, max(0.0, (earlier.end - earlier.start) - SHORTEST))
            earlier.end -= taken
            word.start = max(word.start - taken, earlier.end)


def utterances(words: Sequence[Word], breaks: Set[int]) -> list[list[Word]]:
    """The words cut where a sentence ends, where the speaker pauses, and where both are likely.

    >>> words = [Word("Go.", 0, 1), Word("I", 1, 1.2), Word("will", 2.2, 3), Word("you", 3.4, 4)]
    >>> [[word.text for word in said] for said in utterances(words, {3})]
    [['Go.'], ['I'], ['will'], ['you']]
    """
    found: list[list[Word]] = []
    for number, word in enumerate(words):
        before = found[-1][-1] if found else None
        pause = word.start - before.end if before else math.inf
        if before is None or pause >= PAUSE or (pause >= BREATH and number in breaks) or ends_sentence(before.text):
            found.append([])
        found[-1].append(word)
    return found


def in_script(words: Sequence[Word], language: str) -> list[Word]:
    """The words in the language's script: small models hear Hindi well but spell it in Urdu letters.

    Respelling also moves word borders: a word may come back empty (its letters went to the word
    before it) or as two; the time goes with the letters.
    """
    if language_of(language).script != "Deva":
        return list(words)
    from samvad.devanagari import carry_over

    spelt: list[Word] = []
    for word, text in zip(words, carry_over([word.text for word in words]), strict=True):
        if not any(map(str.isalnum, text)) and spelt:
            spelt[-1].text += text.strip()
            spelt[-1].end = word.end
        else:
            spelt.extend(_divided(word, text.split()))
    return spelt


def _divided(word: Word, texts: Sequence[str]) -> list[Word]:
    """A word's time shared out to the words it was split into, by their letters."""
    total = sum(map(len, texts))
    parts: list[Word] = []
    start = word.start
    for text in texts:
        end = start + (word.end - word.start) * len(text) / total
        parts.append(Word(text, start, end, word.probability))
        start = end
    if parts:
        parts[-1].end = word.end
    return parts
