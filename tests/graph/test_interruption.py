"""Interruption: whatever is killed whenever, the same command goes on to the bytes of an undisturbed run.

Stages stand still at a named moment of their run (HOLD, see stub.py), so that a kill falls exactly there; the
moments in between are left to a sweep of random ones. A full disk is a small file system of its own.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import DEMO, RESULTS, Workspace, makes, subtitles

FILM = "out/demo/"
#: In the order in which one job makes them.
FILES = [
    *("media.json", "audio.wav", "speech.json", "asr.json", "aligned.json", "songs.json", "transcript.json"),
    *("shots.json", *subtitles("hi"), "en.json", "en.revised.json", *subtitles("en"), "final.mkv"),
]
#: In the order in which a run comes to them: see `hold` in stub.py.
MOMENTS = ["begun", "work", "written", "recording", "recorded", "unstamped", "renamed"]
#: Who is told what: Ctrl-C at a terminal reaches all processes.
WAYS = [
    *((signal.SIGINT, "all"), (signal.SIGTERM, "make"), (signal.SIGTERM, "stage"), (signal.SIGTERM, "all")),
    *((signal.SIGKILL, "make"), (signal.SIGKILL, "stage"), (signal.SIGKILL, "all")),
]
#: Longer than anything here takes on a busy machine.
PATIENCE = 60.0


class Running:
    """A make at work, in a process group of its own as at a terminal."""

    count = 0

    def __init__(self, workspace: Workspace, *arguments: str, **environ: str) -> None:
        Running.count += 1
        self.workspace = workspace
        self.output = workspace.folder / f"said.{Running.count}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [workspace.program, *arguments],
                cwd=workspace.folder,
                env={**environment, **environ},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def kill(self, number: signal.Signals, victim: str, stage: int = 0) -> None:
        """Sends the signal to "make", to the "stage" of that process id, or to "all"."""
        if victim == "all":
            os.killpg(self.process.pid, number)
        else:
            os.kill(stage if victim == "stage" else self.process.pid, number)

    def end(self) -> int:
        return self.process.wait(PATIENCE)

    def end_of_all(self) -> None:
        """Waits until nothing of this make lives, nor of what it started."""
        with suppress(ChildProcessError):
            self.process.wait(PATIENCE)
        until(lambda: not lives(-self.process.pid), "its stages live on")

    def stage_at(self, file: str) -> int:
        """The process id of the stage that stands still with that target."""
        sign = self.workspace.folder / f"held.{file}"
        until(lambda: (sign.exists() and sign.read_text() != "") or self.process.poll() is not None, "nothing is held")
        assert self.process.returncode is None, self.said
        return int(sign.read_text())


def until(holds: Callable[[], object], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.005)


def lives(process: int) -> bool:
    """Whether the process is there; a negative number is a process group."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def release(workspace: Workspace, file: str) -> None:
    """The stage that stands still with that target goes on."""
    (workspace.folder / f"held.{file}").unlink()


def copied(origin: Workspace, folder: Path) -> Workspace:
    copy = Workspace.__new__(Workspace)
    copy.folder, copy.program = folder, origin.program
    shutil.copytree(origin.folder, folder, symlinks=True)
    copy.forget()
    return copy


def results(workspace: Workspace, film: str = "demo") -> dict[str, bytes]:
    """What is made of the film, half-written files and all, but for records, logs, stamps and locks."""
    folder = workspace.folder / "out" / film
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.exists() else {}


def whole(workspace: Workspace) -> dict[str, bytes]:
    """The same without what a killed stage left half-written beside its target, until it runs again."""
    return {name: content for name, content in results(workspace).items() if ".part-" not in name}


def ran(workspace: Workspace) -> list[str]:
    """The files made since the last look, models aside."""
    return [target.removeprefix(FILM) for target in workspace.ran if target.startswith("out/")]


