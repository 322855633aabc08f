"""Every stage that opens a film, over every file of hostile.py: a film all the same, or one line; and nothing else.

"Nothing else": in bounded time and memory, the film's own bytes untouched, nothing written beside the folder for
results, nothing of the file that is pointed at in any result or log, and (where strace is) that file never opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attacks
import hostile
import msgspec
import pytest
from attacks import SECRET
from hostile import FILES

from samvad import containers, documents

ROOT = Path(__file__).resolve().parents[2]
#: Generous: the slowest takes a few seconds on two cores, the largest under 1 GB (a picture of 6,000 by 6,000 points).
SECONDS, MEMORY = 100, 2 << 30
STAGES = {
    "probe": "common",
    "demux": "common",
    "mux": "common",
    "shots": "shots",
    "burn": "render",
    "preview": "render",
}
CUES = "1\n00:00:00,200 --> 00:00:01,500\nHello world\n"
ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.20,0:00:01.50,Default,,0,0,0,,Hello world
"""


class Place:
    """A folder of films, one for results, a file that is nobody's business, and the stages' processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("films", "secret", "home", "tmp", "out"):
            (folder / name).mkdir()
        self.secret = folder / "secret" / "treasure.txt"
        self.secret.write_text(SECRET, encoding="utf-8")
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._count = 0
        self.environ = {
            **os.environ,
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONNOUSERSITE": "1",
        }

    def film(self, name: str) -> Path:
        return hostile.make(name, self.folder / "films", self.secret)

    def out(self) -> Path:
        self._count += 1
        made = self.folder / "out" / f"film{self._count}"
        made.mkdir()
        return made

    def run(self, stage: str, film: Path, out: Path) -> dict[str, Any]:
        """How a stage ended, whose environment is there."""
        (answer,) = self.all((stage,), film, out)
        return answer

    def all(self, stages: Iterable[str], film: Path, out: Path) -> list[dict[str, Any]]:
        """How stages ended; those whose environment is not built are left out. Environments work side by side."""
        waiting = []
        for stage in stages:
            if process := self._process(STAGES[stage]):
                call = [str(self.folder), SECONDS, stage, [str(word) for word in arguments(stage, film, out)]]
                print(json.dumps(call), file=process.stdin, flush=True)
                waiting.append(process)
        return [json.loads(process.stdout.readline()) for process in waiting if process.stdout]

    def _process(self, env: str) -> subprocess.Popen[str] | None:
        python = ROOT / "envs" / env / "bin" / "python"
        if env not in self._running and python.exists():
            command = [python, ROOT / "tests/media/many.py"]
            self._running[env] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environ
            )
        return self._running.get(env)

    def outside(self) -> dict[str, tuple[int, ...]]:
        """All that lies here but the results."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if self.folder / "out" not in (path, *path.parents):
                stat = path.lstat()
                # A folder's time changes with every file that comes and goes in it.
                found[str(path)] = (
                    (stat.st_ino, 0, 0) if path.is_dir() else (stat.st_ino, stat.st_size, stat.st_mtime_ns)
                )
        return found

    def close(self) -> None:
        for process in self._running.values():
            process.communicate()


def arguments(stage: str, film: Path, out: Path) -> list[object]:
    common = ["--media", film, *([] if stage == "probe" else ["--info", out / "media.json"])]
    given = {
        "probe": ["--source", "hi", "--out", out / "media.json"],
        "demux": ["--out", out / "audio.wav"],
        "shots": ["--out", out / "shots.json"],
        "mux": [
            "--subtitle",
            f"hi={out / 'hi.srt'}",
            "--transcript",
            out / "transcript.json",
            "--out",
            out / "final.mkv",
        ],
        "burn": ["--subtitle", out / "en.ass", "--language", "en", "--device", "cpu", "--out", out / "burned.mp4"],
        "preview": ["--subtitle", out / "en.ass", "--language", "en", "--at", "1", "--out", out / "preview"],
    }
    return [*common, *given[stage]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("hostile"))
    yield made
    made.close()
    shutil.rmtree(made.folder, ignore_errors=True)  # some are large


@pytest.fixture(scope="module")
def usual(place: Place) -> bytes:
    """The media.json of an honest film."""
    film, out = place.film("film.mp4"), place.out()
    result = place.run("probe", film, out)
    assert result["code"] == 0, result
    film.unlink()
    return (out / "media.json").read_bytes()


