"""IndicTrans2 in its own environment, on checkpoints of the genuine layout that know a few sentences."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvad.documents import Translation, read
from samvad.indictrans2 import FILES, match_tensors, read_config
from samvad.indictrans2_text import framed, guard_colons, in_parts, leftovers
from samvad.problem import Problem
from samvad.translator import batches
from translation_indictrans2 import check_direction

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ENV = "indictrans2"

#: ज़ as one character, which the pre-processor destroys unless it is decomposed first.
ZA = "\u095b"

#: Source → Tamil, English. What is not in the sources here (१०:३०, the one-character ज़) must become it.
KNOWN = {
    "नमस्ते!": ("வணக்கம்!", "Hello!"),
    "तुम कौन हो?": ("நீ யார்?", "Who are you?"),
    "मैं 10:30 पर आऊँगा।": ("நான் 10:30 மணிக்கு வருவேன்.", "I will come at 10:30."),
    "ज़रा रुको, मैं आ रहा हूँ।": ("கொஞ்சம் பொறு, நான் வருகிறேன்.", "Wait a bit, I'm coming."),
    "बस 5:30 बजे छूटती है।": ("பேருந்து 5:30 மணிக்குப் புறப்படும்.", "The bus leaves at 5:30."),
    "माँ: खाना तैयार है।": ("அம்மா: உணவு தயார்.", "Mother: the food is ready."),
    "हाँ।": ("ஆம்.", "Yes."),
    # This model invents a placeholder here, as the real one does now and then.
    "उसे बुलाओ।": ("<ID7> அவனை அழை.", "<ID7> Call him."),
}

#: (start, end, text) as a recogniser would cut them: across sentences, several at once, nothing.
SPOKEN = [
    (0.0, 1.0, "नमस्ते! तुम"),
    (1.2, 2.0, "कौन हो?"),
    (4.0, 6.0, "मैं १०:३० पर आऊँगा।"),
    (7.0, 9.0, f"{ZA}रा रुको, मैं आ रहा हूँ। बस 5:30 बजे छूटती है।"),
    (10.0, 10.5, "…"),
    (10.5, 11.0, ""),
    (11.0, 14.0, "माँ: खाना तैयार है। हाँ। हाँ।"),
    (20.0, 21.0, "♪ हाँ। ♪"),
    (22.0, 23.0, "<i>उसे बुलाओ।</i>"),
]


@pytest.fixture(scope="session")
def checkpoint(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a checkpoint for a target language, once."""
    made: dict[str, Path] = {}

    def make(target: str) -> Path:
        if target not in made:
            folder = tmp_path_factory.mktemp("checkpoint")
            column = ("ta", "en").index(target)
            pairs = [{"source": source, "target": answers[column]} for source, answers in KNOWN.items()]
            (folder / "pairs.json").write_text(json.dumps(pairs))
            model = folder / f"indictrans2-indic-{'en' if target == 'en' else 'indic'}-tiny"
            script, wanted = "tests/checkpoints/indictrans2.py", folder / "pairs.json"
            run_in(ENV, script, model, "--pairs", wanted, "--source", "hi", "--target", target)
            assert {file.name for file in model.iterdir()} >= set(FILES)
            assert sum(file.stat().st_size for file in model.iterdir()) < 2_000_000
            made[target] = model
        return made[target]

    return make


