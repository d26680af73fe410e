"""Handing values over, a file for each month: Parquet, CSV, JSON lines, Excel. Files appear whole or not at all."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ediel.calendar import OSLO
from ediel.series._columns import SCHEMA
from ediel.series._lines import flat, json_lines
from ediel.series.excel import Sheets
from ediel.series.versions import latest

__all__ = ["FORMS", "Form", "Written", "by_month", "export", "hand_over"]

Form = Literal["parquet", "csv", "jsonl", "xlsx"]
FORMS: Final = ("parquet", "csv", "jsonl")
"""Forms that can be read again; a workbook is for people."""
_EFFORT: Final = 3
"""Of gzip: a fifth larger than with the usual 6, in a third of the time."""
ENDINGS: Final = {"parquet": ".parquet", "csv": ".csv.gz", "jsonl": ".jsonl.gz", "xlsx": ".xlsx"}


@dataclass(frozen=True, slots=True)
class Written:
    """One file.

    Attributes:
        path: where it is.
        rows: how many values.
    """

    path: Path
    rows: int


def export(tables: pa.Table | Iterable[pa.Table], folder: Path, form: Form, stem: str = "values") -> Iterator[Written]:
    """Write values, one file for each Norwegian month of the start; ``month=unknown`` where there is no start.

    Args:
        tables: values by ``ediel.series.SCHEMA``, one table after the other.
        folder: where; ``month=2026-11/STEM.parquet`` and the like are made in it.
        form: ``parquet`` (zstd, words as dictionaries), ``csv`` or ``jsonl`` (both gzip), ``xlsx`` (for people; needs
            the extra ``excel``).
        stem: name of the files.

    Raises:
        OSError: a file cannot be written; none of this call is there then.
    """
    months: dict[str, _Month] = {}
    try:
        for table in [tables] if isinstance(tables, pa.Table) else tables:
            for month, part in by_month(table):
                if month not in months:
                    path = folder / f"month={month}" / f"{stem}{ENDINGS[form]}"
                    months[month] = _Month(path, form)
                months[month].add(part)
        for writer in months.values():
            writer.close()
    except BaseException:
        for writer in months.values():
            writer.drop()
        raise
    for _, writer in sorted(months.items()):
        yield writer.keep()


def by_month(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The parts of a table by Norwegian month; in most tables there is one."""
    if table["start"].null_count:  # a value without a period
        absent = table["start"].is_null()
        yield "unknown", table.filter(absent)
        table = table.filter(pc.invert(absent))
    if not table.num_rows:
        return
    edges = pc.min_max(table["start"])
    months = sorted({_month(edges["min"].as_py()), _month(edges["max"].as_py())})
    if len(months) == 1:
        yield months[0], table
        return
    local = pc.local_timestamp(table["start"].cast(pa.timestamp("us", tz=str(OSLO))))
    number = pc.add(pc.multiply(pc.year(local), 100), pc.month(local))
    for value in sorted(pc.unique(number).drop_null().to_pylist()):
        yield f"{value // 100}-{value % 100:02}", table.filter(pc.equal(number, value))


def _month(moment: Any) -> str:
    return f"{moment.astimezone(OSLO):%Y-%m}"


class _Month:
    """One file that is being written under another name."""

    def __init__(self, path: Path, form: Form) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._temporary = path.with_name(f".{path.name}.new")
        self._form = form
        self._open = ExitStack()
        self._writer: Any = None
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        self._rows += table.num_rows
        if self._form == "jsonl":
            self._writer = self._writer or self._packed()
            for lines in json_lines(table):
                self._writer.write(lines)
            return
        if self._form == "xlsx":
            if self._writer is None:
                self._writer = Sheets(self._temporary)
                self._open.callback(self._writer.close)
            self._writer.add(table)
            return
        part = _plain(table) if self._form == "csv" else table.unify_dictionaries().combine_chunks()
        if self._writer is None:
            if self._form == "csv":
                self._writer = self._open.enter_context(pa_csv.CSVWriter(self._packed(), part.schema))
            else:
                self._writer = self._open.enter_context(
                    pq.ParquetWriter(self._temporary, part.schema, compression="zstd", use_dictionary=_WORDS)
                )
        self._writer.write_table(part)

    def _packed(self) -> Any:
        file = self._open.enter_context(self._temporary.open("wb"))
        return self._open.enter_context(gzip.GzipFile("", "wb", _EFFORT, file, mtime=0))

    def close(self) -> None:
        self._open.close()

    def drop(self) -> None:
        with suppress(OSError, pa.ArrowException):  # a full disk; the file goes all the same
            self._open.close()
        self._temporary.unlink(missing_ok=True)

    def keep(self) -> Written:
        self._temporary.replace(self._path)
        return Written(self._path, self._rows)


_WORDS: Final = [name for name in SCHEMA.names if name not in {"thousandths", "imbalance_settlement"}]
"""Columns in which the same comes again and again."""


def _plain(table: pa.Table) -> pa.Table:
    return pa.table({name: flat(table[name]) for name in table.column_names})


def hand_over(tables: Iterable[pa.Table], folder: Path, form: Form, stem: str = "values") -> Iterator[Written]:
    """The newest version of every value, one file for each Norwegian month, however often values have come.

    Memory is bounded by a month. Files in between are made in the folder, and are gone at the end.

    Args:
        tables: values by ``ediel.series.SCHEMA``, in any order.
        folder: where; made when it is not there.
        form: as ``export`` has it.
        stem: name of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".parts-") as parts:
        for part in list(export(tables, Path(parts), "parquet")):
            month = pq.ParquetFile(part.path).read()
            yield from export(latest(month.cast(SCHEMA)), folder, form, stem)
