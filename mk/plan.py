"""What Make has to know before it can decide what runs, as lines that mk/keys.mk evaluates.

    python3 mk/plan.py --goals 'out/demo/final.mkv' --movie '' --backend whisperx SRC=hi TGT=en

prints, among others:

    films:=demo
    SRC.demo:=hi
    out/demo/asr.json:out/demo/.stamp/asr.json@9f2c41d0-17cf7520

One process for all films; a refusal comes back as the line `plan.error:=…`, which Make shows.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Dict, Iterable, List, Set, Tuple

from workspace import Refusal, cues, films, graph, keys, models, printable
from workspace.files import assignments, digest_of, translators
from workspace.graph import HOLD_SUBTITLES, WORKFLOWS
from workspace.settings import SETTINGS, recorded, settings, source_of
from workspace.state import Job, current_without_inputs

#: The goal of the make that `batch` starts (mk/batch.py): the films and their settings are in a file.
BATCHED = "batched"


def plan(root: Path, goals: List[str], movie: str, backend: str, given: Dict[str, str]) -> Iterable[str]:
    """The lines for these goals."""
    yield from environments(root)
    yield f"film:={movie}"
    yield f"translator-now:={settings(root, movie or '-', given)['TRANSLATOR']}"
    if BATCHED in goals:
        wanted = wanted_by_batch(Path(os.environ["SAMVAD_BATCH"]))
        targets = [f"out/{slug}/{file}" for slug, (files, _given) in wanted.items() for file in files]
        yield f"batched:={_(' '.join(targets))}"
    else:
        wanted = {slug: (files, given) for slug, files in wanted_files(root, goals, movie).items()}
    if movie and movie not in wanted:
        films.film(root, movie)
    needed: Set[str] = set(models_of_profile(root, given, backend)) if "models" in goals else set()
    if "test" in goals:
        needed |= {"asr/base/ct2", "asr/base/mlx", models.SONGS}
    lists: Dict[str, List[str]] = {"films": [], "stamps": [], "results": [], "recorded": [], "current": []}
    lists.update({"skipped": [], "afterwards": [], graph.RECOGNISED: [], graph.SUBTITLED: []})
    by_language: Dict[str, List[str]] = {}
    for slug, (files, said) in wanted.items():
        job = Job(root, slug, files, backend, said)
        lists["films"].append(slug)
        lists[graph.shape_of(job.values).text].append(slug)
        needed |= models_needed(job)
        yield from film_lines(job, files, lists)
        for kind, language in languages_of(job):
            by_language.setdefault(f"{kind}.{language}", []).append(slug)
    for name, words in lists.items():
        # Films by who writes their asr.json are called as those of a language are.
        yield f"{f'films.{name}.asr' if name in (graph.RECOGNISED, graph.SUBTITLED) else name}:={_(' '.join(words))}"
    languages = sorted({name.rpartition(".")[2] for name in by_language})
    for name in (f"{kind}.{language}" for kind in ["source", *translators(root)] for language in languages):
        yield f"films.{name}:={_(' '.join(by_language.get(name, [])))}"
    yield f"languages:={_(' '.join(languages))}"
    yield from model_lines(root, needed)


def wanted_files(root: Path, goals: List[str], movie: str) -> Dict[str, Set[str]]:
    """Film → the files of it that the goals name; a workflow's name stands for its file."""
    wanted: Dict[str, Set[str]] = {}
    for goal in goals:
        parts = goal.split("/")
        if parts[0] == "out" or "/out/" in goal:
            if len(parts) != 3 or parts[0] != "out":
                raise Refusal(f"'{printable(goal)}' is no result: type out/<film>/final.mkv")
            films.film(root, parts[1])
            wanted.setdefault(parts[1], set()).add(parts[2])
        elif goal in WORKFLOWS:
            if not movie:
                raise Refusal(f"which film? Type: make {goal} MOVIE=demo")
            films.film(root, movie)
            wanted.setdefault(movie, set()).add(goal)
    return wanted


