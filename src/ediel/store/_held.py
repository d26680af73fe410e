"""One connection for everything that a thread or task does for a while, instead of one for each question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from ediel.store.errors import StoreError

__all__ = ["Held"]


class Held:
    """A connection that is opened at its first use, and used again until ``close``.

    Args:
        engine: where connections come from.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._depth = 0

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    @property
    def busy(self) -> bool:
        """Whether it is in use further out: what is read here belongs to what is done there."""
        return self._depth > 0

    @contextmanager
    def part(self, *, write: bool = False) -> Iterator[Connection]:
        """One use of it. What only reads leaves nothing open behind; a part within another belongs to that one.

        Raises:
            StoreError: a transaction would begin inside another one.
        """
        if write and self.busy:
            raise StoreError("a transaction began inside another one; it would wait for itself")
        connection = self.connection
        self._depth += 1
        try:
            yield connection
        finally:
            self._depth -= 1
            if not self._depth and connection.in_transaction():
                connection.rollback()  # what was written is committed by now

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
