"""What a database holds on a person: every row of every table is read, packed and signed ones too.

It reads the whole database, as nothing in it is indexed by people: about two minutes for a million processes with a
message each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from sqlalchemy import LargeBinary, Table, Text, literal, select, tuple_

from ediel.engine._evidence import IN_FILE
from ediel.engine._marks import Marks
from ediel.store import ArchiveDamaged, ArchiveRemoved, Store, Values
from ediel.store import _schema as schema
from ediel.store._packing import unpack
from ediel.store._sealed import Sealed
from ediel.store._statements import batches
from ediel.xml import Document
from ediel.xml._envelope import locate

__all__ = ["KIND_OF", "Held", "find_held", "rows_of"]

_PAGE: Final = 500
_WITHOUT: Final = frozenset(
    {
        schema.PARTIES, schema.STEP_POINTS, schema.SUBSCRIPTIONS, schema.VALUES_PLACE, schema.VALUES_FILES,
        schema.PROTECTION, schema.LOG_CUTS, schema.LOG_ERASURES,
    }
)  # fmt: skip
"""Tables in which nothing about people can stand: they hold numbers, names of the market, and moments."""
KIND_OF: Final[Mapping[str, str]] = {
    "archive": "archive", "inbox": "archive", "outbox": "sent", "evidence": "evidence", "instances": "customer",
    "contracts": "customer", "accesses": "customer", "process_keys": "customer", "process_tags": "customer",
    "timers": "log", "transitions": "log", "events": "events", "deliveries": "events", "dead_letters": "dead_letters",
}  # fmt: skip
"""The kind that the rows of a table are, for ``[retention]``; ``customer`` for those that are not named."""


_OWNED: Final = frozenset({"outbox", "process_keys", "process_tags", "inbox", "events"})
"""Tables whose rows are of a process that is about whom they name."""


@dataclass(slots=True)
class Held:
    """What is held on a person.

    Attributes:
        rows: keys of the rows that name the person, by table.
        processes: identifications of processes that are about the person.
        archived: of what has arrived, messages that are about the person though they may not say so: places of
            messages by digest.
        sent: identifications of sent messages of those processes.
        files: names of files in which large answers lie whole, whomever they are about: they are not read here.
    """

    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)
    archived: dict[str, set[int]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.rows)


def find_held(store: Store, marks: Marks) -> Held:
    """Everything in a database that names a person, and the processes that are about them.

    Raises:
        StoreError: the database refuses.
    """
    held = Held()
    for table in schema.METADATA.sorted_tables:
        if table in _WITHOUT:
            continue
        for row in rows_of(store, table, _columns(table)):
            if table is schema.EVIDENCE and (named := IN_FILE.search(bytes(row["data"]))):
                held.files.add(named[1].decode())
            if _names(table, row, marks):
                key = tuple(row[column.name] for column in table.primary_key.columns)
                held.rows.setdefault(table.name, []).append(key)
                if table.name in _OWNED and row.get("instance_id"):
                    held.processes.add(row["instance_id"])
                elif table is schema.INSTANCES:
                    held.processes.add(row["id"])
                elif table is schema.ARCHIVE:
                    held.archived[row["sha256"]] = _places(row, marks)
    _add_processes(store, held)
    return held


def rows_of(store: Store, table: Table, columns: Iterable[str]) -> Iterator[Values]:
    """The rows of a table, page by page, in the order of its key."""
    key = tuple(table.primary_key.columns)
    names = dict.fromkeys((*(column.name for column in key), *columns))
    statement = select(*(table.c[name] for name in names)).order_by(*key).limit(_PAGE)
    last: tuple[object, ...] | None = None
    while True:
        with store.connection() as connection:
            page = (
                statement
                if last is None
                else statement.where(
                    tuple_(*key)
                    > tuple_(*(literal(value, column.type) for value, column in zip(last, key, strict=True)))
                )
            )
            rows = [dict(row) for row in connection.execute(page).mappings()]
        yield from rows
        if len(rows) < _PAGE:
            return
        last = tuple(rows[-1][column.name] for column in key)


@cache
def _columns(table: Table) -> tuple[str, ...]:
    """Columns of a table in which a person may stand, and those by which its processes are found."""
    free = [column.name for column in table.columns if isinstance(column.type, (Text, LargeBinary, Sealed))]
    also = [name for name in ("customer", "packing", "instance_id", "outcome") if name in table.c]
    return tuple(dict.fromkeys((*free, *also)))


def _names(table: Table, row: Values, marks: Marks) -> bool:
    if table is schema.ARCHIVE:
        data = _data_of(row)
        return marks.in_text(row["source"]) or (data is not None and marks.in_bytes(data))
    for value in row.values():
        if isinstance(value, str):
            if marks.in_text(value):
                return True
        elif isinstance(value, (bytes, memoryview)) and marks.in_bytes(bytes(value)):
            return True
    return False


def _data_of(row: Values) -> bytes | None:
    """What an entry of the archive holds; packed bytes of one that is damaged, as they are."""
    try:
        return unpack(row["packing"], bytes(row["data"]), row["sha256"])
    except ArchiveRemoved:
        return None
    except ArchiveDamaged:
        return bytes(row["data"])


def _places(row: Values, marks: Marks) -> set[int]:
    """Which messages of an entry of the archive name the person."""
    data = _data_of(row)
    root = None if data is None else Document.read(data).root
    if root is None:
        return set()
    return {place for place, message in enumerate(locate(root).messages) if marks.in_element(message)}


def _add_processes(store: Store, held: Held) -> None:
    """The processes that took or sent what names the person, and all their messages."""
    inbox, steps = schema.INBOX, schema.TRANSITIONS
    for sha256, places in held.archived.items():
        with store.connection() as connection:
            of = select(inbox.c.instance_id, inbox.c.message_id, inbox.c.position).where(inbox.c.sha256 == sha256)
            rows = [row for row in connection.execute(of) if row.position in places]
            held.processes.update(row.instance_id for row in rows if row.instance_id)
            names = [row.message_id for row in rows]
            moved = select(steps.c.instance_id).where(steps.c.message_id.in_(names)).distinct()
            held.processes.update(connection.execute(moved).scalars())
    for some in batches(held.processes):
        with store.connection() as connection:
            received = select(inbox.c.sha256, inbox.c.position).where(inbox.c.instance_id.in_(some))
            for row in connection.execute(received):
                held.archived.setdefault(row.sha256, set()).add(row.position)
            sent = select(schema.OUTBOX.c.message_id).where(schema.OUTBOX.c.instance_id.in_(some))
            held.sent.update(connection.execute(sent).scalars())
