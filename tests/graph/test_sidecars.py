"""make sidecars: a film's subtitles beside it by the names of media servers, over nobody's files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Workspace

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"
TITLE = "Film (1998)"


class Library(Workspace):
    """A workspace whose film lies in a library and is linked from media/."""

    home: Path

    def sidecars(self, code: int = 0, movie: str = "film-1998", **environ: str) -> list[str]:
        """The lines that the command says, with DEST as Make hands it on."""
        done = subprocess.run(
            [sys.executable, "mk/sidecars.py", movie],
            cwd=self.folder,
            env={**os.environ, "SAMVAD_BACKEND": "whisperx", "DEST": "", **environ},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert len(done.stderr.splitlines()) == (code == 2), done.stderr
        return (done.stdout + done.stderr).splitlines()

    def made(self, name: str, text: str = "text") -> Path:
        path = self.folder / "out" / "film-1998" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text and SRT.format(text), encoding="utf-8")
        return path

    @property
    def there(self) -> list[str]:
        return sorted(path.name for path in self.home.iterdir() if path.suffix != ".mkv")


@pytest.fixture
def library(tmp_path: Path, workspace: Workspace) -> Library:
    found = Library.__new__(Library)
    found.folder, found.program = workspace.folder, workspace.program
    found.home = tmp_path / "library" / TITLE
    found.home.mkdir(parents=True)
    (found.home / f"{TITLE}.mkv").write_bytes(b"another film")
    found.make("import", f"FILE={found.home / TITLE}.mkv", "SRC=hi", "TGT=en")
    return found


def test_each_language_has_a_file_that_servers_know_beside_the_films_real_place(library: Library) -> None:
    library.made("hi.srt", "नमस्ते")
    library.made("en.srt", "Hello")
    library.made("en.sdh.srt", "[bell] Hello")
    said = library.sidecars()
    assert library.there == [f"{TITLE}.eng.sdh.srt", f"{TITLE}.eng.srt", f"{TITLE}.hin.srt"]
    assert (library.home / f"{TITLE}.hin.srt").read_text(encoding="utf-8") == SRT.format("नमस्ते")
    assert (library.home / f"{TITLE}.eng.sdh.srt").read_text(encoding="utf-8") == SRT.format("[bell] Hello")
    assert f"  {library.home}/{TITLE}.hin.srt: written" in said
    assert said[-1] == f"samvad: sidecars: 3 files of film-1998 in {library.home}"
    assert all("there already" in line for line in library.sidecars() if line.startswith(f"  {library.home}"))


def test_a_link_to_a_link_is_followed_once_and_a_film_in_media_is_its_own_place(
    library: Library, tmp_path: Path
) -> None:
    """The library is a farm of links: a media server sees the link, not what lies behind it."""
    elsewhere = tmp_path / "disk" / "x.mkv"
    elsewhere.parent.mkdir()
    (library.home / f"{TITLE}.mkv").rename(elsewhere)
    (library.home / f"{TITLE}.mkv").symlink_to(elsewhere)
    library.made("hi.srt")
    library.sidecars()
    assert library.there == [f"{TITLE}.hin.srt"] and list(elsewhere.parent.iterdir()) == [elsewhere]
    (library.folder / "out/demo").mkdir()
    (library.folder / "out/demo/hi.srt").write_text(SRT, encoding="utf-8")
    (library.folder / "out/demo/job.mk").write_text("SRC.demo := hi\n", encoding="utf-8")
    library.sidecars(movie="demo")
    assert (library.folder / "media" / "demo.hin.srt").read_text(encoding="utf-8") == SRT
    assert "no name for a film" not in library.make("films").stdout


def test_new_subtitles_replace_those_that_were_put_there(library: Library) -> None:
    library.made("hi.srt", "old")
    library.sidecars()
    library.made("hi.srt", "new")
    assert f"  {library.home}/{TITLE}.hin.srt: written anew" in library.sidecars()
    assert "new" in (library.home / f"{TITLE}.hin.srt").read_text(encoding="utf-8")
    (library.home / f"{TITLE}.hin.srt").unlink()
    assert f"  {library.home}/{TITLE}.hin.srt: written" in library.sidecars()


def test_a_file_that_is_not_ours_or_was_changed_stays_and_a_line_says_so(library: Library) -> None:
    library.made("hi.srt")
    library.made("en.srt")
    (library.home / f"{TITLE}.eng.srt").write_text("bought", encoding="utf-8")
    said = library.sidecars(code=1)
    assert f"  {library.home}/{TITLE}.eng.srt: not samvad's, and left as it is. To have ours: move it away" in said
    assert said[-1] == f"samvad: sidecars: 1 file of film-1998 in {library.home}"
    (library.home / f"{TITLE}.hin.srt").write_text("corrected by hand", encoding="utf-8")
    library.made("hi.srt", "new")
    assert any("hin.srt: changed since samvad wrote it, and left" in line for line in library.sidecars(code=1))
    assert (library.home / f"{TITLE}.hin.srt").read_text() == "corrected by hand"
    assert (library.home / f"{TITLE}.eng.srt").read_text() == "bought"


def test_a_link_or_a_folder_in_its_place_is_nobodys_to_replace(library: Library, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious", encoding="utf-8")
    (library.home / f"{TITLE}.hin.srt").symlink_to(tmp_path / "precious")
    (library.home / f"{TITLE}.eng.srt").mkdir()
    library.made("hi.srt")
    library.made("en.srt")
    assert sum("not samvad's" in line for line in library.sidecars(code=1)) == 2
    assert (tmp_path / "precious").read_text() == "precious" and library.there == [
        f"{TITLE}.eng.srt",
        f"{TITLE}.hin.srt",
    ]


def test_ours_are_known_again_when_the_record_is_gone_or_damaged(library: Library) -> None:
    library.made("hi.srt")
    library.sidecars()
    record = library.folder / "out/film-1998/.sidecars.json"
    for damage in ("", "{", '{"files": 7}', "[]"):
        record.write_text(damage) if damage else record.unlink()
        assert any("there already" in line for line in library.sidecars())
        assert list(json.loads(record.read_text())["files"]) == [f"{library.home}/{TITLE}.hin.srt"]


def test_killed_between_file_and_record_it_knows_its_own(library: Library) -> None:
    """The record names what is to come before it comes, with what was there."""
    library.made("hi.srt", "old")
    library.sidecars()
    target, record = library.home / f"{TITLE}.hin.srt", library.folder / "out/film-1998/.sidecars.json"
    old, files = target.read_bytes(), json.loads(record.read_text())
    library.made("hi.srt", "second")
    library.sidecars()
    second = json.loads(record.read_text())["files"][str(target)]
    files["files"][str(target)] += second
    library.made("hi.srt", "third")
    for content in (old, SRT.format("second").encode()):
        record.write_text(json.dumps(files))
        target.write_bytes(content)
        assert any("written anew" in line for line in library.sidecars())
        assert "third" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["$(touch pwned) `x`", "a'b\"c;d", "-rf", "फ़िल्में %03d", "two\nlines"])
def test_dest_is_data(library: Library, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    library.made("hi.srt")
    said = library.sidecars(DEST=str(tmp_path / name))
    assert [path.name for path in (tmp_path / name).iterdir()] == [f"{TITLE}.hin.srt"] and library.there == []
    assert all(line.startswith(("  ", "samvad: ")) for line in said)
    assert not list(tmp_path.rglob("pwned"))


def test_a_title_of_any_bytes_is_its_files_name(library: Library, tmp_path: Path) -> None:
    home = tmp_path / "odd"
    home.mkdir()
    odd = os.fsdecode(b"caf\xe9 $(x) 'q'")
    (home / f"{odd}.mkv").write_bytes(b"a third film")
    library.make("import", f"FILE={os.fsdecode(home)}/{odd}.mkv", "SRC=hi", "TGT=en")
    slug = next(path.stem for path in (library.folder / "media").glob("*.mkv") if path.stem.startswith("caf"))
    folder = library.folder / "out" / slug
    folder.mkdir(exist_ok=True)
    (folder / "hi.srt").write_text(SRT, encoding="utf-8")
    library.sidecars(movie=slug)
    assert sorted(path.name for path in home.iterdir()) == sorted([f"{odd}.mkv", f"{odd}.hin.srt"])
    (folder / "hi.srt").write_text(SRT.format("new"), encoding="utf-8")
    assert any("written anew" in line for line in library.sidecars(movie=slug))


def test_two_scripts_of_a_language_have_two_names(library: Library) -> None:
    library.make("settings", "MOVIE=film-1998")
    (library.folder / "out/film-1998/job.mk").write_text(
        "SRC.film-1998 := hi\nTGT.film-1998 := ks ks-Deva mni-Beng\n", encoding="utf-8"
    )
    for name in ("ks", "ks-Deva", "mni-Beng", "ks-Deva.sdh"):
        library.made(f"{name}.srt", name)
    library.sidecars()
    names = ("Beng.mni", "Deva.kas.sdh", "Deva.kas", "kas")
    assert library.there == sorted(f"{TITLE}.{name}.srt" for name in names)


def test_what_cannot_be_written_is_one_line(library: Library, tmp_path: Path) -> None:
    assert "make subtitle MOVIE=film-1998" in library.sidecars(code=2)[-1]
    assert "which film?" in library.sidecars(code=2, movie="")[-1]
    assert "no film 'none'" in library.sidecars(code=2, movie="none")[-1]
    library.made("hi.srt")
    assert "DEST: " in library.sidecars(code=2, DEST=str(tmp_path / "none"))[-1]
    assert "is no folder" in library.sidecars(code=2, DEST=f"{library.home}/{TITLE}.mkv")[-1]
    (library.home / f"{TITLE}.mkv").unlink()
    said = library.sidecars(code=2)[-1]
    assert "Connect its disk, or name another folder: DEST=…" in said
    said = library.sidecars(DEST=str(tmp_path))
    assert any(
        "whether they are up to date cannot be told: media/film-1998.mkv cannot be reached" in line for line in said
    )
    assert (tmp_path / f"{TITLE}.hin.srt").exists()
    (library.folder / "media/film-1998.mkv").unlink()
    assert "is not in media/ any more" in library.sidecars(code=2)[-1]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that even root cannot write to")
def test_a_folder_that_cannot_be_written_to_is_one_line(library: Library) -> None:
    library.made("hi.srt")
    said = library.sidecars(code=2, DEST="/proc/self")
    assert said[-1].startswith("samvad: sidecars: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_one_line_and_leaves_nothing(library: Library) -> None:
    library.made("hi.srt")
    script = (
        "import errno, os, sys; sys.path.insert(0, 'mk'); sys.argv[1:] = ['film-1998']\n"
        "def full(file): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'there')\n"
        "os.fsync = full; import command, sidecars; command.run('sidecars', sidecars.main)\n"
    )
    environ = {**os.environ, "SAMVAD_BACKEND": "whisperx", "DEST": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=library.folder, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("samvad: sidecars: no space left on the disk")
    assert library.there == []


def test_what_is_refused_due_or_left_over_is_told(library: Library) -> None:
    library.made("hi.srt")
    library.made("en.srt")
    library.made("en.qc.json", "")
    (library.folder / "out/film-1998/en.qc.json").write_text(json.dumps({"refused": ["speed: 40 %\x1b[31m", "gap"]}))
    said = library.sidecars()
    refused = "the checks refuse it: speed: 40 %?[31m; 1 more (all of it: out/film-1998/en.qc.json)"
    assert f"  out/film-1998/en.srt: {refused}" in said
    assert any("out/film-1998/hi.srt is of earlier settings" in line for line in said)
    (library.folder / "out/film-1998/job.mk").write_text("SRC.film-1998 := hi\nTGT.film-1998 := ta\n")
    said = library.sidecars()
    assert f"  {library.home}/{TITLE}.eng.srt is an earlier one. If nobody needs it, remove it" in said
    assert (library.home / f"{TITLE}.eng.srt").exists()


def test_subtitles_without_cues_make_no_file(library: Library) -> None:
    library.made("hi.srt", "")
    assert any("hi.srt has no cues: nobody speaks" in line for line in library.sidecars())
    assert library.there == []


def test_subtitles_that_are_up_to_date_are_put_there_without_a_word_more(library: Library) -> None:
    library.make("out/film-1998/final.mkv")
    said = library.sidecars()
    assert len(said) == 3 and library.there == [f"{TITLE}.eng.srt", f"{TITLE}.hin.srt"]
