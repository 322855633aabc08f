"""make why names the change, make accept spares what a person judges harmless, batch asks before it repeats hours."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from workspace.files import digest_of

from .conftest import DEMO, Workspace, subtitles


def why(workspace: Workspace, *arguments: str) -> dict[str, str]:
    """Stage → reasons."""
    lines = workspace.make("why", "MOVIE=demo", *arguments).stdout.splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if line.startswith("  "))


def change(path: Path) -> None:
    path.write_text(path.read_text() + "# changed\n")


def test_nothing_to_do_is_said(done: Workspace) -> None:
    assert done.make("why", "MOVIE=demo").stdout == "samvad: demo: everything is up to date\n"


def test_every_kind_of_change_is_named_old_to_new(done: Workspace) -> None:
    (done.folder / "config/models.local.json").write_text('{"asr/large-v3/ct2": {"sources": []}}')
    found = why(done, "ASR_MODEL=large-v3")
    assert found["asr"] == "model base → large-v3 (ASR_MODEL)"
    assert found["alignment"] == "follows asr.json"
    assert found["translation.en"] == "model base → large-v3 (ASR_MODEL); follows transcript.json"
    assert "probe" not in found and found["first"] == "model asr/large-v3/ct2"

    lock = done.folder / "envs/whisperx.lock"
    before = lock.read_bytes()
    change(lock)
    found = why(done)
    assert found["speech"] == "envs/whisperx.lock changed"
    assert found["first"] == "environment whisperx"
    lock.write_bytes(before)

    change(done.folder / "stages/asr_whisperx.py")
    assert why(done)["asr"] == "stages/asr_whisperx.py changed"
    (done.folder / "out/demo/en.srt").unlink()
    assert why(done)["export_subtitles.en.srt"].startswith("en.srt is missing")
    assert why(done, "TGT=")["mux"].startswith("TGT en → –")
    assert why(done, "TRACK=1")["probe"] == "TRACK – → 1"
    done.film("demo", b"another film")
    assert why(done)["probe"] == "the film was replaced"


def test_what_a_person_wrote_for_the_film_is_named(done: Workspace) -> None:
    folder = done.folder / "config/films/demo"
    folder.mkdir(parents=True)
    for name, stage in (("names.txt", "asr"), ("hi.edits.tsv", "export_transcript")):
        file = folder / name
        file.write_text("1\tone\ttwo\n")
        assert why(done)[stage] == f"config/films/demo/{name} is new"
        done.make(*DEMO)
        file.write_text("1\tone\tthree\n")
        assert why(done)[stage] == f"config/films/demo/{name} changed"
        file.unlink()
        assert why(done)[stage] == f"config/films/demo/{name} is used no more"
        done.make(*DEMO)
        assert why(done) == {}


def test_accept_hides_nothing_that_a_person_wrote(done: Workspace) -> None:
    folder = done.folder / "config/films/demo"
    folder.mkdir(parents=True)
    (folder / "names.txt").write_text("Mohan\n")
    done.make(*DEMO)
    change(done.folder / "stages/asr_whisperx.py")
    (folder / "names.txt").write_text("Sohan\n")
    said = done.make("accept", "STAGE=asr").stdout
    assert "asr.json is not accepted: config/films/demo/names.txt changed; stages/asr_whisperx.py changed" in said
    (folder / "names.txt").write_text("Mohan\n")
    done.forget()
    done.make("accept", "STAGE=asr")
    done.make(*DEMO)
    assert done.ran == []


def test_a_film_never_made_and_one_workflow_only(workspace: Workspace) -> None:
    found = why(workspace, "SRC=hi", "WORKFLOW=transcribe")
    assert found["asr"].startswith("never made") and "translation.en" not in found
    assert "subtitle_generation.hi" in found


def test_why_and_a_dry_run_write_nothing(done: Workspace) -> None:
    change(done.folder / "stages/asr_whisperx.py")
    before = written(done)
    done.make("why", "MOVIE=demo", "CUES=plain")
    done.make("-n", *DEMO)
    done.make("-n", "batch")
    done.make("films")
    assert done.make("-q", "out/demo/final.mkv", code=1)
    assert written(done) == before and done.ran == []


def written(workspace: Workspace) -> dict[str, int]:
    """Everything but what Python caches of its modules, with its times."""
    found = [
        path for path in workspace.folder.rglob("*") if "__pycache__" not in path.parts and "envs" not in path.parts
    ]
    return {str(path): path.lstat().st_mtime_ns for path in found if path.name != "__pycache__" and path.is_file()}


# --- accept ------------------------------------------------------------------------------------------------


def test_accept_spares_a_stage_after_a_harmless_change(done: Workspace) -> None:
    script = done.folder / "stages/asr_whisperx.py"
    change(script)
    before = json.loads((done.folder / "out/demo/run/asr.json").read_text())["key"]
    said = done.make("accept", "STAGE=asr", "MOVIE=demo").stdout
    assert said == "samvad: accept: 1 result accepted\n"
    done.make(*DEMO)
    assert done.ran == []
    record = json.loads((done.folder / "out/demo/run/asr.json").read_text())
    assert record["accepted"][0]["key"] == before
    assert record["key"]["values"]["stages/asr_whisperx.py"] == digest(script)
    change(script)  # the next change counts again
    done.make(*DEMO)
    assert done.ran[0] == "out/demo/asr.json"


def digest(path: Path) -> str:
    digest_of.cache_clear()
    return digest_of(path)


def test_accept_all_spares_every_stage_after_a_change_that_concerns_all(done: Workspace) -> None:
    change(done.folder / "stages/samvad/stage.py")
    said = done.make("accept", "STAGE=asr").stdout
    assert "asr.json stands, but audio.wav before it is due" in said
    done.make("accept", "STAGE=all")
    done.make(*DEMO)
    assert done.ran == []


def test_accept_hides_no_changed_input(done: Workspace) -> None:
    change(done.folder / "stages/asr_whisperx.py")
    (done.folder / "config/models.local.json").write_text('{"asr/other/ct2": {"sources": []}}')
    with (done.folder / "out/demo/job.mk").open("a") as file:
        file.write("ASR_MODEL.demo := other\n")
    said = done.make("accept", "STAGE=asr").stdout
    assert "demo: asr.json is not accepted: model base → other (ASR_MODEL); stages/asr_whisperx.py changed" in said
    assert "0 results accepted, 1 not" in said
    os.utime(done.folder / "out/demo/aligned.json")
    change(done.folder / "stages/export_transcript.py")
    said = done.make("accept", "STAGE=export_transcript").stdout
    assert "transcript.json is not accepted: stages/export_transcript.py changed; follows aligned.json" in said
    done.make(*DEMO)
    assert {"out/demo/asr.json", "out/demo/transcript.json"} <= set(done.ran)


def test_accept_hides_no_other_film(done: Workspace) -> None:
    done.film("demo", b"another film")
    change(done.folder / "stages/demux.py")
    said = done.make("accept", "STAGE=all").stdout
    assert "media.json is not accepted: the film was replaced" in said
    done.make(*DEMO)
    assert "out/demo/audio.wav" in done.ran


def test_accept_of_an_interrupted_rerun_takes_the_old_result(done: Workspace) -> None:
    change(done.folder / "stages/asr_whisperx.py")
    done.make(*DEMO, code=2, FAIL="out/demo/asr.json")
    done.forget()
    done.make("accept", "STAGE=asr")
    done.make(*DEMO)
    assert done.ran == []


def test_accept_and_clean_stage_know_the_stages(done: Workspace) -> None:
    for command in ("accept", "clean-stage"):
        for stage in ("", "nope", "..", "fetch_model"):
            said = done.make(command, f"STAGE={stage}", code=2).stderr
            assert "STAGE=" in said and "subtitle_generation" in said


# --- batch asks first -----------------------------------------------------------------------------------


def slow_record(workspace: Workspace, slug: str, stage: str, seconds: float) -> None:
    """As if the stage had taken that long."""
    path = workspace.folder / "out" / slug / "run" / f"{stage}.json"
    record = json.loads(path.read_text())
    record["end"] = record["start"] + seconds
    path.write_text(json.dumps(record))


@pytest.mark.parametrize("file", ["stages/asr_whisperx.py", "envs/whisperx.lock", "stages/demux.py"])
def test_batch_asks_before_it_repeats_heavy_work_because_of_code_alone(done: Workspace, file: str) -> None:
    slow_record(done, "demo", "asr", 3600)
    slow_record(done, "demo", "translation.en", 1800)
    slow_record(done, "demo", "alignment", 0)
    change(done.folder / file)
    digest_of.cache_clear()
    (done.folder / "envs/whisperx" / f".built@{digest_of(done.folder / 'envs/whisperx.lock')}").touch()
    said = done.make("batch", code=2).stderr
    assert "asr, alignment, translation of 1 film would be repeated (1:30:00 of work)" in said
    assert "because of code or a lock alone: demo" in said and "make batch CONFIRM=1" in said and "make accept" in said
    assert done.ran == []
    done.make("batch", "CONFIRM=1")
    assert "out/demo/asr.json" in done.ran


def test_batch_asks_nothing_for_light_work_or_for_what_was_asked(done: Workspace) -> None:
    change(done.folder / "stages/subtitle_generation.py")
    done.make("batch")
    assert sorted(done.ran) == sorted(f"out/demo/{file}" for file in [*subtitles("en"), *subtitles("hi"), "final.mkv"])
    (done.folder / "config/models.local.json").write_text('{"asr/other/ct2": {"sources": []}}')
    with (done.folder / "out/demo/job.mk").open("a") as file:
        file.write("ASR_MODEL.demo := other\n")
    change(done.folder / "stages/asr_whisperx.py")
    done.make("batch")
    assert "out/demo/asr.json" in done.ran
