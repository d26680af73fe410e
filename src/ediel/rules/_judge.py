"""All rules, and how a message is judged by them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from ediel import brs
from ediel.codes import BusinessProcess
from ediel.messages import Composite, Message, fields_of
from ediel.report import Finding, RuleCount
from ediel.rules._common import common_rules
from ediel.rules._rule import Flaw, Known, Outcome, Result, Rule, Skip

if TYPE_CHECKING:
    from ediel.market import Profile, Register

_EVERYWHERE: Final = ("answers", "register")
"""Modules whose rules belong to many processes."""


@cache
def rules_of(process: BusinessProcess) -> tuple[Rule, ...]:
    """The rules of a process, in the order of its table; none when nothing is known of it."""
    result = [*common_rules(process)]
    family = brs.of(process).family
    for name in (*(() if family is None else (family,)), *_EVERYWHERE):
        result += (rule for rule in _family(name) if rule.process is process)
    return tuple(result)


@cache
def _family(name: str) -> tuple[Rule, ...]:
    return tuple(importlib.import_module(f"ediel.rules.{name}").rules())


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by process."""
    processes = sorted(BusinessProcess, key=lambda process: process.value)
    return tuple(rule for process in processes for rule in rules_of(process))


@runtime_checkable
class Alike(Protocol):
    """Payloads of a message that need not all be looked at: values in columns."""

    def alike(self) -> Iterable[tuple[object, Iterable[int]]]:
        """One payload of each group that differs in nothing that a rule looks at, with the places of all in the group.

        Nothing but identifications, parties, times of registration, and the values themselves may differ.
        """


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one rule came out for a message, and where it is broken."""

    rule: Rule
    outcome: Result
    flaws: tuple[Flaw, ...] = ()


@cache
def rules_for(process: BusinessProcess, message: str) -> tuple[Rule, ...]:
    """The rules that a message of a process is held against."""
    return tuple(rule for rule in rules_of(process) if not rule.messages or message in rule.messages)


def judge(
    message: Message,
    on: date | datetime | None = None,
    *,
    profile: Profile | None = None,
    register: Register | None = None,
) -> list[Verdict]:
    """Hold a message against every rule of its process.

    Args:
        message: a typed message.
        on: the Norwegian day of judgement, or an aware moment; without it the rules that need a date are unknown.
        profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
        register: what is known of the market; without it most rules that need it are unknown.

    Returns:
        One verdict per rule. A process without known rules has none.

    Raises:
        ValueError: ``on`` is a moment without a time zone.
        InvalidProfile: the file named by ``EDIEL_PROFILE`` cannot be used.
    """
    facts = Known.on(on, profile, register)
    fields = vars(message)
    plain, asking = _prepared(message.process.business_process, message.name())
    found = [_verdict(rule, outcomes, message, fields, facts) for rule, outcomes in plain]
    if register is None:
        return [*found, *(outcomes[Skip.UNKNOWN] for _, outcomes in asking)]
    return [*found, *(_verdict(rule, outcomes, message, fields, facts) for rule, outcomes in asking)]


def judge_published(message: Message, on: datetime) -> list[Verdict]:
    """Hold a message against the rules of its process that are published, and that it answers itself.

    Args:
        message: a typed message.
        on: the moment, aware.
    """
    plain = _published(message.process.business_process, message.name())
    if not plain:
        return []
    facts, fields = Known.on(on), vars(message)
    return [_verdict(rule, outcomes, message, fields, facts) for rule, outcomes in plain]


Plain = dict[Skip | None, Verdict]
"""The verdicts of a rule that need no flaws, made once: passed for ``None``, and one for each way to have none."""


Prepared = tuple[tuple[Rule, Plain], ...]


@cache
def _prepared(process: BusinessProcess, message: str) -> tuple[Prepared, Prepared]:
    """The rules of a message with their plain verdicts: those that it answers itself, and those that ask the register."""
    both = tuple(
        (
            rule,
            {
                None: Verdict(rule, "passed"),
                Skip.NOT_APPLICABLE: Verdict(rule, "not applicable"),
                Skip.UNKNOWN: Verdict(rule, "unknown"),
            },
        )
        for rule in rules_for(process, message)
    )
    return (
        tuple(item for item in both if item[0].needs != "register"),
        tuple(item for item in both if item[0].needs == "register"),
    )


@cache
def _published(process: BusinessProcess, message: str) -> Prepared:
    return tuple(item for item in _prepared(process, message)[0] if item[0].standing == "published")


def _verdict(rule: Rule, plain: Plain, message: Message, fields: dict[str, Any], facts: Known) -> Verdict:
    if not rule.each:
        prefix, result = "", _check(rule, message, facts)
    elif "payload" in fields:
        prefix, result = "payload.", _check(rule, fields["payload"], facts)
    else:
        return _over_all(rule, plain, fields["payloads"], facts)
    if isinstance(result, Skip):
        return plain[result]
    flaws = _placed(prefix, result)
    return Verdict(rule, "failed", flaws) if flaws else plain[None]


def _check(rule: Rule, subject: object, facts: Known) -> Outcome:
    """What a rule says; unknown where its dates lead out of the calendar, such as ten years after the year 9999."""
    try:
        return rule.check(subject, facts)
    except (OverflowError, ValueError):
        return Skip.UNKNOWN


def _over_all(rule: Rule, plain: Plain, payloads: Sequence[object], facts: Known) -> Verdict:
    """Failed where any payload fails; otherwise unknown where any is; passed where any passed."""
    flaws: list[tuple[int, tuple[Flaw, ...]]] = []
    passed = unknown = False
    for payload, places in _groups(rule, payloads):
        result = _check(rule, payload, facts)
        if isinstance(result, Skip):
            unknown |= result is Skip.UNKNOWN
            continue
        found = tuple(result)
        passed |= not found
        if found:
            flaws += ((place, _placed(f"payloads.{place}.", found)) for place in places)
    if flaws:
        flaws.sort(key=itemgetter(0))
        return Verdict(rule, "failed", tuple(flaw for _, some in flaws for flaw in some))
    return plain[Skip.UNKNOWN if unknown else None if passed else Skip.NOT_APPLICABLE]


def _groups(rule: Rule, payloads: Sequence[object]) -> Iterable[tuple[object, Iterable[int]]]:
    """Each payload with its place; of those that are alike to every rule which asks no register, one with all places."""
    if isinstance(payloads, Alike) and rule.needs != "register":
        return payloads.alike()
    return ((payload, (place,)) for place, payload in enumerate(payloads))


def _placed(prefix: str, flaws: Iterable[Flaw]) -> tuple[Flaw, ...]:
    """Flaws with their place in the message."""
    if flaws == ():
        return ()
    return tuple(Flaw(f"{prefix}{flaw.at}", flaw.found, flaw.expected) for flaw in flaws)


def count(verdicts: list[Verdict]) -> RuleCount:
    """How the rules came out."""
    outcomes = [verdict.outcome for verdict in verdicts]
    failed = outcomes.count("failed")
    return RuleCount(
        applied=failed + outcomes.count("passed"),
        failed=failed,
        not_applicable=outcomes.count("not applicable"),
        unknown=outcomes.count("unknown"),
    )


Line = Callable[[str], int | None]
"""From a path of element names, the line of the element, or of the nearest one above it."""


def findings(
    message: Message, verdicts: list[Verdict], *, line: Line | None = None, strict: bool = False
) -> Iterator[Finding]:
    """A finding for each flaw.

    Args:
        message: the message that was judged.
        verdicts: what ``judge`` gave.
        line: finds lines; without it findings have none.
        strict: warnings are errors.
    """
    for verdict in verdicts:
        rule = verdict.rule
        for flaw in verdict.flaws:
            path = wire_path(message, flaw.at)
            yield Finding(
                rule=rule.key,
                text=f"Rule broken: {rule.text}",
                severity="error" if strict or rule.standing == "published" else "warning",
                path=path,
                line=line(path) if line else None,
                found=flaw.found,
                expected=flaw.expected,
                code=rule.code,
                standing=rule.standing,
                source=rule.source,
                code_standing=rule.code_standing,
                text_nb=f"Regelen er brutt: {rule.text_nb}",
                layer="register" if rule.needs == "register" else "process",
            )


def wire_path(message: Message, at: str) -> str:
    """Element names with positions, for a dotted path of field names.

    Raises:
        LookupError: there is no such field.
    """
    steps = [message.name()]
    model: type[Composite] = type(message)
    value: Any = message
    names = iter(at.split("."))
    for name in names:
        spec = next((item for item in fields_of(model) if item.name == name), None)
        if spec is None:
            raise LookupError(f"{model.__name__} has no field {name}")
        if spec.kind == "agency":
            owner = next(item for item in fields_of(model) if item.name == spec.path[0])
            return "/" + "/".join((*steps, *owner.path))
        steps += spec.path
        value = None if value is None else getattr(value, name)
        if spec.many:
            index = int(next(names, "0"))
            many = value or ()
            if len(many) > 1:
                steps[-1] += f"[{index + 1}]"
            value = many[index] if index < len(many) else None
        if spec.model is None:
            break
        model = spec.model
    return "/" + "/".join(steps)