def prepared(out: Path, media: bytes) -> None:
    """What the stages after probe want beside the film."""
    if not (out / "media.json").exists():
        (out / "media.json").write_bytes(media)
    (out / "hi.srt").write_text(CUES, encoding="utf-8")
    (out / "en.ass").write_text(ASS, encoding="utf-8")
    (out / "transcript.json").write_bytes(documents.encode(documents.Transcript("hi", {}, [])))


def line(result: dict[str, Any], out: Path) -> str:
    """The one line that was said of a failure, "" where there was none; all that must hold of any run holds."""
    code, said = result["code"], result["said"]
    assert code in (0, 1), result
    assert result["seconds"] < SECONDS and result["memory"] < MEMORY, result
    assert "Traceback" not in said and not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", said
    ), result
    assert not list(out.rglob(".part-*"))
    lines = [each for each in said.splitlines() if not each.startswith("  ")]
    assert len(lines) == 1 or code == 0, result
    if code == 0:
        return ""
    assert lines[0].startswith("samvad: ") and "unexpectedly" not in lines[0] and "Errno" not in lines[0], result
    assert "crash" not in lines[0] and "given up" not in lines[0], result
    return lines[0]


def digest(film: Path) -> str:
    if not film.is_file() or film.stat().st_size > 1 << 30:
        return ""
    return hashlib.sha256(film.read_bytes()).hexdigest()


def remove(film: Path) -> None:
    shutil.rmtree(film) if film.is_dir() and not film.is_symlink() else film.unlink()


@pytest.mark.parametrize("name", FILES)
def test_a_stranger_gets_a_film_or_one_line_and_nothing_else(place: Place, usual: bytes, name: str) -> None:
    film, out = place.film(name), place.out()
    before, mark = place.outside(), digest(film)
    given = Path("films") / name
    result = place.run("probe", given, out)
    said, expected = line(result, out), FILES[name][1]
    if expected is not None:
        assert expected in said and bool(said) == bool(expected), result
    prepared(out, usual)
    for result in place.all(list(STAGES)[1:], given, out):
        assert not line(result, out) or name != "film.mp4", result  # honest, and so made by every stage
        assert SECRET not in result["said"]
    results = [path for path in out.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in results if SECRET.encode() in path.read_bytes()]
    assert sum(path.stat().st_size for path in results) < 300e6
    assert place.outside() == before
    assert digest(film) == mark
    remove(film)
    shutil.rmtree(out)


# --- by chance, always the same -------------------------------------------------------------------


def heard(place: Place, film: Path) -> None:
    """Probes a film and takes its sound out; see `line`."""
    out = place.out()
    for stage in ("probe", "demux"):
        result = place.run(stage, film, out)
        if line(result, out):
            break
    shutil.rmtree(out)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_film_may_break_off_anywhere(place: Place, suffix: str) -> None:
    whole = attacks.small(suffix, place.folder / "films")
    film = place.folder / "films" / f"broken{suffix}"
    chance = random.Random(suffix)
    for at in sorted(chance.randrange(1, len(whole)) for _ in range(20)):
        film.write_bytes(whole[:at])
        heard(place, film)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts", ".avi", ".flv", ".ogg", ".mpg"])
def test_any_bytes_may_be_wrong(place: Place, suffix: str) -> None:
    film = place.folder / "films" / f"turned{suffix}"
    for number in range(8):
        film.write_bytes(hostile.broken(suffix, place.folder / "films", number))
        heard(place, film)


def test_a_film_may_grow_while_it_is_read(place: Place) -> None:
    whole = attacks.small(".ts", place.folder / "films")
    film, out = place.folder / "films" / "growing.ts", place.out()
    film.write_bytes(whole)
    ended = threading.Event()

    def grow() -> None:
        for _ in range(100):
            if ended.wait(0.02):
                return
            with film.open("ab") as file:
                file.write(whole)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for stage in ("probe", "demux"):
            result = place.run(stage, film, out)
            assert not line(result, out), result
    finally:
        ended.set()
        writer.join()


def test_titles_of_strangers_are_short_and_plain_in_what_is_written(place: Place) -> None:
    film, out = place.film("titles.mkv"), place.out()
    result = place.run("probe", film, out)
    assert not line(result, out)
    media = msgspec.json.decode((out / "media.json").read_bytes())
    titles = [media["title"], *(part["title"] for part in (*media["streams"], *media["chapters"]))]
    assert len(titles) == 4 and all("samvad: all is well" in title and len(title) <= 500 for title in titles)
    assert all(text.isprintable() for text in (*titles, *(part["language"] for part in media["streams"])))
    result = place.run("demux", film, out)
    assert not line(result, out)
    assert b"owned" not in (out / "audio.wav").read_bytes()


