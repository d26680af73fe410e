"""Which processes are over: nothing of theirs is awaited, due, unsent, unheard or in force. Only those are purged."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, true

from ediel.store import _schema as schema

__all__ = ["REASONS", "over", "why_not"]

_I: Final = schema.INSTANCES

REASONS: Final = {
    "open": "something is awaited, or to be done",
    "in force": "a contract or an access of its party is in force at the metering point",
    "due": "a deadline is set",
    "unsent": "a message waits to be sent, or for a decision",
    "unheard": "a subscription has not handled one of its events",
}
"""Why a process is kept, however old it is."""


def _holds(day: str) -> ColumnElement[bool]:
    """Whether a contract or an access at the point of a process holds on a day, or begins after it."""
    found: list[ColumnElement[bool]] = []
    for table, only in (
        (schema.CONTRACTS, schema.CONTRACTS.c.status == "in force"),
        (schema.ACCESSES, true()),
    ):
        same = and_(table.c.party == _I.c.party, table.c.metering_point == _I.c.metering_point)
        found.append(exists().where(same, only, or_(table.c.end.is_(None), table.c.end > day)))
    return or_(*found)


def _reasons(day: str) -> tuple[tuple[ColumnElement[bool], str], ...]:
    timers, outbox, deliveries = schema.TIMERS, schema.OUTBOX, schema.DELIVERIES
    return (
        (_I.c.status == "open", "open"),
        (and_(_I.c.status == "resting", _holds(day)), "in force"),
        (exists().where(timers.c.instance_id == _I.c.id, timers.c.status == "set"), "due"),
        (exists().where(outbox.c.instance_id == _I.c.id, outbox.c.status.in_(("pending", "held"))), "unsent"),
        (_I.c.id.in_(select(deliveries.c.instance_id)), "unheard"),
    )


def over(day: str) -> ColumnElement[bool]:
    """Whether a process was over by a day (ISO); correlated with ``instances``."""
    return and_(*(~reason for reason, _ in _reasons(day)))


def why_not(day: str) -> ColumnElement[str]:
    """Why a process is kept, as a key of ``REASONS``; NULL of one that is over."""
    return case(*_reasons(day), else_=None)
