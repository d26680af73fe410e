"""Statements, compiled once for a dialect: SQLAlchemy writes them, the driver runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Dialect,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

from ediel.store import _schema as schema
from ediel.store._sealed import Processor, Sealed, keys_of

MANY: Final = 50
"""How many keys a statement selects at once; fewer are filled up with the last."""


_LOCK_VALUES: Final = "SELECT pg_advisory_xact_lock(hashtextextended('values_files', 0))"
"""Arrivals of values are committed one after the other, so that nobody reads a number and misses the one before it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text for the driver, the names of its parameters in order, and of the columns that it gives.

    ``values`` takes the parameters out of a row; ``seals`` and ``opens`` are of what is encrypted, by name.
    """

    text: str
    names: tuple[str, ...]
    columns: tuple[str, ...] = ()
    seals: Mapping[str, Processor] = field(default_factory=dict)
    opens: Mapping[str, Processor] = field(default_factory=dict)
    values: Callable[[Mapping[str, object]], tuple[object, ...]] = field(init=False)

    def __post_init__(self) -> None:
        take, seals = _taking(self.names), self.seals
        if not seals:
            object.__setattr__(self, "values", take)
            return

        def sealed(row: Mapping[str, object]) -> tuple[object, ...]:
            return take({**row, **{name: seal(row[name]) for name, seal in seals.items()}})

        object.__setattr__(self, "values", sealed)

    def key(self, *given: object) -> tuple[object, ...]:
        """Parameters in the order of the text, encrypted where they are."""
        if not self.seals:
            return given
        return tuple(
            self.seals[name](value) if name in self.seals else value
            for name, value in zip(self.names, given, strict=True)
        )

    def row(self, found: Sequence[Any]) -> dict[str, Any]:
        """A row as the driver gives it, by its columns, decrypted."""
        row = dict(zip(self.columns, found, strict=True))
        for name, opened in self.opens.items():
            row[name] = opened(row[name])
        return row


def _taking(names: tuple[str, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    """What takes values out of a row by their names, as a tuple also of one or none."""
    return itemgetter(*names) if len(names) > 1 else lambda row: tuple(row[name] for name in names)


def _text(text: str) -> ColumnElement[str]:
    """A text that is part of the statement."""
    return literal_column(f"'{text}'")


def batches(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Keys in batches, as such a statement takes them."""
    distinct = sorted(set(keys))
    for place in range(0, len(distinct), MANY):
        some = distinct[place : place + MANY]
        yield (*some, *([some[-1]] * (MANY - len(some))))


_RESTATED: Final = ("state", "open", "version", "facts", "revision", "changed_at", "log_digest")
"""Columns of a process that are on no index."""


