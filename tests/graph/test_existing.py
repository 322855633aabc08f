"""The subtitles that a film comes with, and what settings make of them: USE_SUBS, SDH, FINAL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import DEMO, RESULTS, Workspace, makes

CUES = "1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n"
ENGLISH = {"index": 3, "kind": "subtitle", "codec": "subrip", "language": "eng", "disposition": ["default"]}
PICTURES = {"index": 4, "kind": "subtitle", "codec": "hdmv_pgs_subtitle", "language": "eng"}
FORCED = {**ENGLISH, "disposition": ["forced"]}


@pytest.fixture(params=makes(), ids=["system", "packaged"][: len(makes())])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace in which nothing is made, under each make."""
    return Workspace(tmp_path / "w", request.param)


def streams(workspace: Workspace, *found: dict[str, object]) -> None:
    """From now on the stub of probe says that these streams are in every film."""
    path = workspace.folder / "stages" / "probe.py"
    text = path.read_text(encoding="utf-8")
    content = json.dumps({"format": "samvad.media/1", "streams": found, "duration": 60})
    made = 'text = f"made by {name} {words}\\n{read(words, target)}"'
    assert made in text
    path.write_text(text.replace(made, f"text = {content!r}"), encoding="utf-8")


# --- source ------------------------------------------------------------------------------------------


def test_the_subtitles_become_the_transcript_and_what_follows_is_made_again(done: Workspace) -> None:
    done.make("out/demo/final.mkv", "USE_SUBS=source")
    ran = done.ran
    assert ran[:2] == ["out/demo/subtitles.json", "out/demo/asr.json"]
    assert not {"out/demo/audio.wav", "out/demo/speech.json", "out/demo/media.json"} & set(ran)
    record = json.loads((done.folder / "out/demo/run/asr.json").read_text(encoding="utf-8"))
    assert record["script"] == "stages/asr_subtitles.py"
    assert record["interpreter"] == "envs/whisperx/bin/python"
    done.make("out/demo/final.mkv")
    assert done.ran == []
    done.make("out/demo/final.mkv", "USE_SUBS=")
    assert "out/demo/asr.json" in done.ran


def test_a_sidecar_that_is_the_transcript_counts_by_its_content(done: Workspace) -> None:
    done.make("out/demo/final.mkv", "USE_SUBS=source")
    done.forget()
    sidecar = done.folder / "media" / "demo.hin.srt"
    for change, reruns in ((CUES, True), (CUES, False), (CUES.replace("1,", "1,5"), True)):
        sidecar.write_text(change, encoding="utf-8")
        done.make("out/demo/final.mkv")
        assert ("out/demo/subtitles.json" in done.ran) is reruns
    (done.folder / "media" / "demo.eng.srt").write_text(CUES, encoding="utf-8")
    (done.folder / "media" / "demo.hi.forced.srt").write_text(CUES, encoding="utf-8")
    done.make("out/demo/final.mkv")
    assert done.ran == []
    sidecar.unlink()
    done.make("out/demo/final.mkv")
    assert "out/demo/subtitles.json" in done.ran


def test_what_sidecars_wrote_is_no_source(done: Workspace) -> None:
    done.make("sidecars", "MOVIE=demo")
    assert (done.folder / "media" / "demo.hin.srt").exists()
    said = done.make("why", "MOVIE=demo", "USE_SUBS=skip").stdout
    assert "up to date" in said


# --- skip --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", [("out/demo/final.mkv",), ("subtitle", "MOVIE=demo"), ("translate", "MOVIE=demo")])
def test_a_film_with_the_target_inside_is_looked_at_and_left_alone(fresh: Workspace, goal: tuple[str, ...]) -> None:
    streams(fresh, ENGLISH, PICTURES)
    said = fresh.make(*goal, "SRC=hi", "TGT=en", "USE_SUBS=skip").stdout
    assert "samvad: demo: has its subtitles already: track 3 (eng subrip). " in said
    assert fresh.ran == ["out/demo/media.json"]
    said = fresh.make(*goal).stdout  # recorded
    assert "has its subtitles already" in said and fresh.ran == []
    fresh.make("out/demo/final.mkv", "USE_SUBS=")
    assert "out/demo/final.mkv" in fresh.ran


@pytest.mark.parametrize("there", [(), (PICTURES,), (FORCED,)])
def test_pictures_and_forced_subtitles_are_not_the_target(
    fresh: Workspace, there: tuple[dict[str, object], ...]
) -> None:
    streams(fresh, *there)
    said = fresh.make(*DEMO, "USE_SUBS=skip").stdout
    assert "already" not in said
    made = [file for file in fresh.ran if file.startswith("out/")]
    assert made[0] == "out/demo/media.json" and len(made) == len(set(made)) == RESULTS
    assert "up to date" in fresh.make("why", "MOVIE=demo").stdout


