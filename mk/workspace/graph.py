"""The graph as mk/pipeline.mk has it: which file of a film is made from which others, by which stage.

The static pattern rules are read as they stand, so that there is one graph and not two:

    $(call each,asr.json): out/%/asr.json: out/%/audio.wav out/%/speech.json | $(call env,asr)
        $(call run,asr,…)

In those of each language $(1) is the language, $(2) a format of the list `formats` and $(3) one of the two
variants of subtitles: as most people read them, and `.sdh`. A rule whose files are those of some films only says
of which: `recognised` or `subtitled`, by USE_SUBS; or the translators of its languages.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Tuple

from workspace import Refusal, printable
from workspace.files import languages
from workspace.settings import source_of

RULE = re.compile(
    r"^\$\(call each(?:-of,([^,\n]*))?,.*\): out/%/(\S+):((?: out/%/\S+)*) \| \$\(call env,([\w.]+)\)\n\t(.*)$", re.M
)
LANGUAGE, FORMAT, VARIANT = "$(1)", "$(2)", "$(3)"
VARIANTS = ("", ".sdh")
#: What a rule of languages says of whose they are: the one spoken, or those that are translated into.
SPOKEN, TRANSLATED = "source", "$(translators)"
WORKFLOWS = ("transcribe", "translate", "subtitle", "detect", "preview")
#: Files that hold the subtitles of the film's languages, which their rules do not name.
HOLD_SUBTITLES = ("final.mkv", "final.mp4", "burned.mp4")
#: Files whose records are not called by their stage alone, since another file's are.
PARTS = {"final.mp4": "mp4"}
#: Who writes asr.json: a recogniser, or those who wrote the subtitles that the film came with.
RECOGNISED, SUBTITLED = "recognised", "subtitled"


class Rule(NamedTuple):
    """One rule; in `file` and `inputs`, $(1) stands for a language; `kinds` tells of which (each-of's word)."""

    file: str
    inputs: Tuple[str, ...]
    stage: str
    recipe: str
    kinds: Tuple[str, ...]
    #: What sets its record apart from those of the same stage and language: "", ".sdh", ".sdh.vtt".
    part: str


class Shape(NamedTuple):
    """What of a film's settings decides which files are made from which."""

    #: The language that names the files; "" before it is known: only what needs none can be made then.
    source: str
    #: The languages of the new film beside it, in order.
    targets: Tuple[str, ...]
    translator: str
    #: RECOGNISED or SUBTITLED.
    text: str
    sdh: bool


def shape_of(values: Dict[str, str]) -> Shape:
    """The shape of a film with these settings."""
    text = SUBTITLED if values["USE_SUBS"] == "source" else RECOGNISED
    targets = tuple(values["TGT"].split())
    return Shape(source_of(values), targets, values["TRANSLATOR"], text, bool(values["SDH"]))


class Step(NamedTuple):
    """One file of one film. `language` is "" where there is one file for all of them."""

    file: str
    stage: str
    language: str
    inputs: Tuple[str, ...]
    recipe: str
    #: What the stage's log and record are called by beside its name: "", "hi", "hi.sdh", "hi.sdh.vtt".
    part: str = ""

    @property
    def label(self) -> str:
        """The name of the stage's log and record: asr, subtitle_generation.hi."""
        name = self.stage.partition(".")[0]
        return f"{name}.{self.part}" if self.part else name


@functools.lru_cache(maxsize=None)
def rules(root: Path) -> List[Rule]:
    """The rules in processing order, those of all formats and variants one by one."""
    text = (root / "mk" / "pipeline.mk").read_text(encoding="utf-8")
    found = []
    for kinds, file, inputs, stage, recipe in RULE.findall(text):
        for variant in VARIANTS if VARIANT in file else ("",):
            for form in formats(text) if FORMAT in file else ("",):
                names = [
                    name.replace(FORMAT, form).replace(VARIANT, variant)
                    for name in (file, *(name[len("out/%/") :] for name in inputs.split()))
                ]
                part = PARTS.get(file, variant + (f".{form}" if form else ""))
                found.append(Rule(names[0], tuple(names[1:]), stage, recipe, tuple(kinds.split()), part))
    return found


def formats(text: str) -> List[str]:
    """The formats of subtitles, from the line `formats := …` of mk/pipeline.mk."""
    return (re.findall(r"^formats := (.*)$", text, re.M) or [""])[0].split()


@functools.lru_cache(maxsize=None)
def steps(root: Path, shape: Shape, more: Tuple[str, ...], backend: str) -> List[Step]:
    """Every file that can be made of a film, in processing order; `more` are languages asked for by name."""
    source = shape.source
    single = [rule for rule in rules(root) if LANGUAGE not in rule.file and shape.text in (rule.kinds or (shape.text,))]
    if not source:
        return needed([step_of(rule, "", backend) for rule in single], ["language.json"])
    found = [step_of(rule, "", backend) for rule in single if rule.file not in HOLD_SUBTITLES]
    by_language = [rule for rule in rules(root) if LANGUAGE in rule.file]
    translations = [language for language in dict.fromkeys([*shape.targets, *more]) if language != source]
    for rule in by_language:
        of = [source] if SPOKEN in rule.kinds else []
        if TRANSLATED in rule.kinds or shape.translator in rule.kinds:
            of += translations
        found += [step_of(rule, language, backend) for language in of]
    for rule in single:
        if rule.file in HOLD_SUBTITLES:
            step = step_of(rule, "", backend)
            found.append(step._replace(inputs=(*step.inputs, *of_languages(rule.file, shape))))
    return found


def of_languages(file: str, shape: Shape) -> List[str]:
    """What final.mkv, final.mp4 and burned.mp4 are made from besides what their rules say."""
    if file == "burned.mp4":
        return [f"{shown(shape.source, shape.targets)}.ass"]
    kinds = ("srt", "sdh.srt", "qc.json") if shape.sdh else ("srt", "qc.json")
    return [
        *(f"{language}.{kind}" for language in (shape.source, *shape.targets) for kind in kinds),
        *(f"{language}.revised.json" for language in shape.targets),
    ]


def shown(source: str, targets: Tuple[str, ...]) -> str:
    """The language that a film shows unasked."""
    return targets[0] if targets else source


def step_of(rule: Rule, language: str, backend: str) -> Step:
    """The rule as a step of this language."""
    return Step(
        rule.file.replace(LANGUAGE, language),
        f"asr.{backend}" if rule.stage == "asr" else rule.stage,
        language,
        tuple(name.replace(LANGUAGE, language) for name in rule.inputs),
        rule.recipe,
        f"{language}{rule.part}",
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


def files_of(workflow: str, values: Dict[str, str]) -> List[str]:
    """The files that a workflow's name stands for, of a film with these settings; a file's name stands for itself."""
    source, targets = source_of(values), values["TGT"].split()
    meant = {
        "transcribe": [f"{source}.srt"],
        "translate": [f"{code}.srt" for code in targets],
        "subtitle": [f"final.{values['FINAL']}"],
        "detect": ["language.json"],
        "preview": [f"{shown(source, tuple(targets))}.ass"],
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
