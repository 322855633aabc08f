"""What bench/cues measures by: the dialogue, its reference, the counts, the search for cues that keep all limits."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path

import msgspec
import pytest
from bench import cue_inputs, cue_metrics, cue_peers, cue_search, cues, dialogue
from bench.dialogue import Boundary, Limits, Shown, Spoken

from samvad import documents
from samvad import profile as profiles
from samvad.textmeasure import graphemes

ROOT = Path(__file__).resolve().parents[2]
RATE = 24000 / 1001
LIMITS = Limits(42, 2, 20.0, 0.834, 7.0, 2 / RATE, 0.5, 0.5)
RULES = profiles.read(ROOT / "config" / "cues" / "netflix-en.toml").for_readers()
LANGUAGES = pytest.mark.parametrize("language", ["en", "hi"])


def spoken(text: str, start: float, each: float = 0.3, speaker: str | None = None) -> list[Spoken]:
    """The words of a marked text one after the other, of one sentence."""
    (scene,) = dialogue.parsed(text)
    times = itertools.count()
    return [
        Spoken(word.text, round(start + at * each, 3), round(start + (at + 1) * each, 3), 0, 0, speaker, word.after)
        for word, at in zip(scene[0], times, strict=False)
    ]


# --- the dialogue -------------------------------------------------------------------------------------


@LANGUAGES
def test_the_bank_has_dialogue_of_one_to_thirty_five_words_a_sentence(language: str) -> None:
    turns = [turn for scene in dialogue.bank(language) for turn in scene]
    lengths = []
    for turn in turns:
        ends = [0, *(at for at, word in enumerate(turn, start=1) if word.after is Boundary.SENTENCE)]
        lengths += [stop - start for start, stop in itertools.pairwise(ends)]
    assert len(lengths) > 80 and min(lengths) == 1 and 30 <= max(lengths) <= 35


@LANGUAGES
def test_nothing_in_the_bank_has_to_be_torn_to_fit_on_a_line(language: str) -> None:
    for scene in dialogue.bank(language):
        for turn in scene:
            piece: list[str] = []
            for word in turn:
                piece.append(word.text)
                if word.after:
                    assert graphemes(" ".join(piece)) <= 36, piece
                    piece = []


@LANGUAGES
def test_the_same_seed_makes_the_same_film_and_another_one_another(language: str) -> None:
    assert dialogue.film(language, 120, 3) == dialogue.film(language, 120, 3)
    assert dialogue.film(language, 120, 3) != dialogue.film(language, 120, 4)


@LANGUAGES
def test_a_film_is_a_transcript_as_long_as_was_asked(language: str) -> None:
    given = cue_inputs.generated(language, 900, 1)
    transcript = cue_inputs.transcript_of(given)
    documents.check(transcript, "film")
    assert 840 < given.words[-1].end <= 900
    words = [word.text for segment in transcript.segments for word in segment.words]
    assert words == [word.text for word in given.words]
    assert {segment.speaker for segment in transcript.segments} == set(dialogue.PACES)


@LANGUAGES
def test_the_speed_of_speech_is_that_of_people_and_sometimes_beyond_reading(language: str) -> None:
    found = cue_inputs.sentences(dialogue.film(language, 3600))
    speeds = sorted(graphemes(" ".join(w.text for w in one)) / (one[-1].end - one[0].start) for one in found)
    assert 9 < speeds[len(speeds) // 2] < 17
    assert speeds[-len(speeds) // 50] > 20


# --- the reference ------------------------------------------------------------------------------------


@LANGUAGES
def test_the_reference_shows_all_within_lines_and_tears_nothing(language: str) -> None:
    words = dialogue.film(language, 1800)
    row = cue_metrics.row(dialogue.reference(words, LIMITS), words, LIMITS)
    assert row.kept["characters"] == row.kept["lines"] == row.kept["max_duration"] == row.kept["gap"] == 1
    assert row.torn_lines == row.torn_cues == row.start_mean == 0


def test_the_reference_parts_at_a_clause_rather_than_at_a_phrase() -> None:
    text = "I told the old man / in the garden | that nobody had ever / asked me for it"
    (cue,) = dialogue.reference(spoken(text, 1), LIMITS)
    assert cue.lines == ["I told the old man in the garden", "that nobody had ever asked me for it"]


# --- counting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "cue"),
    [
        ("characters", Shown(1, 6, ["a" * 43])),
        ("lines", Shown(1, 6, ["a", "b", "c"])),
        ("cps", Shown(1, 2, ["a" * 21])),
        ("min_duration", Shown(1, 1.8, ["a"])),
        ("max_duration", Shown(1, 8.1, ["a"])),
        ("gap", Shown(1, 9.95, ["a" * 20])),
        ("chain", Shown(5, 9.7, ["a"])),
    ],
)
def test_each_limit_is_seen_to_be_broken(limit: str, cue: Shown) -> None:
    following = Shown(10, 12, ["b"])
    assert not cue_metrics.kept(cue, following, LIMITS)[limit]
    assert all(cue_metrics.kept(Shown(5, 7, ["a"]), following, LIMITS).values())


def test_twenty_frames_and_two_frames_of_film_are_enough() -> None:
    cue = Shown(round(48 / RATE, 3), round(68 / RATE, 3), ["a"])
    assert all(cue_metrics.kept(cue, Shown(round(70 / RATE, 3), 9, ["b"]), LIMITS).values())


def test_breaks_between_tied_words_are_counted_by_lines_and_by_cues() -> None:
    words = spoken("The red / door opened | and she / came in", 1)
    found = [Shown(1, 2, ["The", "red door opened"]), Shown(2.2, 3, ["and", "she came"]), Shown(3.1, 4, ["in"])]
    row = cue_metrics.row(found, words, LIMITS)
    assert (row.torn_lines, row.torn_cues) == (1, 0.5)


def test_words_without_annotation_are_not_judged() -> None:
    words = [word._replace(after=None) for word in spoken("one two", 1)]
    row = cue_metrics.row([Shown(1, 2, ["one"]), Shown(2, 3, ["two"])], words, LIMITS)
    assert row.torn_lines is None and row.torn_cues is None


def test_hyphens_notes_and_punctuation_are_no_words() -> None:
    words = spoken("Who is it? || Me…", 1)
    assert cue_metrics.placed([Shown(1, 2, ["- Who is it", "-Me ♪"])], words) == [[range(0, 3), range(3, 4)]]


@pytest.mark.parametrize("lines", [["one"], ["two", "one"], ["one", "two", "three"]])
def test_cues_that_say_something_else_are_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"is in no cue|is said"):
        cue_metrics.placed([Shown(1, 2, lines)], spoken("one two", 1))


def test_a_cue_s_start_is_measured_from_its_first_word() -> None:
    words = spoken("one two three four", 1, each=1.0)
    found = [Shown(0.75, 2, ["one two"]), Shown(3.25, 5, ["three four"])]
    row = cue_metrics.row(found, words, LIMITS)
    assert (row.start_mean, row.start_p95) == (0.25, 0.25)


def test_every_column_has_its_heading() -> None:
    words = spoken("one two", 1)
    row = cue_metrics.row([Shown(1, 2, ["one two"])], words, LIMITS)
    table = cues.markdown({"naive": (row, None, cues.Cost(0.1))}).splitlines()
    assert {line.count("|") for line in table} == {len(cues.HEADINGS) + 2}


def test_a_file_of_cues_is_read_as_it_was_written(tmp_path: Path) -> None:
    shown = [Shown(1.001, 2.5, ["one", "two"]), Shown(3600.0, 3601.25, ["तीन"])]
    cues.save(shown, tmp_path / "x.srt")
    assert cue_metrics.read(tmp_path / "x.srt") == shown


# --- the search ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "each", "possible"),
    [
        # One word of so many characters in so many seconds: 1.75 s can be borrowed, and part of a frame on each side.
        (30, 0.1, True),
        (40, 0.1, False),
        (40, 0.4, True),
        (43, 5.0, False),  # wider than a line
        (5, 4.0, True),
        (5, 7.5, False),
    ],
)
def test_one_word_fits_or_it_does_not(size: int, each: float, possible: bool) -> None:
    assert cue_search.feasible(spoken("x" * size, 10, each), LIMITS, RULES, RATE) is possible


def test_two_cues_share_the_silence_between_them() -> None:
    # 59 characters of each speaker, spoken in 1.2 s, which take 2.6 s to read.
    limits = LIMITS._replace(cps=59 / 2.6)
    for silence, possible in ((1.4, True), (1.0, False)):
        words = spoken("word " * 12, 10, 0.1, "A") + spoken("late " * 12, 11.2 + silence, 0.1, "B")
        assert cue_search.feasible(words, limits, RULES, RATE) is possible, silence


def tried_one_by_one(words: list[Spoken], limits: Limits, rate: float) -> bool:
    """The same search without any thrift: every parting, with every frame for each start and end."""
    gap, chain = RULES.gap_frames, round(RULES.chain_below * rate)
    for borders in itertools.product((False, True), repeat=len(words) - 1):
        stops = [at for at, border in enumerate((*borders, True), start=1) if border]
        parts = list(zip([0, *stops], stops, strict=False))
        sizes = [graphemes(" ".join(word.text for word in words[first:stop])) for first, stop in parts]
        windows = []
        for first, stop in parts:
            last = words[stop - 1].end
            early = last if stop == len(words) else min(last, words[stop].start - gap / rate)
            begins = range(
                math.floor((words[first].start - 0.25) * rate + 0.01), math.ceil(words[first].start * rate) + 1
            )
            ends = range(math.floor(early * rate + 0.01), math.ceil((last + 1.5) * rate) + 1)
            windows += [begins, ends]
        for times in itertools.product(*windows):
            cues = list(zip(times[::2], times[1::2], strict=True))
            long_enough = all(
                max(0.8, size / limits.cps) <= (end - begin) / rate <= 7
                for (begin, end), size in zip(cues, sizes, strict=True)
            )
            gaps = [after[0] - before[1] for before, after in itertools.pairwise(cues)]
            if long_enough and all(one == gap or one >= chain for one in gaps):
                return True
    return False


def test_the_search_finds_what_trying_one_by_one_finds() -> None:
    dice = random.Random(5)
    limits, rate = LIMITS._replace(min_duration=0.8, cps=8.0), 5.0
    found = []
    for _ in range(60):
        now, words = 10.0, []
        for _ in range(dice.choice((1, 2, 2, 3))):
            length = dice.choice((0.2, 0.4, 0.8))
            text = "x" * dice.randint(4, 20)
            words.append(Spoken(text, round(now, 3), round(now + length, 3), 0, 0, None, None))
            now += length + dice.choice((0.0, 0.2, 0.6, 1.0))
        if graphemes(" ".join(word.text for word in words)) <= 42:
            found.append(cue_search.feasible(words, limits, RULES, rate))
            assert found[-1] is tried_one_by_one(words, limits, rate), words
    assert 5 < sum(found) < len(found) - 5


def test_two_speakers_may_share_a_cue_by_profile_only() -> None:
    words = spoken("No!", 10, 0.2, "A") + spoken("Yes!", 10.2, 0.2, "B")
    tight = LIMITS._replace(min_duration=2.0)
    assert cue_search.feasible(words, tight, RULES, RATE)
    apart = msgspec.structs.replace(RULES, dual_speakers="separate")
    assert not cue_search.feasible(words, tight, apart, RATE)


def test_passages_are_drawn_far_apart_and_keep_their_own_times() -> None:
    words = dialogue.film("en", 600)
    found = cue_inputs.passages(words, 40, 1)
    assert len(found) == 40 and found == cue_inputs.passages(words, 40, 1)
    given = cue_inputs.made("x", "x", "en", [word for part in found for word in part])
    assert cue_inputs.by_passage(given.words) == found
    documents.check(cue_inputs.transcript_of(given), "passages")


def test_a_film_s_parts_lie_between_silences_that_no_cue_can_use() -> None:
    words = spoken("one", 1) + spoken("two", 3.2) + spoken("three", 6)
    assert [len(part) for part in cue_inputs.islands(words, RULES)] == [2, 1]


@pytest.mark.parametrize(("end", "counted"), [(11.9, (1, 1, 0)), (10.05, (1, 0, 0))])
def test_a_part_that_could_keep_all_limits_and_does_not_is_a_miss(end: float, counted: tuple[int, int, int]) -> None:
    given = cue_inputs.made("x", "x", "en", spoken("Hello there", 10))
    found = cues.searched(given, [given.words], [Shown(10, end, ["Hello there"])])
    assert (found.feasible, found.ours, found.beyond) == counted
    assert len(found.missed) == counted[0] - counted[1]


# --- inputs and peers ---------------------------------------------------------------------------------


def test_the_test_set_s_lines_lend_their_times_to_their_words(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    plain = {"text": "हाँ माँ", "start": 1, "end": 2}
    timed = {"text": "रुको", "start": 3, "end": 4, "words": [{"text": "रुको", "start": 3.1, "end": 3.9}]}
    truth.write_text(json.dumps({"parts": [{"name": "a", "lines": [plain, timed]}]}), encoding="utf-8")
    words = cue_inputs.of_test_set(truth).words
    assert [(word.text, word.start, word.end) for word in words] == [("हाँ", 1, 1.5), ("माँ", 1.5, 2), ("रुको", 3.1, 3.9)]


def test_peers_are_given_the_words_as_their_own_are() -> None:
    (segment,) = cue_inputs.transcript_of(cue_inputs.made("x", "x", "en", spoken("one two", 1))).segments
    given = [msgspec.to_builtins(segment)]
    assert cue_peers.whisperx_segments(given)[0]["words"][1] == {"word": "two", "start": 1.3, "end": 1.6}
    assert cue_peers.stable_segments(given)[0]["words"][1]["word"] == " two"
    assert cue_peers.DEFAULT != cue_peers.NARROW
