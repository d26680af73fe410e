"""What can go wrong with a process; part of the one exception tree."""

from ediel.errors import EdielError

__all__ = ["CannotRead", "CommandRefused", "InvalidData", "NoTransition", "ProcessError", "UnreadableProcess"]


class ProcessError(EdielError):
    """Something cannot be done with a process."""


class CommandRefused(ProcessError, ValueError):
    """The state of the process, or a deadline, does not allow the command. The text says what is possible."""


class InvalidData(ProcessError, ValueError):
    """What goes with a command, a decision or a verdict has a name that the process does not know, or a wrong value."""


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


class CannotRead(ProcessError, ValueError):
    """A stored state does not hold what its table needs; ``UnreadableProcess`` says of which process."""


class UnreadableProcess(ProcessError, LookupError):
    """A stored process that this release cannot read. Nothing has been changed.

    Attributes:
        process_id: the process.
        machine: key of its table.
        revision: the revision that it was stored with.
        problem: what is wrong with it.
    """

    def __init__(self, process_id: str, machine: str, revision: int, problem: str) -> None:
        super().__init__(
            f"process {process_id} of {machine}, stored with revision {revision}, cannot be read: {problem}. Nothing has "
            "been changed. Open the database with the release that stored it and bring the process to its end there, or "
            "restore the process from a backup; ediel db check lists every process that cannot be read"
        )
        self.process_id = process_id
        self.machine = machine
        self.revision = revision
        self.problem = problem
