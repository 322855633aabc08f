"""Subtitle files of any format and from anywhere, as cues.

Nothing in them is trusted: size, letters and markup are whatever somebody put there. SubRip and WebVTT are read here,
line by line, since every space of them is judged and broken ones are common; the other formats by pysubs2.
"""

from __future__ import annotations

import html
import re
import stat
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from samvad.documents import Cue
from samvad.problem import Problem
from samvad.textmeasure import clean

#: Bytes; the subtitles of a long film have a tenth of it.
LARGEST = 4_000_000
#: Characters of a line, where cues are lines, and brackets that are left open, where they are elements.
LONGEST_LINE, MOST_LEFT_OPEN = 20_000, 1000
#: Suffix → the format that pysubs2 reads it as; None: as its content tells.
FORMATS = {
    ".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa", ".ttml": "ttml", ".dfxp": "ttml", ".xml": "ttml",
    ".smi": "sami", ".sami": "sami", ".sub": None, ".txt": None,
}  # fmt: skip
#: Formats whose times are coarser than a millisecond: seconds by which they may be wrong.
COARSE = {"ass": 0.005, "ssa": 0.005, "mpl2": 0.05, "tmp": 0.5}
#: What a file of a format has even where it has no cues.
SIGNS = {"ass": "[events]", "ssa": "[events]", "sami": "<sami", "ttml": "<tt"}

_STAMP = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,:](\d{1,3})")
_ARROW = re.compile(rf"^\s{{0,9}}{_STAMP.pattern} {{0,9}}--?> {{0,9}}{_STAMP.pattern}(?!\d)")
_INDEX = re.compile(r"^\s{0,9}(\d{1,9})\s{0,9}$")
#: The markup that the formats have. What else looks so is text that somebody wrote.
_TAGS = {
    "srt": re.compile(r"</?(?:[ibus]|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE),
    "vtt": re.compile(r"</?(?:[ibuvc]|lang|ruby|rt)(?:[.\s][^<>]*)?>|<[\d:.]+>", re.IGNORECASE),
}
_ITALIC = re.compile(r"<i(?:[.\s][^<>]*)?>|\{[^{}]*\\i1", re.IGNORECASE)
#: White space that no subtitle has and over which patterns of readers stumble.
_ENDLESS = re.compile(r"[ \t]{50,}|\n{9,}")


class SubtitleFile(NamedTuple):
    cues: list[Cue]
    #: Seconds by which its times may be wrong by the format alone.
    precision: float
    #: What a person should know of how it was read.
    remark: str = ""


def read(path: Path, frame_rate: float | None = None) -> SubtitleFile:
    """The cues of a file, in its order; `frame_rate` for formats that count frames and do not say of what.

    Raises: Problem when there is no such file, or it is too large, or no subtitles that are known.
    """
    suffix, name = path.suffix.lower(), clean(path.name)
    if suffix not in FORMATS:
        raise Problem(f"{name} is no subtitle file by its name", f"Known: {' '.join(FORMATS)}")
    text, remark = decoded(_bytes(path, name), name)
    if FORMATS[suffix] in ("srt", "vtt"):
        return SubtitleFile(list(_blocks(text, suffix[1:], name)), 0.0005, remark)
    return _by_pysubs2(text, FORMATS[suffix], frame_rate, name)._replace(remark=remark)


def _bytes(path: Path, name: str) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Problem(f"{name} is no file")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    if len(content) > LARGEST:
        raise Problem(f"{name} is larger than {LARGEST // 1_000_000} MB: no subtitles")
    return content


def decoded(content: bytes, name: str) -> tuple[str, str]:
    """The text of a file, and a word where its letters are a guess. Raises: Problem for what is no text.

    >>> decoded("हाँ".encode("utf-16"), "hi.srt"), decoded(b"caf\\xe9", "fr.srt")[0]
    (('हाँ', ''), 'café')
    """
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        elif b"\0" in content[:200]:  # UTF-16 without its mark: every other byte of digits and spaces is nothing
            text = content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le")
        else:
            text = content.decode("utf-8-sig")
        remark = ""
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        remark = f"{name} is not UTF-8: read as Windows-1252. Where letters look wrong, save it as UTF-8"
    if "\0" in text:
        raise Problem(f"{name} is no text", "VobSub and PGS subtitles are pictures: nothing in them can be read")
    return text.replace("\r\n", "\n").replace("\r", "\n"), remark


def _blocks(text: str, kind: str, name: str) -> Iterator[Cue]:
    """The cues of SubRip (kind "srt") or WebVTT: what stands below each line with an arrow.

    A WebVTT cue ends with a blank line; many SubRip files have blank lines inside, or none between cues.
    """
    lines = text.split("\n")
    arrows = [(number, match) for number, line in enumerate(lines) if (match := _ARROW.match(line))]
    if not arrows and text.strip() and not text.startswith("WEBVTT"):
        raise Problem(f"{name} has no times: it is no subtitle file of its kind")
    ends = [*(number for number, _ in arrows), len(lines)][1:]
    indices = [_INDEX.match(lines[number - 1]) if number else None for number, _ in arrows]
    # Where every cue has a number of its own, a person finds it by that.
    own = [int(index[1]) for index in indices if index]
    numbers = own if len(own) == len(set(own)) == len(arrows) else range(1, len(arrows) + 1)
    followed = [*indices, None][1:]
    for (at, match), number, end, index in zip(arrows, numbers, ends, followed, strict=True):
        body = lines[at + 1 : end - 1 if index else end]
        if kind == "vtt":
            body = body[: next((place for place, line in enumerate(body) if not line.strip()), len(body))]
        start, stop = _seconds(*match.groups()[:4]), _seconds(*match.groups()[4:])
        yield Cue(number, start, stop, [line for line in bare(body, kind) if line.strip()], is_italic(body))


def bare(lines: Sequence[str], kind: str) -> list[str]:
    """Lines of SubRip (kind "srt") or WebVTT without their markup."""
    plain = [_TAGS[kind].sub("", line) for line in lines]
    return [html.unescape(line) for line in plain] if kind == "vtt" else plain


def is_italic(lines: Sequence[str]) -> bool:
    """Whether markup of any format sets some of the lines in italics."""
    return any(_ITALIC.search(line) for line in lines)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds)
    return whole + int(fraction.ljust(3, "0")) / 1000


