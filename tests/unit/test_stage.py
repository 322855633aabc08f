"""The run around a stage: whole results or none, one maker at a time, one line for a person."""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: A stage whose work is given as code; `run` is the stage's run.
SCRIPT = """
import sys
sys.path.insert(0, {stages!r})
from pathlib import Path
from samvad import stage
from samvad.problem import Problem

def work(run):
{body}

stage.run("asr", Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None, work, heavy={heavy})
"""


def start(folder: Path, body: str, *stamp: Path, heavy: bool = False) -> subprocess.Popen[str]:
    script = folder / "asr_stub.py"
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    script.write_text(SCRIPT.format(stages=str(ROOT / "stages"), body=indented, heavy=heavy))
    target = folder / "out" / "film" / "asr.json"
    return subprocess.Popen(
        [sys.executable, str(script), str(target), *map(str, stamp)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def film(folder: Path) -> Path:
    return folder / "out" / "film"


def left(folder: Path) -> list[str]:
    """What lies in the film's folder besides log, record and lock."""
    return sorted(path.name for path in film(folder).iterdir() if path.name not in ("log", "run", ".lock"))


def test_a_result_is_whole_and_has_its_record_and_log(tmp_path: Path) -> None:
    code, said = finish(start(tmp_path, "print('to the log')\nrun.facts['chunks'] = 3\nreturn b'heard'"))
    assert code == 0 and said.split() == ["ASR", "film"]
    assert (film(tmp_path) / "asr.json").read_bytes() == b"heard"
    record = json.loads((film(tmp_path) / "run/asr.json").read_text())
    assert record["stage"] == "asr" and record["chunks"] == 3 and record["exit"] == 0
    assert record["end"] >= record["start"] and record["peak_memory_bytes"] > 1_000_000
    assert "click" in record["packages"] and "msgspec" in record["packages"]
    assert "to the log" in (film(tmp_path) / "log/asr.log").read_text()


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("raise Problem('no sound', 'Give another film')", "samvad: asr: film: no sound. Give another film (log:"),
        ("raise ValueError('odd')", "samvad: asr: film: stopped unexpectedly: ValueError: odd (log:"),
        (
            f"raise OSError({errno.ENOSPC}, 'full')",
            "no space left on the disk. Make room and type the same command again",
        ),
        ("return b''", "asr made an empty file"),
    ],
)
def test_a_failure_is_one_line_and_leaves_the_old_result(tmp_path: Path, body: str, line: str) -> None:
    film(tmp_path).mkdir(parents=True)
    (film(tmp_path) / "asr.json").write_text("old")
    code, said = finish(start(tmp_path, f"run.scratch.write_bytes(b'half')\n{body}"))
    assert code == 1
    assert line in said and "Traceback" not in said and len(said.strip().splitlines()) == 2
    assert "Traceback" in (film(tmp_path) / "log/asr.log").read_text()
    assert (film(tmp_path) / "asr.json").read_text() == "old"
    assert left(tmp_path) == ["asr.json"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_stage_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    body = "import time\nrun.scratch.write_bytes(b'half')\nPath('ready').touch()\ntime.sleep(60)"
    process = start(tmp_path, body)
    wait_for(tmp_path / "ready")
    process.send_signal(number)
    assert finish(process)[0] == code
    assert left(tmp_path) == []


def test_what_a_killed_stage_left_is_swept_by_the_next_one(tmp_path: Path) -> None:
    process = start(tmp_path, "import time\nrun.scratch.write_bytes(b'half')\nPath('ready').touch()\ntime.sleep(60)")
    wait_for(tmp_path / "ready")
    process.kill()
    process.communicate()
    assert len(left(tmp_path)) == 1
    assert finish(start(tmp_path, "return b'whole'"))[0] == 0
    assert left(tmp_path) == ["asr.json"]


#: Two batches; killed in the second one where there is a file "hold".
BATCHES = """
import time
journal = run.journal(list[int], Path("input"))
for number in (0, 1):
    if number not in journal:
        with Path("heard").open("a") as file: file.write(f"{number} ")
        if number and Path("hold").exists():
            Path("ready").touch()
            time.sleep(60)
        journal[number] = [number]
return f"{journal}".encode()
"""


@pytest.mark.parametrize(("changed", "heard"), [("", "0 1 1 "), ("input", "0 1 0 1 "), ("work", "0 1 0 1 ")])
def test_a_killed_stage_continues_with_the_next_batch_of_the_same_work(
    tmp_path: Path, changed: str, heard: str
) -> None:
    (tmp_path / "input").write_text("sound")
    (tmp_path / "hold").touch()
    process = start(tmp_path, BATCHES)
    wait_for(tmp_path / "ready")
    process.kill()
    process.communicate()
    journal = film(tmp_path) / ".journal" / "asr.json"
    assert len(journal.read_bytes().splitlines()) == 2
    (tmp_path / "hold").unlink()
    if changed == "input":
        (tmp_path / "input").write_text("another sound")
    body = BATCHES.replace('Path("input")', 'Path("input"), beam=1') if changed == "work" else BATCHES
    assert finish(start(tmp_path, body))[0] == 0
    assert (tmp_path / "heard").read_text() == heard
    assert (film(tmp_path) / "asr.json").read_bytes() == b"{0: [0], 1: [1]}"
    assert not journal.exists()


def test_a_stage_that_fails_keeps_what_it_has_finished(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("sound")
    assert finish(start(tmp_path, BATCHES.replace("return", "raise ValueError if run else")))[0] == 1
    assert finish(start(tmp_path, BATCHES))[0] == 0
    assert (tmp_path / "heard").read_text() == "0 1 "


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


HEAVY = ["IndicTransToolkit", "av", "ctranslate2", "faster_whisper", "httpx2", "huggingface_hub", "mlx", "torch"]
HEAVY += ["transformers"]
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_stage_is_imported_without_its_heavy_packages(script: str) -> None:
    module = importlib.import_module(script)
    assert callable(module.main)
    code = f"import sys; sys.path.insert(0, 'stages'); import {script}; print([n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_stage_says_what_it_wants(script: str) -> None:
    command = [sys.executable, f"stages/{script}.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert ("--stamp" in done.stdout) is (script != "preview")  # a picture that is only looked at has no key


def test_the_table_marks_the_stages_that_wait_for_their_turn() -> None:
    """`heavy` in mk/stages.mk is what batch goes by; the scripts say it to samvad.stage."""
    from workspace.files import marked

    waiting = {path.stem for path in (ROOT / "stages").rglob("*.py") if "heavy=" in path.read_text(encoding="utf-8")}
    marks = {name.replace(".", "_") for name in marked(ROOT, "heavy")}
    # Both recognisers' scripts are samvad/hearing.py, both of IndicTrans2's samvad/sentence_translation.py.
    shared = {"asr_whisperx", "asr_mlx", "translation_indictrans2", "translation_transformers"}
    assert waiting - {"stage"} == marks - shared | {"hearing", "sentence_translation"}
