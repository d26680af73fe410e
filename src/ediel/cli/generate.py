"""``ediel generate``."""

from __future__ import annotations

import sys

import click

from ediel.cli._files import content, emit


@click.command("generate", short_help="Generate a message: JSON in, checked XML out.")
@click.argument("path", metavar="FILE.json|-")
@click.option("--output", "-o", metavar="FILE", help="Write the XML to a file.")
def command(path: str, output: str | None) -> None:
    """Generate a message: JSON in, checked XML out.

    The JSON has the fields of the model, and "message" for the name; `ediel messages NAME` lists them, and
    `ediel show FILE --format json --show-person-data` gives an example from any message.

    Exit code: 0 written, 1 the JSON does not describe a valid message, 2 it could not be read.
    """
    from ediel.errors import InvalidJson, InvalidMessage, UnknownName
    from ediel.messages._json import from_json
    from ediel.report.text import render
    from ediel.xml import write

    try:
        data = write(from_json(content(path)))
    except (InvalidJson, UnknownName) as error:
        click.echo(f"ediel: {path}: {error}", err=True)
        sys.exit(1)
    except InvalidMessage as error:
        click.echo(render([error.report]), err=True, nl=False)
        sys.exit(1)
    emit(data, output)
