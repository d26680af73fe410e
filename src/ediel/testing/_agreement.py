"""Whether tables, rules, orders, hub, samples, cases and docs of every process agree with the rows of ``ediel.brs``.

``python -m ediel.brs check`` runs it. A disagreement is a line: the process, where it is, what was found and what the
rows say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Final, get_args

import click

from ediel import brs
from ediel.brs import Process, Use
from ediel.codes import BusinessProcess, Role
from ediel.messages import MESSAGES
from ediel.messages.services import POLL_CHANNELS, SERVICES
from ediel.processes import BEGIN, MACHINES, Machine, Send, command, label_of, problems
from ediel.rules import judge, rules_of

__all__ = ["Disagreement", "disagreements", "main"]

_ON: Final = date(2026, 11, 25)
_NOT_PLAYED: Final = {brs.READING.code: "the stand-in hub does not pass readings on (docs/hub.md)"}
"""What market parties send and no table of the hub takes, with the reason."""
_GENERIC: Final = "answer"
"""Label of an answer whose message the facts name."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that does not agree with the row of a process.

    Attributes:
        process: BRS number, or the name of a table or case.
        where: ``rows``, ``services``, ``rules``, ``tables``, ``orders``, ``hub``, ``samples``, ``cases`` or ``docs``.
        text: what was found, and what was expected.
    """

    process: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.process}: {self.where}: {self.text}"


def disagreements() -> Iterator[Disagreement]:
    """Everything that does not agree; nothing when all does."""
    for row in brs.ROWS:
        for where, check in (("rows", _row), ("services", _services), ("rules", _rules), ("samples", _samples)):
            yield from (Disagreement(str(row.code), where, text) for text in check(row))
        yield from (Disagreement(str(row.code), "tables", text) for text in _followed(row))
    missing = [code for code in BusinessProcess if code not in {row.code for row in brs.ROWS}]
    yield from (Disagreement(str(code), "rows", "it is in the code list and has no row") for code in missing)
    for machine in MACHINES:
        yield from (Disagreement(machine.key, "tables", text) for text in _table(machine))
    yield from _ambiguous()
    yield from _orders()
    yield from _hub()
    yield from _cases()
    yield from _docs()


# --- rows, services, rules, samples


def _row(row: Process) -> Iterator[str]:
    for name, times in Counter(use.message for use in row.messages).items():
        if name not in MESSAGES:
            yield f"{name} is no message"
        if times > 1:
            yield f"{name} stands {times} times in the row; expected once"
    if row.messages and row.family is None:
        yield "it has messages and no family"
    if row.rollback is not None:
        other = brs.of(row.rollback)
        if row.requests and other.messages and set(row.requests) - set(other.requests):
            yield f"its rollback {other.code} does not use {', '.join(row.requests)}"
    for use in row.messages:
        if brs.is_rollback(row.code) and use.message in row.requests and not use.cancels:
            yield f"it rolls back, and {use.message} has no document type E02"


def _services(row: Process) -> Iterator[str]:
    operations = [operation for service in SERVICES for operation in service.operations]
    sent = {operation.message for operation in operations}
    answered = {name for operation in operations for name in operation.answers}
    for use in row.messages:
        if use.to_hub and use.message not in sent:
            yield f"no operation takes {use.message}, which market parties send"
        channels = [channel for channel, names in POLL_CHANNELS.items() if use.message in names]
        if use.from_hub and row.channel != "in the call" and not channels:
            yield f"no poll channel holds {use.message}, which Elhub sends"
        if use.from_hub and row.channel == "in the call" and use.message not in answered:
            yield f"no operation answers with {use.message}, though it is answered in the call"


def _rules(row: Process) -> Iterator[str]:
    rules = rules_of(row.code)
    if bool(rules) != bool(row.messages):
        yield f"{len(rules)} rules for {len(row.messages)} messages"
    names = {use.message for use in row.uses}
    for rule in rules:
        if set(rule.messages) - names:
            yield f"{rule.key} is about {', '.join(sorted(set(rule.messages) - names))}, which it does not use"
    if row.messages and row.family is not None and find_spec(f"ediel.rules.{row.family}") is None:
        yield f"there is no module ediel.rules.{row.family}"


def _samples(row: Process) -> Iterator[str]:
    from ediel.processes._labels import occurs
    from ediel.testing import conforming

    for use in (item for item in row.uses if item.message in MESSAGES):
        try:
            sample = conforming(row.code, use.message, random=Random(7), on=_ON)
        except ValueError as error:
            yield f"no sample of {use.message}: {error}"
            continue
        broken = [verdict.rule.key for verdict in judge(sample, _ON) if verdict.outcome == "failed"]
        if broken:
            yield f"the sample of {use.message} breaks {', '.join(broken)}"
        if not occurs(row, label_of(sample)):
            yield f"the sample of {use.message} is a {label_of(sample)}, which does not occur"


# --- process tables


def _is_hub(machine: Machine) -> bool:
    return Role.DDZ in machine.codes


def _followed(row: Process) -> Iterator[str]:
    """Every message of a process that tables follow is taken by one of the side that it goes to."""
    if not row.followed_by:
        return
    for use in row.messages:
        if use.from_hub and row.channel != "in the call" and not _takers(row, use, hub=False):
            yield f"no table of a market party takes {use.message}"
        if use.to_hub and not _takers(row, use, hub=True) and row.code not in _NOT_PLAYED:
            yield f"no table of the hub takes {use.message}"


def _takers(row: Process, use: Use, *, hub: bool) -> list[Machine]:
    return [
        machine
        for machine in MACHINES
        if _is_hub(machine) is hub
        and any(label.partition(":")[0] == use.message and machine.takes(row.code, label) for label in machine.receives)
    ]


def _table(machine: Machine) -> Iterator[str]:
    yield from problems(machine)
    rows = [brs.of(f"BRS-NO-{number}") for number in machine.processes]
    if not rows:
        yield f"it has a part in no process of {machine.family}"
    for label in machine.receives:
        if label not in machine.listens and not any(machine.takes(row.code, label) for row in rows):
            yield f"it receives {label}, which comes in none of its processes: {', '.join(machine.processes)}"
    for label in machine.sends:
        name = label.partition(":")[0]
        uses = [use for row in rows if (use := row.use(name)) is not None]
        if label != _GENERIC and not any(use.from_hub if _is_hub(machine) else use.to_hub for use in uses):
            yield f"it sends {label}, which goes that way in none of its processes: {', '.join(machine.processes)}"
    unknown = set(machine.codes) - set(Role)
    if unknown:
        yield f"unknown role {', '.join(sorted(unknown))}"


def _ambiguous() -> Iterator[Disagreement]:
    """At most one table of a role begins with a message in a process."""
    for row in brs.ROWS:
        begun: dict[tuple[str, str], list[str]] = {}
        for machine in MACHINES:
            for on in machine.begins_on:
                if on.kind == "message" and on.name not in machine.listens and machine.takes(row.code, on.name):
                    for role in machine.codes:
                        begun.setdefault((role, on.name), []).append(machine.key)
        for (role, label), keys in begun.items():
            if len(keys) > 1:
                yield Disagreement(str(row.code), "tables", f"{label} to {role} begins {' and '.join(keys)}")


# --- orders, the hub


def _orders() -> Iterator[Disagreement]:
    from ediel.engine import commands

    orders = {name: getattr(commands, name) for name in commands.__all__}
    for name, order in orders.items():
        if not hasattr(order, "machine"):
            continue  # a part of another, or what they all share
        kind = order.model_fields.get("kind")
        numbers = (order.brs,) if hasattr(order, "brs") else () if kind is None else get_args(kind.annotation)
        for number in numbers:
            row = brs.numbered(number)
            if row is None:
                continue  # a kind of something else
            machine = next(item for item in MACHINES if item.key == order.machine)
            module = order.__module__.rpartition(".")[2]
            if module not in row.followed_by:
                yield Disagreement(str(row.code), "orders", f"{name} stands in {module}; expected {row.family}")
            if number not in machine.processes:
                yield Disagreement(str(row.code), "orders", f"{name} begins {machine.key}, which has no part in it")
            sent = {
                effect.label.partition(":")[0]
                for item in machine.rows
                if item.on == command(order.does) and BEGIN in item.at
                for effect in item.do
                if isinstance(effect, Send)
            }
            if sent and not sent & set(row.requests):
                yield Disagreement(str(row.code), "orders", f"{name} sends {', '.join(sent)}, which it does not use")
            allowed = {role for use in row.messages if use.to_hub for role in use.roles or tuple(Role)}
            if set(order.roles) - allowed:
                odd = ", ".join(sorted(set(order.roles) - allowed))
                yield Disagreement(str(row.code), "orders", f"{name} may be given as {odd}, which no request of it may")


def _hub() -> Iterator[Disagreement]:
    from ediel.hub import decisions

    hubs = {machine.key: machine for machine in MACHINES if _is_hub(machine)}
    for key in decisions.TABLES:
        if key not in hubs:
            yield Disagreement(key, "hub", "the hub decides for a table that does not exist")
    for key, machine in hubs.items():
        module = find_spec(f"ediel.hub.decisions.{machine.family}")
        if key in decisions.TABLES and module is None:
            yield Disagreement(key, "hub", f"there is no module ediel.hub.decisions.{machine.family}")


# --- cases, docs


def _cases() -> Iterator[Disagreement]:
    from ediel.conformance._case import packaged, read_case

    for folder, file in packaged():
        case = read_case(file)
        rows = [brs.numbered(number) for number in case.brs]
        known = [row for row in rows if row is not None]
        if len(known) != len(rows):
            yield Disagreement(case.id, "cases", f"unknown process in {', '.join(case.brs)}")
        families = {row.family for row in known}
        if folder not in families:
            names = " or ".join(sorted(str(family) for family in families))
            yield Disagreement(case.id, "cases", f"it lies in {folder}; expected {names}")
        if case.role not in set(Role):
            yield Disagreement(case.id, "cases", f"unknown role {case.role}")
        for step in case.steps:
            if step.expect is None:
                continue
            fixed = step.where.get("process.business_process")
            about = known if fixed is None else [row for row in brs.ROWS if str(row.code) == fixed]
            if not any(row.use(step.expect) for row in about):
                numbers = ", ".join(str(row.code) for row in about) or str(fixed)
                yield Disagreement(case.id, "cases", f"it expects {step.expect} in {numbers}, which does not use it")


def docs_folder() -> Path | None:
    """The docs beside the package; ``None`` where only the package is installed."""
    folder = Path(__file__).resolve().parents[3] / "docs"
    return folder if (folder / "processes").is_dir() else None


def _docs() -> Iterator[Disagreement]:
    folder = docs_folder()
    if folder is None:
        return
    pages = {path.stem: path for path in (folder / "processes").glob("brs-no-*.md")}
    for row in brs.ROWS:
        path = pages.pop(str(row.code).lower(), None)
        if (path is not None) != bool(row.messages):
            found = "no page" if path is None else "a page"
            yield Disagreement(str(row.code), "docs", f"{found} for {len(row.messages)} messages; run make pages")
        if path is None:
            continue
        text = path.read_text(encoding="utf-8")
        gone = [use.message for use in row.uses if f"| {use.message} | {use.way} |" not in text]
        if gone:
            yield Disagreement(str(row.code), "docs", f"its page does not have {', '.join(gone)}; run make pages")
    yield from (Disagreement(name, "docs", "a page of no process; run make pages") for name in pages)
    titles = {path.read_text(encoding="utf-8").partition("\n")[0] for path in (folder / "tables").glob("*.md")}
    for machine in MACHINES:
        if f"# {machine.name}: {machine.role}" not in titles:
            yield Disagreement(machine.key, "docs", "no page of this table; run make pages")


def main(arguments: list[str]) -> int:
    """The command: 0 when everything agrees, 1 when something does not, 2 when it is called in another way."""
    if arguments != ["check"]:
        click.echo("usage: python -m ediel.brs check", err=True)
        return 2
    found = list(disagreements())
    for item in found:
        click.echo(item)
    uses = sum(len(row.uses) for row in brs.ROWS)
    beside = "" if docs_folder() is not None else " The docs are not beside the package: they were not checked."
    counted = f"{len(brs.ROWS)} processes, {uses} uses of a message, {len(MACHINES)} tables"
    click.echo(f"{counted}: {len(found)} disagreements.{beside}")
    return 1 if found else 0
