"""Metering values at the hub: who gets them, what is kept of them, and how a query is answered with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from ediel.calendar import market_day, midnight
from ediel.codes import Direction, DocumentType, Product, QueryType, Resolution, Role
from ediel.hub import _tables as tables
from ediel.hub._register import View, supplier_role
from ediel.hub.seed import HubPoint
from ediel.messages import (
    CollectedData,
    CollectedSeries,
    MeasurementCharacteristics,
    Observation,
    Observations,
    ProfiledNotified,
    TimeSeriesPeriod,
    ValidatedSeries,
)
from ediel.store import Store, Unit, stamp

_NAMES: Final = UUID("6b0b3c5e-1f6a-5c55-8d0e-7a0f0c8f7d11")
_STEPS: Final = {
    Resolution.PT15M: timedelta(minutes=15),
    Resolution.PT1H: timedelta(hours=1),
    Resolution.PT60M: timedelta(hours=1),
    Resolution.PT5M: timedelta(minutes=5),
}
MOST: Final = 9999
"""Series in one message (XSD)."""
PART: Final = timedelta(days=31)
"""A query for more days than this is answered in parts (BRS-NO-315)."""


# --- who gets them


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


def notices(view: View, message: CollectedData, left_out: frozenset[str]) -> list[dict[str, Any]]:
    """Messages to send on: recipient, role, document type and series of each."""
    found: dict[tuple[str, Role, DocumentType], list[ValidatedSeries]] = defaultdict(list)
    for series in message.payloads:
        point = None if series.identification in left_out else view.metering_point(series.metering_point)
        if point is None or series.period is None or series.period.start is None or series.period.end is None:
            continue
        whole = _validated(series, view.now)
        for span in _spans(view, point, _days(series.period.start, series.period.end)):
            cut = _cut(whole, span)
            if cut is not None:
                found[span.gln, span.role, _document(series)].append(cut)
    return [
        {"recipient": gln, "role": role.value, "document": document.value, "series": tuple(part)}
        for (gln, role, document), series_of in sorted(found.items(), key=lambda item: str(item[0]))
        for part in _chunks(series_of)
    ]


def _chunks(items: list[ValidatedSeries]) -> Iterator[list[ValidatedSeries]]:
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


def _validated(series: CollectedSeries, now: datetime, request: str | None = None) -> ValidatedSeries:
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
        return series if first < end <= last else None  # a volume of a period goes to whoever has the last day of it
    step = _STEPS[series.period.resolution] if series.period.resolution else timedelta(hours=1)
    places = [place for place in range(len(series.observations)) if first <= start + place * step < last]
    if not places:
        return None
    begins, ends = start + places[0] * step, start + (places[-1] + 1) * step
    return series.model_copy(
        update={
            "identification": str(uuid5(_NAMES, f"{series.identification}/{begins.isoformat()}")),
            "period": series.period.model_copy(update={"start": begins, "end": ends}),
            "observations": _numbered([series.observations[place] for place in places]),
        }
    )


def _numbered(rows: Iterable[Observation]) -> Observations:
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


def total(
    found: list[tuple[datetime, CollectedSeries]], direction: Direction, start: datetime, end: datetime
) -> int | None:
    """Whole kWh of active energy in a period, from the latest values; ``None`` where an interval is missing."""
    thousandths = 0
    covered = timedelta()
    for series in _latest_intervals(found, start, end, None):
        if series.characteristics.direction is direction and series.product.product is Product.ACTIVE_ENERGY:
            assert series.observations is not None
            assert series.period.start is not None
            assert series.period.end is not None
            thousandths += sum(series.observations.thousandths)
            covered += series.period.end - series.period.start
    if covered != end.astimezone(UTC) - start.astimezone(UTC):
        return None
    return (thousandths + 500) // 1000


# --- how a query is answered


def answer(
    found: list[tuple[datetime, CollectedSeries]], kind: QueryType, start: datetime, end: datetime, request: str
) -> list[tuple[ValidatedSeries, ...]]:
    """The latest values of a period, a tuple of series for each message; none when there are no values.

    Args:
        found: what was kept; see ``kept``.
        kind: time series, readings and volumes, or both.
        start: beginning of the period.
        end: end of it, not part of it.
        request: identification of the query.
    """
    series: list[ValidatedSeries] = []
    if kind in {QueryType.MVTS, QueryType.MVVT}:
        series += _latest_intervals(found, start, end, request)
    if kind in {QueryType.MVRV, QueryType.MVVT}:
        series += _latest_periods(found, start, end, request)
    windows: dict[int, list[ValidatedSeries]] = defaultdict(list)
    for item in series:
        assert item.period.start is not None
        windows[(item.period.start - start) // PART].append(item)
    return [tuple(part) for _, items in sorted(windows.items()) for part in _chunks(items)]


def _latest_intervals(
    found: list[tuple[datetime, CollectedSeries]], start: datetime, end: datetime, request: str | None
) -> Iterator[ValidatedSeries]:
    """Runs of the latest values, by channel; cut where a part of the answer ends."""
    slots: dict[Any, dict[datetime, tuple[Observation, CollectedSeries, datetime]]] = defaultdict(dict)
    for inserted, series in found:
        if series.observations is None or series.period is None or series.period.start is None:
            continue
        step = _STEPS[series.period.resolution] if series.period.resolution else timedelta(hours=1)
        product = None if series.product is None else series.product.product
        channel = slots[str(product), str(series.direction), step]
        for place, row in enumerate(series.observations):
            moment = series.period.start + place * step
            if start <= moment < end:
                channel[moment] = (row, series, inserted)
    for (_, _, step), channel in sorted(slots.items(), key=lambda item: str(item[0])):
        for run in _runs(sorted(channel), step, start):
            rows = [channel[moment] for moment in run]
            latest = max(rows, key=lambda row: row[2])
            yield _validated(latest[1], latest[2], request).model_copy(
                update={
                    "identification": str(uuid5(_NAMES, f"{request}/{latest[1].identification}/{run[0].isoformat()}")),
                    "registration_time": max(row[1].registration_time for row in rows),
                    "period": TimeSeriesPeriod(
                        resolution=latest[1].period.resolution if latest[1].period else None,
                        start=run[0],
                        end=run[-1] + step,
                    ),
                    "observations": _numbered(row[0] for row in rows),
                }
            )


def _runs(moments: list[datetime], step: timedelta, start: datetime) -> Iterator[list[datetime]]:
    """Moments that follow one another, not across the end of a part."""
    run: list[datetime] = []
    for moment in moments:
        if run and (moment != run[-1] + step or (moment - start) // PART != (run[0] - start) // PART):
            yield run
            run = []
        run.append(moment)
    if run:
        yield run


def _latest_periods(
    found: list[tuple[datetime, CollectedSeries]], start: datetime, end: datetime, request: str
) -> Iterator[ValidatedSeries]:
    """Period volumes that end in the period; what was withdrawn or sent again is left out."""
    held: list[tuple[datetime, CollectedSeries]] = []
    for inserted, series in found:
        period = series.period
        if series.profiled_observation is None or period is None or period.start is None or period.end is None:
            continue
        held = [item for item in held if not _overlap(item[1], series)]
        if not series.profiled_observation.withdrawn and start < period.end <= end:
            held.append((inserted, series))
    for inserted, series in sorted(held, key=lambda item: str(item[1].period and item[1].period.start)):
        yield _validated(series, inserted, request).model_copy(
            update={"identification": str(uuid5(_NAMES, f"{request}/{series.identification}"))}
        )


def _overlap(one: CollectedSeries, other: CollectedSeries) -> bool:
    a, b = one.period, other.period
    if a is None or b is None or a.start is None or a.end is None or b.start is None or b.end is None:
        return False
    return a.start < b.end and b.start < a.end
