"""What can go wrong with the engine; part of the one exception tree."""

from ediel.errors import EdielError
from ediel.report import Report

__all__ = ["EngineError", "PreflightRefused", "Unroutable"]


class EngineError(EdielError):
    """The engine cannot do what it was asked to."""


class PreflightRefused(EngineError, ValueError):
    """A message that the hub would refuse. Nothing has been sent, and nothing has changed.

    Attributes:
        report: what is wrong with it.
    """

    def __init__(self, text: str, report: Report) -> None:
        super().__init__(text)
        self.report = report


class Unroutable(EngineError, LookupError):
    """No process waits for a message, and none begins with it. It is kept as a dead letter."""
