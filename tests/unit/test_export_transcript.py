"""From aligned segments to the transcript."""

from __future__ import annotations

import doctest
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import export_transcript
from export_transcript import export, tidy, timed
from samvad import documents
from samvad.documents import Aligned, Recognition, Removed, Segment, Songs, Span, Transcript, Word, encode, read


def aligned(*segments: Segment) -> Aligned:
    return Aligned("hi", "whisperx", "base", "attention", list(segments))


def words(text: str, start: float = 1.0, each: float = 0.5) -> list[Word]:
    return [Word(word, start + n * each, start + (n + 1) * each, 0.9) for n, word in enumerate(text.split())]


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(export_transcript)
    assert result.attempted >= 2 and result.failed == 0


def test_text_is_cleaned_and_punctuation_stands_at_its_word() -> None:
    (segment,) = export(aligned(Segment(7, 1.0, 3.0, "  अच्छा ,\tठीक\u202e है ...  "))).segments
    assert segment.text == "अच्छा, ठीक है…"


def test_empty_segments_go_and_the_rest_is_numbered_from_1() -> None:
    found = export(
        aligned(
            Segment(4, 0.0, 1.0, " … "),
            Segment(5, 1.0, 2.0, "हाँ।"),
            Segment(6, 2.0, 3.0, "\u200b"),
            Segment(9, 3.0, 4.0, "चलो।"),
        )
    ).segments
    assert [(segment.id, segment.text) for segment in found] == [(1, "हाँ।"), (2, "चलो।")]


def test_words_take_their_spelling_from_the_text() -> None:
    segment = Segment(1, 1.0, 2.5, "“Don't go,” he said.", words("don't go he said"))
    (found,) = export(aligned(segment)).segments
    assert [word.text for word in found.words] == ["“Don't", "go,”", "he", "said."]
    assert [word.start for word in found.words] == [1.0, 1.5, 2.0, 2.5]
    assert all(word.probability == 0.9 and word.timed is None for word in found.words)


def test_a_mark_that_the_recogniser_wrote_as_a_word_of_its_own_joins_its_word() -> None:
    segment = Segment(1, 1.0, 2.5, "ठीक है ।", words("ठीक है ।"))
    (found,) = export(aligned(segment)).segments
    assert found.text == "ठीक है।" and [word.text for word in found.words] == ["ठीक", "है।"]


def test_a_word_that_the_aligner_lost_gets_the_time_between_its_neighbours() -> None:
    segment = Segment(1, 1.0, 4.0, "मुझे 100 रुपये दो", [Word("मुझे", 1.0, 1.5), Word("रुपये", 2.5, 3.0)])
    found = timed(segment.text.split(), segment)
    assert [(word.text, word.start, word.end, word.timed) for word in found] == [
        ("मुझे", 1.0, 1.5, None),
        ("100", 1.5, 2.5, "interpolated"),
        ("रुपये", 2.5, 3.0, None),
        ("दो", 3.0, 4.0, "interpolated"),
    ]


def test_words_that_the_aligner_wrote_otherwise_share_their_own_time() -> None:
    segment = Segment(1, 0.0, 9.0, "बस ज़िंदा बाद बस", [Word("बस", 0, 1), Word("ज़िंदाबाद", 4, 5), Word("बस", 8, 9)])
    found = timed(segment.text.split(), segment)
    assert [word.start for word in found[:2]] == [0, 4] and found[2].end == 5
    assert [word.timed for word in found] == [None, "interpolated", "interpolated", None]


def test_a_sign_that_nobody_speaks_stays_where_it_is() -> None:
    segment = Segment(1, 1.0, 3.0, "♪ चलो चलें ♪", words("चलो चलें"))
    found = timed(segment.text.split(), segment)
    assert [word.text for word in found] == ["♪", "चलो", "चलें", "♪"]
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_a_segment_without_words_stays_so_and_keeps_the_rest() -> None:
    segment = Segment(3, 1.0, 2.0, "ठीक है", original="ٹھیک ہے", speaker="मीरा")
    (found,) = export(aligned(segment)).segments
    assert found == Segment(1, 1.0, 2.0, "ठीक है", [], "ٹھیک ہے", "मीरा")


@given(st.lists(st.sampled_from(["a", "b", "c,", "?", "♪", "Don't"]), max_size=12), st.data())
def test_words_always_spell_the_text_and_stay_in_order(said: list[str], data: st.DataObject) -> None:
    known = [word for word in words(" ".join(said)) if data.draw(st.booleans())]
    for segment in export(aligned(Segment(1, 1.0, 8.0, " ".join(said), known))).segments:
        assert not segment.words or [word.text for word in segment.words] == segment.text.split()
        assert all(one.start <= one.end <= other.start for one, other in pairwise(segment.words))


