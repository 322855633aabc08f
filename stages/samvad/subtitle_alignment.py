"""When the words of subtitles are spoken: by Whisper's attention to a text that is known.

Whisper writes a text while it attends to the sound; given the text, its attention says when each word is spoken,
whatever it would have written itself (openai/whisper, timing.py; CTranslate2's `Whisper.align`). A silence and the text
tell whether it hears it at all: words that are no more likely with the sound than without it are not in it. Their turns
keep the time of their cue.

The token of the text's own language is asked for. In the demo film the Hindi of 16 lines was likelier by 0.87 to 1.73
(mean logarithm of a token's probability) with its own sound than with silence, and by 0.49 at the most with another
line's; by Urdu's token, in whose letters Whisper base would write, 0.68 to 1.69 and 0.40; the times are the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from samvad import pauses, whisper_ct2
from samvad.audio import RATE, Audio, clip
from samvad.documents import Segment, Span, Word
from samvad.forced_alignment import interpolate, settle
from samvad.languages import language as language_of
from samvad.loudness import levels, parted
from samvad.sentences import ends_sentence
from samvad.subtitle_text import Turn

#: Seconds of a window and tokens in it, at the most: what Whisper hears and writes at once.
WINDOW, TOKENS = 30.0, whisper_ct2.LIMIT
#: Seconds without a cue after which a new window begins: attention strays in long silences.
GAP = 3.0
#: Seconds before the first cue of a window and after its last that are listened to: cues come late, and end early.
AROUND = 0.5
#: Seconds by which a word may be outside its cue.
LEEWAY = 1.0
#: By how much the words of a turn must be likelier with the sound than in silence (mean logarithm).
EVIDENCE = 0.4
#: A language that Whisper does not know is read as this one.
STAND_IN = "hi"
#: Frames of attention in a second.
FRAMES = 50


class Heard(NamedTuple):
    """A word of a window: its times from the window's start; by how much its tokens are likelier with the sound."""

    start: float
    end: float
    gains: list[float]


class Aligner(whisper_ct2.Engine):
    """Whisper that is told the text.

    Args:
        language: the code of config/languages.json; one that Whisper does not know is read as Hindi.
    """

    def __init__(self, model: Path, language: str, device: str = "auto", compute: str = "auto") -> None:
        super().__init__(model, device, compute)
        code = language_of(language).whisper or STAND_IN
        multilingual = self._model.model.is_multilingual
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=code)
        self._silence = self._encoded(np.zeros(RATE, np.float32))[0]

    def spelt(self, word: str) -> list[int]:
        """The tokens of a word within a text."""
        return list(self._tokenizer.encode(f" {word}"))

    def hear(self, sound: NDArray[np.float32], words: Sequence[Sequence[int]]) -> list[Heard]:
        """When each word (its tokens) is spoken in a sound of at most half a minute."""
        encoded, frames = self._encoded(sound)
        text = [token for word in words for token in word]
        found, silent = (
            self._model.model.align(features, self._tokenizer.sot_sequence, [text], frames)[0]
            for features in (encoded, self._silence)
        )
        gains = np.log(np.array(found.text_token_probs) + 1e-9) - np.log(np.array(silent.text_token_probs) + 1e-9)
        rows, columns = np.array(found.alignments).T
        # The frame at which the attention goes on to each token; and the end of the last one.
        begins = columns[np.concatenate([[True], np.diff(rows) > 0])] / FRAMES
        ends = np.cumsum([len(word) for word in words])
        return [
            Heard(float(begins[end - len(word)]), float(begins[end]), gains[end - len(word) : end].tolist())
            for word, end in zip(words, ends, strict=True)
        ]

    def _encoded(self, sound: NDArray[np.float32]):  # type: ignore[no-untyped-def]
        """What the encoder makes of a sound, and how many frames of it are not padding."""
        features = self._model.feature_extractor(sound)[:, :-1]
        return self._model.encode(pad_or_trim(features)), min(features.shape[1], 3000)


