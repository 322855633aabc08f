"""Texts through an IndicTrans2 engine: prepared, in batches of similar lengths, restored, checked, in order.

What fails a check is decoded once more: with what was lost (a number, a name, an English word) put aside, where it
can be put back whole; without rounds of three words; without unknown words. The better of the two counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from samvad import names
from samvad.adequacy import Expected, failures, same_for_different, terms_missing
from samvad.brahmi import BLOCKS, in_devanagari
from samvad.glossary import Place, Term, occurrences
from samvad.indic_processor import processor
from samvad.indictrans2 import BEAMS, Decoding, Engine
from samvad.indictrans2_text import (
    NUMBERS,
    framed,
    guard_colons,
    in_parts,
    is_speech,
    leftovers,
    mended,
    unframed,
)
from samvad.languages import language
from samvad.scripts import LATIN
from samvad.wholewords import replaced

#: What is written into a text in place of a term. IndicProcessor puts such things aside itself and restores them.
MARKS = [f"#zq{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
#: A language of each of Brahmi's scripts, as indicnlp calls it.
OF_SCRIPT = dict(zip(BLOCKS, ["hi", "bn", "pa", "gu", "or", "ta", "te", "kn", "ml"], strict=True))
#: Subwords of a text that is not divided where its translation had no end: it is no longer than it should be.
SHORT = 16
LATIN_WORDS = re.compile(r"[A-Za-z][A-Za-z'-]*(?: [A-Za-z][A-Za-z'-]*)*")


class Decoded(NamedTuple):
    """What the model wrote, and whether it came to an end."""

    text: str
    ended: bool


#: The number of a batch → what came of its texts, in their order: what is there needs no decoding.
Journal = MutableMapping[int, list[Decoded]]


class Restored(NamedTuple):
    """A translation with what was put aside back in its place, as far as that could be."""

    text: str
    #: All that was put aside is there, once.
    whole: bool
    ended: bool
    #: Placeholders that had to be taken out.
    removed: int


class Ask(NamedTuple):
    """A text for the model: with terms put aside, or with none, not even what IndicProcessor would put aside."""

    source: str
    text: str
    marked: tuple[tuple[str, str], ...] = ()
    aside: bool = True


class Translator:
    """Texts of one language → texts of another, by an engine.

    Args:
        expected: the languages, the film's terms and names.
        batch: the most subwords, padding included, and the most sentences of a batch.
        journal: gives what is finished of a pass, by the pass's name.
        beams: how many hypotheses are followed; 1 is greedy.
        again: whether what fails a check is decoded a second time.
    """

    def __init__(
        self,
        engine: Engine,
        expected: Expected,
        batch: tuple[int, int],
        journal: Callable[[str], Journal] = lambda _: {},
        beams: int = BEAMS,
        again: bool = True,
    ) -> None:
        self._engine = engine
        self._expected = expected
        self._tags = (language(expected.source).indictrans2, language(expected.target).indictrans2)
        self._batch = batch
        self._journal = journal
        self._decoding = Decoding(beams)
        self._again = again
        self._measure, self._plain = processor(), processor(inference=False)
        #: How many texts were decoded a second time, and how many placeholders had to be taken out.
        self.retried = self.removed = 0
        #: The texts whose translation is cut off.
        self.cut: set[str] = set()

    def parts_of(self, texts: Iterable[str]) -> dict[str, list[str]]:
        """What is translated of texts: speech, without what stands around it, in parts that the model can hold.

        A text that comes twice is there once; what is no speech is not there.
        """
        inner = dict.fromkeys(frame.text for frame in map(framed, texts))
        return {text: in_parts(text, self._engine.longest, self._length) for text in inner if is_speech(text)}

    def translate(
        self, texts: Sequence[str], parts: Mapping[str, Sequence[str]], advance: Callable[[int], None]
    ) -> list[str]:
        """The translations, in the order of `texts`, of which `parts` are.

        `advance` is told of different parts as they are done. What is no speech stays as it is.
        """
        done = self._checked(sorted({part for several in parts.values() for part in several}), advance)

        def whole(text: str) -> str:
            frame = framed(text)
            if frame.text not in parts:
                return text.strip()
            if not all(done[part].ended for part in parts[frame.text]):
                self.cut.add(text)
            return unframed(frame, " ".join(done[part].text for part in parts[frame.text]))

        return [whole(text) for text in texts]

    def _checked(self, parts: Sequence[str], advance: Callable[[int], None]) -> dict[str, Restored]:
        """Part → translation, the better of two where the first fails a check."""
        first = self._restored("first", [[self._ask(part, self._expected.terms)] for part in parts], advance)
        done = dict(zip(parts, first, strict=True))
        same = {parts[number] for number in same_for_different(parts, [done[part].text for part in parts])}
        wrong = [part for part in parts if part in same or any(self._faults(part, done[part]))]
        if self._again and wrong:
            self.retried = len(wrong)
            otherwise = self._decoding._replace(no_repeat_ngram=3, unknown=False)
            second = self._restored("second", [self._other(part, done[part]) for part in wrong], decoding=otherwise)
            for part, other in zip(wrong, second, strict=True):
                one, two = self._faults(part, done[part]), self._faults(part, other)
                if two < one or (part in same and not any(two)):
                    done[part] = other
        self.removed = sum(one.removed for one in done.values())
        return self._with_terms(done)

    def _faults(self, part: str, found: Restored) -> tuple[bool, bool, int]:
        """What is wrong with a translation, the worst first: whether it is empty, or part of it lost; failed checks."""
        lost = not (found.whole and found.ended)
        return not is_speech(found.text), lost, len(failures(part, found.text, self._expected))

    def _ask(self, part: str, terms: Iterable[Term]) -> Ask:
        """The text with its terms put aside."""
        places = occurrences(list(terms), part)[: len(MARKS)]
        text = part
        for place, mark in reversed(list(zip(places, MARKS, strict=False))):
            text = f"{text[: place.start]} {mark} {text[place.end :]}"
        return Ask(part, " ".join(text.split()), self._marked(places))

    @staticmethod
    def _marked(places: Sequence[Place]) -> tuple[tuple[str, str], ...]:
        return tuple((mark, place.term.target) for place, mark in zip(places, MARKS, strict=False))

    def _other(self, part: str, found: Restored) -> list[Ask]:
        """How to ask a second time, in parts, for what came out so."""
        if not found.ended:
            shorter = in_parts(part, max(SHORT, 2 * self._length(part) // 3), self._length)
            return [self._ask(each, self._expected.terms) for each in shorter]
        if not found.whole:
            # Without anything put aside: the model then sees the number, the address or the name itself.
            return [Ask(part, part, aside=False)]
        lost = [fault for fault in failures(part, found.text, self._expected) if fault.endswith("is missing")]
        own = [Term(name, self._in_target(name)) for name in self._expected.names if f"name {name} is missing" in lost]
        if any(fault.startswith("number") for fault in lost):
            own += [Term(number, number) for number in NUMBERS.findall(part) or re.findall(r"\d+", part)]
        # The model was not trained on two scripts in a sentence: English words in it lead to loops.
        if not lost and language(self._expected.source).script != LATIN:
            own += [Term(words, words) for words in LATIN_WORDS.findall(part)]
        other = self._ask(part, [*self._expected.terms, *own])
        fits = len(self._encoded(self._measure, other)) <= self._engine.longest
        return [other if fits else self._ask(part, self._expected.terms)]

    def _in_target(self, name: str) -> str:
        """A name in the letters of the target language."""
        script = language(self._expected.target).script
        if script == LATIN:
            return names.romanised(name)
        from indicnlp.transliterate.unicode_transliterate import UnicodeIndicTransliterator

        return str(UnicodeIndicTransliterator.transliterate(in_devanagari(name), "hi", OF_SCRIPT[script]))

    def _restored(
        self,
        name: str,
        asked: Sequence[Sequence[Ask]],
        advance: Callable[[int], None] = lambda _: None,
        decoding: Decoding | None = None,
    ) -> list[Restored]:
        """What the model makes of texts, each asked for in parts."""
        asks = [ask for several in asked for ask in several]
        found = iter(zip(asks, self._decoded(name, asks, decoding or self._decoding, advance), strict=True))
        return [_joined([_put_back(*next(found)) for _ in several]) for several in asked]

    def _with_terms(self, done: Mapping[str, Restored]) -> dict[str, Restored]:
        """The translations, in which the model's own rendering of a term gives way to the glossary's."""
        found = dict(done)
        lacking = {part: terms_missing(part, one.text, self._expected) for part, one in done.items()}
        terms = sorted({term.source for several in lacking.values() for term in several})
        if terms:
            asks = [Ask(source, source, aside=False) for source in terms]
            alone = dict(zip(terms, self._decoded("terms", asks, self._decoding, lambda _: None), strict=True))
            for part, several in lacking.items():
                for term in several:
                    own = alone[term.source].text.rstrip(" .।॥۔!")
                    # Articles and the like may come with it; a whole sentence is no rendering of a term.
                    if is_speech(own) and len(own.split()) <= len(term.source.split()) + 2:
                        said = len(occurrences([term], part))
                        found[part] = found[part]._replace(text=replaced(found[part].text, own, term.target, said))
        return found

    def _length(self, text: str) -> int:
        """Subwords of a text, whichever way it is asked for: with terms and numbers put aside, or without."""
        length = len(self._encoded(self._measure, self._ask(text, self._expected.terms)))
        if 2 * length < self._engine.longest:
            return length
        return max(length, len(self._encoded(self._plain, Ask(text, text, aside=False))))

    def _encoded(self, preparing: object, ask: Ask) -> list[int]:
        latin = self._tags[0].endswith(LATIN)
        guarded = ask.text if latin else guard_colons(ask.text, keep_clocks=ask.aside)
        source, target = self._tags
        (prepared,) = preparing.preprocess_batch([guarded], src_lang=source, tgt_lang=target)  # type: ignore[attr-defined]
        ids: list[int] = self._engine.tokenizer.encode(prepared)
        return ids

    def _decoded(
        self, name: str, asks: Sequence[Ask], decoding: Decoding, advance: Callable[[int], None]
    ) -> list[Decoded]:
        """What the model makes of each text, in order; what IndicProcessor put aside is restored."""
        lengths = [len(self._encoded(self._measure if ask.aside else self._plain, ask)) for ask in asks]
        journal = self._journal(name)
        found: dict[int, Decoded] = {}
        for number, batch in enumerate(batches(lengths, *self._batch)):
            if number not in journal:
                journal[number] = self._batch_decoded([asks[at] for at in batch], decoding)
            found.update(zip(batch, journal[number], strict=True))
            advance(len(batch))
        return [found[at] for at in range(len(asks))]

    def _batch_decoded(self, asks: Sequence[Ask], decoding: Decoding) -> list[Decoded]:
        # A new processor each time: what it put aside is queued inside it, and one sentence too
        # few or too many would give all that follow each other's numbers, or wait for ever.
        restoring = processor()
        encoded = []
        for ask in asks:
            encoded.append(self._encoded(restoring if ask.aside else self._plain, ask))
            if not ask.aside:  # its turn among what was put aside
                restoring.preprocess_batch(["-"], src_lang=self._tags[0], tgt_lang=self._tags[1])
        rows = self._engine.generate(encoded, decoding)
        assert len(rows) == len(asks)
        restored = restoring.postprocess_batch([self._engine.tokenizer.decode(row) for row in rows], lang=self._tags[1])
        return [
            Decoded(mended(text, ask.text), self._engine.tokenizer.ended(row))
            for text, ask, row in zip(restored, asks, rows, strict=True)
        ]


def _put_back(ask: Ask, found: Decoded) -> Restored:
    """The text with the terms in their places, and without the placeholders of things that are lost."""
    text = found.text
    whole = all(text.count(mark) == 1 for mark, _ in ask.marked)
    for mark, rendering in ask.marked:
        text = text.replace(mark, rendering)
    left = leftovers(text, ask.source)
    for placeholder in left:
        text = " ".join(text.replace(placeholder, " ").split())
    return Restored(text, whole and not (left and ask.aside), found.ended, len(left))


def _joined(parts: Sequence[Restored]) -> Restored:
    return Restored(
        " ".join(part.text for part in parts),
        all(part.whole for part in parts),
        all(part.ended for part in parts),
        sum(part.removed for part in parts),
    )


def batches(lengths: Sequence[int], subwords: int, sentences: int) -> list[list[int]]:
    """Numbers of the sentences by batch, longest first, each batch of similar lengths.

    A batch has at most `sentences` members and, its padding counted, `subwords`; or one member.

    >>> batches([2, 9, 3, 4], 8, 2)
    [[1], [3, 2], [0]]
    """
    made: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: (-lengths[number], number)):
        full = made and (len(made[-1]) >= sentences or lengths[made[-1][0]] * (len(made[-1]) + 1) > subwords)
        if full or not made:
            made.append([])
        made[-1].append(number)
    return made
