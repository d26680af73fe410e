"""``ediel process``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ediel.cli import _complete
from ediel.cli._database import aligned, database, form, moment, more, open_engine, show
from ediel.cli._files import content, emit

if TYPE_CHECKING:
    from ediel.engine import Engine, Process
    from ediel.engine.commands import Command


@click.group("process", short_help="List, show, start and command processes; draw their tables.")
def command() -> None:
    """List, show, start and command processes; draw their tables."""


@command.command("list", short_help="List processes, those begun last first.")
@click.option("--party", metavar="GLN", help="Of this party only.")
@click.option("--point", metavar="ID", help="On this metering point only.")
@click.option("--open", "open_only", is_flag=True, help="The same as --status open.")
@click.option("--status", type=click.Choice(["open", "done", "resting", "closed"]), help="How far they are.")
@click.option("--process", "brs", metavar="BRS", help="Of this process only, such as BRS-NO-101.")
@click.option("--key", metavar="KEY", help="Begun with this key of your own.")
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="With this tag of your own.")
@click.option("--after", metavar="CURSOR", help="Go on where the list before has ended.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@form
@database
def processes(
    party: str | None, point: str | None, open_only: bool, status: str | None, brs: str | None, key: str | None,
    tags: tuple[str, ...], after: str | None, most: int, form: str, db: str,
) -> None:  # fmt: skip
    """List processes, those begun last first.

    A process is open while something is awaited or to be done; a supply that has begun is done, and rests: a rollback
    may still come.
    """
    engine = open_engine(db)
    try:
        page = engine.find(
            party=party, metering_point=point, status="open" if open_only else status, process=brs, key=key,
            tags=_pairs(tags, "--tag"), after=after, most=most,
        )  # fmt: skip
    finally:
        engine.close()
    columns = ("id", "machine", "process", "metering_point", "party", "state", "status", "changed_at")
    show([_row(item) for item in page], form, columns, "no processes")
    more(page.after)


def _row(process: Process) -> dict[str, object]:
    """A process as a row of a list."""
    from ediel.store import stamp

    facts = process.facts
    return {
        "id": process.id, "machine": process.machine, "process": facts.get("process"),
        "metering_point": facts.get("metering_point"), "party": process.party, "state": process.state,
        "status": process.status, "changed_at": process.changed_at and stamp(process.changed_at), "facts": facts,
        "commands": process.commands,
    }  # fmt: skip


@command.command("timeline", short_help="List what happened at a metering point.")
@click.argument("point", metavar="POINT")
@click.option("--party", metavar="GLN", help="Of this party only.")
@click.option("--after", metavar="CURSOR", help="Go on where the list before has ended.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@form
@database
def timeline(point: str, party: str | None, after: str | None, most: int, form: str, db: str) -> None:
    """List what happened at a metering point: supplies, values, queries, accesses, the rest, in order of time."""
    from dataclasses import asdict, replace

    from ediel.store import stamp

    engine = open_engine(db)
    try:
        page = engine.timeline(point, party=party, after=after, most=most)
    finally:
        engine.close()
    rows = [{**asdict(replace(item, source=None)), "at": stamp(item.at)} for item in page]
    for row in rows:
        del row["source"]
        row["step"] = f"{row['from_state']} -> {row['to_state']}"
    show(rows, form, ("at", "what", "brs", "trigger", "step", "party", "process_id"), "nothing has happened there")
    more(page.after)


@command.command("show", short_help="Show a process: its log, messages, deadlines and events.")
@click.argument("identification", metavar="ID")
@form
@database
def one(identification: str, form: str, db: str) -> None:
    """Show a process: its log, messages, deadlines and events. Nothing about people is shown."""
    engine = open_engine(db)
    process = engine.browse.process(identification)
    engine.close()
    if process is None:
        raise click.ClickException(f"there is no process {identification}; `ediel process list` lists them")
    if form == "json":
        click.echo(json.dumps(process, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(_timeline(process)))


def _pairs(given: tuple[str, ...], option: str) -> dict[str, Any]:
    pairs = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            raise click.BadParameter(f"{item}: expected NAME=VALUE", param_hint=option)
        pairs[key] = value
    return pairs


def _timeline(process: dict[str, Any]) -> Iterator[str]:
    yield f"{process['machine']}  {process['state']}  (process {process['id']}, party {process['party']})"
    for name, value in process["facts"].items():
        yield f"  {name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}"
    yield ""
    for row in process["transitions"]:
        yield f"{moment(row['at'])}  {row['from_state']} -> {row['to_state']}: {row['trigger']}"
        yield from (f"    {effect}" for effect in json.loads(row["effects"]))
        yield f"    source: {row['source']} ({row['standing']})"
        if row["actor"] or row["reason"]:
            yield f"    by {row['actor'] or 'somebody who is not named'}{': ' + row['reason'] if row['reason'] else ''}"
    yield ""
    waiting = [row for row in process["timers"] if row["status"] in {"set", "unknown"}]
    for row in waiting:
        due = "unknown: no source gives it" if row["due_at"] is None else moment(row["due_at"])
        yield f"timer {row['name']}: {due}"
    for row in process["sent"]:
        yield f"sent      {row['label']} {row['message_id']}: {row['status']}"
    for row in process["received"]:
        yield f"received  {row['label']} {row['message_id']}: {row['outcome']}"


@command.command("start", short_help="Start a process from JSON.")
@click.argument("kind", metavar="KIND", shell_complete=_complete.orders)
@click.argument("path", metavar="FILE", default="-")
@click.option("--party", metavar="GLN", help="For which party, when several have the role.")
@form
@database
def begin(kind: str, path: str, party: str | None, form: str, db: str) -> None:
    """Start a process from JSON.

    KIND is a command such as ChangeOfSupplier, MoveIn, EndOfSupply, AccessRequest; FILE holds its fields, or - for
    standard input. `ediel process kinds` lists them.
    """
    from ediel.processes import CommandRefused

    order = _order(kind, content(path))
    engine = open_engine(db)
    try:
        _show(engine.start(order, party=party), form)
    except CommandRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    finally:
        engine.close()


def orders() -> dict[str, type[Command]]:
    """Every kind of order, by its name."""
    from ediel.engine import commands

    kinds = {name: getattr(commands, name) for name in commands.__all__ if name != "Command"}
    return {name: kind for name, kind in kinds.items() if issubclass(kind, commands.Command)}


def _order(kind: str, data: bytes) -> Command:
    from pydantic import ValidationError

    from ediel.errors import InvalidJson, UnknownName, problems_of

    models = orders()
    if kind not in models:
        raise UnknownName("command", kind, tuple(models))
    model = models[kind]
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        problems = problems_of(error, "top")
        raise InvalidJson(f"{kind}: " + "; ".join(problems), problems) from None


@command.command("kinds", short_help="List what can be started.")
def kinds() -> None:
    """List what can be started, and the fields of each."""
    for name, model in orders().items():
        click.echo(f"{name}: {(model.__doc__ or '').strip().splitlines()[0]}")
        fields = [field if info.is_required() else f"[{field}]" for field, info in model.model_fields.items()]
        click.echo(f"    as {', '.join(model.roles)}: {', '.join(fields)}")


@command.command("do", short_help="Give a command to a process, such as cancel or roll back.")
@click.argument("identification", metavar="ID")
@click.argument("name", metavar="COMMAND")
@click.option("--with", "given", multiple=True, metavar="NAME=VALUE", help="A value for the command.")
@click.option("--decided", is_flag=True, help="It was decided outside the messages, for instance by the end user.")
@form
@database
def act(identification: str, name: str, given: tuple[str, ...], decided: bool, form: str, db: str) -> None:
    """Give a command to a process, such as cancel or "roll back"; with --decided give it what others have decided."""
    from ediel.processes import CommandRefused, NoTransition

    data = _pairs(given, "--with")
    engine = open_engine(db)
    try:
        run = engine.decide if decided else engine.command
        _show(run(identification, name, **data), form)
    except (CommandRefused, NoTransition) as refusal:
        raise click.ClickException(str(refusal)) from None
    finally:
        engine.close()


@command.command("abandon", short_help="Give a process up where it stands.")
@click.argument("identification", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the log.")
@click.option("--actor", metavar="NAME", help="Who, for the log.")
@form
@database
def abandon(identification: str, reason: str, actor: str | None, form: str, db: str) -> None:
    """Give a process up where it stands: nothing waits for it any more, and nothing of it is sent any more.

    What still comes from the hub is heeded, and takes it up again.
    """
    _by_hand(db, form, actor, lambda engine: engine.abandon(identification, reason=reason))


@command.command("settle", short_help="Say what has become of a process.")
@click.argument("identification", metavar="ID")
@click.argument("state", metavar="STATE")
@click.option("--reason", required=True, metavar="TEXT", help="How it is known, for the log.")
@click.option("--actor", metavar="NAME", help="Who, for the log.")
@click.option("--with", "given", multiple=True, metavar="NAME=VALUE", help="What the message would have brought.")
@form
@database
def settle(
    identification: str, state: str, reason: str, actor: str | None, given: tuple[str, ...], form: str, db: str
) -> None:
    """Say what has become of a process, such as supplying or rejected, where the hub's word has not come.

    It steps as though the message had come; nothing is sent. The error of a wrong STATE names those that are possible.
    """
    data = _pairs(given, "--with")
    _by_hand(db, form, actor, lambda engine: engine.settle(identification, state, reason=reason, **data))


@command.command("correct", short_help="Begin a process anew with an order that is right.")
@click.argument("identification", metavar="ID")
@click.argument("kind", metavar="KIND", shell_complete=_complete.orders)
@click.argument("path", metavar="FILE", default="-")
@click.option("--reason", default="corrected", show_default=True, metavar="TEXT", help="Why, for the log.")
@click.option("--actor", metavar="NAME", help="Who, for the log.")
@form
@database
def correct(identification: str, kind: str, path: str, reason: str, actor: str | None, form: str, db: str) -> None:
    """Begin a process anew with an order that is right, where the first was refused or has never arrived.

    KIND and FILE are those of `ediel process start`. The new process has the key and the tags of the first one.
    """
    begin_anew(identification, kind, path, reason=reason, form=form, db=db, actor=actor)


def begin_anew(
    identification: str, kind: str, path: str, *, reason: str, form: str, db: str, actor: str | None = None
) -> None:
    """Begin a process anew with the order in a file, and show it."""
    order = _order(kind, content(path))
    _by_hand(db, form, actor, lambda engine: engine.correct(identification, order, reason=reason))


def _by_hand(db: str, form: str, actor: str | None, do: Callable[[Engine], Process]) -> None:
    from contextlib import nullcontext

    from ediel.processes import CommandRefused, InvalidData

    engine = open_engine(db)
    try:
        with nullcontext() if actor is None else engine.acting(actor):
            _show(do(engine), form)
    except (CommandRefused, InvalidData) as refusal:
        raise click.ClickException(str(refusal)) from None
    finally:
        engine.close()


def _show(process: Process, form: str) -> None:
    if form == "json":
        from dataclasses import asdict, replace

        shown = asdict(replace(process, source=None))
        del shown["source"]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str))
        return
    possible = f"; possible now: {', '.join(process.commands)}" if process.commands else ""
    click.echo(f"process {process.id} is {process.state}{possible}")
    for finding in process.warnings:
        click.echo(f"warning: the hub may refuse it{f' with {finding.code}' if finding.code else ''}: {finding.text}")
    for message_id in process.sent:
        click.echo(f"message {message_id} waits in the outbox")


@command.command("diagram", short_help="Draw the table of a process as a Mermaid diagram.")
@click.argument("name", metavar="NAME", required=False, shell_complete=_complete.machines)
@click.option("--role", help="Role in the process.")
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
def diagram(name: str | None, role: str | None, output: str | None) -> None:
    """Draw the table of a process as a Mermaid diagram; without NAME, list the tables."""
    from ediel.processes import MACHINES, machine, mermaid

    if name is None:
        rows = [["NAME", "--role", "as", "states", "rows"]]
        rows += [
            [table.name, table.role, ",".join(table.codes), str(len(table.states)), str(len(table.rows))]
            for table in MACHINES
        ]
        click.echo("\n".join(aligned(rows)))
        return
    if role is None:
        roles = [table.role for table in MACHINES if table.name == name]
        if len(roles) != 1:
            raise click.BadParameter(
                f"say which with --role: {', '.join(roles) or 'there is no such process'}", param_hint="NAME"
            )
        role = roles[0]
    emit(mermaid(machine(name, role)).encode(), output)
