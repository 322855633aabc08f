"""The workspace as Make sees it: the table of stages, films, their settings, models.

Run by the bootstrap Python while Make reads its makefiles, and by the stages for their records:
standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

SETTINGS = ("SRC", "TGT", "PROFILE", "ASR_MODEL", "ALIGN_MODEL", "MT_MODEL", "TRANSLATOR", "CUES", "TRACK")
# fmt: off
CONTAINERS = (
    ".mkv", ".webm", ".mp4", ".m4v", ".mov", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".vob",
    ".ogv", ".ogg", ".flv", ".wmv", ".wav", ".flac", ".mp3", ".m4a",
)
# fmt: on

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ASSIGNMENT = re.compile(r"^([A-Za-z_.][\w.-]*)\s*:?=\s*(.*?)\s*$")


class Refusal(Exception):
    """What a person asked for cannot be done; the text is the one line that says why."""


class Film(NamedTuple):
    """A film by its slug; `path` is None when it is not in media/ (any more)."""

    slug: str
    path: Optional[Path]


# --- small files that Make reads too ---------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def assignments(path: Path) -> Dict[str, str]:
    """NAME → value of the plain `NAME := value` lines in `path`; empty if there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].rstrip()
        if not line:
            continue
        match = ASSIGNMENT.match(line)
        if not match or "$" in line:
            raise Refusal(f"{path}:{number}: only plain lines of the form NAME := value can stand here")
        found[match.group(1)] = match.group(2)
    return found


@functools.lru_cache(maxsize=None)
def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@functools.lru_cache(maxsize=None)
def digest_of(path: Path) -> str:
    """Twelve hex digits of the file's content; "absent" if there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except FileNotFoundError:
        return "absent"


# --- the table of stages ---------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def table(root: Path) -> Dict[str, Tuple[str, List[str]]]:
    """Stage → (environment, settings), from mk/stages.mk."""
    lines = assignments(root / "mk" / "stages.mk")
    return {
        name[len("stage.") :]: (words[0], words[1:])
        for name, value in lines.items()
        for words in [value.split()]
        if name.startswith("stage.")
    }


def translators(root: Path) -> List[str]:
    """The engines of translation, by name."""
    return [name.partition(".")[2] for name in table(root) if name.startswith("translation.")]


def environment(root: Path, stage: str, backend: str) -> str:
    name = table(root)[stage][0]
    return environment(root, f"asr.{backend}", backend) if name == "recogniser" else name


def languages(root: Path) -> dict:
    return read_json(root / "config" / "languages.json")


def models(root: Path) -> dict:
    """The models file, with what config/models.local.json adds on this machine."""
    return {**read_json(root / "config" / "models.json"), **read_json(root / "config" / "models.local.json")}


# --- films -------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def media(root: Path) -> Dict[str, List[Path]]:
    """Slug → the files of that stem in media/ (more than one is a mistake), sorted."""
    found: Dict[str, List[Path]] = {}
    folder = root / "media"
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            known = path.suffix.lower() in CONTAINERS and not path.name.startswith(".")
            if known and (path.is_file() or path.is_symlink()):
                found.setdefault(path.stem, []).append(path)
    return found


def film(root: Path, slug: str) -> Film:
    """The film of that slug. Raises: Refusal when there is none, or more than one."""
    if not SLUG.fullmatch(slug):
        raise Refusal(f"'{printable(slug)}' is no film's name: lower-case letters, digits, - and _ only")
    paths = media(root).get(slug, [])
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise Refusal(f"two films are called '{slug}': {names}. Rename one of them in media/")
    if not paths and not (root / "out" / slug).is_dir():
        known = " ".join(name for name in media(root) if SLUG.fullmatch(name)) or "none"
        raise Refusal(f"no film '{slug}' in media/. Put {slug}.mkv there (films now: {known[:200]})")
    return Film(slug, paths[0] if paths else None)


def identity(path: Optional[Path]) -> str:
    """The film's identity: its size and a digest of its head and tail."""
    if path is None:
        return "gone"
    try:
        with path.open("rb") as file:
            head = file.read(65536)
            size = file.seek(0, 2)
            file.seek(max(0, size - 65536))
            return f"{size}-{hashlib.sha256(head + file.read()).hexdigest()[:12]}"
    except FileNotFoundError:
        return "not reachable"
    except OSError as error:
        raise Refusal(f"media/{path.name} cannot be read: {error.strerror}") from error


def record_path(root: Path, slug: str) -> Path:
    return root / "out" / slug / "job.mk"


