"""The run around a stage's own work: lock, log, progress, atomic result, run record.

A stage script reads its arguments and hands its work to `run`:

    @click.command()
    @stage.options
    def main(audio: Path, out: Path, stamp: Path | None) -> None:
        stage.run("speech", out, stamp, lambda run: detect(audio, run))

The work returns the result: a document, bytes, or the path of a file that it wrote beside the
target (`run.scratch`). Nothing else of a stage touches its target. What must hold, whenever the
process is killed: the target is either the old one or the new one, whole; and Make knows which.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib
import json
import os
import platform
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click
import msgspec

from samvad import apart, documents
from samvad.journal import Entry, Journal
from samvad.problem import Problem, harmless
from samvad.progress import Progress

ROOT = Path(__file__).resolve().parents[2]

Result = msgspec.Struct | bytes | Path
#: Beside a log: why the stage failed, in one line.
FAILURE = ".failure"
#: Characters of what a failing stage says.
MOST_SAID = 5000


def options(command: Callable[..., None]) -> Callable[..., None]:
    """The two arguments that every recipe gives: --out (the target) and --stamp (its key)."""
    path = click.Path(path_type=Path)
    command = click.option("--stamp", type=path, help="The stamp whose name carries the key.")(command)
    return click.option("--out", type=path, required=True, help="The file to make.")(command)


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """What a stage is told of the recogniser's model that it loads: --model, --device and --compute."""
    folder = click.Path(path_type=Path)
    for option in (
        click.option("--compute", default="auto", show_default=True, help="int8, float16, float32 or auto."),
        click.option("--device", default="auto", show_default=True, help="cpu, cuda, gpu (mlx) or auto."),
        click.option("--model", type=folder, required=True, help="Folder of the model."),
    ):
        command = option(command)
    return command


class Run:
    """What a stage may ask of its run."""

    def __init__(self, name: str, target: Path, terminal: TextIO, log: Path, asked: _Asked | None = None) -> None:
        self.name = name
        self.target = target
        self._asked = asked
        self._owner = os.getpid()
        self.film = target.parent.name
        self.terminal = terminal
        #: Where all output goes.
        self.log = log
        #: Free-form facts for the run record: models with their digests, counts, choices.
        self.facts: dict[str, Any] = {}
        #: Distribution → version of what the work imported in another process.
        self.packages: dict[str, str] = {}
        #: Said once the result is in place.
        self.closing = ""

    @property
    def scratch(self) -> Path:
        """A file beside the target for a tool that writes by itself; removed if the stage fails.

        It keeps the target's suffix, since tools choose the format by it.
        """
        return self.target.with_name(f".part-{self._owner}-{self.target.name}")

    @property
    def _journals(self) -> Path:
        return self.target.parent / ".journal"

    def journal(self, kind: type[Entry], *inputs: Path, part: str = "", **values: object) -> Journal[Entry]:
        """What an earlier run of the same key, arguments, inputs and `values` has finished of the target.

        Number → entry of type `kind`; it is gone once the result is in place. `part` names one of several.
        """
        stamps = self.target.parent / ".stamp"
        asked = {
            "key": self._asked.key if self._asked else "",
            # Device and precision are arguments only; the stamp says no more than the key.
            "arguments": [word for word in sys.argv[1:] if Path(word).parent != stamps],
            "inputs": [_digest(path) for path in inputs],
            **values,
        }
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return Journal(self._journals / ".".join(filter(None, (self.target.name, part))), key, kind)

    def forget_journal(self) -> None:
        """Removes the journals: the result is in place."""
        for path in [*self._journals.glob(self.target.name), *self._journals.glob(f"{self.target.name}.*")]:
            path.unlink(missing_ok=True)

    def say(self, line: str) -> None:
        """One plain line for the person at the terminal (and the log)."""
        print(line, file=self.terminal, flush=True)
        print(line, flush=True)

    def progress(self, total: float, unit: str = "s") -> Progress:
        """A bar on a terminal, now and then a line elsewhere; `total` in `unit`."""
        return Progress(self.name, self.film, total, unit, self.terminal)


