"""Purging: what is older than its kind is kept for, and belongs to no process that is under way, is removed in batches.

Each batch is one transaction with its entry in the protection log: a purge that is killed has purged a part, and is run
again. What a kind is, is a row of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.schema import CreateTable, DropTable

from ediel.store import _schema as schema
from ediel.store._over import REASONS, over, why_not
from ediel.store._packing import REMOVED, removed
from ediel.store._protection import Wording, write_entry
from ediel.store._store import Store
from ediel.store._unit import Values, stamp

__all__ = ["PURGED_KINDS", "Purged", "plan", "purge"]

_I: Final = schema.INSTANCES
_NEEDED: Final = Table(
    "purge_needed", MetaData(), Column("sha256", String(64), primary_key=True), prefixes=["TEMPORARY"]
)
"""Digests of what processes that are not over have received; for the connection that purges."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removes of one kind, or has removed.

    Attributes:
        kind: the kind.
        rows: how many rows.
        size: about how many bytes their contents have; the file of an SQLite database is not smaller before it is
            compacted.
        kept: rows that are old enough and stay all the same, by the reason in words.
    """

    kind: str
    rows: int
    size: int
    kept: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Batch:
    rows: int
    size: int
    last: tuple[str, ...]
    cuts: Sequence[Values] = ()


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is purged.

    Attributes:
        table: where its rows are.
        size: about how many bytes one has.
        old: whether a row is old enough by a moment.
        free: whether an old row may go, by a day.
        remove: removes the rows of a batch.
        kept: why other old rows stay; in words.
        key: by which its rows are read page by page.
    """

    table: Table
    size: ColumnElement[int]
    old: Callable[[str], ColumnElement[bool]]
    free: Callable[[str], ColumnElement[bool]]
    remove: Callable[[Connection, Sequence[Values], str], Sequence[Values]]
    kept: str = "its process is not over"

    @property
    def key(self) -> tuple[Column[str], ...]:
        return tuple(self.table.primary_key.columns)


def plan(store: Store, before: Mapping[str, datetime], now: datetime) -> list[Purged]:
    """What ``purge`` would remove; nothing is changed.

    Raises:
        StoreError: the database refuses.
    """
    with _prepared(store, now):
        return [_planned(store, name, before[name]) for name in PURGED_KINDS if name in before]


def purge(
    store: Store, before: Mapping[str, datetime], now: datetime, wording: Wording, *, batch: int = 500
) -> list[Purged]:
    """Remove what is older than the moment of its kind; kinds that are not named stay.

    Args:
        store: the database.
        before: by kind, the moment before which its rows are too old.
        now: the moment, for the protection log.
        wording: who purges, and why.
        batch: rows of a transaction.

    Raises:
        StoreError: the database refuses. What was purged before stays purged, and is in the protection log.
    """
    done: list[Purged] = []
    with _prepared(store, now):
        for name in PURGED_KINDS:
            if name in before:
                done += [_purged(store, name, kind, before[name], now, wording, batch) for kind in _PARTS[name]]
        _drop_orphans(store, batch)
    return _summed(done)


def _purged(
    store: Store, name: str, kind: _Kind, before: datetime, now: datetime, wording: Wording, size: int
) -> Purged:  # fmt: skip
    rows = bytes_ = 0
    last: tuple[str, ...] | None = None
    while True:
        with store.connection(write=True) as connection:
            found = _page(connection, kind, before, last, size)
            cuts = kind.remove(connection, found, stamp(now)) if found else ()
            if found:
                count, total = len(found), sum(int(row["purged_size"] or 0) for row in found)
                detail = {"kind": name, "before": stamp(before), "rows": count, "bytes": total}
                write_entry(connection, "purge", now, wording, detail, cuts=cuts)
                rows, bytes_ = rows + count, bytes_ + total
        if len(found) < size:
            return Purged(name, rows, bytes_)
        last = tuple(str(found[-1][column.name]) for column in kind.key)


def _page(
    connection: Connection, kind: _Kind, before: datetime, last: tuple[str, ...] | None, size: int
) -> list[Values]:
    moment = stamp(before)
    needed = (*kind.key, *(kind.table.c[name] for name in ("version", "log_digest") if kind.table is _I))
    statement = select(*needed, kind.size.label("purged_size")).where(kind.old(moment), kind.free(moment[:10]))
    if last is not None:
        statement = statement.where(
            tuple_(*kind.key)
            > tuple_(*(literal(value, column.type) for value, column in zip(last, kind.key, strict=True)))
        )
    statement = statement.order_by(*kind.key).limit(size).with_for_update(of=kind.table)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _planned(store: Store, name: str, before: datetime) -> Purged:
    moment, found = stamp(before), []
    with store.connection() as connection:
        for kind in _PARTS[name]:
            counted = select(func.count(), func.coalesce(func.sum(kind.size), 0)).select_from(kind.table)
            rows, size = connection.execute(counted.where(kind.old(moment), kind.free(moment[:10]))).one()
            kept: dict[str, int] = {}
            if kind.table is _I:
                why = why_not(moment[:10])
                counts = connection.execute(
                    select(why.label("why"), func.count()).where(kind.old(moment), why.is_not(None)).group_by("why")
                )
                kept = {REASONS[str(key)]: int(count) for key, count in counts}
            else:
                other = select(func.count()).select_from(kind.table).where(kind.old(moment), ~kind.free(moment[:10]))
                count = int(connection.execute(other).scalar_one())
                kept = {kind.kept: count} if count else {}
            found.append(Purged(name, int(rows), int(size), kept))
    return _summed(found)[0]


