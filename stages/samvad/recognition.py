"""Hearing a whole film, chunk by chunk, by any engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from functools import cache

from msgspec import Struct

from samvad import inventions, pauses
from samvad.audio import Audio, clip
from samvad.documents import Recognition, Removed, Segment, Span, Speech, covered
from samvad.engine import Engine, Heard, failed, whisper_code
from samvad.languages import language as language_of
from samvad.languages import script_of
from samvad.loudness import levels
from samvad.progress import Progress
from samvad.scripts import FOREIGN, LATIN, better, foreign_share, foreign_tokens, script_share
from samvad.sentences import words_of
from samvad.utterances import BREATH, clean_words, in_script, segments_from

#: Seconds of speech without words after which it is listened to once more.
MISSED = 1.0

#: Share of Latin letters from which a chunk of at least so many characters is taken for romanised, unless it
#: sounds English.
ROMANISED, ENOUGH = 0.8, 20


class Batch(Struct):
    """What was heard in the chunks that are handed over together: the journal's entry."""

    #: Whisper's code that is asked for from here on: all that a batch leaves to the next one.
    code: str
    segments: list[Segment] = []
    removed: list[Removed] = []


def recognise(
    engine: Engine,
    audio: Audio,
    speech: Speech,
    language: str,
    progress: Progress,
    *,
    name: str,
    model: str,
    journal: MutableMapping[int, Batch],
    spoken: Sequence[str] = (),
) -> Recognition:
    """Hears all chunks of a film, but for those that the journal has.

    Args:
        language: the code of config/languages.json.
        progress: counts seconds of chunks, so its total is `documents.covered(speech.chunks)`.
        name: the engine's name in the document ("whisperx" or "mlx").
        model: the model's name in the document.
        journal: number of the batch → what was heard in it; what is heard is added.
        spoken: the language of each chunk, where not all are in `language`.
    """
    batches = batches_of(speech.chunks, spoken or [language] * len(speech.chunks), engine.together)
    progress.resume(sum(covered(chunks) for number, (_, chunks) in enumerate(batches) if number in journal))
    codes = {own: whisper_code(own) for own, _ in batches}
    decided: set[str] = set()
    segments: list[Segment] = []
    removed: list[Removed] = []
    for number, (own, chunks) in enumerate(batches):
        if number not in journal:
            journal[number] = _hear(engine, audio, chunks, speech.speech, own, codes[own], model, own not in decided)
            progress.advance(covered(chunks))
        # Taken from the journal in any case: a run that was never disturbed gives the same bytes.
        heard = journal[number]
        codes[own] = heard.code
        if heard.segments:
            decided.add(own)
        for part in (*heard.segments, *heard.removed):
            part.language = own if own != language else None
        segments += heard.segments
        removed += heard.removed
    kept, invented = inventions.sifted(sorted(segments, key=lambda part: part.start))
    removed = sorted(removed + invented, key=lambda part: part.start)
    for parts in (kept, removed):
        for number, part in enumerate(parts):
            part.id = number
    return Recognition(language=language, engine=name, model=model, segments=kept, removed=removed)


def batches_of(chunks: Sequence[Span], spoken: Sequence[str], together: int) -> list[tuple[str, list[Span]]]:
    """(language, chunks that are handed over at once), fixed beforehand by nothing but the chunks and the engine.

    One language after the other. Longest first, so that those of a batch are finished at about the same
    time; and the very longest alone, for it may show that Hindi is to be asked for as Urdu.

    >>> chunks = [Span(0, 9), Span(10, 12), Span(20, 50), Span(60, 65), Span(70, 71)]
    >>> [(own, [part.start for part in batch]) for own, batch in batches_of(chunks, ["hi", "hi", "hi", "hi", "en"], 2)]
    [('hi', [20]), ('hi', [0, 60]), ('hi', [10]), ('en', [70])]
    """
    batches: list[tuple[str, list[Span]]] = []
    for language in dict.fromkeys(spoken):
        own = [chunk for chunk, code in zip(chunks, spoken, strict=True) if code == language]
        own.sort(key=lambda chunk: (chunk.start - chunk.end, chunk.start))
        starts = [0, *range(1, len(own), together)] if together > 1 else list(range(len(own)))
        ends = [*starts[1:], len(own)]
        batches += [(language, own[start:end]) for start, end in zip(starts, ends, strict=True)]
    return batches


def _hear(
    engine: Engine,
    audio: Audio,
    chunks: Sequence[Span],
    speech: Sequence[Span],
    language: str,
    asked: str,
    model: str,
    undecided: bool,
) -> Batch:
    batch = Batch(asked)

    def lines(heard: Sequence[Heard], chunk: Span) -> list[Segment]:
        return segments_from(heard, chunk, speech, language, levels(clip(audio, chunk)))

    def spelt(heard: list[Heard], chunk: Span) -> Sequence[Heard]:
        kept = in_its_script(engine, audio, chunk, batch.code, language, heard)
        if kept is not heard:
            batch.removed += [inventions.taken(part, "script") for part in lines(heard, chunk)]
        return kept

    def without_boilerplate(heard: Sequence[Heard], chunk: Span) -> list[Heard]:
        known = inventions.phrases(model, batch.code)
        return _without_boilerplate(heard, chunk, speech, language, known, batch.removed)

    # A line that is much quieter than its neighbours is passed over, and heard when it is alone.
    again: list[Span] = []
    for batch.code, chunk, first in _heard_in(engine, audio, chunks, asked, undecided):
        found = lines(without_boilerplate(spelt(first, chunk), chunk), chunk)
        batch.segments += found
        again += unheard(found, speech, chunk)
    for number, more in engine.decode(audio, again, batch.code, "transcribe", True):
        good = [part for part in spelt(more, again[number]) if not failed(part)]
        batch.segments += lines(without_boilerplate(good, again[number]), again[number])
    batch.segments.sort(key=lambda segment: segment.start)
    return batch


