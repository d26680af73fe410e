"""Values in columns: the fast way and the ordinary one, writing, judging, summing, sharing, estimating, handing over."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel import series
from ediel.calendar import midnight
from ediel.cli import main
from ediel.codes import Direction, FormulaType, Product, Resolution, Unit
from ediel.messages import (
    CollectedSeries,
    Observation,
    ObservationKind,
    Observations,
    ProductCharacteristics,
    TimeSeriesPeriod,
)
from ediel.series._cut import Refused
from tests.series.series_fuzz import WAYS, documents, fuzz
from tests.support.places import FIXTURES

VALUES = sorted(
    path for path in (FIXTURES / "valid").glob("*.xml") if path.name.startswith(("CollectedData", "NotifyValidated"))
)


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_the_table_says_what_the_message_says(path: Path) -> None:
    """By the ordinary reader's own words: every value with its channel, its interval and its codes."""
    message: Any = ediel.read(path.read_bytes())
    table = series.read_table(path.read_bytes())
    assert table.schema == series.SCHEMA
    rows = iter(table.to_pylist())
    for item in message.payloads:
        for place, value in enumerate(item.observations or ()):
            row = next(rows)
            assert row["thousandths"] == value.value * 1000
            assert (row["sequence"], row["kind"]) == (value.sequence, value.kind.value)
            assert (row["metering_point"], row["payload_id"]) == (item.metering_point, item.identification)
            assert row["quality"] == (value.quality and value.quality.value)
            assert row["estimation_code"] == (value.estimation_code and value.estimation_code.value)
            step = {"PT15M": 15, "PT1H": 60, "PT60M": 60}[item.period.resolution.value]
            assert row["start"] == item.period.start + timedelta(minutes=step * place)
            assert row["end"] - row["start"] == timedelta(minutes=step)
        if item.profiled_observation is not None:
            row = next(rows)
            assert row["kind"].startswith("Profiled")
            assert row["start"] == item.period.start
    assert next(rows, None) is None


@pytest.mark.parametrize("way", WAYS)
def test_the_fast_way_is_taken_and_gives_the_same(way: str) -> None:
    """Compact, indented, canonical, wrapped, several messages in one: most of them fast, all of them equal."""
    fast = 0
    for data in documents():
        slow = series.read_table(data, quick=False)
        assert series.read_table(data).equals(slow)
        try:
            assert WAYS[way](data).table().equals(slow)
        except Refused:
            continue
        fast += 1
    assert fast >= len(documents()) * (0.6 if way == "numpy" else 0.9), "profiled values are for the matcher alone"


def test_what_the_fast_way_accepts_the_ordinary_reader_accepts_with_the_same_content() -> None:
    """Differential fuzzing; ``python tests/series/series_fuzz.py 1000000`` goes on for longer."""
    outcomes, problems = fuzz(4000, seed=7)
    assert problems == []
    for place in range(len(WAYS)):
        for outcome in ("accepted", "refused"):
            assert sum(count for name, count in outcomes.items() if name.split("+")[place] == outcome) >= 200


def test_a_series_that_is_closed_by_another_name() -> None:
    """Found by the fuzzer: only the second of two series was broken, and the first one stood for it."""
    points = ("707057500000000018", "707057500000000025")
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    payloads = tuple(day(point, date(2026, 11, 26), ["1"] * 24) for point in points)
    data = ediel.write(sample.model_copy(update={"payloads": payloads}))
    place = data.rindex(b"</rsm:PayloadEnergyTimeSeries>")
    broken = data[: place + 2] + data[place + 3 :]
    for read in WAYS.values():
        with pytest.raises(Refused):
            read(broken)
    with pytest.raises(ediel.InvalidMessage):
        series.read_table(broken)


