"""make qc FILE=… MOVIE=demo: what the rules say of a subtitle file from anywhere, or of a film's own.

FILE='/from/a friend/film.en.srt' python3 mk/qc.py demo [TGT=en CUES=netflix AUDIENCE=children]

Nothing is written but the report: out/demo/qc/<name>.qc.json, or out/.qc/<name>.qc.json without a film. What the
film is known by (frames, shot changes, speech, songs) is used as far as it was made. The file's name comes by the
environment, past every shell and Make; its language is TGT, or stands in its name: film.en.srt, film.hin.sdh.srt.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import command
from plan import given_settings
from slug import slug as slug_of
from workspace import Refusal, cues, films, printable
from workspace.files import languages
from workspace.settings import settings

#: What a subtitle file's name says beside its language, and which of it means: with sounds.
MARKS = ("default", "forced", "foreign", "auto", "sdh", "cc", "hi")
SOUNDS = ("sdh", "cc", "hi")
#: What is known of a film beside its subtitles: option → its file in out/<film>/.
EVIDENCE = ("media", "shots", "speech", "songs")


class Subtitles(NamedTuple):
    path: Path
    language: str
    sdh: bool
    #: What they were made of, where they are the film's own translation.
    translation: Optional[Path] = None


def named(path: Path, root: Path = command.ROOT) -> Tuple[str, bool]:
    """The language that a file's name says, "" where it says none, and whether it has sounds.

    `hi` is Hindi, but English with sounds behind another language (docs of Jellyfin: film.en.hi.srt).
    """
    known = {**{entry["iso639_2"]: code for code, entry in reversed(list(languages(root).items()))}}
    known.update({entry["name"].lower(): code for code, entry in languages(root).items()})
    known.update({code.lower(): code for code in languages(root)})
    parts = path.stem.lower().split(".")
    sdh = False
    while parts and (parts[-1] in MARKS) and (parts[-1] != "hi" or (len(parts) > 1 and parts[-2] in known)):
        sdh = sdh or parts.pop() in SOUNDS
    return (known.get(parts[-1], "") if parts else ""), sdh


def file_at(name: str) -> Path:
    """The absolute path of the file that a person typed. Raises: Refusal where there is none."""
    path = Path(os.path.abspath(Path(name).expanduser() if name.startswith("~/") else Path(name)))
    shown = printable(str(path), 300)
    if not path.exists():
        raise Refusal(f"{shown} does not exist")
    if not path.is_file():
        raise Refusal(f"{shown} is no file")
    return path


def of_film(slug: str) -> List[Subtitles]:
    """The film's own subtitles, as they are now."""
    folder = command.ROOT / "out" / slug
    found = []
    for path in sorted(folder.glob("*.srt")):
        language, sdh = named(path)
        if language:
            translation = folder / f"{language}.revised.json"
            found.append(Subtitles(path, language, sdh, translation if translation.exists() else None))
    if not found:
        raise Refusal(f"'{slug}' has no subtitles yet. Type: make subtitle MOVIE={slug}, or name any: FILE=film.en.srt")
    return found


def arguments(one: Subtitles, slug: str, values: Dict[str, str]) -> List[str]:
    """What the stage is called with."""
    root = command.ROOT
    folder = root / "out" / slug if slug else root / "out"
    report = folder / ("qc" if slug else ".qc") / f"{slug_of(one.path.stem)}.qc.json"
    profile = root / "config" / "cues" / f"{cues.profile(root, values['CUES'], one.language)}.toml"
    words = [f"--subtitles={one.path}", "--language", one.language, "--profile", str(profile)]
    words += ["--audience", values["AUDIENCE"], "--show", "--out", str(report)]
    words += ["--sdh"] if one.sdh else []
    words += ["--translation", str(one.translation)] if one.translation else []
    if slug:
        for name in EVIDENCE:
            path = folder / f"{name}.json"
            words += [f"--{name}", str(path)] if path.exists() else []
        for language in values["SRC"].split():
            words += ["--spoken", language]
    return words


def main(words: List[str]) -> int:
    slug, given = words[0], given_settings(words[1:])
    name = os.environ.get("FILE", "")
    if not (slug or name):
        raise Refusal("which subtitles? Type: make qc FILE='/folder of/film.en.srt', or: make qc MOVIE=demo")
    if slug:
        films.film(command.ROOT, slug)
    wanted = given.pop("TGT", "")
    values = settings(command.ROOT, slug, given)
    if name:
        path = file_at(name)
        language, sdh = named(path)
        language = wanted or language
        if language not in languages(command.ROOT):
            which = f"unknown language '{printable(language)}'." if language else "in which language is it?"
            raise Refusal(f"{printable(path.name)}: {which} Type TGT=en as well, or name it film.en.srt")
        files = [Subtitles(path, language, sdh)]
    else:
        files = [one for one in of_film(slug) if wanted in ("", one.language)]
    python = command.ROOT / "envs" / "common" / "bin" / "python"
    if not python.exists():
        raise Refusal("its environment is not built yet. Type: make env-common")
    codes = [subprocess.run([str(python), "stages/qc.py", *arguments(one, slug, values)]).returncode for one in files]
    return max(codes, default=0)


if __name__ == "__main__":
    command.run("qc", main)
