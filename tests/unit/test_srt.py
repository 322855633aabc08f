"""From a transcript or a translation to an SRT file, in the environment that recipes use."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pysubs2
import pytest
import srt  # type: ignore[import-untyped]
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import subtitle_generation
from samvad import cues, documents, profile
from samvad.documents import Media, Segment, Stream, Transcript, Translated, Translation, Word
from samvad.textmeasure import plain

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "config" / "cues" / "plain.toml"
LIMITS = profile.read(PROFILE)
SCRIPT = "stages/subtitle_generation.py"

EVIL = st.one_of(
    st.text(max_size=150),
    st.text(st.sampled_from(list("<>{}\\/-:,. \n\r\t\u2028\u0085\u202e0123456789ibnN")), max_size=150),
    st.sampled_from(
        [
            "1\n00:00:01,000 --> 00:00:02,000\nfake",
            "\n\n7\n\n00:00:01,000",
            "00:00:01,000",
            "<script>alert(1)</script>",
            "{\\an8}{\\pos(0,0)}top",
            "WEBVTT",
            "\ufeff1",
        ]
    ),
)


def composed(*texts: str) -> str:
    items = [Segment(n, 10.0 * n, 10.0 * n + 6.0, text) for n, text in enumerate(texts)]
    return subtitle_generation.compose(cues.build(items, "en", LIMITS))


@settings(max_examples=300, deadline=None)
@given(st.lists(EVIL, max_size=4))
@example(["42", "1\n2\n3", "4"])
def test_any_text_survives_into_a_file_that_reads_back_in_order(texts: list[str]) -> None:
    file = composed(*texts)
    found = list(srt.parse(file))
    assert [cue.index for cue in found] == list(range(1, len(found) + 1))
    assert all(one.start < one.end <= other.start for one, other in pairwise(found))
    shown = "".join("".join(cue.content.split()) for cue in found)
    assert shown == "".join("".join(plain(text).split()) for text in texts)
    assert srt.compose(found, reindex=False) == file
    file.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(EVIL)
def test_no_cue_holds_markup_or_an_empty_line(text: str) -> None:
    for cue in srt.parse(composed(text)):
        assert not set("<>{}\\") & set(cue.content)
        assert all(line.strip() == line != "" for line in cue.content.split("\n"))


@settings(max_examples=100, deadline=None)
@given(EVIL)
def test_another_reader_finds_no_markup_either(text: str) -> None:
    # It takes any line with two clock times for the head of a cue, arrow or not.
    assume(text.count(":") < 4)
    subtitles = pysubs2.SSAFile.from_string(composed(text), format_="srt")
    shown = "".join(event.plaintext for event in subtitles)
    assert "".join(shown.split()) == "".join(plain(text).split())


@given(st.floats(0, 400_000, allow_nan=False))
def test_times_are_written_to_the_nearest_millisecond(seconds: float) -> None:
    cue = cues.Cue(seconds, seconds + 1, ("x",))
    (found,) = srt.parse(subtitle_generation.compose([cue]))
    assert found.start.total_seconds() == pytest.approx(seconds, abs=0.00051)


# --- the stage ------------------------------------------------------------------------------------


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of two Hindi utterances, 0.3 s apart, and their translation."""
    folder = tmp_path / "film"
    folder.mkdir()
    words = [Word("मोहन,", 1.0, 1.6), Word("तुम", 1.6, 1.8), Word("दिल्ली", 1.8, 2.3), Word("जा", 2.3, 2.5)]
    words += [Word("रहे", 2.5, 2.7), Word("हो?", 2.7, 3.0)]
    reply = [Word("हाँ।", 3.3, 4.5)]
    segments = [
        Segment(1, 1.0, 3.0, " ".join(word.text for word in words), words),
        Segment(2, 3.3, 4.5, "हाँ।", reply),
    ]
    sentences = [
        Translated(1, 1.0, 3.0, "Mohan, are you <i>going</i> to Delhi?", segments[0].text),
        Translated(2, 3.3, 4.5, "Yes...", "हाँ।"),
    ]
    models = {"asr": "whisperx base", "alignment": "attention"}
    stream = Stream(0, "video", "h264", frame_rate="25/1")
    media = Media("matroska", 10.0, 1, [stream], [], documents.AudioChoice(stream=1, reason="the only one"))
    for name, document in {
        "transcript.json": Transcript("hi", models, segments),
        "en.json": Translation("hi", "en", models, sentences),
        "media.json": media,
    }.items():
        (folder / name).write_bytes(documents.encode(document))
    return folder


