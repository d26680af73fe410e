"""What is missing against what was expected, and what changed: against loops that anybody can follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediel import series
from ediel.calendar import OSLO, market_day, midnight
from ediel.series._columns import STEPS
from tests.series.slow_values import (
    ACTIVE,
    DAYS,
    Channel,
    Interval,
    Row,
    as_differ,
    channel_of,
    covered,
    differ,
    happened,
    length_of,
    newest,
    slots,
    table,
    values,
)

POINT = "707057500000000018"
OTHER = "707057500000000025"
DAY = date(2026, 11, 20)


def expected_of(chance: Random, rows: list[Row]) -> series.Expected:
    """A period around the days that happened, or none; points that happened and others, or none."""
    first = min((market_day(row["start"]) for row in rows), default=DAY)
    start = None if chance.random() < 0.3 else first + timedelta(days=chance.randrange(-2, 3))
    end = None if chance.random() < 0.3 else (start or first) + timedelta(days=chance.randrange(1, 6))
    points = None
    if chance.random() < 0.6:
        points = frozenset(f"70705750000000{number:04}" for number in range(5) if chance.random() < 0.7)
    until = None if chance.random() < 0.6 else midnight(first) + timedelta(hours=chance.randrange(-5, 100))
    return series.Expected(start, end, points, chance.choice((None, "PT15M")), until)


def slow(rows: list[Row], wanted: series.Expected) -> dict[tuple[Channel, date], dict[str, Any]]:
    """Of each channel and expected day, what a person would count."""
    if wanted.points is not None:
        rows = [row for row in rows if row["metering_point"] in wanted.points]
    own: dict[Channel, list[Row]] = {}
    for row in rows:
        own.setdefault(channel_of(row), []).append(row)
    for point in wanted.points or ():
        if not any(channel[0] == point for channel in own):
            own[point, None, None] = []
    found = {}
    kept = newest(rows)
    for channel, mine in own.items():
        days = sorted({market_day(row["start"]) for row in mine})
        steps = {day: min(row["end"] - row["start"] for row in mine if market_day(row["start"]) == day) for day in days}
        given = None if wanted.resolution is None else timedelta(microseconds=STEPS[wanted.resolution])
        first = wanted.start or (days[0] if days else None)
        last = wanted.end or (days[-1] + timedelta(days=1) if days else None)
        if not days and (wanted.start is None or wanted.end is None):
            continue  # it is not judged without a period
        assert first is not None
        assert last is not None
        day = first
        while day < last:
            begin, end = midnight(day).astimezone(UTC), midnight(day + timedelta(days=1)).astimezone(UTC)
            over = wanted.until is None or end <= wanted.until
            if not over and day not in days:
                day += timedelta(days=1)
                continue
            before, after = [one for one in days if one <= day], [one for one in days if one > day]
            step = steps[before[-1]] if before else steps[after[0]] if after else given
            here = {key: row for key, row in kept.get(channel, {}).items() if begin <= key[0] < end}
            holes = [slot for slot in slots(begin, end) if over and covered(here, slot) is None]
            told = [row for row in mine if market_day(row["start"]) == day]
            again = _repeats(told)
            firsts: dict[Interval, datetime] = {}
            for row in told:
                key = (row["start"], row["end"])
                came = min(_versions(told, key), key=lambda one: (one["registration_time"], _inserted(one)))
                firsts[key] = came["insert_time"] or came["registration_time"]
            limit = datetime.combine(day + timedelta(days=1), time(7), OSLO)
            found[channel, day] = {
                "expected": None if step is None else int(length_of(day) / step) if over else 0,
                "missing": None if step is None else -(-len(holes) * timedelta(minutes=15) // step),
                "found": len(here),
                "replaced": len(told) - again - len(here),
                "late": sum(came > limit for came in firsts.values()),
                "estimated": sum(row["kind"] == "Estimated" for row in here.values()),
                "kwh": None
                if any(row["unit"] != "kWh" for row in mine)
                else Decimal(sum(row["thousandths"] for row in here.values())).scaleb(-3),
            }
            day += timedelta(days=1)
    return found


def _inserted(row: Row) -> datetime:
    return row["insert_time"] or datetime(1, 1, 1, tzinfo=UTC)


def _versions(rows: list[Row], key: Interval) -> list[Row]:
    return [row for row in rows if (row["start"], row["end"]) == key]


def _repeats(rows: list[Row]) -> int:
    """How many rows are the same as another one, word for word."""
    return len(rows) - len({tuple(sorted((name, str(value)) for name, value in row.items())) for row in rows})


@given(st.integers(0, 10_000_000))
@settings(max_examples=60, deadline=None)
def test_completeness_against_a_slow_and_obvious_one(seed: int) -> None:
    chance = Random(seed)
    rows = happened(chance)
    wanted = expected_of(chance, rows)
    found = series.completeness(table(rows), wanted).to_pylist()
    names = ("expected", "missing", "found", "replaced", "late", "estimated", "kwh")
    assert {
        (channel_of(row), row["day"]): {name: row[name] for name in names} for row in found
    } == slow(rows, wanted)  # fmt: skip


@given(st.integers(0, 10_000_000))
@settings(max_examples=60, deadline=None)
def test_gaps_are_what_is_missing(seed: int) -> None:
    """Each moment that no value covers lies in one gap, and no other does; together they are the missing values."""
    chance = Random(seed)
    rows = happened(chance)
    wanted = expected_of(chance, rows)
    found = series.gaps(table(rows), wanted).to_pylist()
    kept = newest([row for row in rows if wanted.points is None or row["metering_point"] in wanted.points])
    holes: dict[Channel, set[datetime]] = {}
    for channel, day in slow(rows, wanted):
        begin, end = midnight(day).astimezone(UTC), midnight(day + timedelta(days=1)).astimezone(UTC)
        mine = kept.get(channel, {})
        if wanted.until is not None and end > wanted.until:
            continue
        holes.setdefault(channel, set()).update(slot for slot in slots(begin, end) if covered(mine, slot) is None)
    said: dict[Channel, list[datetime]] = {}
    for row in found:
        said.setdefault(channel_of(row), []).extend(slots(row["start"], row["end"]))
    assert {channel: set(own) for channel, own in said.items()} == {key: own for key, own in holes.items() if own}
    assert all(len(set(own)) == len(own) for own in said.values())


@given(st.integers(0, 10_000_000))
@settings(max_examples=60, deadline=None)
def test_the_newest_against_a_slow_and_obvious_one(seed: int) -> None:
    """Whatever the order of the rows; two that are equally new and say different things, the last one read."""
    rows = happened(Random(seed))
    found = series.latest(table(rows)).to_pylist()
    wanted = [row for own in newest(rows).values() for row in own.values()]

    def key(row: Row) -> Any:
        return [str(row[name]) for name in ("metering_point", "product", "start", "end", "payload_id")]

    assert sorted(found, key=key) == sorted(({**dict.fromkeys(series.SCHEMA.names), **row} for row in wanted), key=key)


@given(st.integers(0, 10_000_000))
@settings(max_examples=40, deadline=None)
def test_changes_against_a_slow_and_obvious_one(seed: int) -> None:
    chance = Random(seed)
    rows = happened(chance)
    since = midnight(chance.choice(DAYS)) + timedelta(hours=chance.randrange(100))
    known = [row for row in rows if (row["insert_time"] or row["registration_time"]) <= since]
    assert as_differ(series.changes(table(rows), since).to_pylist()) == differ(known, rows)


def test_a_correction_of_an_hour_that_is_now_four_quarters() -> None:
    """Both stand for the same energy: only the newer ones count, and a part of them leaves a hole."""
    hour = values(POINT, midnight(DAY), 24)
    quarters = values(
        POINT, midnight(DAY), 4, step="PT15M", kwh=300, registration_time=midnight(DAY + timedelta(days=3))
    )
    (row,) = series.completeness(table([*hour, *quarters])).to_pylist()
    assert (row["expected"], row["found"], row["missing"], row["kwh"]) == (96, 27, 0, Decimal("24.200"))
    (row,) = series.completeness(table([*hour, *quarters[:3]])).to_pylist()
    assert (row["missing"], row["kwh"]) == (1, Decimal("23.900"))


def test_a_day_without_a_single_value_is_missing() -> None:
    rows = values(POINT, midnight(DAY), 24) + values(POINT, midnight(DAY + timedelta(days=2)), 24)
    assert [row["missing"] for row in series.completeness(table(rows)).to_pylist()] == [0, 24, 0]
    wanted = series.Expected(DAY - timedelta(days=1), DAY + timedelta(days=4), frozenset({POINT, OTHER}))
    found = series.completeness(table(rows), wanted).to_pylist()
    assert [row["missing"] for row in found] == [24, 0, 24, 0, 24, *[None] * 5]
    holes = series.gaps(table(rows), wanted).to_pylist()
    assert [(row["metering_point"], row["missing"]) for row in holes] == [(POINT, 24)] * 3 + [(OTHER, None)]
    known = series.Expected(wanted.start, wanted.end, wanted.points, "PT15M")
    assert series.gaps(table(rows), known).to_pylist()[-1]["missing"] == 5 * 96


def test_a_day_that_is_not_over_is_not_expected() -> None:
    rows = values(POINT, midnight(DAY), 24)
    wanted = series.Expected(
        DAY, DAY + timedelta(days=30), until=midnight(DAY + timedelta(days=1)) + timedelta(hours=5)
    )
    assert [row["day"] for row in series.completeness(table(rows), wanted).to_pylist()] == [DAY]
    assert series.gaps(table(rows), wanted).num_rows == 0
    rows += values(POINT, midnight(DAY + timedelta(days=1)), 5)
    _, today = series.completeness(table(rows), wanted).to_pylist()
    assert (today["expected"], today["found"], today["missing"]) == (0, 5, 0)


def test_profiled_points_are_not_expected_to_have_intervals() -> None:
    rows = values(POINT, midnight(DAY), 24) + values(OTHER, midnight(DAY), 1, kind="Profiled metered", resolution=None)
    wanted = series.Expected(DAY, DAY + timedelta(days=1), frozenset({POINT, OTHER}))
    assert [row["metering_point"] for row in series.completeness(table(rows), wanted).to_pylist()] == [POINT]


def test_a_file_that_is_read_twice_replaces_nothing() -> None:
    rows = values(POINT, midnight(DAY), 24)
    (row,) = series.completeness(table(rows + rows)).to_pylist()
    assert (row["found"], row["replaced"], row["kwh"]) == (24, 0, Decimal("24.000"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"start": DAY, "end": DAY}, "not after its start"),
        ({"resolution": "P1D"}, "expected one of PT"),
        ({"until": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - that is the point
    ],
)
def test_what_cannot_be_expected(arguments: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        series.Expected(**arguments)
    assert series.gaps(series.SCHEMA.empty_table()).num_rows == 0
    assert series.changes(series.SCHEMA.empty_table(), midnight(DAY)).num_rows == 0
    assert ACTIVE.isdigit()


def test_a_moment_that_is_wrong_is_an_error_and_no_flood() -> None:
    """A value of the year 1000 beside those of today, on many channels, would be millions of missing days."""
    strange = values(POINT, datetime(1000, 1, 1, tzinfo=UTC), 1)
    rows = [*strange, *(row for number in range(400) for row in values(f"70705750000000{number:04}", midnight(DAY), 1))]
    with pytest.raises(series.InvalidTable, match="are too many; say which with a start and an end"):
        series.completeness(table(rows))
    wanted = series.Expected(DAY, DAY + timedelta(days=1))
    assert {row["day"] for row in series.completeness(table(rows), wanted).to_pylist()} == {DAY}
    forever = series.Expected(DAY, date(9999, 12, 30), until=midnight(DAY + timedelta(days=1)))
    assert len(series.completeness(table(strange + rows[1:3]), forever).to_pylist()) == 2
