"""Subtitle files of any format, from anywhere, as cues."""

from __future__ import annotations

import contextlib
import doctest
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvad import subtitle_files
from samvad.documents import Cue
from samvad.problem import Problem
from samvad.subtitle_files import FORMATS, LARGEST, decoded, read

SRT = "7\n00:00:01,000 --> 00:00:03,500\n<i>One</i>\nand two\n\n9\n00:00:04,000 --> 00:00:06,000\nThree.\n"
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Sung,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,-1,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:04.00,0:00:06.00,Sung,,0,0,0,,Three.
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,nothing
Dialogue: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,{\\an8}One\\Nand two
Dialogue: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
"""
TTML = """<?xml version="1.0" encoding="UTF-8"?><tt xmlns="http://www.w3.org/ns/ttml"><body><div>
<p begin="00:00:01.000" end="00:00:03.500">One<br/>and two</p><p begin="4s" end="6s"><span>Three.</span></p>
</div></body></tt>"""
SAMI = """<SAMI><BODY><SYNC Start=1000><P Class=ENCC>One<br>and two<SYNC Start=3500><P>&nbsp;
<SYNC Start=4000><P>Three.<SYNC Start=6000><P>&nbsp;</BODY></SAMI>"""
VTT = """WEBVTT - a film

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.500 line:90%
<v Mohan>One</v>
<c.loud>and two</c>

NOTE nothing