def generate(run_in: Any, film: Path, language: str, *arguments: object, check: bool = True) -> Any:
    return run_in(
        "common",
        SCRIPT,
        *("--language", language, "--profile", PROFILE, "--out", film / f"{language}.srt"),
        *arguments,
        check=check,
    )


def test_a_transcript_becomes_subtitles_of_its_language(run_in: Any, film: Path) -> None:
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert (film / "hi.srt").read_text(encoding="utf-8") == (
        "1\n00:00:01,000 --> 00:00:03,216\nमोहन, तुम दिल्ली जा रहे हो?\n\n2\n00:00:03,300 --> 00:00:04,500\nहाँ।\n\n"
    )
    record = json.loads((film / "run" / "subtitle_generation.hi.json").read_text(encoding="utf-8"))
    assert record["cues"] == 2 and record["frame_rate"] == 24.0
    assert record["within_limits"] == dict.fromkeys(
        ["characters_per_line", "lines", "cps", "min_duration", "max_duration", "gap"], 1.0
    )
    log = (film / "log" / "subtitle_generation.hi.log").read_text(encoding="utf-8")
    assert "2 cues; within limits: characters_per_line 100.0%" in log


def test_a_translation_becomes_subtitles_with_the_films_frame_rate(run_in: Any, film: Path) -> None:
    generate(run_in, film, "en", "--translation", film / "en.json", "--media", film / "media.json")
    assert (film / "en.srt").read_text(encoding="utf-8") == (
        "1\n00:00:01,000 --> 00:00:03,220\nMohan, are you going to Delhi?\n\n2\n00:00:03,300 --> 00:00:04,500\nYes…\n\n"
    )


def test_the_same_input_gives_the_same_bytes(run_in: Any, film: Path) -> None:
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    first = (film / "hi.srt").read_bytes()
    generate(run_in, film, "hi", "--transcript", film / "transcript.json", "--media", film / "media.json")
    assert (film / "hi.srt").read_bytes() != first
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert (film / "hi.srt").read_bytes() == first


def test_a_film_in_which_nobody_speaks_has_an_empty_file(run_in: Any, film: Path) -> None:
    (film / "transcript.json").write_bytes(documents.encode(Transcript("hi", {}, [])))
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert (film / "hi.srt").read_bytes() == b""


def test_another_language_than_the_documents_is_refused(run_in: Any, film: Path) -> None:
    done = generate(run_in, film, "ta", "--translation", film / "en.json", check=False)
    assert done.returncode == 1 and not (film / "ta.srt").exists()
    assert "en.json is in 'en', not in 'ta'" in done.stderr and "Traceback" not in done.stderr


def test_a_misspelt_setting_is_one_line_with_the_right_spelling(run_in: Any, film: Path) -> None:
    wrong = film / "mine.toml"
    wrong.write_text(PROFILE.read_text(encoding="utf-8").replace("linger =", "lingr ="), encoding="utf-8")
    done = generate(run_in, film, "hi", "--transcript", film / "transcript.json", "--profile", wrong, check=False)
    assert done.returncode == 1
    assert "unknown key 'lingr'. Did you mean 'linger'?" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("both", [True, False])
def test_it_takes_either_a_transcript_or_a_translation(run_in: Any, film: Path, both: bool) -> None:
    given = ("--transcript", film / "transcript.json", "--translation", film / "en.json") if both else ()
    done = generate(run_in, film, "hi", *given, check=False)
    assert done.returncode == 2 and "either --transcript or --translation" in done.stderr


@pytest.mark.parametrize(
    ("streams", "rate"),
    [
        ([Stream(0, "video", "h264", frame_rate="24000/1001")], 24000 / 1001),
        ([Stream(0, "audio", "aac")], None),
        ([Stream(0, "video", "mjpeg", disposition=["attached_pic"], frame_rate="25/1")], None),
        ([Stream(0, "video", "vp9", frame_rate="1000/1")], None),
        ([Stream(0, "video", "vp9", frame_rate="0/0"), Stream(1, "video", "h264", frame_rate="30/1")], 30.0),
    ],
)
def test_the_frame_rate_is_that_of_the_picture(streams: list[Stream], rate: float | None) -> None:
    media = Media("matroska", 1.0, 1, streams, [], documents.AudioChoice(stream=1, reason="only"))
    assert subtitle_generation.frame_rate(media) == rate
