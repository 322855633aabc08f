"""Subtitle files from cues, each in the writing of its format: SubRip and WebVTT here, the others beside it.

The text of a cue is not trusted: it was recognised, translated or edited by somebody. What is `shown` of it reads
back from every file as it was, markup and all. ASS and SubRip cannot write down the characters that begin markup in
them: there, `STAND_INS` stand for those. All files are UTF-8 without a byte order mark, their lines end with LF, and
the same cues give the same bytes.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import regex  # type: ignore[import-untyped]

from samvad.languages import language as language_of
from samvad.problem import Problem

if TYPE_CHECKING:
    from samvad.documents import Cue, Cues
    from samvad.profile import Profile

#: Hours that two digits can say, in milliseconds.
LONGEST = 100 * 3_600_000
#: An arrow is made of one of them. They are what textmeasure.plain puts in their place, too.
STAND_INS = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")", "\\": "/"})
#: Without a shape, and a letter that runs from right to left to what looks for the first of a line.
RIGHT_TO_LEFT_MARK = "\u200f"

# Controls and what is no character: no format can hold them all. Embeddings and overrides turn around what a reader
# sees, and Unicode advises against them (UAX #9, 2.7); marks and isolates, which may be needed in Urdu, stay.
_DROPPED = regex.compile(r"[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u202A-\u202E\uFEFF]")
_UNSEEN = regex.compile(r"[\p{Cf}\p{Z}]*")
# For the library srt and others like it, these two lines are the head of a cue, arrow or not.
_NUMBER = regex.compile(r"-?[0-9]+\.?[0-9]*\s*")
_CLOCK = regex.compile(r"[0-9]+[,.:，．。：][0-9]+[,.:，．。：][0-9]")


class Shown(NamedTuple):
    """A cue as its file is to say it: times in milliseconds, at least one line, none empty."""

    start: int
    end: int
    lines: list[str]
    italic: bool
    #: Of each line; None where that is not known.
    speakers: list[str | None]


def write(cues: Cues, suffix: str, profile: Profile) -> tuple[bytes, int]:
    """The file of the format with that suffix (".vtt"), and how many cues it has.

    Raises: Problem when there is no such format, the language is unknown, or a cue has times that the format has not.
    """
    if suffix not in WRITERS:
        raise Problem(f"no subtitle format '{suffix}'", f"Known: {' '.join(WRITERS)}")
    language_of(cues.language)
    found = list(shown(cues.cues))
    return WRITERS[suffix](found, cues.language, profile).encode("utf-8"), len(found)


def shown(cues: Sequence[Cue]) -> Iterator[Shown]:
    """What is shown of each cue; of one without visible text, nothing.

    Raises: Problem for a cue that ends no later than it begins, or after 100 hours.
    """
    for cue in cues:
        start, end = (round(1000 * min(time, LONGEST)) for time in (cue.start, cue.end))
        if not 0 <= start < end < LONGEST:
            raise Problem(f"cue {cue.id} is shown from {cue.start} to {cue.end} s", "Give it a beginning and an end")
        lines, speakers = [], []
        names = cue.speakers if len(cue.speakers) == len(cue.lines) else [""] * len(cue.lines)
        for line, name in zip(cue.lines, names, strict=True):
            pieces = clean(line)
            lines += pieces
            speakers += [" ".join(clean(name)) or None] * len(pieces)
        if lines:
            yield Shown(start, end, lines, cue.italic, speakers)


def clean(text: str) -> list[str]:
    r"""The visible lines of `text`, without space around them and without what no format can hold.

    That are line breaks of every kind, which make two lines of one; tabs, for which there is a space; other control
    characters, halves of characters, byte order marks, and what overrides the direction of the text.

    >>> clean(" a\r\n\r\n\tb\x00\u202e <i>\u2028\u200b"), clean("हाँ\x85 10\xa0km")
    (['a', 'b <i>'], ['हाँ', '10\xa0km'])
    """
    lines = (_DROPPED.sub("", line.replace("\t", " ")).strip() for line in text.splitlines())
    return [line for line in lines if not _UNSEEN.fullmatch(line)]


def right_to_left(lines: Sequence[str], language: str) -> list[str]:
    r"""The lines for a format whose players take a line's direction from its first letter.

    In a language that is written from right to left, a line that begins otherwise gets a mark.

    >>> [line.startswith("\u200f") for line in right_to_left(["ہاں 3D", "3D ہاں", "Yes"], "ur")]
    [False, True, True]
    >>> right_to_left(["3D ok"], "en")
    ['3D ok']
    """
    if language_of(language).script != "Arab":
        return list(lines)
    return [line if _begins_right_to_left(line) else RIGHT_TO_LEFT_MARK + line for line in lines]


def _begins_right_to_left(line: str) -> bool:
    directions = (unicodedata.bidirectional(letter) for letter in line)
    return next((direction for direction in directions if direction in ("L", "R", "AL")), "L") != "L"


def clock(milliseconds: int, fraction: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds as WebVTT and TTML have them.

    >>> clock(3_723_004)
    '01:02:03.004'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}{rest:03}"


def subrip(cues: Sequence[Shown], language: str, profile: Profile) -> str:
    """SubRip. It has no way to write "<", and players differ in what they take for markup.

    >>> print(subrip([Shown(1000, 2500, ["मानो <या>", "न मानो"], True, [])], "hi", None), end="")
    1
    00:00:01,000 --> 00:00:02,500
    <i>मानो ‹या›
    न मानो</i>
    <BLANKLINE>
    """
    import srt

    subtitles = []
    for number, cue in enumerate(cues, start=1):
        text = "\n".join(_without_heads([line.translate(STAND_INS) for line in cue.lines]))
        start, end = (timedelta(milliseconds=time) for time in (cue.start, cue.end))
        subtitles.append(srt.Subtitle(number, start, end, f"<i>{text}</i>" if cue.italic else text))
    # Numbered here: its own numbering would drop what it thinks useless without a word.
    return str(srt.compose(subtitles, reindex=False))


def _without_heads(lines: list[str]) -> list[str]:
    """The lines, but for a number and a time below it, which would be the head of a cue: they share one.

    >>> _without_heads(["We met in", "1987", "10:30:00 sharp"])
    ['We met in', '1987 10:30:00 sharp']
    """
    found: list[str] = []
    for line in lines:
        if found and _CLOCK.match(line) and _NUMBER.fullmatch(found[-1]):
            line = f"{found.pop()} {line}"
        found.append(line)
    return found


def webvtt(cues: Sequence[Shown], language: str, profile: Profile) -> str:
    """WebVTT (https://www.w3.org/TR/webvtt1/), the language as a remark in the first line.

    >>> print(webvtt([Shown(1000, 2500, ["R&D --> 3"], True, [])], "en", None), end="")
    WEBVTT - en
    <BLANKLINE>
    1
    00:00:01.000 --> 00:00:02.500
    <i>R&amp;D --&gt; 3</i>
    """
    blocks = [f"WEBVTT - {language}\n"]
    for number, cue in enumerate(cues, start=1):
        text = "\n".join(html.escape(line, quote=False) for line in right_to_left(cue.lines, language))
        text = f"<i>{text}</i>" if cue.italic else text
        blocks.append(f"{number}\n{clock(cue.start)} --> {clock(cue.end)}\n{text}\n")
    return "\n".join(blocks)


def ass(cues: Sequence[Shown], language: str, profile: Profile) -> str:
    from samvad.formats_ass import ass

    return ass(cues, language)


def ttml(cues: Sequence[Shown], language: str, profile: Profile) -> str:
    from samvad.formats_ttml import ttml

    return ttml(cues, language)


def transcript(cues: Sequence[Shown], language: str, profile: Profile) -> str:
    from samvad.formats_transcript import transcript

    return transcript(cues, profile.new_cue_pause)


#: Suffix → what writes such a file from cues, their language and their profile.
WRITERS: dict[str, Callable[[Sequence[Shown], str, Profile], str]] = {
    ".srt": subrip, ".vtt": webvtt, ".ass": ass, ".ttml": ttml, ".txt": transcript,
}  # fmt: skip
