"""Where cues are cut and when they are shown."""

from __future__ import annotations

import doctest
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvad import breaking, cue_words, cues, profile
from samvad.cue_times import SHORTEST
from samvad.cues import build
from samvad.documents import Cue, Segment, Span, Translated, Word
from samvad.problem import Problem
from samvad.profile import Profile
from samvad.textmeasure import clean, graphemes, plain

ROOT = Path(__file__).resolve().parents[2]
PLAIN = profile.read(ROOT / "config" / "cues" / "plain.toml")

FILM = (
    "So you're telling me that after everything we went through, after all those nights in the "
    "hospital, you just want to walk away from it? I never said that. Look, when my father built this "
    "place he had nothing but a bicycle and a loan from a man who didn't even know his name."
)
HINDI = (
    "मैंने कहा था कि मुझे सोचने के लिए थोड़ा समय चाहिए कि हमारे साथ क्या हुआ। वो जानना चाहते हैं कि काग़ज़ "
    "तैयार हैं या नहीं, और अगर नहीं हैं तो वो घर ले लेंगे। मैं बहुत थक गया हूँ और अब मैं घर जाना चाहता हूँ।"
)


def like_plain(**changes: Any) -> Profile:
    return msgspec.structs.replace(PLAIN, **changes)


def said(text: str, at: float = 1.0, cps: float = 13.0, speaker: str | None = None, id: int = 1) -> Segment:
    """A segment spoken evenly, without silence."""
    words = []
    for word in text.split():
        end = round(at + (graphemes(word) + 1) / cps, 3)
        words.append(Word(word, at, end))
        at = end
    return Segment(id, words[0].start, words[-1].end, text, words, speaker=speaker)


def quick() -> list[Segment]:
    return [said("Where are you?", speaker="A"), said("I am here.", at=2.3, speaker="B", id=2)]


def at(*words: tuple[str, float, float]) -> Segment:
    """A segment of words with their times."""
    return Segment(1, words[0][1], words[-1][2], " ".join(word[0] for word in words), [Word(*w) for w in words])


def texts(found: list[Cue]) -> list[str]:
    return ["|".join(cue.lines) for cue in found]


# --- where --------------------------------------------------------------------------------------


def test_the_examples_in_the_module_hold() -> None:
    for module in (breaking, cue_words):
        result = doctest.testmod(module)
        assert result.attempted >= 2 and result.failed == 0


def test_a_text_that_fits_one_line_gets_one_line() -> None:
    text = "This text has just forty-two characters ok"
    assert graphemes(text) == 42
    assert texts(build([said(text)], "en", PLAIN)) == [text]


def test_a_text_that_does_not_fit_one_line_gets_two_of_about_one_length() -> None:
    (cue,) = build([said("I have received a letter from my old teacher.")], "en", PLAIN)
    assert cue.lines == ["I have received a letter", "from my old teacher."]


def test_sentences_are_kept_apart_where_there_is_time() -> None:
    found = build([said("What are you doing here? I am going to Delhi.")], "en", PLAIN)
    assert texts(found) == ["What are you doing here?", "I am going to Delhi."]


def test_a_word_too_short_to_be_read_alone_joins_its_neighbour() -> None:
    segment = at(("Oh.", 1.0, 1.2), ("Yes.", 1.2, 1.45), ("Fine.", 1.45, 1.8), ("Go", 1.8, 2.2), ("home.", 2.2, 3.5))
    assert texts(build([segment], "en", PLAIN))[0].startswith("Oh. Yes.")


def test_cues_end_at_commas_rather_than_inside_clauses() -> None:
    found = texts(build([said(FILM)], "en", PLAIN))
    assert found == [
        "So you're telling me|that after everything we went through,",
        "after all those nights in the hospital,|you just want to walk away from it?",
        "I never said that.",
        "Look, when my father built this place|he had nothing but a bicycle and a loan",
        "from a man who didn't even know his name.",
    ]


