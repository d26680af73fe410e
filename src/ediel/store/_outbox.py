"""Messages on their way out: claimed by a lease, sent once, and what the hub has signed about them.

Several processes may send from one database. Whoever claims a message has it until its lease ends; after a crash
somebody else claims it then, and sends it again under the same identification.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, text, update

from ediel.store import _schema as schema
from ediel.store._json import encode
from ediel.store._store import Store
from ediel.store._unit import Values, stamp
from ediel.xml.parser import ANY_SIZE, unpack

__all__ = ["LEASE", "LONGEST_WAIT", "Evidence", "OutboxStore"]

LEASE: Final = timedelta(minutes=5)
"""How long a claim holds; a call is given up long before."""
LONGEST_WAIT: Final = timedelta(minutes=15)
"""No message waits longer for its next try. What is written further ahead was written by a clock that was wrong."""
_FIRST_POSITION: Final = 1000
"""Positions of the events of an instance that no step has made begin here."""
_OUTBOX: Final = schema.OUTBOX


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the hub has signed about a message.

    Attributes:
        came: the envelope as it came, with its signature; plain or gzip.
        signer: organisation number of the signer.
        certificate: digest of its certificate, in hexadecimal.
    """

    came: bytes
    signer: str | None
    certificate: str | None

    @property
    def data(self) -> bytes:
        """The envelope, unpacked anew each time: one that is packed is not held twice."""
        return unpack(self.came, ANY_SIZE)


