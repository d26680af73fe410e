"""Connections to a database: what each driver must be told before a store can use it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from ediel.store._file import file_of, make_file

__all__ = ["BUSY", "connect", "same_database", "schema_of", "searching", "url_of"]

BUSY: Final = 30_000
"""Milliseconds that a writer waits for another one (SQLite)."""
_SEARCH: Final = "-csearch_path="
_SCHEMA: Final = re.compile("[a-z_][a-z0-9_]{0,62}")


def url_of(url: str) -> URL:
    """A URL with the driver that is used.

    Raises:
        ArgumentError: no such database is supported.
    """
    try:
        parsed = make_url(url)
    except ValueError:  # a port that is no number
        raise ArgumentError("its host or port cannot be read") from None
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if (schema := parsed.query.get("schema")) is not None and parsed.get_backend_name() == "postgresql":
        if not isinstance(schema, str) or not _SCHEMA.fullmatch(schema):
            raise ArgumentError(f"schema={schema!r}; expected a name of small letters, digits and _")
        parsed = parsed.difference_update_query(["schema"]).update_query_dict({"options": f"{_SEARCH}{schema}"})
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ArgumentError(f"{parsed.get_backend_name()} is not supported")
    return parsed


def schema_of(url: URL) -> str | None:
    """The schema of PostgreSQL that a URL names; ``None`` where it names none."""
    options = url.query.get("options")
    return options.removeprefix(_SEARCH) if isinstance(options, str) and options.startswith(_SEARCH) else None


@contextmanager
def searching(connection: Connection, schema: str) -> Iterator[None]:
    """Let a transaction of somebody else find the tables of a schema first, for as long as this lasts."""
    before = connection.exec_driver_sql("SHOW search_path").scalar_one()
    connection.exec_driver_sql(f"SET LOCAL search_path TO {schema}, {before}")
    try:
        yield
    except BaseException:
        with suppress(DBAPIError):  # a transaction that has failed takes the setting with it when it is rolled back
            connection.exec_driver_sql(f"SET LOCAL search_path TO {before}")
        raise
    connection.exec_driver_sql(f"SET LOCAL search_path TO {before}")


def connect(url: URL) -> Engine:
    """What opens connections to a database, each prepared as a store needs it.

    Raises:
        ArgumentError: there is no folder for its file.
    """
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, max_overflow=-1)
    if url.database and url.database != ":memory:":
        folder = Path(url.database).absolute().parent
        if not folder.is_dir():
            raise ArgumentError(f"there is no folder {folder}")
    if (path := file_of(url)) is not None:
        make_file(path)
    # a unit has committed or rolled back itself; a reader meanwhile must never wait for a connection
    engine = create_engine(url, pool_reset_on_return=None, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours: a unit takes the writer's place at once
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY}",
            "wal_autocheckpoint=8000",  # 32 MB: pages that are written often are copied back once
            "cache_size=-4096",  # 4 MB a connection: the system caches the file, and this does not grow for hours
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def same_database(one: URL, other: URL) -> bool:
    """Whether two URLs are of one database."""
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        paths = [Path(url.database or "").absolute() for url in (one, other)]
        return paths[0] == paths[1]
    return (one.host, one.port, one.database, one.query.get("host")) == (
        other.host, other.port, other.database, other.query.get("host"),
    )  # fmt: skip
