"""Whatever a film is called, whatever is said in it and whatever is typed: it is text, in every public target.

The film has a hostile name, its subtitles, glossary, names, characters and corrections hold hostile text; every
variable is given that on the command line, by the environment and in the film's own settings. Nothing of it runs,
nothing outside changes, and what cannot be done is one line. A target without a case here fails.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workspace.settings import SETTINGS

from .conftest import ROOT, Workspace, makes

#: All of it at once, as the name of a file can have it, and as a line of text can.
NAMED = (
    "$(shell touch PWNED) $(touch PWNED) `touch PWNED` ';touch PWNED;' \";touch PWNED;\" |x &touch PWNED %03d #\\ {} "
    "[out];movie=x:"
)
FILM = f"{NAMED} क्षत्रिय \u202e\x1b"
TEXT = f"{NAMED} /etc/passwd \u202e\x1b[31m क्षत्रिय -->"
NO_UTF8 = os.fsdecode(b"\xff\xfe\x80")
#: Each way out of one kind of quotes or another; and what breaks decoders and limits.
MOST = [TEXT, f"-{NO_UTF8}'\"{'x' * 4096}"]
#: What shells, Make, ffmpeg's filters and terminals understand otherwise, one by one.
NASTY = [
    *("$(shell touch PWNED)", "${shell touch PWNED}", "$(eval x:=$(shell touch PWNED))", "$(touch PWNED)"),
    *("$$(touch PWNED)", "`touch PWNED`", "';touch PWNED;'", '";touch PWNED;"', "x;touch PWNED", "x|touch PWNED"),
    *("x&touch PWNED", "x>PWNED", "x\ntouch PWNED\n", "x\n\ttouch PWNED", "$(error PWNED)", "$(info PWNED)"),
    *("$(", "$", "%", "*", "~", "a#b", "a\\", "\\\n", "{}", "a:b", "a=b", "-rf", "--help", " ", ""),
    *("[out];movie=/etc/passwd", "movie=/etc/passwd[out]", "../../../etc/passwd", "/etc/passwd"),
    *("\u202eevil\u202c\u2066", "\x1b[31m\x07\x01", "क्षत्रिय ज़ौक़", NO_UTF8, "x" * 4096),
]

#: Target → what it is typed with for the film. -n: what it would start is not for a scratch workspace.
CASES: dict[str, list[str]] = {
    **{name: ["MOVIE={film}"] for name in ("transcribe", "translate", "subtitle", "detect")},
    **{name: ["MOVIE={film}"] for name in ("settings", "review", "why", "clean", "tidy")},
    "preview": ["MOVIE={film}", "AT={text}"],
    "edits": ["MOVIE={film}", "TGT=en"],
    "import": ["FILE={file}"],
    "qc": ["FILE={subtitles}", "MOVIE={film}", "TGT=en"],
    "sidecars": ["MOVIE={film}", "DEST={library}"],
    **{name: ["STAGE=asr", "MOVIE={film}"] for name in ("accept", "clean-stage")},
    **{name: [] for name in ("help", "films", "hardware", "models", "envs", "batch")},
    **{name: ["STAGE=asr"] for name in ("env-for", "python-for")},
    "run-in": ["ENV=common", "CMD=true"],
    "check-envs": ["WORKFLOW=subtitle"],
    **{name: ["-n"] for name in ("lint", "format", "demo-film", "licences", "audit")},
    "test": ["-n", "PYTEST={text}"],
    "lock": ["-n", "ENV=common"],
}
#: Given to a shell or a program as they are: the one who types them means it.
MEANT = {"CMD", "PYTEST"}
OTHERS = (
    *("MOVIE", "FILE", "DEST", "AT", "STAGE", "ENV", "CMD", "WORKFLOW", "CONFIRM", "PYTEST"),
    *("V", "JOBS", "HEAVY_JOBS", "OFFLINE", "ASR_BACKEND", "DEVICE", "COMPUTE", "LLM_SERVER", "QC"),
)
#: By the environment nothing is a setting, and nothing of it may run.
SURROUNDINGS = dict.fromkeys([*SETTINGS, *OTHERS], TEXT)
#: What Make adds to a recipe that failed, and what a stage says when it begins.
FAILED = re.compile(r"g?make(\[\d+\])?: \*\*\* \[|  [A-Z_]+ ")
#: What a stub does that is asked for no result of the graph: it notes what it was given.
RECORDER = """    words = sys.argv[1:]
    if "--stamp" not in words:
        import json
        Path("argv.json").write_text(json.dumps(words))
        return
