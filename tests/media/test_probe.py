from __future__ import annotations

import hashlib

import films
import pytest
from films import HOSTILE_NAME, LATE, failure

from probe import choose, described, is_secondary, is_tagged
from samvad.documents import Stream
from samvad.problem import Problem


def audio(index: int, language: str | None = None, title: str | None = None, channels: int = 2, *flags: str) -> Stream:
    return Stream(index, "audio", "aac", language, title, list(flags), channels=channels)


# --- the choice of the audio stream ---------------------------------------------------------------


def test_the_language_of_the_film_decides_before_the_default_flag() -> None:
    streams = [audio(1, "eng", None, 6, "default"), audio(2, "hin")]
    choice = choose(streams, "hi", "")
    assert (choice.stream, choice.reason) == (2, "its language is hi")


def test_without_a_known_language_the_default_flag_decides() -> None:
    streams = [audio(1, "eng", None, 6), audio(2, "hin", None, 2, "default")]
    assert choose(streams, "", "").stream == 2


def test_of_equals_the_one_with_the_most_channels_is_taken_and_then_the_first() -> None:
    assert choose([audio(1), audio(2, channels=6), audio(3, channels=6)], "hi", "").stream == 2


def test_a_track_without_a_language_is_better_than_one_in_another() -> None:
    choice = choose([audio(1, "eng", None, 2, "default"), audio(2)], "hi", "")
    assert (choice.stream, choice.reason) == (2, "the others are in another language")


@pytest.mark.parametrize("title", ["Director's Commentary", "Audio Description", "Hindi AD", "Descriptive audio"])
def test_a_commentary_or_description_is_not_taken_even_in_the_right_language(title: str) -> None:
    assert choose([audio(1, "hin", title, 6, "default"), audio(2, "eng")], "hi", "").stream == 2


@pytest.mark.parametrize("flag", ["comment", "visual_impaired", "descriptions"])
def test_a_disposition_marks_a_commentary_or_description_too(flag: str) -> None:
    assert choose([audio(1, "hin", None, 2, "default", flag), audio(2)], "hi", "").stream == 2


def test_a_commentary_is_taken_when_it_is_all_there_is() -> None:
    choice = choose([audio(1, "hin", "Commentary")], "hi", "")
    assert (choice.stream, choice.reason) == (1, "it is the only one")


def test_ordinary_titles_are_not_taken_for_commentaries() -> None:
    assert not any(is_secondary(audio(1, "hin", title)) for title in ("Hindi 5.1", "Madras stereo", "Original", None))


def test_track_overrides_everything_and_counts_audio_streams_from_zero() -> None:
    streams = [Stream(0, "video", "h264"), audio(1, "hin", None, 6, "default"), audio(2, "eng", "Commentary")]
    assert choose(streams, "hi", "1").stream == 2


@pytest.mark.parametrize("track", ["2", "-1", "x", "٣"])
def test_a_wrong_track_names_the_tracks_there_are(track: str) -> None:
    with pytest.raises(
        Problem, match=r"no audio track .*0: hin aac stereo; 1: eng aac 5\.1 \"Dub\".*TRACK= one of: 0 1"
    ):
        choose([audio(1, "hin"), audio(2, "eng", "Dub", 6)], "hi", track)


def test_a_title_cannot_steer_the_terminal() -> None:
    assert described(audio(1, "hin", "\x1b[2Jgone\nlines")) == 'hin aac stereo " [2Jgone lines"'


@pytest.mark.parametrize(
    ("tag", "source"),
    [
        ("hin", "hi"),
        ("hi", "hi"),
        ("HI-in", "hi"),
        ("ori", "or"),
        ("ory", "or"),
        ("gom", "kok"),
        ("npi", "ne"),
        ("kas", "ks-Deva"),
    ],
)
def test_every_code_of_a_language_is_known(tag: str, source: str) -> None:
    assert is_tagged(tag, source)


def test_another_language_is_not_taken_for_it() -> None:
    assert not any(is_tagged(tag, "hi") for tag in ("eng", "hil", "und", "", None))


# --- films ----------------------------------------------------------------------------------------


def test_streams_chapters_languages_and_flags_are_all_there(film, probe) -> None:
    media = probe(film("two_tracks.mkv"), "--source", "hi")
    video, hindi, comment, subtitle, font, poster = media["streams"]
    assert (media["container"], media["duration"]) == ("Matroska", pytest.approx(4.0, abs=0.03))
    assert media["size"] == film("two_tracks.mkv").stat().st_size
    assert (video["kind"], video["codec"], video["frame_rate"], video["width"]) == (
        "video",
        "h264",
        "25/1",
        160,
    )
    assert (hindi["language"], hindi["disposition"], hindi["sample_rate"]) == ("hin", ["default"], 48_000)
    assert (comment["language"], comment["title"], comment["disposition"]) == (
        "eng",
        "Director's commentary",
        ["comment"],
    )
    assert (subtitle["codec"], subtitle["disposition"]) == ("subrip", ["default", "hearing_impaired"])
    assert (font["kind"], font["title"]) == ("attachment", "letters.ttf")
    assert (poster["kind"], poster["disposition"]) == ("video", ["attached_pic"])
    assert media["chapters"] == [
        {"start": 0.0, "end": 1.5, "title": "पहला भाग"},
        {"start": 1.5, "end": 4.0, "title": "Two"},
    ]
    assert media["audio"] == {"stream": 1, "reason": "the others are commentaries, descriptions or the like"}