def run(
    name: str,
    target: Path,
    stamp: Path | None,
    work: Callable[[Run], Result],
    *,
    language: str | None = None,
    heavy: bool = False,
    opens_film: bool = False,
) -> None:
    """Makes `target` by `work`, or ends the process with one line that says why not.

    `name` is the stage's name in the table, `language` is given where a stage runs per language.
    A `heavy` stage waits for its turn (HEAVY_JOBS at once in this workspace, default 1) before
    its work imports anything large. One that `opens_film` works in a process of its own, with limits.
    """
    folder = target.parent
    label = f"{name}.{language}" if language else name
    log = folder / "log" / f"{label}.log"
    with reported(label, folder.name, log) as terminal, _only_one(label, target, terminal):
        asked = _Asked(target, stamp) if stamp else None
        if asked and asked.is_current():
            return  # another make finished it while we waited
        fresh_log()
        log.with_suffix(FAILURE).unlink(missing_ok=True)
        with _turn(heavy):
            print(
                f"  {name.upper():<20} {folder.name}{f' ({language})' if language else ''}", file=terminal, flush=True
            )
            _sweep(target, label)
            current = Run(name, target, terminal, log, asked)
            start = time.time()
            try:
                content = (apart.work(current, work) or b"") if opens_film else work(current)
                _publish(current, content, asked, folder / "run" / f"{label}.json", start)
                current.forget_journal()
            finally:
                _sweep(target, label)
            if current.closing:
                current.say(current.closing)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(target: Path, label: str) -> None:
    """Removes what runs for this target left half-written: killed ones too, since we hold its lock."""
    folder = target.parent
    for leftover in [*folder.glob(f".part-*-{target.name}*"), *(folder / "run").glob(f".part-*-{label}.json")]:
        leftover.unlink(missing_ok=True)


# --- the result ---------------------------------------------------------------------------------


def _publish(current: Run, content: Result, asked: _Asked | None, record: Path, start: float) -> None:
    """Record, stamps, result, in this order.

    Killed after the record: it names a result that is not there, and the stage runs again. Killed
    after the other stamps are gone: the old result is older than the new stamp, and whoever takes the
    change back finds no stamp. Only the rename makes the new result believed.
    """
    part = content if isinstance(content, Path) else current.scratch
    if not isinstance(content, Path):
        part.write_bytes(content if isinstance(content, bytes) else documents.encode(content))
    if part.stat().st_size == 0 and current.target.suffix != ".srt":
        raise Problem(f"{current.name} made an empty file")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    os.utime(part)  # as old as its place, not as its bytes: another make may have looked since
    if asked:
        asked.restore_time(part)
    end = time.time()
    _write_record(current, part, asked, record, start, end)
    if asked:
        for other in asked.stamp.parent.glob(f"{current.target.name}@*"):
            if other.name != asked.stamp.name:
                other.unlink(missing_ok=True)
    part.replace(current.target)
    if asked:
        asked.note(end - start)


def _write_record(current: Run, part: Path, asked: _Asked | None, record: Path, start: float, end: float) -> None:
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(usage) * (1 if sys.platform == "darwin" else 1024)
    facts = {
        "format": "samvad.run/1",
        "stage": current.name,
        "script": os.path.relpath(sys.argv[0], ROOT),
        "arguments": sys.argv[1:],
        "interpreter": os.path.relpath(sys.executable, ROOT),
        "python": platform.python_version(),
        "packages": dict(sorted({**imported_packages(), **current.packages}.items())),
        "key": {"digest": asked.key, "values": asked.values} if asked else {},
        "cause": asked.cause if asked else "asked",
        # Whose record this is: a result of another time was put in place by another run.
        "result": {"bytes": part.stat().st_size, "mtime_ns": part.stat().st_mtime_ns},
        **current.facts,
        "start": round(start, 3),
        "end": round(end, 3),
        "peak_memory_bytes": peak,
        "exit": 0,
    }
    record.parent.mkdir(parents=True, exist_ok=True)
    written = record.with_name(f".part-{os.getpid()}-{record.name}")
    written.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    written.replace(record)


