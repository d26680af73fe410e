"""Annual volumes as the hub computes them (EI-270), from a table of values.

| case | rule | standing |
|---|---|---|
| a year of values, no manual update within it | the sum of the latest 365 days | published |
| fewer than 365 days of values | the printed formula cannot be read | unknown: no volume, unless scaling is asked for |
| a manual update within the last year | the days since that update count, so it is the case of fewer days | published |
| production | the text is cut | unknown; the same sum on the production channel is assumed |

Scaling by 365 through the number of days is what the words suggest ("computed from the days that exist"): it is
assumed, and only done when asked for. Temporary and missing values are counted, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import midnight
from ediel.series._columns import STEPS, micros
from ediel.series.judging import latest

__all__ = ["annual_volume"]

_YEAR: Final = 365


def annual_volume(
    table: pa.Table,
    on: date,
    *,
    direction: Literal["Out", "In"] = "Out",
    updated: Mapping[str, date] | None = None,
    scale: bool = False,
) -> pa.Table:
    """The annual volume of every metering point in a table.

    Args:
        table: values by ``ediel.series.SCHEMA``; of several versions the newest counts.
        on: the day of the computation; the days before it count.
        direction: ``Out`` for consumption, ``In`` for production (assumed to be alike).
        updated: day of the last manual update of a point, where there is one.
        scale: give fewer days than 365 scaled to a year (assumed).

    Returns:
        A table with ``metering_point``, ``days`` (whole days of values that count), ``missing`` (days that are not
        whole), ``temporary`` (temporary values among those that count), ``kwh`` (whole, half up; null where it is
        unknown) and ``standing`` (``published``, ``assumed``, or null).
    """
    first = on - timedelta(days=_YEAR)
    active = pc.and_(pc.equal(table["product"], "8716867000030"), pc.equal(table["direction"], direction))
    inside = pc.and_(
        pc.greater_equal(table["start"], pa.scalar(midnight(first), table["start"].type)),
        pc.less(table["start"], pa.scalar(midnight(on), table["start"].type)),
    )
    rows = latest(table.filter(pc.and_(active, inside)))
    points = rows["metering_point"].combine_chunks()
    names, place = points.dictionary.to_pylist(), points.indices.to_numpy(zero_copy_only=False)
    days, total, whole, temporary = _by_day(rows, place, len(names), first)
    found: list[dict[str, Any]] = []
    present = set(place.tolist())
    for number in sorted(present, key=lambda number: str(names[number])):
        begins = (updated or {}).get(str(names[number]))
        skipped = 0 if begins is None or begins <= first else min((begins - first).days, _YEAR)
        counted = whole[number, skipped:]
        count, kwh = int(counted.sum()), int(total[number, skipped:][counted].sum())
        standing = (
            "published"
            if count == _YEAR and direction == "Out"
            else "assumed"
            if count and (scale or count == _YEAR)
            else None
        )
        value = None if standing is None else (kwh * _YEAR * 2 // count + 1000) // 2000
        found.append(
            {
                "metering_point": names[number],
                "days": count,
                "missing": int((~whole[number, skipped:]).sum()),
                "temporary": int(temporary[number, skipped:][counted].sum()),
                "kwh": value,
                "standing": standing,
            }
        )
    del days
    return pa.Table.from_pylist(
        found,
        pa.schema(
            [
                ("metering_point", pa.string()),
                ("days", pa.int32()),
                ("missing", pa.int32()),
                ("temporary", pa.int64()),
                ("kwh", pa.int64()),
                ("standing", pa.string()),
            ]
        ),
    )


def _by_day(rows: pa.Table, place: Any, points: int, first: date) -> tuple[Any, Any, Any, Any]:
    """Of every point and day: sums, whether every interval is there, and how many values are temporary."""
    edges = np.array([micros(midnight(first + timedelta(days=number))) for number in range(_YEAR + 1)], "i8")
    start = rows["start"].cast(pa.int64()).to_numpy()
    day = np.searchsorted(edges, start, "right") - 1
    flat = place.astype("i8") * _YEAR + day
    size = points * _YEAR
    thousandths = rows["thousandths"].to_numpy()
    total = np.zeros(size, "i8")
    np.add.at(total, flat, thousandths)
    resolutions = rows["resolution"].combine_chunks()
    steps = np.array([STEPS.get(str(name), 0) for name in resolutions.dictionary.to_pylist()] or [0], "i8")
    covered = np.zeros(size, "i8")
    np.add.at(covered, flat, steps[resolutions.indices.to_numpy(zero_copy_only=False)])
    kinds = rows["kind"].combine_chunks()
    marks = np.array([name == "Temporary" for name in kinds.dictionary.to_pylist()] or [False])
    temporary = np.zeros(size, "i8")
    np.add.at(temporary, flat, marks[kinds.indices.to_numpy(zero_copy_only=False)].astype("i8"))
    shape = (points, _YEAR)
    whole = covered.reshape(shape) == np.diff(edges)[None, :]
    return edges, total.reshape(shape), whole, temporary.reshape(shape)
