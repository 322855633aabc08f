"""Which results of a film are due, and why: what Make would decide, known beforehand.

Make decides by dates: a result is due when it is missing, when its stamp is missing or newer, when
a file it is made from is due or newer. The same rules here, over the same files, let `batch` pass by
what is up to date without starting anything, let `make why` give reasons, and let nobody pay twice
for hours of recognition. tests/graph/test_state.py holds the two against each other.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from workspace import Refusal, films, graph, keys, printable, subtitles
from workspace.files import languages
from workspace.keys import Line
from workspace.settings import settings, source_of

#: Causes: no such file; asked for otherwise; made by other code; a file before it newer, or due.
MISSING, ASKED, CODE, NEWER, FOLLOWS = "missing", "asked", "code", "newer", "follows"


class Due(NamedTuple):
    """A result that is to be made, with (cause, file before it or "") of all causes."""

    line: Line
    causes: Tuple[Tuple[str, str], ...]


class Job:
    """What is wanted of a film: its settings, the files that takes, their keys.

    Args:
        wanted: names of files or of workflows; nothing: the subtitled film.
        given: settings of the command line.
        leave: whether USE_SUBS=skip is heeded; who makes a file knows that it is wanted.

    Raises: Refusal for what cannot be made.
    """

    #: Why nothing is made (USE_SUBS=skip): the subtitles that the film has already, for people; "" where something is.
    skipped: str = ""
    #: What is asked for while the film's own streams, on which it hangs whether that is made, are not known yet.
    afterwards: Tuple[str, ...] = ()

    def __init__(
        self, root: Path, slug: str, wanted: Iterable[str], backend: str, given: Dict[str, str], leave: bool = True
    ) -> None:
        self.root, self.slug, self.given = root, slug, given
        wanted = tuple(sorted(wanted))
        self.film = films.film(root, slug)
        self.values = settings(root, slug, given)
        asked = _languages_asked(root, wanted, self.values) if leave and self.values["USE_SUBS"] == "skip" else []
        if not (asked and self._has_all(asked, wanted, backend)):
            try:
                self.lines, self.needed = _wanted(root, tuple(self.values.items()), wanted, backend)
            except Refusal as refusal:
                raise Refusal(str(refusal).replace(SLUG, slug)) from None
        if not self.film.identity and any(line.of_film for line in self.needed):
            raise Refusal(_out_of_reach(self.film))

    def _has_all(self, asked: List[str], wanted: Tuple[str, ...], backend: str) -> bool:
        """Whether nothing is to be made: the film has subtitles in all these languages, or is to be looked at first."""
        self.lines = keys.lines(self.root, self.values, (), backend)
        self.needed = [self.lines[MEDIA]]
        if self.film.presence == films.REACHABLE and self.due():
            if os.environ.get(PROBED):  # `make -n` looks at no film: it shows what would run if there is nothing in it
                return False
            files = (file for name in wanted or ("subtitle",) for file in graph.files_of(name, self.values))
            self.afterwards = tuple(dict.fromkeys(files))
            return True
        found = existing(self.root, self.film)
        there = [subtitles.chosen(self.root, found, language) for language in asked]
        if not all(there):
            return False
        self.needed, self.skipped = [], subtitles.listed(dict.fromkeys(one for one in there if one))
        return True

    @property
    def folder(self) -> str:
        return f"out/{self.slug}"

    def key(self, line: Line) -> str:
        return keys.key_of(self.root, line, self.film)

    def stamp(self, line: Line) -> str:
        """The path of the stamp that says that the result is of this key."""
        return f"{self.folder}/.stamp/{line.step.file}@{self.key(line)}"

    def due(self) -> List[Due]:
        """What Make would make, in processing order."""
        base = f"{self.root}/"
        made: Dict[str, int] = {}
        found: Dict[str, Due] = {}
        for line in self.needed:
            file = line.step.file
            time = made_at(f"{base}{self.folder}", file)
            causes: List[Tuple[str, str]] = []
            if time is None:
                causes.append((MISSING, ""))
            else:
                made[file] = time
                stamp = _time(f"{base}{self.stamp(line)}")
                if stamp is None or stamp > time:
                    causes.append((self.differs(line, time), ""))
            for name in line.step.inputs:
                if name in found:
                    causes.append((FOLLOWS, name))
                if time is not None and made.get(name, 0) > time:
                    causes.append((NEWER, name))
            if causes:
                found[file] = Due(line, tuple(causes))
        return list(found.values())

    def differs(self, line: Line, time: int) -> str:
        """CODE if the result was made of what is asked for now, by other means; else ASKED."""
        asked = self.key(line).partition("-")[0]
        valid = stamps_before(f"{self.root}/{self.folder}", line.step.file, time)
        return CODE if any(key.partition("-")[0] == asked for key in valid) else ASKED


#: What is in a film; and the environment variable that says that it was looked at just now (mk/keys.mk).
MEDIA, PROBED = "media.json", "SAMVAD_PROBED"


def existing(root: Path, film: films.Film) -> List[subtitles.Found]:
    """The subtitles that the film comes with, as far as its media.json tells."""
    try:
        text = (root / "out" / film.slug / MEDIA).read_text(encoding="utf-8")
        found = subtitles.tracks(json.loads(text)["streams"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found = []
    return subtitles.sidecars(root, root / "media" / film.name, film.slug) + found


def _languages_asked(root: Path, wanted: Iterable[str], values: Dict[str, str]) -> List[str]:
    """The languages that all of what is wanted is subtitles in; none where something else is wanted too."""
    source, targets = source_of(values), values["TGT"].split()
    found: List[str] = []
    for name in wanted or ("subtitle",):
        language, _, rest = name.partition(".")
        if name in ("subtitle", "translate", "final.mkv", "final.mp4"):
            found += targets or [source]
        elif name == "transcribe":
            found.append(source)
        elif rest in SUBTITLES and language in languages(root):
            found.append(language)
        else:
            return []
    return list(dict.fromkeys(found)) if all(found) else []


#: A language's files that are subtitles as people see them.
SUBTITLES = ("srt", "vtt", "ass", "ttml", "txt")


#: Stands for the film in what all films of the same settings are refused for.
SLUG = "<film>"


# Thousands of films have few sets of settings between them.
@functools.lru_cache(maxsize=None)
def _wanted(
    root: Path, items: Tuple[Tuple[str, str], ...], wanted: Tuple[str, ...], backend: str
) -> Tuple[Dict[str, Line], List[Line]]:
    """(file → line of all that can be made, the lines needed for what is wanted)."""
    values = dict(items)
    source, targets = source_of(values), values["TGT"].split()
    names = wanted or ("subtitle",)
    if "translate" in names and source and not targets:
        raise Refusal(f"into which language? Type: make translate MOVIE={SLUG} TGT=en")
    files = [file for name in names for file in graph.files_of(name, values)]
    before_language = [step.file for step in graph.steps(root, graph.shape_of({**values, "SRC": ""}), (), backend)]
    spoken = [file for file in files if file not in before_language]
    if spoken and not source:
        for file in set(wanted) & set(spoken):
            graph.language_of(root, file)
        raise Refusal(f"which language is spoken in '{SLUG}'? Type SRC=hi, or let it listen: make detect MOVIE={SLUG}")
    more = [graph.language_of(root, file) for file in files]
    if {f"{source}.json", f"{source}.revised.json"} & set(files):
        raise Refusal(f"'{source}' is spoken in the film: there is no translation into it")
    deaf = [code for code in values["SRC"].split() if "whisper" not in languages(root)[code]]
    if spoken and deaf:
        known = " ".join(code for code, entry in languages(root).items() if "whisper" in entry)
        raise Refusal(f"Whisper does not know SRC={printable(deaf[0])}. It knows: {known}")
    lines = keys.lines(root, values, [code for code in more if code and code != source], backend)
    steps = graph.needed([line.step for line in lines.values()], files)
    needed = [lines[step.file] for step in steps]
    for line in needed:
        if line.refusal:
            raise Refusal(line.refusal)
    return lines, needed


def made_at(folder: str, file: str) -> Optional[int]:
    """When a result was made, in nanoseconds; also of one that `make tidy` dropped; None for no such result."""
    time = _time(f"{folder}/{file}")
    return time if time is not None else _time(f"{folder}/.tidied/{file}")


def stamps_before(folder: str, file: str, time: int) -> List[str]:
    """The keys of the stamps that the result of that time is valid for: not newer than it."""
    try:
        names = os.listdir(f"{folder}/.stamp")
    except (FileNotFoundError, NotADirectoryError):
        return []
    mine = [name for name in names if name.startswith(f"{file}@")]
    return [name.rpartition("@")[2] for name in mine if (_time(f"{folder}/.stamp/{name}") or time + 1) <= time]


def by_code_alone(job: Job, due: List[Due]) -> List[Due]:
    """Those finished results that would be made again because of code or a lock, and of nothing else."""
    alone: Dict[str, Due] = {}
    for one in due:
        if all(
            cause == CODE or (cause == FOLLOWS and file in alone) or (cause == NEWER and _remade_by_code(job, file))
            for cause, file in one.causes
        ):
            alone[one.line.step.file] = one
    return list(alone.values())


def is_again_by_code(job: Job, line: Line) -> bool:
    """Whether a result that is about to be made is there already, as it was asked for, by other code."""
    folder = f"{job.root}/{job.folder}"
    time = made_at(folder, line.step.file)
    if time is None or job.differs(line, time) != CODE:
        return False
    newer = [name for name in line.step.inputs if (made_at(folder, name) or 0) > time]
    return all(_remade_by_code(job, name) for name in newer)


def _remade_by_code(job: Job, file: str) -> bool:
    """Whether a file that is newer than what was made of it was made again because of code alone."""
    return record_of(job.root / job.folder, job.lines[file].step.label).get("cause") == "code"


def record_of(folder: Path, label: str) -> dict:
    """The run record of that name; empty if there is none that can be read."""
    try:
        found = json.loads((folder / "run" / f"{label}.json").read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def current_without_inputs(job: Job) -> List[str]:
    """Results that stay as they are though `make tidy` dropped a file they were made from.

    Make must not be told of these: it would make the dropped file again, and then them.
    """
    if not os.path.isdir(f"{job.root}/{job.folder}/.tidied"):
        return []
    due = {one.line.step.file for one in job.due()}
    folder = f"{job.root}/{job.folder}"
    dropped = {
        line.step.file
        for line in job.needed
        if line.step.file not in due and _time(f"{folder}/{line.step.file}") is None
    }
    return [
        line.step.file for line in job.needed if line.step.file not in due and dropped.intersection(line.step.inputs)
    ]


def _out_of_reach(film: films.Film) -> str:
    if film.presence == films.GONE:
        return f"'{film.slug}' is in media/ no more, and nothing was made of it. Put {film.slug}.mkv there"
    return f"media/{film.name} cannot be reached: it points at a file that is not there. Plug its disk in"


def _time(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None
