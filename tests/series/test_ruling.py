"""The rules in columns, held against the rules on messages."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import ediel
from ediel import series
from ediel.calendar import OSLO, midnight
from ediel.cli import cli
from ediel.codes import Direction, Product, Resolution, Unit
from ediel.messages import Observation, Observations, ProductCharacteristics, TimeSeriesPeriod
from ediel.rules import judge
from tests.series.test_series import day
from tests.support.places import FIXTURES

NOW = date(2026, 11, 27)
KEYS = {
    f"BRS-NO-313/{key}"
    for key in (
        "9",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "18",
        "19",
        "direction",
        "holes",
        "metered-product",
        "whole-days",
    )
}


def crooked(chance: Random, number: int) -> Any:
    """A series with some things wrong with it, or none."""
    when = chance.choice(
        [date(2026, 11, 20), date(2026, 3, 29), date(2025, 10, 26), date(2023, 11, 26), date(2026, 11, 27)]
    )
    found = day(f"7070575000000{number:05}", when, ["1"] * chance.choice([23, 24, 25]))
    assert found.period is not None
    start, end = found.period.start, found.period.end
    assert start is not None
    assert end is not None
    update: dict[str, Any] = {"identification": f"00000000-0000-4000-8000-{number:012}"}
    move = chance.choice([timedelta(0)] * 4 + [timedelta(minutes=15), timedelta(minutes=7), timedelta(hours=-30)])
    bounds = chance.choice(
        [(start, end + move), (start + move, end), (None, end), (start, None), (start, end), (start, end)]
    )
    resolution = chance.choice([Resolution.PT1H] * 4 + [Resolution.PT15M, Resolution.PT60M, Resolution.P1D, None])
    update["period"] = TimeSeriesPeriod(resolution=resolution, start=bounds[0], end=bounds[1])
    product = chance.choice([Product.ACTIVE_ENERGY] * 3 + [Product.REACTIVE_ENERGY, Product.VIRTUAL_NET, None])
    unit = chance.choice([Unit.KWH, Unit.KWH, Unit.KVARH])
    update["product"] = None if product is None else ProductCharacteristics(product=product, unit=unit)
    update["direction"] = chance.choice([Direction.OUT, Direction.IN, None])
    if chance.random() < 0.3:
        rows = list(found.observations)
        rows[-1] = Observation(rows[-1].sequence + 3, rows[-1].value)
        update["observations"] = Observations.of(rows)
    return found.model_copy(update=update)


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_they_say_what_the_rules_on_messages_say(seed: int) -> None:
    """Series by series, the same keys with the same codes."""
    chance = Random(seed)
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    payloads = tuple(crooked(chance, number) for number in range(1, chance.randrange(2, 6)))
    found = series.judge(
        series.read_table(ediel.write(sample.model_copy(update={"payloads": payloads}))),
        NOW,
    ).to_pylist()
    for payload in payloads:
        message = sample.model_copy(update={"payloads": (payload,)})
        expected = {
            (verdict.rule.key, verdict.rule.code, verdict.rule.source, verdict.rule.standing)
            for verdict in judge(message, NOW)
            if verdict.outcome == "failed" and verdict.rule.key in KEYS
        }
        columns = ("rule", "code", "source", "standing")
        mine = [row for row in found if row["payload_id"] == payload.identification]
        assert {tuple(row[name] for name in columns) for row in mine} == expected


def test_what_is_right_breaks_nothing() -> None:
    for name in ("23-hours", "25-hours", "quarter-hourly", "hourly"):
        table = series.read_table((FIXTURES / "valid" / f"CollectedData-313-{name}.xml").read_bytes())
        assert series.judge(table, datetime(2026, 11, 27, 9, tzinfo=OSLO)).to_pylist() == []
    assert series.judge(series.SCHEMA.empty_table()).num_rows == 0
    with pytest.raises(ValueError, match="time zone"):
        series.judge(series.SCHEMA.empty_table(), datetime(2026, 11, 27))  # noqa: DTZ001 - that is the point


def test_rows_that_lie_apart_are_one_series() -> None:
    table = series.read_table((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    mixed = table.take([*range(1, 25, 2), *range(0, 25, 2)])
    assert series.judge(mixed).to_pylist() == []
    (row,) = series.judge(mixed.slice(1)).to_pylist()[:1]
    assert (row["rule"], row["found"]) == ("BRS-NO-313/13", "24 values, numbered 1 to 25")


def test_the_command() -> None:
    path = str(FIXTURES / "valid" / "CollectedData-313-25-hours.xml")
    found = CliRunner().invoke(cli, ["values", "judge", path, "--on", "2026-11-27"])
    assert (found.exit_code, found.output) == (0, "25 values; no rule is broken\n")
    found = CliRunner().invoke(cli, ["values", "judge", path, "--on", "2026-10-24", "--format", "json"])
    assert found.exit_code == 1
    assert [row["rule"] for row in json.loads(found.output)] == ["BRS-NO-313/14"]


def test_a_correction_holds_intervals_of_a_day() -> None:
    """Elhub's text on corrections: 1 to 23, 24 or 25 values. What reaches into another day is a series of days."""
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    point, first = "707057500000000018", date(2026, 10, 25)
    cases = ((0, 25, True), (5, 3, True), (24, 1, True), (24, 2, False), (20, 29, False), (-24, 49, True))
    for begin, hours, right in cases:
        start = midnight(first).astimezone(UTC) + timedelta(hours=begin)
        period = TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=start + timedelta(hours=hours))
        found = day(point, first, ["1"] * hours).model_copy(update={"period": period})
        message = sample.model_copy(update={"payloads": (found,)})
        rules = {verdict.rule.key for verdict in judge(message, NOW) if verdict.outcome == "failed"}
        columns = {row["rule"] for row in series.judge(series.read_table(ediel.write(message)), NOW).to_pylist()}
        assert rules & KEYS == columns
        assert ("BRS-NO-313/whole-days" not in columns) == right, (begin, hours)