"""


def help_of_targets() -> dict[str, str]:
    """Every public target, as `make help` finds them, with what is said of it."""
    makefiles = [ROOT / "Makefile", *(ROOT / "mk").glob("*.mk")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in makefiles)
    return {**dict(re.findall(r"^([\w-]+)\s*:.*?## (.*)$", text, re.MULTILINE)), "help": ""}


def variables(target: str) -> list[str]:
    """What a target is typed with: as its help says, and as its case here does."""
    names = {word.partition("=")[0] for word in CASES[target] if "=" in word}
    return sorted({*names, *re.findall(r"\b([A-Z]+)=", help_of_targets()[target])} - MEANT)


def test_every_public_target_has_its_case() -> None:
    assert sorted(help_of_targets()) == sorted(CASES)


def test_every_variable_is_tried() -> None:
    listed = re.findall(r"^user-variables := (.*)$", (ROOT / "mk/settings.mk").read_text(), re.MULTILINE)
    options = re.findall(r"^run-options := (.*)$", (ROOT / "mk/settings.mk").read_text(), re.MULTILINE)
    named = {word for line in [*listed, *options] for word in line.split() if word.isupper()}
    assert named == set(OTHERS)


class Hostile(Workspace):
    """A workspace whose one film has a hostile name and hostile words, in a library beside it."""

    slug: str

    @property
    def library(self) -> Path:
        return self.folder.parent / f"library {NAMED}"

    @property
    def subtitles(self) -> Path:
        return self.library / f"{FILM}.en.srt"

    def prepare(self) -> None:
        self.library.mkdir()
        (self.library / f"{FILM}.mkv").write_bytes(b"another film")
        (self.folder / "media/demo.mkv").unlink()
        for name in ("qc", "preview"):
            path = self.folder / "stages" / f"{name}.py"
            stub = path.read_text(encoding="utf-8").replace("    words = sys.argv[1:]\n", RECORDER)
            path.write_text(stub, encoding="utf-8")
        self.run("import", f"FILE={self.library}/{FILM}.mkv", "SRC=hi", "TGT=en")
        (self.slug,) = (path.stem for path in (self.folder / "media").glob("*.mkv"))
        words = self.folder / "config/films" / self.slug
        words.mkdir(parents=True)
        table = f"id\trecognised\twritten\n1\t{TEXT}\t{TEXT}\n"
        texts = {"glossary.tsv": f"{TEXT}\t{TEXT}\n", "hi.edits.tsv": table, "en.edits.tsv": table}
        for name in ("names.txt", "characters.txt", *texts):
            (words / name).write_text(texts.get(name, f"{TEXT}\n"), encoding="utf-8")
        self.run(f"out/{self.slug}/final.mkv")
        self.run(f"out/{self.slug}/en.ass")
        self.subtitles.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{TEXT}\n", encoding="utf-8")
        self.speak()

    def speak(self) -> None:
        """The film's results say what a hostile film or server would have them say; as old as they are."""
        one = {"id": 1, "start": 1.0, "end": 2.0, "text": TEXT, "source": TEXT, "review": [TEXT]}
        documents = {
            "transcript.json": {"language": "hi", "segments": [one]},
            "en.json": {"target": "en", "sentences": [one]},
            "en.revised.json": {"target": "en", "sentences": [one]},
            "en.qc.json": {"refused": [TEXT]},
        }
        for name, document in documents.items():
            path = self.folder / "out" / self.slug / name
            found = path.stat()
            path.write_text(json.dumps(document))
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    def run(self, *words: str, codes: tuple[int, ...] = (0,), **environ: str) -> subprocess.CompletedProcess[str]:
        """What make answers. Whatever it was given: nothing ran, and a failure is one line."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env={**inherited, **environ},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=120,
        )
        said = done.stdout + done.stderr
        assert done.returncode in codes and "Traceback" not in said, (words, said)
        assert not list(self.folder.parent.rglob("PWNED")) and not Path("PWNED").exists(), words
        if done.returncode:
            # What batch failed at stands in its summary.
            lines = [line for line in done.stderr.split("\n") if line and not FAILED.match(line)]
            assert len(lines) == 1 or ("batch" in words and not lines), (words, said)
        return done

    def typed(self, target: str) -> list[str]:
        """The target and its case's words, for this film."""
        values = {
            "{film}": self.slug,
            "{text}": TEXT,
            "{file}": f"{self.library}/{FILM}.mkv",
            "{library}": str(self.library),
            "{subtitles}": str(self.subtitles),
        }
        parted = (word.partition("{") for word in CASES[target])
        return [target, *(name + values.get(brace + value, brace + value) for name, brace, value in parted)]

    def outside(self) -> dict[str, tuple[bytes, int]]:
        """Content and time of what there is beside the workspace."""
        found = (path for path in self.folder.parent.rglob("*") if path.is_file() and self.folder not in path.parents)
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@pytest.fixture(scope="module", params=makes(), ids=["system", "packaged"][: len(makes())])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    found = Hostile(tmp_path_factory.mktemp("hostile") / "w", request.param)
    found.prepare()
    return found


