"""The work of a stage that opens a film, in a process of its own.

The libraries that read films are large and written in C; what strangers put into a film may crash them, keep them
busy for ever, or have them ask for all memory. So the process that reads is not the one that answers for the stage:
that one waits, tells a person in one line how the other ended, and removes what it left.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from samvad import documents, limits
from samvad.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from samvad.stage import Result, Run

#: Seconds more than ffmpeg gets: its own watch can say more.
LATER = 60.0
#: Seconds for an orderly end.
ORDERLY = 10.0
DAMAGED = "Perhaps it is damaged: copy the film again"


class Said(msgspec.Struct):
    """What the working process has to say at its end."""

    content: bytes | None = None
    path: str | None = None
    facts: dict[str, Any] = {}
    packages: dict[str, str] = {}
    closing: str = ""
    problem: str = ""
    #: Number, words and file of an error of the system.
    system: tuple[int, str, str | None] | None = None


def work(run: Run, job: Callable[[Run], Result | None]) -> bytes | Path | None:
    """What `job` makes, a document as its bytes; what it notes in `run` is there afterwards.

    Raises: Problem or OSError as the job does; Problem where it crashes or hangs.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing of the film's libraries is loaded yet, and there is one thread: a plain fork is safe.
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(writing, run, job)
    os.close(writing)
    status: int | None = None
    try:
        message, why = _listen(reading)
        if why is None:
            _, status = os.waitpid(child, 0)
    finally:
        os.close(reading)
        if status is None:
            status = _end(child)
    if why:
        raise Problem(f"reading the film was given up: {why}", DAMAGED)
    if not message:
        raise Problem(_last_words(status), DAMAGED)
    said = msgspec.json.decode(message, type=Said)
    if said.system:
        raise OSError(*said.system)
    if said.problem:
        raise Problem(said.problem)
    run.facts, run.closing = said.facts, said.closing
    run.packages.update(said.packages)
    return Path(said.path) if said.path else said.content


def _work(writing: int, run: Run, job: Callable[[Run], Result | None]) -> NoReturn:
    """The working process, from its first line to its last."""
    try:
        limits.dies_with_parent()()
        limits.lower(memory=limits.reading_memory())
        limits.tell(lambda: _write(writing, b"."))
        _write(writing, b"\n" + msgspec.json.encode(_said(run, job)))
    except BaseException:  # ended from outside; the parent knows, or sees that nothing was said
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)


def _said(run: Run, job: Callable[[Run], Result | None]) -> Said:
    from samvad.stage import imported_packages

    try:
        content = job(run)
        said = Said(facts=run.facts, closing=run.closing, packages=imported_packages())
        if isinstance(content, Path):
            said.path = str(content)
        elif content is not None:
            said.content = content if isinstance(content, bytes) else documents.encode(content)
        return said
    except Problem as problem:
        return Said(problem=str(problem))
    except MemoryError:
        traceback.print_exc()
        return Said(problem=too_much_memory())
    except OSError as error:
        traceback.print_exc()
        return Said(system=(error.errno or 0, error.strerror or str(error), _name(error.filename)))
    except Exception as error:
        traceback.print_exc()
        return Said(problem=f"stopped unexpectedly: {type(error).__name__}: {error}".partition("\n")[0][:300])


def _name(file: object) -> str | None:
    return None if file is None else os.fsdecode(file) if isinstance(file, bytes) else str(file)


def too_much_memory() -> str:
    return (
        f"the film takes more memory than a film may here ({limits.reading_memory() / 2**30:.1f} GB), or than is "
        f"free. {DAMAGED}"
    )


def _write(writing: int, content: bytes) -> None:
    while content:
        content = content[os.write(writing, content) :]


def _listen(reading: int) -> tuple[bytes, str | None]:
    """The message at the end, if one came, and why there is no sense in waiting any longer."""
    begun = alive = time.monotonic()
    content = b""
    while True:
        now = time.monotonic()
        if now - alive > limits.STALL + LATER:
            return b"", f"it has not got on for {limits.STALL / 60:.0f} minutes"
        if now - begun > limits.STAGE:
            return b"", f"it has not finished in {limits.STAGE / 86400:.0f} days"
        if not select.select([reading], [], [], 1)[0]:
            continue
        if not (more := os.read(reading, 65536)):
            return content, None
        alive = time.monotonic()
        content = (content + more).lstrip(b".\n")


def _end(child: int) -> int:
    """Ends the working process and what it has started: first politely."""
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + ORDERLY
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _last_words(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return "the process that reads the film ended without a word"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name
    if number == signal.SIGKILL:
        return f"the process that reads the film was killed ({name}): for want of memory, or by hand"
    return f"the film crashes the program that reads it ({name})"
