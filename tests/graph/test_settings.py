"""Settings belong to the film: recorded, shown, overridden by a person's file; never lost to a batch."""

from __future__ import annotations

import json

from .conftest import DEMO, Workspace


def record(workspace: Workspace, slug: str = "demo") -> dict[str, str]:
    lines = (workspace.folder / "out" / slug / "job.mk").read_text().splitlines()
    pairs = [line.partition(f".{slug} :=") for line in lines if not line.startswith("#")]
    return {name: value.strip() for name, _, value in pairs}


def shown(workspace: Workspace, *arguments: str) -> dict[str, tuple[str, str]]:
    """Setting → (value, where from), as `make settings` prints them."""
    lines = [line.split() for line in workspace.make("settings", *arguments).stdout.splitlines()]
    return {words[0]: (" ".join(words[1:-1]), words[-1]) for words in lines if words[0].isupper()}


def test_settings_are_shown_with_who_said_so(done: Workspace) -> None:
    folder = done.folder / "config/films/demo"
    folder.mkdir(parents=True)
    (folder / "settings.mk").write_text("CUES := plain\n")
    found = shown(done, "MOVIE=demo")
    assert found["SRC"] == ("hi", "out/demo/job.mk")
    assert found["CUES"] == ("plain", "config/films/demo/settings.mk")
    assert found["PROFILE"] == ("embedded", "config/defaults.mk")
    assert found["ASR_MODEL"] == ("base", "config/profiles/embedded.mk")
    best = shown(done, "MOVIE=demo", "PROFILE=best")
    assert best["ASR_MODEL"] == ("large-v3", "config/profiles/best.mk")
    assert record(done) == {"SRC": "hi", "TGT": "en"}  # looking records nothing


def test_a_persons_file_stands_above_the_record_and_a_command_line_against_it_is_refused(done: Workspace) -> None:
    folder = done.folder / "config/films/demo"
    folder.mkdir(parents=True)
    (folder / "settings.mk").write_text("TRACK := 1  # the other one is the commentary\n")
    assert "media.json" in " ".join(plan(done))
    said = done.make("out/demo/final.mkv", "TRACK=0", code=2).stderr
    assert "TRACK=0: config/films/demo/settings.mk says 1, and counts. Change it there" in said
    (folder / "settings.mk").write_text("TREACK := 1\n")
    said = done.make("out/demo/final.mkv", code=2).stderr
    assert "config/films/demo/settings.mk: unknown setting 'TREACK'. Known: SRC TGT" in said
    (folder / "settings.mk").write_text("TRACK := $(shell touch pwned)\n")
    said = done.make("out/demo/final.mkv", code=2).stderr
    assert "config/films/demo/settings.mk:1: only plain lines" in said
    assert not (done.folder / "pwned").exists()


def plan(workspace: Workspace) -> list[str]:
    said = workspace.make("-n", "out/demo/final.mkv").stdout
    return [line for line in said.splitlines() if "/bin/python stages/" in line]


def test_batch_fills_in_films_without_a_record_and_leaves_the_others_alone(done: Workspace) -> None:
    local = {"asr/fine/ct2": {"sources": []}}
    (done.folder / "config/models.local.json").write_text(json.dumps(local))
    done.make("out/demo/final.mkv", "ASR_MODEL=fine")
    done.film("new")
    done.forget()
    said = done.make("batch", "SRC=hi", "TGT=en", "ASR_MODEL=base").stdout
    assert "1 film with its own settings: demo" in said
    assert record(done) == {"SRC": "hi", "TGT": "en", "ASR_MODEL": "fine"}
    assert record(done, "new") == {"SRC": "hi", "TGT": "en", "ASR_MODEL": "base"}
    assert not [target for target in done.ran if "/demo/" in target]
    done.make("batch")
    assert done.ran == []


def test_batch_leaves_what_a_persons_file_says(workspace: Workspace) -> None:
    folder = workspace.folder / "config/films/demo"
    folder.mkdir(parents=True)
    (folder / "settings.mk").write_text("SRC := ta\n")
    workspace.make("batch", "SRC=hi", "TGT=en")
    assert record(workspace) == {"TGT": "en"}
    assert "--language ta" in json.dumps((workspace.folder / "out/demo/asr.json").read_text()).replace("', '", " ")


def test_a_setting_of_one_film_is_none_of_anothers(done: Workspace) -> None:
    done.film("other")
    done.make("out/other/hi.srt", "SRC=hi", "TGT=")
    done.forget()
    done.make(*DEMO)
    done.make("out/other/hi.srt")
    assert done.ran == []
    assert record(done)["TGT"] == "en" and record(done, "other")["TGT"] == ""
