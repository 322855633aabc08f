"""Cues: what is said, cut into what is shown, and when.

Three steps. `tokens` lays all words of a film in a row, each with its time. `_divide` finds the
cheapest way to cut the row into cues by one dynamic programme: a cut is cheap at the end of a
sentence, dearer at a comma or a pause, dear inside a phrase; a cue costs something by itself, and
more when it holds two sentences, a fragment, or more text than its time lets one read. `_times`
then places the cues: they begin with the voice, stay long enough to be read, keep their gap and
never overlap. The rules are those of Netflix's and the BBC's public style guides.
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import regex  # type: ignore[import-untyped]
from msgspec import Struct

from samvad.documents import Segment, Sentence, Translated, Word
from samvad.problem import Problem
from samvad.profile import Profile
from samvad.textmeasure import graphemes, pieces, plain

BREAKS = Path(__file__).resolve().parents[2] / "config" / "cues" / "breaks.json"

#: Stands before and after what is sung, each time with a space between, which makes `SIGN` characters.
NOTE, SIGN = "♪", 2
#: Seconds that every cue is seen, even if the next one must wait for it that long.
SHORTEST = 0.2
#: Characters per second below which nobody speaks: a longer time span holds silence or music.
SLOWEST = 4.0

# Costs of a cut, by the best reason for it.
CUT_SENTENCE, CUT_CLAUSE, CUT_PAUSE, CUT_SEAM, CUT_PHRASE, CUT_PLAIN, CUT_WRONG = 0, 2, 2, 4, 6, 11, 22
#: A line break disturbs less than a change of cue.
OF_LINE_BREAK = 0.5
# Costs of a cue: that it is there, a second line, a sentence or a segment that ends inside it, that
# another one is cut as well, a second of silence inside it, that it is a fragment, that it flashes
# by or must be read too fast.
CUE, LINE, MERGED, SEAM, TORN, SILENCE = 8.0, 1.0, 12.0, 4.0, 5.0, 8.0
FRAGMENT, FLASH, HASTE = 10.0, 20.0, 15.0
# Costs of two lines: their difference in length, more if the upper is longer; a lone short word.
BALANCE, TOP_HEAVY, ORPHAN = 6.0, 3.0, 5.0

_SENTENCE_END = regex.compile(r"[.!?।॥؟۔](?:[\p{Pe}\p{Pf}\"'’]|[.!?])*$")
_CLAUSE_END = regex.compile(r"[,;:،؛…–—](?:[\p{Pe}\p{Pf}\"'’])*$")
_INITIAL = regex.compile(r"^\p{L}\.$")
_AROUND_WORD = regex.compile(r"^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$")


class Cue(NamedTuple):
    """One subtitle; times in seconds from the film's zero, whole milliseconds."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None

    @property
    def text(self) -> str:
        return " ".join(self.lines)


class Token(NamedTuple):
    """A word in the row of all words."""

    text: str
    start: float
    end: float
    speaker: str | None
    #: How the item (segment or sentence) that the word belongs to ends with it, if it does.
    closes: str | None = None  # "sentence" | "seam"
    song: bool = False


class Breaks(Struct, forbid_unknown_fields=True):
    """Where a language's phrases may be parted (config/cues/breaks.json); words in lower case."""

    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()


@functools.cache
def breaks(language: str) -> Breaks:
    """The word lists of a language; empty ones where the file has none."""
    known = msgspec.json.decode(BREAKS.read_bytes(), type=dict[str, Breaks])
    return known.get(language, Breaks())


def build(
    items: Iterable[Segment | Sentence | Translated],
    language: str,
    profile: Profile,
    frame_rate: float | None = None,
) -> list[Cue]:
    """The cues of a transcript's segments or a translation's sentences.

    `frame_rate` in frames per second; the profile's where it is None.
    """
    gap = frame_gap(profile, frame_rate)
    row = tokens(items, profile)
    return _times(_divide(row, breaks(language), profile, gap), profile, gap)


def frame_gap(profile: Profile, frame_rate: float | None = None) -> float:
    """Seconds between two cues, rounded up to a millisecond: a gap must not come out too short.

    >>> from types import SimpleNamespace
    >>> frame_gap(SimpleNamespace(gap_frames=2, frame_rate=24.0), 24000 / 1001)
    0.084
    """
    rate = frame_rate or profile.frame_rate
    return math.ceil(round(1000 * profile.gap_frames / rate, 6)) / 1000


# --- the row of words ---------------------------------------------------------------------------


