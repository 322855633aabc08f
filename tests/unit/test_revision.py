"""What a person writes instead of the machine's translation, and what is left to be looked at."""

from __future__ import annotations

import doctest
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from revision import written_instead
from samvad import documents, rendering, review
from samvad.documents import Translated, Translation

HEAD = "id\tsource\twritten\tat\tmachine\n"
SAID = [
    ("मोहन कहाँ है?", "Where is Mohan?"),
    ("उसे तीस रुपए दो।", "Give him money."),
    ("हाँ।", "Yes."),
    ("चलो, हम चलें।", "Let's go, we go."),
    ("ला ला", "La la"),
]

Revise = Callable[..., "subprocess.CompletedProcess[str]"]


def translation(said: list[tuple[str, str]] = SAID) -> Translation:
    """A sentence of two seconds every five; the second marked, the last sung."""
    sentences = [Translated(n, 5 * n, 5 * n + 2, text, source) for n, (source, text) in enumerate(said)]
    sentences[1].review = ["number 30 is missing"]
    sentences[-1].song = True
    return Translation("hi", "en", {"translation": "whisper base"}, sentences)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "en.json").write_bytes(documents.encode(translation()))
    return folder


@pytest.fixture
def revise(run_in: Any, film: Path, tmp_path: Path) -> Revise:
    """Runs the stage with the rows of a table, or without a table."""

    def run(*rows: str, language: str = "en", check: bool = True) -> subprocess.CompletedProcess[str]:
        words: list[object] = ["--translation", film / "en.json", "--language", language]
        if rows:
            (tmp_path / "en.edits.tsv").write_text(HEAD + "\n".join(rows), encoding="utf-8")
            words += ["--edits", tmp_path / "en.edits.tsv"]
        done: subprocess.CompletedProcess[str] = run_in(
            "common", "stages/revision.py", *words, "--out", film / "en.revised.json", check=check
        )
        return done

    return run


def texts(film: Path) -> list[str]:
    return [one.text for one in documents.read(film / "en.revised.json", Translation).sentences]


def test_the_examples_in_the_modules_hold() -> None:
    for module in (rendering, review):
        result = doctest.testmod(module)
        assert result.attempted and result.failed == 0


# --- the stage ----------------------------------------------------------------------------------------------


def test_what_a_person_wrote_stands_there_and_what_the_machine_wrote_beside_it(revise: Revise, film: Path) -> None:
    done = revise("1\tउसे तीस रुपए दो।\tGive him thirty rupees.", "2\tहाँ।\tYes.\t\tYes.", "3\tचलो हम चलें\t")
    assert "film: 1 corrected, 1 dropped by" in done.stderr and "fit no line" not in done.stderr
    found = documents.read(film / "en.revised.json", Translation).sentences
    assert [one.id for one in found] == [0, 1, 2, 4]  # ids say the same before and after
    assert [one.text for one in found] == ["Where is Mohan?", "Give him thirty rupees.", "Yes.", "La la"]
    assert [one.translated for one in found] == [None, "Give him money.", None, None]
    assert [one.review for one in found] == [[], [], [], []]
    assert all(one.phrases[0].text == one.text for one in found)


def test_an_untouched_table_and_none_make_the_same(revise: Revise, film: Path) -> None:
    revise()
    before = (film / "en.revised.json").read_bytes()
    done = revise(*(f"{n}\t{source}\t{text}\t{5 * n}\t{text}" for n, (source, text) in enumerate(SAID)))
    assert "corrected" not in done.stderr
    assert (film / "en.revised.json").read_bytes() == before


def test_an_edit_follows_its_sentence_and_stays_where_only_punctuation_changed(revise: Revise, film: Path) -> None:
    moved = [("कौन?", "Who?"), ("मोहन — कहाँ है", "Where's Mohan?"), *SAID[1:]]
    (film / "en.json").write_bytes(documents.encode(translation(moved)))
    revise("0\tमोहन कहाँ है?\tWhere did Mohan go?")
    assert texts(film)[:3] == ["Who?", "Where did Mohan go?", "Give him money."]


def test_an_edit_whose_sentence_was_heard_anew_is_set_aside_and_kept(revise: Revise, film: Path) -> None:
    changed = [("मोहन यहाँ है?", "Is Mohan here?"), *SAID[1:]]
    (film / "en.json").write_bytes(documents.encode(translation(changed)))
    row = "0\tमोहन कहाँ है?\tWhere did Mohan go?\t0:00:00.0"
    done = revise(row)
    edits = film.parent / "en.edits.tsv"
    log = film / "log" / "revision.en.log"
    assert f"film: 0 corrected, 0 dropped by {edits}; 1 of it fit no line: see {log}, then mend" in done.stderr
    assert f"{edits}:2: set aside, no line there says so any more: 0: मोहन कहाँ है?" in log.read_text(encoding="utf-8")
    assert texts(film)[0] == "Is Mohan here?"
    assert edits.read_text(encoding="utf-8") == HEAD + row
    record = json.loads((film / "run" / "revision.en.json").read_text(encoding="utf-8"))
    assert record["corrections"]["set_aside"][0]["row"] == 2
    assert record["sentences"] == {"all": 5, "marked_for_review": 1}


def test_what_is_marked_is_listed_in_the_log(revise: Revise, film: Path) -> None:
    revise()
    log = (film / "log" / "revision.en.log").read_text(encoding="utf-8")
    assert "    1  0:00:05.0  number 30 is missing: उसे तीस रुपए दो। → Give him money." in log


def test_a_translation_into_another_language_is_refused_in_one_line(revise: Revise, film: Path) -> None:
    done = revise(language="ta", check=False)
    assert done.returncode == 1 and "is in 'en', not in 'ta'. Remove it and type: make" in done.stderr
    assert "Traceback" not in done.stderr and not (film / "en.revised.json").exists()


# --- one sentence ---------------------------------------------------------------------------------------------


def test_a_sentence_that_a_person_leaves_as_it_is_needs_no_review_any_more() -> None:
    found = written_instead(Translated(1, 0, 1, "Yes.", "हाँ।", review=["short"]), "Yes.")
    assert found and (found.text, found.translated, found.review) == ("Yes.", None, [])


def test_notes_are_the_transcripts_business_and_nothing_but_notes_is_nothing() -> None:
    sung = Translated(1, 0, 1, "La la", "ला ला", song=True)
    found = written_instead(sung, "♪ La la la ♪")
    assert found and (found.text, found.song) == ("La la la", True)
    assert written_instead(sung, "♪") is None


# --- at the end of the run -----------------------------------------------------------------------------------------


def test_the_end_of_the_run_counts_what_is_marked_and_shows_the_first_of_it_safely() -> None:
    document = translation()
    assert review.closing(document, "demo") == [
        "  English: 1 of 5 sentences marked for review, all of them listed by: make review MOVIE=demo",
        "    0:00:05.0  उसे तीस रुपए दो। → Give him money. (number 30 is missing)",
    ]
    for sentence in document.sentences:
        sentence.review = ["a\x1b[2J\nb\u202e"]
        sentence.text = "हा" * 500
    lines = review.closing(document, "demo")
    assert len(lines) == 1 + review.LISTED
    assert all(letter.isprintable() for line in lines for letter in line)
    assert all(len(line) < 200 for line in lines)
    assert review.closing(Translation("hi", "en", {}, []), "demo") == []
