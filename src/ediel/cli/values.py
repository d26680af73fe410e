"""``ediel values``."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediel.cli._database import form as format_option
from ediel.cli._wire import needs_extra

if TYPE_CHECKING:
    import pyarrow as pa


@click.group("values", short_help="Convert metering values to tables; say what is there and what is missing.")
def command() -> None:
    """Convert metering values to tables; say what is there and what is missing.

    Files hold messages, envelopes or poll responses, plain or gzip; a folder stands for the XML files below it.
    """


def _series() -> Any:
    try:
        from ediel import series
    except ModuleNotFoundError as error:
        raise needs_extra(error, "series") from None
    return series


def _table(paths: tuple[str, ...]) -> pa.Table:
    series = _series()
    import pyarrow as pa

    from ediel.cli._files import content, expand

    tables = [series.read_table(content(path)) for path in expand(paths)]
    if not tables:
        raise click.ClickException("there is no XML file in what was named")
    return pa.concat_tables(tables).unify_dictionaries()


@command.command("convert", short_help="Write values to Parquet, CSV or JSON lines, a file for each month.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--to", "form", type=click.Choice(["parquet", "csv", "jsonl"]), default="parquet", show_default=True)
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
def convert(paths: tuple[str, ...], form: Any, out: str) -> None:
    """Write values to Parquet (zstd), CSV or JSON lines (gzip), a file for each input and Norwegian month.

    A file that was converted already is let pass, so a run that was stopped can be begun again.
    """
    series = _series()
    from ediel.cli._files import expand

    rows, before = 0, series.ways()
    for path, written in series.convert(map(Path, expand(paths)), Path(out), form):
        rows += sum(item.rows for item in written)
        done = (
            "done before" if any(item.skipped for item in written) else f"{sum(item.rows for item in written)} values"
        )
        click.echo(f"{path}: {done}, {len(written)} {'file' if len(written) == 1 else 'files'}")
    ordinary = sum(count - before.get(way, 0) for way, count in series.ways().items() if way != "fast")
    slow = f"; {ordinary} inputs went through the ordinary reader" if ordinary else ""
    click.echo(f"{rows} values in {out}{slow}")


@command.command("summary", short_help="Say what is there, by metering point and day, and what is missing.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--all", "every", is_flag=True, help="Whole days too.")
@format_option
def summary(paths: tuple[str, ...], every: bool, form: str) -> None:
    """Say what is there, by metering point, channel and Norwegian day, and what is missing.

    Without --all only days with something missing, temporary or sent again are listed. Exit code 1 when something is
    missing.
    """
    table = _table(paths)
    rows = _series().completeness(table).to_pylist()
    shown = [row for row in rows if every or row["missing"] or row["temporary"] or row["replaced"]]
    missing = sum(row["missing"] for row in rows)
    if form == "json":
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str))
    else:
        from ediel.cli._database import aligned

        points = len({row["metering_point"] for row in rows})
        click.echo(f"{table.num_rows} values, {points} metering points, {len(rows)} days, {missing} missing")
        columns = (
            "metering_point",
            "product",
            "direction",
            "day",
            "expected",
            "found",
            "missing",
            "replaced",
            "temporary",
        )
        if shown:
            click.echo("\n".join(aligned([columns, *([str(row[name]) for name in columns] for row in shown)])))
    sys.exit(1 if missing else 0)


@command.command("annual", short_help="Compute annual volumes as the hub does (EI-270).")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of the computation.")
@click.option(
    "--direction", type=click.Choice(["Out", "In"]), default="Out", show_default=True, help="In is production."
)
@click.option("--scale", is_flag=True, help="Scale fewer days than 365 to a year (assumed).")
@format_option
def annual(paths: tuple[str, ...], on: datetime, direction: Any, scale: bool, form: str) -> None:
    """Compute annual volumes as the hub does (EI-270): the sum of 365 days, unknown where days are missing."""
    rows = _series().annual_volume(_table(paths), on.date(), direction=direction, scale=scale).to_pylist()
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from ediel.cli._database import aligned

    columns = ("metering_point", "days", "missing", "temporary", "kwh", "standing")
    cells = [[str("-" if row[name] is None else row[name]) for name in columns] for row in rows]
    click.echo("\n".join(aligned([columns, *cells])))
