"""What holds for a film: defaults < profile < record < config/films/<slug>/settings.mk < command line.

The record (out/<slug>/job.mk) is what the command line once said of the film (mk/record.py). A
person's settings.mk stands above it, so a command line that contradicts it is refused: what it
recorded would never count.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import Dict, FrozenSet, List, Tuple

from workspace import Refusal, cues, printable
from workspace.files import assignments, languages, read_assignments, translators

SETTINGS = (
    *("SRC", "TGT", "PROFILE", "ASR_MODEL", "ALIGN_MODEL", "MT_MODEL", "TRANSLATOR", "CUES", "AUDIENCE", "SONGS"),
    *("USE_SUBS", "SDH", "FINAL", "TRACK", "CHANNEL", "VAD_THRESHOLD", "VAD_PADDING"),
)
#: Setting → the largest number that it may be; the least is 0.
NUMBERS = {"VAD_THRESHOLD": 1, "VAD_PADDING": 2}
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
#: What may become of what is sung: see config/defaults.mk.
TREATMENTS = ("keep", "drop", "transcribe")
AUDIENCES = ("adult", "children")
#: What becomes of the subtitles that a film comes with, and the container of the new film: see config/defaults.mk.
USES, FINALS = ("source", "skip"), ("mkv", "mp4")
#: Settings of which nothing is a value; of the others it means "as the profile says".
MAY_BE_EMPTY = ("SRC", "TGT", "USE_SUBS", "SDH", "TRACK", "CHANNEL")
CHANNELS = ("centre", "left", "right")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: A model's name as its server has it: qwen3:8b, google/gemma-3-4b-it.
NAME_ON_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")


def record_path(root: Path, slug: str) -> Path:
    return root / "out" / slug / "job.mk"


def recorded(root: Path, slug: str) -> Dict[str, str]:
    """The film's record: setting → value. Lines about anything else are passed over."""
    found = read_assignments(f"{root}/out/{slug}/job.mk")
    return {name: found[f"{name}.{slug}"] for name in SETTINGS if f"{name}.{slug}" in found}


@functools.lru_cache(maxsize=None)
def films_with_words(root: Path) -> FrozenSet[str]:
    """The slugs that have a folder in config/films/."""
    try:
        return frozenset(os.listdir(root / "config" / "films"))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def written(root: Path, slug: str) -> Dict[str, str]:
    """What a person wrote into config/films/<slug>/settings.mk."""
    if slug not in films_with_words(root):
        return {}
    found = assignments(root / "config" / "films" / slug / "settings.mk")
    for name in found:
        if name not in SETTINGS:
            raise Refusal(f"config/films/{slug}/settings.mk: unknown setting '{name}'. Known: {' '.join(SETTINGS)}")
    return found


def settings(root: Path, slug: str, given: Dict[str, str]) -> Dict[str, str]:
    """Every setting of the film. Raises: Refusal for a setting or a value that is not known."""
    own = written(root, slug)
    for name, value in given.items():
        if name in own and own[name] != value:
            raise Refusal(
                f"{name}={printable(value)}: config/films/{slug}/settings.mk says {own[name] or 'nothing'}, "
                "and counts. Change it there"
            )
    said = {**recorded(root, slug), **own, **given}
    chosen = {name: value for name, value in said.items() if value or name in MAY_BE_EMPTY}
    return dict(_whole(root, tuple(sorted(chosen.items())), "TGT" in given))


def layers(root: Path, slug: str, given: Dict[str, str]) -> List[Tuple[str, Dict[str, str]]]:
    """(where from, setting → value) of what counts for a film, the weakest first."""
    own = {**recorded(root, slug), **written(root, slug), **given}
    defaults = assignments(root / "config" / "defaults.mk")
    profile = own.get("PROFILE") or defaults["PROFILE"]
    return [
        ("config/defaults.mk", defaults),
        (f"config/profiles/{profile}.mk", assignments(root / "config" / "profiles" / f"{profile}.mk")),
        (f"out/{slug}/job.mk", recorded(root, slug)),
        (f"config/films/{slug}/settings.mk", written(root, slug)),
        ("command line", given),
    ]


def source_of(values: Dict[str, str]) -> str:
    """The language that names the files: the first of SRC; "" before it is known.

    >>> source_of({"SRC": "hi en"}), source_of({"SRC": ""})
    ('hi', '')
    """
    return values["SRC"].partition(" ")[0]


