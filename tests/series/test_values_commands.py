"""The commands on values: the same answers whatever the values come in, and no figure that is wrong or stale."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import ediel
from ediel import series
from ediel.calendar import OSLO, market_day, midnight
from ediel.cli import cli
from ediel.series import converting, importing, streaming
from tests.series.slow_values import Row, covered, happened, newest, slots, table, values
from tests.series.test_streaming import response
from tests.support.places import FIXTURES

POINT = "707057500000000018"
OTHER = "707057500000000025"
DAY = date(2025, 11, 20)
"""A day that is over whenever the tests run."""
TWENTY_FIVE = FIXTURES / "valid" / "CollectedData-313-25-hours.xml"


def run(*arguments: Any) -> Result:
    found = CliRunner().invoke(cli, ["values", *map(str, arguments)])
    assert found.exception is None or isinstance(found.exception, SystemExit | ediel.EdielError), found.exception
    return found


def stored(folder: Path) -> pa.Table:
    """What a folder of converted values holds."""
    parts = [pq.ParquetFile(path).read() for path in sorted(folder.glob("month=*/*.parquet"))]
    return pa.concat_tables(parts).unify_dictionaries() if parts else series.SCHEMA.empty_table()


def rows_of(found: pa.Table) -> Counter[str]:
    """Rows without an order."""
    return Counter(str(row) for row in found.to_pylist())


# --- convert


def test_files_of_one_name_in_several_folders(tmp_path: Path) -> None:
    """An archive has a poll.xml for each day: none of them stands for another."""
    sources = []
    for number, name in enumerate(("25-hours", "hourly", "quarter-hourly")):
        path = tmp_path / "archive" / f"2026-11-1{number}" / "poll.xml"
        path.parent.mkdir(parents=True)
        path.write_bytes((FIXTURES / "valid" / f"CollectedData-313-{name}.xml").read_bytes())
        sources.append(path)
    wanted = rows_of(pa.concat_tables(series.read_table(path.read_bytes()) for path in sources))
    for jobs in (1, 2):
        out = tmp_path / f"out-{jobs}"
        for _ in range(2):
            found = run("convert", tmp_path / "archive", "--out", out, "--jobs", jobs)
            assert found.exit_code == 0, found.output
            assert f"{wanted.total()} values of 3 inputs in {out}" in found.output
            assert rows_of(stored(out)) == wanted
        assert found.output.count("done before") == 3


def test_an_input_that_changes_leaves_nothing_stale(tmp_path: Path) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "out"
    for rows, changed in (
        (values(POINT, midnight(date(2025, 10, 31)), 48), 0),  # two months
        (values(POINT, midnight(date(2025, 11, 3)), 24), 1),
        (values(POINT, midnight(date(2025, 11, 3)), 24, kwh=2000), 0),
    ):
        write_csv(source, rows)
        os.utime(source, (1, 1))  # the time of a file says nothing
        found = run("convert", source, "--out", out)
        assert found.exit_code == 0, found.output
        assert ("1 stale file removed" in found.output) == bool(changed)
        assert stored(out)["thousandths"].to_pylist() == [row["thousandths"] for row in rows]
    source.unlink()
    write_csv(tmp_path / "b.csv", values(OTHER, midnight(DAY), 24))
    assert "--prune removes their values" in run("convert", tmp_path / "b.csv", "--out", out).output
    assert stored(out).num_rows == 48
    assert "1 input that are gone" in run("convert", tmp_path / "b.csv", "--out", out, "--prune").output
    assert set(stored(out)["metering_point"].to_pylist()) == {OTHER}


@given(st.integers(0, 10_000_000))
@settings(max_examples=12, deadline=None)
def test_converting_again_and_again_is_converting_once(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Inputs that come, change and go, files that are lost, records that are torn: what is there is what they hold."""
    chance = Random(seed)
    folder = tmp_path_factory.mktemp("convert")
    out = folder / "out"
    inputs: dict[Path, list[Row]] = {}
    for _ in range(chance.randrange(2, 6)):
        path = folder / f"in-{chance.randrange(2)}" / f"poll.{chance.choice(('csv', 'parquet'))}"
        path.parent.mkdir(exist_ok=True)
        rows = happened(chance) or values(POINT, midnight(DAY), 1)
        if path.suffix == ".csv":
            rows = distinct(rows)
            write_csv(path, rows)
        else:
            pq.write_table(table(rows), path)
        inputs[path] = rows
        if chance.random() < 0.3:
            for lost in list(out.glob("month=*/*"))[:1]:
                lost.unlink()
        if chance.random() < 0.2:
            for torn in list((out / ".done").glob("*"))[:1]:
                torn.write_text("{")
        converted = list(series.convert(inputs, out, "parquet"))
        assert [item.rows for item in converted] == [len(rows) for rows in inputs.values()]
    wanted = Counter(
        (row["metering_point"], row["start"], row["thousandths"]) for rows in inputs.values() for row in rows
    )
    assert Counter(
        (row["metering_point"], row["start"], row["thousandths"]) for row in stored(out).to_pylist()
    ) == wanted  # fmt: skip


