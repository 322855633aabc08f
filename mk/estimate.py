"""How long a stage will take: from how long it took before in this workspace.

Every stage that ends notes its seconds and the film's (out/.history/times.jsonl, samvad.stage). The
median of the last such ratios, of the same stage with the same model, times the film's length.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Dict, List, Optional, Tuple

#: How many of the last runs count.
LAST = 50


class Estimate:
    """Realtime factors, and what they say of a film."""

    def __init__(self, root: Path, films: List[str]) -> None:
        self.root = root
        self.path = root / "out" / ".history" / "times.jsonl"
        self.read = 0
        self.usual = 0.0
        self.factors: Dict[Tuple[str, str], List[float]] = {}
        self.lengths: Dict[str, Optional[float]] = dict.fromkeys(films)

    def refresh(self) -> None:
        """Reads what was noted since."""
        for film in self.lengths:
            self.look_into(film)
        known = [length for length in self.lengths.values() if length is not None]
        # What films last on average: for those not looked into yet.
        self.usual = sum(known) / len(known) if known else 0.0
        try:
            with self.path.open(encoding="utf-8") as file:
                file.seek(self.read)
                lines = file.readlines()
                self.read = file.tell()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                stage, model, seconds, length = json.loads(line)
            except ValueError:
                continue
            if length > 0:
                self.factors.setdefault((stage, model), []).append(seconds / length)

    def seconds(self, slug: str, stage: str, model: str) -> Optional[float]:
        """Seconds that this stage of this film will take; None where nothing is known yet."""
        factors = self.factors.get((stage, model))
        length = self.lengths[slug] or self.usual
        return median(factors[-LAST:]) * length if factors and length else None

    def look_into(self, slug: str) -> None:
        """The film's seconds, once media.json says."""
        if self.lengths[slug] is None:
            try:
                text = (self.root / "out" / slug / "media.json").read_text(encoding="utf-8")
                self.lengths[slug] = float(json.loads(text)["duration"])
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                self.lengths[slug] = None
