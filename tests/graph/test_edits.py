"""make edits: the tables in which a person corrects a film's text, there and back. make review: what to look at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert understood(table, "RECOGNISED") == [[3, "चलो हम चले", "चलो, हम चलें", 3725.3]]


SENTENCES = [
    {"id": 0, "start": 4.7, "end": 6.0, "text": 'He said: "No"', "source": "उसने कहा: \"नहीं\""},
    {
        "id": 7, "start": 3725.26, "end": 3727.0, "text": "Give him \x1b[2J\u202e30.", "source": "उसे तीस दो।",
        "review": ["number 30 is missing", "\x07short"],
    },
]  # fmt: skip


def put(workspace: Workspace, file: str, **members: object) -> None:
    path = workspace.folder / "out" / "demo" / file
    path.write_text(json.dumps(members, ensure_ascii=False), encoding="utf-8")


def test_a_translations_table_knows_what_the_machine_wrote(done: Workspace) -> None:
    put(done, "transcript.json", language="hi", segments=SEGMENTS)
    put(done, "en.json", source="hi", target="en", sentences=SENTENCES)
    said = done.make("edits", "MOVIE=demo", "TGT=en").stdout
    assert "config/films/demo/en.edits.tsv has 2 lines of demo" in said
    table = done.folder / "config/films/demo/en.edits.tsv"
    content = table.read_text(encoding="utf-8-sig")
    assert content.splitlines()[:2] == [
        "id\tsource\twritten\tat\tmachine",
        '0\t"उसने कहा: ""नहीं"""\t"He said: ""No"""\t0:00:04.7\t"He said: ""No"""',
    ]
    assert understood(table, "MACHINE") == []
    table.write_text(content.replace('"He said: ""No"""\t0', "He refused.\t0"), encoding="utf-8")
    assert understood(table, "MACHINE") == [[0, 'उसने कहा: "नहीं"', "He refused.", 4.7]]
    again = done.make("edits", "MOVIE=demo", "TGT=en", code=2).stderr
    assert "en.edits.tsv is there already; its columns: id source written at machine" in again
    # The language spoken has its own table, whoever names it; neither is recorded as the film's, nor anything made.
    assert "hi.edits.tsv has 3 lines" in done.make("edits", "MOVIE=demo", "TGT=hi").stdout
    assert "TGT.demo := en\n" in (done.folder / "out/demo/job.mk").read_text()
    assert done.ran == []


def test_edits_of_a_language_that_is_not_there_say_what_to_type(done: Workspace) -> None:
    put(done, "transcript.json", language="hi", segments=SEGMENTS)
    said = done.make("edits", "MOVIE=demo", "TGT=ta", code=2).stderr
    assert "'demo' was not translated into ta yet. With ta in its TGT, type: make translate MOVIE=demo" in said
    assert "unknown language '../x'" in done.make("edits", "MOVIE=demo", "TGT=../x", code=2).stderr
    assert not (done.folder / "config/films").exists()


def test_review_lists_what_is_marked_and_why_without_its_control_characters(done: Workspace) -> None:
    put(done, "en.revised.json", source="hi", target="en", sentences=SENTENCES)
    put(done, "ta.revised.json", source="hi", target="ta", sentences=SENTENCES[:1])
    assert done.make("review", "MOVIE=demo").stdout.splitlines() == [
        "en: 1 of 2 sentences marked for review",
        "      7  1:02:05.3  number 30 is missing; short",
        "         उसे तीस दो।",
        "         Give him [2J30.",
        "ta: 0 of 1 sentence marked for review",
        "samvad: begin a table of corrections by: make edits MOVIE=demo TGT=en",
    ]
    (done.folder / "out/demo/ta.revised.json").write_text("{", encoding="utf-8")
    said = done.make("review", "MOVIE=demo", code=2).stderr
    assert "ta.revised.json is damaged. Remove it and type: make out/demo/ta.revised.json" in said


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"segments": [], "sentences": [{}], "language": 1}'])
def test_a_damaged_document_is_one_line_that_says_what_to_type(done: Workspace, content: str) -> None:
    out = done.folder / "out/demo"
    put(done, "transcript.json", language="hi", segments=SEGMENTS)
    (out / "en.json").write_text(content, encoding="utf-8")
    (out / "en.revised.json").write_text(content, encoding="utf-8")
    said = done.make("edits", "MOVIE=demo", "TGT=en", code=2).stderr
    assert "en.json is damaged. Remove it and type: make out/demo/en.json" in said
    said = done.make("review", "MOVIE=demo", code=2).stderr
    assert "en.revised.json is damaged. Remove it and type: make out/demo/en.revised.json" in said
    (out / "transcript.json").write_text(content.replace("segments", "other"), encoding="utf-8")
    said = done.make("edits", "MOVIE=demo", code=2).stderr
    assert "transcript.json is damaged. Remove it and type: make out/demo/transcript.json" in said


def test_review_needs_a_film_that_is_translated(workspace: Workspace) -> None:
    assert "which film?" in workspace.make("review", code=2).stderr
    assert "no film 'none'" in workspace.make("review", "MOVIE=none", code=2).stderr
    assert "make translate MOVIE=demo" in workspace.make("review", "MOVIE=demo", code=2).stderr
    assert "stands alone" in workspace.make("review", DEMO[0], "MOVIE=demo", code=2).stderr


def understood(table: Path, machine: str) -> list[list[object]]:
    """What a stage reads of it: id, recognised or source, written, at."""
    script = (
        "import json, pathlib, sys; from samvad import corrections;"
        "found, aside = corrections.read(pathlib.Path(sys.argv[1]), getattr(corrections, sys.argv[2]));"
        "assert not aside; print(json.dumps([one[1:] for one in found if one.written is not None]))"
    )
    command = [sys.executable, "-c", script, table, machine]
    done = subprocess.run(command, cwd=ROOT / "stages", capture_output=True, text=True, check=True)
    found: list[list[object]] = json.loads(done.stdout)
    return found


def test_edits_needs_a_film_with_a_transcript(workspace: Workspace) -> None:
    assert "which film?" in workspace.make("edits", code=2).stderr
    assert "no film 'none'" in workspace.make("edits", "MOVIE=none", code=2).stderr
    assert "make transcribe MOVIE=demo" in workspace.make("edits", "MOVIE=demo", code=2).stderr
    assert "stands alone" in workspace.make("edits", DEMO[0], "MOVIE=demo", code=2).stderr
    assert not (workspace.folder / "config/films").exists()
