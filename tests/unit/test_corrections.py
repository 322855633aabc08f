"""A person's corrections: read from what editors and spreadsheet programs write, put where they belong, never lost."""

from __future__ import annotations

import csv
import doctest
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_transcript import corrected, timed
from samvad import corrections, documents
from samvad.corrections import MACHINE, RECOGNISED, Correction, placed, read, rows
from samvad.documents import Aligned, Segment, Transcript, Word
from samvad.problem import Problem

HEAD = "# id\trecognised\twritten\tat\n"


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(corrections)
    assert result.attempted >= 3 and result.failed == 0


def parsed(tmp_path: Path, content: str | bytes) -> tuple[list[Correction], list[int]]:
    path = tmp_path / "hi.edits.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = path.read_bytes()
    found, aside = read(path, RECOGNISED)
    assert path.read_bytes() == before
    return found, [one.row for one in aside]


# --- the file ---------------------------------------------------------------------------------------------


def test_columns_remarks_headings_and_lines_that_change_nothing(tmp_path: Path) -> None:
    text = f"{HEAD}\nid\trecognised\twritten\n3\tक्या से हैं\tकैसे हैं?\t0:00:51.2\n4\tठीक है\tठीक है\n5\tहाँ\t\n"
    found, aside = parsed(tmp_path, text)
    assert found == [
        Correction(4, 3, "क्या से हैं", "कैसे हैं?", 51.2),
        Correction(5, 4, "ठीक है", None),
        Correction(6, 5, "हाँ", ""),
    ]
    assert aside == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_spreadsheet_programs_write_is_understood(tmp_path: Path, encoding: str, end: str) -> None:
    table = [
        "id\trecognised\twritten\t",
        '"3"\t"he said ""no"""\t"he said:\tno"\t',
        "4\tज़िंदगी, \u00a0हाँ\tज़िंदगी\t",
        '5\t"एक\nदो"\t"एक, दो\n"\t\t',
        "",
    ]
    found, aside = parsed(tmp_path, "\n".join(table).replace("\n", end).encode(encoding))
    assert found == [
        Correction(2, 3, 'he said "no"', "he said: no"),
        Correction(3, 4, "ज़िंदगी, हाँ", "ज़िंदगी"),
        Correction(4, 5, "एक दो", "एक, दो"),
    ]
    assert aside == []


def test_of_a_translation_the_untouched_lines_change_nothing(tmp_path: Path) -> None:
    table = [
        "id\tsource\twritten\tat\tmachine",
        "1\tहाँ।\tYes.\t0:00:01.0\tYes.",  # as the machine wrote it
        "2\tहाँ।\tYeah.\t0:00:02.0\tYes.",
        "3\tOK\tOK",  # what was said, word for word, where nothing tells what the machine made of it
        "4\tहाँ।\t\t\t",  # as a spreadsheet program fills up a short line
        "5\tहाँ।\t\t\tYes.",
    ]
    path = tmp_path / "en.edits.tsv"
    path.write_text("\n".join(table), encoding="utf-8")
    found, aside = read(path, MACHINE)
    assert found == [
        Correction(2, 1, "हाँ।", None, 1.0),
        Correction(3, 2, "हाँ।", "Yeah.", 2.0),
        Correction(4, 3, "OK", "OK"),
        Correction(5, 4, "हाँ।", ""),
        Correction(6, 5, "हाँ।", ""),
    ]
    assert aside == []


def test_a_line_that_is_no_correction_is_reported_and_spoils_no_other(tmp_path: Path) -> None:
    text = 'x\tएक\tदो\n1\tएक\n2\t"एक\tदो\n3\tतीन\t"चार\n'
    found, aside = parsed(tmp_path, text)
    assert aside == [1, 2]
    assert [(one.id, one.known_by, one.written) for one in found] == [(2, '"एक', "दो"), (3, "तीन", '"चार')]