def test_hindi_breaks_after_postpositions_and_keeps_verbs_whole() -> None:
    found = texts(build([said(HINDI, cps=11)], "hi", PLAIN))
    assert found == [
        "मैंने कहा था कि मुझे सोचने के लिए|थोड़ा समय चाहिए कि हमारे साथ क्या हुआ।",
        "वो जानना चाहते हैं कि काग़ज़ तैयार हैं या नहीं,|और अगर नहीं हैं तो वो घर ले लेंगे।",
        "मैं बहुत थक गया हूँ और अब मैं घर जाना चाहता हूँ।",
    ]


@pytest.mark.parametrize("language", ["hi", "en", "ur"])
def test_no_line_ends_or_begins_where_the_lists_forbid_it_if_there_is_a_choice(language: str) -> None:
    lists = breaking.breaks(language)
    text = {"hi": HINDI, "en": FILM, "ur": "میں نے کہا تھا کہ مجھے سوچنے کے لیے تھوڑا وقت چاہیے"}[language]
    for cue in build([said(text)], language, PLAIN):
        for line in cue.lines[:-1]:
            assert line.split()[-1] not in lists.not_after
        for line in cue.lines[1:]:
            assert line.split()[0] not in lists.not_before


def test_without_its_word_lists_a_language_breaks_elsewhere() -> None:
    text = "Tell me everything about the house of her old uncle"
    assert texts(build([said(text)], "en", PLAIN)) == ["Tell me everything|about the house of her old uncle"]
    assert texts(build([said(text)], "sat", PLAIN)) == ["Tell me everything about|the house of her old uncle"]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "the", "door"),
        ("en", "Raj", "Malhotra"),
        ("en", "would", "go"),
        ("en", "old", "house"),
        ("en", "you", "never"),
        ("hi", "कर", "रहा"),
        ("hi", "रहा", "है"),
        ("hi", "काम", "करना"),
        ("hi", "शुरू", "हो"),
        ("hi", "मदद", "करने"),
        ("hi", "बात", "कर"),
        ("hi", "घर", "में"),
        ("hi", "राम", "ने"),
        ("ur", "گھر", "سے"),
        ("ur", "کام", "کرنا"),
        ("hi", "है", "।"),
    ],
)
def test_what_belongs_together_is_not_parted(language: str, one: str, other: str) -> None:
    assert breaking.parting(one, other, breaking.breaks(language)) == breaking.CUT_WRONG


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "home", "and"),
        ("en", "walked", "into"),
        ("en", "you", "because"),
        ("hi", "में", "राम"),
        ("hi", "गया", "लेकिन"),
    ],
)
def test_a_phrase_ends_before_a_conjunction_or_preposition_and_after_a_postposition(
    language: str, one: str, other: str
) -> None:
    assert breaking.parting(one, other, breaking.breaks(language)) == breaking.CUT_PHRASE


def test_a_name_and_a_number_stay_with_what_they_belong_to() -> None:
    text = "we must pay back 50000 rupees to Raj Malhotra today"
    for cue in build([said(text)], "en", PLAIN):
        for upper, lower in pairwise(cue.lines):
            assert (upper.split()[-1], lower.split()[0]) not in [("50000", "rupees"), ("Raj", "Malhotra")]


def test_a_title_does_not_end_a_sentence() -> None:
    found = texts(build([said("Yesterday I saw Mr. Kapoor. He is well and sends his love.")], "en", PLAIN))
    assert found == ["Yesterday I saw Mr. Kapoor.", "He is well and sends his love."]


def test_a_pause_where_the_recogniser_cut_ends_a_sentence_without_a_full_stop() -> None:
    items = [said("यह चाय बहुत अच्छी है"), said("तुम दिल्ली क्यों जा रहे हो", at=4.2, id=2)]
    assert len(build(items, "hi", PLAIN)) == 2
    items = [said("यह चाय बहुत"), said("अच्छी है", at=items[0].words[2].end, id=2)]
    assert texts(build(items, "hi", PLAIN)) == ["यह चाय बहुत अच्छी है"]


def test_a_word_that_no_line_can_hold_is_cut_between_characters() -> None:
    found = build([said("हा" * 100 + " बस")], "hi", PLAIN)
    lines = [line for cue in found for line in cue.lines]
    assert max(map(graphemes, lines)) <= 42
    assert "".join("".join(lines).split()) == "हा" * 100 + "बस"


