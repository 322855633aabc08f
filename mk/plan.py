"""What Make has to know before it can decide what runs, as words that mk/keys.mk evaluates.

    python3 mk/plan.py --goals 'out/demo/final.mkv' --movie '' --backend whisperx SRC=hi TGT=en

prints, among others:

    films:=demo  SRC.demo:=hi  out/demo/asr.json:out/demo/.stamp/asr.json@9f2c41d0a1b2

One process for all films; a refusal comes back as the word `plan.error:=…`, which Make shows.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Dict, Iterable, List, Set

import keys
import workspace
from workspace import Refusal

WORKFLOWS = ("transcribe", "translate", "subtitle", "detect")
#: What can be made before the language of the film is known.
BEFORE_LANGUAGE = {"media.json", "audio.wav", "speech.json", "language.json"}


def plan(root: Path, goals: List[str], movie: str, backend: str, given: Dict[str, str]) -> Iterable[str]:
    """The words for these goals."""
    yield from environments(root)
    wanted = wanted_files(root, goals, movie)
    if movie and movie not in wanted:
        workspace.film(root, movie)
    yield f"film:={movie}"
    yield f"translator-now:={workspace.settings(root, movie or '-', given)['TRANSLATOR']}"
    every_film = "batch" in goals
    slugs = [slug for slug in workspace.media(root) if workspace.SLUG.fullmatch(slug)] if every_film else wanted
    if every_film:
        if given:
            raise Refusal(f"batch uses each film's own settings. Type: make out/<film>/final.mkv {' '.join(given)}=…")
        for number, name in enumerate(name for name in workspace.media(root) if not workspace.SLUG.fullmatch(name)):
            reason = f"media/{workspace.printable(name)}.*: rename it: lower-case letters, digits, - and _ only"
            yield f"refused.{number}:={_(reason)}"
            yield f"refused+={number}"
    models: Set[str] = set(models_of_profile(root, given, backend)) if "models" in goals else set()
    if "test" in goals:
        models |= {"asr/base/ct2", "asr/base/mlx"}
    ready: List[str] = []
    by_language: Dict[str, List[str]] = {}
    for slug in slugs:
        try:
            film = FilmPlan(root, slug, wanted.get(slug, set()), backend, {} if every_film else given)
        except Refusal as refusal:
            if not every_film:
                raise
            yield f"refused.{slug}:={_(str(refusal))}"
            yield f"refused+={slug}"
            continue
        ready.append(slug)
        models |= film.models
        yield from film.words()
        for language, kind in film.languages.items():
            by_language.setdefault(f"{kind}.{language}", []).append(slug)
    yield f"films:={_(' '.join(ready))}"
    languages = sorted({name.rpartition(".")[2] for name in by_language})
    kinds = ["source", *workspace.translators(root)]
    for name in (f"{kind}.{language}" for kind in kinds for language in languages):
        yield f"films.{name}:={_(' '.join(by_language.get(name, [])))}"
    yield f"languages:={_(' '.join(languages))}"
    yield from model_words(root, models, backend)


def wanted_files(root: Path, goals: List[str], movie: str) -> Dict[str, Set[str]]:
    """Film → the files of it that the goals name; a workflow's name stands for its file."""
    wanted: Dict[str, Set[str]] = {}
    for goal in goals:
        parts = goal.split("/")
        if parts[0] == "out":
            if len(parts) != 3:
                raise Refusal(f"'{workspace.printable(goal)}' is no result: type out/<film>/final.mkv")
            workspace.film(root, parts[1])
            wanted.setdefault(parts[1], set()).add(parts[2])
        elif goal in WORKFLOWS:
            if not movie:
                raise Refusal(f"which film? Type: make {goal} MOVIE=demo")
            workspace.film(root, movie)
            wanted.setdefault(movie, set()).add(goal)
    return wanted


