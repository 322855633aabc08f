"""Text that a person wrote, as editors and spreadsheet programs save it."""

from __future__ import annotations

from pathlib import Path

from samvad.problem import Problem

UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, advice: str = "Save it as text in UTF-8") -> str:
    """The text of a file in UTF-8, or in UTF-16 where it says so by its first two bytes.

    Raises: Problem where it is no text, with `advice`.
    """
    raw = path.read_bytes()
    try:
        return raw.decode("utf-16" if raw[:2] in UTF16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(f"{path} is no text in UTF-8", advice) from None
