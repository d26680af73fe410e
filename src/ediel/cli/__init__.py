"""The command line. Each command is a module that is loaded when it is called, so that ``ediel --help`` is instant."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any, Final

import click

_COMMANDS: Final[dict[str, str]] = {
    "adopt": "Take over the portfolio of another system.",
    "codes": "List the code lists, or the codes of one.",
    "conformance": "List and run approval cases against a hub on this machine.",
    "consent": "Ask end users for consent by Elhub's Access API; follow and list consents.",
    "db": "Make, migrate, check and back up a database.",
    "dead-letters": "List messages that could not be handled; try them again.",
    "deadline": "Print when a request may come and be cancelled, day by day.",
    "doctor": "Check each link between this machine and the hub.",
    "due": "List deadlines that fall due, with working days; fire those that have come.",
    "events": "List events; retry those that handlers failed on.",
    "explain": "Explain a code, an element, a message, a role, an identifier or an envelope.",
    "generate": "Generate a message: JSON in, checked XML out.",
    "hub": "Run a stand-in Elhub on this machine; generate a market for it.",
    "id": "Check an identifier, and show which kind it is.",
    "inbox": "List received messages, the latest first.",
    "messages": "List the 28 messages, or the fields of one.",
    "outbox": "List the messages to send; retry or drop what failed.",
    "party": "Add and list the parties that a database acts for.",
    "person": "Export or erase what a database holds on a person.",
    "poll": "Fetch what waits at the hub, once.",
    "process": "List, show, start and command processes; draw their tables.",
    "receive": "Receive messages from files into a database, and step their processes.",
    "reconcile": "Compare what the hub says with what is known here.",
    "replay": "Run days again in a scratch database, with the tables of today.",
    "rules": "List the business rules, with code, standing and source.",
    "run": "Carry messages between a database and the hub until stopped.",
    "send": "Send messages from files to the hub, as they stand.",
    "serve": "Answer validation, reading, generation and deadlines over HTTP.",
    "show": "Show what is in a file, typed; people are masked.",
    "validate": "Check whether Elhub would accept the messages in files or folders.",
    "values": "Convert metering values to tables; say what is there and what is missing.",
    "watch": "Send files that are dropped into a folder, and write the answers into another.",
    "worker": "Do the work of a database, beside other workers, until stopped.",
}
"""Name of each command, and its one line in the help; a test keeps it equal to the command's own."""


class LazyGroup(click.Group):
    """A group whose commands are loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, without loading anything."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Load one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"ediel.cli.{_module(cmd_name)}")
        own = getattr(module, cmd_name.replace("-", "_"), None)  # a module with several commands names each
        command: click.Command = own if isinstance(own, click.Command) else module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was named, or what it may have been meant to be."""
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0].lower(), _COMMANDS, n=3, cutoff=0.6)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _module(name: str) -> str:
    return {
        "codes": "codelists",
        "db": "database",
        "dead-letters": "boxes",
        "id": "identifier",
        "inbox": "boxes",
        "messages": "catalogue",
        "outbox": "boxes",
    }.get(name, name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ediel", prog_name="ediel")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Messages of the Norwegian electricity market (Elhub EMIF 2.4.3): check, show, make, explain.

    Exit codes: 0 all is right, 1 something is wrong in the input, 2 something could not be read or nothing was checked,
    3 a package of an extra is missing.
    """
    if ctx.invoked_subcommand == "validate":
        from ediel.cli._settings import defaults

        ctx.default_map = {"validate": defaults()}


def main(arguments: list[str] | None = None) -> Any:
    """Entry point: runs a command and turns every error into one clear text.

    With ``EDIEL_DEBUG=1`` in the environment, an unexpected error shows its traceback.
    """
    # Start-up makes many objects that stay: looking for garbage among them is a twentieth of the time.
    gc.set_threshold(50_000, 20, 20)
    try:
        return cli.main(args=arguments, prog_name="ediel", standalone_mode=True)
    except BrokenPipeError:  # the reader has gone, as in `ediel ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        from ediel.errors import EdielError

        if os.environ.get("EDIEL_DEBUG"):
            raise
        if isinstance(error, EdielError):
            click.echo(f"ediel: {error}", err=True)
        elif isinstance(error, OSError):
            name = f"{error.filename}: " if error.filename else ""
            click.echo(f"ediel: {name}{error.strerror or type(error).__name__}", err=True)
        else:
            click.echo(
                f"ediel: internal error ({type(error).__name__}). This is a mistake in ediel, not in your input; "
                "please report it. EDIEL_DEBUG=1 shows where.",
                err=True,
            )
        sys.exit(2)


__all__ = ["cli", "main"]
