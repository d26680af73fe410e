"""``ediel inbox``, ``ediel outbox``, ``ediel dead-letters``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ediel.cli._database import database, form, open_engine, show
from ediel.cli._files import emit


@click.command("inbox", short_help="List the messages that have arrived, the latest first.")
@click.option("--most", type=int, default=100, show_default=True)
@form
@database
def inbox(most: int, form: str, db: str) -> None:
    """List the messages that have arrived, the latest first."""
    engine = open_engine(db)
    rows = engine.browse.inbox(most=most)
    engine.close()
    columns = ("received_at", "label", "process", "role", "message_id", "outcome", "instance_id", "text")
    show(rows, form, columns, "nothing has arrived")


@click.command("outbox", short_help="List the messages to send; write them to files, mark them as sent.")
@click.option("--all", "every", is_flag=True, help="Those that are sent or have failed too.")
@click.option("--to", "folder", metavar="DIR", help="Write each to a file in this folder, and mark it as sent.")
@form
@database
def outbox(every: bool, folder: str | None, form: str, db: str) -> None:
    """List the messages to send. With --to they are written to files and marked as sent, one by one."""
    engine = open_engine(db)
    try:
        rows = engine.browse.outbox(status=None if every else "pending")
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


@click.group("dead-letters", invoke_without_command=True, short_help="List what could not be handled; try it again.")
@click.option("--all", "every", is_flag=True, help="Those that have been settled too.")
@form
@database
@click.pass_context
def dead_letters(context: click.Context, every: bool, form: str, db: str) -> None:
    """List what could not be handled, and why. Nothing is lost: each can be tried again."""
    if context.invoked_subcommand is not None:
        return
    engine = open_engine(db)
    rows = engine.browse.dead_letters(resolved=every)
    engine.close()
    columns = ("id", "at", "name", "reason", "attempts", "resolved_at", "text")
    show(rows, form, columns, "no dead letters")


@dead_letters.command("replay", short_help="Try dead letters again.")
@click.argument("identifications", metavar="[ID]...", nargs=-1)
@database
def replay(identifications: tuple[str, ...], db: str) -> None:
    """Try dead letters again; all of them when none is named. Exit code 1 when one is still dead."""
    engine = open_engine(db)
    try:
        found = [engine.replay(item) for item in identifications] if identifications else engine.replay_all()
    finally:
        engine.close()
    for entry in found:
        state = f", the process is {entry.state}" if entry.state else ""
        click.echo(f"{entry.outcome}  {entry.name or 'input'} {entry.message_id}{state}  {entry.text}".rstrip())
    sys.exit(1 if any(entry.outcome == "dead" for entry in found) else 0)
