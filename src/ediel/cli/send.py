"""``ediel send``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ediel.cli._wire import configured, read_config


@click.command("send", short_help="Send messages from files to the hub, as they stand.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--service", metavar="NAME", help="For the messages that several services accept.")
@click.option("--out", metavar="DIR", help="Where to write answers.")
@configured
def command(paths: tuple[str, ...], service: str | None, out: str | None, path: str) -> None:
    """Send messages from files or folders to the hub, as they stand, and say what it answers.

    A file that the schema or a published rule refuses is not sent. Exit code 1 when anything was not accepted.
    """
    from ediel.cli._files import content, emit, expand, shown

    config = read_config(path)
    from ediel.transport import Clients, send_file

    bad = False
    with Clients(config) as clients:
        for item in expand(paths):
            fate = send_file(item, content(item), clients.of, service)
            bad |= fate.outcome in {"refused", "later"}
            click.echo(f"{fate.outcome:8}  {shown(item)}: {fate.text}")
            if fate.data and out:
                Path(out).mkdir(parents=True, exist_ok=True)
                emit(fate.data, str(Path(out) / Path(item).name.removesuffix(".gz")), private=True)
    sys.exit(1 if bad else 0)
