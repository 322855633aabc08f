from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import av
import msgspec
import pytest
from films import HOSTILE_NAME, LATE, OLD_SRT, failure, heard, payloads

from samvad import containers, documents
from samvad.problem import Problem

HINDI = """1
00:00:00,700 --> 00:00:01,900
नमस्ते <i>दुनिया</i> & {\\an8}

2
00:00:02,100 --> 00:00:03,000
- दो पंक्तियाँ
1942

3
00:00:03,000 --> 00:00:03,900
$(touch pwned) "x" `y`
"""
ENGLISH = "1\n00:00:00,700 --> 00:00:01,900\nHello world\n"


def described(path: Path) -> list[tuple[str, str | None, str | None, list[str]]]:
    """Kind, language, title and flags of every stream."""
    with av.open(str(path)) as film:
        return [
            (stream.type, stream.language, stream.metadata.get("title"), containers.flags(stream))
            for stream in film.streams
        ]


def texts(path: Path, index: int) -> list[tuple[float, float, str]]:
    """Start and end in seconds, and the text, of every cue of a stream."""
    with av.open(str(path)) as film:
        base = film.streams[index].time_base
        return [
            (float(packet.pts * base), float((packet.pts + packet.duration) * base), bytes(packet).decode())
            for packet in film.demux(film.streams[index])
            if packet.size
        ]


# --- the film's own streams -----------------------------------------------------------------------


def test_every_stream_of_the_film_is_kept_and_the_new_ones_follow(film, mux, out: Path) -> None:
    mux(film("two_tracks.mkv"), "--default", "en", "--default", "hi", hi=HINDI, en=ENGLISH)
    assert described(out / "final.mkv") == [
        ("video", None, None, []),
        ("audio", "hin", None, ["default"]),
        ("audio", "eng", "Director's commentary", ["comment"]),
        ("subtitle", "eng", "Old ones", ["hearing_impaired"]),
        ("subtitle", "hin", "Hindi (auto)", []),
        ("subtitle", "eng", "English (auto)", ["default"]),
        ("attachment", None, None, []),
        ("video", None, None, ["attached_pic"]),
    ]


@pytest.mark.parametrize("name", ["two_tracks.mkv", "plain.mp4", "late.flv"])
def test_copied_packets_are_the_same_bytes(film, mux, out: Path, name: str) -> None:
    mux(film(name), hi=HINDI)
    before, after = payloads(film(name)), payloads(out / "final.mkv")
    tracks = {"two_tracks.mkv": 4, "plain.mp4": 2, "late.flv": 2}[name]
    for index in range(tracks):
        assert len(before[index]) > 1
        assert after[index] == before[index]


def test_chapters_tags_and_attachments_come_along(film, mux, out: Path) -> None:
    mux(film("two_tracks.mkv"), hi=HINDI)
    with av.open(str(film("two_tracks.mkv"))) as before, av.open(str(out / "final.mkv")) as after:
        assert after.metadata["title"] == before.metadata["title"] == "A film; with = signs"
        assert after.metadata["ARTIST"] == "Nobody"
        assert [chapter["metadata"]["title"] for chapter in after.chapters()] == ["पहला भाग", "Two"]
        assert [(c["start"], c["end"]) for c in after.chapters()] == [(c["start"], c["end"]) for c in before.chapters()]
        font = after.streams[5]
        assert (font.metadata["filename"], font.mimetype, font.data) == (
            "letters.ttf",
            "font/ttf",
            b"not really a font",
        )
        assert after.streams[6].metadata["filename"] == "poster.jpg"
    poster = film("two_tracks.mkv").with_name("poster.jpg").read_bytes()
    assert payloads(out / "final.mkv")[6] == [poster]


def test_an_imported_film_without_a_title_gets_the_one_it_came_with(film, mux, out: Path, tmp_path: Path) -> None:
    for name, expected in (("two_tracks.mkv", "A film; with = signs"), ("late.mkv", 'दंगल (2016) "= -x')):
        link = tmp_path / f"imported-{name}"
        link.symlink_to(film(name))
        title = {"format": "samvad.film/1", "title": 'दंगल (2016) "= -x'}
        link.with_suffix(".json").write_text(json.dumps(title), encoding="utf-8")
        mux(link, hi=HINDI)
        with av.open(str(out / "final.mkv")) as after:
            assert after.metadata["title"] == expected


