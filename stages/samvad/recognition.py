"""Hearing a whole film, chunk by chunk, by any engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samvad import pauses
from samvad.audio import Audio, clip
from samvad.documents import Recognition, Segment, Span, Speech
from samvad.engine import Engine, Heard, failed, whisper_code
from samvad.loudness import levels
from samvad.progress import Progress
from samvad.utterances import BREATH, segments_from

#: Seconds of speech without words after which it is listened to once more.
MISSED = 1.0


def recognise(
    engine: Engine,
    audio: Audio,
    speech: Speech,
    language: str,
    progress: Progress,
    *,
    name: str,
    model: str,
) -> Recognition:
    """Hears all chunks of a film.

    Args:
        language: the code of config/languages.json.
        progress: counts seconds of chunks, so its total is `documents.covered(speech.chunks)`.
        name: the engine's name in the document ("whisperx" or "mlx").
        model: the model's name in the document.
    """
    segments: list[Segment] = []
    for code, chunk, heard in _heard_in(engine, audio, speech.chunks, whisper_code(language)):
        found = segments_from(heard, chunk, speech.speech, language, levels(clip(audio, chunk)))
        # A line that is much quieter than its neighbours is passed over, and heard when it is alone.
        for span in unheard(found, speech.speech, chunk):
            for _, more in engine.decode(audio, [span], code, "transcribe", True):
                good = [part for part in more if not failed(part)]
                found.extend(segments_from(good, span, speech.speech, language, levels(clip(audio, span))))
        for segment in sorted(found, key=lambda segment: segment.start):
            segment.id = len(segments)
            segments.append(segment)
        progress.advance(chunk.end - chunk.start)
    return Recognition(language=language, engine=name, model=model, segments=segments)


def _heard_in(
    engine: Engine, audio: Audio, chunks: Sequence[Span], code: str
) -> Iterator[tuple[str, Span, list[Heard]]]:
    """Whisper's code asked for, the chunk, what was heard; Hindi is asked for as Urdu where that is better.

    To the ear the two are one language. A model that was trained on little Hindi writes it in Urdu
    letters whatever it is asked for; asked for Urdu it makes fewer mistakes and does not waver
    between scripts. Large models write Devanagari from the first chunk on and are left alone.
    """
    first = 0
    if code == "hi":
        for number, heard in engine.decode(audio, chunks, code, "transcribe", True):
            if in_urdu_letters(" ".join(part.text for part in heard)):
                print(f"chunk {number} is in Urdu letters: heard as Urdu from here on")
                code, first = "ur", number
                break
            yield code, chunks[number], heard
        else:
            return
    for number, heard in engine.decode(audio, chunks[first:], code, "transcribe", True):
        yield code, chunks[first + number], heard


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
