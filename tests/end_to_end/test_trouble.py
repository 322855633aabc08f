"""Films that cannot be subtitled: one line that says why and what to do, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.conftest import ROOT, Films


def empty(path: Path) -> None:
    path.touch()


def truncated(path: Path) -> None:
    path.write_bytes((ROOT / "media/demo.mkv").read_bytes()[:400_000])


def text(path: Path) -> None:
    path.write_text("This is no film.\n" * 100)


@pytest.mark.parametrize(
    ("make", "says"), [(empty, "empty"), (truncated, "incomplete"), (text, "not a film: it is text")]
)
def test_a_bad_film_gets_one_line(films: Films, make: object, says: str) -> None:
    slug = f"bad-{make.__name__}"  # type: ignore[attr-defined]
    film = films.folder / "media" / f"{slug}.mkv"
    make(film)  # type: ignore[operator]
    before = film.read_bytes()
    done = films.make(f"out/{slug}/final.mkv", "SRC=hi", "TGT=en", code=2)
    lines = [line for line in done.stderr.splitlines() if line.startswith("samvad: ")]
    assert len(lines) == 1 and says in lines[0], done.stderr
    assert f"(log: out/{slug}/log/probe.log)" in lines[0]
    assert film.read_bytes() == before
    assert not [path for path in (films.folder / "out" / slug).iterdir() if path.suffix in (".json", ".wav", ".mkv")]


def test_a_hub_model_that_cannot_be_had_is_refused_before_any_work(films: Films) -> None:
    (films.folder / "media/hub.mkv").symlink_to(films.folder / "media/demo.mkv")
    wanted = ["out/hub/final.mkv", "SRC=hi", "PROFILE=standard"]
    done = films.make(*wanted, "OFFLINE=1", code=2)
    assert "OFFLINE=1 forbids to fetch it. Once without OFFLINE=1: make models" in done.stderr
    no_token = {"HF_HOME": str(films.folder / "nobody"), "HF_TOKEN": ""}
    done = films.make(*wanted, code=2, **no_token)
    assert "needs its licence accepted and a token. Accept it at https://huggingface.co/ai4bharat/" in done.stderr
    assert "export HF_TOKEN=…" in done.stderr and "PROFILE=embedded needs neither" in done.stderr
    assert "PROBE" not in done.stderr
    assert not (films.folder / "out/hub/job.mk").exists()
