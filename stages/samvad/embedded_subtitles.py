"""The cues of a subtitle track inside a film, whichever of the text formats it is in.

The packets are read as they are, since ffmpeg's own decoders refuse letters that are not UTF-8: SubRip and plain text;
WebVTT; ASS as Matroska has it (one event without its times, matroska.org, Subtitles); MP4's timed text (3GPP TS 26.245:
two bytes of length, the text, boxes of styles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from samvad import containers, limits, mov_text
from samvad.documents import Cue
from samvad.problem import Problem
from samvad.subtitle_files import bare, is_italic

#: Bytes of a packet that is still a cue, and cues of a track that is still a film's.
LARGEST, MOST = 20_000, 100_000
#: Fields of an ASS event before its text: ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect.
ASS_FIELDS = 8


def read(film: Path, stream: int, codec: str, reach: Callable[[float], None] = lambda _: None) -> list[Cue]:
    """The cues of a track, in its order, on the film's own clock; `reach` is told how far they are, in seconds.

    Raises: Problem where the film cannot be read, or the track holds more than subtitles do.
    """
    container = containers.check(film)
    cues: list[Cue] = []
    with containers.open_film(film, container) as opened:
        zero = (opened.start_time or 0) / 1e6
        for packet in opened.demux(opened.streams[stream]):
            limits.beat()
            if not packet.size or packet.pts is None or packet.size > LARGEST:
                continue
            start = float(packet.pts * packet.time_base) - zero
            end = start + float((packet.duration or 0) * packet.time_base)
            lines, italic = lines_of(bytes(packet), codec)
            if lines:
                cues.append(Cue(len(cues) + 1, start, end, lines, italic))
                if len(cues) > MOST:
                    raise Problem(f"{film} has more than {MOST} cues in track {stream}: no film's subtitles")
            reach(start)
    return cues


def lines_of(content: bytes, codec: str) -> tuple[list[str], bool]:
    r"""The lines of a packet without markup, and whether they are in italics.

    >>> lines_of(b"<i>Yes.</i>\r\nNo.", "subrip"), lines_of(b"\x00\x04Yes.\x00\x00\x00\x08styl", "mov_text")
    ((['Yes.', 'No.'], True), (['Yes.'], False))
    >>> lines_of(b"3,0,Default,,0,0,0,,{\\an8}Yes,\\Nno.", "ass"), lines_of(b"<v Sen>a &lt; b", "webvtt")
    ((['Yes,', 'no.'], False), (['a < b'], False))
    """
    text = mov_text.text(content) if codec == "mov_text" else content.decode("utf-8-sig", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if codec in ("ass", "ssa"):
        return _of_ass(text)
    lines = text.split("\n")
    return _filled(bare(lines, "vtt" if codec == "webvtt" else "srt")), is_italic(lines)


def _of_ass(text: str) -> tuple[list[str], bool]:
    import pysubs2

    event = pysubs2.SSAEvent(text=text.split(",", ASS_FIELDS)[-1].rstrip("\n"))
    if event.is_drawing:
        return [], False
    return _filled(event.plaintext.split("\n")), is_italic([event.text])


def _filled(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()]