def assert_undisturbed(workspace: Workspace, like: Workspace, goal: str = "final.mkv") -> None:
    """The same results; nothing half-written anywhere; every record is its result's; Make has nothing to do."""
    wanted = {*FILES[: FILES.index(goal) + 1], "job.mk"}
    assert results(workspace) == {name: content for name, content in results(like).items() if name in wanted}
    out = workspace.folder / "out"
    assert [str(path) for path in out.rglob("*") if ".part-" in path.name] == []
    stamps = sorted(path.name for path in (out / "demo/.stamp").iterdir())
    for record in map(read, sorted((out / "demo/run").glob("*.json"))):
        target = Path(record["arguments"][record["arguments"].index("--out") + 1])
        if target.name not in wanted:
            continue
        assert record["result"]["mtime_ns"] == (workspace.folder / target).stat().st_mtime_ns, target
        assert f"{target.name}@{record['key']['digest']}" in stamps
    workspace.forget()
    workspace.make("-q", FILM + goal)


def read(path: Path) -> dict:  # type: ignore[type-arg]
    found: dict = json.loads(path.read_text(encoding="utf-8"))  # type: ignore[type-arg]
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A film made without any interruption; never changed."""
    workspace = Workspace(tmp_path_factory.mktemp("undisturbed") / "w", makes()[0])
    start = time.monotonic()
    add_other_rules(workspace)
    workspace.make(*DEMO, "CUES=plain")
    workspace.seconds = time.monotonic() - start  # type: ignore[attr-defined]
    assert ran(workspace) == FILES
    return workspace


def add_other_rules(workspace: Workspace) -> None:
    plain = workspace.folder / "config/cues/plain.toml"
    plain.with_name("other.toml").write_text(plain.read_text().replace("42", "40"))


@pytest.fixture(scope="module")
def otherwise(undisturbed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same film by the other rules for cues; never changed."""
    workspace = copied(undisturbed, tmp_path_factory.mktemp("otherwise") / "w")
    workspace.make("out/demo/final.mkv", "CUES=other")
    assert ran(workspace) == [*subtitles("hi"), *subtitles("en"), "final.mkv"]
    assert results(workspace)["final.mkv"] != results(undisturbed)["final.mkv"]
    return workspace


