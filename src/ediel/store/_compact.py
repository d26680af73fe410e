"""Writing a database anew, so that nothing of what was removed or erased is left in parts that are not in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import DBAPIError

from ediel.store import _schema as schema
from ediel.store._protection import Wording, write_entry
from ediel.store._store import Store
from ediel.store._translated import translated
from ediel.store.errors import StoreError

__all__ = ["compact"]

_SQLITE: Final = (
    "the file was written anew, and its write-ahead log is empty; copies, backups and what the disk keeps of the old "
    "file are not reached"
)
_POSTGRESQL: Final = (
    "the tables were written anew; PostgreSQL's own write-ahead log keeps old rows until it is recycled, and archived "
    "logs, replicas and backups keep them until they are removed"
)


def compact(store: Store, wording: Wording | None = None) -> tuple[str, ...]:
    """Write the database anew. It takes as much room as the database has; nobody writes meanwhile.

    Returns:
        In words, what was done and what it does not reach.

    Raises:
        StoreError: somebody reads or writes for longer than a writer waits, or there is no room.
    """
    try:
        if store.dialect == "sqlite":
            with store.connection() as connection:
                connection.exec_driver_sql("VACUUM")  # the driver begins nothing by itself
        else:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in schema.METADATA.sorted_tables:
                    connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table.name}"')
        with store.connection(write=True) as writing:  # an entry is a row: what follows must empty the log after it
            write_entry(writing, "compact", datetime.now(UTC), wording or Wording(), {})
        if store.dialect != "sqlite":
            return (_POSTGRESQL,)
        with store.connection() as reading:
            busy = reading.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    except DBAPIError as error:
        raise translated(error.orig or error, "cannot be compacted") from None
    if busy:
        raise StoreError(
            "the write-ahead log could not be emptied, since another process reads the database: run ediel db compact "
            "again when it does not"
        )
    return (_SQLITE,)