def wanted_by_batch(path: Path) -> Dict[str, Tuple[Set[str], Dict[str, str]]]:
    """Film → (files, settings given), from lines of tab-separated words: demo  final.mkv  SRC=hi."""
    found: Dict[str, Tuple[Set[str], Dict[str, str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        slug, files, *said = line.split("\t")
        found[slug] = (set(files.split()), dict(word.partition("=")[::2] for word in said))
    return found


def languages_of(job: Job) -> Iterable[Tuple[str, str]]:
    """(kind, language): the film's own as "source", the others by translator."""
    if job.values["SRC"]:
        yield "source", source_of(job.values)
    for line in job.lines.values():
        if line.step.stage.startswith("translation."):
            yield job.values["TRANSLATOR"], line.step.language


def film_lines(job: Job, files: Iterable[str], lists: Dict[str, List[str]]) -> Iterable[str]:
    """What Make has to know of one film; lists of all films grow by its words."""
    root, folder, slug, values = job.root, job.folder, job.slug, job.values
    for name, value in values.items():
        yield f"{name}.{slug}:={_(value)}"
    profile = assignments(root / "config" / "profiles" / f"{values['PROFILE']}.mk")
    yield f"closing.{slug}:={_(profile.get('CLOSING', '').replace('%', slug))}"
    yield f"gate.{slug}:={profile.get('GATE', 'refuse')}"
    yield f"media.{slug}:=media/{job.film.name}"
    lists["current"] += [f"{folder}/{file}" for file in current_without_inputs(job)]
    record = record_of(job)
    if record:
        yield f"record.{slug}:={_(' '.join(record))}"
        lists["recorded"].append(slug)
    for file in skipped_files(job, files):
        lists["skipped"].append(f"{folder}/{file}")
        if record:
            yield f"{folder}/{file}:|record.{slug}"
    for file in job.afterwards:
        lists["afterwards"].append(f"{folder}/{file}")
        yield f"{folder}/{file}:{folder}/media.json"
    wanted = {line.step.file for line in job.needed}
    for file, line in job.lines.items():
        target, stamp = f"{folder}/{file}", job.stamp(line)
        if file not in wanted or target in lists["current"]:
            continue
        before = [f"{folder}/{name}" for name in line.step.inputs] if file in HOLD_SUBTITLES else []
        order_only = [f"record.{slug}"] if record else []
        if line.model:
            yield f"model.{target}:={_(line.model)}"
            order_only += [models.ready_stamp(root, name) for name in line.model.split()]
        if line.step.stage in keys.READ_PROFILE:
            yield f"cues.{target}:=config/cues/{cues.profile(root, values['CUES'], line.step.language)}.toml"
        words = keys.words_of(root, line, slug)
        if words:
            yield f"words.{target}:={_(' '.join(words))}"
        yield f"{target}:{_(' '.join([stamp, *before]))}" + (f"|{_(' '.join(order_only))}" if order_only else "")
        lists["stamps"].append(stamp)
        lists["results"].append(target)
    # All models before any work: what cannot be had must not cost an hour first (nor be recorded).
    for model in gated_first(root, models_needed(job)):
        yield f"{folder}/media.json:|{models.ready_stamp(root, model)}"
        if record:
            yield f"record.{slug}:|{models.ready_stamp(root, model)}"


def skipped_files(job: Job, files: Iterable[str]) -> List[str]:
    """What is asked of a film that has its subtitles already."""
    return [file for name in sorted(files) for file in graph.files_of(name, job.values)] if job.skipped else []


def models_needed(job: Job) -> Set[str]:
    """The ids of all models that the job's stages load."""
    return {name for line in job.needed for name in line.model.split()}


def record_of(job: Job) -> List[str]:
    """The record's new lines, if the command line says something new."""
    old = recorded(job.root, job.slug)
    new = {**old, **{name: job.values[name] if value else "" for name, value in job.given.items()}}
    return [f"{name}.{job.slug}={value.replace(' ', ',')}" for name, value in sorted(new.items())] if new != old else []


def environments(root: Path) -> Iterable[str]:
    locks = sorted((root / "envs").glob("*.lock"))
    for lock in locks:
        yield f"built.{lock.stem}:=envs/{lock.stem}/.built@{digest_of(lock)}"
    yield f"environments:={_(' '.join(lock.stem for lock in locks if lock.stem != 'uv'))}"


def gated_first(root: Path, names: Iterable[str]) -> List[str]:
    """Those that need a licence first: what cannot be had must not cost the others' gigabytes."""
    return sorted(names, key=lambda name: ("gated" not in models.catalogue(root)[name], name))


def models_of_profile(root: Path, given: Dict[str, str], backend: str) -> Iterable[str]:
    """Every model of the profile for these languages (SRC=hi unless given)."""
    values = settings(root, "-", {"SRC": "hi", **given})
    yield models.asr_model(root, values, backend)
    yield models.SONGS
    yield from models.align_model(root, values).split()
    for target in values["TGT"].split():
        yield models.mt_model(root, values, target, backend)


def model_lines(root: Path, wanted: Set[str]) -> Iterable[str]:
    """Where models come from: fetched, or converted from another one."""
    catalogue = models.catalogue(root)
    queue, seen = sorted(wanted), set()
    fetched: List[str] = []
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        stamp = models.ready_stamp(root, name)
        yield f"model.{stamp}:={name}"
        if "convert" in catalogue[name]:
            before = catalogue[name]["from"]
            queue.append(before)
            yield f"{stamp}:{models.ready_stamp(root, before)}"
            yield f"from.{stamp}:={before}"
            yield f"converted.{catalogue[name]['convert']}+={stamp}"
        else:
            fetched.append(stamp)
    yield f"fetched:={_(' '.join(fetched))}"
    yield f"ready:={_(' '.join(models.ready_stamp(root, name) for name in gated_first(root, wanted)))}"


def _(value: str) -> str:
    """A value as Make shall read it back: one word, nothing expanded."""
    for letter, written in (("$", "$$"), ("#", r"\#"), (" ", "$(_)")):
        value = value.replace(letter, written)
    return value


def given_settings(words: Iterable[str]) -> Dict[str, str]:
    """Settings from words of the form NAME=value; commas and spaces both part the words of a value."""
    return {
        name: " ".join(value.replace(",", " ").split())
        for name, sign, value in (word.partition("=") for word in words)
        if sign and name in SETTINGS
    }


def main(arguments: List[str]) -> None:
    root = Path(__file__).resolve().parents[1]
    options: Dict[str, str] = {}
    goals: List[str] = []
    said: List[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--goals":
            goals = list(rest)
        elif word.startswith("--"):
            options[word] = next(rest)
        else:
            said.append(word)
    try:
        lines = list(plan(root, goals, options.get("--movie", ""), options["--backend"], given_settings(said)))
    except Refusal as refusal:
        lines = [f"plan.error:={_(str(refusal))}"]
    except Exception as error:  # no traceback on the terminal: one line that names the place
        place = traceback.extract_tb(error.__traceback__)[-1]
        line = f"the workspace cannot be read: {error!r} ({Path(place.filename).name}:{place.lineno})"
        lines = [f"plan.error:={_(' '.join(line.split()))}"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.version_info < (3, 9):
        print(_("plan.error:=samvad needs Python 3.9 or later as python3, to start with"))
        sys.exit()
    os.environ.pop("PYTHONPATH", None)
    main(sys.argv[1:])
