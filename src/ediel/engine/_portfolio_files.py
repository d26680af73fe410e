"""Portfolios in files: CSV, JSON lines or Parquet, read a row at a time; every mistake with its row and column."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from pydantic import ValidationError

from ediel.engine import commands
from ediel.engine.commands import Command
from ediel.engine.portfolio import KINDS, Row, UnderWay
from ediel.errors import InvalidTable
from ediel.series.errors import Mistake

__all__ = ["COLUMNS", "Cells", "cells_of", "row_of"]

_DELIMITERS: Final = (",", ";", "\t")
_ORDERS: Final = {
    name: kind
    for name in commands.__all__
    if isinstance(kind := getattr(commands, name), type) and issubclass(kind, Command) and kind is not Command
}
_OWN: Final = {
    kind: (*model.model_fields, *(("command",) if model is UnderWay else ())) for kind, model in KINDS.items()
}
COLUMNS: Final = ("kind", *dict.fromkeys(("metering_point", *(name for names in _OWN.values() for name in names))))
"""Every column that a file may have."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A row as it stands in a file.

    Attributes:
        number: of the row: the line in a text file, from 1; the row of a Parquet file, from 1.
        cells: what is in it by column, without what is empty.
        problem: why it could not be cut into columns.
    """

    number: int
    cells: Mapping[str, object]
    problem: str | None = None


def cells_of(path: Path) -> Iterator[Cells]:
    """The rows of a file.

    Args:
        path: ``.csv`` (divided by commas, semicolons or tabs, the first line with names), ``.jsonl`` or ``.parquet``.

    Raises:
        InvalidTable: the file is of another form, or has a column that is not known.
        OSError: it cannot be read.
    """
    name = path.name.lower()
    if name.endswith(".parquet"):
        yield from _parquet(path)
        return
    if not name.endswith((".csv", ".jsonl")):
        raise InvalidTable(f"{path.name} is no .csv, .jsonl or .parquet")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _csv(path, file) if name.endswith(".csv") else _lines(file)
    except UnicodeDecodeError:
        raise InvalidTable(f"{path.name} is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise InvalidTable(f"{path.name} is no CSV: {error}") from None


def _known(path: Path, names: Iterable[str]) -> None:
    names = list(names)
    if unknown := [name for name in names if name not in COLUMNS]:
        raise InvalidTable(
            f"{path.name} has columns that are not known: {', '.join(unknown)}; expected of {', '.join(COLUMNS)}"
        )
    if "kind" not in names:
        raise InvalidTable(f"{path.name} has no column kind; expected one that says {', '.join(KINDS)}")
    if len(set(names)) < len(names):
        raise InvalidTable(f"{path.name} has a column twice; it has {', '.join(names)}")


def _csv(path: Path, file: TextIO) -> Iterator[Cells]:
    header = file.readline()
    if not header.strip():
        raise InvalidTable(f"{path.name} is empty; expected a line with the names of the columns")
    delimiter = max(_DELIMITERS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    _known(path, names)
    reader = csv.reader(file, delimiter=delimiter)
    begins = 2
    for fields in reader:
        number, begins = begins, reader.line_num + 2  # a cell in quotes may go over several lines
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(names):
            yield Cells(number, {}, f"{len(fields)} columns; expected {len(names)}, as in the first line")
            continue
        yield Cells(number, {name: text for name, field in zip(names, fields, strict=True) if (text := field.strip())})


def _lines(file: TextIO) -> Iterator[Cells]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            yield Cells(number, {}, 'the line is no JSON object; expected one, such as {"kind": "contract", ...}')
            continue
        if unknown := [str(name) for name in found if name not in COLUMNS]:
            yield Cells(number, {}, f"names that are not known: {', '.join(unknown)}; expected of {', '.join(COLUMNS)}")
            continue
        yield Cells(number, {name: value for name, value in found.items() if value is not None and value != ""})


def _parquet(path: Path) -> Iterator[Cells]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise InvalidTable(f"{path.name}: Parquet needs the extra series: pip install 'ediel[series]'") from None
    try:
        with pq.ParquetFile(path) as file:
            _known(path, file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches(10_000):
                for found in batch.to_pylist():
                    number += 1
                    yield Cells(number, {name: value for name, value in found.items() if value not in (None, "")})
    except pa.ArrowException:
        raise InvalidTable(f"{path.name} is no Parquet file, or is damaged") from None


def row_of(found: Cells) -> Row | list[Mistake]:
    """A typed row, or what is wrong with it."""
    number, cells = found.number, dict(found.cells)
    if found.problem is not None:
        return [Mistake(number, None, None, found.problem)]
    kind = cells.pop("kind", None)
    model = KINDS.get(str(kind))
    point = str(cells["metering_point"]) if "metering_point" in cells else None
    if model is None:
        expected = ", ".join(KINDS)
        return [
            Mistake(number, "kind", point, f"found {'nothing' if kind is None else repr(kind)}; expected {expected}")
        ]
    allowed = (*_OWN[model.kind], *(("metering_point",) if model is UnderWay else ()))
    mistakes = [
        Mistake(number, name, point, f"filled; expected nothing here in a row of the kind {model.kind}")
        for name in cells
        if name not in allowed
    ]
    if model is UnderWay:
        mistakes += _ordered(number, point, cells)
    if mistakes:
        return mistakes
    try:
        return model.model_validate(cells)
    except ValidationError as error:
        return _problems(error, number, point, model.personal)


def _ordered(number: int, point: str | None, cells: dict[str, Any]) -> list[Mistake]:
    """Make the order of a row from its cells, and give back what is wrong with it."""
    name = str(cells.pop("command", ""))
    kind = _ORDERS.get(name)
    if kind is None:
        return [Mistake(number, "command", point, f"found {name or 'nothing'}; expected one of {', '.join(_ORDERS)}")]
    mistakes = []
    for column in ("order", "tags"):
        if isinstance(text := cells.get(column), str):
            try:
                cells[column] = json.loads(text)
            except ValueError:
                mistakes.append(Mistake(number, column, point, "no JSON; expected an object"))
    given = cells.get("order", {})
    if mistakes:
        return mistakes
    if not isinstance(given, dict):
        return [Mistake(number, "order", point, "expected a JSON object with the fields of the order")]
    own = cells.pop("metering_point", None)
    if own is not None and "metering_point" in kind.model_fields:
        if str(given.get("metering_point", own)) != str(own):
            return [Mistake(number, "metering_point", point, "another point than in the order")]
        given = {**given, "metering_point": own}
    try:
        cells["order"] = kind.model_validate_json(json.dumps(given, default=str))
    except ValidationError as error:
        return [
            Mistake(number, "order", point, f"{'.'.join(map(str, item['loc']))}: {item['msg']}")
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        ]
    return []


def _problems(error: ValidationError, number: int, point: str | None, personal: frozenset[str]) -> list[Mistake]:
    mistakes = []
    for item in error.errors(include_url=False, include_context=False):
        column = str(item["loc"][0]) if item["loc"] else None
        if item["type"] == "missing":
            text = "empty; expected a value"
        elif column is None or column in personal:
            text = item["msg"]
        else:
            text = f"found {str(item['input'])[:60]!r}; {item['msg'][:1].lower()}{item['msg'][1:]}"
        mistakes.append(Mistake(number, column, point, text))
    return mistakes
