"""Subtitle formats: every text reads back from every file, whatever it tries, by a strict reader of its format."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pysubs2
import pytest
import srt
import webvtt
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ttconv import model  # type: ignore[import-untyped]
from ttconv.imsc import reader as imsc  # type: ignore[import-untyped]
from ttconv.vtt.tokenizer import CueTextTokenizer, EndTagToken, StartTagToken, StringToken  # type: ignore[import-untyped]

from samvad import documents, ffmpeg, formats, formats_ass, languages, profile
from samvad.documents import Cue, Cues
from samvad.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "config" / "cues" / "plain.toml"
PLAIN = profile.read(PROFILE)
SCRIPT = "stages/export_subtitles.py"
SUFFIXES = (".srt", ".vtt", ".ass", ".ttml")
RIGHT_TO_LEFT = "\u200f"

NASTY = [
    "<script>alert(1)</script>", "<i>a", "</i>", "<br>", "{\\an8}{\\pos(0,0)\\fs200}top", "{", "}", "\\N", "\\n\\h",
    "\\",
    "-->", "00:00:01.000 --> 00:00:02.000", "00:00:01,000 --> 00:00:02,000", "&amp;", "&lt;b&gt;", "&", "&#0;", "&rlm;",
    "WEBVTT", "NOTE", "NOTE no", "STYLE", "REGION", "1", "42", "-7.5", "00:00:01,000", "1.2.3 is out", "12:30 12:31",
    "]]>", "<!--", "<?xml", "<!DOCTYPE x>", "[Events]", "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,x", ";", ",",
    "\u202e gnirts", "\u2066a\u2069", "\u200f3D", "\ufeff", "\x00", "\x1b[31m", "\x85", "\u2028", "\r", "\r\n", "\n\n",
    "\n\n7\n00:00:01,000 --> 00:00:02,000\nfake", "\n\n00:01.000 --> 00:02.000\nfake", "\n\nNOTE\nx", "\t", " ", "",
    "\u200b", "\ufffe", "\U0001ffff", "\ud800", "R&D \"x\" 'y'", "a  b", "10\u00a0km", "क्षत्रिय ज़िंदगी",
    "میں ٹھیک ہوں", "👩‍👩‍👧 ♪",
]  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=5)), max_size=5).map("".join),
    st.text(st.sampled_from(list("<>{}\\/-:,.&; \n\r\t\u2028\u0085\u202e0123456789ibnN")), max_size=60),
)
LANGUAGE = st.sampled_from(["en", "hi", "ur"])


class Read(NamedTuple):
    """A cue as a reader of the format has it."""

    start: int
    end: int
    lines: list[str]
    italic: bool


def read_srt(text: str) -> list[Read]:
    found = list(srt.parse(text))
    assert [cue.index for cue in found] == list(range(1, len(found) + 1))
    assert srt.compose(found, reindex=False) == text
    cues = []
    for cue in found:
        italic = cue.content.startswith("<i>") and cue.content.endswith("</i>")
        content = cue.content[3:-4] if italic else cue.content
        assert not set("<>{}\\") & set(content)
        start, end = (round(time.total_seconds() * 1000) for time in (cue.start, cue.end))
        cues.append(Read(start, end, content.split("\n"), italic))
    return cues


def read_vtt(text: str) -> list[Read]:
    file: Any = webvtt.WebVTT.from_string(text, strict=True)
    assert not (file.styles or file.regions or file.header_comments or file.footer_comments or file.metadata)
    cues = []
    for number, caption in enumerate(file, start=1):
        assert caption.identifier == str(number) and not caption.comments and not caption.settings
        tokens = list(CueTextTokenizer(caption.raw_text))
        tags = [token.tag for token in tokens if isinstance(token, StartTagToken | EndTagToken)]
        assert tags in ([], ["i", "i"]) and all(
            isinstance(token, StringToken | StartTagToken | EndTagToken) for token in tokens
        )
        content = "".join(token.value for token in tokens if isinstance(token, StringToken))
        times = (caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds())
        cues.append(Read(*times, content.split("\n"), bool(tags)))
    return cues


def read_ass(text: str) -> list[Read]:
    file = pysubs2.SSAFile.from_string(text, format_="ass")
    assert all(event.style == "Default" and event.type == "Dialogue" and not event.name for event in file)
    # Its header, and then a line for each event and no other.
    assert all(line.startswith("Dialogue: ") for line in text.split("\n[Events]\n", 1)[1].split("\n")[1:-1])
    cues = []
    for event in file:
        italic = event.text.startswith(r"{\i1}")
        content = event.text.removeprefix(r"{\i1}")
        assert not set("{}") & set(content) and content.count("\\") == content.count("\\N")
        cues.append(Read(event.start, event.end, event.plaintext.split("\n"), italic))
    return cues


TT, TTS, XML = (
    "{http://www.w3.org/ns/ttml}",
    "{http://www.w3.org/ns/ttml#styling}",
    "{http://www.w3.org/XML/1998/namespace}",
)


def read_ttml(text: str) -> list[Read]:
    """By the XML, and again by the model of ttconv, which must agree."""
    root = ET.fromstring(text.encode())
    assert (
        root.get("{http://www.w3.org/ns/ttml#parameter}contentProfiles")
        == "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    )
    assert all(element.tag.startswith(TT) for element in root.iter())
    cues = []
    for number, paragraph in enumerate(root.iter(f"{TT}p"), start=1):
        assert paragraph.get(f"{XML}id") == f"cue{number}" and not paragraph.text
        assert paragraph.get(f"{XML}space") == "preserve"
        lines, styles = [""], set()
        for element in paragraph:
            assert not element.tail
            if element.tag == f"{TT}br":
                lines.append("")
            else:
                assert element.tag == f"{TT}span" and not element.get(f"{XML}space") and not len(element)
                lines[-1] += element.text or ""
                styles.add(element.get(f"{TTS}fontStyle"))
        assert len(styles) == 1
        start, end = (milliseconds(paragraph.attrib[name]) for name in ("begin", "end"))
        cues.append(Read(start, end, lines, styles == {"italic"}))
    assert by_model(text) == [(cue.start, cue.end, "\n".join(cue.lines)) for cue in cues]
    return cues


def milliseconds(clock: str) -> int:
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)\.(\d{3})", clock)
    assert match
    hours, minutes, seconds, rest = map(int, match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def by_model(text: str) -> list[tuple[int, int, str]]:
    document = imsc.to_model(ET.ElementTree(ET.fromstring(text.encode())))
    found: list[tuple[int, int, str]] = []
    for element in document.get_body().dfs_iterator():
        if isinstance(element, model.P):
            parts = element.dfs_iterator()
            shown = "".join(
                part.get_text() if isinstance(part, model.Text) else "\n" if isinstance(part, model.Br) else ""
                for part in parts
            )
            found.append(((element.get_begin() or 0) * 1000, element.get_end() * 1000, shown))
    return found


READERS: dict[str, Callable[[str], list[Read]]] = {
    ".srt": read_srt,
    ".vtt": read_vtt,
    ".ass": read_ass,
    ".ttml": read_ttml,
}


def cues_of(texts: Sequence[Sequence[str]], language: str = "en", italic: bool = False) -> Cues:
    shown = [Cue(n, 4.0 * n + 0.042, 4.0 * n + 3.458, list(lines), italic) for n, lines in enumerate(texts, start=1)]
    return Cues(language, "plain", 24.0, shown)


def written(cues: Cues, suffix: str) -> str:
    content, _ = formats.write(cues, suffix, PLAIN)
    return content.decode("utf-8")


def stood_in(line: str, signs: str) -> str:
    return "".join(dict(zip("<>{}\\", "‹›()/", strict=True))[sign] if sign in signs else sign for sign in line)


# --- every text, every format ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(TEXT, max_size=3), max_size=4), LANGUAGE, st.booleans())
@example([["42"], ["1", "2", "3"], ["4"]], "en", False)
@example([["42", "00:00:01,000 and on"]], "en", False)
@example([[text] for text in NASTY], "en", False)
@example([[text, "a", text] for text in NASTY], "ur", True)
@example([["\n".join(NASTY)]], "hi", True)
def test_any_text_reads_back(suffix: str, texts: list[list[str]], language: str, italic: bool) -> None:
    file = written(cues_of(texts, language, italic), suffix)
    assert "\r" not in file and "\ufeff" not in file and file.endswith("\n" * bool(file))
    wanted = [lines for cue in texts if (lines := [piece for text in cue for piece in formats.clean(text)])]
    times = [n for n, cue in enumerate(texts, start=1) if any(formats.clean(text) for text in cue)]
    found = READERS[suffix](file)
    assert len(found) == len(wanted)
    for cue, lines, n in zip(found, wanted, times, strict=True):
        exact = suffix != ".ass"
        assert (cue.start, cue.end) == (4000 * n + (42 if exact else 40), 4000 * n + (3458 if exact else 3450))
        assert cue.italic == italic
        if suffix == ".srt":
            lines = [stood_in(line, "<>{}\\") for line in lines]
            # A number and a time below it are no two lines.
            assert " ".join(cue.lines) == " ".join(lines)
            assert cue.lines == lines or any(re.match(r"\d+[,.:，．。：]\d+[,.:，．。：]\d", line) for line in lines)
            continue
        if suffix == ".ass":
            lines = [stood_in(line, "{}\\") for line in lines]
        if language == "ur" and suffix != ".ttml":
            assert len(cue.lines) == len(lines)
            cue = cue._replace(lines=[unmarked(line, was) for line, was in zip(cue.lines, lines, strict=True)])
        assert cue.lines == lines


def unmarked(line: str, was: str) -> str:
    """The line without the mark that stands before one that does not begin from right to left by itself."""
    strong = [unicodedata.bidirectional(letter) for letter in was]
    strong = [direction for direction in strong if direction in ("L", "R", "AL")]
    assert line.startswith(RIGHT_TO_LEFT) or strong[0] in ("R", "AL")
    return line if line == was else line.removeprefix(RIGHT_TO_LEFT)


def is_ordinary(text: str) -> bool:
    """No control, no half or no character, no override, no space around: what every format must keep."""
    kept = all(unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Zl", "Zp") for letter in text)
    return kept and not set("\u202a\u202b\u202c\u202d\u202e\ufeff") & set(text) and text == text.strip()


@settings(max_examples=300)
@given(TEXT.filter(is_ordinary))
@example("a  <b>  &amp; {c} \\N -->")
@example("\u2066Netflix\u2069 پر\u200f!")
@example("10\u00a0km \u200d क्‍ष")
def test_text_without_controls_is_not_touched(text: str) -> None:
    visible = any(unicodedata.category(letter) not in ("Cf", "Zs") for letter in text)
    assert formats.clean(text) == ([text] if visible else [])


def is_dropped(letter: str) -> bool:
    code = ord(letter)
    return (
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp", "Cf")
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    )


@settings(max_examples=300)
@given(TEXT)
def test_nothing_that_a_reader_sees_is_dropped(text: str) -> None:
    def seen(part: str) -> str:
        return "".join(letter for letter in part if not is_dropped(letter) and not letter.isspace())

    lines = formats.clean(text)
    assert seen("".join(lines)) == seen(text)
    assert all(line and line == line.strip() for line in lines)
    assert [again for line in lines for again in formats.clean(line)] == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\r\nb\rc\nd\u2028e\u2029f\x85g\x0bh", list("abcdefgh")),
        ("a\tb\x00c\x1b[0m\x7f\x9b", ["a bc[0m"]),
        ("\u202eevil\u202c \u202a\u202b\u202dx", ["evil x"]),
        ("\ufeffa\ufffe\U0010ffff\ufdd0\ud800b", ["ab"]),
        ("\u200fکا \u2066Netflix\u2069\u200e", ["\u200fکا \u2066Netflix\u2069\u200e"]),
        ("\u200b\u200d \u2060\n\u3000", []),
    ],
)
def test_what_no_file_may_hold_is_cleaned_away(text: str, lines: list[str]) -> None:
    assert formats.clean(text) == lines


@given(st.integers(0, 99 * 3_600_000), st.integers(1, 3_599_999))
def test_times_are_exact_to_the_millisecond(start: int, length: int) -> None:
    cues = Cues("en", "plain", 24.0, [Cue(1, start / 1000, (start + length) / 1000, ["x"])])
    for suffix in (".srt", ".vtt", ".ttml"):
        (found,) = READERS[suffix](written(cues, suffix))
        assert (found.start, found.end) == (start, start + length)


@pytest.mark.parametrize("rate", [24000 / 1001, 24.0, 25.0, 30000 / 1001, 50.0, 60000 / 1001])
def test_ass_shows_each_frame_with_the_text_that_it_has_elsewhere(rate: float) -> None:
    edges = [0, 1, 7, 20, 21, 100, 1001, 4321, 86_399]
    shown = [Cue(n, round(a / rate, 3), round(b / rate, 3), ["x"]) for n, (a, b) in enumerate(pairwise(edges))]
    found = read_ass(written(Cues("en", "plain", rate, shown), ".ass"))
    for cue, (first, after) in zip(found, pairwise(edges), strict=True):
        frames = [round(1000 * frame / rate) for frame in range(max(0, first - 1), first + 2)]
        assert [cue.start <= time for time in frames] == [False] * (first > 0) + [True, True]
        assert cue.end <= round(1000 * after / rate) and cue.end > round(1000 * (after - 1) / rate)


@pytest.mark.parametrize("suffix", formats.WRITERS)
def test_the_same_cues_give_the_same_bytes(suffix: str) -> None:
    cues = cues_of([["One", "two"], ["<three>"]], "ur")
    assert formats.write(cues, suffix, PLAIN) == formats.write(cues, suffix, PLAIN)


# --- what each format is to look like ---------------------------------------------------------------------

HINDI = Cues(
    "hi",
    "plain",
    25.0,
    [Cue(7, 1.0, 2.52, ["मानो या", "न मानो"]), Cue(9, 3.0, 4.04, ["♪ आ चल के तुझे ♪"], italic=True)],
)


def test_subrip_is_plain_with_italics() -> None:
    assert written(HINDI, ".srt") == (
        "1\n00:00:01,000 --> 00:00:02,520\nमानो या\nन मानो\n\n"
        "2\n00:00:03,000 --> 00:00:04,040\n<i>♪ आ चल के तुझे ♪</i>\n\n"
    )


def test_webvtt_has_its_header_and_language() -> None:
    assert written(HINDI, ".vtt") == (
        "WEBVTT - hi\n\n"
        "1\n00:00:01.000 --> 00:00:02.520\nमानो या\nन मानो\n\n"
        "2\n00:00:03.000 --> 00:00:04.040\n<i>♪ आ चल के तुझे ♪</i>\n"
    )


def test_ass_has_a_picture_and_a_font_of_the_script() -> None:
    file = pysubs2.SSAFile.from_string(written(HINDI, ".ass"), format_="ass")
    assert {"PlayResX": "1920", "PlayResY": "1080", "Language": "hi"}.items() <= file.info.items()
    style = file.styles["Default"]
    assert (style.fontname, style.alignment) == ("Noto Sans Devanagari", pysubs2.Alignment.BOTTOM_CENTER)
    assert [event.text for event in file] == [r"मानो या\Nन मानो", r"{\i1}♪ आ चल के तुझे ♪"]


def test_every_language_has_a_font_of_its_script() -> None:
    assert {each.script for each in languages.languages().values()} == set(formats_ass.FONTS)


def test_ttml_is_imsc_with_its_language_and_a_region_at_the_bottom() -> None:
    root = ET.fromstring(written(HINDI, ".ttml"))
    assert root.get(f"{XML}lang") == "hi"
    (region,) = root.iter(f"{TT}region")
    body = root.find(f"{TT}body")
    assert body is not None and body.get("region") == region.get(f"{XML}id")
    assert region.get(f"{TTS}displayAlign") == "after" and region.get(f"{TTS}textAlign") == "center"
    assert not any(paragraph.get(f"{TTS}direction") for paragraph in root.iter(f"{TT}p"))


@pytest.mark.parametrize("language", ["ur", "ks", "sd"])
def test_a_language_from_right_to_left_says_so_and_subrip_is_left_alone(language: str) -> None:
    cues = cues_of([["3D میں!", "ہاں 3D"], ["۲۰۲۴"]], language)
    assert [cue.lines for cue in read_vtt(written(cues, ".vtt"))] == [["\u200f3D میں!", "ہاں 3D"], ["\u200f۲۰۲۴"]]
    assert [cue.lines for cue in read_ass(written(cues, ".ass"))] == [["\u200f3D میں!", "ہاں 3D"], ["\u200f۲۰۲۴"]]
    assert pysubs2.SSAFile.from_string(written(cues, ".ass")).styles["Default"].encoding == formats_ass.BY_FIRST_LETTER
    paragraphs = list(ET.fromstring(written(cues, ".ttml")).iter(f"{TT}p"))
    assert {paragraph.get(f"{TTS}direction") for paragraph in paragraphs} == {"rtl"}
    assert "\u200f" not in written(cues, ".srt") + written(cues, ".ttml")


def test_a_cue_without_visible_text_is_left_out() -> None:
    cues = cues_of([["\u200b"], ["a"], ["", " \n\t"], []])
    for suffix in formats.WRITERS:
        assert formats.write(cues, suffix, PLAIN)[1] == 1
    assert written(cues, ".srt").startswith("1\n00:00:08,042")


def test_without_cues_every_format_is_a_whole_file() -> None:
    nobody = Cues("en", "plain", 24.0, [])
    assert all(READERS[suffix](written(nobody, suffix)) == [] for suffix in SUFFIXES)
    assert written(nobody, ".srt") == "" and written(nobody, ".txt") == "\n"


@pytest.mark.parametrize(("start", "end"), [(1.0, 1.0), (1.0, 1.0003), (0.0, 360_000.0), (1e300, 1e308)])
def test_a_cue_that_no_format_can_time_is_a_problem(start: float, end: float) -> None:
    with pytest.raises(Problem, match="cue 3 is shown from"):
        formats.write(Cues("en", "plain", 24.0, [Cue(3, start, end, ["x"])]), ".srt", PLAIN)


def test_ass_refuses_what_it_has_no_hours_for() -> None:
    late = Cues("en", "plain", 24.0, [Cue(1, 36_000.0, 36_001.0, ["x"])])
    with pytest.raises(Problem, match="ASS has no times from ten hours on"):
        formats.write(late, ".ass", PLAIN)
    assert "10:00:00.000" in written(late, ".vtt")


# --- another reader: what players are built on ----------------------------------------------------------


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
@pytest.mark.parametrize("language", ["hi", "ur"])
def test_ffmpeg_reads_it_without_a_word(tmp_path: Path, suffix: str, language: str) -> None:
    texts = [["मानो या", "न मानो"], ["R&D &amp; <b>", "میں"], *([text, "x"] for text in NASTY)]
    file, found = tmp_path / f"film{suffix}", tmp_path / "found.ass"
    file.write_text(written(cues_of(texts, language, italic=True), suffix), encoding="utf-8")
    command = [str(part) for part in (ffmpeg.program(), "-v", "warning", "-xerror", "-i", file, "-c:s", "ass", found)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    events = list(pysubs2.SSAFile.load(str(found), encoding="utf-8"))
    assert len(events) == len(texts) and (events[0].start, events[0].end) == (4040, 7450 + 10 * (suffix != ".ass"))
    first = events[0].plaintext.replace(RIGHT_TO_LEFT, "")
    second = events[1].plaintext.replace(RIGHT_TO_LEFT, "")
    assert first == "मानो या\nन मानो" and events[0].text.startswith(r"{\i1}")
    assert second == ("R&D &amp; ‹b›\nمیں" if suffix == ".srt" else "R&D &amp; <b>\nمیں")


# --- the transcript for people -----------------------------------------------------------------------------


def said(*cues: tuple[float, float, list[str]], speakers: Sequence[list[str]] = ()) -> str:
    named = [*speakers, *([[]] * (len(cues) - len(speakers)))]
    made = [Cue(n, *cue, speakers=names) for n, (cue, names) in enumerate(zip(cues, named, strict=True), start=1)]
    return written(Cues("en", "plain", 24.0, made), ".txt")


def test_a_transcript_has_paragraphs_by_pauses() -> None:
    text = said((1.5, 3.0, ["We were", "six years old"]), (3.1, 4.0, ["then."]), (5.6, 7.0, ["Now we are forty."]))
    assert text == "00:00:01\nWe were six years old then.\n\n00:00:05\nNow we are forty.\n"


def test_the_pause_is_the_profiles() -> None:
    cues = Cues("en", "plain", 24.0, [Cue(1, 1.0, 2.0, ["One."]), Cue(2, 4.0, 5.0, ["Two."])])
    for pause, breaks in ((1.9, 1), (2.1, 0)):
        longer = msgspec.structs.replace(PLAIN, new_cue_pause=pause)
        assert formats.write(cues, ".txt", longer)[0].decode().count("\n\n") == breaks


def test_songs_sounds_and_answers_stand_on_lines_of_their_own() -> None:
    text = said(
        (1.0, 2.0, ["Listen."]),
        (2.1, 3.0, ["[bell rings]"]),
        (3.1, 4.0, ["♪ Come with me", "far away ♪"]),
        (4.1, 5.0, ["♪ To the stars ♪"]),
        (5.1, 6.0, ["-Was that her?", "-Who?"]),
        (6.1, 7.0, ["Nobody", "[laughs]"]),
    )
    assert text == (
        "00:00:01\nListen.\n[bell rings]\n♪ Come with me far away ♪\n♪ To the stars ♪\n-Was that her?\n-Who?\n"
        "Nobody [laughs]\n"
    )


def test_speakers_have_their_own_paragraphs_with_their_names() -> None:
    text = said(
        (1.0, 2.0, ["I ask", "you:"]),
        (2.1, 3.0, ["-Who?", "-Nobody."]),
        (3.1, 4.0, ["Nobody\x1b at all."]),
        speakers=[["Asha", "Asha"], ["Asha", "Mohan\n"], ["Mohan"]],
    )
    assert text == "00:00:01  Asha\nI ask you: Who?\n\n00:00:02  Mohan\nNobody. Nobody at all.\n"


def test_a_paragraph_that_gets_long_ends_with_a_sentence() -> None:
    text = said(*((4.0 * n, 4.0 * n + 3.9, ["and so" if n % 3 else "it went on।"]) for n in range(12)))
    assert text.count("\n\n") == 1 and "।\n\n00:00:40\n" in text


# --- the stage ------------------------------------------------------------------------------------------------


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "hi.cues.json").write_bytes(documents.encode(HINDI))
    return tmp_path


def export(run_in: Any, film: Path, name: str, check: bool = True) -> Any:
    return run_in(
        "common",
        SCRIPT,
        *("--cues", film / "hi.cues.json", "--profile", PROFILE, "--out", film / name),
        check=check,
    )


@pytest.mark.parametrize("suffix", formats.WRITERS)
def test_the_name_of_the_file_chooses_its_format(run_in: Any, film: Path, suffix: str) -> None:
    export(run_in, film, f"hi{suffix}")
    assert (film / f"hi{suffix}").read_bytes() == formats.write(HINDI, suffix, PLAIN)[0]
    record = json.loads((film / "run" / f"export_subtitles.hi{suffix}.json").read_text(encoding="utf-8"))
    assert record["cues"] == 2 and record["unseen"] == 0


@pytest.mark.parametrize("name", ["hi.sub", "hi.json", "hi"])
def test_an_unknown_format_is_one_line(run_in: Any, film: Path, name: str) -> None:
    done = export(run_in, film, name, check=False)
    assert done.returncode == 1 and not (film / name).exists()
    assert "Known: .srt .vtt .ass .ttml .txt" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"format": "samvad.cues/2", "language": "hi"}',
        b'{"format": "samvad.cues/1", "language": "hi", "profile": "plain", "frame_rate": 24, "cues": [{"id": 1}]}',
        b'{"format": "samvad.cues/1", "language": "xx", "profile": "plain", "frame_rate": 24, "cues": []}',
        b'{"format": "samvad.cues/1", "language": "hi", "profile": "plain", "frame_rate": 24, "cues":'
        b' [{"id": 1, "start": 1, "end": 2, "lines": ["\\ud800"]}]}',
        b'{"format": "samvad.cues/1", "language": "hi", "profile": "plain", "frame_rate": 24, "cues":'
        b' [{"id": 1, "start": 5, "end": 5, "lines": ["x"]}]}',
    ],
)
def test_bad_cues_are_one_line(run_in: Any, film: Path, content: bytes) -> None:
    (film / "hi.cues.json").write_bytes(content)
    done = export(run_in, film, "hi.vtt", check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr and "unexpectedly" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("samvad: export_subtitles.hi.vtt: ")
