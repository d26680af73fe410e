"""``ediel values summary``, ``check``, ``changes`` and ``judge``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import click

from ediel.cli._database import form as format_option
from ediel.cli._moment import MOMENT, MOMENT_HELP
from ediel.cli._values import (
    arrived_after,
    as_json,
    as_table,
    expected_options,
    number,
    reading_of,
    reading_options,
    series_module,
    table_of,
    wanted,
)

_SUMMARY: Final = (
    "metering_point", "product", "direction", "from", "to", "days", "expected", "found", "missing", "replaced", "late",
    "estimated", "temporary", "kwh",
)  # fmt: skip
_ALIKE: Final = (
    "metering_point",
    "product",
    "direction",
    "expected",
    "found",
    "missing",
    "replaced",
    "late",
    "temporary",
)


@click.command("summary", short_help="Say what is there, by metering point and day, and what is missing.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--all", "every", is_flag=True, help="Whole days too.")
@expected_options
@reading_options
@format_option
def summary(
    paths: tuple[str, ...],
    every: bool,
    start: datetime | None,
    end: datetime | None,
    points: str | None,
    resolution: str | None,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
    form: str,
) -> None:
    """Say what is there, by metering point, channel and Norwegian day, and what is missing.

    PATHs are messages, Parquet, CSV or JSON lines, folders of them, or databases. Without --all only days with
    something missing, late, temporary or sent again are listed; days that are alike are one line. What is missing is
    counted against what is expected: without --from, --to and --points that is each channel from its first to its last
    day. Exit code 1 when something is missing.
    """
    expected = wanted(start, end, points, resolution)
    table = table_of(paths, reading_of(delimiter, decimal, columns))
    rows = series_module().completeness(table, expected.expected).to_pylist()
    shown = [
        row for row in rows
        if every or row["missing"] != 0 or row["temporary"] or row["replaced"] or row["late"]
    ]  # fmt: skip
    if form == "json":
        as_json(shown)
    else:
        _totals(rows)
        click.echo(expected.words)
        as_table(_SUMMARY, _runs(shown))
    sys.exit(1 if any(row["missing"] != 0 for row in rows) else 0)


def _totals(rows: list[dict[str, Any]]) -> None:
    """What there is, and what is missing, in a line or two."""
    found = sum(row["found"] for row in rows)
    missing = sum(row["missing"] or 0 for row in rows)
    unknown = [row for row in rows if row["missing"] is None]
    kwh = sum(row["kwh"] for row in rows if row["kwh"] is not None)
    parts = [
        number(found, "value"),
        number(len({row["metering_point"] for row in rows}), "metering point"),
        number(len(rows), "day"),
        f"{kwh} kWh",
        f"{missing} missing" if missing or not unknown else "",
    ]
    click.echo(", ".join(part for part in parts if part))
    if unknown:
        points = number(len({row["metering_point"] for row in unknown}), "point has", "points have")
        click.echo(f"{points} no value at all: how many are missing is not known without --resolution")


def _runs(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Days of a channel that follow one another and are alike, as one row."""
    run: dict[str, Any] | None = None
    for row in rows:
        alike = run is not None and all(run[name] == row[name] for name in _ALIKE)
        if run is not None and alike and row["day"] == run["to"] + timedelta(days=1):
            run["to"], run["days"], run["estimated"] = row["day"], run["days"] + 1, run["estimated"] + row["estimated"]
            run["kwh"] = None if row["kwh"] is None else (run["kwh"] or 0) + row["kwh"]
            continue
        if run is not None:
            yield run
        run = {**row, "from": row["day"], "to": row["day"], "days": 1}
    if run is not None:
        yield run


