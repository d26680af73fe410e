"""``ediel values``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediel.cli._database import database, open_engine
from ediel.cli._database import form as format_option
from ediel.cli._moment import MOMENT, MOMENT_HELP
from ediel.cli._wire import needs_extra
from ediel.engine import ELHUB

if TYPE_CHECKING:
    import pyarrow as pa

    from ediel.series.exporting import Form


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
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Files at the same time.")
def convert(paths: tuple[str, ...], form: Form, out: str, jobs: int) -> None:
    """Write values to Parquet (zstd), CSV or JSON lines (gzip), a file for each input and Norwegian month.

    A poll response may be larger than memory. A file that was converted already is let pass, so a run that was stopped
    can be begun again.
    """
    series = _series()
    from ediel.cli._files import expand

    rows, before = 0, series.ways()
    files = [Path(path) for path in expand(paths)]
    for number, (path, written) in enumerate(series.convert(files, Path(out), form, jobs=jobs), 1):
        _progress(number, len(files))
        rows += sum(item.rows for item in written)
        done = (
            "done before" if any(item.skipped for item in written) else f"{sum(item.rows for item in written)} values"
        )
        click.echo(f"{path}: {done}, {len(written)} {'file' if len(written) == 1 else 'files'}")
    ordinary = sum(count - before.get(way, 0) for way, count in series.ways().items() if way != "fast")
    slow = f"; {ordinary} inputs went through the ordinary reader" if ordinary else ""
    click.echo(f"{rows} values in {out}{slow}")


def _progress(done: int, every: int) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {every} ({100 * done // every} %) ", nl=done == every, err=True)


@command.command("export", short_help="Hand over the values that a database has received, a file for each month.")
@click.option("--to", "form", type=click.Choice(["parquet", "csv", "jsonl"]), default="csv", show_default=True)
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
@click.option("--all", "every", is_flag=True, help="Every version, and not the newest alone.")
@database
def export(form: Form, out: str, every: bool, db: str) -> None:
    """Hand over the values that a database has received: of every interval the newest version, a file for each month.

    The messages come from the archive, so nothing that was ever received is missing.
    """
    series = _series()
    from ediel.errors import InvalidMessage

    engine = open_engine(db)
    wrong = 0

    def tables() -> Any:
        nonlocal wrong
        for _, data in engine.browse.archive():
            if b"PayloadEnergyTimeSeries" not in data and data[:2] != b"\x1f\x8b":
                continue  # it holds no values
            try:
                yield series.read_table(data)
            except InvalidMessage:
                wrong += 1

    try:
        rows = 0
        for item in (series.export if every else series.hand_over)(tables(), Path(out), form):
            rows += item.rows
            click.echo(f"{item.path}: {item.rows} values")
    finally:
        engine.close()
    click.echo(f"{rows} values in {out}")
    if wrong:
        click.echo(f"ediel: {wrong} messages in the archive are not valid and were left out", err=True)
        sys.exit(1)


@command.command("plot", short_help="Draw load curves, or which days are whole, to PNG or SVG.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--output", "-o", required=True, metavar="FILE", help="A .png or .svg.")
@click.option("--kind", type=click.Choice(["curve", "completeness"]), default="curve", show_default=True)
@click.option("--point", metavar="ID", help="This metering point alone.")
def plot(paths: tuple[str, ...], output: str, kind: str, point: str | None) -> None:
    """Draw load curves of the newest values, or a map of which days are whole, estimated, temporary or incomplete."""
    table = _table(paths)
    try:
        from ediel.series import plotting

        if kind == "curve":
            count = plotting.load_curve(table, Path(output), point=point)
        else:
            count = plotting.completeness_map(table, Path(output))
    except ModuleNotFoundError as error:
        raise needs_extra(error, "plot") from None
    click.echo(f"{output}: {count} {'channel' if count == 1 else 'channels'}")


@command.command("import", short_help="Make messages from Parquet, CSV or JSON lines.")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
@click.option("--sender", required=True, metavar="GLN", help="Who sends the values.")
@click.option("--physical-sender", metavar="GLN", help="Who hands them over.  [default: the sender]")
@click.option("--hub", default=ELHUB, show_default=True, metavar="GLN", help="Who gets them.")
def import_(paths: tuple[str, ...], out: str, sender: str, physical_sender: str | None, hub: str) -> None:
    """Make messages of BRS-NO-313 from Parquet, CSV or JSON lines, 9,999 series in each at the most.

    A file needs the columns metering_point, product, unit, direction, resolution, start (with an offset from UTC) and
    value. Without payload_id, the values of one Norwegian day are a series, and must be all there. Every message is
    held against the schema before it is written; `ediel validate` says what the rules find in it.
    """
    series = _series()
    from uuid import uuid4

    from ediel import brs
    from ediel.cli._files import emit
    from ediel.codes import DocumentType, Role
    from ediel.messages import Header, ProcessContext

    process = ProcessContext(business_process=brs.INTERVAL_VALUES.code, role=Role("DDE"))
    Path(out).mkdir(parents=True, exist_ok=True)
    for path in map(Path, paths):
        now = datetime.now(UTC)
        table = series.load(path, registered=now)
        try:
            header = Header(
                identification=str(uuid4()), document_type=DocumentType.INTERVAL_VOLUMES, creation=now,
                physical_sender=physical_sender or sender, juridical_sender=sender, juridical_recipient=hub,
            )  # fmt: skip
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        number = 0
        for number, data in enumerate(series.write_messages(table, header, process, check="all"), 1):
            emit(data, str(Path(out) / f"{path.name.partition('.')[0]}-{number:04}.xml"))
        click.echo(f"{path}: {table.num_rows} values, {number} {'message' if number == 1 else 'messages'}")


@command.command("summary", short_help="Say what is there, by metering point and day, and what is missing.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--all", "every", is_flag=True, help="Whole days too.")
@format_option
def summary(paths: tuple[str, ...], every: bool, form: str) -> None:
    """Say what is there, by metering point, channel and Norwegian day, and what is missing.

    Without --all only days with something missing, late, temporary or sent again are listed. Exit code 1 when
    something is missing.
    """
    table = _table(paths)
    rows = _series().completeness(table).to_pylist()
    shown = [row for row in rows if every or row["missing"] or row["temporary"] or row["replaced"] or row["late"]]
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
            "late",
            "temporary",
        )
        if shown:
            click.echo("\n".join(aligned([columns, *([str(row[name]) for name in columns] for row in shown)])))
    sys.exit(1 if missing else 0)


@command.command("judge", short_help="Hold series against the rules of BRS-NO-313, very many at once.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--on", type=MOMENT, help=MOMENT_HELP)
@format_option
def judge(paths: tuple[str, ...], on: date | None, form: str) -> None:
    """Hold series against the rules of BRS-NO-313, very many at once: a line for each rule that a series breaks.

    `ediel validate` says more of a message, and more slowly. Exit code 1 when a rule is broken.
    """
    table = _table(paths)
    try:
        rows = _series().judge(table, on or datetime.now(UTC)).to_pylist()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--on") from None
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        from ediel.cli._database import aligned

        columns = ("metering_point", "payload_id", "rule", "code", "found", "expected")
        click.echo("\n".join(aligned([columns, *([str(row[name] or "-") for name in columns] for row in rows)])))
    else:
        click.echo(f"{table.num_rows} values; no rule is broken")
    sys.exit(1 if rows else 0)


@command.command("annual", short_help="Compute annual volumes as the hub does (EI-270).")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of the computation.")
@click.option(
    "--direction", type=click.Choice(["Out", "In"]), default="Out", show_default=True, help="In is production."
)
@click.option("--scale", is_flag=True, help="Scale fewer days than 365 to a year (assumed).")
@click.option("--known", metavar="FILE", help="CSV of metering_point,kwh as they stand; with --orders.")
@click.option("--orders", metavar="DIR", help="Write those that have changed as orders for BRS-NO-317, 9,999 in each.")
@format_option
def annual(
    paths: tuple[str, ...], on: datetime, direction: Any, scale: bool, known: str | None, orders: str | None, form: str
) -> None:
    """Compute annual volumes as the hub does (EI-270): the sum of 365 days, unknown where days are missing.

    Paths are messages, or Parquet files (and folders of them) as `ediel values convert` writes them; there may
    be more of the latter than fits into memory. `ediel process start AnnualVolumes FILE` sends what --orders writes.
    """
    series = _series()
    import pyarrow as pa

    stored = _parquet(paths)
    if stored:
        parts = list(series.annual_volumes(stored, on.date(), direction=direction, scale=scale))
        if not parts:
            raise click.ClickException("the files hold no values of that year and direction")
        found = pa.concat_tables(parts)
    else:
        found = series.annual_volume(_table(paths), on.date(), direction=direction, scale=scale)
    if orders is not None:
        from ediel.cli._files import emit

        Path(orders).mkdir(parents=True, exist_ok=True)
        written = 0
        for number, order in enumerate(series.volume_orders(found, on.date(), known=_known(known)), 1):
            emit(json.dumps(order, indent=1).encode(), str(Path(orders) / f"annual-volumes-{number:04}.json"))
            written += len(order["volumes"])
        click.echo(f"{written} of {found.num_rows} volumes have changed; the orders are in {orders}", err=True)
    rows = found.to_pylist()
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from ediel.cli._database import aligned

    columns = ("metering_point", "days", "missing", "temporary", "kwh", "standing")
    cells = [[str("-" if row[name] is None else row[name]) for name in columns] for row in rows]
    click.echo("\n".join(aligned([columns, *cells])))


def _parquet(paths: tuple[str, ...]) -> list[Path]:
    """The Parquet files that paths stand for; none where they stand for messages."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("**/month=*/*.parquet")) if path.is_dir() else [path]
        found += [item for item in inside if item.suffix == ".parquet"]
    return found


def _known(path: str | None) -> dict[str, int]:
    """Volumes as they stand."""
    if path is None:
        return {}
    import csv

    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        try:
            return {row["metering_point"]: int(row["kwh"]) for row in csv.DictReader(file)}
        except (KeyError, TypeError, ValueError):
            raise click.ClickException(f"{path}: expected the columns metering_point and kwh, whole numbers") from None
