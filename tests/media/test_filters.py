"""What stages hand to ffmpeg's filters is text: what is said, and names of folders that a graph reads otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from films import H264, run, tone

from samvad.documents import Cue, Cues, encode

FOLDER = "it's [a]:b;c,movie=x \\ %{pts} $(touch pwned) `x` ,[out]"
#: What libass, ffmpeg's graphs and its expressions would read otherwise, each a line that shows all of itself.
LINES = [
    "{\\p1}m 0 0 l 9999 0 9999 9999{\\p0}", "[out];movie=/etc/passwd[x]", "\\Nend\\h{\\fs500}", "%{pts}:%03d'",
    "$(touch pwned)", "Dialogue: 0,0:00:00.00,9:00:00.00,Default,,0,0,0,,all",
]  # fmt: skip


@pytest.fixture
def black(tmp_path: Path) -> Path:
    path = tmp_path / "black.mkv"
    run("-f", "lavfi", "-i", "color=black:size=640x360:rate=5:d=8", *tone(8), "-ac", "2", *H264, path)
    return path


def exported(run_in: Any, out: Path, root: Path, *lines: str) -> None:
    """out/en.ass, as the pipeline writes it, with a cue a second."""
    out.mkdir(parents=True, exist_ok=True)
    cues = [Cue(number, float(number), number + 0.9, [line]) for number, line in enumerate(lines, 1)]
    (out / "en.cues.json").write_bytes(encode(Cues("en", "plain", 25.0, cues)))
    profile = root / "config/cues/plain.toml"
    run_in(
        *("common", "stages/export_subtitles.py", "--cues", out / "en.cues.json", "--profile", profile),
        *("--out", out / "en.ass"),
    )


def burned(run_in: Any, film: Path, out: Path, **environ: str) -> dict[float, np.ndarray[Any, Any]]:
    """The frames of the film with out/en.ass in its picture, and the one that preview makes at 1.4 s."""
    info = out / "media.json"
    run_in("common", "stages/probe.py", "--media", film, "--out", info)
    given = ("--media", film, "--info", info, "--subtitle", out / "en.ass", "--language", "en")
    run_in("render", "stages/burn.py", *given, "--device", "cpu", "--out", out / "burned.mp4", **environ)
    run_in("render", "stages/preview.py", *given, "--at", "1.4", "--out", out / "preview", **environ)
    with av.open(str(out / "burned.mp4")) as made:
        frames = {round(float(frame.time or 0), 1): frame.to_ndarray(format="gray") for frame in made.decode(video=0)}
    with av.open(str(out / "preview/00.00.01.400.png")) as made:
        frames[-1.0] = next(made.decode(video=0)).to_ndarray(format="gray")
    return frames


def test_folders_of_any_name_are_only_folders(run_in: Any, root: Path, black: Path, tmp_path: Path) -> None:
    """The film, the results and the folder for what is temporary, which holds the subtitles and fonts."""
    plain, odd = tmp_path / "plain", tmp_path / FOLDER / "film"
    for out in (plain, odd):
        exported(run_in, out, root, "Hello")
    (tmp_path / FOLDER / "tmp").mkdir()
    film = tmp_path / FOLDER / "a film.mkv"
    shutil.copy(black, film)
    expected = burned(run_in, black, plain)
    found = burned(run_in, film, odd, TMPDIR=str(tmp_path / FOLDER / "tmp"))
    assert expected.keys() == found.keys() and expected[1.4].max() > 200
    assert all(np.array_equal(expected[time], found[time]) for time in expected)
    assert not list((tmp_path / FOLDER / "tmp").iterdir()) and not list(tmp_path.rglob("pwned"))


def test_what_is_said_is_drawn_and_does_nothing(run_in: Any, root: Path, black: Path, tmp_path: Path) -> None:
    out = tmp_path / "film"
    exported(run_in, out, root, *LINES)
    found = burned(run_in, black, out)
    for number, line in enumerate(LINES, 1):
        frame = found[number + 0.4]
        # Letters stand below, and only while their cue lasts: nothing fills the picture, nothing is hidden.
        assert frame[:180].max() < 60 and frame[180:].max() > 200, line
        assert (frame > 60).mean() < 0.15, line
    assert found[0.4].max() < 60 and found[7.6].max() < 60
    assert not (root / "pwned").exists()


def test_the_levels_of_a_stereo_film_are_written_into_a_folder_of_any_name(
    run_in: Any, black: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "plain", tmp_path / FOLDER / "film"]
    for out in outs:
        run_in("common", "stages/probe.py", "--media", black, "--out", out / "media.json")
        run_in(
            "common", "stages/demux.py", *("--media", black, "--info", out / "media.json", "--out", out / "audio.wav")
        )
        assert sorted(path.name for path in out.iterdir()) == [".lock", "audio.wav", "log", "media.json", "run"]
    first, second = ((out / "audio.wav").read_bytes() for out in outs)
    assert first == second and len(first) > 8 * 30_000
