"""Tokens come by the environment: no command shows them, no file keeps them, no process has them in its command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import leaks

from .conftest import DEMO, Workspace, makes

SECRET = "UnmistakableSecretOfTheTests"
TOKENS = {"HF_TOKEN": f"hf_{SECRET}", "LLM_API_KEY": f"sk-{SECRET}"}
LLM = ("SRC=hi", "TGT=en", "TRANSLATOR=llm", "MT_MODEL=qwen3:8b")


@pytest.fixture(params=makes(), ids=["system", "packaged"][: len(makes())])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    found = Workspace(tmp_path / "w", request.param)
    gated = {"sources": [{"hub": "somebody/model", "revision": "main", "files": ["model.bin"]}]}
    (found.folder / "config/models.local.json").write_text(json.dumps({"asr/own/ct2": gated}))
    return found


def test_no_command_shows_a_token_and_no_file_keeps_it(workspace: Workspace) -> None:
    workspace.film("other")
    commands = [
        ["-n", *DEMO],
        ["-n", "models", "ASR_MODEL=own"],
        ["V=1", *DEMO],
        ["V=1", "models", "ASR_MODEL=own"],
        ["V=1", "out/demo/final.mkv", *LLM],
        ["why", "MOVIE=demo", "SONGS=drop"],
        ["settings", "MOVIE=demo"],
        ["help"],
        ["hardware"],
        ["films"],
        ["check-envs"],
        ["-n", "batch", *LLM],
        ["batch", "V=1", *LLM],
        ["run-in", "ENV=common", "CMD=python -V"],
    ]
    with leaks.watched(SECRET) as seen:
        said = "".join(done.stdout + done.stderr for each in commands for done in [workspace.make(*each, **TOKENS)])
    assert "fetch_model.py --model asr/own/ct2" in said and "stages/translation_llm.py" in said
    assert SECRET not in said
    assert not seen
    assert leaks.holding(SECRET, workspace.folder) == []


def test_a_failing_stage_shows_no_token(workspace: Workspace) -> None:
    done = workspace.make("batch", "SRC=hi", "TGT=en", code=2, FAIL="out/demo/asr.json", **TOKENS)
    assert "it was told to fail" in done.stdout and SECRET not in done.stdout + done.stderr
    assert leaks.holding(SECRET, workspace.folder) == []


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_on_the_command_line_is_refused_by_its_name_alone(workspace: Workspace, name: str) -> None:
    done = workspace.make(*DEMO, f"{name}=$(shell touch PWNED){SECRET}", code=2)
    (line,) = done.stderr.splitlines()
    assert f"{name} is a secret" in line and f"Type: export {name}=…" in line and SECRET not in line
    assert not (workspace.folder / "PWNED").exists() and workspace.ran == []
