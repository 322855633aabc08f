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

from samvad import cues, profile
from samvad.cues import Cue, build
from samvad.documents import Segment, Translated, Word
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


def at(*words: tuple[str, float, float]) -> Segment:
    """A segment of words with their times."""
    return Segment(1, words[0][1], words[-1][2], " ".join(word[0] for word in words), [Word(*w) for w in words])


def texts(found: list[Cue]) -> list[str]:
    return ["|".join(cue.lines) for cue in found]


# --- where --------------------------------------------------------------------------------------


def test_the_examples_in_the_module_hold() -> None:
    result = doctest.testmod(cues)
    assert result.attempted >= 4 and result.failed == 0


def test_a_text_that_fits_one_line_gets_one_line() -> None:
    text = "This text has just forty-two characters ok"
    assert graphemes(text) == 42
    assert texts(build([said(text)], "en", PLAIN)) == [text]


def test_a_text_that_does_not_fit_one_line_gets_two_of_about_one_length() -> None:
    (cue,) = build([said("I have received a letter from my old teacher.")], "en", PLAIN)
    assert cue.lines == ("I have received a letter", "from my old teacher.")


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
    lists = cues.breaks(language)
    text = {"hi": HINDI, "en": FILM, "ur": "میں نے کہا تھا کہ مجھے سوچنے کے لیے تھوڑا وقت چاہیے"}[language]
    for cue in build([said(text)], language, PLAIN):
        for line in cue.lines[:-1]:
            assert line.split()[-1] not in lists.not_after
        for line in cue.lines[1:]:
            assert line.split()[0] not in lists.not_before


def test_without_its_word_lists_a_language_breaks_elsewhere() -> None:
    text = "Tell me everything about the house of her old uncle"
    assert texts(build([said(text)], "en", PLAIN)) == ["Tell me everything|about the house of her old uncle"]
    assert texts(build([said(text)], "ta", PLAIN)) == ["Tell me everything about|the house of her old uncle"]


def test_a_name_and_a_number_stay_with_what_they_belong_to() -> None:
    text = "we must pay back 50000 rupees to Raj Malhotra today"
    for cue in build([said(text)], "en", PLAIN):
        for upper, lower in pairwise(cue.lines):
            assert (upper.split()[-1], lower.split()[0]) not in [("50000", "rupees"), ("Raj", "Malhotra")]


def test_a_title_does_not_end_a_sentence() -> None:
    found = texts(build([said("Yesterday I saw Mr. Kapoor. He is well and sends his love.")], "en", PLAIN))
    assert found == ["Yesterday I saw Mr. Kapoor.", "He is well and sends his love."]


def test_a_new_speaker_begins_a_new_cue() -> None:
    one, other = said("Are you", speaker="A"), said("coming?", at=2.0, speaker="B", id=2)
    found = build([one, other], "en", PLAIN)
    assert [(cue.lines, cue.speaker) for cue in found] == [(("Are you",), "A"), (("coming?",), "B")]
    one.speaker = other.speaker = "A"
    assert texts(build([one, other], "en", PLAIN)) == ["Are you coming?"]


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
    lists = json.loads(cues.BREAKS.read_text(encoding="utf-8"))
    known = json.loads((ROOT / "config" / "languages.json").read_text(encoding="utf-8"))
    for language, kinds in lists.items():
        assert language in known
        for kind, words in kinds.items():
            for word in words:
                assert word == clean(word).casefold() and " " not in word
                assert kind == "abbreviations" or word == cues._bare(word)


# --- translations -------------------------------------------------------------------------------


def test_a_sentence_without_word_times_shares_its_time_by_length() -> None:
    text = "I have been waiting for you since the morning, and nobody has told me when the next train will come."
    found = build([Translated(1, 10.0, 18.0, text, "…")], "en", PLAIN)
    assert texts(found)[0].endswith("morning,") and len(found) == 2
    share = graphemes(found[0].text) / graphemes(text)
    assert found[1].start == pytest.approx(10 + 8 * share, abs=0.15)


