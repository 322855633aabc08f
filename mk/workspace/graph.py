"""The graph as mk/pipeline.mk has it: which file of a film is made from which others, by which stage.

The static pattern rules are read as they stand, so that there is one graph and not two:

    $(call each,asr.json): out/%/asr.json: out/%/audio.wav out/%/speech.json | $(call env,asr)
        $(call run,asr,…)
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Tuple

from workspace import Refusal, printable
from workspace.files import languages

RULE = re.compile(r"^\$\(.*\): out/%/(\S+):((?: out/%/\S+)*) \| \$\(call env,([\w.]+)\)\n\t(.*)$", re.M)
LANGUAGE = "$(1)"
WORKFLOWS = ("transcribe", "translate", "subtitle", "detect")


class Rule(NamedTuple):
    """One rule; in `file` and `inputs`, $(1) stands for a language."""

    file: str
    inputs: Tuple[str, ...]
    stage: str
    recipe: str


class Step(NamedTuple):
    """One file of one film. `language` is "" where there is one file for all of them."""

    file: str
    stage: str
    language: str
    inputs: Tuple[str, ...]
    recipe: str


@functools.lru_cache(maxsize=None)
def rules(root: Path) -> List[Rule]:
    """The rules in processing order."""
    text = (root / "mk" / "pipeline.mk").read_text(encoding="utf-8")
    return [
        Rule(file, tuple(name[len("out/%/") :] for name in inputs.split()), stage, recipe)
        for file, inputs, stage, recipe in RULE.findall(text)
    ]


@functools.lru_cache(maxsize=None)
def steps(
    root: Path, source: str, targets: Tuple[str, ...], more: Tuple[str, ...], translator: str, backend: str
) -> List[Step]:
    """Every file that can be made of a film, in processing order.

    Args:
        source: the language spoken; "" before it is known: only what needs none can be made then.
        targets: the languages of final.mkv beside it, in order.
        more: languages asked for by name.
    """
    single = [rule for rule in rules(root) if LANGUAGE not in rule.file]
    if not source:
        return needed([_step(rule, "", backend) for rule in single], ["language.json"])
    found = [_step(rule, "", backend) for rule in single if rule.file != "final.mkv"]
    by_language = [rule for rule in rules(root) if LANGUAGE in rule.file]
    translations = [language for language in dict.fromkeys([*targets, *more]) if language != source]
    for rule in by_language:
        translated = rule.stage.startswith("translation.") or any(LANGUAGE in name for name in rule.inputs)
        if rule.stage.startswith("translation.") and rule.stage != f"translation.{translator}":
            continue
        found += [_step(rule, language, backend) for language in (translations if translated else [source])]
    for rule in single:
        if rule.file == "final.mkv":
            step = _step(rule, "", backend)
            found.append(step._replace(inputs=(*step.inputs, *of_languages(source, targets))))
    return found


def of_languages(source: str, targets: Iterable[str]) -> List[str]:
    """What final.mkv is made from besides what its rule says."""
    return [
        *(f"{language}.srt" for language in (source, *targets)),
        *(f"{language}.revised.json" for language in targets),
    ]


def _step(rule: Rule, language: str, backend: str) -> Step:
    return Step(
        rule.file.replace(LANGUAGE, language),
        f"asr.{backend}" if rule.stage == "asr" else rule.stage,
        language,
        tuple(name.replace(LANGUAGE, language) for name in rule.inputs),
        rule.recipe,
    )


def needed(all_steps: Iterable[Step], files: Iterable[str]) -> List[Step]:
    """The steps that these files are made by, with all before them, in processing order."""
    by_file = {step.file: step for step in all_steps}
    wanted: Dict[str, Step] = {}
    queue = list(files)
    while queue:
        file = queue.pop()
        if file in by_file and file not in wanted:
            wanted[file] = by_file[file]
            queue += by_file[file].inputs
    return [step for step in by_file.values() if step.file in wanted]


def files_of(workflow: str, source: str, targets: Iterable[str]) -> List[str]:
    """The files that a workflow's name stands for; a file's name stands for itself."""
    meant = {
        "transcribe": [f"{source}.srt"],
        "translate": [f"{code}.srt" for code in targets],
        "subtitle": ["final.mkv"],
        "detect": ["language.json"],
    }
    return meant.get(workflow, [workflow])


def language_of(root: Path, file: str) -> str:
    """The language of a file that each language has, such as en.srt; "" for a film's other files.

    Raises: Refusal for a file that no rule makes.
    """
    files = list(dict.fromkeys(rule.file for rule in rules(root)))
    language, _, rest = file.partition(".")
    if file in files:
        return ""
    if language in languages(root) and f"{LANGUAGE}.{rest}" in files:
        return language
    # Those of every film first.
    known = sorted((name.replace(LANGUAGE, "<language>") for name in files), key=lambda name: name.startswith("<"))
    raise Refusal(f"no rule makes '{printable(file)}'. A film's files: {' '.join(known)}")
