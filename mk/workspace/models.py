"""Which model a stage loads, and the revision that was asked for."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Dict

from workspace import Refusal
from workspace.files import read_json

#: The translators that run IndicTrans2: CTranslate2, on weights converted for it, and transformers.
INDICTRANS2 = ("indictrans2", "transformers")
#: What a converted translator's id ends in.
CONVERTED = "-ct2"

#: The engine of recognition that recognises nothing: it times the words of the subtitles that the film came with.
SUBTITLES = "asr.subtitles"

#: The id of the model that tells singing from speech, for any language.
SONGS = "songs/firered/safetensors"


@functools.lru_cache(maxsize=None)
def catalogue(root: Path) -> dict:
    """The models file, with what config/models.local.json adds on this machine, and every translator converted."""
    listed = {**read_json(root / "config" / "models.json"), **read_json(root / "config" / "models.local.json")}
    converted = {
        f"{name}{CONVERTED}": {
            **{field: entry[field] for field in ("about", "licence", "gated") if field in entry},
            "convert": "convert_indictrans2",
            "from": name,
        }
        for name, entry in listed.items()
        if name.startswith("mt/")
    }
    return {**converted, **listed}


def model_of(root: Path, stage: str, language: str, values: Dict[str, str], backend: str) -> str:
    """The ids of the models that a stage loads; empty for none. Raises: Refusal where there is none to have."""
    if stage == SUBTITLES:
        # Where words are known already, the small one finds them.
        return asr_model(root, {"ASR_MODEL": "base"}, "whisperx")
    if stage.startswith("asr."):
        return asr_model(root, values, backend)
    if stage == "detect":
        # Any Whisper hears which language is spoken: the small one that needs no hub.
        return asr_model(root, {"ASR_MODEL": "base"}, backend)
    if stage == "songs":
        return SONGS
    if stage == "alignment":
        return align_model(root, values)
    if stage.startswith("translation."):
        return mt_model(root, values, language, backend)
    return ""


def asr_model(root: Path, values: Dict[str, str], backend: str) -> str:
    """The id of the recogniser's model."""
    return _known(root, f"asr/{values['ASR_MODEL']}/{'mlx' if backend == 'mlx' else 'ct2'}", "ASR_MODEL")


def align_model(root: Path, values: Dict[str, str]) -> str:
    """The ids of the aligners' models; empty where word times come from the recogniser's attention."""
    if values["ALIGN_MODEL"] == "attention":
        return ""
    if values["ALIGN_MODEL"] == "wav2vec2":
        # Languages without an aligner use the attention times.
        names = [f"align/{code}" for code in values["SRC"].split()]
        return " ".join(name for name in names if name in catalogue(root))
    return _known(root, f"align/{values['ALIGN_MODEL']}", "ALIGN_MODEL")


def mt_model(root: Path, values: Dict[str, str], target: str, backend: str) -> str:
    """The ids of the translator's models for this target language: one for each direction that is needed.

    Raises: Refusal for a pair that the engine cannot translate, with what could.
    """
    # What is spoken in the target language already is no matter for a translator.
    sources = [code for code in values["SRC"].split() if code != target]
    if not sources:
        raise Refusal(f"the film is in {target} already")
    translator, model = values["TRANSLATOR"], values["MT_MODEL"]
    if translator == "whisper":
        if target != "en":
            raise Refusal(
                f"TRANSLATOR=whisper (PROFILE={values['PROFILE']}) translates into English only, not into {target}. "
                f"Type PROFILE=standard TGT={target} for IndicTrans2, TRANSLATOR=llm MT_MODEL=… for a language model, "
                "or TGT=en"
            )
        return asr_model(root, values, backend)
    if translator == "llm":
        if not model or any(name.startswith(f"mt/{model}/") for name in catalogue(root)):
            raise Refusal("TRANSLATOR=llm needs the name of a model on LLM_SERVER: MT_MODEL=qwen3:8b, say")
        return ""
    if not model:
        raise Refusal(
            f"TRANSLATOR={translator} needs MT_MODEL: type PROFILE=standard, or MT_MODEL=indictrans2-distilled"
        )
    form = CONVERTED if translator == "indictrans2" else ""
    directions = dict.fromkeys(direction(code, target) for code in sources)
    return " ".join(_known(root, f"mt/{model}/{each}{form}", "MT_MODEL") for each in directions)


def direction(source: str, target: str) -> str:
    """Which of IndicTrans2's models translates a pair of languages.

    >>> direction("hi", "en"), direction("en", "sat"), direction("hi", "ta")
    ('indic-en', 'en-indic', 'indic-indic')
    """
    return "-".join("en" if code == "en" else "indic" for code in (source, target))


def _known(root: Path, name: str, setting: str) -> str:
    known = catalogue(root)
    if name not in known:
        kind, variant = name.split("/")[0], name.split("/")[2:]
        fit = {
            other.split("/")[1] for other in known if other.split("/")[0] == kind and other.split("/")[2:] == variant
        }
        raise Refusal(f"{setting}: the models file has no {name}. Known: {' '.join(sorted(fit)) or 'none'}")
    return name


@functools.lru_cache(maxsize=None)
def revision(root: Path, name: str) -> str:
    """What was asked for, as a digest: sources and revisions; never what was downloaded."""
    entry = catalogue(root)[name]
    asked = {field: entry[field] for field in ("sources", "files", "convert", "from") if field in entry}
    text = json.dumps(asked, sort_keys=True) + (revision(root, entry["from"]) if "from" in entry else "")
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=None)
def ready_stamp(root: Path, name: str) -> str:
    """The file that says that a model is there, in the revision asked for."""
    return f"models/{name}/.ready@{revision(root, name)}"
