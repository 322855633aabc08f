"""Keys: everything that a result depends on besides the files it is made from, as one digest.

A key has two halves. What is *asked*: the film's identity, settings, the model and its revision, the
cue profile, what a person wrote for the film. And by what *means*: the stage's code with all it
imports, its recipe, the lock of its environment. Content decides, never dates. Make turns each key
into the name of a stamp (mk/keys.mk):

    out/demo/.stamp/asr.json@9f2c41d0-17cf7520

so the name alone tells whether a result differs in what was asked or only in the code that made it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from workspace import Refusal, cues, films, graph, models, subtitles
from workspace.files import ABSENT, EMPTY, digest_of, environment, languages, table, words
from workspace.films import Film
from workspace.graph import Step
from workspace.settings import films_with_words, source_of

IMPORTS = re.compile(
    r"^\s*(?:from samvad\.(\w+) import|from samvad import (?:\(([^)]*)\)|([\w, ]+))|import samvad\.(\w+))", re.M
)
#: What a stage takes from this package shapes its result too.
SHARED = re.compile(r"^\s*from workspace import ([\w, ]+)", re.M)
#: Stages that go by a subtitle profile, and what else of config/cues/ stages read.
READ_PROFILE = ("subtitle_generation", "export_subtitles", "qc")
WORD_LISTS = {
    "subtitle_generation": ("config/cues/breaks.json", "config/cues/sounds.json"),
    "revision": ("config/cues/breaks.json",),
}
#: What a recipe says when its stage opens the film itself.
OPENS_FILM = "$(media.$*)"


class Line(NamedTuple):
    """A step with what its key is made of: as much as all films of the same settings share."""

    step: Step
    asked: Dict[str, str]
    means: Dict[str, str]
    #: The id of the model that the stage loads; "" for none, two where it has one for each language spoken.
    model: str
    #: Why it cannot be made; "" if it can.
    refusal: str
    #: Whether the film's identity belongs to the key, and its title.
    of_film: bool
    titled: bool
    #: Whether a subtitle file beside the film does.
    beside: bool
    #: The files of config/films/<slug>/ that belong to the key where they are there.
    words: Tuple[str, ...]
    #: The key, but for what is the film's own.
    key: str


def values_of(root: Path, line: Line, film: Film) -> Dict[str, str]:
    """Every value of the film's key, by name."""
    return {**line.asked, **_own(root, line, film), **line.means}


def key_of(root: Path, line: Line, film: Film) -> str:
    """The film's key: two digests of eight digits, `asked-means`."""
    own = line.of_film or line.titled or line.beside or line.words
    return _with_own(line.key, _own(root, line, film)) if own else line.key


def digest(values: Dict[str, str]) -> str:
    """The key of these values.

    >>> digest({"SRC": "hi"}).split("-")[0] == digest({"SRC": "hi", "stages/asr.py": "1"}).split("-")[0]
    True
    """
    own = {name: value for name, value in values.items() if name in OWN or name.startswith(WORDS)}
    shared = {name: value for name, value in values.items() if name not in own}
    halves = ({name: value for name, value in shared.items() if is_means(name) is half} for half in (False, True))
    return _with_own("-".join(_eight(half) for half in halves), own)


#: Values of a key that differ from film to film though their settings are the same.
OWN = ("film", "title", "sidecar")
#: Where a person's files for one film lie, whose digests are of that kind too.
WORDS = "config/films/"


def _own(root: Path, line: Line, film: Film) -> Dict[str, str]:
    own = {"film": film.identity} if line.of_film else {}
    title = title_of(root, film) if line.titled else None
    if title:
        own["title"] = title
    if line.beside:
        own["sidecar"] = sidecar_of(root, film, source_of(line.asked))
    own.update(words_of(root, line, film.slug))
    return own


def words_of(root: Path, line: Line, slug: str) -> Dict[str, str]:
    """What a person wrote for this film and the stage reads: path → digest. An empty file is none.

    Raises: Refusal for a file that cannot be read.
    """
    found: Dict[str, str] = {}
    if not line.words or slug not in films_with_words(root):  # of ten thousand films few have such a folder
        return found
    for name in line.words:
        path = f"{WORDS}{slug}/{name}"
        try:
            content = digest_of(root / path)
        except NotADirectoryError:
            continue
        except OSError as error:
            raise Refusal(f"{path} cannot be read: {error.strerror}") from error
        if content not in (ABSENT, EMPTY):
            found[path] = content
    return found


def title_of(root: Path, film: Film) -> Optional[str]:
    """The film's imported title; that of a film that is gone, with its title, stands in what was made of it."""
    return films.title(root, film.slug) if film.presence != films.GONE else _known(root, film, "mux", "title")


def sidecar_of(root: Path, film: Film, language: str) -> str:
    """The digest of the subtitle file beside the film that is its transcript; that of a film out of reach as it was."""
    if film.presence != films.REACHABLE:
        return _known(root, film, "read_subtitles", "sidecar") or ABSENT
    beside = subtitles.sidecars(root, root / "media" / film.name, film.slug)
    one = subtitles.chosen(root, beside, language)
    return subtitles.digest(one.path)[:12] if one and one.path else ABSENT


