"""translation.llm against llama.cpp's own server, with a model that says one sentence whatever it is asked."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from samvad.documents import Sentence, Sentences, Translation, encode, read

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
SAYS = "Of course."


@pytest.fixture(scope="module")
def model(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("llama") / "model.gguf"
    run_in("llama", "tests/checkpoints/llama.py", "make", path, "--says", SAYS)
    return path


@contextmanager
def serving(model: Path, context: int, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """llama.cpp's server in a process of its own, and its address; `context` is in tokens."""
    command = ["envs/llama/bin/python", "tests/checkpoints/llama.py", "serve", str(model), "--context", str(context)]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip() + "/v1"
        finally:
            process.kill()


def film(folder: Path, *texts: str) -> Path:
    path = folder / "out" / "film" / "sentences.json"
    path.parent.mkdir(parents=True)
    sentences = [Sentence(number, number, number + 0.9, text) for number, text in enumerate(texts)]
    path.write_bytes(encode(Sentences("hi", {}, sentences)))
    return path


def different(count: int) -> list[str]:
    """Sentences of which `SAYS` might be the translation, as far as their length and numbers tell."""
    return [f"यह {first}{second} है।" for first in "कखगघचछजझटठ" for second in "तथदधनपफबभमयरलवशसहअइ"][:count]


def translate(run_in: Run, sentences: Path, address: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    given = ["--sentences", sentences, "--server", address, "--model", "any", "--source", "hi", "--target", "en"]
    out = sentences.with_name("en.json")
    return run_in("llm", "stages/translation_llm.py", *given, "--out", out, check=check)


def record(sentences: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((sentences.parent / "run" / "translation.en.json").read_text())
    return facts


def test_llama_cpp_takes_the_schema_and_gives_one_text_for_each_sentence(
    tmp_path: Path, model: Path, run_in: Run
) -> None:
    spoken = different(30)
    sentences = film(tmp_path, *spoken)
    with serving(model, 8192) as (_, address):
        translate(run_in, sentences, address)
    found = read(sentences.with_name("en.json"), Translation).sentences
    assert [(sentence.id, sentence.source, sentence.text) for sentence in found] == [
        (number, text, SAYS) for number, text in enumerate(spoken)
    ]
    facts = record(sentences)
    assert facts["replies"] == "json_schema" and facts["requests"] == 3 and facts["halvings"] == 0
    assert facts["tokens"]["completion"] > 30 and facts["tokens"]["prompt"] > 1000


def test_what_is_too_long_for_the_server_is_halved(tmp_path: Path, model: Path, run_in: Run) -> None:
    # Every byte is a token of this model: the rules take 2,000 of them, twelve such sentences more than are left.
    sentences = film(tmp_path, *["क" * 40] * 12)
    with serving(model, 3072) as (_, address):
        translate(run_in, sentences, address)
    found = read(sentences.with_name("en.json"), Translation).sentences
    assert [sentence.text for sentence in found] == [SAYS] * 12
    assert record(sentences)["halvings"] > 0
    assert "exceeds the available context size" in (sentences.parent / "log" / "translation.en.log").read_text()


def test_a_server_that_dies_is_named_and_the_same_command_goes_on(tmp_path: Path, model: Path, run_in: Run) -> None:
    sentences = film(tmp_path, *different(180))
    journal = sentences.parent / ".journal" / "en.json"
    with serving(model, 8192) as (server, address):

        def kill() -> None:
            while not journal.exists() or len(journal.read_bytes().splitlines()) < 3:
                time.sleep(0.01)
            server.kill()

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        done = translate(run_in, sentences, address, check=False)
    assert done.returncode == 1 and address in done.stderr and "Traceback" not in done.stderr
    finished = len(journal.read_bytes().splitlines()) - 1
    assert 2 <= finished < 15
    with serving(model, 8192, port=int(address.split(":")[2].split("/")[0])):
        done = translate(run_in, sentences, address)
    assert "continues at" in done.stderr
    assert {sentence.text for sentence in read(sentences.with_name("en.json"), Translation).sentences} == {SAYS}
    assert record(sentences)["batches_resumed"] == finished and record(sentences)["requests"] == 15 - finished