class FilmPlan:
    """One film: its settings, its files with their keys, the models that the goals need."""

    def __init__(self, root: Path, slug: str, wanted: Set[str], backend: str, given: Dict[str, str]) -> None:
        self.root, self.slug, self.backend = root, slug, backend
        self.path = workspace.film(root, slug).path
        if self.path is None:
            raise Refusal(f"'{slug}' is in media/ no more; its results stay in out/{slug}/. Put the film back to go on")
        self.values = values = workspace.settings(root, slug, given)
        self.targets = values["TGT"].split()
        asked_for = wanted
        wanted = self._files(wanted or {"subtitle"})
        if not values["SRC"] and not wanted <= BEFORE_LANGUAGE:
            raise Refusal(
                f"which language is spoken in '{slug}'? Type SRC=hi, or let it listen: make detect MOVIE={slug}"
            )
        for file in sorted(wanted):
            keys.stage_of(root, file, values, backend)
        # A language may be asked for by name without being one of the film's targets.
        asked = [file.rpartition(".")[0] for file in wanted if file.endswith((".srt", ".json"))]
        extra = [code for code in asked if code in workspace.languages(root) and code != values["SRC"]]
        into = self.targets if "final.mkv" in wanted else []
        if wanted - BEFORE_LANGUAGE and "whisper" not in workspace.languages(root)[values["SRC"]]:
            known = " ".join(code for code, entry in workspace.languages(root).items() if "whisper" in entry)
            raise Refusal(f"Whisper does not know SRC={values['SRC']}. It knows: {known}")
        if "translate" in asked_for and not self.targets:
            raise Refusal(f"into which language? Type: make translate MOVIE={slug} TGT=en")
        #: Language → the list of films it belongs to: those spoken in it, or by translator.
        self.languages: Dict[str, str] = {}
        if values["SRC"]:
            self.languages[values["SRC"]] = "source"
            for code in dict.fromkeys([*self.targets, *extra]):
                self.languages[code] = values["TRANSLATOR"]
        self.models: Set[str] = set()
        self.keys: Dict[str, str] = {}
        needed = set(into) | set(extra)
        for file in self._all_files():
            stage, language = keys.stage_of(root, file, values, backend)
            if stage.startswith("translation.") and language not in needed:
                # Not asked for this time: a pair that cannot be translated is no error now.
                continue
            self.keys[file] = keys.digest(keys.describe(root, f"out/{slug}/{file}", given, backend))
            if stage == "detect" and "language.json" not in wanted:
                continue
            if not wanted <= BEFORE_LANGUAGE or stage == "detect":
                model = keys.model_of(root, stage, language, values, backend)
                self.models |= {model} - {""}
        self.given = given

    def _files(self, wanted: Set[str]) -> Set[str]:
        source, targets = self.values["SRC"], self.targets
        meant = {
            "transcribe": [f"{source}.srt"],
            "translate": [f"{code}.srt" for code in targets],
            "subtitle": ["final.mkv"],
            "detect": ["language.json"],
        }
        return {file for name in wanted for file in meant.get(name, [name])}

    def _all_files(self) -> List[str]:
        early = [file for file in keys.FILES if file in BEFORE_LANGUAGE]
        if not self.values["SRC"]:
            return early
        spoken = [file for file in keys.FILES if file not in BEFORE_LANGUAGE]
        translated = [code for code in self.languages if code != self.values["SRC"]]
        return [
            *early,
            *spoken,
            f"{self.values['SRC']}.srt",
            *(f"{code}.json" for code in translated),
            *(f"{code}.srt" for code in translated),
        ]

    def words(self) -> Iterable[str]:
        folder = f"out/{self.slug}"
        for name, value in self.values.items():
            yield f"{name}.{self.slug}:={_(value)}"
        profile = workspace.assignments(self.root / "config" / "profiles" / f"{self.values['PROFILE']}.mk")
        yield f"closing.{self.slug}:={_(profile.get('CLOSING', '').replace('%', self.slug))}"
        yield f"media.{self.slug}:=media/{self.path.name}"
        for file, key in self.keys.items():
            yield f"{folder}/{file}:{folder}/.stamp/{file}@{key}"
        for language in [self.values["SRC"], *self.targets] if self.values["SRC"] else []:
            yield f"{folder}/final.mkv:{folder}/{language}.srt"
        for language in self.targets:
            yield f"{folder}/final.mkv:{folder}/{language}.json"
        record = self._record()
        if record:
            yield f"record.{self.slug}:={_(' '.join(record))}"
            yield f"recorded+={self.slug}"
            for file in self.keys:
                yield f"{folder}/{file}:|record.{self.slug}"
        # All models before any work: what cannot be had must not cost an hour first (nor be recorded).
        catalogue = workspace.models(self.root)
        for model in sorted(self.models, key=lambda name: ("gated" not in catalogue[name], name)):
            yield f"{folder}/media.json:|{ready_stamp(self.root, model)}"
            if record:
                yield f"record.{self.slug}:|{ready_stamp(self.root, model)}"
        for file in self.keys:
            stage, language = keys.stage_of(self.root, file, self.values, self.backend)
            model = keys.model_of(self.root, stage, language, self.values, self.backend)
            if model:
                yield f"model.{folder}/{file}:={model}"
                yield f"{folder}/{file}:|{ready_stamp(self.root, model)}"

    def _record(self) -> List[str]:
        """The record's new lines, if the command line says something new."""
        old = workspace.assignments(workspace.record_path(self.root, self.slug))
        names = {f"{name}.{self.slug}": name for name in workspace.SETTINGS}
        old = {name: value for name, value in old.items() if name in names}
        new = {f"{name}.{self.slug}": self.values[name] for name in self.given}
        if all(old.get(name) == value for name, value in new.items()):
            return []
        return [f"{name}={value.replace(' ', ',')}" for name, value in sorted({**old, **new}.items())]


