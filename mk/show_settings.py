"""make settings MOVIE=demo: every setting of a film, and who said so.

python3 mk/show_settings.py demo [TGT=ta …]
"""

from __future__ import annotations

from typing import List

import command
from plan import given_settings
from workspace import Refusal, films, printable, subtitles
from workspace.settings import SETTINGS, layers, settings
from workspace.state import existing


def main(words: List[str]) -> int:
    slug, given = words[0], given_settings(words[1:])
    if not slug:
        raise Refusal("which film? Type: make settings MOVIE=demo")
    film = films.film(command.ROOT, slug)
    values = settings(command.ROOT, slug, given)
    command.say(f"samvad: {slug}: media/{film.name or slug} ({film.presence})")
    title = films.title(command.ROOT, slug)
    if title:
        command.say(f"  {'title':<14}{printable(title, 200)}")
    for name in SETTINGS:
        said = [source for source, found in layers(command.ROOT, slug, given) if name in found]
        command.say(f"  {name:<14}{values[name] or '–':<24}{said[-1] if said else ''}".rstrip())
    there = existing(command.ROOT, film)
    if there:
        command.say(f"  comes with    {subtitles.listed(there)}")
    return 0


if __name__ == "__main__":
    command.run("settings", main)
