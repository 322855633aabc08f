"""A person's glossary, as it is written, as a spreadsheet writes it, and as it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from samvad.glossary import Term, occurrences, read
from samvad.problem import Problem
from samvad.wholewords import replaced, stands


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "glossary.tsv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_line_is_a_term_with_or_without_a_heading(tmp_path: Path) -> None:
    body = "सूर्या\tSurya\ta man\n# a remark\tnothing\n\nहवेली\tthe manor\n"
    wanted = [Term("सूर्या", "Surya", "a man"), Term("हवेली", "the manor")]
    assert read(written(tmp_path, body), "en") == wanted
    assert read(written(tmp_path, "source\ttarget\tnote\n" + body), "en") == wanted
    assert read(written(tmp_path, body.replace("\n", "\r\n"), "utf-16"), "en") == wanted


def test_a_heading_names_languages_and_target_counts_for_those_of_its_letters(tmp_path: Path) -> None:
    path = written(tmp_path, "source\ten\tta\tnote\nसूर्या\tSurya\tசூர்யா\ta man\nघर\t\tவீடு\n")
    assert read(path, "en") == [Term("सूर्या", "Surya", "a man")]
    assert read(path, "ta") == [Term("सूर्या", "சூர்யா", "a man"), Term("घर", "வீடு")]
    assert read(path, "te") == []
    path = written(tmp_path, "सूर्या\tSurya\nघर\tவீடு\n")
    assert [term.source for term in read(path, "ta")] == ["घर"]
    assert [term.source for term in read(path, "en")] == ["सूर्या"]


def test_the_later_of_two_counts_and_half_a_line_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "घर\thouse\nघर\thome\nदिन\n\tnight\n")
    assert read(path, "en") == [Term("घर", "home")]


def test_what_is_no_table_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no text in UTF-8"):
        path = tmp_path / "glossary.tsv"
        path.write_bytes(b"\xe0\xa4\xff\thouse")
        read(path, "en")
    with pytest.raises(Problem, match="no column 'source'"):
        read(written(tmp_path, "target\tnote\nhouse\tx\n"), "en")


def test_terms_are_whole_words_in_any_normal_form_and_case() -> None:
    # ज़ as one character and as two.
    (place,) = occurrences([Term("\u095bीनत", "Zeenat")], "ज़ीनत आई")
    assert place[:2] == (0, 5)
    assert occurrences([Term("राम", "Ram")], "रामायण और आराम") == []
    assert list(stands("the sun", "The Sun, the sunset")) == [(0, 7)]


def test_a_rendering_is_replaced_only_where_it_stands_whole() -> None:
    assert replaced("The Sun rose; Sunita saw the Sun.", "the sun", "Surya") == "Surya rose; Sunita saw Surya."
