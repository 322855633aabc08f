"""Whether subtitles are fit to be shown: every rule applied to a film's cues, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from samvad import languages
from samvad.documents import Finding, Quality
from samvad.qc_rules import Content, Film, Rule
from samvad.qc_rules_content import Coverage, Repeated, Review, Script, Silence
from samvad.qc_rules_style import Brackets, Ellipsis, Hyphens, Italics, Numbers, NumberStarts
from samvad.qc_rules_text import Empty, Glyph, LineLength, Lines, WhiteSpace
from samvad.qc_rules_time import (
    Chaining,
    FrameGrid,
    Gap,
    MaxDuration,
    MinDuration,
    Order,
    Overlap,
    Shots,
    Speed,
)
from samvad.textmeasure import clean, pieces

#: In the order in which a report has them.
RULES: tuple[Rule, ...] = (
    *(Order(), Overlap(), Empty(), Gap(), Chaining(), MinDuration(), MaxDuration(), FrameGrid(), Shots()),
    *(Lines(), LineLength(), WhiteSpace(), Glyph(), Italics(), Ellipsis(), Hyphens(), Brackets()),
    *(Numbers(), NumberStarts()),
    *(Speed(), Script(), Repeated(), Coverage(), Silence(), Review()),
)
SEVERITIES = ("severe", "warning", "note")
#: Places that a reason names, findings of a rule that a person is shown, and characters of a text.
NAMED, LISTED, WIDTH = 3, 3, 60


def check(film: Film, profile: str) -> Quality:
    """What every rule that can be applied says of a film; `profile` is its profile's name.

    Never fails: a film without cues has a report too.
    """
    found: dict[str, list[Finding]] = {}
    shares: dict[str, tuple[float, float]] = {}
    refused: list[str] = []
    for rule in RULES:
        if not rule.applies(film):
            continue
        findings = found[rule.name] = list(rule.find(film))
        severe = [finding for finding in findings if finding.severity == "severe"]
        if severe:
            refused.append(f"{rule.name}: {_counted(severe)} ({_places(severe)})")
        if isinstance(rule, Content):
            share, most = rule.share(film, findings), getattr(film.profile.gate, rule.name)
            shares[rule.name] = (round(share, 3), most)
            if share > most:
                what = "speech" if isinstance(rule, Coverage) else "cues"
                refused.append(f"{rule.name}: {share:.1%} of the {what}, {most:.0%} at most ({_places(findings)})")
    return Quality(
        language=film.language,
        profile=profile,
        count=len(film.cues),
        rules={name: len(findings) for name, findings in found.items()},
        shares=shares,
        findings=sorted((one for findings in found.values() for one in findings), key=_when),
        refused=refused,
    )


def _when(finding: Finding) -> float:
    return -math.inf if finding.start is None else finding.start


def _counted(findings: Sequence[Finding]) -> str:
    return f"{len(findings)} cue{'' if len(findings) == 1 else 's'}"


def _places(findings: Sequence[Finding]) -> str:
    """The first findings as a person looks them up: "12 at 0:01:02.3, 14 at 0:01:09.0, …"."""
    named = [
        (f"{finding.cue} at " if finding.cue is not None else "at ") + clock(finding.start or 0.0)
        for finding in findings[:NAMED]
    ]
    return ", ".join([*named, "…"] if len(findings) > NAMED else named)


def clock(seconds: float) -> str:
    """
    >>> clock(3725.24)
    '1:02:05.2'
    """
    minutes, tenths = divmod(round(max(0.0, seconds) * 10), 600)
    return f"{minutes // 60}:{minutes % 60:02}:{tenths / 10:04.1f}"


def report(quality: Quality) -> Iterator[str]:
    """The lines that tell a person of it: the verdict, then each rule with the first cues that it found."""
    language = languages.language(quality.language).name
    cues = f"{quality.count} cue{'' if quality.count == 1 else 's'} in {language} by {quality.profile}"
    if quality.refused:
        yield f"refused: {cues}"
        yield from (f"  {reason}" for reason in quality.refused)
    else:
        yield f"good to be shown: {cues}"
    for rule in RULES:
        found = [finding for finding in quality.findings if finding.rule == rule.name]
        if not found:
            continue
        counts = [(severity, sum(finding.severity == severity for finding in found)) for severity in SEVERITIES]
        yield f"{rule.name} – {rule.says}: {', '.join(f'{count} {severity}' for severity, count in counts if count)}"
        worst = sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
        for finding in worst[:LISTED]:
            number = "" if finding.cue is None else str(finding.cue)
            text = f" | {shown(finding.text)}" if finding.text else ""
            yield f"  {number:>5}  {clock(finding.start or 0.0)}  {finding.message}{text}"
        if len(found) > LISTED:
            yield f"         and {len(found) - LISTED} more"
    skipped = [rule.name for rule in RULES if rule.name not in quality.rules]
    if skipped:
        yield f"not looked at, for want of what they need: {', '.join(skipped)}"


def shown(text: str) -> str:
    """A text that nobody has checked, safe to show on a line and short.

    >>> shown("so\\x1b[31m \\u202eit\\nis"), shown("हा" * 99).count("हा")
    ('so[31m it is', 59)
    """
    text = clean(text)
    return text if len(pieces(text, WIDTH)) < 2 else pieces(text, WIDTH - 1)[0] + "…"
