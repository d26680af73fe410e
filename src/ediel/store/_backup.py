"""Backups of an SQLite database: a file of one moment, made while the database is in use, and read without a change.

PostgreSQL has tools of its own for that; ``dump_command`` says which.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from ediel.store import _schema as schema
from ediel.store._file import file_of, to_stay
from ediel.store._keyring import key_of
from ediel.store._opening import BUSY, url_of
from ediel.store._revisions import head as newest
from ediel.store._store import Store
from ediel.store._unit import Values
from ediel.store.errors import StoreError

__all__ = ["Contents", "back_up", "contents_of", "dump_command", "opened_backup", "values_files"]

_STEP: Final = 4096
"""Pages that are copied at a time, 16 MB: between two steps a signal is heeded."""
_OWNER: Final = 0o600
_HEADER: Final = b"SQLite format 3\x00"
_DUMP: Final = b"PGDMP"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, for a comparison with what it should hold.

    Attributes:
        revision: number of the newest migration that it has.
        rows: how many rows each table has.
        received_at: when the last input arrived, as stored; ``None`` where none did.
        pending: messages that wait to be sent.
        place: where the files of the values store are; ``None`` where there is no such store.
        files: how many files it has.
        size: bytes of them.
    """

    revision: str | None
    rows: Mapping[str, int]
    received_at: str | None
    pending: int
    place: str | None
    files: int
    size: int


def back_up(url: str, target: Path) -> None:
    """Copy an SQLite database, as it is at one moment, into a new file for its owner alone, which stays.

    Others read and write meanwhile. The file appears under its name when it is whole and on the disk.

    Args:
        url: of the database.
        target: the new file.

    Raises:
        StoreError: it is no file of SQLite, it cannot be read, or the new file is there already or cannot be written.
    """
    try:
        source = file_of(url_of(url))
    except ArgumentError as error:
        raise StoreError(f"this is no database URL that can be used: {error}") from None
    if source is None:
        raise StoreError(f"{url.partition('://')[0]}: only a database in a file of SQLite is copied so")
    if not source.exists():
        raise StoreError(f"there is no database {source}")
    if target.exists():
        raise StoreError(f"{target} is there already, and a backup is never written over: give another name")
    part = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER))
        try:
            _copy(source, part)
            _place(part, target)
        finally:
            for name in (part, part.with_name(f"{part.name}-journal")):
                name.unlink(missing_ok=True)
    except FileExistsError:
        raise StoreError(f"{target} is there already, and a backup is never written over: give another name") from None
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or type(error).__name__}") from None
    except sqlite3.Error as error:
        raise StoreError(f"{source} cannot be copied to {target}: {error}") from None


def _copy(source: Path, part: Path) -> None:
    """Copy a database in one snapshot.

    The snapshot is held open: a copy that read page by page without one would begin anew with each write of another
    process, and under load would never end.
    """
    with closing(sqlite3.connect(source, isolation_level=None)) as own, closing(sqlite3.connect(part)) as copy:
        own.execute(f"PRAGMA busy_timeout={BUSY}")
        own.execute("BEGIN")
        own.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the snapshot is taken by the first read
        own.backup(copy, pages=_STEP)
        own.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _place(part: Path, target: Path) -> None:
    try:
        os.link(part, target)  # fails where there is such a file by now
    except FileExistsError:
        raise
    except OSError:  # no links on this file system
        part.rename(target)
    to_stay(target.parent)


@contextmanager
def opened_backup(path: Path) -> Iterator[Store]:
    """A backup as a store that is only read: no byte of the file is changed, and no file is made beside it.

    Raises:
        StoreError: it is none, or it is a database that is in use.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    if head.startswith(_DUMP):
        raise StoreError(
            f"{path} is a dump of PostgreSQL: restore it into an empty database with pg_restore, and run ediel db "
            "check --archive --db on that"
        )
    if head != _HEADER:
        raise StoreError(f"{path} is no database of SQLite; expected a file of ediel db backup")
    log = path.with_name(f"{path.name}-wal")
    with suppress(FileNotFoundError):
        if log.stat().st_size:
            raise StoreError(f"{path} is in use ({log.name} is beside it), and no backup; ediel db check reads it")
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    store = Store(create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True)))
    try:
        with suppress(DBAPIError):  # of a damaged file: whoever reads on says so
            if store.revision() == newest():
                store.unlock(key_of(None), make=False)
        yield store
    finally:
        store.close()


def contents_of(store: Store) -> Contents:
    """What a database holds.

    Raises:
        StoreError: the database refuses, for instance because its tables are of another release.
    """
    revision = store.revision()
    files = schema.VALUES_FILES
    with store.connection() as connection:
        rows = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in schema.METADATA.sorted_tables
        }
        received = connection.execute(select(func.max(schema.ARCHIVE.c.received_at))).scalar()
        waiting = select(func.count()).select_from(schema.OUTBOX).where(schema.OUTBOX.c.status == "pending")
        pending = int(connection.execute(waiting).scalar_one())
        place = connection.execute(select(schema.VALUES_PLACE.c.place)).scalar()
        size = int(connection.execute(select(func.coalesce(func.sum(files.c.size), 0))).scalar_one())
    return Contents(revision, rows, received, pending, place, rows[files.name], size)


def values_files(store: Store) -> list[Values]:
    """The files of the values store that a database names: ``path``, ``size``, ``sha256``.

    Raises:
        StoreError: the database refuses.
    """
    files = schema.VALUES_FILES
    with store.connection() as connection:
        rows = connection.execute(select(files.c.path, files.c.size, files.c.sha256).order_by(files.c.path))
        return [dict(row) for row in rows.mappings()]


def dump_command(url: str, target: str) -> str | None:
    """The command that backs a PostgreSQL database up, without its password; ``None`` for SQLite.

    Raises:
        StoreError: this is no URL of a database.
    """
    try:
        parsed = url_of(url)
    except ArgumentError as error:
        raise StoreError(f"this is no database URL that can be used: {error}") from None
    if parsed.get_backend_name() != "postgresql":
        return None
    host = parsed.host or parsed.query.get("host")
    given = (("host", host), ("port", parsed.port), ("username", parsed.username), ("dbname", parsed.database))
    options = [f"--{name}={value}" for name, value in given if value]
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", *options])
