"""Values held against what was expected: what is there of each day, and which intervals are missing.

What is missing can only be said of what was expected. Without a period, every channel is expected from its first to its
last day; without a list of points, those that have values are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.calendar import OSLO, market_day, midnight
from ediel.errors import InvalidTable
from ediel.series._columns import NOTHING, STEPS, micros
from ediel.series.versions import CHANNEL, arrived, in_order, in_units, is_one_of, moments, newest, number_of, ranks

__all__ = ["AROUND", "Expected", "completeness", "gaps"]

_MOST_CELLS: Final = 100_000_000
"""Days of channels that are counted at once: of 3 million channels a month. More come of a moment that is wrong."""
AROUND: Final = timedelta(days=400)
"""How far before and after a period values are looked at: they say how long the intervals of a channel are."""
_DAY: Final = 24 * 3_600_000_000
_COMPLETENESS: Final = pa.schema(
    [(name, pa.string()) for name in CHANNEL]
    + [("day", pa.date32())]
    + [
        (name, pa.int32())
        for name in (
            "expected", "found", "missing", "replaced", "late", "metered", "estimated", "temporary", "calculated",
        )
    ]
    + [("kwh", pa.decimal128(18, 3))]
)  # fmt: skip
_GAPS: Final = pa.schema(
    [(name, pa.string()) for name in CHANNEL]
    + [("start", pa.timestamp("us", tz="UTC")), ("end", pa.timestamp("us", tz="UTC")), ("missing", pa.int32())]
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What values are expected.

    Attributes:
        start: first Norwegian day; of each channel its own first day when not given.
        end: the day after the last one; of each channel the day after its own last one when not given.
        points: metering points; those that have values when not given. Others are then left out.
        resolution: of points that have no value at all; without it, the number of their values is not known.
        until: of a day that ends after this moment nothing is expected yet; what there is of it is counted.
    """

    start: date | None = None
    end: date | None = None
    points: frozenset[str] | None = None
    resolution: str | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"the period ends on {self.end}, which is not after its start {self.start}")
        if self.resolution is not None and self.resolution not in STEPS:
            raise ValueError(f"resolution is {self.resolution}; expected one of {', '.join(STEPS)}")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("until has no time zone")


def completeness(table: pa.Table, expected: Expected | None = None, *, deadline: time = time(7)) -> pa.Table:
    """Of every metering point, channel and expected Norwegian day: what is there, what is missing, what came again.

    Only interval values are judged; points that have profiled values alone are left out. A day counts from midnight to
    midnight. Of a day that ends after ``expected.until`` nothing is expected, and nothing is missing.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        expected: what is expected; every channel from its first to its last day when not given.
        deadline: Norwegian time on the next day after which a value is late. The first values of a day are to be in
            Elhub by 07:00 (VEE 2.0); third parties have them from 09:00 on.

    Returns:
        A table with ``metering_point``, ``product``, ``direction``, ``day``, ``expected`` (23, 24, 25, or four times
        that; null where nobody can say), ``found``, ``missing`` (by the time that no value covers; null where
        nobody can say), ``replaced`` (values that a newer version has taken the place of), ``late`` (values of which
        the first version was inserted, or else registered, after the deadline), ``metered``, ``estimated``,
        ``temporary``, ``calculated``, and ``kwh`` (exact; null for other units); in the order of point, channel, day.

    Raises:
        InvalidTable: the values, or the period, span too many days.
    """
    wanted = expected or Expected()
    rows, channels = _rows(table, wanted)
    if not len(channels.names):
        return _COMPLETENESS.empty_table()
    edges = _Edges(rows, channels, wanted, deadline)
    cells = _Cells(rows, channels, edges)
    return cells.table()