def test_attributes_in_any_order_and_quotes() -> None:
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    root = etree.fromstring(data)
    for item in root.iter("{*}Estimated"):
        pairs = list(item.attrib.items())
        item.attrib.clear()
        item.attrib.update(reversed(pairs))
    turned = etree.tostring(root).replace(b'"', b"'")
    before = series.ways().get("fast", 0)
    assert series.read_table(turned).equals(series.read_table(data))
    assert series.ways()["fast"] == before + 2


def test_what_is_wrong_is_told_by_the_ordinary_reader() -> None:
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    with pytest.raises(ediel.InvalidMessage) as caught:
        series.read_table(data.replace(b'Sequence="2"', b'Sequence="1"', 1))
    assert list(caught.value.report.all_findings())
    with pytest.raises(ediel.InvalidMessage):
        series.read_table(b"nothing")


# --- writing


def day(point: str, first: date, kwh: list[str], *, days: int = 1, **more: Any) -> CollectedSeries:
    start, end = midnight(first), midnight(first + timedelta(days=days))
    return CollectedSeries(
        **{
            "identification": f"00000000-0000-4000-8000-{int(point[-6:]):06}{first:%y%m%d}",
            "registration_time": end,
            "period": TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=end),
            "product": ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH),
            "direction": Direction.OUT,
            "metering_point": point,
            "observations": Observations.metered(kwh),
            **more,
        }
    )


def table_of(*payloads: CollectedSeries) -> pa.Table:
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    return series.read_table(ediel.write(sample.model_copy(update={"payloads": payloads})))


@pytest.mark.parametrize("path", [path for path in VALUES if "-313" in path.name], ids=lambda path: path.stem)
def test_columns_are_written_as_the_message_that_they_were_read_from(path: Path) -> None:
    message: Any = ediel.read(path.read_bytes())
    kind: Any = message.name()
    table = series.read_table(path.read_bytes())
    (data,) = series.write_messages(table, message.header, message.process, kind=kind, check="all")
    again = series.read_table(data)
    assert again.equals(table)


def test_messages_are_split_at_the_limits() -> None:
    points = [f"7070575000000{number:05}" for number in range(7)]
    table = table_of(*(day(point, date(2026, 11, 26), ["1.5"] * 24) for point in points))
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    parts = list(series.write_messages(table, sample.header, sample.process, check="all", most=3))
    messages: list[Any] = [ediel.read(part) for part in parts]
    assert [len(message.payloads) for message in messages] == [3, 3, 1]
    assert len({message.header.identification for message in messages}) == 3
    assert [str(item.metering_point) for message in messages for item in message.payloads] == points


def put(table: pa.Table, name: str, word: str) -> pa.Table:
    """A table with one word in all rows of a column."""
    words = pa.array([word] * table.num_rows).dictionary_encode()
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), words)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda table: table.slice(0, 20), "20 values in a period of"),
        (lambda table: table.set_column(table.schema.get_field_index("thousandths"), "thousandths", pa.array([-1] * table.num_rows)), "is negative"),
        (lambda table: put(table, "payload_id", "not an identification"), "payload_id not an identification is of another form"),
        (lambda table: put(table, "payload_id", ""), "payload_id  is of another form"),
        (lambda table: put(table, "payload_id", "00000000-0000-4000-8000-00000000000A"), "is of another form"),
        (lambda table: put(table, "metering_point", "70705750000000001"), "metering_point 70705750000000001 is of another form"),
        (lambda table: put(table, "direction", "Sideways"), "cannot be written"),
        (lambda table: put(table, "resolution", "P1M"), "resolution is P1M"),
        (lambda table: table.set_column(table.schema.get_field_index("payload_id"), "payload_id", pa.nulls(table.num_rows, pa.dictionary(pa.int32(), pa.string()))), "no payload_id"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_written(change: Any, text: str) -> None:
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    table = table_of(day("707057500000000018", date(2026, 11, 26), ["1"] * 24))
    if "period" in text:
        table = pa.concat_tables([table.slice(0, 12), table.slice(16, 8)])
    with pytest.raises(series.InvalidTable, match=text.replace("20 values", "20 values")):
        list(series.write_messages(change(table), sample.header, sample.process))


# --- judging and summing

POINT = "707057500000000018"


def test_the_newest_version_counts() -> None:
    first = day(POINT, date(2026, 11, 26), ["1"] * 24)
    later = day(POINT, date(2026, 11, 26), ["2"] * 24, registration_time=midnight(date(2026, 11, 28)))
    later = later.model_copy(update={"identification": "00000000-0000-4000-8000-0000000000aa"})
    for order in ((first, later), (later, first)):
        newest = series.latest(table_of(*order))
        assert newest["thousandths"].to_pylist() == [2000] * 24
    (row,) = series.completeness(table_of(first, later)).to_pylist()
    assert (row["found"], row["replaced"], row["missing"]) == (24, 24, 0)


@pytest.mark.parametrize(
    ("when", "hours"), [(date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2025, 10, 26), 25)]
)
def test_days_have_as_many_hours_as_they_have(when: date, hours: int) -> None:
    (row,) = series.completeness(table_of(day(POINT, when, ["1"] * hours))).to_pylist()
    assert (row["day"], row["expected"], row["found"], row["missing"]) == (when, hours, hours, 0)


