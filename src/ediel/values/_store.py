"""Writing what has arrived, and asking for it: series as they are or were known, what changed, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from ediel.calendar import OSLO, midnight
from ediel.series._columns import SCHEMA
from ediel.series.exporting import by_month
from ediel.series.judging import AROUND, Expected, completeness
from ediel.series.versions import latest
from ediel.store import Store, StoreError, Unit, stamp
from ediel.store import _schema as schema
from ediel.values._differences import differences
from ediel.values._files import CURSOR, Row, lean, packed, read_file, together
from ediel.values._folder import Folder, folder
from ediel.values.errors import ValuesError

__all__ = ["Arrival", "Changes", "ValuesStore"]

T = TypeVar("T")
_NAME: Final = "values"
_UNKNOWN: Final = "unknown"
"""Month of values without a start."""
_AGAIN: Final = 5
"""How often a read is made again when a file that it wanted was compacted away."""
_MOST: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """Values that came with one message.

    Attributes:
        cursor: its number; later ones have greater numbers.
        rows: how many values.
        points: how many metering points.
        start, end: of the intervals, the earliest start and the latest end, in UTC; ``None`` where none has one.
    """

    cursor: int
    rows: int
    points: int
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Values that have come.

    Attributes:
        table: values by ``ediel.series.SCHEMA``, and ``cursor``, the number of the arrival, in its order.
        cursor: give it the next time; nothing up to it comes again.
    """

    table: pa.Table
    cursor: int


