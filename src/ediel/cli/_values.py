"""What the commands on values share: where values come from, and what is expected of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ediel.cli._wire import needs_extra

if TYPE_CHECKING:
    import pyarrow as pa

    from ediel.series import Expected, Reading

F = TypeVar("F", bound=Callable[..., Any])
ENDINGS: Final = (".xml", ".xml.gz", ".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
"""Files that hold values."""
_SQLITE: Final = b"SQLite format 3\x00"


def series_module() -> Any:
    """``ediel.series``, where its extra is there."""
    try:
        from ediel import series
    except ModuleNotFoundError as error:
        raise needs_extra(error, "series") from None
    return series


def reading_options(function: F) -> F:
    """The options that say how a CSV file is to be read."""
    for option in (
        click.option("--column", "columns", multiple=True, metavar="NAME=FIELD", help="CSV: a column of another name."),
        click.option("--decimal", type=click.Choice([".", ","]), help="CSV: decimal sign.  [default: found out]"),
        click.option("--delimiter", metavar="CHAR", help="CSV: what divides columns.  [default: found out]"),
    ):
        function = option(function)
    return function


def reading_of(delimiter: str | None, decimal: str | None, columns: tuple[str, ...]) -> Reading:
    """How a CSV file is to be read.

    Raises:
        BadParameter: a column that is no pair.
        InvalidTable: something that cannot be.
    """
    names = {}
    for pair in columns:
        own, sign, field = pair.rpartition("=")
        if not sign or not own or not field:
            raise click.BadParameter(
                f"{pair} is no NAME=FIELD, such as Målepunkt=metering_point", param_hint="--column"
            )
        names[own] = field
    reading: Reading = series_module().Reading({"\\t": "\t"}.get(delimiter or "", delimiter), decimal, names)
    return reading


def expected_options(function: F) -> F:
    """The options that say what is expected."""
    days = click.DateTime(["%Y-%m-%d"])
    for option in (
        click.option("--resolution", metavar="CODE", help="Resolution of points without any value, such as PT1H."),
        click.option("--points", metavar="FILE", help="Metering points that are expected: one a line, or a CSV."),
        click.option("--to", "end", type=days, metavar="DATE", help="The day after the last one that is expected."),
        click.option("--from", "start", type=days, metavar="DATE", help="First Norwegian day that is expected."),
    ):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is expected, as the options say it.

    Attributes:
        expected: for ``ediel.series.completeness``.
        words: in words, and what is not known for want of an option.
    """

    expected: Expected
    words: str


def wanted(
    start: datetime | None,
    end: datetime | None,
    points: str | None,
    resolution: str | None,
    *,
    now: datetime | None = None,
) -> Wanted:
    """What the options expect; days that are not over are not expected."""
    listed = None if points is None else points_of(Path(points))
    now = now or datetime.now(UTC)
    first, last = start.date() if start else None, end.date() if end else None
    try:
        expected = series_module().Expected(first, last, listed, resolution, now)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    who = f"{len(listed)} points of {points}" if listed is not None else "the points that have values"
    if first and last:
        when = f"from {first} to {last - timedelta(days=1)}"
    elif first or last:
        when = f"from {first} to its last day" if first else f"from its first day to {last}"
    else:
        when = "each channel from its first to its last day"
    unknown = []
    if not (first and last):
        unknown.append("days before and after")
    if listed is None:
        unknown.append("points without a value")
    hint = f"; {' and '.join(unknown)} are not known: give --from, --to and --points" if unknown else ""
    return Wanted(expected, f"expected: {who}, {when}{hint}")


def points_of(path: Path) -> frozenset[str]:
    """The metering points of a file: one a line, or the column ``metering_point`` of a CSV.

    Raises:
        ClickException: a line that is no metering point, or none at all.
    """
    import csv
    import re

    from ediel.identifiers import Gsrn

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{path} is not UTF-8 text") from None
    lines = text.splitlines()
    place, first = 0, 1
    delimiter = next((sign for sign in (";", "\t", ",") if lines and sign in lines[0]), ",")
    if lines and "metering_point" in (header := [cell.strip().strip('"') for cell in lines[0].split(delimiter)]):
        place, first, lines = header.index("metering_point"), 2, lines[1:]
    result = set()
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter), first):
        cell = row[place].strip() if len(row) > place else ""
        if not cell and not any(row):
            continue
        if re.fullmatch(Gsrn.shape, cell) is None:
            raise click.ClickException(
                f"{path}: line {number}: {cell!r} is no metering point; expected {Gsrn.shape_text}"
            )
        result.add(cell)
    if not result:
        raise click.ClickException(f"{path} lists no metering point")
    return frozenset(result)


