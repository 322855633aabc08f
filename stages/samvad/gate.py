"""Whether a film may have its subtitles, by what qc wrote of them. No rule is applied here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from samvad import documents, languages
from samvad.documents import Quality
from samvad.problem import Problem

Gate = Literal["refuse", "warn"]

#: Reasons that are given for a language: its report has them all.
GIVEN = 3


def passed(reports: Sequence[Path], target: Path, gate: Gate) -> list[str]:
    """A line for each language whose subtitles are refused, and put into the film all the same by "warn".

    Raises: Problem where any are refused and `gate` is "refuse".
    """
    found = [(path, documents.read(path, Quality)) for path in reports]
    faults = [f"{_faults(quality)} (all of it: {path})" for path, quality in found if quality.refused]
    if faults and gate == "refuse":
        raise Problem("; ".join(faults), f"To have them in the film all the same: make {target} QC=warn")
    return [f"  {line}" for line in faults]


def facts(reports: Sequence[Path]) -> dict[str, dict[str, object]]:
    """For the run record: {"en": {"findings": 12, "refused": []}}."""
    found = [documents.read(path, Quality) for path in reports]
    return {one.language: {"findings": len(one.findings), "refused": one.refused} for one in found}


def _faults(quality: Quality) -> str:
    """
    >>> _faults(Quality("en", "plain", 9, {}, {}, [], ["empty: 1 cue (7 at 0:01:02.3)"]))
    'English subtitles not fit to be shown: empty: 1 cue (7 at 0:01:02.3)'
    """
    more = f"; {len(quality.refused) - GIVEN} more reasons" if len(quality.refused) > GIVEN else ""
    name = languages.language(quality.language).name
    return f"{name} subtitles not fit to be shown: {'; '.join(quality.refused[:GIVEN])}{more}"
