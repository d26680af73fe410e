"""``ediel db``."""

from __future__ import annotations

import click

from ediel.cli._database import database


@click.group("db", short_help="Make the tables of a database, or bring them to this release.")
def command() -> None:
    """Make the tables of a database, or bring them to this release."""


@command.command("upgrade", short_help="Run the migrations that are missing.")
@database
def upgrade(db: str) -> None:
    """Run the migrations that are missing; a database that is not there is made."""
    from ediel.store import Store

    store = Store.open(db)
    click.echo(f"the tables are of release {store.revision()}")
    store.close()