@pytest.fixture
def workspace(undisturbed: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the film's model and nothing else; whatever a failed test left running is ended."""
    workspace = copied(undisturbed, tmp_path / "w")
    shutil.rmtree(workspace.folder / "out")
    yield workspace
    end_held(workspace)


@pytest.fixture
def done(undisturbed: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """The undisturbed film, for a test to change."""
    workspace = copied(undisturbed, tmp_path / "w")
    yield workspace
    end_held(workspace)


def end_held(workspace: Workspace) -> None:
    for sign in workspace.folder.glob("held.*"):
        sign.unlink()


# --- killed at any moment, the same command goes on ---------------------------------------------------------


@pytest.mark.parametrize(
    "moment",
    MOMENTS,
)
def test_a_film_interrupted_again_and_again_is_the_undisturbed_film(
    done: Workspace, undisturbed: Workspace, moment: str
) -> None:
    """One stage after the other is interrupted at this moment, each in the next of the ways."""
    index = MOMENTS.index(moment)
    workspace = done
    workspace.program = makes()[index % len(makes())]
    # Half of the film each time, to save time: of a new one, or of one that has the other half.
    files = FILES[:4] if index % 2 else FILES[6:]
    before = set() if index % 2 else set(FILES[:6])
    for file in set(FILES) - before:
        (workspace.folder / FILM / file).unlink()
    command = [FILM + files[-1], "SRC=hi", "TGT=en", "CUES=plain"]
    twice: list[str] = []
    orphan: tuple[Running, str] | None = None
    for number, file in enumerate(files):
        what, victim = WAYS[(number + len(files) * index) % len(WAYS)]
        make = Running(workspace, *command, HOLD=f"{moment} {FILM}{file}")
        if orphan:
            join(make, *orphan, next_file=file)
            orphan = None
        stage = make.stage_at(file)
        make.kill(what, victim, stage)
        assert make.end() != 0, (what, victim)
        if (what, victim) == (signal.SIGKILL, "make"):
            assert lives(stage)
            orphan = make, file
        else:
            make.end_of_all()
            release(workspace, file)
        assert (FILM + file in told(workspace)) is (moment != "begun"), (what, victim)
        present = set(whole(workspace))
        assert present == {*before, *files[: number + (moment == "renamed")], "job.mk"}, (what, victim)
        if what != signal.SIGKILL:
            assert "Traceback" not in make.said
        if what == signal.SIGINT or (what == signal.SIGTERM and victim != "all"):
            # One that is sent to all reaches the stage a second time, by its make, while it clears up.
            assert present == set(results(workspace)), "an orderly end leaves nothing half-written"
        if moment not in ("begun", "renamed") and not orphan:
            twice.append(file)
    make = Running(workspace, *command)
    if orphan:
        join(make, *orphan, next_file="")
    assert make.end() == 0, make.said
    assert ran(workspace) == [one for file in files for one in [file] * (1 + (file in twice))]
    assert_undisturbed(workspace, undisturbed, files[-1])


def join(make: Running, orphan: Running, file: str, next_file: str) -> None:
    """A stage that outlived its make goes on once the next make waits for it, or has passed by."""
    sign = make.workspace.folder / f"held.{next_file}"
    until(
        lambda: "another make is at it; waiting" in make.said or sign.exists() or make.process.poll() is not None,
        make.said,
    )
    release(make.workspace, file)
    orphan.end_of_all()


def told(workspace: Workspace) -> list[str]:
    """What ran so far, without forgetting it."""
    log = workspace.folder / "ran.log"
    return log.read_text().splitlines() if log.exists() else []


def test_a_film_killed_at_random_moments_is_the_undisturbed_film(workspace: Workspace, undisturbed: Workspace) -> None:
    """Everything is killed after a random time, until the film is done; SEED=… repeats one such sweep."""
    seed = os.environ.get("SEED") or str(time.time_ns())
    print(f"SEED={seed}")
    chance = random.Random(seed)
    kills = 0
    finished: dict[str, int] = {}
    while True:
        make = Running(workspace, *DEMO, "CUES=plain", "-j2")
        with suppress(subprocess.TimeoutExpired):
            # Short enough that one go is never enough, long enough that each makes something on the average.
            make.process.wait(chance.uniform(0.1, 0.5) * undisturbed.seconds)  # type: ignore[attr-defined]
        if make.process.returncode is None:
            with suppress(ProcessLookupError):
                make.kill(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]), "all")
            kills += 1
        make.end_of_all()
        assert not finished.keys() & set(ran(workspace)), "finished work was repeated"
        present = workspace.folder.glob(f"{FILM}*.*")
        now = {path.name: path.stat().st_mtime_ns for path in present if path.name in FILES}
        assert {name: now.get(name) for name in finished} == finished
        finished = now
        if make.process.returncode == 0:
            break
        assert kills < 60, make.said
    assert kills > 0
    assert_undisturbed(workspace, undisturbed)


