"""What a Matroska film says of itself, kept as it was; mkvmerge and mkvinfo are the witnesses."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import films
import pytest
import witness
from test_mux import ENGLISH, HINDI

from samvad import ebml, matroska_head

CHAPTERS = """<?xml version="1.0"?><Chapters>
 <EditionEntry><EditionUID>111</EditionUID><EditionFlagDefault>1</EditionFlagDefault>
  <ChapterAtom><ChapterUID>5001</ChapterUID><ChapterTimeStart>00:00:00</ChapterTimeStart>
   <ChapterTimeEnd>00:00:02</ChapterTimeEnd>
   <ChapterDisplay><ChapterString>Part one</ChapterString><ChapterLanguage>eng</ChapterLanguage></ChapterDisplay>
   <ChapterDisplay><ChapterString>पहला भाग</ChapterString><ChapterLanguage>hin</ChapterLanguage></ChapterDisplay>
   <ChapterAtom><ChapterUID>5002</ChapterUID><ChapterTimeStart>00:00:01</ChapterTimeStart>
    <ChapterDisplay><ChapterString>Within</ChapterString><ChapterLanguage>eng</ChapterLanguage></ChapterDisplay>
   </ChapterAtom></ChapterAtom>
  <ChapterAtom><ChapterUID>5003</ChapterUID><ChapterTimeStart>00:00:02</ChapterTimeStart>
   <ChapterFlagHidden>1</ChapterFlagHidden>
   <ChapterDisplay><ChapterString>Two</ChapterString><ChapterLanguage>eng</ChapterLanguage></ChapterDisplay>
  </ChapterAtom></EditionEntry>
 <EditionEntry><EditionUID>112</EditionUID><EditionFlagOrdered>1</EditionFlagOrdered>
  <ChapterAtom><ChapterUID>6001</ChapterUID><ChapterTimeStart>00:00:00.500</ChapterTimeStart>
   <ChapterTimeEnd>00:00:01</ChapterTimeEnd>
   <ChapterDisplay><ChapterString>Other</ChapterString><ChapterLanguage>eng</ChapterLanguage></ChapterDisplay>
  </ChapterAtom></EditionEntry></Chapters>"""
TAGS = """<?xml version="1.0"?><Tags>
 <Tag><Targets><TargetTypeValue>50</TargetTypeValue><TargetType>MOVIE</TargetType></Targets>
  <Simple><Name>DIRECTOR</Name><String>निर्देशक</String><TagLanguage>hin</TagLanguage>
   <Simple><Name>SORT_WITH</Name><String>Zed</String></Simple></Simple>
  <Simple><Name>ACTOR</Name><String>One</String></Simple><Simple><Name>ACTOR</Name><String>Two</String></Simple></Tag>
 <Tag><Targets><TargetTypeValue>70</TargetTypeValue></Targets>
  <Simple><Name>TITLE</Name><String>The series</String></Simple></Tag>
 <Tag><Targets><ChapterUID>5001</ChapterUID></Targets>
  <Simple><Name>COMMENT</Name><String>of a chapter</String></Simple></Tag></Tags>"""
OF_A_TRACK = """<?xml version="1.0"?><Tags><Tag><Targets><TargetTypeValue>30</TargetTypeValue></Targets>
 <Simple><Name>RECORDING_LOCATION</Name><String>Mumbai</String></Simple></Tag></Tags>"""


@pytest.fixture(scope="module")
def rich(film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that says of itself what mkvmerge can say of one."""
    if not shutil.which("mkvmerge"):
        pytest.skip("mkvmerge is not installed")
    folder = tmp_path_factory.mktemp("rich")
    for name, text in (("chapters", CHAPTERS), ("tags", TAGS), ("track", OF_A_TRACK)):
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    (folder / "letters.ttf").write_bytes(bytes(range(256)) * 400)
    path = folder / "rich.mkv"
    picture = ["--language", "0:hi-Latn", "--track-name", "0:Picture", "--cropping", "0:2,4,6,8"]
    picture += ["--display-dimensions", "0:213x120", "--colour-primaries", "0:9", "--max-luminance", "0:1000"]
    picture += ["--colour-transfer-characteristics", "0:16", "--colour-matrix-coefficients", "0:9"]
    picture += ["--min-luminance", "0:0.01", "--max-content-light", "0:900", "--max-frame-light", "0:300"]
    picture += ["--chromaticity-coordinates", "0:0.68,0.32,0.265,0.69,0.15,0.06", "--stereo-mode", "0:1"]
    sound = ["--language", "1:hi-IN", "--original-flag", "1:1", "--tags", f"1:{folder / 'track.xml'}"]
    sound += ["--language", "2:en-GB", "--commentary-flag", "2:1", "--text-descriptions-flag", "2:1"]
    sound += ["--visual-impaired-flag", "2:1", "--track-enabled-flag", "2:0"]
    words = ["--language", "3:zh-Hant", "--hearing-impaired-flag", "3:1", "--forced-display-flag", "3:1"]
    files = ["--attachment-description", "the letters", "--attachment-name", "letters.ttf"]
    files += ["--attachment-mime-type", "font/ttf", "--attach-file", str(folder / "letters.ttf")]
    files += [
        "--attachment-description",
        "the cover",
        "--attach-file",
        str(film("two_tracks.mkv").parent / "poster.jpg"),
    ]
    whole = ["--title", "Rich", "--chapters", str(folder / "chapters.xml"), "--global-tags", str(folder / "tags.xml")]
    command = ["mkvmerge", "-q", "-o", str(path), *whole, *picture, *sound, *words, "--no-chapters", "--no-attachments"]
    subprocess.run([*command, str(film("two_tracks.mkv")), *files], check=True)
    return path


