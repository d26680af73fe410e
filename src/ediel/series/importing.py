"""Tables from files: Parquet, CSV or JSON lines, as ``export`` writes them or with what a series needs and no more."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ediel.calendar import OSLO, midnight
from ediel.errors import InvalidTable
from ediel.series._columns import SCHEMA, STEPS

__all__ = ["load"]

_NEEDED: Final = ("metering_point", "product", "unit", "direction", "resolution", "start")
_DAY: Final = (*_NEEDED[:-1], "day")
_NAMES: Final = UUID("f1f0c2a8-6f2b-5f2e-9f3c-0f6f5d0a7b11")


def load(path: Path, *, registered: datetime | None = None) -> pa.Table:
    """A table from a file.

    A file needs the columns ``metering_point``, ``product``, ``unit``, ``direction``, ``resolution``, ``start`` (with
    an offset from UTC), and ``value`` (decimal) or ``thousandths``. Without ``payload_id``, the values of one channel
    and one Norwegian day are a series; they must be all there.

    Args:
        path: ``.parquet``, ``.csv`` or ``.jsonl``, the latter two plain or gzip.
        registered: registration time of values that have none; now, by default.

    Returns:
        A table by ``ediel.series.SCHEMA``.

    Raises:
        InvalidTable: a column is missing or unknown, a value is none, a day is not whole.
        OSError: the file cannot be read.
    """
    table = _raw(path)
    if "value" in table.column_names:
        table = table.append_column("thousandths", _thousandths(table["value"])).drop_columns(["value"])
    missing = [name for name in (*_NEEDED, "thousandths") if name not in table.column_names]
    if missing:
        said = ", ".join("value" if name == "thousandths" else name for name in missing)
        raise InvalidTable(f"{path.name} has no column {said}; it has {', '.join(table.column_names)}")
    unknown = [name for name in table.column_names if name not in SCHEMA.names]
    if unknown:
        raise InvalidTable(f"{path.name} has columns that are not known: {', '.join(unknown)}")
    table = _typed(table, path.name)
    for name in (*_NEEDED, "thousandths"):
        if table[name].null_count:
            raise InvalidTable(f"{path.name} has {table[name].null_count} values without {name}")
    if table["payload_id"].null_count:
        table = _in_days(table)
    given = pa.scalar(registered or datetime.now(UTC), SCHEMA.field("registration_time").type)
    filled = {"registration_time": given, "kind": pa.scalar("Metered"), "imbalance_settlement": pa.scalar(False)}
    for name, value in filled.items():
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        table = _with(table, name, column.fill_null(value))
    return table


def _raw(path: Path) -> pa.Table:
    """What stands in the file, under its own names."""
    name = path.name.removesuffix(".gz")
    try:
        if name.endswith(".parquet"):
            return pq.ParquetFile(path).read()
        data = path.read_bytes()
        if path.name.endswith(".gz"):
            data = gzip.decompress(data)
        if name.endswith(".csv"):
            header = data.split(b"\n", 1)[0].decode("utf-8-sig").strip().replace('"', "").split(",")
            options = pa_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
            )
            return pa_csv.read_csv(pa.BufferReader(data), convert_options=options)
        if name.endswith(".jsonl"):
            rows = [json.loads(line, parse_float=str, parse_int=str) for line in data.splitlines() if line.strip()]
            names = dict.fromkeys(name for row in rows for name in row)  # a row leaves out what it has not
            return pa.table({name: [row.get(name) for row in rows] for name in names})
    except (
        pa.ArrowException,
        EOFError,
        gzip.BadGzipFile,
        UnicodeDecodeError,
        json.JSONDecodeError,
        AttributeError,
        TypeError,
    ) as error:
        raise InvalidTable(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from None
    raise InvalidTable(f"{path.name} is no .parquet, .csv or .jsonl")


def _thousandths(values: Any) -> Any:
    """Decimal values times 1000, exact."""
    try:
        text = values if pa.types.is_decimal(values.type) else values.cast(pa.string())
        exact = text.cast(pa.decimal128(18, 3))
        return pc.multiply(exact, pa.scalar(1000, pa.int64())).cast(pa.int64())
    except pa.ArrowException as error:
        raise InvalidTable(f"value: {str(error).splitlines()[0]}; expected at most three decimals, as 1.250") from None


def _typed(table: pa.Table, name: str) -> pa.Table:
    """Every column of the schema, in its type; empty where the file has none."""
    columns = []
    for field in SCHEMA:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        try:
            if pa.types.is_timestamp(field.type) and pa.types.is_string(column.type):
                column = pc.cast(column, pa.timestamp("us", tz="UTC"))
            columns.append(
                column.cast(pa.string()).dictionary_encode()
                if pa.types.is_dictionary(field.type)
                else column.cast(field.type)
            )
        except pa.ArrowException as error:
            raise InvalidTable(f"{name}: {field.name}: {str(error).splitlines()[0]}") from None
    return pa.table(columns, schema=SCHEMA)


def _in_days(table: pa.Table) -> pa.Table:
    """Values that belong to no series yet, as series of one channel and one Norwegian day."""
    local = pc.local_timestamp(table["start"].cast(pa.timestamp("us", tz=str(OSLO))))
    plain = {name: table[name].cast(pa.string()) for name in _DAY[:-1]}
    order = pc.sort_indices(
        pa.table({**plain, "start": table["start"]}), sort_keys=[(name, "ascending") for name in (*plain, "start")]
    )
    table = table.take(order)
    keys = pa.table({**plain, "day": local.cast(pa.date32())}).take(order).to_pylist()
    starts = table["start"].to_pylist()
    names: list[str] = []
    sequence: list[int] = []
    ends: list[datetime] = []
    begins: list[datetime] = []
    closes: list[datetime] = []
    first = 0
    while first < len(keys):
        key = keys[first]
        last = first
        while last < len(keys) and keys[last] == key:
            last += 1
        step = _whole(key, starts[first:last])
        names += [str(uuid5(_NAMES, "/".join(map(str, key.values()))))] * (last - first)
        sequence += range(1, last - first + 1)
        ends += [start + step for start in starts[first:last]]
        begins += [starts[first]] * (last - first)
        closes += [ends[-1]] * (last - first)
        first = last
    table = _with(table, "payload_id", pa.array(names))
    made = {"sequence": sequence, "end": ends, "period_start": begins, "period_end": closes}
    for name, values in made.items():
        table = _with(table, name, pa.array(values))
    return table


def _whole(key: dict[str, Any], starts: list[datetime]) -> timedelta:
    """The length of an interval, where the values of a day are all there."""
    length = STEPS.get(str(key["resolution"]))
    if length is None:
        raise InvalidTable(f"resolution is {key['resolution']}; expected one of {', '.join(STEPS)}")
    step = timedelta(microseconds=length)
    day: date = key["day"]
    begin, end = midnight(day).astimezone(UTC), midnight(day + timedelta(days=1)).astimezone(UTC)
    expected = [begin + step * number for number in range((end - begin) // step)]
    if starts != expected:
        strange = sorted(set(starts) - set(expected))
        more = f", {strange[0].isoformat()} is no start of one" if strange else ""
        twice = ", some of them twice" if len(set(starts)) < len(starts) else ""
        raise InvalidTable(
            f"{key['metering_point']} has {len(starts)} of {len(expected)} values on {day}{more}{twice}; "
            "a series is a whole day"
        )
    return step


def _with(table: pa.Table, name: str, column: Any) -> pa.Table:
    field = SCHEMA.field(name)
    kind = field.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    return table.set_column(SCHEMA.get_field_index(name), field, column.cast(kind))
