"""Rules about the letters and lines of a cue."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex  # type: ignore[import-untyped]

from samvad.documents import Finding
from samvad.qc_rules import HYPHEN, Film, Rule
from samvad.textmeasure import graphemes, plain


class Empty(Rule):
    name = "empty"
    says = "every cue says something"

    def find(self, film: Film) -> Iterator[Finding]:
        for cue in film.cues:
            if not plain(cue.text):
                yield self.of(cue, "severe", "it has no text")


class Lines(Rule):
    """Subtitle Edit's NumberOfLines; Netflix prefers one line to two where the text fits on it."""

    name = "lines"
    says = "lines at most, and none too many"

    def find(self, film: Film) -> Iterator[Finding]:
        most = film.profile.lines
        for cue in film.cues:
            if len(cue.lines) > most:
                yield self.of(cue, "severe", f"{len(cue.lines)} lines, {most} at most")
                continue
            parted = any(HYPHEN.match(line) or line.startswith("[") for line in cue.lines)
            if len(cue.lines) > 1 and not parted and graphemes(cue.text) <= film.profile.characters_per_line:
                yield self.of(cue, "note", f"{len(cue.lines)} lines where one has room", cue.text)


class LineLength(Rule):
    """Subtitle Edit's MaxLineLength."""

    name = "characters_per_line"
    says = "characters on a line at most"

    def find(self, film: Film) -> Iterator[Finding]:
        most = film.profile.characters_per_line
        for cue in film.cues:
            longest = max(map(graphemes, cue.lines), default=0)
            if longest > most:
                yield self.of(cue, "severe", f"a line of {longest} characters, {most} at most")


class WhiteSpace(Rule):
    """A space before punctuation is the writer's (severe would be what the engine itself takes out)."""

    name = "white_space"
    says = "single spaces, none at the ends of a line or before punctuation"

    _SPACES = regex.compile(r"^\s+|\s+$|\s{2,}|[^\S ]")
    _BEFORE = regex.compile(r"(?<=[\p{L}\p{M}\p{N}\"'”’]) +(?=[!?).,;:؟،۔।…](?![\p{L}\p{N}]))")

    def find(self, film: Film) -> Iterator[Finding]:
        for cue in film.cues:
            spaced = any(self._SPACES.search(line) for line in cue.lines)
            before = any(self._BEFORE.search(line) for line in cue.lines)
            if spaced or before:
                fix = "\n".join(self._BEFORE.sub("", " ".join(line.split())) for line in cue.lines)
                message = "a space too many" if spaced else "a space before punctuation"
                yield self.of(cue, "severe" if spaced else "warning", message, fix)


class Glyph(Rule):
    """What is not shown, or not everywhere (Subtitle Edit's Glyph). Letters are the script rule's matter.

    Severe is what the engine lets into no cue: control characters, changes of writing direction, what was left
    of broken bytes, and signs that a player may take for markup. Emoji and drawings are missing in most fonts.
    """

    name = "glyph"
    says = "letters, digits and punctuation that every player shows"

    #: Marks of direction are typed in scripts that run from right to left, joiners shape letters.
    _DIRECTION = "\u200e\u200f\u061c"
    _SIGNS = regex.compile(
        r"[\p{L}\p{M}\p{N}\p{P}\p{Zs}\p{Sc}+=×÷±−|~^`´¨°©®™№♪♫♩♬\u200c\u200d\p{Prepended_Concatenation_Mark}]"
    )
    #: What begins markup, and what decoders leave for broken bytes.
    _NEVER = frozenset("<>{}\\\ufffd")

    def find(self, film: Film) -> Iterator[Finding]:
        allowed = self._DIRECTION if film.script == "Arab" else ""
        for cue in film.cues:
            text = "\n".join(cue.lines)
            odd = dict.fromkeys(sign for sign in text if self._is_odd(sign) and sign not in allowed)
            if not odd:
                continue
            never = [sign for sign in odd if sign in self._NEVER or unicodedata.category(sign)[0] == "C"]
            named = ", ".join(f"U+{ord(sign):04X}" for sign in list(odd)[:5])
            fix = "\n".join(plain(line) for line in cue.lines) if never else None
            yield self.of(cue, "severe" if never else "warning", f"{named}: not shown, or not everywhere", fix)

    def _is_odd(self, sign: str) -> bool:
        # White space is another rule's matter.
        return not sign.isspace() and (sign in self._NEVER or not self._SIGNS.match(sign))
