"""``ediel inbox``, ``ediel outbox``, ``ediel dead-letters``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediel.cli._database import database, form, open_engine, show
from ediel.cli._files import emit

if TYPE_CHECKING:
    from ediel.store import Values


@click.group("inbox", invoke_without_command=True, short_help="List received messages, the latest first.")
@click.option("--most", type=int, default=100, show_default=True)
@form
@database
@click.pass_context
def inbox(context: click.Context, most: int, form: str, db: str) -> None:
    """List received messages, the latest first."""
    if context.invoked_subcommand is not None:
        return
    engine = open_engine(db)
    rows = engine.browse.inbox(most=most)
    engine.close()
    columns = ("received_at", "label", "process", "role", "message_id", "outcome", "instance_id", "text")
    show(rows, form, columns, "nothing has arrived")


@inbox.command("show", short_help="Show one received message, and what the hub has signed with it.")
@click.argument("identification", metavar="ID")
@click.option("--evidence", is_flag=True, help="Verify again what the hub has signed; exit code 1 if it does not hold.")
@click.option("--config", "path", metavar="FILE", help="Whose issuers to verify by; without it, the signature alone.")
@form
@database
def show_received(identification: str, evidence: bool, path: str | None, form: str, db: str) -> None:
    """Show one received message, or everything that came with a result set.

    ID is the identification of a message or of a result set. With --evidence, the envelope in which the hub sent it is
    verified again, as of the moment at which it came.
    """
    engine = open_engine(db)
    try:
        rows = engine.browse.received(identification) or engine.browse.received_in(identification)
        kept = engine.evidence(identification) if evidence else []
    finally:
        engine.close()
    if not rows and not kept:
        raise click.UsageError(f"no message and no result set {identification} was received")
    columns = ("received_at", "label", "process", "role", "message_id", "outcome", "instance_id", "text")
    _with_evidence(rows, kept, form, columns, path, evidence=evidence)


def _with_evidence(
    rows: list[Values], kept: list[Values], form: str, columns: tuple[str, ...], path: str | None, *, evidence: bool
) -> None:
    """Show messages, and verify what the hub has signed about them; then this is the end of the command."""
    verified = []
    for item in kept:
        holds, text = _verified(bytes(item["data"]), item["at"], path)
        shown = {name: value for name, value in item.items() if name != "data"}
        verified.append({**shown, "holds": "yes" if holds else "no", "text": text})
    if form == "json":
        show([{**row, "evidence": verified} for row in rows], form, (), "")
    else:
        show(rows, form, columns, "no message of it could be handled; see ediel dead-letters")
        if evidence:
            signed = ("at", "decided", "signer", "certificate", "sha256", "holds", "text")
            show(verified, form, signed, "the hub has signed nothing about it")
    if evidence:
        sys.exit(0 if verified and all(item["holds"] == "yes" for item in verified) else 1)


@click.group("outbox", invoke_without_command=True, short_help="List the messages to send; retry or drop what failed.")
@click.option("--all", "every", is_flag=True, help="Also those that are sent or have failed.")
@click.option("--to", "folder", metavar="DIR", help="Write each to a file in this folder, and mark it as sent.")
@form
@database
@click.pass_context
def outbox(context: click.Context, every: bool, folder: str | None, form: str, db: str) -> None:
    """List the messages to send, and those that are held for a decision.

    With --to the former are written to files and marked as sent, one by one.
    """
    if context.invoked_subcommand is not None:
        return
    engine = open_engine(db)
    try:
        rows = engine.browse.outbox(status=None)
        rows = rows if every else [row for row in rows if row["status"] in {"pending", "held"}]
        if folder is not None:
            target = Path(folder)
            if not target.is_dir():
                raise click.BadParameter(f"there is no folder {folder}", param_hint="--to")
            for row in rows:
                if row["status"] == "pending":
                    emit(row["data"], str(target / f"{row['name']}-{row['message_id']}.xml"))
                    engine.outbox.sent(row["message_id"])
                    row["status"] = "sent"
    finally:
        engine.close()
    columns = ("created_at", "label", "recipient", "metering_point", "message_id", "status", "attempts", "error")
    show(rows, form, columns, "nothing waits to be sent")


@outbox.command("retry", short_help="Retry messages that are held or have failed.")
@click.argument("identifications", metavar="[ID]...", nargs=-1)
@click.option("--held", is_flag=True, help="Every message that is held.")
@database
def retry(identifications: tuple[str, ...], held: bool, db: str) -> None:
    """Send messages again, each under the identification that it has: at the next cycle of `ediel run`."""
    engine = open_engine(db)
    try:
        names = [*identifications, *(row["message_id"] for row in engine.browse.outbox(status="held") if held)]
        if not names:
            raise click.UsageError("name a message, or give --held")
        for name in dict.fromkeys(names):
            engine.outbox.retry(name)
            click.echo(f"{name} will be sent again")
    finally:
        engine.close()


@outbox.command("give-up", short_help="Drop a message; those that waited for it are sent.")
@click.argument("identification", metavar="ID")
@click.option("--reason", default="given up", metavar="TEXT", help="Why, for the list.")
@database
def give_up(identification: str, reason: str, db: str) -> None:
    """Drop a message. Later ones of the same process or metering point, which waited for it, are sent."""
    engine = open_engine(db)
    try:
        engine.outbox.give_up(identification, reason)
    finally:
        engine.close()
    click.echo(f"{identification} was given up")


@outbox.command("correct", short_help="Send a message anew that was refused, or is held, with an order that is right.")
@click.argument("identification", metavar="ID")
@click.argument("kind", metavar="KIND")
@click.argument("path", metavar="FILE", default="-")
@click.option("--reason", default="corrected", show_default=True, metavar="TEXT", help="Why, for the log.")
@form
@database
def correct(identification: str, kind: str, path: str, reason: str, form: str, db: str) -> None:
    """Begin the process of a message anew with an order that is right; the message itself is not sent any more.

    KIND and FILE are those of `ediel process start`. Not possible when the message has arrived, or may have.
    """
    from ediel.cli.process import begin_anew

    engine = open_engine(db)
    try:
        process = str(engine.outbox.entry(identification)["instance_id"])
    finally:
        engine.close()
    begin_anew(process, kind, path, reason=reason, form=form, db=db)


@outbox.command("show", short_help="Show one message to send, and what the hub has signed about it.")
@click.argument("identification", metavar="ID")
@click.option("--evidence", is_flag=True, help="Verify again what the hub has signed; exit code 1 if it does not hold.")
@click.option("--config", "path", metavar="FILE", help="Whose issuers to verify by; without it, the signature alone.")
@form
@database
def show_message(identification: str, evidence: bool, path: str | None, form: str, db: str) -> None:
    """Show one message to send, its tries and its result."""
    engine = open_engine(db)
    try:
        row = engine.outbox.entry(identification)
        kept = engine.outbox.evidence(identification) if evidence else []
    finally:
        engine.close()
    columns = ("created_at", "label", "recipient", "metering_point", "message_id", "status", "attempts", "sent_at")
    _with_evidence([row], kept, form, (*columns, "error"), path, evidence=evidence)


def _verified(data: bytes, at: str, path: str | None) -> tuple[bool, str]:
    """Whether what the hub has signed holds, as of the moment at which it came."""
    from ediel.cli._wire import needs_extra, read_config

    try:
        from ediel.transport import verify_again
    except ModuleNotFoundError as error:
        raise needs_extra(error, "transport") from None
    from ediel.store import moment_of
    from ediel.transport._large import is_in_file, verify_file

    config = None if path is None else read_config(path)
    trust = None if config is None else config.believed()
    name = is_in_file(data)
    if name is None:
        return verify_again(data, moment_of(at), trust)
    if config is None:
        return False, f"the envelope lies in the file {name}; name the configuration with --config"
    spool = config.spool()
    return verify_file(spool.folder / name, moment_of(at), trust, spool.largest)


@click.group(
    "dead-letters", invoke_without_command=True, short_help="List messages that could not be handled; try them again."
)
@click.option("--all", "every", is_flag=True, help="Also those that are settled.")
@form
@database
@click.pass_context
def dead_letters(context: click.Context, every: bool, form: str, db: str) -> None:
    """List messages that could not be handled, and why. Each is kept, and can be tried again."""
    if context.invoked_subcommand is not None:
        return
    engine = open_engine(db)
    rows = engine.browse.dead_letters(resolved=every)
    engine.close()
    columns = ("id", "at", "name", "reason", "attempts", "resolved_at", "text")
    show(rows, form, columns, "no dead letters")


@dead_letters.command("replay", short_help="Retry dead letters.")
@click.argument("identifications", metavar="[ID]...", nargs=-1)
@database
def replay(identifications: tuple[str, ...], db: str) -> None:
    """Retry dead letters; all of them when none is named. Exit code 1 when one is still dead."""
    engine = open_engine(db)
    try:
        results = [engine.replay(item) for item in identifications] if identifications else engine.replay_all()
    finally:
        engine.close()
    for entry in results:
        state = f", the process is {entry.state}" if entry.state else ""
        click.echo(f"{entry.outcome}  {entry.name or 'input'} {entry.message_id}{state}  {entry.text}".rstrip())
    sys.exit(1 if any(entry.outcome == "dead" for entry in results) else 0)
