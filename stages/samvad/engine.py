"""What runs Whisper: the protocol of an engine, and when it has to decode again.

An engine is one way to run Whisper (samvad.whisper_ct2, samvad.whisper_mlx); both are constructed as
`Engine(model: Path, device: str, compute: str)`. Decoding rules that hold for every engine: the
language is given, never guessed per chunk; the text before a chunk is not its prompt (one bad chunk
would spoil all that follow); a chunk that comes out as a loop or as noise is decoded again at a
higher temperature.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from samvad.audio import Audio
from samvad.documents import Span, Word
from samvad.languages import language as language_of
from samvad.problem import Problem

#: Greedy, then more and more at random: the next is taken where a decoding loops or is too unlikely.
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

#: Whisper's own limits (openai/whisper, transcribe.py).
MOST_REPETITIVE, LEAST_LIKELY, SILENT = 2.4, -1.0, 0.6

#: By how much (mean log probability of a token) a try must be likelier to be worth another one.
GAIN = 0.05

#: Tokens that a chunk may take: some to begin with, and for each second twice what quick speakers need,
#: who say 20 characters of up to 1.5 tokens each. A loop in a short chunk ends there and not after 448.
TOKENS, TOKENS_A_SECOND = 20, 60

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

    @property
    def together(self) -> int:
        """How many chunks are best handed over at once. What is heard may depend on it."""
        ...

    def decode(
        self,
        audio: Audio,
        chunks: Sequence[Span],
        language: str,
        task: Task,
        words: bool,
        without: Sequence[int] = (),
    ) -> Iterator[tuple[int, list[Heard]]]:
        """Yields (number of the chunk, what was heard in it), in order, as chunks are finished.

        `language` is Whisper's code. Every chunk is yielded, with an empty list where nothing was
        heard. `words` asks for word times (from Whisper's own attention). `without`: tokens that are
        not to be written.
        """
        ...

    def tokens(self) -> dict[bytes, int]:
        """What each token of text writes → its id. Some write a part of a character."""
        ...

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        """Probability of each of Whisper's language codes in one chunk."""
        ...


def whisper_code(language: str) -> str:
    """Whisper's code for a language. Raises: Problem where Whisper does not know it."""
    code = language_of(language).whisper
    if code is None:
        name = language_of(language).name
        raise Problem(f"Whisper does not know {name}", "Choose another SRC: make help")
    return code


def with_fallback(attempt: Callable[[float], list[Heard]]) -> list[Heard]:
    """What `attempt` hears at the lowest temperature that gives neither loop nor noise.

    Where none does: the likeliest of the tries without a loop, else the likeliest. The rules and
    limits are OpenAI's (transcribe.py, decode_with_fallback), but for how repetition is measured and
    for giving up: chance may lead out of a loop, but what is merely unlikely, such as one word between
    pauses, seldom gets likelier by chance. A try that brings nothing is the last one there.
    """
    best: list[Heard] = []
    for temperature in TEMPERATURES:
        heard = attempt(temperature)
        if not any(map(failed, heard)):
            best = heard
            break
        if not best or looped(best):
            best = max(best, heard, key=merit) if best else heard
            continue
        gain = merit(heard)[1] - merit(best)[1]
        if not looped(heard) and gain > 0:
            best = heard
        if looped(heard) or gain < GAIN:
            break
    return [part for part in best if not silent(part)]


def looped(heard: Sequence[Heard]) -> bool:
    """Whether any of it goes in circles."""
    return any(part.compression_ratio > MOST_REPETITIVE for part in heard)


def merit(heard: Sequence[Heard]) -> tuple[bool, float]:
    """What tries are ranked by: no loop first, then how likely they are."""
    return not looped(heard), sum(part.avg_logprob for part in heard) / len(heard)


def most_tokens(chunk: Span) -> int:
    """How many tokens a chunk may take; Whisper itself has a limit that holds beside it.

    >>> most_tokens(Span(10, 11.5)), most_tokens(Span(0, 30))
    (110, 1820)
    """
    return TOKENS + round(TOKENS_A_SECOND * (chunk.end - chunk.start))


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
