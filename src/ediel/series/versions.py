"""Which of several values of an interval is the newest, and what has changed since a moment.

One order for everybody: the value that was registered last counts, of those that were registered at the same moment the
one that was inserted last, and of those the one that was read last (Elhub's text on corrections names the registration
time; the rest is inferred). Where intervals of two lengths overlap, a value counts when nothing newer overlaps it; of
two that are equally new, the shorter one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.series._columns import NOTHING, STEPS, micros

__all__ = [
    "CHANGES",
    "CHANNEL",
    "SOFT",
    "arrived",
    "changed",
    "changes",
    "in_order",
    "latest",
    "moments",
    "newest",
    "number_of",
]

CHANNEL: Final = ("metering_point", "product", "direction")
"""What makes two values belong together."""

CHANGES: Final = pa.schema(
    [(name, pa.string()) for name in (*CHANNEL, "unit")]
    + [("start", pa.timestamp("us", tz="UTC")), ("end", pa.timestamp("us", tz="UTC"))]
    + [(name, pa.int32()) for name in ("new", "corrected", "gone", "estimated", "settled")]
    + [(name, pa.decimal128(18, 3)) for name in ("before", "after", "difference")]
)
"""The columns of ``changes``."""
SOFT: Final = ("Estimated", "Temporary")
"""Kinds of values that may still be settled."""


def ranks(table: pa.Table, name: str) -> Any:
    """Numbers that are equal where the words are."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("i8")


def moments(table: pa.Table, name: str) -> Any:
    """Moments of a column, microseconds since 1970 in UTC."""
    return table[name].cast(pa.int64()).fill_null(NOTHING).to_numpy()


def number_of(table: pa.Table, names: tuple[str, ...]) -> Any:
    """A number for each combination of words, on each row of a table without chunks."""
    key = np.zeros(table.num_rows, "i8")
    for name in names:
        places = ranks(table, name) + 1
        key = key * (int(places.max(initial=0)) + 1) + places
    return key


def arrived(table: pa.Table) -> Any:
    """When each value came: when it was inserted, or else registered."""
    inserted = moments(table, "insert_time")
    return np.where(inserted == NOTHING, moments(table, "registration_time"), inserted)


def is_one_of(table: pa.Table, name: str, known: Iterable[str]) -> Any:
    """Which rows of a table without chunks have one of some words in a column."""
    column = table[name].combine_chunks()
    words = np.array([*(word in {*known} for word in column.dictionary.to_pylist()), False], "?")
    return words[column.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)]


def in_order(table: pa.Table, channel: Any = None) -> tuple[Any, Any]:
    """Rows by channel, interval and version, the newest last; and where an interval begins that is another one.

    ``channel`` is a number for each row where that is known already. A value without a start is an interval of its own:
    nobody can say which others it belongs to.
    """
    channel = number_of(table, CHANNEL) if channel is None else channel
    start, end = moments(table, "start"), moments(table, "end")
    heads = np.flatnonzero(np.append(True, channel[1:] != channel[:-1])) if len(channel) else np.zeros(0, "i8")
    rising = start[1:] > start[:-1]
    rising[heads[1:] - 1] = True
    if rising.all() and len(np.unique(channel[heads])) == len(heads):
        return np.arange(len(channel)), np.ones(len(channel), "?")  # as messages have them, and none comes twice
    order = np.lexsort([moments(table, "insert_time"), moments(table, "registration_time"), end, start, channel])
    other = start[order] == NOTHING
    for column in (end, start, channel):
        ordered = column[order]
        other[1:] |= ordered[1:] != ordered[:-1]
    if len(other):
        other[0] = True
    return order, other


def latest(table: pa.Table, as_of: datetime | None = None) -> pa.Table:
    """The newest value of every interval, by the order that this module says.

    Args:
        table: values by ``ediel.series.SCHEMA``; dictionaries of several tables are put together.
        as_of: an aware moment: only values that were inserted, or else registered, by then.

    Returns:
        The same columns; rows of a channel stand together, in the order of time. Intervals do not overlap.

    Raises:
        ValueError: the moment has no time zone.
    """
    whole = table.unify_dictionaries().combine_chunks()
    if as_of is not None:
        if as_of.tzinfo is None:
            raise ValueError("as_of has no time zone")
        whole = whole.filter(pa.array(arrived(whole) <= micros(as_of))).combine_chunks()
    rows = newest(whole)
    if len(rows) == whole.num_rows and (np.diff(rows) == 1).all():
        return whole
    return whole.take(pa.array(rows))


def newest(table: pa.Table, channel: Any = None, ordered: tuple[Any, Any] | None = None) -> Any:
    """The rows that ``latest`` keeps, of a table without chunks; the rest are what is known already."""
    if not table.num_rows:
        return np.zeros(0, "i8")
    channel = number_of(table, CHANNEL) if channel is None else channel
    order, other = ordered or in_order(table, channel)
    return _apart(table, channel, order[np.append(other[1:], True)])


def _apart(table: pa.Table, channel: Any, rows: Any) -> Any:
    """Without those intervals that a newer one of another length overlaps; rows come by channel and start."""
    columns = channel, moments(table, "start"), moments(table, "end")
    if len(rows) < table.num_rows or (np.diff(rows) != 1).any():
        columns = tuple(column[rows] for column in columns)
    channel, start, end = columns
    if not (end[:-1] > start[1:]).any() or not _overlap(channel, start, end, 1).any():
        return rows
    inner = np.flatnonzero(is_one_of(table, "resolution", STEPS)[rows])
    channel, start, end, among = channel[inner], start[inner], end[inner], rows[inner]
    registered, inserted = moments(table, "registration_time")[among], moments(table, "insert_time")[among]
    version = np.zeros(len(among), "i8")
    by_age = np.lexsort([start - end, inserted, registered])
    version[by_age] = np.arange(len(among))
    beaten = np.zeros(len(among), "?")
    distance = 1
    while (over := np.flatnonzero(_overlap(channel, start, end, distance))).size:
        older = np.where(version[over] < version[over + distance], over, over + distance)
        beaten[older] = True
        distance += 1
    return np.delete(rows, inner[beaten])


