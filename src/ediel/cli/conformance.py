"""``ediel conformance``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar

import click

from ediel.cli import _complete
from ediel.cli._wire import needs_extra, read_config

if TYPE_CHECKING:
    from pathlib import Path

    from ediel.conformance import Case, CaseResult

F = TypeVar("F", bound=Callable[..., object])
Language = Literal["en", "nb"]
_LANGUAGES = click.Choice(["en", "nb"])
_STRIKES = "Strikes your system once; docs/hub.md lists them."
_CHOICES = click.Choice(["text", "json", "junit", "html", "zip"])


@click.group("conformance", short_help="List and run approval cases against a hub on this machine.")
def command() -> None:
    """List and run approval cases against a hub on this machine.

    Each case says whether its steps are published, inferred or assumed; Elhub published little more than names.
    """


def _chosen(names: tuple[str, ...], role: str | None, brs: str | None) -> list[Case]:
    from ediel.conformance import case, cases

    chosen = [case(name) for name in names] or list(cases())
    number = None if brs is None else brs.rpartition("-")[2]
    return [item for item in chosen if role in {None, item.role} and (number is None or number in item.brs)]


_role = click.option("--role", help="Only cases for a role, such as DDQ.")
_brs = click.option("--brs", help="Only cases of a process, such as 101.", shell_complete=_complete.processes)


@command.command("list", short_help="List the cases.")
@_role
@_brs
def list_(role: str | None, brs: str | None) -> None:
    """List the cases."""
    from ediel.cli._database import aligned

    chosen = _chosen((), role, brs)
    rows = [("case", "role", "brs", "standing", "title")]
    rows += [(item.id, item.role, " ".join(item.brs), item.standing, item.title) for item in chosen]
    click.echo("\n".join(aligned(rows)))


@command.command("show", short_help="Show a case, step by step.")
@click.argument("name", shell_complete=_complete.cases)
def show(name: str) -> None:
    """Show a case, step by step."""
    from ediel.conformance import case

    chosen = case(name)
    click.echo(f"{chosen.id}: {chosen.title}\n{chosen.title_nb}")
    click.echo(f"role {chosen.role}; BRS {' '.join(chosen.brs)}; metering point: {chosen.point}")
    click.echo(f"{chosen.standing}: {chosen.source}" + (f"; {chosen.why}" if chosen.why else ""))
    for place, step in enumerate(chosen.steps, 1):
        details = {**step.with_, **step.where}
        more = "".join(f"\n      {key}: {value}" for key, value in details.items())
        click.echo(f"  {place:>2}. {step.title()}{f' ({step.why})' if step.why else ''}{more}")


@command.command("matrix", short_help="Count the cases by role and process.")
def matrix() -> None:
    """Count the cases by role and process, and how certain their steps are."""
    from ediel.cli._database import aligned
    from ediel.conformance import matrix as rows_of

    rows = [("role", "brs", "cases", "published", "inferred", "assumed")]
    for role, number, count, standing in rows_of():
        sure, inferred, assumed = (str(value) for value in standing.values())
        rows.append((role, number, str(count), sure, inferred, assumed))
    click.echo("\n".join(aligned(rows)))


def _written(function: F) -> F:
    """The options that say how results are written."""
    for option in (
        click.option("--output", "-o", metavar="FILE", help="Where to write it.  [default: standard output]"),
        click.option("--language", type=_LANGUAGES, default="en", show_default=True, help="Of the page."),
        click.option("--format", "form", type=_CHOICES, default="text", show_default=True),
    ):
        function = option(function)
    return function


def _show(result: CaseResult, form: str) -> None:
    """One result, on standard error where standard output is for the evidence."""
    bad = result.failed
    text = f"{result.verdict:<12} {result.case.id:<22} {result.case.title}"
    if bad is not None:
        text += f"\n  step {bad.place + 1}, {bad.title}: {bad.text}"
        text += f"\n  the fault is probably {result.fault}" if result.fault else ""
    text += "".join(f"\n  noticed: {note}" for note in result.notes)
    click.echo(text, err=form != "text")


def _end(results: list[CaseResult], target: str, form: str, language: Language, output: str | None) -> NoReturn:
    """The evidence, the count, and the exit code."""
    import platform
    from importlib.metadata import version

    from ediel import __version__
    from ediel.cli._files import emit
    from ediel.conformance import FORMS

    about = {
        "target": target, "run": datetime.now(UTC).isoformat(timespec="minutes"), "ediel": __version__,
        "python": platform.python_version(), "lxml": version("lxml"), "system": platform.system(),
    }  # fmt: skip
    if form != "text":
        text = FORMS[form](results, about, language)
        emit(text if isinstance(text, bytes) else text.encode(), output)
    good = sum(result.verdict == "passed" for result in results)
    blocked = sum(result.verdict == "blocked" for result in results)
    click.echo(
        f"{good} of {len(results)} cases passed" + (f", {blocked} are blocked" if blocked else ""), err=form != "text"
    )
    sys.exit(0 if good == len(results) else 3 if good + blocked == len(results) else 1)


@command.command("run", short_help="Run cases against a hub in this process, or one elsewhere.")
@click.argument("names", nargs=-1, metavar="[CASE]...", shell_complete=_complete.cases)
@_role
@_brs
@click.option("--file", "files", multiple=True, metavar="FILE", help="A case of your own, as TOML.")
@click.option("--target", default="simulator", show_default=True, metavar="TARGET", help="simulator, or elsewhere.")
@click.option("--config", metavar="FILE", help="Elsewhere: certificates, database and hub, as for `ediel run`.")
@click.option("--market", metavar="FILE", help="Elsewhere: the parties and metering points that you were given.")
@click.option("--admin", metavar="URL", help="Elsewhere: back office of a stand-in hub; token in EDIEL_HUB_TOKEN.")
@click.option("--run", "folder", metavar="DIR", help="Elsewhere: where the run is kept.  [default: conformance-run]")
@click.option("--patience", default=60.0, show_default=True, help="Elsewhere: seconds in which an answer comes.")
@_written
def run(
    names: tuple[str, ...], role: str | None, brs: str | None, files: tuple[str, ...], target: str, config: str | None,
    market: str | None, admin: str | None, folder: str | None, patience: float, form: str, language: Language,
    output: str | None,
) -> None:  # fmt: skip
    """Run cases against a hub in this process, whose clock jumps from step to step; or, as your own party, elsewhere.

    With --target elsewhere the hub is that of --config: MT1, or a stand-in hub on another machine. The same cases take
    real time then: what needs a person or time blocks a case, and `ediel conformance resume DIR` goes on.

    Exit codes: 0 all passed, 1 some did not, 2 nothing was run, 3 some are blocked.
    """
    from pathlib import Path

    try:
        from ediel.conformance import read_case, run_case
        from ediel.hub import Seed
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    chosen = [read_case(Path(name)) for name in files]
    if names or not files:
        chosen += _chosen(names, role, brs)
    if not chosen:
        raise click.UsageError("no case fits; ediel conformance list shows them")
    if target == "elsewhere":
        if config is None or market is None:
            raise click.UsageError("--target elsewhere needs --config and --market")
        plan = {
            "cases": [item.id for item in chosen], "files": [str(Path(name).resolve()) for name in files],
            "config": str(Path(config).resolve()), "market": str(Path(market).resolve()), "admin": admin,
            "patience": patience,
        }  # fmt: skip
        home = Path(folder or "conformance-run")
        if (home / _PLAN).exists():
            raise click.ClickException(f"{home} is a run already; `ediel conformance resume {home}` goes on with it")
        read_config(config).target()  # what cannot be read begins no run
        Seed.read(Path(market))
        home.mkdir(parents=True, exist_ok=True)
        (home / _PLAN).write_text(json.dumps(plan, indent=1), encoding="utf-8")
        _elsewhere(home, False, False, form, language, output)
    if target != "simulator":
        raise click.BadParameter(f"{target} is neither simulator nor elsewhere", param_hint="--target")
    results = []
    for item in chosen:
        results.append(run_case(item))
        _show(results[-1], form)
    _end(results, "simulator", form, language, output)


_PLAN = "plan.json"


@command.command("resume", short_help="Go on with a run against a hub elsewhere.")
@click.argument("folder", metavar="DIR")
@click.option("--done", is_flag=True, help="The manual step has been done.")
@click.option("--give-up", is_flag=True, help="Stop waiting: what has not come will not come.")
@_written
def resume(folder: str, done: bool, give_up: bool, form: str, language: Language, output: str | None) -> None:
    """Go on with a run against a hub elsewhere, where it was: blocked, stopped or killed. Exit codes as for `run`."""
    from pathlib import Path

    home = Path(folder)
    if not (home / _PLAN).is_file():
        raise click.ClickException(
            f"{folder} is no run; `ediel conformance run --target elsewhere --run {folder}` begins one"
        )
    _elsewhere(home, done, give_up, form, language, output)


def _elsewhere(home: Path, done: bool, give_up: bool, form: str, language: Language, output: str | None) -> NoReturn:
    """Begin or go on with the cases of a run."""
    from contextlib import ExitStack
    from datetime import UTC, datetime
    from pathlib import Path

    try:
        from ediel.conformance import (
            BackOffice,
            CaseResult,
            InvalidRun,
            Run,
            StepFailed,
            StepResult,
            Target,
            case,
            read_case,
        )
        from ediel.engine import Engine
        from ediel.hub import Seed
        from ediel.transport import Clients, Config, Courier
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    try:
        plan = json.loads((home / _PLAN).read_text(encoding="utf-8"))
    except ValueError:
        raise click.ClickException(f"{home / _PLAN} is no plan of a run; begin anew in another folder") from None
    own = {item.id: item for item in (read_case(Path(name)) for name in plan["files"])}
    results = []
    with ExitStack() as stack:
        config = Config.read(plan["config"])
        token = os.environ.get("EDIEL_HUB_TOKEN")  # never kept in the plan
        office = None if plan["admin"] is None else BackOffice(plan["admin"], token)
        clock = (lambda: datetime.now(UTC)) if office is None else office.now
        if office is not None:
            stack.callback(office.close)
        clients = stack.enter_context(Clients(config))
        engine = Engine.open(config.database_url(), clock=clock)
        stack.callback(engine.close)
        environment = config.target()
        target = Target(
            f"{environment.name} {environment.address}", engine, Courier(engine, clients.of),
            Seed.read(Path(plan["market"])), clock, office, plan["patience"],
        )  # fmt: skip
        for name in plan["cases"]:
            item = own.get(name) or case(name)
            try:
                results.append(Run(item, target, home / f"{name}.json").go(done=done, give_up=give_up))
            except (InvalidRun, StepFailed) as error:  # others may have their party, point or answer
                title = item.steps[0].title()
                results.append(CaseResult(item, [StepResult(0, title, "inconclusive", str(error))]))
            _show(results[-1], form)
    _end(results, target.name, form, language, output)


@command.command("host", short_help="Play Elhub and everybody else; judge your own system.")
@click.argument("names", nargs=-1, metavar="[CASE]...", shell_complete=_complete.cases)
@_role
@_brs
@click.option("--file", "files", multiple=True, metavar="FILE", help="A case of your own, as TOML.")
@click.option("--port", default=8200, show_default=True, type=click.IntRange(0, 65535))
@click.option("--listen", default="127.0.0.1", show_default=True, help="For whom; there is no password.")
@click.option("--keys", metavar="DIR", help="Certificates; made when missing.  [default: in your data folder]")
@click.option("--patience", default=300.0, show_default=True, help="Seconds that your system has for each step.")
@click.option("--misbehaviour", "misbehaviours", multiple=True, metavar="KIND", help=_STRIKES)
@_written
def host(
    names: tuple[str, ...], role: str | None, brs: str | None, files: tuple[str, ...], port: int, listen: str,
    keys: str | None, patience: float, misbehaviours: tuple[str, ...], form: str, language: Language,
    output: str | None,
) -> None:  # fmt: skip
    """Play Elhub and everybody else, and judge what your own system sends, fetches and acknowledges.

    For each case a hub listens on --port, with a market of its own; your system talks SOAP to it as to Elhub, and signs
    with the certificate that is named. Each thing to do is shown step by step. Exit codes as for `run`.
    """
    from pathlib import Path

    try:
        from ediel.conformance import BEGIN, host_case, hosted, read_case
        from ediel.hub import KINDS, SERVICES, keys_folder
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    for kind in misbehaviours:
        if kind not in KINDS:
            raise click.BadParameter(f"{kind} is none of {', '.join(KINDS)}", param_hint="--misbehaviour")
    chosen = [read_case(Path(name)) for name in files]
    if names or not files:
        chosen += _chosen(names, role, brs)
    if not chosen:
        raise click.UsageError("no case fits; ediel conformance list shows them")
    results = []
    for item in chosen:
        with hosted(item, keys=Path(keys) if keys else keys_folder(), port=port, listen=listen) as place:
            click.echo(f"{item.id}: {item.title}", err=True)
            click.echo(f"  Elhub is {place.address}{SERVICES}, your system is {place.gln}", err=True)
            click.echo(f"  certificate and key: {place.pem}", err=True)
            click.echo(f"  the market's clock is {BEGIN:%Y-%m-%d %H:%M}; the case moves it", err=True)
            results.append(
                host_case(
                    item, place, tell=lambda text: click.echo(f"  > {text}", err=True), patience=patience,
                    misbehaviours=misbehaviours,
                )
            )  # fmt: skip
        _show(results[-1], form)
    _end(results, "system under test", form, language, output)


@command.command("new", short_help="Write a template for a case of your own.")
@click.argument("name", shell_complete=_complete.cases)
@click.option("--output", "-o", metavar="FILE", help="Where to write it.  [default: NAME.toml]")
def new(name: str, output: str | None) -> None:
    """Write a template for a case of your own: a role, three digits and a number, such as DDQ101-90."""
    from pathlib import Path

    from ediel.cli._files import emit
    from ediel.conformance import InvalidCase, template

    target = output or f"{name}.toml"
    if output != "-" and Path(target).exists():
        raise click.ClickException(f"{target} is there already; name another with --output")
    try:
        text = template(name)
    except InvalidCase as error:
        raise click.ClickException(str(error)) from None
    emit(text.encode(), target)
    if target != "-":
        click.echo(f"{target}; `ediel conformance run --file {target}` runs it")


@command.command("market", short_help="Write the market of the cases, for a stand-in hub elsewhere.")
@click.option("--output", "-o", metavar="FILE", help="Where to write it.  [default: standard output]")
def market(output: str | None) -> None:
    """Write the market of the cases as JSON: for `ediel hub serve --seed`, and for --market.

    For MT1, write a file of that form with the parties and metering points that you were given; docs/hub.md describes
    it.
    """
    from ediel.cli._files import emit

    try:
        from ediel.conformance import BEGIN
        from ediel.conformance import market as made
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    emit(made(BEGIN.date()).to_json().encode(), output)
