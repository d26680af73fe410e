"""A unit of work: reads each row once, collects what is to be written, and writes it at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import DBAPICursor

from ediel.processes import Instance, encode_state, machine
from ediel.store import _schema as schema
from ediel.store._digest import digest_of
from ediel.store._packing import pack
from ediel.store._reading import Reading, Values, indexed
from ediel.store._statements import Statement, Statements
from ediel.store.errors import Conflict

__all__ = ["Unit", "Values", "event_id", "moment_of", "stamp"]

_TRACED: Final = frozenset(table.name for table in schema.METADATA.sorted_tables if "trace" in table.columns)
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


class Unit(Reading):
    """One transaction. Use it only inside ``Store.unit``.

    Attributes:
        errors: what the database raises; let it pass, the transaction is lost.
    """

    def __init__(
        self,
        cursor: DBAPICursor,
        statements: Statements,
        errors: tuple[type[Exception], ...] = (),
        trace: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__(cursor, statements)
        self.errors = errors
        self._trace = trace
        self._inserts: dict[str, list[Values]] = {}
        self._begun: dict[str, Values] = {}
        self._changed: dict[str, Values] = {}
        self._kept: list[tuple[Table, Values]] = []

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
        if table in _TRACED:
            row = {**row, "trace": self._trace()}
        self._inserts.setdefault(table, []).append(row)

    def put(self, table: str, row: Values) -> None:
        """A row, new or in place of the one with the same key."""
        self._puts.setdefault(table, {})[self._key(table, row)] = row

    def keep(self, table: Table, row: Values) -> None:
        """A row of a table of somebody else, in the same transaction; in place of the one with the same key."""
        self._kept.append((table, row))

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
            chosen = same if indexed(row) == self._about[identification] else other
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
