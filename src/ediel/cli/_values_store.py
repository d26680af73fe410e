"""``ediel values deliver`` and ``store``: the values store of a database."""

from __future__ import annotations

import click

from ediel.cli._database import database, open_engine
from ediel.cli._values import number, series_module


@click.command("deliver", short_help="Add what has come to a Delta Lake table, exactly once.")
@click.option("--to", "address", required=True, metavar="TABLE", help="Folder or URL of the table; made if absent.")
@click.option("--name", default="ediel", show_default=True, help="Of this hand-over in the table.")
@click.option("--party", metavar="GLN", help="Values that came to this party alone.")
@database
def deliver(address: str, name: str, party: str | None, db: str) -> None:
    """Add every value that has come to the values store of a database to a Delta Lake table, each exactly once.

    It may be killed and begun again, and several may do it at the same time. Needs the extra delta.
    """
    series_module()
    from ediel.values.delta import deliver

    engine = open_engine(db)
    try:
        done = deliver(engine.values, address, name=name, party=party)
    finally:
        engine.close()
    click.echo(f"{number(done.values, 'value')} added to {address}, which has them up to arrival {done.cursor}")


@click.command("store", short_help="Say what a values store holds, and tend it.")
@click.option("--check", is_flag=True, help="Read every file whole, and compare it with its digest.")
@click.option("--compact", is_flag=True, help="Put small files together, and remove those that are no longer needed.")
@database
def store(check: bool, compact: bool, db: str) -> None:
    """Say what the values store of a database holds: files, values, bytes, and the last arrival.

    Ends with 1 when a file is missing or damaged.
    """
    series_module()
    from ediel.values._keeping import check as checked

    engine = open_engine(db)
    try:
        if compact:
            click.echo(f"{number(engine.tend_values(), 'file')} fewer")
        rows = engine.values.manifest()
        problems = checked(engine.values) if check else []
        place = engine.values.folder.place
    finally:
        engine.close()
    values, size = sum(row["rows"] for row in rows), sum(row["size"] for row in rows)
    last = max((row["last_cursor"] for row in rows), default=0)
    click.echo(f"{number(len(rows), 'file')}, {number(values, 'value')}, {size} bytes, last arrival {last}, in {place}")
    for problem in problems:
        click.echo(f"ediel: {problem}", err=True)
    if check:
        click.echo(f"{len(rows)} files were read; {len(problems) or 'none'} missing or damaged", err=True)
    raise SystemExit(1 if problems else 0)
