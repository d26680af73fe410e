"""Handing values over to a Delta Lake table, each exactly once: for Spark, Databricks, Fabric.

Where the hand-over stands is written in the commits of the table itself, as an application transaction: what was handed
over and up to where cannot disagree, whoever is killed when. Needs the extra ``delta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from ediel.series.exporting import by_month
from ediel.values._files import CURSOR
from ediel.values._store import ValuesStore
from ediel.values.errors import ValuesError

__all__ = ["DeltaDelivery", "deliver"]

_TRIES: Final = 50
"""How often another writer may be there first."""
_MONTH: Final = "month"
_MOST: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class DeltaDelivery:
    """What a hand-over has done.

    Attributes:
        values: how many values it has added.
        commits: in how many commits of the table.
        cursor: up to which arrival the table has them all.
    """

    values: int
    commits: int
    cursor: int


def deliver(
    values: ValuesStore,
    address: str,
    *,
    name: str = "ediel",
    party: str | None = None,
    most: int = _MOST,
    storage: dict[str, str] | None = None,
) -> DeltaDelivery:
    """Add everything that has come since the last time to a Delta table, every version of every value, exactly once.

    Several may do it at the same time, and any of them may be killed: an arrival is added by one of them, once.

    Args:
        values: the values store.
        address: folder or URL of the table; it is made when it is not there, partitioned by Norwegian month.
        name: of this hand-over in the table: another database that hands over to it needs a name of its own.
        party: values that came to this party alone; give each a ``name`` of its own.
        most: about how many values a commit adds.
        storage: options for object storage, as ``deltalake`` takes them.

    Raises:
        ValuesError: ``deltalake`` is not installed, or the table cannot be written.
    """
    try:
        import deltalake  # noqa: PLC0415 - the extra may not be installed
        from deltalake.exceptions import DeltaError  # noqa: PLC0415
    except ImportError as error:
        raise ValuesError(f"a hand-over to Delta Lake needs the extra ediel[delta]: {error}") from None
    added = commits = tries = 0
    try:
        deltalake.DeltaTable.create(
            address, _fields(deltalake), mode="ignore", partition_by=[_MONTH], storage_options=storage
        )
        while True:
            # the table as it is now: a commit that is made on it fails when another one has been made meanwhile
            table = deltalake.DeltaTable(address, storage_options=storage)
            handed = int(table.transaction_version(name) or 0)
            found = values.changes(handed, most=most, party=party)
            if not found.table.num_rows:
                return DeltaDelivery(added, commits, handed)
            once = deltalake.CommitProperties(
                max_commit_retries=0, app_transactions=[deltalake.Transaction(name, found.cursor)]
            )
            try:
                deltalake.write_deltalake(
                    table, _rows(found.table), mode="append", commit_properties=once, storage_options=storage
                )
            except DeltaError:
                tries += 1
                if tries >= _TRIES or int(_now(deltalake, address, storage).version()) == int(table.version()):
                    raise  # nobody else was there: something is wrong
                continue
            added, commits, tries = added + found.table.num_rows, commits + 1, 0
    except (DeltaError, OSError) as error:
        raise ValuesError(f"the Delta table {address} cannot be written: {error}") from error


def _now(deltalake: Any, address: str, storage: dict[str, str] | None) -> Any:
    return deltalake.DeltaTable(address, storage_options=storage)


def _rows(table: pa.Table) -> pa.Table:
    """Words as they are, with the month that they are partitioned by."""
    parts = []
    for month, part in by_month(table):
        columns = [_plain(part[name]) for name in part.column_names]
        parts.append(
            pa.table([*columns, pa.array([month] * part.num_rows, pa.string())], names=[*part.column_names, _MONTH])
        )
    return pa.concat_tables(parts)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _fields(deltalake: Any) -> Any:
    from ediel.series._columns import SCHEMA  # noqa: PLC0415 - beside its only use

    fields = [
        pa.field(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
        for field in SCHEMA
    ]
    whole = pa.schema([*fields, pa.field(CURSOR, pa.int64()), pa.field(_MONTH, pa.string())])
    return deltalake.Schema.from_arrow(whole)