def tokens(items: Iterable[Segment | Sentence | Translated], profile: Profile) -> list[Token]:
    """All words in order, plain (`textmeasure.plain`), none wider than a line, times rising.

    Words have their own times where the item has words, else a share of their phrase's or the item's time.
    """
    row: list[Token] = []
    now = 0.0
    for item in items:
        closes = "seam" if isinstance(item, Segment) else "sentence"
        parted: Sequence[Word | Segment | Sentence | Translated] = getattr(item, "phrases", None) or [item]
        words = getattr(item, "words", None) or [word for part in parted for word in _shared(part, profile)]
        most = profile.characters_per_line - 2 * SIGN * item.song
        parts = [part for word in words for part in _fitting(word, most)]
        for number, (text, start, end) in enumerate(parts, start=1):
            start = max(now, round(start, 3))
            now = max(start, round(end, 3))
            row.append(Token(text, start, now, item.speaker, closes if number == len(parts) else None, item.song))
    return row


def _shared(item: Word | Segment | Sentence | Translated, profile: Profile) -> list[Word]:
    """The words of an item, or of a phrase, with time by their share of its characters.

    A span that no speech fills (a segment that the recogniser stretched over music) is used only
    from its start, for as long as one cue may stay or as the slowest speech would take.
    """
    texts = plain(item.text).split()
    sizes = [graphemes(text) + 1 for text in texts]
    longest = max(profile.max_duration, sum(sizes) / SLOWEST)
    per_character = min(item.end - item.start, longest) / max(1, sum(sizes))
    words, start = [], item.start
    for text, size in zip(texts, sizes, strict=True):
        words.append(Word(text, start, start + size * per_character))
        start = words[-1].end
    return words


def _fitting(word: Word, most: int) -> list[tuple[str, float, float]]:
    """The word as plain text with times; in pieces where no line could hold it (a recogniser's
    endless "हाहाहा…"), so that a line's limit holds for any text."""
    parts = [part for text in plain(word.text).split() for part in pieces(text, most)]
    step = (word.end - word.start) / max(1, len(parts))
    return [(part, word.start + n * step, word.start + (n + 1) * step) for n, part in enumerate(parts)]


# --- where to cut -------------------------------------------------------------------------------


class _Row:
    """The words with everything about them that is asked again and again, by position.

    Position k is the place before word k; the arrays have one entry more than there are words.
    """

    def __init__(self, row: Sequence[Token], lists: Breaks, profile: Profile) -> None:
        self.row = row
        self.profile = profile
        count = len(row)
        #: Where word k begins if all were written on one line.
        self.offset = [0]
        for token in row:
            self.offset.append(self.offset[-1] + graphemes(token.text) + 1)
        #: The characters before the first line of a cue that word k is in, and after its last line.
        self.sign = [SIGN * token.song for token in row]
        #: No cue reaches over it: the film's ends, a new speaker, a long silence, a song's beginning and end.
        self.wall = [True] * (count + 1)
        #: A sentence ends here, or a wall stands.
        self.whole = [True] * (count + 1)
        self.cut = [0.0] * (count + 1)
        #: The cost of having it inside a cue.
        self.inside = [0.0] * (count + 1)
        for k, (one, other) in enumerate(pairwise(row), start=1):
            silence = other.start - one.end
            self.wall[k] = one.speaker != other.speaker or one.song != other.song or silence >= profile.new_cue_pause
            # Recognisers leave out full stops in many languages; a pause where they cut is one.
            stops = one.closes == "sentence" or (one.closes == "seam" and silence >= profile.pause)
            sentence = stops or ends_sentence(one.text, lists)
            self.whole[k] = self.wall[k] or sentence
            self.cut[k] = CUT_SENTENCE if sentence else _cut(one, other, lists, profile.pause)
            self.inside[k] = MERGED if sentence else SEAM if one.closes else 0.0
            self.inside[k] += SILENCE * max(0.0, silence - profile.pause / 2)

    def width(self, i: int, j: int) -> int:
        """The characters of words i…j-1 on one line."""
        return self.offset[j] - self.offset[i] - 1

    def size(self, i: int, j: int) -> int:
        """The characters of words i…j-1 as one cue."""
        return self.width(i, j) + 2 * self.sign[i]


def ends_sentence(word: str, lists: Breaks) -> bool:
    """Whether a sentence ends with the word.

    >>> [ends_sentence(word, breaks("en")) for word in ("home.", "“Go!”", "Mr.", "J.", "so,")]
    [True, True, False, False, False]
    >>> ends_sentence("है।", breaks("hi")), ends_sentence("ہے۔", breaks("ur"))
    (True, True)
    """
    return (
        _SENTENCE_END.search(word) is not None
        and word.casefold() not in lists.abbreviations
        and not _INITIAL.match(word)
    )