def test_a_short_text_over_a_long_time_stays_one_cue_at_its_beginning() -> None:
    found = build([Translated(1, 10.0, 50.0, "Thank you very much.", "…")], "en", PLAIN)
    assert found == [Cue(10.0, 17.0, ("Thank you very much.",))]


def test_two_translated_sentences_without_a_full_stop_stay_apart() -> None:
    items = [Translated(1, 1.0, 3.0, "Where are you", "…"), Translated(2, 3.0, 5.0, "I am at home", "…")]
    assert texts(build(items, "en", PLAIN)) == ["Where are you", "I am at home"]


# --- when ---------------------------------------------------------------------------------------


def test_a_cue_begins_with_its_first_word_and_ends_with_its_last() -> None:
    (cue,) = build([at(("Come", 5.0, 5.4), ("home", 5.4, 5.8), ("now.", 5.8, 7.0))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, 7.0)


def test_a_cue_that_is_not_read_in_time_stays_into_the_silence() -> None:
    text = "This is said much too quickly for anyone"
    segment = said(text, cps=30)
    (cue,) = build([segment], "en", PLAIN)
    assert cue.end == pytest.approx(segment.end + PLAIN.linger, abs=0.002)


def test_a_short_word_stays_for_the_least_duration_where_there_is_room() -> None:
    (cue,) = build([at(("No.", 5.0, 5.1))], "en", PLAIN)
    assert cue == Cue(5.0, 5.834, ("No.",))


def test_a_word_held_for_long_does_not_hold_the_cue() -> None:
    (cue,) = build([at(("Noooo!", 5.0, 25.0))], "en", PLAIN)
    assert (cue.start, cue.end) == (5.0, 12.0)


@pytest.mark.parametrize(("rate", "gap"), [(24.0, 0.084), (25.0, 0.080), (24000 / 1001, 0.084), (60.0, 0.034)])
def test_the_gap_is_two_frames_of_the_film(rate: float, gap: float) -> None:
    items = [said("Where are you?", speaker="A"), said("I am here.", at=2.1, speaker="B", id=2)]
    one, other = build(items, "en", PLAIN, rate)
    assert other.start - one.end == pytest.approx(gap, abs=1e-6) and gap >= 2 / rate


def test_cues_whose_words_all_have_one_time_still_follow_each_other() -> None:
    items = [Segment(n, 3.0, 3.0, "हाँ", [Word("हाँ", 3.0, 3.0)], speaker=str(n)) for n in range(5)]
    found = build(items, "hi", PLAIN)
    assert len(found) == 5
    assert all(cue.end - cue.start >= cues.SHORTEST - 1e-9 for cue in found)
    assert all(b.start - a.end >= 0.083 for a, b in pairwise(found))


def test_nothing_said_makes_no_cues() -> None:
    assert build([], "hi", PLAIN) == []
    assert build([Segment(1, 0.0, 1.0, " \u200b ")], "hi", PLAIN) == []


# --- every setting is obeyed ----------------------------------------------------------------------

QUICK = [said("Where are you?", speaker="A"), said("I am here.", at=2.3, speaker="B", id=2)]
SETTINGS: dict[str, tuple[Any, list[Segment]]] = {
    "characters_per_line": (30, [said(FILM)]),
    "lines": (1, [said(FILM)]),
    "cps": (10.0, [said("You never told me that", cps=18)]),
    "min_duration": (1.5, [at(("No.", 5.0, 5.1))]),
    "max_duration": (4.0, [said(FILM)]),
    "gap_frames": (6, QUICK),
    "frame_rate": (50.0, QUICK),
    "linger": (0.2, [said("This is said much too quickly for anyone", cps=30)]),
    "chain_below": (0.0, QUICK),
    "pause": (0.2, [said("यह चाय बहुत अच्छी है"), said("तुम दिल्ली क्यों जा रहे हो", at=2.5, id=2)]),
    "new_cue_pause": (0.9, [at(("Come", 1.0, 1.5), ("home", 2.5, 3.0))]),
}


def test_every_setting_has_its_example_here() -> None:
    assert set(SETTINGS) == set(Profile.__struct_fields__)


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_changes_the_cues(key: str) -> None:
    value, items = SETTINGS[key]
    assert build(items, "en", PLAIN) != build(items, "en", like_plain(**{key: value}))


def test_settings_do_what_they_say() -> None:
    def made(key: str) -> list[Cue]:
        value, items = SETTINGS[key]
        return build(items, "en", like_plain(**{key: value}))

    assert max(graphemes(line) for cue in made("characters_per_line") for line in cue.lines) <= 30
    assert all(len(cue.lines) == 1 for cue in made("lines"))
    assert made("cps")[0].end == pytest.approx(SETTINGS["cps"][1][0].end + 0.5, abs=0.002)
    assert made("min_duration")[0].end == 6.5
    assert max(cue.end - cue.start for cue in made("max_duration")) <= 4.0
    assert made("gap_frames")[1].start - made("gap_frames")[0].end == pytest.approx(0.25)
    assert made("frame_rate")[1].start - made("frame_rate")[0].end == pytest.approx(0.04)
    assert made("linger")[0].end == pytest.approx(SETTINGS["linger"][1][0].end + 0.2, abs=0.002)
    assert made("chain_below")[0].end == QUICK[0].end
    assert len(made("pause")) == 2 and len(build(SETTINGS["pause"][1], "en", PLAIN)) == 1
    assert texts(made("new_cue_pause")) == ["Come", "home"]


# --- whatever is said -----------------------------------------------------------------------------

WORD = st.one_of(
    st.sampled_from([*FILM.split(), *HINDI.split(), "हाहाहाहा" * 15, "<i>", "{\\an8}", "42", "—"]),
    st.text(max_size=12),
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
@given(speech(), LIMITS, st.sampled_from(["en", "hi", "ur", "ta"]))
def test_whatever_is_said_the_cues_are_within_their_limits(
    items: list[Segment], limits: Profile, language: str
) -> None:
    found = build(items, language, limits)
    cues.check(found)
    gap = cues.frame_gap(limits)
    shown = "".join("".join(line.split()) for cue in found for line in cue.lines)
    assert shown == "".join("".join(plain(word.text).split()) for item in items for word in item.words)
    for cue in found:
        assert 1 <= len(cue.lines) <= limits.lines
        assert all(0 < graphemes(line) <= limits.characters_per_line for line in cue.lines)
        assert cues.SHORTEST - 0.002 <= cue.end - cue.start <= limits.max_duration + 0.002
    for one, other in pairwise(found):
        assert other.start - one.end >= gap - 0.0015
        roomy = other.start - gap - one.start >= limits.min_duration
        assert not roomy or one.end - one.start >= limits.min_duration - 0.002


@settings(max_examples=100, deadline=None)
@given(speech())
def test_speakers_never_share_a_cue(items: list[Segment]) -> None:
    found = build(items, "hi", PLAIN)
    spoken = {
        name: "".join(
            "".join(plain(word.text).split()) for item in items if item.speaker == name for word in item.words
        )
        for name in (None, "A", "B")
    }
    for name, text in spoken.items():
        assert "".join("".join(cue.text.split()) for cue in found if cue.speaker == name) == text


def test_shares_say_what_is_outside_the_limits() -> None:
    good = Cue(1.0, 3.0, ("Short and sweet.",))
    bad = Cue(3.02, 3.12, ("x" * 50, "y", "z"))
    long = Cue(4.0, 14.0, ("Noooo!",))
    assert cues.shares([good, bad, long], PLAIN, 0.084) == {
        "characters_per_line": 0.6667,
        "lines": 0.6667,
        "cps": 0.6667,
        "min_duration": 0.6667,
        "max_duration": 0.6667,
        "gap": 0.5,
    }
    assert set(cues.shares([], PLAIN, 0.084).values()) == {1.0}
