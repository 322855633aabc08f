"""Asks for known vulnerabilities of every package that a lock names, and holds them against the reviewed list.

    envs/dev/bin/python mk/audit.py                   by OSV, which knows PyPI's own list and GitHub's
    envs/dev/bin/python mk/audit.py --service pypi    by PyPI's own list

pip-audit asks the database; nothing is installed. Locks are read as text: what stands behind a marker of another
platform is asked for too. config/vulnerabilities.json has what does not concern us, each with its reason, its
environments and the day until which that was looked at; what is new, or was looked at too long ago, fails.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from licences import canonical

ROOT = Path(__file__).resolve().parents[1]
LIST = Path("config") / "vulnerabilities.json"
#: A package of a lock, without its marker, and its hashes.
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^\\\n]*((?:\\\n\s+--hash=sha256:[0-9a-f]{64}\s*)+)", re.MULTILINE)
#: A release with a hole that every database has had for years: one that does not know it is none.
KNOWN_BAD = "requests==2.19.1"


class Pin(NamedTuple):
    package: str
    version: str


class Finding(NamedTuple):
    pin: Pin
    #: The database's own id, then those of others.
    ids: tuple[str, ...]
    fixed: tuple[str, ...]


class Exempt(NamedTuple):
    """An entry of config/vulnerabilities.json."""

    id: str
    package: str
    environments: list[str]
    reason: str
    until: str

    def covers(self, finding: Finding, environment: str) -> bool:
        return (
            self.id in finding.ids
            and canonical(self.package) == finding.pin.package
            and environment in self.environments
        )


class Unanswered(Exception):
    """The database did not answer for every package; says why in a few words."""


# --- what is asked ------------------------------------------------------------------------------------------


def locked(root: Path) -> dict[Pin, tuple[list[str], str]]:
    """Package and version → the environments that lock it, and its hashes as a requirement has them."""
    found: dict[Pin, tuple[list[str], str]] = {}
    for lock in sorted(root.glob("envs/*.lock")):
        text = lock.read_text(encoding="utf-8")
        blocks = PINNED.findall(text)
        named = len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))
        if not blocks or len(blocks) != named:
            raise Unanswered(f"{lock.relative_to(root)} has {named} packages and {len(blocks)} of them with hashes")
        for name, version, hashes in blocks:
            places, _ = found.setdefault(Pin(canonical(name), version), ([], hashes))
            if lock.stem not in places:
                places.append(lock.stem)
    return dict(sorted(found.items()))


def lots(pins: Iterable[Pin]) -> list[list[Pin]]:
    """The pins in as few lots as have no package twice: a file of requirements takes one version of each.

    >>> [len(lot) for lot in lots([Pin("a", "1"), Pin("a", "2"), Pin("b", "1")])]
    [2, 1]
    """
    parted: list[dict[str, Pin]] = []
    for pin in pins:
        lot = next((lot for lot in parted if pin.package not in lot), None)
        if lot is None:
            parted.append(lot := {})
        lot[pin.package] = pin
    return [list(lot.values()) for lot in parted]


def ask(requirements: Sequence[str], hashes: bool, options: Sequence[str]) -> list[Finding]:
    """What the database has of these. Raises: Unanswered where it has not answered for each of them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--disable-pip", "--format", "json"]
        command += ["--require-hashes"] if hashes else ["--no-deps"]
        command += ["--progress-spinner", "off", "--desc", "off", "--cache-dir", f"{folder}/cache", *options]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        answered: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines() or ["no word"]
        host = re.search(r"host='([^']+)'", said[-1])
        raise Unanswered(f"{host[1]} cannot be reached" if host else said[-1][:200]) from None
    skipped = [one["name"] for one in answered if "skip_reason" in one]
    if skipped or len(answered) != len(requirements):
        raise Unanswered(f"it knows nothing of {', '.join(skipped[:3]) or 'some packages'}")
    return [
        Finding(
            Pin(canonical(one["name"]), one["version"]), (hole["id"], *hole["aliases"]), tuple(hole["fix_versions"])
        )
        for one in answered
        for hole in one["vulns"]
    ]


