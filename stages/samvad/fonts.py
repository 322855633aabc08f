"""The fonts of subtitles in the picture: one for each script, whatever this machine has installed.

They are Noto Sans: those of the package manimgx-fonts, and in data/ the two that no package has (NotoSansOlChiki.ttf,
NotoSansMeeteiMayek.ttf). No font holds all letters – Bengali's has no comma – so a text is cut into runs, each in
the first font that has its letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pysubs2

#: Script (ISO 15924) → the name of its font.
OF_SCRIPT = {
    "Latn": "NotoSans", "Arab": "NotoSansArabic", "Beng": "NotoSansBengali", "Deva": "NotoSansDevanagari",
    "Gujr": "NotoSansGujarati", "Guru": "NotoSansGurmukhi", "Knda": "NotoSansKannada", "Mlym": "NotoSansMalayalam",
    "Mtei": "NotoSansMeeteiMayek", "Olck": "NotoSansOlChiki", "Orya": "NotoSansOriya", "Taml": "NotoSansTamil",
    "Telu": "NotoSansTelugu",
}  # fmt: skip
#: Notes and pictures.
SIGNS = ("NotoSansSymbols", "NotoEmoji")
ITALIC = "NotoSans-Italic"
#: What libass takes for "by the Unicode bidirectional algorithm": the direction by the first strong letter of a line.
BY_FIRST_LETTER = -1
MARKUP = re.compile(r"(\{[^}]*\}|\\[Nnh])")


class Face(NamedTuple):
    """A font. `height` is that of its line in ems: what the size of an ASS style means."""

    family: str
    path: Path
    letters: frozenset[int]
    height: float


class Run(NamedTuple):
    """A stretch of text in one font; None where no font has it."""

    text: str
    face: Face | None


@cache
def face(name: str) -> Face:
    """The font of that name."""
    import manimgx_fonts  # type: ignore[import-not-found]
    from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

    folders = (Path(manimgx_fonts.__file__).parent, Path(__file__).resolve().parent / "data")
    path = next(path for folder in folders for path in folder.glob(f"{name}*.ttf") if _stem(path) == name)
    with TTFont(path, lazy=True) as font:
        # libass goes by the same pair (ass_font.c, set_font_metrics): the height that Windows gives a line.
        metrics, em = font["OS/2"], font["head"].unitsPerEm
        height = (metrics.usWinAscent + metrics.usWinDescent) / em
        return Face(str(font["name"].getBestFamilyName()), path, frozenset(font.getBestCmap()), height)


def _stem(path: Path) -> str:
    """The name without the axes of a variable font: NotoSans[wght].ttf is NotoSans."""
    return path.stem.partition("[")[0]


def names(script: str) -> list[str]:
    """The fonts for a text in a script, the first choice first."""
    return list(dict.fromkeys([OF_SCRIPT.get(script, "NotoSans"), "NotoSans", *SIGNS, *OF_SCRIPT.values()]))


def runs(text: str, script: str) -> Iterator[Run]:
    """The text in pieces of one font each.

    What is no letter or digit stays with what it follows, if that font has it: a word of another script is set with
    its own punctuation, and a sign is never parted from its letter.
    """
    piece = ""
    last: Face | None = face(names(script)[0])
    for letter in text:
        chosen = _face_of(letter, last, script)
        if piece and chosen != last:
            yield Run(piece, last)
            piece = ""
        piece, last = piece + letter, chosen
    if piece:
        yield Run(piece, last)


def _face_of(letter: str, last: Face | None, script: str) -> Face | None:
    kind = unicodedata.category(letter)
    if last and (kind in ("Cf", "Mn") or (kind[0] not in "LN" and ord(letter) in last.letters)):
        return last
    found = (face(name) for name in names(script))
    return next((each for each in found if ord(letter) in each.letters), None)


def dress(subtitles: pysubs2.SSAFile, script: str) -> tuple[list[Path], str]:
    """Sets ASS subtitles, whose size is meant for the script's font, in these fonts: all letters of that size.

    Returns: the fonts, and letters that none of them has.
    """
    first = face(names(script)[0])
    used = {first.path, face("NotoSans").path, face(ITALIC).path}
    ems = {name: style.fontsize / first.height for name, style in subtitles.styles.items()}
    unknown: set[str] = set()
    for style in subtitles.styles.values():
        style.fontname, style.encoding = first.family, BY_FIRST_LETTER
    for event in subtitles:
        event.text, faces, without = _dressed(event.text, script, ems.get(event.style, 0.0))
        used |= {each.path for each in faces}
        unknown |= without
    return sorted(used), "".join(sorted(unknown))


def _dressed(text: str, script: str, em: float) -> tuple[str, set[Face], set[str]]:
    """An ASS text with its fonts named, whose size is that of an em; the fonts, and the letters without any."""
    last = face(names(script)[0])
    dressed = ""
    used: set[Face] = set()
    unknown: set[str] = set()
    for is_shown, part in _parts(text):
        if not is_shown:
            dressed += part
            continue
        for run in runs(part, script):
            if run.face is None:
                unknown.update(run.text)
            elif run.face != last:
                last = run.face
                used.add(last)
                dressed += f"{{\\fn{last.family}\\fs{em * last.height:.1f}}}"
            dressed += run.text
    return dressed, used, unknown


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    r"""The pieces of an ASS text, and whether each is shown: overrides {…} and the breaks \N, \n and \h are not.

    >>> list(_parts(r"{\i1}one\Ntwo"))
    [(False, '{\\i1}'), (True, 'one'), (False, '\\N'), (True, 'two')]
    """
    for number, piece in enumerate(MARKUP.split(text)):
        if piece:
            yield number % 2 == 0, piece
