"""Workbooks hold what the table holds, read back by another library."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediel import series
from ediel.calendar import OSLO, midnight
from ediel.cli import main
from ediel.series.excel import COLUMNS, Sheets
from tests.series.slow_values import DAYS, happened, table, values

pytest.importorskip("xlsxwriter")
openpyxl = pytest.importorskip("openpyxl")


def cells(path: Path) -> list[dict[str, Any]]:
    """Every row of every sheet, by the names of the columns."""
    found = []
    for sheet in openpyxl.load_workbook(path).worksheets:
        header, *rows = sheet.iter_rows(values_only=True)
        assert header == COLUMNS
        found += [dict(zip(header, row, strict=True)) for row in rows]
    return found


def expected(row: dict[str, Any]) -> dict[str, Any]:
    """What a row of a table looks like, the slow way."""

    def local(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.astimezone(OSLO).replace(tzinfo=None)

    same = ("metering_point", "product", "direction", "resolution", "unit", "kind", "quality", "validation_code",
            "estimation_code", "message_id", "payload_id", "process")  # fmt: skip
    return {
        **{name: row.get(name) for name in same},
        "from": local(row["start"]), "to": local(row["end"]), "registered": local(row["registration_time"]),
        "inserted": local(row["insert_time"]), "value": row["thousandths"] / 1000,
        "start_utc": None if row["start"] is None else f"{row['start']:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip


def counted(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row[name] for name in COLUMNS) for row in rows)


@given(st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_rows_are_the_rows_of_the_table(seed: int) -> None:
    rows = happened(Random(seed))
    with TemporaryDirectory() as name:
        written = list(series.export(table(rows), Path(name), "xlsx"))
        found = [row for item in written for row in cells(item.path)]
        assert sum(item.rows for item in written) == len(rows)
        assert not list(Path(name).glob("**/.*"))
    assert counted(found) == counted([expected(row) for row in rows])


def test_the_hour_that_comes_twice_is_told_apart(tmp_path: Path) -> None:
    (item,) = series.export(table(values("707057500000000018", midnight(DAYS[1]), 49)), tmp_path, "xlsx")
    found = cells(item.path)
    twice = [row for row in found if str(row["from"]) == "2026-10-25 02:00:00"]
    assert [row["start_utc"] for row in twice] == ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]
    assert found[0]["metering_point"] == "707057500000000018"


def test_a_full_sheet_is_followed_by_another_and_no_text_is_a_formula(tmp_path: Path) -> None:
    rows = values("707057500000000018", midnight(DAYS[1]), 7, payload_id='=HYPERLINK("http://example.org")')
    book = Sheets(tmp_path / "a.xlsx", rows=3)
    book.add(table(rows))
    book.close()
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    assert [(sheet.title, sheet.max_row) for sheet in sheets] == [("values", 4), ("values 2", 4), ("values 3", 2)]
    cell = sheets[0].cell(2, COLUMNS.index("payload_id") + 1)
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value == rows[0]["payload_id"]


def test_a_moment_that_is_wrong_is_text(tmp_path: Path) -> None:
    (row,) = values("707057500000000018", midnight(DAYS[1]), 1, registration_time=datetime(1, 1, 2, tzinfo=OSLO))
    (item,) = series.export(table([row]), tmp_path, "xlsx")
    assert str(cells(item.path)[0]["registered"]).startswith("0001-01-0")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = series.export(table(values("707057500000000018", midnight(DAYS[1]), 25)), tmp_path / "in", "parquet")

    def convert(out: Path) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["values", "convert", str(item.path), "--to", "xlsx", "--out", str(out)])
        return int(ended.value.code or 0)

    assert convert(tmp_path / "out") == 0
    (path,) = (tmp_path / "out").glob("month=*/*.xlsx")
    assert len(cells(path)) == 25
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert convert(tmp_path / "other") != 0
    assert "ediel[excel]" in capsys.readouterr().err