def test_a_series_that_ends_tonight_is_in_the_future_until_then() -> None:
    """By the moment, not by the end of the day; `validate` and `values judge` say the same."""
    path = str(FIXTURES / "valid" / "CollectedData-313-25-hours.xml")  # it ends at midnight after 25 October
    for when, wrong in (
        ("2026-10-25T12:41", True),
        ("2026-10-25T23:59:59+01:00", True),
        ("2026-10-26T00:00", False),
        ("2026-10-25", False),  # a day counts to its end
        ("2026-10-24", True),
    ):
        judged = CliRunner().invoke(cli, ["values", "judge", path, "--on", when, "--format", "json"])
        rules = [row["rule"] for row in json.loads(judged.output)]
        assert rules == (["BRS-NO-313/14"] if wrong else []), when
        report = CliRunner().invoke(cli, ["validate", path, "--on", when, "--format", "json"])
        assert ("BRS-NO-313/14" in report.output) == wrong, when
    for wrong_text in ("yesterday", "2026-13-01", "2026-10-25T25:00"):
        assert CliRunner().invoke(cli, ["values", "judge", path, "--on", wrong_text]).exit_code == 2


def test_a_period_without_a_start_has_intervals_without_moments() -> None:
    """The schema lets it pass; before, all but the first interval began before the flood."""
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    found = day("707057500000000018", date(2026, 11, 26), ["1"] * 24)
    assert found.period is not None
    bare = TimeSeriesPeriod(resolution=Resolution.PT1H, start=None, end=found.period.end)
    payloads = (found.model_copy(update={"period": bare}),)
    table = series.read_table(ediel.write(sample.model_copy(update={"payloads": payloads})))
    assert table["start"].null_count == table["end"].null_count == 24
    assert {row["rule"] for row in series.judge(table).to_pylist()} == {"BRS-NO-313/10"}


def test_days_from_a_file_have_their_period(tmp_path: Path) -> None:
    rows = "".join(
        f"707057500000000018,8716867000030,kWh,Out,PT1H,2026-11-19T{hour:02}:00:00+01:00,1.25\n" for hour in range(24)
    )
    path = tmp_path / "values.csv"
    path.write_text(f"metering_point,product,unit,direction,resolution,start,value\n{rows}", encoding="utf-8")
    assert series.judge(series.load(path)).to_pylist() == []
