"""Series of metering values as rows of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict

from ediel.codes import Direction, Product
from ediel.messages import ValidatedSeries

__all__ = ["Row", "rows_of"]


class Row(TypedDict):
    """A row of ``shop_consumption``."""

    metering_point: str
    start: datetime
    minutes: int
    kwh: Decimal


def rows_of(series: ValidatedSeries) -> list[Row]:
    """The intervals of a series of consumption; none for production, reactive energy, and what has no intervals."""
    step = None if series.period.resolution is None else series.period.resolution.step
    consumption = series.characteristics.direction is Direction.OUT and series.product.product is Product.ACTIVE_ENERGY
    begin, point, observations = series.period.start, series.metering_point, series.observations
    if step is None or not consumption or begin is None or point is None or observations is None:
        return []
    first, minutes = begin.astimezone(UTC), int(step.total_seconds()) // 60
    return [
        Row(metering_point=point, start=first + step * (item.sequence - 1), minutes=minutes, kwh=item.value)
        for item in observations
    ]
