"""``ediel validate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from ediel.cli._files import content, emit, expand, passed_over
from ediel.cli._moment import MOMENT, MOMENT_HELP
from ediel.report import FORMS

if TYPE_CHECKING:
    from ediel.report import Report
    from ediel.xml import Inspection

_LONG: Final = 50
"""Files from which on a person wants to see that something happens."""

_COLOURS: Final = {"ok": "green", "error": "red", "warning": "yellow", "info": "blue"}


@click.command("validate", short_help="Check whether Elhub would accept the messages in files or folders.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--output", "-o", metavar="FILE", help="Write the report to a file.")
@click.option(
    "--level",
    type=click.Choice(["schema", "rules"]),
    default="rules",
    show_default=True,
    help="Judge by the schema alone, or by the business rules too.",
)
@click.option("--on", type=MOMENT, help=MOMENT_HELP)
@click.option("--strict", is_flag=True, help="Warnings of rules count as errors.")
@click.option("--profile", metavar="FILE", help="Time limits that replace packaged ones (or EDIEL_PROFILE).")
@click.option("--register", metavar="FILE", help="The market, as JSON: points, contracts, parties.")
@click.option("--schemas", metavar="DIR", help="Judge by the XSD documents in this folder, such as Elhub's own.")
@click.option("--release", metavar="RELEASE", help="Release of EMIF.  [default: 2.4.3]")
@click.option("--quiet", "-q", is_flag=True, help="Leave valid messages without findings out of the text.")
@click.option("--show-person-data", is_flag=True, help="Show values about people instead of masking them.")
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    level: str,
    on: date | None,
    strict: bool,
    profile: str | None,
    register: str | None,
    schemas: str | None,
    release: str | None,
    quiet: bool,
    show_person_data: bool,
) -> None:
    """Check whether Elhub would accept the messages in files or folders.

    A PATH is an XML file (or a gzip file of one), a folder with such files, or - for standard input. A file may hold
    a message, a SOAP envelope, or a poll response with many messages: each is judged by itself.

    Rules that are published give errors; those that are inferred or assumed give warnings. With --register the rules
    that need to know the market are judged too: docs/register.md shows the form of the file.

    Exit code: 0 all valid, 1 findings of severity error, 2 something could not be read or nothing was checked.
    """
    from ediel.report import Summary
    from ediel.xml import DEFAULT_RELEASE, LIMITS, SchemaSet

    schema_set = SchemaSet.in_folder(schemas) if schemas else None
    inspect = _inspector(level, on, strict=strict, profile=profile, register=register)
    plain = not (register or schemas or release or show_person_data)
    values = _columns(level, on, strict=strict, profile=profile) if plain else None

    def one(path: str) -> Report:
        try:
            data = content(path, LIMITS.size)
        except OSError as error:
            return _no_file(path, error)
        quick = None if values is None or len(data) < 500_000 else values(data, path=path)
        if quick is not None:
            return quick
        inspection = inspect(
            data,
            path=path,
            release=release or DEFAULT_RELEASE,
            schemas=schema_set,
            show_personal=show_person_data,
        )
        return inspection.report

    passed: list[str] = []
    files = list(expand(paths, passed=passed))
    reports: list[Report] = []
    printing = form == "text" and output is None
    for path in _with_progress(files, quiet_stream=printing and sys.stdout.isatty()):
        report = one(path)
        reports.append(report)
        if printing:
            _show(report, quiet=quiet)
    if notice := passed_over(passed):
        click.echo(f"ediel: {notice}", err=True)
    summary = Summary.of(reports)
    if printing:
        from ediel.report.text import summary_line

        click.echo(summary_line(summary))
    else:
        emit(FORMS[form](reports).encode(), output)
        if output is not None:
            from ediel.report.text import summary_line

            click.echo(f"{summary_line(summary)} The report is in {output}.", err=True)
    sys.exit(summary.exit_code)


def _inspector(
    level: str, on: date | None, *, strict: bool, profile: str | None, register: str | None
) -> Callable[..., Inspection]:
    """Judges by the schema, or by schema and rules."""
    if level == "schema":
        from ediel.xml import check_schema

        return check_schema
    from ediel import rules

    limits = market = None
    if register:
        from ediel.market import Snapshot

        market = Snapshot.read(register)
    if profile or os.environ.get("EDIEL_PROFILE"):  # a wrong profile is reported before anything is judged
        from ediel.market import load

        limits = load(profile)
    when = on or datetime.now(UTC)
    try:
        rules.Known.on(when)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--on") from None
    return partial(rules.inspect, on=when, strict=strict, profile=limits, register=market)


def _columns(level: str, on: date | None, *, strict: bool, profile: str | None) -> Callable[..., Report | None] | None:
    """Judges large documents of values by their columns, where what that needs is installed."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None or find_spec("numpy") is None:
        return None

    def judge(data: bytes, *, path: str) -> Report | None:
        from ediel.market import load
        from ediel.series.validating import inspect_values

        limits = load(profile) if profile or os.environ.get("EDIEL_PROFILE") else None
        when = on or datetime.now(UTC)
        return inspect_values(data, path=path, rules=level != "schema", on=when, strict=strict, profile=limits)

    return judge


def _no_file(path: str, error: OSError) -> Report:
    from ediel.report import Finding, Report

    finding = Finding(
        "READ/file",
        f"The file cannot be read: {error.strerror or type(error).__name__}. Give an XML file, a folder, or -.",
    )
    return Report(path, findings=(finding,), readable=False)


def _with_progress(files: list[str], *, quiet_stream: bool) -> Iterator[str]:
    """A bar on the terminal when there is a terminal and the work is long."""
    if len(files) < _LONG or quiet_stream or not sys.stderr.isatty():
        yield from files
        return
    with click.progressbar(files, label="checking", file=sys.stderr) as bar:
        yield from bar


def _show(report: Report, *, quiet: bool) -> None:
    from ediel.report.text import lines

    for line in lines(report, style=_style, quiet=quiet):
        click.echo(line)


def _style(text: str, kind: str) -> str:
    if os.environ.get("NO_COLOR"):
        return text
    return click.style(text, dim=True) if kind == "dim" else click.style(text, fg=_COLOURS.get(kind))
