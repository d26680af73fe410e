"""``ediel party``."""

from __future__ import annotations

from dataclasses import asdict

import click

from ediel.cli import _complete
from ediel.cli._database import database, form, open_engine, show


@click.group("party", short_help="Add and list the parties that a database acts for.")
def command() -> None:
    """Add and list the parties that a database acts for."""


@command.command("add", short_help="Act for a party in a role.")
@click.argument("gln")
@click.argument("role", shell_complete=_complete.roles)
@click.option("--physical-sender", metavar="GLN", default="", help="Service provider that sends for it.")
@click.option("--hub", metavar="GLN", help="GLN of the hub.  [default: Elhub's]")
@database
def add(gln: str, role: str, physical_sender: str, hub: str | None, db: str) -> None:
    """Act for a party in a role, such as DDQ (balance supplier), DDM (grid access provider) or AG (third party)."""
    from ediel.engine import ELHUB, Party

    party = Party(gln, role.upper(), physical_sender, hub or ELHUB)
    engine = open_engine(db)
    engine.add_party(party)
    engine.close()
    click.echo(f"{party.gln} as {party.role}, sent by {party.physical_sender}, to {party.hub}")


@command.command("list", short_help="List the parties.")
@form
@database
def parties(form: str, db: str) -> None:
    """List the parties."""
    engine = open_engine(db)
    rows = [asdict(party) for party in engine.parties]
    engine.close()
    show(rows, form, ("gln", "role", "physical_sender", "hub"), "no parties; `ediel party add GLN ROLE` adds one")
