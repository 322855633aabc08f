"""make batch: every film, independent failures, never more recipes than JOBS, one summary; films that come and go."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from .conftest import RESULTS, Workspace

#: A stage that notes when it began and ended.
TIMED = """
    with Path("when.log").open("a") as file:
        file.write(f"+ {time.time()} {stage_name} {target}\\n")
    time.sleep(0.6)
    with Path("when.log").open("a") as file:
        file.write(f"- {time.time()} {stage_name} {target}\\n")
"""


def timed(workspace: Workspace) -> None:
    """Every stage takes a while and says when; those of the table's heavy ones are heavy."""
    for script in (workspace.folder / "stages").glob("*.py"):
        text = script.read_text()
        body = TIMED.replace("stage_name", "Path(sys.argv[0]).stem")
        heavy = script.stem.startswith(("asr_", "translation_"))
        text = text.replace(
            "        note(str(target))\n", "        note(str(target))\n" + body.replace("\n    ", "\n        "), 1
        )
        text = text.replace("import sys\n", "import sys\nimport time\n", 1)
        script.write_text(text.replace("language=language,", f"language=language,\n        heavy={heavy},"))


def most_at_once(workspace: Workspace, stages: tuple[str, ...] = ("",)) -> int:
    events = [line.split() for line in (workspace.folder / "when.log").read_text().splitlines()]
    now = most = 0
    for sign, _, name, _ in sorted(events, key=lambda event: float(event[1])):
        if name.startswith(stages):
            now += 1 if sign == "+" else -1
            most = max(most, now)
    return most


def films(workspace: Workspace, *slugs: str) -> None:
    for slug in slugs:
        workspace.film(slug, f"the film {slug}".encode())


def test_every_film_is_made_and_the_summary_says_what_came_of_each(workspace: Workspace) -> None:
    films(workspace, "a", "b", "c")
    workspace.make("out/demo/final.mkv", "SRC=hi", "TGT=en")
    workspace.forget()
    said = workspace.make("batch", "SRC=hi", "TGT=en", "JOBS=2", code=2, FAIL="out/b/aligned.json")
    lines = said.stdout.splitlines()
    assert lines[-3].startswith("samvad: batch: 4 films: 2 done, 1 up to date, 1 failed in 0:")
    assert lines[-2] == "  done         a c"
    assert lines[-1] == (
        "  failed       b: alignment: it was told to fail. take FAIL away (log: out/b/log/alignment.log)"
    )
    assert {"out/a/final.mkv", "out/c/final.mkv"} <= set(workspace.ran)
    again = workspace.make("batch").stdout
    assert "samvad: batch: 4 films: 1 done, 3 up to date" in again
    assert workspace.ran[0] == "out/b/aligned.json"
    assert "4 films: 4 up to date" in workspace.make("batch").stdout


def test_no_more_recipes_than_jobs_and_no_more_heavy_ones_than_allowed(workspace: Workspace) -> None:
    films(workspace, "a", "b", "c", "d")
    timed(workspace)
    workspace.make("-j", "batch", "SRC=hi", "TGT=en", "JOBS=3", "HEAVY_JOBS=1")
    assert 2 <= most_at_once(workspace) <= 3
    assert most_at_once(workspace, ("asr_", "translation_")) == 1


def test_light_work_goes_on_while_a_heavy_stage_runs(workspace: Workspace) -> None:
    films(workspace, "a", "b", "c")
    timed(workspace)
    workspace.make("batch", "SRC=hi", "TGT=en", "JOBS=4", "HEAVY_JOBS=2")
    assert most_at_once(workspace, ("asr_", "translation_")) == 2
    assert most_at_once(workspace) >= 3


def test_a_dry_run_shows_what_the_batch_would_run(workspace: Workspace) -> None:
    films(workspace, "a")
    said = workspace.make("-n", "batch", "SRC=hi", "TGT=en").stdout
    assert "--media media/a.mkv" in said and "--media media/demo.mkv" in said
    assert not (workspace.folder / "out").exists()


def test_run_options_reach_the_work_and_settings_are_checked(workspace: Workspace) -> None:
    said = workspace.make("batch", "SRC=hi", "TGT=en", "V=1", "DEVICE=cpu", "COMPUTE=float32", "ASR_BACKEND=whisperx")
    assert "envs/whisperx/bin/python stages/asr_whisperx.py" in said.stdout and "--compute float32" in said.stdout
    films(workspace, "a")
    assert "left out" in workspace.make("batch", "SRC=xx", code=2).stdout
    assert "unknown WORKFLOW 'nope'" in workspace.make("batch", "WORKFLOW=nope", code=2).stderr


def test_a_workflow_ends_where_it_says(workspace: Workspace) -> None:
    workspace.make("batch", "SRC=hi", "WORKFLOW=transcribe")
    assert workspace.ran[-1] == "out/demo/hi.srt"
    workspace.make("batch", "WORKFLOW=transcribe")
    assert workspace.ran == []
    workspace.make("batch", "TGT=en", "WORKFLOW=translate")  # recorded: SRC=hi alone; the usual target is English
    assert "out/demo/en.srt" in workspace.ran


def test_films_that_cannot_be_made_are_left_out_by_name(done: Workspace) -> None:
    films(done, "new")
    done.film("Big Film")
    (done.folder / "media/folder.mkv").mkdir()
    answer = done.make("batch", code=2).stdout
    assert "samvad: batch: 3 films: 1 up to date, 2 left out" in answer
    assert "left out     new: which language is spoken in 'new'? Type SRC=hi, or let it listen: make detect" in answer
    assert "left out     media/Big Film.mkv: no name for a film. Type: make import FILE='media/Big Film.mkv'" in answer


