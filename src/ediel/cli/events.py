"""``ediel events``: what happened, what waits for subscriptions, and what their handlers failed on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ediel.cli._database import database, form, open_engine, show

if TYPE_CHECKING:
    from ediel.store import Delivery


@click.group("events", invoke_without_command=True, short_help="List events; retry those that handlers failed on.")
@click.option("--after", type=int, default=0, show_default=True, help="Those with a higher number only.")
@click.option("--process", "process_id", metavar="ID", help="Those of one process only.")
@click.option("--most", type=int, default=100, show_default=True)
@form
@database
@click.pass_context
def events(context: click.Context, after: int, process_id: str | None, most: int, form: str, db: str) -> None:
    """List what happened, in its running order; a line at the end says when there may be more."""
    if context.invoked_subcommand is not None:
        return
    engine = open_engine(db)
    rows = engine.browse.events(after=after, process_id=process_id, most=most)
    engine.close()
    for row in rows:
        row |= {"metering_point": row["data"].get("metering_point"), "process": row["data"].get("process")}
    show(
        rows,
        form,
        ("number", "at", "name", "process", "metering_point", "party", "instance_id"),
        "nothing has happened",
    )
    if form == "text" and len(rows) == most:
        click.echo(f"There may be more: --after {rows[-1]['number']}", err=True)


@events.command("subscriptions", short_help="List the subscriptions, and what waits for them.")
@form
@database
def subscriptions(form: str, db: str) -> None:
    """List the subscriptions: how many events wait for each, since when, and how many are dead."""
    engine = open_engine(db)
    rows = engine.subscriptions.deliveries.lag()
    engine.close()
    show(rows, form, ("subscription", "waiting", "oldest_at", "dead"), "there are no subscriptions")


@events.command("dead", short_help="List what handlers could not take in all their attempts.")
@click.option("--subscription", metavar="NAME", help="Of one subscription only.")
@click.option("--most", type=int, default=100, show_default=True)
@form
@database
def dead(subscription: str | None, most: int, form: str, db: str) -> None:
    """List what handlers could not take in all their attempts. `ediel events replay` lets them try again."""
    engine = open_engine(db)
    rows = [_shown(item) for item in engine.subscriptions.deliveries.dead(subscription, most=most)]
    engine.close()
    show(rows, form, ("number", "at", "subscription", "name", "process_id", "attempts", "error"), "no dead events")


@events.command("replay", short_help="Retry dead events.")
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, type=int)
@click.option("--subscription", metavar="NAME", help="Of one subscription only.")
@database
def replay(numbers: tuple[int, ...], subscription: str | None, db: str) -> None:
    """Retry dead events; all of them when none is named. They are delivered at the backend's next call."""
    engine = open_engine(db)
    count = engine.subscriptions.deliveries.again(numbers or None, subscription)
    engine.close()
    _count(count, numbers, "will be delivered again", "will be delivered again")


@events.command("drop", short_help="Give dead events up.")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, type=int, required=True)
@database
def drop(numbers: tuple[int, ...], db: str) -> None:
    """Give up dead events, by their numbers: they are never delivered."""
    engine = open_engine(db)
    count = engine.subscriptions.deliveries.drop(numbers)
    engine.close()
    _count(count, numbers, "was given up", "were given up")


@events.command("forget", short_help="Drop a subscription that is no longer used.")
@click.argument("name")
@database
def forget(name: str, db: str) -> None:
    """Drop a subscription, with the events that wait for it."""
    engine = open_engine(db)
    existed = engine.subscriptions.deliveries.forget(name)
    engine.close()
    if not existed:
        raise click.ClickException(f"there is no subscription {name}; `ediel events subscriptions` lists them")
    click.echo(f"the subscription {name} was dropped")


def _count(count: int, numbers: tuple[int, ...], one: str, many: str) -> None:
    if numbers and count < len(set(numbers)):
        raise click.ClickException(f"{count} of {len(set(numbers))} are dead events; `ediel events dead` lists them")
    click.echo(f"{count} event {one}" if count == 1 else f"{count} events {many}")


def _shown(item: Delivery) -> dict[str, object]:
    shown = asdict(item)
    del shown["data"]
    return shown
