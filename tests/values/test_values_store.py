"""The values store against a slow model: what is in force, what was, what changed, what is missing; and what it survives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediel.calendar import market_day, midnight
from ediel.series import Expected, completeness
from ediel.series._columns import SCHEMA
from ediel.store import Store
from ediel.values import ValuesError, ValuesStore
from ediel.values._folder import folder
from ediel.values._keeping import check, clean, compact
from tests.series.slow_values import age_of, as_differ, differ, happened, newest, table
from tests.support.databases import KINDS, url

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
PARTY, OTHER = "7080001100018", "7080001100025"
Row = dict[str, Any]


@dataclass
class Model:
    """A values store, and the rows that were put into it, by arrival."""

    store: Store
    values: ValuesStore
    came: dict[int, tuple[str, list[Row]]] = field(default_factory=dict)

    def add(self, rows: list[Row], party: str = PARTY) -> None:
        with self.store.unit() as unit:
            arrival = self.values.add(unit, table(rows), party=party, message_id=None, sender=None, now=NOW)
        assert arrival.cursor == max(self.came, default=0) + 1
        self.came[arrival.cursor] = (party, rows)

    def rows(self, party: str | None = None, after: int = 0) -> list[Row]:
        return [
            row
            for cursor, (whose, rows) in sorted(self.came.items())
            if cursor > after and party in {None, whose}
            for row in rows
        ]


def model(folder_of: Path, kind: str = "sqlite") -> Model:
    store = Store.open(url(kind, folder_of))
    return Model(store, ValuesStore(store, folder_of / "values"))


def shown(rows: list[Row]) -> list[tuple[Any, ...]]:
    """Rows in an order of their own, for comparison."""
    return sorted(
        (tuple((name, str(row[name])) for name in SCHEMA.names) for row in rows),
        key=str,
    )


def force(rows: list[Row], start: datetime | None = None, end: datetime | None = None) -> list[Row]:
    """What is in force, by the slow model."""
    return [
        row
        for own in newest(rows).values()
        for row in own.values()
        if (start is None or row["start"] >= start) and (end is None or row["start"] < end)
    ]


def same(found: pa.Table, rows: list[Row]) -> None:
    assert found.schema.names == SCHEMA.names
    assert shown(found.to_pylist()) == shown(table(rows).to_pylist())


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_it_knows_what_the_slow_model_knows(seed: int) -> None:
    chance = Random(seed)
    with TemporaryDirectory() as name:
        own = model(Path(name))
        rows = happened(chance)
        while rows:
            count = chance.randrange(1, len(rows) + 1)
            own.add(rows[:count], chance.choice((PARTY, OTHER)))
            rows = rows[count:]
            if chance.random() < 0.3:
                own.add(chance.choice(list(own.came.values()))[1])  # the same values again
            if chance.random() < 0.3:
                compact(own.values, own.store, NOW, least=2, large=chance.choice((50, 10_000)))
        every = own.rows()
        if not every:
            return
        for party in (None, PARTY, OTHER):
            same(own.values.series(party=party), force(own.rows(party)))
        least = min(row["start"] for row in every)
        start = least + timedelta(minutes=15 * chance.randrange(300))
        end = start + timedelta(minutes=15 * chance.randrange(1, 300))
        points = {row["metering_point"] for row in every if chance.random() < 0.5}
        same(
            own.values.series(points, start, end),
            force([row for row in every if row["metering_point"] in points], start, end),
        )
        moment = chance.choice([age for row in every for age in age_of(row)])
        known = [row for row in every if (row["insert_time"] or row["registration_time"]) <= moment]
        same(own.values.series(as_of=moment), force(known))
        cursor = chance.randrange(max(own.came) + 1)
        changed = own.values.changes(cursor)
        assert changed.cursor == max(own.came)
        same(changed.table.select(SCHEMA.names), own.rows(after=cursor))
        before = [row for number, (_, rows_of) in own.came.items() if number <= cursor for row in rows_of]
        assert as_differ(own.values.differences(cursor).to_pylist()) == differ(before, every)
        assert as_differ(own.values.differences(moment).to_pylist()) == differ(known, every)
        assert as_differ(own.values.differences(moment, points).to_pylist()) == {
            channel: counts for channel, counts in differ(known, every).items() if channel[0] in points
        }
        walked, at = [], 0
        while (step := own.values.changes(at, most=chance.choice((1, 60)))).table.num_rows:
            assert step.cursor > at
            assert step.table["cursor"].to_pylist() == sorted(step.table["cursor"].to_pylist())
            walked += step.table.select(SCHEMA.names).to_pylist()
            at = step.cursor
        assert shown(walked) == shown(table(every).to_pylist())
        day = market_day(least)
        expected = [*sorted(points), "707057500000099999"]
        assert own.values.completeness(expected, day, day + timedelta(days=3), resolution="PT1H").equals(
            completeness(table(every), Expected(day, day + timedelta(days=3), frozenset(expected), "PT1H"))
        )
        assert check(own.values) == []
        own.store.close()


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Model]:
    made = model(tmp_path, request.param)
    yield made
    made.store.close()


def day(number: int, kwh: int = 1000) -> list[Row]:
    from tests.series.slow_values import values

    return values("707057500000000017", midnight(date(2026, 10, 24) + timedelta(days=number)), 24, kwh=kwh)


def test_a_file_without_a_row_does_not_exist(own: Model) -> None:
    own.add(day(0))
    with pytest.raises(RuntimeError, match="power cut"), own.store.unit() as unit:  # noqa: PT012
        own.values.add(unit, table(day(0, 7000)), party=PARTY, message_id=None, sender=None, now=NOW)
        raise RuntimeError("power cut")
    same(own.values.series(), day(0))
    assert len(list(own.values.folder.names())) == 2
    assert clean(own.values, datetime.now(UTC)) == []  # it may be on its way
    assert len(clean(own.values, datetime.now(UTC) + timedelta(days=2))) == 1
    assert [own.values.folder.address(name) for name, _ in own.values.folder.names()] == own.values.files()
    own.add(day(1))
    same(own.values.series(), day(0) + day(1))


def test_small_files_are_put_together_and_every_version_stays(own: Model) -> None:
    for number in range(20):
        own.add(day(number % 3, 1000 + number))
    before = own.values.versions().to_pylist()
    assert compact(own.values, own.store, NOW) == 19
    assert len(own.values.files()) == 1
    assert sorted(map(str, own.values.versions().to_pylist())) == sorted(map(str, before))
    same(own.values.arrival(7), own.came[7][1])
    own.add(day(0, 1))
    assert own.values.changes(20).table.num_rows == 24
    assert own.values.changes(18).table["cursor"].to_pylist() == [19] * 24 + [20] * 24 + [21] * 24
    assert compact(own.values, own.store, NOW) == 0


def test_who_compacts_second_changes_nothing(own: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        own.add(day(number))
    old = own.values.manifest()
    assert compact(own.values, own.store, NOW, least=2) == 2
    monkeypatch.setattr(own.values, "manifest", lambda **_: old)
    assert compact(own.values, own.store, NOW, least=2) == 0
    monkeypatch.undo()
    assert len(own.values.files()) == 1
    same(own.values.series(), day(0) + day(1) + day(2))


def test_a_reader_whose_file_went_away_reads_again(own: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        own.add(day(number))
    old = own.values.manifest()
    compact(own.values, own.store, NOW, least=2)
    clean(own.values, datetime.now(UTC) + timedelta(days=2))
    real, asked = own.values.manifest, []

    def manifest(**wanted: Any) -> list[Row]:
        asked.append(wanted)
        return old if len(asked) == 1 else real(**wanted)

    monkeypatch.setattr(own.values, "manifest", manifest)
    assert own.values.changes().table.num_rows == 72
    assert len(asked) == 2


@pytest.mark.parametrize("what", ["missing", "cut", "changed"])
def test_a_file_that_is_missing_or_damaged_is_said(tmp_path: Path, what: str) -> None:
    own = model(tmp_path)
    own.add(day(0))
    path = Path(own.values.files()[0])
    data = path.read_bytes()
    place = data.index(b"PAR1", 0) + 60
    changed = {"cut": data[:-50], "changed": data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]}
    path.unlink() if what == "missing" else path.write_bytes(changed[what])
    with pytest.raises(ValuesError, match="Restore it from a backup"):
        own.values.series()
    assert len(check(own.values)) == 1
    own.store.close()


def test_others_read_the_files_in_place(own: Model) -> None:
    own.add(day(0))
    own.add(day(0, 2000) + day(40))
    files = own.values.files()
    assert len(files) == 3
    ((total,),) = duckdb.execute("select sum(thousandths) from read_parquet(?)", [files]).fetchall()
    assert total == 24 * 4000
    assert pl.read_parquet(files)["thousandths"].sum() == total
    assert {Path(name).parent.name for name in files} == {"month=2026-10", "month=2026-12"}


def test_object_storage(tmp_path: Path) -> None:
    """The same by fsspec's file system in memory."""
    pytest.importorskip("fsspec")
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    own = Model(store, ValuesStore(store, "memory://bucket/values"))
    for number in range(4):
        own.add(day(number))
    compact(own.values, store, NOW, least=2)
    same(own.values.series(), [row for number in range(4) for row in day(number)])
    assert len(clean(own.values, datetime.now(UTC) + timedelta(days=2))) == 4
    assert check(own.values) == []
    assert own.values.files()[0].startswith("memory://bucket/values/party=")
    with pytest.raises(ValuesError, match="cannot be kept there"):
        folder("nosuch://x")
    store.close()


def test_the_database_remembers_where_they_are(tmp_path: Path) -> None:
    own = model(tmp_path)
    assert ValuesStore.of(own.store, None) is None
    first = ValuesStore.of(own.store, tmp_path / "values")
    assert first is not None
    own.values = first
    own.add(day(0))
    again = ValuesStore.of(own.store, None)
    assert again is not None
    same(again.series(), day(0))
    with pytest.raises(ValuesError, match="1 of its files are not in"):
        ValuesStore.of(own.store, tmp_path / "elsewhere")
    (tmp_path / "values").rename(tmp_path / "elsewhere")
    moved = ValuesStore.of(own.store, tmp_path / "elsewhere")
    assert moved is not None
    same(moved.series(), day(0))
    own.store.close()


def test_moments_have_a_zone(own: Model) -> None:
    own.add(day(0))
    with pytest.raises(ValueError, match="no time zone"):
        own.values.series(start=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        own.values.series(as_of=datetime(2026, 1, 1))  # noqa: DTZ001
