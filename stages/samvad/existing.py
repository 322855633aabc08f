"""The subtitles that a film comes with, as Make's own Python finds them: mk/workspace/subtitles.py."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from samvad.documents import Stream
from samvad.stage import ROOT

if str(ROOT / "mk") not in sys.path:
    sys.path.append(str(ROOT / "mk"))

from workspace import subtitles
from workspace.subtitles import Found as Found


def found(media: Path, streams: Sequence[Stream], film: str) -> list[Found]:
    """The files beside the film, then its tracks: all that is there, readable or not."""
    tracks = subtitles.tracks(msgspec.to_builtins(stream) for stream in streams)
    return subtitles.sidecars(ROOT, media, film) + tracks


def chosen(there: Sequence[Found], language: str) -> Found | None:
    """The one that holds all that is said, in this language; None where there is none."""
    return subtitles.chosen(ROOT, there, language)


def listed(there: Sequence[Found]) -> str:
    """All of them, in a line for people."""
    return subtitles.listed(there)


def is_tagged(tag: str | None, language: str) -> bool:
    """Whether a stream's language tag means this language.

    >>> [is_tagged(tag, "hi") for tag in ("hin", "hi", "hi-IN", "Hindi", "eng", None)]
    [True, True, True, True, False, False]
    """
    return bool(tag and language) and subtitles.is_tagged(ROOT, tag or "", language)