@pytest.fixture
def hostile(made: Hostile, tmp_path: Path) -> Iterator[Hostile]:
    """A copy of workspace and library for a test to change; of the library nothing may, but that sidecars come."""
    copy = Hostile.__new__(Hostile)
    copy.folder, copy.program, copy.slug = tmp_path / "w", made.program, made.slug
    shutil.copytree(made.folder.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    link = copy.folder / "media" / f"{copy.slug}.mkv"
    link.unlink()
    link.symlink_to(copy.library / f"{FILM}.mkv")
    before = copy.outside()
    yield copy
    after = copy.outside()
    assert {path: after.get(path) for path in before} == before
    assert all(path.endswith((".hin.srt", ".eng.srt")) for path in after.keys() - before.keys())


@pytest.mark.parametrize("target", CASES)
def test_a_hostile_film_in_hostile_surroundings_is_a_film(hostile: Hostile, target: str) -> None:
    # A stub's documents and subtitles are none; and a table of corrections is there already.
    codes = (0, 2) if target in ("detect", "edits", "qc", "sidecars") else (0,)
    done = hostile.run(*hostile.typed(target), codes=codes, **SURROUNDINGS)
    if target != "test":  # which repeats what was typed
        said = done.stdout + done.stderr
        assert not [letter for letter in said if not letter.isprintable() and letter not in "\n\u200c\u200d"], said


@pytest.mark.parametrize("target", [target for target in CASES if variables(target)])
def test_whatever_a_target_is_typed_with_is_text(hostile: Hostile, target: str) -> None:
    for name in variables(target):
        for value in MOST:
            words = [word for word in hostile.typed(target) if not word.startswith(f"{name}=")]
            hostile.run(*words, f"{name}={value}", codes=(0, 2))


@pytest.mark.parametrize("words", ["settings MOVIE", "import FILE", "env-for STAGE"])
def test_no_nasty_text_is_more_than_text(hostile: Hostile, words: str) -> None:
    *before, name = words.split()
    for value in NASTY:
        hostile.run(*before, f"{name}={value}", codes=(0, 2))


def test_no_setting_or_option_is_more_than_text(hostile: Hostile) -> None:
    for name in SURROUNDINGS.keys() - MEANT:
        for value in MOST:
            hostile.run("-n", f"out/{hostile.slug}/final.mkv", f"{name}={value}", codes=(0, 2))


def test_a_films_own_settings_are_plain_lines_or_refused(hostile: Hostile) -> None:
    path = hostile.folder / "config/films" / hostile.slug / "settings.mk"
    for name in SETTINGS:
        for value in (TEXT, f"'{TEXT}".replace("$", "").replace("#", "")):
            path.write_text(f"{name} := {value}\n", encoding="utf-8")
            hostile.run("-n", f"out/{hostile.slug}/final.mkv", codes=(2,))
    path.write_text("SRC := hi\n$(shell touch PWNED)\n")
    for words in (["settings", f"MOVIE={hostile.slug}"], ["films"], ["batch"], ["why", f"MOVIE={hostile.slug}"]):
        hostile.run(*words, codes=(0, 2))


def test_a_command_reaches_the_shell_as_it_was_typed(hostile: Hostile) -> None:
    for text in (text for text in NASTY if "\n" not in text):
        quoted = "'" + text.replace("'", "'\\''") + "'"
        assert hostile.run("run-in", "ENV=common", f"CMD=printf %s {quoted}").stdout == text


def test_text_arrives_as_it_is(hostile: Hostile) -> None:
    """Past Make and the shell: the moment, the title, the names of files."""
    hostile.run("preview", f"MOVIE={hostile.slug}", f"AT={TEXT}")
    given = json.loads((hostile.folder / "argv.json").read_text())
    assert given[given.index("--at") + 1] == TEXT
    title = json.loads((hostile.folder / f"media/{hostile.slug}.json").read_text(encoding="utf-8"))["title"]
    assert title == FILM.replace("\x1b", " ")
    table = hostile.folder / "config/films" / hostile.slug / "en.edits.tsv"
    table.unlink()
    hostile.run("edits", f"MOVIE={hostile.slug}", "TGT=en")
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines(), delimiter="\t"))
    assert rows[1][1:3] == [TEXT, TEXT]
    hostile.run("sidecars", f"MOVIE={hostile.slug}", f"DEST={hostile.library}", codes=(0, 2))
    made = hostile.folder / "out" / hostile.slug / "hi.srt"
    assert (hostile.library / f"{FILM}.hin.srt").read_bytes() == made.read_bytes()


def test_a_batch_of_it_is_one_film(hostile: Hostile) -> None:
    shutil.rmtree(hostile.folder / "out" / hostile.slug)
    done = hostile.run("batch", "SRC=hi", "TGT=en", **SURROUNDINGS)
    assert f"done         {hostile.slug}" in done.stdout


def test_a_name_that_is_no_slug_is_named_and_left_alone(hostile: Hostile) -> None:
    names = [f"{FILM}.mkv", "-rf.mkv", "a b.mkv", "x\ntouch PWNED.mkv"]
    for name in names if sys.platform == "darwin" else [*names, f"{NO_UTF8}.mkv"]:  # its disks take no such name
        (hostile.folder / "media" / name).write_bytes(b"x")
    hostile.forget()
    for target in ("films", "batch"):
        done = hostile.run(target, codes=(0, 2))
        assert "no name for a film" in done.stdout and "\x1b" not in done.stdout
    assert hostile.ran == []
