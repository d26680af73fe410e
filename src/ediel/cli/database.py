"""``ediel db``."""

from __future__ import annotations

import click

from ediel.cli._backups import backup, verify
from ediel.cli._database import database, existing, form, show


@click.group("db", short_help="Make, migrate, check and back up a database.")
def command() -> None:
    """Make, migrate, check and back up a database."""


command.add_command(backup)
command.add_command(verify)


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

    The pages of an SQLite file are checked first. The log of steps is read too: whether each step is as it was written,
    with none missing. The seal it prints is the same until the next step; noted down elsewhere, it tells whether the
    whole log was exchanged.

    Ends with 1 when anything is wrong. Run it after ``ediel db upgrade``, before the engine is started.
    """
    from ediel.store import Store, check_archive, check_log, check_pages, check_processes

    existing(db)
    store = Store.open(db, upgrade=False)
    try:
        pages = check_pages(store)
        checked = check_processes(store, open_only=not every)
        log = check_log(store)
        entries, damaged = check_archive(store) if archive else (0, ())
    finally:
        store.close()
    rows = [
        {"process": item.process_id, "table": item.machine, "revision": item.revision, "problem": item.problem}
        for item in checked.problems
    ]
    rows += [
        {"process": name, "table": "log of steps", "revision": None, "problem": problem} for name, problem in log.broken
    ]
    what = "processes" if every else "open processes"
    show(rows, form, ("process", "table", "revision", "problem"), f"{checked.count} {what} were read; all can go on")
    if form == "text":
        old = f", {log.unsealed} of them from before steps were sealed" if log.unsealed else ""
        whole = f"{len(log.broken)} processes have a broken one" if log.broken else "none is broken"
        click.echo(f"the log has {log.steps} steps{old}; {whole}; seal {log.seal}")
    if checked.problems:
        click.echo(
            f"{len(checked.problems)} of {checked.count} {what} cannot be read by this release; nothing has been "
            "changed. Open the database with the release that stored them and bring them to their end there, or "
            "restore them from a backup",
            err=True,
        )
    for words in pages:
        click.echo(f"ediel: the file is damaged: {words}. Stop what uses it, and restore it from a backup", err=True)
    for problem in damaged:
        click.echo(f"ediel: {problem}", err=True)
    if archive:
        click.echo(f"{entries} entries of the archive were read; {len(damaged) or 'none'} damaged", err=True)
    if rows or damaged or pages:
        raise SystemExit(1)