def test_every_entry_of_the_word_lists_is_one_word_as_it_is_looked_up() -> None:
    lists = json.loads(breaking.BREAKS.read_text(encoding="utf-8"))
    known = json.loads((ROOT / "config" / "languages.json").read_text(encoding="utf-8"))
    for language, kinds in lists.items():
        assert language in known and breaking.breaks(language) != breaking.Breaks()
        for kind, words in kinds.items():
            if kind == "reviewed":
                continue
            assert len(words) == len(set(words))
            for word in words:
                assert word == clean(word).casefold() and " " not in word
                assert kind == "abbreviations" or word == breaking._bare(word)


def test_a_table_says_whether_somebody_reviewed_it() -> None:
    assert breaking.breaks("en").reviewed and breaking.breaks("hi").reviewed
    assert not breaking.breaks("ta").reviewed and not breaking.breaks("sat").reviewed


# --- speakers -----------------------------------------------------------------------------------


def exchange(style: str, **changes: Any) -> list[Cue]:
    """Two words, half a second apart, of two people."""
    one, other = said("Coming?", speaker="A"), said("Yes.", at=1.5, speaker="B", id=2)
    return build([one, other], "en", like_plain(dual_speakers=style, **changes))


@pytest.mark.parametrize(
    ("style", "lines"), [("hyphen", ["-Coming?", "-Yes."]), ("hyphen space", ["- Coming?", "- Yes."])]
)
def test_two_people_who_say_little_share_a_cue_with_a_line_each(style: str, lines: list[str]) -> None:
    (cue,) = exchange(style)
    assert (cue.lines, cue.speakers, cue.shows) == (lines, ["A", "B"], [1, 2])


def test_by_profile_they_never_share_one() -> None:
    assert [(cue.lines, cue.speakers) for cue in exchange("separate")] == [(["Coming?"], ["A"]), (["Yes."], ["B"])]


def test_two_people_with_time_for_a_cue_each_have_one() -> None:
    items = [said("Are you coming home?", speaker="A"), said("I am coming now.", at=3.0, speaker="B", id=2)]
    assert texts(build(items, "en", PLAIN)) == ["Are you coming home?", "I am coming now."]


def test_hyphens_count_as_characters_and_no_third_person_fits() -> None:
    assert len(exchange("hyphen", characters_per_line=10)) == 1
    long = [said("Abcdefghij?", cps=30, speaker="A"), said("Yes.", at=1.5, speaker="B", id=2)]
    assert len(build(long, "en", like_plain(characters_per_line=11))) == 2
    assert len(build(long, "en", like_plain(characters_per_line=12))) == 1
    three = [said("No.", at=1 + n / 3, speaker=name, id=n) for n, name in enumerate("ABA")]
    assert max(cue.text.count("-") for cue in build(three, "en", PLAIN)) == 2


def test_where_somebody_is_unknown_no_cue_is_shared() -> None:
    items = [said("Coming?", speaker="A"), said("Yes.", at=1.5, id=2)]
    assert [(cue.lines, cue.speakers) for cue in build(items, "en", PLAIN)] == [(["Coming?"], ["A"]), (["Yes."], [])]


def test_one_speaker_of_two_lines_is_named_for_each() -> None:
    (cue,) = build([said("I have received a letter from my old teacher.", speaker="A")], "en", PLAIN)
    assert cue.speakers == ["A", "A"]


# --- sounds -------------------------------------------------------------------------------------


def scene() -> list[Segment]:
    return [
        said("(laughs)", at=1.0, id=1),
        said("[sighs] No, (really) [door slams] not me.", at=4.0, id=2),
        said("[संगीत]", at=9.0, id=3),
        said("(He) said so.", at=12.0, id=4),
    ]


def test_sounds_in_brackets_are_left_out() -> None:
    assert texts(build(scene(), "en", PLAIN)) == ["No, (really) not me.", "(He) said so."]


def test_for_people_who_do_not_hear_sounds_stand_in_square_brackets() -> None:
    found = texts(build(scene(), "en", PLAIN, sounds=[]))
    assert found == ["[laughs]", "[sighs] No, (really) [door slams] not me.", "[संगीत]", "(He) said so."]


