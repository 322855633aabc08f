"""What runs after a change is exactly what the change concerns: Snakemake's five triggers, forth and back."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from workspace.files import digest_of

from .conftest import DEMO, Workspace, subtitles

EVERYTHING = {
    "media.json",
    "audio.wav",
    "speech.json",
    "asr.json",
    "aligned.json",
    "songs.json",
    "transcript.json",
    "shots.json",
    *subtitles("hi"),
    "en.json",
    "en.revised.json",
    *subtitles("en"),
    "final.mkv",
}
SUBTITLES = {*subtitles("hi"), *subtitles("en")}
FROM_ASR = EVERYTHING - {"media.json", "audio.wav", "speech.json", "songs.json", "shots.json"}
FROM_TRANSCRIPT = FROM_ASR - {"asr.json", "aligned.json"}
FROM_TRANSLATION = {"en.revised.json", *subtitles("en"), "final.mkv"}


def ran(workspace: Workspace) -> set[str]:
    """The results of demo that were made, each once; models aside."""
    made = [target.removeprefix("out/demo/") for target in workspace.ran if target.startswith("out/")]
    assert len(made) == len(set(made))
    return set(made)


def changed(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")


def local_models(workspace: Workspace, **models: object) -> None:
    known = {"asr/other/ct2": {"sources": [{"folder": "/nowhere"}]}, "mt/tiny/indic-indic": {"sources": []}}
    (workspace.folder / "config/models.local.json").write_text(json.dumps({**known, **models}))


@pytest.mark.parametrize(
    ("setting", "value", "back", "expected"),
    [
        ("CUES", "other", "plain", {*SUBTITLES, "final.mkv"}),
        ("AUDIENCE", "children", "adult", {*SUBTITLES, "final.mkv"}),
        ("SONGS", "drop", "keep", {*SUBTITLES, "final.mkv"}),
        ("ASR_MODEL", "other", "base", FROM_ASR),
        ("TRACK", "1", "", EVERYTHING),
        ("CHANNEL", "centre", "", EVERYTHING - {"media.json", "shots.json"}),
        ("VAD_THRESHOLD", "0.3", "0.4", EVERYTHING - {"media.json", "audio.wav", "songs.json", "shots.json"}),
        ("VAD_PADDING", ".6", "0.4", EVERYTHING - {"media.json", "audio.wav", "songs.json", "shots.json"}),
        ("TGT", "", "en", {"final.mkv"}),
    ],
)
def test_a_setting_reruns_what_depends_on_it_forth_and_back(
    done: Workspace, setting: str, value: str, back: str, expected: set[str]
) -> None:
    local_models(done)
    shutil.copy(done.folder / "config/cues/plain.toml", done.folder / "config/cues/other.toml")
    for said in (value, back):
        done.make("out/demo/final.mkv", f"{setting}={said}")
        assert ran(done) == expected
        done.make("out/demo/final.mkv")
        assert ran(done) == set()


def test_another_target_language_keeps_the_first_ones_files(done: Workspace) -> None:
    local_models(done, **{"mt/tiny/indic-en": {"sources": []}})
    kept = {name: (done.folder / "out/demo" / name).stat().st_mtime_ns for name in ("en.json", "en.srt", "asr.json")}
    engine = ("TRANSLATOR=indictrans2", "MT_MODEL=tiny")
    done.make("out/demo/final.mkv", "TGT=ta", *engine)
    assert ran(done) == {"sentences.json", "ta.json", "ta.revised.json", *subtitles("ta"), "final.mkv"}
    for name, before in kept.items():
        assert (done.folder / "out/demo" / name).stat().st_mtime_ns == before
    done.make("out/demo/final.mkv", "TGT=ta en")
    assert ran(done) == {"en.json", "en.revised.json", *subtitles("en"), "final.mkv"}  # by another engine than before
    done.make("out/demo/final.mkv", "TGT=en ta")
    assert ran(done) == {"final.mkv"}  # the other one is the default track now


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("stages/asr_whisperx.py", FROM_ASR),
        ("stages/songs.py", FROM_TRANSCRIPT | {"songs.json"}),
        ("stages/subtitle_generation.py", {*SUBTITLES, "final.mkv"}),
        ("stages/qc.py", {"hi.qc.json", "en.qc.json", "final.mkv"}),
        ("stages/shots.py", {"shots.json", *SUBTITLES, "final.mkv"}),
        ("stages/samvad/cues.py", {"final.mkv"}),  # the stubs import nothing but the run around them …
        ("stages/samvad/stage.py", EVERYTHING),  # … which is in every stage's code
        ("config/cues/plain.toml", {*SUBTITLES, "final.mkv"}),
        ("config/cues/plain-Deva.toml", {*subtitles("hi"), "final.mkv"}),
        ("envs/whisperx.lock", EVERYTHING - {"media.json", "audio.wav", "shots.json"}),
        ("envs/common.lock", EVERYTHING),
        ("envs/mlx.lock", set()),
        ("mk/batch.py", set()),
    ],
)
def test_a_changed_file_reruns_the_stages_that_use_it_forth_and_back(
    done: Workspace, file: str, expected: set[str]
) -> None:
    path = done.folder / file
    before = path.read_bytes()
    if file == "stages/samvad/cues.py":
        mux = done.folder / "stages/mux.py"
        mux.write_text(mux.read_text().replace("from samvad import stage", "from samvad import cues, stage"))
        done.make(*DEMO)
        assert ran(done) == {"final.mkv"}
    for content in (before + b"# changed\n", before):
        path.write_bytes(content)
        built(done)
        done.make(*DEMO)
        assert ran(done) == expected
        done.make(*DEMO)
        assert ran(done) == set()


def built(workspace: Workspace) -> None:
    """Every environment counts as built from its lock as it is."""
    for lock in (workspace.folder / "envs").glob("*.lock"):
        digest_of.cache_clear()
        (workspace.folder / "envs" / lock.stem / f".built@{digest_of(lock)}").touch()


def test_a_changed_recipe_reruns_its_stage(done: Workspace) -> None:
    pipeline = done.folder / "mk/pipeline.mk"
    pipeline.write_text(
        pipeline.read_text().replace("$(call run,export_transcript,", "$(call run,export_transcript,--new yes ")
    )
    done.make(*DEMO)
    assert "transcript.json" in ran(done)


def test_touching_or_checking_out_what_did_not_change_reruns_nothing(done: Workspace) -> None:
    for path in [*done.folder.rglob("*.py"), *done.folder.rglob("*.lock"), *done.folder.rglob("*.toml")]:
        os.utime(path)
    film = done.folder / "media/demo.mkv"
    content = film.read_bytes()
    film.unlink()
    film.write_bytes(content)  # another inode, another date
    done.make(*DEMO)
    assert ran(done) == set()


@pytest.mark.parametrize("age", [1, None])
def test_another_film_of_that_name_reruns_everything_whatever_its_date(done: Workspace, age: float | None) -> None:
    film = done.film("demo", b"a flim")  # as long as the other one
    if age:
        os.utime(film, (age, age))
    done.make(*DEMO)
    assert ran(done) == EVERYTHING
    done.film("demo", b"a film")
    done.make(*DEMO)
    assert ran(done) == EVERYTHING


def test_a_result_touched_by_hand_reruns_what_is_made_of_it(done: Workspace) -> None:
    time.sleep(0.01)
    os.utime(done.folder / "out/demo/transcript.json")
    done.make(*DEMO)
    assert ran(done) == {*SUBTITLES, "en.json", "en.revised.json", "final.mkv"}


def test_code_that_changes_while_make_runs_counts_for_what_runs_after_it(workspace: Workspace) -> None:
    """A stage that begins after the change gets the newer code's stamp, one that was done is made again."""
    change = workspace.folder / "change.sh"
    change.write_text("for name in export_transcript demux; do echo '# changed' >> stages/$name.py; done\n")
    script = workspace.folder / "stages/asr_whisperx.py"
    script.write_text(script.read_text().replace("note(str(target))", "note(str(target)); os.system('sh change.sh')"))
    workspace.make(*DEMO)
    workspace.forget()
    change.write_text("")
    workspace.make(*DEMO)
    assert ran(workspace) == EVERYTHING - {"media.json", "shots.json"}
    workspace.make(*DEMO)
    assert ran(workspace) == set()
    script = workspace.folder / "stages/export_transcript.py"
    script.write_text(script.read_text().replace("note(str(target))", "note(str(target)); os.system('sh change.sh')"))
    change.write_text("echo '# changed' >> stages/mux.py\n")
    workspace.make(*DEMO)
    workspace.forget()
    workspace.make(*DEMO)
    assert ran(workspace) == set()


