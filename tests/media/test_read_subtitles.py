"""The subtitles that a film came with: inside it in every text format, beside it, and none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import films
import msgspec
import pytest
from films import H264, PICTURE, failure, tone

HINDI = """1
00:00:00,500 --> 00:00:01,500
<i>नमस्ते</i> दुनिया
{\\an8}- कौन?

2
00:00:02,000 --> 00:00:03,000
a < b & c
"""
EXPECTED = [(0.5, 1.5, ["नमस्ते दुनिया", "- कौन?"]), (2.0, 3.0, ["a ‹ b & c"])]


def with_subtitles(path: Path, codec: str, *more: object, late: float = 0.0, language: str = "hin") -> Path:
    """A film whose only subtitles are in `codec`; all of it begins `late`."""
    text = path.with_suffix(".source.srt")
    text.write_text(HINDI.replace("\\\\", "\\"), encoding="utf-8")
    films.run(
        *(*PICTURE, *tone(), "-i", text, *H264, "-c:a", "aac", "-c:s", codec, "-map", 0, "-map", 1, "-map", 2),
        *("-metadata:s:s:0", f"language={language}", *more, "-output_ts_offset", late, path),
    )
    text.unlink()
    return path


@pytest.fixture
def read(probe, run_in, out: Path) -> Callable[..., Any]:
    """Probes a film and reads its subtitles: what was written, or the failed run."""

    def run(path: Path, language: str = "hi", check: bool = True) -> Any:
        probe(path)
        done = run_in(
            *("common", "stages/read_subtitles.py", "--media", path, "--info", out / "media.json"),
            *("--language", language, "--out", out / "subtitles.json"),
            check=check,
        )
        return msgspec.json.decode((out / "subtitles.json").read_bytes()) if check else done

    return run


def shown(found: dict[str, Any]) -> list[tuple[float, float, list[str]]]:
    return [(cue["start"], cue["end"], cue["lines"]) for cue in found["cues"]]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "srt"), ("a.mkv", "ass"), ("a.mkv", "webvtt"), ("a.mp4", "mov_text")],
)
def test_every_text_format_says_the_same(read, tmp_path: Path, name: str, codec: str) -> None:
    found = read(with_subtitles(tmp_path / name, codec))
    assert found["language"] == "hi" and found["origin"].startswith("track 2 (hin ")
    cues = shown(found)
    assert [lines for _, _, lines in cues] == [lines for _, _, lines in EXPECTED]
    for (start, end, _), (begins, ends, _) in zip(cues, EXPECTED, strict=True):
        assert (start, end) == pytest.approx((begins, ends), abs=0.011)


def test_times_count_from_the_films_own_zero(read, tmp_path: Path) -> None:
    found = read(with_subtitles(tmp_path / "late.mkv", "srt", late=5))
    assert [start for start, _, _ in shown(found)] == pytest.approx([0.5, 2.0], abs=0.03)


def test_a_file_beside_the_film_comes_first_and_a_forced_one_never(read, tmp_path: Path, probe) -> None:
    film = with_subtitles(tmp_path / "film.mkv", "srt")
    (tmp_path / "film.hi.forced.srt").write_text(HINDI.replace("नमस्ते", "कुछ"), encoding="utf-8")
    assert read(film)["origin"].startswith("track 2")
    (tmp_path / "film.hin.srt").write_text(HINDI.replace("नमस्ते", "और"), encoding="utf-8")
    found = read(film)
    assert found["origin"] == "film.hin.srt" and found["cues"][0]["lines"][0] == "और दुनिया"


def test_an_imported_films_files_lie_beside_what_its_link_points_at(read, tmp_path: Path, film) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "media").mkdir()
    shutil.copy(film("plain.mkv"), tmp_path / "library" / "दंगल (2016).mkv")
    (tmp_path / "library" / "दंगल (2016).hin.srt").write_text(HINDI, encoding="utf-8")
    (tmp_path / "media" / "dangal-2016.mkv").symlink_to("../library/दंगल (2016).mkv")
    assert read(tmp_path / "media" / "dangal-2016.mkv")["origin"] == "दंगल (2016).hin.srt"


def test_a_film_without_any_says_what_it_has_and_what_to_type(read, tmp_path: Path, out: Path) -> None:
    line = failure(read(with_subtitles(tmp_path / "film.mkv", "srt", language="eng"), check=False), out)
    assert "has no subtitles in Hindi that can be read; it comes with track 2 (eng subrip)" in line
    assert line.endswith(f"USE_SUBS= (log: {out / 'log' / 'read_subtitles.log'})") or "USE_SUBS=" in line


def test_pictures_are_named_as_not_readable(read, tmp_path: Path, out: Path, run_in) -> None:
    film = with_subtitles(tmp_path / "film.mkv", "srt")
    film.write_bytes(film.read_bytes().replace(b"S_TEXT/UTF8", b"S_HDMV/PGS\0"))
    line = failure(read(film, check=False), out)
    assert "track 2 (hin hdmv_pgs_subtitle): pictures, not readable" in line
    said = run_in("common", "stages/probe.py", "--media", film, "--source", "hi", "--out", out / "media.json").stderr
    assert "subtitles that are there already: track 2 (hin hdmv_pgs_subtitle): pictures, not readable" in said


def test_what_probe_says_names_them_all(run_in, tmp_path: Path, out: Path) -> None:
    film = with_subtitles(tmp_path / "film.mkv", "srt")
    (tmp_path / "film.eng.sdh.srt").write_text(HINDI, encoding="utf-8")
    (tmp_path / "film.srt").write_text(HINDI, encoding="utf-8")
    said = run_in("common", "stages/probe.py", "--media", film, "--source", "hi", "--out", out / "media.json").stderr
    line = "subtitles that are there already: film.eng.sdh.srt; film.srt; track 2 (hin subrip). Those in Hindi as the"
    assert f"  {line} transcript: USE_SUBS=source" in said.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "1\n99:59:59,000 --> 99:59:59,900\nमैं\n",
        "1\n00:00:02,000 --> 00:00:01,000\nमैं\n",
        "1\n00:00:00,000 --> 90:00:00,000\nमैं\n\n2\n00:00:01,000 --> 00:00:02,000\nतुम\n",
        "1\n00:00:01,000 --> 00:00:02,000\n\u202e\u0000\x1b[2Jमैं\n",
    ],
)
def test_absurd_times_and_letters_do_no_harm(read, film, tmp_path: Path, out: Path, text: str) -> None:
    path = tmp_path / "film.mkv"
    shutil.copy(film("plain.mkv"), path)
    path.with_suffix(".hi.srt").write_text(text, encoding="utf-8")
    done = read(path, check=False)
    if done.returncode:
        failure(done, out)
        return
    cues = msgspec.json.decode((out / "subtitles.json").read_bytes())["cues"]
    before = 0.0
    for cue in cues:
        assert before <= cue["start"] <= cue["end"] <= 125
        assert not set("".join(cue["lines"])) & set("\x1b\u202e\0")
        before = cue["end"]
