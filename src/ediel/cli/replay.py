"""``ediel replay``."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import click

from ediel.cli._database import database, form, open_engine, show

if TYPE_CHECKING:
    from ediel.engine import Rerun


@click.command("replay", short_help="Run days again in a scratch database, with the tables of today.")
@click.option("--from", "first", metavar="DAY", required=True, help="First Norwegian day, such as 2026-11-27.")
@click.option("--to", "last", metavar="DAY", help="Last day; the first one by default.")
@click.option("--into", metavar="FILE", required=True, help="Scratch database: a file that is not there yet, or a URL.")
@click.option("--diff", is_flag=True, help="List what comes out otherwise; people are not shown.")
@form
@database
def command(first: str, last: str | None, into: str, diff: bool, form: str, db: str) -> None:
    """Run days again in a scratch database, with the tables of today: what came, what was commanded, what fell due.

    Nothing is sent, and the database of the days is only read. The scratch database holds people, as that one does:
    remove it afterwards. Exit code 1 when something comes out otherwise.
    """
    days = (_day(first, "--from"), _day(last or first, "--to"))
    engine = open_engine(db)
    try:
        done = engine.replay_days(*days, into=into if "://" in into else f"sqlite:///{into}")
    finally:
        engine.close()
    _show(done, form, diff=diff)
    if done.differences:
        raise click.exceptions.Exit(1)


def _show(done: Rerun, form: str, *, diff: bool) -> None:
    from dataclasses import asdict

    rows = [asdict(item) for item in done.differences]
    if form == "json":
        found = {"processes": done.processes, "inputs": done.inputs, "differences": rows if diff else len(rows)}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    if diff and rows:
        show(rows, form, ("process_id", "machine", "metering_point", "what", "then", "now"), "")
    more = "" if diff or not rows else "; --diff lists them"
    click.echo(f"{done.processes} processes, {done.inputs} inputs: {len(rows)} come out otherwise{more}")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r}: expected a day such as 2026-11-27", param_hint=option) from None
