"""``ediel values``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ediel.cli._database import database
from ediel.cli._database import form as format_option
from ediel.cli._values import (
    ENDINGS,
    expected_options,
    is_database,
    number,
    reading_of,
    reading_options,
    series_module,
    stored,
    table_of,
    tell,
    wanted,
)
from ediel.cli._values_judging import changes, check, judge, summary
from ediel.cli._values_store import deliver, store
from ediel.cli._wire import needs_extra
from ediel.engine import ELHUB

_FORMS: Final = click.Choice(["parquet", "csv", "jsonl", "xlsx"])


@click.group("values", short_help="Convert metering values to tables; say what is there and what is missing.")
def command() -> None:
    """Convert metering values to tables; say what is there and what is missing.

    Files hold messages, envelopes or poll responses, plain or gzip, or tables: Parquet, CSV, JSON lines. A folder
    stands for all of these below it; what is passed over is said.
    """


@command.command("convert", short_help="Write values to Parquet, CSV, JSON lines or Excel, a file for each month.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--to", "form", type=_FORMS, default="parquet", show_default=True)
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Files at the same time.")
@click.option("--prune", is_flag=True, help="Remove the values of inputs that were converted before and are gone.")
@reading_options
def convert(
    paths: tuple[str, ...],
    form: Any,
    out: str,
    jobs: int,
    prune: bool,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
) -> None:
    """Write values to Parquet (zstd), CSV, JSON lines (gzip) or Excel, a file for each input and Norwegian month.

    PATHs are messages or poll responses, which may be larger than memory, or Parquet, CSV and JSON lines. An input is
    known by its path and its content: one that has not changed is let pass, of one that has changed everything is
    written again, and files that are not of it any more are removed. For a database there is `ediel values export`.
    """
    series = series_module()
    from ediel.cli._files import expand, passed_over
    from ediel.series.converting import gone, remove

    passed: list[str] = []
    files = [Path(path) for path in expand(paths, endings=ENDINGS, passed=passed)]
    if databases := [str(path) for path in files if is_database(str(path))]:
        raise click.UsageError(f"{databases[0]} is a database: `ediel values export --db URL` hands its values over")
    tell([notice] if (notice := passed_over(passed)) else [])
    if not files:
        raise click.ClickException(f"there are no values in what was named; looked for {', '.join(ENDINGS)}")
    folder, before = Path(out), series.ways()
    reading = reading_of(delimiter, decimal, columns)
    rows = fresh = read = 0
    _check_form(form)
    for item in series.convert(files, folder, form, jobs=jobs, reading=reading):
        read += 1
        _progress(read, len(files))
        tell(item.notes)
        rows += item.rows
        fresh += 0 if item.skipped else item.rows
        done = ", done before" if item.skipped else ""
        stale = f", {number(len(item.removed), 'stale file')} removed" if item.removed else ""
        click.echo(f"{item.path}: {number(item.rows, 'value')}, {number(len(item.files), 'file')}{done}{stale}")
    ordinary = sum(count - before.get(way, 0) for way, count in series.ways().items() if way != "fast")
    slow = f"; {ordinary} inputs went through the ordinary reader" if ordinary else ""
    left = list(gone(folder, form))
    if prune:
        for record, stale_files in left:
            remove(record, stale_files)
        click.echo(f"{number(len(left), 'input')} that are gone: their values were removed")
    elif left:
        tell([f"{number(len(left), 'input')} converted before are gone; --prune removes their values from {out}"])
    click.echo(f"{number(rows, 'value')} of {number(read, 'input')} in {out}, {fresh} of them written now{slow}")


def _check_form(form: str) -> None:
    """Is there what a form needs?

    Raises:
        MissingExtra: there is not.
    """
    if form == "xlsx":
        try:
            import xlsxwriter  # noqa: F401
        except ModuleNotFoundError as error:
            raise needs_extra(error, "excel") from None


def _progress(done: int, every: int) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {every} ({100 * done // every} %) ", nl=done == every, err=True)


@command.command("export", short_help="Hand over the values that a database has received, a file for each month.")
@click.option("--to", "form", type=_FORMS, default="csv", show_default=True)
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
@click.option("--all", "every", is_flag=True, help="Every version, and not the newest alone.")
@database
def export(form: Any, out: str, every: bool, db: str) -> None:
    """Hand over the values that a database has received: of every interval the newest version, a file for each month.

    The messages come from the archive, so nothing that was ever received is missing.
    """
    series = series_module()
    _check_form(form)
    rows, wrong = 0, 0

    def left_out(count: int) -> None:
        nonlocal wrong
        wrong += count

    for item in (series.export if every else series.hand_over)(stored(db, left_out), Path(out), form):
        rows += item.rows
        click.echo(f"{item.path}: {number(item.rows, 'value')}")
    click.echo(f"{number(rows, 'value')} in {out}")
    sys.exit(1 if wrong else 0)


@command.command("plot", short_help="Draw load curves, or which days are whole, to PNG or SVG.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--output", "-o", required=True, metavar="FILE", help="A .png or .svg.")
@click.option("--kind", type=click.Choice(["curve", "completeness"]), default="curve", show_default=True)
@click.option("--point", metavar="ID", help="Curves of this metering point alone.")
@expected_options
@reading_options
def plot(
    paths: tuple[str, ...],
    output: str,
    kind: str,
    point: str | None,
    start: datetime | None,
    end: datetime | None,
    points: str | None,
    resolution: str | None,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
) -> None:
    """Draw load curves of the newest values, or a map of which days are whole, estimated, temporary or incomplete.

    PATHs are messages, Parquet, CSV or JSON lines, folders of them, or databases. Gaps are drawn as gaps; those
    channels come first that miss the most of what is expected.
    """
    expected = wanted(start, end, points, resolution)
    table = table_of(paths, reading_of(delimiter, decimal, columns))
    try:
        from ediel.series import plotting

        if kind == "curve":
            drawn = plotting.load_curve(table, Path(output), point=point, expected=expected.expected)
        else:
            drawn = plotting.completeness_map(table, Path(output), expected=expected.expected)
    except ModuleNotFoundError as error:
        raise needs_extra(error, "plot") from None
    rest = "" if drawn.drawn == drawn.of else ", those that miss the most values"
    click.echo(f"{output}: {drawn.drawn} of {number(drawn.of, 'channel')} drawn{rest}")


@command.command("import", short_help="Make messages from Parquet, CSV or JSON lines.")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--out", required=True, metavar="DIR", help="Where; made when it is not there.")
@click.option("--sender", required=True, metavar="GLN", help="Who sends the values.")
@click.option("--physical-sender", metavar="GLN", help="Who hands them over.  [default: the sender]")
@click.option("--hub", default=ELHUB, show_default=True, metavar="GLN", help="Who gets them.")
@click.option("--whole-days", is_flag=True, help="Refuse series that are not whole days, as corrections are.")
@reading_options
def import_(
    paths: tuple[str, ...],
    out: str,
    sender: str,
    physical_sender: str | None,
    hub: str,
    whole_days: bool,
    delimiter: str | None,
    decimal: str | None,
    columns: tuple[str, ...],
) -> None:
    """Make messages of BRS-NO-313 from Parquet, CSV or JSON lines, 9,999 series in each at the most.

    A file needs the columns metering_point, product, unit, direction, resolution, start (with an offset from UTC) and
    value. Without payload_id, values that follow one another within a Norwegian day are a series: a whole day, or the
    intervals that a correction holds, which is said. Every message is held against the schema before it is written;
    `ediel validate` says what the rules find in it.
    """
    series = series_module()
    from uuid import uuid4

    from ediel import brs
    from ediel.cli._files import emit
    from ediel.codes import DocumentType, Role
    from ediel.messages import Header, ProcessContext
    from ediel.series.importing import dated

    process = ProcessContext(business_process=brs.INTERVAL_VALUES.code, role=Role("DDE"))
    reading = reading_of(delimiter, decimal, columns)
    stems: set[str] = set()
    Path(out).mkdir(parents=True, exist_ok=True)
    for path in map(Path, paths):
        now = datetime.now(UTC)
        stem = _another(path.name.partition(".")[0], stems)
        loaded = series.load_all(path, reading=reading)
        tell(loaded.notes)
        _parts(path, loaded.parts, refuse=whole_days)
        table = dated(loaded.table, now)
        try:
            header = Header(
                identification=str(uuid4()), document_type=DocumentType.INTERVAL_VOLUMES, creation=now,
                physical_sender=physical_sender or sender, juridical_sender=sender, juridical_recipient=hub,
            )  # fmt: skip
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        number = 0
        for number, data in enumerate(series.write_messages(table, header, process, check="all"), 1):
            emit(data, str(Path(out) / f"{stem}-{number:04}.xml"))
        click.echo(f"{path}: {table.num_rows} values, {number} {'message' if number == 1 else 'messages'}")


def _another(stem: str, used: set[str]) -> str:
    """A name that no other file of this run has: files in two folders may be called alike."""
    name = next(name for name in (stem, *(f"{stem}-{place}" for place in range(2, len(used) + 3))) if name not in used)
    used.add(name)
    return name


def _parts(path: Path, parts: tuple[tuple[str, Any, int, int], ...], *, refuse: bool) -> None:
    """Say which series are not whole days: corrections, or a file with holes; nobody but the sender can tell."""
    if not parts:
        return
    shown = "; ".join(f"{point} has {count} of {whole} values on {day}" for point, day, count, whole in parts[:5])
    more = f"; and {len(parts) - 5} more" if len(parts) > 5 else ""
    notice = number(len(parts), "series is not a whole day", "series are not whole days")
    if refuse:
        raise click.ClickException(f"{path}: {notice}: {shown}{more}")
    tell([f"{path}: {notice}, and goes as a correction of those intervals: {shown}{more}"])


for _command in (summary, check, changes, judge, deliver, store):
    command.add_command(_command)


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
    series = series_module()
    import pyarrow as pa

    stored = _parquet(paths)
    if stored:
        parts = list(series.annual_volumes(stored, on.date(), direction=direction, scale=scale))
        if not parts:
            raise click.ClickException("the files hold no values of that year and direction")
        found = pa.concat_tables(parts)
    else:
        found = series.annual_volume(
            table_of(paths, reading_of(None, None, ())), on.date(), direction=direction, scale=scale
        )
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
    result: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("**/month=*/*.parquet")) if path.is_dir() else [path]
        result += [item for item in inside if item.suffix == ".parquet"]
    return result


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
