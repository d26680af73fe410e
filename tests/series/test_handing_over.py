"""Values from a database, several files at the same time, pictures, and what a day lacks."""

from __future__ import annotations

import gzip
import json
import pickle
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel import series
from ediel.calendar import OSLO, midnight
from ediel.cli import cli
from ediel.report import Report
from ediel.series import _lines, exporting, plotting
from tests.series.slow_values import happened, table, values
from tests.series.test_series import day, table_of
from tests.support.places import FIXTURES

POINT = "707057500000000018"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments))


def test_files_at_the_same_time(tmp_path: Path) -> None:
    """The same files as one by one; a broken one ends it, and the others can be begun again."""
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("CollectedData-313-25-hours", "CollectedData-313-hourly", "NotifyValidatedDataForBillingEnergy-313"):
        (inbox / f"{name}.xml").write_bytes((FIXTURES / "valid" / f"{name}.xml").read_bytes())
    for jobs in ("1", "2"):
        found = run("values", "convert", str(inbox), "--out", str(tmp_path / jobs), "--jobs", jobs)
        assert found.exit_code == 0, found.output
    names = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").glob("month=*/*.parquet"))
    assert names == sorted(path.relative_to(tmp_path / "2") for path in (tmp_path / "2").glob("month=*/*.parquet"))
    for part in names:
        assert pq.ParquetFile(tmp_path / "1" / part).read().equals(pq.ParquetFile(tmp_path / "2" / part).read())
    (inbox / "Broken.xml").write_text("nothing")
    with pytest.raises(ediel.InvalidMessage):
        list(series.convert([inbox / "Broken.xml", inbox / "CollectedData-313-hourly.xml"], tmp_path, "csv", jobs=2))


def test_a_report_passes_from_one_process_to_another() -> None:
    error = pickle.loads(pickle.dumps(ediel.InvalidMessage("not valid", Report("a.xml"))))
    assert (str(error), error.report.path) == ("not valid", "a.xml")


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    def tables() -> Any:
        yield table_of(day(POINT, date(2026, 11, 26), ["1"] * 24))
        raise OSError("disk full")

    for form in series.FORMS:
        with pytest.raises(OSError, match="disk full"):
            list(series.export(tables(), tmp_path, form))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_values_without_a_period_are_handed_over_too(tmp_path: Path) -> None:
    table = table_of(day(POINT, date(2026, 11, 26), ["1"] * 24))
    place = table.schema.get_field_index("start")
    bare = table.set_column(place, table.schema.field(place), pa.nulls(24, table.schema.field(place).type))
    written = list(series.export([table, bare], tmp_path, "parquet"))
    assert [(item.path.parent.name, item.rows) for item in written] == [("month=2026-11", 24), ("month=unknown", 24)]


def test_a_database_hands_over_the_newest_versions(tmp_path: Path) -> None:
    """Values come, and come again; what is handed over is a file for each month, with the newest of each hour."""
    database = f"sqlite:///{tmp_path}/market.db"
    assert run("db", "upgrade", "--db", database).exit_code == 0
    assert run("party", "add", "7080003824349", "DDQ", "--db", database).exit_code == 0
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    versions = [
        day(POINT, date(2026, 10, 31), ["1"] * 24),
        day(POINT, date(2026, 11, 1), ["1"] * 24),
        day(POINT, date(2026, 11, 1), ["2"] * 24, registration_time=midnight(date(2026, 11, 5))),
    ]
    paths = []
    for number, version in enumerate(versions):
        header = sample.header.model_copy(update={"identification": f"00000000-0000-4000-8000-00000000000{number}"})
        payload = version.model_copy(update={"identification": f"00000000-0000-4000-8000-0000000001{number:02}"})
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_bytes(ediel.write(sample.model_copy(update={"header": header, "payloads": (payload,)})))
    run("receive", *map(str, paths), "--db", database)
    found = run("values", "export", "--db", database, "--out", str(tmp_path / "out"), "--to", "parquet")
    assert found.exit_code == 0, found.output
    files = sorted((tmp_path / "out").glob("month=*/*.parquet"))
    assert [path.parent.name for path in files] == ["month=2026-10", "month=2026-11"]
    assert pq.ParquetFile(files[1]).read()["thousandths"].to_pylist() == [2000] * 24
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["month=2026-10", "month=2026-11"]
    every = run("values", "export", "--db", database, "--out", str(tmp_path / "all"), "--all", "--to", "csv")
    assert "72 values in" in every.output


