"""Rules about how things are written: habits that the profile sets, and those of Netflix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import regex  # type: ignore[import-untyped]

from samvad.documents import Cue, Finding
from samvad.qc_rules import HYPHEN, Film, Rule, Severity
from samvad.scripts import LATIN
from samvad.sentences import ends_sentence

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: A number that stands by itself: no time, price, share, date, code or part of one.
_NUMBER = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}:.,/%\p{Sc}#+=_])(?<![\p{L}\p{N}][-–])\p{Nd}+(?![\p{L}\p{M}\p{N}:/%\p{Sc}°=_–-]|[.,]\p{N}|\s%)"
)
_WORD_NEXT = regex.compile(r"\s+\p{L}")
#: What may stand before a sentence.
_OPENING = "-–—\"'“‘«¿¡([♪ \n"

Figures: TypeAlias = regex.Match[str]


class Ellipsis(Rule):
    """Subtitle Edit's EllipsesNotThreeDots; which of the two it is, the profile says."""

    name = "ellipsis"
    says = "an ellipsis as the profile writes it"

    _DOTS = regex.compile(r"\.{3,}")

    def find(self, film: Film) -> Iterator[Finding]:
        wanted = film.profile.ellipsis
        for cue in film.cues:
            text = "\n".join(cue.lines)
            fix = self._DOTS.sub("…", text) if wanted == "…" else text.replace("…", "...")
            if fix != text:
                yield self.of(cue, "severe", f"an ellipsis is written {wanted}", fix)


class Hyphens(Rule):
    """Two speakers in one cue (Subtitle Edit's DialogHyphenSpace).

    Never severe: a hyphen may be the speaker's own, and what is said is not rewritten.
    """

    name = "dual_speakers"
    says = "two speakers as the profile sets them"

    def find(self, film: Film) -> Iterator[Finding]:
        style = film.profile.dual_speakers
        for cue in film.cues:
            marks = [HYPHEN.match(line) for line in cue.lines]
            if len(marks) < 2 or not all(marks[1:]):
                continue
            if style == "separate":
                yield self.of(cue, "warning", "two speakers in one cue")
                continue
            mark = "-" if style == "hyphen" else "- "
            fix = "\n".join(mark + HYPHEN.sub("", line) for line in cue.lines)
            if fix != "\n".join(cue.lines):
                how = "with a space behind it" if mark == "- " else "without a space behind it"
                yield self.of(cue, "warning", f"each speaker's line begins with a hyphen {how}", fix)


class Italics(Rule):
    """Netflix: none in scripts that have no tradition of them (Subtitle Edit's AllowItalics)."""

    name = "italics"
    says = "italics only where the script and the profile have them"

    def find(self, film: Film) -> Iterator[Finding]:
        for cue in film.cues:
            if cue.italic and film.script != LATIN:
                yield self.of(cue, "severe", "italics in a script that has none", "\n".join(cue.lines))
            elif cue.italic and film.profile.italics == "none":
                yield self.of(cue, "note", "the profile uses no italics", "\n".join(cue.lines))


class Numbers(Rule):
    """Netflix: one to ten in words (Subtitle Edit's NumbersOneToTenSpellOut). The words of other languages than
    English change with gender and case, and Indian subtitles have figures: there it is a note."""

    name = "numbers"
    says = "one to ten in words"

    def find(self, film: Film) -> Iterator[Finding]:
        for cue, text, figures in _figures(film):
            small = [match for match, begins in figures if not begins and _in_words(match) and not _heads(text, match)]
            if small:
                said = ", ".join(match[0] for match in small)
                yield self.of(cue, _severity(film), f"{said} in figures", _spelled(film, text, small))


class NumberStarts(Rule):
    """Netflix: no sentence begins with figures (Subtitle Edit's StartNumberSpellOut)."""

    name = "number_starts"
    says = "no sentence begins with figures"

    def find(self, film: Film) -> Iterator[Finding]:
        for cue, text, figures in _figures(film):
            # A list and a time of day are no sentence: a word must follow.
            first = [match for match, begins in figures if begins and _WORD_NEXT.match(text, match.end())]
            if first:
                said = ", ".join(match[0] for match in first)
                fix = _spelled(film, text, first, str.capitalize) if all(map(_in_words, first)) else None
                yield self.of(cue, _severity(film), f"a sentence begins with {said}", fix)


def _severity(film: Film) -> Severity:
    """A language whose number words we know is held to them."""
    return "warning" if film.language == "en" else "note"


def _figures(film: Film) -> Iterator[tuple[Cue, str, list[tuple[Figures, bool]]]]:
    """Each cue with its text, and the numbers in it with whether a sentence begins with them.

    A cue may go on with the sentence of the one before it.
    """
    ended = True
    for cue in film.cues:
        text = "\n".join(cue.lines)
        yield (
            cue,
            text,
            [(match, _begins(text[: match.start()], match.group(), ended)) for match in _NUMBER.finditer(text)],
        )
        words = text.strip("♪ \n").split()
        ended = not words or ends_sentence(words[-1])


def _begins(before: str, number: str, ended: bool) -> bool:
    words = before.strip(_OPENING).split()
    return ends_sentence(words[-1], number) if words else ended


def _in_words(match: Figures) -> str:
    number = int(match[0]) if len(match[0]) <= 2 else 0
    return _WORDS[number - 1] if 1 <= number <= 10 else ""


def _heads(text: str, match: Figures) -> bool:
    """Whether it numbers a heading or a list: a full stop behind it that does not end the cue."""
    return text[match.end() : match.end() + 1] == "." and match.end() + 1 < len(text)


def _spelled(film: Film, text: str, figures: Sequence[Figures], case: Callable[[str], str] = str.lower) -> str | None:
    """The text with these numbers in words, where we know the language's."""
    if film.language != "en":
        return None
    for match in reversed(figures):
        text = text[: match.start()] + case(_in_words(match)) + text[match.end() :]
    return text


class Brackets(Rule):
    """Netflix: what is heard but not said stands in [brackets] (Subtitle Edit's TextForHiUseBrackets).

    Never severe: nobody can tell a sound from an aside that somebody wrote in parentheses.
    """

    name = "brackets"
    says = "sounds in square brackets"

    _ROUND = regex.compile(r"^([-‐–]?\s*)[({]([^(){}\[\]]+)[)}]$")

    def find(self, film: Film) -> Iterator[Finding]:
        for cue in film.cues:
            whole = self._ROUND.sub(r"\1[\2]", "\n".join(cue.lines).strip())
            if whole == "\n".join(cue.lines).strip():
                whole = "\n".join(self._ROUND.sub(r"\1[\2]", line.strip()) for line in cue.lines)
                lined = any(self._ROUND.match(line.strip()) for line in cue.lines)
            else:
                lined = True
            if lined:
                yield self.of(cue, "warning", "what is heard stands in [ ]", whole)
