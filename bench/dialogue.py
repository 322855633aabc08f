"""Dialogue for bench/cues: hours of it from a bank of sentences, with the time of each word and the places to break.

The bank (data/dialogue_<language>.txt) was written for this and its places marked one by one, without a look at the
engine's own tables: what it says against a break is not what the engine was told. Its marks stand between words.
No mark: the words are tied (article, adjective or possessive and noun, first and last name, pronoun and verb, verb and
auxiliary or negation, noun and postposition, the parts of a conjunct verb). `/`: between phrases, where one may break;
`|`: between clauses, a good place; `||`: the end of a sentence inside a turn. A blank line parts scenes.

    >>> [(word.text, word.after.name) for word in parsed("Sit down, | Mr. Walker. || Now.")[0][0]][1:5]
    [('down,', 'CLAUSE'), ('Mr.', 'TIED'), ('Walker.', 'SENTENCE'), ('Now.', 'SENTENCE')]

Times are seconds. A word lasts by its syllables (English) or written characters (Hindi) at the pace of who speaks,
longer before a boundary; pauses are drawn by the kind of the boundary. One of six people talks half as fast again as
others, and one turn in 25 is squeezed to less than half its time, as recognisers do: there limits of reading speed
bind. A third of the turns begin without any silence. Same language, seconds and seed: the same film.
"""

from __future__ import annotations

import enum
import itertools
import math
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

from samvad.textmeasure import graphemes

DATA = Path(__file__).parent / "data"


class Boundary(enum.IntEnum):
    """What is between a word and the next, as it was marked."""

    TIED = 0
    PHRASE = 1
    CLAUSE = 2
    SENTENCE = 3


class Written(NamedTuple):
    text: str
    after: Boundary


class Spoken(NamedTuple):
    """A word in the film; `sentence` and `turn` are numbered through. The boundary may be unknown (None)."""

    text: str
    start: float
    end: float
    sentence: int
    turn: int
    speaker: str | None
    after: Boundary | None


Turn = list[Written]
Scene = list[Turn]

_MARKS = {"/": Boundary.PHRASE, "|": Boundary.CLAUSE, "||": Boundary.SENTENCE}


def parsed(text: str) -> list[Scene]:
    """The scenes of a bank: of each its turns, each the words of its sentences."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    scenes = [list(group) for said, group in itertools.groupby(lines, key=bool) if said]
    return [[_turn(line) for line in scene] for scene in scenes]


def _turn(line: str) -> Turn:
    words: Turn = []
    for token in line.split():
        if token in _MARKS:
            words[-1] = words[-1]._replace(after=_MARKS[token])
        else:
            words.append(Written(token, Boundary.TIED))
    words[-1] = words[-1]._replace(after=Boundary.SENTENCE)
    return words


def bank(language: str) -> list[Scene]:
    return parsed((DATA / f"dialogue_{language}.txt").read_text(encoding="utf-8"))


# --- speaking -----------------------------------------------------------------------------------------

#: Who speaks, and how fast; a name for each, as diarisation gives them.
PACES = {"A": 0.9, "B": 1.0, "C": 1.0, "D": 1.1, "E": 1.25, "F": 1.55}
#: The share of turns that are squeezed, and by how much.
SQUEEZED, SQUEEZE = 0.04, 2.2
#: Seconds of an English syllable, of a Hindi character; the least that a word lasts.
SYLLABLE, AKSHARA, SHORTEST = 0.245, 0.135, 0.07
#: How much longer a word is before a boundary.
LENGTHENED = {Boundary.TIED: 1.0, Boundary.PHRASE: 1.05, Boundary.CLAUSE: 1.2, Boundary.SENTENCE: 1.35}


class Pause(NamedTuple):
    """How silence is drawn: the share without any, the median of the others, their spread (of the logarithm)."""

    none: float
    median: float
    spread: float

    def drawn(self, dice: random.Random) -> float:
        return 0.0 if dice.random() < self.none else self.median * math.exp(dice.gauss(0, self.spread))


PAUSES = {
    Boundary.TIED: Pause(0.98, 0.12, 0.4),
    Boundary.PHRASE: Pause(0.93, 0.2, 0.5),
    Boundary.CLAUSE: Pause(0.55, 0.22, 0.6),
    Boundary.SENTENCE: Pause(0.25, 0.45, 0.6),
}
NEXT_TURN, NEXT_SCENE = Pause(0.33, 0.5, 0.8), Pause(0.0, 3.5, 0.9)


def syllables(word: str) -> int:
    """The syllables of an English word, two for each digit.

    >>> [syllables(word) for word in ("stop", "inside", "lighthouse", "6:45,")]
    [1, 2, 2, 6]
    """
    letters = re.sub(r"e\b", "", re.sub(r"[^a-z]", "", word.lower()))
    return max(1, len(re.findall(r"[aeiouy]+", letters)) + 2 * sum(letter.isdigit() for letter in word))


def film(language: str, seconds: float, seed: int = 1) -> list[Spoken]:
    """The words of a film of that length: the bank's scenes in random order, again and again."""
    dice = random.Random(f"{language} {seed}")
    scenes = bank(language)
    words: list[Spoken] = []
    now, turn, sentence = 2.0, 0, 0
    while True:
        for scene in dice.sample(scenes, len(scenes)):
            people = dice.sample(sorted(PACES), 2)
            for number, line in enumerate(scene):
                speaker = people[number % 2]
                spoken = list(_spoken(line, language, speaker, now, turn, sentence, dice))
                if spoken[-1].end > seconds:
                    return words
                words += spoken
                turn, sentence = turn + 1, spoken[-1].sentence + 1
                now = spoken[-1].end + (NEXT_SCENE if number == len(scene) - 1 else NEXT_TURN).drawn(dice)


