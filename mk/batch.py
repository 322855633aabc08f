"""make batch: every film in media/, as far as it is due; independent failures, one summary.

python3 mk/batch.py --make make --workflow subtitle --jobs 2 --heavy 1 [--confirm] [--dry-run] [SRC=hi …] [V=1 …]

Which films are due is decided here, by the rules that Make has (mk/workspace/state.py), without
starting a process per film; one make with -k and a number of jobs then makes those. Settings given
fill in films that have no record and leave the others alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

import command
import skipped
from estimate import Estimate
from plan import BATCHED, given_settings
from workspace import Refusal, films
from workspace.files import marked
from workspace.graph import files_of
from workspace.settings import SETTINGS, recorded, written
from workspace.state import Due, Job, by_code_alone, record_of

#: How many names of films a line of the summary shows.
NAMES = 12
#: From how many films on looking at them is shared among the cores.
MANY = 1000
#: Seconds between two lines of progress, and between two looks at what was made.
REPORT, LOOK = 60.0, 1.0


class Options(NamedTuple):
    make: str
    workflow: str
    jobs: int
    heavy: int
    confirm: bool
    dry_run: bool
    given: Dict[str, str]
    #: V=1, DEVICE=cpu and the like, for the make that does the work.
    passed_on: List[str]


class Survey(NamedTuple):
    """What is to be done with each film."""

    due: List[Tuple[Job, List[Due]]]
    current: List[str]
    #: (film, why) of those that have their subtitles already (USE_SUBS=skip).
    skipped: List[Tuple[str, str]]
    #: Films that keep the settings of their record though others were given.
    kept: List[str]
    #: (film or file, why) of those that cannot be made.
    left_out: List[Tuple[str, str]]
    not_reachable: List[str]


def survey(root: Path, options: Options) -> Survey:
    """Looks at every film in media/."""
    every = films.slugs(root)
    found = Survey([], plainly_current(root, every, options) if len(every) >= MANY else [], [], [], [], [])
    passed_by = set(found.current)
    for slug in every:
        if slug in passed_by:
            continue
        try:
            given = settings_for(root, slug, options.given, found.kept)
            job = Job(root, slug, [options.workflow], command.backend(), given)
            due = job.due()
        except (Refusal, OSError, ValueError) as error:  # one damaged film is no reason to stop the others
            found.left_out.append((slug, command.reason(error)))
            continue
        if job.film.presence == films.NOT_REACHABLE:
            found.not_reachable.append(slug)
            if any(one.line.of_film for one in due):
                found.left_out.append((slug, f"media/{job.film.name} cannot be reached: plug its disk in"))
                continue
        if due:
            found.due.append((job, due))
        elif job.skipped:
            found.skipped.append((slug, skipped.reason(job)))
        else:
            found.current.append(slug)
        if not job.film.remembered and not options.dry_run:
            films.remember(root, job.film)
    for name in films.misnamed(root):
        found.left_out.append(
            (
                f"media/{command.shown(name)}",
                f"no name for a film. Type: make import FILE='media/{command.shown(name)}'",
            )
        )
    return found


def plainly_current(root: Path, every: List[str], options: Options) -> List[str]:
    """The films of which nothing more need be said, found by as many processes as there are cores."""
    films.history(root)  # read once, before the processes part
    parts = os.cpu_count() or 1
    with multiprocessing.get_context("fork").Pool(parts) as pool:
        found = pool.starmap(_current_among, [(root, every[part::parts], options) for part in range(parts)])
    return sorted(slug for part in found for slug in part)


def _current_among(root: Path, slugs: List[str], options: Options) -> List[str]:
    found: List[str] = []
    kept: List[str] = []
    for slug in slugs:
        try:
            job = Job(root, slug, [options.workflow], command.backend(), settings_for(root, slug, options.given, kept))
        except (Refusal, OSError, ValueError):
            continue
        plain = job.film.presence == films.REACHABLE and job.film.remembered and not job.skipped
        if plain and slug not in kept[-1:] and not job.due():
            found.append(slug)
    return found


def settings_for(root: Path, slug: str, given: Dict[str, str], kept: List[str]) -> Dict[str, str]:
    """What batch's settings say to a film: all where it has no record, nothing where it has."""
    if not given:
        return {}
    own = recorded(root, slug)
    if not own:
        return {name: value for name, value in given.items() if name not in written(root, slug)}
    if any(own.get(name) != value for name, value in given.items()):
        kept.append(slug)
    return {}


# --- hours that nobody asked for -----------------------------------------------------------------


class Repeated(NamedTuple):
    """Finished recognition and translation that code or a lock alone would repeat."""

    films: List[str]
    stages: List[str]
    seconds: float


