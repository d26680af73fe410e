"""Tables from files: Parquet, CSV or JSON lines, as ``export`` writes them or with what a series needs and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import market_day, midnight
from ediel.errors import InvalidTable
from ediel.messages.series_layout import INTERVAL_FORMS
from ediel.series._cells import typed
from ediel.series._columns import NOTHING, SCHEMA, SERIES_WORDS, STEPS, micros
from ediel.series._rows import Reading, Rows, each, rows_of
from ediel.series.errors import InvalidRows, Mistake
from ediel.series.versions import moments, number_of

__all__ = ["Loaded", "dated", "load", "load_all"]

_NEEDED: Final = ("metering_point", "product", "unit", "direction", "resolution", "start")
_MADE: Final = ("sequence", "end", "period_start", "period_end")
"""Columns that follow from the others."""
_NAMES: Final = UUID("f1f0c2a8-6f2b-5f2e-9f3c-0f6f5d0a7b11")
_LIMIT: Final = 10**15


@dataclass(frozen=True, slots=True)
class Loaded:
    """The values of a file.

    Attributes:
        table: values by ``ediel.series.SCHEMA``.
        notes: what was found out about the form of the file.
        parts: series that are not whole Norwegian days: metering point, day, how many values, and of how many.
    """

    table: pa.Table
    notes: tuple[str, ...]
    parts: tuple[tuple[str, date, int, int], ...]


def load(path: Path, *, registered: datetime | None = None, reading: Reading | None = None) -> pa.Table:
    """A table from a file, as ``load_all`` reads it; values without a registration time have this one.

    Args:
        path: ``.parquet``, ``.csv`` or ``.jsonl``, the latter two plain or gzip.
        registered: registration time of values that have none; now, by default.
        reading: how a CSV file is to be read.

    Returns:
        A table by ``ediel.series.SCHEMA``.

    Raises:
        InvalidRows: with every mistake, where the file has some.
        InvalidTable: the file is of another form, or a column is missing or unknown.
        OSError: the file cannot be read.
    """
    return dated(load_all(path, reading=reading).table, registered or datetime.now(UTC))


def dated(table: pa.Table, registered: datetime) -> pa.Table:
    """The same values, those without a registration time with this one."""
    given = pa.scalar(registered, SCHEMA.field("registration_time").type)
    return _with(table, "registration_time", table["registration_time"].fill_null(given))


def load_all(path: Path, *, reading: Reading | None = None) -> Loaded:
    """The values of a file, and what was found out about it.

    A file needs the columns ``metering_point``, ``product``, ``unit``, ``direction``, ``resolution``, ``start`` (with
    an offset from UTC), and ``value`` (decimal) or ``thousandths``. Without ``payload_id``, values of one channel that
    follow one another within a Norwegian day are a series: a whole day, or the intervals that are corrected. Without
    ``sequence``, ``end``, ``period_start`` and ``period_end``, these are made from the others.

    Raises:
        InvalidRows: with every mistake, where the file has some.
        InvalidTable: the file is of another form, or a column is missing or unknown.
        OSError: the file cannot be read.
    """
    rows = rows_of(path, reading or Reading())
    names = rows.table.column_names
    missing = [name for name in _NEEDED if name not in names]
    missing += [] if {"value", "thousandths"} & set(names) else ["value"]
    if missing:
        raise InvalidTable(
            f"{path.name} has no column {', '.join(missing)}; it has {', '.join(rows.names.values())}. "
            "A column of another name is told with --column NAME=FIELD"
        )
    if {"value", "thousandths"} <= set(names):
        raise InvalidTable(f"{path.name} has value and thousandths, which say the same; leave one of them out")
    if unknown := [own for name, own in rows.names.items() if name not in {*SCHEMA.names, "value"}]:
        raise InvalidTable(f"{path.name} has columns that are not known: {', '.join(unknown)}")
    mistakes = rows.mistakes
    columns = {name: typed(rows, name, mistakes) for name in SCHEMA.names}
    _needed(rows, columns, mistakes)
    table = pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)
    for name, value in (("kind", pa.scalar("Metered")), ("imbalance_settlement", pa.scalar(False))):
        column = table[name]
        plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        table = _with(table, name, plain.fill_null(value))
    _allowed(rows, table, mistakes)
    if mistakes:
        raise InvalidRows(path.name, mistakes)
    if table["payload_id"].null_count or any(table[name].null_count for name in _MADE):
        table, parts = _in_series(rows, table)
    else:
        parts = ()
    return Loaded(table, tuple(rows.notes), parts)


def _needed(rows: Rows, columns: dict[str, Any], mistakes: list[Mistake]) -> None:
    """Cells that are empty and may not be; a profiled value has neither resolution nor, at times, a period."""
    reported = {(mistake.row, mistake.column) for mistake in mistakes}
    whole_columns = {mistake.column for mistake in mistakes if mistake.row is None}
    profiled = pc.fill_null(pc.starts_with(columns["kind"].cast(pa.string()), "Profiled"), False)
    intervals = ~profiled.to_numpy(zero_copy_only=False)
    for name in (*_NEEDED, "thousandths"):
        own = rows.names.get(name) or rows.names["value"]
        if own in whole_columns:
            continue
        absent = columns[name].is_null().to_numpy(zero_copy_only=False)
        if name in {"resolution", "start", "direction"}:
            absent = absent & intervals
        for _, number, point in each(rows, absent):
            if (number, own) not in reported:
                mistakes.append(Mistake(number, own, point, "is empty"))


def _allowed(rows: Rows, table: pa.Table, mistakes: list[Mistake]) -> None:
    """What columns must be together: values that the wire takes, codes that go with the kind, starts of intervals."""
    forms = {form.element: form for form in INTERVAL_FORMS}
    value = table["thousandths"].fill_null(0).to_numpy()  # what is none was told
    kinds = np.array(table["kind"].cast(pa.string()).to_pylist(), object)
    signed = np.isin(kinds, [name for name, form in forms.items() if form.signed])
    signed |= np.array([kind.startswith("Profiled") for kind in kinds], "?")
    value_column = rows.names.get("value", "value")
    for place, number, point in each(rows, (value < 0) & ~signed):
        problem = f"{value[place] / 1000:.3f} is negative; {_a(kinds[place])} value cannot be"
        mistakes.append(Mistake(number, value_column, point, problem))
    for place, number, point in each(rows, np.abs(value) >= _LIMIT):
        mistakes.append(Mistake(number, value_column, point, f"{value[place] // 1000} has more than 12 digits"))
    fields = sorted({mark.field for form in forms.values() for mark in form.marks})
    given = {name: table[name].is_valid().to_numpy() for name in fields if name != "imbalance_settlement"}
    given["imbalance_settlement"] = table["imbalance_settlement"].to_numpy()
    for kind, form in forms.items():
        own = kinds == kind
        known = {mark.field: mark.required for mark in form.marks}
        for name in fields:
            for wrong, verb in (
                (own & given[name] & (name not in known), "has none"),
                (own & ~given[name] & known.get(name, False), "needs one"),
            ):
                own_name, problem = rows.names.get(name, name), f"{_a(kind)} value {verb}"
                mistakes += [Mistake(number, own_name, point, problem) for _, number, point in each(rows, wrong)]
    start, step = moments(table, "start"), _steps(table)
    crooked = (step > 0) & (start != NOTHING) & (start % np.maximum(step, 1) != 0)
    texts = table["resolution"].cast(pa.string())
    for place, number, point in each(rows, crooked):
        problem = f"{_moment(start[place])} is no start of an interval of {texts[place].as_py()}"
        mistakes.append(Mistake(number, rows.names["start"], point, problem))


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIO' else 'a'} {kind.lower()}"


def _steps(table: pa.Table) -> Any:
    """The length of each interval in microseconds; 0 of profiled values."""
    column = table["resolution"].combine_chunks()
    known = np.array([*(STEPS.get(word, 0) for word in column.dictionary.to_pylist()), 0], "i8")
    return known[column.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]


def _moment(value: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value))).isoformat()


def _in_series(rows: Rows, table: pa.Table) -> tuple[pa.Table, tuple[tuple[str, date, int, int], ...]]:
    """Values as series, each whole: those of a payload, or those that follow one another within a day."""
    table = table.combine_chunks()
    words = tuple(name for name in SERIES_WORDS if name != "payload_id")
    payload = number_of(table, ("payload_id",))
    series = np.where(payload > 0, 0, number_of(table, words) + 1)
    start, step = moments(table, "start"), _steps(table)
    registered = moments(table, "registration_time")
    order = np.lexsort([start, registered, series, payload])
    table, numbers = table.take(pa.array(order)), rows.numbers[order]
    payload, series, start, step, registered = (column[order] for column in (payload, series, start, step, registered))
    day = _days(start)
    own = (payload[1:] > 0) & (payload[1:] == payload[:-1])
    run = (payload[1:] == 0) & (series[1:] == series[:-1]) & (registered[1:] == registered[:-1]) & (day[1:] == day[:-1])
    _check(rows, table, numbers, own, run)
    follows = start[1:] == start[:-1] + step[:-1]
    same = own | (run & follows)
    heads = np.flatnonzero(np.append(True, ~same)) if len(start) else np.zeros(0, "i8")
    counts = np.diff(np.append(heads, len(start)))
    ends = start + step
    made = {
        "sequence": np.arange(len(start)) - np.repeat(heads, counts) + 1,
        "end": ends,
        "period_start": np.repeat(start[heads], counts),
        "period_end": np.repeat(ends[heads + counts - 1], counts),
    }
    for name, values in made.items():
        column = table[name]
        kind = SCHEMA.field(name).type
        fresh = pa.array(values, pa.int64()).cast(kind) if name == "sequence" else pa.array(values).cast(kind)
        table = _with(table, name, pc.if_else(column.is_null(), fresh, column))
    table, parts = _named(table, heads, counts, day)
    return table, parts


def _check(rows: Rows, table: pa.Table, numbers: Any, own: Any, run: Any) -> None:
    """No interval stands twice, and the values of a payload follow one another and are of one channel.

    Raises:
        InvalidRows: they do not.
    """
    start, step = moments(table, "start"), _steps(table)
    mistakes = []
    points = table["metering_point"]

    def say(place: int, text: str) -> None:
        mistakes.append(Mistake(int(numbers[place + 1]), rows.names["start"], str(points[place + 1].as_py()), text))

    for place in np.flatnonzero((own | run) & (start[1:] < start[:-1] + step[:-1])).tolist():
        same = start[place] == start[place + 1]
        text = "stands twice" if same else "lies within another interval"
        say(place, f"the interval from {_moment(start[place + 1])} {text}; see row {numbers[place]}")
    for place in np.flatnonzero(own & (start[1:] > start[:-1] + step[:-1])).tolist():
        say(place, f"the payload has no value from {_moment(start[place] + step[place])} on; see row {numbers[place]}")
    words = number_of(table, tuple(name for name in SERIES_WORDS if name != "payload_id"))
    for place in np.flatnonzero(own & (words[1:] != words[:-1])).tolist():
        say(place, f"the payload is of another channel in row {numbers[place]}")
    if mistakes:
        raise InvalidRows(rows.name, mistakes)


def _days(start: Any) -> Any:
    """The Norwegian day of each moment, as days since 1970."""
    if not len(start):
        return start
    first = market_day(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(max(start.min(), -(2**50)))))
    last = market_day(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(max(start.max(), -(2**50)))))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    edges = np.array([micros(midnight(day)) for day in days], "i8")
    return (first - date(1970, 1, 1)).days + np.searchsorted(edges, start, "right") - 1


def _named(
    table: pa.Table, heads: Any, counts: Any, day: Any
) -> tuple[pa.Table, tuple[tuple[str, date, int, int], ...]]:
    """The identifications of the series that have none, each made from what it is of; and which are no whole days."""
    columns = [table[name].cast(pa.string()) for name in (*_NEEDED[:-1], "payload_id")]
    firsts = [column.take(pa.array(heads, pa.int64())).to_pylist() for column in columns]
    start, step = moments(table, "start")[heads], _steps(table)[heads]
    names, parts = [], []
    for place, (*key, given) in enumerate(zip(*firsts, strict=True)):
        if given is not None:
            names.append(given)
            continue
        on = date(1970, 1, 1) + timedelta(days=int(day[heads[place]]))
        begin, end = micros(midnight(on)), micros(midnight(on + timedelta(days=1)))
        whole = int((end - begin) // step[place]) if step[place] else 1
        seed = [*key, on]
        if counts[place] != whole:
            parts.append((str(key[0]), on, int(counts[place]), whole))
            seed += [_moment(start[place]), int(counts[place])]
        names.append(str(uuid5(_NAMES, "/".join(map(str, seed)))))
    spread = pa.array(names, pa.string()).take(pa.array(np.repeat(np.arange(len(heads)), counts), pa.int64()))
    return _with(table, "payload_id", spread), tuple(parts)


def _with(table: pa.Table, name: str, column: Any) -> pa.Table:
    field = SCHEMA.field(name)
    kind = field.type
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return table.set_column(SCHEMA.get_field_index(name), field, column.cast(kind))
