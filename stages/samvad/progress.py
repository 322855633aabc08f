"""How far a stage has come: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from samvad import limits

#: Seconds between two lines where there is no terminal, and between two redraws where there is.
LINE_EVERY = 15.0
DRAW_EVERY = 0.2


class Progress:
    """Counts towards `total` and tells the person the share done and the time left.

    >>> import io
    >>> with Progress("asr", "demo", 60, "s", io.StringIO()) as progress:
    ...     progress.reach(30)
    ...     progress.share
    0.5
    """

    def __init__(self, stage: str, film: str, total: float, unit: str, terminal: TextIO) -> None:
        self._label = f"  {stage} {film}"
        self._total = max(total, 1e-9)
        self._unit = unit
        self._terminal = terminal
        self._drawn = terminal.isatty()
        self._start = self._last = time.monotonic()
        self.done = self._found = 0.0

    @property
    def share(self) -> float:
        return min(1.0, self.done / self._total)

    def resume(self, found: float) -> None:
        """Begins with what an earlier run has done, and says so; it took this one no time."""
        self.done = self._found = found
        if found:
            line = f"{self._label}: continues at {self.share:.0%} of {self._total:.0f} {self._unit}"
            print(line, file=self._terminal, flush=True)

    def advance(self, amount: float) -> None:
        """Adds to what is done."""
        self.reach(self.done + amount)

    def reach(self, done: float) -> None:
        """Sets what is done."""
        if done > self.done:
            limits.beat()
        self.done = done
        now = time.monotonic()
        if now - self._last >= (DRAW_EVERY if self._drawn else LINE_EVERY):
            self._last = now
            self._show(now)

    def _show(self, now: float) -> None:
        found = self._found / self._total
        left = (now - self._start) * (1 - self.share) / max(self.share - found, 1e-3)
        text = f"{self._label}: {self.share:4.0%} of {self._total:.0f} {self._unit}, {clock(left)} left"
        if self._drawn:
            filled = int(self.share * 24)
            self._terminal.write(f"\r{text} [{'=' * filled}{' ' * (24 - filled)}]\033[K")
            self._terminal.flush()
        else:
            print(text, file=self._terminal, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._terminal.write("\r\033[K")
            self._terminal.flush()


def clock(seconds: float) -> str:
    """Hours, minutes and seconds as people write them.

    >>> clock(75), clock(3725)
    ('1:15', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