def scan(pins: dict[Pin, tuple[list[str], str]], options: Sequence[str]) -> list[Finding]:
    """The database's findings of all pins. Raises: Unanswered."""
    if not ask([KNOWN_BAD], hashes=False, options=options):
        raise Unanswered(f"it does not know the holes of {KNOWN_BAD}: what answers is no such database")
    found = []
    for lot in lots(pins):
        lines = [f"{pin.package}=={pin.version} {pins[pin][1].strip()}" for pin in lot]
        found += ask(lines, hashes=True, options=options)
    return found


# --- what came of it ------------------------------------------------------------------------------------------


def exempted(root: Path) -> list[Exempt]:
    """The reviewed list. Raises: ValueError naming the entry that lacks something."""
    found = []
    for entry in json.loads((root / LIST).read_text(encoding="utf-8")):
        try:
            one = Exempt(**entry)
            datetime.date.fromisoformat(one.until)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{LIST}: {json.dumps(entry)[:80]}: {error}") from None
        if not (one.id and one.environments and len(one.reason.split()) >= 4):
            raise ValueError(f"{LIST}: {one.id or one.package}: an entry needs an id, environments and a reason")
        found.append(one)
    return found


def report(
    found: Sequence[Finding], pins: dict[Pin, tuple[list[str], str]], exempt: Sequence[Exempt], today: str
) -> tuple[list[str], int]:
    """The lines to print, and how many findings a person has to look at."""
    lines, unused, new = [], list(exempt), 0
    for finding in found:
        for environment in pins[finding.pin][0]:
            covering = [one for one in exempt if one.covers(finding, environment)]
            unused = [one for one in unused if one not in covering]
            standing = [one for one in covering if one.until >= today]
            if standing:
                verdict = f"reviewed until {standing[0].until}"
            else:
                new += 1
                verdict = f"NOT REVIEWED since {covering[0].until}" if covering else "NEW"
            fixed = f"fixed in {', '.join(finding.fixed)}" if finding.fixed else "not fixed in any release"
            lines.append(f"  {environment}: {' '.join(finding.pin)}: {' '.join(finding.ids)}: {fixed}: {verdict}")
    lines += [f"  {one.package}: {one.id}: in {LIST}, but not found any more: remove it" for one in unused]
    return lines, new


def main() -> None:
    parser = argparse.ArgumentParser(description="Known vulnerabilities of the locked packages.")
    parser.add_argument("--service", choices=["osv", "pypi"], default="osv", help="which database is asked")
    parser.add_argument("--osv-url", help="another address that speaks OSV's protocol")
    chosen = parser.parse_args()
    options = ["--vulnerability-service", chosen.service]
    options += ["--osv-url", chosen.osv_url] if chosen.osv_url else []
    if os.environ.get("OFFLINE") == "1":
        sys.exit("samvad: audit: OFFLINE=1 forbids to ask the database. Type it without")
    try:
        exempt, pins = exempted(ROOT), locked(ROOT)
        found = scan(pins, options)
    except ValueError as error:
        sys.exit(f"samvad: audit: {error}")
    except Unanswered as reason:
        sys.exit(
            f"samvad: audit: nothing was checked: no answer from the database ({reason}). "
            "Check the network and type the same command again"
        )
    lines, new = report(found, pins, exempt, datetime.date.today().isoformat())
    for line in lines:
        print(line)
    locks = len({place for places, _ in pins.values() for place in places})
    print(f"samvad: audit: {len(pins)} packages of {locks} locks, {len(lines)} lines, {new} to look at")
    if new:
        sys.exit(f"samvad: audit: {new} to look at: another pin (make lock ENV=…), or the reason why not into {LIST}")


if __name__ == "__main__":
    main()
