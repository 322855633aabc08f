"""From what a decoder heard to utterances, on made-up decodings; chunks, pauses, votes."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Iterator, MutableMapping, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect import decide, sample, votes_of
from samvad import pauses
from samvad.audio import RATE, Audio, clip, load_audio
from samvad.documents import Recognition, Segment, Span, Speech, Word, check, covered, encode
from samvad.engine import TEMPERATURES, Heard, Task, whisper_code, with_fallback
from samvad.journal import Journal
from samvad.problem import Problem
from samvad.progress import Progress
from samvad.recognition import Batch, batches_of, recognise
from samvad.rendering import rendered
from samvad.utterances import clean_words, segments_from
from speech import chunks_of, padded, stretches
from translation_whisper import groups_of

CHUNK = Span(10.0, 20.0)
SILENCE = np.zeros(0, dtype=np.int16)


def heard(text: str, start: float, end: float, **quality: float) -> Heard:
    """A decoding whose words share its time evenly."""
    texts = text.split()
    step = (end - start) / len(texts) if texts else 0.0
    words = [Word(word, start + number * step, start + (number + 1) * step) for number, word in enumerate(texts)]
    usual = {"avg_logprob": -0.4, "no_speech_prob": 0.1, "compression_ratio": 1.4, "temperature": 0.0}
    return Heard(start, end, text, words, **{**usual, **quality})


class Scripted:
    """An engine that says what it was given, by language asked for and by the chunk's start."""

    together = 1

    def __init__(
        self, said: dict[tuple[str, float], list[Heard]], spelt: dict[float, list[Heard]] | None = None
    ) -> None:
        self.said = said
        #: What is heard, by the chunk's start, where tokens are not to be written.
        self.spelt = spelt or {}
        self.asked: list[tuple[str, float]] = []
        self.without: list[Sequence[int]] = []

    def decode(
        self,
        audio: Audio,
        chunks: Sequence[Span],
        language: str,
        task: Task,
        words: bool,
        without: Sequence[int] = (),
    ) -> Iterator[tuple[int, list[Heard]]]:
        for number, chunk in enumerate(chunks):
            self.asked.append((language, round(chunk.start, 3)))
            self.without.append(without)
            yield number, self.spelt[chunk.start] if without else self.said.get(self.asked[-1], [])

    def tokens(self) -> dict[bytes, int]:
        return {text.encode(): number for number, text in enumerate(["ok", "ہے", "है", "டா", "1"])}

    def detect(self, audio: Audio, chunk: Span) -> dict[str, float]:
        raise NotImplementedError


def recognition(
    engine: Scripted,
    speech: Speech,
    language: str,
    journal: MutableMapping[int, Batch],
    terminal: TextIO,
    audio: Audio = SILENCE,
) -> Recognition:
    progress = Progress("asr", "demo", covered(speech.chunks), "s", terminal)
    given = {"name": "whisperx", "model": "base", "journal": journal}
    return recognise(engine, audio, speech, language, progress, **given)  # type: ignore[arg-type]


def recognised(engine: Scripted, speech: Speech, language: str = "hi") -> list[Segment]:
    return recognition(engine, speech, language, {}, StringIO()).segments


# --- words -------------------------------------------------------------------------------------------


def test_bare_punctuation_joins_the_word_that_it_belongs_to() -> None:
    words = [Word(text, 10.0 + n, 10.5 + n) for n, text in enumerate(["“", "हाँ", "”", "।", "चलो", ""])]
    assert [word.text for word in clean_words(words, CHUNK)] == ["“हाँ”।", "चलो"]


