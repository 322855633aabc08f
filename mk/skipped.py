"""Says why nothing is made of a film that has subtitles already (USE_SUBS=skip).

python3 mk/skipped.py demo final.mkv
"""

from __future__ import annotations

from typing import List

import command
from workspace.state import Job


def reason(job: Job) -> str:
    """One line about a film that is left alone."""
    return f"has its subtitles already: {job.skipped}. Made all the same with USE_SUBS= (nothing)"


def main(words: List[str]) -> int:
    slug, file = words
    command.say(f"samvad: {slug}: {reason(Job(command.ROOT, slug, [file], command.backend(), {}))}")
    return 0


if __name__ == "__main__":
    command.run("skip", main)
