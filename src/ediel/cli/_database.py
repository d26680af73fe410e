"""What the commands on a database share: which one, and how rows are shown."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from ediel.engine import Engine, Meter, Tracing

F = TypeVar("F", bound=Callable[..., object])
_DEFAULT: Final = "sqlite:///ediel.db"


def database(function: F) -> F:
    """The option ``--db``."""
    return click.option(
        "--db",
        metavar="URL",
        default=lambda: os.environ.get("EDIEL_DB", _DEFAULT),
        show_default=f"EDIEL_DB, or {_DEFAULT}",
        help="Database: sqlite:///FILE, or postgresql://...",
    )(function)


def form(function: F) -> F:
    """The option ``--format``."""
    return click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)(
        function
    )


def open_engine(
    url: str, *, make: bool = False, check: bool = False, meter: Meter | None = None, values: str | None = None,
    tracing: Tracing | None = None,
) -> Engine:  # fmt: skip
    """An engine on a database that is there; ``make`` makes it, ``check`` reads its processes first.

    ``values`` is where metering values are kept from now on.

    Raises:
        StoreError: it cannot be used.
        ProcessesUnreadable: it holds processes that this release cannot read.
        ClickException: there is no such file: a mistyped name must not become an empty database.
    """
    from ediel.engine import Engine, EngineSettings

    if not make:
        existing(url)
    return Engine.open(
        url, upgrade=make, clock=now, settings=EngineSettings(meter=meter, values=values, tracing=tracing), check=check
    )


def acting_for(engine: Engine, actor: str | None, reason: str | None) -> AbstractContextManager[None]:
    """Let somebody act, where one is named."""
    return nullcontext() if actor is None else engine.acting(actor, reason)


def is_absent(url: str) -> bool:
    """Whether there is no database: no file, or no tables of ours.

    Raises:
        StoreError: it cannot be reached.
    """
    from ediel.store import SchemaOutOfDate, Store

    path = url.removeprefix("sqlite:///")
    if path != url and not os.path.exists(path):  # noqa: PTH110 - a URL, not a path of ours
        return True
    try:  # where the file is there, another process may be making its tables just now
        Store.open(url, upgrade=False).close()
    except SchemaOutOfDate as error:
        return error.found is None
    return False


def existing(url: str) -> None:
    """Nothing when a database is there.

    Raises:
        ClickException: there is no such file.
    """
    path = url.removeprefix("sqlite:///")
    if path != url and not os.path.exists(path):  # noqa: PTH110 - a URL, not a path of ours
        raise click.ClickException(f"there is no database {path}; `ediel db upgrade --db {url}` makes one")


def moment(text: str | None) -> str:
    """A stored moment as a person reads it: Norwegian time, to the minute."""
    if text is None:
        return "-"
    from ediel.calendar import OSLO
    from ediel.store import moment_of

    return moment_of(text).astimezone(OSLO).strftime("%Y-%m-%d %H:%M")


def show(rows: Sequence[Mapping[str, object]], form: str, columns: Sequence[str], empty: str) -> None:
    """Rows as a table, or as JSON with every column but the bytes."""
    if form == "json":
        plain = [{key: value for key, value in row.items() if not isinstance(value, bytes)} for row in rows]
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False, default=str))
        return
    if not rows:
        click.echo(empty)
        return
    cells = [[_cell(key, row.get(key)) for key in columns] for row in rows]
    click.echo("\n".join(aligned([list(columns), *cells])))


def more(after: str | None) -> None:
    """Say that a list goes on, and how to go on with it."""
    if after is not None:
        click.echo(f"There is more: --after {after}", err=True)


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with columns under each other."""
    rows = list(rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "-"
    return moment(value) if key.endswith("_at") or key == "at" else str(value)


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
