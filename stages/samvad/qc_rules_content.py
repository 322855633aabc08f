"""Rules about what the cues say, as far as the film's other files and the cues themselves can tell.

None is ever severe by itself: a profile lets a share of each pass ([gate] in config/cues/*.toml).
"""

from __future__ import annotations

import difflib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from samvad import languages
from samvad.documents import Cue, Finding, Span, covered
from samvad.inventions import bare
from samvad.qc_rules import Content, Film, labels_only, sung, without
from samvad.scripts import LATIN, foreign_share, script_share
from samvad.textmeasure import plain


class Repeated(Content):
    """The same cue again and again: what recognisers write over music, and translators when they are lost.

    People repeat themselves too, mostly in few words, and songs do by their nature. So a cue is found in a row of
    `ROW` that say the same or nearly so (`ROW_SHORT` of one or two words, twice as many of what is sung); or where
    its text comes oftener in the film than people say it: `OFTEN` times for four words or more, and shorter ones
    `OFTEN_SHORT` times and for `SHORT_SHARE` of all cues. The first of them is let be.
    """

    name = "repeated"
    says = "nobody says the same over and over"

    ROW, ROW_SHORT = 3, 5
    OFTEN, OFTEN_SHORT, SHORT_SHARE = 6, 15, 0.03
    SHORT = 3
    #: How alike two texts are that say nearly the same (difflib's ratio), of at most so many letters.
    ALIKE, COMPARED = 0.9, 200

    def find(self, film: Film) -> Iterator[Finding]:
        cues = [cue for cue in film.cues if not labels_only(cue)]
        texts = [bare(plain(cue.text)) for cue in cues]
        found = {**self._often(cues, texts), **self._rows(cues, texts)}
        for number in sorted(found):
            yield self.of(cues[number], "warning", found[number])

    def _rows(self, cues: Sequence[Cue], texts: Sequence[str]) -> dict[int, str]:
        """Number of each cue in a row but the first → what is said of it."""
        found: dict[int, str] = {}
        first = 0
        for number in range(1, len(texts) + 1):
            if number < len(texts) and self._alike(texts[number - 1], texts[number]):
                continue
            row = number - first
            least = self.ROW if len(texts[first].split()) >= self.SHORT else self.ROW_SHORT
            if row >= least * (2 if sung(cues[first]) else 1):
                said = f"{row} cues in a row say the same, from cue {cues[first].id} on"
                found.update(dict.fromkeys(range(first + 1, number), said))
            first = number
        return found

    def _often(self, cues: Sequence[Cue], texts: Sequence[str]) -> dict[int, str]:
        by_text: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            by_text[text].append(number)
        found: dict[int, str] = {}
        for text, numbers in by_text.items():
            short = len(text.split()) <= self.SHORT
            least = max(self.OFTEN_SHORT, self.SHORT_SHARE * len(cues)) if short else self.OFTEN
            if len(numbers) >= least * (2 if sung(cues[numbers[0]]) else 1):
                said = f"{len(numbers)} cues say the same, the first of them cue {cues[numbers[0]].id}"
                found.update(dict.fromkeys(numbers[1:], said))
        return found

    def _alike(self, one: str, other: str) -> bool:
        if one == other or max(len(one), len(other)) > self.COMPARED:
            return one == other
        matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
        return matcher.real_quick_ratio() >= self.ALIKE and matcher.ratio() >= self.ALIKE