def settings(root: Path, slug: str, given: Dict[str, str]) -> Dict[str, str]:
    """The film's settings: defaults < profile < record < config/films/<slug>/settings.mk < given.

    Raises: Refusal for a setting or a value that is not known.
    """
    recorded = {
        name[: -len(slug) - 1]: value
        for name, value in assignments(record_path(root, slug)).items()
        if name.endswith("." + slug)
    }
    written = assignments(root / "config" / "films" / slug / "settings.mk")
    for name in written:
        if name not in SETTINGS:
            raise Refusal(f"config/films/{slug}/settings.mk: unknown setting '{name}'. Known: {' '.join(SETTINGS)}")
    chosen = {**recorded, **written, **given}
    defaults = assignments(root / "config" / "defaults.mk")
    profile = chosen.get("PROFILE") or defaults["PROFILE"]
    profiles = sorted(path.stem for path in (root / "config" / "profiles").glob("*.mk"))
    if profile not in profiles:
        raise Refusal(f"unknown PROFILE '{printable(profile)}'. Known: {' '.join(profiles)}")
    values = {
        **dict.fromkeys(SETTINGS, ""),
        **defaults,
        **assignments(root / "config" / "profiles" / f"{profile}.mk"),
        **chosen,
    }
    values["TGT"] = " ".join(dict.fromkeys(values["TGT"].replace(",", " ").split()))
    if "TGT" not in given:  # the usual target is none for a film spoken in it
        values["TGT"] = " ".join(code for code in values["TGT"].split() if code != values["SRC"])
    _check(root, slug, values)
    return {name: values[name] for name in SETTINGS}


def _check(root: Path, slug: str, values: Dict[str, str]) -> None:
    known = languages(root)
    for name in ("SRC", "TGT"):
        for code in values[name].split():
            if code not in known:
                raise Refusal(f"unknown language {name}={printable(code)}. Known: {' '.join(known)}")
    if len(values["SRC"].split()) > 1:
        raise Refusal(f"SRC={printable(values['SRC'])}: one language, please, the one mostly spoken")
    if values["SRC"] and values["SRC"] in values["TGT"].split():
        raise Refusal(f"TGT={values['TGT']} holds the language of the film, whose subtitles are made anyway")
    for name in ("ASR_MODEL", "ALIGN_MODEL", "MT_MODEL", "TRANSLATOR", "CUES"):
        if values[name] and not NAME.fullmatch(values[name]):
            raise Refusal(f"{name}={printable(values[name])} is no name")
    if values["TRANSLATOR"] not in translators(root):
        raise Refusal(f"unknown TRANSLATOR '{printable(values['TRANSLATOR'])}'. Known: {' '.join(translators(root))}")
    if not (root / "config" / "cues" / f"{values['CUES']}.toml").exists():
        profiles = " ".join(sorted(path.stem for path in (root / "config" / "cues").glob("*.toml")))
        raise Refusal(f"unknown CUES '{printable(values['CUES'])}'. Known: {profiles}")
    if values["TRACK"] and not values["TRACK"].isdigit():
        raise Refusal(f"TRACK={printable(values['TRACK'])} is no number of an audio stream (0 is the first)")


# --- models ------------------------------------------------------------------------------------------


def asr_model(root: Path, values: Dict[str, str], backend: str) -> str:
    """The id of the recogniser's model."""
    return _known_model(root, f"asr/{values['ASR_MODEL']}/{'mlx' if backend == 'mlx' else 'ct2'}", "ASR_MODEL")


def align_model(root: Path, values: Dict[str, str]) -> str:
    """The id of the aligner's model; empty where word times come from the recogniser's attention."""
    if values["ALIGN_MODEL"] == "attention":
        return ""
    if values["ALIGN_MODEL"] == "wav2vec2":
        # Languages without an aligner use the attention times.
        name = f"align/{values['SRC']}"
        return name if name in models(root) else ""
    return _known_model(root, f"align/{values['ALIGN_MODEL']}", "ALIGN_MODEL")


def mt_model(root: Path, values: Dict[str, str], target: str, backend: str) -> str:
    """The id of the translator's model for this target language.

    Raises: Refusal for a pair that the engine cannot translate, with what could.
    """
    source = values["SRC"]
    if values["TRANSLATOR"] == "whisper":
        if target != "en":
            raise Refusal(
                f"TRANSLATOR=whisper (PROFILE={values['PROFILE']}) translates into English only, not into {target}. "
                f"Type PROFILE=standard TGT={target}, or TGT=en"
            )
        return asr_model(root, values, backend)
    if source == target:
        raise Refusal(f"the film is in {source} already")
    direction = f"{'en' if source == 'en' else 'indic'}-{'en' if target == 'en' else 'indic'}"
    return _known_model(root, f"mt/{values['MT_MODEL']}/{direction}", "MT_MODEL")


def _known_model(root: Path, name: str, setting: str) -> str:
    known = models(root)
    if name not in known:
        kind, variant = name.split("/")[0], name.split("/")[2:]
        fit = {
            other.split("/")[1] for other in known if other.split("/")[0] == kind and other.split("/")[2:] == variant
        }
        raise Refusal(f"{setting}: the models file has no {name}. Known: {' '.join(sorted(fit)) or 'none'}")
    return name


def model_revision(root: Path, name: str) -> str:
    """What was asked for, as a digest: sources and revisions; never what was downloaded."""
    entry = models(root)[name]
    asked = {field: entry[field] for field in ("sources", "files", "convert", "from") if field in entry}
    text = json.dumps(asked, sort_keys=True) + (model_revision(root, entry["from"]) if "from" in entry else "")
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def printable(text: str) -> str:
    """What a person typed, safe to show on one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:80]