def lines(path: Path, part: str) -> list[str]:
    """mkvinfo's lines of one part of a film, sorted within each entry: their order means nothing."""
    said = witness.ask("mkvinfo", path).split("\n|+ ")
    body = next((each.split("\n", 1)[1] for each in said if each.startswith(part)), "")
    return body.split("\n")


#: What may differ of a track: its number, how it is stored, and the default.
STORED = re.compile(
    r'Track number|"Lacing"|"Default track"|Codec-inherent|Maximum block additional|EBML void|Codec\'s private'
)


def entries(path: Path) -> list[list[str]]:
    """Each track's lines."""
    found: list[list[str]] = []
    for line in lines(path, "Tracks"):
        if line == "| + Track":
            found.append([])
        elif not STORED.search(line):
            found[-1].append(line)
    return [sorted(each) for each in found]


def test_every_word_of_a_track_is_kept(mux, rich: Path, out: Path) -> None:
    mux(rich, "--default", "en", en=ENGLISH, hi=HINDI)
    before, after = entries(rich), entries(out / "final.mkv")
    assert any("hi-Latn" in line for line in before[0])
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


def test_flags_names_and_languages_for_others(mux, rich: Path, out: Path) -> None:
    before = witness.tracks(rich)
    mux(rich, "--default", "en", **{"en": ENGLISH, "en.sdh": ENGLISH, "hi": HINDI})
    after = witness.tracks(out / "final.mkv")
    assert [each[-1] for each in before] == [
        [], ["default", "original"], ["visual_impaired", "text_descriptions", "commentary"],
        ["default", "forced", "hearing_impaired"],
    ]  # fmt: skip
    # The old subtitles give the default up, and nothing else.
    assert after[:3] == before[:3]
    assert after[3] == (*before[3][:-1], ["forced", "hearing_impaired"])
    assert after[4:] == [
        ("subtitles", "SubRip/SRT", "eng", "en", "English (auto)", ["default"]),
        ("subtitles", "SubRip/SRT", "eng", "en", "English SDH (auto)", ["hearing_impaired"]),
        ("subtitles", "SubRip/SRT", "hin", "hi", "Hindi (auto)", []),
    ]


def test_chapters_are_kept_with_what_is_within_them_and_their_editions(mux, rich: Path, out: Path) -> None:
    mux(rich, en=ENGLISH)
    assert lines(out / "final.mkv", "Chapters")[: len(lines(rich, "Chapters")) - 1] == lines(rich, "Chapters")[:-1]
    before, after = (witness.ask("mkvextract", path, "chapters", "-") for path in (rich, out / "final.mkv"))
    assert "Within" in before and "EditionFlagOrdered" in before
    assert after == before


def test_attachments_are_kept_with_their_descriptions(mux, rich: Path, out: Path, tmp_path: Path) -> None:
    mux(rich, en=ENGLISH)
    before, after = (witness.identified(path)["attachments"] for path in (rich, out / "final.mkv"))
    assert [each["description"] for each in after] == ["the letters", "the cover"]
    assert after == before
    witness.ask("mkvextract", out / "final.mkv", "attachments", f"1:{tmp_path / 'letters'}")
    assert (tmp_path / "letters").read_bytes() == bytes(range(256)) * 400