class Script(Content):
    """Letters that are not the language's: the source in a translation, another script from a recogniser.

    English words are at home in all of India, so a cue in Latin letters alone is found only where more than
    `LATIN_MOST` of the cues are.
    """

    name = "script"
    says = "a language is written in its own letters"

    LATIN_MOST = 0.2

    def find(self, film: Film) -> Iterator[Finding]:
        home = film.home
        latin = [cue.id for cue in film.cues if self._in_latin(cue, film)]
        many = set(latin) if len(latin) > self.LATIN_MOST * len(film.cues) else set()
        source = film.translation and languages.language(film.translation.source)
        for cue in film.cues:
            share = foreign_share(cue.text, home)
            if share > 0:
                name = next(
                    (source.name for source in [source] if source and script_share(cue.text, source.script)), ""
                )
                what = f"letters of {name}" if name else "letters of another script"
                yield self.of(cue, "warning", f"{share:.0%} {what}")
            elif cue.id in many:
                yield self.of(cue, "warning", f"Latin letters, as {len(latin)} of {len(film.cues)} cues have")

    @staticmethod
    def _in_latin(cue: Cue, film: Film) -> bool:
        spoken = [languages.language(code).script for code in film.spoken if film.language in film.spoken]
        return film.script != LATIN and LATIN not in spoken and script_share(cue.text, LATIN) > 0.5


class Coverage(Content):
    """Speech with no cue: a cue may come or go a second from it. What is sung is left out (SONGS=drop)."""

    name = "coverage"
    says = "what is said is shown"

    NEAR = 1.0
    #: Seconds of speech that are no more than a breath or a cry.
    SHORTEST = 0.5

    def applies(self, film: Film) -> bool:
        return film.speech is not None

    def find(self, film: Film) -> Iterator[Finding]:
        shown = sorted((Span(cue.start, cue.end) for cue in film.cues), key=lambda span: span.start)
        for span in without(self._said(film), _merged(shown), self.NEAR):
            if span.end - span.start >= self.SHORTEST:
                message = f"{span.end - span.start:.1f} s of speech without a cue"
                yield Finding(self.name, "warning", message, None, span.start, span.end)

    def share(self, film: Film, found: Sequence[Finding]) -> float:
        """0 to 1: of the seconds of speech."""
        lost = sum((finding.end or 0) - (finding.start or 0) for finding in found)
        return lost / max(covered(self._said(film)), 1e-9) if found else 0.0

    @staticmethod
    def _said(film: Film) -> list[Span]:
        return list(without(film.speech or (), film.songs))


class Silence(Content):
    """Cues under which nobody speaks or sings: what recognisers invent. Sounds of the SDH variant are none."""

    name = "silence"
    says = "nothing is shown that nobody says"

    #: Seconds by which a cue may miss the voice that it belongs to.
    NEAR = 0.5

    def applies(self, film: Film) -> bool:
        return film.speech is not None

    def find(self, film: Film) -> Iterator[Finding]:
        voices = _merged(sorted((*(film.speech or ()), *film.songs), key=lambda span: span.start))
        ends = [voice.end for voice in voices]
        for cue in film.cues:
            if labels_only(cue):
                continue
            after = bisect_right(ends, cue.start - self.NEAR)
            if after == len(voices) or voices[after].start >= cue.end + self.NEAR:
                yield self.of(cue, "warning", "nobody speaks or sings here")


class Review(Content):
    """What the checks of the translation marked for a person to look at, where it is shown."""

    name = "review"
    says = "nothing of the translation is marked for review"

    def applies(self, film: Film) -> bool:
        return film.translation is not None

    def find(self, film: Film) -> Iterator[Finding]:
        marked = [one for one in film.translation.sentences if one.review] if film.translation else []
        cues = sorted(film.cues, key=lambda cue: cue.start)
        starts = [cue.start for cue in cues]
        longest = max((cue.end - cue.start for cue in cues), default=0.0)
        for one in marked:
            near = cues[bisect_left(starts, one.start - longest) : bisect_right(starts, one.end)]
            shown = [cue for cue in near if _overlap(cue, one.start, one.end) > (cue.end - cue.start) / 2]
            for cue in shown:
                yield self.of(cue, "warning", "; ".join(one.review))
            if not shown:
                yield Finding(self.name, "warning", "; ".join(one.review), None, one.start, one.end, one.text)

    def share(self, film: Film, found: Sequence[Finding]) -> float:
        return super().share(film, [finding for finding in found if finding.cue is not None])


def _overlap(cue: Cue, start: float, end: float) -> float:
    return min(cue.end, end) - max(cue.start, start)


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans sorted by their start, those that touch as one."""
    found: list[Span] = []
    for span in spans:
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