def test_mp4s_own_subtitles_become_subrip_and_its_time_code_is_named_and_left_out(film, mux, out: Path) -> None:
    done = mux(film("everything.mp4"), "--default", "hi", hi=HINDI)
    assert "data tmcd" in done.stderr and "left out" in done.stderr
    kinds = [(kind, language, flags) for kind, language, _, flags in described(out / "final.mkv")]
    assert kinds == [
        ("video", None, ["default"]),
        ("audio", None, ["default"]),
        ("subtitle", "eng", []),
        ("subtitle", "hin", ["default"]),
        ("video", None, ["attached_pic"]),
    ]
    assert texts(out / "final.mkv", 2) == [
        (0.5, 1.5, "<i>Old</i> subtitle\nof two lines"),
        (2.0, 3.0, "1942"),
    ]
    with av.open(str(out / "final.mkv")) as after:
        assert [chapter["metadata"]["title"] for chapter in after.chapters()] == ["पहला भाग", "Two"]
        # A poster copied as a stream would move the whole film.
        assert after.streams[0].start_time == 0


def test_the_film_is_not_touched(film, mux) -> None:
    before = film("everything.mp4").read_bytes()
    mux(film("everything.mp4"), hi=HINDI)
    assert film("everything.mp4").read_bytes() == before


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.ts", "late.mpg", "late.ogv", "late.flv"])
def test_sound_and_subtitles_stay_where_the_wav_has_them(film, mux, probe, demux, out: Path, name: str) -> None:
    mux(film(name), hi=HINDI)
    probe(out / "final.mkv")
    ((start, _),) = heard(demux(out / "final.mkv"))
    assert start == pytest.approx(LATE, abs=0.010)
    with av.open(str(out / "final.mkv")) as after:
        assert after.start_time == 0
    assert [start for start, _, _ in texts(out / "final.mkv", 2)] == [0.7, 2.1, 3.0]


def test_a_film_whose_picture_comes_late_keeps_its_order(film, mux, out: Path) -> None:
    mux(film("late_picture.ts"), hi=HINDI)
    with av.open(str(out / "final.mkv")) as after:
        starts = [float(stream.start_time * stream.time_base) for stream in after.streams]
    assert starts == pytest.approx([0.8, 0.0, 0.7], abs=0.045)


def test_where_the_clock_jumps_wav_and_film_jump_alike(film, mux, probe, demux, out: Path) -> None:
    mux(film("clock_jump.ts"), hi=HINDI)
    before = heard(demux(film("clock_jump.ts")))
    assert [start for start, _ in before] == pytest.approx([1.0, 5.2], abs=0.05)
    probe(out / "final.mkv")
    assert heard(demux(out / "final.mkv")) == [pytest.approx(stretch, abs=0.010) for stretch in before]


@pytest.mark.parametrize("name", ["sound.mp3", "sound.flac", "sound.wav"])
def test_a_recording_without_pictures_gets_subtitles_too(film, mux, out: Path, name: str) -> None:
    mux(film(name), hi=HINDI)
    assert [kind for kind, *_ in described(out / "final.mkv")] == ["audio", "subtitle"]


def test_subtitles_move_with_a_film_that_cannot_begin_at_zero(film, mux, probe, demux, out: Path) -> None:
    # The first 23 ms of an MP3 are not meant to be heard; Matroska has no way to say so.
    mux(film("sound.mp3"), hi=HINDI)
    probe(out / "final.mkv")
    ((start, _),) = heard(demux(out / "final.mkv"))
    assert texts(out / "final.mkv", 1)[0][0] - start == pytest.approx(0.7, abs=0.010)


# --- the new subtitles ----------------------------------------------------------------------------


def test_the_cues_are_carried_as_they_are(film, mux, out: Path) -> None:
    mux(film("plain.mkv"), hi=HINDI)
    assert texts(out / "final.mkv", 2) == [
        (0.7, 1.9, "नमस्ते <i>दुनिया</i> & {\\an8}"),
        (2.1, 3.0, "- दो पंक्तियाँ\n1942"),
        (3.0, 3.9, '$(touch pwned) "x" `y`'),
    ]


@pytest.mark.parametrize("code", ["en", "hi"])
def test_exactly_one_subtitle_is_the_default(film, mux, out: Path, code: str) -> None:
    mux(film("two_tracks.mkv"), "--default", code, hi=HINDI, en=ENGLISH)
    shown = [
        title for kind, _, title, flags in described(out / "final.mkv") if kind == "subtitle" and "default" in flags
    ]
    assert shown == [{"en": "English (auto)", "hi": "Hindi (auto)"}[code]]


