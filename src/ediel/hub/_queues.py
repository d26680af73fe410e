"""What waits for each party, by role and channel, and the result sets in which it is fetched.

A result set is the same until it is acknowledged; a crash anywhere shows it again. Messages stand in it in the order in
which they were written. How many Elhub puts into one is not published.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select, update

from ediel.engine import Engine
from ediel.hub import _tables as tables
from ediel.store import Values, stamp

_BYTES: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class ResultSet:
    """Messages that are fetched together.

    Attributes:
        identification: UUID, to be acknowledged.
        messages: the XML of each, in order.
    """

    identification: str
    messages: tuple[bytes, ...]


class Queues:
    """The queues of a hub.

    Args:
        engine: whose outbox holds the messages.
        most: messages in one result set, at the most.
    """

    def __init__(self, engine: Engine, *, most: int = 1000) -> None:
        self._engine = engine
        self._most = most
        table = tables.RESULTS
        own = tuple(table.c[name] == bindparam(name) for name in ("recipient", "role", "channel"))
        self._set_out = engine.store.compiled(
            select(table.c.identification, table.c.messages).where(*own, table.c.acknowledged_at.is_(None))
        )

    def poll(self, gln: str, role: str, channel: str, now: datetime) -> ResultSet | None:
        """The result set that waits; ``None`` when nothing does."""
        key = (gln, role, channel)
        store = self._engine.store
        rows = store.rows(self._set_out, *key)
        found = (rows[0]["identification"], json.loads(rows[0]["messages"])) if rows else None
        if found is None and not self._engine.browse.waiting(*key, most=1):
            return None  # the writer's place is not taken for nothing
        if found is None:
            with store.connection(write=True) as connection:
                found = _open(connection, key) or self._make(connection, key, now)
        if found is None:
            return None
        identification, names = found
        data = self._engine.browse.messages(names)
        return ResultSet(identification, tuple(data[name] for name in names))

    def _make(self, connection: Connection, key: tuple[str, str, str], now: datetime) -> tuple[str, list[str]] | None:
        chosen: list[str] = []
        size = 0
        for name, length in self._engine.browse.waiting(*key, most=self._most):
            size += length
            if chosen and size > _BYTES:
                break
            chosen.append(name)
        if not chosen:
            return None
        identification = str(uuid4())
        gln, role, channel = key
        connection.execute(
            insert(tables.RESULTS),
            {
                "identification": identification,
                "recipient": gln,
                "role": role,
                "channel": channel,
                "made_at": stamp(now),
                "acknowledged_at": None,
                "messages": json.dumps(chosen),
            },
        )
        return identification, chosen

    def acknowledge(self, gln: str, reference: str, now: datetime) -> bool:
        """A result set has been kept by its recipient. Whether there was one that waited for that."""
        table = tables.RESULTS
        waiting = (table.c.identification == reference, table.c.recipient == gln, table.c.acknowledged_at.is_(None))
        with self._engine.store.connection(write=True) as connection:
            names = connection.execute(select(table.c.messages).where(*waiting)).scalar()
            if names is None:
                return False
            connection.execute(update(table).where(*waiting).values(acknowledged_at=stamp(now)))
            self._engine.browse.fetched(connection, json.loads(names), now)
        return True

    def lengths(self) -> list[Values]:
        """How many messages wait in each queue, and the result set that is out."""
        table = tables.RESULTS
        with self._engine.store.connection() as connection:
            out = connection.execute(select(table).where(table.c.acknowledged_at.is_(None))).mappings().all()
        sets = {(row["recipient"], row["role"], row["channel"]): row["identification"] for row in out}
        return [
            {**row, "result_set": sets.get((row["recipient"], row["role"], row["channel"]))}
            for row in self._engine.browse.queues()
        ]


def _open(connection: Connection, key: tuple[str, str, str]) -> tuple[str, list[str]] | None:
    table = tables.RESULTS
    gln, role, channel = key
    statement = select(table.c.identification, table.c.messages).where(
        table.c.recipient == gln, table.c.role == role, table.c.channel == channel, table.c.acknowledged_at.is_(None)
    )
    row = connection.execute(statement).first()
    return None if row is None else (row[0], json.loads(row[1]))