def imported_packages() -> dict[str, str]:
    """Distribution → version of every installed package that this process has imported."""
    found: dict[str, str] = {}
    unknown = []
    for module in {name.partition(".")[0] for name in list(sys.modules)} - sys.stdlib_module_names:
        try:  # most packages are called as their module is
            found[module.replace("_", "-")] = metadata.version(module)
        except (metadata.PackageNotFoundError, ValueError):
            unknown.append(module)
    if any(not name.startswith("_") and name not in OURS for name in unknown):
        owners = metadata.packages_distributions()  # slow: it reads the list of files of every package
        found.update((owner, metadata.version(owner)) for name in unknown for owner in owners.get(name, ()))
    return dict(sorted(found.items()))


#: Modules that no package owns: the script itself, ours, and what Make's Python shares with us.
OURS = {"__main__", "samvad", "workspace", "sitecustomize", "site"}


# --- what Make asked for ----------------------------------------------------------------------------


class _Asked:
    """What the workspace, as it is now, asks of a target: by the same code that Make asked for its key.

    Raises: Problem where the film or its settings are no longer what Make saw when it began; such a
    result would bear another's stamp. Code may be newer: then the stamp is the newer code's.
    """

    def __init__(self, target: Path, stamp: Path) -> None:
        if str(ROOT / "mk") not in sys.path:
            sys.path.append(str(ROOT / "mk"))
        self._films = importlib.import_module("workspace.films")
        state = importlib.import_module("workspace.state")
        workspace = importlib.import_module("workspace")
        self.target = target
        slug, file = target.parts[-2:]
        try:
            job = state.Job(ROOT, slug, [file], os.environ.get("SAMVAD_BACKEND", ""), {}, leave=False)
        except workspace.Refusal as refusal:
            raise Problem(str(refusal)) from refusal
        self._film, self._line = job.film, job.lines[file]
        self.values: dict[str, str] = state.keys.values_of(ROOT, self._line, job.film)
        self.key: str = job.key(self._line)
        seen = stamp.name.rpartition("@")[2]
        if self.key.partition("-")[0] != seen.partition("-")[0]:
            raise Problem("the film or its settings changed after make had looked", "Type the same command again")
        self.stamp = stamp.with_name(f"{file}@{self.key}")
        if not self.stamp.exists():  # newer code's, or removed by another make that just finished
            self.stamp.touch()
        self._made_at = state.made_at
        #: "code" when finished work is done again because of code or a lock alone; else "asked".
        self.cause: str = "code" if state.is_again_by_code(job, self._line) else "asked"

    def is_current(self) -> bool:
        """Whether the result is what Make would make, as Make sees it: `make -B` apart."""
        if "B" in f"-{os.environ.get('MAKEFLAGS', '')}".split()[0]:
            return False
        folder = str(self.target.parent)
        try:
            made: int = self.target.stat().st_mtime_ns
            before = [self._made_at(folder, name) for name in self._line.step.inputs]
            # A file put in place after the result was made may be older than it: its change time is not.
            placed = [(self.target.parent / name) for name in self._line.step.inputs]
            before += [path.stat().st_ctime_ns for path in placed if path.exists()]
            return made >= self.stamp.stat().st_mtime_ns and all(time is not None and time <= made for time in before)
        except FileNotFoundError:
            return False

    def restore_time(self, part: Path) -> None:
        """A large file that `make tidy` dropped and that is needed again is as old as it was."""
        with suppress(FileNotFoundError):
            dropped = (self.target.parent / ".tidied" / self.target.name).stat().st_mtime_ns
            before = [self._made_at(str(self.target.parent), name) for name in self._line.step.inputs]
            if all(time is not None and time <= dropped for time in [self.stamp.stat().st_mtime_ns, *before]):
                os.utime(part, ns=(dropped, dropped))

    def note(self, seconds: float) -> None:
        """What is known for later: the film as it was seen, and how long the stage took."""
        (self.target.parent / ".tidied" / self.target.name).unlink(missing_ok=True)
        with suppress(OSError):
            if self._line.of_film and not self._film.remembered:
                self._films.remember(ROOT, self._film)
        with suppress(OSError, ValueError, KeyError):
            length = json.loads((self.target.parent / "media.json").read_text(encoding="utf-8"))["duration"]
            line = json.dumps([self._line.step.stage, self._line.model, round(seconds, 3), length])
            history = ROOT / "out" / ".history"
            history.mkdir(exist_ok=True)
            with (history / "times.jsonl").open("a", encoding="utf-8") as file:
                file.write(line + "\n")