def _overlap(channel: Any, start: Any, end: Any, distance: int) -> Any:
    """Which intervals reach into the one so many places further on."""
    return (
        (channel[:-distance] == channel[distance:])
        & (end[:-distance] > start[distance:])
        & (start[distance:] != NOTHING)
        & (start[:-distance] != NOTHING)
    )


def changes(table: pa.Table, since: datetime) -> pa.Table:
    """What is known now and was not known, or otherwise, at a moment: of each channel that something changed in.

    Args:
        table: values by ``ediel.series.SCHEMA``, every version that came.
        since: an aware moment. A value counts as known when it was inserted, or else registered, by then.

    Returns:
        A table with ``metering_point``, ``product``, ``direction``, ``unit``, ``start`` and ``end`` of what changed,
        ``new`` (intervals that had no value), ``corrected`` (another value or another kind of value), ``gone``
        (intervals that values of another length have taken the place of), ``estimated`` (of the new and the corrected
        ones, how many are estimated or temporary), ``settled`` (of the corrected ones, how many were, and are no
        more), and the sums of those intervals in the unit: ``before``, ``after`` and ``difference``; in the order of
        the channel.

    Raises:
        ValueError: the moment has no time zone.
    """
    if since.tzinfo is None:
        raise ValueError("since has no time zone")
    whole = table.unify_dictionaries().combine_chunks()
    return changed(whole, arrived(whole) <= micros(since)) if whole.num_rows else CHANGES.empty_table()


def changed(whole: pa.Table, known_by_then: Any) -> pa.Table:
    """As ``changes``, of a table without chunks, by which of its rows were known."""
    known = np.flatnonzero(known_by_then)
    old = known[newest(whole.take(pa.array(known)))] if len(known) else known
    new = newest(whole)
    rows = np.concatenate([old, new])
    late = np.concatenate([np.zeros(len(old), "i8"), np.ones(len(new), "i8")])
    channel, start, end = (
        column[rows] for column in (number_of(whole, CHANNEL), moments(whole, "start"), moments(whole, "end"))
    )
    order = np.lexsort([late, end, start, channel])
    rows, late, channel, start, end = (column[order] for column in (rows, late, channel, start, end))
    same = (channel[1:] == channel[:-1]) & (start[1:] == start[:-1]) & (end[1:] == end[:-1]) & (start[1:] != NOTHING)
    pair = np.append(same & (late[1:] > late[:-1]), False)  # this one was known, the next one is
    second = np.append(False, pair[:-1])
    value = whole["thousandths"].to_numpy()[rows]
    kind = ranks(whole, "kind")[rows]
    following = np.minimum(np.arange(len(rows)) + 1, len(rows) - 1)
    other = (value != value[following]) | (kind != kind[following])
    corrected, gone, fresh = pair & other, ~pair & ~second & (late == 0), ~second & (late == 1)
    soft = is_one_of(whole, "kind", SOFT)[rows]
    estimated = np.where(corrected, soft[following], fresh & soft)
    settled = corrected & soft & ~soft[following]
    marked = np.flatnonzero(corrected | gone | fresh)
    if not len(marked):
        return CHANGES.empty_table()
    before = np.where(corrected | gone, value, 0)[marked]
    after = np.where(corrected, value[following], np.where(fresh, value, 0))[marked]
    heads = np.flatnonzero(np.append(True, channel[marked][1:] != channel[marked][:-1]))
    words = whole.select([*CHANNEL, "unit"]).take(pa.array(rows[marked][heads]))
    columns: dict[str, Any] = {name: words[name].cast(pa.string()) for name in (*CHANNEL, "unit")}
    moment = CHANGES.field("start").type
    least, most = np.minimum.reduceat(start[marked], heads), np.maximum.reduceat(end[marked], heads)
    columns["start"] = pa.array(least, pa.int64(), mask=least == NOTHING).cast(moment)
    columns["end"] = pa.array(most, pa.int64(), mask=most == NOTHING).cast(moment)
    counted = {"new": fresh, "corrected": corrected, "gone": gone, "estimated": estimated, "settled": settled}
    for name, marks in counted.items():
        columns[name] = pa.array(np.add.reduceat(marks[marked].astype("i4"), heads), pa.int32())
    for name, amounts in (("before", before), ("after", after), ("difference", after - before)):
        columns[name] = in_units(np.add.reduceat(amounts, heads))
    found = pa.table([columns[name] for name in CHANGES.names], schema=CHANGES)
    return found.sort_by([(name, "ascending") for name in CHANNEL])


def in_units(thousandths: Any, absent: Any = None) -> pa.Array:
    """Exact decimals of three places from thousandths: the same numbers, of another scale."""
    wide = np.empty((len(thousandths), 2), "i8")  # a decimal has 128 bits, the low half first
    wide[:, 0] = thousandths
    wide[:, 1] = wide[:, 0] >> 63
    bits = None if absent is None else pa.py_buffer(np.packbits(~np.asarray(absent, "?"), bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(18, 3), len(wide), [bits, pa.py_buffer(wide)])
