"""make films: every film in media/ or out/, what is made of it, what is due.

python3 mk/list_films.py
"""

from __future__ import annotations

from typing import List

import command
import skipped
from workspace import Refusal, films
from workspace.state import Job


def state_of(slug: str) -> str:
    """One film's line: how it stands."""
    there = ""
    try:
        film = films.film(command.ROOT, slug)
        there = "" if film.presence == films.REACHABLE else f"{film.presence}; "
        job = Job(command.ROOT, slug, [], command.backend(), {})
        due = job.due()
    except (Refusal, OSError, ValueError) as error:
        return there + command.reason(error)
    if job.skipped:
        return f"{there}skipped: {skipped.reason(job)}"
    made = "up to date" if not due else f"{len(due)} of {len(job.needed)} results due: make why MOVIE={slug}"
    languages = f"{job.values['SRC']} → {job.values['TGT'] or '–'}, {job.values['PROFILE']}"
    return f"{there}{made} ({languages})"


def main(_words: List[str]) -> int:
    listed = command.films_meant("")
    for slug in listed:
        command.say(f"  {slug:<24} {state_of(slug)}")
    for name in films.misnamed(command.ROOT):
        command.say(
            f"  {command.shown(name):<24} no name for a film. Type: make import FILE='media/{command.shown(name)}'"
        )
    command.say(f"samvad: {command.counted(len(listed), 'film')}")
    return 0


if __name__ == "__main__":
    command.run("films", main)
