"""Keeping the files few: small ones are put together, and what no manifest names is removed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel._memory import give_back
from ediel.series.versions import CHANNEL
from ediel.store import Conflict, Store, stamp
from ediel.values._files import CURSOR, STORED, Row, packed, together
from ediel.values._store import ValuesStore
from ediel.values.errors import ValuesError

__all__ = ["GRACE", "check", "clean", "compact"]

_LAST: Final = np.iinfo("i8").max
"""Stands for no moment: at the end."""
GRACE: Final = timedelta(hours=24)
"""A file that no manifest names is let be for so long: it may be on its way, or somebody may still read it."""
_LEAST: Final = 16
"""Files of a party and month from which on small ones are put together."""
_LARGE: Final = 250_000
"""Values from which on a file is left as it is: one or two megabytes. What is put together, twice as many at the most,
is held in memory: 130 bytes a value."""


def compact(values: ValuesStore, store: Store, now: datetime, *, least: int = _LEAST, large: int = _LARGE) -> int:
    """Put small files of a party and month together; every version stays, and every cursor means what it did.

    Args:
        values: the values store.
        store: its database.
        now: the moment.
        least: how many small files there are at the least.
        large: from how many values on a file is left as it is; a new one has at most twice as many.

    Returns:
        How many files are fewer.
    """
    gone = 0
    for rows in list(_small(values.manifest(), least, large)):
        if _put_together(values, store, rows, now):
            gone += len(rows) - 1
        give_back()  # before the next ones are read
    return gone


def _put_together(values: ValuesStore, store: Store, rows: list[Row], now: datetime) -> bool:
    """One file in place of several; false where another process was there first."""
    whole = _in_order([together([values.read(row) for row in rows])])
    data, sha256 = packed(whole)
    first, last = rows[0], rows[-1]
    path = f"party={first['party']}/month={first['month']}/{last['last_cursor']:012}-{uuid4().hex[:8]}c.parquet"
    values.folder.write(path, data)
    row = {
        "path": path, "party": first["party"], "month": first["month"],
        "first_cursor": min(row["first_cursor"] for row in rows),
        "last_cursor": max(row["last_cursor"] for row in rows),
        "rows": whole.num_rows, "size": len(data), "sha256": sha256, "message_id": None, "sender": None,
        "added_at": stamp(now),
    }  # fmt: skip
    try:
        with store.unit() as unit:
            unit.replace_files([row["path"] for row in rows], [row])
    except Conflict:
        values.folder.remove(path)
        return False
    return True


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """By channel, time and arrival: what is asked for together lies together.

    Args:
        tables: one table, which is let go column by column.
    """
    whole = tables.pop().unify_dictionaries()
    keys = [whole[CURSOR].to_numpy(), whole["start"].cast(pa.int64()).fill_null(_LAST).to_numpy()]
    order = pa.array(np.lexsort([*keys, *(_ranks(whole[name]) for name in reversed(CHANNEL))]))
    columns = []
    for name in whole.column_names:
        columns.append(whole[name].take(order))
        whole = whole.drop_columns([name])
    return pa.table(columns, schema=STORED)


def _ranks(column: pa.ChunkedArray) -> Any:
    """Numbers in the order of the words; none at the end."""
    one = column.combine_chunks()
    words = one.dictionary
    rank = np.empty(len(words) + 1, "i4")
    rank[pc.sort_indices(words).to_numpy()] = np.arange(len(words), dtype="i4")
    rank[-1] = len(words)
    return rank[one.indices.fill_null(len(words)).to_numpy()]


def _small(manifest: list[Row], least: int, large: int) -> Iterator[list[Row]]:
    """Files that are worth to be put together, of one party and month each; at most so many values at a time."""

    def key(row: Row) -> tuple[str, str]:
        return row["party"], row["month"]

    for _, group in groupby(sorted(manifest, key=lambda row: (*key(row), row["last_cursor"], row["path"])), key):
        small = [row for row in group if row["rows"] < large]
        if len(small) < least:
            continue
        some: list[Row] = []
        for row in small:
            if len(some) > 1 and sum(item["rows"] for item in some) + row["rows"] > 2 * large:
                yield some
                some = []
            some.append(row)
        if len(some) > 1:
            yield some


def clean(values: ValuesStore, now: datetime, *, grace: timedelta = GRACE) -> list[str]:
    """Remove the files that do not exist by the manifest: left behind by a crash, or put together with others.

    Args:
        values: the values store.
        now: the moment, by the clock that the files are stamped with.
        grace: younger ones stay.

    Returns:
        Names of those that were removed.
    """
    there = [(name, written) for name, written in values.folder.names() if written <= now - grace]
    known = {row["path"] for row in values.manifest()}  # read after the names: what was committed meanwhile is known
    stray = [name for name, _ in there if name not in known]
    for name in stray:
        values.folder.remove(name)
    return stray


def check(values: ValuesStore) -> list[str]:
    """Read every file that exists, and say of each that is missing or damaged what is wrong; nothing is changed."""
    problems = []
    for row in values.manifest():
        try:
            data = values.folder.read(row["path"])
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                problems.append(f"{values.folder.address(row['path'])} is damaged: its digest is another")
            elif values.read(row).num_rows != row["rows"]:
                problems.append(f"{values.folder.address(row['path'])} does not hold {row['rows']} values")
        except FileNotFoundError:
            problems.append(f"{values.folder.address(row['path'])} is missing")
        except (OSError, ValuesError) as error:
            problems.append(str(error))
    return problems
