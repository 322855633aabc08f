"""Writes docs/licences.md: the licence of every package and model, from the locks and config/models.json.

    envs/dev/bin/python mk/licences.py            →   docs/licences.md
    envs/dev/bin/python mk/licences.py --check    fails where the page is not what would be written now
    envs/dev/bin/python mk/licences.py --update   adds new packages to config/licences.json, for review

All three fail on a licence that is not reviewed. The page comes from committed files only, so it is the same
on every platform; what the installed packages say of themselves is compared by a test (`disagreements`).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, NamedTuple

PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")
#: Refused even where somebody puts them on the list.
NEVER = re.compile(r"AGPL|Affero|SSPL|-NC\b|non-?commercial", re.IGNORECASE)
INTRODUCTION = """# Licences

samvad is under the MIT licence (LICENSE). It ships no package and no model: your machine fetches them, each
under its own licence. It ships two fonts, Noto Sans Ol Chiki and Meetei Mayek, under the SIL Open Font License 1.1
(stages/samvad/data/NotoSans-OFL.txt). The environments common, shots, whisperx, mlx, indictrans2 and llm make the
subtitles; render puts them into the picture; uv installs; dev and llama test; voices speaks in the demo film.
Nothing that is AGPL or non-commercial is ever a default.

`make licences` writes this page from envs/\\*.lock, config/models.json and the reviewed config/licences.json.
"""


class Entry(NamedTuple):
    licence: str
    says: list[str] = []  # noqa: RUF012 - what its metadata state, where that is not the licence
    source: str = ""  # how we know better
    carries: str = ""  # what else its wheel brings


class Reviewed(NamedTuple):
    """config/licences.json: licences, each with the reason where it is not plainly permissive; packages."""

    allowed: dict[str, str]
    allowed_in: dict[str, dict[str, str]]  # in one environment only
    words: dict[str, str]  # what metadata write where only one SPDX id can be meant
    packages: dict[str, Entry]

    def known(self, environment: str) -> set[str]:
        return {*self.allowed, *self.allowed_in.get(environment, {})}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # PEP 503


def read(root: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((root / "config" / name).read_text(encoding="utf-8")))


def reviewed(root: Path) -> Reviewed:
    """The reviewed list; a package's entry is its licence or an object with the fields of `Entry`."""
    lists = read(root, "licences.json")
    packages = lists["packages"].items()
    lists["packages"] = {k: Entry(v) if isinstance(v, str) else Entry(**v) for k, v in packages}
    return Reviewed(**lists)


def locked(root: Path) -> dict[str, dict[str, list[str]]]:
    """Package → environment → versions, from envs/*.lock; markers may give one name several versions."""
    found: dict[str, dict[str, list[str]]] = {}
    for lock in sorted(root.glob("envs/*.lock")):
        for match in filter(None, map(PIN.match, lock.read_text(encoding="utf-8").splitlines())):
            found.setdefault(canonical(match[1]), {}).setdefault(lock.stem, []).append(match[2])
    return dict(sorted(found.items()))


def permits(expression: str, allowed: set[str]) -> bool:
    """Whether allowed licences can meet an SPDX expression; one with parentheses is left to a person.

    >>> permits("GPL-3.0-only OR MIT AND 0BSD", {"MIT", "0BSD"})
    True
    """
    choices = [choice.split(" AND ") for choice in expression.split(" OR ")]
    return any(all(part in allowed and not NEVER.search(part) for part in parts) for parts in choices)


def refusals(root: Path) -> list[str]:
    """One line for every package or model whose licence is not reviewed, or not allowed where it is used."""
    lists, found = reviewed(root), []
    for name, environments in locked(root).items():
        if (entry := lists.packages.get(name)) is None:
            found.append(f"{name} ({', '.join(environments)}) is not in config/licences.json")
            continue
        places = [place for place in environments if not permits(entry.licence, lists.known(place))]
        if places or NEVER.search(entry.carries):
            where = ", ".join(places or environments)
            found.append(f"{name} ({where}): {entry.licence} is not allowed there. {entry.carries}".strip())
    for name, model in read(root, "models.json").items():
        if not permits(model.get("licence", ""), set(lists.allowed)):
            found.append(f"the model {name}: {model.get('licence', 'no licence')} is not allowed")
    return found