def test_ids_and_times_of_thousands_of_digits_do_not_stop_the_run(tmp_path: Path) -> None:
    digits = "9" * 5000
    found, aside = parsed(tmp_path, f"{digits}\tएक\tदो\n7\tएक\tदो\t{digits}:{digits}:{digits}.{digits}\n")
    assert (found, aside) == ([Correction(2, 7, "एक", "दो", None)], [1])
    assert placed(found, lines("एक"), instead=True).aside == []


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"hi.edits.tsv is no text in UTF-8"):
        parsed(tmp_path, "1\tहाँ\tना\n".encode() + b"\xff\xfe\xff")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8).filter(
    lambda cell: not ("\t" in cell and "\n" in cell)
)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=5))
def test_whatever_a_spreadsheet_program_writes_comes_back(table: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    assert [found for _, found in rows(file.getvalue())] == table


# --- where it belongs -----------------------------------------------------------------------------------------


def lines(*texts: str, first: int = 1, start: float = 0.0) -> list[Segment]:
    """Segments of two seconds, one every ten."""
    return [Segment(first + n, start + 10 * n, start + 10 * n + 2, text) for n, text in enumerate(texts)]


def where(one: Correction, *segments: Segment) -> list[int]:
    found = placed([one], segments, instead=True)
    assert len(found.fits) + len(found.aside) + found.fulfilled == 1
    return list(found.fits)


def test_a_line_that_says_the_same_where_it_was_is_corrected_whatever_its_punctuation() -> None:
    assert where(Correction(1, 2, "“Don't” go", "Do go"), *lines("no", "don't go!", "no")) == [2]


def test_a_line_that_moved_is_found_near_by() -> None:
    one = Correction(1, 2, "हाँ।", "ना।")
    assert where(one, *lines("क्या?", "तुम?", "सच?", "हाँ।")) == [4]
    assert where(one, *lines(*["और"] * 12, "हाँ।")) == []  # 11 ids on: it may be another one
    assert where(one._replace(at=10.4), *lines("और", "और", "हाँ", first=40, start=-10.0)) == [42]
    assert where(one._replace(at=10.4), *lines("और", "और", "हाँ", first=1)) == []


def test_a_short_line_that_comes_twice_near_by_is_not_guessed() -> None:
    one = Correction(1, 3, "हाँ।", "ना।")
    assert where(one, *lines("और", "हाँ।", "और", "हाँ।")) == []
    assert where(one, *lines("हाँ।", "हाँ।", "हाँ।")) == [3]
    assert where(one._replace(at=10.3), *lines("हाँ।", "हाँ।", "हाँ।")) == [2]  # its time says more than its id


def test_a_long_line_is_known_by_its_words_wherever_it_is_unless_there_are_two() -> None:
    one = Correction(1, 1, "हमारी ट्रेन रही है", "हमारी ट्रेन आ रही है!")
    assert where(one, *lines(*["और"] * 30, "हमारी ट्रेन रही है")) == [31]
    assert where(one, *lines(*["और"] * 30, "हमारी ट्रेन रही है", "हमारी ट्रेन रही है")) == []


def test_another_text_is_never_overwritten_even_at_the_same_id_and_time() -> None:
    assert where(Correction(1, 1, "हाँ", "ना", 0.0), *lines("हूँ")) == []


def test_what_the_recogniser_now_hears_itself_is_not_needed_any_more() -> None:
    found = placed([Correction(1, 1, "मोहर कहाँ है", "मोहन कहाँ है?")], lines("मोहन कहाँ है"), instead=True)
    assert found == ({}, [], 1)


def test_a_translation_never_says_already_what_a_correction_is_known_by() -> None:
    # "OK" is what is said elsewhere now; that says nothing of how क्या is to be translated.
    found = placed([Correction(1, 1, "क्या", "OK")], lines("OK"), instead=False)
    assert (found.fits, found.fulfilled) == ({}, 0)
    assert [one.row for one in found.aside] == [1]


def test_of_two_corrections_of_one_line_the_nearer_and_then_the_later_counts() -> None:
    segments = lines("हाँ", "और")
    three = [Correction(1, 1, "हाँ", "a"), Correction(2, 1, "हाँ", "b"), Correction(3, 2, "हाँ", "c")]
    found = placed(three, segments, instead=True)
    assert found.fits[1].written == "b"
    assert [(one.row, one.reason) for one in found.aside] == [
        (1, "line 2 corrects the same"),
        (3, "line 2 corrects the same"),
    ]


def test_an_untouched_line_keeps_its_place_from_a_correction_of_its_neighbour() -> None:
    table = [Correction(5, 5, "हाँ।", None, 10.0), Correction(6, 6, "हाँ।", "Right, sir.", 13.0)]
    heard = [Segment(5, 10.0, 11.0, "हाँ।"), Segment(6, 13.0, 14.0, "हाँ जी।")]
    found = placed(table, heard, instead=False)
    assert found.fits == {}
    assert [(one.row, one.reason) for one in found.aside] == [(6, "line 5 is left as it is")]
    # By their ids alone, too; and one that is there twice, once as it was, is corrected.
    assert placed([one._replace(at=None) for one in table], heard, instead=False).fits == {}
    twice = [Correction(7, 5, "हाँ।", "Yes.", 10.0), table[0]]
    assert placed(twice, heard, instead=False).fits == {5: twice[0]}
    # Where its own line is gone, the neighbour's is where it was.
    assert list(placed(table, [Segment(5, 13.0, 14.0, "हाँ।")], instead=False).fits.values()) == [table[1]]


def test_a_correction_does_not_go_to_the_other_end_of_the_film() -> None:
    words = "तुम कहाँ जा रहे हो"
    edited = Correction(5, 5, words, "Where are you off to?", 10.0)
    heard = [Segment(5, 10.0, 12.0, "तुम कहाँ जा रही हो"), Segment(900, 4200.0, 4202.0, words)]
    for table in ([edited], [edited, Correction(900, 900, words, None, 4200.0)]):
        found = placed(table, heard, instead=False)
        assert (found.fits, [one.row for one in found.aside]) == ({}, [5])
    near = [Segment(70, 200.0, 202.0, words)]
    assert placed([edited], near, instead=False).fits == {70: edited}


def test_where_time_and_id_say_two_lines_far_apart_a_correction_is_set_aside() -> None:
    # A spreadsheet program showed 1:10:00.0 as 10:00.0 and saved what it showed.
    words = "चलो घर चलते हैं"
    saved = Correction(5, 900, words, "Let's go home!", 600.0)
    there, other = Segment(900, 4200.0, 4202.0, words), Segment(120, 601.0, 603.0, words)
    found = placed([saved], [other, there], instead=False)
    assert (found.fits, [one.reason for one in found.aside]) == ({}, ["its time and its id say two lines"])
    # With no such line at that time the id and the words are enough, unless they are few.
    assert placed([saved], [there], instead=False).fits == {900: saved}
    few = saved._replace(known_by="हाँ।")
    assert placed([few], [Segment(900, 4200.0, 4202.0, "हाँ।")], instead=False).fits == {}


TEXT = st.sampled_from(["हाँ", "ना", "चलो", "कहाँ हो तुम", "यह ठीक है"])


@given(
    st.lists(TEXT, max_size=40),
    st.lists(st.tuples(st.integers(1, 30), TEXT, st.none() | TEXT, st.none() | st.floats(0, 300)), max_size=12),
)
def test_every_correction_is_applied_to_its_own_words_or_reported(
    said: list[str], written: list[tuple[int, str, str | None, float | None]]
) -> None:
    given_ = [Correction(row, *fields) for row, fields in enumerate(written, 1)]
    found = placed(given_, lines(*said), instead=True)
    for number, one in found.fits.items():
        assert said[number - 1] == one.known_by and one.written is not None
        line = lines(*said)[number - 1]
        if one.at is not None and one.id != line.id:
            assert abs(line.start - one.at) <= corrections.FAR_S
        # None that was left as it is stands exactly there.
        assert not [two for two in given_ if two.written is None and two[1:3] == (number, said[number - 1])
                    and two.at == line.start and one.at != line.start]  # fmt: skip
    applied = {(one.known_by, one.written) for one in found.fits.values()}
    reported = {one.row for one in found.aside}
    changing = [one for one in given_ if one.written is not None]
    silent = [one for one in changing if one.row not in reported and (one.known_by, one.written) not in applied]
    assert len(silent) <= found.fulfilled


# --- what becomes of the line ------------------------------------------------------------------------------------


def words(text: str, start: float = 1.0, each: float = 0.5) -> list[Word]:
    return [Word(word, start + n * each, start + (n + 1) * each, 0.9) for n, word in enumerate(text.split())]


def test_a_corrected_line_keeps_the_times_of_its_words_and_marks_those_of_new_ones() -> None:
    segment = Segment(7, 1.0, 3.5, "अच्छा शर्मा जी क्या से हैं", words("अच्छा शर्मा जी क्या से हैं"), speaker="मोहन")
    found = corrected(segment, "अच्छा, शर्मा जी कैसे हैं?")
    assert found and (found.id, found.speaker, found.recognised) == (7, "मोहन", segment.text)
    assert [(word.text, word.start, word.end, word.timed) for word in found.words] == [
        ("अच्छा,", 1.0, 1.5, None),
        ("शर्मा", 1.5, 2.0, None),
        ("जी", 2.0, 2.5, None),
        ("कैसे", 2.5, 3.5, "interpolated"),
        ("हैं?", 3.5, 4.0, None),
    ]


def test_a_word_put_in_between_has_time_of_its_own() -> None:
    for text in ("आ एक दो", "एक आ दो", "एक दो आ"):
        found = timed(text.split(), Segment(1, 1.0, 2.0, "एक दो", words("एक दो")))
        assert [word.text for word in found] == text.split()
        assert all(word.end - word.start > 0.1 for word in found)
        assert next(word for word in found if word.text == "आ").timed == "interpolated"


def test_nothing_written_or_nothing_spoken_drops_the_line() -> None:
    assert corrected(Segment(1, 0, 1, "हाँ"), "") is None and corrected(Segment(1, 0, 1, "हाँ"), " … ") is None


def test_the_stage_applies_reports_and_keeps_the_ids_and_the_file(run_in: Any, tmp_path: Path) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    said = ["ठीक है ।", "Thanks for watching", "चलो हम चलें", "हाँ"]
    segments = [
        Segment(n, 1.0 + 5 * n, 3.0 + 5 * n, text, words(text, 1.0 + 5 * n, 0.3)) for n, text in enumerate(said)
    ]
    (folder / "aligned.json").write_bytes(documents.encode(Aligned("hi", "whisperx", "base", "attention", segments)))
    (folder / "songs.json").write_bytes(documents.encode(documents.Songs(30.0, "test", [])))
    edits = tmp_path / "hi.edits.tsv"
    table = f"{HEAD}2\tThanks for watching\t\n3\tचलो हम चलें\tचलो, हम चलें <i>अब</i>\n9\tयह कभी नहीं कहा\tसो\n".encode()
    edits.write_bytes(table)
    out = folder / "transcript.json"
    given_ = ["--aligned", folder / "aligned.json", "--songs", folder / "songs.json", "--edits", edits, "--out", out]
    done = run_in("common", "stages/export_transcript.py", *given_)
    assert f"  film: 1 corrected, 1 dropped by {edits}; 1 of it fit no line: see" in done.stderr
    found = documents.read(out, Transcript).segments
    assert [(one.id, one.text) for one in found] == [(1, "ठीक है।"), (3, "चलो, हम चलें <i>अब</i>"), (4, "हाँ")]
    assert [one.recognised for one in found] == [None, "चलो हम चलें", None]
    log = (folder / "log" / "export_transcript.log").read_text(encoding="utf-8")
    assert f"{edits}:4: set aside, no line there says so any more: 9: यह कभी नहीं कहा → सो" in log
    record = json.loads((folder / "run" / "export_transcript.json").read_text(encoding="utf-8"))["corrections"]
    assert (record["lines"], record["dropped"], record["not_needed"]) == (1, 1, 0)
    assert record["set_aside"] == [
        {"row": 4, "reason": "no line there says so any more", "text": "9: यह कभी नहीं कहा → सो"}
    ]
    assert edits.read_bytes() == table
