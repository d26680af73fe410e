"""Messages of a process that have never arrived at the hub, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, exists, select, update

from ediel.store import _schema as schema
from ediel.store._unit import stamp

__all__ = ["never_arrived", "take_back", "undelivered"]

_OUTBOX = schema.OUTBOX


def never_arrived(connection: Connection, process_id: str, now: datetime) -> bool:
    """Whether the hub has certainly got no message of a process: each was never tried, or refused by its signed word.

    One that was tried without a word, or is being sent, may have arrived. The rows are locked until the transaction
    ends. A process that has sent nothing has nothing that could have failed to arrive.
    """
    evidence = schema.EVIDENCE
    refused = exists().where(evidence.c.message_id == _OUTBOX.c.message_id, evidence.c.decided == "failed")
    columns = (_OUTBOX.c.status, _OUTBOX.c.attempts, _OUTBOX.c.lease_until, _OUTBOX.c.error, refused.label("refused"))
    statement = select(*columns).where(_OUTBOX.c.instance_id == process_id).with_for_update(of=_OUTBOX)
    rows = connection.execute(statement).all()
    return bool(rows) and all(
        row.refused
        if row.status == "failed"
        else row.status in {"pending", "held"}
        and row.attempts == 0
        and row.error is None
        and (row.lease_until is None or row.lease_until <= stamp(now))
        for row in rows
    )


def take_back(connection: Connection, process_id: str, now: datetime, because: str) -> int:
    """Send no message of a process that waits to be sent and is not being sent; returns how many there were."""
    free = _OUTBOX.c.lease_until.is_(None) | (_OUTBOX.c.lease_until <= stamp(now))
    waiting = and_(_OUTBOX.c.instance_id == process_id, _OUTBOX.c.status.in_(("pending", "held")), free)
    values = {"status": "failed", "error": because, "next_at": None}
    return connection.execute(update(_OUTBOX).where(waiting).values(values)).rowcount


def undelivered(connection: Connection, process_id: str) -> Iterable[str]:
    """Messages of a process that are held or have failed, in their order."""
    stopped = and_(_OUTBOX.c.instance_id == process_id, _OUTBOX.c.status.in_(("held", "failed")))
    return connection.execute(select(_OUTBOX.c.message_id).where(stopped).order_by(_OUTBOX.c.number)).scalars().all()
