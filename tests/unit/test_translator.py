"""Sentences through a translator whose model is a table: what it is asked, how often, and what is made of it."""

from __future__ import annotations

import contextlib
import doctest
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from samvad import documents, indictrans2_text, sentence_translation, translator, wholewords
from samvad.adequacy import Expected
from samvad.documents import Sentence, Sentences
from samvad.glossary import Term
from samvad.indictrans2 import Decoding
from samvad.indictrans2_text import framed
from samvad.translator import Decoded, Translator


class Processor:
    """As IndicProcessor: numbers of four digits and what begins with # are put aside and restored in turn."""

    def __init__(self, inference: bool = True) -> None:
        self._inference = inference
        self._queue: list[dict[str, str]] = []

    def preprocess_batch(self, texts: Sequence[str], src_lang: str, tgt_lang: str) -> list[str]:
        made = []
        for text in texts:
            aside = re.findall(r"#\w+|\d+:\d+", text) if self._inference else []
            for number, found in enumerate(aside, 1):
                text = text.replace(found, f"<ID{number}>")
            self._queue.append({f"<ID{number}>": found for number, found in enumerate(aside, 1)})
            made.append(f"{src_lang} {tgt_lang} {text}")
        return made

    def postprocess_batch(self, texts: Sequence[str], lang: str) -> list[str]:
        made = []
        for text in texts:
            for placeholder, found in self._queue.pop(0).items():
                text = text.replace(placeholder, found)
            made.append(text)
        assert not self._queue
        return made


class Model:
    """A table as an engine; ids are the text's code points, and 0 the end, which an answer with a ~ does not reach."""

    longest = 45

    def __init__(self, table: dict[str, str | tuple[str, str]]) -> None:
        self.table = table
        self.asked: list[tuple[str, int]] = []
        self.tokenizer = self

    def encode(self, prepared: str) -> list[int]:
        return [ord(letter) for letter in prepared.split(" ", 2)[2]]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(one) for one in ids if one)

    def ended(self, ids: Sequence[int]) -> bool:
        return ids[-1] == 0

    def knows(self, tag: str) -> bool:
        return True

    def generate(self, batch: Sequence[Sequence[int]], decoding: Decoding = Decoding()) -> list[list[int]]:  # noqa: B008
        answers = []
        for row in batch:
            text = self.decode(row)
            self.asked.append((text, decoding.no_repeat_ngram))
            answer = self.table.get(text, "It is so.")
            answers.append(answer if isinstance(answer, str) else answer[bool(decoding.no_repeat_ngram)])
        return [[ord(letter) for letter in answer.rstrip("~")] + [0] * (answer[-1:] != "~") for answer in answers]


@pytest.fixture(autouse=True)
def _processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translator, "processor", Processor)


def translated(model: Model, texts: list[str], expected: Expected = Expected("hi", "en"), **more: Any) -> list[str]:  # noqa: B008
    made = Translator(model, expected, (120, 4), **more)  # type: ignore[arg-type]
    return made.translate(texts, made.parts_of(texts), lambda _: None)


def test_the_examples_in_the_modules_hold() -> None:
    for module in (indictrans2_text, translator, wholewords):
        result = doctest.testmod(module)
        assert result.attempted and result.failed == 0


def test_a_thousand_dots_take_no_time_and_smaller_than_is_no_markup() -> None:
    began = time.perf_counter()
    assert framed("क" + "." * 1000 + "ख" + ". .." * 1000).text.startswith("क....")
    assert framed("." * 1000) == ("." * 1000, "", "")
    assert time.perf_counter() - began < 0.5
    assert framed("5 < 6 और 7 > 3").text == "5 < 6 और 7 > 3"


def test_repeats_are_asked_once_and_order_is_kept() -> None:
    model = Model({"हाँ।": "Yes.", "वह कल सुबह आएगा।": "He comes tomorrow."})
    texts = ["हाँ।", "वह कल सुबह आएगा।", "♪ हाँ। ♪", "…", "हाँ।", "", "- हाँ।—"]
    assert translated(model, texts) == ["Yes.", "He comes tomorrow.", "♪ Yes. ♪", "…", "Yes.", "", "- Yes—"]
    assert sorted(text for text, _ in model.asked) == ["वह कल सुबह आएगा।", "हाँ।"]


