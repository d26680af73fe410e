"""``ediel receive``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from ediel.cli._database import database, form, open_engine
from ediel.cli._files import content, expand


@click.command("receive", short_help="Receive messages from files into a database, and step their processes.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@form
@database
def command(paths: tuple[str, ...], form: str, db: str) -> None:
    """Receive messages from files into a database, and step their processes.

    A PATH is an XML file, a folder with such files, or - for standard input. What has come before is let pass; what
    cannot be handled is kept as a dead letter.

    Exit code: 0 all is right, 1 something became a dead letter, 2 a file could not be read.
    """
    engine = open_engine(db)
    results = []
    unreadable = False
    for path in expand(paths):
        try:
            data = content(path)
        except OSError as error:
            click.echo(f"ediel: {path}: {error.strerror or type(error).__name__}", err=True)
            unreadable = True
            continue
        for entry in engine.receive(data, source=path):
            results.append({"path": path, **asdict(entry)})
            if form == "text":
                state = f", the process is {entry.state}" if entry.state else ""
                what = f"{entry.name} {entry.message_id}".strip() or "not a message"
                click.echo(f"{entry.outcome:<9}  {path}: {what}{state}  {entry.text}".rstrip())
    engine.close()
    if form == "json":
        click.echo(json.dumps(results, indent=2, ensure_ascii=False))
    sys.exit(2 if unreadable else 1 if any(entry["outcome"] == "dead" for entry in results) else 0)
