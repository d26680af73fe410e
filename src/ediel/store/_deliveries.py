"""What each subscription has still to hear: claimed by a lease, in order for each process, tried again, or dead.

A delivery is a row that is written in the transaction of its event, one for each subscription that wants that kind. It
is removed once it is handled. So the cost of delivery does not grow with events that nobody subscribes to, and a
transaction that commits late can never be passed over, as it could behind a cursor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, or_, select, text, update

from ediel.store import _schema as schema
from ediel.store._json import decode
from ediel.store._store import Store
from ediel.store._unit import Values, event_id, stamp

__all__ = ["NEW", "Deliveries", "Delivery"]

_D: Final = schema.DELIVERIES
_E: Final = schema.EVENTS
NEW: Final = ""
"""``next_at`` of what was never tried."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event that a subscription has still to hear.

    Attributes:
        number: its place among the deliveries.
        subscription: name of the subscription.
        event: number of the event, which is its place among all events.
        id: UUID of the event.
        name: kind of the event.
        process_id: its process.
        version: step of the process that made it.
        party: GLN of the party.
        at: when it happened, as stored.
        data: what the event says.
        attempts: how often a handler has failed.
        error: why, the last time: the kind of error alone.
        trace: the span in which it happened, as a ``traceparent``; ``None`` where nothing was traced.
    """

    number: int
    subscription: str
    event: int
    id: str
    name: str
    process_id: str
    version: int
    party: str
    at: str
    data: dict[str, Any]
    attempts: int
    error: str | None
    trace: str | None = None


class Deliveries:
    """The deliveries of a store. Every method is a transaction, or a part of the one that is joined."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- subscriptions

    def register(
        self, name: str, events: Collection[str], now: datetime, *, since: datetime | Literal["beginning"] | None = None
    ) -> None:
        """Let a subscription hear kinds of events from now on, or from a moment in the past on.

        Kinds that it has already are left alone; others that it had before stay, until they are forgotten.

        Args:
            name: its name.
            events: kinds of events.
            now: the moment.
            since: deliver also what has happened from a moment on, or all that it has not handled yet.
        """
        known = {row for row in self.subscriptions() if row[0] == name}
        fresh = sorted({event for event in events if (name, event) not in known})
        if not fresh:
            return
        with self._store.connection(write=True) as connection:
            if self._store.dialect == "postgresql":  # no event may be written that neither side sees
                connection.execute(text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE"))
            table = schema.SUBSCRIPTIONS
            known = {tuple(row) for row in connection.execute(select(table.c.name, table.c.event))}
            fresh = [event for event in fresh if (name, event) not in known]
            if not fresh:
                return
            settled = connection.execute(
                select(table.c.after).where(table.c.name == name, table.c.event == "")
            ).scalar()
            last = connection.execute(select(func.coalesce(func.max(_E.c.number), 0))).scalar_one()
            rows = [{"name": name, "event": event, "registered_at": stamp(now), "after": last} for event in fresh]
            connection.execute(insert(table), rows)
            held = (_D.c.subscription == name, _D.c.status == "held", _D.c.event.in_(fresh))
            connection.execute(update(_D).where(*held).values(status="waiting"))
            if since is not None:
                past = _E.c.number > (settled or 0)
                self._catch_up(
                    connection, name, fresh, past if since == "beginning" else past & (_E.c.at >= stamp(since))
                )

    @staticmethod
    def _catch_up(connection: Connection, name: str, events: Sequence[str], since: ColumnElement[bool]) -> None:
        past = (
            select(
                literal(name), _E.c.instance_id, _E.c.version, _E.c.position, _E.c.name,
                literal("waiting"), literal(0), literal(NEW),
            )
            .where(_E.c.name.in_(events), since)
            .order_by(_E.c.number)
        )  # fmt: skip
        columns = ("subscription", "instance_id", "version", "position", "event", "status", "attempts", "next_at")
        connection.execute(insert(_D).from_select(columns, past))

    def forget(self, name: str) -> bool:
        """Drop a subscription with its waiting deliveries; returns whether it existed."""
        with self._store.connection(write=True) as connection:
            connection.execute(delete(_D).where(_D.c.subscription == name))
            table = schema.SUBSCRIPTIONS
            return bool(connection.execute(delete(table).where(table.c.name == name)).rowcount)

    def subscriptions(self) -> list[tuple[str, str]]:
        """Name and kind of event of every subscription."""
        table = schema.SUBSCRIPTIONS
        statement = select(table.c.name, table.c.event).where(table.c.event != "")
        with self._store.connection() as connection:
            rows = connection.execute(statement.order_by(table.c.name, table.c.event))
            return [(row.name, row.event) for row in rows]

    def lag(self) -> list[Values]:
        """The backlog of each subscription: how many deliveries wait, since when, how many are dead."""
        waiting = func.sum(text("CASE WHEN status = 'waiting' THEN 1 ELSE 0 END"))
        dead = func.sum(text("CASE WHEN status = 'dead' THEN 1 ELSE 0 END"))
        key = (_E.c.instance_id == _D.c.instance_id) & (_E.c.version == _D.c.version) & (_E.c.position == _D.c.position)
        columns = (
            _D.c.subscription,
            waiting.label("waiting"),
            dead.label("dead"),
            func.min(_E.c.at).label("oldest_at"),
        )
        statement = select(*columns).join(_E, key).group_by(_D.c.subscription).order_by(_D.c.subscription)
        with self._store.connection() as connection:
            rows = {row["subscription"]: dict(row) for row in connection.execute(statement).mappings()}
        for name, _ in self.subscriptions():
            rows.setdefault(name, {"subscription": name, "waiting": 0, "dead": 0, "oldest_at": None})
        return [rows[name] for name in sorted(rows)]

    # --- delivering

    def heads(
        self, subscription: str, names: Collection[str], now: datetime, *, most: int, real: datetime, lock: bool = False
    ) -> list[Delivery]:
        """Deliveries that are due: of each process the earliest unhandled event, unless leased or waiting for a retry.

        Args:
            subscription: whose.
            names: kinds that can be handled here.
            now: the moment, against which back-off is held.
            most: how many.
            real: the moment of the system's clock, against which leases are held.
            lock: keep others from them until the transaction ends (PostgreSQL; SQLite has one writer anyway).
        """
        earlier = _D.alias("earlier")
        statement = (
            select(_D, _E.c.number.label("event_number"), _E.c.party, _E.c.at, _E.c.data, _E.c.trace)
            .join(
                _E,
                (_E.c.instance_id == _D.c.instance_id)
                & (_E.c.version == _D.c.version)
                & (_E.c.position == _D.c.position),
            )
            .where(
                _D.c.subscription == subscription,
                _D.c.status == "waiting",
                _D.c.next_at <= stamp(now),
                or_(_D.c.leased_until.is_(None), _D.c.leased_until < stamp(real)),
                ~select(earlier.c.number)
                .where(
                    earlier.c.subscription == _D.c.subscription,
                    earlier.c.instance_id == _D.c.instance_id,
                    earlier.c.number < _D.c.number,
                    earlier.c.status == "waiting",
                )
                .exists(),
            )
            .order_by(_D.c.next_at, _D.c.number)
            .limit(most)
        )
        everything = {event for name, event in self.subscriptions() if name == subscription}
        if not everything <= set(names):
            statement = statement.where(_D.c.event.in_(sorted(names)))
        if lock and self._store.dialect == "postgresql":
            statement = statement.with_for_update(of=_D, skip_locked=True)
        with self._store.connection() as connection:
            return [_delivery(dict(row)) for row in connection.execute(statement).mappings()]

    def claim(
        self, subscription: str, names: Collection[str], now: datetime, *, most: int, real: datetime, until: datetime,
        owner: str,
    ) -> list[Delivery]:  # fmt: skip
        """Lease the deliveries that are due: no other worker gets them before the lease ends."""
        with self._store.transaction():
            deliveries = self.heads(subscription, names, now, most=most, real=real, lock=True)
            self.renew([item.number for item in deliveries], owner, until, claiming=True)
            return deliveries

    def renew(self, numbers: Sequence[int], owner: str, until: datetime, *, claiming: bool = False) -> int:
        """Hold leases for longer; returns how many are still the owner's."""
        if not numbers:
            return 0
        statement = update(_D).where(_D.c.number.in_(numbers))
        if not claiming:
            statement = statement.where(_D.c.leased_by == owner)
        with self._store.connection(write=True) as connection:
            return connection.execute(statement.values(leased_by=owner, leased_until=stamp(until))).rowcount

    def handled(self, numbers: Sequence[int], *, owner: str | None = None) -> int:
        """Remove handled deliveries; of an owner's only those still leased to it. Returns how many."""
        if not numbers:
            return 0
        statement = delete(_D).where(_D.c.number.in_(numbers))
        if owner is not None:
            statement = statement.where(_D.c.leased_by == owner)
        with self._store.connection(write=True) as connection:
            return connection.execute(statement).rowcount

    def failed(self, number: int, error: str, next_at: datetime | None) -> None:
        """A handler has failed: again at a moment, or, with ``None``, never: the delivery is dead."""
        values = {
            "attempts": _D.c.attempts + 1,
            "error": error,
            "status": "dead" if next_at is None else "waiting",
            "next_at": NEW if next_at is None else stamp(next_at),
            "leased_by": None,
            "leased_until": None,
        }
        with self._store.connection(write=True) as connection:
            connection.execute(update(_D).where(_D.c.number == number).values(values))

    def release(self, numbers: Iterable[int], owner: str) -> None:
        """Give leases back unused."""
        statement = update(_D).where(_D.c.number.in_(list(numbers)), _D.c.leased_by == owner)
        with self._store.connection(write=True) as connection:
            connection.execute(statement.values(leased_by=None, leased_until=None))

    # --- dead events

    def dead(self, subscription: str | None = None, *, after: int = 0, most: int = 100) -> list[Delivery]:
        """What handlers could not take in all their attempts, the earliest first; ``after`` a delivery's number."""
        return self._listed("dead", subscription, after, most)

    def waiting(self, subscription: str | None = None, *, after: int = 0, most: int = 100) -> list[Delivery]:
        """Deliveries that wait, the earliest first; ``after`` a delivery's number."""
        return self._listed("waiting", subscription, after, most)

    def _listed(self, status: str, subscription: str | None, after: int, most: int) -> list[Delivery]:
        key = (_E.c.instance_id == _D.c.instance_id) & (_E.c.version == _D.c.version) & (_E.c.position == _D.c.position)
        statement = (
            select(_D, _E.c.number.label("event_number"), _E.c.party, _E.c.at, _E.c.data, _E.c.trace)
            .join(_E, key)
            .where(_D.c.status == status, _D.c.number > after)
            .order_by(_D.c.number)
            .limit(most)
        )
        if subscription is not None:
            statement = statement.where(_D.c.subscription == subscription)
        with self._store.connection() as connection:
            return [_delivery(dict(row)) for row in connection.execute(statement).mappings()]

    def again(self, numbers: Sequence[int] | None = None, subscription: str | None = None) -> int:
        """Retry dead deliveries, from their first attempt on; returns how many there were."""
        statement = update(_D).where(_D.c.status == "dead")
        if numbers is not None:
            statement = statement.where(_D.c.number.in_(numbers))
        if subscription is not None:
            statement = statement.where(_D.c.subscription == subscription)
        with self._store.connection(write=True) as connection:
            return connection.execute(statement.values(status="waiting", attempts=0, next_at=NEW)).rowcount

    def drop(self, numbers: Sequence[int]) -> int:
        """Give up dead deliveries; returns how many there were."""
        statement = delete(_D).where(_D.c.status == "dead", _D.c.number.in_(numbers))
        with self._store.connection(write=True) as connection:
            return connection.execute(statement).rowcount


def _delivery(row: Values) -> Delivery:
    return Delivery(
        number=row["number"],
        subscription=row["subscription"],
        event=row["event_number"],
        id=event_id(row),
        name=row["event"],
        process_id=row["instance_id"],
        version=row["version"],
        party=row["party"],
        at=row["at"],
        data=decode(row["data"]),
        attempts=row["attempts"],
        error=row["error"],
        trace=row["trace"],
    )
