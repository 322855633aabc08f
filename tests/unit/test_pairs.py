"""Every pair of the languages file finds its translator, or is refused with what could."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from workspace import Refusal
from workspace.files import languages
from workspace.models import catalogue, mt_model

ROOT = Path(__file__).resolve().parents[2]
CODES = list(languages(ROOT))


def values(source: str, translator: str = "indictrans2", model: str = "indictrans2-distilled") -> dict[str, str]:
    given = {"SRC": source, "TRANSLATOR": translator, "MT_MODEL": model, "PROFILE": "standard", "ASR_MODEL": "base"}
    return dict(given)


def test_the_languages_are_english_and_the_22_of_india_some_in_two_scripts() -> None:
    assert len(CODES) == 26
    assert len({code.partition("-")[0] for code in CODES}) == 23
    assert {code for code in CODES if "-" in code} == {"ks-Deva", "mni-Beng", "sd-Deva"}
    tags = [entry["indictrans2"] for entry in languages(ROOT).values()]
    assert len(set(tags)) == 26
    assert all(tag.endswith(f"_{entry['script']}") for tag, entry in zip(tags, languages(ROOT).values(), strict=True))


@pytest.mark.parametrize("model", ["indictrans2-distilled", "indictrans2-1b"])
def test_every_pair_has_the_checkpoint_of_its_direction(model: str) -> None:
    for source, target in permutations(CODES, 2):
        side = "en" if source == "en" else "indic", "en" if target == "en" else "indic"
        plain = mt_model(ROOT, values(source, "transformers", model), target, "whisperx")
        assert plain == f"mt/{model}/{side[0]}-{side[1]}"
        converted = mt_model(ROOT, values(source, "indictrans2", model), target, "mlx")
        assert converted == f"{plain}-ct2"
        assert catalogue(ROOT)[converted]["from"] == plain
        assert catalogue(ROOT)[converted]["convert"] == "convert_indictrans2"


def test_two_languages_spoken_take_a_checkpoint_each() -> None:
    both = mt_model(ROOT, values("hi en"), "ta", "whisperx").split()
    assert [name.rpartition("/")[2] for name in both] == ["indic-indic-ct2", "en-indic-ct2"]
    assert mt_model(ROOT, values("hi en"), "en", "whisperx") == "mt/indictrans2-distilled/indic-en-ct2"
    assert mt_model(ROOT, values("hi ta"), "te", "whisperx") == "mt/indictrans2-distilled/indic-indic-ct2"


def test_what_an_engine_cannot_translate_is_refused_with_those_that_could() -> None:
    for target in (code for code in CODES if code not in ("en", "hi")):
        with pytest.raises(Refusal, match=f"English only, not into {target}. Type PROFILE=standard TGT={target}"):
            mt_model(ROOT, values("hi", "whisper"), target, "whisperx")
    assert mt_model(ROOT, values("hi", "whisper"), "en", "whisperx") == "asr/base/ct2"
    with pytest.raises(Refusal, match="the film is in hi already"):
        mt_model(ROOT, values("hi"), "hi", "whisperx")
    with pytest.raises(Refusal, match="Known: indictrans2-1b indictrans2-distilled"):
        mt_model(ROOT, values("hi", model="nope"), "en", "whisperx")
