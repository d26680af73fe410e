"""``ediel reconcile``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ediel.cli._database import database, form, open_engine, show


@click.command("reconcile", short_help="Compare what the hub says with what is known here.")
@click.argument("path", metavar="FILE", required=False)
@click.option("--complete", is_flag=True, help="FILE names everything: what it does not name is only ours.")
@click.option("--apply", is_flag=True, help="Do what is certain.")
@form
@database
def command(path: str | None, complete: bool, apply: bool, form: str, db: str) -> None:
    """Compare what the hub says with what is known here: contracts, accesses, points.

    FILE is the hub's view, with the columns of `ediel adopt`. Without it, the answers and notices that have come are
    compared. Nothing is changed without --apply. Exit code 1 while something is otherwise.
    """
    if path is None and (apply or complete):
        raise click.UsageError("--apply and --complete need FILE: what came in messages is neither whole nor certain")
    engine = open_engine(db)
    try:
        found = engine.reconcile(None if path is None else Path(path), complete=complete, apply=apply)
    finally:
        engine.close()
    left = [item for item in found.differences if not item.applied]
    if form == "json":
        from dataclasses import asdict

        rows = [asdict(item) for item in found.differences]
        click.echo(json.dumps({"compared": found.compared, "differences": rows}, indent=2, ensure_ascii=False))
    else:
        rows = [
            {
                **asdict_of(item),
                "do": "done" if item.applied else "certain: --apply does it" if item.certain else item.why,
            }
            for item in found.differences
        ]
        columns = ("kind", "what", "party", "metering_point", "ours", "theirs", "source", "do")
        show(rows, form, columns, "everything is as the hub says")
        click.echo(f"{found.compared} compared; {len(found.differences)} differences, {len(left)} left", err=True)
    if left:
        raise click.exceptions.Exit(1)


def asdict_of(item: object) -> dict[str, object]:
    """The fields of a difference; what is empty as nothing."""
    from dataclasses import asdict

    return {name: value or None for name, value in asdict(item).items()}  # type: ignore[call-overload]
