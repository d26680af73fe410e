"""What can go wrong with a process; part of the one exception tree."""

from ediel.errors import EdielError

__all__ = ["CommandRefused", "NoTransition", "ProcessError"]


class ProcessError(EdielError):
    """Something cannot be done with a process."""


class CommandRefused(ProcessError, ValueError):
    """The state of the process, or a deadline, does not allow the command. The text says what is possible."""


class NoTransition(ProcessError, LookupError):
    """A message, timer or decision for which the table has no row in that state.

    Attributes:
        state: where the process stands.
        on: what came.
    """

    def __init__(self, text: str, *, state: str, on: str) -> None:
        super().__init__(text)
        self.state = state
        self.on = on