def _known(root: Path, film: Film, stage: str, name: str) -> Optional[str]:
    """A value of a key as the record of what was made of the film has it."""
    try:
        text = (root / "out" / film.slug / "run" / f"{stage}.json").read_text(encoding="utf-8")
        return json.loads(text)["key"]["values"].get(name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _with_own(key: str, own: Dict[str, str]) -> str:
    if not own:
        return key
    asked, _, made_by = key.partition("-")
    text = "\n".join([asked, *(f"{name} {value}" for name, value in sorted(own.items()))])
    return f"{hashlib.sha256(text.encode()).hexdigest()[:8]}-{made_by}"


def is_means(name: str) -> bool:
    """Whether a value of a key is code or an environment, rather than what was asked."""
    return name.startswith(("stages/", "envs/", "mk/"))


def _eight(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def lines(root: Path, values: Dict[str, str], more: Iterable[str], backend: str) -> Dict[str, Line]:
    """File → line of all that can be made of a film with these settings, in processing order."""
    return _lines(root, tuple(values.items()), tuple(more), backend)


@functools.lru_cache(maxsize=None)
def _lines(root: Path, items: Tuple[Tuple[str, str], ...], more: Tuple[str, ...], backend: str) -> Dict[str, Line]:
    values = dict(items)
    found = graph.steps(root, graph.shape_of(values), more, backend)
    return {step.file: _line(root, step, values, backend) for step in found}


def _line(root: Path, step: Step, values: Dict[str, str], backend: str) -> Line:
    stage = step.stage
    asked = {"stage": stage}
    asked.update((name, values[name]) for name in table(root)[stage][1])
    for name in sorted({step.language, *asked.get("SRC", "").split(), *asked.get("TGT", "").split()} - {""}):
        asked[f"language {name}"] = _eight(languages(root)[name])
    read = list(WORD_LISTS.get(stage, ()))
    if stage in READ_PROFILE:
        read += cues.files(root, cues.profile(root, values["CUES"], step.language))
    for data in read:
        asked[data] = digest_of(root / data)
    recogniser = stage.startswith("asr.") and stage != models.SUBTITLES
    if stage == "detect" or (recogniser and " " in values["SRC"]):  # all languages are listened for
        asked["config/languages.json"] = digest_of(root / "config" / "languages.json")
    model = refusal = ""
    try:
        model = models.model_of(root, stage, step.language, values, backend)
    except Refusal as reason:
        refusal = str(reason)
    for name in model.split():
        asked[f"model {name}"] = models.revision(root, name)
    made_by = means(root, step, backend)
    key = digest({**asked, **made_by})
    stands_for = {"SRC": source_of(values), "LANGUAGE": step.language}
    own = tuple(re.sub(r"^(SRC|LANGUAGE)\b", lambda found: stands_for[found[1]], name) for name in words(root, stage))
    of_film, titled, beside = OPENS_FILM in step.recipe, stage == "mux", stage == "read_subtitles"
    return Line(step, asked, made_by, model, refusal, of_film, titled, beside, own, key)


def means(root: Path, step: Step, backend: str) -> Dict[str, str]:
    """The stage's script, what it imports, its recipe and its environment's lock, each with a digest."""
    env = environment(root, step.stage, backend)
    script = f"stages/{step.stage.replace('.', '_')}.py"
    return {
        **{path: digest_of(root / path) for path in code(root, script)},
        f"mk/pipeline.mk {step.stage}": _eight(step.recipe),
        f"envs/{env}.lock": digest_of(root / "envs" / f"{env}.lock"),
    }


@functools.lru_cache(maxsize=None)
def data_files(root: Path) -> List[str]:
    """What lies in stages/samvad/data: it belongs to the modules that name it."""
    return [str(path.relative_to(root)) for path in sorted((root / "stages" / "samvad" / "data").glob("*"))]


@functools.lru_cache(maxsize=None)
def code(root: Path, script: str) -> List[str]:
    """The script, the modules of ours that it imports, directly or not, and their data, as paths.

    Read by pattern, not by a parser: the stages are written for a later Python than this one.
    """
    found: List[str] = []
    queue = [script]
    while queue:
        path = queue.pop()
        if path in found or not (root / path).exists():
            continue
        found.append(path)
        text = _text(root / path)
        found += [data for data in data_files(root) if Path(data).name in text]
        for names in IMPORTS.findall(text):
            queue += [f"stages/samvad/{name}.py" for name in re.split(r"[,\s]+", " ".join(names).strip())]
        if path.startswith("stages/"):
            queue += [f"mk/workspace/{name}.py" for name in re.findall(r"\w+", " ".join(SHARED.findall(text)))]
    return sorted(set(found))


@functools.lru_cache(maxsize=None)
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
