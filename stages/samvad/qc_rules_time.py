"""Rules about when a cue is shown."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from samvad.documents import Cue, Finding
from samvad.qc_rules import ROUNDED, Content, Film, Rule, clock, times
from samvad.shot_snapping import unsnapped
from samvad.textmeasure import graphemes

#: Characters a second that make no difference to a reader: what a limit may be missed by for milliseconds.
HARDLY = 0.05


class Order(Rule):
    name = "order"
    says = "cues follow each other, each ends after it begins, all are in the film"

    def find(self, film: Film) -> Iterator[Finding]:
        for number, cue in enumerate(film.cues):
            if cue.end <= cue.start:
                yield self.of(cue, "severe", f"it is over at {clock(cue.end)}, before it begins")
            if number and cue.start < film.cues[number - 1].start:
                yield self.of(cue, "severe", f"the cue before it begins at {clock(film.cues[number - 1].start)}")
            if film.duration is not None and cue.start >= film.duration:
                yield self.of(cue, "severe", f"the film is over at {clock(film.duration)}")


class Overlap(Rule):
    name = "overlap"
    says = "no two cues at once"

    def find(self, film: Film) -> Iterator[Finding]:
        latest: Cue | None = None
        for cue in film.cues:
            if latest and latest.start <= cue.start < latest.end - ROUNDED:
                message = f"it begins {latest.end - cue.start:.3f} s before cue {latest.id} ends"
                end = cue.start - film.gap
                enough = end - latest.start >= film.profile.min_duration - film.slack
                fix = f"cue {latest.id}: {times(latest.start, end)}" if enough else None
                yield self.of(cue, "severe", message, fix)
            if latest is None or cue.end > latest.end:
                latest = cue


class Gap(Rule):
    """Netflix: two frames between cues (Subtitle Edit's TwoFramesGap)."""

    name = "gap_frames"
    says = "frames without text between two cues"

    def find(self, film: Film) -> Iterator[Finding]:
        least = film.profile.gap_frames
        for cue, following in film.pairs():
            frames = film.frames(following.start - cue.end)
            if following.start - cue.end >= -ROUNDED and frames < least:
                end = following.start - film.gap
                enough = end - cue.start >= film.profile.min_duration - film.slack
                message = f"{frames} frames to the next cue, {least} at least"
                yield self.of(cue, "severe", message, times(cue.start, end) if enough else None)


class Chaining(Rule):
    """Netflix: gaps of 3 to 11 frames (at 24 a second) are closed to 2 (Subtitle Edit's BridgeGaps)."""

    name = "chain_below"
    says = "gaps are closed, or long enough to be seen as one"

    def find(self, film: Film) -> Iterator[Finding]:
        below = film.frames(film.profile.chain_below)
        for cue, following in film.pairs():
            frames = film.frames(following.start - cue.end)
            # Where a shot changes in between, the cues belong to its frame (shot_window).
            if not film.profile.gap_frames < frames < below or _cut_between(film, cue.end, following.start):
                continue
            end = following.start - film.gap
            message = f"{frames} frames to the next cue: {film.profile.gap_frames}, or {below} at least"
            if end - cue.start <= film.profile.max_duration + film.slack:
                yield self.of(cue, "severe", message, times(cue.start, end))
            else:
                yield self.of(cue, "warning", f"{message}; closing it would make the cue too long")


class MinDuration(Rule):
    name = "min_duration"
    says = "seconds that a cue stays at least"

    def find(self, film: Film) -> Iterator[Finding]:
        least = film.profile.min_duration
        for cue, following in film.with_next():
            if not 0 < cue.end - cue.start < least - film.slack:
                continue
            end = min(following - film.gap, film.duration or math.inf)
            message = f"{cue.end - cue.start:.3f} s, {least:g} s at least"
            if end >= cue.start + least and not _cut_between(film, cue.end, cue.start + least + film.gap):
                yield self.of(cue, "severe", message, times(cue.start, cue.start + least))
            else:
                yield self.of(cue, "warning", f"{message}; what follows leaves no room")


class MaxDuration(Rule):
    name = "max_duration"
    says = "seconds that a cue stays at most"

    def find(self, film: Film) -> Iterator[Finding]:
        most = film.profile.max_duration
        for cue in film.cues:
            if cue.end - cue.start > most + film.slack:
                yield self.of(cue, "severe", f"{cue.end - cue.start:.3f} s, {most:g} s at most")


class FrameGrid(Rule):
    """Times fall on frames of the film (Subtitle Edit's TimedTextFrameRate asks for a valid rate only)."""

    name = "frame_grid"
    says = "cues begin and end with a frame of the film"

    def applies(self, film: Film) -> bool:
        return film.frame_rate is not None and film.precision < film.frame / 4

    def find(self, film: Film) -> Iterator[Finding]:
        allowed = film.precision + ROUNDED
        for cue in film.cues:
            off = {what: self._off(film, time) for what, time in (("start", cue.start), ("end", cue.end))}
            wrong = [f"{what} {1000 * by:+.0f} ms" for what, by in off.items() if abs(by) > allowed]
            if wrong:
                message = f"{' and '.join(wrong)} off the grid of {film.frame_rate:.6g} frames a second"
                yield self.of(cue, "severe", message, times(cue.start - off["start"], cue.end - off["end"]))

    @staticmethod
    def _off(film: Film, time: float) -> float:
        return time - film.frame_zero - film.frames(time - film.frame_zero) * film.frame


class Speed(Content):
    """Characters a second, spaces included (Subtitle Edit's MaxCps, which counts line breaks and spaces too)."""

    name = "cps"
    says = "characters a second at most"

    def find(self, film: Film) -> Iterator[Finding]:
        most = film.profile.cps
        for cue, following in film.with_next():
            size, duration = graphemes(cue.text), cue.end - cue.start
            if duration <= 0 or size <= (most + HARDLY) * (duration + ROUNDED):
                continue
            end = cue.start + size / most
            message = f"{size / duration:.1f} characters a second, {most:g} at most"
            room = end <= min(following - film.gap, cue.start + film.profile.max_duration, film.duration or math.inf)
            if room and not _cut_between(film, cue.end, end + film.gap):
                message += f"; the next cue leaves room for {end - cue.end:.1f} s more"
                yield self.of(cue, "warning", message, times(cue.start, end))
            else:
                yield self.of(cue, "warning", message)


class Shots(Rule):
    """Netflix's Subtitle Timing Guidelines, numbers as Subtitle Edit's ShotChange scales them by frame rate.

    A cue that begins or ends within `shot_window` of a shot change begins on its frame, or ends `gap_frames`
    before it; one that begins earlier than `shot_near` before it begins `shot_window` before it. Severe where
    the move would break nothing else (shot_snapping.unsnapped): no neighbour, no limit of duration or speed, no
    other shot change.
    """

    name = "shot_window"
    says = "cues begin and end with the shot"

    def applies(self, film: Film) -> bool:
        return bool(film.cuts) and film.profile.shot_window > 0

    def find(self, film: Film) -> Iterator[Finding]:
        rate = film.frame_rate or film.profile.frame_rate
        cues = {cue.id: cue for cue in film.cues}
        for number, side, against in unsnapped(film.cues, film.cuts, film.profile, rate, film.frame_zero):
            cue = cues[number]
            cut = _nearest(film, cue.start if side == "start" else cue.end)
            frames = film.frames((cue.start if side == "start" else cue.end) - cut)
            where = "on" if not frames else f"{_frames(abs(frames))} {'after' if frames > 0 else 'before'}"
            message = f"it {'begins' if side == 'start' else 'ends'} {where} a shot change"
            if against:
                yield self.of(cue, "warning", f"{message}; to move it is against: {against}")
            elif side == "start":
                early = frames <= -film.frames(film.profile.shot_near)
                start = cut - early * film.frames(film.profile.shot_window) * film.frame
                yield self.of(cue, "severe", message, times(start, cue.end))
            else:
                yield self.of(cue, "severe", message, times(cue.start, cut - film.gap))


def _frames(number: int) -> str:
    return f"{number} frame{'' if number == 1 else 's'}"


def _nearest(film: Film, time: float) -> float:
    at = bisect_left(film.cuts, time)
    return min(film.cuts[max(0, at - 1) : at + 1], key=lambda cut: abs(cut - time))


def _cut_between(film: Film, start: float, end: float) -> bool:
    """Whether a shot changes from one time to another, both included for what rounding may hide."""
    return bisect_right(film.cuts, end + ROUNDED) > bisect_left(film.cuts, start - ROUNDED)