def _cut(one: Token, other: Token, lists: Breaks, pause: float) -> float:
    """The cost of a cut between two words of a sentence."""
    cost = parting(one.text, other.text, lists)
    if cost == CUT_CLAUSE:
        return cost
    if other.start - one.end >= pause:
        # A person may well pause after "the"; the phrase is still whole to a reader.
        return CUT_PLAIN if cost == CUT_WRONG else CUT_PAUSE
    return CUT_SEAM if one.closes and cost != CUT_WRONG else cost


def parting(one: str, other: str, lists: Breaks) -> int:
    """The cost of a cut between two words of a sentence as they are written, whenever they are said.

    >>> english = breaks("en")
    >>> [parting(*pair, english) for pair in (("late,", "so"), ("home", "and"), ("red", "car"), ("the", "car"))]
    [2, 6, 11, 22]
    """
    if _CLAUSE_END.search(one):
        return CUT_CLAUSE
    last, first = _bare(one), _bare(other)
    if (
        last in lists.not_after
        or first in lists.not_before
        or last[-1:].isdigit()  # a number and what it counts
        or _name(one, other)
    ):
        return CUT_WRONG
    return CUT_PHRASE if last in lists.after or first in lists.before else CUT_PLAIN


def _name(one: str, other: str) -> bool:
    """Two capitals in a row: a first and a last name, more often than not."""
    return len(one) > 1 and one[0].isupper() and other[0].isupper() and not other.startswith("I")


def _bare(word: str) -> str:
    return str(_AROUND_WORD.sub("", word)).casefold()


class _Laid(NamedTuple):
    """Words i…j-1 on their lines: what the breaks cost, and where each line ends."""

    cost: float
    ends: tuple[int, ...]


def _lay(row: _Row, i: int, j: int, lines: int, begins: bool = True) -> _Laid | None:
    """Words i…j-1, with which a cue ends and `begins`, on at most `lines` lines; one if they fit on one; None
    if they fit on none."""
    most = row.profile.characters_per_line
    before, after = row.sign[i] * begins, row.sign[i]
    if before + row.width(i, j) + after <= most:
        return _Laid(0.0, (j,))
    rest_at_most = (lines - 1) * (most + 1) - 1 - after  # a break takes the place of a space
    if lines == 1 or before + row.width(i, j) > rest_at_most + 1 + most:
        return None
    best = None
    first = bisect_left(row.offset, row.offset[j] - 1 - rest_at_most)
    for k in range(max(i + 1, first), j):
        upper = before + row.width(i, k)
        if upper > most:
            break
        if (rest := _lay(row, k, j, lines - 1, begins=False)) is None:
            continue
        lower = row.width(k, rest.ends[0]) + after * (rest.ends[0] == j)
        cost = rest.cost + LINE + OF_LINE_BREAK * row.cut[k] + BALANCE * abs(upper - lower) / most
        cost += TOP_HEAVY * max(0, upper - lower) / most
        cost += ORPHAN * (k - i == 1 and upper < most / 4) + ORPHAN * (j - k == 1 and lower < most / 4)
        if best is None or cost < best.cost:
            best = _Laid(cost, (k, *rest.ends))
    return best


def _divide(
    words: Sequence[Token], lists: Breaks, profile: Profile, gap: float
) -> list[tuple[Sequence[Token], tuple[str, ...]]]:
    """The words of each cue and its lines: the cheapest of all divisions within the limits."""
    row = _Row(words, lists, profile)
    count = len(words)
    widest = profile.lines * (profile.characters_per_line + 1) - 1
    best = [0.0] + [math.inf] * count
    chosen: list[tuple[int, _Laid]] = [(0, _Laid(0.0, ()))] * (count + 1)
    for j in range(1, count + 1):
        inside = 0.0
        for i in range(j - 1, -1, -1):
            if i < j - 1:
                too_long = words[j - 1].end - words[i].start > profile.max_duration
                if row.wall[i + 1] or too_long or row.size(i, j) > widest:
                    break
                inside += row.inside[i + 1]
            cost = best[i] + CUE + inside + row.cut[j] * (not row.wall[j]) + _unread(row, i, j, gap)
            # Lines only add to it, and to lay them is what takes time.
            laid = _lay(row, i, j, profile.lines) if cost < best[j] else None
            if laid and cost + laid.cost < best[j]:
                best[j], chosen[j] = cost + laid.cost, (i, laid)
    cues = []
    j = count
    while j > 0:
        i, laid = chosen[j]
        starts = (i, *laid.ends[:-1])
        lines = tuple(_line(words[a:b]) for a, b in zip(starts, laid.ends, strict=True))
        cues.append((words[i:j], sung(lines) if words[i].song else lines))
        j = i
    return cues[::-1]


