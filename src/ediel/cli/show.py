"""``ediel show``."""

from __future__ import annotations

import sys

import click

from ediel.cli._files import content, emit


@click.command("show", short_help="Show what is in a file, typed; people are masked.")
@click.argument("path")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "xml"]),
    default="text",
    show_default=True,
    help="Form: a tree with the meaning of codes, JSON for `ediel generate`, or XML in ediel's layout.",
)
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
@click.option("--show-person-data", is_flag=True, help="Show values about people instead of masking them.")
def command(path: str, form: str, output: str | None, show_person_data: bool) -> None:
    """Show what is in a file, typed; people are masked.

    PATH is a file or - for standard input. Several messages in a poll response come out one after the other (JSON: as a
    list; XML: each as a document of its own).
    """
    from ediel.report.text import render
    from ediel.xml import LIMITS, check_schema, showing

    inspection = check_schema(content(path, LIMITS.size), path=path, show_personal=show_person_data)
    messages = [item.message for item in inspection.messages if item.message is not None]
    masked = not show_person_data
    if messages:
        if form == "json":
            emit(showing.as_json(messages, masked=masked).encode(), output)
        elif form == "xml":
            emit("\n".join(showing.as_xml(message, masked=masked) for message in messages).encode(), output)
        else:
            emit("\n".join(showing.as_text(message, masked=masked) for message in messages).encode(), output)
    elif inspection.fault is not None:
        click.echo(inspection.fault.model_dump_json(indent=2, exclude_none=True))
    refused = len(inspection.messages) - len(messages)
    if refused or not messages:
        click.echo(render([inspection.report]), err=True, nl=False)
    sys.exit(0 if messages and not refused else 1 if inspection.report.readable and inspection.messages else 2)