def test_tags_are_kept_under_their_targets(mux, rich: Path, out: Path) -> None:
    mux(rich, en=ENGLISH)
    before, after = (witness.ask("mkvextract", path, "tags", "-") for path in (rich, out / "final.mkv"))
    for word in ("SORT_WITH", "<String>One</String>", "<String>Two</String>", "The series", "of a chapter", "Mumbai"):
        assert word in before and word in after
    assert blocks(before) <= blocks(after)


def blocks(tags: str) -> set[str]:
    """The tags of each target, without DURATION, which is written anew."""
    kept = re.sub(r"\s*<Simple>\s*<Name>DURATION</Name>.*?</Simple>", "", tags, flags=re.DOTALL)
    return {re.sub(r"\s+", " ", each) for each in re.findall(r"<Tag>.*?</Tag>", kept, re.DOTALL) if "<Simple>" in each}


def test_the_films_identity_and_date_are_kept(mux, rich: Path, out: Path) -> None:
    mux(rich, en=ENGLISH)
    for word in ("Segment UID", "Date", "Title"):
        before, after = (
            [line for line in lines(path, "Segment information") if word in line] for path in (rich, out / "final.mkv")
        )
        assert before and before == after


def test_a_film_that_begins_late_takes_its_chapters_along(mux, film, rich: Path, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "later.mkv"
    subprocess.run(["mkvmerge", "-q", "-o", path, "--sync", "-1:1500", "--chapter-sync", "1500", rich], check=True)
    mux(path, en=ENGLISH)
    before, after = (
        re.findall(r"ChapterTimeStart>(.*?)<", witness.ask("mkvextract", each, "chapters", "-"))
        for each in (rich, out / "final.mkv")
    )
    assert after == before


@pytest.mark.parametrize("name", ["two_tracks.mkv", "plain.mp4", "late.ts", "cover_only.mp4"])
def test_others_read_the_new_film_without_a_complaint(film, mux, out: Path, name: str) -> None:
    mux(film(name), "--default", "en", en=ENGLISH, hi=HINDI)
    found = witness.identified(out / "final.mkv")
    assert found["warnings"] == []
    assert [track["properties"]["number"] for track in found["tracks"]] == list(range(1, len(found["tracks"]) + 1))
    assert "1: " not in witness.ask("mkvinfo", "-c", out / "final.mkv")


def test_ffprobe_sees_one_default_and_the_order_of_the_sound(film, mux, out: Path) -> None:
    mux(film("two_tracks.mkv"), "--default", "en", **{"en": ENGLISH, "en.sdh": ENGLISH})
    streams = witness.probed(out / "final.mkv")["streams"]
    assert [each["tags"]["language"] for each in streams if each["codec_type"] == "audio"] == ["hin", "eng"]
    words = [each for each in streams if each["codec_type"] == "subtitle"]
    assert [(each["disposition"]["default"], each["disposition"]["hearing_impaired"]) for each in words] == [
        (0, 1), (1, 0), (0, 1),
    ]  # fmt: skip


# --- heads that are not as they should be -----------------------------------------------------------


def test_a_damaged_head_is_said_and_what_ffmpeg_knows_of_it_is_kept(film, mux, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.mkv"
    content = bytearray(film("two_tracks.mkv").read_bytes())
    # A tag that says it is longer than what it is in: ffmpeg passes by.
    at = content.index(b"\x45\xa3\x86ARTIST")
    content[at + 2] = 0xFE
    path.write_bytes(content)
    done = mux(path, check=False, en=ENGLISH)
    assert done.returncode == 0, done.stderr
    assert "not kept of damaged.mkv: what ffmpeg does not know of its head, which is damaged" in done.stderr


@pytest.mark.parametrize(
    "content", [b"\x1a\x45\xdf\xa3\x80", b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x88\x15\x49\xa9\x66\xff\x40", bytes(99)]
)
def test_what_is_no_head_has_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.mkv"
    path.write_bytes(content)
    assert matroska_head.read(path, []) is None


def test_what_cannot_be_kept_is_named(film, mux, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.mkv"
    content = bytearray(film("two_tracks.mkv").read_bytes())
    # The padding before the first part becomes an element that nobody knows.
    head = ebml.read_head(film("two_tracks.mkv"))
    at = content.index(b"\xec", head.segment)
    content[at] = 0xEE
    path.write_bytes(content)
    done = mux(path, en=ENGLISH)
    assert "not kept of more.mkv: an element EE that is not known here" in done.stderr


def test_a_codec_that_nobody_knows_is_refused_by_its_stream(film, mux, out: Path) -> None:
    done = mux(film("shots_undecodable.mkv"), check=False, en=ENGLISH)
    line = films.failure(done, out)
    assert "stream 0 (video) of" in line and "is in a codec that ffmpeg does not know, and cannot be copied" in line
