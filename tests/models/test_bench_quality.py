"""bench.quality on a generated checkpoint that knows a made-up test set by heart, in the published layouts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click import ClickException

from bench import quality

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]

KNOWN = {"नमस्ते!": "Hello!", "तुम कौन हो?": "Who are you?", "बस चली गई।": "The bus has left."}

CUES = "1\n00:00:01,000 --> 00:00:02,000\nWho are you?\n\n2\n00:00:03,000 --> 00:00:04,000\nThe bus\nhas left.\n"


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.quality", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def checkpoint(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    pairs = [{"source": source, "target": target} for source, target in KNOWN.items()]
    (folder / "pairs.json").write_text(json.dumps(pairs))
    model = folder / "indictrans2-indic-en-tiny"
    words = ["--pairs", folder / "pairs.json", "--source", "hi", "--target", "en"]
    run_in("indictrans2", "tests/checkpoints/indictrans2.py", model, *words)
    return model


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_what_the_model_knows_scores_a_hundred_and_another_reference_less(checkpoint: Path, tmp_path: Path) -> None:
    sources, references = list(KNOWN), list(KNOWN.values())
    write(tmp_path / "conv/test.hin_Deva", sources)
    write(tmp_path / "conv/test.eng_Latn", references)
    write(tmp_path / "flores200_dataset/devtest/hin_Deva.devtest", sources)
    write(tmp_path / "flores200_dataset/devtest/eng_Latn.devtest", ["Good day!", "Who are you?", "The bus is gone."])
    given = ["--data", tmp_path, "--model", checkpoint, "--engine", "transformers"]
    done = bench(*given, "--source", "hi", "--target", "en")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("IN22-Conv, hi to en: 3 sentences in ")
    assert lines[1].split()[:2] == ["chrF++", "100.0"] and "nw:2" in lines[1]
    assert lines[2].split()[:2] == ["BLEU", "100.0"] and "tok:13a" in lines[2]
    assert lines[3].startswith("FLORES-200 devtest, hi to en: 3 sentences in ")
    assert 20 < float(lines[4].split()[1]) < 90
    assert len(lines) == 6


def test_sets_are_found_in_every_published_layout(tmp_path: Path) -> None:
    write(tmp_path / "gen/eng_Latn-hin_Deva/test.hin_Deva", ["एक", "दो\u2028तीन"])
    write(tmp_path / "gen/eng_Latn-hin_Deva/test.eng_Latn", ["One", "Two three"])
    write(tmp_path / "devtest/hin_Deva.devtest", ["एक"])
    write(tmp_path / "devtest/eng_Latn.devtest", ["One"])
    expected = [("IN22-Gen", 2), ("FLORES-200 devtest", 1)]
    for tags in (("hin_Deva", "eng_Latn"), ("eng_Latn", "hin_Deva")):
        assert [(pair.name, len(pair.sources)) for pair in quality.found(tmp_path, *tags)] == expected
    with pytest.raises(ClickException, match="no test set of hin_Deva and tam_Taml"):
        quality.found(tmp_path, "hin_Deva", "tam_Taml")
    write(tmp_path / "devtest/eng_Latn.devtest", ["One", "Two"])
    with pytest.raises(ClickException, match=r"has 1 lines, .* 2"):
        quality.found(tmp_path, "hin_Deva", "eng_Latn")


def test_suber_is_nothing_for_the_same_subtitles_and_grows_with_words_and_times(tmp_path: Path) -> None:
    reference, other, late = (tmp_path / name for name in ("reference.srt", "other.srt", "late.srt"))
    reference.write_text(CUES)
    other.write_text(CUES.replace("Who", "What"))
    late.write_text(CUES.replace("00:00:0", "00:01:0"))
    done = bench("--srt", reference, reference)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["SubER", "0.0"])
    # Seven words, two ends of a cue and one of a line: one of ten is wrong; at another time all are taken away and new.
    assert quality.suber(other, reference) == pytest.approx(100 / 10)
    assert quality.suber(late, reference) == 200
    (tmp_path / "no.srt").write_text("Hello")
    done = bench("--srt", tmp_path / "no.srt", reference)
    assert done.returncode == 1 and done.stderr.startswith(f"Error: {tmp_path / 'no.srt'} is no SubRip file")
    assert "Traceback" not in done.stderr


def test_bad_input_gives_one_line() -> None:
    assert "give --data and --model, or --srt" in bench("--source", "hi").stderr
    assert "unknown language 'xx'" in bench("--data", ROOT, "--model", ROOT, "--source", "xx").stderr
