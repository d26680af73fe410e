"""Consents of end users (EI-1363): checked when a start of supply begins, and spent when Elhub has notified of it.

What is known of a consent is what its process knows (``ediel.processes.authorisation``); whoever follows the Access API
tells it that (``ediel.rest.Consents``). A consent that does not fit is warned of: which codes Elhub refuses those with,
and since when, is not published. That ConsentID is the grant's identification is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, TypeGuard

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, EndUserScheme, Standing
from ediel.engine._apply import Applied, apply
from ediel.engine._marks import MASK
from ediel.engine._party import Party
from ediel.engine.commands import ChangeOfSupplier, Command, MoveIn
from ediel.engine.errors import EngineError, PreflightRefused
from ediel.processes import Instance, Trigger, decision, machine, step
from ediel.processes._changes import mark_of
from ediel.processes.authorisation import SUPPLIER, Consent
from ediel.processes.supply import StartRequest
from ediel.report import Finding, MessageReport, Report
from ediel.store import Unit

if TYPE_CHECKING:
    from ediel.engine._work import Work

__all__ = ["Consented", "consented", "spend"]

_CHANGE: Final = "ChangeOfBalanceSupplierForPerson"
_CONFIRMED: Final = frozenset({"notified", "supplying"})
_NAME: Final = "RequestStartOfSupply"
_AGM: Final = "EI-1363; auth-grant-manager"

_PROBLEMS: Final[dict[str, tuple[str, Standing]]] = {
    "none": ("No consent of the end user goes with the request, though consent control applies", "assumed"),
    "unknown": ("Nothing is known here of the consent at this metering point, so it could not be checked", "assumed"),
    "not-granted": ("The end user has not granted the consent: no ConsentID goes with the request", "inferred"),
    "over": ("The consent can be used no more", "inferred"),
    "point": ("The consent is for another metering point", "inferred"),
    "process": ("The consent is of another kind", "inferred"),
    "person": ("The consent is another person's", "inferred"),
    "date": ("The consent is for another day", "inferred"),
    "used": ("The consent goes with another start of supply already", "inferred"),
}
"""What may be wrong with a consent, and how sure it is that Elhub minds; no codes are published."""
_NOBODY: Final = frozenset({"", MASK})
"""Marks that tell nothing: it was not known whose consent it is, or the person was erased."""
_DOUBTS: Final = frozenset({"unknown"})
"""What is not known stops no message, however strict the engine is."""


@dataclass(frozen=True, slots=True)
class Consented:
    """An order with the consent that belongs to it, looked up and checked.

    Attributes:
        order: the order, with the identification of the grant where there is one.
        consent: the process of the consent, where there is one and it can be used.
        warnings: what is wrong with it.
    """

    order: Command
    consent: Instance | None = None
    warnings: tuple[Finding, ...] = ()

    def attach(self, unit: Unit, work: Work, made: Applied, now: datetime) -> Applied:
        """Note the start of supply with its consent, in the unit of work that begins it."""
        if self.consent is not None:
            trigger = Trigger(decision("attach"), data={"switch": made.instance.id})
            work.make(unit, machine(self.consent.machine), self.consent, trigger, now)
        return replace(made, warnings=(*self.warnings, *made.warnings)) if self.warnings else made


def consented(
    unit: Unit, order: Command, party: Party, now: datetime, *, control: bool = False, strict: bool = False
) -> Consented:
    """Look the consent of an order up, and check it.

    Args:
        unit: the unit of work in which the order begins.
        order: any order; those that no consent belongs to are given back as they are.
        party: who orders.
        now: the moment.
        control: whether consent control applies.
        strict: an order whose consent is wrong is not sent.

    Raises:
        EngineError: the process that is named is none of a consent of the party.
        PreflightRefused: strict, and the consent is wrong or missing.
    """
    if not _takes_consent(order):
        return Consented(order)
    named = order.consent or order.consent_id
    if named is None:
        missing = control and order.customer.identification_scheme is EndUserScheme.NATIONAL_IDENTITY_NUMBER
        return _judged(Consented(order), ("none",) if missing else (), {}, strict=strict)
    found = _find(unit, order, party, named)
    if found is None:
        given = order.model_copy(update={"consent_id": named, "consent": None})
        return _judged(Consented(given), ("unknown",) if order.consent else (), {}, strict=strict)
    consent, facts = found
    given = order.model_copy(update={"consent_id": facts.grant, "consent": None})
    problems = dict(_problems(unit, order, consent, facts, market_day(now)))
    usable = consent if consent.state == "active" else None
    return _judged(Consented(given, usable), tuple(problems), problems, strict=strict)


def spend(unit: Unit, applied: Iterable[Applied], now: datetime) -> tuple[Applied, ...]:
    """Spend the consents of starts of supply that Elhub has notified of, in the unit of work that has heard of it."""
    return tuple(done for item in applied if (done := _spent(unit, item, now)) is not None)


def _spent(unit: Unit, item: Applied, now: datetime) -> Applied | None:
    switch, facts = item.instance, item.instance.facts
    if not item.moved or switch.state not in _CONFIRMED or not isinstance(facts, StartRequest):
        return None
    grant = None if facts.payload is None else facts.payload.value.consent_id
    if grant is None:
        return None
    for consent, known in _consents(unit, str(facts.metering_point), switch.party):
        if known.grant == grant and consent.state == "active":
            trigger = Trigger(decision("spend"), data={"switch": switch.id})
            table = machine(consent.machine)
            return apply(unit, table, consent, step(table, consent, trigger, now), now, ())
    return None


def _consents(unit: Unit, metering_point: str, party: str) -> Iterator[tuple[Instance, Consent]]:
    """The consents of a party at a metering point, the latest first."""
    for item in reversed(unit.instances_at(metering_point, SUPPLIER.key, party)):
        if isinstance(item.facts, Consent):
            yield item, item.facts


def _takes_consent(order: Command) -> TypeGuard[ChangeOfSupplier | MoveIn]:
    return isinstance(order, ChangeOfSupplier | MoveIn)


def _find(unit: Unit, order: ChangeOfSupplier | MoveIn, party: Party, named: str) -> tuple[Instance, Consent] | None:
    """The process of a consent: named itself, or the one at the metering point that has the grant."""
    own = unit.instance(named)
    if own is not None and own.party == party.gln:
        if not isinstance(own.facts, Consent):
            raise EngineError(f"the process {named} is of {own.machine}; expected the process of a consent")
        return own, own.facts
    consents = _consents(unit, str(order.metering_point), party.gln)
    return next((found for found in consents if found[1].grant == named), None)


def _problems(
    unit: Unit, order: ChangeOfSupplier | MoveIn, consent: Instance, facts: Consent, today: date
) -> Iterator[tuple[str, tuple[str, str]]]:
    """What does not fit: the key of a problem, what was found, and what was expected. Nothing about people."""
    if facts.grant is None:
        yield "not-granted", (f"the consent is {consent.state}", "a consent that is active")
    elif consent.state != "active":
        yield "over", (f"the consent is {consent.state}", "a consent that is active")
    if facts.metering_point != order.metering_point:
        yield "point", (str(facts.metering_point), str(order.metering_point))
    wanted = order.process(today)
    change = brs.of(BusinessProcess(wanted)).end_user != "in"
    if facts.kind is not None and (facts.kind == _CHANGE) != change:
        yield "process", (facts.kind, f"a consent for {wanted}")
    if facts.customer not in _NOBODY and facts.customer != mark_of(str(order.customer.identification)):
        yield "person", ("another person", "the customer of the order")
    if facts.valid_to is not None and order.start > facts.valid_to:
        yield "date", (f"valid until {facts.valid_to}", f"valid on {order.start}")
    elif facts.move_in_date is not None and facts.move_in_date != order.start:
        yield "date", (f"for a move-in on {facts.move_in_date}", f"for {order.start}")
    other = None if facts.switch is None else unit.instance(facts.switch)
    if other is not None and consent.state == "active" and not _is_over(other):
        yield "used", (f"process {other.id} is {other.state}", "a consent that goes with no other")


def _is_over(switch: Instance) -> bool:
    """Whether a start of supply has come to nothing, so that its consent is free again."""
    return switch.abandoned or switch.state in machine(switch.machine).closed


def _judged(found: Consented, keys: tuple[str, ...], details: dict[str, tuple[str, str]], *, strict: bool) -> Consented:
    warnings = tuple(_finding(key, *details.get(key, (None, None)), strict=strict) for key in keys)
    wrong = [item for item in warnings if item.severity == "error"]
    if wrong:
        report = Report(messages=(MessageReport(_NAME, findings=warnings),))
        raise PreflightRefused(f"{_NAME} would be refused: {wrong[0].text}", report)
    return replace(found, warnings=warnings)


def _finding(key: str, seen: str | None, expected: str | None, *, strict: bool) -> Finding:
    text, standing = _PROBLEMS[key]
    said = text if seen is None else f"{text}: {seen}, expected {expected}"
    return Finding(
        f"CONSENT/{key}", f"{said}.", severity="error" if strict and key not in _DOUBTS else "warning",
        path=_NAME, found=seen, expected=expected, standing=standing, source=_AGM,
    )  # fmt: skip
