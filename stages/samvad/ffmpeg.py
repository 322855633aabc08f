"""The ffmpeg program that the environment carries, run as a program.

Arguments are a list and never pass through a shell; every path is `file:…`, so that no name is
taken for an option, a protocol or a pattern. What ffmpeg says goes to the log; its last telling
line is what a person reads when it fails.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import IO

from samvad import limits
from samvad.containers import Container
from samvad.problem import Problem
from samvad.stage import Run

#: Lines that tell only that something failed, not what.
EMPTY_WORDS = re.compile(
    r"^(Conversion failed|Terminating thread|Task finished|Last message repeated|Nothing was written"
    r"|Error (muxing a packet|submitting a packet|sending frames|while filtering|closing file)"
    r"|Error writing trailer)"
)
#: "[matroska @ 0x55d2a0]": which part of ffmpeg speaks.
SPEAKER = re.compile(r"^(\[[^\]]* @ 0x[0-9a-f]+\] )+")

#: The same input gives the same bytes: no dates, versions or random identifiers in the output.
BIT_EXACT = ("-fflags", "+bitexact", "-flags", "+bitexact")


#: Seconds that one stream of a broadcast may be without packets before ffmpeg takes that for a jump of the
#: clock and closes the gap. Its own 10 moved the sound after such a gap, and the picture not; much more would
#: leave jumps of the clock in the film.
GAP = 25

#: How it says that it got no memory: threads take some, too.
FOR_WANT = re.compile(r"Cannot allocate memory|pthread_create\(\) failed")
#: Lines that the log takes of what ffmpeg says, and characters of a line: a damaged film has a complaint for every
#: packet.
MOST_SAID, LONGEST_SAID = 2000, 1000
DAMAGED = "Perhaps it is damaged: copy the film again"


@cache
def program() -> Path:
    """The ffmpeg inside the imageio-ffmpeg package; never another one of this machine.

    Raises: Problem where the package carries none for this platform.
    """
    import imageio_ffmpeg  # type: ignore[import-untyped]

    carried = sorted(Path(imageio_ffmpeg.__file__).parent.glob("binaries/ffmpeg-*"))
    if not carried:
        raise Problem("the installed imageio-ffmpeg carries no ffmpeg for this platform")
    return carried[0]


def film_input(path: Path, container: Container) -> list[str]:
    """The options that open a film: by its own demuxer, which may open local files only."""
    return [
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", container.demuxer),
        *("-dts_delta_threshold", str(GAP)),
        # AVI and MPEG-PS leave out times that Matroska must have.
        *("-fflags", "+genpts", "-f", container.demuxer, "-i", f"file:{path}"),
    ]


def subtitle_input(path: Path) -> list[str]:
    """The options that open a SubRip file."""
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", "srt", "-f", "srt", "-i", f"file:{path}"]


def escaped(value: str) -> str:
    r"""A value as a filter's option in a graph takes it: escaped for the option, then for the graph.

    >>> escaped("it's [a]:b")
    "it\\\\\\'s \\[a\\]\\\\:b"
    """
    return re.sub(r"([\\'\[\],;])", r"\\\1", re.sub(r"([\\':])", r"\\\1", value))


def need_room(target: Path, need: float) -> None:
    """Raises: Problem when the disk of `target` has fewer than `need` bytes free."""
    free = shutil.disk_usage(target.parent).free
    if need > free:
        raise Problem(
            f"no room for {target}: {need / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
            "Make room and type the same command again",
        )


def execute(
    run: Run,
    arguments: Sequence[str],
    seconds: float,
    *,
    room: float | None = None,
    pace: float = limits.COPYING,
    memory: int | None = None,
) -> list[str]:
    """Runs ffmpeg with `arguments` (inputs, mapping, outputs) over `seconds` of film.

    Returns what it complained of while it succeeded, such as frames that it could not decode. It
    dies with the stage, whichever way that ends.

    Args:
        room: bytes that the output may have; by default somewhat more than the inputs.
        pace: times the film's length that it may take, beside what the reading may.
        memory: bytes; by default what reading a film may take.

    Raises: Problem with ffmpeg's own reason when it fails, or with the limit that it met.
    """
    command = [
        *(str(program()), "-nostdin", "-hide_banner", "-y", "-v", "error", "-progress", "pipe:1"),
        *arguments,
    ]
    print("ffmpeg", *command[1:], flush=True)
    size = sum(_size(word) for option, word in pairwise(arguments) if option == "-i")
    most = int(room if room is not None else size * limits.GROWTH + limits.GROWTH_BYTES)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_prepared(limits.reading_memory() if memory is None else memory, most),
    )
    assert process.stdout and process.stderr
    words: deque[str] = deque(maxlen=200)
    reader = threading.Thread(target=_listen, args=(process.stderr, words), daemon=True)
    watch = limits.Watch(run.scratch, limits.patience(size, seconds, pace), time.monotonic())
    given_up: list[str] = []
    guard = threading.Thread(target=_guard, args=(process, watch, given_up), daemon=True)
    try:
        reader.start()
        guard.start()
        with run.progress(seconds, "s") as progress:
            for line in process.stdout:
                key, _, value = line.strip().partition("=")
                if key == "out_time_us" and value.lstrip("-").isdigit():
                    progress.reach(max(0, int(value)) / 1e6)
                    watch.said = value
        process.wait()
    finally:
        process.kill()
        process.wait()
        reader.join(timeout=5)
    if given_up:
        raise Problem(f"ffmpeg was given up: {given_up[0]}", DAMAGED)
    if process.returncode != 0:
        raise _problem(list(words), process.returncode, most)
    return list(words)


def _size(word: str) -> int:
    """The bytes of an input that is a file."""
    path = Path(word.removeprefix("file:"))
    return path.stat().st_size if word.startswith("file:") and path.exists() else 0


def _prepared(memory: int, output: int) -> Callable[[], None]:
    """What ffmpeg's process does before it becomes ffmpeg."""
    dies = limits.dies_with_parent()

    def prepare() -> None:
        dies()
        limits.lower(memory, output)

    return prepare


