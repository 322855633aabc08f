"""What the rules of qc share: the film as they see it, and what they say of it.

A rule is a small class in qc_rules_time, qc_rules_text or qc_rules_content; samvad.qc has the list of them. It bears
the name of the setting that it reads (config/cues/*.toml), or says in one word what it looks for.

What a rule finds is "severe" where the engine keeps the rule for any words and times, so that only a fault or
another program can have broken it; "warning" where the words, their times or the neighbours may leave no choice;
"note" where it is a matter of taste. Content rules (`Content`) find warnings, of which a profile lets a share pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal

import regex  # type: ignore[import-untyped]

from samvad import languages
from samvad.documents import Cue, Finding, Span, Timed, Translation
from samvad.profile import Profile
from samvad.scripts import LATIN

Severity = Literal["severe", "warning", "note"]

#: Seconds by which two times that were rounded to milliseconds may seem to differ.
ROUNDED = 0.0015
#: Characters of a cue that its finding repeats: a report must not outgrow a film of one endless line.
QUOTED = 300
NOTE = "♪"
#: What a speaker's line begins with, and the space behind it.
HYPHEN = regex.compile(r"^\s*([-‐‑–—])(\s*)(?=\S)")


@dataclass(frozen=True)
class Film:
    """The cues in the order of their file, and what is known of the film: all but them may be missing."""

    cues: Sequence[Cue]
    language: str
    #: For these readers (`Profile.for_readers`).
    profile: Profile
    sdh: bool = False
    #: Seconds that a time of the file may be wrong by its format alone.
    precision: float = 0.0005
    #: Frames a second of the film's own picture.
    frame_rate: float | None = None
    frame_zero: float = 0.0
    duration: float | None = None
    #: Seconds of the shot changes, rising.
    cuts: Sequence[float] = field(default_factory=list)
    speech: Sequence[Span] | None = None
    songs: Sequence[Span] = field(default_factory=list)
    translation: Translation | None = None
    #: What is spoken in the film, where that is known.
    spoken: Sequence[str] = field(default_factory=list)

    @property
    def frame(self) -> float:
        """Seconds of a frame."""
        return 1 / (self.frame_rate or self.profile.frame_rate)

    @property
    def slack(self) -> float:
        """Seconds by which a duration may miss a limit: a film's own frames are counted, not milliseconds."""
        return self.frame / 2 if self.frame_rate else ROUNDED

    @property
    def gap(self) -> float:
        return self.profile.gap_frames * self.frame

    def frames(self, seconds: float) -> int:
        """
        >>> from types import SimpleNamespace
        >>> Film((), "en", SimpleNamespace(frame_rate=24.0)).frames(0.0834)
        2
        """
        return math.floor(seconds / self.frame + 0.5)

    @cached_property
    def script(self) -> str:
        return languages.language(self.language).script

    @cached_property
    def home(self) -> tuple[str, ...]:
        """The scripts whose letters belong here. What is spoken in two languages is written in both scripts;
        Latin letters are at home in all of India."""
        spoken = self.spoken if self.language in self.spoken else ()
        return (self.script, LATIN, *(languages.language(code).script for code in spoken))

    def pairs(self) -> Iterator[tuple[Cue, Cue]]:
        return pairwise(self.cues)

    def with_next(self) -> Iterator[tuple[Cue, float]]:
        """Each cue, and when the next one that begins after it does: inf after the last."""
        for number, cue in enumerate(self.cues):
            after = self.cues[number + 1].start if number + 1 < len(self.cues) else math.inf
            yield cue, after


class Rule:
    """One thing that good subtitles keep."""

    name: ClassVar[str]
    #: What is kept, for people: "no two cues at once".
    says: ClassVar[str]

    def applies(self, film: Film) -> bool:
        """Whether what the rule needs to know is known, and the language has such a rule."""
        return True

    def find(self, film: Film) -> Iterator[Finding]:
        raise NotImplementedError

    def of(
        self, cue: Cue, severity: Severity, message: str, fix: str | None = None, shown: str | None = None
    ) -> Finding:
        text = "\n".join(cue.lines) if shown is None else shown
        return Finding(self.name, severity, message, cue.id, cue.start, cue.end, text[:QUOTED], fix)


class Content(Rule):
    """A rule of which the profile lets a share pass: `Gate` has it by the rule's name."""

    def share(self, film: Film, found: Sequence[Finding]) -> float:
        """0 to 1: of the cues, those that something was found of."""
        return len({finding.cue for finding in found}) / max(1, len(film.cues))


def clock(seconds: float) -> str:
    """As in a SubRip file.

    >>> clock(3725.24)
    '01:02:05,240'
    """
    whole = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"


def times(start: float, end: float) -> str:
    """What the times of a cue could be instead."""
    return f"{clock(start)} --> {clock(end)}"


def sung(cue: Cue) -> bool:
    return any(NOTE in line for line in cue.lines)


def labels_only(cue: Cue) -> bool:
    """Whether a cue says nothing but what is heard: [door slams], ♪."""
    text = cue.text.strip("-– ")
    return (text.startswith("[") and text.endswith("]")) or not any(map(str.isalnum, text))


def without(spans: Sequence[Timed], taken: Sequence[Timed], margin: float = 0.0) -> Iterator[Span]:
    """What is left of sorted spans when others, sorted by their start and wider by `margin`, are taken away.

    >>> list(without([Span(0.0, 4.0), Span(6.0, 7.0)], [Span(1.0, 2.0), Span(6.0, 9.0)]))
    [Span(start=0.0, end=1.0), Span(start=2.0, end=4.0)]
    """
    at = 0
    for span in spans:
        now = span.start
        while at < len(taken) and taken[at].end + margin <= now:
            at += 1
        number = at
        while number < len(taken) and taken[number].start - margin < span.end:
            if taken[number].start - margin > now:
                yield Span(now, taken[number].start - margin)
            now = max(now, taken[number].end + margin)
            number += 1
        if now < span.end:
            yield Span(now, span.end)
