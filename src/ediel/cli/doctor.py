"""``ediel doctor``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Final

import click

from ediel.cli._database import form
from ediel.cli._wire import configured, for_parties, needs_extra, read_config

_MARKS: Final = {"ok": "ok     ", "failed": "FAILED ", "not checked": "-      "}


@click.command("doctor", short_help="Check each link between this machine and the hub.")
@for_parties
@click.option("--poll/--no-poll", default=True, show_default=True, help="Fetch a result set; it is left there.")
@form
@configured
def command(names: tuple[str, ...], poll: bool, form: str, path: str) -> None:
    """Check each link between this machine and the hub; each failure says what to do.

    Name, connection, TLS, clock, certificates with key usage and organisation number, a signature, a poll for each
    party; with a part [rest] in the configuration a token, the clock of Maskinporten, and the Access API. Exit code 1
    when a check fails.
    """
    config = read_config(path)
    from ediel.cli._wire import chosen
    from ediel.transport import examine

    try:
        parties = chosen(config, names)
    except click.ClickException as error:
        if names:
            raise
        click.echo(f"ediel: {error.format_message()}", err=True)
        parties = ()
    checks = []
    for check in examine(config, parties, poll=poll):
        checks.append(check)
        if form == "text":
            click.echo(f"{_MARKS[check.outcome]}{check.name}: {check.text}")
    if config.rest is not None:
        try:
            from ediel.rest.configured import elhub_of
            from ediel.rest.doctor import examine_rest
        except ModuleNotFoundError as error:
            raise needs_extra(error, "rest") from None

        for check in examine_rest(lambda: elhub_of(config, patience=20)):
            checks.append(check)
            if form == "text":
                click.echo(f"{_MARKS[check.outcome]}{check.name}: {check.text}")
    if form == "json":
        click.echo(json.dumps([asdict(check) for check in checks], indent=2, ensure_ascii=False))
    sys.exit(1 if any(check.outcome == "failed" for check in checks) else 0)
