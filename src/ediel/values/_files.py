"""Tables of values as Parquet, and back. A compacted file has a column more: which arrival each value came with."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ediel.series._columns import SCHEMA, words_of
from ediel.values._folder import Folder
from ediel.values.errors import ValuesError

__all__ = ["CURSOR", "STORED", "Row", "lean", "packed", "read_file", "together"]

CURSOR: Final = "cursor"
"""Column with the number of the arrival."""
STORED: Final = SCHEMA.append(pa.field(CURSOR, pa.int64()))
"""The columns of a compacted file."""
_NUMBERS: Final = frozenset({"thousandths", "imbalance_settlement"})
_ROWS: Final = 250_000
"""In a group of rows: what is read at the least to find one point."""

_LEVEL: Final = 1
"""Of columns, higher levels make larger files than this one, and take more time and memory."""

Row = dict[str, Any]
"""A row of the manifest."""


def packed(table: pa.Table) -> tuple[bytes, str]:
    """A table as a Parquet file, and the digest of it."""
    out = io.BytesIO()
    words = [name for name in table.column_names if name not in _NUMBERS]
    pq.write_table(
        table.unify_dictionaries(), out, compression="zstd", compression_level=_LEVEL, use_dictionary=words,
        row_group_size=_ROWS, write_page_checksum=True,
    )  # fmt: skip
    data = out.getvalue()
    return data, hashlib.sha256(data).hexdigest()


def read_file(
    folder: Folder, row: Row, *, points: Collection[str] | None = None, columns: Collection[str] | None = None
) -> pa.Table:
    """The values of a file, with their cursor.

    Args:
        folder: where it is.
        row: its row of the manifest.
        points: of these metering points alone.
        columns: these alone.

    Raises:
        FileNotFoundError: it is not there.
        ValuesError: it is not what was written.
    """
    compacted = row["first_cursor"] != row["last_cursor"]
    wanted = None
    if columns is not None:
        wanted = [name for name in columns if name != CURSOR or compacted]
    chosen = None if points is None else [("metering_point", "in", sorted(points))]
    try:
        with folder.open(row["path"]) as file:
            table = pq.read_table(
                file, columns=wanted, filters=chosen, page_checksum_verification=True, pre_buffer=False
            )
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise ValuesError(f"{folder.address(row['path'])} cannot be read: {error}. Restore it from a backup") from None
    if compacted:
        return table
    return with_cursor(table, row["first_cursor"]) if columns is None or CURSOR in columns else table


def with_cursor(table: pa.Table, cursor: int) -> pa.Table:
    """A table with the number of the arrival that it came with."""
    return table.append_column(STORED.field(CURSOR), pa.array(np.full(table.num_rows, cursor, "i8")))


def together(tables: list[pa.Table]) -> pa.Table:
    """Tables with a cursor, one after the other."""
    return pa.concat_tables([table.cast(STORED) for table in tables]) if tables else STORED.empty_table()


def lean(table: pa.Table) -> pa.Table:
    """Without the words of others in its dictionaries: a part of a table points into those of the whole."""
    columns = [_own(column) if pa.types.is_dictionary(column.type) else column for column in table.itercolumns()]
    return pa.table(columns, schema=table.schema)


def _own(column: pa.ChunkedArray) -> pa.Array:
    words = words_of(column)
    seen = np.zeros(len(words.distinct) + 1, "?")
    seen[words.places] = True  # -1, for none, is the last one
    used = np.flatnonzero(seen[:-1])
    if len(used) == len(words.distinct):
        return column
    number = np.full(len(seen), -1, "i4")
    number[used] = np.arange(len(used), dtype="i4")
    places = number[words.places]
    indices = pa.array(places, mask=places < 0)
    return pa.DictionaryArray.from_arrays(indices, words.distinct.take(pa.array(used))).cast(column.type)
