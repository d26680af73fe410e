"""What can go wrong with workers; part of the one exception tree."""

from ediel.errors import EdielError

__all__ = ["WorkerError"]


class WorkerError(EdielError):
    """A worker cannot run as it was told to."""
