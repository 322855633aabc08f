"""The new subtitle tracks: their languages, names, order, and which of them is shown unasked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from samvad import languages
from samvad.documents import Stream
from samvad.languages import Language
from samvad.problem import Problem

if TYPE_CHECKING:
    import srt

#: What a label has after its language where sounds are written down too, for people who do not hear them.
SDH = ".sdh"


class Track(NamedTuple):
    """A new subtitle track. `code` is its language, without SDH."""

    code: str
    path: Path
    cues: list[srt.Subtitle]
    title: str
    default: bool
    sdh: bool = False

    @property
    def label(self) -> str:
        """As it is asked for: en, en.sdh."""
        return self.code + (SDH if self.sdh else "")

    @property
    def language(self) -> Language:
        return languages.language(self.code)

    @property
    def flags(self) -> set[str]:
        return {name for name, is_set in (("default", self.default), ("hearing_impaired", self.sdh)) if is_set}


def tracks(subtitles: Sequence[tuple[str, Path]], wanted: Sequence[str], suffix: str) -> tuple[list[Track], list[str]]:
    """The new tracks in the order given, and the labels whose file has no cue. The default is the first
    of `wanted` that has cues, else the first track; one for people who do not hear only if all are.

    Raises: Problem for an unknown language, or a file that is missing or no SubRip.
    """
    found = {label: (path, read_cues(path)) for label, path in subtitles}
    spoken = [label for label, (_, cues) in found.items() if cues]
    plain = [label for label in spoken if not label.endswith(SDH)]
    default = next((label for label in (*wanted, *plain, *spoken) if label in (plain or spoken)), None)
    made = []
    for label in spoken:
        code = label.removesuffix(SDH)
        made.append(Track(code, *found[label], title(label, suffix), label == default, label != code))
    return made, [label for label in found if label not in spoken]


def title(label: str, suffix: str = "") -> str:
    """
    >>> title("en", "auto"), title("en.sdh", "auto"), title("hi")
    ('English (auto)', 'English SDH (auto)', 'Hindi')
    """
    name = languages.language(label.removesuffix(SDH)).name + (" SDH" if label.endswith(SDH) else "")
    return f"{name} ({suffix})" if suffix else name


def read_cues(path: Path) -> list[srt.Subtitle]:
    """The cues of a SubRip file. Raises: Problem when there is no such file or it is none."""
    import srt

    try:
        return [cue for cue in srt.parse(path.read_text(encoding="utf-8-sig")) if cue.content.strip()]
    except FileNotFoundError:
        raise Problem(f"{path} does not exist", f"make {path}") from None
    except (srt.SRTParseError, ValueError) as error:
        raise Problem(f"{path} is not a SubRip file: {error}", f"Remove it and type: make {path}") from None


def disposition(stream: Stream, new: Sequence[Track]) -> list[str]:
    """The flags of one of the film's own streams; a new subtitle takes the default from the old."""
    lifted = {"default"} if stream.kind == "subtitle" and new else set()
    return [flag for flag in stream.disposition if flag not in lifted]