def repeated(root: Path, due: Iterable[Tuple[Job, List[Due]]]) -> Repeated:
    heavy = set(marked(root, "heavy"))
    names: List[str] = []
    stages: List[str] = []
    seconds = 0.0
    for job, results in due:
        again = [one.line.step for one in by_code_alone(job, results) if one.line.step.stage in heavy]
        for step in again:
            record = record_of(root / job.folder, step.label)
            seconds += max(0.0, float(record.get("end", 0)) - float(record.get("start", 0)))
            stages.append(step.stage.partition(".")[0])
        if again:
            names.append(job.slug)
    return Repeated(names, list(dict.fromkeys(stages)), seconds)


def ask(again: Repeated) -> str:
    """What a person is asked before batch pays for it a second time."""
    work = f"{command.clock(again.seconds)} of work"
    return (
        f"{', '.join(again.stages)} of {command.counted(len(again.films), 'film')} would be repeated ({work}) "
        f"because of code or a lock alone: {listed(again.films)}. Look: make why MOVIE={again.films[0]}. "
        "Then: make batch CONFIRM=1, or make accept STAGE=… if the change is harmless"
    )


# --- the make that does it -----------------------------------------------------------------------


def work(options: Options, due: List[Tuple[Job, List[Due]]]) -> int:
    """Makes what is due; the code of that make."""
    with tempfile.NamedTemporaryFile("w", prefix="samvad-batch-", encoding="utf-8") as goals:
        for job, _ in due:
            files = files_of(options.workflow, job.values)
            words = [f"{name}={value}" for name, value in job.given.items()]
            goals.write("\t".join([job.slug, " ".join(files), *words]) + "\n")
        goals.flush()
        arguments = [options.make, "--no-print-directory", "-k", f"-j{options.jobs}", BATCHED, *options.passed_on]
        if options.dry_run:
            arguments.insert(1, "-n")
        # Without the first make's own flags: `make -j batch` has no number, this one has.
        environment = {
            name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS")
        }
        process = subprocess.Popen(arguments, env={**environment, "SAMVAD_BATCH": goals.name})
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            if options.dry_run:
                return process.wait()
            return watched(process, options, due)
        except KeyboardInterrupt:
            # Ctrl-C reaches that make and its stages too: they end by themselves.
            process.wait()
            return 130


def watched(process: "subprocess.Popen[bytes]", options: Options, due: List[Tuple[Job, List[Due]]]) -> int:
    """Waits for that make, and says now and then how far the batch is and how long it will take."""
    progress = Progress(options, due)
    while True:
        try:
            return process.wait(timeout=progress.pause)
        except subprocess.TimeoutExpired:
            line = progress.look()
            if line:
                print(line, file=sys.stderr, flush=True)


class Progress:
    """How far a batch is: by the records that stages leave, weighed by how long such stages take."""

    def __init__(self, options: Options, due: List[Tuple[Job, List[Due]]]) -> None:
        self.options, self.start, self.said = options, time.time(), time.monotonic()
        self.heavy = set(marked(command.ROOT, "heavy"))
        self.open = {job.slug: (job, [one.line for one in results]) for job, results in due}
        self.films, self.done, self.pause = len(due), 0, LOOK
        self.estimate = Estimate(command.ROOT, list(self.open))

    def look(self) -> Optional[str]:
        """A line when a film was finished or a minute has passed."""
        begun = time.monotonic()
        before = self.done
        for slug, (job, lines) in list(self.open.items()):
            folder = command.ROOT / job.folder
            lines[:] = [line for line in lines if not self._made(folder, line.step.label)]
            if not lines:
                del self.open[slug]
                self.done += 1
        now = time.monotonic()
        self.pause = max(LOOK, 20 * (now - begun))  # ten thousand films are looked at less often
        if self.films == 1 or not self.open or (self.done == before and now - self.said < REPORT):
            return None
        self.said = now
        return f"samvad: batch: {self.done} of {command.counted(self.films, 'film')} done{self._left()}"

    def _made(self, folder: Path, label: str) -> bool:
        try:
            return (folder / "run" / f"{label}.json").stat().st_mtime > self.start
        except FileNotFoundError:
            return False

    def _left(self) -> str:
        """What is left, shared among the jobs; heavy stages among those that run side by side."""
        self.estimate.refresh()
        heavy = light = 0.0
        for job, lines in self.open.values():
            for line in lines:
                seconds = self.estimate.seconds(job.slug, line.step.stage, line.model)
                if seconds is None:
                    continue
                if line.step.stage in self.heavy:
                    heavy += seconds
                else:
                    light += seconds
        left = max(heavy / self.options.heavy, (heavy + light) / self.options.jobs)
        return f", about {command.clock(left)} left" if left else ""


