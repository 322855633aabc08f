"""The environments' locks: complete, with hashes, for every platform that is promised."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = ["common", "shots", "render", "whisperx", "mlx", "indictrans2", "llm"]
PLATFORMS = ["x86_64-manylinux_2_35", "aarch64-manylinux_2_35", "aarch64-apple-darwin"]


def pins(env: str) -> dict[str, str]:
    text = (ROOT / "envs" / f"{env}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.M))


@pytest.mark.parametrize("env", [*STAGES, "dev", "llama", "voices", "uv"])
def test_every_package_of_a_lock_has_its_hashes_and_no_address(env: str) -> None:
    text = (ROOT / "envs" / f"{env}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert blocks and all("--hash=sha256:" in block and "==" in block for block in blocks)
    assert "://" not in text and "index-url" not in text


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("env", [*STAGES, "llama"])
def test_a_lock_can_be_installed_on_every_platform(env: str, platform: str, tmp_path: Path) -> None:
    uv = ROOT / "envs" / "uv" / "bin" / "uv"
    done = subprocess.run(
        [uv, "pip", "sync", "--dry-run", "--require-hashes", "--python-platform", platform, "--target", tmp_path,
         "--python", ROOT / "envs" / "dev" / "bin" / "python", ROOT / "envs" / f"{env}.lock"],
        capture_output=True,
        text=True,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr or "Would download" in done.stderr


def test_the_versions_that_must_agree_agree() -> None:
    locks = {env: pins(env) for env in STAGES}
    assert locks["whisperx"]["torch"] == locks["mlx"]["torch"]
    major, minor = locks["indictrans2"]["torch"].split(".")[:2]
    assert (int(major), int(minor)) >= (2, 10)
    assert locks["indictrans2"]["transformers"].startswith("4.")
    assert locks["indictrans2"]["ctranslate2"] == locks["whisperx"]["ctranslate2"]
    # CTranslate2 has cuBLAS from torch: of the same CUDA.
    assert "nvidia-cublas-cu12" in locks["indictrans2"] and "nvidia-cublas-cu12" in locks["whisperx"]
    for env, packages in {
        "common": ["click", "srt"],
        "whisperx": ["whisperx", "faster-whisper", "torch"],
        "mlx": ["mlx", "mlx-whisper", "torch"],
        "indictrans2": ["indictranstoolkit", "transformers", "torch"],
        "llm": ["click", "httpx2"],
        "dev": ["pytest"],
    }.items():
        assert set(packages) <= pins(env).keys(), env
