"""The market profile and the working days."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import holidays as judge
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import ediel
from ediel.calendar import WorkingDays, holidays
from ediel.cli import cli
from ediel.codes import BusinessProcess
from ediel.market import Settlement, load, window

DAYS = WorkingDays()
STARTS = st.dates(min_value=date(2019, 3, 1), max_value=date(2035, 10, 31))


@pytest.mark.parametrize("year", range(2019, 2036))
def test_holidays_agree_with_the_library(year: int) -> None:
    expected = {day for day, name in judge.country_holidays("NO", years=year).items() if name != "Søndag"}
    assert set(holidays(year)) == expected
    assert list(holidays(year)) == sorted(holidays(year))


def test_two_holidays_on_one_day_keep_both_names() -> None:
    shared = [names for year in range(2015, 2041) for names in holidays(year).values() if "," in names[0]]
    assert shared, "1 and 17 May meet Ascension Day or Whitsun now and then"


def test_the_table_ends() -> None:
    with pytest.raises(ValueError, match="covers 2015 to 2040, not 2041"):
        holidays(2041)


def test_settings() -> None:
    christmas_eve, saturday = date(2026, 12, 24), date(2026, 11, 28)
    assert christmas_eve in DAYS
    assert christmas_eve not in WorkingDays(christmas_eve=False)
    assert date(2026, 12, 31) not in WorkingDays(new_years_eve=False)
    assert saturday not in DAYS
    assert saturday in WorkingDays(saturdays=True)
    assert DAYS.reason_off(date(2026, 5, 17)) == ("Constitution Day", "grunnlovsdagen")


def test_easter() -> None:
    """Between the Wednesday before Easter and the Tuesday after it lies no working day."""
    assert DAYS.shift(date(2026, 4, 7), -3) == date(2026, 3, 30)
    assert DAYS.shift(date(2026, 3, 31), 1) == date(2026, 4, 1)
    assert DAYS.shift(date(2026, 4, 1), 1) == date(2026, 4, 7)


@given(STARTS, st.integers(-40, 40))
def test_shift_counts_working_days(day: date, count: int) -> None:
    end = DAYS.shift(day, count)
    between = [min(day, end) + timedelta(days=n) for n in range(abs((end - day).days) + 1)]
    counted = [item for item in between if item in DAYS and item != day]
    assert len(counted) == abs(count)
    assert count == 0 or end in DAYS


@given(STARTS, st.integers(1, 40))
def test_back_and_forth(day: date, count: int) -> None:
    """The last day on which a date that lies back may be reported is the last from which it lies no further back."""
    last = DAYS.shift(day, count)
    assert DAYS.shift(last, -count) <= day
    assert DAYS.shift(DAYS.shift(last, 1), -count) > day


def test_published_window() -> None:
    """BRS-NO-202: 6 to 3 working days ahead when profiled, 4 to 1 calendar days ahead when interval settled."""
    profile = load()
    profiled = window(profile, BusinessProcess.BRS_NO_202, "profiled", date(2026, 12, 1))
    interval = window(profile, BusinessProcess.BRS_NO_202, "interval", date(2026, 12, 1))
    assert profiled.earliest is not None
    assert profiled.latest is not None
    assert interval.earliest is not None
    assert interval.latest is not None
    assert (profiled.earliest.day, profiled.latest.day) == (date(2026, 11, 23), date(2026, 11, 26))
    assert (interval.earliest.day, interval.latest.day) == (date(2026, 11, 27), date(2026, 11, 30))
    assert profiled.cancellation is not None
    assert profiled.cancellation.limit.standing == "assumed"


def test_back_in_time() -> None:
    found = window(load(), BusinessProcess.BRS_NO_104, "profiled", date(2026, 11, 2))
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest.day == date(2026, 11, 2)
    assert DAYS.shift(found.latest.day, -30) == date(2026, 11, 2)
    assert found.cancellation is None


def test_unknown_is_none() -> None:
    profile = load()
    found = window(profile, BusinessProcess.BRS_NO_201, "profiled", date(2026, 12, 1))
    assert found.earliest is None
    assert found.latest is not None
    nothing = window(profile, BusinessProcess.BRS_NO_301, "profiled", date(2026, 12, 1))
    assert (nothing.earliest, nothing.latest, nothing.cancellation) == (None, None, None)


def test_every_row_says_who_says_so() -> None:
    profile = load()
    assert len({row.key for row in profile.limits}) == len(profile.limits)
    for row in profile.limits:
        assert row.source
        if row.standing == "assumed":
            assert "modelled on" in row.source
    for process in ("101", "102", "201", "202"):
        for settlement in get_args(Settlement):
            limit = profile.limit(BusinessProcess(f"BRS-NO-{process}"), settlement, "cancellation")
            assert limit is not None
            assert limit.standing == "assumed"


ROW = """
[[limit]]
process = "BRS-NO-101"
settlement = "interval"
what = "latest"
from = "start"
count = -2
unit = "calendar days"
standing = "published"
source = "ours"
"""


def test_overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(ROW, encoding="utf-8")
    named = load(path)
    monkeypatch.setenv("EDIEL_PROFILE", str(path))
    for profile in (named, load()):
        found = window(profile, BusinessProcess.BRS_NO_101, "interval", date(2026, 12, 1))
        assert found.latest is not None
        assert (found.latest.day, found.latest.limit.source) == (date(2026, 11, 29), "ours")
        assert len(profile.limits) == len(load.__globals__["_packaged"]().limits)
        assert profile.sources == ("norway.toml", str(path))
    days = "saturdays = true\nchristmas_eve = false\nnew_years_eve = true"
    days = f'[working_days]\n{days}\nstanding = "published"\nsource = "ours"\n'
    path.write_text(days, encoding="utf-8")
    assert load(path).working_days == WorkingDays(saturdays=True, christmas_eve=False)


def test_a_row_of_the_user_always_counts(tmp_path: Path) -> None:
    """Whether the packaged rows are for one settlement or for any."""
    path = tmp_path / "mine.toml"
    path.write_text(ROW.replace('"interval"', '"any"') + ROW.replace("101", "103").replace("latest", "back"), "utf-8")
    profile = load(path)
    one, three = BusinessProcess.BRS_NO_101, BusinessProcess.BRS_NO_103
    sources: dict[Settlement, str] = {"profiled": "a supplier's customer page", "interval": "ours"}
    for settlement, source in sources.items():
        any_row = profile.limit(one, settlement, "latest")
        own_row = profile.limit(three, settlement, "back")
        assert any_row is not None
        assert own_row is not None
        assert any_row.source == "ours"
        assert own_row.source.startswith(source)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[limit", "not TOML"),
        ("a = " + "[" * 100_000 + "]" * 100_000, "not TOML: lists or tables are nested too deeply"),
        ("x = 1", "unknown table x"),
        ("limit = 1", "must be a list"),
        ("limit = [1]", "expected a table"),
        (ROW.replace("count = -2\n", ""), "missing key count"),
        (ROW + 'colour = "red"\n', "unknown key colour"),
        (ROW.replace("latest", "last"), "what is 'last'; expected one of earliest"),
        (ROW.replace("-2", '"two"'), "count must be a whole number"),
        (ROW.replace("BRS-NO-101", "101"), "such as BRS-NO-101"),
        ("[working_days]\nsaturdays = true", "working_days needs"),
        (
            '[working_days]\nsaturdays = 1\nchristmas_eve = true\nnew_years_eve = true\nstanding = "x"\nsource = ""',
            "expected true or false",
        ),
    ],
)
def test_wrong_profiles(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ediel.errors.InvalidProfile, match=problem):
        load(path)
    with pytest.raises(ediel.errors.InvalidProfile, match="cannot be read"):
        load(tmp_path / "missing.toml")
    path.write_bytes(b"\xff")
    with pytest.raises(ediel.errors.InvalidProfile, match="not UTF-8"):
        load(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["deadline", *arguments])


def test_deadline_as_text() -> None:
    result = run("BRS-NO-202", "--settlement", "profiled", "--start", "2026-04-08")
    assert result.exit_code == 0
    assert "no working day: Maundy Thursday / skjærtorsdag" in result.output
    assert "  latest        Tue 2026-03-31  3 working days before the date (published" in result.output
    unknown = run("301", "--settlement", "interval", "--start", "2026-12-01").output
    assert unknown.count("unknown: no source gives it") == 3
    back = run("103", "--settlement", "interval", "--start", "2026-11-02").output
    assert "30 working days after the date (inferred" in back
    assert "on the date (published" in back


def test_deadline_as_json_and_calendar(tmp_path: Path) -> None:
    arguments = ("202", "--settlement", "interval", "--start", "2026-12-01")
    document = json.loads(run(*arguments, "--format", "json").output)
    assert document["latest"] == {
        "day": "2026-11-30",
        "count": -1,
        "unit": "calendar days",
        "standing": "published",
        "source": "BRS-NO-202, Edielstandard 1.14.1",
    }
    target = tmp_path / "a.ics"
    assert run(*arguments, "--ics", "-o", str(target)).exit_code == 0
    data = target.read_bytes()
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert data.count(b"BEGIN:VEVENT") == 3
    assert b"DTSTART;VALUE=DATE:20261130\r\n" in data
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_output_that_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("202", "--settlement", "interval", "--start", "2026-12-01", "-o", str(pipe)).exit_code == 0
        assert os.read(reader, 10_000).startswith(b"BRS-NO-202")
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_deadline_errors() -> None:
    assert run("202", "--settlement", "interval", "--start", "1.12.2026").exit_code == 2
    result = run("202", "--settlement", "interval", "--start", "2099-12-01")
    assert result.exit_code == 2
    assert "the table of holidays covers 2015 to 2040" in result.output
    assert run("103", "--settlement", "interval", "--start", "9999-12-31").exit_code == 2
    assert isinstance(run("999", "--settlement", "interval", "--start", "2026-12-01").exception, ediel.UnknownName)
