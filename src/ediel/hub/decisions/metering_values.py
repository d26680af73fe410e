"""Metering values at the hub: who gets them, and what is kept of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select

from ediel import brs
from ediel.calendar import market_day, midnight
from ediel.codes import Direction, DocumentType, Resolution, Role
from ediel.hub import _tables as tables
from ediel.hub._view import View, supplier_role
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.decisions._gaps import after_a_gap
from ediel.hub.seed import HubPoint
from ediel.messages import (
    CollectedData,
    CollectedSeries,
    MeasurementCharacteristics,
    Message,
    Observation,
    Observations,
    ProfiledNotified,
    ValidatedSeries,
)
from ediel.processes import Instance
from ediel.processes.annual_volume import Failure
from ediel.processes.metering_values import ValuesNotice
from ediel.store import Store, Unit, stamp

NAMES: Final = UUID("6b0b3c5e-1f6a-5c55-8d0e-7a0f0c8f7d11")
STEPS: Final = {
    Resolution.PT15M: timedelta(minutes=15),
    Resolution.PT1H: timedelta(hours=1),
    Resolution.PT60M: timedelta(hours=1),
    Resolution.PT5M: timedelta(minutes=5),
}
MOST: Final = 9999
"""Series in one message (XSD)."""


# --- who gets them


def advice(message: Message, _instance: Instance, outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """Who gets the values that the hub has accepted."""
    if not outcome.accepted or not isinstance(message, CollectedData):
        return {}
    process, stale = message.process.business_process, tuple[str, ...]()
    if process in _REPLACING:
        stale = _stale(message, outcome.failed, sources.store)
    elif process in _IN_ORDER and sources.inferred:
        stale = after_a_gap(message, outcome.failed, sources.store)
    if not stale:
        return {"notices": notices(sources.view, message, outcome.failed)}
    failed = outcome.failed | frozenset(stale)
    return {
        "failures": (*outcome.failures, *(Failure(name, ()) for name in stale)),
        "failed": tuple(sorted(failed)),
        "notices": notices(sources.view, message, failed),
    }


_REPLACING: Final = frozenset({brs.WITHDRAWAL.code})
_IN_ORDER: Final = frozenset({brs.INTERVAL_VALUES.code})


def _stale(message: CollectedData, without: frozenset[str], store: Store) -> tuple[str, ...]:
    """Series that take back or replace what is as new as they are: a registration time must be newer than that.

    Elhub's text on BRS-NO-332 demands it; the code could not be read.
    """
    result: list[str] = []
    for series in message.payloads:
        period = series.period
        if series.identification in without or period is None or period.start is None or period.end is None:
            continue
        held = (item for _, item in kept(store, str(series.metering_point), period.start, period.end))
        if any(item.profiled_observation and item.registration_time >= series.registration_time for item in held):
            result.append(series.identification)
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Span:
    """Days, half open, on which somebody may have the values."""

    gln: str
    role: Role
    first: date
    last: date


def _rights(view: View, point: HubPoint, day: date) -> Iterator[tuple[str, Role]]:
    """Everybody who may have the values of a day: the supplier, the grid company, and who was given access."""
    for contract in point.contracts:
        if contract.holds_on(day):
            yield contract.supplier, supplier_role(contract)
    grid = view.party(point.grid_access_provider)
    yield point.grid_access_provider, Role.DDM
    if grid is not None and grid.roles is not None and Role.MDR in grid.roles:
        yield point.grid_access_provider, Role.MDR
    for access in point.accesses:
        if access.holds_on(day):
            yield access.third_party, Role.AG


def _spans(view: View, point: HubPoint, days: Sequence[date]) -> Iterator[_Span]:
    """Rights over consecutive days, put together."""
    open_: dict[tuple[str, Role], date] = {}
    for day in days:
        now = set(_rights(view, point, day))
        for key in sorted(set(open_) - now, key=str):
            yield _Span(*key, open_.pop(key), day)
        for key in sorted(now - set(open_), key=str):
            open_[key] = day
    for key, first in sorted(open_.items(), key=str):
        yield _Span(*key, first, days[-1] + timedelta(days=1))


def notices(view: View, message: CollectedData, left_out: frozenset[str]) -> tuple[ValuesNotice, ...]:
    """Messages to send on."""
    result: dict[tuple[str, Role, DocumentType], list[ValidatedSeries]] = defaultdict(list)
    for series in message.payloads:
        point = None if series.identification in left_out else view.metering_point(series.metering_point)
        if point is None or series.period is None or series.period.start is None or series.period.end is None:
            continue
        whole = validated(series, view.now)
        for span in _spans(view, point, _days(series.period.start, series.period.end)):
            cut = _cut(whole, span)
            if cut is not None:
                result[span.gln, span.role, _document(series)].append(cut)
    return tuple(
        ValuesNotice(gln, role.value, document, tuple(part))
        for (gln, role, document), series_of in sorted(result.items(), key=lambda item: str(item[0]))
        for part in chunks(series_of)
    )


def chunks(items: list[ValidatedSeries]) -> Iterator[list[ValidatedSeries]]:
    """Series in lists that a message can hold."""
    for first in range(0, len(items), MOST):
        yield items[first : first + MOST]


def _days(start: datetime, end: datetime) -> list[date]:
    first, last = market_day(start), market_day(end - timedelta(seconds=1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _document(series: CollectedSeries) -> DocumentType:
    profiled = series.profiled_observation
    if profiled is None:
        return DocumentType.VALIDATED_TIME_SERIES
    return DocumentType.CANCELLED_DATA if profiled.withdrawn else DocumentType.VALIDATED_PERIOD_DATA


def validated(series: CollectedSeries, now: datetime, request: str | None = None) -> ValidatedSeries:
    """A series as the hub sends it on."""
    profiled = series.profiled_observation
    return ValidatedSeries.model_validate(
        {
            "identification": series.identification,
            "registration_time": series.registration_time,
            "insert_time": now,
            "request_reference": request,
            "period": series.period,
            "product": series.product,
            "characteristics": MeasurementCharacteristics(direction=series.direction or Direction.OUT),
            "metering_point": series.metering_point,
            "observations": series.observations,
            "profiled_observation": None
            if profiled is None
            else ProfiledNotified(
                metered=profiled.metered, stipulated=profiled.stipulated, withdrawn=profiled.withdrawn
            ),
        }
    )


def _cut(series: ValidatedSeries, span: _Span) -> ValidatedSeries | None:
    """The part of a series that lies in a span; the series itself where that is the whole of it."""
    start, end = series.period.start, series.period.end
    assert start is not None
    assert end is not None
    first, last = midnight(span.first), midnight(span.last)
    if first <= start and end <= last:
        return series
    if series.observations is None:
        return None  # one number for all its days: for nobody who may know of some of them only
    step = STEPS[series.period.resolution] if series.period.resolution else timedelta(hours=1)
    places = [place for place in range(len(series.observations)) if first <= start + place * step < last]
    if not places:
        return None
    begins, ends = start + places[0] * step, start + (places[-1] + 1) * step
    return series.model_copy(
        update={
            "identification": str(uuid5(NAMES, f"{series.identification}/{begins.isoformat()}")),
            "period": series.period.model_copy(update={"start": begins, "end": ends}),
            "observations": numbered([series.observations[place] for place in places]),
        }
    )


def numbered(rows: Iterable[Observation]) -> Observations:
    """Observations with positions from 1."""
    return Observations.of(
        Observation(
            sequence=number,
            value=row.value,
            kind=row.kind,
            quality=row.quality,
            validation_code=row.validation_code,
            estimation_code=row.estimation_code,
            imbalance_settlement=row.imbalance_settlement,
        )
        for number, row in enumerate(rows, 1)
    )


# --- what is kept


def keep(unit: Unit, message: CollectedData, left_out: frozenset[str], now: datetime) -> None:
    """Keep the series of a message, in the transaction of the step that takes it."""
    for series in message.payloads:
        period = series.period
        if series.identification in left_out or period is None or period.start is None or period.end is None:
            continue
        unit.keep(
            tables.VALUES,
            {
                "series": series.identification,
                "message_id": message.header.identification,
                "metering_point": str(series.metering_point),
                "start": stamp(period.start),
                "end": stamp(period.end),
                "inserted_at": stamp(now),
                "data": series.model_dump_json(exclude_none=True),
            },
        )


def kept(store: Store, metering_point: str, start: datetime, end: datetime) -> list[tuple[datetime, CollectedSeries]]:
    """What was kept of a point in a period, in the order in which it came, with the moment."""
    table = tables.VALUES
    statement = (
        select(table.c.inserted_at, table.c.data)
        .where(table.c.metering_point == metering_point, table.c.start < stamp(end), table.c.end > stamp(start))
        .order_by(table.c.inserted_at, table.c.series)
    )
    with store.connection() as connection:
        rows = connection.execute(statement).all()
    return [
        (datetime.fromisoformat(inserted), CollectedSeries.model_validate_json(data)) for inserted, data in rows
    ]  # fmt: skip
