"""Files to tables, and to messages: what was exported comes back, what is bare becomes whole days."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import ediel
from ediel import series
from ediel.calendar import midnight
from ediel.cli import cli
from tests.support.places import ROOT

FIXTURES = ROOT / "fixtures" / "valid"
POINTS = ("707057500000000018", "707057500000000025")
NAMES = ("metering_point", "product", "unit", "direction", "resolution", "start", "value")
Rows = list[dict[str, str]]


def rows(day: date, *, points: tuple[str, ...] = POINTS, minutes: int = 60) -> Rows:
    """The values of a Norwegian day, as a person would write them."""
    start, end = midnight(day).astimezone(UTC), midnight(day + timedelta(days=1)).astimezone(UTC)
    count = (end - start) // timedelta(minutes=minutes)
    return [
        {
            "metering_point": point,
            "product": "8716867000030",
            "unit": "kWh",
            "direction": "Out",
            "resolution": "PT15M" if minutes == 15 else "PT1H",
            "start": (start + timedelta(minutes=minutes) * number).isoformat(),
            "value": f"{number}.{number % 10}",
        }
        for point in points
        for number in range(count)
    ]


def as_csv(path: Path, given: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(given[0]))
        writer.writeheader()
        writer.writerows(given)
    return path


@pytest.mark.parametrize("form", series.FORMS)
@pytest.mark.parametrize("name", [path.name for path in sorted(FIXTURES.glob("*313*.xml"))])
def test_what_was_exported_comes_back(tmp_path: Path, form: Any, name: str) -> None:
    table = series.read_table((FIXTURES / name).read_bytes())
    parts = [series.load(item.path) for item in series.export(table, tmp_path, form)]
    found = [row for part in parts for row in part.to_pylist()]
    order = itemgetter("payload_id", "sequence")
    assert sorted(found, key=order) == sorted(table.to_pylist(), key=order)


@pytest.mark.parametrize(
    ("day", "minutes", "count"),
    [
        (date(2026, 11, 20), 60, 24),
        (date(2026, 10, 25), 60, 25),
        (date(2026, 3, 29), 60, 23),
        (date(2026, 10, 25), 15, 100),
        (date(2026, 3, 29), 15, 92),
    ],
)
def test_bare_values_become_whole_days(tmp_path: Path, day: date, minutes: int, count: int) -> None:
    given = rows(day, minutes=minutes)
    table = series.load(as_csv(tmp_path / "a.csv", list(reversed(given))))
    assert table.schema.equals(series.SCHEMA)
    assert len(set(table["payload_id"].to_pylist())) == 2
    assert table["sequence"].to_pylist() == [*range(1, count + 1)] * 2
    assert table["thousandths"].to_pylist() == [number * 1000 + number % 10 * 100 for number in range(count)] * 2
    assert table["start"].to_pylist()[0] == midnight(day)
    assert table["end"].to_pylist()[-1] == midnight(day + timedelta(days=1))


def test_every_form_gives_the_same_table(tmp_path: Path) -> None:
    given = rows(date(2026, 11, 20))
    now = datetime(2026, 11, 21, 5, tzinfo=UTC)
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, given)), encoding="utf-8")
    bare = [json.dumps({**row, "value": 0}).replace(": 0}", f": {row['value']}}}") for row in given]
    (tmp_path / "b.jsonl").write_text("\n".join(bare), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(given), tmp_path / "a.parquet")
    wanted = series.load(as_csv(tmp_path / "a.csv", given), registered=now).to_pylist()
    for name in ("a.jsonl", "b.jsonl", "a.parquet"):
        assert series.load(tmp_path / name, registered=now).to_pylist() == wanted


def _without(given: Rows, name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in given]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda given: given[1:], "has 23 of 24 values on 2026-11-20"),
        (lambda given: [*given, given[0]], "has 25 of 24 values on 2026-11-20, some of them twice"),
        (lambda given: [given[0] | {"start": "2026-11-20T00:30:00+01:00"}, *given[1:]], "00:30|23:30:00.* is no start"),
        (lambda given: [given[0] | {"value": "1.2345"}, *given[1:]], "at most three decimals"),
        (lambda given: [given[0] | {"value": "1,5"}, *given[1:]], "value: .*1,5"),
        (lambda given: [given[0] | {"value": "NaN"}, *given[1:]], "value: "),
        (lambda given: [given[0] | {"value": ""}, *given[1:]], "1 values without thousandths"),
        (lambda given: [given[0] | {"start": "yesterday"}, *given[1:]], "start: .*yesterday"),
        (lambda given: [given[0] | {"resolution": "P1M"}, *given[1:]], "resolution is P1M"),
        (lambda given: _without(given, "unit"), "has no column unit; it has metering_point"),
        (lambda given: _without(given, "value"), "has no column value"),
        (lambda given: [row | {"colour": "red"} for row in given], "not known: colour"),
    ],
)
def test_a_file_that_cannot_be_taken(tmp_path: Path, change: Any, says: str) -> None:
    with pytest.raises(series.InvalidTable, match=says):
        series.load(as_csv(tmp_path / "a.csv", change(rows(date(2026, 11, 20), points=POINTS[:1]))))


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xml", b"<a/>"), ("a.parquet", b"PAR1"), ("a.csv.gz", b"x"), ("a.jsonl", b"{"), ("a.csv", b""), ("a.csv", b"\xff\xfe")],
)  # fmt: skip
def test_a_file_that_is_something_else(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(series.InvalidTable, match=name.replace(".", r"\.")):
        series.load(path)


def test_the_command_makes_messages_that_the_rules_take(tmp_path: Path) -> None:
    source = as_csv(tmp_path / "a.csv", rows(date(2026, 10, 25)))
    out = tmp_path / "out"
    found = CliRunner().invoke(cli, ["values", "import", str(source), "--out", str(out), "--sender", "7080001200022"])
    assert (found.exit_code, found.stdout) == (0, f"{source}: 50 values, 1 message\n")
    (path,) = out.iterdir()
    message: Any = ediel.read(path.read_bytes())
    assert [str(item.metering_point) for item in message.payloads] == list(POINTS)
    report = ediel.inspect(path.read_bytes()).report
    assert report.valid
    judged = CliRunner().invoke(cli, ["validate", str(path)])
    assert judged.exit_code == 0, judged.stdout


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    given = [row | {"unit": "MWH"} for row in rows(date(2026, 11, 20))]
    source = as_csv(tmp_path / "a.csv", given)
    found = CliRunner().invoke(
        cli, ["values", "import", str(source), "--out", str(tmp_path / "out"), "--sender", "7080001200022"]
    )
    assert isinstance(found.exception, series.InvalidTable)
    assert "unit: Input should be 'kWh' or 'kvarh'; found 'MWH'" in str(found.exception)
    assert not list((tmp_path / "out").iterdir())
    found = CliRunner().invoke(cli, ["values", "import", str(source), "--out", str(tmp_path / "out"), "--sender", "x"])
    assert found.exit_code == 1