def test_a_film_that_changes_while_make_runs_stops_it_with_one_line(workspace: Workspace) -> None:
    script = workspace.folder / "stages/asr_whisperx.py"
    line = "note(str(target)); os.system('echo longer >> media/demo.mkv')"
    script.write_text(script.read_text().replace("note(str(target))", line))
    said = workspace.make(*DEMO, code=2).stderr
    assert "samvad: shots: demo: the film or its settings changed after make had looked. Type the same command" in said
    assert not (workspace.folder / "out/demo/final.mkv").exists()


# --- what a person writes for one film ------------------------------------------------------------------


def wrote(workspace: Workspace, slug: str, name: str, text: str) -> Path:
    path = workspace.folder / "config/films" / slug / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "stage", "option", "expected"),
    [
        ("names.txt", "asr.json", "--names", FROM_ASR),
        ("hi.edits.tsv", "transcript.json", "--edits", FROM_TRANSCRIPT),
        ("glossary.tsv", "en.json", "--glossary", {"en.json", *FROM_TRANSLATION}),
        ("en.edits.tsv", "en.revised.json", "--edits", FROM_TRANSLATION),
    ],
)
def test_what_a_person_writes_for_a_film_reruns_what_reads_it_forth_and_back(
    done: Workspace, name: str, stage: str, option: str, expected: set[str]
) -> None:
    def given() -> bool:
        return f"'{option}', 'config/films/demo/{name}'" in (done.folder / "out/demo" / stage).read_text()

    assert not given()
    for text in ("1\tone\ttwo\n", "1\tone\tthree\n"):
        path = wrote(done, "demo", name, text)
        done.make(*DEMO)
        assert ran(done) == expected and given()
        os.utime(path)  # its date says nothing
        done.make(*DEMO)
        assert ran(done) == set()
    path.unlink()
    done.make(*DEMO)
    assert ran(done) == expected and not given()


def test_what_is_written_for_another_film_language_or_purpose_reruns_nothing(done: Workspace) -> None:
    done.film("other")
    for slug, name in [
        ("other", "names.txt"),
        ("other", "hi.edits.tsv"),
        ("demo", "ta.edits.tsv"),
        ("demo", "notes.txt"),
    ]:
        wrote(done, slug, name, "1\tone\ttwo\n")
    wrote(done, "demo", "names.txt", "")  # an empty file is none
    done.make(*DEMO)
    assert ran(done) == set()


def test_a_change_that_is_taken_back_before_it_was_made_reruns_nothing(done: Workspace) -> None:
    path = wrote(done, "demo", "names.txt", "Mohan\n")
    done.make(*DEMO, code=2, FAIL="out/demo/asr.json")
    path.unlink()
    ran(done)
    done.make(*DEMO)
    assert ran(done) == set()


def test_a_file_that_cannot_be_read_is_one_line(done: Workspace) -> None:
    (done.folder / "config/films/demo/names.txt").mkdir(parents=True)
    said = done.make(*DEMO, code=2).stderr
    assert "config/films/demo/names.txt cannot be read: Is a directory" in said and "Traceback" not in said
