"""Builds an environment from its lock, and says which are missing.

    python3 mk/envs.py build whisperx envs/whisperx/.built@6c1d0f8e2b7a
    python3 mk/envs.py lock whisperx
    python3 mk/envs.py check envs/common/.built@… envs/whisperx/.built@…

uv does the work: itself pinned (envs/uv.lock) and installed from the package registry by the
Python that runs Make. Standard library only, Python 3.9.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, NoReturn, Optional

from workspace.files import digest_of

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = re.compile(r"^# python: (\S+)", re.M)


def build(name: str, stamp: Path) -> None:
    """Makes envs/<name> what its lock says, checks that it imports, and writes the stamp last."""
    folder = ROOT / "envs" / name
    with locked(name):
        if stamp.exists():
            return
        for old in folder.glob(".built@*"):
            old.unlink()
        say(f"  {'ENV':<20} {name}")
        start = time.monotonic()
        requirements = ROOT / "envs" / f"{name}.in"
        uv = bootstrap()
        wanted = PYTHONS.search(requirements.read_text(encoding="utf-8")).group(1)
        run(
            [uv, "venv", "--quiet", "--clear", "--python", wanted, str(folder)],
            name,
            f"no Python {wanted} to build it with: install one (apt install python3.11, brew install python@3.12)",
        )
        python = folder / "bin" / "python"
        run(
            [uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", str(python), f"{folder}.lock"],
            name,
            "the packages could not be installed. Check the network and the disk, then type the same command again",
            shown=sys.stderr.isatty(),
        )
        run([str(python), str(ROOT / "mk" / "import_check.py"), str(requirements)], name, "a package does not import")
        stamp.touch()
        say(f"  {'ENV':<20} {name} built in {time.monotonic() - start:.0f} s")


def bootstrap() -> str:
    """The pinned uv, installed on first use; its path."""
    folder = ROOT / "envs" / "uv"
    uv = folder / "bin" / "uv"
    lock = ROOT / "envs" / "uv.lock"
    stamp = folder / f".built@{digest_of(lock)}"
    with locked("uv"):
        if not stamp.exists():
            if os.environ.get("OFFLINE") == "1":
                fail("uv", "it is not here and OFFLINE=1 forbids to fetch it. Once without OFFLINE=1: make envs")
            say(f"  {'ENV':<20} uv")
            if not has_ensurepip():
                fail(
                    "uv",
                    "python3 has no venv module: install it (apt install python3-venv) and type the same command again",
                )
            run(
                [sys.executable, "-m", "venv", str(folder)],
                "uv",
                "python3 cannot make a virtual environment (apt install python3-venv)",
            )
            pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            run(
                [*pip, "--require-hashes", "-r", str(lock)],
                "uv",
                "uv could not be installed. Check the network, then type the same command again",
            )
            for old in folder.glob(".built@*"):
                old.unlink()
            stamp.touch()
    return str(uv)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One build of an environment at a time. Beside the environments: uv locks inside them itself."""
    path = ROOT / "envs" / ".locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def has_ensurepip() -> bool:
    try:
        import ensurepip  # noqa: F401 – Debian ships it apart, in python3-venv
    except ImportError:
        return False
    return True


def run(command: List[str], name: str, otherwise: str, shown: bool = False) -> None:
    """Runs a step of the build; its output goes to the log, or to the terminal where it is one."""
    if os.environ.get("OFFLINE") == "1" and "sync" in command:
        otherwise = "the packages are not all in uv's cache. Once without OFFLINE=1: make envs"
    log = ROOT / "envs" / ".log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        print("$", *command, file=file, flush=True)
        out = None if shown else file
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    if done.returncode != 0:
        fail(name, otherwise, log)


def fail(name: str, reason: str, log: Optional[Path] = None) -> NoReturn:
    say(f"samvad: environment {name}: {reason}" + (f" (log: {os.path.relpath(log, ROOT)})" if log else ""))
    sys.exit(1)


def check(stamps: List[str]) -> None:
    """Lists the environments whose stamp is missing, with the command that builds them."""
    missing = [Path(stamp).parent.name for stamp in stamps if not (ROOT / stamp).exists()]
    for stamp in stamps:
        name = Path(stamp).parent.name
        print(f"  {name:<14} {'missing' if name in missing else 'built'}")
    if missing:
        print(f"samvad: not built: {' '.join(missing)}. Type: make {' '.join(f'env-{name}' for name in missing)}")
        sys.exit(1)


def lock(name: str) -> None:
    """Resolves envs/<name>.in for every platform and Python that its first line names."""
    requirements = ROOT / "envs" / f"{name}.in"
    overrides = ROOT / "envs" / f"{name}.overrides"
    wanted = PYTHONS.search(requirements.read_text(encoding="utf-8")).group(1)
    oldest = re.search(r"\d+\.\d+", wanted).group()
    command = [
        bootstrap(),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
    ]
    command += ["--overrides", str(overrides)] if overrides.exists() else []
    run(
        [*command, "--python-version", oldest, str(requirements), "--output-file", f"{ROOT / 'envs' / name}.lock"],
        name,
        "the requirements cannot be resolved",
    )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    action, *rest = sys.argv[1:]
    if os.environ.get("OFFLINE") == "1":
        os.environ.update(UV_OFFLINE="1", UV_PYTHON_DOWNLOADS="never")
    try:
        if action == "build":
            build(rest[0], ROOT / rest[1])
        elif action == "lock":
            lock(rest[0])
        else:
            check(rest)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"samvad: environment {rest[0]}: {error}")
