from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from films import HOSTILE_NAME, LATE, failure, heard, samples

TOLERANCE = 0.010


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.ts", "late.mpg", "late.ogv", "late.flv"])
def test_a_late_track_keeps_its_offset(film, probe, demux, name: str) -> None:
    probe(film(name))
    ((start, end),) = heard(demux(film(name)))
    assert start == pytest.approx(LATE, abs=TOLERANCE)
    assert end == pytest.approx(LATE + 2.5, abs=TOLERANCE)


@pytest.mark.parametrize(
    "name", ["plain.mkv", "plain.mp4", "late_picture.mkv", "late_picture.ts", "sound.wav", "sound.mp3"]
)
def test_a_track_that_begins_with_the_film_begins_at_zero(film, probe, demux, name: str) -> None:
    probe(film(name))
    ((start, end),) = heard(demux(film(name)))
    assert start == pytest.approx(0, abs=0.025 if "ts" in name or "mp3" in name else TOLERANCE)
    assert end == pytest.approx(4, abs=0.025)


def test_a_gap_in_the_time_stamps_becomes_silence(film, probe, demux) -> None:
    probe(film("gap.mkv"))
    first, second = heard(demux(film("gap.mkv")))
    assert first[1] == pytest.approx(1.0, abs=0.03)
    assert second == pytest.approx((2.5, 4.0), abs=0.03)


@pytest.mark.parametrize("name", ["long_gap.mkv", "long_gap.ts"])
def test_ten_seconds_without_a_packet_become_ten_seconds_of_silence(film, probe, demux, name: str) -> None:
    probe(film(name))
    first, second = heard(demux(film(name)))
    assert first == pytest.approx((0.0, 1.0), abs=0.035)  # ends with a whole packet
    assert second == pytest.approx((11.0, 12.0), abs=0.035)


def test_a_gap_is_silence_even_where_nothing_else_has_to_be_converted(film, probe, demux) -> None:
    probe(film("plain_gap.mkv"))
    first, second = heard(demux(film("plain_gap.mkv")))
    assert first[1] == pytest.approx(1.0, abs=0.065)  # packets of 64 ms
    assert second == pytest.approx((2.5, 4.0), abs=0.065)
    assert second[1] - second[0] == pytest.approx(4.0 - second[0], abs=TOLERANCE)


def test_what_comes_before_the_film_is_cut(film, probe, demux) -> None:
    probe(film("before_zero.mp4"))
    assert heard(demux(film("before_zero.mp4"))) == [pytest.approx((0.5, 1.5), abs=0.02)]


def test_times_below_zero_count_from_the_earliest(film, probe, demux) -> None:
    streams = probe(film("early_sound.mkv"))["streams"]
    ((start, end),) = heard(demux(film("early_sound.mkv")))
    assert (start - streams[0]["start"], end - streams[0]["start"]) == pytest.approx((0.5, 1.5), abs=0.02)


def test_a_stream_that_changes_its_channels_and_rate_keeps_its_times(film, probe, demux) -> None:
    probe(film("varying.ts"))
    assert heard(demux(film("varying.ts"))) == [pytest.approx((0, 3), abs=0.02), pytest.approx((4, 5), abs=0.02)]


@pytest.mark.parametrize("name", ["telephone.wav", "telephone.mp3", "surround.mkv", "surround.mp4"])
def test_odd_rates_and_layouts_keep_their_times(film, probe, demux, name: str) -> None:
    probe(film(name))
    ((start, end),) = heard(demux(film(name)))
    assert start == pytest.approx(1.0, abs=0.06 if name == "telephone.mp3" else 0.02)
    assert end == pytest.approx(3.0, abs=0.08 if name == "telephone.mp3" else 0.02)


# --- channels -------------------------------------------------------------------------------------


def demux_channel(run_in, path: Path, out: Path, channel: str = "", check: bool = True):
    return run_in(
        *("common", "stages/demux.py", "--media", path, "--info", out / "media.json", "--channel", channel),
        *("--out", out / "audio.wav"),
        check=check,
    )


def loudness(out: Path) -> float:
    """RMS of the tone's two seconds."""
    return float((samples(out / "audio.wav")[20_000:44_000] ** 2).mean() ** 0.5)


