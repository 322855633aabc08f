"""Sentences through a language model: in batches that a request can hold, halved where a reply is no good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from samvad.adequacy import Expected, failures
from samvad.documents import Sentence
from samvad.llm import Refused, Server, Unusable
from samvad.llm_prompt import Prompt, Told, room, schema
from samvad.problem import Problem

#: The most sentences and letters of a batch. 177 sentences of generated film talk, with context and the reply's
#: room, came to at most 3,694 tokens a request (Mistral's 32k vocabulary; 3,065 with its 131k one): 4,096 hold it.
SENTENCES, LETTERS = 12, 600
#: Seconds of silence that part two scenes. A batch that would end near one ends there.
SCENE = 4.0
#: Sentences before a batch that are sent with their translations.
CONTEXT = 6
#: How freely one sentence alone is asked for, try by try: asked the same way, the model says the same again.
TEMPERATURES = (0.0, 0.4, 0.8)


def batches(sentences: Iterable[Sentence]) -> list[list[Sentence]]:
    """The sentences in batches of one kind, sung or said, that end at a scene's end where one is near.

    They depend on the sentences alone, so that a run which goes on where another stopped makes the same ones.

    >>> said = [Sentence(n, start, start + 1, "a") for n, start in enumerate([*range(0, 40, 4), 60, 64, 68, 72])]
    >>> [len(batch) for batch in batches(said)]
    [10, 4]
    """
    made: list[list[Sentence]] = []
    for _, alike in groupby(sentences, key=lambda sentence: sentence.song):
        left = list(alike)
        while left:
            end = _end(left)
            made.append(left[:end])
            left = left[end:]
    return made


def _end(left: Sequence[Sentence]) -> int:
    """How many sentences the first batch of `left` has."""
    end, letters = 1, len(left[0].text)
    while end < min(len(left), SENTENCES) and letters + len(left[end].text) <= LETTERS:
        letters += len(left[end].text)
        end += 1
    if end == len(left):
        return end
    # The last scene's end in the second half of the batch.
    for place in range(end, end // 2, -1):
        if left[place].start - left[place - 1].end >= SCENE:
            return place
    return end


class Translator:
    """A film's batches, one after the other, by a model and a prompt; `expected` is what sentences must keep."""

    def __init__(self, server: Server, prompt: Prompt, expected: Expected) -> None:
        self._server = server
        self._prompt = prompt
        self._expected = expected
        #: How many batches were halved, and how many sentences asked for alone once more.
        self.halvings = 0
        self.retried = 0

    def translate(self, batch: Sequence[Sentence], before: Sequence[Told]) -> list[str | None]:
        """The translations in order; None where the model gave none. `before` precedes the batch.

        Raises: Problem where the server takes no request at all.
        """
        try:
            return [*self._checked(batch, self._once(batch, before, TEMPERATURES[0]), before)]
        except Unusable as why:
            print(f"sentences {batch[0].id}–{batch[-1].id}: {why}")
            if len(batch) == 1:
                return [self._again(batch[0], before, why)]
        self.halvings += 1
        middle = len(batch) // 2
        first = self.translate(batch[:middle], before)
        return first + self.translate(batch[middle:], context(before, told(batch, first)))

    def _once(self, batch: Sequence[Sentence], before: Sequence[Told], temperature: float) -> list[str]:
        messages = self._prompt.messages(batch, before)
        reply = self._server.ask(messages, schema(len(batch)), room(batch), temperature)
        return self._prompt.read(reply, batch)

    def _checked(self, batch: Sequence[Sentence], texts: Sequence[str], before: Sequence[Told]) -> list[str]:
        """The texts; one that a check finds fault with is asked for once more, alone, and the better of two kept."""
        kept = list(texts)
        for place, sentence in enumerate(batch):
            faults = failures(sentence.text, kept[place], self._expected)
            if not faults:
                continue
            self.retried += 1
            print(f"sentence {sentence.id}: {'; '.join(faults)}: {kept[place]}")
            near = context(before, told(batch[:place], kept))
            try:
                other = self._once([sentence], near, TEMPERATURES[1])[0]
            except Unusable as why:
                print(f"sentence {sentence.id}: {why}")
                continue
            if len(failures(sentence.text, other, self._expected)) < len(faults):
                kept[place] = other
        return kept

    def _again(self, sentence: Sentence, before: Sequence[Told], why: Unusable) -> str | None:
        """One sentence that failed once, tried more freely."""
        if isinstance(why, Refused):
            if self._server.manner is None:
                said = f"{self._server.address} takes no request: {why}"
                raise Problem(said, "Check MT_MODEL and how much context the server gives it")
            return None
        self.retried += 1
        for temperature in TEMPERATURES[1:]:
            try:
                return self._once([sentence], before, temperature)[0]
            except Unusable as error:
                print(f"sentence {sentence.id}, temperature {temperature}: {error}")
        return None


def told(sentences: Iterable[Sentence], texts: Iterable[str | None]) -> list[Told]:
    """The sentences that have a translation, with it; `texts` may be fewer than `sentences`."""
    return [Told(sentence, text) for sentence, text in zip(sentences, texts, strict=False) if text]


def context(before: Sequence[Told], then: Sequence[Told]) -> list[Told]:
    """The last of what was said before and then."""
    return [*before, *then][-CONTEXT:]
