"""Which environments are built, for what, and what the hardware decides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import DEMO, Workspace


@pytest.fixture
def bare(workspace: Workspace) -> Workspace:
    """A workspace in which no environment counts as built."""
    for stamp in (workspace.folder / "envs").glob("*/.built@*"):
        stamp.unlink()
    return workspace


def built(plan: str) -> list[str]:
    """The environments that a dry run would build."""
    return [line.split()[3] for line in plan.splitlines() if "mk/envs.py build" in line]


def program(folder: Path, name: str, text: str) -> str:
    """A PATH on which `name` prints the text and ends well."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(f"#!/bin/sh\necho '{text}'\n")
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_a_result_builds_only_the_environments_that_it_needs(bare: Workspace) -> None:
    assert built(bare.make("-n", "out/demo/media.json").stdout) == ["common"]
    assert sorted(built(bare.make("-n", *DEMO).stdout)) == ["common", "shots", "whisperx"]
    sentences = built(bare.make("-n", "out/demo/sentences.json", "SRC=hi").stdout)
    assert sorted(sentences) == ["common", "whisperx"]  # a language model needs no more to begin with


def test_envs_builds_all_that_this_machine_uses(bare: Workspace) -> None:
    assert sorted(built(bare.make("-n", "envs", "ASR_BACKEND=whisperx").stdout)) == [
        "common",
        "indictrans2",
        "llm",
        "render",
        "shots",
        "whisperx",
    ]
    assert "mlx" in built(bare.make("-n", "envs", "ASR_BACKEND=mlx").stdout)


def test_a_changed_lock_builds_its_environment_anew(workspace: Workspace) -> None:
    assert built(workspace.make("-n", *DEMO).stdout) == []
    lock = workspace.folder / "envs/whisperx.lock"
    lock.write_text(lock.read_text() + "# another pin\n")
    assert built(workspace.make("-n", *DEMO).stdout) == ["whisperx"]


def test_apple_silicon_recognises_by_mlx(workspace: Workspace, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "uname", "Darwin arm64")
    said = workspace.make("hardware", PATH=path).stdout
    assert "recogniser   mlx (Apple Silicon has MLX)" in said and "device       gpu" in said
    plan = workspace.make("-n", *DEMO, PATH=path).stdout
    assert "envs/mlx/bin/python stages/asr_mlx.py" in plan and "--device gpu --compute float16" in plan


def test_an_nvidia_driver_that_answers_means_cuda(workspace: Workspace, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "nvidia-smi", "GPU 0")
    plan = workspace.make("-n", *DEMO, PATH=path).stdout
    assert "stages/asr_whisperx.py" in plan and "--device cuda --compute float16" in plan


def test_without_a_gpu_the_cpu_computes_in_int8(workspace: Workspace, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "uname", "Linux x86_64")
    (tmp_path / "bin" / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "bin" / "nvidia-smi").chmod(0o755)
    plan = workspace.make("-n", *DEMO, PATH=path).stdout
    assert "--device cpu --compute int8" in plan
    plan = workspace.make("-n", *DEMO, "DEVICE=cuda", "COMPUTE=float32", PATH=path).stdout
    assert "--device cuda --compute float32" in plan
