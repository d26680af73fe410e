"""Values held against each other: versions, and what is missing of a day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import OSLO, market_day, midnight
from ediel.series._columns import NOTHING, STEPS, micros

__all__ = ["completeness", "latest"]

_KEY: Final = ("metering_point", "product", "direction")
_COMPLETENESS: Final = pa.schema(
    [(name, pa.string()) for name in _KEY]
    + [("day", pa.date32())]
    + [
        (name, pa.int32())
        for name in (
            "expected", "found", "missing", "replaced", "late", "metered", "estimated", "temporary", "calculated",
        )
    ]
)  # fmt: skip


def _ranks(table: pa.Table, name: str) -> Any:
    """Numbers that are equal where the words are."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("i8")


def _moments(table: pa.Table, name: str) -> Any:
    return table[name].cast(pa.int64()).fill_null(NOTHING).to_numpy()


def number_of(table: pa.Table, names: tuple[str, ...]) -> Any:
    """A number for each combination of words, on each row of a table without chunks."""
    key = np.zeros(table.num_rows, "i8")
    for name in names:
        ranks = _ranks(table, name) + 1
        key = key * (int(ranks.max(initial=0)) + 1) + ranks
    return key


def _order(table: pa.Table) -> tuple[Any, Any]:
    """Rows by channel, interval and version, the newest last; and where an interval begins that is another one."""
    channel, start, end = number_of(table, _KEY), _moments(table, "start"), _moments(table, "end")
    heads = np.flatnonzero(np.append(True, channel[1:] != channel[:-1])) if len(channel) else np.zeros(0, "i8")
    rising = start[1:] > start[:-1]
    rising[heads[1:] - 1] = True
    if rising.all() and len(np.unique(channel[heads])) == len(heads):
        return np.arange(len(channel)), np.ones(len(channel), "?")  # as messages have them, and none comes twice
    order = np.lexsort([_moments(table, "insert_time"), _moments(table, "registration_time"), end, start, channel])
    other = np.zeros(len(order), "?")
    for column in (end, start, channel):
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
        The same columns; rows of a channel stand together, in the order of time.
    """
    whole = table.unify_dictionaries().combine_chunks()
    rows = newest(whole)
    if len(rows) == whole.num_rows and (np.diff(rows) == 1).all():
        return whole
    return whole.take(pa.array(rows))


def newest(table: pa.Table) -> Any:
    """The rows that ``latest`` keeps, of a table without chunks."""
    if not table.num_rows:
        return np.zeros(0, "i8")
    order, other = _order(table)
    return order[np.append(other[1:], True)]


def completeness(table: pa.Table, *, deadline: time = time(7)) -> pa.Table:
    """Of every metering point, channel and Norwegian day: what is there, what is missing, and what was sent again.

    Only interval values are looked at. A day counts from its first to its last value of any channel of the point.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        deadline: Norwegian time on the next day after which a value is late. The first values of a day are to be in
            Elhub by 07:00 (VEE 2.0); third parties have them from 09:00 on.

    Returns:
        A table with ``metering_point``, ``product``, ``direction``, ``day``, ``expected`` (23, 24, 25, or four times
        that), ``found``, ``missing``, ``replaced`` (values that a newer version has taken the place of), ``late``
        (values of which the first version was inserted, or else registered, after the deadline), and ``metered``,
        ``estimated``, ``temporary``, ``calculated``; in the order of point, channel and day.
    """
    rows = table.filter(pc.is_in(table["resolution"].cast(pa.string()), pa.array(list(STEPS))))
    rows = rows.unify_dictionaries().combine_chunks()
    if not rows.num_rows:
        return _COMPLETENESS.empty_table()
    order, other = _order(rows)
    channel, start = number_of(rows, _KEY)[order], _moments(rows, "start")[order]
    days, edges, limits = _days(start, deadline)
    day = np.searchsorted(edges, start, "right") - 1
    groups = np.flatnonzero(np.append(True, (channel[1:] != channel[:-1]) | (day[1:] != day[:-1])))
    last, first = np.append(other[1:], True), other
    arrived = _moments(rows, "insert_time")[order]
    arrived = np.where(arrived == NOTHING, _moments(rows, "registration_time")[order], arrived)
    resolutions = rows["resolution"].combine_chunks()
    steps = np.array([STEPS.get(str(name), 0) for name in resolutions.dictionary.to_pylist()], "i8")
    step = np.minimum.reduceat(steps[resolutions.indices.to_numpy()][order], groups)
    kinds = _ranks(rows, "kind")[order]
    names = rows["kind"].combine_chunks().dictionary.to_pylist()

    def count(marks: Any) -> Any:
        return np.add.reduceat(marks.astype("i4"), groups)

    found = count(last)
    of = day[groups]
    expected = (edges[of + 1] - edges[of]) // step
    heads = rows.select(_KEY).take(pa.array(order[groups]))
    columns: dict[str, Any] = {name: heads[name].cast(pa.string()) for name in _KEY}
    columns["day"] = pa.array(days[of], pa.date32())
    columns |= {"expected": expected, "found": found, "missing": np.maximum(0, expected - found)}
    columns["replaced"] = count(np.ones(len(order), "?")) - found
    columns["late"] = count(first & (arrived > limits[day]))
    for kind in ("Metered", "Estimated", "Temporary", "Calculated"):
        place = names.index(kind) if kind in names else -2
        columns[kind.lower()] = count(last & (kinds == place))
    arrays = [columns[field.name] for field in _COMPLETENESS]
    cast = [
        item.cast(field.type) if isinstance(item, pa.Array | pa.ChunkedArray) else pa.array(item, field.type)
        for item, field in zip(arrays, _COMPLETENESS, strict=True)
    ]
    return pa.table(cast, schema=_COMPLETENESS).sort_by([(name, "ascending") for name in (*_KEY, "day")])


def _days(start: Any, deadline: time) -> tuple[Any, Any, Any]:
    """The Norwegian days of some moments; where each begins, and the next; and when the values of each are late."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, last = (market_day(epoch + timedelta(microseconds=int(edge))) for edge in (start.min(), start.max()))
    count = (last - first).days + 1
    days = [first + timedelta(days=number) for number in range(count + 1)]
    edges = np.array([micros(midnight(day)) for day in days], "i8")
    limits = np.array([micros(datetime.combine(day, deadline, OSLO)) for day in days[1:]], "i8")
    return np.array(days[:-1], "M8[D]"), edges, limits