def timed(
    turns: Sequence[Turn],
    audio: Audio,
    speech: Sequence[Span],
    aligner: Aligner,
    advance: Callable[[float], None] = lambda _: None,
) -> tuple[list[Segment], int]:
    """The turns as segments with times for their words, and how many turns were heard.

    `turns` are in order, none over another, inside the film; `advance` is told of the seconds that are done.
    """
    duration = len(audio) / RATE
    texts = [words_of(turn.text) for turn in turns]
    tokens = [[aligner.spelt(word) for word in words] for words in texts]
    sizes = [sum(map(len, spelt)) for spelt in tokens]
    times: list[list[Word]] = []
    heard: list[bool] = []
    for first, last in windows(turns, sizes):
        own = turns[first:last]
        before = turns[first - 1].end if first else 0.0
        after = turns[last].start if last < len(turns) else duration
        window = Span(
            max(0.0, own[0].start - AROUND, min(before, own[0].start) - AROUND / 2),
            min(duration, own[-1].end + AROUND, max(after, own[-1].end) + AROUND / 2),
        )
        words = [word for text in texts[first:last] for word in text]
        if sum(sizes[first:last]) > TOKENS or window.end - window.start > WINDOW + 1e-6:
            found = None
        else:
            sound = clip(audio, window)
            found = aligner.hear(sound, [word for spelt in tokens[first:last] for word in spelt])
            fitted = _fitted(words, found, window, sound, speech, texts[first:last])
        at = 0
        for turn, text in zip(own, texts[first:last], strict=True):
            part = slice(at, at + len(text))
            at += len(text)
            gains = [gain for word in found[part] for gain in word.gains] if found else []
            heard.append(bool(gains) and float(np.mean(gains)) >= EVIDENCE)
            if heard[-1]:
                times.append(settle(fitted[part], max(0.0, turn.start - LEEWAY), min(duration, turn.end + LEEWAY)))
            else:
                times.append(interpolate([Word(word, 0, 0) for word in text], turn.start, turn.end))
        advance(own[-1].end - own[0].start)
    return list(_segments(turns, times, heard)), sum(heard)


def _fitted(
    words: Sequence[str],
    found: Sequence[Heard],
    window: Span,
    sound: NDArray[np.float32],
    speech: Sequence[Span],
    texts: Sequence[Sequence[str]],
) -> list[Word]:
    """The words on the film's clock, between the silences."""
    rough = [
        Word(word, window.start + one.start, window.start + one.end) for word, one in zip(words, found, strict=True)
    ]
    breaks = set(np.cumsum([len(text) for text in texts]).tolist())
    breaks |= {number for number, word in enumerate(words, 1) if ends_sentence(word)}
    fitted = pauses.fit(settle(rough, window.start, window.end), speech, window, breaks)
    return parted(fitted, levels(sound), window.start)


def windows(turns: Sequence[Turn], sizes: Sequence[int]) -> list[tuple[int, int]]:
    """The turns in groups that are heard together: first, and after the last. `sizes` are their tokens.

    Cut at long silences, then at the longest until each fits.

    >>> windows([Turn(0, 9, ""), Turn(9.5, 19, ""), Turn(20, 28, ""), Turn(28, 35, ""), Turn(60, 61, "")], [9] * 5)
    [(0, 2), (2, 4), (4, 5)]
    """
    found: list[tuple[int, int]] = []
    first = 0
    for last in range(1, len(turns) + 1):
        if last == len(turns) or turns[last].start - turns[last - 1].end >= GAP:
            found += _halved(turns, sizes, first, last)
            first = last
    return found


def _halved(turns: Sequence[Turn], sizes: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    fits = turns[last - 1].end - turns[first].start + 2 * AROUND <= WINDOW and sum(sizes[first:last]) <= TOKENS
    if fits or last - first == 1:
        return [(first, last)]

    def merit(place: int) -> float:
        sides = min(place - first, last - place) / (last - first)
        return (turns[place].start - turns[place - 1].end + 0.01) * min(sides, 0.25)

    cut = max(range(first + 1, last), key=merit)
    return _halved(turns, sizes, first, cut) + _halved(turns, sizes, cut, last)


def words_of(text: str) -> list[str]:
    """The words of a text; a sign by itself belongs to the word before it, an opening one to the next.

    >>> words_of("हाँ , चलो ! « क्या » …")
    ['हाँ,', 'चलो!', '«क्या»…']
    """
    words: list[str] = []
    before = ""
    for part in text.split():
        if any(map(str.isalnum, part)):
            words.append(before + part)
            before = ""
        elif words and unicodedata.category(part[0]) not in ("Ps", "Pi"):
            words[-1] += part
        else:
            before += part
    if words:
        words[-1] += before
    return words


def _segments(turns: Sequence[Turn], times: Sequence[list[Word]], heard: Sequence[bool]) -> Iterator[Segment]:
    """The turns over the time of their words, none over another: what was heard counts before what was not."""
    before = 0.0
    for number, (turn, words) in enumerate(zip(turns, times, strict=True)):
        start, end = max(before, words[0].start), words[-1].end
        if number + 1 < len(turns):
            following = times[number + 1][0].start
            if following < end:
                # Both were heard: the place between them; else all that is the other's.
                meet = following if heard[number + 1] or not heard[number] else end
                end = max(start, meet)
        end = max(start, end)
        words = settle(words, start, end)
        text = " ".join(word.text for word in words)
        before = end
        yield Segment(number, start, end, f"♪ {text} ♪" if turn.sung else text, words)
