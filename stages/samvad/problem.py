"""The one exception that a person is meant to read."""

from __future__ import annotations


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
