"""What can go wrong with approval cases; part of the one exception tree."""

from __future__ import annotations

from typing import Literal

from ediel.errors import EdielError

__all__ = ["CaseFailed", "ConformanceError", "Fault", "InvalidCase", "InvalidRun", "StepFailed", "Verdict"]

Verdict = Literal["passed", "failed", "inconclusive", "blocked"]
Fault = Literal["", "the hub's", "the actor's", "the case's"]


class ConformanceError(EdielError):
    """Something is wrong with an approval case."""


class InvalidCase(ConformanceError, ValueError):
    """A case that cannot be read."""


class InvalidRun(ConformanceError, ValueError):
    """A run that cannot go on: its file is missing, or of another form."""


class StepFailed(ConformanceError):
    """A step has failed.

    Attributes:
        fault: whose fault it probably is.
        verdict: failed, inconclusive, or blocked.
    """

    def __init__(self, text: str, fault: Fault = "the hub's", verdict: Verdict = "failed") -> None:
        super().__init__(text)
        self.fault = fault
        self.verdict = verdict


class CaseFailed(ConformanceError):
    """A case has not passed; the text says at which step."""