def test_a_label_over_a_long_stretch_is_one_cue_at_its_beginning() -> None:
    words = [Word("[door", 10.0, 30.0), Word("slams]", 30.0, 50.0)]
    (cue,) = build([Segment(1, 10.0, 50.0, "[door slams]", words)], "en", PLAIN, sounds=[])
    assert (cue.start, cue.end, cue.lines) == (10.0, 17.0, ["[door slams]"])


def test_music_has_a_label_where_nothing_else_is_shown() -> None:
    items = [said("Where are you?", at=10.0)]
    music = [Span(2.0, 9.8), Span(10.5, 11.5), Span(20.0, 22.5), Span(30.0, 60.0)]
    found = build(items, "hi", PLAIN, sounds=music)
    assert [(cue.start, cue.end, cue.text) for cue in found if cue.text.startswith("[")] == [
        (2.0, 9.0, "[संगीत]"),
        (30.0, 37.0, "[संगीत]"),
    ]


def test_music_that_begins_while_somebody_speaks_has_its_label_behind_the_cue() -> None:
    (speech, label) = build([said("Where are you?", at=10.0)], "en", PLAIN, sounds=[Span(10.2, 16.0)])
    assert label.text == "[music]" and round((label.start - speech.end) * 24) == 2 and label.end == 16.0


def test_every_language_has_a_label_for_music() -> None:
    known = json.loads((ROOT / "config" / "languages.json").read_text(encoding="utf-8"))
    assert set(json.loads(cue_words.SOUNDS.read_text(encoding="utf-8"))) == set(known)
    for language in known:
        assert cue_words.labels(language).music == clean(cue_words.labels(language).music) != ""


# --- translations -------------------------------------------------------------------------------


def test_a_sentence_without_word_times_shares_its_time_by_length() -> None:
    text = "I have been waiting for you since the morning, and nobody has told me when the next train will come."
    found = build([Translated(1, 10.0, 18.0, text, "…")], "en", PLAIN)
    assert texts(found)[0].endswith("morning,") and len(found) == 2
    share = graphemes(found[0].text) / graphemes(text)
    assert found[1].start == pytest.approx(10 + 8 * share, abs=0.15)


def test_a_short_text_over_a_long_time_stays_one_cue_at_its_beginning() -> None:
    found = build([Translated(1, 10.0, 50.0, "Thank you very much.", "…")], "en", PLAIN)
    assert [(cue.start, cue.end, cue.lines) for cue in found] == [(10.0, 17.0, ["Thank you very much."])]


def test_two_translated_sentences_without_a_full_stop_stay_apart() -> None:
    items = [Translated(1, 1.0, 3.0, "Where are you", "…"), Translated(2, 3.0, 5.0, "I am at home", "…")]
    assert texts(build(items, "en", PLAIN)) == ["Where are you", "I am at home"]


# --- when ---------------------------------------------------------------------------------------


