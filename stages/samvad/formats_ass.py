"""Advanced SubStation Alpha, written by pysubs2."""

from __future__ import annotations

from collections.abc import Sequence

from samvad.formats import STAND_INS, Shown, right_to_left
from samvad.languages import language as language_of
from samvad.problem import Problem

#: Script (ISO 15924) → a font family that has it, and the height of its line in ems (usWinAscent and usWinDescent of
#: the releases of 2026), which is what the size of a style means.
FONTS = {
    "Latn": ("Noto Sans", 1.519), "Arab": ("Noto Sans Arabic", 2.169), "Beng": ("Noto Sans Bengali", 1.403),
    "Deva": ("Noto Sans Devanagari", 1.906), "Gujr": ("Noto Sans Gujarati", 1.484),
    "Guru": ("Noto Sans Gurmukhi", 1.304), "Knda": ("Noto Sans Kannada", 1.645),
    "Mlym": ("Noto Sans Malayalam", 1.247), "Mtei": ("Noto Sans Meetei Mayek", 1.39),
    "Olck": ("Noto Sans Ol Chiki", 1.362), "Orya": ("Noto Sans Oriya", 1.362), "Taml": ("Noto Sans Tamil", 1.24),
    "Telu": ("Noto Sans Telugu", 1.478),
}  # fmt: skip
#: Pixels: the picture that sizes are given for, an em of the letters, what stays free at the sides and below.
WIDTH, HEIGHT, EM, SIDE, BELOW = 1920, 1080, 50, 96, 54
#: Milliseconds: its hours have one digit.
LONGEST = 10 * 3_600_000
#: What begins markup. There are escapes for the brackets, which only some players know, and none for the backslash.
MARKUP = {ord(sign): STAND_INS[ord(sign)] for sign in "{}\\"}
#: An encoding of libass's own: the direction of a line is that of its first letter. Others ignore it.
BY_FIRST_LETTER = -1


def ass(cues: Sequence[Shown], language: str) -> str:
    """The cues as an ASS file. Its times are hundredths of a second, rounded down.

    So they lie between the frame that they belong to and the one before it, up to 100 frames a second: each frame
    is shown with the text that it has in the other formats.

    Raises: Problem when a cue ends after ten hours.
    """
    import pysubs2

    file = pysubs2.SSAFile()
    file.info = {
        "Language": language,
        "PlayResX": str(WIDTH),
        "PlayResY": str(HEIGHT),
        "ScaledBorderAndShadow": "yes",
        # Lines end where the cue says; one too wide for the picture is broken rather than cut off.
        "WrapStyle": "0",
    }
    family, line = FONTS[language_of(language).script]
    file.styles["Default"] = pysubs2.SSAStyle(
        fontname=family, fontsize=round(EM * line), outline=3, shadow=0, encoding=BY_FIRST_LETTER,
        alignment=pysubs2.Alignment.BOTTOM_CENTER, marginl=SIDE, marginr=SIDE, marginv=BELOW,
    )  # fmt: skip
    for cue in cues:
        if cue.end >= LONGEST:
            raise Problem("ASS has no times from ten hours on", "Take another format: srt, vtt or ttml")
        text = r"\N".join(right_to_left([line.translate(MARKUP) for line in cue.lines], language))
        start, end = cue.start // 10 * 10, cue.end // 10 * 10
        file.append(pysubs2.SSAEvent(start, max(end, start + 10), r"{\i1}" * cue.italic + text))
    return file.to_string("ass", header_notice="")