# --- locks ----------------------------------------------------------------------------------------


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds the lock file; the kernel lets go of it when the process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _only_one(label: str, target: Path, terminal: TextIO) -> Iterator[None]:
    """Holds the target's lock; says so when another make is at the target."""

    def waiting() -> None:
        print(f"  {label} {target.parent.name}: another make is at it; waiting", file=terminal, flush=True)

    with locked(target.parent / ".lock" / target.name, waiting):
        yield


@contextmanager
def _turn(heavy: bool) -> Iterator[None]:
    """Waits until fewer than HEAVY_JOBS heavy stages of this workspace are at work."""
    if not heavy:
        yield
        return
    folder = ROOT / "out" / ".lock"
    folder.mkdir(parents=True, exist_ok=True)
    places = max(1, int(os.environ.get("HEAVY_JOBS") or 1))
    while True:
        for number in range(places):
            with (folder / f"heavy.{number}").open("a") as file, suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
                return
        time.sleep(0.2)


# --- what a person sees -------------------------------------------------------------------------


@contextmanager
def reported(label: str, film: str, log: Path) -> Iterator[TextIO]:
    """Sends all output to `log`, yields the terminal, and turns any end into one line and a code.

    Libraries print to file descriptors 1 and 2 as they like; both go to the log. Exit codes: 1
    for a failure, 130 and 143 for Ctrl-C and SIGTERM.
    """
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace")
    signal.signal(signal.SIGTERM, _once(_Terminated))
    signal.signal(signal.SIGINT, _once(KeyboardInterrupt))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # Appended to until the lock is held (fresh_log): another process may be writing it now.
        with log.open("a", encoding="utf-8") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        yield terminal
    except (KeyboardInterrupt, _Terminated) as end:
        terminal.write("\n" if terminal.isatty() else "")
        code = 143 if isinstance(end, _Terminated) else 130
    except Problem as problem:
        code = _fail(terminal, label, film, str(problem), log)
    except OSError as error:
        code = _fail(terminal, label, film, _explain(error), log)
    except Exception as error:  # a defect of ours or a library's: the log has it all
        reason = f"stopped unexpectedly: {type(error).__name__}: {error}".partition("\n")[0]
        code = _fail(terminal, label, film, reason[:300], log)
    else:
        return
    with suppress(OSError):
        sys.stdout.flush()
    # Not sys.exit: libraries' threads must not delay the end or print over the line.
    os._exit(code)


def fresh_log() -> None:
    """Begins the log anew, once nobody else can be writing it."""
    os.ftruncate(1, 0)
    print(time.strftime("%Y-%m-%d %H:%M:%S"), *sys.argv, flush=True)


def _explain(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left on the disk. Make room and type the same command again"
    if error.errno == errno.EACCES:
        return f"no permission for {error.filename}"
    return f"stopped: {error}".partition("\n")[0]


def _fail(terminal: TextIO, label: str, film: str, reason: str, log: Path) -> int:
    # One line, whatever the names and titles in it.
    reason = harmless(reason, MOST_SAID)
    print(f"samvad: {label}: {film}: {reason} (log: {log})", file=terminal, flush=True)
    with suppress(OSError):  # a full disk has no room for these either
        traceback.print_exc()
        # For the summary of `make batch`.
        log.with_suffix(FAILURE).write_text(f"{reason} (log: {log})\n", encoding="utf-8")
    return 1


class _Terminated(BaseException):
    """SIGTERM, raised where the work stands so that it cleans up after itself."""


def _once(end: type[BaseException]) -> Callable[[int, FrameType | None], None]:
    """A handler that raises the first time: make passes on what the whole group got already."""

    def handler(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise end

    return handler
