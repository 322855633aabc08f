"""make accept STAGE=asr [MOVIE=demo]: its results stand, whatever changed in code or locks since.

python3 mk/accept.py asr [demo]

For a change that a person judges harmless: a comment in a script, a pin that does not matter. What
was asked for – the film, settings, models, cue rules – and the files a result is made from are never
passed over. The record keeps what the result was really made by.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import List

import command
from forget import every_stage, held, is_of
from why import reasons
from workspace import Refusal, keys
from workspace.keys import Line
from workspace.settings import settings
from workspace.state import CODE, FOLLOWS, Due, Job, made_at, record_of

ALL = "all"


def accept(job: Job, line: Line) -> None:
    """Gives the result the stamp of today's key, no newer than itself, and notes it in the record."""
    root, folder = job.root, Path(job.folder)
    stamp = Path(job.stamp(line))
    with held(folder, line.step.file):
        made = made_at(str(root / folder), line.step.file)
        if made is None:
            return
        note(folder, job, line)
        stamp.touch()
        os.utime(stamp, ns=(made, made))
        for other in stamp.parent.glob(f"{line.step.file}@*"):
            if other.name != stamp.name:
                other.unlink()


def note(folder: Path, job: Job, line: Line) -> None:
    """The record: today's key, and what the result was made with under `accepted`, oldest first."""
    label = line.step.label
    record = record_of(folder, label)
    if not record:
        return
    before = record.get("key", {})
    values = keys.values_of(job.root, line, job.film)
    record["accepted"] = [*record.get("accepted", []), {"at": round(time.time()), "key": before}]
    record["key"] = {"digest": keys.digest(values), "values": values}
    path = folder / "run" / f"{label}.json"
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    part.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def only_code(due: Due) -> bool:
    """Whether nothing but code stands against the result, apart from what goes before it."""
    return CODE in {cause for cause, _ in due.causes} and all(cause in (CODE, FOLLOWS) for cause, _ in due.causes)


def files_with_results(slug: str, backend: str) -> List[str]:
    """What the film's settings give, as far as it has been made."""
    values = settings(command.ROOT, slug, {})
    lines = keys.lines(command.ROOT, values, (), backend)
    folder = f"{command.ROOT}/out/{slug}"
    return [file for file, line in lines.items() if not line.refusal and made_at(folder, file) is not None]


def main(words: List[str]) -> int:
    stage, movie = words
    if stage not in (*every_stage(), ALL):
        raise Refusal(f"which stage? STAGE={ALL}, or one of: {' '.join(every_stage())}")
    accepted = refused = 0
    for slug in command.films_meant(movie):
        files = files_with_results(slug, command.backend())
        if not files:
            continue
        job = Job(command.ROOT, slug, files, command.backend(), {})
        due = {one.line.step.file: one for one in job.due()}
        for file, one in due.items():
            if stage != ALL and not is_of(stage, one.line.step.stage):
                continue
            if only_code(one):
                accept(job, one.line)
                accepted += 1
                open_before = [before for cause, before in one.causes if cause == FOLLOWS and before in due]
                if open_before and stage != ALL:
                    before = open_before[0]
                    cause = f"{before} before it is due ({due[before].line.step.stage})"
                    command.say(f"  {slug}: {file} stands, but {cause}: make why MOVIE={slug}")
            elif any(cause != FOLLOWS for cause, _ in one.causes):
                refused += 1
                command.say(f"  {slug}: {file} is not accepted: {'; '.join(reasons(job, one))}")
    others = f", {refused} not" if refused else ""
    command.say(f"samvad: accept: {command.counted(accepted, 'result')} accepted{others}")
    return 0


if __name__ == "__main__":
    command.run("accept", main)