@pytest.fixture(scope="session")
def sentences(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sentences.json of SPOKEN, by load_transcript."""
    folder = tmp_path_factory.mktemp("film")
    segments = [
        {"id": number, "start": start, "end": end, "text": text} for number, (start, end, text) in enumerate(SPOKEN)
    ]
    head = {"format": "samvad.transcript/1", "language": "hi", "models": {"asr": "whisperx base"}}
    (folder / "transcript.json").write_text(json.dumps({**head, "segments": segments}))
    out = folder / "sentences.json"
    run_in(ENV, "stages/load_transcript.py", "--transcript", folder / "transcript.json", "--out", out)
    return out


def translate(
    run_in: Run, sentences: Path, model: Path, out: Path, target: str, check: bool = True, **environ: str
) -> subprocess.CompletedProcess[str]:
    return run_in(
        ENV,
        "stages/translation_indictrans2.py",
        *("--sentences", sentences, "--model", model, "--source", "hi", "--target", target, "--threads", 1),
        *("--out", out),
        check=check,
        **environ,
    )


@pytest.mark.parametrize(("target", "column"), [("ta", 0), ("en", 1)])
def test_a_transcript_becomes_exactly_the_sentences_that_the_model_knows(
    run_in: Run, checkpoint: Any, sentences: Path, tmp_path: Path, target: str, column: int
) -> None:
    out = tmp_path / f"{target}.json"
    translate(run_in, sentences, checkpoint(target), out, target)
    found = read(out, Translation)
    known = [answers[column] for answers in KNOWN.values()]
    yes = known[6]
    assert [sentence.text for sentence in found.sentences] == [
        *known[:5],
        "…",  # nothing to translate
        known[5],
        yes,
        yes,
        f"♪ {yes} ♪",
        known[7].removeprefix("<ID7> "),
    ]
    assert (found.source, found.target) == ("hi", target)
    name = "indictrans2 indictrans2-indic-en-tiny" if target == "en" else "indictrans2 indictrans2-indic-indic-tiny"
    assert found.models == {"asr": "whisperx base", "translation": name}
    assert found.sentences[1].source == "तुम कौन हो?"
    assert found.sentences[2].start == 4.0
    record = json.loads((tmp_path / "run" / f"translation.{target}.json").read_text())
    assert record["interpreter"] == "envs/indictrans2/bin/python"
    packages = {name.lower() for name in record["packages"]}
    assert packages >= {"transformers", "indictranstoolkit", "torch", "safetensors"}
    assert record["sentences"] == {"all": 11, "different": 10}
    assert record["placeholders"] == {"translated_again": 1, "removed": 1}


def test_what_is_said_in_the_target_language_stays_as_it_is(run_in: Run, checkpoint: Any, tmp_path: Path) -> None:
    said = [("नमस्ते!", None), ("Hello yourself, Sir!", "en"), ("हाँ।", None), ("नमस्ते!", None)]
    sentences = [
        {"id": n, "start": n, "end": n + 1, "text": text, **({"language": language} if language else {})}
        for n, (text, language) in enumerate(said)
    ]
    document = {"format": "samvad.sentences/1", "language": "hi", "models": {}, "sentences": sentences}
    (tmp_path / "sentences.json").write_text(json.dumps(document))
    given = ["--sentences", tmp_path / "sentences.json", "--threads", 1]
    both = ["--source", "hi", "--source", "en"]
    script = "stages/translation_indictrans2.py"
    run_in(ENV, script, *given, *both, "--target", "en", "--model", checkpoint("en"), "--out", tmp_path / "en.json")
    found = read(tmp_path / "en.json", Translation)
    assert [sentence.text for sentence in found.sentences] == ["Hello!", "Hello yourself, Sir!", "Yes.", "Hello!"]
    assert found.source == "hi"
    # Into Tamil the English would need another model: nothing is translated rather than half of it wrongly.
    tamil = [*both, "--target", "ta", "--model", checkpoint("ta"), "--out", tmp_path / "ta.json"]
    done = run_in(ENV, script, *given, *tamil, check=False)
    assert done.returncode == 1 and "does not translate from en into ta" in done.stderr


def test_a_hash_seed_changes_nothing(run_in: Run, checkpoint: Any, tmp_path: Path) -> None:
    # Four things that are put aside, numbered by the order of a set.
    texts = ["12:45 या 13:50 या 14:55 या 10:30 पर फ़ोन 98-76 करो।", "मैं 10:30 पर आऊँगा।"]
    document = {
        "format": "samvad.sentences/1",
        "language": "hi",
        "models": {},
        "sentences": [{"id": n, "start": n, "end": n + 1, "text": text} for n, text in enumerate(texts)],
    }
    (tmp_path / "sentences.json").write_text(json.dumps(document))
    results = []
    for seed in ("1", "22"):
        out = tmp_path / seed / "ta.json"
        translate(run_in, tmp_path / "sentences.json", checkpoint("ta"), out, "ta", PYTHONHASHSEED=seed)
        results.append(out.read_bytes())
    assert results[0] == results[1]
    assert "நான் 10:30 மணிக்கு வருவேன்." in results[0].decode()


PROBE = """
import json, sys
sys.path.insert(0, "stages")
from pathlib import Path
from samvad.indictrans2 import IndicTrans2
model = IndicTrans2(Path(sys.argv[1]), threads=1)
texts = [f"hin_Deva tam_Taml {text}" for text in json.loads(sys.argv[2])]
ids = [model.tokenizer.encode(text) for text in texts]
print(json.dumps({
    "greedy": model.generate(ids, beams=1),
    "beam": model.generate(ids),
    "greedy alone": [model.generate([row], beams=1)[0] for row in ids],
    "beam alone": [model.generate([row])[0] for row in ids],
    "text": [model.tokenizer.decode(row) for row in model.generate(ids)],
}))
"""


def test_neither_the_batch_nor_the_process_changes_what_the_model_says(
    run_in: Run, checkpoint: Any, tmp_path: Path
) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    texts = ["हाँ ।", "मैं < ID1 > पर आऊँगा ।", "तुम कौन हो ?", "ज़रा रुको , मैं आ रहा हूँ । " * 6]
    said = [
        json.loads(run_in(ENV, tmp_path / "probe.py", checkpoint("ta"), json.dumps(texts), PYTHONHASHSEED=seed).stdout)
        for seed in ("7", "8")
    ]
    assert said[0] == said[1]
    assert said[0]["greedy"] == said[0]["greedy alone"]
    assert said[0]["beam"] == said[0]["beam alone"]
    assert said[0]["text"][0] == "आम् ."  # Tamil, in the script that the model writes


def test_damaged_or_foreign_weights_give_one_line(
    run_in: Run, checkpoint: Any, sentences: Path, tmp_path: Path
) -> None:
    def line(change: Callable[[Path], object]) -> str:
        shutil.rmtree(tmp_path / "model", ignore_errors=True)
        shutil.copytree(checkpoint("ta"), tmp_path / "model")
        change(tmp_path / "model")
        out = tmp_path / "film" / "ta.json"
        done = translate(run_in, sentences, tmp_path / "model", out, "ta", check=False)
        assert done.returncode == 1
        assert not out.exists()
        lines = done.stderr.splitlines()
        assert len(lines) == 2  # what runs, and why it did not
        assert "Traceback" not in done.stderr
        return lines[1]

    def cut(model: Path) -> None:
        whole = (model / "model.safetensors").read_bytes()
        (model / "model.safetensors").write_bytes(whole[: len(whole) // 2])

    def widen(model: Path) -> None:
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "decoder_ffn_dim": 256}))

    assert "model.safetensors is damaged" in line(cut)
    found = line(widen)
    assert "model.safetensors: tensor model.decoder.layers.0.fc1.weight has the shape 128 × 64, not 256 × 64" in found
    assert "has no model.SRC" in line(lambda model: (model / "model.SRC").unlink())
    assert "dict.TGT.json" in line(lambda model: (model / "dict.TGT.json").write_text("{"))


PICKLES = """
import os, sys, torch
from pathlib import Path
from safetensors.torch import load_file
folder = Path(sys.argv[1])
table = load_file(folder / "model.safetensors")
table["lm_head.weight"] = table["model.decoder.embed_tokens.weight"]
torch.save(table, folder / "pytorch_model.bin")
class Bad:
    def __reduce__(self):
        return os.mkdir, (str(folder / "run by a pickle"),)
for name, what in (("code", {"a": Bad()}), ("number", {**table, "epoch": 3})):
    (folder / name).mkdir()
    torch.save(what, folder / name / "pytorch_model.bin")
"""


def test_a_pickle_of_tensors_is_converted_and_any_other_is_refused(
    run_in: Run, checkpoint: Any, sentences: Path, tmp_path: Path
) -> None:
    model = tmp_path / checkpoint("ta").name
    shutil.copytree(checkpoint("ta"), model)
    (tmp_path / "pickles.py").write_text(PICKLES)
    run_in(ENV, tmp_path / "pickles.py", model)
    weights = model / "model.safetensors"
    original = weights.read_bytes()
    weights.unlink()
    converted = tmp_path / "converted"
    run_in(ENV, "stages/convert_pickle.py", "--in", model, "--out", converted, "--stamp", converted / ".ready@1")
    assert not (converted / "pytorch_model.bin").exists()
    shutil.move(converted / "model.safetensors", weights)
    assert len(weights.read_bytes()) == pytest.approx(len(original), rel=0.01)  # the twin is stored once
    translate(run_in, sentences, model, tmp_path / "film" / "ta.json", "ta")
    assert read(tmp_path / "film" / "ta.json", Translation).sentences[0].text == "வணக்கம்!"
    for name, reason in (("code", "more than tensors"), ("number", "'epoch' is no tensor but int")):
        out = tmp_path / name
        stamp = out / ".ready@1"
        done = run_in(
            ENV, "stages/convert_pickle.py", "--in", model / name, "--out", out, "--stamp", stamp, check=False
        )
        assert done.returncode == 1
        assert reason in done.stderr
        assert "Traceback" not in done.stderr
        assert not stamp.exists() and not (out / "model.safetensors").exists()
    assert not (model / "run by a pickle").exists()


# --- what needs no model ----------------------------------------------------------------------------


def test_a_model_of_another_direction_or_a_transcript_of_another_language_is_refused() -> None:
    check_direction("indictrans2-indic-en-1B", "hi", "en")
    check_direction("my-own-model", "hi", "ta")
    with pytest.raises(Problem, match="does not translate from hi into ta"):
        check_direction("indictrans2-indic-en-1B", "hi", "ta")
    with pytest.raises(Problem, match="from en into hi"):
        check_direction("indictrans2-indic-indic-dist-320M", "en", "hi")


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("10:30 पर", "10:30 पर"),
        ("१०:३०:५५ पर", "१०:३०:५५ पर"),
        ("5:30 पर", "5：30 पर"),
        ("3:2 से", "3：2 से"),
        ("5:30-6:30 तक", "5：30-6：30 तक"),
        ("10:30: हाँ", "10:30 ： हाँ"),
        ("DOB: 12", "DOB ： 12"),
        ("क्या?: नहीं", "क्या? ： नहीं"),
        ("https://example.org/a", "https://example.org/a"),
    ],
)
def test_only_colons_that_are_put_aside_keep_their_character(text: str, guarded: str) -> None:
    assert guard_colons(text) == guarded


def test_edges_and_markup_are_no_business_of_the_model() -> None:
    assert framed("- <i>चलो</i>") == ("- ", "चलो", "")
    assert framed(r"{\an8}चलो") == ("", "चलो", "")
    assert framed("-5 डिग्री") == ("", "-5 डिग्री", "")
    assert framed(f"{ZA}रा") == ("", "ज़रा", "")


@given(st.lists(st.sampled_from(["क", "खग,", "घ।", "च" * 9]), max_size=80), st.integers(3, 30))
def test_parts_are_short_enough_and_lose_nothing(words: list[str], longest: int) -> None:
    text = " ".join(words)
    parts = in_parts(text, longest, len)
    assert " ".join(parts) == text
    assert all(len(part) <= longest or " " not in part for part in parts)


@given(st.lists(st.integers(1, 256), max_size=60))
def test_batches_hold_every_sentence_once_within_their_bounds(lengths: list[int]) -> None:
    made = batches(lengths, 512, 8)
    assert sorted(number for batch in made for number in batch) == list(range(len(lengths)))
    assert all(len(batch) <= 8 and len(batch) * max(lengths[n] for n in batch) <= 512 for batch in made)


def test_placeholders_that_stayed_are_found_in_every_spelling() -> None:
    text = "a <ID3> b < id 3 ] c [ID12] <आईडी3>"
    assert leftovers(text, "") == ["<ID3>", "< id 3 ]", "[ID12]", "<आईडी3>"]
    assert leftovers("5 < 6 and [sic]", "") == []


def test_tensors_must_fit_one_to_one(tmp_path: Path) -> None:
    shapes = {"lm_head.weight": (9, 4), "model.decoder.embed_tokens.weight": (9, 4), "a.bias": (4,)}
    once = {"lm_head.weight": (9, 4), "a.bias": (4,), "model.encoder.embed_positions.weights": (3, 4)}
    assert match_tensors(shapes, once, True, tmp_path)["model.decoder.embed_tokens.weight"] == "lm_head.weight"
    with pytest.raises(Problem, match=r"no tensor model\.decoder\.embed_tokens\.weight"):
        match_tensors(shapes, once, False, tmp_path)
    with pytest.raises(Problem, match=r"unknown tensor b\.bias"):
        match_tensors(shapes, {**once, "b.bias": (1,)}, True, tmp_path)
    with pytest.raises(Problem, match=r"a\.bias has the shape 5, not 4"):
        match_tensors(shapes, {**once, "a.bias": (5,)}, True, tmp_path)


def test_a_config_of_another_architecture_is_refused_by_file_and_field(tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "model_type": "IndicTrans",
        **{f"{half}_vocab_size": 9 for half in ("encoder", "decoder")},
        **{f"{half}_embed_dim": 8 for half in ("encoder", "decoder")},
        **{f"{half}_layers": 1 for half in ("encoder", "decoder")},
        **{f"{half}_ffn_dim": 8 for half in ("encoder", "decoder")},
        **{f"{half}_attention_heads": 2 for half in ("encoder", "decoder")},
        **{f"{half}_normalize_before": True for half in ("encoder", "decoder")},
        **{f"max_{side}_positions": 256 for side in ("source", "target")},
        "activation_function": "gelu",
        "layernorm_embedding": True,
        "scale_embedding": True,
        "share_decoder_input_output_embed": True,
        "auto_map": {"AutoConfig": "never.looked.at"},
    }
    path = tmp_path / "config.json"
    path.write_bytes(msgspec.json.encode(fields))
    assert read_config(path).eos_token_id == 2
    for name, value, reason in (
        ("model_type", "RotaryIndicTrans", "model_type"),
        ("encoder_layers", 0, "encoder_layers"),
        ("layernorm_embedding", False, "normalises"),
        ("decoder_embed_dim", 16, "differ"),
        ("decoder_attention_heads", 3, "3 heads"),
    ):
        path.write_bytes(msgspec.json.encode({**fields, name: value}))
        with pytest.raises(Problem, match=reason) as problem:
            read_config(path)
        assert "config.json" in str(problem.value)
