"""Values held against each other: versions, and what is missing of a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import market_day, midnight
from ediel.series._columns import STEPS, micros

__all__ = ["completeness", "latest"]

_KEY: Final = ("metering_point", "product", "direction")


def _ranks(table: pa.Table, name: str) -> Any:
    """Numbers that are equal where the words are."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("i8")


def _moments(table: pa.Table, name: str) -> Any:
    return table[name].cast(pa.int64()).fill_null(np.iinfo("i8").min).to_numpy()


def _order(table: pa.Table) -> tuple[Any, Any]:
    """Rows by channel, interval and version, the newest last; and where an interval begins that is another one."""
    columns = [
        _moments(table, "insert_time"),
        _moments(table, "registration_time"),
        _moments(table, "end"),
        _moments(table, "start"),
    ]
    columns += [_ranks(table, name) for name in reversed(_KEY)]
    order = np.lexsort(columns)
    other = np.zeros(len(order), "?")
    for column in columns[2:]:
        ordered = column[order]
        other[1:] |= ordered[1:] != ordered[:-1]
    if len(other):
        other[0] = True
    return order, other


def latest(table: pa.Table) -> pa.Table:
    """The newest version of every interval: the one that was registered last, and of those the one inserted last.

    Args:
        table: values by ``ediel.series.SCHEMA``; dictionaries of several tables are put together.

    Returns:
        The same columns, in the order of metering point, channel and time.
    """
    whole = table.unify_dictionaries().combine_chunks()
    if not whole.num_rows:
        return whole
    order, other = _order(whole)
    last = np.append(other[1:], True)
    return whole.take(pa.array(order[last]))


def completeness(table: pa.Table) -> pa.Table:
    """Of every metering point, channel and Norwegian day: what is there, what is missing, and what was sent again.

    Only interval values are looked at. A day counts from its first to its last value of any channel of the point.

    Args:
        table: values by ``ediel.series.SCHEMA``.

    Returns:
        A table with ``metering_point``, ``product``, ``direction``, ``day``, ``expected`` (23, 24, 25, or four times
        that), ``found``, ``missing``, ``replaced`` (values that a newer version has taken the place of), and
        ``metered``, ``estimated``, ``temporary``, ``calculated``.
    """
    intervals = table.filter(pc.is_in(table["resolution"].cast(pa.string()), pa.array(list(STEPS))))
    whole = latest(intervals)
    every = _days(intervals.unify_dictionaries().combine_chunks())
    rows = _days(whole)
    counts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, kind, step in rows:
        row = counts.setdefault(
            key, {"found": 0, "step": step, "Metered": 0, "Estimated": 0, "Temporary": 0, "Calculated": 0}
        )
        row["found"] += 1
        row["step"] = min(row["step"], step)
        row[kind] += 1
    sent: dict[tuple[Any, ...], int] = {}
    for key, _, _ in every:
        sent[key] = sent.get(key, 0) + 1
    found = []
    for (point, product, direction, day), row in sorted(counts.items(), key=str):
        expected = (micros(midnight(day + timedelta(days=1))) - micros(midnight(day))) // row["step"]
        found.append(
            {
                "metering_point": point, "product": product, "direction": direction, "day": day, "expected": expected,
                "found": row["found"], "missing": max(0, expected - row["found"]),
                "replaced": sent[point, product, direction, day] - row["found"],
                "metered": row["Metered"], "estimated": row["Estimated"], "temporary": row["Temporary"],
                "calculated": row["Calculated"],
            }
        )  # fmt: skip
    numbers = ("expected", "found", "missing", "replaced", "metered", "estimated", "temporary", "calculated")
    return pa.Table.from_pylist(
        found,
        pa.schema(
            [
                ("metering_point", pa.string()),
                ("product", pa.string()),
                ("direction", pa.string()),
                ("day", pa.date32()),
            ]
            + [(name, pa.int32()) for name in numbers]
        ),
    )


def _days(table: pa.Table) -> list[tuple[tuple[Any, ...], str, int]]:
    """Channel and Norwegian day of every value, its kind, and the length of its interval."""
    if not table.num_rows:
        return []
    words = [table[name].cast(pa.string()).to_pylist() for name in _KEY]
    starts = table["start"].to_pylist()
    days: dict[Any, date] = {}
    for start in set(starts):
        days[start] = market_day(start)
    steps = [STEPS[str(name)] for name in table["resolution"].cast(pa.string()).to_pylist()]
    kinds = table["kind"].cast(pa.string()).to_pylist()
    return [
        ((point, product, direction, days[start]), kind, step)
        for point, product, direction, start, kind, step in zip(*words, starts, kinds, steps, strict=True)
    ]
