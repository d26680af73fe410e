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
        (
            lambda given: [*given, given[0]],
            "row (2|26), start, 707057500000000018: the interval from 2026-11-19T23:00:00.00:00 stands twice; see row 2",
        ),
        (
            lambda given: [given[0] | {"start": "2026-11-20T00:30:00+01:00"}, *given[1:]],
            "row 2, start, 707057500000000018: 2026-11-19T23:30:00.00:00 is no start of an interval of PT1H",
        ),
        (
            lambda given: [given[0] | {"value": "1.2345"}, *given[1:]],
            "row 2, value, 707057500000000018: 1.2345 has 4 decimals; expected at most three",
        ),
        (lambda given: [given[0] | {"value": "1,5"}, *given[1:]], "some values have a point and some a comma"),
        (lambda given: [given[0] | {"value": "NaN"}, *given[1:]], "NaN is no number"),
        (lambda given: [given[0] | {"value": "1e3"}, *given[1:]], "1e3 has an exponent"),
        (lambda given: [given[0] | {"value": "1 000.5"}, *given[1:]], "has a blank inside; write 1000.5"),
        (lambda given: [given[0] | {"value": "1\u00a0000.5"}, *given[1:]], "has a blank inside; write 1000.5"),
        (lambda given: [given[0] | {"value": "1234567890123.5"}, *given[1:]], "13 digits .*; expected at most 12"),
        (lambda given: [given[0] | {"value": "-0.5"}, *given[1:]], "-0.500 is negative; a metered value cannot be"),
        (lambda given: [given[0] | {"value": ""}, *given[1:]], "row 2, value, 707057500000000018: is empty"),
        (lambda given: [given[0] | {"start": "yesterday"}, *given[1:]], "row 2, start, .*: yesterday is no moment"),
        (
            lambda given: [given[0] | {"start": "2026-11-20T00:00:00"}, *given[1:]],
            "row 2, start, .*: 2026-11-20T00:00:00 has no offset from UTC; write it as",
        ),
        (lambda given: [given[0] | {"start": "2026-02-30T00:00:00Z"}, *given[1:]], "2026-02-30T00:00:00Z is no moment"),
        (lambda given: [given[0] | {"start": "0001-01-01T00:00:00+01:00"}, *given[1:]], "out of the calendar"),
        (lambda given: [given[0] | {"resolution": "P1M"}, *given[1:]], "P1M is no resolution of intervals"),
        (lambda given: [given[0] | {"metering_point": "7,07058E+17"}, *given[1:]], "was a number to a spreadsheet"),
        (
            lambda given: [given[0] | {"metering_point": "12"}, *given[1:]],
            "12 is no metering point; expected 18 digits",
        ),
        (lambda given: [row | {"kind": "Estimated"} for row in given], "quality, .*: an estimated value needs one"),
        (lambda given: [row | {"quality": "56"} for row in given], "quality, .*: a metered value has none"),
        (lambda given: [row | {"thousandths": "1"} for row in given], "value and thousandths, which say the same"),
        (lambda given: [row | {"payload_id": "x"} for row in given], "x is no identification"),
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
    assert isinstance(found.exception, series.InvalidRows)
    assert "row 2, unit, 707057500000000018: MWH is no unit; expected one of kWh, kvarh" in str(found.exception)
    assert len(found.exception.mistakes) == 48
    assert not list((tmp_path / "out").iterdir())
    found = CliRunner().invoke(cli, ["values", "import", str(source), "--out", str(tmp_path / "out"), "--sender", "x"])
    assert found.exit_code == 1


PAYLOAD = "123e4567-e89b-12d3-a456-426655440000"


