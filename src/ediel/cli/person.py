"""``ediel person``: the rights of access and erasure."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

import click

from ediel.cli._database import acting_for, database, open_engine

if TYPE_CHECKING:
    from ediel.engine import Person

F = TypeVar("F", bound=Callable[..., object])
_OWNER: Final = 0o600


@click.group("person", short_help="Export or erase what a database holds on a person.")
def command() -> None:
    """Export or erase what a database holds on a person.

    Whom is read from standard input, or from a file: what stands on a command line is seen by others on the machine.
    The first line is the national identity number, D-number or organisation number; each line after it is another word
    by which the person is found, such as an e-mail address.
    """


def _whom(function: F) -> F:
    given = click.option(
        "--person", "file", type=click.File(encoding="utf-8"), default="-", metavar="FILE",
        help="File with the identification; standard input when not given.",
    )  # fmt: skip
    actor = click.option("--actor", help="Who does it, for the protection log.")
    reason = click.option("--reason", help="Why, for the protection log. Nothing about the person belongs there.")
    return given(actor(reason(function)))


def _person(file: TextIO) -> Person:
    from ediel.engine import Person

    if file.isatty():
        raise click.UsageError("give the identification on standard input, or in a file with --person FILE")
    lines = [line.strip() for line in file if line.strip()]
    if not lines:
        raise click.UsageError("nothing was read; expected an identification on the first line")
    return Person(lines[0], tuple(lines[1:]))


@command.command("export", short_help="Write everything that is held on a person to a file.")
@_whom
@click.option("--output", required=True, type=click.Path(dir_okay=False), help="File to write, for its owner alone.")
@database
def export(db: str, file: TextIO, output: str, actor: str | None, reason: str | None) -> None:
    """Write everything that is held on a person to a file, as JSON (right of access).

    A file that is there already is not written over.
    """
    person = _person(file)
    engine = open_engine(db)
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER), "w", encoding="utf-8") as out:
            with acting_for(engine, actor, reason):
                bundle = engine.export(person)
            out.write(bundle.model_dump_json(indent=2))
            out.write("\n")
    finally:
        engine.close()
    found = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in bundle.counts().items())
    click.echo(f"{found}: written to {output}, and recorded in the protection log")


@command.command("erase", short_help="Mask every word about a person.")
@_whom
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False, exists=True), help="File with [retention].")
@click.option(
    "--dry-run", is_flag=True, help="Change nothing; say what would be masked, what is kept, what forbids it."
)
@click.option("--force", metavar="REASON", help="Erase though something is under way: it is abandoned. Say why.")
@click.option("--no-compact", is_flag=True, help="Do not write the database anew; run ediel db compact later.")
@database
def erase(
    db: str, file: TextIO, config: str | None, actor: str | None, reason: str | None, force: str | None,
    *, dry_run: bool, no_compact: bool,
) -> None:  # fmt: skip
    """Mask every word about a person (right to erasure), and write the database anew.

    Refused while the person is in something that is under way. What [[retention.keep]] of the file says is kept, and
    said with its reason. Who does it, when, kinds and counts are recorded; not whom.
    """
    from ediel.engine import Retention

    person = _person(file)
    retention = Retention() if config is None else Retention.read(config)
    engine = open_engine(db)
    try:
        with acting_for(engine, actor, reason):
            done = engine.erase(person, retention=retention, force=force, dry_run=dry_run, compacted=not no_compact)
    finally:
        engine.close()
    kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(done.masked.items())) or "none"
    click.echo(f"{'would be masked' if dry_run else 'masked'}: rows {kinds}; {done.processes} processes are about whom")
    for why, counts in done.kept.items():
        click.echo(f"kept ({why}): rows {', '.join(f'{count} of {kind}' for kind, count in sorted(counts.items()))}")
    for words in done.remains:
        click.echo(words)
