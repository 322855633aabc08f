"""The script of the demo film, read and laid out on a time line.

In:  dialogue.toml.
Out: when each shot, line and stretch of music begins and ends, with the samples that are spoken.

    board = lay_out(read(Path("dialogue.toml")))
    board.cuts  # [3.5, 7.75, …]
"""

import math
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from voices import RATE, Samples, synthesise

FPS = 24


class Shot(NamedTuple):
    """One picture, from cut to cut; seconds."""

    picture: str
    start: float
    end: float
    music: bool
    chapter: str | None


class Spoken(NamedTuple):
    """One line as it was spoken: its first and last audible moments in the film, and its sound."""

    speaker: str
    hi: str
    en: str
    start: float
    end: float
    samples: Samples


class Storyboard(NamedTuple):
    """The film on its time line."""

    title: str
    shots: list[Shot]
    lines: list[Spoken]
    commentary: list[Spoken]

    @property
    def duration(self) -> float:
        """The whole film, in seconds."""
        return self.shots[-1].end

    @property
    def cuts(self) -> list[float]:
        """Where one shot gives way to the next, always between two frames."""
        return [shot.start for shot in self.shots[1:]]

    @property
    def music(self) -> list[tuple[float, float]]:
        """Stretches of music: neighbouring shots share one."""
        runs = [list(run) for played, run in groupby(self.shots, lambda shot: shot.music) if played]
        return [(run[0].start, run[-1].end) for run in runs]

    @property
    def chapters(self) -> list[tuple[float, float, str]]:
        """Start, end and title of each chapter."""
        heads = [(shot.start, shot.chapter) for shot in self.shots if shot.chapter]
        ends = [start for start, _ in heads[1:]] + [self.duration]
        return [(start, end, title) for (start, title), end in zip(heads, ends, strict=True)]


def read(script: Path) -> dict[str, Any]:
    """The script as it is written."""
    return tomllib.loads(script.read_text(encoding="utf-8"))


def to_frame(seconds: float) -> float:
    """The first border between two frames that is not before a time.

    >>> to_frame(0.51)
    0.5416666666666666
    """
    return math.ceil(round(seconds * FPS, 6)) / FPS


def lay_out(script: dict[str, Any]) -> Storyboard:
    """Speaks every line and gives each shot the time that its lines and pauses need."""
    shots: list[Shot] = []
    lines: list[Spoken] = []
    now = 0.0
    for shot in script["shots"]:
        start = now
        now += shot["lead"]
        for line in shot.get("lines", []):
            samples = synthesise(line["hi"], script["voices"][line["speaker"]], script["speed"])
            end = now + len(samples) / RATE
            lines.append(Spoken(line["speaker"], line["hi"], line["en"], now, end, samples))
            now = end + line.get("pause", 0.0)
        now = to_frame(now + shot.get("tail", 0.0))
        shots.append(Shot(shot["picture"], start, now, shot.get("music", False), shot.get("chapter")))
    return Storyboard(script["title"], shots, lines, _comment(script["commentary"], shots))


def _comment(script: dict[str, Any], shots: list[Shot]) -> list[Spoken]:
    """The commentary, one sentence after another from its lead into a shot."""
    pause = 0.4
    now = next(shot.start for shot in shots if shot.picture == script["over"]) + script["lead"]
    spoken = []
    for text in script["lines"]:
        samples = synthesise(text, script["voice"], script["speed"], language="en-us")
        end = now + len(samples) / RATE
        spoken.append(Spoken("commentary", "", text, now, end, samples))
        now = end + pause
    return spoken