def _without_boilerplate(
    heard: Sequence[Heard],
    chunk: Span,
    speech: Sequence[Span],
    language: str,
    known: Collection[str],
    removed: list[Removed],
) -> list[Heard]:
    """What was heard, but for what the model says where nobody speaks: that goes to `removed`."""
    good = []
    for part in heard:
        words = clean_words(part.words or words_of(Segment(0, part.start, part.end, part.text)), chunk)
        if words and inventions.boilerplate(part.text, Span(part.start, part.end), speech, known):
            spelt = in_script(words, language)
            text, original = (" ".join(word.text for word in said) for said in (spelt, words))
            changed = original if original != text else None
            segment = Segment(0, spelt[0].start, spelt[-1].end, text, spelt, original=changed)
            removed.append(inventions.taken(segment, "phrase"))
        else:
            good.append(part)
    return good


def _heard_in(
    engine: Engine, audio: Audio, chunks: Sequence[Span], code: str, undecided: bool
) -> Iterator[tuple[str, Span, list[Heard]]]:
    """Whisper's code asked for, the chunk, what was heard; Hindi is asked for as Urdu where that is better.

    To the ear the two are one language. A model that was trained on little Hindi writes it in Urdu
    letters whatever it is asked for; asked for Urdu it makes fewer mistakes and does not waver
    between scripts. The first chunk that gives any words decides: large models write it in Devanagari,
    and a later chunk in Urdu letters is only carried over.
    """
    first = 0
    if code == "hi" and undecided:
        for number, heard in engine.decode(audio, chunks, code, "transcribe", True):
            text = " ".join(part.text for part in heard)
            if undecided and in_urdu_letters(text):
                print(f"the chunk at {chunks[number].start:.0f} s is in Urdu letters: heard as Urdu from here on")
                code, first = "ur", number
                break
            undecided = undecided and not text.strip()
            yield code, chunks[number], heard
        else:
            return
    for number, heard in engine.decode(audio, chunks[first:], code, "transcribe", True):
        yield code, chunks[first + number], heard


def in_its_script(
    engine: Engine, audio: Audio, chunk: Span, code: str, language: str, heard: list[Heard]
) -> Sequence[Heard]:
    """What was heard in a chunk, or what is heard in it without the letters of other scripts, if that is better.

    Again is listened to what is in a script that is neither the language's nor that of the language asked
    for, and what is all in Latin letters but does not sound English. Which one is kept says `scripts.better`.
    Urdu letters for Devanagari are at home: carried over (`in_script`) they are better than decoded again.
    """
    text = " ".join(part.text for part in heard)
    script = language_of(language).script
    ours = (script, script_of(code), *(("Arab",) if script == "Deva" else ()))
    english: tuple[str, ...] = (LATIN,)
    if LATIN not in ours and script_share(text, LATIN) > ROMANISED and len(text) >= ENOUGH:
        english = (LATIN,) if engine.detect(audio, chunk).get("en", 0.0) >= 0.5 else ()
    if foreign_share(text, (*ours, *english)) <= FOREIGN:
        return heard
    without = _suppressed(engine.tokens, (script_of(code), *english))
    ((_, again),) = engine.decode(audio, [chunk], code, "transcribe", True, without)
    kept = better(heard, again, (*ours, *english))
    print(f"the chunk at {chunk.start:.0f} s in another script: {text} | heard again: ", end="")
    print(" ".join(part.text for part in again), "| kept:", "the first" if kept is heard else "the second")
    return kept


@cache
def _suppressed(tokens: Callable[[], dict[bytes, int]], home: tuple[str, ...]) -> list[int]:
    return foreign_tokens(tokens(), home)


def unheard(segments: Sequence[Segment], speech: Sequence[Span], chunk: Span) -> list[Span]:
    """Stretches of at least `MISSED` seconds of a chunk's speech without any words, a little widened.

    Nothing where the chunk as a whole gave no words: it has been heard alone already.

    >>> unheard([Segment(0, 5, 8, "no")], [Span(1, 2.5), Span(2.7, 4), Span(5, 8.5)], Span(0.5, 9))
    [Span(start=0.7, end=4.3)]
    """
    inside = [span for span in speech if span.end > chunk.start and span.start < chunk.end]
    empty = [span for span in inside if not any(part.start < span.end and part.end > span.start for part in segments)]
    if not segments or not empty:
        return []
    stretches = pauses.grouped(empty, chunk.end - chunk.start, pause=1.0)
    return [
        span
        for span in pauses.widened(stretches, BREATH, chunk.end)
        if span.end - span.start >= MISSED + 2 * BREATH
        and not any(part.start < span.end and part.end > span.start for part in segments)
    ]


def in_urdu_letters(text: str) -> bool:
    """Whether most letters of a text are Arabic ones.

    >>> in_urdu_letters("تم کہاں تھے OK"), in_urdu_letters("तुम कहाँ थे"), in_urdu_letters("")
    (True, False, False)
    """
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u0600" <= letter <= "\u06ff" for letter in letters) * 2 > len(letters)