@pytest.mark.parametrize(
    ("name", "said", "channel"),
    [
        ("left.mkv", "the right channel is silent: only the left one is taken", "left"),
        ("right.mkv", "the left channel is silent: only the right one is taken", "right"),
        ("opposite.mkv", "the channels cancel each other: only the ", ""),
        ("stereo.mkv", "", "all"),
    ],
)
def test_what_is_said_on_one_side_is_as_loud_as_in_the_middle(
    film, probe, run_in, out: Path, name: str, said: str, channel: str
) -> None:
    probe(film("stereo.mkv"))
    demux_channel(run_in, film("stereo.mkv"), out)
    usual = loudness(out)
    probe(film(name))
    done = demux_channel(run_in, film(name), out)
    assert loudness(out) == pytest.approx(usual, rel=0.05)
    assert heard(samples(out / "audio.wav")) == [pytest.approx((1, 3), abs=0.02)]
    assert said in done.stderr and len(done.stderr.splitlines()) == (2 if said else 1)
    record = msgspec.json.decode((out / "run" / "demux.json").read_bytes())
    assert record["audio"]["channel"] == channel or channel == ""
    assert not list(out.glob(".part-*"))


def test_one_channel_is_taken_where_it_is_asked_for(film, probe, run_in, out: Path) -> None:
    probe(film("surround.mkv"))
    levels = {}
    for channel in ("", "centre", "left"):
        demux_channel(run_in, film("surround.mkv"), out, channel)
        levels[channel] = loudness(out)
    assert levels["left"] < 30 < 300 < levels[""] < levels["centre"]
    assert levels["centre"] == pytest.approx(2900, rel=0.1)  # as loud as it is in the film


def test_the_middle_of_mono_is_all_of_it(film, probe, run_in, out: Path) -> None:
    probe(film("telephone.wav"))
    demux_channel(run_in, film("telephone.wav"), out, "centre")
    assert heard(samples(out / "audio.wav")) == [pytest.approx((1, 3), abs=0.02)]


@pytest.mark.parametrize(
    ("name", "channel", "message"),
    [
        ("stereo.mkv", "centre", "the audio track is stereo: it has no centre channel. CHANNEL= one of: left right"),
        ("telephone.wav", "left", "the audio track is mono: it has no left channel. CHANNEL= one of: centre"),
    ],
)
def test_a_channel_that_the_track_does_not_have_is_one_line(
    film, probe, run_in, out: Path, name: str, channel: str, message: str
) -> None:
    probe(film(name))
    done = demux_channel(run_in, film(name), out, channel, check=False)
    assert message in failure(done, out)


def test_a_channel_that_is_not_there_any_more_is_said(film, probe, run_in, out: Path) -> None:
    probe(film("turns_stereo.ts"))
    said = demux_channel(run_in, film("turns_stereo.ts"), out, "centre").stderr
    (line,) = [line for line in said.splitlines() if "centre" in line]
    begins, ends = map(int, re.findall(r"0:(\d\d)", line))
    assert 2 <= begins <= 3 and 13 <= ends <= 14
    assert line.endswith("if somebody speaks there, type CHANNEL= (all channels)")
    demux_channel(run_in, film("turns_stereo.ts"), out)
    assert heard(samples(out / "audio.wav")) == [pytest.approx((0, 14), abs=0.1)]


def test_channels_are_measured_in_a_folder_of_any_name(film, probe, run_in, tmp_path: Path) -> None:
    probe(film("left.mkv"))
    out = tmp_path / "it's [odd]: a,b;c\\d %d"
    done = run_in(
        *("common", "stages/demux.py", "--media", film("left.mkv"), "--info", tmp_path / "film" / "media.json"),
        *("--out", out / "audio.wav"),
    )
    assert "the right channel is silent" in done.stderr


def test_the_chosen_track_is_taken(film, probe, demux) -> None:
    import numpy as np

    def hertz(track: str) -> float:
        probe(film("two_tracks.mkv"), "--track", track)
        sound = demux(film("two_tracks.mkv"))[16_000:32_000]
        return float(np.argmax(np.abs(np.fft.rfft(sound))))

    assert (hertz("0"), hertz("1")) == (440, 880)


def test_what_is_said_in_the_middle_of_surround_is_heard(film, probe, demux) -> None:
    probe(film("five_one.mkv"))
    ((start, end),) = heard(demux(film("five_one.mkv")))
    assert (start, end) == pytest.approx((0, 4), abs=TOLERANCE)


def test_two_runs_give_the_same_bytes(film, probe, demux, out: Path) -> None:
    probe(film("late.mp4"))
    digests = set()
    for _ in range(2):
        demux(film("late.mp4"))
        digests.add(hashlib.sha256((out / "audio.wav").read_bytes()).hexdigest())
    assert len(digests) == 1
    content = (out / "audio.wav").read_bytes()
    # The plain header of 44 bytes: no chunk that names a version.
    assert content[36:40] == b"data" and int.from_bytes(content[40:44], "little") == len(content) - 44


def test_the_name_of_a_film_is_data(film, probe, demux) -> None:
    probe(film(HOSTILE_NAME))
    assert len(demux(film(HOSTILE_NAME))) == pytest.approx(64_000, abs=400)
    assert not list(film(HOSTILE_NAME).parent.glob("pwned*"))


