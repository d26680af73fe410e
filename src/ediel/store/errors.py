"""What can go wrong with a store; part of the one exception tree."""

from ediel.errors import EdielError

__all__ = [
    "ArchiveDamaged",
    "ArchiveRemoved",
    "Conflict",
    "DatabaseAway",
    "DatabaseGone",
    "SchemaOutOfDate",
    "StoreError",
]


class StoreError(EdielError):
    """The database cannot be used."""


class SchemaOutOfDate(StoreError):
    """The tables are of another release: run ``ediel db upgrade``.

    Attributes:
        found: number of the newest migration that has run; ``None`` where there are no tables.
    """

    def __init__(self, text: str, found: str | None = None) -> None:
        super().__init__(text)
        self.found = found


class Conflict(StoreError):
    """Another writer was there first. Nothing is written; do it again."""


class DatabaseAway(StoreError):
    """The database cannot be reached now, or the connection to it was lost: it may be restarting. Try again later.

    What was under way is rolled back, unless it was committed just then: do it again, it is known by its
    identification.
    """


class DatabaseGone(StoreError):
    """The file of the database was removed or replaced while it was in use. What was written since may be lost."""


class ArchiveDamaged(StoreError):
    """What the archive holds is not what arrived: it cannot be unpacked, or its digest is another."""


class ArchiveRemoved(StoreError):
    """What arrived was purged by its retention, or erased: the archive keeps its digest, and since when."""


class WrongKey(StoreError):
    """The database is encrypted, and the key is another or none; or something in it was changed or moved."""