def _summed(found: Sequence[Purged]) -> list[Purged]:
    """One row for each kind."""
    by_kind: dict[str, Purged] = {}
    for item in found:
        before = by_kind.get(item.kind, Purged(item.kind, 0, 0))
        kept = {**before.kept}
        for words, count in item.kept.items():
            kept[words] = kept.get(words, 0) + count
        by_kind[item.kind] = Purged(item.kind, before.rows + item.rows, before.size + item.size, kept)
    return list(by_kind.values())


@contextmanager
def _prepared(store: Store, now: datetime) -> Iterator[None]:
    """One connection, which knows what processes that are not over have received."""
    with store.held():
        with store.connection(write=True) as connection:
            connection.execute(DropTable(_NEEDED, if_exists=True))
            connection.execute(CreateTable(_NEEDED))
            inbox, steps = schema.INBOX, schema.TRANSITIONS
            live = select(_I.c.id).where(~over(stamp(now)[:10]))
            moved = select(steps.c.message_id).where(steps.c.instance_id.in_(live), steps.c.message_id.is_not(None))
            wanted = or_(inbox.c.instance_id.in_(live), inbox.c.message_id.in_(moved))
            held = select(inbox.c.sha256).where(wanted).distinct()
            connection.execute(insert(_NEEDED).from_select(["sha256"], held))
        try:
            yield
        finally:
            with store.connection(write=True) as connection:
                connection.execute(DropTable(_NEEDED, if_exists=True))


# --- what the kinds are