def gaps(table: pa.Table, expected: Expected | None = None) -> pa.Table:
    """The intervals that are expected and have no value; those that follow one another are one row.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        expected: see ``completeness``.

    Returns:
        A table with ``metering_point``, ``product``, ``direction`` (both null of a point without any value), ``start``,
        ``end``, and ``missing`` (how many intervals; null where nobody can say), in that order.
    """
    wanted = expected or Expected()
    rows, channels = _rows(table, wanted)
    if not len(channels.names):
        return _GAPS.empty_table()
    edges = _Edges(rows, channels, wanted, time(7))
    cells = _Cells(rows, channels, edges)
    starts, ends, of = [], [], []
    lasts = np.minimum(edges.last, edges.over)
    for channel, (first, last) in enumerate(zip(edges.first.tolist(), lasts.tolist(), strict=True)):
        if last <= first:
            continue
        begin, end = edges.edges[first], edges.edges[last]
        own = slice(cells.head[channel], cells.head[channel + 1])
        inside = (cells.end[own] > begin) & (cells.start[own] < end)
        after = np.concatenate([[begin], np.minimum(cells.end[own][inside], end)])
        before = np.concatenate([np.maximum(cells.start[own][inside], begin), [end]])
        holes = np.flatnonzero(before > after)
        starts.append(after[holes])
        ends.append(before[holes])
        of.append(np.full(len(holes), channel))
    start, end, where = (np.concatenate(parts) if parts else np.zeros(0, "i8") for parts in (starts, ends, of))
    step = cells.step_of(where, start)
    missing = -(-(end - start) // np.maximum(step, 1))
    moment = _GAPS.field("start").type
    columns = [*channels.words(where), pa.array(start, pa.int64()).cast(moment), pa.array(end, pa.int64()).cast(moment)]
    columns.append(pa.array(missing, pa.int32(), mask=step == 0))
    return pa.table(columns, schema=_GAPS).sort_by([(name, "ascending") for name in (*CHANNEL, "start")])


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channels that are judged: those that have values, and points that have none.

    Attributes:
        names: metering point, product and direction of each.
        of: of each row its channel.
    """

    names: list[tuple[str | None, ...]]
    of: Any

    def words(self, places: Any) -> list[pa.Array]:
        """The columns of some of them."""
        columns = zip(*self.names, strict=True)
        return [pa.array(column, pa.string()).take(pa.array(places, pa.int64())) for column in columns]


def _rows(table: pa.Table, wanted: Expected) -> tuple[pa.Table, _Channels]:
    """The interval values of the points that are wanted, and their channels."""
    rows = table.unify_dictionaries().combine_chunks()
    if wanted.points is not None and rows.num_rows:
        rows = rows.filter(pa.array(is_one_of(rows, "metering_point", wanted.points))).combine_chunks()
    profiled: set[str | None] = set()
    if rows.num_rows:
        interval = is_one_of(rows, "resolution", STEPS) & (moments(rows, "start") != NOTHING)
        if not interval.all():
            others = rows["metering_point"].filter(pa.array(~interval))
            profiled = set(others.cast(pa.string()).unique().to_pylist())
            rows = rows.filter(pa.array(interval)).combine_chunks()
    if rows.num_rows and (wanted.start or wanted.end):
        start = moments(rows, "start")
        near = start >= (NOTHING if wanted.start is None else _edge(wanted.start, -AROUND))
        near &= start < (np.iinfo("i8").max if wanted.end is None else _edge(wanted.end, AROUND))
        rows = rows if near.all() else rows.filter(pa.array(near)).combine_chunks()
    keys = number_of(rows, CHANNEL) if rows.num_rows else np.zeros(0, "i8")
    if (keys[1:] >= keys[:-1]).all():  # as messages have them: those of a channel stand together
        starts = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        firsts, of = np.flatnonzero(starts), np.cumsum(starts) - 1
    else:
        _, firsts, of = np.unique(keys, return_index=True, return_inverse=True)
    heads = rows.select(CHANNEL).take(pa.array(firsts, pa.int64()))
    names = list(zip(*(heads[name].cast(pa.string()).to_pylist() for name in CHANNEL), strict=True))
    there = {name[0] for name in names} | profiled
    names += [(point, None, None) for point in sorted(wanted.points or ()) if point not in there]
    return rows, _Channels(names, of)


def _edge(day: date, away: timedelta) -> int:
    """A moment some days before or after the beginning of a day; the edge of the calendar where that is out of it."""
    try:
        return micros(midnight(day + away))
    except OverflowError:
        return int(NOTHING) if away < timedelta() else int(np.iinfo("i8").max)


class _Edges:
    """The days that are judged: where each begins, when its values are late, and which are expected of a channel."""

    def __init__(self, rows: pa.Table, channels: _Channels, wanted: Expected, deadline: time) -> None:
        start = moments(rows, "start")
        known = [_day_of(edge) for edge in (start.min(), start.max())] if len(start) else []
        first = min([*known[:1], *([wanted.start] if wanted.start else [])], default=wanted.end or date(1970, 1, 1))
        last = max([*known[1:], *([wanted.end - timedelta(days=1)] if wanted.end else [])], default=first)
        if wanted.until is not None:  # of later days nothing is expected
            last = min(last, max([*known[1:], market_day(wanted.until)]))
        count = max((last - first).days + 1, 1)
        if count * len(channels.names) > _MOST_CELLS:
            raise InvalidTable(f"{count} days from {first} to {last} are too many; say which with a start and an end")
        self.days = [first + timedelta(days=number) for number in range(count)]
        self.edges = np.array([micros(midnight(first + timedelta(days=number))) for number in range(count + 1)], "i8")
        late = [datetime.combine(day + timedelta(days=1), deadline, OSLO) for day in self.days]
        self.limits = np.array([micros(moment) for moment in late], "i8")
        self.day = np.searchsorted(self.edges, start, "right") - 1
        size = len(channels.names)
        self.first, self.last = np.full(size, count, "i8"), np.zeros(size, "i8")
        np.minimum.at(self.first, channels.of, self.day)
        np.maximum.at(self.last, channels.of, self.day + 1)
        if wanted.start is not None:
            self.first[:] = (wanted.start - first).days
        if wanted.end is not None:
            self.last[:] = min((wanted.end - first).days, count)
        self.over = count
        if wanted.until is not None:
            self.over = int(np.searchsorted(self.edges, micros(wanted.until), "right")) - 1
        self.resolution = 0 if wanted.resolution is None else STEPS[wanted.resolution]


def _day_of(moment: Any) -> date:
    return market_day(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(moment)))


class _Cells:
    """The newest values by channel, and what each channel has on each day."""

    def __init__(self, rows: pa.Table, channels: _Channels, edges: _Edges) -> None:
        self._rows, self._channels, self._edges = rows, channels, edges
        self._days, self._size = len(edges.days), len(channels.names)
        self._ordered = in_order(rows, channels.of)
        kept = newest(rows, channels.of, self._ordered)
        of, start, end = channels.of[kept], moments(rows, "start")[kept], moments(rows, "end")[kept]
        order = np.lexsort([start, of]) if (of[1:] < of[:-1]).any() else np.arange(len(of))
        self.kept, self.of, self.start, self.end = kept[order], of[order], start[order], end[order]
        self.head = np.searchsorted(self.of, np.arange(self._size + 1))
        words = rows["resolution"].combine_chunks()
        steps = np.array([STEPS.get(str(name), 0) for name in words.dictionary.to_pylist()] or [0], "i8")
        self._each = steps[words.indices.to_numpy()] if len(rows) else np.zeros(0, "i8")
        self._cell = channels.of * self._days + edges.day
        self._step = self._steps()

    def _steps(self) -> Any:
        """The length of an interval of each channel and day: the shortest one there; 0 where nobody can say.

        A day without values has that of the day before, or else of the next one that has some.
        """
        found = np.full(self._size * self._days, _DAY, "i8")
        np.minimum.at(found, self._cell, self._each)
        by_day = np.where(found == _DAY, 0, found).reshape(self._size, self._days)
        for place in range(1, self._days):
            by_day[:, place] = np.where(by_day[:, place] == 0, by_day[:, place - 1], by_day[:, place])
        for place in range(self._days - 2, -1, -1):
            by_day[:, place] = np.where(by_day[:, place] == 0, by_day[:, place + 1], by_day[:, place])
        return np.where(by_day == 0, self._edges.resolution, by_day)

    def step_of(self, channel: Any, moment: Any) -> Any:
        """The length of an interval of some channels at some moments."""
        day = np.searchsorted(self._edges.edges, moment, "right") - 1
        return self._step[channel, np.clip(day, 0, self._days - 1)]

    def table(self) -> pa.Table:
        """The rows of ``completeness``."""
        edges = self._edges
        span = np.arange(self._days)
        judged = ((span >= edges.first[:, None]) & (span < edges.last[:, None])).reshape(-1)
        over = np.tile(span < edges.over, self._size)
        there = np.zeros(len(judged), "?")
        there[self._cell] = True
        cells = np.flatnonzero(judged & (over | there))
        channel, day = cells // self._days, cells % self._days
        length = np.where(over[cells], (edges.edges[1:] - edges.edges[:-1])[day], 0)
        step = self._step[channel, day]
        inside = np.minimum(self.end, edges.edges[edges.day[self.kept] + 1]) - self.start
        covered = self._sum(self.kept, inside)[cells]
        divisor = np.maximum(step, 1)
        columns: dict[str, Any] = dict(zip(CHANNEL, self._channels.words(channel), strict=True))
        columns["day"] = pa.array(np.array(edges.days, "M8[D]")[day], pa.date32())
        columns["expected"] = pa.array(length // divisor, pa.int32(), mask=step == 0)
        lacking = np.maximum(length - covered, 0)
        columns["missing"] = pa.array(-(-lacking // divisor), pa.int32(), mask=step == 0)
        for name, values in self._counts().items():
            columns[name] = pa.array(values[cells], pa.int32())
        columns["kwh"] = self._kwh(cells)
        found = pa.table([columns[name] for name in _COMPLETENESS.names], schema=_COMPLETENESS)
        return found.sort_by([(name, "ascending") for name in (*CHANNEL, "day")])

    def _sum(self, rows: Any, amounts: Any) -> Any:
        """Amounts of rows, put together by channel and day."""
        found = np.zeros(self._size * self._days, "i8")
        np.add.at(found, self._cell[rows], amounts)
        return found

    def _counts(self) -> dict[str, Any]:
        every = np.arange(self._rows.num_rows)
        order, other = self._ordered
        came, limit = arrived(self._rows)[order], self._edges.limits[self._edges.day[order]]
        counts = {
            "found": self._sum(self.kept, 1),
            "late": self._sum(order[other], (came > limit)[other].astype("i8")),
        }
        counts["replaced"] = self._sum(every, 1) - counts["found"] - self._sum(self._repeats(order, other), 1)
        kinds = ranks(self._rows, "kind")
        names = self._rows["kind"].combine_chunks().dictionary.to_pylist()
        for kind in ("Metered", "Estimated", "Temporary", "Calculated"):
            place = names.index(kind) if kind in names else -2
            counts[kind.lower()] = self._sum(self.kept, (kinds == place)[self.kept].astype("i8"))
        return counts

    def _repeats(self, order: Any, other: Any) -> Any:
        """Rows that say again what another one says: a file that was read twice replaces nothing."""
        group = np.cumsum(other)
        several = np.flatnonzero(np.bincount(group)[group] > 1)
        rows = order[several]
        if not len(rows):
            return rows
        picked = self._rows.take(pa.array(rows))
        columns = [
            group[several],
            picked["thousandths"].to_numpy(),
            number_of(picked, ("message_id", "payload_id", "kind")),
        ]
        columns += [moments(picked, name) for name in ("registration_time", "insert_time")]
        by_word = np.lexsort(columns)
        same = np.ones(len(rows) - 1, "?")
        for column in columns:
            same &= column[by_word][1:] == column[by_word][:-1]
        return rows[by_word[1:][same]]

    def _kwh(self, cells: Any) -> pa.Array:
        """The sums of the values in kWh; nothing where a channel has another unit."""
        active = is_one_of(self._rows, "unit", ("kWh",)) if self._rows.num_rows else np.zeros(0, "?")
        value = self._rows["thousandths"].to_numpy()[self.kept]
        sums = self._sum(self.kept, np.where(active[self.kept], value, 0))
        others = np.zeros(self._size, "?")
        others[self._channels.of[~active]] = True
        return in_units(sums[cells], others[cells // self._days])