def test_a_cue_begins_with_its_first_word_and_ends_with_its_last() -> None:
    (cue,) = build([at(("Come", 5.0, 5.4), ("home", 5.4, 5.8), ("now.", 5.8, 7.0))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, 7.0)


def test_a_cue_begins_with_the_frame_in_which_its_first_word_does() -> None:
    (cue,) = build([at(("Come", 5.03, 5.4), ("home.", 5.4, 7.01))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, round(169 / 24, 3))
    (cue,) = build([at(("Come", 5.03, 5.4), ("home.", 5.4, 7.01))], "en", PLAIN, frame_rate=25.0, frame_zero=0.013)
    assert (cue.start, cue.end) == (5.013, 7.013)


DENSE = "This is said much too quickly for anyone"  # 40 characters: 2 s


def test_a_cue_that_is_not_read_in_time_stays_into_the_silence_after() -> None:
    segment = said(DENSE, cps=30)
    (cue,) = build([segment], "en", PLAIN)
    assert segment.end < 2.4 and (cue.start, cue.end, cue.beyond) == (1.0, 3.0, [])


def test_then_it_borrows_from_the_silence_before_but_not_from_the_cue_before() -> None:
    limits = like_plain(borrow_before=0.5, dual_speakers="separate")
    dense = said(DENSE, at=5.0, cps=30, speaker="B", id=2)
    third = said("Never come back here again.", at=6.85, speaker="A", id=3)
    found = build([said("Go home now.", speaker="A"), dense, third], "en", limits)
    assert (found[1].start, found[1].end, found[1].beyond) == (4.75, 6.75, [])
    # A sixth of a second before it somebody speaks: two frames stay free.
    close = said("Go home right now.", at=3.4, speaker="A")
    assert 4.75 < close.end < 5.0
    found = build([close, dense, third], "en", limits)
    assert found[1].start < 5.0 and round((found[1].start - found[0].end) * 24) == 2


def test_what_cannot_be_read_in_any_way_is_marked_and_not_cut() -> None:
    items = [said(DENSE, cps=40, id=1), said("And this comes right behind it in a hurry.", at=2.025, cps=40, id=2)]
    items.append(said("Enough.", at=3.1, id=3))
    found = build(items, "en", PLAIN)
    assert any("cps" in cue.beyond for cue in found)
    assert " ".join(cue.text for cue in found) == " ".join(item.text for item in items)


def test_no_cue_stays_beyond_the_films_end() -> None:
    (cue,) = build([said(DENSE, cps=30)], "en", PLAIN, film_end=2.6)
    assert (cue.end, cue.beyond) == (2.583, ["cps"])
    (cue,) = build([said("Too late.", at=5.0)], "en", PLAIN, film_end=2.6)
    assert cue.start == 5.0 and cue.end > 5.0


def test_a_short_word_stays_for_the_least_duration_where_there_is_room() -> None:
    (cue,) = build([at(("No.", 5.0, 5.1))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, 5.833)  # 20 frames of 24 a second


def test_a_word_held_for_long_does_not_hold_the_cue() -> None:
    (cue,) = build([at(("Noooo!", 5.0, 25.0))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, 12.0)


@pytest.mark.parametrize("rate", [24.0, 25.0, 24000 / 1001, 60.0])
def test_the_gap_is_two_frames_of_the_film(rate: float) -> None:
    one, other = build(quick(), "en", PLAIN, frame_rate=rate)
    assert (other.start - one.end) * rate == pytest.approx(2, abs=0.001 * rate)


def test_cues_whose_words_all_have_one_time_still_follow_each_other() -> None:
    items = [Segment(n, 3.0, 3.0, "हाँ", [Word("हाँ", 3.0, 3.0)], song=bool(n % 2)) for n in range(5)]
    found = build(items, "hi", PLAIN)
    assert len(found) == 5
    assert all(cue.end - cue.start >= SHORTEST - 1e-9 for cue in found)
    assert all(b.start - a.end >= 0.083 for a, b in pairwise(found))
    assert all("min_duration" in cue.beyond for cue in found[:-1]) and not found[-1].beyond


def test_nothing_said_makes_no_cues() -> None:
    assert build([], "hi", PLAIN) == []
    assert build([Segment(1, 0.0, 1.0, " \u200b ")], "hi", PLAIN) == []


# --- whatever is said -----------------------------------------------------------------------------

WORD = st.one_of(
    st.sampled_from([*FILM.split(), *HINDI.split(), "हाहाहाहा" * 15, "<i>", "{\\an8}", "42", "—"]),
    st.text(max_size=12).filter(lambda text: not set(plain(text)) & set("-[]()")),
)
TIMED = st.tuples(WORD, st.floats(0, 3), st.sampled_from([0.0, 0.0, 0.05, 0.6, 4.0]), st.sampled_from([None, "A", "B"]))


@st.composite
def speech(draw: st.DrawFn) -> list[Segment]:
    """Segments with words in order, of any length, some with a speaker."""
    now, found = 0.0, []
    for number, part in enumerate(draw(st.lists(st.lists(TIMED, min_size=1, max_size=25), max_size=4))):
        words = []
        for text, duration, silence, _ in part:
            words.append(Word(text, now + silence, now + silence + duration))
            now = words[-1].end
        text = " ".join(word.text for word in words)
        found.append(Segment(number, words[0].start, now, text, words, speaker=part[0][3]))
    return found


LIMITS = st.builds(
    like_plain,
    characters_per_line=st.integers(10, 42),
    lines=st.integers(1, 3),
    gap_frames=st.integers(0, 5),
    max_duration=st.floats(2, 8),
    chain_below=st.sampled_from([0.0, 0.5, 2.0]),
)


@settings(max_examples=150, deadline=None)
@given(speech(), LIMITS, st.sampled_from(["en", "hi", "ur", "ta"]), st.sets(st.integers(1, 400), max_size=10))
def test_whatever_is_said_the_cues_are_within_their_limits(
    items: list[Segment], limits: Profile, language: str, cuts: set[int]
) -> None:
    found = build(items, language, limits, cuts=[cut / 4 for cut in sorted(cuts)])
    cues.check(found)
    rate, gap = limits.frame_rate, limits.gap_frames
    shown = "".join("".join(line.removeprefix("-").split()) for cue in found for line in cue.lines)
    assert shown == "".join("".join(plain(word.text).split()) for item in items for word in item.words)
    for number, cue in enumerate(found, start=1):
        assert cue.id == number
        assert 1 <= len(cue.lines) <= limits.lines
        assert all(0 < graphemes(line) <= limits.characters_per_line for line in cue.lines)
        assert SHORTEST - 0.002 <= cue.end - cue.start <= limits.max_duration + 0.002
        assert ("cps" in cue.beyond) == (graphemes(cue.text) > limits.cps * (cue.end - cue.start + 0.0015))
        assert ("min_duration" in cue.beyond) == (cue.end - cue.start < limits.min_duration - 0.002)
        assert not set(cue.beyond) - {"cps", "min_duration"}
        for time in (cue.start, cue.end):
            assert abs(time * rate - round(time * rate)) < 0.03
    for one, other in pairwise(found):
        assert round((other.start - one.end) * rate) >= gap


@settings(max_examples=100, deadline=None)
@given(speech())
def test_every_word_is_under_its_speaker(items: list[Segment]) -> None:
    found = build(items, "hi", PLAIN)
    spoken = {
        name: "".join(
            "".join(plain(word.text).split()) for item in items if item.speaker == name for word in item.words
        )
        for name in (None, "A", "B")
    }
    lines = [(line, name) for cue in found for line, name in zip(cue.lines, cue.speakers or [None] * 9, strict=False)]
    for name, text in spoken.items():
        assert "".join("".join(line.removeprefix("-").split()) for line, who in lines if who == name) == text


@settings(max_examples=50, deadline=None)
@given(speech(), LIMITS)
def test_the_same_words_make_the_same_cues(items: list[Segment], limits: Profile) -> None:
    assert build(items, "hi", limits, cuts=[3.0]) == build(items, "hi", limits, cuts=[3.0])


def test_shares_say_what_is_outside_the_limits() -> None:
    good, bad = Cue(1, 1.0, 3.0, ["Short."]), Cue(2, 4.0, 4.5, ["x" * 50], beyond=["cps", "min_duration"])
    assert cues.shares([good, bad]) == {
        "all": 0.5,
        "characters_per_line": 1.0,
        "lines": 1.0,
        "cps": 0.5,
        "min_duration": 0.5,
        "max_duration": 1.0,
        "gap": 1.0,
    }
    assert set(cues.shares([]).values()) == {1.0}


@pytest.mark.parametrize(
    "wrong",
    [
        [Cue(1, 1.0, 1.0, ["x"])],
        [Cue(1, -1.0, 1.0, ["x"])],
        [Cue(1, 1.0, 2.0, [])],
        [Cue(1, 1.0, 2.0, ["x", ""])],
        [Cue(1, 1.0, 2.0, ["x"]), Cue(2, 1.9, 3.0, ["y"])],
    ],
)
def test_a_cue_that_is_empty_or_runs_backwards_is_a_fault(wrong: list[Cue]) -> None:
    with pytest.raises(Problem):
        cues.check(wrong)
