"""A unit of work: reads each row once, collects what is to be written, and writes it at the end.

All that a transaction reads and writes goes by one class, so this is one module, though a long one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import DBAPICursor

from ediel.processes import Instance, UnreadableProcess, encode_state, machine, restore
from ediel.store import _schema as schema
from ediel.store._digest import digest_of
from ediel.store._packing import pack, unpack
from ediel.store._rows import stored_of
from ediel.store._statements import Statement, Statements, batches
from ediel.store.errors import Conflict

Values = dict[str, Any]
"""A row of a table, by its columns."""

_SENT: Final = ("message_id", "party", "instance_id", "label")
_PROCESS: Final = tuple(schema.INSTANCES.columns.keys())
_ORDER: Final = tuple(table.name for table in schema.METADATA.sorted_tables)


@lru_cache(maxsize=64)
def stamp(moment: datetime) -> str:
    """A moment as the store keeps it: UTC, fixed length."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def moment_of(text: str) -> datetime:
    """The moment that a stored text stands for."""
    return datetime.fromisoformat(text)


def event_id(row: Values) -> str:
    """Identification of an event, from its key."""
    return str(uuid5(UUID(row["instance_id"]), f"{row['version']}/event/{row['position']}"))


def _indexed(row: Values) -> tuple[object, ...]:
    """What indices are on, of a process that may change."""
    return row["process"], row["metering_point"], row["subject"], row["status"]


