"""From a transcript or a translation to cues, in the environment that recipes use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samvad import documents
from samvad.documents import Cues, Media, Segment, Shots, Songs, Span, Stream, Transcript, Translated, Translation, Word

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "config" / "cues" / "plain.toml"
SCRIPT = "stages/subtitle_generation.py"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of two Hindi utterances, 0.3 s apart, and their translation; 25 frames a second from 0.02 s on."""
    folder = tmp_path / "film"
    folder.mkdir()
    words = [Word("मोहन,", 1.0, 1.6), Word("तुम", 1.6, 1.8), Word("दिल्ली", 1.8, 2.3), Word("जा", 2.3, 2.5)]
    words += [Word("रहे", 2.5, 2.7), Word("हो?", 2.7, 3.0)]
    segments = [
        Segment(1, 1.0, 3.0, " ".join(word.text for word in words), words),
        Segment(2, 3.3, 4.5, "हाँ।", [Word("हाँ।", 3.3, 4.5)]),
    ]
    sentences = [
        Translated(1, 1.0, 3.0, "Mohan, are you <i>going</i> to Delhi?", segments[0].text),
        Translated(2, 3.3, 4.5, "Yes...", "हाँ।"),
    ]
    models = {"asr": "whisperx base", "alignment": "attention"}
    stream = Stream(0, "video", "h264", frame_rate="25/1", start=0.02)
    for name, document in {
        "transcript.json": Transcript("hi", models, segments),
        "en.json": Translation("hi", "en", models, sentences),
        "media.json": Media("matroska", 30.0, 1, [stream], [], documents.AudioChoice(stream=1, reason="the only one")),
        "shots.json": Shots(30.0, "adaptive", [3.22]),
        "songs.json": Songs(30.0, "aed", [], [Span(10.0, 14.0)]),
    }.items():
        (folder / name).write_bytes(documents.encode(document))
    return folder


def generate(run_in: Any, film: Path, language: str, *arguments: object, check: bool = True) -> Any:
    out = film / f"{language}{'.sdh' if '--sounds' in arguments else ''}.cues.json"
    given = ("--language", language, "--profile", PROFILE, "--out", out)
    return run_in("common", SCRIPT, *given, *arguments, check=check)


def shown(path: Path) -> list[tuple[float, float, list[str]]]:
    return [(cue.start, cue.end, cue.lines) for cue in documents.read(path, Cues).cues]


def test_a_transcript_becomes_cues_of_its_language(run_in: Any, film: Path) -> None:
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert shown(film / "hi.cues.json") == [(1.0, 3.208, ["मोहन, तुम दिल्ली जा रहे हो?"]), (3.292, 4.5, ["हाँ।"])]
    found = documents.read(film / "hi.cues.json", Cues)
    assert (found.language, found.profile, found.frame_rate, found.frame_zero, found.sdh) == (
        "hi",
        "plain",
        24.0,
        0.0,
        False,
    )
    record = json.loads((film / "run" / "subtitle_generation.hi.json").read_text(encoding="utf-8"))
    assert record["cues"] == 2 and record["beyond"] == {} and set(record["within_limits"].values()) == {1.0}
    log = (film / "log" / "subtitle_generation.hi.log").read_text(encoding="utf-8")
    assert "2 cues; within limits: all 100.0%" in log


def test_a_translation_becomes_cues_on_the_frames_of_its_film(run_in: Any, film: Path) -> None:
    generate(run_in, film, "en", "--translation", film / "en.json", "--media", film / "media.json")
    assert shown(film / "en.cues.json") == [(0.98, 3.22, ["Mohan, are you going to Delhi?"]), (3.3, 4.5, ["Yes…"])]


def test_cues_begin_and_end_with_the_shots(run_in: Any, film: Path) -> None:
    more = ("--media", film / "media.json", "--shots", film / "shots.json")
    generate(run_in, film, "hi", "--transcript", film / "transcript.json", *more)
    (_, end, _), (start, _, _) = shown(film / "hi.cues.json")
    assert (end, start) == (3.14, 3.22)
    record = json.loads((film / "run" / "subtitle_generation.hi.json").read_text(encoding="utf-8"))
    assert record["cuts"] == 1 and record["apart_from_cuts"] == {}


def test_with_sounds_it_is_a_variant_of_its_own(run_in: Any, film: Path) -> None:
    given = ("--transcript", film / "transcript.json", "--sounds", film / "songs.json")
    generate(run_in, film, "hi", *given, "--media", film / "media.json")
    found = documents.read(film / "hi.sdh.cues.json", Cues)
    assert found.sdh and found.cues[-1].lines == ["[संगीत]"]
    assert (film / "run" / "subtitle_generation.hi.sdh.json").exists()


def test_children_have_more_time_to_read(run_in: Any, film: Path) -> None:
    ends = []
    for audience in ("adult", "children"):
        dense = [Segment(1, 1.0, 2.0, "This is said much too quickly for anyone")]
        (film / "transcript.json").write_bytes(documents.encode(Transcript("en", {}, dense)))
        generate(run_in, film, "en", "--transcript", film / "transcript.json", "--audience", audience)
        ends.append(shown(film / "en.cues.json")[0][1])
    assert ends == [3.0, 3.375]


def test_the_same_input_gives_the_same_bytes(run_in: Any, film: Path) -> None:
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    first = (film / "hi.cues.json").read_bytes()
    generate(run_in, film, "hi", "--transcript", film / "transcript.json", "--media", film / "media.json")
    assert (film / "hi.cues.json").read_bytes() != first
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert (film / "hi.cues.json").read_bytes() == first


def test_a_film_in_which_nobody_speaks_has_no_cues(run_in: Any, film: Path) -> None:
    (film / "transcript.json").write_bytes(documents.encode(Transcript("hi", {}, [])))
    generate(run_in, film, "hi", "--transcript", film / "transcript.json")
    assert shown(film / "hi.cues.json") == []


def test_another_language_than_the_documents_is_refused(run_in: Any, film: Path) -> None:
    done = generate(run_in, film, "ta", "--translation", film / "en.json", check=False)
    assert done.returncode == 1 and not (film / "ta.cues.json").exists()
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
