"""The one exception that a person is meant to read."""

from __future__ import annotations

import re

#: Controls, line ends, and what turns the direction of the rest of a line.
STEERING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)


class Problem(Exception):
    """Something a person can mend.

    `message` says what is wrong, `advice` what to type or do next; together they are the one
    line that reaches the terminal. Everything else that is raised is a defect of ours: its
    traceback goes to the log and the terminal names the log.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}. {self.advice}" if self.advice else self.message


def harmless(text: str, longest: int = 200) -> str:
    """What strangers wrote, as it may stand in a line on the terminal: it must not steer it, nor fill it.

    >>> harmless("\\x1b[2Jgone\\nlines\\u202eABC"), harmless("long " * 9, longest=10)
    (' [2Jgone lines ABC', 'long long…')
    """
    plain = STEERING.sub(" ", text[: 4 * longest])
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"
