"""The row of words that cues are cut from: what it costs to cut at each place, and to break a cue into lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from samvad.breaking import (
    CUT_CLAUSE,
    CUT_PAUSE,
    CUT_PHRASE,
    CUT_PLAIN,
    CUT_SEAM,
    CUT_SENTENCE,
    CUT_WRONG,
    Breaks,
    ends_sentence,
    parting,
)
from samvad.cue_times import Limits
from samvad.cue_words import SIGN, Token
from samvad.profile import Profile
from samvad.textmeasure import graphemes

#: What comes before each of two speakers.
HYPHENS = {"hyphen": "-", "hyphen space": "- ", "separate": ""}

#: What a cut between cues and one between lines cost, by the best reason for it (samvad.breaking): where a phrase may
#: be torn, or is, more than elsewhere. A line break disturbs less than a change of cue.
BETWEEN_CUES = {CUT_PHRASE: 10.0, CUT_PLAIN: 20.0, CUT_WRONG: 50.0}
BETWEEN_LINES = {CUT_SENTENCE: 0.0, CUT_CLAUSE: 1.0, CUT_SEAM: 2.0, CUT_PHRASE: 4.0, CUT_PLAIN: 12.0, CUT_WRONG: 35.0}
# Costs inside a cue: a sentence or a segment that ends there, another speaker, a second of silence.
MERGED, SEAM, DUAL, SILENCE = 12.0, 4.0, 12.0, 8.0
# Costs of lines: a second one; their difference in length, more if the upper is longer; a lone short word.
LINE, BALANCE, TOP_HEAVY, ORPHAN = 1.0, 6.0, 3.0, 5.0


class Row:
    """The words with everything about them that is asked again and again, by position.

    Position k is the place before word k; the arrays have one entry more than there are words.
    """

    def __init__(self, row: Sequence[Token], lists: Breaks, profile: Profile, limits: Limits) -> None:
        self.row = row
        self.profile = profile
        self.limits = limits
        self.hyphen = len(HYPHENS[profile.dual_speakers])
        count = len(row)
        #: Where word k begins if all were written on one line.
        self.offset = [0]
        for token in row:
            self.offset.append(self.offset[-1] + graphemes(token.text) + 1)
        #: The characters before the first line of a cue that word k is in, and after its last line.
        self.sign = [SIGN * token.song for token in row]
        #: No cue reaches over it: the film's ends, a new speaker, a long silence, an end of a song or sound.
        self.wall = [True] * (count + 1)
        #: Another speaker goes on, and both may be in one cue.
        self.turn = [False] * (count + 1)
        #: A sentence ends here, or a wall stands.
        self.whole = [True] * (count + 1)
        #: The cost of a cut here between two cues, and between two lines.
        self.cut = [0.0] * (count + 1)
        self.line = [0.0] * (count + 1)
        #: The cost of having it inside a cue.
        self.inside = [0.0] * (count + 1)
        for k, (one, other) in enumerate(pairwise(row), start=1):
            silence = other.start - one.end
            apart = (one.song, one.sound) != (other.song, other.sound) or silence >= profile.new_cue_pause
            apart = apart or (one.sound and one.closes is not None)
            changes = one.speaker != other.speaker
            known = None not in (one.speaker, other.speaker) and not one.song and not one.sound
            self.turn[k] = changes and known and not apart and self.hyphen > 0 and profile.lines > 1
            self.wall[k] = apart or (changes and not self.turn[k])
            # Recognisers leave out full stops in many languages; a pause where they cut is one.
            stops = one.closes == "sentence" or (one.closes == "seam" and silence >= profile.pause)
            sentence = stops or self.turn[k] or ends_sentence(one.text, lists)
            self.whole[k] = self.wall[k] or sentence
            if not self.wall[k]:
                reason = CUT_SENTENCE if sentence else cut(one, other, lists, profile.pause)
                self.cut[k], self.line[k] = BETWEEN_CUES.get(reason, reason), BETWEEN_LINES[reason]
            self.inside[k] = DUAL if self.turn[k] else MERGED if sentence else SEAM if one.closes else 0.0
            self.inside[k] += SILENCE * max(0.0, silence - profile.pause / 2)
        self._frames(row, profile, limits)

    def _frames(self, row: Sequence[Token], profile: Profile, limits: Limits) -> None:
        grid = limits.grid
        zero = grid.up(0.0)
        #: The frame in which word k begins, and the first after it began.
        self.begins = [max(zero, grid.down(token.start)) for token in row]
        self.after = [max(zero, grid.up(token.start)) for token in row]
        # At k, of a cue whose last word is word k - 1: the frame at which that has been said; it may be gone at
        # `leaves`; it is read up to `lingers`, or to `until`.
        self.said = [0] + [grid.up(token.end) for token in row]
        self.lingers = [0] + [grid.up(token.end + profile.linger) for token in row]
        self.until = [0] + [grid.up(token.end + profile.linger + profile.borrow_after) for token in row]
        self.leaves = [zero - limits.gap] + [grid.down(token.end) for token in row]
        for k in range(1, len(row)):
            self.leaves[k] = min(self.leaves[k], self.begins[k] - limits.gap)
        #: The first frame that a cue which word k begins may take.
        self.earliest = [
            min(begin, max(zero, grid.down(token.start - profile.borrow_before), leave + limits.gap))
            for token, begin, leave in zip(row, self.begins, self.leaves, strict=False)
        ]

    def width(self, i: int, j: int) -> int:
        """The characters of words i…j-1 on one line."""
        return self.offset[j] - self.offset[i] - 1


def cut(one: Token, other: Token, lists: Breaks, pause: float) -> int:
    """The reason for a cut between two words of a sentence, as its cost in samvad.breaking."""
    cost = parting(one.text, other.text, lists)
    if cost != CUT_CLAUSE:
        if other.start - one.end >= pause:
            # A person may well pause after "the"; the phrase is still whole to a reader.
            cost = CUT_PLAIN if cost == CUT_WRONG else CUT_PAUSE
        elif one.closes and cost != CUT_WRONG:
            cost = CUT_SEAM
    return cost


# --- lines --------------------------------------------------------------------------------------


class Laid(NamedTuple):
    """Words i…j-1 on their lines: what the breaks cost, and where each line ends."""

    cost: float
    ends: tuple[int, ...]


def lay(row: Row, i: int, j: int, lines: int, begins: bool = True) -> Laid | None:
    """Words i…j-1, with which a cue ends and `begins`, on at most `lines` lines; one if they fit on one; None
    if they fit on none."""
    most = row.profile.characters_per_line
    before, after = row.sign[i] * begins, row.sign[i]
    offset = row.offset
    if before + row.width(i, j) + after <= most:
        return Laid(0.0, (j,))
    rest_at_most = (lines - 1) * (most + 1) - 1 - after  # a break takes the place of a space
    if lines == 1 or before + row.width(i, j) > rest_at_most + 1 + most:
        return None
    best = None
    first = bisect_left(offset, offset[j] - 1 - rest_at_most)
    for k in range(max(i + 1, first), j):
        upper = before + offset[k] - offset[i] - 1
        if upper > most:
            break
        rest = Laid(0.0, (j,)) if lines == 2 else lay(row, k, j, lines - 1, begins=False)
        if rest is None:
            continue
        lower = offset[rest.ends[0]] - offset[k] - 1 + after * (rest.ends[0] == j)
        cost = rest.cost + LINE + row.line[k] + BALANCE * abs(upper - lower) / most
        cost += TOP_HEAVY * max(0, upper - lower) / most
        cost += ORPHAN * (k - i == 1 and upper < most / 4) + ORPHAN * (j - k == 1 and lower < most / 4)
        if best is None or cost < best.cost:
            best = Laid(cost, (k, *rest.ends))
    return best
