"""``ediel worker``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ediel.cli._stop import stop_requested
from ediel.cli._wire import configured, needs_extra, opened, read_config

if TYPE_CHECKING:
    from ediel.engine import Engine
    from ediel.workers import Done

_QUEUES: Final = ("send", "poll", "timers", "events", "values")
Chores = Mapping[str, Callable[[], object]]


@click.command("worker", short_help="Do the work of a database, beside other workers, until stopped.")
@configured
@click.option(
    "--queues", metavar="NAME,NAME...", help="What to do: send, poll, timers, events, values.  [default: all]"
)
@click.option("--concurrency", type=click.IntRange(1, 1000), help="Jobs at a time.  [default: 16]")
@click.option("--handlers", metavar="MODULE:FUNCTION", help="Called with an engine; it subscribes to its events.")
@click.option("--once", is_flag=True, help="Do what is due, and end; exit code 1 when there was a problem.")
@click.option("--listen", metavar="HOST:PORT", help="Answer /health and /metrics there.")
def command(
    path: str, queues: str | None, concurrency: int | None, handlers: str | None, once: bool, listen: str | None
) -> None:
    """Do the work of a database, beside other workers, until stopped.

    Any number may run on one PostgreSQL database, on any number of machines; several on one machine may share an SQLite
    file. Each message is sent by one of them, each deadline fired once, and what a worker had that died is taken up by
    another one. SIGTERM or Ctrl-C finishes what is under way.
    """
    config = read_config(path)
    chosen = _chosen(queues)
    from ediel.cli._serving import few_heaps, warnings_heard
    from ediel.cli.run import _tracing, meter
    from ediel.engine import Engine
    from ediel.transport import Clients, ClockGuard, listening
    from ediel.workers import Work, WorkerHealth, WorkerSettings, runner_for

    few_heaps()
    warnings_heard()
    settings = WorkerSettings(interval=config.courier.interval, lanes=config.worker.lanes, lease=config.worker.lease)
    with ExitStack() as stack:
        tracing = _tracing()
        stop = stack.enter_context(stop_requested())
        clients = stack.enter_context(Clients(config, stop=stop.is_set, tracing=tracing, pieces=True))
        engine = opened(config, meter=meter(), tracing=tracing)
        stack.callback(engine.close)
        name = handlers or config.worker.handlers
        listener: Engine | None = None
        chores: Chores = {}
        if name is not None and {"events", "values"} & set(chosen):
            listener = Engine(engine.store, clock=engine.clock)
            chores = _added(name, config.folder, listener)
        if listener is None:
            chosen = tuple(queue for queue in chosen if queue != "events")  # nobody would handle them
        work = Work(
            engine, clients.of, settings=settings, guard=ClockGuard(engine.clock), stop=stop.is_set, chores=chores,
            handlers=listener,
        )  # fmt: skip
        health = WorkerHealth(work, on_done=_show)
        try:
            runner = runner_for(
                work, chosen, concurrency=concurrency or config.worker.concurrency, on_done=health.note
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise needs_extra(error, "worker") from None
        address = listen or config.courier.listen
        if address:
            bound = stack.enter_context(listening(health, address))
            click.echo(f"listening on http://{bound}/health and /metrics", err=True)
        total = runner.run(stop, once=once)
    if once:
        click.echo(_words(total))
        sys.exit(1 if total.problems else 0)


def _chosen(queues: str | None) -> tuple[str, ...]:
    if queues is None:
        return _QUEUES
    names = tuple(dict.fromkeys(name.strip() for name in queues.split(",")))
    wrong = [name for name in names if name not in _QUEUES]
    if wrong:
        raise click.BadParameter(
            f"{', '.join(wrong) or 'nothing'}: expected some of {', '.join(_QUEUES)}", param_hint="--queues"
        )
    return names


def _added(name: str, folder: Path, engine: Engine) -> Chores:
    """Let a function of the user subscribe; it may return chores, functions by name.

    Raises:
        ClickException: there is no such function.
    """
    module, colon, function = name.partition(":")
    if not colon:
        raise click.ClickException(f"{name!r} names no function; write MODULE:FUNCTION")
    for place in (str(folder), str(Path.cwd())):
        if place not in sys.path:
            sys.path.insert(0, place)
    try:
        found = getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise click.ClickException(f"there is no function {name}: {error}") from None
    chores = found(engine)
    return chores if isinstance(chores, Mapping) else {}


def _show(done: Done) -> None:
    """What a job has done, when it has done something."""
    if done.sent or done.received or done.refused or done.fired or done.delivered:
        click.echo(_words(done))
    for problem in done.problems:
        click.echo(f"ediel: {problem}", err=True)


def _words(done: Done) -> str:
    return (
        f"sent {done.sent}, refused {done.refused}, postponed {done.postponed}, received {done.received} "
        f"({done.dead} dead), timers {done.fired}, events {done.delivered}"
    )
