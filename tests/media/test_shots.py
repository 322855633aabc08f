from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import films
import msgspec
import pytest

from samvad import containers, ffmpeg

Read = Callable[..., dict[str, Any]]


@pytest.fixture
def shots(run_in, probe, out: Path) -> Read:
    """`shots(path)`: shots.json of that film, read."""

    def run(path: Path, target: str = "shots.json") -> dict[str, Any]:
        probe(path)
        run_in("shots", "stages/shots.py", "--media", path, "--info", out / "media.json", "--out", out / target)
        found: dict[str, Any] = msgspec.json.decode((out / target).read_bytes())
        return found

    return run


def times(path: Path) -> list[float]:
    """When each frame of the picture is shown, in seconds of the film."""
    with av.open(str(path)) as film:
        zero = (film.start_time or 0) / 1e6
        packets = film.demux(film.streams.video[0])
        return sorted(float(packet.pts * packet.time_base) - zero for packet in packets if packet.pts is not None)


def record(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((out / "run/shots.json").read_bytes())
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("shots_24.mkv", "shots_25.mp4", "shots_30.ts", "shots_late.mkv", "shots_late.ts"),
        *("shots_varying.mkv", "shots_grey.mkv"),
    ],
)
def test_a_cut_has_the_time_of_the_first_frame_of_its_shot(film, shots, name: str) -> None:
    shown = times(film(name))
    found = shots(film(name))
    assert found["detector"] == "pyscenedetect adaptive"
    assert found["cuts"] == pytest.approx([shown[cut] for cut in films.CUTS], abs=0.0011)


def test_a_late_picture_has_its_cuts_later(film, shots) -> None:
    assert shots(film("shots_late.mkv"))["cuts"] == pytest.approx([0.8 + cut / 25 for cut in films.CUTS], abs=0.03)


@pytest.mark.parametrize(
    ("name", "count"), [("shots_25.avi", len(films.CUTS)), ("shots_clock_jump.ts", 2 * len(films.CUTS) + 1)]
)
def test_cuts_are_where_they_are_in_the_film_that_mux_copies(
    film, shots, tmp_path: Path, name: str, count: int
) -> None:
    """An AVI leaves out times; a broadcast's clock is set back."""
    copied = tmp_path / "copied.mkv"
    films.run(*ffmpeg.film_input(film(name), containers.check(film(name))), "-map", 0, "-c", "copy", copied)
    cuts = shots(film(name))["cuts"]
    assert len(cuts) == count
    assert cuts == pytest.approx(shots(copied, "copied.json")["cuts"], abs=0.0021)


@pytest.mark.parametrize("name", ["flashes.mkv", "dissolve.mkv", "plain.mkv"])
def test_flashes_fades_dissolves_and_movement_are_no_cuts(film, shots, name: str) -> None:
    assert shots(film(name))["cuts"] == []


@pytest.mark.parametrize("name", ["sound.mp3", "cover_only.mp4"])
def test_without_a_picture_there_are_no_cuts_and_nothing_is_loaded(film, shots, out: Path, name: str) -> None:
    found = shots(film(name))
    assert (found["detector"], found["cuts"]) == ("none", [])
    assert not {"av", "numpy", "opencv-python-headless", "scenedetect-headless"} & record(out)["packages"].keys()


def test_a_picture_that_cannot_be_decoded_has_no_cuts_and_a_line_says_so(film, probe, run_in, out: Path) -> None:
    probe(film("shots_24.mkv"))
    path = film("shots_undecodable.mkv")
    done = run_in(
        "shots", "stages/shots.py", "--media", path, "--info", out / "media.json", "--out", out / "shots.json"
    )
    assert "cannot be decoded: no shot changes" in done.stderr
    found = msgspec.json.decode((out / "shots.json").read_bytes())
    assert (found["detector"], found["cuts"]) == ("none", [])


def test_damage_in_the_middle_is_counted_and_the_cuts_around_it_are_found(film, shots, out: Path) -> None:
    cuts = shots(film("shots_damaged.mkv"))["cuts"]
    assert record(out)["picture"]["damaged"] > 0
    assert [cut for cut in cuts if not 55 / 25 <= cut <= 76 / 25] == pytest.approx(
        [cut / 25 for cut in films.CUTS if not 55 <= cut <= 76], abs=0.03
    )


def test_a_recording_that_breaks_off_has_the_cuts_that_are_there(film, shots, tmp_path: Path) -> None:
    whole = film("shots_30.ts")
    part = tmp_path / "part.ts"
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    found = shots(part)["cuts"]
    assert 0 < len(found) < len(films.CUTS)
    assert found == pytest.approx([times(whole)[cut] for cut in films.CUTS[: len(found)]], abs=0.0011)


def test_a_playlist_in_a_films_name_is_refused_in_one_line(film, probe, run_in, out: Path) -> None:
    probe(film("shots_25.mp4"))
    done: subprocess.CompletedProcess[str] = run_in(
        *("shots", "stages/shots.py", "--media", film("playlist.mkv"), "--info", out / "media.json"),
        *("--out", out / "shots.json"),
        check=False,
    )
    assert "playlist.mkv is not a film: it is a playlist" in films.failure(done, out)
    assert not (out / "shots.json").exists()


@pytest.mark.parametrize("name", ["shots_30.ts", "shots_damaged.mkv"])
def test_the_same_film_gives_the_same_bytes(film, shots, out: Path, name: str) -> None:
    shots(film(name))
    first = (out / "shots.json").read_bytes()
    (out / "shots.json").unlink()
    shots(film(name))
    assert (out / "shots.json").read_bytes() == first
