"""make edits: the table in which a person corrects a film's text, there and back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .conftest import DEMO, ROOT, Workspace

SEGMENTS = [
    {"id": 1, "start": 4.7, "end": 6.0, "text": 'he said: "no"'},
    {"id": 3, "start": 3725.26, "end": 3727.0, "text": "चलो, हम चलें", "recognised": "चलो हम चले"},
    {"id": 4, "start": 3730.0, "end": 3732.0, "text": "ला ला", "song": True},
]


def test_the_table_has_every_line_and_changes_nothing_until_somebody_writes(done: Workspace) -> None:
    transcript = done.folder / "out/demo/transcript.json"
    before = transcript.stat().st_mtime_ns
    transcript.write_text(json.dumps({"language": "hi", "segments": SEGMENTS}, ensure_ascii=False), encoding="utf-8")
    assert "config/films/demo/hi.edits.tsv has 3 lines of demo" in done.make("edits", "MOVIE=demo").stdout
    table = done.folder / "config/films/demo/hi.edits.tsv"
    content = table.read_bytes()
    assert content.decode("utf-8-sig").splitlines() == [
        "id\trecognised\twritten\tat",
        '1\t"he said: ""no"""\t"he said: ""no"""\t0:00:04.7',
        "3\tचलो हम चले\tचलो, हम चलें\t1:02:05.3",
        "4\t♪ ला ला ♪\t♪ ला ला ♪\t1:02:10.0",
    ]
    said = done.make("edits", "MOVIE=demo", code=2).stderr
    assert "hi.edits.tsv is there already; its columns: id recognised written at" in said
    assert table.read_bytes() == content and transcript.stat().st_mtime_ns > before
    assert understood(table) == [[3, "चलो हम चले", "चलो, हम चलें", 3725.3]]


def understood(table: Path) -> list[list[object]]:
    """What the stage reads of it: id, recognised, written, at."""
    script = (
        "import json, pathlib, sys; from samvad.corrections import read;"
        "found, aside = read(pathlib.Path(sys.argv[1]));"
        "assert not aside; print(json.dumps([one[1:] for one in found]))"
    )
    stages = ROOT / "stages"
    done = subprocess.run([sys.executable, "-c", script, table], cwd=stages, capture_output=True, text=True, check=True)
    found: list[list[object]] = json.loads(done.stdout)
    return found


def test_edits_needs_a_film_with_a_transcript(workspace: Workspace) -> None:
    assert "which film?" in workspace.make("edits", code=2).stderr
    assert "no film 'none'" in workspace.make("edits", "MOVIE=none", code=2).stderr
    assert "make transcribe MOVIE=demo" in workspace.make("edits", "MOVIE=demo", code=2).stderr
    assert "stands alone" in workspace.make("edits", DEMO[0], "MOVIE=demo", code=2).stderr
    assert not (workspace.folder / "config/films").exists()
