"""Checks of processes under way on a metering point, and of who may query, get access or share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ediel.calendar import market_day
from ediel.codes import Code, MeteringPointType, QueryType, Role, UpdateIndicator
from ediel.market import Unknown, may_know
from ediel.rules._ask import about_point, cancels, requested_day, requested_field
from ediel.rules._points import has_end_user
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome
from ediel.rules.collisions import crossing

if TYPE_CHECKING:
    from ediel.market import MeteringPoint, Pending
    from ediel.messages import Message, RequestStartOfSupply, RequestUpdateSharedProduction
    from ediel.messages.query import RequestDataFromElhubEvent
    from ediel.rules._shapes import Pointed, Referring, Updating

    Right = Callable[[MeteringPoint, RequestUpdateSharedProduction], bool | None]


def _referred(point: MeteringPoint, payload: Referring) -> Pending | None:
    return next((item for item in point.pending or () if item.reference == payload.original_reference), None)


def cancels_own(point: MeteringPoint, payload: Referring, message: Message, _facts: Known) -> Outcome:
    if not cancels(message) or payload.original_reference is None:
        return NOT_APPLICABLE
    if point.pending is None:
        return UNKNOWN
    found = _referred(point, payload)
    right = (
        found is not None
        and found.party == message.header.juridical_sender
        and found.process is message.process.business_process
    )
    expected = "a process of the sender that is under way on this metering point"
    return () if right else (Flaw("original_reference", str(payload.original_reference), expected),)


def rolls_back_late_enough(point: MeteringPoint, payload: Referring, _message: object, facts: Known) -> Outcome:
    found = _referred(point, payload)
    if point.pending is None or found is None or found.cancellation is None or facts.day is None:
        return UNKNOWN
    if facts.day > found.cancellation:
        return ()
    return (Flaw("original_reference", f"may be cancelled until {found.cancellation}", "a cancellation instead"),)


def crossings(point: MeteringPoint, payload: Pointed, message: Message, facts: Known) -> Outcome:
    day = requested_day(payload)
    if point.pending is None or day is None:
        return UNKNOWN
    process, sender = message.process.business_process, message.header.juridical_sender
    unknown = False
    for ongoing in point.pending:
        if ongoing.reference == message.header.identification:
            continue  # the request itself, in a register that has it already
        row = crossing(ongoing, process, sender, day, facts.day)
        if row is None or row.action is None:
            unknown = True
        elif row.action == "reject":
            found = f"{ongoing.process.value} of {ongoing.day} is under way"
            return (Flaw(requested_field(payload), found, "a date that does not cross it"),)
    return UNKNOWN if unknown else ()


def consent(message: RequestStartOfSupply, facts: Known) -> Outcome:
    payload = message.payload
    if payload.consent_id is None or cancels(message):
        return NOT_APPLICABLE
    if facts.register is None or facts.day is None:
        return UNKNOWN
    found = facts.register.grant(payload.consent_id)
    if isinstance(found, Unknown):
        return UNKNOWN
    expected = "an active consent of this person to this supplier for this metering point"
    right = (
        found is not None
        and found.status == "Active"
        and found.valid_from <= facts.day <= found.valid_to
        and found.metering_point == payload.metering_point
        and found.supplier == (payload.balance_supplier or message.header.juridical_sender)
        and found.end_user in {None, str(payload.customer.identification)}
    )
    return () if right else (Flaw("payload.consent_id", str(payload.consent_id), expected),)


def may_ask(point: MeteringPoint, payload: RequestDataFromElhubEvent, message: Message, facts: Known) -> Outcome:
    """Whether the asker has a right to the point on every requested day."""
    if payload.query_type is QueryType.STLM:
        return NOT_APPLICABLE
    if payload.period is not None:
        first, last = market_day(payload.period.start), market_day(payload.period.end - timedelta(seconds=1))
    else:
        asked = facts.day if payload.snapshot is None else market_day(payload.snapshot)
        if asked is None:
            return UNKNOWN
        first = last = asked
    sender, role = message.header.juridical_sender, message.process.role
    first, last = min(first, last), max(first, last)  # a period that ends before it begins is another rule's
    right = may_know(point, str(sender), role, first, last + timedelta(days=1))
    if isinstance(right, Unknown):
        return UNKNOWN
    if right:
        return ()
    expected = "a metering point that the asker may ask about"
    if role in {Role.DDM, Role.MDR}:
        return (Flaw("metering_point", str(point.identification), expected),)
    days = str(first) if first == last else f"{first} to {last}"
    return (Flaw("metering_point", f"{sender} has no right to it, {days}", expected),)


def has_access(*indicators: UpdateIndicator, has: bool) -> Check:
    def check(point: MeteringPoint, payload: Updating, message: Message, facts: Known) -> Outcome:
        if payload.update_indicator not in indicators:
            return NOT_APPLICABLE
        if facts.day is None:
            return UNKNOWN
        found = point.access_on(message.header.juridical_sender, facts.day)
        if isinstance(found, Unknown):
            return UNKNOWN
        words = ("no access", "an access to change or end") if has else ("access already", "no access yet")
        return () if (found is not None) == has else (Flaw("metering_point", words[0], words[1]),)

    return about_point(check)


def end_user_today(point: MeteringPoint, payload: Updating, message: Message, facts: Known) -> Outcome:
    if payload.update_indicator is not UpdateIndicator.ADD:
        return NOT_APPLICABLE
    return UNKNOWN if facts.day is None else has_end_user(point, payload, message, facts.day)


def approved(_message: object, _facts: Known) -> Outcome:
    return UNKNOWN  # the end user answers later, within three working days


def participants(which: tuple[str, ...], right: Right, expected: str) -> Check:
    """A check of the points that give, that receive, or both."""

    def check(message: RequestUpdateSharedProduction, facts: Known) -> Outcome:
        if facts.register is None:
            return UNKNOWN
        participants = message.payload.calculation.participants
        if participants is None:
            return NOT_APPLICABLE
        flaws: list[Flaw] = []
        unknown = False
        for side in which:
            for index, item in enumerate(getattr(participants, side)):
                found = facts.register.metering_point(item.metering_point)
                good = False if found is None else None if isinstance(found, Unknown) else right(found, message)
                unknown |= good is None
                if good is False:
                    at = f"payload.calculation.participants.{side}.{index}.metering_point"
                    flaws.append(Flaw(at, str(item.metering_point), expected))
        return flaws or (UNKNOWN if unknown else ())

    return check


def is_one_of(field: str, *right: Code) -> Right:
    def fits(point: MeteringPoint, _message: object) -> bool | None:
        found = getattr(point, field)
        return None if found is None else found in right

    return fits


def of_the_sender(point: MeteringPoint, message: Message) -> bool | None:
    found = point.grid_access_provider
    return None if found is None else found == message.header.juridical_sender


def receives(point: MeteringPoint, message: RequestUpdateSharedProduction) -> bool | None:
    """A recipient becomes a combined point: in a calculation that is changed or ended it may be one."""
    kinds = [MeteringPointType.CONSUMPTION]
    if message.payload.update_indicator is not UpdateIndicator.ADD:
        kinds.append(MeteringPointType.COMBINED)
    return None if point.type is None else point.type in kinds


BOTH: Final = ("contributors", "recipients")