class Unit:
    """One transaction. Use it only inside ``Store.unit``.

    Attributes:
        errors: what the database raises; let it pass, the transaction is lost.
    """

    def __init__(self, cursor: DBAPICursor, statements: Statements, errors: tuple[type[Exception], ...] = ()) -> None:
        self.errors = errors
        self._cursor = cursor
        self._statements = statements
        self._inserts: dict[str, list[Values]] = {}
        self._puts: dict[str, dict[tuple[object, ...], Values]] = {}
        self._instances: dict[str, Instance | None] = {}
        self._loaded: dict[str, int] = {}
        self._about: dict[str, tuple[object, ...]] = {}
        self._heads: dict[str, str | None] = {}
        self._begun: dict[str, Values] = {}
        self._changed: dict[str, Values] = {}
        self._subjects: dict[tuple[str, str, str], list[str]] = {}
        self._saved_at: dict[tuple[str, str, str], list[str]] = {}
        self._inbox: dict[tuple[str, str], Values | None] = {}
        self._outbox: dict[str, Values | None] = {}
        self._kept: list[tuple[Table, Values]] = []
        self._last_arrival: int | None = None

    # --- reading

    def _rows(self, statement: Statement, *key: str) -> list[Values]:
        """Rows by key, in the order in which the statement names its parts."""
        self._cursor.execute(statement.text, key)
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
        self._about[row["id"]] = _indexed(row)
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

    def replace_files(self, before: Collection[str], after: Collection[Values]) -> None:
        """Let files of the values store take the place of others.

        Raises:
            Conflict: one of the others is not there any more.
        """
        rows = [{"path": path} for path in before]
        if self._many(self._statements.drop_file, rows) != len(rows):
            raise Conflict("files of the values store were replaced by another process")
        for row in after:
            self.add("values_files", row)

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

    # --- writing

    def archive(self, inputs: Sequence[tuple[str, bytes]], source: str, at: datetime) -> bool:
        """Keep bytes, with their digests, as they arrived; those that are there already stay.

        Returns:
            Whether none of them was there: then nothing is known of them, and no dead letter is of them.
        """
        moment = stamp(at)
        rows: dict[str, Values] = {}
        for sha256, data in sorted(inputs):  # two writers that wait for each other's would wait for ever
            packing, packed = pack(data)
            rows[sha256] = {
                "sha256": sha256, "data": packed, "packing": packing, "source": source, "received_at": moment,
            }  # fmt: skip
        return self._many(self._statements.archive, rows.values()) == len(inputs)

    def record(self, row: Values) -> None:
        """Put a message into the inbox."""
        self._inbox[row["sender"], row["message_id"]] = row
        self.add("inbox", row)

    def post(self, row: Values) -> None:
        """Put a message into the outbox."""
        self._outbox[row["message_id"]] = row
        self.add("outbox", row)

    def log(self, row: Values) -> None:
        """Write a step into the log, sealed with the one before it; ``save`` the process after that."""
        digest = digest_of(self._heads.get(row["instance_id"]), row)
        self._heads[row["instance_id"]] = digest
        self.add("transitions", {**row, "digest": digest})

    def save(self, instance: Instance, at: datetime, *, is_open: bool) -> None:
        """Keep an instance as it now stands."""
        facts, table = instance.facts, machine(instance.machine)
        row = {
            "id": instance.id,
            "machine": instance.machine,
            "party": instance.party,
            "process": facts.process,
            "metering_point": facts.metering_point,
            "subject": facts.about,
            "state": instance.state,
            "open": is_open,
            "status": table.status(instance),
            "log_digest": self._heads.get(instance.id),
            "version": instance.version,
            "revision": table.revision,
            "facts": facts,  # a text when it is written: a batch may change one process a thousand times
            "changed_at": stamp(at),
        }
        if instance.id in self._loaded:
            self._changed[instance.id] = row
        else:
            begun = self._begun.get(instance.id)
            self._begun[instance.id] = {**row, "begun_at": begun["begun_at"] if begun else stamp(at)}
        self._instances[instance.id] = instance
        if row["subject"] is not None:
            self._saved_at.setdefault((str(row["subject"]), instance.machine, instance.party), []).append(instance.id)

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
    def _key(table: str, row: Values) -> tuple[object, ...]:
        return tuple(row[column.name] for column in schema.METADATA.tables[table].primary_key.columns)

    def flush(self) -> None:
        """Write everything.

        Raises:
            Conflict: an instance was changed by another writer since it was read.
        """
        statements = self._statements
        if self._begun:
            rows = [{**row, "facts": encode_state(row["facts"])} for row in self._begun.values()]
            self._many(statements.insert["instances"], rows)
        self._rewrite()
        if "events" in self._inserts:
            self._fan_out(self._inserts["events"])
        for table in _ORDER:
            if table in self._inserts:
                self._many(statements.insert[table], self._inserts[table])
            if table in self._puts:
                self._many(statements.put[table], self._puts[table].values())
        for other, row in self._kept:
            self._many(statements.upsert(other), (row,))

    def _fan_out(self, events: Sequence[Values]) -> None:
        """A delivery of each event for each subscription that wants its kind."""
        subscriptions = self._rows(self._statements.subscriptions)
        if not subscriptions:
            return
        wanted: dict[str, list[str]] = {}
        for row in subscriptions:
            wanted.setdefault(row["event"], []).append(row["name"])
        for event in events:
            for name in wanted.get(event["name"], ()):
                self.add(
                    "deliveries",
                    {
                        "subscription": name,
                        "instance_id": event["instance_id"],
                        "version": event["version"],
                        "position": event["position"],
                        "event": event["name"],
                        "status": "waiting",
                        "attempts": 0,
                        "next_at": "",
                        "leased_by": None,
                        "leased_until": None,
                        "error": None,
                    },
                )

    def _rewrite(self) -> None:
        """Write changed processes, where no one else has changed them since."""
        same: list[Values] = []
        other: list[Values] = []
        for identification, row in self._changed.items():
            # what an index is on is left alone where it is the same: fewer pages are written
            chosen = same if _indexed(row) == self._about[identification] else other
            chosen.append(
                {
                    **row, "facts": encode_state(row["facts"]), "key": identification,
                    "before": self._loaded[identification],
                }
            )  # fmt: skip
        for statement, rows in ((self._statements.restate_instance, same), (self._statements.update_instance, other)):
            if rows and self._many(statement, rows) != len(rows):
                names = ", ".join(row["id"] for row in rows[:3])
                raise Conflict(f"a process was changed by another writer: one of {len(rows)}, {names}")

    def _many(self, statement: Statement, rows: Collection[Values]) -> int:
        """Run a statement for every row; returns the number of rows that it has written."""
        values = list(map(statement.values, rows))
        if len(values) == 1:
            self._cursor.execute(statement.text, values[0])
        else:
            self._cursor.executemany(statement.text, values)
        return int(self._cursor.rowcount)
