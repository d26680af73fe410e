"""The right of access: what is held on a person, as one typed bundle that a program or a person can read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Table, select

from ediel.engine._held_on import Held, rows_of
from ediel.engine._marks import Marks
from ediel.messages._json import to_json
from ediel.store import Store, Values, moment_of
from ediel.store import _schema as schema
from ediel.store._packing import parted, unpack
from ediel.store._statements import batches
from ediel.store.errors import ArchiveDamaged, ArchiveRemoved
from ediel.xml import Document

__all__ = ["ExportedMessage", "ExportedProcess", "PersonExport", "export_of"]

Row = dict[str, Any]
_PURPOSE: Final = "processes of the Norwegian electricity market, in messages exchanged with the hub"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class ExportedMessage(_Part):
    """A message that was received or sent.

    Attributes:
        direction: ``received`` or ``sent``.
        name: its name in EMIF.
        message_id: its identification.
        sender, recipient: GLN of the juridical parties, where they are known.
        at: when it was received, or written to be sent; UTC.
        content: the message, by the names of its model; ``None`` where its bytes were purged, or the schema refuses it.
        text: the bytes as text, where the message is not typed.
    """

    direction: Literal["received", "sent"]
    name: str
    message_id: str | None
    sender: str | None = None
    recipient: str | None = None
    at: datetime
    content: dict[str, Any] | None = None
    text: str | None = None


class ExportedProcess(_Part):
    """A process that is about the person.

    Attributes:
        id: its identification.
        party: GLN of the party.
        table: the table of the process, such as ``supply/requester``.
        brs: number of the business process.
        metering_point: what it is about.
        state, status: how it stands.
        begun_at, changed_at: in UTC.
        facts: what the process knows.
        keys, tags: the words of the application that embeds the engine.
        log: the steps, with who acted and why.
        events: what subscriptions were told.
        timers: deadlines.
    """

    id: str
    party: str
    table: str
    brs: str | None
    metering_point: str | None
    state: str
    status: str
    begun_at: datetime
    changed_at: datetime
    facts: dict[str, Any]
    keys: tuple[str, ...]
    tags: dict[str, str]
    log: tuple[Row, ...]
    events: tuple[Row, ...]
    timers: tuple[Row, ...]


class PersonExport(_Part):
    """Everything that a database holds on a person. It is personal data: keep it as such.

    Attributes:
        format: of this bundle; grows when it changes.
        made_at: when, in UTC.
        identification: whom it is about.
        purpose: what the data are for.
        processes: processes that are about the person.
        messages: what was received and sent in them, or names the person elsewhere.
        contracts: supply contracts as notified to the parties of the database.
        accesses: third-party accesses at the metering points of those contracts and processes.
        metering_points: those points. Metering values are kept by point, not by person: for the periods of the
            contracts, read them with ``engine.values.series``.
        other: rows of other tables that name the person, by table: dead letters, signed envelopes.
    """

    format: Literal[1] = 1
    made_at: datetime
    identification: str = Field(repr=False)
    purpose: str = _PURPOSE
    processes: tuple[ExportedProcess, ...]
    messages: tuple[ExportedMessage, ...]
    contracts: tuple[Row, ...]
    accesses: tuple[Row, ...]
    metering_points: tuple[str, ...]
    other: dict[str, tuple[Row, ...]]

    def counts(self) -> dict[str, int]:
        """How much of what it holds."""
        names = ("processes", "messages", "contracts", "accesses", "metering_points")
        return {name: len(getattr(self, name)) for name in names} | {
            name: len(rows) for name, rows in self.other.items()
        }


_TOLD: Final = frozenset(
    {"instances", "contracts", "accesses", "archive", "inbox", "outbox", "process_keys", "process_tags", "timers"}
    | {"transitions", "events"}
)
"""Tables whose rows stand in parts of their own."""


def export_of(store: Store, marks: Marks, held: Held, now: datetime) -> PersonExport:
    """What was found on a person, as a bundle."""
    rows = _where_in(store, schema.INSTANCES, schema.INSTANCES.c.id, held.processes)
    processes = [_process(store, row) for row in rows]
    contracts = [row for row in rows_of(store, schema.CONTRACTS, schema.CONTRACTS.c.keys()) if _is_of(row, marks)]
    points = {str(row["metering_point"]) for row in (*rows, *contracts) if row["metering_point"]}
    accesses = _where_in(store, schema.ACCESSES, schema.ACCESSES.c.metering_point, points)
    messages = [*_received(store, held), *_sent(store, held)]
    return PersonExport(
        made_at=now,
        identification=marks.identification,
        processes=tuple(processes),
        messages=tuple(sorted(messages, key=lambda item: (item.at, item.direction, item.message_id or ""))),
        contracts=tuple({**row, "customer": marks.identification} for row in contracts),
        accesses=tuple(accesses),
        metering_points=tuple(sorted(points)),
        other={
            name: tuple(_others(store, schema.METADATA.tables[name], keys))
            for name, keys in held.rows.items()
            if name not in _TOLD
        },
    )


def _is_of(row: Values, marks: Marks) -> bool:
    return bool(row["customer"] == marks.contract_mark)


def _where_in(store: Store, table: Table, column: ColumnElement[str], names: Iterable[str]) -> list[Row]:
    found: list[Row] = []
    for some in batches(names):
        statement = select(table).where(column.in_(some)).order_by(*table.primary_key.columns)
        with store.connection() as connection:
            found += [dict(row) for row in connection.execute(statement).mappings()]
    return found


def _process(store: Store, row: Values) -> ExportedProcess:
    def of(table: Table, *without: str) -> tuple[Row, ...]:
        names = [column for column in table.columns if column.name not in {"instance_id", *without}]
        statement = select(*names).where(table.c.instance_id == row["id"]).order_by(*table.primary_key.columns)
        with store.connection() as connection:
            return tuple(dict(item) for item in connection.execute(statement).mappings())

    return ExportedProcess(
        id=row["id"],
        party=row["party"],
        table=row["machine"],
        brs=row["process"],
        metering_point=row["metering_point"],
        state=row["state"],
        status=row["status"],
        begun_at=moment_of(row["begun_at"]),
        changed_at=moment_of(row["changed_at"]),
        facts=_opened(json.loads(row["facts"])),
        keys=tuple(item["key"] for item in of(schema.KEYS)),
        tags={item["name"]: item["value"] for item in of(schema.TAGS)},
        log=of(schema.TRANSITIONS),
        events=tuple({**item, "data": json.loads(item["data"])} for item in of(schema.EVENTS)),
        timers=of(schema.TIMERS),
    )


def _opened(value: Any) -> Any:
    """JSON with what is kept in it as text."""
    if isinstance(value, dict):
        return {key: _opened(item) for key, item in value.items()}
    if isinstance(value, str) and value[:1] == "{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _received(store: Store, held: Held) -> Iterable[ExportedMessage]:
    for row in _where_in(store, schema.ARCHIVE, schema.ARCHIVE.c.sha256, held.archived):
        at = moment_of(row["received_at"])
        since = parted(row["packing"], bytes(row["data"]))
        try:
            data = unpack(row["packing"], bytes(row["data"]), row["sha256"])
        except (ArchiveDamaged, ArchiveRemoved):
            words = "damaged" if since is None else f"removed at {since}"
            yield ExportedMessage(direction="received", name=f"({words})", message_id=None, at=at)
            continue
        parts = Document.read(data).parts
        for place in sorted(held.archived[row["sha256"]]):
            message = parts[place].message if place < len(parts) else None
            if message is not None:
                header = message.header
                yield ExportedMessage(
                    direction="received", name=message.name(), message_id=header.identification,
                    sender=str(header.juridical_sender), recipient=str(header.juridical_recipient), at=at,
                    content=json.loads(to_json(message)),
                )  # fmt: skip
        if not held.archived[row["sha256"]] or any(part.message is None for part in parts):
            yield ExportedMessage(
                direction="received", name="(not a message that the schema knows)", message_id=None, at=at,
                text=data.decode(errors="replace"),
            )  # fmt: skip


def _sent(store: Store, held: Held) -> Iterable[ExportedMessage]:
    for row in _where_in(store, schema.OUTBOX, schema.OUTBOX.c.message_id, held.sent):
        parts = Document.read(bytes(row["data"])).parts if row["data"] else ()
        message = parts[0].message if parts else None
        yield ExportedMessage(
            direction="sent", name=row["name"], message_id=row["message_id"], sender=row["party"],
            recipient=row["recipient"], at=moment_of(row["created_at"]),
            content=None if message is None else json.loads(to_json(message)),
        )  # fmt: skip


def _others(store: Store, table: Table, keys: Iterable[tuple[object, ...]]) -> Iterable[Row]:
    for key in keys:
        same = (column == value for column, value in zip(table.primary_key.columns, key, strict=True))
        with store.connection() as connection:
            row = connection.execute(select(table).where(*same)).mappings().first()
        if row is not None:
            yield {
                name: bytes(value).decode(errors="replace") if isinstance(value, (bytes, memoryview)) else value
                for name, value in row.items()
            }
