"""The list of reviewed licences holds for the locks, for the models and for what is installed here."""

from __future__ import annotations

import json
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import licences

LISTS: dict[str, Any] = {
    "allowed": {"MIT": "", "MPL-2.0": "by file", "BSD-3-Clause": ""},
    "allowed_in": {"dev": {"GPL-3.0-or-later": "tests only"}},
    "words": {"MIT License": "MIT"},
    "packages": {
        "one": "MIT",
        "two": {"licence": "BSD-3-Clause", "says": ["BSD License"], "source": "its file"},
    },
}
LOCKS = {
    "common": "one==1.0 \\\n    --hash=sha256:00\n",
    "dev": "one==1.1 ; sys_platform == 'win32'\none==1.0 ; sys_platform != 'win32'\nTwo==2.0\n",
}
MODELS = {"asr/x": {"about": "Small", "licence": "MIT", "gated": "https://example.org/x"}}


def workspace(root: Path, packages: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A workspace of two locks; `packages` are added to its reviewed list, `changes` replace parts of it."""
    for name in ("config", "envs", "docs"):
        (root / name).mkdir()
    for name, text in LOCKS.items():
        (root / "envs" / f"{name}.lock").write_text(text)
    lists = {**LISTS, **changes, "packages": {**LISTS["packages"], **(packages or {})}}
    (root / "config" / "licences.json").write_text(json.dumps(lists))
    (root / "config" / "models.json").write_text(json.dumps(MODELS))
    return root


def install(root: Path, environment: str, name: str, *fields: str) -> None:
    folder = root / "envs" / environment / "lib" / "python3.11" / "site-packages" / f"{name}-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("\n".join([f"Name: {name}", *fields, "", "License: not a header"]))


def test_every_licence_of_this_workspace_is_reviewed_and_allowed(root: Path) -> None:
    assert licences.refusals(root) == []


def test_what_is_installed_here_says_what_the_list_says(root: Path) -> None:
    assert licences.disagreements(root) == []


def test_the_page_is_what_would_be_written_now(root: Path) -> None:
    assert (root / "docs" / "licences.md").read_text(encoding="utf-8") == licences.page(root)


def test_a_package_that_nobody_reviewed_is_refused_by_name(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "envs" / "mlx.lock").write_text("new-comer==3.0 ; sys_platform == 'darwin'\n")
    assert licences.refusals(root) == ["new-comer (mlx) is not in config/licences.json"]


def test_a_gpl_package_is_fine_for_the_tests_and_refused_in_a_default_environment(tmp_path: Path) -> None:
    root = workspace(tmp_path, {"two": "GPL-3.0-or-later"})
    assert licences.refusals(root) == []
    (root / "envs" / "common.lock").write_text("two==2.0\n")
    assert licences.refusals(root) == ["two (common): GPL-3.0-or-later is not allowed there."]


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "SSPL-1.0"])
def test_agpl_and_non_commercial_are_refused_even_when_listed(tmp_path: Path, licence: str) -> None:
    root = workspace(tmp_path, {"one": licence}, allowed={**LISTS["allowed"], licence: "please"})
    assert licences.refusals(root) == [f"one (common, dev): {licence} is not allowed there."]


def test_what_a_wheel_carries_counts_too(tmp_path: Path) -> None:
    root = workspace(tmp_path, {"one": {"licence": "MIT", "carries": "a library, AGPL-3.0-only"}})
    assert licences.refusals(root) == [
        "one (common, dev): MIT is not allowed there. a library, AGPL-3.0-only",
    ]


def test_a_model_without_an_allowed_licence_is_refused(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    models = {"mt/nc": {"about": "x", "licence": "CC-BY-NC-4.0"}, "mt/none": {"about": "y"}}
    (root / "config" / "models.json").write_text(json.dumps(models))
    assert licences.refusals(root) == [
        "the model mt/nc: CC-BY-NC-4.0 is not allowed",
        "the model mt/none: no licence is not allowed",
    ]


def test_a_choice_needs_one_allowed_licence_and_a_sum_needs_all() -> None:
    assert licences.permits("GPL-3.0-only OR MIT", {"MIT"})
    assert not licences.permits("GPL-3.0-only AND MIT", {"MIT"})
    assert not licences.permits("(GPL-3.0-only OR MIT) AND MIT", {"MIT"})
    assert not licences.permits("", {"MIT"})


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        (
            {"License-Expression": "MPL-2.0", "License": "MIT", "Classifier": "License :: OSI Approved :: X"},
            "MPL-2.0",
        ),
        ({"License": "MIT", "Classifier": "License :: OSI Approved :: BSD License"}, "MIT"),
        ({"License": "MIT License\n  the whole text", "Classifier": "Topic :: X"}, "MIT"),
        ({"License": "Copyright A. B.", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "BSD", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD License"),
        ({"License": "House rules"}, "House rules"),
        ({}, ""),
    ],
)
def test_the_expression_counts_before_the_field_before_the_classifier(
    tmp_path: Path, fields: dict[str, str], licence: str
) -> None:
    metadata = Message()
    for name, value in fields.items():
        metadata[name] = value
    assert licences.stated(metadata, licences.reviewed(workspace(tmp_path)), "common") == licence


def test_a_package_that_changes_its_licence_is_noticed(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "common", "one", "License-Expression: BUSL-1.1")
    install(root, "dev", "Two", "Classifier: License :: OSI Approved :: BSD License")
    assert licences.disagreements(root) == ["one in envs/common says 'BUSL-1.1', the reviewed list MIT"]


def test_the_page_names_versions_environments_reasons_and_the_gate(tmp_path: Path) -> None:
    page = licences.page(workspace(tmp_path, {"one": {"licence": "MIT", "carries": "ffmpeg, a program"}}))
    assert "| one | 1.0, 1.1 | MIT | common, dev |" in page
    assert "| two | BSD License | BSD-3-Clause | its file |" in page
    assert "| one | ffmpeg, a program |" in page
    assert "| MPL-2.0 | everywhere | by file |" in page
    assert "| GPL-3.0-or-later | envs/dev | tests only |" in page
    assert "| asr/x | Small | MIT | [yes](https://example.org/x) |" in page


def test_an_update_adds_what_is_plain_and_leaves_the_rest_to_a_person(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "envs" / "common.lock").write_text("one==1.0\nplain==1.0\nvague==1.0\nelsewhere==1.0\n")
    install(root, "common", "plain", "License: MIT License")
    install(root, "common", "vague", "Classifier: License :: OSI Approved :: BSD License")
    licences.update(root)
    packages = json.loads((root / "config" / "licences.json").read_text())["packages"]
    assert list(packages) == ["elsewhere", "one", "plain", "two", "vague"]
    assert packages["plain"] == "MIT"
    assert packages["vague"] == {"licence": "?", "says": ["BSD License"], "source": "?"}
    assert [line.split()[0] for line in licences.refusals(root)] == ["elsewhere", "vague"]


def test_an_update_without_news_leaves_the_list_as_it_is(root: Path, tmp_path: Path) -> None:
    text = (root / "config" / "licences.json").read_text(encoding="utf-8")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "licences.json").write_text(text, encoding="utf-8")
    licences.update(tmp_path)
    assert (tmp_path / "config" / "licences.json").read_text(encoding="utf-8") == text