def test_a_term_is_put_aside_and_its_rendering_put_back() -> None:
    terms = [Term("सूर्या", "Surya")]
    model = Model({"<ID1> घर आया।": "<ID1> came home."})
    assert translated(model, ["सूर्या घर आया।"], Expected("hi", "en", terms)) == ["Surya came home."]
    assert model.asked == [("<ID1> घर आया।", 0)]


def test_a_term_that_does_not_come_back_is_written_over_what_the_model_makes_of_it() -> None:
    terms = [Term("सूर्या", "Surya")]
    model = Model({"<ID1> घर आया।": "He came home.", "सूर्या घर आया।": "The Sun came home.", "सूर्या": "The Sun."})
    assert translated(model, ["सूर्या घर आया।"], Expected("hi", "en", terms)) == ["Surya came home."]
    model.table["सूर्या"] = "The Sun came home"  # no rendering of a term
    assert translated(model, ["सूर्या घर आया।"], Expected("hi", "en", terms)) == ["The Sun came home."]
    model.table["सूर्या"] = "Sunny"
    assert translated(model, ["सूर्या घर आया।"], Expected("hi", "en", terms)) == ["The Sun came home."]


def test_a_term_is_written_only_over_its_own_rendering() -> None:
    terms = [Term("आशा", "Asha")]

    def of(said: str, *sources: str) -> list[str]:
        table = {re.sub("आशा", "<ID1>", source): said for source in sources} | dict.fromkeys(sources, said)
        return translated(Model({**table, "आशा": "Hope."}), list(sources), Expected("hi", "en", terms))

    assert of("I hope that Hope comes.", "मैं चाहता हूँ आशा आए") == ["I hope that Asha comes."]
    assert of("Hope that Hope comes.", "चाहता हूँ आशा आए") == ["Hope that Hope comes."]
    assert of("Hope! Hope, come!", "आशा! आशा, आओ!") == ["Asha! Asha, come!"]


def test_no_translation_is_emptied_because_something_put_aside_was_lost() -> None:
    terms = [Term("सूर्या", "Surya"), Term("घर", "home")]
    said = "सूर्या 10:30 पर घर आया।"
    # Without a second try what is left of the first one counts, and its terms that are there.
    model = Model({"<ID1> <ID2> पर <ID3> आया।": "<ID1> came then <ID3>, <ID3>, <ID9>."})
    (text,) = translated(model, [said], Expected("hi", "en", terms), again=False)
    assert text == "Surya came then home, home, ."
    # And the second try counts, however many faults it has: so many things are missing in it.
    numbers = " ".join(map(str, range(500, 512)))
    model = Model({f"सूर्या {numbers}": "They came."})
    model.longest = 200  # type: ignore[misc]
    assert translated(model, [f"सूर्या {numbers}"], Expected("hi", "en", terms)) == ["They came."]
    # Nothing at all is worse than any fault.
    assert translated(Model({"वह 412 बार आया।": ("", "He came <unk>.")}), ["वह 412 बार आया।"]) == ["He came <unk>."]


def test_what_was_cut_off_is_asked_for_in_shorter_parts_and_else_said_to_be_cut() -> None:
    first, second = "वह कल दिल्ली से आया था,", "फिर घर चला गया।"
    text = f"{first} {second}"
    table: dict[str, str | tuple[str, str]] = {
        text: "He came from~",
        first: "He came from Delhi,",
        second: "then went.",
    }
    model = Model(table)
    made = Translator(model, Expected("hi", "en"), (120, 4))  # type: ignore[arg-type]
    assert made.translate([text], made.parts_of([text]), lambda _: None) == ["He came from Delhi, then went."]
    assert made.cut == set()
    model.table[second] = "then he~"
    made = Translator(model, Expected("hi", "en"), (120, 4))  # type: ignore[arg-type]
    assert made.translate([text], made.parts_of([text]), lambda _: None) == ["He came from"]
    assert made.cut == {text}


def test_a_name_that_was_translated_by_its_meaning_is_asked_for_again_put_aside() -> None:
    model = Model({"आशा घर आई।": "Hope came home.", "<ID1> घर आई।": "<ID1> came home."})
    assert translated(model, ["आशा घर आई।"], Expected("hi", "en", names=["आशा"])) == ["Asha came home."]


