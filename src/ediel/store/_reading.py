"""What a unit of work reads: each row once, with what the unit itself has written so far."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from sqlalchemy.engine.interfaces import DBAPICursor

from ediel.processes import Instance, UnreadableProcess, restore
from ediel.store import _schema as schema
from ediel.store._packing import unpack
from ediel.store._rows import stored_of
from ediel.store._statements import Statement, Statements, batches

__all__ = ["Reading", "Values", "indexed"]

Values = dict[str, Any]
"""A row of a table, by its columns."""

_SENT: Final = ("message_id", "party", "instance_id", "label")
_PROCESS: Final = tuple(schema.INSTANCES.columns.keys())


def indexed(row: Values) -> tuple[object, ...]:
    """What indices are on, of a process that may change."""
    return row["process"], row["metering_point"], row["subject"], row["status"]


class Reading:
    """What one transaction reads; its methods are those of ``Unit``."""

    def __init__(self, cursor: DBAPICursor, statements: Statements) -> None:
        self._cursor = cursor
        self._statements = statements
        self._puts: dict[str, dict[tuple[object, ...], Values]] = {}
        self._instances: dict[str, Instance | None] = {}
        self._loaded: dict[str, int] = {}
        self._about: dict[str, tuple[object, ...]] = {}
        self._heads: dict[str, str | None] = {}
        self._subjects: dict[tuple[str, str, str], list[str]] = {}
        self._saved_at: dict[tuple[str, str, str], list[str]] = {}
        self._inbox: dict[tuple[str, str], Values | None] = {}
        self._outbox: dict[str, Values | None] = {}
        self._last_arrival: int | None = None

    def _rows(self, statement: Statement, *key: str) -> list[Values]:
        """Rows by key, in the order in which the statement names its parts."""
        self._cursor.execute(statement.text, statement.key(*key))
        if statement.opens:
            return [statement.row(row) for row in self._cursor.fetchall()]
        columns = statement.columns
        return [dict(zip(columns, row, strict=True)) for row in self._cursor.fetchall()]

    def prefetch(self, messages: Collection[tuple[str, str]], references: Collection[str]) -> None:
        """Read in one statement what would be read row by row; only the speed differs.

        Args:
            messages: sender and identification of messages that are about to be accepted.
            references: identifications of what they refer to.
        """
        statements = self._statements
        self._inbox.update(dict.fromkeys(messages))
        for keys in batches(identification for _, identification in messages):
            for row in self._rows(statements.many_inbox, *keys):
                self._inbox[row["sender"], row["message_id"]] = row
        self._outbox.update(dict.fromkeys(references))
        for keys in batches(references):
            for row in self._rows(statements.many_outbox, *keys):
                self._outbox[row["message_id"]] = row
        processes = (row["instance_id"] for row in self._outbox.values() if row)
        for keys in batches(processes):
            for row in self._rows(statements.many_instances, *keys):
                with suppress(UnreadableProcess):  # reported when this process is read
                    self._instances[row["id"]] = self._known(row)

    def parties(self) -> list[Values]:
        """The market parties of this database."""
        return self._rows(self._statements.parties)

    def received(self, sender: str, message_id: str) -> Values | None:
        """The inbox row of a message."""
        key = (sender, message_id)
        if key not in self._inbox:
            rows = self._rows(self._statements.inbox, message_id, sender)
            self._inbox[key] = rows[0] if rows else None
        return self._inbox[key]

    def received_by_id(self, message_id: str) -> list[Values]:
        """Inbox rows of an identification, of any sender."""
        own = [row for row in self._inbox.values() if row and row["message_id"] == message_id]
        if own:
            return own
        return self._rows(self._statements.inbox_by_id, message_id)

    def sent(self, message_id: str) -> Values | None:
        """Whose message it is in the outbox: ``party``, ``instance_id``, ``label``; its process is read with it."""
        if message_id not in self._outbox:
            statement = self._statements.sent_with_process
            self._cursor.execute(statement.text, (message_id,))
            row = self._cursor.fetchone()
            if row is None:
                self._outbox[message_id] = None
            else:
                own = dict(zip(_SENT, row, strict=False))
                self._outbox[message_id] = own
                identification = own["instance_id"]
                if identification not in self._instances:
                    with suppress(UnreadableProcess):  # reported when this process is read
                        process = dict(zip(_PROCESS, row[len(_SENT) :], strict=True))
                        if statement.opens:
                            process["facts"] = statement.opens["process_facts"](process["facts"])
                        self._instances[identification] = self._known(process)
        return self._outbox[message_id]

    def instance(self, identification: str) -> Instance | None:
        """A process.

        Raises:
            UnreadableProcess: this release cannot read it.
        """
        if identification not in self._instances:
            rows = self._rows(self._statements.instance, identification)
            self._instances[identification] = self._known(rows[0]) if rows else None
        return self._instances[identification]

    def instances_at(self, subject: str, machine: str, party: str) -> list[Instance]:
        """The processes of a table about something, such as a metering point; the earliest first.

        Raises:
            UnreadableProcess: this release cannot read one of them.
        """
        key = (subject, machine, party)
        if key not in self._subjects:
            rows = self._rows(self._statements.instances_at, *key)
            for row in rows:
                if row["id"] not in self._instances:
                    self._instances[row["id"]] = self._known(row)
            self._subjects[key] = [row["id"] for row in rows]
        ids = dict.fromkeys((*self._subjects[key], *self._saved_at.get(key, ())))
        return [item for item in map(self._instances.get, ids) if item is not None]

    def _known(self, row: Values) -> Instance:
        instance = restore(stored_of(row))
        self._loaded[row["id"]] = row["version"]
        self._about[row["id"]] = indexed(row)
        self._heads[row["id"]] = row["log_digest"]
        return instance

    def keyed(self, party: str, key: str) -> str | None:
        """The process that a party has begun with a key of its own; ``None`` when it has not."""
        rows = self._rows(self._statements.keyed, party, key)
        return str(rows[0]["instance_id"]) if rows else None

    def keys_of(self, process: str) -> list[Values]:
        """The keys with which a process was begun: its party's own."""
        return self._rows(self._statements.keys_of, process)

    def tags_of(self, process: str) -> dict[str, str]:
        """The tags of a process."""
        return {row["name"]: row["value"] for row in self._rows(self._statements.tags_of, process)}

    def unsent(self, process: str) -> bool:
        """Whether something that a process has to say is not at the hub: it waits, is held, or was refused for good."""
        return bool(self._rows(self._statements.unsent, process))

    def contracts(self, party: str, metering_point: str) -> list[Values]:
        """Contracts that a party knows on a metering point, with what this unit has put."""
        return self._merged(self._statements.contracts, "contracts", (party, metering_point))

    def accesses(self, party: str, metering_point: str) -> list[Values]:
        """Accesses that a party knows on a metering point, with what this unit has put."""
        return self._merged(self._statements.accesses, "accesses", (party, metering_point))

    def point(self, party: str, metering_point: str) -> Values | None:
        """A metering point of a party's portfolio."""
        own = self._puts.get("points", {}).get((party, metering_point))
        if own:
            return own
        rows = self._rows(self._statements.point, party, metering_point)
        return rows[0] if rows else None

    def _merged(self, statement: Statement, table: str, key: tuple[str, str]) -> list[Values]:
        rows = {self._key(table, row): row for row in self._rows(statement, *key)}
        rows |= {own: row for own, row in self._puts.get(table, {}).items() if own[:2] == key}
        return sorted(rows.values(), key=lambda row: row["start"])

    def archived(self, sha256: str) -> bytes | None:
        """Bytes of the archive, verified.

        Raises:
            ArchiveDamaged: they are not what arrived.
        """
        rows = self._rows(self._statements.archived, sha256)
        return unpack(rows[0]["packing"], bytes(rows[0]["data"]), sha256) if rows else None

    def next_arrival(self) -> int:
        """The number of an arrival of values: arrivals are numbered in the order in which they are committed."""
        if self._last_arrival is None:
            if self._statements.lock_values is not None:
                self._cursor.execute(self._statements.lock_values)
            self._cursor.execute(self._statements.last_arrival.text)
            (found,) = self._cursor.fetchall()
            self._last_arrival = int(found[0] or 0)
        self._last_arrival += 1
        return self._last_arrival

    def dead_letter(self, identification: str) -> Values | None:
        """A dead letter."""
        own = self._puts.get("dead_letters", {}).get((identification,))
        if own:
            return own
        rows = self._rows(self._statements.dead_letter, identification)
        return rows[0] if rows else None

    def timer(self, instance: str, name: str) -> Values | None:
        """A timer."""
        own = self._puts.get("timers", {}).get((instance, name))
        if own:
            return own
        rows = self._rows(self._statements.timer, instance, name)
        return rows[0] if rows else None

    @staticmethod
    def _key(table: str, row: Values) -> tuple[object, ...]:
        return tuple(row[column.name] for column in schema.METADATA.tables[table].primary_key.columns)
