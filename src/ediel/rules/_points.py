"""Checks of the metering points of a message: what they are, who their end user and their supplier is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ediel.codes import PhysicalStatus, Resolution, SettlementMethod
from ediel.market import Unknown
from ediel.rules._ask import about_point, merged, payloads_of, requested_day, requested_field
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome

if TYPE_CHECKING:
    from ediel.market import MeteringPoint
    from ediel.messages import Message, RequestUpdateMasterDataMeteringPoint
    from ediel.messages.metering_values import CollectedSeries
    from ediel.rules._shapes import Pointed, SupplyEvent


def point_known(message: Message, facts: Known) -> Outcome:
    if facts.register is None:
        return UNKNOWN

    def one(payload: Pointed) -> Outcome:
        if payload.metering_point is None:
            return NOT_APPLICABLE
        assert facts.register is not None
        found = facts.register.metering_point(payload.metering_point)
        if found is None:
            return (Flaw("metering_point", str(payload.metering_point), "a metering point of the register"),)
        return UNKNOWN if isinstance(found, Unknown) else ()

    return merged((place, one(payload)) for place, payload in payloads_of(message))


def point_new(message: RequestUpdateMasterDataMeteringPoint, facts: Known) -> Outcome:
    if facts.register is None:
        return UNKNOWN
    found = facts.register.metering_point(message.payloads[0].metering_point)
    if found is None:
        return ()
    if isinstance(found, Unknown):
        return UNKNOWN
    return (
        Flaw("payloads.0.metering_point", str(found.identification), "a metering point that is not registered yet"),
    )


def _fact(field: str, right: Callable[[object], bool], expected: str, at: str = "metering_point") -> Check:
    """A check of one fact about the point."""

    def check(point: MeteringPoint, _payload: object, _message: object, _facts: Known) -> Outcome:
        found = getattr(point, field)
        if found is None:
            return UNKNOWN
        return () if right(found) else (Flaw(at, f"{field.replace('_', ' ')}: {found}", expected),)

    return about_point(check)


accounting = _fact("accounting_point", lambda found: found is True, "an accounting point")
active = _fact("status", lambda found: found is PhysicalStatus.ACTIVE, "an active metering point, E22")
not_closed = _fact("status", lambda found: found is not PhysicalStatus.CLOSED, "a metering point that is not closed")
not_blocked = _fact("blocked_for_switching", lambda found: not found, "a metering point that is not blocked")
interval = _fact("settlement", lambda found: found is SettlementMethod.NON_PROFILED, "an interval settled point, E02")
profiled = _fact("settlement", lambda found: found is SettlementMethod.PROFILED, "a profiled point, E01")


def quarter(point: MeteringPoint, payload: CollectedSeries, _message: object, _facts: Known) -> Outcome:
    period = payload.period
    if period is None or period.resolution is not Resolution.PT15M:
        return NOT_APPLICABLE
    if point.reading_resolution is None:
        return UNKNOWN
    found = point.reading_resolution.value
    return () if found == "PT15M" else (Flaw("period.resolution", "PT15M", f"the point's own: {found}"),)


def own_point(point: MeteringPoint, _payload: object, message: Message, _facts: Known) -> Outcome:
    if point.grid_access_provider is None:
        return UNKNOWN
    sender = message.header.juridical_sender
    if sender == point.grid_access_provider:
        return ()
    return (Flaw("metering_point", str(point.identification), "a metering point of the sender's own grid"),)


def on_day(check: Callable[[MeteringPoint, Any, Any, date], Outcome]) -> Check:
    """A check on the day that the request is about."""

    def dated(point: MeteringPoint, payload: Pointed, message: Message, _facts: Known) -> Outcome:
        day = requested_day(payload)
        return NOT_APPLICABLE if day is None else check(point, payload, message, day)

    return about_point(dated)


def has_end_user(point: MeteringPoint, _payload: object, _message: object, day: date) -> Outcome:
    found = point.end_user_on(day)
    if isinstance(found, Unknown):
        return UNKNOWN
    return () if found is not None else (Flaw("metering_point", f"no end user on {day}", "an end user"),)


def end_user(*, same: bool, back: int = 0) -> Check:
    """The customer is, or is not, the end user of the point; ``back`` days before the date for one that moves out."""

    def check(point: MeteringPoint, payload: SupplyEvent, _message: object, day: date) -> Outcome:
        found = point.end_user_on(day - timedelta(days=back))
        if isinstance(found, Unknown):
            return UNKNOWN
        if found is None:
            return NOT_APPLICABLE if same else ()
        customer = payload.customer
        is_same = found.is_same(customer.identification, customer.identification_scheme)
        if is_same == same:
            return ()
        return (Flaw("customer", None, "the end user of the point" if same else "someone else than the end user"),)

    return on_day(check)


def other_supplier(point: MeteringPoint, payload: SupplyEvent, _message: object, day: date) -> Outcome:
    if payload.balance_supplier is None:
        return NOT_APPLICABLE
    found = point.contract_on(day)
    if isinstance(found, Unknown):
        return UNKNOWN
    if found is None or found.supplier != payload.balance_supplier or found.kind == "last resort":
        return ()
    return (Flaw("balance_supplier", str(payload.balance_supplier), "another supplier than the present one"),)


def last_resort(point: MeteringPoint, payload: Pointed, _message: object, day: date) -> Outcome:
    found = point.contract_on(day)
    if isinstance(found, Unknown):
        return UNKNOWN
    at = requested_field(payload)
    if found is None or found.kind != "last resort":
        return (Flaw(at, f"no last-resort supply on {day}", "the day on which last-resort supply began"),)
    began = found.start
    return () if began == day else (Flaw(at, day.isoformat(), began.isoformat()),)


def supplies(point: MeteringPoint, payload: Pointed, message: Message, day: date) -> Outcome:
    last = day - timedelta(days=1 if hasattr(payload, "end_of_occurrence") else 0)
    found = point.contract_on(last)
    if isinstance(found, Unknown):
        return UNKNOWN
    sender = message.header.juridical_sender
    if found is not None and found.supplier == sender:
        return ()
    return (Flaw("metering_point", f"not supplied by {sender} on {last}", "a metering point that the sender supplies"),)
