"""``ediel poll``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediel.cli._wire import chosen, configured, for_parties, opened, read_config

if TYPE_CHECKING:
    from ediel.transport import Answer


@click.command("poll", short_help="Fetch what waits at the hub, once.")
@for_parties
@click.option("--channel", type=click.Choice(["market", "values", "both"]), default="both", show_default=True)
@click.option("--out", metavar="DIR", help="Write result sets to files instead of the database.")
@click.option(
    "--largest",
    type=click.IntRange(min=1_000_000),
    metavar="BYTES",
    help="Read answers up to this size, for once; ten times as much memory is needed.  [default: largest_answer]",
)
@click.option("--leave", is_flag=True, help="Do not acknowledge: it comes again.")
@configured
def command(names: tuple[str, ...], channel: str, out: str | None, largest: int | None, leave: bool, path: str) -> None:
    """Fetch what waits at the hub, once: into the database, or with --out into files.

    A result set is acknowledged when it has been kept. One that is too large for `ediel run` holds up its queue: fetch
    it by --largest, and the daemon goes on with what is behind it. Exit code 1 when something could not be fetched.
    """
    config = read_config(path)
    from ediel.cli._files import emit
    from ediel.transport import CHANNELS, Clients, fetch

    parties = chosen(config, names)
    wanted = {"market": CHANNELS[:1], "values": CHANNELS[1:], "both": CHANNELS}[channel]
    engine = None if out else opened(config)
    bad = False
    with Clients(config, largest=largest) as clients:
        for party in parties:
            client = clients.of(party.physical_sender)
            for service in wanted:

                def keep(
                    identification: str, answer: Answer, stem: str = f"{service}-{party.gln}-{party.role}"
                ) -> None:
                    if engine is not None and answer.document is not None:
                        source = f"{stem} {identification}"
                        engine.receive(answer.document, source=source, evidence=answer.evidence)
                    elif out:
                        Path(out).mkdir(parents=True, exist_ok=True)
                        emit(answer.content, str(Path(out) / f"{stem}-{identification}.xml"), private=True)

                for fate in fetch(client, party, service, keep, leave=leave):
                    bad |= fate.outcome == "later"
                    click.echo(f"{'failed' if fate.outcome == 'later' else fate.outcome:8}  {fate.name}: {fate.text}")
    if engine is not None:
        engine.close()
    sys.exit(1 if bad else 0)