@pytest.mark.parametrize("kind", ["curve", "completeness"])
@pytest.mark.parametrize("form", ["png", "svg"])
def test_pictures(tmp_path: Path, kind: str, form: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"values.{form}"
    source = str(FIXTURES / "valid" / "CollectedData-313-25-hours.xml")
    found = run("values", "plot", source, "--kind", kind, "-o", str(path))
    assert found.exit_code == 0, found.output
    data = path.read_bytes()
    if form == "png":
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
    else:
        root = etree.fromstring(data)
        assert etree.QName(root).localname == "svg"
        assert b"707057542000000117" in data
    assert "1 channel" in found.output


def test_pictures_of_nothing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    source = str(FIXTURES / "valid" / "CollectedData-313-25-hours.xml")
    assert "no interval values" in str(run("values", "plot", source, "-o", "a.png", "--point", POINT).exception)
    with pytest.raises(ediel.errors.InvalidTable, match=r"no \.png"):
        plotting.load_curve(table_of(day(POINT, date(2026, 11, 26), ["1"] * 24)), tmp_path / "a.pdf")
    with pytest.raises(ediel.errors.InvalidTable):
        plotting.completeness_map(series.SCHEMA.empty_table(), tmp_path / "a.png")


def test_values_that_came_late() -> None:
    """By 07:00 on the next day: of each value the first version counts, by when it was inserted or registered."""
    limit = datetime.combine(date(2026, 11, 27), time(7), OSLO)
    for arrived, late in ((limit, 0), (limit + timedelta(seconds=1), 24)):
        table = table_of(day(POINT, date(2026, 11, 26), ["1"] * 24, registration_time=arrived))
        (row,) = series.completeness(table).to_pylist()
        assert row["late"] == late
    first = day(POINT, date(2026, 11, 26), ["1"] * 24, registration_time=limit)
    again = day(POINT, date(2026, 11, 26), ["2"] * 24, registration_time=limit + timedelta(days=3))
    again = again.model_copy(update={"identification": "00000000-0000-4000-8000-0000000000aa"})
    (row,) = series.completeness(table_of(again, first)).to_pylist()
    assert (row["late"], row["replaced"]) == (0, 24)
    (row,) = series.completeness(table_of(first), deadline=time(6)).to_pylist()
    assert row["late"] == 24


def _year_files(folder: Path, points: int, *, seed: int = 1, across: bool = False) -> list[Path]:
    """A year of hours for some points, in files by month and by points; or each file across all points."""
    chance = Random(seed)
    first, on = date(2025, 11, 27), date(2026, 11, 27)
    written = []
    tables = []
    for number in range(points):
        hours = int((midnight(on).timestamp() - midnight(first).timestamp()) // 3600)
        kwh = [f"{chance.randrange(3000) / 1000:.3f}" for _ in range(hours)]
        tables.append(table_of(day(f"7070575000000{number:05}", first, kwh, days=365)))
    groups = [tables] if across else [tables[place : place + 2] for place in range(0, points, 2)]
    for place, group in enumerate(groups):
        written += [item.path for item in series.export(group, folder, "parquet", f"part-{place}")]
    return written


@pytest.mark.parametrize("across", [False, True])
def test_annual_volumes_of_more_than_fits(tmp_path: Path, across: bool) -> None:
    """Out of core gives what one table gives, however the files are cut, and with versions in another file."""
    paths = _year_files(tmp_path, 5, across=across)
    on = date(2026, 11, 27)
    later = day("707057500000000001", date(2026, 6, 1), ["9"] * 24, registration_time=midnight(date(2026, 7, 1)))
    later = later.model_copy(update={"identification": "00000000-0000-4000-8000-0000000000ff"})
    paths += [item.path for item in series.export(table_of(later), tmp_path, "parquet", "later")]
    whole = pa.concat_tables([series.load(path) for path in paths])
    expected = series.annual_volume(whole, on)
    assert expected.num_rows == 5
    for rows in (10_000, 30_000, 10**9):
        found = pa.concat_tables(list(series.annual_volumes(paths, on, rows=rows)))
        assert found.equals(expected)


@given(st.integers(0, 2**32), st.sampled_from([1, 7, 100_000]), st.sampled_from([0, 1 << 16]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_json_lines_are_the_rows(seed: int, at_once: int, few: int, in_order: bool) -> None:
    """Line by line what the rows are, without what is not given; whatever was put together on the way."""
    rows = happened(Random(seed))
    if in_order:
        rows.sort(key=lambda row: (row["metering_point"], row["product"], row["start"]))
    if rows:
        rows[0] |= {"payload_id": 'a "word" \\ with \n æ', "imbalance_settlement": None}
        nothing = dict.fromkeys(("metering_point", "product", "unit", "direction", "resolution"))
        rows[-1] |= nothing if few else {}
    whole = table(rows)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        patched.setattr(_lines, "_ROWS", at_once)
        patched.setattr(_lines, "_FEW", few)
        found = [
            json.loads(line)
            for written in series.export(whole, Path(name), "jsonl")
            for line in gzip.decompress(written.path.read_bytes()).splitlines()
        ]
    expected = [
        {key: value for key, value in row.items() if value is not None}
        for _, part in exporting.by_month(whole)
        for row in exporting._plain(part).to_pylist()
    ]
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert [*map(list, found)] == [*map(list, expected)] or len({len(row) for row in expected}) > 1


@given(st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_points_with_a_whole_year_are_summed_as_they_are_read(seed: int) -> None:
    """Whatever else happens to the values, out of core gives what one table gives."""
    chance = Random(seed)
    on = date(2026, 11, 27)
    begin = midnight(on - timedelta(days=365))
    rows: list[Any] = []
    for number in range(chance.randrange(2, 6)):
        point = f"70705750000000{number:04}"
        hours = int((midnight(on).timestamp() - begin.timestamp()) // 3600)
        own = values(point, begin, hours, kwh=[chance.randrange(9000) for _ in range(hours)])
        match chance.randrange(8):
            case 0:
                del own[chance.randrange(hours) :: chance.choice((1, 400, 9000))]
            case 1:
                later = values(point, begin + timedelta(days=chance.randrange(300)), 24, kwh=7)
                own += [{**row, "registration_time": midnight(on)} for row in later]
            case 2:
                own[chance.randrange(hours)]["kind"] = "Temporary"
            case 3:
                own = [{**row, "direction": "In"} for row in own]
            case 4:
                chance.shuffle(own)
            case 5:
                own += values(point, midnight(on), 24)
        rows += own
    if chance.random() < 0.3:
        rows.append({**rows[0], "product": "8716867000047", "unit": "kvarh"})
    whole = table(rows)
    updated = {"707057500000000001": on - timedelta(days=chance.choice((10, 400)))} if chance.random() < 0.5 else None
    with TemporaryDirectory() as name:
        paths = []
        cut = chance.randrange(len(rows))
        for place, part in enumerate((whole.slice(0, cut), whole.slice(cut))):
            paths.append(Path(name) / f"{place}.parquet")
            size = chance.choice((1_000, 8_760, 9_000, 20_000, 10**6))
            pq.write_table(part, paths[-1], row_group_size=size)
        for direction in ("Out", "In"):
            expected = series.annual_volume(whole, on, direction=direction, updated=updated)
            for most in (10_000, 10**9):
                found = list(series.annual_volumes(paths, on, direction=direction, updated=updated, rows=most))
                assert pa.concat_tables([*found, expected.slice(0, 0)]).sort_by("metering_point").equals(expected)


def test_volumes_that_have_changed_become_orders(tmp_path: Path) -> None:
    """From files of values to BRS-NO-317 in the outbox."""
    paths = _year_files(tmp_path / "values", 3)
    on = date(2026, 11, 27)
    rows = pa.concat_tables(list(series.annual_volumes(paths, on))).to_pylist()
    known = tmp_path / "known.csv"
    known.write_text(f"metering_point,kwh\n{rows[0]['metering_point']},{rows[0]['kwh']}\n", encoding="utf-8")
    orders = tmp_path / "orders"
    found = run(
        "values", "annual", str(tmp_path / "values"), "--on", str(on), "--known", str(known), "--orders", str(orders)
    )
    assert found.exit_code == 0, found.output
    assert "2 of 3 volumes have changed" in found.output
    database = f"sqlite:///{tmp_path}/grid.db"
    assert run("db", "upgrade", "--db", database).exit_code == 0
    assert run("party", "add", "7080001200022", "DDM", "--db", database).exit_code == 0
    begun = run("process", "start", "AnnualVolumes", str(orders / "annual-volumes-0001.json"), "--db", database)
    assert begun.exit_code == 0, begun.output
    assert "RequestUpdateMasterDataMeteringPoint" in run("outbox", "--db", database).output
    whole = pa.table({"metering_point": [str(place) for place in range(7)], "kwh": pa.array([1, None, 3, 4, 5, 6, 7])})
    batches = [len(order["volumes"]) for order in series.volume_orders(whole, on, most=4)]
    assert batches == [4, 2]
    known.write_text("point;kwh\n", encoding="utf-8")
    known.write_text("point\n1\n", encoding="utf-8")
    assert (
        run(
            "values", "annual", str(paths[0]), "--on", str(on), "--known", str(known), "--orders", str(orders)
        ).exit_code
        == 1
    )