class Statements:
    """Everything that a unit of work asks and writes."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.insert = {table.name: self._insert(table) for table in schema.METADATA.sorted_tables}
        self.archive = self._insert(schema.ARCHIVE, ignore=True)
        self.put = {
            table.name: self.upsert(table)
            for table in (
                schema.PARTIES,
                schema.TIMERS,
                schema.DEAD_LETTERS,
                schema.CONTRACTS,
                schema.ACCESSES,
                schema.KEYS,
                schema.POINTS,
            )
        }
        instances = schema.INSTANCES
        self.update_instance = self._compile(
            instances.update()
            .where(and_(instances.c.id == bindparam("key"), instances.c.version == bindparam("before")))
            .values(
                {
                    name: bindparam(name, type_=instances.c[name].type)
                    for name in (
                        "process",
                        "metering_point",
                        "subject",
                        "state",
                        "open",
                        "version",
                        "facts",
                        "revision",
                        "changed_at",
                        "status",
                        "log_digest",
                    )
                }
            )
        )
        self.instance = self._select(instances, "id")
        self.instances_at = self._select(instances, "subject", "machine", "party", order="begun_at")
        self.restate_instance = self._compile(
            instances.update()
            .where(and_(instances.c.id == bindparam("key"), instances.c.version == bindparam("before")))
            .values({name: bindparam(name, type_=instances.c[name].type) for name in _RESTATED})
        )
        self.inbox = self._select(schema.INBOX, "message_id", "sender")
        self.inbox_by_id = self._select(schema.INBOX, "message_id")
        sent = (schema.OUTBOX.c.message_id, schema.OUTBOX.c.party, schema.OUTBOX.c.instance_id, schema.OUTBOX.c.label)
        process = [column.label(f"process_{column.name}") for column in instances.columns]
        self.sent_with_process = self._compile(
            select(*sent, *process)
            .outerjoin_from(schema.OUTBOX, instances, instances.c.id == schema.OUTBOX.c.instance_id)
            .where(schema.OUTBOX.c.message_id == bindparam("message_id"))
        )
        self.many_inbox = self._select_many(schema.INBOX, "message_id")
        self.many_outbox = self._select_many(schema.OUTBOX, "message_id", columns=sent)
        self.many_instances = self._select_many(instances, "id")
        self.archived = self._select(schema.ARCHIVE, "sha256")
        self.contracts = self._select(schema.CONTRACTS, "party", "metering_point", order="start")
        self.accesses = self._select(schema.ACCESSES, "party", "metering_point", order="start")
        self.point = self._select(schema.POINTS, "party", "metering_point")
        self.parties = self._select(schema.PARTIES)
        self.keyed = self._select(schema.KEYS, "party", "key")
        self.keys_of = self._select(schema.KEYS, "instance_id")
        self.tags_of = self._select(schema.TAGS, "instance_id")
        outbox, evidence = schema.OUTBOX, schema.EVIDENCE
        refused = exists().where(evidence.c.message_id == outbox.c.message_id, evidence.c.decided == _text("failed"))
        waits = or_(
            outbox.c.status == _text("pending"),
            outbox.c.status == _text("held"),
            and_(outbox.c.status == _text("failed"), refused),
        )
        unsent = select(outbox.c.message_id).where(outbox.c.instance_id == bindparam("instance_id"), waits)
        self.unsent = self._compile(unsent)
        self.subscriptions = self._select(schema.SUBSCRIPTIONS, order="name")
        files = schema.VALUES_FILES
        self.last_arrival = self._compile(select(func.max(files.c.last_cursor)))
        self.drop_file = self._compile(files.delete().where(files.c.path == bindparam("path")))
        self.lock_values = None if dialect.name == "sqlite" else _LOCK_VALUES
        self.dead_letter = self._select(schema.DEAD_LETTERS, "id")
        self.timer = self._select(schema.TIMERS, "instance_id", "name")

    def compiled(self, statement: Select[Any]) -> Statement:
        """A statement of somebody else, for this dialect."""
        return self._compile(statement)

    def _insert(self, table: Table, *, ignore: bool = False) -> Statement:
        columns = [column for column in table.columns if column.autoincrement is not True]
        values: dict[str, object] = {column.name: bindparam(column.name, type_=column.type) for column in columns}
        if table is schema.INBOX:
            values["number"] = self._next_in_inbox()
        kind = sqlite.insert if self._dialect.name == "sqlite" else postgresql.insert
        statement = kind(table).values(values)
        return self._compile(statement.on_conflict_do_nothing() if ignore else statement)

    def _next_in_inbox(self) -> ColumnElement[int]:
        """The number of a message that is taken; the one writer of SQLite counts on."""
        if self._dialect.name != "sqlite":
            return func.nextval(literal_column(f"'{schema.INBOX_NUMBER}'"))
        return select(
            func.coalesce(func.max(schema.INBOX.c.number), literal_column("0")) + literal_column("1")
        ).scalar_subquery()

    @cache  # noqa: B019 - a store lives as long as its statements
    def upsert(self, table: Table) -> Statement:
        """Writes a row, new or in place of the one with the same key."""
        kind = sqlite.insert if self._dialect.name == "sqlite" else postgresql.insert
        statement = kind(table).values(
            {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
        )
        key = list(table.primary_key.columns)
        others = {column.name: statement.excluded[column.name] for column in table.columns if column not in key}
        if not others:
            return self._compile(statement.on_conflict_do_nothing())
        return self._compile(statement.on_conflict_do_update(index_elements=key, set_=others))

    def _select(
        self, table: Table, *keys: str, order: str | None = None, columns: Sequence[Column[object]] = ()
    ) -> Statement:
        statement = select(*(columns or table.columns)).where(*(table.c[key] == bindparam(key) for key in keys))
        return self._compile(statement if order is None else statement.order_by(table.c[order]))

    def _select_many(self, table: Table, key: str, *, columns: Sequence[Column[object]] = ()) -> Statement:
        marks: list[BindParameter[object]] = [bindparam(f"{key}_{number}") for number in range(MANY)]
        return self._compile(select(*(columns or table.columns)).where(table.c[key].in_(marks)))

    def _compile(self, statement: ClauseElement) -> Statement:
        compiled: Any = statement.compile(dialect=self._dialect)
        selected = tuple(statement.selected_columns) if isinstance(statement, Select) else ()
        columns = tuple(column.name for column in selected)
        keys = keys_of(self._dialect)
        seals: dict[str, Processor] = {}
        opens: dict[str, Processor] = {}
        if keys is not None:
            binds = {name: bind.type for bind, name in compiled.bind_names.items()}
            seals = {name: _present(kind.sealing(keys)) for name, kind in binds.items() if isinstance(kind, Sealed)}
            opens = {item.name: _present(item.type.opening(keys)) for item in selected if isinstance(item.type, Sealed)}
        names: Sequence[str] | None = compiled.positiontup
        if names is not None:
            return Statement(str(compiled), tuple(names), columns, seals, opens)
        text = str(compiled)
        order = sorted(compiled.params, key=lambda name: text.index(f"%({name})s"))
        for name in order:
            text = text.replace(f"%({name})s", "%s")
        return Statement(text, tuple(order), columns, seals, opens)


def _present(process: Processor) -> Processor:
    """A processor that leaves out what is not there."""
    return lambda value: None if value is None else process(value)