def stated(metadata: Message, lists: Reviewed, environment: str) -> str:
    """The SPDX expression that a package's metadata give; their own words where these are vague."""
    licence = str(metadata["License"] or "").partition("\n")[0].strip()
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License")]
    joined = "; ".join(line.rpartition(" :: ")[2] for line in classifiers)
    meant = [lists.words.get(words, words) for words in (licence, joined)]
    known = (words for words in meant if permits(words, lists.known(environment)))
    return str(metadata["License-Expression"] or next(known, joined or licence))


def installed(root: Path) -> Iterator[tuple[str, str, Message]]:
    """Environment, name and metadata of what is installed here."""
    for path in sorted(root.glob("envs/*/lib/python3.*/site-packages/*.dist-info/METADATA")):
        metadata = HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        yield path.relative_to(root).parts[1], canonical(metadata["Name"]), metadata


def disagreements(root: Path) -> list[str]:
    """One line for every installed package whose metadata say something else than the reviewed list."""
    lists, found = reviewed(root), []
    for environment, name, metadata in installed(root):
        entry, says = lists.packages.get(name), stated(metadata, lists, environment)
        if entry and says not in (entry.says or [entry.licence]):
            found.append(f"{name} in envs/{environment} says '{says}', the reviewed list {entry.licence}")
    return found


def update(root: Path) -> None:
    """Adds what the locks have and the list has not, as the installed metadata say; "?" is for a person."""
    lists, sections = reviewed(root), read(root, "licences.json")
    here = {name: stated(metadata, lists, environment) for environment, name, metadata in installed(root)}
    for name in locked(root).keys() - lists.packages.keys():
        known = permits(says := here.get(name, ""), set(lists.allowed))
        sections["packages"][name] = says if known else {"licence": "?", "says": [says], "source": "?"}
    sections["packages"] = dict(sorted(sections["packages"].items()))
    texts = []
    for section, values in sections.items():
        pairs = (json.dumps({key: value}, ensure_ascii=False)[1:-1] for key, value in values.items())
        texts.append(f' "{section}": {{\n  ' + ",\n  ".join(pairs) + "\n }")
    (root / "config" / "licences.json").write_text("{\n" + ",\n".join(texts) + "\n}\n", encoding="utf-8")


def table(title: str, head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {head} |", "|---" * (head.count("|") + 1) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    return f"\n## {title}\n\n" + "\n".join(lines) + "\n"


def page(root: Path) -> str:
    """docs/licences.md, for lists without refusals."""
    lists, packages = reviewed(root), locked(root)
    entries = {name: lists.packages[name] for name in packages}
    models = [
        (name, model["about"], model["licence"], f"[yes]({model['gated']})" if "gated" in model else "no")
        for name, model in read(root, "models.json").items()
    ]
    rows = []
    for name, found in packages.items():
        versions = dict.fromkeys(version for each in found.values() for version in each)
        rows.append((name, ", ".join(versions), entries[name].licence, ", ".join(found)))
    carried = [(name, entry.carries) for name, entry in entries.items() if entry.carries]
    reasons = [(licence, "everywhere", why) for licence, why in lists.allowed.items() if why]
    reasons += [(k, f"envs/{env}", why) for env, some in lists.allowed_in.items() for k, why in some.items()]
    vague = [(k, " / ".join(v.says) or "nothing", v.licence, v.source) for k, v in entries.items() if v.source]
    sections = (
        table("Models", "model | what | licence | gated", models),
        table("What packages carry", "package | what else its wheel brings", carried),
        table("Licences that are not plainly permissive", "licence | allowed | why", reasons),
        table("Packages", "package | version | licence | environments", rows),
        table("Metadata that are silent, vague or wrong", "package | it says | it is | known from", vague),
    )
    return INTRODUCTION + "".join(sections)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes docs/licences.md.")
    parser.add_argument("--check", action="store_true", help="only fails where the page is out of date")
    parser.add_argument("--update", action="store_true", help="adds new packages to the reviewed list first")
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    if options.update:
        update(root)
    if found := refusals(root):
        sys.exit("\n".join(f"samvad: {line}" for line in [*found, "review that in config/licences.json"]))
    path, text = root / "docs" / "licences.md", page(root)
    if not options.check:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        sys.exit("samvad: docs/licences.md is out of date. Type: make licences")


if __name__ == "__main__":
    main()
