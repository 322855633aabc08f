"""What a Matroska film says of itself and ffmpeg does not carry over, put into the new film's head.

ffmpeg copies packets, names and most flags. It loses languages by BCP 47, nested chapters, editions and
the languages of chapters, tags under other targets, all but one of several tags of a name, descriptions
of attachments, whether a track is enabled, and every identifier that tags and chapters refer to. Here the
film's own elements take the places of ffmpeg's; what describes the packets stays ffmpeg's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from samvad import ebml
from samvad.containers import is_cover
from samvad.documents import Stream
from samvad.ebml import ATTACHMENTS, CHAPTERS, HEAD, INFO, TAGS, TRACKS, Element, Head, children, first

TRACK, UID, TYPE, CODEC, PRIVATE, DEFAULT = 0xAE, 0x73C5, 0x83, 0x86, 0x63A2, 0x88
LANGUAGE_BCP47, ENCODINGS, ENCODING, ENCODING_TYPE, MOST_ADDITIONS = 0x22B59D, 0x6D80, 0x6240, 0x5033, 0x55EE
#: Of a track, what says how its packets are stored and what is shown unasked: TrackNumber, TrackType, CodecID,
#: CodecPrivate, CodecDelay, SeekPreRoll, FlagLacing, FlagDefault, MaxBlockAdditionID, TrackTimestampScale;
#: and ContentEncodings, since ffmpeg stores packets as they are.
FFMPEGS = {0xD7, TYPE, CODEC, PRIVATE, 0x56AA, 0x56BB, 0x9C, DEFAULT, MOST_ADDITIONS, 0x23314F, ENCODINGS}
#: Of a film: SegmentUUID and -Filename, those of the film before and after, families, ChapterTranslate, DateUTC.
FILMS = {0x73A4, 0x7384, 0x3CB923, 0x3C83AB, 0x3EB923, 0x3E83BB, 0x4444, 0x6924, 0x4461}
#: The film's own; ffmpeg takes a tag of that name for it, though it may be the title of a series.
TITLE = 0x7BA9
EDITION, ATOM, CHAPTER_TIMES, OF_ANOTHER_FILM = 0x45B9, 0xB6, (0x91, 0x92), 0x6E67
FILE, FILE_NAME = 0x61A7, 0x466E
TAG, TARGETS, TAG_TRACK, SIMPLE, TAG_NAME = 0x7373, 0x63C0, 0x63C5, 0x67C8, 0x45A3

#: Types of tracks that ffmpeg reads.
KINDS = {1: "video", 2: "audio", 17: "subtitle", 33: "subtitle"}
#: The attachment that keeps room in the head until its true contents are known.
ROOM = "samvad.room"


def read(film: Path, streams: Sequence[Stream]) -> Head | None:
    """The head of a Matroska film; None where it is not what ffmpeg made of it (`streams`)."""
    try:
        head = ebml.read_head(film)
        kinds = [KINDS[_unsigned(entry, TYPE)] for entry in _read_by_ffmpeg(head)]
        # Whatever is taken apart later comes apart.
        losses(head)
        for each in head.elements.get(CHAPTERS, []):
            _moved(each, 1)
        _tags(head, head, {}, set())
    except (ebml.Malformed, RecursionError):
        return None
    tracks = [stream for stream in streams if stream.kind != "attachment" and not is_cover(stream)]
    same = len(kinds) == len(tracks) and all(
        stream.kind in (kind, "data") for kind, stream in zip(kinds, tracks, strict=True)
    )
    return head if same else None


def losses(head: Head) -> list[str]:
    """What the new film cannot have of this one, in words."""
    found = []
    entries = [children(entry.body) for entry in head.elements.get(TRACKS, [])]
    unread = len(entries) - len(_read_by_ffmpeg(head))
    if unread:
        found.append(f"{unread} of its {len(entries)} tracks, of a kind that ffmpeg does not read")
    for number, entry in enumerate(entries):
        encodings = children(first(entry, ENCODINGS))
        if any(_unsigned(children(each.body), ENCODING_TYPE) == 1 for each in encodings if each.identity == ENCODING):
            found.append(f"the keys to the encrypted track {number}")
    found += [f"an element {identity:X} that is not known here" for identity in head.unknown]
    return found


def room(head: Head | None, new: int) -> int:
    """Bytes that the new film's head may need beyond what ffmpeg writes."""
    own = sum(len(element.body) + 16 for kind in HEAD for element in (head.elements.get(kind, []) if head else []))
    return own + 4096 + 256 * new


