"""``ediel run``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ediel.cli._stop import stop_requested
from ediel.cli._wire import configured, opened, read_config

if TYPE_CHECKING:
    from ediel.engine import Meter, Tracing
    from ediel.transport import Cycle


_AT_ONCE = 8
"""Parties that are served at a time: one whose calls are slow delays no other."""


@click.command("run", short_help="Carry messages between a database and the hub until stopped.")
@configured
@click.option("--once", is_flag=True, help="One cycle only; exit code 1 when there was a problem.")
@click.option("--listen", metavar="HOST:PORT", help="Answer /health and /metrics there.")
def command(path: str, once: bool, listen: str | None) -> None:
    """Carry messages between a database and the hub until stopped.

    Every cycle fires what is due, sends what waits, and fetches what has come; events go to the webhooks of the
    configuration. SIGTERM or Ctrl-C ends it within a second, also in the middle of a call: what may have arrived is
    sent again later under its identification.

    Certificates, keys and issuers that are new on the disk are taken into use before a cycle, without a restart; where
    a new one is broken, that is said, and the old one stays in use.
    """
    config = read_config(path)
    from ediel.cli._serving import few_heaps, warnings_heard
    from ediel.engine import Webhooks
    from ediel.transport import Clients, ClockGuard, Courier, CourierSettings, Daemon, listening

    hooks = config.hooks()
    few_heaps()
    warnings_heard()
    with ExitStack() as stack:
        tracing = _tracing()
        stop = stack.enter_context(stop_requested())
        clients = stack.enter_context(Clients(config, stop=stop.is_set, tracing=tracing, pieces=True))
        engine = opened(config, meter=meter(), tracing=tracing)
        stack.callback(engine.close)
        guard = ClockGuard(engine.clock)
        courier = Courier(engine, clients.of, stop=stop.is_set, guard=guard, settings=CourierSettings(workers=_AT_ONCE))
        stack.callback(courier.close)
        daemon = Daemon(
            courier, config.courier.interval, on_cycle=lambda cycle: _show(cycle, once=once), clients=clients
        )
        address = listen or config.courier.listen
        if address:
            bound = stack.enter_context(listening(daemon, address))
            click.echo(f"listening on http://{bound}/health and /metrics", err=True)
        webhooks = Webhooks(engine, hooks) if hooks else None
        if webhooks is not None and not once:
            stack.enter_context(webhooks.running())
        good = daemon.run(stop, once=once)
        if webhooks is not None and once:
            webhooks.deliver()
            webhooks.close()
    sys.exit(1 if once and not good else 0)


def meter() -> Meter | None:
    """Counts for /metrics, where the package for it is installed."""
    from ediel.engine import PrometheusMeter

    try:
        return PrometheusMeter()
    except ModuleNotFoundError:
        return None


def _tracing() -> Tracing | None:
    """Spans, where the packages for them are installed and set up, for instance by ``opentelemetry-instrument``."""
    from ediel.engine import OpenTelemetryTracing

    try:
        import opentelemetry.sdk  # noqa: F401 - without it, spans go nowhere
    except ModuleNotFoundError:
        return None
    return OpenTelemetryTracing()


def _show(cycle: Cycle, *, once: bool) -> None:
    """What a cycle has done, when it has done something."""
    if cycle.sent or cycle.received or cycle.refused or cycle.fired or once:
        dead = sum(item.outcome == "dead" for item in cycle.received)
        click.echo(
            f"sent {cycle.sent}, refused {cycle.refused}, postponed {cycle.postponed}, received {len(cycle.received)} "
            f"({dead} dead), timers {cycle.fired}"
        )
    for problem in cycle.problems:
        click.echo(f"ediel: {problem}", err=True)
