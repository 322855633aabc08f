"""IndicTrans2's two engines on the same weights, and the conversion between them, on checkpoints of the genuine layout."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ENV = "indictrans2"
SCRIPT = "stages/convert_indictrans2.py"

#: Source → Tamil, which the trained checkpoint knows.
KNOWN = {
    "नमस्ते!": "வணக்கம்!",
    "तुम कौन हो?": "நீ யார்?",
    "मैं 10:30 पर आऊँगा।": "நான் 10:30 மணிக்கு வருவேன்.",
    "ज़रा रुको, मैं आ रहा हूँ।": "கொஞ்சம் பொறு, நான் வருகிறேன்.",
    "बस 5:30 बजे छूटती है।": "பேருந்து 5:30 மணிக்குப் புறப்படும்.",
    "माँ: खाना तैयार है।": "அம்மா: உணவு தயார்.",
    "हाँ।": "ஆம்.",
}

#: Both engines on the same batch: sentences that the model knows, and noise of up to 256 subwords. Log-probabilities
#: are those of random targets, </s> included.
PROBE = """
import json, sys
sys.path.insert(0, "stages")
from pathlib import Path
import numpy as np, torch
from convert_indictrans2 import write
from samvad import indictrans2_ct2
from samvad.indic_processor import processor
from samvad.indictrans2 import Decoding
from samvad.indictrans2_ct2 import CTranslate2
from samvad.indictrans2_torch import Transformers
from samvad.indictrans2_text import guard_colons

checkpoint, converted, texts, result = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
write(checkpoint, converted / "float16", "float32")  # the loader takes this folder for all but int8
reference = Transformers(checkpoint, threads=1)
exact, small = (CTranslate2(converted, compute=compute, threads=1) for compute in ("float32", "int8"))
tokenizer, config = reference.tokenizer, reference.config

prepared = processor()
sources = prepared.preprocess_batch([guard_colons(text) for text in texts], src_lang="hin_Deva", tgt_lang="tam_Taml")
known = [tokenizer.encode(source) for source in sources]
lots = np.random.default_rng(0)
noise = [[*lots.integers(4, config.encoder_vocab_size, size).tolist(), 2] for size in (5, 30, 255)]
found = {"all": len(known + noise)}
for name, decoding in {
    "greedy": Decoding(1), "beam": Decoding(), "no 3-gram twice": Decoding(5, 3), "greedy, no 2-gram twice": Decoding(1, 2),
    "no <unk>": Decoding(5, 0, False), "greedy, no <unk>": Decoding(1, 0, False),
}.items():
    found[name] = [engine.generate(known + noise, decoding) for engine in (reference, exact)]
    # When a search ends is what they do not share: both as CTranslate2 does it when it has no patience.
    reference.network.generation_config.early_stopping, patience = decoding.beams > 1, indictrans2_ct2.PATIENCE
    indictrans2_ct2.PATIENCE = 1.0
    found["short " + name] = [engine.generate(known + noise, decoding) for engine in (reference, exact)]
    reference.network.generation_config.early_stopping, indictrans2_ct2.PATIENCE = False, patience
found["alone"] = [engine.generate([row])[0] for engine in (reference, exact) for row in known + noise]
texts = [tokenizer.decode(row) for row in small.generate(known)]
found["int8"] = prepared.postprocess_batch(texts, lang="tam_Taml")
found["unknown"] = tokenizer.unknown
found["differences"] = []
for row in known + noise:
    target = lots.integers(4, config.decoder_vocab_size, 40).tolist()
    with torch.inference_mode():
        logits = reference.network(
            input_ids=torch.tensor([row]), attention_mask=torch.ones(1, len(row), dtype=torch.long),
            decoder_input_ids=torch.tensor([[2, *target]]),
        ).logits[0]
    theirs = logits.log_softmax(-1)[range(41), [*target, 2]]
    (ours,) = exact.translator.score_batch([[str(number) for number in row]], [[str(number) for number in target]])
    found["differences"].append(float(np.abs(theirs.numpy() - np.array(ours.log_probs)).max()))
