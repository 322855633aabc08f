"""What a new film is held against before it is believed."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import films
import msgspec
import pytest
from films import failure, payloads
from test_mux import ENGLISH, HINDI

from samvad import containers, documents, ebml, ffmpeg, packets, readback, subtitle_tracks
from samvad.documents import Media, Stream
from samvad.packets import Packets
from samvad.problem import Problem
from samvad.progress import Progress
from samvad.subtitle_tracks import Track


class Quiet:
    """A run that says nothing."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.said: list[str] = []

    def progress(self, total: float, unit: str) -> Progress:
        return Progress("mux", "film", total, unit, io.StringIO())

    def say(self, line: str) -> None:
        self.said.append(line)


def told(path: Path, media: Media, folder: Path) -> list[Packets]:
    """What ffmpeg tells of the packets of a film, as it does while it copies them."""
    streams = containers.copied(media.streams)
    inputs = ffmpeg.film_input(path, containers.check(path))
    films.run(*inputs, *packets.tap(streams, folder / "packets", filtered=True))
    return packets.tapped(folder / "packets", len(streams))


def unchanged(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
    return track


@pytest.fixture
def check(film, mux, out: Path, tmp_path: Path) -> Callable[..., list[dict[str, object]]]:
    """Makes final.mkv of a film, then reads it back as if something else had been asked for, or made."""

    def run(
        change: Callable[[Media, Track, list[Packets], Path], Track] = unchanged, name: str = "two_tracks.mkv"
    ) -> list[dict[str, object]]:
        mux(film(name), "--default", "hi", hi=HINDI)
        media = documents.read(out / "media.json", Media)
        source = told(film(name), media, tmp_path)
        (track,), _ = subtitle_tracks.tracks([("hi", out / "hi.srt")], ["hi"], "auto")
        track = change(media, track, source, out / "final.mkv")
        arguments = (out / "final.mkv", film(name), containers.check(film(name)), media, [track], source)
        return readback.check_matroska(*arguments, Quiet())  # type: ignore[arg-type]

    return run


def flip(made: Path, payload: bytes, where: int = -1) -> None:
    """Another byte within a packet of the new film."""
    content = bytearray(made.read_bytes())
    assert content.count(payload) == 1
    at = content.index(payload) + where % len(payload)
    content[at] ^= 0x10
    made.write_bytes(content)


# --- packets --------------------------------------------------------------------------------------


def test_what_was_asked_for_passes_and_each_stream_is_recorded(check, film, out: Path) -> None:
    found = check()
    before = payloads(film("two_tracks.mkv"))
    assert [(each["stream"], each["packets"], each["compared"]) for each in found] == [
        (number, len(before[number]), "bytes") for number in range(4)
    ]
    record = msgspec.json.decode((out / "run" / "mux.json").read_bytes())
    assert record["verified"] == found
    assert record["left_out"] == record["not_kept"] == []


@pytest.mark.parametrize(
    ("number", "kind"), [(0, "video h264"), (1, "audio aac"), (2, "audio aac"), (3, "subtitle subrip")]
)
def test_one_byte_of_one_packet_is_noticed_and_the_packet_named(check, film, number: int, kind: str) -> None:
    before = payloads(film("two_tracks.mkv"))[number]
    place = 0 if number == 3 else len(before) // 2

    def damaged(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        flip(made, before[place])
        return track

    with pytest.raises(Problem, match=rf"^track {number} .*stream {number}, {kind}\): packet {place + 1} at 0:0\d is"):
        check(damaged)


@pytest.mark.parametrize("name", ["late.ts", "shots_30.ts"])
def test_one_byte_is_noticed_where_the_packets_had_to_be_stored_otherwise(check, out: Path, name: str) -> None:
    def damaged(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        flip(made, payloads(made)[0][20])
        return track

    with pytest.raises(Problem, match=r"^track 0 .*video h264\): packet 21 at 0:0\d is not the same bytes"):
        check(damaged, name)


def test_units_are_compared_where_start_codes_become_lengths(check) -> None:
    assert [each["compared"] for each in check(name="late.ts")] == ["units", "bytes"]


def test_the_adts_headers_of_a_broadcasts_aac_may_go_and_nothing_else(check, film, tmp_path: Path) -> None:
    path = tmp_path / "adts.ts"
    films.run(*films.PICTURE, *films.tone(), *films.H264, "-c:a", "aac", path)
    films.FILMS["adts.ts"] = lambda target: target.write_bytes(path.read_bytes())  # type: ignore[assignment,return-value]
    assert [each["compared"] for each in check(name="adts.ts")] == ["units", "bytes"]


def test_mp4s_own_text_is_compared_by_its_times(check) -> None:
    found = check(name="everything.mp4")
    assert [(each["compared"], each["packets"]) for each in found][2] == ("times", 2)


def test_a_recording_that_begins_between_key_frames_keeps_its_first_frames(check, film, out: Path) -> None:
    assert check(name="between_key_frames.ts")
    before, after = payloads(film("between_key_frames.ts")), payloads(out / "final.mkv")
    assert [len(before[number]) for number in (0, 1)] == [len(after[number]) for number in (0, 1)]
    with av.open(str(film("between_key_frames.ts"))) as opened:
        assert not next(packet for packet in opened.demux(video=0) if packet.size).is_keyframe


def test_a_packet_too_few_is_noticed(check) -> None:
    def fewer(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        source[1].add(4.0, 0.02, bytes(16))
        return track

    with pytest.raises(Problem, match=r"track 1 .*: 189 packets instead of 190"):
        check(fewer)


def test_a_packet_at_another_time_is_noticed(check) -> None:
    def later(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        source[2].times[7] -= 0.004
        return track

    with pytest.raises(Problem, match=r"track 2 .*: a packet is \+0\.00[345] s away from where it belongs"):
        check(later)


def test_another_length_is_noticed(check) -> None:
    def longer(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        source[0].end += 0.5
        return track

    with pytest.raises(Problem, match=r"track 0 .*: it ends at 4\.000 s instead of 4\.500 s"):
        check(longer)


def test_a_film_that_says_another_length_is_noticed(check) -> None:
    def shorter(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        head = ebml.read_head(made)
        info = [each._replace(body=struct.pack(">d", 2500)) if each.identity == 0x4489 else each
                for each in head.elements[ebml.INFO]]  # fmt: skip
        ebml.write_head(made, head, {**head.elements, ebml.INFO: info})
        return track

    with pytest.raises(Problem, match=r"the new film lasts 2\.500 s instead of 4\.0"):
        check(shorter)


def test_sound_that_moved_is_noticed(check) -> None:
    def later(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        for each in source:
            for number in range(len(each)):
                each.times[number] += 0.5
            each.end += 0.5
        return track

    with pytest.raises(Problem, match=r"sound is \+0\.500 s away"):
        check(later)


# --- what a film says of itself ---------------------------------------------------------------------


def test_a_missing_stream_is_noticed(check) -> None:
    def one_more(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        media.streams.append(Stream(7, "attachment", "font/ttf"))
        return track

    with pytest.raises(Problem, match="7 streams instead of 8"):
        check(one_more)


def test_a_wrong_flag_is_noticed(check) -> None:
    with pytest.raises(Problem, match="track 4 of the new film is flagged"):
        check(lambda media, track, source, made: track._replace(default=False))


def test_a_wrong_name_is_noticed(check) -> None:
    with pytest.raises(Problem, match="is not tagged hin, Other"):
        check(lambda media, track, source, made: track._replace(title="Other"))


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        ("Director's commentary", "Director's commentarx", "track 2 of the new film is not tagged eng, Director's c"),
        ("पहला भाग", "पहला भाघ", "chapter 1 of the new film is not called पहला भाग"),
        ("not really a font", "not really a fonz", "attachment letters.ttf is not in the new film"),
        ("Nobody", "Nobodz", "the new film has not the tag ARTIST = Nobody that it had"),
    ],
)
def test_another_word_in_the_new_films_head_is_noticed(check, there: str, instead: str, said: str) -> None:
    def changed(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        content = made.read_bytes()
        assert there.encode() in content
        made.write_bytes(content.replace(there.encode(), instead.encode(), 1))
        return track

    with pytest.raises(Problem) as problem:
        check(changed)
    assert said in str(problem.value)


# --- cues -------------------------------------------------------------------------------------------


def test_a_cue_that_says_something_else_is_noticed(check) -> None:
    def other(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        track.cues[1].content = "something else"
        return track

    with pytest.raises(Problem, match="cue 2 is not the same"):
        check(other)


def test_a_lost_cue_is_noticed(check) -> None:
    with pytest.raises(Problem, match="2 cues, but 3 in the new film"):
        check(lambda media, track, source, made: track._replace(cues=track.cues[:2]))


def test_a_cue_at_another_time_is_noticed(check) -> None:
    def later(media: Media, track: Track, source: list[Packets], made: Path) -> Track:
        track.cues[2].end += timedelta(milliseconds=3)
        return track

    with pytest.raises(Problem, match="cue 3 is not the same"):
        check(later)


# --- and then ---------------------------------------------------------------------------------------

DAMAGING = """
import sys
from pathlib import Path
sys.path.insert(0, "stages")
import mux
from samvad import {module}
make = {module}.{function}
def damage(*arguments, **more):
    found = make(*arguments, **more)
    (part,) = [path for path in Path({folder!r}).glob(".part-*-{final}")]
    content = bytearray(part.read_bytes())
    content[content.index(bytes.fromhex({payload!r})) + 100] ^= 1
    part.write_bytes(content)
    return found
{module}.{function} = damage
mux.main()
"""


@pytest.mark.parametrize(
    ("name", "final", "module", "function"),
    [
        ("two_tracks.mkv", "final.mkv", "matroska_head", "complete"),
        ("everything.mp4", "final.mkv", "matroska_head", "complete"),
        ("everything.mp4", "final.mp4", "mux_mp4", "write"),
    ],
)
def test_a_film_that_is_not_as_it_was_is_refused_and_nothing_else_is_lost(
    film, mux, out: Path, root: Path, name: str, final: str, module: str, function: str
) -> None:
    mux(film(name), final=final, en=ENGLISH)
    before, source = (out / final).read_bytes(), film(name).read_bytes()
    payload = payloads(film(name))[0][12]
    script = DAMAGING.format(module=module, function=function, folder=str(out), final=final, payload=payload.hex())
    given = ["--media", film(name), "--info", out / "media.json", "--transcript", out / "transcript.json"]
    given += ["--subtitle", f"en={out / 'en.srt'}", "--out", out / final]
    done = subprocess.run(
        [str(root / "envs/common/bin/python"), "-c", script, *map(str, given)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert "(the film's stream 0, video h264): packet 13 at 0:00 is not the same bytes" in failure(done, out)
    assert (out / final).read_bytes() == before
    assert film(name).read_bytes() == source
    assert sorted(path.name for path in out.glob("*.srt")) == ["en.srt"]
    assert sys.version_info >= (3, 11)
