"""What ends a film's reader that hangs, crashes, or takes too much: each by a stage that does so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from films import failure

#: A stage `demux` in whose process `body` is done; short limits.
SCRIPT = """
import ctypes, os, signal, sys, time
from pathlib import Path
from samvad import apart, documents, ffmpeg, limits, stage
from samvad.problem import Problem
limits.STALL, apart.LATER, apart.ORDERLY = 1.5, 1.0, 1.0
def work(run):
{body}
stage.run("demux", Path(sys.argv[1]), None, work, opens_film=True)
"""
SINE = '"-f", "lavfi", "-i", "sine=r=48000"'

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(root: Path, out: Path) -> Start:
    def run(body: str) -> subprocess.Popen[str]:
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        return subprocess.Popen(
            [root / "envs/common/bin/python", "-c", SCRIPT.format(body=indented), str(out / "audio.wav")],
            env={**os.environ, "PYTHONPATH": str(root / "stages")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def said(process: subprocess.Popen[str], out: Path) -> str:
    """The one line of a stage that failed, soon."""
    begun = time.monotonic()
    texts = process.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    return failure(subprocess.CompletedProcess("", process.returncode, *texts), out)


def test_what_the_work_makes_notes_and_imports_is_there_afterwards(start: Start, out: Path) -> None:
    body = "import av\nrun.facts['n'] = {'a': 1}\nrun.closing = 'The end.'\n"
    process = start(f"{body}run.scratch.write_bytes(b'x')\nreturn run.scratch")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and errors.endswith("The end.\n"), errors
    assert (out / "audio.wav").read_bytes() == b"x"
    record = msgspec.json.decode((out / "run" / "demux.json").read_bytes())
    assert record["n"] == {"a": 1} and {"av", "click"} <= set(record["packages"])
    assert record["peak_memory_bytes"] > 20e6


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("raise Problem('no sound', 'Give another')", "demux: film: no sound. Give another (log: "),
        ("raise OSError(28, 'No space')", "no space left on the disk. Make room"),
        ("raise ValueError('odd')", "stopped unexpectedly: ValueError: odd"),
        ("raise Problem('a\\nb\\x1b[2J\\u202e')", "demux: film: a b [2J  (log: "),
        ("ctypes.string_at(1)", "the film crashes the program that reads it (SIGSEGV). Perhaps it is damaged"),
        ("os.abort()", "the film crashes the program that reads it (SIGABRT)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed (SIGKILL): for want of memory, or by hand"),
        ("os._exit(0)", "ended without a word"),
        ("time.sleep(60)", "reading the film was given up: it has not got on for "),
        ("open(os.mkfifo('/tmp/x') or '/tmp/x')", "given up"),
        ("while True: pass", "reading the film was given up: it has not got on for "),
    ],
)  # fmt: skip
def test_however_the_work_ends_there_is_one_line(start: Start, out: Path, tmp_path: Path, body: str, line: str) -> None:
    assert line in said(start(body.replace("/tmp/x", str(tmp_path / "pipe"))), out)
    assert not (out / "audio.wav").exists()


def test_work_that_gets_on_may_take_as_long_as_it_wants(start: Start, out: Path) -> None:
    process = start("for _ in range(40):\n    time.sleep(0.1)\n    limits.beat()\nreturn b'x'")
    assert process.wait(timeout=30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="no other system keeps the limit")
def test_memory_has_a_limit(start: Start, out: Path) -> None:
    line = said(start("limits.lower(memory=200 << 20)\nreturn bytes(bytearray(400 << 20))"), out)
    assert "the film takes more memory than a film may here" in line


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_of_a_stage_that_is_killed(start: Start, out: Path) -> None:
    process = start("(run.target.parent / 'pid').write_text(str(os.getpid()))\ntime.sleep(60)")
    deadline = time.monotonic() + 20
    while not (out / "pid").exists() or not (out / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    while (status := Path(f"/proc/{(out / 'pid').read_text()}/stat")).exists() and status.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- ffmpeg ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (f"[{SINE}, '-f', 'wav', f'file:{{run.scratch}}'], 10, room=1e6", "out of the film does not end at 1 MB"),
        ("['-f', 's16le', '-i', 'file:PIPE', '-f', 'null', '-'], 10", "ffmpeg was given up: it has not got on for"),
    ],
)  # fmt: skip
def test_ffmpeg_has_limits(start: Start, out: Path, tmp_path: Path, call: str, line: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert line in said(start(f"ffmpeg.execute(run, {call.replace('PIPE', str(tmp_path / 'pipe'))})"), out)


def test_ffmpeg_that_never_ends_is_ended(start: Start, out: Path) -> None:
    body = f"limits.ANY_FILM = 1\nffmpeg.execute(run, ['-re', {SINE}, '-f', 'null', '-'], 0.1)"
    assert "ffmpeg was given up: it has not finished in 0 hours" in said(start(body), out)


@pytest.mark.skipif(sys.platform != "linux", reason="no other system keeps the limit")
def test_ffmpegs_memory_has_a_limit(start: Start, out: Path) -> None:
    picture = "'-f', 'lavfi', '-i', 'color=s=8000x8000:r=1:d=9', '-vf', 'format=rgb48', '-f', 'null', '-'"
    line = said(start(f"ffmpeg.execute(run, [{picture}], 9, memory=100 << 20)"), out)
    assert "takes more memory than a film may" in line or "crashes ffmpeg" in line


def test_a_crash_of_ffmpeg_is_called_one() -> None:
    from samvad import ffmpeg

    assert str(ffmpeg._problem([], -11)).startswith("the film crashes ffmpeg (SIGSEGV)")


def test_what_ffmpeg_says_does_not_fill_the_log() -> None:
    import io
    from collections import deque

    from samvad import ffmpeg

    words: deque[str] = deque(maxlen=200)
    ffmpeg._listen(io.StringIO("".join(f"packet {number} is bad {'x' * 5000}\n" for number in range(5000))), words)
    assert words[-1].startswith("packet 4999 ") and len(words[-1]) == ffmpeg.LONGEST_SAID
