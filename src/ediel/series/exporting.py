"""Handing values over, a file for each month: Parquet, compressed CSV, JSON lines. Files appear whole or not at all."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ediel.calendar import OSLO
from ediel.series._read import read_table

__all__ = ["FORMS", "Written", "convert", "export"]

Form = Literal["parquet", "csv", "jsonl"]
FORMS: Final = ("parquet", "csv", "jsonl")
_ENDINGS: Final = {"parquet": ".parquet", "csv": ".csv.gz", "jsonl": ".jsonl.gz"}


@dataclass(frozen=True, slots=True)
class Written:
    """One file.

    Attributes:
        path: where it is.
        rows: how many values.
        skipped: it was there already, from an earlier run of the same input.
    """

    path: Path
    rows: int
    skipped: bool = False


def export(table: pa.Table, folder: Path, form: Form, stem: str = "values") -> Iterator[Written]:
    """Write a table, one file for each Norwegian month of the start.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        folder: where; ``month=2026-11/STEM.parquet`` and the like are made in it.
        form: ``parquet`` (zstd, words as dictionaries), ``csv`` or ``jsonl`` (both gzip).
        stem: name of the files.
    """
    local = pc.local_timestamp(pc.assume_timezone(pc.cast(table["start"], pa.timestamp("us")), "UTC").cast(
        pa.timestamp("us", tz=str(OSLO))
    ))  # fmt: skip
    months = pc.strftime(local, "%Y-%m")
    for month in sorted(value for value in pc.unique(months).to_pylist() if value is not None):
        part = table.filter(pc.equal(months, month)).combine_chunks()
        path = folder / f"month={month}" / f"{stem}{_ENDINGS[form]}"
        _write(path, _bytes(part, form))
        yield Written(path, part.num_rows)


def _bytes(table: pa.Table, form: Form) -> bytes:
    out = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, out, compression="zstd", use_dictionary=True)
        return out.getvalue()
    plain = pa.table({name: _flat(table[name]) for name in table.column_names})
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as packed:
        if form == "csv":
            pa_csv.write_csv(plain, packed)
        else:
            import json  # noqa: PLC0415 - beside its only use

            for row in plain.to_pylist():
                kept = {name: value for name, value in row.items() if value is not None}
                packed.write(json.dumps(kept, ensure_ascii=False).encode() + b"\n")
    return out.getvalue()


def _flat(column: Any) -> Any:
    """Words as they are, moments as ISO text in UTC."""
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us", tz="UTC"))
        whole = moments.cast(pa.timestamp("s", tz="UTC"), safe=False)
        if pc.all(pc.equal(whole.cast(moments.type), moments)).as_py() is not False:
            moments = whole  # fractions of a second are written where a column has some
        return pc.strftime(moments, "%Y-%m-%dT%H:%M:%SZ")
    return column


def convert(paths: Iterable[Path], folder: Path, form: Form) -> Iterator[tuple[Path, list[Written]]]:
    """Convert files, one by one; a file whose output is newer than itself is let pass: a run can be begun again.

    Yields:
        Each input with what was written of it.

    Raises:
        InvalidMessage: a file is not valid; those before it are written.
        OSError: a file cannot be read or written.
    """
    for path in paths:
        stem = path.name.removesuffix(".gz").removesuffix(".xml")
        done = folder / ".done" / f"{stem}.{form}"
        if done.exists() and done.stat().st_mtime >= path.stat().st_mtime:
            yield path, [Written(Path(line), 0, skipped=True) for line in done.read_text().splitlines()]
            continue
        written = list(export(read_table(path.read_bytes()), folder, form, stem))
        _write(done, "\n".join(str(item.path) for item in written).encode())
        yield path, written


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    temporary.replace(path)
