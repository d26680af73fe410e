"""Days that are missing before a series: BRS-NO-313 refuses what comes while the preceding day was not sent.

The text says so without a code, and not what counts as the first day of a channel: of one from which nothing earlier
has come, nothing is asked. Whoever corrects a day that the hub has needs no day before it, and a day that comes late
fills its own gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from ediel.calendar import market_day, midnight
from ediel.hub import _tables as tables
from ediel.messages import CollectedData, CollectedSeries
from ediel.store import Store, stamp

_DAY = timedelta(days=1)
_Channel = tuple[str, str | None, str | None]
"""Metering point, product and direction, as they are written."""


def after_a_gap(message: CollectedData, without: frozenset[str], store: Store) -> tuple[str, ...]:
    """Identifications of the series whose preceding day was not sent, though earlier days were.

    Args:
        message: the series that came.
        without: those that are refused anyway; their days count as not sent.
        store: the database with what was taken before.
    """
    sent: dict[_Channel, set[date]] = {}
    for series in message.payloads:
        if series.identification not in without and (days := _days(series)):
            sent.setdefault(_channel(series), set()).update(days)
    result: list[str] = []
    with store.connection() as connection:
        for series in message.payloads:
            days = _days(series)
            if series.identification in without or not days:
                continue
            own, before = _channel(series), days[0] - _DAY
            if before in sent[own] or _has(connection, own, before) or _has(connection, own, days[0]):
                continue
            if any(day < before for day in sent[own]) or _has_earlier(connection, own, before):
                result.append(series.identification)
    return tuple(result)


def _channel(series: CollectedSeries) -> _Channel:
    product = None if series.product is None else series.product.product.value
    return str(series.metering_point), product, None if series.direction is None else series.direction.value


def _days(series: CollectedSeries) -> list[date]:
    period = series.period
    if series.observations is None or period is None or period.start is None or period.end is None:
        return []
    first, last = market_day(period.start), market_day(period.end - timedelta(microseconds=1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _has(connection: Connection, channel: _Channel, day: date) -> bool:
    return any(_of(connection, channel, midnight(day), midnight(day + _DAY)))


def _has_earlier(connection: Connection, channel: _Channel, day: date) -> bool:
    return any(_of(connection, channel, None, midnight(day)))


def _of(connection: Connection, channel: _Channel, start: datetime | None, end: datetime) -> Iterator[bool]:
    """Whether each series of a point in a period is of a channel, the latest first."""
    table = tables.VALUES
    which = [table.c.metering_point == channel[0], table.c.start < stamp(end)]
    if start is not None:
        which.append(table.c.end > stamp(start))
    for data in connection.execute(select(table.c.data).where(*which).order_by(table.c.start.desc())).scalars():
        held = json.loads(data)
        if held.get("observations") is not None:
            yield ((held.get("product") or {}).get("product"), held.get("direction")) == channel[1:]
