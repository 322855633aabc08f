"""Subtitle profiles (config/cues/<name>.toml): the limits and habits that cues are made by."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from samvad.problem import Problem

# The upper bound is there for "inf", which TOML can say.
Positive = Annotated[float, Meta(gt=0, le=1000)]
NotNegative = Annotated[float, Meta(ge=0, le=1000)]


class Profile(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """All of a profile; there are no defaults, a file says everything. Times in seconds."""

    #: Extended grapheme clusters (samvad.textmeasure).
    characters_per_line: Annotated[int, Meta(ge=10)]
    lines: Annotated[int, Meta(ge=1)]
    #: Characters per second, spaces included: up to this speed a viewer reads with ease.
    cps: Positive
    min_duration: Positive
    max_duration: Annotated[float, Meta(ge=1, le=1000)]
    gap_frames: Annotated[int, Meta(ge=0)]
    #: Used where the film's own frame rate is not known.
    frame_rate: Positive
    #: How long a cue may stay after the last word so that it can be read.
    linger: NotNegative
    #: A gap shorter than this is closed to `gap_frames`.
    chain_below: NotNegative
    #: A silence that makes a good break, and one over which no cue reaches.
    pause: Positive
    new_cue_pause: Positive


def read(path: Path) -> Profile:
    """The profile in `path`.

    Raises: Problem when the file is missing, not TOML, has an unknown key (with the nearest known
    one), lacks a key, or has a value that makes no sense.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = sorted(file.stem for file in path.parent.glob("*.toml"))
        raise Problem(f"no subtitle profile {path}", f"Known: {' '.join(known)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not TOML: {error}", "Correct it") from None
    for key in values:
        if key not in Profile.__struct_fields__:
            near = difflib.get_close_matches(key, Profile.__struct_fields__, n=1, cutoff=0.0)
            raise Problem(f"{path}: unknown key '{key}'", f"Did you mean '{near[0]}'?")
    try:
        profile = msgspec.convert(values, Profile)
    except msgspec.ValidationError as error:
        raise Problem(f"{path}: {error}", "Correct it") from None
    if profile.min_duration > profile.max_duration:
        raise Problem(f"{path}: min_duration is longer than max_duration", "Correct one of them")
    return profile
