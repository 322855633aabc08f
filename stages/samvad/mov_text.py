"""MP4's own subtitles (3GPP timed text, tx3g): what a packet says, and what of SubRip it can say."""

from __future__ import annotations

import re

from samvad.subtitle_files import bare

#: A packet that fills the time between two cues.
EMPTY = b"\0\0"
#: What ffmpeg calls the stream in which MP4 keeps the names of its chapters.
CHAPTERS = "bin_data"


def text(packet: bytes) -> str:
    """The words of a packet, without its styles.

    >>> text(b"\\0\\5Hello\\0\\0\\0\\x16styl")
    'Hello'
    """
    return packet[2 : 2 + int.from_bytes(packet[:2], "big")].decode("utf-8", errors="replace")


def plain(content: str) -> str:
    r"""A cue as MP4's subtitles say it: its marks become styles, or have no counterpart ({\an8}).

    >>> plain("{\\an8}<i>Hello</i> <font color='red'>3 < 4</font> ")
    'Hello 3 < 4'
    """
    lines = (re.sub(r"\s+", " ", line).strip() for line in bare(content.splitlines(), "srt"))
    return "\n".join(line for line in lines if line)
