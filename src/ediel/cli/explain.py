"""``ediel explain``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ediel.cli import _complete
from ediel.serve.explaining import explanation


@click.command("explain", short_help="Explain a code, an element, a message, a role, an identifier or an envelope.")
@click.argument("word", shell_complete=_complete.words)
def command(word: str) -> None:
    """Explain a code, an element, a message, a role, a process, an identifier or an envelope.

    WORD is, for instance, E17, EH095, DDQ, BRS-NO-101 (or 101), ConsentID, RequestStartOfSupply, 7080003824349. Of a
    file with an envelope, as any stack has signed it, every part of its signature is explained: what the policy of the
    hub, the Basic Security Profile and this package say, and which setting of that stack to change. Exit code 1 when
    something of it is refused.
    """
    text = word.strip()
    if Path(word).is_file():
        sys.exit(_envelope(word))
    lines = explanation(text)
    click.echo("\n".join(lines))
    sys.exit(0)


def _envelope(path: str) -> int:
    """Explain an envelope as a verifier judges it; returns 1 when something is wrong with it."""
    from ediel.cli._files import content, shown

    try:
        from ediel.transport import explain_envelope
    except ModuleNotFoundError as error:
        from ediel.cli._wire import needs_extra

        raise needs_extra(error, "transport") from None
    from ediel.xml.parser import Unreadable

    try:
        explanations = explain_envelope(content(path))
    except Unreadable as error:
        raise click.ClickException(error.finding.text) from None
    for item in explanations:
        click.echo(f"{item.outcome:8}  {item.key}: {shown(item.found)}")
        if item.outcome != "good":
            for head, line in (("expected", item.expected), ("change", item.advice), ("set", item.setting)):
                if line:
                    click.echo(f"          {head}: {line}")
    return int(any(item.outcome == "wrong" for item in explanations))
