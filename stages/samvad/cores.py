"""How many processor threads a stage with a large model may start."""

from __future__ import annotations

import os


def share() -> int:
    """The cores that this process may use (fewer than the machine has, in a container), divided among the
    stages that may run at once (HEAVY_JOBS)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // max(1, int(os.environ.get("HEAVY_JOBS") or 1)))
