"""``ediel due``."""

from __future__ import annotations

import re
from datetime import timedelta

import click

from ediel.cli._database import database, form, moment, more, open_engine, show


@click.command("due", short_help="List deadlines that fall due, with working days; fire those that have come.")
@click.option("--within", default="5d", show_default=True, metavar="TIME", help="How far ahead: 12h, 5d, 2w.")
@click.option("--run", is_flag=True, help="First fire the timers whose moment has come.")
@click.option("--after", metavar="CURSOR", help="Go on where the list before has ended.")
@click.option("--most", type=click.IntRange(1, 10_000), default=1000, show_default=True)
@form
@database
def command(within: str, run: bool, after: str | None, most: int, form: str, db: str) -> None:
    """List deadlines that fall due, with the working days that are left; --run fires those that have come."""
    from ediel.calendar import WorkingDays, market_day
    from ediel.store import moment_of

    span = _span(within)
    engine = open_engine(db)
    at = engine.clock()
    if run:
        for process in engine.run_due(at):
            click.echo(f"process {process.id} is {process.state}", err=form == "json")
    page = engine.due(span, now=at, after=after, most=most)
    engine.close()
    rows = page.items
    days = WorkingDays()
    today = market_day(at)
    for row in rows:
        day = market_day(moment_of(row["due_at"]))
        row["working_days_left"] = sum(
            today + timedelta(days=ahead) in days for ahead in range(1, max((day - today).days, 0) + 1)
        )
        row["due"] = moment(row["due_at"])
    columns = ("due", "working_days_left", "name", "machine", "process", "metering_point", "state", "instance_id")
    show(rows, form, columns, f"nothing falls due within {within}")
    more(page.after)


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([hdw])", text)
    if match is None:
        raise click.BadParameter(f"{text!r}: expected a number and h, d or w, such as 5d", param_hint="--within")
    unit = {"h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})