def test_the_choice_is_said_where_there_was_one_and_only_there(film, run_in, out) -> None:
    several = run_in(
        "common",
        "stages/probe.py",
        "--media",
        film("two_tracks.mkv"),
        "--source",
        "hi",
        "--out",
        out / "m.json",
    )
    assert "audio track 0 of 2 (hin aac mono)" in several.stderr
    one = run_in("common", "stages/probe.py", "--media", film("plain.mkv"), "--source", "hi", "--out", out / "m.json")
    assert one.stderr.split() == ["PROBE", "film"]


def test_a_track_in_another_language_is_taken_with_a_word(film, run_in, out) -> None:
    done = run_in(
        "common",
        "stages/probe.py",
        "--media",
        film("two_tracks.mkv"),
        "--track",
        "1",
        "--source",
        "hi",
        "--out",
        out / "m.json",
    )
    assert "though it is tagged eng and the source is hi" in done.stderr


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.ts", "late.mpg", "late.ogv", "late.flv"])
def test_a_late_track_starts_late_on_the_films_own_clock(film, probe, name: str) -> None:
    media = probe(film(name))
    # An encoder's start-up may come before: at most two frames of AAC.
    assert media["streams"][1]["start"] == pytest.approx(LATE, abs=0.045)
    assert media["streams"][0]["start"] == pytest.approx(0, abs=0.001)


def test_zero_is_where_the_earliest_stream_begins(film, probe) -> None:
    media = probe(film("late_picture.ts"))
    assert media["streams"][0]["start"] == pytest.approx(0.8, abs=0.045)
    assert media["streams"][1]["start"] == 0.0


def test_surround_is_taken_before_stereo_where_nothing_else_tells_them_apart(film, probe) -> None:
    media = probe(film("five_one.mkv"), "--source", "hi")
    assert (media["audio"]["stream"], media["streams"][2]["channels"]) == (2, 6)


@pytest.mark.parametrize("name", ["sound.mp3", "sound.flac", "sound.wav"])
def test_a_recording_without_pictures_will_do(film, probe, name: str) -> None:
    media = probe(film(name))
    assert [stream["kind"] for stream in media["streams"]] == ["audio"]
    assert media["duration"] == pytest.approx(4.0, abs=0.06)


def test_a_recording_that_does_not_say_its_length_is_measured(film, probe) -> None:
    assert probe(film("live_cut.mkv"))["duration"] == pytest.approx(3.0, abs=0.6)


def test_the_name_of_a_film_is_data(film, probe) -> None:
    assert len(probe(film(HOSTILE_NAME))["streams"]) == 2
    assert not list(film(HOSTILE_NAME).parent.glob("pwned"))


def test_the_film_is_not_touched(film, probe) -> None:
    before = hashlib.sha256(film("two_tracks.mkv").read_bytes()).digest()
    probe(film("two_tracks.mkv"))
    assert hashlib.sha256(film("two_tracks.mkv").read_bytes()).digest() == before


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.mkv", "is empty"),
        ("text.mkv", "is not a film: it is text"),
        ("playlist.mkv", "is not a film: it is a playlist"),
        ("cut.mp4", "its index (moov) is missing"),
        ("cut.mkv", "is incomplete: "),
        ("head_only.mkv", "begins as Matroska but cannot be read"),
        ("picture.mkv", "the film has no audio stream; it has 0: video h264"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(film, run_in, out, name: str, message: str) -> None:
    done = run_in("common", "stages/probe.py", "--media", film(name), "--out", out / "media.json", check=False)
    assert message in failure(done, out)
    assert not (out / "media.json").exists()


def test_a_film_that_does_not_exist_is_named(run_in, out, tmp_path) -> None:
    missing = tmp_path / "no such.mkv"
    done = run_in("common", "stages/probe.py", "--media", missing, "--out", out / "media.json", check=False)
    assert f"{missing} does not exist" in failure(done, out)


def test_an_unknown_language_is_refused_before_the_film_is_opened(film, run_in, out) -> None:
    done = run_in(
        "common",
        "stages/probe.py",
        "--media",
        film("plain.mkv"),
        "--source",
        "xx",
        "--out",
        out / "m.json",
        check=False,
    )
    assert "unknown language 'xx'" in failure(done, out)


def test_a_failed_probe_leaves_the_old_result(film, probe, run_in, out) -> None:
    probe(film("plain.mkv"))
    before = (out / "media.json").read_bytes()
    done = run_in("common", "stages/probe.py", "--media", film("text.mkv"), "--out", out / "media.json", check=False)
    failure(done, out)
    assert (out / "media.json").read_bytes() == before


def test_no_demuxer_but_the_containers_own_opens_a_film(film) -> None:
    from samvad import containers

    with (
        pytest.raises(Problem, match="begins as Matroska but cannot be read"),
        containers.open_film(film("playlist.mkv"), containers.MATROSKA),
    ):
        pass


@pytest.mark.parametrize(
    "name", sorted(name for name in films.FILMS if name.split(".")[0] in ("late", "sound", "plain"))
)
def test_every_container_is_known_by_its_content(film, tmp_path, name: str) -> None:
    from samvad import containers

    expected = {
        "mkv": "Matroska", "mp4": "MP4", "ts": "MPEG-TS", "mpg": "MPEG-PS", "ogv": "Ogg", "flv": "FLV",
        "mp3": "MP3", "flac": "FLAC", "wav": "WAV",
    }  # fmt: skip
    renamed = tmp_path / "film.bin"
    renamed.write_bytes(film(name).read_bytes())
    assert containers.check(renamed).name == expected[name.rpartition(".")[2]]
