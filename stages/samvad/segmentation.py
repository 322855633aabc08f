"""Where cues and lines are cut: the cheapest of all divisions of the words, found by one dynamic programme.

What counts first is how many limits are broken; then a stated cost. A cut is cheap at the end of a sentence, dearer at
a comma or a pause, dear inside a phrase. A cue costs something by itself, and more when it holds two sentences, a
silence or a fragment, when it takes silence to be read, and by the way its lines are broken.

Going from the last word to the first, the best division of the words from k on is found for every frame in which its
first cue may begin (samvad.cue_times): the frame of word k, the one after, or one of the silence before. That frame is
all that the cue before must know of what follows. So the search is exact: if any division keeps every limit, for any
allowed times, the one found does. Where none does, the sentences around are divided once more (`divided`), with an eye
on the phrases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from samvad.cue_row import LINE, Laid, Row, lay
from samvad.cue_times import NEVER, Times, leaving, wanted

# Costs of a cue: that it is there; that another sentence is cut as well; that one of two speakers is cut short; that
# it is a fragment.
CUE, TORN, CUT_SHORT, FRAGMENT = 8.0, 5.0, 40.0, 10.0
# Costs of a second of silence taken to be read, after a cue (beyond `linger`) and before it; less than a cue's.
AFTER, BEFORE = 1.0, 4.0
#: Of beginning a frame late.
LATE = 3.0
#: Of a limit that is broken: more than all else that could be changed to keep it, and more by how far it is broken.
BROKEN, FAR = 10_000.0, 20_000.0
#: The same where it cannot be kept: no sentence is torn into pieces so that fewer of them are beyond it. By the second
#: that is missing, which is the same in all however the words are cut.
BEYOND, MISSING = 25.0, 60.0


class Part(NamedTuple):
    """Words first…stop-1 as a cue, which begins in frame `start`; each line is words up to one of `ends`."""

    first: int
    stop: int
    start: int
    ends: tuple[int, ...]
    #: Two people speak, each a line.
    dual: bool = False


class _Cue:
    """Words from somewhere up to `stop` as a cue: what it costs but for its times."""

    __slots__ = ("bound", "cost", "laid", "reading", "stop", "turn")

    def __init__(self, stop: int, turn: int, cost: float, reading: int, bound: float) -> None:
        self.stop = stop
        self.turn = turn
        self.cost = cost
        self.reading = reading
        #: The least that it and all that follows can cost.
        self.bound = bound
        #: Its lines, once they are needed: to lay them is what takes time.
        self.laid: Laid | None = None


class _State(NamedTuple):
    """The best division from a position on whose first cue begins in frame `start`, and where that cue ends."""

    start: int
    cost: float
    cue: _Cue | None = None
    following: int = NEVER


class Search:
    """The dynamic programme for words first…stop-1, after which a cue begins in frame `following`.

    `start`: the frame in which their first cue begins, if that is settled. `strict`: limits come before all else.
    """

    def __init__(
        self, row: Row, first: int, stop: int, start: int | None = None, following: int = NEVER, strict: bool = True
    ) -> None:
        self.row = row
        self.first = first
        self.stop = stop
        self.start = start
        self.strict = strict
        #: By position: the division that begins in time first, then those that do not and cost less.
        self.states = {stop: [_State(following, 0.0)]}
        #: Those that begin with any other frame.
        self.others: dict[int, list[_State]] = {stop: []}
        self.least = {stop: 0.0}

    def best(self) -> list[Part]:
        for i in range(self.stop - 1, self.first - 1, -1):
            self._solve(i)
        parts = []
        i, all_states = self.first, [*self.states[self.first], *self.others[self.first]]
        state = min(all_states, key=lambda state: state.cost)
        while state.cue:
            assert state.cue.laid
            parts.append(Part(i, state.cue.stop, state.start, state.cue.laid.ends, state.cue.turn > 0))
            i = state.cue.stop
            state = next(one for one in (*self.states[i], *self.others[i]) if one.start == state.following)
        return parts

    def _solve(self, i: int) -> None:
        """Finds the states of position i; all after it have theirs."""
        row = self.row
        cues = sorted(self._cues(i), key=lambda cue: (cue.bound, cue.stop))
        self.others[i] = []
        if i == self.first and self.start is not None:
            self.states[i] = [self._state(i, self.start, cues)]
            return
        begins = row.begins[i]
        states = [self._state(i, begins, cues)]
        for start in range(begins - 1, row.earliest[i] - 1, -1):
            state = self._state(i, start, cues)
            (states if state.cost < states[-1].cost else self.others[i]).append(state)
        self.states[i] = states
        if row.after[i] > begins:
            late = self._state(i, row.after[i], cues)
            # It may keep the cue from being too long.
            (states if late.cost < states[0].cost else self.others[i]).append(late)
        self.least[i] = min(state.cost for state in states)

    def _cues(self, i: int) -> list[_Cue]:
        """The cues that may begin with word i."""
        row, limits = self.row, self.row.limits
        most, lines = row.profile.characters_per_line, row.profile.lines
        widest = lines * (most + 1) - 1
        latest = row.after[i] + limits.most
        found = []
        inside, torn, turn = 0.0, False, 0
        for j in range(i + 1, self.stop + 1):
            k = j - 1
            if k > i:
                if row.wall[k] or row.leaves[j] > latest or (turn and row.turn[k]):
                    break
                turn = turn or k * row.turn[k]
                inside += row.inside[k]
                torn = torn or row.whole[k]
            size = row.width(i, j) + 2 * row.sign[i] + 2 * row.hyphen * (turn > 0)
            if size > widest or (turn and max(row.width(i, turn), row.width(turn, j)) + row.hyphen > most):
                break
            cost = CUE + inside + row.cut[j]
            if not (row.whole[i] and row.whole[j]):
                cost += TORN * torn + FRAGMENT * max(0.0, 1 - 2 * size / most) + CUT_SHORT * (turn > 0)
            found.append(_Cue(j, turn, cost, limits.reading(size), cost + self.least[j]))
        return found

    def _state(self, i: int, start: int, cues: Sequence[_Cue]) -> _State:
        """The best division from word i on that begins in frame `start`; `cues` by the least they cost."""
        row = self.row
        best = _State(start, math.inf)
        own = max(0, row.begins[i] - start) * BEFORE / row.limits.grid.rate + LATE * (start > row.begins[i])
        for cue in cues:
            if cue.bound + own >= best.cost:
                break
            stop = cue.stop
            if stop - i > 1 and row.leaves[stop] - start > row.limits.most:
                continue
            end = wanted(start, row.said[stop], row.until[stop], cue.reading, row.limits)
            for following, rest, *_ in self.states[stop]:
                time = self._time(start, following, end, cue)
                if time >= (BROKEN if self.strict else BEYOND):
                    # Another frame for what follows may help: one later if it is short, any if a gap flickers.
                    for other in self.others[stop]:
                        best = self._better(best, i, cue, other.start, own + other.cost, end)
                if own + cue.cost + rest + time < best.cost:
                    best = self._better(best, i, cue, following, own + rest, end)
        return best

    def _better(self, best: _State, i: int, cue: _Cue, following: int, others: float, end: int) -> _State:
        """`best`, or the division with this cue if it costs less."""
        cost = others + cue.cost + self._time(best.start, following, end, cue)
        if cost >= best.cost:
            return best
        if cue.laid is None:
            cue.laid = self._lines(i, cue)
            cue.cost += cue.laid.cost
            cost += cue.laid.cost
        return _State(best.start, cost, cue, following) if cost < best.cost else best

    def _lines(self, i: int, cue: _Cue) -> Laid:
        if cue.turn:
            return Laid(LINE, (cue.turn, cue.stop))
        return lay(self.row, i, cue.stop, self.row.profile.lines) or Laid(math.inf, ())

    def _time(self, start: int, following: int, end: int, cue: _Cue) -> float:
        """What the times of a cue cost that begins in `start` and would like to be gone at `end`."""
        row, limits = self.row, self.row.limits
        leave = leaving(start, following, end, cue.reading, row.leaves[cue.stop], limits)
        shown, gap = leave - start, following - leave
        cost = AFTER * max(0, leave - row.lingers[cue.stop]) / limits.grid.rate
        broken = [(limits.least, shown)] if shown < limits.least else []
        if shown < cue.reading:
            broken.append((cue.reading, shown))
        if limits.gap < gap < limits.chain:
            broken.append((limits.chain, gap))
        if shown < limits.seen:  # what follows will have to wait
            broken.append((limits.seen, shown))
        for least, is_so in broken:
            if self.strict:
                cost += BROKEN + FAR * (least / max(1, is_so) - 1)
            else:
                cost += BEYOND + MISSING * (least - is_so) / limits.grid.rate * least / max(1, is_so)
        return cost


def divided(row: Row) -> list[Part]:
    """The best division of all words."""
    if not row.row:
        return []
    parts = Search(row, 0, len(row.row)).best()
    found: list[Part] = []
    # Runs of parts from one end of a sentence to another.
    ends = [n for n, part in enumerate(parts, start=1) if row.whole[part.stop]]
    for begin, end in pairwise([0, *ends]):
        run = parts[begin:end]
        following = parts[end].start if end < len(parts) else NEVER
        if any(one.broken(row.limits) for one in times(row, run, following)):
            run = Search(row, run[0].first, run[-1].stop, run[0].start, following, strict=False).best()
        found += run
    return found


def times(row: Row, parts: Sequence[Part], following: int = NEVER) -> list[Times]:
    """When each part is shown, if the next cue begins in frame `following`.

    Where there is no time at all, what follows waits until the one before it was seen.
    """
    limits = row.limits
    starts: list[int] = []
    for part in parts:
        earliest = starts[-1] + limits.seen + limits.gap if starts else part.start
        starts.append(max(part.start, earliest))
    found = []
    for part, start, after in zip(parts, starts, [*starts[1:], following], strict=False):
        signs = 2 * row.sign[part.first] + 2 * row.hyphen * part.dual
        reading = limits.reading(row.width(part.first, part.stop) + signs)
        end = wanted(start, row.said[part.stop], row.until[part.stop], reading, limits)
        end = leaving(start, after, end, reading, row.leaves[part.stop], limits)
        found.append(Times(start, end, reading, row.said[part.stop]))
    return found
