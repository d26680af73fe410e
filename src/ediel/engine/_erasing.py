"""Erasure: in one transaction, every row that names a person is masked, and the log of steps stays verifiable."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, and_, select, update

from ediel.engine._held_on import KIND_OF, Held
from ediel.engine._marks import Marks, rewritten
from ediel.engine._retention import Retention
from ediel.store import ArchiveDamaged, ArchiveRemoved, Values, Wording, moment_of, stamp, write_entry
from ediel.store import _schema as schema
from ediel.store._digest import digest_of
from ediel.store._packing import REMOVED, masked, masked_plain, removed, unpack, without_line
from ediel.store._sealed import Found, SealedBytes, SealedText

__all__ = ["Done", "erase_rows"]

_MOMENTS: Final = ("received_at", "created_at", "changed_at", "at")


@dataclass(slots=True)
class Done:
    """What an erasure has done.

    Attributes:
        masked: rows in which something was masked, by kind.
        kept: rows that stay, by the reason and kind.
    """

    masked: Counter[str] = field(default_factory=Counter)
    kept: dict[str, Counter[str]] = field(default_factory=dict)


class _Eraser:
    """Masks rows of one person in one transaction."""

    def __init__(self, connection: Connection, marks: Marks, held: Held, retention: Retention, now: datetime) -> None:
        self.connection = connection
        self.marks = marks
        self.held = held
        self.now = now
        self.done = Done()
        self.steps: list[Values] = []
        self._retention = retention
        self._masks: Mapping[Table, Callable[[Values], Values]] = {
            schema.ARCHIVE: self._archive,
            schema.CONTRACTS: self._contract,
            schema.EVENTS: self._event,
            schema.EVIDENCE: self._evidence,
            schema.INSTANCES: self._instance,
            schema.KEYS: self._key,
            schema.OUTBOX: self._outbox,
            schema.TRANSITIONS: self._step,
        }

    def mask(self, table: Table, key: tuple[object, ...]) -> None:
        """Mask what a row says of the person, unless it is to be kept."""
        where = and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))
        found = self.connection.execute(select(table).where(where).with_for_update()).mappings().first()
        if found is None:
            return
        row = dict(found)
        own = self._masks.get(table)
        values = self._plain(table, row) if own is None else own(row)
        if not values:
            return
        kind = KIND_OF.get(table.name, "customer")
        reason = self._kept(kind, row)
        if reason is not None:
            self.done.kept.setdefault(reason, Counter())[kind] += 1
            return
        self.connection.execute(update(table).where(where).values(values))
        self.done.masked[kind] += 1
        if table is schema.TRANSITIONS:
            self._seal({**row, **values})

    def _kept(self, kind: str, row: Values) -> str | None:
        moment = next((str(row[name]) for name in _MOMENTS if row.get(name)), None)
        if moment is None and row.get("instance_id"):
            table = schema.INSTANCES
            of = select(table.c.changed_at).where(table.c.id == row["instance_id"])
            moment = self.connection.execute(of).scalar()
        return None if moment is None else self._retention.kept(kind, moment_of(moment), self.now)

    # --- what each table's rows become: the columns that change

    def _plain(self, table: Table, row: Values) -> Values:
        """Columns of texts and bytes, whatever they are for."""
        changed: Values = {}
        for column in table.columns:
            value = row[column.name]
            if (
                isinstance(column.type, (LargeBinary, SealedBytes))
                and value is not None
                and self.marks.in_bytes(bytes(value))
            ):
                changed[column.name] = self.marks.masked_bytes(bytes(value)) or b""
            elif isinstance(column.type, (Text, SealedText, Found)) and value is not None and self.marks.in_text(value):
                changed[column.name] = self._masked(column, value)
        return changed

    def _masked(self, column: Column[str], text: str) -> str:
        """A text without the person; one that is part of a key stays one of its own."""
        return f"erased-{secrets.token_hex(8)}" if column.primary_key else self.marks.masked_text(text)

    def _archive(self, row: Values) -> Values:
        changed: Values = {}
        if self.marks.in_text(row["source"]):
            changed["source"] = self.marks.masked_text(row["source"])
        try:
            data = unpack(row["packing"], bytes(row["data"]), row["sha256"])
        except ArchiveRemoved:
            return changed
        except ArchiveDamaged:
            return {**changed, "packing": REMOVED, "data": removed(stamp(self.now))}
        theirs = frozenset(self.held.archived.get(row["sha256"], ()))
        found = self.marks.masked_bytes(data, whole=theirs)
        if found is None:
            if self.marks.in_bytes(data):
                changed |= {"packing": REMOVED, "data": removed(stamp(self.now))}
        elif found != rewritten(data):
            packing, packed = masked(found, stamp(self.now))
            changed |= {"packing": packing, "data": packed}
        return changed

    def _outbox(self, row: Values) -> Values:
        changed = self._plain(schema.OUTBOX, {**row, "data": None})
        data = bytes(row["data"])
        if data:
            found = self.marks.masked_bytes(data, whole=frozenset({0}))
            if found is None:
                found = b"" if self.marks.in_bytes(data) else data
            if found != rewritten(data) and found != data:
                changed["data"] = found
        return changed

    def _evidence(self, row: Values) -> Values:
        changed = self._plain(schema.EVIDENCE, {**row, "data": None})
        data = bytes(row["data"])
        try:
            data = without_line(data) or data
        except ArchiveDamaged:
            return {**changed, "data": b""} if self.marks.in_bytes(data) else changed
        if self.marks.in_bytes(data):
            changed["data"] = masked_plain(self.marks.masked_bytes(data) or b"", stamp(self.now))
        return changed

    def _instance(self, row: Values) -> Values:
        changed = self._plain(schema.INSTANCES, {**row, "facts": None})
        facts = self.marks.masked_json(row["facts"], theirs=row["id"] in self.held.processes)
        if facts != row["facts"]:
            changed["facts"] = facts
        return changed

    def _event(self, row: Values) -> Values:
        changed = self._plain(schema.EVENTS, {**row, "data": None})
        data = self.marks.masked_json(row["data"])
        if data != row["data"]:
            changed["data"] = data
        return changed

    def _contract(self, row: Values) -> Values:
        """Another mark than that of the person, which is nobody's."""
        if row["customer"] != self.marks.contract_mark:
            return {}
        return {"customer": secrets.token_hex(8)}

    def _key(self, row: Values) -> Values:
        return {"key": f"erased-{row['instance_id']}-{secrets.token_hex(4)}"} if self.marks.in_text(row["key"]) else {}

    def _step(self, row: Values) -> Values:
        return self._plain(schema.TRANSITIONS, row)

    def _seal(self, row: Values) -> None:
        """What a masked step is sealed with from now on, beside the digest that it was written with."""
        if row["digest"] is None:
            return  # from before steps were sealed
        steps, cuts = schema.TRANSITIONS, schema.LOG_CUTS
        one = (row["instance_id"], row["version"] - 1)
        before = None
        for table in (steps, cuts):
            of = select(table.c.digest).where(table.c.instance_id == one[0], table.c.version == one[1])
            before = before or self.connection.execute(of).scalar()
        sealed = {"instance_id": one[0], "version": row["version"], "digest": digest_of(before, row)}
        self.steps.append(sealed)


