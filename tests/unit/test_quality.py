"""The measures of the test set for recognition, and its script."""

from __future__ import annotations

import doctest
import json
import tomllib
from pathlib import Path

from tests import measure
from tests.quality import table
from tests.quality.table import Heard, Part, Truth, Word

ROOT = Path(__file__).parents[2]

SAID = [measure.Cue(1.0, 3.0, "चाय पीते हैं।"), measure.Cue(11.0, 13.0, "मीटिंग कब है?")]
TRUTH = Truth(
    [
        Part("tea", 0.0, 5.0, [SAID[0]], [Word(1.0, 1.5, "चाय"), Word(2.0, 3.0, "पीते")]),
        Part("music", 5.0, 10.0, [], []),
        Part("office", 10.0, 15.0, [SAID[1]], []),
    ],
    {"meeting": "मीटिंग"},
)


def heard(*segments: measure.Cue) -> Heard:
    return Heard(
        list(segments), [Word(cue.start, cue.end, text, timed=False) for cue in segments for text in cue.text.split()]
    )


def test_the_truth_itself_has_no_error() -> None:
    row = table.rows(TRUTH, heard(*SAID))["all"]
    assert (row.wer, row.cer, row.consonants, row.script) == (0, 0, 0, 1)
    assert (row.missed, row.invented, row.added, row.line_mae) == (0, 0, 0, 0)


def test_another_spelling_of_an_english_word_is_no_error() -> None:
    row = table.rows(TRUTH, heard(SAID[0], measure.Cue(11.0, 13.0, "Meeting कब है")))["office"]
    assert row.wer == 0
    assert row.script is not None and row.script < 1


def test_another_script_is_an_error_of_letters_and_none_of_consonants() -> None:
    row = table.rows(TRUTH, heard(measure.Cue(1.0, 3.0, "چائے پیتے ہیں"), SAID[1]))["tea"]
    assert (row.wer, row.consonants, row.script) == (1, 0, 0)


def test_a_line_that_nobody_heard_is_missed_where_it_was_said() -> None:
    rows = table.rows(TRUTH, heard(SAID[0]))
    assert rows["office"].wer == 1 and rows["tea"].wer == 0
    assert rows["office"].missed == rows["all"].missed == 2.0
    assert rows["office"].line_mae == table.LOST


def test_words_over_music_are_invented_and_spoil_no_other_part() -> None:
    rows = table.rows(TRUTH, heard(SAID[0], measure.Cue(6.0, 9.0, "देखने के लिए धन्यवाद"), SAID[1]))
    assert rows["music"].invented == 3.0 and rows["music"].added > 10
    assert rows["tea"].wer == rows["office"].wer == 0
    assert rows["music"].wer is None


def test_a_segment_stretched_over_silence_is_invented_time() -> None:
    rows = table.rows(TRUTH, heard(measure.Cue(1.0, 13.0, "चाय पीते हैं। मीटिंग कब है?")))
    assert rows["all"].missed == 0
    assert round(rows["all"].invented, 6) == 8.0 - 2 * table.SLACK


def test_words_are_compared_where_their_consonants_agree() -> None:
    words = [Word(1.1, 1.5, "चाय"), Word(2.0, 3.0, "गाते")]
    row = table.rows(TRUTH, Heard([SAID[0]], words))["tea"]
    assert row.words_found == 0.5
    assert row.word_mae is not None and abs(row.word_mae - 0.05) < 1e-9


def test_the_same_word_in_another_part_is_not_compared() -> None:
    rows = table.rows(TRUTH, Heard([SAID[0]], [Word(12.0, 13.0, "चाय")]))
    assert rows["tea"].words_found is None


def test_shared_out_times_are_no_word_times() -> None:
    assert table.rows(TRUTH, heard(*SAID))["all"].word_mae is None


def test_the_examples_in_the_measures_hold() -> None:
    assert doctest.testmod(measure).failed == doctest.testmod(table).failed == 0


def test_the_script_is_long_varied_and_its_own() -> None:
    script = tomllib.loads((ROOT / "tests/quality/script.toml").read_text(encoding="utf-8"))
    lines = [line for part in script["parts"] for line in part.get("lines", ())]
    assert len(lines) == len(set(lines)) >= 120
    heard_before = json.loads((ROOT / "tests/data/hindi_heard.json").read_text(encoding="utf-8"))
    others = (
        *((path.read_text(encoding="utf-8")) for path in (ROOT / "stages/samvad/data").glob("*.txt")),
        (ROOT / "tests/demo/dialogue.toml").read_text(encoding="utf-8"),
        *(entry["truth"] for entries in heard_before.values() for entry in entries),
    )
    known = " ".join(map(measure.lenient, others))
    assert not [line for line in lines if len(line.split()) > 2 and measure.lenient(line) in known]


def test_other_spellings_are_of_words_that_are_said() -> None:
    script = tomllib.loads((ROOT / "tests/quality/script.toml").read_text(encoding="utf-8"))
    said = measure.lenient(" ".join(line for part in script["parts"] for line in part.get("lines", ()))).split()
    assert [word for word in script["spellings"].values() if measure.lenient(word) not in said] == []
