"""make import: films of any name, from anywhere, by the script that the recipe starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workspace import films

ROOT = Path(__file__).resolve().parents[2]


class Workspace:
    """A folder with what the script needs, and a disk of films beside it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.disk = folder / "w", folder / "disk"
        self.media = self.root / "media"
        self.disk.mkdir()
        for name in ("mk", "config"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "local.mk"))

    def film(self, name: str, content: bytes = b"a film", folder: Path | None = None) -> Path:
        path = (folder or self.disk) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def start(self, file: object, *settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "mk/import_film.py", *settings],
            cwd=self.root,
            env={**os.environ, "FILE": str(file)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, file: object, *settings: str) -> str:
        """What an import prints; it must succeed and complain of nothing."""
        process = self.start(file, *settings)
        out, err = process.communicate()
        assert (process.returncode, err) == (0, ""), err
        return out

    def refuse(self, file: object, *settings: str) -> str:
        """The one line that an import is refused with; nothing may be left of it."""
        before = self.names()
        process = self.start(file, *settings)
        out, err = process.communicate()
        assert (process.returncode, out) == (2, "")
        assert err.startswith("samvad: import: ") and err.count("\n") == 1 and err.endswith("\n")
        assert err[:-1].isprintable()
        assert self.names() == before
        return err

    def remember(self, slug: str) -> None:
        """What the stages do that read a film."""
        films.remember(self.root, films.film(self.root, slug))

    def names(self) -> list[str]:
        """What is in media/."""
        return sorted(path.name for path in self.media.iterdir()) if self.media.exists() else []

    def target(self, name: str) -> str:
        return str((self.media / name).readlink())

    def title(self, slug: str) -> str:
        document = json.loads((self.media / f"{slug}.json").read_text(encoding="utf-8"))
        assert document["format"] == "samvad.film/1" and document.keys() == {"format", "title"}
        return document["title"]

    def record(self, slug: str) -> list[str]:
        path = self.root / "out" / slug / "job.mk"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line for line in lines if not line.startswith("#")]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


# --- names ---------------------------------------------------------------------------------------------


def test_it_links_the_film_keeps_its_title_and_says_what_to_type_next(workspace: Workspace) -> None:
    path = workspace.film("दंगल (2016).MKV")
    assert workspace.run(path) == (
        f"samvad: media/dangal-2016.mkv → {path}\nsamvad: next: make out/dangal-2016/final.mkv SRC=hi TGT=en\n"
    )
    assert workspace.names() == ["dangal-2016.json", "dangal-2016.mkv"]
    assert workspace.target("dangal-2016.mkv") == str(path)
    assert workspace.title("dangal-2016") == "दंगल (2016)"
    assert workspace.record("dangal-2016") == []


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("my big film.mkv", "my-big-film"),
        ("film .mkv", "film"),
        (" film.mkv", "film"),
        ("it's.mkv", "it-s"),
        ('the "film".mkv', "the-film"),
        ("$(touch pwned).mkv", "touch-pwned"),
        ("`touch pwned`.mkv", "touch-pwned"),
        ("$(shell touch pwned);touch pwned&.mkv", "shell-touch-pwned-touch-pwned"),
        ("-rf --help.mkv", "rf-help"),
        ("SRC=ta.mkv", "src-ta"),
        ("a#b.mkv", "a-b"),
        ("100%.mkv", "100"),
        ("a\\b:c|d*?.mkv", "a-b-c-d"),
        ("रंग दे बसंती.mp4", "rang-de-basanti"),
        ("日本語.webm", "film-77710a"),
        ("Some.Film.1998.1080p.m2ts", "some-film-1998-1080p"),
        ("x" * 196 + ".mkv", "x" * 60),
        ("आ" * 65 + ".mkv", "a" * 60),
    ],
)
def test_whatever_the_file_is_called_it_is_linked_and_its_name_is_read_by_nobody(
    workspace: Workspace, name: str, slug: str
) -> None:
    path = workspace.film(name)
    assert len(workspace.run(path).splitlines()) == 2
    link = slug + path.suffix
    assert workspace.names() == sorted([link, f"{slug}.json"])
    assert workspace.target(link) == str(path)
    assert workspace.title(slug) == path.stem
    assert not list(workspace.root.parent.rglob("pwned"))


def test_a_newline_or_an_escape_stays_out_of_the_title_and_of_the_terminal(workspace: Workspace) -> None:
    path = workspace.film("one\ntwo\x1b[31m\u2028three.mkv")
    assert [line.startswith("samvad: ") and line.isprintable() for line in workspace.run(path).split("\n")[:-1]] == [
        True,
        True,
    ]
    assert workspace.target("one-two-31m-three.mkv") == str(path)
    assert workspace.title("one-two-31m-three") == "one two [31m three"


def test_a_title_is_composed_as_unicode_has_it(workspace: Workspace) -> None:
    workspace.run(workspace.film("Ame\u0301lie.mkv"))
    assert workspace.title("amelie") == "Am\u00e9lie"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no such names")
