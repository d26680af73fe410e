"""What happened in some days: processes that moved, with all that led to it, and documents that came."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from ediel.store import _schema as schema
from ediel.store._store import Store
from ediel.store._unit import Values, stamp

__all__ = ["Days"]

_MANY: Final = 500
_STEPS: Final = schema.TRANSITIONS
_INBOX: Final = schema.INBOX
_ARCHIVE: Final = schema.ARCHIVE


class Days:
    """Some days of a database.

    Args:
        store: the database.
        start: when they begin.
        end: when they are over.
        without: GLNs of parties whose processes are left out.
    """

    def __init__(self, store: Store, start: datetime, end: datetime, *, without: Collection[str] = ()) -> None:
        self._store = store
        self._start, self._end = stamp(start), stamp(end)
        instances = schema.INSTANCES
        moved = select(_STEPS.c.instance_id).where(_STEPS.c.at >= self._start, _STEPS.c.at < self._end)
        told = select(_INBOX.c.instance_id).where(self._in(_INBOX.c.received_at), _INBOX.c.instance_id.is_not(None))
        rows = self._all(
            select(instances).where(
                instances.c.id.in_(moved.union(told)), instances.c.party.not_in(list(without))
            )
        )  # fmt: skip
        self.processes: dict[str, Values] = {row["id"]: row for row in rows}
        """The processes that moved, or were told something, as they stand."""

    def _in(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return (column >= self._start) & (column < self._end)

    def is_in(self, at: str) -> bool:
        """Whether a stored moment is in these days."""
        return self._start <= at < self._end

    def _all(self, statement: Select[Any]) -> list[Values]:
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _each(self, statement: Select[Any], column: ColumnElement[Any], ids: Collection[str]) -> Iterator[Values]:
        names = sorted(ids)
        for place in range(0, len(names), _MANY):
            yield from self._all(statement.where(column.in_(names[place : place + _MANY])))

    def steps(self) -> list[Values]:
        """Every step of the processes up to the end, also those before these days; by process and version."""
        statement = select(_STEPS).where(_STEPS.c.at < self._end).order_by(_STEPS.c.instance_id, _STEPS.c.version)
        return list(self._each(statement, _STEPS.c.instance_id, self.processes))

    def sent(self) -> list[Values]:
        """What the processes had sent by the end."""
        table = schema.OUTBOX
        return list(
            self._each(select(table).where(table.c.created_at < self._end), table.c.instance_id, self.processes)
        )

    def events(self, ids: Collection[str]) -> list[Values]:
        """The events of processes up to the end, in the order of their steps."""
        table = schema.EVENTS
        order = (table.c.instance_id, table.c.version, table.c.position)
        statement = select(table.c.instance_id, table.c.version, table.c.name).where(table.c.at < self._end)
        return list(self._each(statement.order_by(*order), table.c.instance_id, ids))

    def received(self) -> list[Values]:
        """Messages of the processes up to the end, and every other one of these days."""
        columns = (*_INBOX.columns, _ARCHIVE.c.received_at.label("arrived_at"))
        statement = select(*columns).join(_ARCHIVE, _ARCHIVE.c.sha256 == _INBOX.c.sha256)
        until = statement.where(_INBOX.c.received_at < self._end)
        rows = {
            (row["sender"], row["message_id"]): row for row in self._each(until, _INBOX.c.instance_id, self.processes)
        }
        heard = {row["message_id"] for row in self.steps() if row["message_id"]} - {name for _, name in rows}
        rows |= {(row["sender"], row["message_id"]): row for row in self._each(until, _INBOX.c.message_id, heard)}
        for row in self._all(statement.where(self._in(_INBOX.c.received_at))):
            rows.setdefault((row["sender"], row["message_id"]), row)
        return list(rows.values())

    def dead(self) -> list[Values]:
        """Messages of these days that could not be handled, and are not settled."""
        table = schema.DEAD_LETTERS
        columns = (*table.columns, _ARCHIVE.c.received_at.label("arrived_at"))
        statement = select(*columns).join(_ARCHIVE, _ARCHIVE.c.sha256 == table.c.sha256)
        return self._all(statement.where(self._in(_ARCHIVE.c.received_at), table.c.resolved_at.is_(None)))
