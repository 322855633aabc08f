"""What is damaged, odd or in the wrong place is named in a line, and stops nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import DEMO, RESULTS, Workspace


def test_one_damaged_film_does_not_stop_the_others(done: Workspace) -> None:
    for slug in ("a", "b", "c"):
        done.film(slug, slug.encode())
    done.make("batch", "SRC=hi", "TGT=en")
    out = done.folder / "out"
    (out / "a/job.mk").write_bytes(b"\xff\xfe\n")
    (out / "b/run/asr.json").write_text("[]")
    (out / "b/transcript.json").unlink()
    with (out / ".history/films.jsonl").open("ab") as file:
        file.write(b'["demo", "\xe0\xa4\n\xff\n[]\n')
    os.mkfifo(done.folder / "media/pipe.mkv")
    (out / "c/hi.srt").unlink()
    done.forget()
    said = done.make("batch", "SRC=hi", "TGT=en", code=2)
    assert "2 done, 1 up to date, 2 left out" in said.stdout and "Traceback" not in said.stderr
    assert "out/a/job.mk:1: only plain lines of the form NAME := value can stand here" in said.stdout
    assert "media/pipe.mkv is no file" in said.stdout
    listed = done.make("films").stdout
    assert "media/pipe.mkv is no file" in listed and "up to date" in listed


def test_a_film_changed_in_its_middle_is_another_film(done: Workspace) -> None:
    film = done.film("demo", bytes(300_000))
    done.make(*DEMO)
    done.forget()
    content = bytearray(film.read_bytes())
    content[140_000:160_000] = b"x" * 20_000
    film.write_bytes(content)
    done.make(*DEMO)
    assert len(done.ran) == RESULTS


@pytest.mark.parametrize("folder", [".stamp", "run", "log"])
def test_a_link_inside_a_films_folder_is_not_followed(done: Workspace, tmp_path: Path, folder: str) -> None:
    inside, outside = done.folder / "out/demo" / folder, tmp_path / "outside"
    inside.rename(outside)
    inside.symlink_to(outside)
    before = sorted(outside.iterdir())
    said = done.make("clean-stage", "STAGE=asr", code=2).stderr
    assert f"out/demo/{folder} is a link to somewhere else: nothing is removed there" in said
    assert sorted(outside.iterdir()) == before


@pytest.mark.parametrize("change", ["TRACK=1", "code", "touch"])
def test_a_tidied_films_sound_is_as_old_as_it_was_only_if_nothing_before_it_changed(
    done: Workspace, change: str
) -> None:
    done.make("tidy")
    if change == "code":
        script = done.folder / "stages/probe.py"
        script.write_text(script.read_text() + "# changed\n")
    elif change == "touch":
        os.utime(done.folder / "out/demo/media.json")
    done.make(*DEMO, *([change] if "=" in change else []))
    assert {"out/demo/speech.json", "out/demo/asr.json", "out/demo/final.mkv"} <= set(done.ran)
    done.make(*DEMO)
    assert done.ran == []


def test_batch_asks_though_a_light_stage_was_repeated_for_the_code_already(done: Workspace) -> None:
    script = done.folder / "stages/demux.py"
    script.write_text(script.read_text() + "# changed\n")
    done.make("out/demo/audio.wav")
    done.forget()
    assert "because of code or a lock alone: demo" in done.make("batch", code=2).stderr
    assert done.ran == []
    done.make("batch", "CONFIRM=1")
    assert "out/demo/asr.json" in done.ran


def test_batch_asks_nothing_when_a_wanted_change_was_interrupted(done: Workspace) -> None:
    done.make("out/demo/audio.wav", "TRACK=1")
    done.make("batch")
    assert "out/demo/asr.json" in done.ran


def test_a_film_that_is_gone_with_its_title_stays_current(workspace: Workspace, tmp_path: Path) -> None:
    film = tmp_path / "दंगल.mkv"
    film.write_bytes(b"a film")
    workspace.make("import", f"FILE={film}")
    workspace.make("out/dangal/final.mkv", "SRC=hi", "TGT=en")
    for path in (workspace.folder / "media").glob("dangal.*"):
        path.unlink()
    workspace.forget()
    workspace.make("out/dangal/final.mkv")
    assert workspace.ran == []
    assert "gone; up to date" in workspace.make("films").stdout


def test_a_setting_is_taken_back_to_what_the_profile_says(done: Workspace) -> None:
    (done.folder / "config/models.local.json").write_text('{"asr/other/ct2": {"sources": []}}')
    done.make("out/demo/media.json", "ASR_MODEL=other")
    assert "other" in done.make("settings", "MOVIE=demo").stdout
    done.make("out/demo/media.json", "ASR_MODEL=")
    assert "ASR_MODEL     base" in done.make("settings", "MOVIE=demo").stdout
    done.forget()
    done.make("out/demo/final.mkv")
    assert done.ran == []


def test_what_is_not_meant_to_make_films_makes_none(done: Workspace) -> None:
    (done.folder / "out/demo/asr.json").unlink()
    for flag in ("-q", "-t", "-n"):
        done.make(flag, "batch", code=None)
    assert done.ran == [] and not (done.folder / "out/demo/asr.json").exists()
    said = done.make("batch", "MOVIE=demo", code=2).stderr
    assert "batch makes every film. For one: make subtitle MOVIE=demo" in said


def test_help_comes_in_any_locale(workspace: Workspace) -> None:
    said = workspace.make(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0").stdout
    assert "PYTEST" in said
    films, rest = said.partition("\nFilms\n")[2].partition("\nThe workspace\n")[::2]
    assert "  batch " in films and "  clean-stage" in films and "  envs " in rest
