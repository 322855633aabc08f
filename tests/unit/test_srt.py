"""From a transcript or a translation to an SRT file, in the environment that recipes use."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pysubs2
import pytest
import srt  # type: ignore[import-untyped]
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from samvad import cue_words, cues, documents, formats, profile
from samvad.documents import Cues, Media, Segment, Shots, Stream, Transcript, Translated, Translation, Word
from samvad.textmeasure import plain

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "config" / "cues" / "plain.toml"
LIMITS = profile.read(PROFILE)

#: What is in brackets is a sound, which most people are not shown (test_cues).
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
).filter(lambda text: "[" not in text and not cue_words.sound(text))


def composed(*texts: str) -> str:
    items = [Segment(n, 10.0 * n, 10.0 * n + 6.0, text) for n, text in enumerate(texts)]
    shown = Cues("en", "plain", LIMITS.frame_rate, cues.build(items, "en", LIMITS))
    return formats.write(shown, ".srt", LIMITS)[0].decode("utf-8")


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
        "shots.json": Shots(10.0, "none", []),
    }.items():
        (folder / name).write_bytes(documents.encode(document))
    return folder


def generate(run_in: Any, film: Path, language: str, *arguments: object, check: bool = True) -> Any:
    return run_in(
        "common",
        "stages/subtitle_generation.py",
        *("--language", language, "--profile", PROFILE, "--media", film / "media.json", "--shots", film / "shots.json"),
        *("--audience", "adult", "--songs", "keep", "--out", film / f"{language}.cues.json", *arguments),
        check=check,
    )


def export(run_in: Any, film: Path, language: str) -> list[srt.Subtitle]:
    """The language's SRT, from its cues."""
    arguments = ("--cues", film / f"{language}.cues.json", "--profile", PROFILE, "--out", film / f"{language}.srt")
    run_in("common", "stages/export_subtitles.py", *arguments)
    return list(srt.parse((film / f"{language}.srt").read_text(encoding="utf-8")))


def is_on_a_frame(time: timedelta) -> bool:
    """At 25 frames a second."""
    return time % timedelta(milliseconds=40) == timedelta()


def test_a_transcript_becomes_subtitles_of_its_language(run_in: Any, film: Path) -> None:
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    found = export(run_in, film, "hi")
    assert [cue.content for cue in found] == ["मोहन, तुम दिल्ली जा रहे हो?", "हाँ।"]
    assert found[0].start == timedelta(seconds=1) and found[0].end >= timedelta(seconds=3)
    assert all(is_on_a_frame(cue.start) and is_on_a_frame(cue.end) for cue in found)


def test_a_translation_becomes_subtitles_without_its_markup(run_in: Any, film: Path) -> None:
    generate(run_in, film, "en", "--translation", film / "en.json")
    assert [cue.content for cue in export(run_in, film, "en")] == ["Mohan, are you going to Delhi?", "Yes…"]


def test_the_same_input_gives_the_same_bytes(run_in: Any, film: Path) -> None:
    made = set()
    for _ in range(2):
        generate(run_in, film, "hi", "--transcript", film / "transcript.json")
        export(run_in, film, "hi")
        made.add(((film / "hi.cues.json").read_bytes(), (film / "hi.srt").read_bytes()))
    assert len(made) == 1


def test_a_film_in_which_nobody_speaks_has_an_empty_file(run_in: Any, film: Path) -> None:
    (film / "transcript.json").write_bytes(documents.encode(Transcript("hi", {}, [])))
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    export(run_in, film, "hi")
    assert (film / "hi.srt").read_bytes() == b""
