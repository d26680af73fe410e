"""``ediel adopt``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediel.cli._database import aligned, database, form, open_engine

if TYPE_CHECKING:
    from ediel.engine import Adoption


@click.command("adopt", short_help="Take over the portfolio of another system.")
@click.argument("path", metavar="FILE", required=False)
@click.option("--columns", is_flag=True, help="List the columns of a portfolio, and end.")
@click.option("--dry-run", is_flag=True, help="Check the whole file, and write nothing.")
@click.option("--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows of a commit.")
@form
@database
def command(path: str | None, columns: bool, dry_run: bool, batch: int, form: str, db: str) -> None:
    """Take over the portfolio of another system: points, contracts, accesses, and what is under way.

    FILE is .csv, .jsonl or .parquet; the column kind says what a row is. The whole file is checked before anything is
    written, and each mistake comes with its row and column. What is here already stays as it is: after a crash, or with
    rows added, give the file again. Exit code 1 when a row is refused.
    """
    if columns:
        click.echo("\n".join(_columns()))
        return
    if path is None:
        raise click.UsageError("missing FILE; `ediel adopt --columns` lists what it may hold")
    engine = open_engine(db)
    try:
        done = engine.adopt(
            Path(path),
            batch=batch,
            dry_run=dry_run,
            progress=lambda it: click.echo(f"{it.done} of {it.total}", err=True),
        )
    finally:
        engine.close()
    _show(done, form, dry_run=dry_run)
    if done.counts.get("refused"):
        raise click.exceptions.Exit(1)


def _show(done: Adoption, form: str, *, dry_run: bool) -> None:
    if form == "json":
        from dataclasses import asdict

        click.echo(json.dumps({**asdict(done), "dry_run": dry_run}, indent=2, ensure_ascii=False))
        return
    for item in done.remarks:
        click.echo(
            f"row {item.row}{f', {item.metering_point}' if item.metering_point else ''}: {item.outcome}: {item.text}"
        )
    if dry_run:
        click.echo(f"{done.total} rows without a mistake; nothing was written")
        return
    counts = done.counts
    click.echo(f"{done.total} rows: {counts['adopted']} adopted, {counts['known']} known, {counts['refused']} refused")


def _columns() -> list[str]:
    """The columns, kind by kind."""
    from ediel.engine.portfolio import KINDS

    lines = []
    for kind, model in KINDS.items():
        lines.append(f"{kind}: {(model.__doc__ or '').strip().splitlines()[0]}")
        fields = [(name, field.is_required(), field.description or "") for name, field in model.model_fields.items()]
        if kind == "under way":
            fields = [
                ("command", True, "Name of the order, such as ChangeOfSupplier; `ediel process kinds` lists them."),
                *(
                    (name, need, f"{text} Its fields, as JSON." if name == "order" else text)
                    for name, need, text in fields
                ),
            ]
        rows = [[f"    {name}", "needed" if needed else "", text] for name, needed, text in fields]
        lines += [*aligned(rows), ""]
    return lines[:-1]
