"""Whether this release can read what a database holds: its processes, and what has arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from ediel.processes import UnreadableProcess, restore
from ediel.store import _schema as schema
from ediel.store._packing import MASKED, REMOVED, parted, stream
from ediel.store._rows import stored_of
from ediel.store._store import Store
from ediel.store.errors import ArchiveDamaged, ArchiveRemoved

_PAGE: Final = 1000
"""Processes that are read at a time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check has found.

    Attributes:
        count: processes that were read.
        problems: those that cannot be read.
    """

    count: int
    problems: tuple[UnreadableProcess, ...]


def check_processes(store: Store, *, open_only: bool = True, most: int | None = None) -> Checked:
    """Read processes whole, every part of what they know; nothing is changed.

    Args:
        store: the database.
        open_only: only processes in which something may still happen.
        most: stop after so many; all of them when not given.

    Raises:
        StoreError: the database refuses.
    """
    table = schema.INSTANCES
    statement = select(table).order_by(table.c.id)
    if open_only:
        statement = statement.where(table.c.open.is_(True))
    count, last = 0, ""
    problems: list[UnreadableProcess] = []
    while most is None or count < most:
        size = _PAGE if most is None else min(_PAGE, most - count)
        with store.connection() as connection:
            page = connection.execute(statement.where(table.c.id > last).limit(size))
            rows = [dict(row) for row in page.mappings()]
        for row in rows:
            try:
                restore(stored_of(row), whole=True)
            except UnreadableProcess as error:
                problems.append(error)
        count += len(rows)
        if len(rows) < size:
            break
        last = rows[-1]["id"]
    return Checked(count, tuple(problems))


def check_pages(store: Store) -> tuple[str, ...]:
    """What is wrong with the file of an SQLite database, in SQLite's words; PostgreSQL checks its pages itself.

    Raises:
        StoreError: the database refuses.
    """
    with store.connection() as connection:
        if connection.dialect.name != "sqlite":
            return ()
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    return () if found == ["ok"] else tuple(found)


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """What a check of the archive has found.

    Attributes:
        count: entries that were read.
        damaged: what is wrong with those that are damaged.
        masked: how many entries had words about a person masked on each day (UTC).
        removed: how many were removed on each day, but for their digest.
    """

    count: int
    damaged: tuple[ArchiveDamaged, ...]
    masked: Mapping[str, int]
    removed: Mapping[str, int]


def check_archive(store: Store) -> CheckedArchive:
    """Unpack everything that has arrived, and compare it with its digest; nothing is changed.

    What was masked is compared with the digest that it was left with.

    Raises:
        StoreError: the database refuses.
    """
    table = schema.ARCHIVE
    count, last = 0, ""
    problems: list[ArchiveDamaged] = []
    days: dict[str, Counter[str]] = {MASKED: Counter(), REMOVED: Counter()}
    while True:
        with store.connection() as connection:
            statement = select(table.c.sha256, table.c.packing, table.c.data).where(table.c.sha256 > last)
            row = connection.execute(statement.order_by(table.c.sha256).limit(1)).first()
        if row is None:
            return CheckedArchive(count, tuple(problems), days[MASKED], days[REMOVED])
        last = row.sha256
        count += 1
        since = parted(row.packing, bytes(row.data))
        if since is not None:
            days[row.packing][since[:10]] += 1
        try:
            for _ in stream(row.packing, bytes(row.data), row.sha256):
                pass
        except ArchiveRemoved:
            continue
        except ArchiveDamaged as error:
            problems.append(error)