def test_a_file_without_cues_gives_no_track_and_a_word(film, mux, out: Path) -> None:
    done = mux(film("two_tracks.mkv"), "--default", "en", hi=HINDI, en="")
    assert "no English subtitles: " in done.stderr
    subtitles = [(title, flags) for kind, _, title, flags in described(out / "final.mkv") if kind == "subtitle"]
    assert subtitles == [("Old ones", ["hearing_impaired"]), ("Hindi (auto)", ["default"])]


def test_a_film_in_which_nobody_speaks_keeps_its_own_default(film, mux, out: Path) -> None:
    mux(film("two_tracks.mkv"), "--default", "hi", hi="")
    assert [row for row in described(out / "final.mkv") if row[0] == "subtitle"] == [
        ("subtitle", "eng", "Old ones", ["default", "hearing_impaired"])
    ]
    assert payloads(out / "final.mkv")[3][0].decode() == "\n".join(OLD_SRT.split("\n")[2:4])


def test_the_suffix_of_the_title_can_be_chosen_or_dropped(film, mux, out: Path) -> None:
    mux(film("plain.mkv"), "--title-suffix", "", hi=HINDI)
    assert described(out / "final.mkv")[2][2] == "Hindi"


def test_two_runs_give_the_same_bytes(film, mux, out: Path) -> None:
    digests = set()
    for _ in range(2):
        mux(film("two_tracks.mkv"), "--default", "en", hi=HINDI, en=ENGLISH)
        digests.add(hashlib.sha256((out / "final.mkv").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_name_of_a_film_is_data(film, mux, out: Path, root: Path) -> None:
    mux(film(HOSTILE_NAME), hi=HINDI)
    assert len(described(out / "final.mkv")) == 3
    assert not [*root.glob("pwned*"), *film(HOSTILE_NAME).parent.glob("pwned*")]


def test_the_end_says_what_to_look_at_names_the_models_and_says_what_it_is_given(film, mux, out: Path) -> None:
    models = {"asr": "whisperx base", "translation": "whisper base"}
    unsure = documents.Translated(7, 0.7, 1.9, "Hello 1942", "नमस्ते", review=["number 1942 is new"])
    translation = documents.Translation("hi", "en", models, [unsure])
    out.mkdir()
    (out / "en.json").write_bytes(documents.encode(translation))
    closing = 'Draft quality: for release quality type make out/x/final.mkv PROFILE=standard "$HOME" %s'
    done = mux(film("plain.mkv"), "--translation", out / "en.json", "--closing", closing, hi=HINDI)
    made_by = f"samvad: {out / 'final.mkv'}: Hindi by whisperx base, English by whisper base"
    assert done.stderr.splitlines()[-3:] == [
        f"  English: 1 of 1 sentences marked for review, all of them listed by: make review MOVIE={out.name}",
        "    0:00:00.7  नमस्ते → Hello 1942 (number 1942 is new)",
        f"{made_by}. {closing}",
    ]
    record = msgspec.json.decode((out / "run" / "mux.json").read_bytes())
    assert record["models"] == {"Hindi": "whisperx base", "English": "whisper base"}
    assert record["subtitles"] == {"hi": {"title": "Hindi (auto)", "cues": 3, "default": True}}


# --- errors ---------------------------------------------------------------------------------------


def test_a_subtitle_file_that_is_none_is_named(film, mux, out: Path) -> None:
    line = failure(mux(film("plain.mkv"), check=False, hi="no cues here at all"), out)
    assert "hi.srt is not a SubRip file" in line
    assert not (out / "final.mkv").exists()


def test_a_missing_subtitle_file_is_named_with_the_command_that_makes_it(film, probe, run_in, out: Path) -> None:
    probe(film("plain.mkv"))
    (out / "transcript.json").write_bytes(documents.encode(documents.Transcript("hi", {}, [])))
    done = run_in(
        *("common", "stages/mux.py", "--media", film("plain.mkv"), "--info", out / "media.json"),
        *("--transcript", out / "transcript.json", "--subtitle", f"hi={out / 'hi.srt'}", "--out", out / "final.mkv"),
        check=False,
    )
    assert f"hi.srt does not exist. make {out / 'hi.srt'}" in failure(done, out)


def test_an_unknown_language_is_an_error(film, mux, out: Path) -> None:
    assert "unknown language 'xx'" in failure(mux(film("plain.mkv"), check=False, xx=HINDI), out)


def test_a_full_disk_is_noticed_before_anything_is_written(
    film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from samvad import ffmpeg

    target = tmp_path / "final.mkv"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(Problem, match=r"no room for .*final\.mkv: 10 MB are needed, 0 MB are free"):
        ffmpeg.need_room(target, 1e7)


def test_no_space_while_writing_is_said_as_such() -> None:
    from samvad import ffmpeg

    problem = ffmpeg._problem(
        ["[out#0 @ 0x1] Error writing trailer: No space left on device", "Conversion failed!"], 228
    )
    assert str(problem) == "no space left on the disk. Make room and type the same command again"


def test_a_failed_mux_leaves_the_old_film(film, mux, out: Path) -> None:
    mux(film("plain.mkv"), hi=HINDI)
    before = (out / "final.mkv").read_bytes()
    failure(mux(film("plain.mkv"), check=False, hi="nonsense"), out)
    assert (out / "final.mkv").read_bytes() == before


# --- the gate -------------------------------------------------------------------------------------


@pytest.fixture
def checked(out: Path) -> Callable[..., list[object]]:
    """`checked(en=["overlap: …"])`: writes such reports; the arguments that give them to mux."""

    def write(**refused: list[str]) -> list[object]:
        out.mkdir(exist_ok=True)
        given: list[object] = []
        for code, reasons in refused.items():
            report = documents.Quality(code, "plain", 84, {"overlap": 1}, {}, [], reasons)
            (out / f"{code}.qc.json").write_bytes(documents.encode(report))
            given += ["--qc", out / f"{code}.qc.json"]
        return given

    return write


OVERLAP = "overlap: 2 cues (12 at 0:01:02.3, 13 at 0:01:04.0)"
REPEATED = "repeated: 98.8% of the cues, 2% at most (2 at 0:00:02.0, 3 at 0:00:04.0, 4 at 0:00:06.0, …)"


def test_subtitles_that_are_refused_are_in_no_film_and_one_line_says_why_and_what_to_type(
    film, mux, checked, out: Path
) -> None:
    given = checked(hi=[], en=[OVERLAP, REPEATED])
    line = failure(mux(film("plain.mkv"), *given, check=False, hi=HINDI, en=ENGLISH), out)
    assert f"English subtitles not fit to be shown: {OVERLAP}; {REPEATED} (all of it: {out}/en.qc.json). " in line
    assert f"To have them in the film all the same: make {out / 'final.mkv'} QC=warn" in line
    assert "Hindi" not in line
    assert not (out / "final.mkv").exists()


def test_with_a_warning_the_film_is_made_and_a_line_of_each_language_stands_at_the_end(
    film, mux, checked, out: Path
) -> None:
    given = checked(hi=["empty: 1 cue (3 at 0:00:03.0)"], en=[OVERLAP, "a", "b", "c", "d"])
    done = mux(film("plain.mkv"), *given, "--gate", "warn", hi=HINDI, en=ENGLISH)
    hindi, english, last = done.stderr.splitlines()[-3:]
    assert hindi.startswith("  Hindi subtitles not fit to be shown: empty: 1 cue (3 at 0:00:03.0) (all of it: ")
    assert english.startswith(f"  English subtitles not fit to be shown: {OVERLAP}; a; b; 2 more reasons (all of it: ")
    assert last.startswith("samvad: ")
    assert len(described(out / "final.mkv")) == 4
    record = msgspec.json.decode((out / "run" / "mux.json").read_bytes())
    assert record["qc"]["en"] == {"findings": 0, "refused": [OVERLAP, "a", "b", "c", "d"]}


@pytest.mark.parametrize("gate", ["refuse", "warn"])
def test_subtitles_that_pass_need_no_word(film, mux, checked, out: Path, gate: str) -> None:
    done = mux(film("plain.mkv"), *checked(hi=[], en=[]), "--gate", gate, hi=HINDI, en=ENGLISH)
    assert "fit to be shown" not in done.stderr
    assert (out / "final.mkv").exists()


def test_without_a_report_there_is_no_film(film, mux, out: Path) -> None:
    line = failure(mux(film("plain.mkv"), "--qc", out / "hi.qc.json", check=False, hi=HINDI), out)
    assert f"{out / 'hi.qc.json'} does not exist. make {out / 'hi.qc.json'}" in line
