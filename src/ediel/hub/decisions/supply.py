"""Start and end of supply at the hub: who leaves, who is told, the last day of cancellation, and what is superseded.

What a process will do is tried on the lines of the metering point before it is done: where it would have nothing to
rest on, it is refused; who gains or loses days by it is told. Which messages Elhub sends to those whose later supply is
overtaken is not published: here an end of supply on the day on which it ends, or would have begun (assumed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, cast

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, DocumentType, EndReason, PhysicalStatus, Role, SettlementMethod
from ediel.errors import LineRefused
from ediel.hub._history import Plan, plan_of
from ediel.hub._view import DONE, View, pending_of
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.seed import HubPoint, Resident
from ediel.market import Settlement, deadline
from ediel.market.lines import State
from ediel.market.point import Point, SupplyNotice, end_of_supply, notices
from ediel.messages import (
    EndOfSupplyCustomer,
    Message,
    RequestEndOfSupply,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
    StartOfSupplyCustomer,
)
from ediel.processes import Instance, ProcessState, Trigger, known
from ediel.processes import message as on
from ediel.processes._state import with_data
from ediel.processes.supply import END_HUB, HubSupply, OtherSupply, absorb
from ediel.rules.collisions import crossing

_REFUSED: Final = {"verdict": "refused", "rules": ("who lives there, or who supplies, does not allow it",)}
"""Nothing to rest on, or something that rests on it. A code for that is not published."""
_NO_CONSENT: Final = {"verdict": "refused", "rules": ("consent-needed",)}
"""Consent control (EI-1363): which code a missing ConsentID gives, and since when, is not published."""
_TRIAL: Final = "trial"
"""Key of what is only tried."""


def advice(message: Message, instance: Instance, outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """What a start or an end of supply needs to know of the metering point."""
    if instance.state == "asking the grid":
        return at_deadline(instance, sources.view)
    if not isinstance(message, RequestStartOfSupply | RequestEndOfSupply):
        return {}
    if instance.version:
        return _rolled_back(message, instance, sources.view) if outcome.accepted else {}
    view, payload = sources.view, message.payload
    point = view.metering_point(payload.metering_point)
    if point is None:
        return {}
    process, day = message.process.business_process, _wanted(message)
    asked_last_resort = bool(isinstance(payload, RequestStartOfSupplyEvent) and payload.move_in_to_slr)
    to_last_resort = brs.of(process).last_resort == "begins" or asked_last_resort
    facts: dict[str, object] = {
        "grid": point.grid_access_provider,
        "grid_area": point.grid_area,
        "supersedes": _superseded(view, message, day),
        "cancellation": _cancellation(process, point, day, sources),
        "inactive": point.status is not PhysicalStatus.ACTIVE,
        "last_resort": view.last_resort(point) if to_last_resort else None,
        "characteristics": point.described(),
        "annual_volume": point.annual_volume,
        **_leaver(point, day, process.value),
    }
    if brs.of(process).supply == "end" and facts["leaver"] == message.header.juridical_sender:
        facts["leaver"] = None  # it ends its own supply, and is told as the one who asked
    if not outcome.accepted or message.header.document_type is DocumentType.CANCELLATION:
        return facts
    if sources.consent_control and _lacks_consent(message):
        return {**facts, **_NO_CONSENT}
    state = with_data(known_request(instance.facts, message), facts, "a request")
    return {**facts, **_planned(state, view)}


def _lacks_consent(message: RequestStartOfSupply | RequestEndOfSupply) -> bool:
    """Whether a consent is needed, and none is named; one that is named is judged by the rules."""
    needed = brs.of(message.process.business_process).with_consent
    return needed and isinstance(message, RequestStartOfSupply) and message.payload.consent_id is None


def known_request(facts: ProcessState, message: RequestStartOfSupply | RequestEndOfSupply) -> HubSupply:
    """What a process will know of a request."""
    trigger = Trigger(on(message.name()), message)
    return absorb(cast("HubSupply", facts), trigger, message.header.creation)


def _wanted(message: RequestStartOfSupply | RequestEndOfSupply) -> date:
    payload = message.payload
    if isinstance(payload, RequestStartOfSupplyEvent):
        return market_day(payload.start_of_occurrence)
    return market_day(payload.end_of_occurrence)


def _cancellation(process: BusinessProcess, point: HubPoint, day: date, sources: Sources) -> date:
    """Last day of cancellation; where no source gives it, the day on which the request comes (assumed)."""
    way: Settlement = "profiled" if point.settlement is SettlementMethod.PROFILED else "interval"
    limit = deadline(sources.profile, process, way, "cancellation", day)
    return market_day(sources.now) if limit is None else limit.day


def _planned(facts: HubSupply, view: View) -> Mapping[str, object]:
    """What a new request rests on, and whether it can be, as things are; who is told, where it takes effect at once."""
    plan = plan_of(facts)
    home = view.lines(known(facts.metering_point, "metering_point")).now.resident(plan.asked_of)
    more: dict[str, str] = {}
    if home is not None and plan.row.end_user != "in":
        if home.person != plan.person and plan.by_supplier:
            return _REFUSED
        more["residence"] = home.key
        facts = replace(facts, residence=home.key)
    found = _tried(facts, view)
    if found is None:
        return _REFUSED
    return more if plan.row.waits else {**more, "overtaken": found}


def at_deadline(instance: Instance, view: View) -> Mapping[str, object]:
    """Who supplies the point may have changed since the request came, and who lives there."""
    facts = instance.facts
    if not isinstance(facts, HubSupply) or instance.state not in {"waiting", "asking the grid"}:
        return {}
    point = view.metering_point(known(facts.metering_point, "metering_point"))
    if point is None:
        return {}
    found = _leaver(point, known(facts.day, "day"), known(facts.process, "process"))
    if instance.machine == END_HUB.key and found["leaver"] == facts.requester:
        found["leaver"] = None
    others = _tried(with_data(facts, found, "a deadline"), view)
    return {**found, **({"groundless": _REFUSED["rules"]} if others is None else {"overtaken": others})}


def stands(instance: Instance[HubSupply], view: View) -> bool:
    """Whether a process that waits still has something to rest on."""
    return _tried(instance.facts, view) is not None


def _tried(facts: HubSupply, view: View) -> tuple[OtherSupply, ...] | None:
    """Who else is told when a process is contracted; ``None`` where it cannot be."""
    point, plan = view.lines(known(facts.metering_point, "metering_point")), plan_of(facts)
    try:
        after = point.record(_TRIAL, plan.event, _moment(point, view)).now
    except LineRefused:
        return None
    ended = [item for item in notices(point.now, after) if not item.begins]
    notified = {facts.leaver, plan.requester if plan.row.supply == "end" and plan.by_supplier else None}
    leaves = None if facts.leaving_customer is None else str(facts.leaving_customer.value.identification)
    others = [
        item
        for item in ended
        if item.day != plan.day
        or item.supplier not in notified
        or (item.customer is not None and item.customer.person.identification != leaves)
    ]
    customer_stays = plan.row.supply == "end" and plan.row.end_user is None
    return tuple(_overtaken(item, facts, after, view, customer_stays=customer_stays) for item in others)


def _rolled_back(
    message: RequestStartOfSupply | RequestEndOfSupply, instance: Instance, view: View
) -> Mapping[str, object]:
    """Who supplies again when a process is rolled back; a refusal where something rests on it."""
    facts = instance.facts
    if not isinstance(facts, HubSupply) or instance.state not in DONE:
        return {}
    if message.process.business_process.value == facts.process:
        return {}
    metering_point = known(facts.metering_point, "metering_point")
    point, plan = view.lines(metering_point), plan_of(facts)
    try:
        after = point.undo(instance.id, _moment(point, view)).now
    except LineRefused:
        return _REFUSED
    # who is told by the answer to its own message, or that the supply it was notified of is none
    notified_by_answer = plan.last_resort or (plan.supplier if plan.row.supply == "start" else None)
    asked = plan.requester if plan.row.supply == "end" and plan.by_supplier else None
    supplies, home = after.supply(plan.day), after.resident(plan.day)
    comes_back = supplies is not None and supplies.supplier == asked and home is not None and home.key == plan.residence
    if asked is not None and not comes_back:
        return _REFUSED  # others have taken its days since, or another end user has
    notified = notices(point.now, after)
    begins = [item for item in notified if item.begins and (item.supplier, item.day) != (asked, plan.day)]
    ends = [
        item for item in notified if not item.begins and (item.supplier, item.day) != (notified_by_answer, plan.day)
    ]
    if asked is not None and not any(
        item.begins and (item.supplier, item.day) == (asked, plan.day) for item in notified
    ):
        # it had come back on that very day: by the answer to its rollback, the contract before goes on without an end
        until = end_of_supply(after, asked, plan.day)
        ends += [] if until is None or until in ends else [until]
    again = next((item for item in begins if item.day == plan.day), None)
    result: dict[str, object] = {
        "leaver": None if again is None else again.supplier,
        "leaver_role": Role.SLR.value if again is not None and again.kind == "last resort" else None,
        # whose supply was over before, or begins on that day for another reason, hears nothing of it
        "last_resort": plan.last_resort if _begins(point.now, plan) not in {None, _begins(after, plan)} else None,
        "restored": tuple(_other(item, facts, view) for item in begins if item is not again),
        "overtaken": tuple(_overtaken(item, facts, after, view) for item in ends),
    }
    lives_there = None if home is None else view.resident(metering_point, home)
    if lives_there is not None:
        result["leaving_customer"], result["leaving_addresses"] = _named(lives_there), lives_there.addresses or None
    return result


def _begins(state: State, plan: Plan) -> str | None:
    """Whose supply of last resort begins on the day of a process: with the supply, or with the one who moves in."""
    supply, home = state.supplies.on(plan.day), state.residences.on(plan.day)
    if supply is None or supply.value.supplier != plan.last_resort:
        return None
    if plan.day not in {supply.start, None if home is None else home.start}:
        return None
    return "nobody" if home is None else home.value.key


def _moment(point: Point, view: View) -> datetime:
    """The clock of a stand-in hub may be set back."""
    return max(view.now, point.history.latest or view.now)


def _overtaken(
    item: SupplyNotice, facts: HubSupply, after: State, view: View, *, customer_stays: bool = False
) -> OtherSupply:
    """A supply that ends, beside those whose suppliers are told anyway."""
    home = after.resident(item.day)
    stays = home is not None and item.customer is not None and home.person == item.customer.person
    reason = EndReason.CHANGE_OF_SUPPLIER if stays else EndReason.MOVE_OUT
    return replace(_other(item, facts, view), reason=None if customer_stays and stays else reason)


def _other(item: SupplyNotice, facts: HubSupply, view: View) -> OtherSupply:
    """What another supplier is told: of an end user of the point, or of the one whom the request has just named."""
    metering_point = known(facts.metering_point, "metering_point")
    resident = None if item.customer is None else view.resident(metering_point, item.customer)
    customer, addresses = facts.event.customer, facts.event.addresses
    return OtherSupply(
        supplier=item.supplier,
        role=(Role.SLR if item.kind == "last resort" else Role.DDQ).value,
        day=item.day,
        customer=_ending(customer) if resident is None else _named(resident),
        addresses=addresses if resident is None else resident.addresses or addresses,
    )


def _ending(customer: StartOfSupplyCustomer | EndOfSupplyCustomer) -> EndOfSupplyCustomer:
    return EndOfSupplyCustomer(
        identification=customer.identification,
        identification_scheme=customer.identification_scheme,
        name=customer.name,
        given_name=customer.given_name,
        family_name=customer.family_name,
    )


def _superseded(view: View, message: RequestStartOfSupply | RequestEndOfSupply, day: date) -> tuple[str, ...]:
    """Processes under way that are cancelled when this one is contracted (crossing processes)."""
    process, today = message.process.business_process, market_day(view.now)
    sender = str(message.header.juridical_sender)
    return tuple(
        item.id
        for item in view.processes(str(message.payload.metering_point))
        if item.state == "waiting"
        and (row := crossing(pending_of(item), process, sender, day, today)) is not None
        and row.action == "accept and cancel the ongoing"
    )


def _leaver(point: HubPoint, day: date, process: str) -> dict[str, object]:
    """Who supplies a point when a supply begins or ends there, and for whom.

    Back in time, a supply may begin on the very day on which the one that it replaces began (BRS-NO-104 must).
    """
    replaced = brs.of(process).back_in_time and any(
        item.start == day and item.holds_on(day) for item in point.contracts
    )
    last = day if replaced else day - timedelta(days=1)
    contract = next((item for item in point.contracts if item.holds_on(last)), None)
    resident = next((item for item in point.end_users if item.holds_on(last)), None)
    facts: dict[str, object] = {
        "leaver": None if contract is None else contract.supplier,
        "leaver_role": Role.SLR.value if contract is not None and contract.kind == "last resort" else None,
    }
    if resident is not None:
        facts["leaving_customer"], facts["leaving_addresses"] = _named(resident), resident.addresses or None
    return facts


def _named(resident: Resident) -> EndOfSupplyCustomer:
    """An end user, as notices of an end name it."""
    return EndOfSupplyCustomer(
        identification=resident.identification,
        identification_scheme=resident.scheme,
        name=resident.name,
        given_name=resident.given_name,
        family_name=resident.family_name,
    )