def test_a_lost_number_is_asked_for_again_put_aside() -> None:
    model = Model({"कमरा 412 में": "In the room", "कमरा <ID1> में": "In room <ID1>"})
    assert translated(model, ["कमरा 412 में"]) == ["In room 412"]
    assert [text for text, _ in model.asked] == ["कमरा 412 में", "कमरा <ID1> में"]


def test_a_loop_is_decoded_again_and_the_better_one_kept() -> None:
    model = Model({"वह आया।": ("He came came came came.", "He came.")})
    assert translated(model, ["वह आया।"]) == ["He came."]
    model = Model({"वह आया।": ("He came came came came.", "आया आया आया आया <unk>")})
    assert translated(model, ["वह आया।"]) == ["He came came came came."]
    model.asked.clear()
    translated(model, ["वह आया।"], again=False)
    assert model.asked == [("वह आया।", 0)]


def test_different_sentences_with_one_translation_are_decoded_again() -> None:
    model = Model({"वह आया।": "He has come.", "वह गया।": ("He has come.", "He has gone.")})
    assert translated(model, ["वह आया।", "वह गया।"]) == ["He has come.", "He has gone."]


def test_an_invented_placeholder_is_translated_without_any_and_taken_out_if_it_stays() -> None:
    model = Model({"उसे बुलाओ।": "<ID7> Call him."})
    made = Translator(model, Expected("hi", "en"), (120, 4))  # type: ignore[arg-type]
    (text,) = made.translate(["उसे बुलाओ।"], made.parts_of(["उसे बुलाओ।"]), lambda _: None)
    assert text == "Call him." and (made.retried, made.removed) == (1, 1)


def test_a_long_sentence_is_cut_at_a_clause_and_nothing_of_it_is_lost() -> None:
    first, second = "वह कल सुबह दिल्ली से आया था और,", "फिर शाम को वह अपने घर वापस चला गया।"
    model = Model({first: "He came from Delhi and,", second: "then he went home."})
    assert translated(model, [f"{first} {second}"]) == ["He came from Delhi and, then he went home."]


def test_what_a_journal_has_is_not_decoded_again() -> None:
    texts = [f"वाक्य {'क' * number}।" for number in range(1, 10)]
    model = Model({text: f"Sentence {number}." for number, text in enumerate(texts)})
    journals: dict[str, dict[int, list[Decoded]]] = {}
    whole = translated(model, texts, journal=lambda name: journals.setdefault(name, {}))
    batches = len(journals["first"])
    assert batches > 2
    del journals["first"][1]
    model.asked.clear()
    assert translated(model, texts, journal=lambda name: journals.setdefault(name, {})) == whole
    assert 0 < len(model.asked) < len(texts) and len(journals["first"]) == batches


class Run:
    """What of a stage's run a translation needs."""

    film, log = "film", "log"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {}
        self.journals: list[tuple[Path, ...]] = []
        self.said: list[str] = []
        self.say = self.said.append

    def journal(self, _: object, *inputs: Path, part: str) -> dict[int, list[Decoded]]:
        self.journals.append(inputs)
        return {}

    @contextlib.contextmanager
    def progress(self, *_: object) -> Iterator[Any]:
        yield SimpleNamespace(advance=lambda _: None)


def test_the_stage_marks_what_is_cut_off_and_its_journal_depends_on_all_that_a_person_wrote(tmp_path: Path) -> None:
    sentences, terms, cast = (tmp_path / name for name in ("sentences.json", "glossary.tsv", "names.txt"))
    said = [Sentence(0, 0, 1, "वह आया।"), Sentence(1, 1, 2, "वह गया।")]
    sentences.write_bytes(documents.encode(Sentences("hi", {}, said)))
    terms.write_text("घर\thome\nमोहन    Mohan\n", encoding="utf-8")
    cast.write_text("मोहन\n", encoding="utf-8")
    run = Run()
    model = Model({"वह आया।": "He came.", "वह गया।": "He went~"})
    given = [[tmp_path], "tiny", ["hi"], "en", terms, cast, "cpu", 1, 5, True]
    found = sentence_translation.work(run, lambda *_: model, sentences, *given)  # type: ignore[arg-type]
    assert [(one.text, one.review) for one in found.sentences] == [
        ("He came.", []),
        ("He went", ["its end is cut off"]),
    ]
    assert run.journals and set(run.journals) == {(sentences, terms, cast)}
    assert run.said == [f"  film: 1 line of {terms} without a translation after a tab, passed by: see log"]