def test_the_film_is_not_touched(film, probe, demux) -> None:
    before = film("late.ts").read_bytes()
    probe(film("late.ts"))
    demux(film("late.ts"))
    assert film("late.ts").read_bytes() == before


def test_the_run_record_says_which_stream_and_how_long(film, probe, demux, out: Path) -> None:
    probe(film("plain.mkv"))
    demux(film("plain.mkv"))
    record = msgspec.json.decode((out / "run" / "demux.json").read_bytes())
    assert record["audio"]["stream"] == 1
    assert record["audio"]["seconds"] == pytest.approx(4.0, abs=0.05)
    assert "imageio-ffmpeg" in record["packages"]


# --- sound that ends early ------------------------------------------------------------------------


def demux_with(run_in, path: Path, out: Path, **changes: float) -> subprocess.CompletedProcess[str]:
    """Demuxes after changing what media.json says of the chosen stream or the film."""
    info = out / "media.json"
    media = msgspec.json.decode(info.read_bytes())
    for key, value in changes.items():
        (media["streams"][1] if key == "stream" else media)["duration"] = value
    info.write_bytes(msgspec.json.encode(media))
    return run_in("common", "stages/demux.py", "--media", path, "--info", info, "--out", out / "audio.wav", check=False)


def test_sound_that_breaks_off_is_an_error(film, probe, run_in, out: Path) -> None:
    probe(film("plain.mp4"))
    done = demux_with(run_in, film("plain.mp4"), out, stream=60.0, film=60.0)
    assert "breaks off: its sound ends at 0:04 of 1:00. Finish the download" in failure(done, out)
    assert not (out / "audio.wav").exists()


def test_a_film_that_goes_on_in_silence_is_made_with_a_word(film, probe, run_in, out: Path) -> None:
    probe(film("plain.mp4"))
    done = demux_with(run_in, film("plain.mp4"), out, stream=4.0, film=60.0)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    info = out / "media.json"
    media = msgspec.json.decode(info.read_bytes())
    del media["streams"][1]["duration"]
    info.write_bytes(msgspec.json.encode(media))
    done = run_in("common", "stages/demux.py", "--media", film("plain.mp4"), "--info", info, "--out", out / "audio.wav")
    assert "the sound ends at 0:04, the film at 1:00: no subtitles after that" in done.stderr


def test_a_film_cut_off_since_it_was_probed_is_an_error(film, probe, run_in, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film("plain.mkv").read_bytes())
    probe(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    done = run_in(
        *("common", "stages/demux.py", "--media", path, "--info", out / "media.json"),
        *("--out", out / "audio.wav"),
        check=False,
    )
    assert "is incomplete" in failure(done, out)


def test_a_recording_that_was_killed_gives_the_sound_it_has(film, probe, demux) -> None:
    media = probe(film("live_cut.mkv"))
    assert len(demux(film("live_cut.mkv"))) / 16_000 == pytest.approx(media["duration"], abs=0.3)


# --- the program ----------------------------------------------------------------------------------

ENDLESS = """
import sys
from pathlib import Path
from samvad import ffmpeg, stage
def work(run):
    ffmpeg.execute(run, ["-re", "-f", "lavfi", "-i", "sine", "-f", "wav", f"file:{run.scratch}"], 3600)
    return run.scratch
stage.run("demux", Path(sys.argv[1]), None, work)
"""


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_ffmpeg_ends_with_its_stage(root: Path, out: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [root / "envs/common/bin/python", "-c", ENDLESS, str(out / "audio.wav")],
        env={**os.environ, "PYTHONPATH": str(root / "stages")},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 20
    while not (found := children(process.pid)) or not list(out.glob(".part-*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(timeout=10) == code
    (child,) = found
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not (out / "audio.wav").exists()
    if number != signal.SIGKILL:
        assert not list(out.glob(".part-*"))


def test_ffmpegs_own_reason_is_what_is_said(root: Path, run_in, out: Path, film, probe) -> None:
    probe(film("plain.mkv"))
    info = out / "media.json"
    media = msgspec.json.decode(info.read_bytes())
    media["audio"]["stream"] = 0
    info.write_bytes(msgspec.json.encode(media))
    done = run_in(
        "common",
        "stages/demux.py",
        "--media",
        film("plain.mkv"),
        "--info",
        info,
        "--out",
        out / "audio.wav",
        check=False,
    )
    line = failure(done, out)
    assert "ffmpeg failed: " in line
    assert "0x" not in line


def test_only_the_carried_ffmpeg_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from samvad import ffmpeg

    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/true")
    ffmpeg.program.cache_clear()
    assert "imageio_ffmpeg" in ffmpeg.program().parts