def complete(path: Path, film: Head | None, copied: Sequence[int], languages: Sequence[str], shift: float) -> None:
    """Writes the new film's head again: the film's own, where there is one, and BCP 47 for the new tracks.

    `copied` are the film's tracks by number, in the new film's order; `languages` belong to those after
    them; `shift` is by how many seconds packets are later than the chapters, the film's own or ffmpeg's.
    """
    made = ebml.read_head(path)
    entries = [children(entry.body) for entry in made.elements[TRACKS]]
    own = _read_by_ffmpeg(film) if film else []
    written = [
        _track(entries[number], own[source]) if film else entries[number] for number, source in enumerate(copied)
    ]
    used = {_unsigned(entry, UID) for entry in (*written, *own)}
    renamed = {_unsigned(old, UID): _unsigned(new, UID) for old, new in zip(entries, written, strict=False)}
    for entry, code in zip(entries[len(copied) :], languages, strict=True):
        uid = next(number for number in range(1, len(used) + 2) if number not in used)
        used.add(uid)
        renamed[_unsigned(entry, UID)] = uid
        replaced = [each for each in entry if each.identity not in (UID, LANGUAGE_BCP47)]
        written.append([*replaced, Element(UID, uid.to_bytes(8, "big")), Element(LANGUAGE_BCP47, code.encode())])
    new = dict(made.elements)
    new[TRACKS] = [Element(TRACK, _joined(entry)) for entry in written]
    new[ATTACHMENTS] = [each for each in new.get(ATTACHMENTS, []) if not _is_room(each)]
    chapters = film if film else made
    new[CHAPTERS] = [_moved(each, round(shift * 1e9)) for each in chapters.elements.get(CHAPTERS, [])]
    if film:
        new[ATTACHMENTS] = film.elements.get(ATTACHMENTS, [])
        own_info = film.elements.get(INFO, [])
        films = FILMS | {each.identity for each in own_info if each.identity == TITLE}
        kept = [each for each in own_info if each.identity in films]
        new[INFO] = [each for each in new[INFO] if each.identity not in films] + kept
    mine = set(list(renamed)[len(copied) :])
    new[TAGS] = _tags(film, made, renamed, mine)
    ebml.write_head(path, made, new)


def _read_by_ffmpeg(head: Head) -> list[list[Element]]:
    entries = [children(entry.body) for entry in head.elements.get(TRACKS, []) if entry.identity == TRACK]
    return [entry for entry in entries if _unsigned(entry, TYPE) in KINDS and first(entry, CODEC)]


def _track(made: list[Element], own: list[Element]) -> list[Element]:
    """ffmpeg's entry of a track with all in it that is the film's to say."""
    found = [each for each in made if each.identity in FFMPEGS]
    found += [each for each in own if each.identity not in FFMPEGS]
    if first(made, CODEC) == first(own, CODEC) and not first(own, ENCODINGS) and first(own, PRIVATE):
        found = [each for each in found if each.identity != PRIVATE] + [Element(PRIVATE, first(own, PRIVATE))]
    most = max(_unsigned(made, MOST_ADDITIONS), _unsigned(own, MOST_ADDITIONS))
    found = [each for each in found if each.identity != MOST_ADDITIONS]
    return [*found, Element(MOST_ADDITIONS, ebml.unsigned(most))] if most else found


def _moved(element: Element, shift: int) -> Element:
    """An edition or a chapter that comes `shift` ns later; those that are of other films stay."""
    if not shift or element.identity not in (EDITION, ATOM):
        return element
    parts = children(element.body)
    if first(parts, OF_ANOTHER_FILM):
        return element
    return Element(
        element.identity,
        _joined(
            Element(part.identity, ebml.unsigned(max(0, int.from_bytes(part.body, "big") + shift)))
            if part.identity in CHAPTER_TIMES
            else _moved(part, shift)
            for part in parts
        ),
    )


def _tags(film: Head | None, made: Head, renamed: dict[int, int], new: set[int]) -> list[Element]:
    """The film's own tags, and ffmpeg's of the new tracks. DURATION is ffmpeg's throughout: others mean
    something else by it, and a reader goes by who wrote the file."""
    found = []
    for tag in film.elements.get(TAGS, []) if film else []:
        parts = children(tag.body)
        ours = set(_tracks_of(parts)) & set(renamed.values())
        parts = [part for part in parts if not (ours and _is_duration(part))]
        if any(part.identity == SIMPLE for part in parts):
            found.append(Element(TAG, _joined(parts)))
    for tag in made.elements.get(TAGS, []):
        parts = children(tag.body)
        tracks = _tracks_of(parts)
        if film and not tracks:
            continue
        if film and not set(tracks) & new:
            parts = [part for part in parts if part.identity == TARGETS or _is_duration(part)]
        if tracks:
            targets = [
                Element(TAG_TRACK, renamed.get(int.from_bytes(each.body, "big"), 0).to_bytes(8, "big"))
                if each.identity == TAG_TRACK
                else each
                for each in children(first(parts, TARGETS))
            ]
            parts = [Element(TARGETS, _joined(targets)), *(part for part in parts if part.identity != TARGETS)]
        if any(part.identity == SIMPLE for part in parts):
            found.append(Element(TAG, _joined(parts)))
    return found


def _tracks_of(tag: list[Element]) -> list[int]:
    targets = children(first(tag, TARGETS))
    return [int.from_bytes(each.body, "big") for each in targets if each.identity == TAG_TRACK and any(each.body)]


def _is_duration(part: Element) -> bool:
    return part.identity == SIMPLE and first(children(part.body), TAG_NAME) == b"DURATION"


def _is_room(element: Element) -> bool:
    return element.identity == FILE and first(children(element.body), FILE_NAME) == ROOM.encode()


def _unsigned(elements: Iterable[Element], identity: int) -> int:
    return int.from_bytes(first(elements, identity), "big")


def _joined(elements: Iterable[Element]) -> bytes:
    return b"".join(ebml.encoded(*element) for element in elements)
