"""Keys: everything that a result depends on besides the files it is made from, as one digest.

A key holds the film's identity, settings, the stage's code and what it imports, the lock of its
environment, the models' revisions, the cue profile. Content decides, never dates. Make turns each
key into the name of a stamp (mk/keys.mk); a stage writes the values into its run record.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import workspace
from workspace import Refusal

#: The stages of a film in processing order, and the file each makes; {src} and {tgt} are languages.
FILES = {
    "media.json": "probe",
    "audio.wav": "demux",
    "speech.json": "speech",
    "language.json": "detect",
    "asr.json": "asr",
    "aligned.json": "alignment",
    "transcript.json": "export_transcript",
    "sentences.json": "load_transcript",
    "final.mkv": "mux",
}

IMPORTS = re.compile(
    r"^\s*(?:from samvad\.(\w+) import|from samvad import (?:\(([^)]*)\)|([\w, ]+))|import samvad\.(\w+))", re.M
)


def stage_of(root: Path, file: str, values: Dict[str, str], backend: str) -> Tuple[str, str]:
    """(stage as in the table, language or "") of a film's file. Raises: Refusal for no such file."""
    if file in FILES:
        stage = FILES[file]
        return (f"asr.{backend}" if stage == "asr" else stage), ""
    stem, _, suffix = file.rpartition(".")
    if stem in workspace.languages(root):
        if suffix == "srt":
            return "subtitle_generation", stem
        if suffix == "json" and stem != values["SRC"]:
            return f"translation.{values['TRANSLATOR']}", stem
    files = " ".join(FILES)
    raise Refusal(
        f"no rule makes '{workspace.printable(file)}'. A film's files: {files} <language>.srt <language>.json"
    )


def describe(root: Path, target: str, given: Optional[Dict[str, str]] = None, backend: str = "") -> Dict[str, str]:
    """Every value of the key of `out/<film>/<file>`, by name."""
    backend = backend or os.environ.get("SAMVAD_BACKEND", "")
    slug, file = target.split("/")[-2:]
    values = workspace.settings(root, slug, given or {})
    stage, language = stage_of(root, file, values, backend)
    env = workspace.environment(root, stage, backend)
    script = f"stages/{stage.replace('.', '_')}.py"
    key = {"stage": stage}
    key.update((name, values[name]) for name in workspace.table(root)[stage][1])
    key.update((path, workspace.digest_of(root / path)) for path in code(root, script))
    key[f"envs/{env}.lock"] = workspace.digest_of(root / "envs" / f"{env}.lock")
    if stage in ("probe", "demux", "mux"):
        key["film"] = workspace.identity(workspace.film(root, slug).path)
    for name in sorted({language, *key.get("SRC", "").split(), *key.get("TGT", "").split()} - {""}):
        key[f"language {name}"] = digest(workspace.languages(root)[name])
    if stage == "subtitle_generation":
        profile = f"config/cues/{values['CUES']}.toml"
        for data in (profile, "config/cues/breaks.json"):
            key[data] = workspace.digest_of(root / data)
    if stage == "detect":
        key["config/languages.json"] = workspace.digest_of(root / "config" / "languages.json")
    model = model_of(root, stage, language, values, backend)
    if model:
        key[f"model {model}"] = workspace.model_revision(root, model)
    return key


def model_of(root: Path, stage: str, language: str, values: Dict[str, str], backend: str) -> str:
    """The id of the model that a stage loads; empty for none."""
    if stage.startswith("asr."):
        return workspace.asr_model(root, values, backend)
    if stage == "detect":
        # Any Whisper hears which language is spoken: the small one that needs no hub.
        return workspace.asr_model(root, {"ASR_MODEL": "base"}, backend)
    if stage == "alignment":
        return workspace.align_model(root, values)
    if stage.startswith("translation."):
        return workspace.mt_model(root, values, language, backend)
    return ""


def digest(key: Dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=None)
def data_files(root: Path) -> List[str]:
    """What lies in stages/samvad/data: it belongs to the modules that name it."""
    return [str(path.relative_to(root)) for path in sorted((root / "stages" / "samvad" / "data").glob("*"))]


@functools.lru_cache(maxsize=None)
def code(root: Path, script: str) -> List[str]:
    """The script, the modules of ours that it imports, directly or not, and their data, as paths.

    Read by pattern, not by a parser: the stages are written for a later Python than this one.
    """
    found: List[str] = []
    queue = [script]
    while queue:
        path = queue.pop()
        if path in found or not (root / path).exists():
            continue
        found.append(path)
        text = (root / path).read_text(encoding="utf-8")
        found += [data for data in data_files(root) if Path(data).name in text]
        for names in IMPORTS.findall(text):
            queue += [f"stages/samvad/{name}.py" for name in re.split(r"[,\s]+", " ".join(names).strip())]
    return sorted(set(found))