class ValuesStore:
    """Every value that has come to a database, in Parquet files.

    The files are for whoever reads Parquet (``files`` says which there are). Several processes may share a store.

    Args:
        store: the database, which holds the manifest.
        place: folder or URL of the files.
    """

    def __init__(self, store: Store, place: str | Path | Folder) -> None:
        self.folder: Folder = folder(place) if isinstance(place, str | Path) else place
        self._store = store

    @classmethod
    def of(cls, store: Store, place: str | Path | None) -> ValuesStore | None:
        """The values store of a database: where it says, or where it is told to have one from now on.

        Args:
            store: the database.
            place: folder or URL; the one that the database names when not given.

        Returns:
            ``None`` when the database names none, and none is given.

        Raises:
            ValuesError: the database names another one, and not all of its files are in this one.
        """
        table = schema.VALUES_PLACE
        with store.connection() as connection:
            known = connection.execute(select(table.c.place).where(table.c.name == _NAME)).scalar()
        if place is None:
            return None if known is None else cls(store, str(known))
        found = cls(store, place)
        if known == found.folder.place:
            return found
        if known is not None:
            found._has_all(str(known))
        with store.unit() as unit:
            unit.keep(table, {"name": _NAME, "place": found.folder.place})
        return found

    def _has_all(self, before: str) -> None:
        there = {name for name, _ in self.folder.names()}
        missing = [row["path"] for row in self.manifest() if row["path"] not in there]
        if missing:
            raise ValuesError(
                f"the database keeps its values in {before}, and {len(missing)} of its files are not in "
                f"{self.folder.place}, such as {missing[0]}. Move them there first"
            )

    # --- what there is

    def manifest(
        self, *, party: str | None = None, months: Collection[str] | None = None, after: int | None = None
    ) -> list[Row]:
        """Rows of the manifest, in the order of arrival."""
        table = schema.VALUES_FILES
        statement = select(table).order_by(table.c.last_cursor, table.c.path)
        if party is not None:
            statement = statement.where(table.c.party == party)
        if months is not None:
            statement = statement.where(table.c.month.in_(sorted(months)))
        if after is not None:
            statement = statement.where(table.c.last_cursor > after)
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def files(self, *, party: str | None = None) -> list[str]:
        """The files that exist, for DuckDB, Polars and others; what lies beside them is none, so read no pattern."""
        return [self.folder.address(row["path"]) for row in self.manifest(party=party)]

    # --- arriving

    def add(
        self, unit: Unit, table: pa.Table, *, party: str, message_id: str | None, sender: str | None, now: datetime
    ) -> Arrival:
        """Keep values, in the transaction of a unit: the files are written now, and exist when it is committed.

        Args:
            unit: of the store's database.
            table: values by ``ediel.series.SCHEMA``; at least one.
            party: GLN of the party whom they came to.
            message_id: of the message that brought them.
            sender: GLN of its sender.
            now: the moment.

        Raises:
            StoreError: a file cannot be written.
        """
        cursor = unit.next_arrival()
        for month, part in by_month(table):
            whole = part.unify_dictionaries().combine_chunks()
            path = f"party={party}/month={month}/{cursor:012}-{uuid4().hex[:8]}.parquet"
            data, sha256 = packed(lean(whole))
            self._write(path, data)
            unit.add(
                "values_files",
                {
                    "path": path, "party": party, "month": month, "first_cursor": cursor, "last_cursor": cursor,
                    "rows": part.num_rows, "size": len(data), "sha256": sha256, "message_id": message_id,
                    "sender": sender, "added_at": stamp(now),
                },
            )  # fmt: skip
        edges = pc.min(table["start"]).as_py(), pc.max(table["end"]).as_py()
        points = pc.count_distinct(table["metering_point"].cast(pa.string())).as_py()
        return Arrival(cursor, table.num_rows, points, *edges)

    def read(self, row: Row) -> pa.Table:
        """The values of a file, with their cursor, as a row of the manifest names it.

        Raises:
            FileNotFoundError: it is not there.
            ValuesError: it is damaged.
        """
        return read_file(self.folder, row)

    # --- asking

    def arrival(self, cursor: int) -> pa.Table:
        """The values that came with one message, by ``ediel.series.SCHEMA``; none where there is no such arrival.

        Raises:
            ValuesError: a file is missing or damaged.
        """

        def read() -> pa.Table:
            rows = [row for row in self.manifest(after=cursor - 1) if row["first_cursor"] <= cursor]
            found = together([self.read(row) for row in rows])
            return found.filter(pc.equal(found[CURSOR], cursor)).select(SCHEMA.names)

        return self._reading(read)

    def series(
        self,
        points: Iterable[str] | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        *,
        as_of: datetime | None = None,
        party: str | None = None,
    ) -> pa.Table:
        """The value in force of every interval; see ``each_month`` for more than memory holds.

        Args:
            points: metering points; all when not given.
            start: intervals that begin from here on: an aware moment, or a Norwegian day.
            end: and before this.
            as_of: as it was known at a moment, by the time of insertion or else of registration.
            party: GLN of the party whom they came to; of all parties when not given.

        Returns:
            A table by ``ediel.series.SCHEMA``; by channel and time in each month.

        Raises:
            ValueError: a moment without a time zone.
            ValuesError: a file is missing or damaged.
        """
        tables = list(self.each_month(points, start, end, as_of=as_of, party=party))
        return pa.concat_tables(tables).unify_dictionaries() if tables else SCHEMA.empty_table()

    def each_month(
        self,
        points: Iterable[str] | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        *,
        as_of: datetime | None = None,
        party: str | None = None,
    ) -> Iterator[pa.Table]:
        """As ``series``, a table for each Norwegian month; memory is bounded by a month."""
        wanted = None if points is None else frozenset(points)
        first, last = _moment(start), _moment(end)
        for month in self._months(first, last, party):
            found = self._reading(lambda month=month: self._of_month(month, wanted, party))  # type: ignore[misc]
            found = latest(found.select(SCHEMA.names), as_of)
            if first is not None or last is not None:
                found = found.filter(_within(found["start"], first, last))
            if found.num_rows:
                yield found

    def versions(
        self,
        points: Iterable[str] | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        *,
        party: str | None = None,
    ) -> pa.Table:
        """Every version of every interval that begins in a period, with its cursor, in the order of arrival."""
        wanted = None if points is None else frozenset(points)
        first, last = _moment(start), _moment(end)

        def read() -> list[pa.Table]:
            return [self._of_month(month, wanted, party) for month in self._months(first, last, party)]

        found = together(self._reading(read))
        if first is not None or last is not None:
            found = found.filter(_within(found["start"], first, last))
        return found.sort_by(CURSOR)

    def changes(self, after: int = 0, *, most: int = _MOST, party: str | None = None) -> Changes:
        """Values that came after an arrival, in the order in which they did.

        Args:
            after: the cursor of the last call; 0 for all.
            most: about how many values at the most; never less than one whole arrival.
            party: GLN of the party whom they came to.
        """
        return self._reading(lambda: self._changes(after, most, party))

    def differences(
        self, since: int | datetime, points: Iterable[str] | None = None, *, party: str | None = None
    ) -> pa.Table:
        """What is otherwise than it was: new, corrected and settled values of each channel, and in kWh.

        Args:
            since: the cursor of an arrival, exact and quick; or an aware moment, by the times that values bear.
            points: metering points; all when not given.
            party: GLN of the party whom they came to.

        Returns:
            As ``ediel.series.changes``; memory is bounded by a month.

        Raises:
            ValueError: a moment without a time zone.
            ValuesError: a file is missing or damaged.
        """
        wanted = None if points is None else frozenset(points)
        return differences(self, since, wanted, party)

    def completeness(
        self, points: Iterable[str], start: date, end: date, *, resolution: str | None = None, party: str | None = None,
        until: datetime | None = None,
    ) -> pa.Table:  # fmt: skip
        """What is there of each expected Norwegian day, and what is missing; see ``ediel.series.completeness``.

        Args:
            points: the metering points that are expected.
            start: first Norwegian day.
            end: the day after the last one.
            resolution: of points that have no value at all.
            party: GLN of the party whom they came to.
            until: of a day that ends after this moment nothing is expected yet.
        """
        wanted = frozenset(points)
        known = self.versions(wanted, midnight(start) - AROUND, midnight(end) + AROUND, party=party)
        expected = Expected(start, end, wanted, resolution, until)
        return completeness(known.select(SCHEMA.names), expected)

    def months(self, party: str | None = None) -> list[str]:
        """The Norwegian months that have values, as in the manifest."""
        return self._months(None, None, party)

    def of_month(self, month: str, points: frozenset[str] | None = None, party: str | None = None) -> pa.Table:
        """Every version of the values of a month, with its cursor; the one that came last stands last."""
        return self._reading(lambda: self._of_month(month, points, party))

    # --- inside

    def _write(self, path: str, data: bytes) -> None:
        try:
            self.folder.write(path, data)
        except Exception as error:  # object storage has errors of its own
            raise StoreError(
                f"{self.folder.address(path)} cannot be written: {error}. Nothing is kept of what came with it"
            ) from error

    def _months(self, first: datetime | None, last: datetime | None, party: str | None) -> list[str]:
        table = schema.VALUES_FILES
        statement = select(table.c.month).distinct().order_by(table.c.month)
        if party is not None:
            statement = statement.where(table.c.party == party)
        with self._store.connection() as connection:
            months = [str(month) for month in connection.execute(statement).scalars()]
        least = "" if first is None else f"{first.astimezone(OSLO):%Y-%m}"
        most = _UNKNOWN if last is None else f"{(last - timedelta(microseconds=1)).astimezone(OSLO):%Y-%m}"
        bounded = first is not None or last is not None
        return [month for month in months if least <= month <= most and not (bounded and month == _UNKNOWN)]

    def _of_month(self, month: str, points: frozenset[str] | None, party: str | None) -> pa.Table:
        rows = self.manifest(party=party, months=(month,))
        found = together([read_file(self.folder, row, points=points) for row in rows])
        if all(row["first_cursor"] == row["last_cursor"] for row in rows):
            return found
        return found.sort_by(CURSOR)  # of two that are equally new, the one that came last is in force

    def _changes(self, after: int, most: int, party: str | None) -> Changes:
        rows = self.manifest(party=party, after=after)
        counts: dict[int, int] = {}
        for row in rows:
            if row["first_cursor"] == row["last_cursor"]:
                counts[row["last_cursor"]] = counts.get(row["last_cursor"], 0) + row["rows"]
                continue
            came = read_file(self.folder, row, columns=(CURSOR,))[CURSOR].to_numpy()
            for cursor, count in zip(*np.unique(came[came > after], return_counts=True), strict=True):
                counts[int(cursor)] = counts.get(int(cursor), 0) + int(count)
        upto, total = after, 0
        for cursor in sorted(counts):
            if upto > after and total + counts[cursor] > most:
                break
            upto, total = cursor, total + counts[cursor]
        found = [self.read(row) for row in rows if row["first_cursor"] <= upto]
        whole = together(found)
        return Changes(whole.filter(_after(whole[CURSOR], after, upto)).sort_by(CURSOR), upto)

    def _reading(self, read: Callable[[], T]) -> T:
        """Read by the manifest as it is; again where a file went away meanwhile, for it was compacted."""
        for left in range(_AGAIN, 0, -1):
            try:
                return read()
            except FileNotFoundError as error:
                if left == 1:
                    raise ValuesError(
                        f"a file of the values store is missing: {error.filename or error}. Restore it from a backup"
                    ) from None
        raise AssertionError("unreachable")


def _moment(when: date | datetime | None) -> datetime | None:
    if when is None or isinstance(when, datetime):
        if when is not None and when.tzinfo is None:
            raise ValueError("the moment has no time zone")
        return when
    return midnight(when)


def _within(starts: pa.ChunkedArray, first: datetime | None, last: datetime | None) -> pa.ChunkedArray:
    kind = SCHEMA.field("start").type
    found = pc.is_valid(starts)
    if first is not None:
        found = pc.and_(found, pc.greater_equal(starts, pa.scalar(first, kind)))
    return found if last is None else pc.and_(found, pc.less(starts, pa.scalar(last, kind)))


def _after(cursors: pa.ChunkedArray, after: int, upto: int) -> pa.ChunkedArray:
    return pc.and_(pc.greater(cursors, after), pc.less_equal(cursors, upto))