# --- a change that is taken back --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_setting_taken_back_costs_nothing_unless_its_work_was_finished(
    done: Workspace, undisturbed: Workspace, otherwise: Workspace, moment: str
) -> None:
    """Before the result is renamed nothing was finished; from then on it was, and is made anew."""
    make = Running(done, "out/demo/final.mkv", "CUES=other", HOLD=f"{moment} {FILM}hi.cues.json")
    make.stage_at("hi.cues.json")
    make.kill(signal.SIGKILL if MOMENTS.index(moment) % 2 else signal.SIGINT, "all")
    make.end_of_all()
    release(done, "hi.cues.json")
    done.forget()
    interrupted = copied(done, done.folder.with_name("interrupted")) if moment in ("unstamped", "renamed") else None
    done.make("out/demo/final.mkv", "CUES=plain")
    repeated = ran(done)
    if moment == "renamed":
        assert repeated == [*subtitles("hi"), "final.mkv"]
    elif moment == "unstamped":
        # The other stamps are gone and the old result still there: for some microseconds that is not told
        # apart from a finished change. It costs a run of that stage, and never a wrong result.
        assert repeated == [*subtitles("hi"), "final.mkv"]
    else:
        assert repeated == []
    assert whole(done) == whole(undisturbed)
    assert "everything is up to date" in done.make("why", "MOVIE=demo").stdout
    if not interrupted:
        return
    interrupted.make("out/demo/final.mkv", "CUES=other")
    left = subtitles("hi")[1:] if moment == "renamed" else subtitles("hi")
    assert ran(interrupted) == [*left, *subtitles("en"), "final.mkv"]
    assert_undisturbed(interrupted, otherwise)


def test_a_finished_change_that_is_taken_back_is_made_anew(
    otherwise: Workspace, undisturbed: Workspace, tmp_path: Path
) -> None:
    workspace = copied(otherwise, tmp_path / "w")
    workspace.make("out/demo/final.mkv", "CUES=plain")
    assert ran(workspace) == [*subtitles("hi"), *subtitles("en"), "final.mkv"]
    assert_undisturbed(workspace, undisturbed)


@pytest.mark.parametrize("moment", ["work", "recorded"])
def test_code_changed_and_taken_back_before_its_work_was_finished_costs_nothing(
    done: Workspace, undisturbed: Workspace, moment: str
) -> None:
    script = done.folder / "stages/export_transcript.py"
    before = script.read_text()
    script.write_text(before + "# changed\n")
    make = Running(done, *DEMO, HOLD=f"{moment} {FILM}transcript.json")
    make.stage_at("transcript.json")
    make.kill(signal.SIGTERM, "make")
    make.end_of_all()
    assert ran(done) == ["transcript.json"]
    script.write_text(before)
    done.make(*DEMO)
    assert ran(done) == []
    assert results(done) == results(undisturbed)


# --- two makes at once ----------------------------------------------------------------------------------------------


def test_two_makes_of_one_film_make_everything_once(workspace: Workspace, undisturbed: Workspace) -> None:
    makes = [Running(workspace, *DEMO, "CUES=plain", "-j2", SLOW="0.1") for _ in range(2)]
    assert [make.end() for make in makes] == [0, 0], [make.said for make in makes]
    assert sorted(ran(workspace)) == sorted(FILES)
    assert_undisturbed(workspace, undisturbed)


@pytest.mark.parametrize("moment", ["work", "unstamped"])
def test_a_make_takes_over_from_one_that_is_killed_while_it_waits(
    workspace: Workspace, undisturbed: Workspace, moment: str
) -> None:
    first = Running(workspace, *DEMO, "CUES=plain", HOLD=f"{moment} {FILM}asr.json")
    first.stage_at("asr.json")
    second = Running(workspace, *DEMO, "CUES=plain")
    until(lambda: "asr demo: another make is at it; waiting" in second.said, "it does not wait")
    first.kill(signal.SIGKILL, "all")
    first.end_of_all()
    assert second.end() == 0, second.said
    assert ran(workspace) == [*FILES[:4], *FILES[3:]]
    assert_undisturbed(workspace, undisturbed)


def test_two_makes_with_different_settings_leave_no_mixed_film(
    done: Workspace, undisturbed: Workspace, otherwise: Workspace
) -> None:
    for file in (*subtitles("hi"), *subtitles("en"), "final.mkv"):
        (done.folder / FILM / file).unlink()
    makes = [Running(done, *DEMO, f"CUES={rules}", "-j2", SLOW="0.1") for rules in ("plain", "other")]
    for make in makes:
        changed = "the film or its settings changed after make had looked. Type the same command again"
        assert make.end() == 0 or changed in make.said, make.said
    for rules, like in (("plain", undisturbed), ("other", otherwise)):
        done.make(*DEMO, f"CUES={rules}")
        assert_undisturbed(done, like)
        for language in ("hi", "en"):
            record = read(done.folder / FILM / f"run/subtitle_generation.{language}.json")
            assert record["key"]["values"]["CUES"] == rules


