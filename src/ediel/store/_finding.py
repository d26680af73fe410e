"""Finding processes, steps and timers among very many: every query is one walk along an index, page by page.

A page is read at a place and never counted off, so that the thousandth costs what the first does. Nothing here takes
the place of a writer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, select, tuple_

from ediel.store import _schema as schema
from ediel.store._store import Store
from ediel.store._unit import Values, stamp

STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("open",),
    "done": ("resting", "closed", "abandoned"),
    "resting": ("resting",),
    "closed": ("closed",),
    "abandoned": ("abandoned",),
}
"""What may be asked for, and the statuses of processes that it stands for."""
_INSTANCES: Final = schema.INSTANCES
Place = tuple[str, ...]
"""Where a page ends: the values of the last row by which the rows are ordered."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which processes are wanted: those for which all holds that is given.

    Attributes:
        parties: GLNs; of any party when ``None``.
        key: the caller's own.
        tags: the caller's own words.
        metering_point: GSRN.
        statuses: as stored; any when empty.
        process: BRS number.
    """

    parties: tuple[str, ...] | None = None
    key: str | None = None
    tags: Mapping[str, str] | None = None
    metering_point: str | None = None
    statuses: tuple[str, ...] = ()
    process: str | None = None


class Finder:
    """Finds in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _all(self, statement: Select[Any]) -> list[Values]:
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def row(self, identification: str) -> Values | None:
        """One process."""
        rows = self._all(select(_INSTANCES).where(_INSTANCES.c.id == identification))
        return rows[0] if rows else None

    def parties(self) -> tuple[str, ...]:
        """Every party that has processes: a step along the index for each, however many processes there are."""
        found: list[str] = []
        while True:
            statement = select(func.min(_INSTANCES.c.party).label("party"))
            (row,) = self._all(statement.where(_INSTANCES.c.party > found[-1]) if found else statement)
            if row["party"] is None:
                return tuple(found)
            found.append(row["party"])

    def processes(self, wanted: Wanted, after: Place | None, most: int) -> list[Values]:
        """Rows of processes, those begun last first, after a place: ``begun_at`` and ``id`` of the last one."""
        if wanted.key is not None:
            return self._by_key(wanted, after)[:most]
        if wanted.tags:
            return self._all(self._by_tag(wanted, after, most))
        if wanted.metering_point is not None:
            statement = select(_INSTANCES).where(_INSTANCES.c.metering_point == wanted.metering_point, *_rest(wanted))
            return self._all(_page(statement, _INSTANCES.c.begun_at, _INSTANCES.c.id, after, most))
        walks = (self._walk(party, status, wanted.process, after, most) for party, status in self._walks(wanted))
        newest_first = merge(*walks, key=lambda row: (row["begun_at"], row["id"]), reverse=True)
        return list(islice(newest_first, most))

    def _walks(self, wanted: Wanted) -> Iterator[tuple[str, str]]:
        """Party and status of each part of the index that holds some of what is wanted."""
        for party in self.parties() if wanted.parties is None else dict.fromkeys(wanted.parties):
            for status in wanted.statuses or ("open", "resting", "closed", "abandoned"):
                yield party, status

    def _walk(self, party: str, status: str, process: str | None, after: Place | None, most: int) -> list[Values]:
        table = _INSTANCES
        statement = select(table).where(table.c.party == party, table.c.status == status)
        if process is not None:
            statement = statement.where(table.c.process == process)
        return self._all(_page(statement, table.c.begun_at, table.c.id, after, most))

    def _by_key(self, wanted: Wanted, after: Place | None) -> list[Values]:
        """A key is a party's own, so there is one process of each party at the most."""
        parties = self.parties() if wanted.parties is None else wanted.parties
        statement = (
            select(_INSTANCES)
            .join(schema.KEYS, schema.KEYS.c.instance_id == _INSTANCES.c.id)
            .where(schema.KEYS.c.party.in_(parties), schema.KEYS.c.key == wanted.key, *_rest(wanted))
        )
        if wanted.metering_point is not None:
            statement = statement.where(_unindexed(_INSTANCES.c.metering_point) == wanted.metering_point)
        for name, value in (wanted.tags or {}).items():
            statement = statement.where(_has_tag(name, value))
        rows = sorted(self._all(statement), key=lambda row: (row["begun_at"], row["id"]), reverse=True)
        return [row for row in rows if after is None or (row["begun_at"], row["id"]) < after]

    def _by_tag(self, wanted: Wanted, after: Place | None, most: int | None) -> Select[Any]:
        (name, value), *others = sorted((wanted.tags or {}).items())
        tags = schema.TAGS
        statement = (
            select(_INSTANCES)
            .join(tags, tags.c.instance_id == _INSTANCES.c.id)
            .where(tags.c.name == name, tags.c.value == value, *_rest(wanted))
        )
        if wanted.metering_point is not None:
            statement = statement.where(_unindexed(_INSTANCES.c.metering_point) == wanted.metering_point)
        for other in others:
            statement = statement.where(_has_tag(*other))
        return _page(statement, tags.c.begun_at, tags.c.instance_id, after, most)

    def waiting(self, most: int) -> int:
        """How many messages wait in the outbox, counted up to a number."""
        table = schema.OUTBOX
        pending = table.c.status == literal("pending", literal_execute=True)
        some = select(table.c.number).where(pending).limit(most).subquery()
        (row,) = self._all(select(func.count().label("messages")).select_from(some))
        return int(row["messages"])

    def tally(self, tags: Mapping[str, str], parties: tuple[str, ...] | None) -> list[Values]:
        """How many processes with some tags stand in each state."""
        found = self._by_tag(Wanted(tags=tags, parties=parties), None, None).order_by(None).subquery()
        key = (found.c.machine, found.c.state, found.c.status)
        return self._all(select(*key, func.count().label("processes")).group_by(*key))

    def not_sent(self, tags: Mapping[str, str], parties: tuple[str, ...] | None) -> int:
        """Of how many processes with some tags a message is held or has failed."""
        found = self._by_tag(Wanted(tags=tags, parties=parties), None, None).order_by(None).subquery()
        outbox = schema.OUTBOX
        stopped = exists().where(outbox.c.instance_id == found.c.id, outbox.c.status.in_(("held", "failed")))
        (row,) = self._all(select(func.count().label("processes")).select_from(found).where(stopped))
        return int(row["processes"])

    def steps(self, metering_point: str, parties: Sequence[str] | None, after: Place | None, most: int) -> list[Values]:
        """Steps of processes about a point, and steps about it of other processes, in the order of time.

        The place is ``at``, ``instance_id`` and ``version`` (as text of ten figures) of the last one.
        """
        steps, points = schema.TRANSITIONS, schema.STEP_POINTS
        about = {name: _INSTANCES.c[name] for name in ("machine", "party", "process", "metering_point")}
        columns = (*steps.columns, *about.values())
        own = (
            select(*columns)
            .join(_INSTANCES, _INSTANCES.c.id == steps.c.instance_id)
            .where(_INSTANCES.c.metering_point == metering_point, *_of(parties))
        )
        other = (
            select(*columns)
            .join(points, and_(points.c.instance_id == steps.c.instance_id, points.c.version == steps.c.version))
            .join(_INSTANCES, _INSTANCES.c.id == steps.c.instance_id)
            .where(points.c.metering_point == metering_point, *_of(parties))
        )
        found: list[Values] = []
        for statement, moment, instance, version in (
            (own, steps.c.at, steps.c.instance_id, steps.c.version),
            (other, points.c.at, points.c.instance_id, points.c.version),
        ):
            order = (moment, instance, version)
            if after is not None:
                at, of, number = after
                here = tuple_(*order) > tuple_(literal(at), literal(of), literal(int(number)))
                found += self._all(statement.where(here).order_by(*order).limit(most))
            else:
                found += self._all(statement.order_by(*order).limit(most))
        # a step of a process about this point is not noted twice, but an earlier step may have been about no point yet
        unique = {(row["at"], row["instance_id"], row["version"]): row for row in found}
        return [unique[key] for key in sorted(unique)][:most]

    def effects(self, steps: Sequence[tuple[str, int]]) -> dict[tuple[str, int], tuple[list[Values], list[Values]]]:
        """Of steps: the events that they made, and the messages that they sent (without their bytes)."""
        found: dict[tuple[str, int], tuple[list[Values], list[Values]]] = {step: ([], []) for step in steps}
        instances = sorted({instance for instance, _ in steps})
        for first in range(0, len(instances), 500):
            some = instances[first : first + 500]
            for place, table, order, names in (
                (0, schema.EVENTS, "position", ("instance_id", "version", "position", "name")),
                (1, schema.OUTBOX, "number", ("instance_id", "version", "message_id", "number")),
            ):
                statement = select(*(table.c[name] for name in names)).where(table.c.instance_id.in_(some))
                for row in sorted(self._all(statement), key=itemgetter(order)):
                    if (step := (row["instance_id"], row["version"])) in found:
                        found[step][place].append(row)
        return found

    def due(
        self, until: datetime, after: Place | None, most: int, *, parties: Sequence[str] | None = None
    ) -> list[Values]:
        """Timers that are set and due by a moment, the nearest first, with their processes.

        The place is ``due_at``, ``instance_id`` and ``name`` of the last one.
        """
        timers = schema.TIMERS
        about = (_INSTANCES.c[name] for name in ("machine", "state", "party", "process", "metering_point"))
        order = (timers.c.due_at, timers.c.instance_id, timers.c.name)
        statement = (
            select(*timers.columns, *about)
            .join(_INSTANCES, _INSTANCES.c.id == timers.c.instance_id)
            .where(
                timers.c.status == literal("set", literal_execute=True), timers.c.due_at <= stamp(until), *_of(parties)
            )
        )
        if after is not None:
            statement = statement.where(tuple_(*order) > tuple_(*map(literal, after)))
        return self._all(statement.order_by(*order).limit(most))


def _of(parties: Sequence[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if parties is None else (_unindexed(_INSTANCES.c.party).in_(list(parties)),)


def _rest(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What is asked of each row once an index has found it by something else."""
    yield from _of(wanted.parties)
    if wanted.statuses:
        yield _unindexed(_INSTANCES.c.status).in_(wanted.statuses)
    if wanted.process is not None:
        yield _unindexed(_INSTANCES.c.process) == wanted.process


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column for comparison alone: SQLite would walk along its index, which is the longer way here."""
    return column.op("||")("")


def _has_tag(name: str, value: str) -> ColumnElement[bool]:
    tags = schema.TAGS.alias()
    key = and_(tags.c.instance_id == _INSTANCES.c.id, tags.c.name == name)
    return select(tags.c.value).where(key).correlate(_INSTANCES).scalar_subquery() == value


def _page(
    statement: Select[Any],
    begun_at: ColumnElement[Any],
    identification: ColumnElement[Any],
    after: Place | None,
    most: int | None,
) -> Select[Any]:
    if after is not None:
        statement = statement.where(tuple_(begun_at, identification) < tuple_(*map(literal, after)))
    return statement.order_by(begun_at.desc(), identification.desc()).limit(most)
