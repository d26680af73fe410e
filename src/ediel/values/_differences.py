"""What of a values store is otherwise than it was, month by month."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from ediel.series._columns import SCHEMA, micros
from ediel.series.versions import CHANGES, CHANNEL, arrived, changed
from ediel.values._files import CURSOR

if TYPE_CHECKING:
    from ediel.values._store import ValuesStore

__all__ = ["differences"]

_SUMS: Final = tuple(name for name in CHANGES.names if name not in {*CHANNEL, "unit", "start", "end"})


def differences(
    values: ValuesStore, since: int | datetime, points: frozenset[str] | None, party: str | None
) -> pa.Table:
    """See ``ValuesStore.differences``."""
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise ValueError("since has no time zone")
        months = values.months(party)
    else:  # where nothing came since, nothing has changed
        months = sorted({row["month"] for row in values.manifest(party=party, after=since)})
    parts = []
    for month in months:
        whole = values.of_month(month, points, party)
        rows = whole.select(SCHEMA.names).unify_dictionaries().combine_chunks()
        if not rows.num_rows:
            continue
        if isinstance(since, datetime):
            known = arrived(rows) <= micros(since)
        else:
            known = np.asarray(whole[CURSOR].to_numpy()) <= since
        parts.append(changed(rows, known))
    return _whole(pa.concat_tables(parts)) if parts else CHANGES.empty_table()


def _whole(parts: pa.Table) -> pa.Table:
    """One row for a channel, of those of its months."""
    how = [("unit", "first"), ("start", "min"), ("end", "max"), *((name, "sum") for name in _SUMS)]
    found = parts.group_by(list(CHANNEL), use_threads=False).aggregate(how)
    named = {name: f"{name}_{kind}" for name, kind in how}
    columns = [found[named.get(field.name, field.name)].cast(field.type) for field in CHANGES]
    return pa.table(columns, schema=CHANGES).sort_by([(name, "ascending") for name in CHANNEL])
