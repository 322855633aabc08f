"""The README's first command on the demo film, measured against what is really said in it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import pytest
import srt

from tests.end_to_end.conftest import ROOT, Films
from tests.scores import Scores, cues, scores

Demo = tuple[Films, str]


@pytest.fixture(scope="session")
def score(demo: Demo, truth: Any) -> Scores:
    return scores(demo[0].folder / "out" / "demo", truth)


def test_the_hindi_subtitles_say_what_is_said(score: Scores) -> None:
    assert score.hindi_consonant_error < 0.06
    assert score.hindi_letter_error < 0.12


def test_the_hindi_subtitles_are_in_devanagari(score: Scores) -> None:
    assert score.devanagari > 0.98


def test_the_english_subtitles_tell_the_scene(score: Scores) -> None:
    assert score.english_chrf > 55
    assert score.english_chrf_by_line > 50


def test_every_line_has_a_cue_that_starts_when_the_line_or_its_shot_does(score: Scores) -> None:
    assert score.hindi_covered >= 0.98 and score.english_covered >= 0.98
    assert score.hindi_start_median < 0.1 and score.english_start_median < 0.1
    assert score.hindi_start_p95 < 0.5 and score.english_start_p95 < 0.5


def test_no_cue_stands_over_music_alone(demo: Demo, truth: Any) -> None:
    for language in ("hi", "en"):
        for cue in cues(demo[0].folder / f"out/demo/{language}.srt"):
            for music in truth["music"]:
                inside = min(cue.end, music["end"]) - max(cue.start, music["start"])
                assert inside < 0.5 * (cue.end - cue.start), (language, cue)


def test_the_film_carries_all_it_had_and_both_subtitles(demo: Demo) -> None:
    films, _ = demo
    with av.open(str(ROOT / "media/demo.mkv")) as before, av.open(str(films.folder / "out/demo/final.mkv")) as film:
        kinds = [stream.type for stream in film.streams]
        assert kinds == [*(stream.type for stream in before.streams), "subtitle", "subtitle"]
        english, hindi = list(film.streams)[-2:]
        assert [stream.metadata["language"] for stream in list(film.streams)[1:]] == ["hin", "eng", "eng", "hin"]
        assert english.metadata["title"] == "English (auto)" and hindi.metadata["title"] == "Hindi (auto)"
        assert english.disposition & av.stream.Disposition.default
        assert not hindi.disposition & av.stream.Disposition.default
        assert [chapter["metadata"] for chapter in film.chapters()] == [
            chapter["metadata"] for chapter in before.chapters()
        ]
        packets: dict[int, list[bytes]] = {}
        for packet in film.demux():
            packets.setdefault(packet.stream.index, []).append(bytes(packet))
        indices = (english.index, hindi.index)
    for index, language in zip(indices, ("en", "hi"), strict=True):
        said = [text.decode().strip() for text in packets[index] if text]
        assert said == [cue.content for cue in srt.parse(films.text(f"out/demo/{language}.srt"))]


def test_cues_are_two_lines_of_42_characters_at_most(demo: Demo) -> None:
    from samvad.textmeasure import graphemes

    for language in ("hi", "en"):
        for cue in srt.parse(demo[0].text(f"out/demo/{language}.srt")):
            lines = cue.content.splitlines()
            assert len(lines) <= 2 and all(graphemes(line) <= 42 for line in lines), cue


def test_the_last_line_names_the_models_and_how_to_get_release_quality(demo: Demo) -> None:
    last = demo[1].strip().splitlines()[-1]
    assert "Hindi by whisperx base" in last and "English by whisper base" in last
    assert "Draft quality" in last and "PROFILE=standard" in last


def test_every_stage_ran_in_the_environment_of_the_table(demo: Demo) -> None:
    films, _ = demo
    records = sorted((films.folder / "out/demo/run").glob("*.json"))
    assert len(records) == 17
    for path in records:
        record = json.loads(path.read_text(encoding="utf-8"))
        script = Path(record["script"]).stem
        stage = script.replace("asr_", "asr.").replace("translation_", "translation.")
        assert record["interpreter"] == films.make("python-for", f"STAGE={stage}").stdout.strip()
        assert record["exit"] == 0 and record["peak_memory_bytes"] > 0


def test_a_second_run_does_nothing(demo: Demo) -> None:
    films, _ = demo
    before = {path: path.stat().st_mtime_ns for path in (films.folder / "out").rglob("*") if path.is_file()}
    done = films.make("out/demo/final.mkv", "SRC=hi", "TGT=en")
    assert "is up to date" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in (films.folder / "out").rglob("*") if path.is_file()} == before


def test_every_cut_is_found_and_cues_keep_to_them(demo: Demo, truth: Any) -> None:
    films, _ = demo
    assert films.document("out/demo/shots.json")["cuts"] == pytest.approx(truth["cuts"], abs=0.001)
    for language in ("hi", "en"):
        report = films.document(f"out/demo/{language}.qc.json")
        assert report["refused"] == [] and report["rules"]["shot_window"] == 0
        assert not [finding for finding in report["findings"] if finding["severity"] == "severe"]


def test_the_film_itself_is_untouched(demo: Demo) -> None:
    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest(demo[0].folder / "media/demo.mkv") == digest(ROOT / "media/demo.mkv")


def test_detect_hears_hindi_and_records_it(demo: Demo) -> None:
    films, _ = demo
    (films.folder / "media/heard.mkv").symlink_to(films.folder / "media/demo.mkv")
    refused = films.make("out/heard/final.mkv", code=2)
    assert "make detect MOVIE=heard" in refused.stderr
    done = films.make("detect", "MOVIE=heard")
    assert "SRC=hi is recorded for heard" in done.stdout
    assert "SRC.heard := hi" in films.text("out/heard/job.mk")
    plan = films.make("-n", "transcribe", "MOVIE=heard")
    assert "stages/asr_whisperx.py" in plan.stdout and "--language hi" in plan.stdout
