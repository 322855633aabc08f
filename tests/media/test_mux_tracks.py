"""The new subtitle tracks: order, names, languages, and which one is shown unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import films
import msgspec
import pytest
import witness
from films import failure
from test_mux import ENGLISH, HINDI, described, texts

from samvad import languages


def subtitles(path: Path) -> list[tuple[str | None, list[str]]]:
    """Name and flags of the subtitles."""
    return [(title, flags) for kind, _, title, flags in described(path) if kind == "subtitle"]


def test_tracks_stand_in_the_order_of_the_options_and_sounds_after_plain_ones(film, mux, out: Path) -> None:
    texts = {"ta": ENGLISH, "ta.sdh": ENGLISH, "en": ENGLISH, "en.sdh": ENGLISH, "hi": HINDI, "hi.sdh": HINDI}
    mux(film("plain.mkv"), "--default", "ta", **texts)
    assert subtitles(out / "final.mkv") == [
        ("Tamil (auto)", ["default"]),
        ("Tamil SDH (auto)", ["hearing_impaired"]),
        ("English (auto)", []),
        ("English SDH (auto)", ["hearing_impaired"]),
        ("Hindi (auto)", []),
        ("Hindi SDH (auto)", ["hearing_impaired"]),
    ]


def test_another_order_of_the_options_is_another_order_of_the_tracks(film, mux, out: Path) -> None:
    mux(film("plain.mkv"), "--default", "ta", hi=HINDI, en=ENGLISH, ta=ENGLISH)
    assert subtitles(out / "final.mkv") == [("Hindi (auto)", []), ("English (auto)", []), ("Tamil (auto)", ["default"])]


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({"en": "", "en.sdh": ENGLISH, "hi": HINDI}, "Hindi (auto)"),
        ({"en.sdh": ENGLISH, "hi": HINDI}, "Hindi (auto)"),
        ({"en": "", "en.sdh": ENGLISH, "hi": ""}, "English SDH (auto)"),
    ],
)
def test_subtitles_with_sounds_are_the_default_only_where_there_are_no_others(
    film, mux, out: Path, texts: dict[str, str], shown: str
) -> None:
    mux(film("two_tracks.mkv"), "--default", "en", **texts)
    assert [title for title, flags in subtitles(out / "final.mkv") if "default" in flags] == [shown]


def test_sdh_without_cues_gives_a_word_and_the_record_names_each_track(film, mux, out: Path) -> None:
    done = mux(film("plain.mkv"), "--default", "en", **{"en": ENGLISH, "en.sdh": "", "hi": HINDI, "hi.sdh": HINDI})
    assert f"no English SDH subtitles: {out / 'en.sdh.srt'} has no cues" in done.stderr
    record = msgspec.json.decode((out / "run" / "mux.json").read_bytes())
    assert list(record["subtitles"]) == ["en", "hi", "hi.sdh"]
    assert record["subtitles"]["hi.sdh"] == {"title": "Hindi SDH (auto)", "cues": 3, "default": False}


def test_a_label_with_anything_else_after_the_language_is_an_error(film, mux, out: Path) -> None:
    assert "unknown language 'en.cc'" in failure(mux(film("plain.mkv"), check=False, **{"en.cc": ENGLISH}), out)


def test_every_language_bears_its_codes_for_others_too(film, mux, out: Path) -> None:
    known = languages.languages()
    mux(film("plain.mkv"), "--default", "en", **dict.fromkeys(known, ENGLISH))
    found = witness.tracks(out / "final.mkv")[2:]
    assert [(kind, codec) for kind, codec, *_ in found] == [("subtitles", "SubRip/SRT")] * len(known)
    assert [(each[2], each[3], each[4], each[5]) for each in found] == [
        (each.iso639_2, code, f"{each.name} (auto)", ["default"] if code == "en" else [])
        for code, each in known.items()
    ]


def test_every_language_bears_its_code_in_mp4(film, mux, out: Path) -> None:
    known = languages.languages()
    mux(film("plain.mp4"), "--default", "en", final="final.mp4", **dict.fromkeys(known, ENGLISH))
    found = witness.probed(out / "final.mp4")["streams"][2:]
    assert [(each["tags"]["language"], each["tags"]["handler_name"]) for each in found] == [
        (each.iso639_2, f"{each.name} (auto)") for each in known.values()
    ]
    assert [code for code, each in zip(known, found, strict=True) if each["disposition"]["default"]] == ["en"]


def test_the_new_tracks_in_mp4_refer_to_no_other(film, mux, out: Path) -> None:
    mux(film("everything.mp4"), final="final.mp4", en=ENGLISH, hi=HINDI)
    assert b"tref" in film("everything.mp4").read_bytes()
    assert b"chap\0\0\0\0" not in (out / "final.mp4").read_bytes()


# --- size -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 MB in five minutes."""
    folder = tmp_path_factory.mktemp("long")
    picture = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=10,noise=alls=30:allf=t")
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-minrate", "8M", "-bufsize", "8M", "-c:a", "aac")
    films.run(*picture, *films.tone(10), *codec, folder / "part.mkv")
    films.run("-stream_loop", 29, "-i", folder / "part.mkv", "-map", 0, "-c", "copy", folder / "long.mkv")
    films.run("-i", folder / "long.mkv", "-map", 0, "-c", "copy", folder / "long.mp4")
    return folder / "long.mkv"


LAST = "1\n00:04:57,500 --> 00:04:59,250\nThe last word\n"


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_film_whose_only_cue_is_at_its_end_passes_through_little_memory(
    mux, out: Path, long_film: Path, suffix: str
) -> None:
    path = long_film.with_suffix(suffix)
    mux(path, final=f"final{suffix}", en=LAST)
    record_name = "mux.json" if suffix == ".mkv" else "mux.mp4.json"
    record = msgspec.json.decode((out / "run" / record_name).read_bytes())
    assert path.stat().st_size > 250e6
    assert record["peak_memory_bytes"] < 128 * 1024 * 1024
    assert [times for *times, text in texts(out / f"final{suffix}", 2) if "last word" in text] == [[297.5, 299.25]]


def test_two_hours_without_a_cue_are_no_more_than_mp4s_text_can_wait(run_in, mux, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "two_hours.mp4"
    films.run("-f", "lavfi", "-i", "sine=r=8000:d=7200", "-c:a", "aac", "-b:a", "8k", path)
    mux(path, final="final.mp4", en="1\n01:59:57,500 --> 01:59:59,250\nThe last word\n")
    with av.open(str(out / "final.mp4")) as made:
        found: list[Any] = [packet for packet in made.demux(subtitles=0) if packet.size > 2]
        assert [(float(each.pts * each.time_base), float(each.duration * each.time_base)) for each in found] == [
            (7197.5, 1.75)
        ]