def test_a_sidecar_of_the_target_is_as_good_and_needs_no_language_spoken(fresh: Workspace) -> None:
    streams(fresh)
    (fresh.folder / "media" / "demo.en.srt").write_text(CUES, encoding="utf-8")
    said = fresh.make("out/demo/final.mkv", "TGT=en", "USE_SUBS=skip").stdout
    assert "already: demo.en.srt. " in said and fresh.ran == ["out/demo/media.json"]


def test_of_several_targets_all_must_be_there(fresh: Workspace) -> None:
    streams(fresh, ENGLISH)
    settings = ("TRANSLATOR=llm", "MT_MODEL=any", "USE_SUBS=skip", "SRC=hi")
    fresh.make("out/demo/final.mkv", "TGT=en ta", *settings)
    assert "out/demo/final.mkv" in fresh.ran


def test_other_files_of_such_a_film_are_made(fresh: Workspace) -> None:
    streams(fresh, ENGLISH)
    fresh.make("out/demo/audio.wav", "SRC=hi", "USE_SUBS=skip")
    assert fresh.ran == ["out/demo/media.json", "out/demo/audio.wav"]
    fresh.make("out/demo/hi.srt")
    assert "out/demo/hi.srt" in fresh.ran


def test_a_dry_run_of_such_a_film_writes_nothing_and_ends(fresh: Workspace) -> None:
    streams(fresh, ENGLISH)
    said = fresh.make("-n", *DEMO, "USE_SUBS=skip").stdout
    assert "stages/probe.py" in said and fresh.ran == []
    assert not (fresh.folder / "out").exists()


def test_batch_names_those_it_leaves_alone(fresh: Workspace) -> None:
    fresh.film("second")
    fresh.film("third")
    streams(fresh)
    (fresh.folder / "media" / "second.eng.srt").write_text(CUES, encoding="utf-8")
    fresh.make("out/third/media.json", "SRC=hi", "USE_SUBS=skip")
    (fresh.folder / "media" / "third.eng.srt").write_text(CUES, encoding="utf-8")
    fresh.forget()
    for made in (1, 0):
        said = fresh.make("batch", "SRC=hi", "TGT=en", "USE_SUBS=skip").stdout
        assert "3 films: " in said and "2 skipped" in said
        assert f"{made} done" in said if made else "1 up to date" in said
        assert "skipped      second: has its subtitles already: second.eng.srt" in said
        ran = fresh.ran
        assert ("out/demo/final.mkv" in ran) is bool(made)
        assert not [file for file in ran if file.startswith("out/second/") and not file.endswith("/media.json")]
    assert "second" in fresh.make("films").stdout
    assert "skipped: has its subtitles already: second.eng.srt" in fresh.make("films").stdout
    assert "has its subtitles already" in fresh.make("why", "MOVIE=second").stdout


# --- what the new film is -------------------------------------------------------------------------------


def test_sdh_comes_into_the_film_as_tracks_of_their_own_in_a_stated_order(done: Workspace) -> None:
    done.make("out/demo/final.mkv", "SDH=1", "TGT=en")
    assert {"out/demo/en.sdh.srt", "out/demo/hi.sdh.srt", "out/demo/final.mkv"} <= set(done.ran)
    arguments = json.loads((done.folder / "out/demo/run/mux.json").read_text(encoding="utf-8"))["arguments"]
    given = [arguments[at + 1].partition("=")[0] for at, word in enumerate(arguments) if word == "--subtitle"]
    assert given == ["en", "en.sdh", "hi", "hi.sdh"]


def test_the_container_decides_which_film_the_workflow_makes(done: Workspace) -> None:
    done.make("subtitle", "MOVIE=demo", "FINAL=mp4")
    assert done.ran == ["out/demo/final.mp4"]
    assert (done.folder / "out/demo/final.mkv").exists()
    assert json.loads((done.folder / "out/demo/run/mux.mp4.json").read_text(encoding="utf-8"))["stage"] == "mux"
    assert "up to date" in done.make("why", "MOVIE=demo").stdout
    done.make("clean-stage", "STAGE=mux")
    assert not [*(done.folder / "out/demo").glob("final.*")]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("USE_SUBS=yes", "unknown USE_SUBS 'yes'. Known: source skip, or nothing: the film is heard"),
        ("SDH=yes", "SDH is 1 or empty"),
        ("FINAL=avi", "unknown FINAL 'avi'. Known: mkv mp4"),
    ],
)
def test_a_value_that_is_none_is_refused_with_those_there_are(done: Workspace, setting: str, line: str) -> None:
    assert line in done.make("out/demo/final.mkv", setting, code=2).stderr
    assert done.ran == []