00:00:04.000 --> 00:00:06.000
Three.
"""
MICRODVD = "{1}{1}25\n{25}{88}One|and two\n{100}{150}Three."
MPL2 = "[10][35]One|and two\n[40][60]Three."

ONE, THREE = (1.0, 3.5, ["One", "and two"]), (4.0, 6.0, ["Three."])


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def seen(cues: list[Cue]) -> list[tuple[float, float, list[str]]]:
    return [(cue.start, cue.end, cue.lines) for cue in cues]


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(subtitle_files)
    assert result.attempted and not result.failed


@pytest.mark.parametrize(
    ("name", "text", "numbers", "italic", "precision"),
    [
        ("film.srt", SRT, [7, 9], [True, False], 0.0005),
        ("film.SRT", SRT.replace("\n", "\r\n"), [7, 9], [True, False], 0.0005),
        ("film.vtt", VTT, [1, 2], [False, False], 0.0005),
        ("film.ass", ASS, [1, 2], [False, True], 0.005),
        ("film.ttml", TTML, [1, 2], [False, False], 0.0005),
        ("film.dfxp", TTML, [1, 2], [False, False], 0.0005),
        ("film.smi", SAMI, [1, 2], [False, False], 0.0005),
        ("film.sub", MPL2, [1, 2], [False, False], 0.05),
        ("film.txt", MPL2, [1, 2], [False, False], 0.05),
    ],
)
def test_every_format_gives_the_same_cues(
    tmp_path: Path, name: str, text: str, numbers: list[int], italic: list[bool], precision: float
) -> None:
    cues, found, remark = read(written(tmp_path, name, text))
    assert seen(cues) == [ONE, THREE]
    assert ([cue.id for cue in cues], [cue.italic for cue in cues]) == (numbers, italic)
    assert (found, remark) == (precision, "")


def test_frames_are_the_files_own_or_the_films(tmp_path: Path) -> None:
    path = written(tmp_path, "film.sub", MICRODVD)
    assert seen(read(path).cues) == [(1.0, 3.52, ["One", "and two"]), THREE]
    path = written(tmp_path, "film.sub", MICRODVD.partition("\n")[2])
    assert seen(read(path, 50.0).cues)[1] == (2.0, 3.0, ["Three."])
    with pytest.raises(Problem, match="does not say how many make a second"):
        read(path)


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        # The last line of the last cue is a number, as is the one before the next cue's.
        ("1\n00:00:01,000 --> 00:00:02,000\nIn\n1942\n", [(1, ["In", "1942"])]),
        ("1\n00:00:01,000 --> 00:00:02,000\n1942\n\n2\n00:00:03,000 --> 00:00:04,000\nb", [(1, ["1942"]), (2, ["b"])]),
        # No blank lines, blank lines inside, no numbers, none of their own, a short time, a dot.
        ("1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb", [(1, ["a"]), (2, ["b"])]),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n", [(1, ["a", "b"])]),
        ("00:00:01,000 --> 00:00:02,000\na\n\n00:00:03,000 --> 00:00:04,000\nb", [(1, ["a"]), (2, ["b"])]),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n\n1\n00:00:03,000 --> 00:00:04,000\nb", [(1, ["a"]), (2, ["b"])]),
        ("1\n0:0:1.0 --> 0:0:2.5\na", [(1, ["a"])]),
        # Spaces are somebody's; an empty cue is one.
        ("1\n00:00:01,000 --> 00:00:02,000\n  a  b \n", [(1, ["  a  b "])]),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb", [(1, []), (2, ["b"])]),
        # Known markup goes, what only looks so stays.
        ('1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<font color="red">a</font> <script>b</script> {c} 1 < 2', None),
    ],
)  # fmt: skip
def test_subrip_is_read_as_players_read_it(tmp_path: Path, text: str, cues: list[tuple[int, list[str]]] | None) -> None:
    found = [(cue.id, cue.lines) for cue in read(written(tmp_path, "film.srt", text)).cues]
    assert found == (cues or [(1, ["a <script>b</script> {c} 1 < 2"])])


def test_the_letters_of_webvtt_are_unescaped(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<00:01.500>1 &lt; 2 &amp;<i> 3</i>\n"
    assert [(cue.lines, cue.italic) for cue in read(written(tmp_path, "a.vtt", text)).cues] == [(["1 < 2 & 3"], True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_known_with_and_without_its_mark(tmp_path: Path, encoding: str) -> None:
    text = SRT.replace("Three.", "तीन।")
    cues, _, remark = read(written(tmp_path, "film.hi.srt", text.encode(encoding)))
    assert (seen(cues)[1][2], remark) == (["तीन।"], "")


def test_other_letters_are_a_guess_and_said_to_be_one(tmp_path: Path) -> None:
    cues, _, remark = read(written(tmp_path, "film.srt", SRT.replace("Three.", "Café").encode("latin-1")))
    assert seen(cues)[1][2] == ["Café"]
    assert remark.startswith("film.srt is not UTF-8: read as Windows-1252.")


@pytest.mark.parametrize("name", ["film.srt", "film.vtt", "film.ass", "film.ttml", "film.smi", "film.sub"])
def test_what_is_no_subtitle_file_is_a_problem_in_one_line(tmp_path: Path, name: str) -> None:
    for content in (b"nonsense\n", b"\x00\x00\x01\xba\x44\x00" * 50, b"<a><b>", b"\xff\xfe\x00"):
        with pytest.raises(Problem) as problem:
            read(written(tmp_path, name, content))
        assert str(problem.value).startswith(name) and str(problem.value).isprintable()


def test_an_empty_file_has_no_cues(tmp_path: Path) -> None:
    assert read(written(tmp_path, "film.srt", "")).cues == []
    assert read(written(tmp_path, "film.vtt", "WEBVTT\n")).cues == []


def test_size_kind_and_name_are_looked_at_first(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"large\.srt is larger than 4 MB"):
        read(written(tmp_path, "large.srt", b"1" * (LARGEST + 1)))
    with pytest.raises(Problem, match=r"film\.mkv is no subtitle file by its name\. Known: \.srt "):
        read(written(tmp_path, "film.mkv", SRT))
    os.mkfifo(tmp_path / "pipe.srt")
    with pytest.raises(Problem, match=r"pipe\.srt is no file"):
        read(tmp_path / "pipe.srt")
    with pytest.raises(Problem, match="does not exist"):
        read(tmp_path / "none.srt")
    with pytest.raises(Problem) as problem:
        read(written(tmp_path, "a\x1b[31m\nb.srt", "nonsense"))
    assert str(problem.value).isprintable()


def test_entities_that_grow_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE tt [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + TTML.partition("?>")[2]
    with pytest.raises(Problem, match="defines entities"):
        read(written(tmp_path, "film.ttml", bomb))


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_no_file_takes_long(tmp_path: Path, suffix: str) -> None:
    pieces = (" ", "\n", "1\n", "<", "{", "< /", "00:00:01,000 --> ", "{1}{1}", "<b>", "[1][2]")
    for piece in pieces:
        path = written(tmp_path, f"film{suffix}", piece * (200_000 // len(piece)))
        start = time.process_time()
        with contextlib.suppress(Problem):
            read(path, 25.0)
        assert time.process_time() - start < 3, piece


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120) | st.text(max_size=120).map(str.encode), st.sampled_from(sorted(FORMATS)), st.booleans())
def test_any_bytes_are_cues_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, begun: bool
) -> None:
    begins = {".srt": SRT, ".vtt": VTT, ".ass": ASS, ".smi": SAMI, ".sub": MICRODVD}.get(suffix, TTML)
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(begins.encode() + content if begun else content)
    try:
        cues = read(path).cues
    except Problem as problem:
        assert str(problem)
    else:
        assert all(isinstance(line, str) and line.strip() for cue in cues for line in cue.lines)


def test_text_that_is_none_is_refused() -> None:
    with pytest.raises(Problem, match="VobSub and PGS subtitles are pictures"):
        decoded(b"\x00\x00\x01\xba" * 9, "film.sub")
