"""What the hub has said of metering points, and what is known of many of them here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Table, func, select

from ediel.store import _schema as schema
from ediel.store._store import Store
from ediel.store._unit import Values

__all__ = ["known_of", "latest_about_points"]


def known_of(store: Store, table: Table, party: str, points: Sequence[str]) -> dict[str, list[Values]]:
    """The rows of a party in a table, such as that of contracts, about each of some hundred metering points."""
    statement = (
        select(table)
        .where(table.c.party == party, table.c.metering_point.in_(points))
        .order_by(*table.primary_key.columns)
    )
    found: dict[str, list[Values]] = {point: [] for point in points}
    with store.connection() as connection:
        for row in connection.execute(statement).mappings():
            found[row["metering_point"]].append(dict(row))
    return found


def latest_about_points(store: Store, name: str) -> Iterator[Values]:
    """The inbox row of the message of a name that came last, for each party and metering point; by these."""
    inbox = schema.INBOX
    about = (inbox.c.party, inbox.c.metering_point)
    latest = (
        select(*about, func.max(inbox.c.received_at).label("received_at"))
        .where(inbox.c.name == name, inbox.c.metering_point.is_not(None))
        .group_by(*about)
        .subquery()
    )
    same = (
        (latest.c.party == inbox.c.party)
        & (latest.c.metering_point == inbox.c.metering_point)
        & (latest.c.received_at == inbox.c.received_at)
    )
    statement = select(inbox).join(latest, same).where(inbox.c.name == name).order_by(*about, inbox.c.message_id)
    with store.connection() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    yield from rows