def test_a_correction_holds_the_corrected_intervals_alone(tmp_path: Path) -> None:
    """Three hours of a day, and one further on, are two series; what was sent before stays."""
    day = date(2026, 11, 19)
    given = rows(day, points=POINTS[:1])
    source = as_csv(tmp_path / "a.csv", [given[20], *given[5:8]])
    loaded = series.load_all(source)
    assert loaded.parts == ((POINTS[0], day, 3, 24), (POINTS[0], day, 1, 24))
    assert loaded.table["sequence"].to_pylist() == [1, 2, 3, 1]
    assert len(set(loaded.table["payload_id"].to_pylist())) == 2
    out = tmp_path / "out"
    command = ["values", "import", str(source), "--out", str(out), "--sender", "7080001200022"]
    found = CliRunner().invoke(cli, command)
    assert found.exit_code == 0, found.output
    assert "2 series are not whole days" in found.stderr
    (path,) = out.iterdir()
    message: Any = ediel.read(path.read_bytes())
    first, second = message.payloads
    assert [str(value.value) for value in first.observations] == ["5.500", "6.600", "7.700"]
    assert first.period.start == midnight(day) + timedelta(hours=5)
    assert first.period.end == midnight(day) + timedelta(hours=8)
    assert len(second.observations) == 1
    before = series.load(as_csv(tmp_path / "b.csv", given), registered=midnight(day + timedelta(days=1)))
    whole = series.latest(pa.concat_tables([before, series.load(source)]))
    assert whole.num_rows == 24
    assert len(set(whole["payload_id"].to_pylist())) == 3
    refused = CliRunner().invoke(cli, [*command, "--whole-days"])
    assert refused.exit_code == 1
    assert "3 of 24 values on 2026-11-19" in refused.output


@pytest.mark.parametrize("hole", [0, 23, 24, 12])
def test_the_day_of_25_hours_with_a_hole(tmp_path: Path, hole: int) -> None:
    given = rows(date(2026, 10, 25), points=POINTS[:1])
    loaded = series.load_all(as_csv(tmp_path / "a.csv", [row for place, row in enumerate(given) if place != hole]))
    assert sum(count for _, _, count, _ in loaded.parts) == 24
    assert {whole for *_, whole in loaded.parts} == {25}


def test_a_payload_that_is_given_and_the_rest_made(tmp_path: Path) -> None:
    given = [row | {"payload_id": PAYLOAD} for row in rows(date(2026, 11, 20), points=POINTS[:1])]
    table = series.load(as_csv(tmp_path / "a.csv", given))
    assert set(table["payload_id"].to_pylist()) == {PAYLOAD}
    assert table["sequence"].to_pylist() == list(range(1, 25))
    assert table["period_end"].to_pylist()[0] == midnight(date(2026, 11, 21))
    with pytest.raises(series.InvalidRows, match=r"row 7, start, .*: the payload has no value from .* on; see row 6"):
        series.load(as_csv(tmp_path / "a.csv", [*given[:5], *given[6:]]))
    both = [*given, *(row | {"metering_point": POINTS[1]} for row in given)]
    with pytest.raises(series.InvalidRows, match="the payload is of another channel"):
        series.load(as_csv(tmp_path / "a.csv", both))


