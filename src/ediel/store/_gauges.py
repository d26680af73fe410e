"""What an operator watches: what waits, since when, and what nobody will take up without a decision.

Everything is counted along an index over exactly the rows that are counted: the cost is that of what waits, and not
of what a database holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select, text

from ediel.store import _schema as schema
from ediel.store._store import Store

__all__ = ["Backlog", "Depth", "backlog"]

_OUTBOX: Final = schema.OUTBOX
_DELIVERIES: Final = schema.DELIVERIES
_EVENTS: Final = schema.EVENTS
_LETTERS: Final = schema.DEAD_LETTERS
_TIMERS: Final = schema.TIMERS


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits.

    Attributes:
        count: how many.
        oldest_at: since when the oldest, as stored; ``None`` where none waits.
    """

    count: int = 0
    oldest_at: str | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a database.

    Attributes:
        outbox: messages to be sent, by party.
        held: messages that are sent only after a decision, by party.
        failed: messages that were refused for good, or given up, by party.
        timers: timers that are overdue, and when the first fell due.
        dead_letters: what could not be handled, and is not settled.
        events: events that a subscription has still to hear, by its name.
        dead_events: events whose handler has failed for good, by subscription.
    """

    outbox: Mapping[str, Depth]
    held: Mapping[str, int]
    failed: Mapping[str, int]
    timers: Depth
    dead_letters: Depth
    events: Mapping[str, Depth]
    dead_events: Mapping[str, int]


def _outbox() -> Select[str, int, str]:
    counted = select(_OUTBOX.c.party, func.count(), func.min(_OUTBOX.c.created_at))
    return counted.where(text("outbox.status = 'pending'")).group_by(_OUTBOX.c.party)


def _unsent(status: str) -> Select[str, int]:
    counted = select(_OUTBOX.c.party, func.count()).where(text(f"outbox.status = '{status}'"))
    return counted.group_by(_OUTBOX.c.party)


def _timers(moment: str) -> Select[int, str]:
    counted = select(func.count(), func.min(_TIMERS.c.due_at))
    return counted.where(text("timers.status = 'set'"), _TIMERS.c.due_at <= moment)


def _letters() -> Select[int, str]:
    return select(func.count(), func.min(_LETTERS.c.at)).where(_LETTERS.c.resolved_at.is_(None))


def _waiting() -> Select[str, int, str]:
    """The oldest by the number of its delivery: the moment of its event is read for that one alone."""
    counted = (
        select(_DELIVERIES.c.subscription, func.count().label("waiting"), func.min(_DELIVERIES.c.number).label("first"))
        .where(text("deliveries.status = 'waiting'"))
        .group_by(_DELIVERIES.c.subscription)
        .subquery("counted")
    )
    first = _DELIVERIES.alias("first_one")
    key = (
        (_EVENTS.c.instance_id == first.c.instance_id)
        & (_EVENTS.c.version == first.c.version)
        & (_EVENTS.c.position == first.c.position)
    )
    return (
        select(counted.c.subscription, counted.c.waiting, _EVENTS.c.at)
        .join(first, first.c.number == counted.c.first)
        .outerjoin(_EVENTS, key)
    )


def _dead() -> Select[str, int]:
    counted = select(_DELIVERIES.c.subscription, func.count()).where(text("deliveries.status = 'dead'"))
    return counted.group_by(_DELIVERIES.c.subscription)


def backlog(store: Store, moment: str) -> Backlog:
    """What waits in a database.

    Args:
        store: the database.
        moment: the present moment, as stored.

    Raises:
        StoreError: the database refuses.
    """
    with store.connection() as connection:

        def depths(statement: Select[str, int, str]) -> dict[str, Depth]:
            return {row[0]: Depth(row[1], row[2]) for row in connection.execute(statement)}

        def counts(statement: Select[str, int]) -> dict[str, int]:
            return {row[0]: row[1] for row in connection.execute(statement)}

        def depth(statement: Select[int, str]) -> Depth:
            row = connection.execute(statement).one()
            return Depth(row[0], row[1])

        names = connection.execute(select(schema.SUBSCRIPTIONS.c.name).distinct()).scalars().all()
        waiting = depths(_waiting())
        return Backlog(
            outbox=depths(_outbox()),
            held=counts(_unsent("held")),
            failed=counts(_unsent("failed")),
            timers=depth(_timers(moment)),
            dead_letters=depth(_letters()),
            events={name: waiting.get(name, Depth()) for name in sorted({*names, *waiting})},
            dead_events=counts(_dead()),
        )
