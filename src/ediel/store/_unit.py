"""A unit of work: reads what it is asked for, once; keeps what is to be written, and writes it at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Table

from ediel.processes import Instance
from ediel.store import _schema as schema
from ediel.store._statements import Statement, Statements
from ediel.store.errors import Conflict

Values = dict[str, Any]

_ORDER: Final = tuple(table.name for table in schema.METADATA.sorted_tables)
_COLUMNS: Final = {
    table.name: tuple(column.name for column in table.columns) for table in schema.METADATA.sorted_tables
}


@lru_cache(maxsize=64)
def stamp(moment: datetime) -> str:
    """A moment as the store keeps it: UTC, fixed length."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def moment_of(text: str) -> datetime:
    """The moment that a stored text stands for."""
    return datetime.fromisoformat(text)


class Unit:
    """One transaction. Use it only inside ``Store.unit``.

    Attributes:
        errors: what the database raises; let it pass, the transaction is lost.
    """

    def __init__(self, cursor: Any, statements: Statements, errors: tuple[type[Exception], ...] = ()) -> None:
        self.errors = errors
        self._cursor = cursor
        self._statements = statements
        self._inserts: dict[str, list[Values]] = {}
        self._puts: dict[str, dict[tuple[Any, ...], Values]] = {}
        self._archive: dict[str, Values] = {}
        self._instances: dict[str, Instance | None] = {}
        self._loaded: dict[str, int] = {}
        self._about: dict[str, tuple[str | None, str | None, str | None]] = {}
        self._begun: dict[str, Values] = {}
        self._changed: dict[str, Values] = {}
        self._subjects: dict[tuple[str, str, str], list[str]] = {}
        self._inbox: dict[tuple[str, str], Values | None] = {}
        self._outbox: dict[str, Values | None] = {}
        self._kept: list[tuple[Table, Values]] = []

    # --- reading

    def _rows(self, statement: Statement, table: str, values: Mapping[str, Any]) -> list[Values]:
        self._cursor.execute(statement.text, statement.values(values))
        columns = _COLUMNS[table]
        return [dict(zip(columns, row, strict=True)) for row in self._cursor.fetchall()]

    def parties(self) -> list[Values]:
        """The market parties of this database."""
        return self._rows(self._statements.parties, "parties", {})

    def received(self, sender: str, message_id: str) -> Values | None:
        """The inbox row of a message."""
        key = (sender, message_id)
        if key not in self._inbox:
            values = {"message_id": message_id, "sender": sender}
            rows = self._rows(self._statements.inbox, "inbox", values)
            self._inbox[key] = rows[0] if rows else None
        return self._inbox[key]

    def received_by_id(self, message_id: str) -> list[Values]:
        """Inbox rows of an identification, of any sender."""
        own = [row for row in self._inbox.values() if row and row["message_id"] == message_id]
        if own:
            return own
        return self._rows(self._statements.inbox_by_id, "inbox", _named(self._statements.inbox_by_id, (message_id,)))

    def sent(self, message_id: str) -> Values | None:
        """The outbox row of a message."""
        if message_id not in self._outbox:
            rows = self._rows(self._statements.outbox, "outbox", _named(self._statements.outbox, (message_id,)))
            self._outbox[message_id] = rows[0] if rows else None
        return self._outbox[message_id]

    def instance(self, identification: str) -> Instance | None:
        """A process."""
        if identification not in self._instances:
            rows = self._rows(
                self._statements.instance, "instances", _named(self._statements.instance, (identification,))
            )
            self._instances[identification] = self._known(rows[0]) if rows else None
        return self._instances[identification]

    def instances_at(self, subject: str, machine: str, party: str) -> list[Instance]:
        """The processes of a table about something, such as a metering point; the earliest first."""
        key = (subject, machine, party)
        if key not in self._subjects:
            rows = self._rows(
                self._statements.instances_at, "instances", _named(self._statements.instances_at, key)
            )  # fmt: skip
            found = []
            for row in rows:
                if row["id"] not in self._instances:
                    self._instances[row["id"]] = self._known(row)
                found.append(row["id"])
            self._subjects[key] = found
        return [item for item in map(self._instances.get, self._subjects[key]) if item is not None]

    def _known(self, row: Values) -> Instance:
        self._loaded[row["id"]] = row["version"]
        self._about[row["id"]] = (row["process"], row["metering_point"], row["subject"])
        return Instance(row["id"], row["machine"], row["party"], row["state"], row["version"], json.loads(row["facts"]))

    def contracts(self, party: str, metering_point: str) -> list[Values]:
        """Contracts that a party knows on a metering point, with what this unit has put."""
        return self._merged(self._statements.contracts, "contracts", (party, metering_point))

    def accesses(self, party: str, metering_point: str) -> list[Values]:
        """Accesses that a party knows on a metering point, with what this unit has put."""
        return self._merged(self._statements.accesses, "accesses", (party, metering_point))

    def _merged(self, statement: Statement, table: str, key: tuple[str, str]) -> list[Values]:
        rows = {self._key(table, row): row for row in self._rows(statement, table, _named(statement, key))}
        rows |= {own: row for own, row in self._puts.get(table, {}).items() if own[:2] == key}
        return sorted(rows.values(), key=lambda row: row["start"])

    def archived(self, sha256: str) -> bytes | None:
        """Bytes of the archive."""
        if sha256 in self._archive:
            return bytes(self._archive[sha256]["data"])
        rows = self._rows(self._statements.archived, "archive", _named(self._statements.archived, (sha256,)))
        return bytes(rows[0]["data"]) if rows else None

    def dead_letter(self, identification: str) -> Values | None:
        """A dead letter."""
        own = self._puts.get("dead_letters", {}).get((identification,))
        if own:
            return own
        rows = self._rows(
            self._statements.dead_letter, "dead_letters", _named(self._statements.dead_letter, (identification,))
        )
        return rows[0] if rows else None

    def timer(self, instance: str, name: str) -> Values | None:
        """A timer."""
        own = self._puts.get("timers", {}).get((instance, name))
        if own:
            return own
        rows = self._rows(self._statements.timer, "timers", _named(self._statements.timer, (instance, name)))
        return rows[0] if rows else None

    # --- writing

    def archive(self, sha256: str, data: bytes, source: str, at: datetime) -> None:
        """Keep bytes as they arrived; those that are there already stay."""
        row = {"sha256": sha256, "data": data, "source": source, "received_at": stamp(at)}
        self._archive.setdefault(sha256, row)

    def record(self, row: Values) -> None:
        """Put a message into the inbox."""
        self._inbox[row["sender"], row["message_id"]] = row
        self.add("inbox", row)

    def post(self, row: Values) -> None:
        """Put a message into the outbox."""
        self._outbox[row["message_id"]] = row
        self.add("outbox", row)

    def save(self, instance: Instance, at: datetime, *, is_open: bool) -> None:
        """Keep an instance as it now stands."""
        facts = instance.facts
        row = {
            "id": instance.id,
            "machine": instance.machine,
            "party": instance.party,
            "process": facts.get("process"),
            "metering_point": facts.get("metering_point"),
            "subject": facts.get("subject") or facts.get("metering_point"),
            "state": instance.state,
            "open": is_open,
            "version": instance.version,
            "facts": json.dumps(facts, ensure_ascii=False, separators=(",", ":")),
            "changed_at": stamp(at),
        }
        if instance.id in self._loaded:
            self._changed[instance.id] = row
        else:
            begun = self._begun.get(instance.id)
            self._begun[instance.id] = {**row, "begun_at": begun["begun_at"] if begun else stamp(at)}
        self._instances[instance.id] = instance
        subject = row["subject"]
        if subject is not None:
            key = (str(subject), instance.machine, instance.party)
            known = self._subjects.get(key)
            if known is None:
                self.instances_at(*key)
                known = self._subjects[key]
            if instance.id not in known:
                known.append(instance.id)

    def add(self, table: str, row: Values) -> None:
        """A new row."""
        self._inserts.setdefault(table, []).append(row)

    def put(self, table: str, row: Values) -> None:
        """A row, new or in place of the one with the same key."""
        self._puts.setdefault(table, {})[self._key(table, row)] = row

    def keep(self, table: Table, row: Values) -> None:
        """A row of a table of somebody else, in the same transaction; in place of the one with the same key."""
        self._kept.append((table, row))

    @staticmethod
    def _key(table: str, row: Values) -> tuple[Any, ...]:
        return tuple(row[column.name] for column in schema.METADATA.tables[table].primary_key.columns)

    def flush(self) -> None:
        """Write everything.

        Raises:
            Conflict: an instance was changed by another writer since it was read.
        """
        statements = self._statements
        if self._archive:
            self._many(statements.archive, self._archive.values())
        if self._begun:
            self._many(statements.insert["instances"], self._begun.values())
        for identification, row in self._changed.items():
            values = {**row, "key": identification, "before": self._loaded[identification]}
            about = (row["process"], row["metering_point"], row["subject"])
            # what an index is on is left alone where it is the same: fewer pages are written
            statement = (
                statements.restate_instance if about == self._about[identification] else statements.update_instance
            )
            self._cursor.execute(statement.text, statement.values(values))
            if self._cursor.rowcount != 1:
                raise Conflict(f"process {identification} was changed by another writer")
        for table in _ORDER:
            if table in self._inserts:
                self._many(statements.insert[table], self._inserts[table])
            if table in self._puts:
                self._many(statements.put[table], self._puts[table].values())
        for other, row in self._kept:
            self._many(statements.upsert(other), (row,))

    def _many(self, statement: Statement, rows: Iterable[Values]) -> None:
        values = [statement.values(row) for row in rows]
        if len(values) == 1:
            self._cursor.execute(statement.text, values[0])
        else:
            self._cursor.executemany(statement.text, values)


def _named(statement: Statement, key: tuple[Any, ...]) -> Values:
    return dict(zip(statement.names, key, strict=True))