def _norwegian(path: Path, given: Rows, *, delimiter: str = ";") -> Path:
    lines = [delimiter.join(given[0]), *(delimiter.join(row.values()) for row in given)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig", newline="")
    return path


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_file_of_a_norwegian_spreadsheet(tmp_path: Path, delimiter: str) -> None:
    """A semicolon and a decimal comma are found out where they are certain, and that is said."""
    given = [row | {"value": f"{number},25"} for number, row in enumerate(rows(date(2026, 11, 19)))]
    loaded = series.load_all(_norwegian(tmp_path / "A.CSV", given, delimiter=delimiter))
    assert loaded.table["thousandths"].to_pylist() == [1000 * number + 250 for number in range(48)]
    assert loaded.notes[1] == "A.CSV: a comma stands before the decimals"
    assert loaded.notes[0].endswith("divides the columns")


def test_thousands_or_decimals_is_asked(tmp_path: Path) -> None:
    given = [row | {"value": "1,250"} for row in rows(date(2026, 11, 19))]
    source = _norwegian(tmp_path / "a.csv", given)
    with pytest.raises(series.InvalidRows, match="1,250 may be thousands or decimals; say which with --decimal"):
        series.load(source)
    table = series.load(source, reading=series.Reading(decimal=","))
    assert set(table["thousandths"].to_pylist()) == {1250}
    certain = _norwegian(tmp_path / "b.csv", [given[0] | {"value": "0,512"}, *given[1:]])
    assert series.load(certain)["thousandths"].to_pylist()[:2] == [512, 1250]


def test_columns_of_other_names(tmp_path: Path) -> None:
    given = [
        {{"metering_point": "Målepunkt", "value": "kWh"}.get(name, name): cell for name, cell in row.items()}
        for row in rows(date(2026, 11, 19))
    ]
    source = as_csv(tmp_path / "a.csv", given)
    with pytest.raises(series.InvalidTable, match=r"has no column metering_point, value; it has Målepunkt, .*--column"):
        series.load(source)
    reading = series.Reading(columns={"Målepunkt": "metering_point", "kWh": "value"})
    assert series.load(source, reading=reading).num_rows == 48
    given[0]["kWh"] = "many"
    with pytest.raises(series.InvalidRows, match="row 2, kWh, 707057500000000018: many is no number"):
        series.load(as_csv(source, given), reading=reading)
    with pytest.raises(series.InvalidTable, match="there is no column weight"):
        series.Reading(columns={"x": "weight"})
    with pytest.raises(series.InvalidTable, match="expected one character"):
        series.Reading(delimiter="::")
    with pytest.raises(series.InvalidTable, match=r"expected \. or ,"):
        series.Reading(decimal=";")


def test_every_mistake_of_a_file_is_told(tmp_path: Path) -> None:
    """With its row as an editor counts, after blank lines and rows that fall apart."""
    lines = [
        ",".join(NAMES),
        "707057500000000018,8716867000030,kWh,Out,PT1H,2026-11-19T00:00:00+01:00,1.2",
        "",
        "707057500000000025,8716867000030,kWh,Out,PT1H,2026-11-19T00:00:00,1.2",
        "707057500000000032,8716867000030,kWh,Out,PT1H,2026-11-19T00:00:00+01:00,-1.2",
        "707057500000000049,8716867000030,kWh,Out",
        "707057500000000056,8716867000030,MWh,Up,PT1H,2026-11-19T00:00:00+01:00,x",
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(series.InvalidRows) as found:
        series.load(tmp_path / "a.csv")
    assert [(item.row, item.column, item.point) for item in found.value.mistakes] == [
        (4, "start", "707057500000000025"),
        (5, "value", "707057500000000032"),
        (6, None, None),
        (7, "unit", "707057500000000056"),
        (7, "direction", "707057500000000056"),
        (7, "value", "707057500000000056"),
    ]
    assert str(found.value).startswith("a.csv: 6 mistakes\n  row 4, start, 707057500000000025: ")
    assert not {"cast", "timestamp[us,", "Arrow", "scalar", "conversion"} & set(str(found.value).split())


def test_mistakes_in_json_lines_have_lines(tmp_path: Path) -> None:
    given = [json.dumps(row) for row in rows(date(2026, 11, 20))]
    (tmp_path / "a.jsonl").write_text("\n".join([given[0], "", "[1]", "{", *given[1:]]), encoding="utf-8")
    with pytest.raises(series.InvalidRows) as found:
        series.load(tmp_path / "a.jsonl")
    assert [item.row for item in found.value.mistakes] == [3, 4]


def test_moments_of_a_parquet_file_need_a_zone(tmp_path: Path) -> None:
    given: list[dict[str, Any]] = list(rows(date(2026, 11, 20)))
    naive = [row | {"start": datetime.fromisoformat(row["start"]).replace(tzinfo=None)} for row in given]
    pq.write_table(pa.Table.from_pylist(naive), tmp_path / "a.parquet")
    with pytest.raises(series.InvalidRows, match="start: holds moments without a time zone"):
        series.load(tmp_path / "a.parquet")
    zoned = [row | {"start": datetime.fromisoformat(row["start"]), "value": float(row["value"])} for row in given]
    pq.write_table(pa.Table.from_pylist(zoned), tmp_path / "a.parquet")
    assert series.load(tmp_path / "a.parquet").num_rows == 48