def test_a_length_that_cannot_be_is_measured(place: Place) -> None:
    film, out = place.film("claim.mkv"), place.out()
    result = place.run("probe", film, out)
    assert "  the film says that it lasts 3000:00:00, but it ends at 0:02\n" in result["said"]
    assert msgspec.json.decode((out / "media.json").read_bytes())["duration"] == pytest.approx(2, abs=0.2)


# --- what is opened -------------------------------------------------------------------------------

#: Those that name another file, or are named like an address.
POINTING = [
    "playlist.mkv", "playlist_relative.mkv", "concat.mp4", "concat_old.mp4", "dash.mkv", "session.mp4", "subfile.mkv",
    "asx.avi", "reference.mov", "linked.mkv", "gab2.avi", "external.mp4", "attachments.mkv", "http:x.mkv",
    "concat:a|b.mkv", "subfile,,start,0,end,9,,:x.mkv", *(name for name in FILES if name.startswith("list_in")),
]  # fmt: skip
#: Opens a film as each container, by the library and by the program, whatever the film's first bytes say.
FORCED = """
import subprocess, sys
from pathlib import Path
from samvad import containers, ffmpeg
from samvad.problem import Problem
for container in containers.KNOWN:
    try:
        with containers.open_film(Path(sys.argv[1]), container) as film:
            for _ in film.demux():
                pass
    except (Problem, ValueError):
        pass
    given = ffmpeg.film_input(Path(sys.argv[1]), container)
    subprocess.run([ffmpeg.program(), "-nostdin", "-v", "error", *given, "-map", "0", "-c", "copy", "-f", "null", "-"])
"""


def traced(place: Place, *command: object, check: bool = True) -> list[str]:
    """The lines of strace about files that were opened and addresses that were connected to."""
    log = place.folder / "trace.txt"
    words = ["strace", "-f", "-qq", "-s", "500", "-e", "trace=open,openat,openat2,connect", "-o", log]
    done = subprocess.run(
        [*map(str, words), *map(str, command)],
        cwd=place.folder,
        env={**place.environ, "PYTHONPATH": str(ROOT / "stages"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )
    assert done.returncode in (0, 1) or not check, done
    lines = log.read_text(errors="replace").splitlines()
    log.unlink()
    return lines


@pytest.fixture(scope="module")
def strace() -> None:
    usable = sys.platform == "linux" and shutil.which("strace")
    if not usable or subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("no strace here, or not allowed to trace")


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("name", POINTING)
def test_what_a_film_points_at_is_never_opened(place: Place, usual: bytes, name: str) -> None:
    film, out = place.film(name), place.out()
    python = ROOT / "envs/common/bin/python"
    lines = []
    for stage in ("probe", "demux"):
        prepared(out, usual) if stage == "demux" else None
        lines += traced(place, python, ROOT / f"stages/{stage}.py", *arguments(stage, Path("films") / name, out))
    opened = [each for each in lines if " = -1 " not in each]
    assert any(film.name in each for each in opened)  # else it proves nothing
    assert not [each for each in lines if place.secret.name in each]
    assert not [each for each in lines if "AF_INET" in each]
    written = [each for each in opened if re.search(r"O_WRONLY|O_RDWR|O_CREAT", each)]
    allowed = (str(out), f"{place.folder / 'tmp'}", "/dev/null", "/dev/shm/", "/proc/self/")
    assert not [each for each in written if not each.partition('"')[2].startswith(allowed)]
    remove(film)


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("name", [name for name in POINTING if "list_in" not in name or name.endswith("mkv")])
def test_not_even_where_its_first_bytes_are_not_looked_at(place: Place, name: str) -> None:
    film = place.film(name)
    lines = traced(place, ROOT / "envs/common/bin/python", "-c", FORCED, film)
    assert sum(film.name in each for each in lines) >= 2 * len(containers.KNOWN)
    assert not [each for each in lines if place.secret.name in each or "AF_INET" in each]
    remove(film)


@pytest.mark.usefixtures("strace")
def test_the_file_pointed_at_would_be_opened_by_a_program_that_follows(place: Place) -> None:
    from samvad import ffmpeg

    film = place.film("external.mp4")
    careless = ("-enable_drefs", 1, "-use_absolute_path", 1, "-i", film, "-f", "null", "-")
    assert [each for each in traced(place, ffmpeg.program(), *careless, check=False) if place.secret.name in each]
    remove(film)


def test_a_film_swapped_for_a_pipe_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    os.mkfifo(path)
    begun = time.monotonic()
    with pytest.raises(containers.Problem, match="is not a file"):
        containers.check(path)
    assert time.monotonic() - begun < 5
