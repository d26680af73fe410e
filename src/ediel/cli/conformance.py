"""``ediel conformance``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ediel.cli._wire import needs_extra

if TYPE_CHECKING:
    from ediel.conformance import Case

_CHOICES = click.Choice(["text", "json", "junit", "html"])


@click.group("conformance", short_help="List and run approval cases against a hub on this machine.")
def command() -> None:
    """List and run approval cases against a hub on this machine.

    Each case says whether its steps are published, inferred or assumed; Elhub published little more than names.
    """


def _chosen(names: tuple[str, ...], role: str | None, brs: str | None) -> list[Case]:
    from ediel.conformance import case, cases

    found = [case(name) for name in names] or list(cases())
    number = None if brs is None else brs.rpartition("-")[2]
    return [item for item in found if role in {None, item.role} and (number is None or number in item.brs)]


_role = click.option("--role", help="Only cases for a role, such as DDQ.")
_brs = click.option("--brs", help="Only cases of a process, such as 101.")


@command.command("list", short_help="List the cases.")
@_role
@_brs
def list_(role: str | None, brs: str | None) -> None:
    """List the cases."""
    from ediel.cli._database import aligned

    found = _chosen((), role, brs)
    rows = [("case", "role", "brs", "standing", "title")]
    rows += [(item.id, item.role, " ".join(item.brs), item.standing, item.title) for item in found]
    click.echo("\n".join(aligned(rows)))


@command.command("show", short_help="Show a case, step by step.")
@click.argument("name")
def show(name: str) -> None:
    """Show a case, step by step."""
    from ediel.conformance import case

    found = case(name)
    click.echo(f"{found.id}: {found.title}\n{found.title_nb}")
    click.echo(f"role {found.role}; BRS {' '.join(found.brs)}; metering point: {found.point}")
    click.echo(f"{found.standing}: {found.source}" + (f"; {found.why}" if found.why else ""))
    for place, step in enumerate(found.steps, 1):
        details = {**step.with_, **step.where}
        more = "".join(f"\n      {key}: {value}" for key, value in details.items())
        click.echo(f"  {place:>2}. {step.title()}{f' ({step.why})' if step.why else ''}{more}")


@command.command("matrix", short_help="Count the cases by role and process.")
def matrix() -> None:
    """Count the cases by role and process, and say how sure their steps are."""
    from ediel.cli._database import aligned
    from ediel.conformance import matrix as rows_of

    rows = [("role", "brs", "cases", "published", "inferred", "assumed")]
    for role, number, count, standing in rows_of():
        sure, inferred, assumed = (str(value) for value in standing.values())
        rows.append((role, number, str(count), sure, inferred, assumed))
    click.echo("\n".join(aligned(rows)))


@command.command("run", short_help="Run cases against a hub in this process.")
@click.argument("names", nargs=-1, metavar="[CASE]...")
@_role
@_brs
@click.option("--file", "files", multiple=True, metavar="FILE", help="A case of your own, as TOML.")
@click.option("--format", "form", type=_CHOICES, default="text", show_default=True)
@click.option("--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the page.")
@click.option("--output", "-o", metavar="FILE", help="Where to write it.  [default: standard output]")
def run(
    names: tuple[str, ...], role: str | None, brs: str | None, files: tuple[str, ...], form: str, language: Any,
    output: str | None,
) -> None:  # fmt: skip
    """Run cases against a hub in this process; its clock jumps from step to step.

    Exit codes: 0 all passed, 1 some did not, 2 nothing was run.
    """
    from pathlib import Path

    from ediel import __version__
    from ediel.cli._files import emit

    try:
        from ediel.conformance import as_html, as_json, as_junit, read_case, run_case
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    chosen = [read_case(Path(name)) for name in files]
    if names or not files:
        chosen += _chosen(names, role, brs)
    if not chosen:
        raise click.UsageError("no case fits; ediel conformance list shows them")
    results = []
    for item in chosen:
        result = run_case(item)
        results.append(result)
        bad = result.failed
        text = f"{result.verdict:<12} {item.id:<22} {item.title}"
        if bad is not None:
            text += f"\n  step {bad.place + 1}, {bad.title}: {bad.text}"
            text += f"\n  it looks like the fault is {result.fault}" if result.fault else ""
        click.echo(text, err=form != "text")
    about = {"ediel": __version__, "target": "simulator"}
    if form != "text":
        made = {"json": lambda: as_json(results, about), "junit": lambda: as_junit(results)}
        text = made.get(form, lambda: as_html(results, about, language))()
        emit(text.encode(), output)
    good = sum(result.verdict == "passed" for result in results)
    click.echo(f"{good} of {len(results)} cases passed", err=form != "text")
    sys.exit(0 if good == len(results) else 1)
