"""What can go wrong with a values store; part of the one exception tree."""

from ediel.errors import EdielError

__all__ = ["ValuesError"]


class ValuesError(EdielError):
    """The values store cannot be used: there is none, or a file of it is missing or damaged."""