def distinct(rows: Iterable[Row]) -> list[Row]:
    """One row for each interval of each channel, and no unit but kWh: what a person writes by hand."""
    found: dict[Any, Row] = {}
    for row in rows:
        key = (row["metering_point"], row["product"], row["start"])
        if row["resolution"] == "PT1H" and row["unit"] == "kWh":
            found.setdefault(key, row)
    return list(found.values()) or values(POINT, midnight(DAY), 1)


def write_csv(path: Path, rows: list[Row], *, delimiter: str = ",", sign: str = ".") -> Path:
    names = ("metering_point", "product", "unit", "direction", "resolution", "start", "value")
    lines = [delimiter.join(names)]
    for row in rows:
        cells = {
            **row,
            "start": row["start"].isoformat(),
            "value": f"{row['thousandths'] / 1000:.3f}".replace(".", sign),
        }
        lines.append(delimiter.join(str(cells[name]) for name in names))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_csv(tmp_path / "a.csv", values(POINT, midnight(DAY), 24))
    known = importing.load_all

    def slow(path: Path, **others: Any) -> Any:
        loaded = known(path, **others)
        with path.open("a") as file:
            file.write("\n")
        return loaded

    monkeypatch.setattr(converting, "load_all", slow)
    with pytest.raises(series.InvalidTable, match="has changed while it was read"):
        list(series.convert([source], tmp_path / "out", "csv"))
    assert not list((tmp_path / "out").glob("month=*/[!.]*"))


