"""The latest values of a metering point: runs of intervals by channel, and period volumes that still hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid5

from ediel.codes import QueryType
from ediel.hub.decisions.metering_values import NAMES, STEPS, chunks, numbered, validated
from ediel.messages import CollectedSeries, Observation, TimeSeriesPeriod, ValidatedSeries

PART: Final = timedelta(days=31)
"""A query for more days than this is answered in parts (BRS-NO-315)."""


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
    found = in_order(found)
    if kind in {QueryType.MVTS, QueryType.MVVT}:
        series += latest_intervals(found, start, end, request)
    if kind in {QueryType.MVRV, QueryType.MVVT}:
        series += _latest_periods(found, start, end, request)
    windows: dict[int, list[ValidatedSeries]] = defaultdict(list)
    for item in series:
        assert item.period.start is not None
        windows[(item.period.start - start) // PART].append(item)
    return [tuple(part) for _, items in sorted(windows.items()) for part in chunks(items)]


def in_order(found: Iterable[tuple[datetime, CollectedSeries]]) -> list[tuple[datetime, CollectedSeries]]:
    """What was kept, the newest last: by registration time, then as it came; see ``ediel.series.latest``."""
    return sorted(found, key=lambda item: (item[1].registration_time, item[0]))


def latest_intervals(
    found: list[tuple[datetime, CollectedSeries]], start: datetime, end: datetime, request: str | None
) -> Iterator[ValidatedSeries]:
    """Runs of the latest values, by channel; cut where a part of the answer ends."""
    slots: dict[tuple[str, str, timedelta], dict[datetime, tuple[Observation, CollectedSeries, datetime]]] = (
        defaultdict(dict)
    )
    for inserted, series in in_order(found):
        if series.observations is None or series.period is None or series.period.start is None:
            continue
        step = STEPS[series.period.resolution] if series.period.resolution else timedelta(hours=1)
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
            yield validated(latest[1], latest[2], request).model_copy(
                update={
                    "identification": str(uuid5(NAMES, f"{request}/{latest[1].identification}/{run[0].isoformat()}")),
                    "registration_time": max(row[1].registration_time for row in rows),
                    "period": TimeSeriesPeriod(
                        resolution=latest[1].period.resolution if latest[1].period else None,
                        start=run[0],
                        end=run[-1] + step,
                    ),
                    "observations": numbered(row[0] for row in rows),
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
        yield validated(series, inserted, request).model_copy(
            update={"identification": str(uuid5(NAMES, f"{request}/{series.identification}"))}
        )


def _overlap(one: CollectedSeries, other: CollectedSeries) -> bool:
    a, b = one.period, other.period
    if a is None or b is None or a.start is None or a.end is None or b.start is None or b.end is None:
        return False
    return a.start < b.end and b.start < a.end
