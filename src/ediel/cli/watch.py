"""``ediel watch``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ediel.cli._wire import configured, read_config


@click.command("watch", short_help="Send files that are dropped into a folder, and write the answers into another.")
@click.argument("incoming", metavar="IN", type=click.Path(exists=True, file_okay=False))
@click.argument("outgoing", metavar="OUT", type=click.Path(file_okay=False))
@click.option("--party", "names", multiple=True, metavar="GLN:ROLE", help="For whom to poll; for none when absent.")
@click.option("--interval", type=click.FloatRange(0.1), help="Seconds between checks.  [default: of the configuration]")
@click.option("--once", is_flag=True, help="Check once; exit code 1 when something was not accepted.")
@configured
def command(
    incoming: str, outgoing: str, names: tuple[str, ...], interval: float | None, once: bool, path: str
) -> None:
    """Send what is dropped into IN, and write what comes back into OUT, until stopped.

    Write a file under another name and rename it to .xml when it is whole. It is moved to OUT/sent or OUT/refused, with
    the report beside it; answers go to OUT/answers, result sets to OUT/received. What the hub cannot take now stays.
    """
    config = read_config(path)
    from ediel.cli._files import shown
    from ediel.cli._stop import stop_requested
    from ediel.cli._wire import chosen
    from ediel.transport import Clients, Folders

    parties = chosen(config, names) if names else ()
    with Clients(config) as clients, stop_requested() as stop:
        folders = Folders(Path(incoming), Path(outgoing), clients.of, parties)
        while True:
            bad = False
            for fate in folders.turn():
                bad |= fate.outcome in {"refused", "later"}
                if fate.outcome != "nothing":
                    click.echo(f"{fate.outcome:8}  {shown(fate.name)}: {fate.text}")
            if once:
                sys.exit(1 if bad else 0)
            if stop.wait(interval or config.courier.interval):
                return