def table_of(paths: tuple[str, ...], reading: Reading) -> pa.Table:
    """The values of messages, tables and databases; what was found out and passed over is said.

    Raises:
        ClickException: there is nothing to read.
    """
    series = series_module()
    import pyarrow as pa

    from ediel.cli._files import content, expand, passed_over
    from ediel.series.converting import is_table

    passed: list[str] = []
    tables, undated = [], []
    for path in dict.fromkeys(expand(paths, endings=ENDINGS, passed=passed)):
        if path != "-" and is_database(path):
            tables += list(stored(path))
        elif path != "-" and is_table(Path(path)):
            loaded = series.load_all(Path(path), reading=reading)
            tell(loaded.notes)
            if loaded.table["registration_time"].null_count:
                undated.append(path)
            tables.append(loaded.table)
        else:
            tables.append(_read(path, content(path)))
    if notice := passed_over(passed):
        tell([notice])
    if undated:
        tell([f"{', '.join(undated[:3])}: values have no registration time; whether they were late is not known"])
    if not tables:
        raise click.ClickException(f"there are no values in what was named; looked for {', '.join(ENDINGS)}")
    return pa.concat_tables(tables).unify_dictionaries()


def _read(path: str, data: bytes) -> pa.Table:
    """The values of a message.

    Raises:
        InvalidMessage: it is not valid; the text names the file.
    """
    from ediel.errors import InvalidMessage

    try:
        table: pa.Table = series_module().read_table(data)
    except InvalidMessage as error:
        raise InvalidMessage(f"{path}: {error}", error.report) from None
    return table


def is_database(path: str) -> bool:
    """Whether a name is the address of a database, or a file that is one."""
    if "://" in path:
        return True
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def stored(path: str, left_out: Callable[[int], None] | None = None) -> Iterator[pa.Table]:
    """The values of the messages in a database's archive; how many of them are not valid is said, and given."""
    from ediel.cli._database import open_engine
    from ediel.errors import InvalidMessage

    series = series_module()
    engine = open_engine(path if "://" in path else f"sqlite:///{path}")
    wrong = 0
    try:
        for _, data in engine.browse.archive():
            if b"PayloadEnergyTimeSeries" not in data and data[:2] != b"\x1f\x8b":
                continue  # it holds no values
            try:
                table = series.read_table(data)
            except InvalidMessage:
                wrong += 1
                continue
            if table.num_rows:
                yield table
    finally:
        engine.close()
    if wrong:
        if left_out is not None:
            left_out(wrong)
        tell([f"{path}: {wrong} messages in the archive are not valid and were left out"])


def arrived_after(paths: Sequence[str], cursor: int) -> pa.Table:
    """What has changed in the values store of a database since an arrival.

    Raises:
        UsageError: it is no database.
        ValuesError: it has no values store.
    """
    from ediel.cli._database import open_engine

    if len(paths) != 1 or not is_database(paths[0]):
        raise click.UsageError("--after needs one database: a URL, or the file of one")
    engine = open_engine(paths[0] if "://" in paths[0] else f"sqlite:///{paths[0]}")
    try:
        found: pa.Table = engine.values.differences(cursor)
    finally:
        engine.close()
    return found


def tell(notes: Iterable[str]) -> None:
    """Notes beside the result."""
    for note in notes:
        click.echo(f"ediel: {note}", err=True)


def as_json(rows: Sequence[dict[str, Any]]) -> None:
    """Rows as JSON: days and moments as ISO text, exact decimals as text."""

    def plain(value: Any) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=plain))


def as_table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Rows as lines; what is not known as a dash."""
    from ediel.cli._database import aligned

    cells = [["-" if row[name] is None else str(row[name]) for name in columns] for row in rows]
    if cells:
        click.echo("\n".join(aligned([columns, *cells])))


def number(count: int, one: str, many: str | None = None) -> str:
    """A number and its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"
