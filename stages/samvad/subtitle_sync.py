"""Subtitles made for another copy of a film, moved to where this one speaks.

They come late by a constant, and run faster or slower by the ratio of two frame rates. Both are found as ffsubsync
does it (github.com/smacke/ffsubsync; nothing of its code is here): where somebody speaks and where a subtitle stands
are two rows of zeros and ones, whose correlation is highest where they fit; a Fourier transform gives it for all
offsets at once, for each ratio. Cues stay on the screen after their last word, which the correlation cannot tell from
an offset: so it only finds the place, and how cues begin against how speech begins gives the offset itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from samvad.documents import Timed

#: Seconds of a step of both rows, and seconds by which subtitles may be off.
STEP, FARTHEST = 0.05, 90.0
#: Frame rates that films are copied from and to.
RATES = (24.0, 24000 / 1001, 25.0)
RATIOS = (1.0, *(one / other for one in RATES for other in RATES if one != other))
#: The correlation (1: the two rows are the same) at which subtitles are this film's and not another's; of a few cues
#: `CHANCE` by the root of their number, which is what chance can give. By how much it must be better than that of the
#: subtitles as they are …
CLEAR, CHANCE, BETTER = 0.3, 2.5, 0.08
#: … and times as high as anywhere farther than `APART` seconds from it (in two hours chance gives a twentieth).
ALONE, APART = 1.4, 3.0
#: Another ratio than 1 must be better than it by so much.
OTHER_RATE = 0.03
#: Seconds: what is off by less anywhere in the film is left as it is.
LEAST = 0.25
#: Seconds by which a cue's beginning is looked for around the place, and the shortest pause before speech that begins.
NEAR, PAUSE = 1.5, 0.3
#: Seconds that beginnings may be apart to count as one place, and how many must be found there for the offset to be
#: taken from them.
DENSE, ENOUGH = 0.3, 5

Row = NDArray[np.float64]


class Sync(NamedTuple):
    """What was done: a time t of the subtitles is ratio · t + offset in the film."""

    ratio: float
    offset: float
    #: Correlations: as the subtitles are, and at the best place that was found, whether it was taken or not.
    untouched: float
    best: float
    #: For people.
    words: str

    @property
    def changed(self) -> bool:
        return (self.ratio, self.offset) != (1.0, 0.0)

    def place(self, time: float) -> float:
        return self.ratio * time + self.offset


def synced(cues: Sequence[Timed], speech: Sequence[Timed], duration: float) -> Sync:
    """Where subtitles belong in a film; unchanged where they fit, or where nothing is clear.

    Args:
        cues: those that are spoken, in order.
        speech: where somebody speaks, in order.
        duration: of the film, in seconds.
    """
    voice = _row([(span.start, span.end) for span in speech], duration)
    found = [_Curve(ratio, cues, voice, duration) for ratio in RATIOS]
    same = found[0]
    untouched = same.at(0.0)
    best = max(found, key=lambda curve: curve.best - (OTHER_RATE if curve is not same else 0))
    clear = max(CLEAR, CHANCE / math.sqrt(max(1, len(cues))))
    if best.best < max(clear, ALONE * best.elsewhere):
        what = "where they fit what is spoken is not clear" if untouched < CLEAR else "they fit as they are"
        return Sync(1.0, 0.0, untouched, best.best, what)
    offset = _refined(cues, speech, best.ratio, best.offset)
    moved = max(abs((best.ratio - 1) * time + offset) for time in (cues[0].start, cues[-1].start))
    if moved < LEAST or (best.best < untouched + BETTER and untouched >= CLEAR):
        return Sync(1.0, 0.0, untouched, best.best, "they fit as they are")
    ratio, offset = round(best.ratio, 6), round(offset, 3)
    words = [f"moved by {offset:+.2f} s"] if abs(offset) >= 0.005 else []
    if ratio != 1:
        words.insert(0, f"stretched by {ratio:.4f}")
    return Sync(ratio, offset, untouched, best.best, " and ".join(words))


class _Curve:
    """The correlation of voice and of subtitles at one ratio, for all offsets."""

    def __init__(self, ratio: float, cues: Sequence[Timed], voice: Row, duration: float) -> None:
        self.ratio = ratio
        reach = round(min(FARTHEST, max(duration, 1.0)) / STEP)
        ends = [(ratio * cue.start, ratio * cue.end) for cue in cues]
        shown = _row(ends, duration + FARTHEST)
        voiced = voice - voice.mean()
        size = 1 << math.ceil(math.log2(len(voice) + len(shown) + 1))
        product = np.fft.irfft(np.fft.rfft(voiced, size) * np.conj(np.fft.rfft(shown, size)), size)
        # The deviation of both rows, in steps; where one is nearly full or empty there is nothing to go by.
        scale = math.sqrt(voiced @ voiced * shown.sum() * max(0.0, 1 - shown.sum() / len(voice)))
        #: From -reach to +reach steps.
        self._curve = np.concatenate([product[-reach:], product[: reach + 1]]) / max(scale, 1.0)
        self._reach = reach
        place = int(np.argmax(self._curve))
        self.best, self.offset = float(self._curve[place]), (place - reach) * STEP
        away = np.abs(np.arange(len(self._curve)) - place) > APART / STEP
        self.elsewhere = float(np.max(self._curve[away], initial=0.0))

    def at(self, offset: float) -> float:
        return float(self._curve[self._reach + round(offset / STEP)])


def _row(spans: Sequence[tuple[float, float]], duration: float) -> Row:
    """1 where there is a span, 0 elsewhere, in steps."""
    row = np.zeros(max(1, math.ceil(duration / STEP)))
    for start, end in spans:
        row[max(0, round(start / STEP)) : max(0, round(end / STEP))] = 1
    return row


def _refined(cues: Sequence[Timed], speech: Sequence[Timed], ratio: float, offset: float) -> float:
    """The offset at which cues begin when somebody begins to speak, near one that is known roughly.

    Of what lies between the beginning of a cue and those of speech around it, the middle of where it is densest; the
    rough offset where there is too little to tell.
    """
    ends = [-math.inf, *(span.end for span in speech)]
    starts = np.array([span.start for span, end in zip(speech, ends, strict=False) if span.start - end >= PAUSE])
    wanted = np.array([ratio * cue.start + offset for cue in cues])
    first, last = np.searchsorted(starts, wanted - NEAR), np.searchsorted(starts, wanted + NEAR)
    off = [starts[one:other] - time for one, other, time in zip(first, last, wanted, strict=True)]
    sorted_off = np.sort(np.concatenate([*off, np.zeros(0)]))
    upto = np.searchsorted(sorted_off, sorted_off + DENSE, side="right")
    counts = upto - np.arange(len(sorted_off))
    if not len(counts) or counts.max() < ENOUGH:
        return offset
    # Of equally good ones the first: a cue seldom begins after its words.
    place = int(np.argmax(counts))
    return offset + float(np.median(sorted_off[place : upto[place]]))