Path(result).write_text(json.dumps(found))
"""

#: What is imported where a sentence is prepared and restored, and what CTranslate2's engine adds.
IMPORTS = """
import json, sys
sys.path.insert(0, "stages")
from pathlib import Path
from samvad.indic_processor import processor
one = processor()
(ready,) = one.preprocess_batch(["मैं १०:३० पर आऊँगा।"], src_lang="hin_Deva", tgt_lang="tam_Taml")
(text,) = one.postprocess_batch(["நான் < ID1 > மணிக்கு வருவேன் ."], lang="tam_Taml")
plain = processor(inference=False).preprocess_batch(["98-76"], src_lang="hin_Deva", tgt_lang="tam_Taml")
from samvad.indictrans2_ct2 import CTranslate2
CTranslate2(Path(sys.argv[1])).generate([[5, 6, 2]])
heavy = [name for name in ("torch", "transformers", "pandas", "IndicTransToolkit") if name in sys.modules]
import pandas, IndicTransToolkit  # what was left out is not spoilt for others
print(json.dumps([ready, text, plain, heavy, hasattr(pandas, "DataFrame")]))
"""


def convert(run_in: Run, source: Path, out: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return run_in(ENV, SCRIPT, "--in", source, "--out", out, "--stamp", out / ".ready@1", check=check)


def checkpoint(run_in: Run, folder: Path, *options: str) -> tuple[Path, Path]:
    """A checkpoint and the same one converted."""
    pairs = [{"source": source, "target": target} for source, target in KNOWN.items()]
    (folder / "pairs.json").write_text(json.dumps(pairs))
    given = ("--pairs", folder / "pairs.json", "--source", "hi", "--target", "ta")
    run_in(ENV, "tests/checkpoints/indictrans2.py", folder / "tiny", *given, *options)
    # Random ones would go on until the end, or nearly so: a near one.
    config = json.loads((folder / "tiny" / "config.json").read_text())
    (folder / "tiny" / "config.json").write_text(json.dumps({**config, "max_target_positions": 48}))
    convert(run_in, folder / "tiny", folder / "tiny-ct2")
    return folder / "tiny", folder / "tiny-ct2"


@pytest.fixture(scope="module")
def trained(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return checkpoint(run_in, tmp_path_factory.mktemp("trained"))


def answers(run_in: Run, models: tuple[Path, Path], folder: Path) -> dict[str, Any]:
    converted = shutil.copytree(models[1], folder / "converted")
    run_in(ENV, "-c", PROBE, models[0], converted, json.dumps(list(KNOWN)), folder / "found.json")
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


#: Ways to decode in PROBE.
WAYS = ("greedy", "beam", "no 3-gram twice", "greedy, no 2-gram twice", "no <unk>", "greedy, no <unk>")


def same(found: dict[str, Any], ways: Iterable[str]) -> None:
    """That the engines agree: the weights are the same 32-bit floats."""
    for way in ways:
        reference, exact = found[way]
        assert len(reference) == found["all"]
        assert exact == reference, way
    assert found["alone"] == found["beam"][0] + found["beam"][1]  # a batch changes nothing
    assert max(found["differences"]) < 1e-3


def test_the_engines_agree_on_a_trained_model_and_eight_bits_know_its_sentences(
    run_in: Run, trained: tuple[Path, Path], tmp_path: Path
) -> None:
    found = answers(run_in, trained, tmp_path)
    same(found, [*WAYS, *(f"short {way}" for way in WAYS)])
    assert found["int8"] == list(KNOWN.values())


@pytest.mark.parametrize("options", [(), ("--untied",)])
def test_the_engines_agree_on_a_random_model(run_in: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    found = answers(run_in, checkpoint(run_in, tmp_path, "--untrained", *options), tmp_path)
    same(found, [*(way for way in WAYS if way.startswith("greedy")), *(f"short {way}" for way in WAYS)])
    if options:
        # Each way of decoding is one: n-grams do come twice, and <unk> is written where it may be.
        assert found["beam"] != found["no 3-gram twice"] and found["greedy"] != found["greedy, no 2-gram twice"]
        for usual, without in (("beam", "no <unk>"), ("greedy", "greedy, no <unk>")):
            assert any(found["unknown"] in row for row in found[usual][0])
            assert not any(found["unknown"] in row for row in found[without][1])


def test_neither_torch_nor_what_else_the_toolkit_imports_is_needed(run_in: Run, trained: tuple[Path, Path]) -> None:
    ready, text, plain, heavy, whole = json.loads(run_in(ENV, "-c", IMPORTS, trained[1]).stdout)
    assert ready == "hin_Deva tam_Taml मैं < ID1 > पर आऊँगा ।"
    assert text == "நான் 10:30 மணிக்கு வருவேன்."
    assert plain == ["hin_Deva tam_Taml 98 - 76"]
    assert heavy == []
    assert whole


# --- the conversion ---------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_conversion_is_whole_and_the_same_each_time(run_in: Run, trained: tuple[Path, Path], tmp_path: Path) -> None:
    source, first = trained
    shutil.copytree(first, tmp_path / "out")
    (tmp_path / "out" / ".ready@1").unlink()
    # What an earlier one left, whole and half, is gone.
    (tmp_path / "out" / "int8" / "other").touch()
    (tmp_path / "out" / ".part-1-int8").mkdir()
    convert(run_in, source, tmp_path / "out")
    found = contents(tmp_path / "out")
    assert found == contents(first)
    weights = ("model.bin", "config.json", "source_vocabulary.json", "target_vocabulary.json")
    precisions = {f"{precision}/{name}" for precision in ("int8", "float16") for name in weights}
    described = {"config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT"}
    assert set(found) == precisions | described | {".ready@1"}
    assert all(found[name] == (source / name).read_bytes() for name in described)
    # The embeddings that are the output layer too are there once, and each precision takes its place only.
    parameters = (source / "model.safetensors").stat().st_size / 4
    assert len(found["int8/model.bin"]) < 1.5 * parameters  # position tables and norms are kept in 32 bits
    assert len(found["float16/model.bin"]) < 2.2 * parameters


def test_what_cannot_be_converted_gives_one_line_and_leaves_nothing(
    run_in: Run, trained: tuple[Path, Path], tmp_path: Path
) -> None:
    def line(change: Callable[[Path], object]) -> str:
        shutil.rmtree(tmp_path / "model", ignore_errors=True)
        shutil.copytree(trained[0], tmp_path / "model")
        change(tmp_path / "model")
        done = convert(run_in, tmp_path / "model", tmp_path / "out", check=False)
        assert done.returncode == 1
        assert list((tmp_path / "out").iterdir()) == []
        lines = done.stderr.splitlines()
        assert len(lines) == 2  # what runs, and why it did not
        return lines[1]

    def header(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
        def apply(model: Path) -> None:
            path = model / "model.safetensors"
            path.write_bytes(change(path.read_bytes()))

        return apply

    def widen(model: Path) -> None:
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "decoder_ffn_dim": 256}))

    assert "model.safetensors is damaged" in line(header(lambda whole: whole[: len(whole) // 2]))
    found = line(widen)
    assert "model.safetensors: tensor model.decoder.layers.0.fc1.weight has the shape 128 × 64, not 256 × 64" in found
    renamed = line(header(lambda whole: whole.replace(b"layers.1.fc2.bias", b"layers.7.fc2.bias")))
    assert "has no tensor model.encoder.layers.1.fc2.bias" in renamed
    integers = line(header(lambda whole: whole.replace(b'"dtype":"F32"', b'"dtype":"I32"')))
    assert "is of the type I32" in integers
    assert "has no model.SRC" in line(lambda model: (model / "model.SRC").unlink())
    assert "has no model.safetensors" in line(lambda model: (model / "model.safetensors").unlink())
    assert "model.TGT is no SentencePiece model" in line(lambda model: (model / "model.TGT").write_bytes(b"\1"))
    assert "dict.TGT.json" in line(lambda model: (model / "dict.TGT.json").write_text("{"))


LOAD = """
import sys
sys.path.insert(0, "stages")
from pathlib import Path
from samvad.indictrans2_ct2 import CTranslate2
from samvad.problem import Problem
for arguments in (["cpu", "int8"], ["cpu", "float16"], ["cuda", "float16"]):
    try:
        CTranslate2(Path(sys.argv[1]), *arguments)
        print("loaded")
    except Problem as problem:
        print(problem)
