"""The languages file: names, codes and scripts of the languages that samvad knows."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
from msgspec import Struct

from samvad.problem import Problem

FILE = Path(__file__).resolve().parents[2] / "config" / "languages.json"

#: Language → the one that it cannot be told from by ear, whose probability it adds to.
ONE_TO_THE_EAR = {"ur": "hi"}


class Language(Struct, forbid_unknown_fields=True):
    """`iso639_2` for containers, `script` by ISO 15924; `whisper` where Whisper knows it."""

    name: str
    iso639_2: str
    script: str
    indictrans2: str
    whisper: str | None = None


@functools.cache
def languages() -> dict[str, Language]:
    """Language code → language, in the order of the file."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Language])


def language(code: str) -> Language:
    """The language of `code`. Raises: Problem when the file does not list it."""
    try:
        return languages()[code]
    except KeyError:
        raise Problem(f"unknown language '{code}'", f"Known: {' '.join(languages())}") from None


def script_of(whisper: str) -> str:
    """The script of a language by Whisper's code. Raises: StopIteration where no language has it."""
    return next(each.script for each in languages().values() if each.whisper == whisper)