# --- what came of it ---------------------------------------------------------------------------------


def outcome(job: Job, options: Options, since: float, passed_by: List[Tuple[str, str]]) -> Optional[str]:
    """None for a film that is done; else why not, with the log's path, by what was left since that moment.

    One that turned out to have its subtitles is added to `passed_by`.
    """
    try:
        now = Job(command.ROOT, job.slug, [options.workflow], command.backend(), {})
        due = now.due()
    except (Refusal, OSError, ValueError) as error:
        return command.reason(error)
    if now.skipped:
        passed_by.append((job.slug, skipped.reason(now)))
    logs = {one.line.step.label: Path(job.folder) / "log" for one in due}
    for label, folder in logs.items():
        note = folder / f"{label}.failure"
        if _is_newer(note, since):
            return f"{label}: {note.read_text(encoding='utf-8').strip()}"
    for label, folder in logs.items():
        log = folder / f"{label}.log"
        if _is_newer(log, since):
            return f"{label}: it ended without a word (killed, or no memory?) (log: {log})"
    return "it could not be begun: see above" if due else None


def _is_newer(path: Path, moment: float) -> bool:
    return path.exists() and path.stat().st_mtime >= moment


def listed(names: List[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return " ".join(names[:NAMES]) + more


def summary(found: Survey, done: List[str], failed: List[Tuple[str, str]], seconds: float) -> None:
    counts = [
        (len(done), "done"),
        (len(found.current), "up to date"),
        (len(found.skipped), "skipped"),
        (len(failed), "failed"),
        (len(found.left_out), "left out"),
    ]
    total = sum(count for count, _ in counts)
    said = ", ".join(f"{count} {word}" for count, word in counts if count) or "no film to make"
    took = f" in {command.clock(seconds)}" if done or failed else ""
    command.say(
        f"samvad: batch: {command.counted(total, 'film')}: {said}{took}" if total else "samvad: batch: no film to make"
    )
    if done:
        command.say(f"  done         {listed(done)}")
    for word, lines in (("skipped", sorted(found.skipped)), ("failed", failed), ("left out", found.left_out)):
        alike: Dict[str, List[str]] = {}
        for name, reason in lines:
            alike.setdefault(reason, []).append(name)
        for reason, names in alike.items():
            command.say(f"  {word:<12} {listed(names)}: {reason}")
    for word, names in (
        ("unplugged", found.not_reachable),
        ("gone", films.gone(command.ROOT)),
    ):
        if names:
            command.say(f"  {word:<12} {listed(names)}: results stay in out/")


def main(words: List[str]) -> int:
    options = parse(words)
    found = survey(command.ROOT, options)
    if found.kept:
        own = "its own settings" if len(found.kept) == 1 else "their own settings"
        command.say(f"samvad: batch: {command.counted(len(found.kept), 'film')} with {own}: {listed(found.kept)}")
    again = repeated(command.ROOT, found.due)
    if again.films and not options.confirm and not options.dry_run:
        raise Refusal(ask(again))
    start = time.time()
    code = work(options, found.due) if found.due else 0
    if options.dry_run:
        return code
    outcomes = {job.slug: outcome(job, options, start, found.skipped) for job, _ in found.due}
    passed_by = {slug for slug, _ in found.skipped}
    done = [slug for slug, reason in outcomes.items() if reason is None and slug not in passed_by]
    failed = [(slug, reason) for slug, reason in outcomes.items() if reason is not None]
    if code in (130, -signal.SIGTERM):
        counts = f"{len(done)} of {command.counted(len(outcomes), 'film')} done"
        command.say(f"samvad: batch: interrupted: {counts}. The same command goes on")
        return 130
    summary(found, done, failed, time.time() - start)
    return 1 if failed or found.left_out else 0


def parse(words: List[str]) -> Options:
    rest = iter(words)
    options: Dict[str, str] = {}
    said: List[str] = []
    for word in rest:
        if word in ("--confirm", "--dry-run"):
            options[word] = "yes"
        elif word.startswith("--"):
            options[word] = next(rest)
        else:
            said.append(word)
    if options["--workflow"] not in ("transcribe", "translate", "subtitle"):
        raise Refusal(
            f"unknown WORKFLOW '{command.shown(options['--workflow'])}'. Known: transcribe translate subtitle"
        )
    return Options(
        make=options["--make"],
        workflow=options["--workflow"],
        jobs=int(options["--jobs"]),
        heavy=int(options["--heavy"]),
        confirm="--confirm" in options,
        dry_run="--dry-run" in options,
        given=given_settings(said),
        passed_on=[word for word in said if word.partition("=")[0] not in (*SETTINGS, "JOBS")],
    )


if __name__ == "__main__":
    command.run("batch", main)
