"""The protection log: what was purged, exported or erased, as a chain of entries; nothing in it is about people.

An entry seals the one before it, and with it the rows that say which steps of the log of processes it has taken away or
masked: so that log can be verified after a purge, and nobody can take steps away and say that it was one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select

from ediel.store import _schema as schema
from ediel.store._json import decode, encode
from ediel.store._store import Store
from ediel.store._unit import Values, moment_of, stamp

__all__ = ["Action", "CheckedEntries", "Entry", "Wording", "check_entries", "entries", "write_entry"]

Action = Literal["purge", "export", "erase", "compact", "rekey"]
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Wording:
    """Who does something to the data, and why, in the caller's own words. Nothing about the person belongs there."""

    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the protection log.

    Attributes:
        number: its place.
        at: when, in UTC.
        action: ``purge``, ``export``, ``erase``, ``compact`` or ``rekey``.
        actor, reason: as in the log of steps; ``None`` where nobody has said.
        detail: kinds and counts; see the documentation of each action.
    """

    number: int
    at: datetime
    action: str
    actor: str | None
    reason: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedEntries:
    """What a check of the protection log has found.

    Attributes:
        count: entries that were read.
        problems: what is not as it was written.
        seal: digest of the last entry; the same until the next one. Empty where there is none.
        uncompacted: moments of erasures after which the file was not compacted: what was erased may still stand in
            parts of it that are not in use.
    """

    count: int
    problems: tuple[str, ...]
    seal: str
    uncompacted: tuple[datetime, ...] = ()


def write_entry(
    connection: Connection, action: Action, at: datetime, wording: Wording, detail: Mapping[str, object],
    *, cuts: Iterable[Values] = (), masked: Iterable[Values] = (),
) -> int:  # fmt: skip
    """Write an entry, in the transaction in which what it says is done; returns its number.

    Args:
        connection: a connection that writes.
        action: what was done.
        at: when.
        wording: who did it, and why.
        detail: kinds and counts.
        cuts: of each process whose steps were removed ``instance_id``, ``version`` and ``digest`` of the last of them.
        masked: of each step that was masked ``instance_id``, ``version``, and ``digest`` as it now is.
    """
    table = schema.PROTECTION
    if connection.dialect.name == "postgresql":  # one entry after the other
        connection.exec_driver_sql("LOCK TABLE protection_log IN SHARE ROW EXCLUSIVE MODE")
    last = connection.execute(select(table.c.digest).order_by(table.c.number.desc()).limit(1)).scalar()
    cut, changed = list(cuts), list(masked)
    row = {
        "at": stamp(at), "action": action, "actor": wording.actor, "reason": wording.reason,
        "detail": encode({**detail, "cuts": _sealed(cut), "masked": _sealed(changed)}),
    }  # fmt: skip
    made = connection.execute(insert(table).values(**row, digest=_digest(last, row)))
    number = int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0
    for other, rows in ((schema.LOG_CUTS, cut), (schema.LOG_ERASURES, changed)):
        if rows:
            connection.execute(insert(other), [{**item, "number": number} for item in rows])
    return number


def entries(store: Store, *, after: int = 0) -> Iterator[Entry]:
    """The entries of the protection log after a number, in their order.

    Raises:
        StoreError: the database refuses.
    """
    for row in _rows(store, after):
        yield Entry(
            row["number"], moment_of(row["at"]), row["action"], row["actor"], row["reason"], decode(row["detail"])
        )


def check_entries(store: Store) -> CheckedEntries:
    """Read the protection log, and compare each entry with its digest; nothing is changed.

    Raises:
        StoreError: the database refuses.
    """
    count, last = 0, None
    problems: list[str] = []
    open_erasures: list[datetime] = []
    for row in _rows(store, 0):
        count += 1
        if row["digest"] != _digest(last, row):
            problems.append(f"entry {row['number']} is not as it was written, or the one before it")
        detail = decode(row["detail"])
        with store.connection() as connection:
            for name, table in (("cuts", schema.LOG_CUTS), ("masked", schema.LOG_ERASURES)):
                columns = (table.c.instance_id, table.c.version, table.c.digest)
                found = connection.execute(select(*columns).where(table.c.number == row["number"])).mappings()
                if _sealed(map(dict, found)) != detail[name]:
                    problems.append(f"what entry {row['number']} says of the log of steps is not as it was written")
        if row["action"] == "erase":
            open_erasures.append(moment_of(row["at"]))
        elif row["action"] == "compact":
            open_erasures.clear()
        last = row["digest"]
    return CheckedEntries(count, tuple(problems), last or "", tuple(open_erasures))


def _rows(store: Store, after: int) -> Iterator[Values]:
    table = schema.PROTECTION
    while True:
        with store.connection() as connection:
            statement = select(table).where(table.c.number > after).order_by(table.c.number).limit(_PAGE)
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]


def _digest(before: str | None, row: Mapping[str, Any]) -> str:
    held = [before or "", *(row[name] for name in ("at", "action", "actor", "reason", "detail"))]
    return hashlib.sha256(json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _sealed(rows: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """How many rows there are, and a digest over them in their order."""
    lines = sorted(f"{row['instance_id']} {row['version']} {row['digest'] or ''}\n" for row in rows)
    return {"count": len(lines), "digest": hashlib.sha256("".join(lines).encode()).hexdigest()}