class OutboxStore:
    """The outbox of a store. Safe for threads and for several processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(
        self, party: str, owner: str, now: datetime, *, lease: timedelta = LEASE, without: tuple[str, ...] = ()
    ) -> Values | None:
        """Claim the next message of a party that may be sent, or nothing.

        Order is kept for each process and each metering point: what stands behind a message that is not sent yet, is
        being sent, or is held, waits for it; nothing else does.

        Args:
            party: GLN.
            owner: who claims.
            now: the moment.
            lease: how long no other sender may send it.
            without: identifications of messages that are left out, with all that waits for them.
        """
        with self._store.connection() as connection:
            if self._next(connection, party, now, without) is None:
                return None  # do not lock the database for nothing
        values = {"lease_by": owner, "lease_until": stamp(now + lease)}
        with self._store.connection(write=True) as connection:
            while (row := self._next(connection, party, now, without)) is not None:
                mine = and_(_OUTBOX.c.number == row["number"], _OUTBOX.c.status == "pending", is_free(now))
                if connection.execute(update(_OUTBOX).where(mine).values(values)).rowcount:
                    return {**row, **values}
        return None

    def _next(self, connection: Connection, party: str, now: datetime, without: tuple[str, ...]) -> Values | None:
        statement = (
            select(_OUTBOX)
            .where(
                _OUTBOX.c.party == party, text("outbox.status = 'pending'"), is_due(now), is_free(now),
                ~_waits("instance_id"), ~_waits("metering_point"),
            )
            .order_by(_OUTBOX.c.number)
            .limit(1)
        )  # fmt: skip
        if without:
            statement = statement.where(_OUTBOX.c.message_id.not_in(without))
        row = connection.execute(statement).mappings().first()
        return None if row is None else dict(row)

    def sent(self, message_id: str, now: datetime, evidence: Evidence | None = None) -> bool:
        """A message has arrived at the hub."""
        with self._store.connection(write=True) as connection:
            values = {"status": "sent", "sent_at": stamp(now), "error": None}
            return self._settled(connection, message_id, values, now, evidence) is not None

    def later(self, message_id: str, error: str, next_at: datetime, now: datetime, *, doubt: bool = False) -> bool:
        """A message could not be sent, and will be tried again; ``doubt`` where the fault seems to be its own."""
        with self._store.connection(write=True) as connection:
            values: Values = {"attempts": _OUTBOX.c.attempts + 1, "next_at": stamp(next_at), "error": error}
            if doubt:
                values["doubts"] = func.coalesce(_OUTBOX.c.doubts, 0) + 1
            return self._settled(connection, message_id, values, now, None) is not None

    def ended(self, message_id: str, status: str, error: str, now: datetime, evidence: Evidence | None = None) -> bool:
        """A message will not be sent without a decision (``held``), or not at all (``failed``); an event says so."""
        with self._store.connection(write=True) as connection:
            values = {"status": status, "attempts": _OUTBOX.c.attempts + 1, "next_at": None, "error": error}
            row = self._settled(connection, message_id, values, now, evidence)
            if row is None:
                return False
            event = _event(connection, row, now)
            with self._store.join(connection), self._store.unit() as unit:
                unit.add("events", event)  # with its deliveries
            return True

    def decide(self, message_id: str, status: str, error: str | None) -> bool:
        """What a person has decided of a message that is held or has failed: ``pending`` again, or ``failed``."""
        values: Values = {"status": status, "next_at": None}
        if status == "pending":
            values |= {"attempts": 0, "doubts": 0}
        if error is not None:
            values["error"] = error
        which = and_(_OUTBOX.c.message_id == message_id, _OUTBOX.c.status.in_(("held", "failed", "pending")))
        with self._store.connection(write=True) as connection:
            return bool(connection.execute(update(_OUTBOX).where(which).values(values)).rowcount)

    def entry(self, message_id: str) -> Values | None:
        """One message with everything that is known of it."""
        with self._store.connection() as connection:
            row = connection.execute(select(_OUTBOX).where(_OUTBOX.c.message_id == message_id)).mappings().first()
            return None if row is None else dict(row)

    def evidence(self, message_id: str) -> list[Values]:
        """What the hub has signed about a message, the earliest first."""
        table = schema.EVIDENCE
        statement = select(table).where(table.c.message_id == message_id).order_by(table.c.at, table.c.sha256)
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _settled(
        self,
        connection: Connection,
        message_id: str,
        values: Values,
        now: datetime,
        evidence: Evidence | None,
    ) -> Values | None:
        """Write the result of a message that is not sent yet; returns its row."""
        which = and_(_OUTBOX.c.message_id == message_id, _OUTBOX.c.status != "sent")
        freed = {**values, "lease_by": None, "lease_until": None}
        if not connection.execute(update(_OUTBOX).where(which).values(freed)).rowcount:
            return None
        row = dict(connection.execute(select(_OUTBOX).where(_OUTBOX.c.message_id == message_id)).mappings().one())
        if evidence is not None:
            _keep(connection, row, evidence, now)
        return row


def _waits(column: str) -> ColumnElement[bool]:
    """Whether an earlier message of the same process, or about the same metering point, is not sent yet.

    Asked of each alone and with the statuses written out: so a partial index answers, however many were sent before.
    """
    before = _OUTBOX.alias("before")
    return (
        select(before.c.number)
        .where(
            before.c[column] == _OUTBOX.c[column],
            before.c.party == _OUTBOX.c.party,
            before.c.number < _OUTBOX.c.number,
            text("before.status IN ('pending', 'held')"),
        )
        .correlate(_OUTBOX)
        .exists()
    )


def is_due(now: datetime) -> ColumnElement[bool]:
    moment = _OUTBOX.c.next_at
    return or_(moment.is_(None), moment <= stamp(now), moment > stamp(now + 2 * LONGEST_WAIT))


def is_free(now: datetime) -> ColumnElement[bool]:
    # twice: whoever has waited for the writer's place has an earlier moment than whoever was before it
    moment = _OUTBOX.c.lease_until
    return or_(moment.is_(None), moment <= stamp(now), moment > stamp(now + 2 * LEASE))


def _keep(connection: Connection, row: Values, evidence: Evidence, now: datetime) -> None:
    table = schema.EVIDENCE
    data = evidence.data
    digest = hashlib.sha256(data).hexdigest()
    known = select(table.c.sha256).where(table.c.message_id == row["message_id"], table.c.sha256 == digest)
    if connection.execute(known).first() is None:
        values = {
            "message_id": row["message_id"], "sha256": digest, "at": stamp(now), "decided": row["status"],
            "signer": evidence.signer, "certificate": evidence.certificate, "data": data,
        }  # fmt: skip
        connection.execute(insert(table).values(values))


def _event(connection: Connection, row: Values, now: datetime) -> Values:
    """An event of the process that the message belongs to."""
    events, instances = schema.EVENTS, schema.INSTANCES
    version = connection.execute(select(instances.c.version).where(instances.c.id == row["instance_id"])).scalar_one()
    own = and_(
        events.c.instance_id == row["instance_id"], events.c.version == version, events.c.position >= _FIRST_POSITION
    )
    earlier = connection.execute(select(func.count()).select_from(events).where(own)).scalar_one()
    data = {name: row[name] for name in ("message_id", "name", "status", "attempts", "error")}
    return {
        "instance_id": row["instance_id"],
        "version": version,
        "position": _FIRST_POSITION + earlier,
        "name": "MessageNotSent",
        "party": row["party"],
        "at": stamp(now),
        "data": encode(data),
    }