"""


def test_a_damaged_model_and_a_device_that_is_not_there_are_refused(
    run_in: Run, trained: tuple[Path, Path], tmp_path: Path
) -> None:
    model = shutil.copytree(trained[1], tmp_path / "model")

    def said() -> list[str]:
        return run_in(ENV, "-c", LOAD, model, CUDA_VISIBLE_DEVICES="").stdout.splitlines()

    whole, half, cuda = said()
    assert whole == "loaded"
    assert "cannot run on cpu in float16" in half and "COMPUTE=int8" in half
    assert "there is no CUDA device" in cuda
    weights = model / "int8" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "cannot run on cpu in int8" in said()[0]
    weights.unlink()
    assert f"{model} has no int8/model.bin" in said()[0]


#: The stage, which stands still once it has begun to write a precision.
STUCK = """
import sys, time
sys.path.insert(0, "stages")
from pathlib import Path
import convert_indictrans2
from ctranslate2.specs.model_spec import ModelSpec
save = ModelSpec.save
def stand_still(self, folder):
    save(self, folder)
    if "{precision}" in folder:
        Path(sys.argv[2], "reached").touch()
        time.sleep(60)
ModelSpec.save = stand_still
convert_indictrans2.convert(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("precision", ["int8", "float16"])
def test_a_conversion_that_is_killed_leaves_nothing_that_is_believed(
    run_in: Run, root: Path, trained: tuple[Path, Path], tmp_path: Path, precision: str
) -> None:
    out = tmp_path / "out"
    command = [root / "envs" / ENV / "bin" / "python", "-c", STUCK.format(precision=precision), trained[0], out]
    process = subprocess.Popen(command, cwd=root)
    try:
        for _ in range(1200):
            if (out / "reached").exists():
                break
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (out / "reached").unlink()  # not before it is there
    assert not (out / precision).exists() and not list(out.glob(".ready@*"))
    assert f"{out} has no " in run_in(ENV, "-c", LOAD, out).stdout
    convert(run_in, trained[0], out)
    assert contents(out) == contents(trained[1])