@click.command("check", short_help="Say which intervals are missing of those that are expected.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@expected_options
@reading_options
@format_option
def check(
    paths: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    points: str | None,
    resolution: str | None,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
    form: str,
) -> None:
    """Say which intervals are missing of those that are expected, from --from to --to, of the points in a file.

    PATHs are messages, Parquet, CSV or JSON lines, folders of them, or databases. A point without a value and a day
    without a value are missing; a day that is not over is not expected yet. Exit code 1 when something is missing.
    """
    if start is None or end is None:
        raise click.UsageError("a check needs a period: give --from and --to")
    expected = wanted(start, end, points, resolution)
    table = table_of(paths, reading_of(delimiter, decimal, columns))
    series = series_module()
    holes = series.gaps(table, expected.expected).to_pylist()
    rows = series.completeness(table, expected.expected).to_pylist()
    if form == "json":
        as_json(holes)
        sys.exit(1 if holes else 0)
    from ediel.calendar import OSLO

    for hole in holes:
        hole["from"], hole["to"] = (
            hole[name].astimezone(OSLO).isoformat(sep=" ", timespec="minutes") for name in ("start", "end")
        )
    every = sum(row["expected"] or 0 for row in rows)
    known = sum(hole["missing"] or 0 for hole in holes)
    all_points = {row["metering_point"] for row in rows}
    broken = {hole["metering_point"] for hole in holes}
    whole = f"{len(all_points - broken)} of {number(len(all_points), 'metering point')} whole"
    click.echo(f"{known} of {number(every, 'expected value')} missing, in {number(len(holes), 'gap')}; {whole}")
    if unknown := {hole["metering_point"] for hole in holes if hole["missing"] is None}:
        counted = number(len(unknown), "point has", "points have")
        click.echo(f"{counted} no value at all; they are not in these numbers without --resolution")
    if not rows:
        click.echo("no day of the period is over, or no point is expected: nothing was checked")
    click.echo(expected.words)
    as_table(("metering_point", "product", "direction", "from", "to", "missing"), holes)
    sys.exit(1 if holes else 0 if rows else 2)


@click.command("changes", short_help="Say what has changed since a moment: new and corrected values, in kWh.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--since", type=MOMENT, help="A moment, or a Norwegian day, from its beginning.")
@click.option("--after", type=click.IntRange(0), metavar="CURSOR", help="An arrival in the values store of a database.")
@reading_options
@format_option
def changes(
    paths: tuple[str, ...],
    since: date | None,
    after: int | None,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
    form: str,
) -> None:
    """Say what has changed since a moment: of each channel how many values are new, corrected or gone, and in kWh.

    Of those that are new or corrected it is said how many are estimated, and how many were and are settled now.

    PATHs are messages, Parquet, CSV or JSON lines, folders of them, or databases, with every version of the values. A
    value was known when it was inserted, or else registered. Days that begin --since count from their first moment.
    """
    from ediel.calendar import midnight

    if (since is None) == (after is None):
        raise click.UsageError("give --since, or --after with a database that has a values store")
    if after is not None:
        found, begun = arrived_after(paths, after), f"arrival {after}"
    else:
        assert since is not None
        moment = since if isinstance(since, datetime) else midnight(since)
        found = series_module().changes(table_of(paths, reading_of(delimiter, decimal, columns)), moment)
        begun = moment.isoformat(timespec="minutes")
    rows = found.to_pylist()
    if form == "json":
        as_json(rows)
        return
    from ediel.calendar import OSLO

    for row in rows:
        for name in ("start", "end"):
            when = row[name]
            row[name] = None if when is None else when.astimezone(OSLO).isoformat(sep=" ", timespec="minutes")
    totals = [sum(row[name] for row in rows) for name in ("new", "corrected", "gone", "estimated", "settled")]
    kwh = sum(row["difference"] for row in rows if row["unit"] == "kWh")
    click.echo(
        f"{totals[0]} new, {totals[1]} corrected, {totals[2]} gone since {begun}, {number(len(rows), 'channel')}, "
        f"{kwh:+} kWh\n{totals[3]} of them estimated or temporary, {totals[4]} were and are settled now"
    )
    as_table(
        ("metering_point", "product", "direction", "start", "end", "new", "corrected", "gone", "estimated", "settled",
         "before", "after", "difference", "unit"),
        rows,
    )  # fmt: skip


@click.command("judge", short_help="Hold series against the rules of BRS-NO-313, very many at once.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--on", type=MOMENT, help=MOMENT_HELP)
@reading_options
@format_option
def judge(
    paths: tuple[str, ...],
    on: date | None,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
    form: str,
) -> None:
    """Hold series against the rules of BRS-NO-313, very many at once: a line for each rule that a series breaks.

    PATHs are messages, Parquet, CSV or JSON lines, folders of them, or databases. `ediel validate` says more of a
    message, and more slowly. Exit code 1 when a rule is broken.
    """
    table = table_of(paths, reading_of(delimiter, decimal, columns))
    try:
        rows = series_module().judge(table, on or datetime.now(UTC)).to_pylist()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--on") from None
    if form == "json":
        as_json(rows)
    elif rows:
        as_table(("metering_point", "payload_id", "rule", "code", "found", "expected"), rows)
    else:
        click.echo(f"{table.num_rows} values; no rule is broken")
    sys.exit(1 if rows else 0)