@given(st.text(max_size=80))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_what_was_taken_out_is_passed_on_and_is_no_line(run_in: Any, tmp_path: Path) -> None:
    out = Removed(id=0, start=5.0, end=9.0, text="धन्यवाद", words=words("धन्यवाद", 5.0), reason="phrase")
    document = Recognition("hi", "whisperx", "base", [Segment(0, 1.0, 1.5, "हाँ", words("हाँ"))], [out])
    (tmp_path / "asr.json").write_bytes(encode(document))
    (tmp_path / "audio.wav").touch()
    given = ["--asr", tmp_path / "asr.json", "--audio", tmp_path / "audio.wav", "--language", "hi"]
    run_in("common", "stages/alignment.py", *given, "--out", tmp_path / "aligned.json")
    (tmp_path / "songs.json").write_bytes(encode(Songs(10.0, "test", [])))
    aligned = ["--aligned", tmp_path / "aligned.json", "--songs", tmp_path / "songs.json"]
    run_in("common", "stages/export_transcript.py", *aligned, "--out", tmp_path / "transcript.json")
    transcript = read(tmp_path / "transcript.json", Transcript)
    assert [segment.text for segment in transcript.segments] == ["हाँ"]
    assert transcript.removed == [out]
    log = (tmp_path / "log" / "export_transcript.log").read_text(encoding="utf-8")
    assert "removed 0 (phrase)  0:00:05.0 – 0:00:09.0  धन्यवाद" in log


def test_the_stage_writes_the_transcript_its_record_and_a_readable_log(run_in: Any, tmp_path: Path) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    segments = [
        Segment(0, 1.0, 2.0, " ठीक है ।", words("ठीक है ।", 1.0, 0.3), speaker="मोहन"),
        Segment(1, 3725.0, 3726.5, "चलो..."),
    ]
    (folder / "aligned.json").write_bytes(documents.encode(aligned(*segments)))
    (folder / "songs.json").write_bytes(encode(Songs(3730.0, "test", [Span(3720.0, 3730.0)])))
    out = folder / "transcript.json"
    given = ["--aligned", folder / "aligned.json", "--songs", folder / "songs.json"]
    done = run_in("common", "stages/export_transcript.py", *given, "--out", out)
    assert done.stderr.split() == ["EXPORT_TRANSCRIPT", "film"] and done.stdout == ""
    found = documents.read(out, Transcript)
    assert found.models == {"asr": "whisperx base", "alignment": "attention"} and found.language == "hi"
    assert [segment.text for segment in found.segments] == ["ठीक है।", "चलो…"]
    record = json.loads((folder / "run" / "export_transcript.json").read_text(encoding="utf-8"))
    assert (record["segments"], record["words"], record["words_interpolated"]) == (2, 2, 0)
    assert record["segments_sung"] == 1
    log = (folder / "log" / "export_transcript.log").read_text(encoding="utf-8")
    assert "    1  0:00:01.0 – 0:00:02.0  मोहन: ठीक है।\n    2  1:02:05.0 – 1:02:06.5  ♪ चलो…\n" in log


def test_lines_in_a_foreign_script_are_counted_and_listed_and_english_words_are_a_share(
    run_in: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    said = ["நான் office போகிறேன்", "నేను వెళ్తున్నాను", "Thank you!", "சரி", "नहीं"]
    segments = [Segment(n, float(n), n + 0.9, text, words(text, n, 0.2)) for n, text in enumerate(said)]
    segments[4].language = "hi"
    document = Aligned("ta", "whisperx", "base", "attention", segments)
    (folder / "aligned.json").write_bytes(documents.encode(document))
    (folder / "songs.json").write_bytes(encode(Songs(10.0, "test", [])))
    given = [
        "--aligned",
        folder / "aligned.json",
        "--songs",
        folder / "songs.json",
        "--out",
        folder / "transcript.json",
    ]
    done = run_in("common", "stages/export_transcript.py", *given)
    log = folder / "log" / "export_transcript.log"
    assert done.stderr.splitlines()[1:] == [f"  1 of 5 lines of film are in a foreign script: see {log}"]
    record = json.loads((folder / "run" / "export_transcript.json").read_text(encoding="utf-8"))
    # Vowel signs are marks.
    assert record["letters"] == {"latin_share": pytest.approx(14 / 32, abs=0.001), "foreign_segments": [2]}
    text = log.read_text(encoding="utf-8")
    assert "% of the letters are Latin; 1 segments are not in their language's script" in text
    assert "not in Taml 2 (100% of the letters)  0:00:01.0  నేను వెళ్తున్నాను" in text


def test_a_document_of_another_kind_is_refused_by_name(run_in: Any, tmp_path: Path) -> None:
    path = tmp_path / "aligned.json"
    path.write_bytes(documents.encode(Transcript("hi", {}, [])))
    (tmp_path / "songs.json").write_bytes(encode(Songs(1.0, "test", [])))
    given = ["--aligned", path, "--songs", tmp_path / "songs.json", "--out", tmp_path / "t.json"]
    done = run_in("common", "stages/export_transcript.py", *given, check=False)
    assert done.returncode == 1 and "aligned.json" in done.stderr and "Traceback" not in done.stderr
