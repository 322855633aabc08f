"""What is finished of a target outlives the process, for a run of the same key only."""

from __future__ import annotations

from pathlib import Path

import pytest

from samvad.documents import Span
from samvad.journal import Journal


def test_what_was_set_is_there_in_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / ".journal" / "asr.json"
    first = Journal(path, "key", list[Span])
    first[0] = [Span(0.1, 1 / 3)]
    first[2] = []
    assert Journal(path, "key", list[Span]) == first == {0: [Span(0.1, 1 / 3)], 2: []}


def test_another_key_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "asr.json"
    Journal(path, "SRC hi", list[Span])[0] = [Span(0, 1)]
    assert Journal(path, "SRC ur", list[Span]) == {}
    assert Journal(path, "SRC hi", list[Span]) == {}  # and the old one's entries are gone for good


@pytest.mark.parametrize("cut", range(1, 24))
def test_a_line_that_was_cut_short_counts_as_not_written(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "asr.json"
    journal = Journal(path, "key", list[Span])
    journal[0] = [Span(0, 1)]
    whole = path.stat().st_size
    journal[1] = [Span(1, 2)]
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - cut)
    resumed = Journal(path, "key", list[Span])
    assert resumed == {0: [Span(0, 1)]} and path.stat().st_size == whole
    resumed[1] = [Span(1, 3)]
    assert Journal(path, "key", list[Span]) == {0: [Span(0, 1)], 1: [Span(1, 3)]}


@pytest.mark.parametrize(
    "content", [b"", b"\n", b'"ke', b"\xff\x00", b'"key"\nnonsense\n[0,[]]\n', b'"key"\n[0,[7]]\n']
)
def test_a_file_that_is_no_journal_is_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "asr.json"
    path.write_bytes(content)
    assert Journal(path, "key", list[Span]) == {}
    assert path.read_bytes() == b'"key"\n'
