"""Rows of text from a file of values: CSV in the forms that people have it, JSON lines, or Parquet."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ediel.errors import InvalidTable
from ediel.series._columns import SCHEMA
from ediel.series.errors import Mistake

__all__ = ["Reading", "Rows", "each", "rows_of"]

_DELIMITERS: Final = (",", ";", "\t", "|")
_WORDS: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", ".": "a point"}
_KNOWN: Final = frozenset({*SCHEMA.names, "value"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a CSV file is to be read; what is not given is found out where that is certain.

    Attributes:
        delimiter: what stands between two columns.
        decimal: what stands before the decimals of a value: ``.`` or ``,``.
        columns: names in the file for names of ``ediel.series.SCHEMA`` (and ``value``).
    """

    delimiter: str | None = None
    decimal: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InvalidTable(f"the delimiter is {self.delimiter!r}; expected one character, such as ;")
        if self.decimal not in {None, ".", ","}:
            raise InvalidTable(f"the decimal sign is {self.decimal!r}; expected . or ,")
        if unknown := sorted(set(self.columns.values()) - _KNOWN):
            raise InvalidTable(f"there is no column {', '.join(unknown)}; expected one of {', '.join(sorted(_KNOWN))}")


@dataclass(slots=True)
class Rows:
    """The rows of a file.

    Attributes:
        name: of the file.
        table: its columns under the names of the schema, as text where the file has text.
        numbers: of each row its number in the file.
        names: of each column its name in the file.
        decimal: what stands before the decimals of a value, or nothing where that is to be found out.
        delimiter: of a CSV file.
        mistakes: rows that could not be cut into columns.
        notes: what was found out about its form.
    """

    name: str
    table: pa.Table
    numbers: Any
    names: dict[str, str]
    decimal: str | None
    delimiter: str | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rows_of(path: Path, reading: Reading) -> Rows:
    """The rows of a file.

    Raises:
        InvalidTable: it is of another form.
        OSError: it cannot be read.
    """
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return _parquet(path, reading)
    if not name.endswith((".csv", ".jsonl")):
        raise InvalidTable(f"{path.name} is no .parquet, .csv or .jsonl")
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b" or path.name.lower().endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            raise InvalidTable(f"{path.name} cannot be unpacked; it is no whole gzip file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidTable(f"{path.name}: line {line} is not UTF-8; save the file as UTF-8") from None
    if not text.strip():
        raise InvalidTable(f"{path.name} is empty")
    return _csv(path, text, reading) if name.endswith(".csv") else _lines(path, text, reading)


def _renamed(path: Path, found: list[str], reading: Reading) -> dict[str, str]:
    """Of each name of the schema, the name in the file."""
    names: dict[str, str] = {}
    for own in found:
        name = reading.columns.get(own, own)
        if name in names:
            raise InvalidTable(f"{path.name} has two columns for {name}: {names[name]} and {own}")
        names[name] = own
    if absent := [own for own in reading.columns if own not in found]:
        raise InvalidTable(f"{path.name} has no column {', '.join(absent)}; it has {', '.join(found)}")
    return names


def _csv(path: Path, text: str, reading: Reading) -> Rows:
    header = text.split("\n", 1)[0].rstrip("\r")
    delimiter, certain = (reading.delimiter, True) if reading.delimiter else _delimiter(header, reading)
    found = [cell.strip().strip('"').strip() for cell in header.split(delimiter)]
    names = _renamed(path, found, reading)
    mistakes: list[Mistake] = []
    skipped: set[int] = set()

    def handle(row: Any) -> str:
        skipped.add(row.number)
        if row.text.strip(f"{delimiter}\r\n\t "):
            problem = f"{row.actual_columns} columns, expected {row.expected_columns}"
            mistakes.append(
                Mistake(row.number, None, None, f"{problem}; {_WORDS.get(delimiter, delimiter)} divides them")
            )
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pa_csv.ReadOptions(use_threads=False, column_names=found, skip_rows=1),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=handle
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(found, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowException:
        raise InvalidTable(f"{path.name} cannot be read as CSV: a quotation mark is not closed") from None
    numbers = np.array(
        [number for number in range(2, table.num_rows + len(skipped) + 2) if number not in skipped], "i8"
    )
    table = table.rename_columns(list(names))
    empty = np.ones(table.num_rows, "?")
    for column in table.columns:
        empty &= column.is_null().to_numpy()
    if empty.any():  # blank lines
        table, numbers = table.filter(pa.array(~empty)), numbers[~empty]
    notes = []
    if reading.delimiter is None and delimiter != ",":
        notes.append(f"{path.name}: {_WORDS[delimiter]} divides the columns")
    if not certain and len(found) == 1:
        raise InvalidTable(f"{path.name} has one column, {found[0]!r}; give --delimiter")
    return Rows(path.name, table, numbers, names, reading.decimal, delimiter, mistakes, notes)


def _delimiter(header: str, reading: Reading) -> tuple[str, bool]:
    """What divides the columns: with what the header has the most names that are known."""
    known = _KNOWN | set(reading.columns)

    def names(delimiter: str) -> int:
        return sum(cell.strip().strip('"').strip() in known for cell in header.split(delimiter))

    best = max(_DELIMITERS, key=names)
    return (best, True) if names(best) > 1 else (max(_DELIMITERS, key=header.count), False)


def _lines(path: Path, text: str, reading: Reading) -> Rows:
    rows: list[dict[str, Any]] = []
    numbers, mistakes = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=str, parse_int=str)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            mistakes.append(Mistake(number, None, None, "is no JSON object; expected one in each line"))
            continue
        rows.append(row)
        numbers.append(number)
    result = list(dict.fromkeys(name for row in rows for name in row))  # a row leaves out what it has not
    names = _renamed(path, result, reading)
    table = pa.table(
        {name: pa.array([_text(row.get(own)) for row in rows], pa.string()) for name, own in names.items()}
    )
    return Rows(path.name, table, np.array(numbers, "i8"), names, reading.decimal or ".", None, mistakes)


def _text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _parquet(path: Path, reading: Reading) -> Rows:
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise InvalidTable(f"{path.name} cannot be read: it is no whole Parquet file") from None
    names = _renamed(path, table.column_names, reading)
    numbers = np.arange(1, table.num_rows + 1)
    return Rows(path.name, table.rename_columns(list(names)), numbers, names, ".")


def each(rows: Rows, wrong: Any) -> Iterator[tuple[int, int, str | None]]:
    """Of rows that are marked: their places, their numbers, and their metering points."""
    points = rows.table["metering_point"] if "metering_point" in rows.table.column_names else None
    for place in np.flatnonzero(wrong).tolist():
        point = None if points is None else points[place].as_py()
        yield place, int(rows.numbers[place]), None if point is None else str(point)