def _guard(process: subprocess.Popen[str], watch: limits.Watch, given_up: list[str]) -> None:
    """Ends ffmpeg when it does not get on, or will not end."""
    while process.poll() is None:
        if why := watch.problem(time.monotonic()):
            given_up.append(why)
            process.kill()
            return
        time.sleep(min(1.0, limits.STALL / 10))


def _listen(stream: IO[str], words: deque[str]) -> None:
    """Copies the beginning of what ffmpeg says to the log and keeps its end."""
    for number, line in enumerate(stream):
        if number < MOST_SAID:
            print(line[:LONGEST_SAID].rstrip("\n"), flush=True)
        elif number == MOST_SAID:
            print("… and more of it", flush=True)
        words.append(line.strip()[:LONGEST_SAID])


def _problem(words: Sequence[str], code: int, room: int = 0) -> Problem:
    if any("No space left on device" in word for word in words):
        return Problem("no space left on the disk", "Make room and type the same command again")
    if code == -signal.SIGXFSZ or any("File too large" in word for word in words):
        return Problem(f"what comes out of the film does not end at {room / 1e6:.0f} MB", DAMAGED)
    if any(FOR_WANT.search(word) for word in words[-20:]):
        return Problem(f"the film takes more memory than a film may, or than is free ({telling(words)})", DAMAGED)
    if code < 0:
        return Problem(f"the film crashes ffmpeg ({signal.Signals(-code).name})", DAMAGED)
    return Problem(f"ffmpeg failed: {telling(words) or f'exit code {code}'}")


def telling(words: Sequence[str]) -> str:
    """The last line that says what went wrong, without the name of the part that said it.

    >>> telling(["[mov @ 0x5f] moov atom not found", "[out#0 @ 0x1] Task finished with error code: -22"])
    'moov atom not found'
    """
    plain = [SPEAKER.sub("", word) for word in words if word]
    return next((word for word in reversed(plain) if not EMPTY_WORDS.match(word)), "")
