"""Exchanging keys: the wrapping key at once, data keys row by row; what is killed in between goes on where it was."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Table, Text, literal, select, tuple_, type_coerce, update

from ediel.store import _schema as schema
from ediel.store._keyring import Keyring, drop_content_keys, load_keys, new_content_key, rewrap
from ediel.store._protection import Wording, write_entry
from ediel.store._sealed import SealedBytes, SealedText
from ediel.store._store import Store
from ediel.store.errors import StoreError

__all__ = ["change_key", "reseal"]

_PREFIX: Final = "ek1:"


def change_key(store: Store, old: bytes, new: bytes, wording: Wording | None = None) -> int:
    """Wrap the data keys by another key, in one transaction; no row is touched. Returns how many keys there were.

    Raises:
        WrongKey: the old key is not that of the database.
        StoreError: the database is not encrypted.
    """
    with store.connection(write=True) as connection:
        count = rewrap(connection, old, new)
        if not count:
            raise StoreError("the database is not encrypted: there is no key to exchange")
        write_entry(connection, "rekey", datetime.now(UTC), wording or Wording(), {"wrapped": count})
    return count


def reseal(
    store: Store, key: bytes, *, fresh: bool = False, wording: Wording | None = None, batch: int = 200
) -> dict[str, int]:
    """Seal every content that is plain, or sealed with an earlier data key; then forget the earlier ones.

    No other process may use the database meanwhile: it does not know the new data key before it is started again.

    Args:
        store: the database.
        key: the wrapping key.
        fresh: make another data key first.
        wording: who does it, and why.
        batch: rows of a transaction.

    Returns:
        How many rows were sealed, by table.

    Raises:
        StoreError: the database is not encrypted, or refuses; what was sealed stays, and the rest is sealed by doing it
            again without ``fresh``.
    """
    if store.keys is None:
        raise StoreError("the database is not encrypted: open it with a key first")
    if fresh:
        with store.connection(write=True) as connection:
            new_content_key(connection, key)
    keys = store.keys
    _reload(store, keys, key)
    counts: dict[str, int] = {}
    for table in schema.METADATA.sorted_tables:
        if any(isinstance(column.type, (SealedBytes, SealedText)) for column in table.columns):
            counts[table.name] = _reseal_table(store, table, keys, batch)
    with store.connection(write=True) as connection:
        detail = {"rows": counts, "forgotten": drop_content_keys(connection, keys.current)}
        write_entry(connection, "rekey", datetime.now(UTC), wording or Wording(), detail)
    _reload(store, keys, key)
    return counts


def _reload(store: Store, keys: Keyring, key: bytes) -> None:
    """Learn of data keys that were made or forgotten."""
    with store.connection() as connection:
        found = load_keys(connection, key)
    if found is not None:
        keys.become(found)


def _reseal_table(store: Store, table: Table, keys: Keyring, batch: int) -> int:
    key = tuple(table.primary_key.columns)
    sealed = [column for column in table.columns if isinstance(column.type, (SealedBytes, SealedText))]
    raw = [
        type_coerce(column, LargeBinary if isinstance(column.type, SealedBytes) else Text).label(f"raw_{column.name}")
        for column in sealed
    ]
    count, last = 0, None
    while True:
        with store.connection(write=True) as connection:
            statement = select(*key, *raw).order_by(*key).limit(batch).with_for_update()
            if last is not None:
                places = (literal(value, column.type) for value, column in zip(last, key, strict=True))
                statement = statement.where(tuple_(*key) > tuple_(*places))
            rows = connection.execute(statement).mappings().all()
            for row in rows:
                count += _reseal_row(connection, table, sealed, row, keys)
        if len(rows) < batch:
            return count
        last = tuple(rows[-1][column.name] for column in key)


def _reseal_row(connection: Connection, table: Table, sealed: Sequence[Any], row: Any, keys: Keyring) -> int:
    values: dict[str, object] = {}
    for column in sealed:
        held = row[f"raw_{column.name}"]
        if held and _number(held) != keys.current:
            values[column.name] = column.type.opening(keys)(held)  # sealed again as it is written
    if values:
        same = (column == row[column.name] for column in table.primary_key.columns)
        connection.execute(update(table).where(*same).values(values))
    return int(bool(values))


def _number(held: bytes | memoryview | str) -> int | None:
    """Which data key a content is sealed with; ``None`` of a plain one."""
    if not isinstance(held, str):
        return Keyring.number_of(bytes(held))
    if not held.startswith(_PREFIX):
        return None
    try:
        return Keyring.number_of(base64.b64decode(held[len(_PREFIX) :], validate=True))
    except binascii.Error:
        return None
