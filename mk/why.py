"""make why MOVIE=demo: what would run, and because of which change, old → new.

python3 mk/why.py demo subtitle [TGT=ta …]

What a result was made with stands in its run record; what it would be made with now, in its key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import command
import skipped
from plan import given_settings
from workspace import Refusal, keys, models
from workspace.files import digest_of, environment
from workspace.graph import Step
from workspace.state import ASKED, CODE, FOLLOWS, MISSING, NEWER, Due, Job, by_code_alone, record_of

#: Settings that are better known by another word.
WORDS = {"ASR_MODEL": "model", "MT_MODEL": "model", "ALIGN_MODEL": "model"}


def values_before(folder: Path, step: Step) -> Dict[str, str]:
    """What the result's key was made of, if its record tells; empty if an interruption mixed them up."""
    record = record_of(folder, step.label)
    try:
        same = record["result"]["mtime_ns"] == (folder / step.file).stat().st_mtime_ns
        return record["key"]["values"] if same else {}
    except (KeyError, TypeError, FileNotFoundError):
        return record.get("key", {}).get("values", {}) if not (folder / step.file).exists() else {}


def changes(old: Dict[str, str], new: Dict[str, str]) -> List[str]:
    """What differs, in words.

    >>> changes({"ASR_MODEL": "base", "model asr/base/ct2": "1"}, {"ASR_MODEL": "x", "model asr/x/ct2": "2"})
    ['model base → x (ASR_MODEL)']
    >>> changes({"envs/a.lock": "1", "film": "10-a"}, {"envs/a.lock": "2", "film": "9-b"})
    ['envs/a.lock changed', 'the film was replaced']
    """
    found = []
    differing = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    order = {name: number for number, name in enumerate([*new, *old])}
    for name in sorted(differing, key=lambda name: (name.startswith("stages/"), order[name])):
        before, after = old.get(name), new.get(name)
        if name in WORDS:
            found.append(f"{WORDS[name]} {before or '–'} → {after or '–'} ({name})")
        elif name == "film":
            found.append("the film was replaced")
        elif name == "stage":
            found.append(f"{before or '–'} → {after or '–'}")
        elif name.startswith("model "):
            if not differing.intersection(WORDS) and after:  # which is said already
                found.append(f"{name}: its source changed" if before else f"{name} instead")
        elif name.startswith("language "):
            if before and after:
                found.append(f"config/languages.json: {name.partition(' ')[2]} changed")
        elif name.startswith("config/cues/") and "CUES" in differing:
            continue
        elif "/" in name:
            found.append(f"{name} changed" if before and after else f"{name} is {'new' if after else 'used no more'}")
        else:
            found.append(f"{name} {before or '–'} → {after or '–'}")
    return found


def reasons(job: Job, due: Due) -> List[str]:
    """Why one result is due."""
    folder, step = job.root / job.folder, due.line.step
    found = []
    for cause, file in due.causes:
        if cause == MISSING:
            known = record_of(folder, step.label)
            found.append(f"{step.file} is missing" if known else "never made")
        elif cause in (ASKED, CODE):
            old = values_before(folder, step)
            new = keys.values_of(job.root, due.line, job.film)
            found += (changes(old, new) if old else []) or [
                "its last run was broken off" if cause == ASKED else "code changed"
            ]
        elif cause == NEWER and (FOLLOWS, file) not in due.causes:
            found.append(f"{file} is newer")
    follows = [file for cause, file in due.causes if cause == FOLLOWS]
    if follows:
        found.append(f"follows {' '.join(follows)}")
    return found


def main(words: List[str]) -> int:
    slug, workflow, given = words[0], words[1], given_settings(words[2:])
    if not slug:
        raise Refusal("which film? Type: make why MOVIE=demo")
    if workflow not in ("transcribe", "translate", "subtitle"):
        raise Refusal("unknown WORKFLOW. Known: transcribe translate subtitle")
    job = Job(command.ROOT, slug, [workflow], command.backend(), given)
    due = job.due()
    if job.skipped:
        command.say(f"samvad: {slug}: {skipped.reason(job)}")
        return 0
    if not due:
        command.say(f"samvad: {slug}: everything is up to date")
        return 0
    command.say(f"samvad: {slug}: {len(due)} of {len(job.needed)} results would be made")
    for one in due:
        command.say(f"  {one.line.step.label}: {'; '.join(reasons(job, one))}")
    if job.afterwards:
        command.say("  then, unless it has its subtitles already: " + " ".join(job.afterwards))
    for line in absent(job, due):
        command.say(f"  first: {line}")
    if by_code_alone(job, due):
        command.say("If the change in code is harmless: make accept STAGE=… MOVIE=" + slug)
    return 0


def absent(job: Job, due: List[Due]) -> List[str]:
    """Environments and models that would be had before."""
    root, backend = job.root, command.backend()
    environments = sorted({environment(root, one.line.step.stage, backend) for one in due})
    found = [
        f"environment {name}"
        for name in environments
        if not (root / "envs" / name / f".built@{digest_of(root / 'envs' / f'{name}.lock')}").exists()
    ]
    wanted = sorted({name for one in due for name in one.line.model.split()})
    return found + [f"model {name}" for name in wanted if not (root / models.ready_stamp(root, name)).exists()]


if __name__ == "__main__":
    command.run("why", main)
