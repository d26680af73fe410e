"""Lanes of work that several workers share: when each is due, how it fared, and what waits in it.

A lane is a name, such as ``poll/GLN/ROLE/CHANNEL``. It holds nothing that would be missed: where a row is not there,
its work is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select, text, update

from ediel.store import _schema as schema
from ediel.store._outbox import is_due, is_free
from ediel.store._store import Store
from ediel.store._unit import moment_of, stamp

__all__ = ["Lane", "Lanes"]

_L: Final = schema.LANES
_ENDED: Final = text(
    "INSERT INTO lanes (name, ended_at, next_at, failures, error) VALUES (:name, :now, :next, :failed, :error) "
    "ON CONFLICT (name) DO UPDATE SET ended_at = excluded.ended_at, next_at = excluded.next_at, "
    "failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE lanes.failures + 1 END, error = excluded.error"
)
_CLAIM: Final = text(
    "INSERT INTO lanes (name, failures, leased_by, leased_until) VALUES (:name, 0, :owner, :until) "
    "ON CONFLICT (name) DO UPDATE SET leased_by = excluded.leased_by, leased_until = excluded.leased_until "
    "WHERE lanes.leased_until IS NULL OR lanes.leased_until <= :now"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as it stands.

    Attributes:
        name: its name.
        next_at: not before that moment; ``None`` when it may be done at once.
        ended_at: when it was last done, well or not.
        failures: in a row.
        error: why, the last time.
    """

    name: str
    next_at: datetime | None = None
    ended_at: datetime | None = None
    failures: int = 0
    error: str | None = None

    def is_due(self, wall: datetime) -> bool:
        """Whether it may be done by now."""
        return self.next_at is None or self.next_at <= wall


class Lanes:
    """The lanes of a store. Every method is a transaction. Safe for threads and for several processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, Lane]:
        """Every lane that was ever done, by name."""
        with self._store.connection() as connection:
            rows = connection.execute(select(_L)).mappings().all()
        return {row["name"]: _lane(row["name"], row["next_at"], row["ended_at"], row["failures"], row["error"])
                for row in rows}  # fmt: skip

    def get(self, name: str) -> Lane:
        """One lane."""
        columns = (_L.c.name, _L.c.next_at, _L.c.ended_at, _L.c.failures, _L.c.error)
        with self._store.connection() as connection:
            row = connection.execute(select(*columns).where(_L.c.name == name)).first()
        return Lane(name) if row is None else _lane(*row)

    def ended(self, name: str, now: datetime, *, next_at: datetime | None = None, error: str | None = None) -> None:
        """A lane was done: ``error`` where it failed, ``next_at`` where it is not due again before a moment."""
        values = {
            "name": name, "now": stamp(now), "next": None if next_at is None else stamp(next_at),
            "failed": 0 if error is None else 1, "error": error,
        }  # fmt: skip
        with self._store.connection(write=True) as connection:
            connection.execute(_ENDED, values)

    def again(self, name: str) -> None:
        """Let a lane be due at once, and forget its failures."""
        with self._store.connection(write=True) as connection:
            connection.execute(update(_L).where(_L.c.name == name).values(next_at=None, failures=0, error=None))

    def forget(self, name: str) -> None:
        """Drop what is known of a lane."""
        with self._store.connection(write=True) as connection:
            connection.execute(delete(_L).where(_L.c.name == name))

    # --- leases

    def claim(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lane for a while, unless somebody has it."""
        values = {"name": name, "owner": owner, "now": stamp(now), "until": stamp(until)}
        with self._store.connection(write=True) as connection:
            return bool(connection.execute(_CLAIM, values).rowcount)

    def renew(self, names: Sequence[str], owner: str, until: datetime) -> int:
        """Keep lanes for longer; returns how many are still the owner's."""
        if not names:
            return 0
        statement = update(_L).where(_L.c.name.in_(names), _L.c.leased_by == owner)
        with self._store.connection(write=True) as connection:
            return connection.execute(statement.values(leased_until=stamp(until))).rowcount

    def release(self, name: str, owner: str) -> None:
        """Give a lane back."""
        statement = update(_L).where(_L.c.name == name, _L.c.leased_by == owner)
        with self._store.connection(write=True) as connection:
            connection.execute(statement.values(leased_by=None, leased_until=None))

    # --- what waits

    def senders(self, now: datetime) -> set[str]:
        """GLNs of parties with a message that waits to be sent, and is not put off."""
        outbox = schema.OUTBOX
        statement = (
            select(outbox.c.party)
            .where(
                text("outbox.status = 'pending'"),
                outbox.c.channel.is_(None),
                is_due(now),
                is_free(now),
            )
            .distinct()
        )
        return self._names(statement)

    def deadlines(self, now: datetime) -> dict[str, datetime]:
        """When the earliest deadline that is due fell due, by GLN of the party."""
        timers, instances = schema.TIMERS, schema.INSTANCES
        statement = (
            select(instances.c.party, func.min(timers.c.due_at))
            .join(timers, timers.c.instance_id == instances.c.id)
            .where(text("timers.status = 'set'"), timers.c.due_at <= stamp(now))
            .group_by(instances.c.party)
        )
        with self._store.connection() as connection:
            return {party: moment_of(due_at) for party, due_at in connection.execute(statement)}

    def listeners(self, now: datetime, real: datetime) -> set[str]:
        """Names of subscriptions that have an event to handle.

        Args:
            now: the moment, against which back-off is held.
            real: the moment of the system's clock, against which leases are held.
        """
        table = schema.DELIVERIES
        statement = (
            select(table.c.subscription)
            .where(
                text("deliveries.status = 'waiting'"),
                table.c.next_at <= stamp(now),
                or_(table.c.leased_until.is_(None), table.c.leased_until < stamp(real)),
            )
            .distinct()
        )
        return self._names(statement)

    def _names(self, statement: Select[Any]) -> set[str]:
        with self._store.connection() as connection:
            return {str(row[0]) for row in connection.execute(statement).all()}


def _lane(name: str, next_at: str | None, ended_at: str | None, failures: int, error: str | None) -> Lane:
    return Lane(
        name, None if next_at is None else moment_of(next_at), None if ended_at is None else moment_of(ended_at),
        failures, error,
    )  # fmt: skip
