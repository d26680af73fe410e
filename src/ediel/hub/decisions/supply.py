"""Start and end of supply at the hub: who leaves, who is told, the last day of cancellation, and what is superseded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, PhysicalStatus, Role, SettlementMethod
from ediel.hub._register import View, pending_of
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.seed import HubPoint
from ediel.market import Settlement, deadline
from ediel.messages import (
    EndOfSupplyCustomer,
    Message,
    RequestEndOfSupply,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
)
from ediel.processes import Instance, known
from ediel.processes.supply import END_HUB, HubSupply
from ediel.rules.collisions import crossing


def advice(message: Message, instance: Instance, _outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """What a start or an end of supply needs to know of the metering point."""
    if instance.version or not isinstance(message, RequestStartOfSupply | RequestEndOfSupply):
        return {}
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
    return facts


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


def at_deadline(instance: Instance, view: View) -> Mapping[str, object]:
    """Who supplies the point may have changed since the request came."""
    facts = instance.facts
    if not isinstance(facts, HubSupply) or instance.state != "waiting":
        return {}
    point = view.metering_point(known(facts.metering_point, "metering_point"))
    if point is None:
        return {}
    found = _leaver(point, known(facts.day, "day"), known(facts.process, "process"))
    ends_own = instance.machine == END_HUB.key and found["leaver"] == facts.requester
    return {**found, "leaver": None} if ends_own else found


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
        facts["leaving_customer"] = EndOfSupplyCustomer(
            identification=resident.identification,
            identification_scheme=resident.scheme,
            name=resident.name,
            given_name=resident.given_name,
            family_name=resident.family_name,
        )
        facts["leaving_addresses"] = resident.addresses or None
    return facts