def test_what_tokens_parted_is_one_word_again() -> None:
    parts = ["5", "p", ".m", ".", "it", "'s", "5", ",000"]
    words = [Word(text, 10.0 + n / 10, 10.1 + n / 10) for n, text in enumerate(parts)]
    assert [word.text for word in clean_words(words, CHUNK)] == ["5", "p.m.", "it's", "5,000"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["हाँ", "चलो,", ".", "no."]), st.floats(0, 40), st.floats(0, 40)),
        max_size=12,
    ),
    st.lists(st.floats(0, 30), max_size=8, unique=True),
    st.sets(st.integers(0, 11)),
)
def test_words_are_in_order_and_inside_the_chunk_whatever_the_decoder_says(
    said: list[tuple[str, float, float]], edges: list[float], breaks: set[int]
) -> None:
    edges.sort()
    speech = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    words = clean_words([Word(*word) for word in said], CHUNK)
    for result in (words, pauses.fit(words, speech, CHUNK, breaks)):
        assert [word.text for word in result] == [word.text for word in words]
        times = [time for word in result for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(CHUNK.start <= time <= CHUNK.end + 1e-9 for time in times)


def test_no_word_lies_across_a_silence() -> None:
    words = heard("तुम कहाँ थे मैं यहीं था", 10.0, 16.0).words
    speech = [Span(10.1, 12.9), Span(14.0, 16.2)]
    fitted = pauses.fit(words, speech, CHUNK, {3})
    assert (fitted[2].text, fitted[2].end) == ("थे", 12.9)
    assert (fitted[3].text, fitted[3].start) == ("मैं", 14.0)


def test_a_silence_goes_where_the_recogniser_saw_a_break() -> None:
    words = heard("a b c d e f", 10.0, 13.0).words
    speech = [Span(10.0, 11.4), Span(11.8, 13.0)]
    for number in (2, 3, 4):
        fitted = pauses.fit(words, speech, CHUNK, {number})
        assert fitted[number - 1].end <= 11.4 and fitted[number].start >= 11.8


# --- utterances --------------------------------------------------------------------------------------


def test_utterances_end_at_sentences_and_at_pauses() -> None:
    speech = [Span(10, 12), Span(13, 15), Span(15.4, 18)]
    parts = [heard("हाँ। चलो", 10, 12), heard("आज बहुत ठंड है", 13, 15), heard("चाय पियो", 15.4, 18)]
    segments = segments_from(parts, CHUNK, speech, "hi")
    assert [(s.text, s.start, s.end) for s in segments] == [
        ("हाँ।", 10, 11),
        ("चलो", 11, 12),
        ("आज बहुत ठंड है", 13, 15),
        ("चाय पियो", 15.4, 18),
    ]
    assert all(segment.original is None for segment in segments)


def test_a_pause_of_less_than_half_a_second_parts_utterances() -> None:
    parts = [heard("चाय पियो", 10, 12)._replace(words=[Word("चाय", 10, 11), Word("पियो", 11, 12)])]
    assert len(segments_from(parts, CHUNK, [Span(10, 11), Span(11.45, 12)], "hi")) == 2
    assert len(segments_from(parts, CHUNK, [Span(10, 11), Span(11.35, 12)], "hi")) == 1


def test_urdu_letters_become_devanagari_and_are_kept_as_the_original() -> None:
    (segment,) = segments_from([heard("تم یہاں کیا کر رہے ہو؟", 10, 13)], CHUNK, [Span(10, 13)], "hi")
    assert segment.text == "तुम यहाँ क्या कर रहे हो?"
    assert segment.original == "تم یہاں کیا کر رہے ہو؟"
    assert " ".join(word.text for word in segment.words) == segment.text


def test_words_joined_or_split_in_respelling_keep_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samvad.devanagari.carry_over", lambda words: ["तुमने", "", "जा रहा", "।"])
    words = [Word(text, 10.0 + number, 11.0 + number) for number, text in enumerate(["a", "b", "c", "d"])]
    part = heard("x", 10, 14)._replace(words=words)
    (segment,) = segments_from([part], CHUNK, [Span(10, 14)], "hi")
    times = [(word.text, word.start, word.end) for word in segment.words]
    assert times == [("तुमने", 10, 12), ("जा", 12, 12.4), ("रहा।", 12.4, 14)]


def test_urdu_stays_in_its_own_letters() -> None:
    (segment,) = segments_from([heard("تم کہاں تھے", 10, 12)], CHUNK, [Span(10, 12)], "ur")
    assert (segment.text, segment.original) == ("تم کہاں تھے", None)


def test_text_without_letters_is_dropped() -> None:
    assert segments_from([heard("… !", 10, 12)], CHUNK, [Span(10, 12)], "hi") == []


def test_text_without_word_times_is_spread_over_its_segment() -> None:
    part = heard("चाय पियो", 11, 13)._replace(words=[])
    (segment,) = segments_from([part], CHUNK, [Span(11, 13)], "hi")
    assert (segment.start, segment.end, len(segment.words)) == (11, 13, 2)


# --- a film ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [1, 2, 8])
def test_hindi_whose_first_words_come_out_in_urdu_letters_is_heard_as_urdu(together: int) -> None:
    chunks = [Span(0, 5), Span(10, 15), Span(20, 25)]
    engine = Scripted(FILM)
    engine.together = together
    segments = recognised(engine, Speech(30, "", chunks, chunks))
    # The first one says nothing, and the second decides.
    assert [asked for asked in engine.asked if asked[0] == "hi"][:2] == [("hi", 0), ("hi", 10)]
    assert [asked for asked in engine.asked if asked[0] == "ur"] == [("ur", 10), ("ur", 20)]
    assert [(segment.id, segment.text) for segment in segments] == [(0, "यह चाय है"), (1, "तुम कहाँ थे")]


@pytest.mark.parametrize("together", [1, 2, 8])
def test_a_film_whose_first_words_come_out_in_devanagari_stays_hindi(together: int) -> None:
    chunks = [Span(0, 6), Span(10, 15), Span(20, 25)]
    said = {("hi", 0): [heard("हाँ चलो", 0, 6)], ("hi", 10): [heard("یہ چائے ہے", 10, 15)]}
    engine = Scripted({**said, ("hi", 20): [heard("तुम कहाँ थे", 20, 25)]})
    engine.together = together
    segments = recognised(engine, Speech(30, "", chunks, chunks))
    # What comes out in Urdu letters for once is carried over, not heard again.
    assert engine.asked == [("hi", 0), ("hi", 10), ("hi", 20)]
    assert [segment.text for segment in segments] == ["हाँ चलो", "यह चाय है", "तुम कहाँ थे"]


def test_speech_that_was_passed_over_is_listened_to_alone() -> None:
    speech = Speech(30, "", [Span(1, 3), Span(5, 9)], [Span(0.6, 9.4)])
    engine = Scripted({("en", 0.6): [heard("here I am", 5, 9)], ("en", 0.7): [heard("where are you", 1, 3)]})
    segments = recognised(engine, speech, "en")
    assert [segment.text for segment in segments] == ["where are you", "here I am"]


def test_noise_that_is_listened_to_again_does_not_become_text() -> None:
    speech = Speech(30, "", [Span(1, 3), Span(5, 9)], [Span(0.6, 9.4)])
    bad = heard("thank you", 1, 3, avg_logprob=-1.4)
    engine = Scripted({("en", 0.6): [heard("here I am", 5, 9)], ("en", 0.7): [bad]})
    assert [segment.text for segment in recognised(engine, speech, "en")] == ["here I am"]


def test_a_pause_that_only_the_sound_knows_parts_two_lines() -> None:
    sound = np.tile(np.array([8000, -8000], dtype=np.int16), 2 * RATE)
    sound[RATE : RATE * 3 // 2] = 0
    engine = Scripted({("hi", 0): [heard("चाय पियो", 0, 2)]})
    segments = recognition(engine, Speech(4, "", [Span(0, 4)], [Span(0, 4)]), "hi", {}, StringIO(), sound).segments
    assert [(found.text, found.start, found.end) for found in segments] == [("चाय", 0, 1.02), ("पियो", 1.48, 2)]


# --- script ------------------------------------------------------------------------------------------


TAMIL, TELUGU = "நான் சென்னைக்கு போகிறேன்", "నేను చెన్నైకి వెళ్తున్నాను"


def test_a_chunk_in_another_script_is_heard_again_and_the_first_is_kept_beside() -> None:
    speech = Speech(30, "", [Span(0, 5), Span(10, 15)], [Span(0, 5), Span(10, 15)])
    said = {("ta", 0): [heard(TELUGU, 0, 5)], ("ta", 10): [heard(TAMIL, 10, 15)]}
    engine = Scripted(said, {0.0: [heard(TAMIL, 0, 5, avg_logprob=-0.9)]})
    found = recognition(engine, speech, "ta", {}, StringIO())
    assert [part.text for part in found.segments] == [TAMIL, TAMIL]
    assert [(part.reason, part.text) for part in found.removed] == [("script", TELUGU)]
    assert [list(without) for without in engine.without] == [[], [1, 2], []]


def test_what_gets_no_better_stays_as_it_was_heard() -> None:
    speech = Speech(30, "", [Span(0, 5)], [Span(0, 5)])
    engine = Scripted({("ta", 0): [heard(TELUGU, 0, 5)]}, {0.0: [heard(TAMIL, 0, 5, avg_logprob=-1.6)]})
    found = recognition(engine, speech, "ta", {}, StringIO())
    assert [part.text for part in found.segments] == [TELUGU] and not found.removed


@pytest.mark.parametrize(("english", "kept"), [(0.2, "मैं घर जा रहा हूँ"), (0.8, "main ghar ja raha hoon")])
def test_a_chunk_all_in_latin_letters_is_heard_again_unless_it_sounds_english(
    monkeypatch: pytest.MonkeyPatch, english: float, kept: str
) -> None:
    monkeypatch.setattr(Scripted, "detect", lambda *_: {"en": english, "hi": 1 - english})
    latin = [heard("main ghar ja raha hoon", 0, 5)]
    engine = Scripted({("hi", 0): latin}, {0.0: [heard("मैं घर जा रहा हूँ", 0, 5)]})
    speech = Speech(30, "", [Span(0, 5)], [Span(0, 5)])
    assert [part.text for part in recognised(engine, speech)] == [kept]
    # Not even English letters are left, nor Urdu ones: it was asked for Hindi.
    assert [list(without) for without in engine.without] == ([[], [0, 1, 3]] if english < 0.5 else [[]])


def test_english_words_among_hindi_ones_are_no_fault() -> None:
    speech = Speech(30, "", [Span(0, 5)], [Span(0, 5)])
    engine = Scripted({("hi", 0): [heard("मेरा laptop charge नहीं हुआ", 0, 5)]})
    assert [part.text for part in recognised(engine, speech)] == ["मेरा laptop charge नहीं हुआ"]
    assert len(engine.asked) == 1


FILM = {
    ("hi", 10): [heard("یہ چای ہے", 10, 15)],
    ("ur", 10): [heard("یہ چائے ہے", 10, 15)],
    ("ur", 20): [heard("تم کہاں تھے", 20, 25)],
}


@pytest.mark.parametrize("together", [1, 2, 8])
@pytest.mark.parametrize("killed_at", [0, 10, 20])
def test_a_crash_costs_a_batch_and_the_result_is_the_same(tmp_path: Path, killed_at: float, together: int) -> None:
    class Killed(Scripted):
        def decode(self, *given: Any) -> Iterator[tuple[int, list[Heard]]]:
            for number, found in super().decode(*given):
                if self.asked[-1] == ("ur", killed_at) or (killed_at == 0 and self.asked[-1] == ("hi", 0)):
                    raise KeyboardInterrupt
                yield number, found

    chunks = [Span(0, 5), Span(10, 15), Span(20, 25)]
    speech = Speech(30, "", chunks, chunks)
    whole, killed, resumed = Scripted(FILM), Killed(FILM), Scripted(FILM)
    whole.together = killed.together = resumed.together = together
    undisturbed = recognition(whole, speech, "hi", {}, StringIO())
    path, terminal = tmp_path / "asr.json", StringIO()
    with pytest.raises(KeyboardInterrupt):
        recognition(killed, speech, "hi", Journal(path, "key", Batch), StringIO())
    finished = Journal(path, "key", Batch)
    again = recognition(resumed, speech, "hi", finished, terminal)
    assert encode(again) == encode(undisturbed)
    batches = [batch for _, batch in batches_of(chunks, ["hi"] * 3, together)]
    (unfinished,) = [batch for batch in batches if any(part.start == killed_at for part in batch)]
    # Where the switch to Urdu was made before the crash, nothing is asked for as Hindi again.
    assert resumed.asked == [asked for asked in whole.asked if asked[1] >= unfinished[0].start]
    assert ("continues at" in terminal.getvalue()) is (unfinished[0].start > 0)


@given(st.lists(st.floats(0.1, 30), max_size=40), st.integers(1, 9))
def test_every_chunk_is_in_one_batch_and_neighbours_in_it_are_about_as_long(
    lengths: list[float], together: int
) -> None:
    chunks = [Span(40.0 * number, 40.0 * number + length) for number, length in enumerate(lengths)]
    batches = [batch for _, batch in batches_of(chunks, ["hi"] * len(chunks), together)]
    inside = [chunk for batch in batches for chunk in batch]
    assert sorted(inside, key=lambda chunk: chunk.start) == chunks
    assert all(0 < len(batch) <= together for batch in batches)
    durations = [round(chunk.end - chunk.start, 6) for chunk in inside]
    assert durations == sorted(durations, reverse=True)
    assert not batches or together == 1 or len(batches[0]) == 1


def test_lines_heard_out_of_order_stand_in_order() -> None:
    chunks = [Span(0, 2), Span(10, 19), Span(20, 25)]
    engine = Scripted({("en", chunk.start): [heard(f"line {chunk.start}", chunk.start, chunk.end)] for chunk in chunks})
    assert [part.start for part in recognised(engine, Speech(30, "", chunks, chunks), "en")] == [0, 10, 20]
    assert [start for _, start in engine.asked] == [10, 20, 0]


def test_the_share_that_was_resumed_is_shown() -> None:
    chunks = [Span(0, 5), Span(10, 15)]
    terminal = StringIO()
    recognition(Scripted({}), Speech(30, "", chunks, chunks), "hi", {0: Batch("hi")}, terminal)
    assert terminal.getvalue() == "  asr demo: continues at 50% of 10 s\n"


def test_what_is_invented_is_left_out_and_kept_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samvad.inventions.phrases", lambda model, code: {"شکریہ"} if code == "ur" else set())
    chunk = Span(0, 25)
    engine = Scripted(
        {
            ("hi", 0): [heard("تم کہاں تھے", 0, 5), heard("شکریہ", 12, 20)],
            ("ur", 0): [heard("تم کہاں تھے", 0, 5), heard("شکریہ۔", 12, 20), heard(" ".join(["یہ بات"] * 9), 20, 25)],
        }
    )
    found = recognition(engine, Speech(30, "", [Span(0, 5), Span(20, 25)], [chunk]), "hi", {}, StringIO())
    assert [part.text for part in found.segments] == ["तुम कहाँ थे", "यह बात"]
    (thanks, loop) = found.removed
    assert (thanks.reason, thanks.text, thanks.original) == ("phrase", "शुक्रिया।", "شکریہ۔")
    assert (thanks.start, thanks.end) == (12, 20)
    assert (loop.reason, loop.text) == ("loop", " ".join(["यह बात"] * 8))
    assert [part.id for part in found.removed] == [0, 1]


def test_a_loop_is_decoded_again_at_a_higher_temperature() -> None:
    tries: list[float] = []

    def attempt(temperature: float) -> list[Heard]:
        tries.append(temperature)
        return [heard("no no no", 0, 9, compression_ratio=9.0 if temperature < 0.4 else 1.2)]

    assert with_fallback(attempt)[0].compression_ratio == 1.2
    assert tries == [0.0, 0.2, 0.4]


def test_where_every_try_fails_the_likeliest_without_a_loop_is_taken() -> None:
    chances = {0.0: (-0.1, 9.0), 0.2: (-1.6, 1.2), 0.4: (-1.2, 1.2)}

    def attempt(temperature: float) -> list[Heard]:
        chance, ratio = chances.get(temperature, (-2.0, 1.2))
        return [heard("oh", 0, 1, avg_logprob=chance, compression_ratio=ratio, temperature=temperature)]

    assert with_fallback(attempt)[0].temperature == 0.4


def tried(answers: dict[float, tuple[float, float]]) -> tuple[float, list[float]]:
    """The temperature kept and those tried, where the tries have these log probabilities and repetitions."""
    tries: list[float] = []

    def attempt(temperature: float) -> list[Heard]:
        tries.append(temperature)
        chance, ratio = answers[temperature]
        return [heard("oh", 0, 1, avg_logprob=chance, compression_ratio=ratio, temperature=temperature)]

    return with_fallback(attempt)[0].temperature, tries


def test_a_try_that_brings_nothing_is_the_last() -> None:
    assert tried({0.0: (-1.45, 0.4), 0.2: (-0.1, 18.6)}) == (0.0, [0.0, 0.2])
    assert tried({0.0: (-1.052, 0.6), 0.2: (-1.05, 0.6)}) == (0.2, [0.0, 0.2])
    assert tried({0.0: (-1.5, 0.6), 0.2: (-1.2, 0.6), 0.4: (-0.9, 0.6)}) == (0.4, [0.0, 0.2, 0.4])


def test_out_of_a_loop_all_temperatures_are_tried() -> None:
    loops = dict.fromkeys(TEMPERATURES, (-0.1, 9.0))
    assert tried(loops) == (0.0, list(TEMPERATURES))
    assert tried({**loops, 1.0: (-3.0, 1.2)}) == (1.0, list(TEMPERATURES))


def test_what_whisper_takes_for_silence_has_no_text() -> None:
    assert with_fallback(lambda _: [heard("bye", 0, 1, avg_logprob=-1.3, no_speech_prob=0.9)]) == []


def test_a_language_that_whisper_does_not_know_is_a_problem() -> None:
    with pytest.raises(Problem, match="Whisper does not know Bodo"):
        whisper_code("brx")


# --- audio -------------------------------------------------------------------------------------------


def wav(samples: bytes, rate: int = RATE, size: int | None = None) -> bytes:
    """A WAV file as ffmpeg writes it, with a list of tags before the samples."""
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    chunks += b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    chunks += b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def test_samples_are_found_behind_other_chunks(tmp_path: Path) -> None:
    path = tmp_path / "audio.wav"
    path.write_bytes(wav(struct.pack("<4h", 0, 16384, -32768, 7)))
    audio = load_audio(path)
    assert len(audio) == 4 and audio[:].tolist() == [0, 16384, -32768, 7]
    assert audio[1:3].tolist() == [16384, -32768] and audio[3:9].tolist() == [7] and len(audio[4:9]) == 0
    assert clip(audio, Span(0, 1)).tolist()[:3] == [0.0, 0.5, -1.0]


def test_a_length_that_was_never_filled_in_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "audio.wav"
    path.write_bytes(wav(struct.pack("<2h", 1, 2), size=0xFFFFFFFF))
    assert load_audio(path)[:].tolist() == [1, 2]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a film at all", wav(b"\0\0", rate=44_100)])
def test_other_files_are_a_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "audio.wav"
    path.write_bytes(content)
    with pytest.raises(Problem, match=r"audio\.wav"):
        load_audio(path)


def test_an_hour_of_chunks_is_never_in_memory_at_once(tmp_path: Path) -> None:
    class Listening(Scripted):
        def decode(
            self, audio: Audio, chunks: Sequence[Span], language: str, task: Task, words: bool
        ) -> Iterator[tuple[int, list[Heard]]]:
            for number, chunk in enumerate(chunks):
                assert len(clip(audio, chunk)) == 29 * RATE
                yield number, [heard(f"ठीक है {chunk.start:.0f}", chunk.start, chunk.start + 2)]

    path = tmp_path / "audio.wav"
    path.write_bytes(wav(b"", size=0xFFFFFFFF))
    with path.open("r+b") as file:
        file.truncate(3600 * RATE * 2)
    chunks = [Span(float(start), start + 29.0) for start in range(0, 3570, 30)]
    tracemalloc.start()
    found = recognition(Listening({}), Speech(3600.0, "", chunks, chunks), "hi", {}, StringIO(), load_audio(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.segments) == 119
    assert peak < 20e6  # a chunk is 3 MB with its floats and levels, an hour is 115


# --- speech ------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(0.1, 50)), min_size=1, max_size=30))
def test_chunks_cover_all_speech_and_bridge_no_long_silence(gaps: list[tuple[float, float]]) -> None:
    speech: list[Span] = []
    time = 0.0
    for gap, length in gaps:
        speech.append(Span(time + gap, time + gap + length))
        time = speech[-1].end
    chunks = chunks_of(speech, 2.0, [0.5] * int(time / 0.032))
    check(Speech(time, "", speech, chunks), "made up")
    assert all(chunk.end - chunk.start <= 30.0 + 1e-6 for chunk in chunks)
    covered = sum(max(0, min(c.end, s.end) - max(c.start, s.start)) for c in chunks for s in speech)
    assert covered == pytest.approx(sum(length for _, length in gaps), abs=1e-3)
    for before, after in pairwise(speech):
        if after.start - before.end >= 2.0:
            assert not any(chunk.start < before.end and chunk.end > after.start for chunk in chunks)


@given(
    st.lists(st.tuples(st.floats(0.001, 8), st.floats(0.1, 90)), max_size=30),
    st.floats(0, 2),
    st.floats(0, 5),
    st.randoms(use_true_random=False),
)
def test_padded_chunks_never_overlap_and_fit_into_the_recognisers_window(
    gaps: list[tuple[float, float]], padding: float, tail: float, chance: random.Random
) -> None:
    speech: list[Span] = []
    time = 0.0
    for gap, length in gaps:
        speech.append(Span(time + gap, time + gap + length))
        time = speech[-1].end
    duration = time + tail
    chunks = padded(speech, padding, [chance.random() for _ in range(int(duration / 0.032))], duration)
    assert all(0 <= chunk.start < chunk.end <= duration + 1e-9 for chunk in chunks)
    # In samples, as engines take them.
    cut = [(round(chunk.start * RATE), round(chunk.end * RATE)) for chunk in chunks]
    assert all(end - start <= 30 * RATE for start, end in cut)
    assert all(before[1] <= after[0] for before, after in pairwise(cut))
    for span in speech:
        inside = [max(0.0, min(span.end, chunk.end) - max(span.start, chunk.start)) for chunk in chunks]
        assert sum(inside) == pytest.approx(span.end - span.start, abs=1e-6)


def test_a_long_stretch_is_cut_where_speech_is_least_sure() -> None:
    chances = [0.9] * 2000
    chances[800] = 0.4
    assert [chunk.end for chunk in chunks_of([Span(0, 40)], 2.0, chances)] == [pytest.approx(25.6), 40]


def test_a_click_is_no_speech() -> None:
    chances = [0.0] * 20 + [0.9] * 2 + [0.0] * 20 + [0.9] * 10
    assert [round(span.start, 2) for span in stretches(chances, 2.0, 0.5)] == [1.29]


# --- translation -------------------------------------------------------------------------------------


def segment(number: int, start: float, end: float, text: str) -> Segment:
    return Segment(number, start, end, text)


SAID = [segment(0, 10, 12, "यह चाय अच्छी है"), segment(1, 13, 15, "तुम कहाँ थे"), segment(2, 15.4, 17, "मोहन")]


def test_an_english_sentence_stands_over_the_utterances_it_renders() -> None:
    parts = [heard("This tea is good.", 10, 12.4), heard("Where were you Mohan?", 12.4, 17)]
    sentences = rendered(parts, SAID, Span(9.6, 17.4))
    assert [(s.start, s.end, s.text, s.source) for s in sentences] == [
        (10, 12, "This tea is good.", "यह चाय अच्छी है"),
        (13, 17, "Where were you Mohan?", "तुम कहाँ थे मोहन"),
    ]


def test_an_english_sentence_knows_when_the_words_are_spoken_that_it_renders() -> None:
    words = [Word("यह", 10, 10.4), Word("चाय", 11, 12.1)]
    said = [Segment(0, 10, 12, "यह चाय", words), segment(1, 12, 13, "अच्छी है"), segment(2, 15, 16, "हाँ")]
    sentences = rendered([heard("This tea is good.", 10, 13), heard("Yes.", 15, 16)], said, Span(9.6, 16.4))
    # Where no words are known the utterance is one; none begins before the one before it ends.
    assert [s.spoken for s in sentences] == [[Span(10, 10.4), Span(11, 12.1), Span(12.1, 13)], [Span(15, 16)]]


def test_two_sentences_over_one_utterance_stay_together() -> None:
    sentences = rendered([heard("Yes. Come on.", 10, 12)], SAID[:1], Span(9.6, 12.4))
    assert [(s.text, s.start, s.end) for s in sentences] == [("Yes. Come on.", 10, 12)]


def test_a_comma_at_a_change_of_utterance_parts_the_english() -> None:
    sentences = rendered([heard("This tea is good, where were you?", 10, 15)], SAID[:2], Span(9.6, 15.4))
    assert [s.text for s in sentences] == ["This tea is good,", "where were you?"]


def test_an_utterance_without_english_belongs_to_its_neighbour() -> None:
    said = [SAID[1], SAID[2]]
    (sentence,) = rendered([heard("Where were you?", 13, 14.9)], said, Span(12.6, 17.4))
    assert (sentence.start, sentence.end) == (13, 17)


def test_nothing_heard_is_nothing_said() -> None:
    assert rendered([], SAID, Span(9.6, 17.4)) == []
    assert rendered([heard("Thanks.", 1, 2)], [], Span(0, 3)) == []


@given(
    st.lists(st.tuples(st.floats(0.05, 3), st.floats(0.1, 4)), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(["Yes.", "but", "no,", "go"]), st.floats(0, 40)), max_size=15),
)
def test_translated_sentences_never_overlap_and_lose_no_word(
    lengths: list[tuple[float, float]], english: list[tuple[str, float]]
) -> None:
    said: list[Segment] = []
    time = 0.0
    for gap, length in lengths:
        said.append(segment(len(said), time + gap, time + gap + length, "हाँ"))
        time = said[-1].end
    words = [Word(text, start, start + 0.3) for text, start in sorted(english, key=lambda word: word[1])]
    parts = [heard("x", 0, time)._replace(words=words)] if words else []
    sentences = rendered(parts, said, Span(0, time + 1))
    assert " ".join(s.text for s in sentences) == " ".join(word.text for word in words)
    spans = [(s.start, s.end) for s in sentences]
    assert spans == sorted(spans) and all(a[1] <= b[0] for a, b in pairwise(spans))


def test_groups_end_at_long_pauses() -> None:
    groups = groups_of([*SAID, segment(3, 19.5, 21, "हाँ")], 30)
    assert [(group.start, group.end) for group in groups] == [(9.6, 17.4), (19.1, 21.4)]


# --- language ----------------------------------------------------------------------------------------


def test_hindi_and_urdu_are_pooled() -> None:
    votes = votes_of([{"ur": 0.55, "hi": 0.4, "en": 0.05}, {"ur": 0.5, "en": 0.5}])
    assert votes == {"hi": 0.725, "en": 0.275}
    assert not decide(votes).close


def test_a_near_tie_is_said_to_be_close() -> None:
    assert decide({"hi": 0.5, "en": 0.4, "ta": 0.1}).close


def test_samples_are_spread_over_the_film() -> None:
    chunks = [Span(start, start + (2 if start % 20 else 10)) for start in range(0, 1000, 10)]
    chosen = sample(chunks, 5)
    assert [span.start for span in chosen] == [100, 300, 500, 700, 900]


def test_no_votes_are_a_problem() -> None:
    with pytest.raises(Problem, match="SRC="):
        decide({})


# --- two languages -----------------------------------------------------------------------------------

TWO = {
    ("hi", 0): [heard("یہ چای ہے", 0, 5)],
    ("ur", 0): [heard("یہ چائے ہے", 0, 5)],
    ("en", 10): [heard("Where were you?", 10, 15)],
    ("ur", 20): [heard("تم کہاں تھے", 20, 25)],
    ("en", 30): [heard("I was here.", 30, 35)],
}
CHUNKS = [Span(0, 5), Span(10, 15), Span(20, 25), Span(30, 35)]


def in_two(engine: Scripted, journal: MutableMapping[int, Batch]) -> Recognition:
    progress = Progress("asr", "demo", 20, "s", StringIO())
    return recognise(
        *(engine, SILENCE, Speech(40, "", CHUNKS, CHUNKS), "hi", progress),
        **{"name": "whisperx", "model": "base", "journal": journal, "spoken": ["hi", "en", "hi", "en"]},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("together", [1, 2, 8])
def test_each_chunk_is_decoded_and_spelt_in_its_own_language(together: int) -> None:
    engine = Scripted(TWO)
    engine.together = together
    found = in_two(engine, {})
    # Hindi was heard as Urdu from the first chunk on; that is nothing to the English.
    assert sorted(engine.asked) == [("en", 10), ("en", 30), ("hi", 0), ("ur", 0), ("ur", 20)]
    assert [(part.id, part.text, part.language) for part in found.segments] == [
        (0, "यह चाय है", None),
        (1, "Where were you?", "en"),
        (2, "तुम कहाँ थे", None),
        (3, "I was here.", "en"),
    ]


@pytest.mark.parametrize("finished", [1, 2, 3])
def test_two_languages_after_a_crash_are_the_same(finished: int) -> None:
    journal: dict[int, Batch] = {}
    whole = in_two(Scripted(TWO), journal)
    left = {number: journal[number] for number in range(finished)}
    assert encode(in_two(Scripted(TWO), left)) == encode(whole)


def test_groups_to_translate_are_in_one_language() -> None:
    said = [*SAID[:1], Segment(1, 12.5, 13.5, "Really?", language="en"), Segment(2, 13.6, 15, "हाँ")]
    groups = groups_of(said, 30)
    assert [[part.text for part in said if group.start <= part.start < group.end] for group in groups] == [
        ["यह चाय अच्छी है"],
        ["Really?"],
        ["हाँ"],
    ]
    assert all(before.end <= after.start for before, after in pairwise(groups))