def test_time_left_is_estimated_from_what_was_measured(workspace: Workspace) -> None:
    """The stub's media.json has no length: here it says 100 s, and the stages' factors are known."""
    history = workspace.folder / "out/.history"
    history.mkdir(parents=True)
    known = [
        [stage, model, seconds, 100.0]
        for stage, model, seconds in (
            ("asr.whisperx", "asr/base/ct2", 3600.0),
            ("translation.whisper", "asr/base/ct2", 0.0),
        )
    ]
    (history / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in known))
    films(workspace, "a", "b")
    for slug in ("a", "b", "demo"):
        (workspace.folder / "out" / slug).mkdir()
    script = workspace.folder / "stages/probe.py"
    script.write_text(script.read_text().replace("return text.encode()", "return b'{\"duration\": 100}'"))
    asr = workspace.folder / "stages/asr_whisperx.py"
    asr.write_text(
        asr.read_text().replace(
            "note(str(target))", 'note(str(target)); __import__("time").sleep(4 * ("/a/" not in str(target)))'
        )
    )
    said = workspace.make("batch", "SRC=hi", "TGT=en", "JOBS=1").stderr
    lines = [line for line in said.splitlines() if "left" in line]
    # Recognition once took 36 times the film, the film just done next to nothing: 18 times, for two films.
    assert lines[0] == "samvad: batch: 1 of 3 films done, about 1:00:00 left"
    assert len(lines) == 2


# --- films that come and go ------------------------------------------------------------------------------


def test_a_film_taken_out_of_media_keeps_its_results_and_is_listed_as_gone(done: Workspace) -> None:
    (done.folder / "media/demo.mkv").unlink()
    done.make("out/demo/final.mkv")
    assert done.ran == []
    assert "gone         demo: results stay in out/" in done.make("batch").stdout
    assert "demo                     gone; up to date (hi → en, embedded)" in done.make("films").stdout
    # What needs no film can still be made anew; what does says so.
    (done.folder / "out/demo/en.srt").unlink()
    done.make("out/demo/en.srt")
    assert done.ran == ["out/demo/en.srt"]


def test_an_unplugged_disk_is_named_and_what_was_made_stays_current(done: Workspace, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    film = disk / "demo.mkv"
    (done.folder / "media/demo.mkv").rename(film)
    (done.folder / "media/demo.mkv").symlink_to(film)
    (disk / "new.mkv").write_bytes(b"a new film")
    (done.folder / "media/new.mkv").symlink_to(disk / "new.mkv")
    done.make("batch", code=2)  # new has no language yet
    disk.rename(tmp_path / "unplugged")
    said = done.make("batch", "SRC=hi", code=2).stdout
    assert "2 films: 1 up to date, 1 left out" in said
    assert "unplugged    demo: results stay in out/" in said
    assert (
        "left out     new: media/new.mkv cannot be reached: it points at a file that is not there. Plug its disk in"
        in said
    )
    listed = done.make("films").stdout
    assert "not reachable; up to date" in listed
    said = done.make("out/new/final.mkv", "SRC=hi", code=2).stderr
    assert "media/new.mkv cannot be reached" in said and len(said.strip().splitlines()) == 1
    assert done.ran == []
    (tmp_path / "unplugged").rename(disk)
    done.make("batch", "SRC=hi")
    assert "out/new/final.mkv" in done.ran and not [name for name in done.ran if "/demo/" in name]


def test_ten_thousand_films_are_looked_up_not_read(done: Workspace) -> None:
    """The identity of a film as it was seen is believed by inode, size and time: its bytes are not read again."""
    film = done.folder / "media/demo.mkv"
    done.make("batch")  # a copy has another inode: now it is known
    before = film.stat()
    film.write_bytes(b"A FILM")
    os.utime(film, ns=(before.st_mtime_ns, before.st_mtime_ns))
    done.make("out/demo/final.mkv")
    assert done.ran == []
    os.utime(film)
    done.make("out/demo/final.mkv")
    assert len(done.ran) == RESULTS


@pytest.mark.parametrize(
    "name", ['It\'s $(touch pwned) `x` "y" = #1 % दंगल.mkv', "-film\nof two lines.MKV", "स" * 66 + ".mkv"]
)
def test_a_film_of_any_name_is_imported_and_made(workspace: Workspace, tmp_path: Path, name: str) -> None:
    film = tmp_path / "films" / name
    film.parent.mkdir()
    film.write_bytes(b"a film of another name")
    said = workspace.make("import", f"FILE={film}", "SRC=hi", "TGT=en").stdout
    slug = said.splitlines()[-1].partition("out/")[2].partition("/")[0]
    assert f"make out/{slug}/final.mkv" in said
    assert (workspace.folder / "media" / f"{slug}.mkv").resolve() == film
    workspace.make("batch", "SRC=hi", "TGT=en")
    assert f"out/{slug}/final.mkv" in workspace.ran
    assert not list(workspace.folder.rglob("pwned")) and not list(tmp_path.glob("pwned"))
    title = json.loads((workspace.folder / "media" / f"{slug}.json").read_text())["title"]
    shown = workspace.make("settings", f"MOVIE={slug}").stdout
    assert f"title         {title}" in shown
    record = json.loads((workspace.folder / "out" / slug / "run/mux.json").read_text())
    assert record["key"]["values"]["title"] == title
    time.sleep(0.01)
    workspace.make("batch")
    assert workspace.ran == []
