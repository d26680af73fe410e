"""What can go wrong with the engine; part of the one exception tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ediel.errors import EdielError
from ediel.processes import UnreadableProcess
from ediel.report import Report
from ediel.series.errors import Mistake

if TYPE_CHECKING:
    from ediel.engine._results import Process

__all__ = [
    "EngineError",
    "ErasureRefused",
    "InvalidParty",
    "InvalidPortfolio",
    "InvalidWebhook",
    "PreflightRefused",
    "ProcessesUnreadable",
    "TimersFailed",
    "Unroutable",
    "WebhookRefused",
]

_SHOWN: Final = 50
"""Mistakes in the text of an error; the others are counted."""


class EngineError(EdielError):
    """The engine cannot do what was requested."""


class ErasureRefused(EngineError):
    """A person is not erased: they are in something that is under way. Nothing has changed."""


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


class ProcessesUnreadable(EngineError):
    """A database holds processes that this release cannot read. Nothing has been changed but the tables.

    Attributes:
        problems: each of them, with its process, table and revision, and what is wrong.
    """

    def __init__(self, checked: int, problems: tuple[UnreadableProcess, ...]) -> None:
        super().__init__(
            f"{len(problems)} of the {checked} open processes that were read cannot be read by this release. The "
            f"first: {problems[0]}. To go on without them, open the database with check=False"
        )
        self.problems = problems


class TimersFailed(EngineError):
    """Timers that could not be fired. The others were.

    Attributes:
        fired: the processes that have moved.
        failed: why, by process identification and name of the timer.
    """

    def __init__(self, fired: list[Process], failed: Mapping[tuple[str, str], Exception]) -> None:
        (process, name), error = next(iter(failed.items()))
        why = str(error) if isinstance(error, EdielError) else type(error).__name__
        super().__init__(
            f"{len(failed)} of {len(failed) + len(fired)} timers could not be fired. The first is {name} of process "
            f"{process}: {why}. Mend the cause; they are tried again at the next call"
        )
        self.fired = fired
        self.failed = failed


class InvalidParty(EngineError, ValueError):
    """A party that cannot be."""


class InvalidPortfolio(EngineError, ValueError):
    """A portfolio with mistakes in it. Nothing was written.

    Attributes:
        mistakes: all of them, in the order of the rows, each with its row and column.
    """

    def __init__(self, name: str, mistakes: Sequence[Mistake]) -> None:
        many = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes):,} mistakes"
        more = [f"  ... and {len(mistakes) - _SHOWN:,} more"] if len(mistakes) > _SHOWN else []
        lines = [f"{name}: {many}; nothing was written", *(f"  {item}" for item in mistakes[:_SHOWN]), *more]
        super().__init__("\n".join(lines))
        self.mistakes = tuple(mistakes)


class InvalidWebhook(EngineError, ValueError):
    """A webhook cannot be set up as it is described."""


class WebhookRefused(EngineError):
    """The receiver of a webhook has not taken an event: its answer was another one than 2xx. It is tried again.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, name: str, status: int) -> None:
        hint = "; redirects are not followed: give the address that it leads to" if 300 <= status < 400 else ""
        super().__init__(f"the receiver of webhook {name} answered {status}; expected 2xx{hint}")
        self.status = status
