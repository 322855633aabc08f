"""clean-stage, clean, tidy: each forgets what it says, and nothing outside out/."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from .conftest import DEMO, RESULTS, Workspace


def names(workspace: Workspace) -> set[str]:
    return {str(path.relative_to(workspace.folder)) for path in (workspace.folder / "out").rglob("*")}


def forget_asr(workspace: Workspace) -> str:
    return workspace.make("clean-stage", "STAGE=asr").stdout


def test_a_forgotten_stage_runs_again_with_all_that_follows(done: Workspace) -> None:
    journal = done.folder / "out/demo/.journal/asr.json"
    journal.mkdir(parents=True)
    (journal / "00001.json").write_text("{}")
    (journal.parent / "speech.json").mkdir()
    before = names(done)
    assert forget_asr(done) == "  demo: asr.json\nsamvad: clean-stage: 1 result of asr forgotten\n"
    left = {name for name in before - names(done) if "@" not in name}
    assert left == {
        "out/demo/asr.json",
        "out/demo/run/asr.json",
        "out/demo/log/asr.log",
        "out/demo/.journal/asr.json",
        "out/demo/.journal/asr.json/00001.json",
    }
    done.make(*DEMO)
    ran = done.ran
    assert ran[0] == "out/demo/asr.json" and ran[-1] == "out/demo/final.mkv" and len(ran) == 12


def test_a_stage_is_forgotten_in_one_film_or_in_all_and_in_every_language(done: Workspace) -> None:
    shutil.copytree(done.folder / "out/demo", done.folder / "out/other")  # a film that is gone
    done.make("clean-stage", "STAGE=subtitle_generation", "MOVIE=demo")
    out = done.folder / "out"
    assert not (out / "demo/hi.cues.json").exists() and not (out / "demo/en.cues.json").exists()
    assert (out / "other/hi.cues.json").exists() and (out / "demo/en.json").exists()
    done.make("clean-stage", "STAGE=translation")
    assert not list(out.glob("*/en.json")) and (out / "other/en.srt").exists()


def test_an_engines_results_are_forgotten_by_its_own_name_only(done: Workspace) -> None:
    done.make("clean-stage", "STAGE=translation.indictrans2")
    assert (done.folder / "out/demo/en.json").exists()
    done.make("clean-stage", "STAGE=translation.whisper")
    assert not (done.folder / "out/demo/en.json").exists()


def test_a_film_is_cleaned_but_for_its_settings(done: Workspace) -> None:
    shutil.copytree(done.folder / "out/demo", done.folder / "out/other")
    (done.folder / "out/demo/.sidecars.json").write_text("{}")
    said = done.make("clean", "MOVIE=demo").stdout
    assert "of demo removed" in said
    assert sorted(path.name for path in (done.folder / "out/demo").iterdir()) == [".sidecars.json", "job.mk"]
    assert (done.folder / "out/other/asr.json").exists()
    done.make("clean", "MOVIE=other")  # not in media/: nothing could use its settings
    assert not (done.folder / "out/other").exists()
    done.make("out/demo/final.mkv")
    assert len(done.ran) == RESULTS


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["clean", "MOVIE=.."], "'..' is no film's name"),
        (["clean", "MOVIE=../media"], "'../media' is no film's name"),
        (["clean", "MOVIE=."], "'.' is no film's name"),
        (["clean"], "which film? Type: make clean MOVIE=demo"),
        (["clean", "MOVIE=.lock"], "is no film's name"),
        (["clean-stage", "STAGE=asr", "MOVIE=.."], "'..' is no film's name"),
        (["clean-stage", "STAGE=../../media"], "STAGE=… is one of: alignment asr"),
        (["tidy", "MOVIE=/"], "'/' is no film's name"),
        (["clean-stage", "STAGE=asr", "out/demo/final.mkv"], "'clean-stage' stands alone"),
        (["out/demo/final.mkv", "tidy"], "'tidy' stands alone"),
        (["clean", "batch", "MOVIE=demo"], "stands alone"),
    ],
)
def test_nothing_else_can_be_removed(done: Workspace, arguments: list[str], line: str) -> None:
    before = sorted(path for path in done.folder.rglob("*") if "__pycache__" not in path.parts)
    assert line in done.make(*arguments, code=2).stderr
    assert sorted(path for path in done.folder.rglob("*") if "__pycache__" not in path.parts) == before


def test_links_are_removed_themselves_and_never_followed(done: Workspace, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    for name in ("asr.json", "audio.wav", "final.mkv", "job.mk"):
        (precious / name).write_text("precious")
    out = done.folder / "out"
    (out / "elsewhere").symlink_to(precious)
    for arguments in (["clean", "MOVIE=elsewhere"], ["clean-stage", "STAGE=asr"], ["tidy"]):
        assert "out/elsewhere is a link to somewhere else" in done.make(*arguments, code=2).stderr
    (out / "elsewhere").unlink()
    (out / "demo/asr.json").unlink()
    (out / "demo/asr.json").symlink_to(precious / "asr.json")
    (out / "demo/.journal").mkdir()
    (out / "demo/.journal/asr.json").symlink_to(precious)
    (out / "demo/more").symlink_to(precious)
    forget_asr(done)
    assert not os.path.lexists(out / "demo/asr.json") and not os.path.lexists(out / "demo/.journal/asr.json")
    done.make("clean", "MOVIE=demo")
    assert sorted(path.name for path in precious.iterdir()) == ["asr.json", "audio.wav", "final.mkv", "job.mk"]
    assert {path.read_text() for path in precious.iterdir()} == {"precious"}


def test_a_result_that_is_being_made_is_not_forgotten(done: Workspace) -> None:
    import fcntl

    with (done.folder / "out/demo/.lock/asr.json").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "out/demo/asr.json is being made just now" in done.make("clean-stage", "STAGE=asr", code=2).stderr
        assert "is being made just now" in done.make("clean", "MOVIE=demo", code=2).stderr
    assert (done.folder / "out/demo/asr.json").exists()


# --- tidy ----------------------------------------------------------------------------------------------


def test_a_tidied_film_stays_finished_and_needs_its_sound_only_when_something_does(done: Workspace) -> None:
    audio = done.folder / "out/demo/audio.wav"
    before = audio.read_bytes(), audio.stat().st_mtime_ns
    done.make("tidy")
    assert not audio.exists()
    done.make(*DEMO)
    done.make("batch")
    assert done.ran == []
    done.make("out/demo/asr.json")
    assert done.ran == []
    script = done.folder / "stages/alignment.py"
    script.write_text(script.read_text() + "# changed\n")
    done.make(*DEMO)
    ran = done.ran
    assert ran[:2] == ["out/demo/audio.wav", "out/demo/aligned.json"]
    assert not {"out/demo/speech.json", "out/demo/asr.json"} & set(ran)
    assert (audio.read_bytes(), audio.stat().st_mtime_ns) == before
    done.make(*DEMO)
    assert done.ran == []


def test_a_tidied_film_that_was_replaced_is_made_anew(done: Workspace) -> None:
    done.make("tidy", "MOVIE=demo")
    done.film("demo", b"another film")
    done.make(*DEMO)
    assert len(done.ran) == RESULTS
    assert (done.folder / "out/demo/audio.wav").exists()
    assert not (done.folder / "out/demo/.tidied/audio.wav").exists()


def test_a_forgotten_stage_of_a_tidied_film(done: Workspace) -> None:
    done.make("tidy")
    done.make("clean-stage", "STAGE=demux")
    done.make(*DEMO)
    assert done.ran[0] == "out/demo/audio.wav" and len(done.ran) == 0


def test_an_unfinished_film_keeps_its_intermediates(done: Workspace) -> None:
    (done.folder / "out/demo/en.srt").unlink()
    assert "0.0 MB freed in 0 films" in done.make("tidy").stdout
    assert (done.folder / "out/demo/audio.wav").exists()
    time.sleep(0.01)
    done.make(*DEMO)
    done.forget()
    assert "freed in 1 film" in done.make("tidy").stdout