def test_a_result_that_was_waited_for_and_made_otherwise_is_made_once(done: Workspace, otherwise: Workspace) -> None:
    """The first make's stage forgets the stamp of the second, which waits for it: that must not cost a run later."""
    (done.folder / FILM / "hi.cues.json").unlink()
    first = Running(done, "out/demo/hi.cues.json", HOLD=f"work {FILM}hi.cues.json")
    first.stage_at("hi.cues.json")
    second = Running(done, "out/demo/final.mkv", "CUES=other")
    until(lambda: "hi demo: another make is at it; waiting" in second.said, "it does not wait")
    release(done, "hi.cues.json")
    assert [first.end(), second.end()] == [0, 0], first.said + second.said
    assert ran(done) == ["hi.cues.json", *subtitles("hi"), *subtitles("en"), "final.mkv"]
    done.make("out/demo/final.mkv", "CUES=other")
    assert ran(done) == []
    assert_undisturbed(done, otherwise)


def test_a_film_made_while_another_make_is_about_to_replace_its_subtitles_is_made_again(
    done: Workspace, otherwise: Workspace
) -> None:
    """The film was made after those subtitles were written, but before they were in place: it holds the old ones."""
    (done.folder / FILM / "final.mkv").unlink()
    first = Running(done, "out/demo/final.mkv", HOLD=f"work {FILM}final.mkv")
    first.stage_at("final.mkv")
    second = Running(done, "out/demo/final.mkv", "CUES=other", HOLD=f"recorded {FILM}en.srt")
    second.stage_at("en.srt")
    release(done, "final.mkv")
    assert first.end() == 0, first.said
    release(done, "en.srt")
    assert second.end() == 0, second.said
    done.make("out/demo/final.mkv", "CUES=other")
    assert results(done) == results(otherwise)


# --- a stage killed among many films; a full disk -------------------------------------------------------------------


@pytest.mark.parametrize(("number", "victim"), [(signal.SIGINT, "all"), (signal.SIGTERM, "make")])
def test_an_interrupted_batch_says_how_far_it_came_and_goes_on(
    done: Workspace, number: signal.Signals, victim: str
) -> None:
    (done.folder / FILM / "hi.srt").unlink()
    done.film("other", b"another film")
    make = Running(done, "batch", "SRC=hi", "TGT=en", "JOBS=1", HOLD=f"work {FILM}hi.srt")
    make.stage_at("hi.srt")
    make.kill(number, victim)
    make.end_of_all()
    assert make.process.returncode != 0
    assert "samvad: batch: interrupted: 0 of 2 films done. The same command goes on" in make.said
    assert "Traceback" not in make.said
    done.forget()
    assert "2 films: 2 done" in done.make("batch", "SRC=hi", "TGT=en").stdout
    assert len(done.ran) == len({FILM + "hi.srt", FILM + "hi.qc.json", FILM + "final.mkv"}) + RESULTS


