"""The file of an SQLite database: made for its owner alone, and watched, for what is written must be there to stay."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from ediel.store.errors import DatabaseGone

__all__ = ["DatabaseFile", "file_of", "make_file", "to_stay"]

_OWNER: Final = 0o600
"""There are people in it."""


def file_of(url: URL) -> Path | None:
    """The file of a database; ``None`` where it is in memory, or no SQLite."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return None if url.database.startswith("file:") else Path(url.database).absolute()


def make_file(path: Path) -> None:
    """An empty file for a database that is not there yet, for its owner alone, whatever the umask is.

    SQLite gives the files beside it the same rights.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER))
    except FileExistsError:
        return


def to_stay(folder: Path) -> None:
    """Make what was done in a folder stay after a power cut, where the system has a way to."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    finally:
        os.close(number)


class DatabaseFile:
    """The file that a store was opened on.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._known = _identity(self._path)

    def check(self) -> None:
        """Is it still the file that was opened?

        A file that was removed or replaced takes with it whatever is still written: nothing may report that it
        was kept.

        Raises:
            DatabaseGone: it is not.
        """
        if _identity(self._path) != self._known:
            raise DatabaseGone(
                f"the database {self._path} was removed or replaced while it was in use; what was written since may be "
                "lost. Nothing more is acknowledged: put it back, and begin again"
            )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - asked with every transaction
    except OSError:
        return None
    return status.st_dev, status.st_ino
