"""One connection for everything that a thread or task does for a while, instead of one for each question."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from ediel.store._opening import BUSY
from ediel.store.errors import StoreError

__all__ = ["Held", "Turn"]


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


class Turn:
    """The writer's place among the threads of this process; SQLite itself would let them wait by turns of luck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=BUSY / 1000):
            raise StoreError("another thread has not let go of the database; one transaction stands inside another?")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
