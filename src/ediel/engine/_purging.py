"""Purging by a retention: what is in the database, and the files of the values store."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from ediel.engine._retention import Retention
from ediel.store import Purged, Store, Wording, plan, purge, write_entry
from ediel.store import _schema as schema

if TYPE_CHECKING:
    from ediel.values import ValuesStore

__all__ = ["planned", "purged"]

_KEPT: Final = "the newest arrival is in it, and gives the next its number"


def planned(store: Store, values: ValuesStore | None, retention: Retention, now: datetime) -> list[Purged]:
    """What a purge would remove."""
    before = retention.before(now)
    found = plan(store, before, now)
    if values is not None and "values" in before:
        rows, kept = _old_files(store, before["values"])
        found.append(_summed(rows, kept))
    return found


def purged(
    store: Store, values: ValuesStore | None, retention: Retention, now: datetime, wording: Wording, batch: int
) -> list[Purged]:
    """Purge, and say what was removed."""
    before = retention.before(now)
    done = purge(store, before, now, wording, batch=batch)
    if values is not None and "values" in before:
        done.append(_drop_files(store, values, before["values"], now, wording))
    return done


def _old_files(store: Store, before: datetime) -> tuple[list[dict[str, Any]], int]:
    """Files of the values store all of whose values are of months before that of a moment; how many of them stay."""
    table = schema.VALUES_FILES
    with store.connection() as connection:
        newest = connection.execute(select(func.max(table.c.last_cursor))).scalar()
        statement = select(table).where(table.c.month < f"{before:%Y-%m}").order_by(table.c.path)
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    free = [row for row in rows if row["last_cursor"] != newest]
    return free, len(rows) - len(free)


def _drop_files(store: Store, values: ValuesStore, before: datetime, now: datetime, wording: Wording) -> Purged:
    """Out of the manifest first: a file that no manifest names is removed later, should this end here."""
    table = schema.VALUES_FILES
    rows, kept = _old_files(store, before)
    done: list[dict[str, Any]] = []
    for row in rows:
        with store.connection(write=True) as connection:
            if not connection.execute(delete(table).where(table.c.path == row["path"])).rowcount:
                continue  # it was put together with others meanwhile: its values wait for the next purge
            detail = {"kind": "values", "month": row["month"], "rows": row["rows"], "bytes": row["size"]}
            write_entry(connection, "purge", now, wording, detail)
        values.folder.remove(row["path"])
        done.append(row)
    return _summed(done, kept)


def _summed(rows: list[dict[str, Any]], kept: int) -> Purged:
    count, size = (sum(row[name] for row in rows) for name in ("rows", "size"))
    return Purged("values", count, size, {_KEPT: kept} if kept else {})
