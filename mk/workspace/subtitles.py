"""The subtitles that a film comes with: tracks inside it, and files beside it as media servers look for them.

Sidecars are named after the film: Film (1998).hin.srt, Film (1998).eng.sdh.srt, Film (1998).en.forced.ass. What
`make sidecars` put there is not the film's own. Languages are told by tags, as everybody writes them: hi, hin, hi-IN,
Hindi. A track or file without a tag is nobody's: it is reported, and never taken.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional

from workspace import printable
from workspace.files import languages

#: Subtitle files that are read beside a film.
SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp")
#: Tracks whose packets are text (ffmpeg's names); all others are pictures or need a decoder of their own.
TEXT = ("subrip", "text", "ass", "ssa", "webvtt", "mov_text")
PICTURES = ("hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub")
#: A sidecar larger than this is none.
LARGEST = 4_000_000

#: ISO 639-2 has two codes for these: bibliographic → terminological (iso.org, 639-2 Annex A).
TERMINOLOGICAL = {
    "alb": "sqi", "arm": "hye", "baq": "eus", "bur": "mya", "chi": "zho", "cze": "ces", "dut": "nld",
    "fre": "fra", "geo": "kat", "ger": "deu", "gre": "ell", "ice": "isl", "mac": "mkd", "mao": "mri",
    "may": "msa", "per": "fas", "rum": "ron", "slo": "slk", "tib": "bod", "wel": "cym",
}  # fmt: skip

#: What a sidecar's name says beside the language, as Jellyfin, Plex, Emby and Kodi know it.
FORCED, SDH, OTHER = {"forced", "foreign"}, {"sdh", "cc"}, {"default"}
#: `hi` is Hindi, and hearing-impaired where another language is named: Film.en.hi.srt.
AMBIGUOUS = "hi"
FORCED_TITLE = re.compile(r"\b(forced|signs|foreign parts)\b", re.IGNORECASE)
SDH_TITLE = re.compile(r"\b(SDH|CC|hearing[ -]impaired)\b", re.IGNORECASE)
COMMENT_TITLE = re.compile(r"\bcommentar(y|ies)\b", re.IGNORECASE)
TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")


class Found(NamedTuple):
    """Subtitles that are there already: a track of the film, or a file beside it."""

    #: For people: 'track 3 (eng subrip "Old ones")', or the file's name.
    name: str
    #: The language as it is tagged; "" where nothing tells it.
    tag: str
    #: "text", "pictures" of it, or "code" that only televisions read.
    form: str
    #: Whether it holds signs and foreign parts only, or what a commentator says.
    partial: bool
    sdh: bool
    stream: Optional[int]
    path: Optional[Path]

    @property
    def readable(self) -> bool:
        return self.form == "text"


@functools.lru_cache(maxsize=None)
def tags(root: Path, language: str) -> FrozenSet[str]:
    """Every tag that means the language: hi, hin, hindi."""
    entry = languages(root)[language]
    # The third is ISO 639-3's: Odia is `ori` in 639-2 and `ory` there.
    codes = {language, entry["iso639_2"], entry["indictrans2"].partition("_")[0], entry["name"].lower()}
    return frozenset(codes | {one for one, other in TERMINOLOGICAL.items() if other in codes})


def is_tagged(root: Path, tag: str, language: str) -> bool:
    """Whether a tag means a language, whatever country it names: hin, hi-IN, Hindi."""
    plain = tag.lower().replace("_", "-").partition("-")[0]
    known = tags(root, language)
    return bool(plain) and (plain in known or TERMINOLOGICAL.get(plain) in known)


# --- inside the film -----------------------------------------------------------------------------------


def tracks(streams: Iterable[Dict[str, Any]]) -> List[Found]:
    """The subtitle tracks among the streams of a media.json, in its order."""
    found = []
    for stream in streams:
        if stream["kind"] != "subtitle":
            continue
        tag, title, codec = stream.get("language") or "", stream.get("title") or "", stream["codec"]
        flags = set(stream.get("disposition", ()))
        words = [tag or "no language", codec, f'"{printable(title)}"' if title else ""]
        found.append(
            Found(
                f"track {stream['index']} ({' '.join(word for word in words if word)})",
                tag,
                "text" if codec in TEXT else "pictures" if codec in PICTURES else "code",
                bool(flags & {"forced", "comment"} or FORCED_TITLE.search(title) or COMMENT_TITLE.search(title)),
                bool(flags & {"hearing_impaired", "captions"} or SDH_TITLE.search(title)),
                stream["index"],
                None,
            )
        )
    return found


# --- beside it -----------------------------------------------------------------------------------------


def places(media: Path) -> List[Path]:
    """The film's paths whose neighbours are its sidecars: what an imported film's link points at, and the link."""
    media = Path(os.path.abspath(media))
    return [Path(os.path.abspath(media.parent / os.readlink(media))), media] if media.is_symlink() else [media]


def sidecars(root: Path, media: Path, slug: str) -> List[Found]:
    """The subtitle files beside a film that `make sidecars` did not put there, by name."""
    ours = _ours(root / "out" / slug / ".sidecars.json")
    found = []
    for place in places(media):
        for name in _beginning_with(place.parent, f"{place.stem}."):
            path = place.parent / name
            if path.suffix.lower() in SUFFIXES and path.is_file() and digest(path) not in ours.get(str(path), ()):
                found.append(named(path, place.stem))
    return found


def _beginning_with(folder: Path, start: str) -> Iterator[str]:
    names = _names(folder)
    for number in range(bisect.bisect_left(names, start), len(names)):
        if not names[number].startswith(start):
            return
        yield names[number]


# Ten thousand films may lie in one folder.
@functools.lru_cache(maxsize=None)
def _names(folder: Path) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def named(path: Path, stem: str) -> Found:
    """What a sidecar's name says of it.

    >>> names = ("hi.srt", "en.hi.srt", "eng.sdh.srt", "pt-BR.forced.ass", "srt", "Restored.hin.srt")
    >>> found = [named(Path(f"Film.{name}"), "Film") for name in names]
    >>> [one.tag + " sdh" * one.sdh + " partial" * one.partial for one in found]
    ['hi', 'en sdh', 'eng sdh', 'pt-br partial', '', 'hin']
    """
    words = [word for word in path.name[len(stem) + 1 : -len(path.suffix)].lower().split(".") if word]
    flags = FORCED | SDH | OTHER
    coded = [word for word in words if word not in flags and TAG.fullmatch(word)]
    hearing = len(coded) > 1 and coded[-1] == AMBIGUOUS
    if hearing:
        coded.pop()
    tag = coded[-1] if coded else ""
    return Found(
        printable(path.name, 200), tag, "text", bool(FORCED & set(words)), hearing or bool(SDH & set(words)), None, path
    )


def _ours(record: Path) -> Dict[str, List[str]]:
    """Path → digests of what `make sidecars` put there."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))["files"]
        return {str(path): list(digests) for path, digests in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def digest(path: Path) -> str:
    """SHA-256 of a sidecar; "" for what is too large to be one, or cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError:
        return ""
    return hashlib.sha256(content).hexdigest() if len(content) <= LARGEST else ""


# --- which of them -----------------------------------------------------------------------------------------


def chosen(root: Path, found: Iterable[Found], language: str) -> Optional[Found]:
    """The subtitles of all that is said, in a language: text, a file before a track, without sounds before with."""
    fit = [one for one in found if one.readable and not one.partial and is_tagged(root, one.tag, language)]
    return min(fit, key=lambda one: (one.path is None, one.sdh), default=None)


def listed(found: Iterable[Found]) -> str:
    """What is there, in a line for people."""
    return "; ".join(one.name if one.readable else f"{one.name}: {one.form}, not readable" for one in found)
