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

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ediel.calendar import midnight
from ediel.codes import Product
from ediel.series._columns import NOTHING, SCHEMA, STEPS, micros
from ediel.series._years import Found, Quick
from ediel.series.versions import newest

__all__ = ["annual_volume", "annual_volumes", "volume_orders"]

_YEAR: Final = 365
_ACTIVE: Final = Product.ACTIVE_ENERGY.value
_WANTED: Final = frozenset(
    {"metering_point", "product", "direction", "resolution", "start", "end", "thousandths", "kind",
     "registration_time", "insert_time"}
)  # fmt: skip
_OF_VERSIONS: Final = frozenset({"end", "registration_time", "insert_time"})
"""Columns that are looked at only where an interval comes more than once."""
_VOLUMES: Final = pa.schema(
    [
        ("metering_point", pa.string()),
        ("days", pa.int32()),
        ("missing", pa.int32()),
        ("temporary", pa.int64()),
        ("kwh", pa.int64()),
        ("standing", pa.string()),
    ]
)


class _Versions(Exception):
    """Some intervals come more than once, and the columns that tell which is the newest were not read."""


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
    edges = np.array([micros(midnight(first + timedelta(days=number))) for number in range(_YEAR + 1)], "i8")
    whole = table.unify_dictionaries().combine_chunks()
    rows = _counting(whole, direction, edges)
    if not len(rows):
        return _VOLUMES.empty_table()
    points = whole["metering_point"].combine_chunks()
    used, place = np.unique(points.indices.to_numpy(zero_copy_only=False)[rows], return_inverse=True)
    names = points.dictionary.take(pa.array(used)).to_pylist()
    total, full, temporary = _by_day(whole, rows, place, len(names), edges)
    since = np.array([_since(updated, str(name), first) for name in names], "i8")
    counted = full & (np.arange(_YEAR) >= since[:, None])
    days = counted.sum(axis=1)
    thousandths = np.where(counted, total, 0).sum(axis=1)
    all_year = days == _YEAR
    published = all_year if direction == "Out" else np.zeros(len(names), "?")
    known = published | ((days > 0) & (all_year | scale))
    kwh = (thousandths * _YEAR * 2 // np.maximum(days, 1) + 1000) // 2000
    standing = np.where(published, "published", "assumed")
    found = pa.table(
        [
            pa.array(names, pa.string()),
            pa.array(days, pa.int32()),
            pa.array(_YEAR - since - days, pa.int32()),
            pa.array(np.where(counted, temporary, 0).sum(axis=1), pa.int64()),
            pa.array(kwh, pa.int64(), mask=~known),
            pa.array(standing, pa.string(), mask=~known),
        ],
        schema=_VOLUMES,
    )
    return found.sort_by("metering_point")


def _since(updated: Mapping[str, date] | None, name: str, first: date) -> int:
    """How many of the days do not count: those before a manual update."""
    begins = (updated or {}).get(name)
    return 0 if begins is None or begins <= first else min((begins - first).days, _YEAR)


def _counting(table: pa.Table, direction: str, edges: Any) -> Any:
    """The rows that count: active energy of the year in one direction, of each interval the newest version."""
    marks = np.ones(table.num_rows, "?")
    for name, word in (("product", _ACTIVE), ("direction", direction)):
        column = table[name].combine_chunks()
        right = np.array([item == word for item in column.dictionary.to_pylist()] + [False])
        marks &= right[column.indices.fill_null(len(right) - 1).to_numpy()]
    start = table["start"].cast(pa.int64()).fill_null(NOTHING).to_numpy()
    marks &= (start >= edges[0]) & (start < edges[-1])
    rows = np.flatnonzero(marks)
    # most values come once, and that is quick to see: no two rows of a point have the same minute
    minute = (start[rows] - edges[0]) // 60_000_000
    points = table["metering_point"].combine_chunks().indices.to_numpy(zero_copy_only=False)[rows]
    grain = next(size for size in (60, 15, 5, 1) if not (minute % size).any())
    slots = points.astype("i8") * (_YEAR * 1500 // grain) + minute // grain
    seen = np.zeros(int(slots.max(initial=0)) + 1, "u1")
    seen[slots] = 1
    if np.count_nonzero(seen) == len(rows):
        return rows
    if "end" not in table.column_names:
        raise _Versions
    order = np.argsort(slots, kind="stable")
    twice = np.diff(slots[order]) == 0
    again = np.zeros(len(rows), "?")
    again[order[1:][twice]] = again[order[:-1][twice]] = True
    doubtful = rows[again]
    return np.sort(np.concatenate([rows[~again], doubtful[newest(table.take(pa.array(doubtful)))]]))


def _by_day(table: pa.Table, rows: Any, place: Any, points: int, edges: Any) -> tuple[Any, Any, Any]:
    """Of every point and day: sums, whether every interval is there, and how many values are temporary."""
    start = table["start"].cast(pa.int64()).fill_null(NOTHING).to_numpy()[rows]
    day = np.minimum((start - edges[0]) // 86_400_000_000, _YEAR - 1)
    day += start >= edges[day + 1]  # days of 23 and 25 hours move the edges by an hour at the most
    day -= start < edges[day]
    flat = place.astype("i8") * _YEAR + day
    size, shape = points * _YEAR, (points, _YEAR)
    # sums of a day are far below 2**53, so that they are exact
    total = np.bincount(flat, table["thousandths"].to_numpy()[rows], size).astype("i8")
    resolutions = table["resolution"].combine_chunks()
    steps = np.array([*(STEPS.get(str(name), 0) for name in resolutions.dictionary.to_pylist()), 0], "i8")
    length = steps[resolutions.indices.fill_null(len(steps) - 1).to_numpy()[rows]]
    covered = np.bincount(flat, length, size).astype("i8")
    kinds = table["kind"].combine_chunks()
    marks = np.array([*(name == "Temporary" for name in kinds.dictionary.to_pylist()), False])
    temporary = np.bincount(flat[marks[kinds.indices.fill_null(len(marks) - 1).to_numpy()[rows]]], minlength=size)
    whole = covered.reshape(shape) == np.diff(edges)[None, :]
    return total.reshape(shape), whole, temporary.reshape(shape)


def annual_volumes(
    paths: Sequence[Path],
    on: date,
    *,
    direction: Literal["Out", "In"] = "Out",
    updated: Mapping[str, date] | None = None,
    scale: bool = False,
    rows: int = 8_000_000,
) -> Iterator[pa.Table]:
    """Annual volumes from Parquet files of more values than there is memory for, some points at a time.

    Files that hold some of the points each (as ``export`` and ``convert`` write them) are read once; where every file
    holds every point, each is read again for every part.

    Args:
        paths: Parquet files, with at least the columns that ``annual_volume`` looks at.
        on: see ``annual_volume``.
        direction: the same.
        updated: the same.
        scale: the same.
        rows: about how many values are in memory at a time.

    Yields:
        Tables as ``annual_volume`` gives them, in the order of metering points.
    """
    groups = [group for path in paths for group in _groups(path)]
    edges = _edges(groups, rows) if all(group.lowest for group in groups) else None
    if edges is None:
        edges = _sampled(paths, rows)
    first = on - timedelta(days=_YEAR)
    days = np.array([micros(midnight(first + timedelta(days=number))) for number in range(_YEAR + 1)], "i8")
    quick = Quick(groups, days, {"product": _ACTIVE, "direction": direction}, frozenset(updated or ()))
    compute = partial(annual_volume, on=on, direction=direction, updated=updated, scale=scale)
    for lower, upper in zip([None, *edges], [*edges, None], strict=True):
        whole: Found = []
        try:
            found = compute(_part(groups, lower, upper, on, quick=partial(quick, into=whole)))
        except _Versions:
            whole = []
            found = compute(_part(groups, lower, upper, on, quick=None))
        if whole:
            found = pa.concat_tables([found, _of_sums(whole, direction)]).sort_by("metering_point")
        if found.num_rows:
            yield found


class _Group(NamedTuple):
    """Some rows of a file that are read together, with the least and the greatest metering point, where it says so."""

    path: Path
    number: int
    rows: int
    lowest: str
    highest: str

    def may_hold(self, lower: str | None, upper: str | None) -> bool:
        """Whether points from one on, up to another, can be in it."""
        if not self.lowest:
            return True
        return (upper is None or self.lowest < upper) and (lower is None or self.highest >= lower)

    def within(self, lower: str | None, upper: str | None) -> bool:
        """Whether all its points are among those."""
        return bool(self.lowest) and (lower is None or self.lowest >= lower) and (upper is None or self.highest < upper)


def _of_sums(found: Found, direction: str) -> pa.Table:
    """The volumes of points that have every value of the year."""
    names, sums, temporary = zip(*found, strict=True)
    kwh = [(total * 2 + 1000) // 2000 for total in sums]
    standing = "published" if direction == "Out" else "assumed"
    columns = (names, [_YEAR] * len(names), [0] * len(names), temporary, kwh, [standing] * len(names))
    return pa.table([pa.array(*pair) for pair in zip(columns, _VOLUMES.types, strict=True)], schema=_VOLUMES)


def _groups(path: Path) -> Iterator[_Group]:
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index("metering_point")
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        statistics = group.column(place).statistics
        known = statistics is not None and statistics.has_min_max
        edges = (str(statistics.min), str(statistics.max)) if known else ("", "")
        yield _Group(path, number, group.num_rows, *edges)


def _part(
    groups: list[_Group],
    lower: str | None,
    upper: str | None,
    on: date,
    *,
    quick: Callable[[pa.Table, _Group], pa.Table] | None,
) -> pa.Table:
    """The values of some points within the year, with the columns that are looked at.

    ``quick`` takes those out that it can sum by itself; without it, the columns that tell versions apart are there.
    """
    versions = quick is None
    first = pa.scalar(midnight(on - timedelta(days=_YEAR)), SCHEMA.field("start").type)
    last = pa.scalar(midnight(on), SCHEMA.field("start").type)
    tables = []
    chosen = [group for group in groups if group.may_hold(lower, upper)]
    for path, items in groupby(chosen, lambda group: group.path):
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            names = [
                name for name in SCHEMA.names
                if name in there and name in _WANTED and (versions or name not in _OF_VERSIONS)
            ]  # fmt: skip
            for group in items:
                table = _complete(file.read_row_group(group.number, columns=names), versions=versions)
                if not group.within(lower, upper):
                    table = _between(table, lower, upper)
                if quick is not None:
                    table = quick(table, group)
                start = table["start"]
                wanted = pc.and_(pc.greater_equal(start, first), pc.less(start, last))
                tables.append(table if pc.all(wanted, min_count=0).as_py() else table.filter(wanted))
    return pa.concat_tables(tables) if tables else _complete(SCHEMA.empty_table(), versions=versions)


def _between(table: pa.Table, lower: str | None, upper: str | None) -> pa.Table:
    """The values of the points from one on, up to another."""
    point = table["metering_point"].cast(pa.string())
    if lower is not None:
        table, point = table.filter(found := pc.greater_equal(point, lower)), point.filter(found)
    return table if upper is None else table.filter(pc.less(point, upper))


def volume_orders(
    volumes: pa.Table, start: date, *, known: Mapping[str, int] | None = None, most: int = 9999
) -> Iterator[dict[str, Any]]:
    """The volumes that have changed, as orders for BRS-NO-317: what ``ediel.AnnualVolumes`` takes.

    Args:
        volumes: as ``annual_volume`` gives them; those that are unknown are let pass.
        start: the first day on which they are true.
        known: whole kWh of each metering point as they stand; what is equal is let pass.
        most: how many in a message, at the most.
    """
    changed = [
        {
            "metering_point": row["metering_point"],
            "start": start.isoformat(),
            "total": row["kwh"],
            "method": "Automatic",
        }
        for row in volumes.select(["metering_point", "kwh"]).to_pylist()
        if row["kwh"] is not None and row["kwh"] != (known or {}).get(row["metering_point"])
    ]
    for first in range(0, len(changed), most):
        yield {"volumes": changed[first : first + most]}


def _edges(groups: list[_Group], rows: int) -> list[str] | None:
    """Metering points at which the parts begin, but for the first; nothing where groups lie across each other."""
    edges: list[str] = []
    most, so_far = "", 0
    for group in sorted(groups, key=lambda group: (group.lowest, group.highest)):
        if so_far + group.rows > rows and so_far and group.lowest >= most:
            edges.append(group.lowest)
            so_far = 0
        so_far += group.rows
        most = max(most, group.highest)
        if so_far > 3 * rows:
            return None
    return edges


def _sampled(paths: Sequence[Path], rows: int) -> list[str]:
    """The same from the points themselves, where the files do not say it."""
    counts: dict[str, int] = {}
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["metering_point"]):
                for item in pc.value_counts(batch.column(0).cast(pa.string())).to_pylist():
                    counts[item["values"]] = counts.get(item["values"], 0) + item["counts"]
    edges, so_far = [], 0
    for name in sorted(counts):
        if so_far + counts[name] > rows and so_far:
            edges.append(name)
            so_far = 0
        so_far += counts[name]
    return edges


def _complete(part: pa.Table, *, versions: bool = False) -> pa.Table:
    """The columns that a file need not have, and words as places in lists."""
    columns = {}
    for field in SCHEMA:
        if field.name not in _WANTED or (field.name in _OF_VERSIONS and not versions):
            continue
        if field.name not in part.column_names:
            columns[field.name] = pa.chunked_array([pa.nulls(part.num_rows, field.type)])
            continue
        column = part[field.name]
        if pa.types.is_dictionary(field.type) and not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        columns[field.name] = column.cast(field.type)
    return pa.table(columns)
