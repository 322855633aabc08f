"""Texts through an IndicTrans2 engine: prepared, in batches of similar lengths, restored, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from samvad.indictrans2_text import framed, guard_colons, in_parts, is_speech, leftovers, mended


class Engine(Protocol):
    """What runs the model: samvad.indictrans2 is one."""

    longest: int
    tokenizer: Any

    def generate(self, batch: Sequence[Sequence[int]]) -> list[list[int]]:
        """Target ids for source ids, in the same order."""
        ...


class Translator:
    """Texts of one language → texts of another, by an engine."""

    def __init__(self, engine: Engine, source: str, target: str, batch: tuple[int, int]) -> None:
        from IndicTransToolkit import IndicProcessor

        self._processor = IndicProcessor
        self._engine = engine
        self._source, self._target = source, target
        self._batch = batch
        #: How many translations had placeholders that could not be restored.
        self.retried = 0
        self.removed = 0

    def translate(self, texts: Sequence[str], advance: Callable[[int], None]) -> list[str]:
        """The translations, in the order of `texts`. `advance` is told of texts as they are done.

        A text that comes twice is translated once; what is no speech stays as it is.
        """
        frames = {text: framed(text) for text in texts}
        parts = {
            frame.text: in_parts(frame.text, self._engine.longest, self._length)
            for frame in frames.values()
            if is_speech(frame.text)
        }
        done = self._all(sorted({part for several in parts.values() for part in several}), advance, True)
        lost = [part for part in done if leftovers(done[part], part)]
        self.retried = len(lost)
        # Once more without placeholders: the model then sees the number or address itself.
        done.update(self._all(lost, lambda number: None, False))
        for part in lost:
            for left in leftovers(done[part], part):
                self.removed += 1
                done[part] = " ".join(done[part].replace(left, " ").split())

        def whole(text: str) -> str:
            before, inner, after = frames[text]
            if inner not in parts:
                return text.strip()
            return before + " ".join(done[part] for part in parts[inner]) + after

        return [whole(text) for text in texts]

    def _length(self, text: str) -> int:
        return len(self._encoded(self._processor(inference=True), text, True))

    def _encoded(self, processor: Any, text: str, aside: bool) -> list[int]:
        guarded = guard_colons(text, keep_clocks=aside) if not self._source.endswith("Latn") else text
        (prepared,) = processor.preprocess_batch([guarded], src_lang=self._source, tgt_lang=self._target)
        ids: list[int] = self._engine.tokenizer.encode(prepared)
        # One word of more than 256 subwords is noise; the model could not place the rest of it.
        return ids if len(ids) <= self._engine.longest else [*ids[: self._engine.longest - 1], ids[-1]]

    def _all(self, texts: Sequence[str], advance: Callable[[int], None], aside: bool) -> dict[str, str]:
        """Text → translation. `aside`: numbers, addresses and the like are put aside and restored."""
        lengths = [self._length(text) for text in texts]
        done: dict[str, str] = {}
        for batch in batches(lengths, *self._batch):
            chosen = [texts[number] for number in batch]
            # A new processor each time: what it put aside is queued inside it, and one sentence too
            # few or too many would give all that follow each other's numbers, or wait for ever.
            before, after = self._processor(inference=aside), self._processor(inference=True)
            encoded = [self._encoded(before, text, aside) for text in chosen]
            if aside:
                after = before
            else:
                after.preprocess_batch(["-"] * len(chosen), src_lang=self._source, tgt_lang=self._target)
            texts_out = [self._engine.tokenizer.decode(row) for row in self._engine.generate(encoded)]
            assert len(texts_out) == len(chosen)
            restored = after.postprocess_batch(texts_out, lang=self._target)
            done.update(zip(chosen, map(mended, restored, chosen), strict=True))
            advance(len(chosen))
        return done


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