def _year(total: list[str], *, first: date = date(2025, 11, 27), days: int = 365) -> CollectedSeries:
    count = int((midnight(first + timedelta(days=days)).timestamp() - midnight(first).timestamp()) // 3600)
    return day(POINT, first, [total[place % len(total)] for place in range(count)], days=days)


def test_an_annual_volume_is_the_sum_of_a_year() -> None:
    (row,) = series.annual_volume(table_of(_year(["1.250", "0.750"])), date(2026, 11, 27)).to_pylist()
    assert row == {
        "metering_point": POINT, "days": 365, "missing": 0, "temporary": 0, "kwh": 8760, "standing": "published",
    }  # fmt: skip


def test_fewer_days_are_unknown_unless_scaling_is_asked_for() -> None:
    table = table_of(_year(["1"], first=date(2026, 1, 1), days=330))
    (row,) = series.annual_volume(table, date(2026, 11, 27)).to_pylist()
    assert (row["days"], row["missing"], row["kwh"], row["standing"]) == (330, 35, None, None)
    (row,) = series.annual_volume(table, date(2026, 11, 27), scale=True).to_pylist()
    assert (row["kwh"], row["standing"]) == (8760, "assumed")


def test_history_before_a_manual_update_is_left_out() -> None:
    table = table_of(_year(["1"]))
    updated = {POINT: date(2026, 5, 1)}
    (row,) = series.annual_volume(table, date(2026, 11, 27), updated=updated).to_pylist()
    assert (row["days"], row["kwh"]) == ((date(2026, 11, 27) - date(2026, 5, 1)).days, None)
    (row,) = series.annual_volume(table, date(2026, 11, 27), updated={POINT: date(2024, 5, 1)}).to_pylist()
    assert (row["days"], row["kwh"]) == (365, 8760)


@given(st.integers(0, 1_000_000), st.integers(0, 364))
@settings(max_examples=8)
def test_an_annual_volume_against_a_slow_and_obvious_one(seed: int, hole: int) -> None:
    """Any values, one day away, the rows in any order: what a loop over days would say."""
    chance = Random(seed)
    first, on = date(2025, 11, 27), date(2026, 11, 27)
    values = [f"{chance.randrange(10_000) / 1000:.3f}" for _ in range(97)]
    table = table_of(_year(values))
    missing = first + timedelta(days=hole)
    starts, thousandths = table["start"].to_pylist(), table["thousandths"].to_pylist()
    kept = [
        place
        for place, start in enumerate(starts)
        if not midnight(missing) <= start < midnight(missing + timedelta(days=1))
    ]
    chance.shuffle(kept)
    days: dict[date, int] = {}
    for place in kept:
        when = ediel.calendar.market_day(starts[place])
        days[when] = days.get(when, 0) + thousandths[place]
    expected = Fraction(sum(days.values()) * 365, len(days) * 1000)
    (row,) = series.annual_volume(table.take(kept), on, scale=True).to_pylist()
    assert row["days"] == len(days) == 364
    assert abs(row["kwh"] - expected) <= Fraction(1, 2)


# --- shared production

AMOUNTS = st.lists(st.integers(0, 100_000), min_size=1, max_size=6)


@given(
    formula=st.sampled_from([FormulaType.EQUALLY_DISTRIBUTED, FormulaType.CONSUMPTION_BASED, FormulaType.MANUAL]),
    count=st.integers(1, 5),
    chance=st.randoms(use_true_random=False),
    intervals=st.integers(1, 6),
)
def test_what_is_shared_is_all_of_it(formula: FormulaType, count: int, chance: Random, intervals: int) -> None:
    """The sum is kept, nothing is negative, and neither the order nor a split of contributors changes anything."""
    points = [f"r{number}" for number in range(count)]
    consumption = {point: [chance.randrange(0, 5000) for _ in range(intervals)] for point in points}
    production = {name: [chance.randrange(0, 9000) for _ in range(intervals)] for name in ("a", "b")}
    cuts = sorted(chance.randrange(0, 1001) for _ in range(count - 1))
    edges = [0, *cuts, 1000]
    shares = {point: Fraction(edges[place + 1] - edges[place], 1000) for place, point in enumerate(points)}
    found = series.distribute(formula, production, consumption, shares)
    for place in range(intervals):
        assert sum(values[place] for values in found.distributed.values()) == sum(v[place] for v in production.values())
        for point in points:
            got, used = found.distributed[point][place], consumption[point][place]
            assert found.net_consumption[point][place] == max(0, used - got)
            assert found.net_production[point][place] == max(0, got - used)
    shuffled = points[:]
    chance.shuffle(shuffled)
    again = series.distribute(
        formula,
        {"ab": [a + b for a, b in zip(production["a"], production["b"], strict=True)]},
        {point: consumption[point] for point in shuffled},
        {point: shares[point] for point in shuffled},
    )
    assert again == found


def test_the_example_of_a_grid_company() -> None:
    """Shares give 35 and 15 kWh, both use 20: a surplus of 15, and 5 left to buy."""
    found = series.distribute(
        FormulaType.MANUAL,
        {"p": [50_000]},
        {"a": [20_000], "b": [20_000]},
        {"a": Fraction(7, 10), "b": Fraction(3, 10)},
    )
    assert found.distributed == {"a": (35_000,), "b": (15_000,)}
    assert (found.net_production["a"], found.net_consumption["b"]) == ((15_000,), (5_000,))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (({"p": [1]}, {}), "a contributor and a recipient"),
        (({"p": [1, 2]}, {"a": [1]}), "series of 1 and 2 values"),
        (({"p": [-1]}, {"a": [1]}), "negative"),
        (({"p": [1]}, {"a": [1]}, {"a": Fraction(1, 2)}), "expected 1"),
        (({"p": [1]}, {"a": [1]}), "manual shares are needed"),
    ],
)
def test_a_calculation_that_cannot_be(arguments: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        series.distribute(FormulaType.MANUAL, *arguments)


# --- estimates


@given(profile=st.lists(st.integers(0, 10_000), min_size=1, max_size=100), total=st.integers(0, 10_000_000))
def test_an_estimate_keeps_the_known_total(profile: list[int], total: int) -> None:
    for found in (series.with_total(profile, total), series.line(total, len(profile))):
        assert sum(found) == total
        assert min(found) >= 0
        assert len(found) == len(profile)
    if any(profile):
        assert series.with_total(profile, sum(profile)) == tuple(profile)


def test_a_like_day_is_a_mean() -> None:
    assert series.like_days([[1, 10], [2, 10], [4, 11]]) == (2, 10)
    with pytest.raises(ValueError, match="three days"):
        series.like_days([[1], [2]])


# --- handing over and the command line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        main(["values", *arguments])
    except SystemExit as end:
        told = capsys.readouterr()
        assert "internal error" not in told.err, told.err
        return int(end.code or 0), told.out, told.err
    raise AssertionError("no exit")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    folder = tmp_path / "in"
    folder.mkdir()
    for number, first in enumerate((date(2026, 10, 31), date(2026, 11, 30))):
        payloads = (day(POINT, first, ["1.5"] * 48, days=2),)
        data = ediel.write(sample.model_copy(update={"payloads": payloads}))
        (folder / f"values-{number}.xml").write_bytes(data)
    return folder


@pytest.mark.parametrize("form", series.FORMS)
def test_convert(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """A file for each input and Norwegian month; begun again, it does nothing twice; others read it."""
    out = tmp_path / "out"
    code, told, _ = run(capsys, "convert", str(files), "--to", form, "--out", str(out))
    assert (code, told.splitlines()[-1]) == (0, f"96 values of 2 inputs in {out}, 96 of them written now")
    months = sorted(path.name for path in out.iterdir() if path.name.startswith("month="))
    assert months == ["month=2026-10", "month=2026-11", "month=2026-12"]
    assert "done before" in run(capsys, "convert", str(files), "--to", form, "--out", str(out))[1]
    pattern = str(out / "month=*" / f"*.{form}*")
    duckdb = pytest.importorskip("duckdb")
    reader = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}[form]
    with duckdb.connect() as connection:
        (row,) = connection.execute(f"select count(*), sum(thousandths) from {reader}('{pattern}')").fetchall()
    assert row == (96, 96 * 1500)
    if form == "parquet":
        polars = pytest.importorskip("polars")
        frame = polars.scan_parquet(pattern).collect()
        assert frame["thousandths"].sum() == 96 * 1500
        (path,) = (out / "month=2026-10").glob("values-0-*.parquet")
        table = pq.read_table(path)
        assert table.schema.names == series.SCHEMA.names


def test_summary_and_annual(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    until = ("--from", "2026-10-31", "--to", "2026-11-02")
    code, told, _ = run(capsys, "summary", str(files / "values-0.xml"), "--all", *until)
    assert code == 0
    assert told.startswith("48 values, 1 metering point, 2 days, 72.000 kWh, 0 missing")
    code, told, _ = run(capsys, "annual", str(files), "--on", "2026-12-02", "--format", "json")
    assert json.loads(told)[0]["days"] == 4
    code, told, _ = run(capsys, "annual", str(files), "--on", "2026-12-02", "--scale")
    assert "13140" in told


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample: Any = ediel.read((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    half = day(POINT, date(2025, 11, 26), ["1"] * 12)
    assert half.period is not None
    half = half.model_copy(
        update={
            "period": half.period.model_copy(update={"end": midnight(date(2025, 11, 26)) + timedelta(hours=12)}),
            "observations": Observations.of(
                Observation(number, value.value, ObservationKind.METERED)
                for number, value in enumerate(Observations.metered(["1"] * 12), 1)
            ),
        }
    )
    (tmp_path / "half.xml").write_bytes(ediel.write(sample.model_copy(update={"payloads": (half,)})))
    code, told, _ = run(capsys, "summary", str(tmp_path))
    assert code == 1
    assert "12 missing" in told
    (tmp_path / "half.xml").write_bytes(b"<a/>")
    code, _, err = run(capsys, "summary", str(tmp_path))
    assert (code, "EMIF" in err) == (2, True)
    assert run(capsys, "summary", str(tmp_path / "none.xml"))[0] == 2