def test_a_batch_says_which_film_had_its_stage_killed_and_makes_the_others(done: Workspace) -> None:
    shutil.copytree(done.folder / "out/demo", done.folder / "out/other")
    for film in ("demo", "other"):
        record = (done.folder / "out/demo/job.mk").read_text().replace(".demo", f".{film}")
        (done.folder / "out" / film / "job.mk").write_text(record)
        for file in ("hi.srt", "final.mkv"):
            (done.folder / "out" / film / file).unlink()
    done.film("other")
    make = Running(done, "batch", "JOBS=2", HOLD=f"work {FILM}hi.srt")
    os.kill(make.stage_at("hi.srt"), signal.SIGKILL)
    assert make.end() == 2
    lines = make.said.splitlines()
    line = "demo: export_subtitles.hi.srt: it ended without a word (killed, or no memory?)"
    assert f"  failed       {line} (log: out/demo/log/export_subtitles.hi.srt.log)" in lines
    assert any(line.startswith("samvad: batch: 2 films: 1 done, 1 failed") for line in lines), make.said
    assert "  done         other" in lines
    assert "Traceback" not in make.said
    assert sorted(done.ran) == [
        "out/demo/hi.srt",
        *(f"out/other/{file}" for file in ("final.mkv", "hi.qc.json", "hi.srt")),
    ]
    release(done, "hi.srt")
    assert "1 done, 1 up to date" in done.make("batch").stdout
    assert done.ran == ["out/demo/hi.srt", "out/demo/hi.qc.json", "out/demo/final.mkv"]


#: The film is made on a disk that is full, then has a little room, then a little more; at last there is enough.
FULL = """
mount -t tmpfs -o size=1m samvad out
head -c 1m /dev/zero > out/filler 2>/dev/null
attempt=0
while [ $attempt -lt $ATTEMPTS ]; do
    "$@" > said.$attempt 2>&1
    echo $? > code.$attempt
    cp -R out/. after.$attempt
    truncate -s -$ROOM out/filler
    attempt=$((attempt + 1))
done
rm out/filler
"$@" > said.last 2>&1
cp -R out/. after.last
"""


#: As many as leave room for all but the last files; a file of this file system takes at least 4096 bytes.
ATTEMPTS, ROOM = 19, 3 * 4096


@pytest.fixture(scope="module")
def full_disk(undisturbed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """said.N, code.N and after.N of every attempt; out/ as the last one left it."""
    allowed = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    if allowed.returncode:
        pytest.skip(f"no file system of one's own can be had here: {allowed.stderr}")
    workspace = copied(undisturbed, tmp_path_factory.mktemp("full") / "w")
    shutil.rmtree(workspace.folder / "out")
    for name in ["out", "after.last", *(f"after.{number}" for number in range(ATTEMPTS))]:
        (workspace.folder / name).mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(
        ["unshare", "-rm", "sh", "-c", FULL, "sh", workspace.program, *DEMO, "CUES=plain"],
        cwd=workspace.folder,
        env={**environment, "ROOM": str(ROOM), "ATTEMPTS": str(ATTEMPTS)},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    shutil.copytree(workspace.folder / "after.last", workspace.folder / "out", symlinks=True, dirs_exist_ok=True)
    return workspace


def test_a_full_disk_leaves_no_half_result_and_the_same_command_finishes_once_there_is_room(
    full_disk: Workspace, undisturbed: Workspace
) -> None:
    like = results(undisturbed)
    finished: set[str] = set()
    for number in range(ATTEMPTS):
        said = (full_disk.folder / f"said.{number}").read_text()
        assert (full_disk.folder / f"code.{number}").read_text() == "2\n", said
        assert "Traceback" not in said
        after = full_disk.folder / f"after.{number}/demo"
        found = {path.name: path.read_bytes() for path in after.glob("*") if path.is_file()} if after.exists() else {}
        assert found == {name: like[name] for name in found}, said
        assert finished <= found.keys(), said
        finished = set(found)
    assert "samvad: probe: demo: no space left on the disk. Make room and type the same command again" in "".join(
        (full_disk.folder / f"said.{number}").read_text() for number in range(ATTEMPTS)
    )
    assert results(full_disk) == like


def test_a_full_disk_is_said_in_one_line_whatever_had_no_room(full_disk: Workspace) -> None:
    for number in range(ATTEMPTS):
        said = (full_disk.folder / f"said.{number}").read_text()
        assert len(re.findall("no space left on the disk", said)) == 1, said


def test_a_full_disk_leaves_nothing_half_written(full_disk: Workspace) -> None:
    assert [path.name for path in (full_disk.folder / "out").rglob(".part-*")] == []
