"""make audit: every locked package is asked for, what is new fails, and silence of the database is no answer."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import audit

ROOT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64
LOCKS = {
    "common": f"one==1.0 \\\n    {HASH} \\\n    {HASH}\nTwo.Three==2.0 ; sys_platform == 'win32' \\\n    {HASH}\n",
    "mlx": f"one==1.1 ; python_full_version >= '3.12' \\\n    {HASH}\n"
    f"one==1.0 ; python_full_version < '3.12' \\\n    {HASH}\n",
}  # fmt: skip
LATER, PAST = (str(datetime.date.today() + datetime.timedelta(days)) for days in (30, -1))
ONE: dict[str, Any] = {
    "id": "CVE-1", "package": "one", "environments": ["common", "mlx"], "reason": "No stage opens such a file.",
    "until": LATER,
}  # fmt: skip


def hole(id: str, name: str, fixed: str | None, *aliases: str) -> dict[str, Any]:
    """A vulnerability as OSV describes one."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
    return {"id": id, "aliases": list(aliases), "affected": affected, "summary": "bad"}


class Database:
    """A server that speaks OSV's protocol: (package, version) → its holes."""

    def __init__(self) -> None:
        self.holes = {("requests", "2.19.1"): [hole("CVE-2018-18074", "requests", "2.20.0")]}
        self.asked: list[tuple[str, str]] = []
        self.status = 200
        database = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = (query["package"]["name"], query["version"])
                database.asked.append(asked)
                found = database.holes.get(asked)
                content = json.dumps({"vulns": found} if found else {}).encode()
                self.send_response(database.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1/query"


@pytest.fixture
def database() -> Iterator[Database]:
    found = Database()
    yield found
    found.server.shutdown()
    found.server.server_close()


class Workspace:
    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        for name in ("mk", "envs", "config"):
            (folder / name).mkdir(parents=True)
        for name in ("audit.py", "licences.py"):
            shutil.copy(ROOT / "mk" / name, folder / "mk")
        for name, text in LOCKS.items():
            (folder / "envs" / f"{name}.lock").write_text(text)
        self.exempt()

    def exempt(self, *entries: dict[str, Any]) -> None:
        (self.folder / "config/vulnerabilities.json").write_text(json.dumps(entries))

    def audit(self, code: int, address: str = "", **environ: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "mk/audit.py", "--osv-url", address or self.database.address],
            cwd=self.folder,
            env={**os.environ, "OFFLINE": "", "NO_PROXY": "*", **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == code
        return (done.stdout + done.stderr).splitlines()


@pytest.fixture
def workspace(tmp_path: Path, database: Database) -> Workspace:
    return Workspace(tmp_path / "w", database)


def test_every_package_of_every_lock_is_asked_for_whatever_its_marker(workspace: Workspace, database: Database) -> None:
    assert workspace.audit(0) == ["samvad: audit: 3 packages of 2 locks, 0 lines, 0 to look at"]
    assert sorted(database.asked) == [("one", "1.0"), ("one", "1.1"), ("requests", "2.19.1"), ("two-three", "2.0")]


def test_a_new_hole_is_a_line_of_each_environment_and_fails(workspace: Workspace, database: Database) -> None:
    database.holes["one", "1.0"] = [hole("GHSA-1", "one", "1.2", "CVE-1"), hole("CVE-2", "one", None)]
    assert workspace.audit(1)[:4] == [
        "  common: one 1.0: CVE-1 GHSA-1: fixed in 1.2: NEW",
        "  mlx: one 1.0: CVE-1 GHSA-1: fixed in 1.2: NEW",
        "  common: one 1.0: CVE-2: not fixed in any release: NEW",
        "  mlx: one 1.0: CVE-2: not fixed in any release: NEW",
    ]


def test_what_was_reviewed_passes_until_its_day_and_where_it_was_reviewed(
    workspace: Workspace, database: Database
) -> None:
    database.holes["one", "1.0"] = [hole("GHSA-1", "one", "1.2", "CVE-1")]
    workspace.exempt(ONE)
    assert [line.rpartition(": ")[2] for line in workspace.audit(0)[:2]] == [f"reviewed until {LATER}"] * 2
    workspace.exempt({**ONE, "environments": ["common"]})
    assert [line.rpartition(": ")[2] for line in workspace.audit(1)[:2]] == [f"reviewed until {LATER}", "NEW"]
    workspace.exempt({**ONE, "until": PAST})
    assert [line.rpartition(": ")[2] for line in workspace.audit(1)[:2]] == [f"NOT REVIEWED since {PAST}"] * 2
    workspace.exempt({**ONE, "package": "two-three"})
    assert workspace.audit(1)[0].endswith("NEW")


def test_an_entry_that_is_needed_no_more_is_named(workspace: Workspace) -> None:
    workspace.exempt(ONE)
    assert workspace.audit(0)[0] == "  one: CVE-1: in config/vulnerabilities.json, but not found any more: remove it"


@pytest.mark.parametrize(
    "entry",
    [
        {**ONE, "until": "soon"},
        {**ONE, "reason": "fine"},
        {**ONE, "environments": []},
        {"id": "CVE-1"},
        {**ONE, "why": "x"},
    ],
)
def test_an_entry_without_a_reason_a_place_or_a_day_is_refused(workspace: Workspace, entry: dict[str, Any]) -> None:
    workspace.exempt(entry)
    assert "config/vulnerabilities.json: " in workspace.audit(1)[0]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_no_answer_is_said_in_one_line_and_is_no_clean_bill(
    workspace: Workspace, database: Database, status: int
) -> None:
    database.status = status
    (line,) = workspace.audit(1)
    assert line.startswith("samvad: audit: nothing was checked: no answer from the database (")


def test_nobody_there_is_one_line(workspace: Workspace) -> None:
    (line,) = workspace.audit(1, address="http://127.0.0.1:9/v1/query")
    assert "nothing was checked: no answer from the database (127.0.0.1 cannot be reached). Check the network" in line
    (line,) = workspace.audit(1, OFFLINE="1")
    assert "OFFLINE=1 forbids" in line


def test_a_server_that_knows_no_holes_at_all_is_no_database(workspace: Workspace, database: Database) -> None:
    database.holes.clear()
    (line,) = workspace.audit(1)
    assert "does not know the holes of requests==2.19.1" in line


def test_a_lock_without_hashes_is_refused(workspace: Workspace) -> None:
    (workspace.folder / "envs/llm.lock").write_text(f"one==1.0 \\\n    {HASH}\nbare==1.0\n")
    assert "envs/llm.lock has 2 packages and 1 of them with hashes" in workspace.audit(1)[0]


def test_this_workspaces_locks_and_list_are_read_whole(root: Path) -> None:
    pins = audit.locked(root)
    assert {place for places, _ in pins.values() for place in places} == {
        path.stem for path in root.glob("envs/*.lock")
    }
    for one in audit.exempted(root):
        locked = {place for pin, (places, _) in pins.items() if pin.package == one.package for place in places}
        assert locked >= set(one.environments), one