# Thousands of films have few sets of settings between them.
@functools.lru_cache(maxsize=None)
def _whole(root: Path, chosen: Tuple[Tuple[str, str], ...], target_given: bool) -> Dict[str, str]:
    own = dict(chosen)
    defaults = assignments(root / "config" / "defaults.mk")
    profile = own.get("PROFILE") or defaults["PROFILE"]
    profiles = sorted(path.stem for path in (root / "config" / "profiles").glob("*.mk"))
    if profile not in profiles:
        raise Refusal(f"unknown PROFILE '{printable(profile)}'. Known: {' '.join(profiles)}")
    values = {
        **dict.fromkeys(SETTINGS, ""),
        **defaults,
        **assignments(root / "config" / "profiles" / f"{profile}.mk"),
        **own,
    }
    values["SRC"] = " ".join(values["SRC"].replace(",", " ").split())
    values["TGT"] = " ".join(dict.fromkeys(values["TGT"].replace(",", " ").split()))
    if not target_given:  # the usual target is none for a film spoken in it
        values["TGT"] = " ".join(code for code in values["TGT"].split() if code != source_of(values))
    _check(root, values)
    return {name: values[name] for name in SETTINGS}


def _check(root: Path, values: Dict[str, str]) -> None:
    known = languages(root)
    for name in ("SRC", "TGT"):
        for code in values[name].split():
            if code not in known:
                raise Refusal(f"unknown language {name}={printable(code)}. Known: {' '.join(known)}")
    spoken = values["SRC"].split()
    if len(spoken) > 2 or len(set(spoken)) < len(spoken):
        raise Refusal(f"SRC={printable(values['SRC'])}: one language, or two that differ, the one mostly spoken first")
    if spoken and spoken[0] in values["TGT"].split():
        raise Refusal(f"TGT={values['TGT']} holds the language of the film, whose subtitles are made anyway")
    for name in ("ASR_MODEL", "ALIGN_MODEL", "MT_MODEL", "TRANSLATOR", "CUES"):
        letters = NAME_ON_SERVER if name == "MT_MODEL" else NAME
        if values[name] and not letters.fullmatch(values[name]):
            raise Refusal(f"{name}={printable(values[name])} is no name")
    if values["TRANSLATOR"] not in translators(root):
        raise Refusal(f"unknown TRANSLATOR '{printable(values['TRANSLATOR'])}'. Known: {' '.join(translators(root))}")
    if not cues.exists(root, values["CUES"]):
        raise Refusal(f"unknown CUES '{printable(values['CUES'])}'. Known: {' '.join(cues.names(root))}")
    if values["AUDIENCE"] not in AUDIENCES:
        raise Refusal(f"unknown AUDIENCE '{printable(values['AUDIENCE'])}'. Known: {' '.join(AUDIENCES)}")
    if values["SONGS"] not in TREATMENTS:
        raise Refusal(f"unknown SONGS '{printable(values['SONGS'])}'. Known: {' '.join(TREATMENTS)}")
    if values["USE_SUBS"] and values["USE_SUBS"] not in USES:
        known = f"{' '.join(USES)}, or nothing: the film is heard"
        raise Refusal(f"unknown USE_SUBS '{printable(values['USE_SUBS'])}'. Known: {known}")
    if values["SDH"] not in ("", "1"):
        raise Refusal("SDH is 1 or empty")
    if values["FINAL"] not in FINALS:
        raise Refusal(f"unknown FINAL '{printable(values['FINAL'])}'. Known: {' '.join(FINALS)}")
    if values["TRACK"] and not (values["TRACK"].isascii() and values["TRACK"].isdigit()):
        raise Refusal(f"TRACK={printable(values['TRACK'])} is no number of an audio stream (0 is the first)")
    if values["CHANNEL"] and values["CHANNEL"] not in CHANNELS:
        raise Refusal(f"unknown CHANNEL '{printable(values['CHANNEL'])}'. Known: {' '.join(CHANNELS)}, or none for all")
    for name, most in NUMBERS.items():
        if not (NUMBER.fullmatch(values[name]) and float(values[name]) <= most):
            raise Refusal(f"{name}={printable(values[name])} is no number from 0 to {most}")