def erase_rows(
    connection: Connection,
    marks: Marks,
    held: Held,
    retention: Retention,
    now: datetime,
    wording: Wording,
    *,
    forced: bool,
) -> Done:
    """Mask everything that is held on a person, in a transaction, with its entry in the protection log."""
    eraser = _Eraser(connection, marks, held, retention, now)
    for table in schema.METADATA.sorted_tables:
        keys = dict.fromkeys(held.rows.get(table.name, ()))
        if table is schema.INSTANCES:
            keys |= dict.fromkeys((item,) for item in sorted(held.processes))
        elif table is schema.ARCHIVE:
            keys |= dict.fromkeys((item,) for item in sorted(held.archived))
        for key in keys:
            eraser.mask(table, key)
    outbox = schema.OUTBOX
    for message_id in sorted(held.sent):
        number = connection.execute(select(outbox.c.number).where(outbox.c.message_id == message_id)).scalar()
        if number is not None and (number,) not in held.rows.get("outbox", ()):
            eraser.mask(outbox, (number,))
    detail = {
        "masked": dict(eraser.done.masked), "kept": {reason: dict(kinds) for reason, kinds in eraser.done.kept.items()},
        "forced": forced,
    }  # fmt: skip
    write_entry(connection, "erase", now, wording, {"rows": detail}, masked=eraser.steps)
    return eraser.done