def _is_hopeless(text: str, kind: str | None) -> bool:
    """Whether it is what readers take hours for: their patterns try again from every sign of a line."""
    if kind in ("ttml", "sami"):
        return text.count("<") - text.count(">") > MOST_LEFT_OPEN
    return max(map(len, text.split("\n"))) > LONGEST_LINE


def _by_pysubs2(text: str, kind: str | None, frame_rate: float | None, name: str) -> SubtitleFile:
    import pysubs2

    if kind == "ttml" and re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise Problem(f"{name} defines entities", "No subtitles need them: take out its DOCTYPE")
    if _is_hopeless(text, kind):
        raise Problem(f"{name} is no subtitle file that can be read")
    try:
        found = pysubs2.SSAFile.from_string(_ENDLESS.sub(lambda run: run[0][:3], text), kind, fps=frame_rate)
    except pysubs2.exceptions.UnknownFPSError:
        raise Problem(
            f"{name} counts frames and does not say how many make a second", "Name the film: MOVIE=…"
        ) from None
    except Exception as error:  # a parser of ten formats, given anything
        raise Problem(f"{name} is no subtitle file that can be read ({type(error).__name__})") from None
    if not found.events and text.strip() and SIGNS.get(found.format or "", "") not in text.lower():
        raise Problem(f"{name} has no cues that can be read: it is no subtitle file of its kind")
    events = [event for event in found if not (event.is_comment or event.is_drawing)]
    if found.format == "sami":  # without ends: each stays until the next, which may be blank
        for event, following in pairwise(events):
            event.end = following.start
        events = [event for event in events if event.plaintext.strip()]
    else:
        events.sort(key=lambda event: event.start)  # players go by time, not by place
    cues = []
    for number, event in enumerate(events, start=1):
        style = found.styles.get(event.style)
        lines = [line for line in event.plaintext.split("\n") if line.strip()]
        italic = bool(_ITALIC.search(event.text)) or bool(style and style.italic)
        cues.append(Cue(number, event.start / 1000, event.end / 1000, lines, italic))
    return SubtitleFile(cues, COARSE.get(found.format or "", 0.0005))
