"""``ediel validate``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn

import click

from ediel.cli._files import emit, expand, passed_over
from ediel.cli._inputs import INPUTS
from ediel.cli._judging import Judged, Judging, judge_all
from ediel.cli._moment import MOMENT, MOMENT_HELP
from ediel.report import FAIL_ON, FORMS

if TYPE_CHECKING:
    from ediel.report import Choice, FailOn, How, Report

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
    "--lang",
    type=click.Choice(["en", "nb"]),
    default="en",
    show_default=True,
    help="Language of text, page and titles.",
)
@click.option(
    "--level",
    type=click.Choice(["schema", "rules"]),
    default="rules",
    show_default=True,
    help="Judge by the schema alone, or by the business rules too.",
)
@click.option("--on", type=MOMENT, help=MOMENT_HELP)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="How sure an objection is, at least, for exit code 1; unknown: whatever could not be judged too.  "
    "[default: published]",
)
@click.option("--strict", is_flag=True, help="Warnings of rules count as errors; the same as --fail-on assumed.")
@click.option("--profile", metavar="FILE", help="Time limits that replace packaged ones (or EDIEL_PROFILE).")
@click.option("--register", metavar="FILE", help="The market, as JSON: points, contracts, parties.")
@click.option("--schemas", metavar="DIR", help="Judge by the XSD documents in this folder, such as Elhub's own.")
@click.option("--release", metavar="RELEASE", help="Release of EMIF.  [default: 2.4.3]")
@click.option("--select", multiple=True, metavar="RULE", help="Count these rules alone: BRS-NO-313, 'XSD/*', E17.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Leave these rules out.")
@click.option("--baseline", "known", metavar="FILE", help="Leave out the findings that this file knows.")
@click.option("--write-baseline", metavar="FILE", help="Write what is found into a baseline.")
@click.option("--fix", "fixing", is_flag=True, help="Write NAME.fixed.xml beside a file where a correction is certain.")
@click.option("--jobs", "-j", type=click.IntRange(0), default=1, show_default=True, help="Processes; 0: one per core.")
@click.option("--watch", is_flag=True, help="Judge files again whenever they are written, until stopped.")
@click.option("--quiet", "-q", is_flag=True, help="Leave messages without findings out of the text.")
@click.option("--show-person-data", is_flag=True, help="Show values about people instead of masking them.")
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    lang: Literal["en", "nb"],
    level: Literal["schema", "rules"],
    on: date | None,
    fail_on: FailOn | None,
    strict: bool,
    profile: str | None,
    register: str | None,
    schemas: str | None,
    release: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    known: str | None,
    write_baseline: str | None,
    fixing: bool,
    jobs: int,
    watch: bool,
    quiet: bool,
    show_person_data: bool,
) -> None:
    """Check whether Elhub would accept the messages in files or folders.

    A PATH is an XML file (or a gzip file of one), a zip archive or a folder with such files, or - for standard input. A
    file may hold a message, a SOAP envelope, or a poll response with many messages: each is judged by itself.

    A message is refused where a published fact speaks against it, doubtful where something inferred or assumed does,
    and otherwise not refused, with what is unknown named beside it. With --register the rules that need to know the
    market are judged too: docs/register.md shows the form of the file.

    Options may stand in ediel.toml, under [validate], or in pyproject.toml, under [tool.ediel.validate].

    Exit code: 0 nothing is refused, 1 something is (or whatever --fail-on names), 2 something could not be read or
    nothing was checked, 3 a package is missing.
    """
    from ediel.report import PLACED, How, Summary, baseline
    from ediel.report.text import summary_line, unknown_lines

    how = How(lang, fail_on or ("assumed" if strict else "published"), shutil.get_terminal_size().columns)
    judging = Judging(
        level, _moment(on), strict, profile, register, schemas, release, show_person_data, form in PLACED, fixing
    )
    choice = _choice(select, ignore, known)
    if watch:
        if form != "text" or output is not None or write_baseline or "-" in paths:
            raise click.UsageError("--watch prints text, of files: it goes with no --format, -o, --write-baseline or -")
        _watch(paths, judging, choice, how, quiet=quiet)
    passed: list[str] = []
    files = list(expand(paths, endings=INPUTS, passed=passed))
    reports: list[Report] = []
    whole: list[Report] = []
    notes: list[str] = []
    left_out = 0
    printing = form == "text" and output is None
    work = judge_all(judging, files, jobs or os.cpu_count() or 1)
    for found in _with_progress(work, len(files), quiet_stream=printing and sys.stdout.isatty()):
        notes += found.notes
        for report in found.reports:
            chosen, fewer = choice.of(report)
            left_out += fewer
            reports.append(chosen)
            if write_baseline:
                whole.append(report)
            if printing:
                _show(chosen, quiet=quiet, lang=lang)
    if notice := passed_over(passed):
        click.echo(f"ediel: {notice}", err=True)
    if left_out:
        words = "1 finding was left out" if left_out == 1 else f"{left_out} findings were left out"
        click.echo(f"ediel: {words} by --select, --ignore or --baseline", err=True)
    for note in notes:
        click.echo(note, err=True)
    if write_baseline:
        emit(baseline(whole).encode(), write_baseline)
    summary = Summary.of(reports)
    if printing:
        for line in unknown_lines(reports, lang, how.width):
            click.echo(line)
        click.echo(summary_line(summary, lang))
    else:
        emit(FORMS[form](reports, how).encode(), output)
        if output is not None:
            click.echo(f"{summary_line(summary, lang)} The report is in {output}.", err=True)
    sys.exit(summary.exit_code_on(how.fail_on))


def _watch(paths: tuple[str, ...], judging: Judging, choice: Choice, how: How, *, quiet: bool) -> NoReturn:
    """Judge what is there, then each file that is written, until Ctrl-C; the exit code is that of all as they stand."""
    from ediel.cli._watching import changes
    from ediel.report import Summary
    from ediel.report.text import summary_line

    latest: dict[str, list[Report]] = {}
    try:
        for files in changes(paths, INPUTS):
            for file in files:
                found = next(judge_all(judging, [file], 1))
                latest[file] = [choice.of(report)[0] for report in found.reports]
                for report in latest[file]:
                    _show(report, quiet=quiet, lang=how.lang)
                for note in found.notes:
                    click.echo(note, err=True)
            latest = {file: reports for file, reports in latest.items() if Path(file).exists()}
            summary = Summary.of([report for reports in latest.values() for report in reports])
            click.echo(f"{summary_line(summary, how.lang)} Watching; Ctrl-C ends.")
    except KeyboardInterrupt:
        click.echo()
    summary = Summary.of([report for reports in latest.values() for report in reports])
    sys.exit(summary.exit_code_on(how.fail_on))


def _moment(on: date | None) -> date:
    """When to judge: as given, or now."""
    from ediel.rules import Known

    when = on or datetime.now(UTC)
    try:
        Known.on(when)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--on") from None
    return when


def _choice(select: tuple[str, ...], ignore: tuple[str, ...], known: str | None) -> Choice:
    from ediel.report import Choice, read_baseline

    try:
        return Choice(select, ignore, read_baseline(known) if known else frozenset())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from None


def _with_progress(work: Iterator[Judged], count: int, *, quiet_stream: bool) -> Iterator[Judged]:
    """A bar on the terminal when there is a terminal and the work is long."""
    if count < _LONG or quiet_stream or not sys.stderr.isatty():
        yield from work
        return
    with click.progressbar(work, length=count, label="checking", file=sys.stderr) as bar:
        yield from bar


def _show(report: Report, *, quiet: bool, lang: Literal["en", "nb"]) -> None:
    from ediel.report.text import lines

    for line in lines(report, style=_style, quiet=quiet, lang=lang):
        click.echo(line)


def _style(text: str, kind: str) -> str:
    if os.environ.get("NO_COLOR"):
        return text
    return click.style(text, dim=True) if kind == "dim" else click.style(text, fg=_COLOURS.get(kind))