def _line(words: Iterable[Token]) -> str:
    return " ".join(word.text for word in words)


def sung(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines of a cue with a note before the first and after the last.

    >>> sung(["तुम जो मिल गए हो,", "तो ये लगता है"]), sung(["la la"])
    (('♪ तुम जो मिल गए हो,', 'तो ये लगता है ♪'), ('♪ la la ♪',))
    """
    first, *rest = lines
    *before, last = [f"{NOTE} {first}", *rest]
    return (*before, f"{last} {NOTE}")


def _unread(row: _Row, i: int, j: int, gap: float) -> float:
    """The cost of words i…j-1 for the reader: a flash, haste, a fragment."""
    profile, words, size = row.profile, row.row, row.size(i, j)
    start = words[i].start
    room = words[j].start - gap - start if j < len(words) else math.inf
    wanted = max(words[j - 1].end + profile.linger - start, profile.min_duration)
    seen = max(SHORTEST, min(wanted, room, profile.max_duration))
    cost = FLASH * max(0.0, 1 - seen / profile.min_duration)
    cost += HASTE * max(0.0, size / seen / profile.cps - 1)
    if not (row.whole[i] and row.whole[j]):
        cost += TORN * any(row.whole[i + 1 : j])
        cost += FRAGMENT * max(0.0, 1 - 2 * size / profile.characters_per_line)
    return cost


# --- when ---------------------------------------------------------------------------------------


def _times(parts: Sequence[tuple[Sequence[Token], tuple[str, ...]]], profile: Profile, gap: float) -> list[Cue]:
    """The cues with their times: from the first word on, as long as they are said or need.

    A cue stays after its last word for `linger` at most if its text needs it, longer only to
    reach the least duration or to close a gap that would flicker.
    """
    starts: list[float] = []
    for words, _ in parts:
        earliest = starts[-1] + SHORTEST + gap if starts else 0.0
        starts.append(max(words[0].start, earliest))
    cues = []
    for (words, lines), (start, following) in zip(parts, pairwise([*starts, math.inf]), strict=True):
        reading = graphemes(" ".join(lines)) / profile.cps
        end = max(words[-1].end, start + SHORTEST)
        end = max(end, min(start + reading, end + profile.linger), start + profile.min_duration)
        limit = min(following - gap, start + profile.max_duration)
        if end > limit or following - end < profile.chain_below:
            end = limit
        cues.append(Cue(round(start, 3), round(end, 3), lines, words[0].speaker))
    return cues


# --- how good -----------------------------------------------------------------------------------


def shares(cues: Sequence[Cue], profile: Profile, gap: float) -> dict[str, float]:
    """The share of cues within each limit of the profile, 1.0 where there are none."""

    def share(good: Iterable[bool]) -> float:
        verdicts = list(good)
        return round(sum(verdicts) / len(verdicts), 4) if verdicts else 1.0

    # Times are whole milliseconds: half of one is less than any real difference.
    slack = 0.0005
    return {
        "characters_per_line": share(
            all(graphemes(line) <= profile.characters_per_line for line in cue.lines) for cue in cues
        ),
        "lines": share(len(cue.lines) <= profile.lines for cue in cues),
        "cps": share(graphemes(cue.text) <= profile.cps * (cue.end - cue.start + slack) for cue in cues),
        "min_duration": share(cue.end - cue.start >= profile.min_duration - slack for cue in cues),
        "max_duration": share(cue.end - cue.start <= profile.max_duration + slack for cue in cues),
        "gap": share(b.start - a.end >= gap - slack for a, b in pairwise(cues)),
    }


def check(cues: Sequence[Cue]) -> None:
    """Raises: Problem when a cue is empty, runs backwards or overlaps the one before it."""
    for number, cue in enumerate(cues, start=1):
        if not (0 <= cue.start < cue.end and cue.lines and all(cue.lines)):
            raise Problem(f"cue {number} is empty or has no time: {cue}")
    for number, (one, other) in enumerate(pairwise(cues), start=2):
        if other.start < one.end:
            raise Problem(f"cue {number} begins before the one before it ends: {other}")
