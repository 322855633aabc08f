"""How much time, memory and room a film may take of this machine, whatever it says of itself.

A film is written by strangers. A small one may claim to last years, hold a picture of a gigabyte, or keep its reader
busy for ever. Nothing here should ever be felt with a real film on a slow machine; see each number's own words.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from samvad import cores

MIB = 1024 * 1024

#: Seconds without any progress. A sleeping disk of the network wakes up within one minute, a mount that lost its
#: server within some; a frame of 8K on a small computer takes seconds.
STALL = 600.0
#: Seconds for any film, and the slowest that one may be read: 250 kB/s, a bad line to another continent.
ANY_FILM, SLOWEST = 3600.0, 250_000
#: Times its own length that a film may take: to be copied or heard (a small computer hears 50 times faster than it is
#: played), and to be encoded (4K on two cores is 25 times slower than it is played).
COPYING, ENCODING = 4, 100
#: Seconds for a whole stage, however much goes on in it.
STAGE = 7 * 24 * 3600.0

#: Seconds of the longest film. At 37 hours a WAV file cannot say any more how long it is.
LONGEST = 36 * 3600.0
#: Bytes of a second at least, in films longer than `SHORT` seconds: the plainest speech codecs take four times as many.
FEWEST, SHORT = 125, 600.0

#: Of what reads films: measured with 2 threads, 4K takes 0.4 GB, 8K 0.7 GB; with 32 threads 1.8 and 3.6 GB.
READING, READING_PER_CORE = 2048 * MIB, 128 * MIB

#: Bytes that a film may grow by when it is put into another container: by half, in the worst case of sound in
#: small packets, and by its subtitles.
GROWTH, GROWTH_BYTES = 1.5, 256 * MIB
#: Bytes of a second of H.264 in the best quality: 200 Mbit, of 8K.
PICTURE = 25_000_000
#: Of a single frame as a PNG.
FRAME = 1024 * MIB

#: Characters of a name or title that a film may have.
TITLE = 500


def plausible(seconds: float, size: int) -> bool:
    """Whether a file of this size may last so long.

    >>> plausible(7200, 700_000_000), plausible(4, 500), plausible(3000 * 3600, 10**9), plausible(7200, 50_000)
    (True, True, False, False)
    """
    return 0 <= seconds <= min(LONGEST, longest_in(size))


def longest_in(size: int) -> float:
    """Seconds that a file of this size may last."""
    return SHORT + size / FEWEST


def patience(size: float, seconds: float, pace: float) -> float:
    """Seconds in which ffmpeg must have finished a film of this size and length.

    >>> patience(40e9, 7200, COPYING) / 3600
    53.44444444444444
    """
    return ANY_FILM + size / SLOWEST + min(seconds, LONGEST) * pace


def reading_memory() -> int:
    """Bytes that a process may take for the reading of a film; never more than the machine has."""
    return min(READING + READING_PER_CORE * cores.share(), machine_memory())


def machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def lower(memory: int | None = None, output: int | None = None) -> None:
    """Limits this process and what it starts: bytes of memory, bytes of any one file that it writes.

    Memory is what programs call data: their own, not the libraries that they share, not what they merely reserve.
    macOS takes the limit and does not keep it; there, a film can take as much as there is. A crash leaves no core
    file, which would lie somewhere in the workspace.
    """
    for what, limit in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, output), (resource.RLIMIT_CORE, 0)):
        if limit is None:
            continue
        _, hard = resource.getrlimit(what)
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # Only the soft one: what this process starts may need another.
        resource.setrlimit(what, (soft, hard))


def dies_with_parent() -> Callable[[], None]:
    """What a new process calls so that on Linux the kernel ends it with its parent, even by SIGKILL.

    Elsewhere a killed stage leaves an ffmpeg that finishes a file which nobody believes.
    """
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- signs of life --------------------------------------------------------------------------------

#: Who wants to know that the work goes on; see samvad.apart.
_told: Callable[[], None] | None = None
_last = 0.0


def tell(listener: Callable[[], None]) -> None:
    """From now on `listener` is called for a sign of life, once a second at most."""
    global _told
    _told = listener


def beat() -> None:
    """A sign of life: a frame, a packet, a second of film further."""
    global _last
    if _told and (now := time.monotonic()) - _last >= 1:
        _last = now
        _told()


class Watch:
    """Notices that a process does not get on, by what it says and by the file that it writes.

    >>> watch = Watch(Path("/nowhere"), total=100, now=0)
    >>> watch.problem(99), watch.problem(101)
    (None, 'it has not finished in 0 hours')
    """

    def __init__(self, output: Path, total: float, now: float) -> None:
        self._output = output
        self._begun = self._alive = now
        self._total = total
        self._state: tuple[str, object] = ("", None)
        #: How far the process says it is.
        self.said = ""

    def problem(self, now: float) -> str | None:
        """Why the process has to be ended, if it has to."""
        try:
            stat = self._output.stat()
            written: object = (stat.st_size, stat.st_mtime_ns)
        except OSError:
            written = None
        if (self.said, written) != self._state:
            self._state, self._alive = (self.said, written), now
            beat()
        if now - self._alive > STALL:
            return f"it has not got on for {STALL / 60:.0f} minutes"
        if now - self._begun > self._total:
            return f"it has not finished in {self._total / 3600:.0f} hours"
        return None
