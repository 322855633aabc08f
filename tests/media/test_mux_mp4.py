"""An MP4 film with its subtitles as MP4: every byte of it, and mov_text that players read."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path

import av
import films
import msgspec
import pytest
import witness
from films import LATE, failure, heard, payloads
from test_mux import ENGLISH, HINDI, described

from samvad import boxes, mov_text, mp4_index


@pytest.fixture
def mp4(mux) -> Callable[..., None]:
    """`mp4(film, "--default", "en", en=ENGLISH)` makes final.mp4."""
    return lambda path, *more, **texts: mux(path, *more, final="final.mp4", **texts)


def cues(path: Path, number: int) -> list[tuple[float, float, bytes]]:
    """Start, end and packet of every cue of a stream."""
    with av.open(str(path)) as film:
        return [
            (float(each.pts * each.time_base), float((each.pts + each.duration) * each.time_base), bytes(each))
            for each in film.demux(film.streams[number])
            if each.size > 2
        ]


def outlined(path: Path) -> list[bytes]:
    """The names of the boxes of a file."""
    return [box.kind for box in boxes.read_index(path).boxes]


def faststart(film, tmp_path: Path, name: str = "plain.mp4") -> Path:
    path = tmp_path / "faststart.mp4"
    films.run("-i", film(name), "-map", "0:v:0", "-map", "0:a", "-c", "copy", "-movflags", "+faststart", path)
    return path


def test_every_stream_is_kept_at_its_place_and_the_new_ones_follow(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), "--default", "en", **{"en": ENGLISH, "en.sdh": ENGLISH, "hi": HINDI})
    before, after = described(film("everything.mp4")), described(out / "final.mp4")
    assert [kind for kind, *_ in before] == ["video", "audio", "subtitle", "data", "data", "data", "video"]
    assert after[:2] == before[:2]
    assert after[2] == (*before[2][:3], []) and before[2][3] == ["default"]
    assert after[3:6] == before[3:6] and after[9:] == before[6:]
    assert [(language, [flag for flag in flags if flag != "captions"]) for _, language, _, flags in after[6:9]] == [
        ("eng", ["default"]),
        ("eng", ["hearing_impaired"]),
        ("hin", []),
    ]
    old, new = payloads(film("everything.mp4")), payloads(out / "final.mp4")
    assert [old[number] for number in (0, 1, 2, 4, 6)] == [new[number] for number in (0, 1, 2, 4, 9)]


def test_chapters_tags_and_time_codes_are_kept(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), en=ENGLISH)
    with av.open(str(film("everything.mp4"))) as before, av.open(str(out / "final.mp4")) as after:
        assert after.metadata == before.metadata
        assert after.metadata["timecode"] == "01:00:00:00"
        assert after.chapters() == before.chapters()
        assert [chapter["metadata"]["title"] for chapter in after.chapters()] == ["पहला भाग", "Two"]


@pytest.mark.parametrize("where", ["index last", "index first"])
def test_no_byte_of_the_film_is_lost(film, mp4, out: Path, tmp_path: Path, where: str) -> None:
    path = faststart(film, tmp_path) if where == "index first" else film("plain.mp4")
    mp4(path, en=ENGLISH)
    before, after = boxes.read_index(path), boxes.read_index(out / "final.mp4")
    assert after.moov_first == (where == "index first")
    old, new = path.read_bytes(), (out / "final.mp4").read_bytes()
    kept = [old[box.start : box.end] for box in before.boxes if box.kind != b"moov"]
    assert [each in new for each in kept] == [True] * len(kept)
    if where == "index last":
        # Only the name of the index that is no longer one.
        assert new[: before.place.start + 4] == old[: before.place.start + 4]
        assert new[before.place.start + 4 : before.place.start + 8] == b"free"
        assert new[before.place.start + 8 : len(old)] == old[before.place.start + 8 :]


def test_italics_stay_and_what_mp4_has_no_word_for_goes(film, mp4, out: Path) -> None:
    mp4(film("plain.mp4"), hi=HINDI)
    found = cues(out / "final.mp4", 2)
    assert [(start, end) for start, end, _ in found] == [(0.7, 1.9), (2.1, 3.0), (3.0, 3.9)]
    assert [mov_text.text(data) for *_, data in found] == [
        "नमस्ते दुनिया & ", "- दो पंक्तियाँ\n1942", '$(touch pwned) "x" `y`',
    ]  # fmt: skip
    # A styl box: characters 7 to 13 (दुनिया) in the face of italics.
    first = found[0][2]
    at = first.index(b"styl") + 4
    count, begin, end, _, face = struct.unpack_from(">HHHHB", first, at)
    assert (count, first[2:].decode("utf-8", errors="ignore")[begin:end], face) == (1, "दुनिया", 2)


def test_old_subtitles_and_new_ones_are_one_group_of_which_one_is_shown(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), "--default", "hi", hi=HINDI, en=ENGLISH)
    index = boxes.read_index(out / "final.mp4")
    found = []
    for box in boxes.children(index.moov):
        head = boxes.find(index.moov, b"tkhd", start=box.body, end=box.end) if box.kind == b"trak" else None
        if head and mp4_index._handler(index.moov, box) == b"sbtl":
            found.append((mp4_index._number(index.moov, box, mp4_index.GROUP), index.moov[head.body + 3] & 1))
    assert [is_shown for _, is_shown in found] == [0, 1, 0]
    assert len({group for group, _ in found}) == 1 and found[0][0] > 0


def test_a_film_in_which_nobody_speaks_keeps_its_own_default(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), "--default", "hi", hi="")
    assert described(out / "final.mp4") == described(film("everything.mp4"))


def test_two_runs_give_the_same_bytes(film, mp4, out: Path) -> None:
    digests = set()
    for _ in range(2):
        mp4(film("everything.mp4"), "--default", "en", hi=HINDI, en=ENGLISH)
        digests.add(hashlib.sha256((out / "final.mp4").read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["late.mp4", "before_zero.mp4", "begins_late.mp4"])
def test_sound_and_subtitles_stay_where_the_wav_has_them(film, mp4, probe, demux, out: Path, name: str) -> None:
    mp4(film(name), hi=HINDI)
    before = heard(demux(film(name)))
    with av.open(str(out / "final.mp4")) as made:
        zero = (made.start_time or 0) / 1e6
    assert [start - zero for start, *_ in cues(out / "final.mp4", 2)] == pytest.approx([0.7, 2.1, 3.0], abs=0.001)
    probe(out / "final.mp4")
    assert heard(demux(out / "final.mp4")) == before
    if name == "late.mp4":
        assert before[0][0] == pytest.approx(LATE, abs=0.010)


@pytest.mark.parametrize("title", ["with tags", "without"])
def test_an_imported_film_without_a_title_gets_the_one_it_came_with(
    film, mp4, out: Path, tmp_path: Path, title: str
) -> None:
    path = tmp_path / "imported.mp4"
    more = ("-fflags", "+bitexact", "-empty_hdlr_name", 1) if title == "without" else ()
    films.run("-i", film("plain.mp4"), "-map", 0, "-c", "copy", *more, path)
    given = {"format": "samvad.film/1", "title": 'दंगल (2016) "= -x'}
    path.with_suffix(".json").write_text(json.dumps(given), encoding="utf-8")
    mp4(path, en=ENGLISH)
    with av.open(str(path)) as before, av.open(str(out / "final.mp4")) as after:
        assert after.metadata == {**before.metadata, "title": 'दंगल (2016) "= -x'}


def test_the_record_says_what_was_compared(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), en=ENGLISH)
    record = msgspec.json.decode((out / "run" / "mux.mp4.json").read_bytes())
    # Chapters' names are compared as chapters; the second time code has no packet.
    assert [(each["stream"], each["compared"]) for each in record["verified"]] == [
        (0, "bytes"), (1, "bytes"), (2, "bytes"), (4, "bytes"), (5, "bytes"),
    ]  # fmt: skip
    assert record["left_out"] == record["not_kept"] == []


def test_what_only_quicktime_knows_passes_too(mp4, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "camera.mov"
    codecs = ("-c:v", "prores", "-c:a", "pcm_s24be", "-timecode", "10:00:00:00", "-metadata", "com.apple.make=Camera")
    films.run(*films.PICTURE, *films.tone(), *codecs, "-movflags", "use_metadata_tags", path)
    mp4(path, en=ENGLISH)
    with av.open(str(path)) as before, av.open(str(out / "final.mp4")) as after:
        assert after.metadata == before.metadata
        assert after.metadata["com.apple.make"] == "Camera"
    old, new = payloads(path), payloads(out / "final.mp4")
    assert [new[number] for number in old] == [old[number] for number in old]


# --- others -----------------------------------------------------------------------------------------


def test_ffprobe_reads_names_languages_and_flags(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), "--default", "en", **{"en": ENGLISH, "en.sdh": ENGLISH, "hi": HINDI})
    before, after = witness.probed(film("everything.mp4")), witness.probed(out / "final.mp4")
    words = [each for each in after["streams"] if each["codec_type"] == "subtitle"]
    assert [(each["tags"]["language"], each["tags"]["handler_name"]) for each in words[1:]] == [
        ("eng", "English (auto)"), ("eng", "English SDH (auto)"), ("hin", "Hindi (auto)"),
    ]  # fmt: skip
    assert [each["disposition"]["default"] for each in words] == [0, 1, 0, 0]
    assert [each["disposition"]["hearing_impaired"] for each in words] == [0, 0, 1, 0]
    assert after["chapters"] == before["chapters"]
    assert after["format"]["tags"] == before["format"]["tags"]
    assert after["format"]["duration"] == before["format"]["duration"]
    assert [each["nb_frames"] for each in after["streams"][:6]] == [each["nb_frames"] for each in before["streams"][:6]]


def test_mkvmerge_reads_the_film_without_a_complaint(film, mp4, out: Path) -> None:
    mp4(film("everything.mp4"), "--default", "en", en=ENGLISH)
    before, after = witness.identified(film("everything.mp4")), witness.identified(out / "final.mp4")
    assert after["warnings"] == before["warnings"] == []
    assert [track["type"] for track in after["tracks"]][:2] == ["video", "audio"]
    assert after["chapters"] == before["chapters"]


# --- films that cannot be ---------------------------------------------------------------------------


def test_another_container_is_refused_by_its_streams(film, mux, out: Path) -> None:
    line = failure(mux(film("two_tracks.mkv"), check=False, final="final.mp4", en=ENGLISH), out)
    assert "is Matroska, not MP4, which may not hold all of its streams: 0 (video h264), 1 (audio aac), " in line
    assert "3 (subtitle subrip), 4 (attachment font/ttf), 5 (video mjpeg). " in line
    assert f"Type: make {out / 'final.mkv'} FINAL=mkv" in line
    assert not (out / "final.mp4").exists()


def test_a_film_in_fragments_is_refused(mux, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "fragments.mp4"
    films.run(*films.PICTURE, *films.tone(), *films.H264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", path)
    line = failure(mux(path, check=False, final="final.mp4", en=ENGLISH), out)
    assert f"nothing can be added to {path}: it is in fragments (moof). Type: make " in line
    assert "FINAL=mkv" in line


def test_what_stands_after_the_last_box_is_not_dropped_in_silence(film, mux, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.mp4"
    path.write_bytes(film("plain.mp4").read_bytes() + b"abc")
    line = failure(mux(path, check=False, final="final.mp4", en=ENGLISH), out)
    assert f"what stands at byte {path.stat().st_size - 3} is no box" in line


def test_a_name_that_is_neither_is_an_error(film, mux, out: Path) -> None:
    done = mux(film("plain.mp4"), check=False, final="final.avi", en=ENGLISH)
    assert done.returncode == 2
    assert "is neither .mkv nor .mp4" in done.stderr


# --- the index ---------------------------------------------------------------------------------------


def test_places_beyond_four_gigabytes_get_longer_numbers(film, tmp_path: Path) -> None:
    path = faststart(film, tmp_path)
    index = boxes.read_index(path)
    moov = mp4_index.joined(index, None, 1 << 32, 0, lift=False)
    assert moov.count(b"co64") == 2 and b"stco" not in moov
    assert len(moov) == int.from_bytes(moov[:4], "big")
    before, after = (places(each) for each in (index.moov, moov))
    assert after == [[place + (1 << 32) for place in each] for each in before]
    # And the boxes around the longer table still end where the next one begins.
    assert [box.kind for box in boxes.children(moov)] == [box.kind for box in boxes.children(index.moov)]


def places(moov: bytes) -> list[list[int]]:
    """Where each track's chunks are."""
    found = []
    for trak in (box for box in boxes.children(moov) if box.kind == b"trak"):
        for kind, code in ((b"stco", "I"), (b"co64", "Q")):
            table = boxes.find(moov, b"mdia", b"minf", b"stbl", kind, start=trak.body, end=trak.end)
            if table:
                (count,) = struct.unpack_from(">I", moov, table.body + 4)
                found.append(list(struct.unpack_from(f">{count}{code}", moov, table.body + 8)))
    return found


def test_a_film_with_other_positions_keeps_its_packets_where_they_are(film, mp4, out: Path, tmp_path: Path) -> None:
    path = faststart(film, tmp_path)
    content = path.read_bytes()
    index = boxes.read_index(path)
    # An empty box of segments' positions before the packets: nobody moves what it points to.
    at = next(box.start for box in index.boxes if box.kind == b"mdat") - 8
    assert content[at + 4 : at + 8] == b"free"
    path.write_bytes(content[: at + 4] + b"mfra" + content[at + 8 :])
    mp4(path, en=ENGLISH)
    assert outlined(out / "final.mp4")[-2:] == [b"mdat", b"moov"]
    assert payloads(out / "final.mp4")[0] == payloads(path)[0]