def _spoken(
    line: Turn, language: str, speaker: str, now: float, turn: int, sentence: int, dice: random.Random
) -> Iterator[Spoken]:
    pace = PACES[speaker] * math.exp(dice.gauss(0, 0.08))
    pace *= SQUEEZE if dice.random() < SQUEEZED else 1.0
    for text, after in line:
        unit = SYLLABLE * syllables(text) if language == "en" else AKSHARA * graphemes(text.strip(",.?!;।"))
        length = max(SHORTEST, unit * LENGTHENED[after] * math.exp(dice.gauss(0, 0.15)) / pace)
        yield Spoken(text, round(now, 3), round(now + length, 3), sentence, turn, speaker, after)
        now = round(now + length, 3) + PAUSES[after].drawn(dice) / pace
        sentence += after is Boundary.SENTENCE


# --- the reference ------------------------------------------------------------------------------------


class Limits(NamedTuple):
    """What cues are measured by, and the reference keeps to: of a profile, for a film's frame rate."""

    characters: int
    lines: int
    #: Characters a second.
    cps: float
    #: Seconds.
    min_duration: float
    max_duration: float
    #: Seconds of two frames or how many it is, and of the gap that is no longer closed.
    gap: float
    chain: float
    linger: float


class Shown(NamedTuple):
    """A cue: seconds, and its lines."""

    start: float
    end: float
    lines: list[str]


#: Characters that a break there may be further from the middle than one at the end of a sentence.
_COST = {Boundary.PHRASE: 24.0, Boundary.CLAUSE: 8.0, Boundary.SENTENCE: 0.0}
#: A silence that no cue of the reference reaches over, in seconds.
_SILENCE = 1.0


def reference(words: Sequence[Spoken], limits: Limits) -> list[Shown]:
    """Cues by the annotation alone. Every turn is one cue of one or two lines if it fits; if not, it is parted at the
    marked place nearest to its middle (a clause rather than a phrase), and each part so again. Two lines are parted the
    same way. A cue begins with its first word and stays until it can be read, as long as the limits allow.
    """
    turns = [list(group) for _, group in itertools.groupby(words, key=lambda word: word.turn)]
    parts = [part for turn in turns for part in _parts(turn, limits)]
    cues = []
    for part, following in itertools.pairwise([*parts, None]):
        assert part
        lines = _lines(part, limits) or [_text(part)]
        start, spoken = part[0].start, part[-1].end
        wanted = start + max(limits.min_duration, graphemes(" ".join(lines)) / limits.cps)
        end = min(max(spoken, wanted), max(spoken + limits.linger, start + limits.min_duration))
        if following:
            end = min(end, following[0].start - limits.gap)
        cues.append(Shown(start, round(min(end, start + limits.max_duration), 3), lines))
    return cues


def _parts(words: list[Spoken], limits: Limits) -> Iterator[list[Spoken]]:
    silent = any(after.start - word.end >= _SILENCE for word, after in itertools.pairwise(words))
    if not silent and words[-1].end - words[0].start <= limits.max_duration and _lines(words, limits):
        yield words
        return
    places = [at for at in range(1, len(words)) if words[at - 1].after]
    if not places:
        yield words
        return
    quiet = [at for at in places if words[at].start - words[at - 1].end >= _SILENCE]
    at = min(quiet or places, key=lambda at: _distance(words, at))
    yield from _parts(words[:at], limits)
    yield from _parts(words[at:], limits)


def _lines(words: Sequence[Spoken], limits: Limits) -> list[str] | None:
    """The words on one line or two; None where they fit on no two."""
    if graphemes(_text(words)) <= limits.characters:
        return [_text(words)]
    fitting = [
        at
        for at in range(1, len(words))
        if words[at - 1].after and max(graphemes(_text(words[:at])), graphemes(_text(words[at:]))) <= limits.characters
    ]
    if not fitting:
        return None
    at = min(fitting, key=lambda at: _distance(words, at))
    return [_text(words[:at]), _text(words[at:])]


def _distance(words: Sequence[Spoken], at: int) -> float:
    after = words[at - 1].after
    assert after
    return abs(graphemes(_text(words[:at])) - graphemes(_text(words[at:]))) + _COST[after]


def _text(words: Sequence[Spoken]) -> str:
    return " ".join(word.text for word in words)
