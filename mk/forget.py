"""make clean-stage, clean, tidy: forgets results, never anything outside out/.

python3 mk/forget.py stage asr [demo]     one stage: the next run redoes it and what follows
python3 mk/forget.py film demo            all that was made of a film; its settings stay
python3 mk/forget.py large [demo]         large intermediates of finished films, which stay finished
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, List

import command
from workspace import Refusal, films
from workspace.files import languages, marked
from workspace.graph import LANGUAGE, rules, step_of
from workspace.settings import record_path
from workspace.state import Job, record_of


def every_stage() -> List[str]:
    """The stages of films, as STAGE=… names them: several engines also by the stage's own name."""
    named = {rule.stage for rule in rules(command.ROOT)}
    return sorted(named | {name.partition(".")[0] for name in named})


def is_of(stage: str, step_stage: str) -> bool:
    """Whether STAGE=… means this stage of the table: translation is every translation.…"""
    return step_stage == stage or step_stage.partition(".")[0] == stage


@contextmanager
def held(folder: Path, file: str) -> Iterator[None]:
    """The lock of a target. Raises: Refusal when a stage is at work on it."""
    lock = folder / ".lock" / file
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"{folder / file} is being made just now. Stop that first") from None
        yield


# --- one stage -------------------------------------------------------------------------------------


def forget_stage(stage: str, slug: str) -> List[str]:
    """Removes the stage's results of a film with their stamps, records, logs and journals; their names.

    What the film's settings are now does not matter: a language of yesterday is forgotten too.
    """
    folder = command.folder_of(slug)
    found: List[str] = []
    for rule in rules(command.ROOT):
        if is_of(stage, rule.stage):
            for language in languages(command.ROOT) if LANGUAGE in rule.file else [""]:
                step = step_of(rule, language, command.backend())
                if step.file not in found and made_by(folder, step.label, stage):
                    found += forget_file(folder, step.file, step.label)
    return found


def made_by(folder: Path, label: str, stage: str) -> bool:
    """Whether a result is an engine's own (STAGE=translation.whisper); any engine's where none is named."""
    script = record_of(folder, label).get("script", "")
    return "." not in stage or not script or Path(script).stem == stage.replace(".", "_")


def forget_file(folder: Path, file: str, label: str) -> List[str]:
    """What a file's stage left of it: nothing stays behind that a later run could believe."""
    target = folder / file
    marks = [*folder.glob(f".stamp/{file}@*"), *folder.glob(f".tidied/{file}"), *folder.glob(f".journal/{file}*")]
    if not marks and not os.path.lexists(target):
        return []
    with held(folder, file):
        notes = [folder / "run" / f"{label}.json", folder / "log" / f"{label}.log", folder / "log" / f"{label}.failure"]
        for path in [target, *marks, *notes]:
            remove(path)
    return [file]


def remove(path: Path) -> None:
    """A file, a link itself, or a folder with all in it; links inside are not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# --- a film, and large files -----------------------------------------------------------------------------


def forget_film(slug: str) -> int:
    """Removes what was made of a film; bytes freed. Its records stay unless the film itself is gone."""
    folder = command.folder_of(slug)
    if not folder.is_dir():
        return 0
    targets = [path.name for path in folder.iterdir() if path.is_file()]
    freed = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    for name in targets:
        with held(folder, name):
            pass  # nobody is at work on it
    gone = films.film(command.ROOT, slug).presence == films.GONE
    # What lies beside the film is still ours (mk/sidecars.py).
    keep = [] if gone else [record_path(command.ROOT, slug), folder / ".sidecars.json"]
    for path in sorted(folder.iterdir()):
        if path not in keep:
            remove(path)
    if not any(path.exists() for path in keep):
        shutil.rmtree(folder)
    return freed


def tidy(slug: str) -> int:
    """Drops the film's large intermediates if it is finished; bytes freed.

    What stays is an empty file with the time of the one dropped: it counts as that one until it is
    needed and made again (mk/workspace/state.py, samvad.stage).
    """
    folder = command.folder_of(slug)
    freed = sweep(folder)
    large = [name for name in marked(command.ROOT, "large") if (folder / name).is_file()]
    if not large or not any(folder.glob("final.*")) or Job(command.ROOT, slug, [], command.backend(), {}).due():
        return freed
    for name in large:
        with held(folder, name):
            found = (folder / name).lstat()
            mark = folder / ".tidied" / name
            mark.parent.mkdir(exist_ok=True)
            mark.touch()
            os.utime(mark, ns=(found.st_mtime_ns, found.st_mtime_ns))
            (folder / name).unlink()
            freed += found.st_size
    return freed


def sweep(folder: Path) -> int:
    """Removes what killed stages left half-written, unless somebody is at it; bytes freed."""
    freed = 0
    for leftover in folder.glob(".part-*-*"):
        with suppress(Refusal), held(folder, leftover.name.split("-", 2)[2]):
            freed += leftover.lstat().st_size
            remove(leftover)
    return freed


def films_in_out(movie: str) -> List[str]:
    """The films meant. Raises: Refusal, before anything is removed, where one is a link to elsewhere."""
    meant = command.films_meant(movie)
    for slug in meant:
        command.folder_of(slug)
    return meant


def main(words: List[str]) -> int:
    kind, *rest = words
    movie = rest[-1]
    if kind == "stage":
        stage = rest[0]
        if stage not in every_stage():
            raise Refusal(f"which stage? STAGE=… is one of: {' '.join(every_stage())}")
        count = 0
        for slug in films_in_out(movie):
            found = forget_stage(stage, slug)
            count += len(found)
            if found:
                command.say(f"  {slug}: {' '.join(found)}")
        command.say(f"samvad: clean-stage: {command.counted(count, 'result')} of {stage} forgotten")
    elif kind == "film":
        if not movie:
            raise Refusal("which film? Type: make clean MOVIE=demo")
        slug = films.film(command.ROOT, movie).slug
        command.say(f"samvad: clean: {forget_film(slug) / 1e6:.1f} MB of {slug} removed")
    else:
        freed = [tidy(slug) for slug in films_in_out(movie)]
        command.say(
            f"samvad: tidy: {sum(freed) / 1e6:.1f} MB freed in {command.counted(sum(map(bool, freed)), 'film')}"
        )
    return 0


if __name__ == "__main__":
    command.run({"stage": "clean-stage", "film": "clean"}.get(sys.argv[1], "tidy"), main)
