"""Fetching a file from an address, resumed where an earlier attempt stopped."""

from __future__ import annotations

import os
import re
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from samvad.problem import Problem
from samvad.progress import Progress

#: A progress for a given number of megabytes.
Progressing = Callable[[float], Progress]

CHUNK = 1 << 20
#: Variables whose values are secrets.
SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "LLM_API_KEY")


def without_secrets(text: str, *secrets: str | None) -> str:
    """A text for a log: without secrets, and without what addresses hold before @ and after ?.

    Servers repeat what they were sent, and clients name the address with all that is in it.

    >>> without_secrets("403 for https://me:pw@host/file?Signature=abc", "pw")
    '403 for https://…@host/file?…'
    """
    text = re.sub(r"(?<=://)[^/\s@]*@", "…@", text)
    text = re.sub(r"(://[^\s?'\"]*\?)[^\s'\"]+", r"\1…", text)
    for secret in sorted(filter(None, (*secrets, *map(os.environ.get, SECRETS))), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def download(address: str, target: Path, progress: Progressing) -> None:
    """Makes `target` the file at `address`; what has arrived is kept in `target.part` meanwhile.

    Raises: Problem when the server cannot be reached or breaks off.
    """
    import requests

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    if address.startswith("file:"):
        shutil.copyfile(urllib.request.url2pathname(urllib.parse.urlsplit(address).path), part)
        part.replace(target)
        return
    have = part.stat().st_size if part.exists() else 0
    try:
        with requests.get(
            address, headers={"Range": f"bytes={have}-"} if have else {}, stream=True, timeout=60
        ) as answer:
            if answer.status_code == 416:  # nothing is left to send
                answer.close()
            else:
                answer.raise_for_status()
                # A server that does not resume sends all of it, with 200 instead of 206.
                fresh = answer.status_code != 206
                _receive(answer.iter_content(CHUNK), part, 0 if fresh else have, answer.headers, progress)
    except requests.RequestException as error:
        print(without_secrets(repr(error)))
        host = urllib.parse.urlsplit(address).hostname
        raise Problem(
            f"the download from {host} broke off ({type(error).__name__})",
            "Check the network and type the same command again: it goes on where it stopped",
        ) from None
    part.replace(target)


def _receive(chunks: Iterable[bytes], part: Path, have: int, headers: Mapping[str, str], progress: Progressing) -> None:
    total = have + int(headers.get("Content-Length", 0))
    with part.open("ab" if have else "wb") as file, progress(total / 1e6) as shown:
        for chunk in chunks:
            file.write(chunk)
            have += len(chunk)
            shown.reach(have / 1e6)
    if have < total:
        import requests

        raise requests.ConnectionError(f"{have} of {total} bytes")
