"""Subtitle profiles (config/cues/<name>.toml): the limits and habits that cues are made and judged by."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from samvad.problem import Problem

# The upper bound is there for "inf", which TOML can say.
Positive = Annotated[float, Meta(gt=0, le=1000)]
NotNegative = Annotated[float, Meta(ge=0, le=1000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Audience = Literal["adult", "children"]


class Gate(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The share of cues (coverage: of the speech) that content rules may find before a film is refused."""

    #: Read too fast, where the words leave no time.
    cps: Share
    #: Letters of another script than the language's.
    script: Share
    #: The same text again and again.
    repeated: Share
    #: Speech without a cue.
    coverage: Share
    #: Cues where nobody speaks.
    silence: Share
    #: Translations marked for review.
    review: Share


class Profile(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """All of a profile: a file says everything, itself or by its `base`. Times in seconds of the film."""

    #: Extended grapheme clusters (samvad.textmeasure).
    characters_per_line: Annotated[int, Meta(ge=10)]
    lines: Annotated[int, Meta(ge=1)]
    #: Characters per second, spaces included: up to this speed a viewer reads with ease. For adults; for
    #: children; with sounds, for people who do not hear.
    cps: Positive
    cps_children: Positive
    cps_sdh: Positive
    cps_sdh_children: Positive
    min_duration: Positive
    max_duration: Annotated[float, Meta(ge=1, le=1000)]
    gap_frames: Annotated[int, Meta(ge=0)]
    #: Used where the film's own frame rate is not known.
    frame_rate: Positive
    #: How long a cue may stay after the last word so that it can be read.
    linger: NotNegative
    #: Text too dense to be read by then: how much more of the silence after it may be taken, and of that before.
    borrow_after: NotNegative
    borrow_before: NotNegative
    #: A gap shorter than this is closed to `gap_frames`.
    chain_below: NotNegative
    #: A silence that makes a good break, and one over which no cue reaches.
    pause: Positive
    new_cue_pause: Positive
    #: A cue that begins or ends less than this from a shot change moves to it (0: none does); one that begins
    #: before it by `shot_near` or more begins `shot_window` before it instead.
    shot_window: NotNegative
    shot_near: NotNegative
    #: Two speakers in one cue: a line each after a hyphen, with a space behind it or not; or never in one cue.
    dual_speakers: Literal["hyphen", "hyphen space", "separate"]
    #: What is set in italics, where the format has them.
    italics: Literal["songs", "none"]
    ellipsis: Literal["…", "..."]
    gate: Gate

    def for_readers(self, audience: Audience = "adult", sdh: bool = False) -> Profile:
        """The profile with `cps` as it holds for these readers."""
        speeds = {
            ("adult", False): self.cps,
            ("children", False): self.cps_children,
            ("adult", True): self.cps_sdh,
            ("children", True): self.cps_sdh_children,
        }
        return msgspec.structs.replace(self, cps=speeds[audience, sdh])


def read(path: Path) -> Profile:
    """The profile in `path`, on top of the one that its `base` names (beside it, without .toml).

    Raises: Problem when a file is missing, not TOML, has an unknown key (with the nearest known
    one), lacks a key, or has a value that makes no sense.
    """
    values = _whole(path, ())
    try:
        profile = msgspec.convert(values, Profile)
    except msgspec.ValidationError as error:
        raise Problem(f"{path}: {error}", "Correct it") from None
    if profile.min_duration > profile.max_duration:
        raise Problem(f"{path}: min_duration is longer than max_duration", "Correct one of them")
    if profile.shot_near > profile.shot_window:
        raise Problem(f"{path}: shot_near is longer than shot_window", "Correct one of them")
    return profile


def _whole(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = sorted(file.stem for file in path.parent.glob("*.toml"))
        raise Problem(f"no subtitle profile {path}", f"Known: {' '.join(known)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not TOML: {error}", "Correct it") from None
    _check_keys(path, values, ("base", *Profile.__struct_fields__))
    gate = values.get("gate", {})
    if isinstance(gate, dict):
        _check_keys(path, gate, Gate.__struct_fields__)
    if "base" not in values:
        return values
    name = values.pop("base")
    if not (isinstance(name, str) and name and Path(name).name == name):
        raise Problem(f"{path}: base is no name of a profile", "Write the name of one beside it, without .toml")
    below = path.with_name(f"{name}.toml")
    if below in (path, *above):
        raise Problem(f"{path}: its base leads back to itself", "Correct it")
    base = _whole(below, (path, *above))
    if isinstance(gate, dict):
        values["gate"] = {**base.get("gate", {}), **gate}
    return {**base, **values}


def _check_keys(path: Path, values: Iterable[str], known: tuple[str, ...]) -> None:
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
            raise Problem(f"{path}: unknown key '{key}'", f"Did you mean '{near[0]}'?")