def _older(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    return lambda moment: column < moment


def _of_over(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    """Whether the process of a row is over."""
    return lambda day: column.in_(select(_I.c.id).where(over(day)))


def _always(_day: str) -> ColumnElement[bool]:
    return true()


def _keys(table: Table, found: Sequence[Values]) -> ColumnElement[bool]:
    """The rows that were found, by their keys."""
    key = tuple(table.primary_key.columns)
    if len(key) == 1:
        return key[0].in_([row[key[0].name] for row in found])
    return tuple_(*key).in_([tuple(row[column.name] for column in key) for row in found])


def _delete(table: Table) -> Callable[[Connection, Sequence[Values], str], Sequence[Values]]:
    def remove(connection: Connection, found: Sequence[Values], _now: str) -> Sequence[Values]:
        connection.execute(delete(table).where(_keys(table, found)))
        return ()

    return remove


def _delete_processes(connection: Connection, found: Sequence[Values], _now: str) -> Sequence[Values]:
    """Processes with all that is theirs; the digest of the last step of each stays."""
    ids = [row["id"] for row in found]
    sent = select(schema.OUTBOX.c.message_id).where(schema.OUTBOX.c.instance_id.in_(ids))
    connection.execute(delete(schema.EVIDENCE).where(schema.EVIDENCE.c.message_id.in_(sent)))
    for table in (
        schema.STEP_POINTS, schema.TIMERS, schema.EVENTS, schema.TRANSITIONS, schema.KEYS, schema.TAGS, schema.OUTBOX,
        schema.INBOX,
    ):  # fmt: skip
        connection.execute(delete(table).where(table.c.instance_id.in_(ids)))
    connection.execute(delete(_I).where(_I.c.id.in_(ids)))
    known = schema.LOG_CUTS
    already = select(known.c.instance_id, known.c.version).where(known.c.instance_id.in_(ids))
    cut = {(row.instance_id, row.version) for row in connection.execute(already)}
    return [row for row in map(_cut, found) if (row["instance_id"], row["version"]) not in cut]


def _cut(row: Values) -> Values:
    return {"instance_id": row["id"], "version": row["version"], "digest": row["log_digest"]}


def _cut_logs(connection: Connection, found: Sequence[Values], _now: str) -> Sequence[Values]:
    """The steps of processes that stay, as they are over."""
    ids = [row["id"] for row in found]
    for table in (schema.STEP_POINTS, schema.TRANSITIONS):
        connection.execute(delete(table).where(table.c.instance_id.in_(ids)))
    return [_cut(row) for row in found]


def _empty_sent(connection: Connection, found: Sequence[Values], _now: str) -> Sequence[Values]:
    """What was sent, but for its row."""
    connection.execute(update(schema.OUTBOX).where(_keys(schema.OUTBOX, found)).values(data=b""))
    return ()


def _empty_archive(connection: Connection, found: Sequence[Values], now: str) -> Sequence[Values]:
    """What has arrived, but for its digest."""
    values = {"packing": REMOVED, "data": removed(now)}
    connection.execute(update(schema.ARCHIVE).where(_keys(schema.ARCHIVE, found)).values(values))
    return ()


def _unneeded(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    letters = schema.DEAD_LETTERS
    waiting = select(letters.c.sha256).where(letters.c.resolved_at.is_(None))
    return lambda _day: and_(column.not_in(select(_NEEDED.c.sha256)), column.not_in(waiting))


_ROWS_OF_INSTANCE: Final = func.length(_I.c.facts) + 400
_A: Final = schema.ARCHIVE
_O: Final = schema.OUTBOX
_E: Final = schema.EVIDENCE
_T: Final = schema.TRANSITIONS

_PROCESSES: Final = _Kind(_I, _ROWS_OF_INSTANCE, _older(_I.c.changed_at), over, _delete_processes)
_CONTRACTS: Final = _Kind(
    schema.CONTRACTS, literal(100),
    lambda moment: or_(
        schema.CONTRACTS.c.end < moment[:10],
        and_(schema.CONTRACTS.c.status == "undone", schema.CONTRACTS.c.changed_at < moment),
    ),
    _always, _delete(schema.CONTRACTS),
)  # fmt: skip
_ACCESSES: Final = _Kind(
    schema.ACCESSES, literal(100), lambda moment: schema.ACCESSES.c.end < moment[:10], _always,
    _delete(schema.ACCESSES),
)  # fmt: skip
_LOG: Final = _Kind(
    _I, literal(300) * _I.c.version,
    lambda moment: and_(_I.c.changed_at < moment, _I.c.id.in_(select(_T.c.instance_id))), over, _cut_logs,
)  # fmt: skip
_EVENTS: Final = _Kind(
    schema.EVENTS, func.length(schema.EVENTS.c.data) + 150, _older(schema.EVENTS.c.at),
    _of_over(schema.EVENTS.c.instance_id), _delete(schema.EVENTS),
)  # fmt: skip
_SENT: Final = _Kind(
    _O, func.length(_O.c.data), lambda moment: and_(_O.c.created_at < moment, func.length(_O.c.data) > 0),
    _of_over(_O.c.instance_id), _empty_sent,
)  # fmt: skip
_EVIDENCE: Final = _Kind(
    _E, func.length(_E.c.data), _older(_E.c.at),
    lambda day: or_(
        _E.c.decided == "received", _E.c.message_id.in_(select(_O.c.message_id).where(_of_over(_O.c.instance_id)(day)))
    ),
    _delete(_E),
)  # fmt: skip
_LETTERS: Final = _Kind(
    schema.DEAD_LETTERS, literal(300), _older(schema.DEAD_LETTERS.c.at),
    lambda _day: schema.DEAD_LETTERS.c.resolved_at.is_not(None), _delete(schema.DEAD_LETTERS),
    kept="it is not resolved: replay or settle it first",
)  # fmt: skip
_ARCHIVE: Final = _Kind(
    _A, func.length(_A.c.data), lambda moment: and_(_A.c.received_at < moment, _A.c.packing != REMOVED),
    _unneeded(_A.c.sha256), _empty_archive, kept="a process that is not over, or a dead letter, needs it",
)  # fmt: skip

_PARTS: Final[Mapping[str, tuple[_Kind, ...]]] = {
    "customer": (_PROCESSES, _CONTRACTS, _ACCESSES),
    "log": (_LOG,),
    "events": (_EVENTS,),
    "sent": (_SENT,),
    "evidence": (_EVIDENCE,),
    "dead_letters": (_LETTERS,),
    "archive": (_ARCHIVE,),
}
PURGED_KINDS: Final = tuple(_PARTS)
"""Kinds of what is in the database, in the order in which they are purged."""


def _drop_orphans(store: Store, size: int) -> None:
    """Digests in the archive of which nothing else speaks any more."""
    while True:
        with store.connection(write=True) as connection:
            spoken = (select(schema.INBOX.c.sha256), select(schema.DEAD_LETTERS.c.sha256))
            alone = select(_A.c.sha256).where(_A.c.packing == REMOVED, *(~_A.c.sha256.in_(item) for item in spoken))
            found = connection.execute(alone.order_by(_A.c.sha256).limit(size)).scalars().all()
            connection.execute(delete(_A).where(_A.c.sha256.in_(found)))
        if len(found) < size:
            return
