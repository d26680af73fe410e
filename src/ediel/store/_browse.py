"""Looking at what is stored: lists for people and programs, newest or nearest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, Update, bindparam, func, select, text, update

from ediel.processes import Instance, Machine, ProcessState, UnreadableProcess, machine, restore, shown
from ediel.store import _schema as schema
from ediel.store._json import decode
from ediel.store._packing import stream, unpack
from ediel.store._rows import stored_of
from ediel.store._store import Store
from ediel.store._unit import Values, event_id, stamp

StateT = TypeVar("StateT", bound=ProcessState)
_INSTANCES: Final = schema.INSTANCES
_OUTBOX: Final = schema.OUTBOX
_TABLES: Final = 4
"""How many tables of processes ``instances_of`` asks of at the most."""


def _public(row: Values) -> Values:
    """What may be shown of the facts of a process: nothing about people."""
    try:
        instance = restore(stored_of(row))
    except UnreadableProcess as error:
        return {"problem": f"cannot be read: {error.problem}; see ediel db check"}
    return shown(instance.facts, machine(instance.machine).public)


def _instance(row: Values) -> Instance:
    return restore(stored_of(row))


def has_values(store: Store) -> bool:
    """Whether a database has a values store."""
    with store.connection() as connection:
        return connection.execute(select(schema.VALUES_PLACE.c.name)).first() is not None


class Browser:
    """Reads a store, and marks what has been sent or delivered. Facts about people stay inside."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._instance = store.compiled(select(_INSTANCES).where(_INSTANCES.c.id == bindparam("id")))
        about = (_INSTANCES.c.subject == bindparam("subject"), _INSTANCES.c.party == bindparam("party"))
        several = _INSTANCES.c.machine.in_([bindparam(f"machine_{place}") for place in range(_TABLES)])
        self._about = store.compiled(select(_INSTANCES).where(*about, several).order_by(_INSTANCES.c.begun_at))
        queue = (_OUTBOX.c.channel == bindparam("channel"), _OUTBOX.c.recipient == bindparam("recipient"))
        waiting = select(_OUTBOX.c.message_id, func.length(_OUTBOX.c.data).label("size")).where(
            text("status = 'pending'"), *queue, _OUTBOX.c.role == bindparam("role")
        )
        self._waiting = store.compiled(waiting.order_by(_OUTBOX.c.number).suffix_with(text("LIMIT :most")))
        self._sent_for = store.compiled(
            select(_OUTBOX).where(_OUTBOX.c.instance_id == bindparam("instance_id")).order_by(_OUTBOX.c.number)
        )

    def _all(self, statement: Select[Any]) -> list[Values]:
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def count(self, table: Table, **where: object) -> int:
        """How many rows a table has."""
        statement = select(func.count()).select_from(table)
        for name, value in where.items():
            statement = statement.where(table.c[name] == value)
        with self._store.connection() as connection:
            return int(connection.execute(statement).scalar_one())

    def processes(
        self, *, party: str | None = None, metering_point: str | None = None, open_only: bool = False, most: int = 100
    ) -> list[Values]:
        """Processes, the latest changed first."""
        table = schema.INSTANCES
        statement = select(table).order_by(table.c.changed_at.desc(), table.c.id).limit(most)
        if party:
            statement = statement.where(table.c.party == party)
        if metering_point:
            statement = statement.where(table.c.metering_point == metering_point)
        if open_only:
            statement = statement.where(table.c.open == True)  # noqa: E712 - SQL
        return [{**row, "facts": _public(row)} for row in self._all(statement)]

    def process(self, identification: str) -> Values | None:
        """One process with its log, its messages, its timers and its events."""
        table = schema.INSTANCES
        rows = self._all(select(table).where(table.c.id == identification))
        if not rows:
            return None

        def of(other: Table, *order: ColumnElement[object], without: tuple[str, ...] = ()) -> list[Values]:
            columns = [column for column in other.columns if column.name not in without]
            return self._all(select(*columns).where(other.c.instance_id == identification).order_by(*order))

        return {
            **rows[0],
            "facts": _public(rows[0]),
            "transitions": of(schema.TRANSITIONS, schema.TRANSITIONS.c.version),
            "received": of(schema.INBOX, schema.INBOX.c.number),
            "sent": of(schema.OUTBOX, schema.OUTBOX.c.number, without=("data",)),
            "timers": of(schema.TIMERS, schema.TIMERS.c.due_at, schema.TIMERS.c.name),
            "events": of(schema.EVENTS, schema.EVENTS.c.version, schema.EVENTS.c.position),
        }

    def inbox(self, *, most: int = 100) -> list[Values]:
        """Messages that have arrived, the last one that was taken first; ``number`` is its place in that order."""
        table = schema.INBOX
        return self._all(select(table).order_by(table.c.number.desc()).limit(most))

    def outbox(self, *, status: str | None = "pending", party: str | None = None, most: int = 1000) -> list[Values]:
        """Messages to send, in the order in which they were written."""
        table = schema.OUTBOX
        statement = select(table).order_by(table.c.number).limit(most)
        if status:
            statement = statement.where(table.c.status == status)
        if party:
            statement = statement.where(table.c.party == party)
        return self._all(statement)

    def outbox_counts(self) -> dict[str, int]:
        """How many messages of the outbox have each status."""
        table = schema.OUTBOX
        rows = self._all(select(table.c.status, func.count().label("messages")).group_by(table.c.status))
        return {row["status"]: row["messages"] for row in rows}

    def waiting(self, recipient: str, role: str, channel: str, *, most: int) -> list[tuple[str, int]]:
        """Messages of a hub that wait to be fetched, the earliest first: identification, and size in bytes."""
        rows = self._store.rows(self._waiting, channel, recipient, role, most)
        return [(row["message_id"], row["size"]) for row in rows]

    def queues(self) -> list[Values]:
        """How many messages of a hub wait for each recipient, role and channel."""
        table = schema.OUTBOX
        key = (table.c.recipient, table.c.role, table.c.channel)
        waiting = (table.c.status == "pending", table.c.channel.is_not(None))
        counted = select(*key, func.count().label("messages")).where(*waiting)
        return self._all(counted.group_by(*key).order_by(*key))

    def messages(self, message_ids: Sequence[str]) -> dict[str, bytes]:
        """Messages of the outbox by their identifications."""
        table = schema.OUTBOX
        statement = select(table.c.message_id, table.c.data).where(table.c.message_id.in_(message_ids))
        return {row["message_id"]: bytes(row["data"]) for row in self._all(statement)}

    def received(self, message_id: str) -> list[Values]:
        """Inbox rows of an identification, one for each sender that has used it."""
        return self._all(select(schema.INBOX).where(schema.INBOX.c.message_id == message_id))

    def received_in(self, result_set: str) -> list[Values]:
        """Inbox rows of the messages that came with a result set, by its identification, in their order."""
        inbox, archive = schema.INBOX, schema.ARCHIVE
        held = select(archive.c.sha256).where(archive.c.source.endswith(f" {result_set}", autoescape=True))
        return self._all(select(inbox).where(inbox.c.sha256.in_(held)).order_by(inbox.c.number))

    def received_for(self, process_id: str) -> list[Values]:
        """Inbox rows of the messages that moved a process, in the order of its steps."""
        return self._moving(schema.TRANSITIONS.c.instance_id == process_id)

    def received_at(self, process_id: str, version: int) -> Values | None:
        """The inbox row of the message that made a step; ``None`` where none did."""
        steps = schema.TRANSITIONS
        rows = self._moving((steps.c.instance_id == process_id) & (steps.c.version == version))
        return rows[0] if rows else None

    def _moving(self, which: ColumnElement[bool]) -> list[Values]:
        steps, inbox = schema.TRANSITIONS, schema.INBOX
        same = (inbox.c.message_id == steps.c.message_id) & (inbox.c.instance_id == steps.c.instance_id)
        statement = select(inbox, steps.c.version).join(steps, same).where(which).order_by(steps.c.version)
        return self._all(statement)

    def sent_for(self, process_id: str) -> list[Values]:
        """Outbox rows of a process, in the order in which they were written."""
        return self._store.rows(self._sent_for, process_id)

    def archived(self, sha256: str) -> bytes | None:
        """Bytes of the archive, verified; ``None`` where nothing with that digest has arrived.

        Raises:
            ArchiveDamaged: they are not what arrived.
        """
        row = self._packed(sha256)
        return None if row is None else unpack(row["packing"], bytes(row["data"]), sha256)

    def archived_pieces(self, sha256: str) -> Iterator[bytes]:
        """Bytes of the archive a piece at a time, about a megabyte; none where nothing with that digest has arrived.

        Raises:
            ArchiveDamaged: they are not what arrived. It comes after the last piece.
        """
        row = self._packed(sha256)
        if row is not None:
            yield from stream(row["packing"], bytes(row["data"]), sha256)

    def _packed(self, sha256: str) -> Values | None:
        table = schema.ARCHIVE
        rows = self._all(select(table.c.packing, table.c.data).where(table.c.sha256 == sha256))
        return rows[0] if rows else None

    def source(self, sha256: str) -> str | None:
        """Where bytes of the archive came from."""
        rows = self._all(select(schema.ARCHIVE.c.source).where(schema.ARCHIVE.c.sha256 == sha256))
        return str(rows[0]["source"]) if rows else None

    def instance(self, identification: str) -> Instance | None:
        """A process with everything it knows: for a hub's own decisions."""
        rows = self._store.rows(self._instance, identification)
        return _instance(rows[0]) if rows else None

    def instances_at(self, subject: str, machine: Machine[StateT], party: str) -> list[Instance[StateT]]:
        """Processes of a table about something, the earliest first, with all that they know: for decisions of a hub.

        Raises:
            UnreadableProcess: this release cannot read one of them.
        """
        return [machine.own(item) for item in self.instances_of(subject, (machine.key,), party)]

    def instances_of(self, subject: str, machines: tuple[str, ...], party: str) -> list[Instance]:
        """Processes of several tables, by their keys, about something: as ``instances_at``, in one question.

        Raises:
            UnreadableProcess: this release cannot read one of them.
        """
        keys = (*machines, *machines[-1:] * (_TABLES - len(machines)))
        return [_instance(row) for row in self._store.rows(self._about, subject, party, *keys)]

    def in_state(self, machine: Machine[StateT], state: str, *, most: int = 1000) -> list[Instance[StateT]]:
        """Processes of a table that stand in a state, with everything they know: for a hub's own decisions.

        Raises:
            UnreadableProcess: this release cannot read one of them.
        """
        table = schema.INSTANCES
        statement = select(table).where(table.c.machine == machine.key, table.c.state == state)
        rows = self._all(statement.order_by(table.c.changed_at).limit(most))
        return [machine.own(_instance(row)) for row in rows]

    def dead_letters(self, *, resolved: bool = False, most: int = 100) -> list[Values]:
        """What could not be handled, the latest first; those that were settled later only on request."""
        table = schema.DEAD_LETTERS
        statement = select(table).order_by(table.c.at.desc(), table.c.id).limit(most)
        return self._all(statement if resolved else statement.where(table.c.resolved_at.is_(None)))

    def due(self, until: datetime, *, most: int = 1000) -> list[Values]:
        """Timers that are set and due by a moment, the nearest first, with their processes."""
        timers, instances = schema.TIMERS, schema.INSTANCES
        columns = (
            *timers.columns,
            instances.c.machine,
            instances.c.state,
            instances.c.party,
            instances.c.process,
            instances.c.metering_point,
        )
        statement = (
            select(*columns)
            .join(instances, instances.c.id == timers.c.instance_id)
            .where(timers.c.status == "set", timers.c.due_at <= stamp(until))
            .order_by(timers.c.due_at, timers.c.instance_id, timers.c.name)
            .limit(most)
        )
        return self._all(statement)

    def events(
        self, *, after: int = 0, process_id: str | None = None, names: Sequence[str] | None = None, most: int = 100
    ) -> list[Values]:
        """Events in their running order, after a number; ``id`` is the same each time."""
        table = schema.EVENTS
        statement = select(table).where(table.c.number > after).order_by(table.c.number).limit(most)
        if process_id is not None:
            statement = statement.where(table.c.instance_id == process_id)
        if names is not None:
            statement = statement.where(table.c.name.in_(sorted(names)))
        return [{**row, "id": event_id(row), "data": decode(row["data"])} for row in self._all(statement)]

    def contracts(self, *, party: str | None = None, metering_point: str | None = None) -> list[Values]:
        """Supply contracts as parties know them."""
        return self._known(schema.CONTRACTS, party, metering_point)

    def accesses(self, *, party: str | None = None, metering_point: str | None = None) -> list[Values]:
        """Third-party accesses as parties know them."""
        return self._known(schema.ACCESSES, party, metering_point)

    def points(self, *, party: str | None = None, metering_point: str | None = None) -> list[Values]:
        """Metering points of the parties' portfolios."""
        return self._known(schema.POINTS, party, metering_point)

    def _known(self, table: Table, party: str | None, metering_point: str | None) -> list[Values]:
        statement = select(table).order_by(*table.primary_key.columns)
        if party:
            statement = statement.where(table.c.party == party)
        if metering_point:
            statement = statement.where(table.c.metering_point == metering_point)
        return self._all(statement)

    def archive(self) -> Iterator[tuple[str, bytes]]:
        """Everything that arrived, in the order in which it did, one at a time: its digest and its bytes.

        Raises:
            ArchiveDamaged: one of them is not what arrived.
        """
        table = schema.ARCHIVE
        for row in self._all(select(table.c.sha256).order_by(table.c.received_at, table.c.sha256)):
            data = self.archived(row["sha256"])
            if data is not None:
                yield row["sha256"], data

    # --- marks

    def _mark(self, statement: Update, **values: object) -> bool:
        with self._store.connection(write=True) as connection:
            return bool(connection.execute(statement.values(**values)).rowcount)

    def sent(self, message_id: str, at: datetime) -> bool:
        """A message of the outbox has arrived at the hub."""
        table = schema.OUTBOX
        statement = update(table).where(table.c.message_id == message_id)
        return self._mark(statement, status="sent", sent_at=stamp(at), error=None)

    @staticmethod
    def fetched(connection: Connection, message_ids: Iterable[str], at: datetime) -> None:
        """Messages of a hub have been fetched; in a transaction of somebody else."""
        table = schema.OUTBOX
        statement = update(table).where(table.c.message_id == bindparam("fetched"))
        values = [{"fetched": name, "status": "sent", "sent_at": stamp(at), "error": None} for name in message_ids]
        if values:
            parameters: dict[str, object] = {name: bindparam(name) for name in ("status", "sent_at", "error")}
            connection.execute(statement.values(parameters), values)

    def postponed(self, message_id: str, error: str, next_at: datetime | None) -> bool:
        """A message could not be sent; it will be tried again at a moment, or never."""
        table = schema.OUTBOX
        values = {
            "status": "failed" if next_at is None else "pending",
            "attempts": table.c.attempts + 1,
            "next_at": None if next_at is None else stamp(next_at),
            "error": error,
        }
        return self._mark(update(table).where(table.c.message_id == message_id), **values)