def test_a_name_that_is_no_utf8_is_imported_too(workspace: Workspace) -> None:
    name = os.fsdecode(b"Am\xe9lie.mkv")
    path = workspace.film(name)
    assert workspace.run(path).startswith("samvad: media/am-lie.mkv → ")
    assert workspace.target("am-lie.mkv") == str(path)
    assert (workspace.media / "am-lie.mkv").read_bytes() == b"a film"
    assert workspace.title("am-lie") == "Am\ufffdlie"


def test_a_relative_name_is_one_of_the_workspace_and_a_tilde_is_home(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(workspace.disk))
    path = workspace.film("-one.mkv", folder=workspace.root)
    workspace.run("-one.mkv")
    assert workspace.target("one.mkv") == str(path)
    path = workspace.film("two.mkv")
    workspace.run("~/two.mkv")
    assert workspace.target("two.mkv") == str(path)


def test_a_link_to_a_film_is_linked_itself(workspace: Workspace) -> None:
    farm = workspace.disk / "farm.mkv"
    farm.symlink_to(workspace.film("far/away.mkv"))
    workspace.run(farm)
    assert workspace.target("farm.mkv") == str(farm)


# --- which film is which -----------------------------------------------------------------------------------


def test_the_same_file_keeps_its_slug(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv")
    workspace.run(path)
    alias = workspace.disk / "another name.mkv"
    alias.symlink_to(path)
    for again in (path, alias):
        assert workspace.run(again).startswith("samvad: media/dangal.mkv is this film already\n")
    assert workspace.names() == ["dangal.json", "dangal.mkv"]
    assert workspace.title("dangal") == "Dangal"


@pytest.mark.parametrize("other", ["Dangal.mkv", "DANGAL.mp4", "दंगल.mkv"])
def test_another_film_of_that_title_has_a_number(workspace: Workspace, other: str) -> None:
    first = workspace.film("Dangal.mkv", b"one", workspace.disk / "1")
    second = workspace.film(other, b"two", workspace.disk / "2")
    third = workspace.film(other, b"three", workspace.disk / "3")
    for path in (first, second, third):
        workspace.run(path)
    suffix = second.suffix
    assert workspace.target("dangal.mkv") == str(first)
    assert workspace.target(f"dangal-2{suffix}") == str(second)
    assert workspace.target(f"dangal-3{suffix}") == str(third)
    assert workspace.title("dangal-3") == Path(other).stem


def test_results_of_another_film_are_not_taken_over(workspace: Workspace) -> None:
    (workspace.root / "out" / "dangal").mkdir(parents=True)
    workspace.run(workspace.film("Dangal.mkv"))
    assert workspace.names() == ["dangal-2.json", "dangal-2.mkv"]


def test_a_folder_in_the_way_is_left_alone(workspace: Workspace) -> None:
    workspace.film("inside.txt", folder=workspace.media / "dangal.mkv")
    workspace.run(workspace.film("Dangal.mkv"))
    assert workspace.names() == ["dangal-2.json", "dangal-2.mkv", "dangal.mkv"]


def test_a_film_in_media_under_a_good_name_needs_no_import(workspace: Workspace) -> None:
    path = workspace.film("dangal.mkv", folder=workspace.media)
    for typed in (path, "media/dangal.mkv"):
        assert workspace.run(typed).splitlines() == [
            "samvad: media/dangal.mkv is this film already",
            "samvad: next: make out/dangal/final.mkv SRC=hi TGT=en",
        ]
    assert workspace.names() == ["dangal.mkv"]
    assert not path.is_symlink()


def test_a_film_in_media_under_a_bad_name_gets_a_link_that_moves_with_the_folder(workspace: Workspace) -> None:
    path = workspace.film("Big Film.mkv", folder=workspace.media)
    for first_word in ("→", "is"):
        assert workspace.run(path).split()[2] == first_word
    assert workspace.names() == ["Big Film.mkv", "big-film.json", "big-film.mkv"]
    assert workspace.target("big-film.mkv") == "Big Film.mkv"
    assert (workspace.media / "big-film.mkv").read_bytes() == b"a film"


def test_a_film_whose_disk_is_unplugged_keeps_its_slug_and_stops_nobody(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv", folder=workspace.disk / "usb")
    workspace.run(path)
    workspace.remember("dangal")
    path.unlink()
    workspace.run(workspace.film("Sholay.mkv"))
    workspace.run(workspace.film("Dangal.mkv", b"another"))
    assert workspace.target("sholay.mkv") == str(workspace.disk / "Sholay.mkv")
    assert workspace.target("dangal.mkv") == str(path)
    assert workspace.target("dangal-2.mkv") == str(workspace.disk / "Dangal.mkv")


@pytest.mark.parametrize("linked", [True, False])
def test_a_film_that_comes_back_at_another_place_finds_its_results(workspace: Workspace, linked: bool) -> None:
    path = workspace.film("Dangal.mkv", folder=workspace.disk / "usb")
    workspace.run(path, "SRC=hi")
    workspace.remember("dangal")
    if not linked:
        (workspace.media / "dangal.mkv").unlink()
    (workspace.disk / "usb").rename(workspace.disk / "usb1")
    back = workspace.disk / "usb1" / "Dangal.mkv"
    assert workspace.run(back).startswith("samvad: media/dangal.mkv → ")
    assert workspace.names() == ["dangal.json", "dangal.mkv"]
    assert workspace.target("dangal.mkv") == str(back)
    assert workspace.record("dangal") == ["SRC.dangal := hi"]


def test_a_copy_of_a_film_that_is_there_is_another(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv")
    workspace.run(path)
    workspace.remember("dangal")
    copy = workspace.disk / "copies" / "Dangal.mkv"
    copy.parent.mkdir()
    shutil.copy2(path, copy)
    workspace.run(copy)
    assert workspace.target("dangal.mkv") == str(path)
    assert workspace.target("dangal-2.mkv") == str(copy)


def test_a_title_that_a_killed_import_did_not_write_is_written_by_the_next(workspace: Workspace) -> None:
    path = workspace.film("Dangal!.mkv")
    workspace.run(path)
    (workspace.media / "dangal.json").unlink()
    workspace.run(path)
    assert workspace.title("dangal") == "Dangal!"


def test_imports_at_once_give_each_film_its_own_slug(workspace: Workspace) -> None:
    paths = [
        workspace.film(f"Dangal.{suffix}", folder=workspace.disk / str(number))
        for number, suffix in enumerate(["mkv", "mp4", "mkv", "avi"])
    ]
    for process in [workspace.start(path) for path in [*paths, *paths]]:
        out, err = process.communicate()
        assert (process.returncode, err) == (0, ""), out
    links = [name for name in workspace.names() if not name.endswith(".json")]
    assert {workspace.target(name) for name in links} == set(map(str, paths))
    assert sorted(Path(name).stem for name in links) == ["dangal", "dangal-2", "dangal-3", "dangal-4"]
    assert len(workspace.names()) == 8


# --- settings ------------------------------------------------------------------------------------------


def test_settings_are_recorded_beside_those_there_and_need_not_be_typed_again(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv")
    assert workspace.run(path, "SRC=hi").endswith("next: make out/dangal/final.mkv TGT=en\n")
    assert workspace.record("dangal") == ["SRC.dangal := hi"]
    assert workspace.run(path, "TGT=en,ta en").endswith("next: make out/dangal/final.mkv\n")
    assert workspace.record("dangal") == ["SRC.dangal := hi", "TGT.dangal := en ta"]


def test_the_command_to_type_next_is_one_that_works(workspace: Workspace) -> None:
    assert workspace.run(workspace.film("Dangal.mkv"), "SRC=en").endswith("final.mkv TGT=hi\n")


@pytest.mark.parametrize("setting", ["SRC=klingon", "PROFILE=dear", "TGT=xx", "TRACK=first", "CUES=../x", "SONGS=sing"])
def test_a_setting_that_is_none_is_refused_before_anything_is_linked(workspace: Workspace, setting: str) -> None:
    name, _sign, value = setting.partition("=")
    line = workspace.refuse(workspace.film("Dangal.mkv"), setting)
    assert name in line and value in line
    assert workspace.record("dangal") == []


def test_a_setting_refused_for_a_known_film_leaves_its_record(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv")
    workspace.run(path, "SRC=hi")
    assert "hi" in workspace.refuse(path, "TGT=hi")
    assert workspace.record("dangal") == ["SRC.dangal := hi"]


# --- what is no film ---------------------------------------------------------------------------------------


def test_no_file_says_what_to_type(workspace: Workspace) -> None:
    assert "Type: make import FILE=" in workspace.refuse("")


def test_a_file_that_is_not_there_is_named_on_one_line(workspace: Workspace) -> None:
    assert f"{workspace.disk}/no?film.mkv cannot be read: No such file" in workspace.refuse(
        workspace.disk / "no\nfilm.mkv"
    )
    assert "File name too long" in workspace.refuse(workspace.disk / ("x" * 300 + ".mkv"))


def test_a_folder_is_no_film(workspace: Workspace) -> None:
    (workspace.disk / "films.mkv").mkdir()
    for name in ("films.mkv", "films.mkv/", "."):
        assert "is a folder" in workspace.refuse(f"{workspace.disk}/{name}")


@pytest.mark.parametrize("name", ["Dangal.srt", "Dangal", ".mkv", "Dangal.mkv ", "Dangal.mkv.part"])
def test_what_is_no_container_is_refused_with_those_known(workspace: Workspace, name: str) -> None:
    line = workspace.refuse(workspace.film(name))
    assert name in line and all(suffix in line for suffix in films.CONTAINERS)


def test_a_pipe_is_no_film_and_nobody_waits_for_it(workspace: Workspace) -> None:
    os.mkfifo(workspace.disk / "pipe.mkv")
    assert "is a pipe" in workspace.refuse(workspace.disk / "pipe.mkv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_refused(workspace: Workspace) -> None:
    path = workspace.film("Dangal.mkv")
    path.chmod(0)
    assert "Permission denied" in workspace.refuse(path)