def environments(root: Path) -> Iterable[str]:
    locks = sorted((root / "envs").glob("*.lock"))
    for lock in locks:
        yield f"built.{lock.stem}:=envs/{lock.stem}/.built@{workspace.digest_of(lock)}"
    yield f"environments:={_(' '.join(lock.stem for lock in locks if lock.stem != 'uv'))}"


def ready_stamp(root: Path, model: str) -> str:
    return f"models/{model}/.ready@{workspace.model_revision(root, model)}"


def models_of_profile(root: Path, given: Dict[str, str], backend: str) -> Iterable[str]:
    """Every model of the profile for these languages (SRC=hi unless given)."""
    values = workspace.settings(root, "-", {"SRC": "hi", **given})
    yield workspace.asr_model(root, values, backend)
    aligner = workspace.align_model(root, values)
    if aligner:
        yield aligner
    for target in values["TGT"].split():
        yield workspace.mt_model(root, values, target, backend)


def model_words(root: Path, wanted: Set[str], backend: str) -> Iterable[str]:
    """Where models come from: fetched, or converted from another one."""
    catalogue = workspace.models(root)
    queue, seen = sorted(wanted), set()
    fetched: List[str] = []
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        stamp = ready_stamp(root, name)
        yield f"model.{stamp}:={name}"
        if "convert" in catalogue[name]:
            before = catalogue[name]["from"]
            queue.append(before)
            yield f"{stamp}:{ready_stamp(root, before)}"
            yield f"from.{stamp}:={before}"
            yield f"converted.{catalogue[name]['convert']}+={stamp}"
        else:
            fetched.append(stamp)
    # Those that need a licence first: what cannot be had must not cost the others' gigabytes.
    yield f"fetched:={_(' '.join(fetched))}"
    order = sorted(wanted, key=lambda name: ("gated" not in catalogue[name], name))
    yield f"ready:={_(' '.join(ready_stamp(root, name) for name in order))}"


def _(value: str) -> str:
    """A value as Make shall read it back: one word, nothing expanded."""
    for letter, written in (("$", "$$"), ("#", r"\#"), (" ", "$(_)")):
        value = value.replace(letter, written)
    return value


def main(arguments: List[str]) -> None:
    root = Path(__file__).resolve().parents[1]
    options: Dict[str, str] = {}
    given: Dict[str, str] = {}
    goals: List[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--goals":
            goals = list(rest)
        elif word.startswith("--"):
            options[word] = next(rest)
        else:
            name, _sign, value = word.partition("=")
            given[name] = " ".join(value.replace(",", " ").split())
    try:
        words = list(plan(root, goals, options.get("--movie", ""), options["--backend"], given))
    except Refusal as refusal:
        words = [f"plan.error:={_(str(refusal))}"]
    except Exception as error:  # no traceback on the terminal: one line that names the place
        place = traceback.extract_tb(error.__traceback__)[-1]
        line = f"the workspace cannot be read: {error!r} ({Path(place.filename).name}:{place.lineno})"
        words = [f"plan.error:={_(' '.join(line.split()))}"]
    sys.stdout.write("\n".join(words) + "\n")


if __name__ == "__main__":
    if sys.version_info < (3, 9):
        print(_("plan.error:=samvad needs Python 3.9 or later as python3, to start with"))
        sys.exit()
    os.environ.pop("PYTHONPATH", None)
    main(sys.argv[1:])