def test_a_poll_response_that_is_cut_short_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was mapped, and the process died of it (SIGBUS)."""
    monkeypatch.setattr(streaming, "_PIECE", 9000)
    monkeypatch.setattr(streaming, "_WINDOW", 50_000)
    monkeypatch.setattr(streaming, "_SPAN", 1000)
    path = tmp_path / "poll.xml"
    path.write_bytes(response(20))
    tables = series.stream(path)
    next(tables)
    os.truncate(path, 60_000)
    with pytest.raises(ediel.InvalidMessage, match="became shorter while it was read"):
        list(tables)


def test_a_folder_of_an_earlier_release(tmp_path: Path) -> None:
    (tmp_path / "out" / ".done").mkdir(parents=True)
    (tmp_path / "out" / ".done" / "poll.parquet").write_text("x")
    with pytest.raises(series.InvalidTable, match="earlier release"):
        list(series.convert([TWENTY_FIVE], tmp_path / "out", "parquet"))


# --- where values come from


def sign(source: Path) -> str:
    return "," if source.suffix == ".CSV" else "."


def test_every_source_gives_the_same_answer(tmp_path: Path) -> None:
    """A message, and the same as Parquet, CSV, JSON lines, a Norwegian CSV, and all of them in a folder."""
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml" / "A.XML").write_bytes(TWENTY_FIVE.read_bytes())
    read = series.read_table(TWENTY_FIVE.read_bytes())
    sources = [tmp_path / "xml"]
    for form in series.FORMS:
        (item,) = series.export(read, tmp_path / form, form)
        sources.append(item.path)
    bare = [row | {"registration_time": None} for row in read.to_pylist()]
    sources.append(write_csv(tmp_path / "Norwegian.CSV", bare, delimiter=";", sign=","))
    period = ("--from", "2026-10-25", "--to", "2026-10-26")
    answers = set()
    for source in sources:
        found = run("summary", source, "--all", "--format", "json", "--decimal", sign(source), *period)
        assert found.exit_code == 0, found.output
        (row,) = json.loads(found.stdout)
        answers.add((row["found"], row["missing"], row["kwh"], row["day"]))
    assert answers == {
        (25, 0, str(Decimal(sum(row["thousandths"] for row in read.to_pylist())).scaleb(-3)), "2026-10-25")
    }
    judged = {run("judge", source, "--on", "2026-11-27").stdout for source in sources[:-1]}
    assert judged == {"25 values; no rule is broken\n"}
    assert "a semicolon divides the columns" in run("judge", sources[-1], "--on", "2026-11-27", "--decimal", ",").stderr


def test_what_is_passed_over_is_named(tmp_path: Path) -> None:
    (tmp_path / "A.XML").write_bytes(TWENTY_FIVE.read_bytes())
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.xml").write_text("x")
    found = run("judge", tmp_path, "--on", "2026-11-27")
    assert found.stdout == "25 values; no rule is broken\n"
    assert f"passed over 1 file: {tmp_path / 'notes.txt'}" in found.stderr
    whole = CliRunner().invoke(cli, ["validate", str(tmp_path), "--on", "2026-11-27"])
    assert whole.exit_code == 0
    assert "A.XML" in whole.output
    assert "notes.txt" in whole.stderr
    (tmp_path / "A.XML").unlink()
    assert "no values in what was named" in run("summary", tmp_path).output


def test_columns_and_signs_by_hand(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "a.csv", values(POINT, midnight(DAY), 24, kwh=1250), delimiter=";", sign=",")
    assert "1,250 may be thousands or decimals" in str(run("summary", source).exception)
    found = run("summary", source, "--decimal", ",", "--all")
    assert found.stdout.startswith("24 values, 1 metering point, 1 day, 30.000 kWh, 0 missing")
    text = source.read_text().replace("metering_point", "Punkt")
    source.write_text(text)
    assert run("summary", source, "--decimal", ",", "--column", "Punkt=metering_point").exit_code == 0
    assert run("summary", source, "--column", "Punkt").exit_code == 2


# --- what is missing


def test_nothing_is_claimed_of_what_was_not_expected(tmp_path: Path) -> None:
    rows = [row for offset in (0, 1, 5) for row in values(POINT, midnight(DAY + timedelta(days=offset)), 24)]
    source = write_csv(tmp_path / "a.csv", rows)
    found = run("summary", source)
    assert found.exit_code == 1
    assert found.stdout.splitlines()[0] == "72 values, 1 metering point, 6 days, 72.000 kWh, 72 missing"
    assert (
        "days before and after and points without a value are not known: give --from, --to and --points" in found.stdout
    )
    (line,) = found.stdout.splitlines()[3:]  # three days that are alike
    assert line.split()[3:9] == ["2025-11-22", "2025-11-24", "3", "24", "0", "72"] or "72" in found.stdout


def test_check_against_points_and_a_period(tmp_path: Path) -> None:
    rows = [row for offset in (0, 2) for row in values(POINT, midnight(DAY + timedelta(days=offset)), 24)]
    source = write_csv(tmp_path / "a.csv", rows[:20] + rows[22:])
    points = tmp_path / "points.txt"
    points.write_text(f"{POINT}\n\n{OTHER}\n")
    period = ("--from", DAY, "--to", DAY + timedelta(days=3))
    found = run("check", source, *period, "--points", points)
    assert found.exit_code == 1
    first, second, third, *lines = found.stdout.splitlines()
    assert first == "26 of 72 expected values missing, in 3 gaps; 0 of 2 metering points whole"
    assert second.startswith("1 point has no value at all")
    assert third == f"expected: 2 points of {points}, from 2025-11-20 to 2025-11-22"
    assert [line.split()[-1] for line in lines] == ["missing", "2", "24", "-"]
    assert "2025-11-20 20:00+01:00  2025-11-20 22:00+01:00  2" in found.stdout
    known = run("check", source, *period, "--points", points, "--resolution", "PT1H", "--format", "json")
    assert [hole["missing"] for hole in json.loads(known.stdout)] == [2, 24, 72]
    points.write_text(f"number;metering_point\n1;{POINT}\n")
    assert run("check", source, *period, "--points", points).stdout.startswith("26 of 72 expected values missing")
    whole = write_csv(tmp_path / "b.csv", values(POINT, midnight(DAY), 24))
    assert run("check", whole, "--from", DAY, "--to", DAY + timedelta(days=1), "--points", points).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "2025-11-20"], "give --from and --to"),
        (["--from", "2025-11-20", "--to", "2025-11-20"], "not after its start"),
        (["--from", "2025-11-20", "--to", "2025-11-21", "--resolution", "P1D"], "expected one of"),
        (["--from", "2025-11-20", "--to", "2025-11-21", "--points", "POINTS"], "line 1: 'x' is no metering point"),
        (["--from", "2999-11-20", "--to", "2999-11-21"], "nothing was checked"),
    ],
)
def test_checks_that_cannot_be(tmp_path: Path, arguments: list[str], says: str) -> None:
    source = write_csv(tmp_path / "a.csv", values(POINT, midnight(DAY), 24))
    (tmp_path / "points").write_text("x\n")
    found = run("check", source, *(str(tmp_path / "points") if item == "POINTS" else item for item in arguments))
    assert found.exit_code in {1, 2}
    assert says in found.output


def test_changes(tmp_path: Path) -> None:
    first = values(POINT, midnight(DAY), 24, registration_time=datetime(2025, 11, 21, 5, tzinfo=UTC))
    again = values(POINT, midnight(DAY), 3, kwh=1500, registration_time=datetime(2025, 11, 25, 5, tzinfo=UTC))
    fresh = values(OTHER, midnight(DAY), 24, registration_time=datetime(2025, 11, 25, 6, tzinfo=UTC))
    pq.write_table(table([*first, *again, *fresh]), tmp_path / "a.parquet")
    found = run("changes", tmp_path / "a.parquet", "--since", "2025-11-25")
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines()[0].startswith(
        "24 new, 3 corrected, 0 gone since 2025-11-25T00:00+01:00, 2 channels"
    )
    assert found.stdout.splitlines()[0].endswith("+25.500 kWh")
    assert json.loads(run("changes", tmp_path / "a.parquet", "--since", "2025-11-26", "--format", "json").stdout) == []


# --- pictures


@given(st.integers(0, 10_000_000))
@settings(max_examples=40, deadline=None)
def test_a_curve_is_drawn_where_there_are_values_and_nowhere_else(seed: int) -> None:
    """At each moment the curve shows the value that covers it, and nothing where none does."""
    plotting = pytest.importorskip("ediel.series.plotting")
    rows = happened(Random(seed))
    kept = newest(rows)
    found = plotting.curves(table(rows))
    names = {" ".join(channel): own for channel, own in kept.items() if own}
    assert {curve.name for curve in found} == set(names)
    assert [curve.missing for curve in found] == sorted((curve.missing for curve in found), reverse=True)
    for curve in found:
        own = names[curve.name]
        for slot in slots(min(start for start, _ in own) - timedelta(hours=1), max(end for _, end in own)):
            place = int(
                np.searchsorted(
                    np.array([moment.replace(tzinfo=None) for moment in curve.moments], "M8[us]"),
                    np.datetime64(slot.replace(tzinfo=None)),
                    "right",
                )
            )
            shown = curve.values[place - 1] if place else np.nan
            row = covered(own, slot)
            assert np.isnan(shown) if row is None else shown == row["thousandths"] / 1000
            if row is not None:
                assert curve.estimated[place - 1] == (row["kind"] in {"Estimated", "Temporary"})
        assert len(curve.moments) == len(curve.values) == len(curve.estimated) == len(curve.corrected)


@given(st.integers(0, 10_000_000))
@settings(max_examples=25, deadline=None)
def test_the_map_says_what_completeness_says(seed: int) -> None:
    plotting = pytest.importorskip("ediel.series.plotting")
    chance = Random(seed)
    rows = happened(chance)
    first = min((market_day(row["start"]) for row in rows), default=DAY)
    wanted = series.Expected(
        first - timedelta(days=1), first + timedelta(days=4), frozenset({OTHER, "707057500000000000"})
    )
    span, found = plotting.days(table(rows), expected=wanted)
    assert span == [first + timedelta(days=number) for number in range(-1, 4)]
    assert [item.missing for item in found] == sorted((item.missing for item in found), reverse=True)
    said = series.completeness(table(rows), wanted).to_pylist()
    for row in said:
        (item,) = (item for item in found if item.name == " ".join(
            row[name] for name in ("metering_point", "product", "direction") if row[name]
        ))  # fmt: skip
        state = item.states[span.index(row["day"])]
        assert (state == 1) == (row["found"] == 0)
        assert (state in {3, 4, 5}) == (row["missing"] == 0)
    assert any(item.name == OTHER and set(item.states) == {1} for item in found)


def test_pictures_say_how_many_of_how_many(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = []
    for number in range(14):
        rows += values(f"70705750000000{number:04}", midnight(DAY), 24 - number)
    pq.write_table(table(rows), tmp_path / "a.parquet")
    found = run("plot", tmp_path / "a.parquet", "-o", tmp_path / "a.svg")
    assert found.stdout == f"{tmp_path / 'a.svg'}: 12 of 14 channels drawn, those that miss the most values\n"
    drawn = (tmp_path / "a.svg").read_text()
    assert drawn
    found = run("plot", tmp_path / "a.parquet", "-o", tmp_path / "b.svg", "--kind", "completeness")
    assert found.stdout == f"{tmp_path / 'b.svg'}: 14 of 14 channels drawn\n"
    plotting = pytest.importorskip("ediel.series.plotting")
    worst = plotting.curves(table(rows))
    assert worst[0].name.startswith("707057500000000013")
    assert plotting._per(worst) == "kWh per hour"


def test_corrected_values_are_marked() -> None:
    plotting = pytest.importorskip("ediel.series.plotting")
    first = values(POINT, midnight(DAY), 24, registration_time=datetime(2025, 11, 21, tzinfo=OSLO))
    again = values(POINT, midnight(DAY), 2, kwh=9, registration_time=datetime(2025, 11, 22, tzinfo=OSLO))
    (curve,) = plotting.curves(table([*first, *first, *again]))
    assert np.flatnonzero(curve.corrected).tolist() == [0, 1]
    assert curve.values[:3].tolist() == [0.009, 0.009, 1.0]
    assert np.isnan(curve.values[-1])
