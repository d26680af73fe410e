"""``ediel db``."""

from __future__ import annotations

import click

from ediel.cli._database import database, existing, form, show


@click.group("db", short_help="Create the tables of a database, or migrate them to this release.")
def command() -> None:
    """Create the tables of a database, or migrate them to this release."""


@command.command("upgrade", short_help="Run the migrations that are missing.")
@database
def upgrade(db: str) -> None:
    """Run the migrations that are missing; a database that is not there is made."""
    from ediel.store import Store

    store = Store.open(db)
    click.echo(f"the tables are of release {store.revision()}")
    store.close()


@command.command("check", short_help="Read every process, and say which cannot be read.")
@click.option("--all", "every", is_flag=True, help="Processes that are over, too.")
@click.option(
    "--archive", is_flag=True, help="Also unpack everything that has arrived, and compare it with its digest."
)
@form
@database
def check(db: str, form: str, *, every: bool, archive: bool) -> None:
    """Read every open process as this release does, whole, and say which cannot be read. Nothing is changed.

    Ends with 1 when there are any, or when the archive is damaged. Run it after ``ediel db upgrade``, before the engine
    is started.
    """
    from ediel.store import Store, check_archive, check_processes

    existing(db)
    store = Store.open(db, upgrade=False)
    try:
        checked = check_processes(store, open_only=not every)
        entries, damaged = check_archive(store) if archive else (0, ())
    finally:
        store.close()
    rows = [
        {"process": item.process_id, "table": item.machine, "revision": item.revision, "problem": item.problem}
        for item in checked.problems
    ]
    what = "processes" if every else "open processes"
    show(rows, form, ("process", "table", "revision", "problem"), f"{checked.count} {what} were read; all can go on")
    if rows:
        click.echo(
            f"{len(rows)} of {checked.count} {what} cannot be read by this release; nothing has been changed. Open the "
            "database with the release that stored them and bring them to their end there, or restore them from a "
            "backup",
            err=True,
        )
    for problem in damaged:
        click.echo(f"ediel: {problem}", err=True)
    if archive:
        click.echo(f"{entries} entries of the archive were read; {len(damaged) or 'none'} damaged", err=True)
    if rows or damaged:
        raise SystemExit(1)
