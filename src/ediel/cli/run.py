"""``ediel run``."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from ediel.cli._database import open_engine

if TYPE_CHECKING:
    from ediel.transport import Courier


@click.command("run", short_help="Carry messages between a database and the hub, until it is told to stop.")
@click.option(
    "--config", "path", default="ediel.toml", show_default=True, metavar="FILE", help="See docs/transport.md."
)
@click.option("--once", is_flag=True, help="One tour only; exit code 1 when there was a problem.")
def command(path: str, once: bool) -> None:
    """Carry messages between a database and the hub, until it is told to stop.

    Every tour fires what is due, sends what waits, and fetches what has come. SIGTERM or Ctrl-C ends it after the call
    that is under way.
    """
    try:
        from ediel.transport import Client, Config, Courier
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed; `pip install 'ediel[transport]'` brings it"
        ) from None
    config = Config.read(path)
    target, identity, trust = config.target(), config.identity(), config.believed()
    engine = open_engine(config.database_url())
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with Client(target, identity, trust, compress=config.courier.compress) as client:
            good = _tours(Courier(engine, client, stop=stop.is_set), stop, config.courier.interval, once=once)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        engine.close()
    sys.exit(1 if once and not good else 0)


def _tours(courier: Courier, stop: threading.Event, interval: float, *, once: bool) -> bool:
    """Tours until it is told to stop; gives whether the last one had no problem."""
    while True:
        tour = courier.tour()
        if tour.sent or tour.received or tour.refused or tour.fired or once:
            dead = sum(item.outcome == "dead" for item in tour.received)
            click.echo(
                f"sent {tour.sent}, refused {tour.refused}, postponed {tour.postponed}, received {len(tour.received)} "
                f"({dead} dead), timers {tour.fired}"
            )
        for problem in tour.problems:
            click.echo(f"ediel: {problem}", err=True)
        if once or stop.wait(interval):
            return not tour.problems
