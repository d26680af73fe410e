"""Start and end of supply at the hub: who leaves, who is told, the last day of cancellation, and what is superseded.

What a process will do is tried on the lines of the metering point before it is done: where it would have nothing to
rest on, it is refused; who gains or loses days by it is told. Which messages Elhub sends to those whose later supply is
overtaken is not published: here an end of supply on the day on which it ends, or would have begun (assumed).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, DocumentType, EndReason, PhysicalStatus, Role, SettlementMethod
from ediel.hub._history import plan_of
from ediel.hub._view import DONE, SUPPLIES, View, pending_of
from ediel.hub.decisions._common import Sources
from ediel.hub.seed import HubPoint, Resident
from ediel.market import LineRefused, Settlement, deadline
from ediel.market.lines import Residence, State
from ediel.market.point import Point, SupplyNotice, notices
from ediel.processes import Instance
from ediel.rules.collisions import crossing

_NAMES: Final = ("identification", "identification_scheme", "name", "given_name", "family_name")
_REFUSED: Final = {"verdict": "refused", "rules": ["who lives there, or who supplies, does not allow it"]}
"""Nothing to rest on, or something that rests on it. A code for that is not published."""
_TRIAL: Final = "trial"
"""Key of what is only tried."""


def advice(message: Any, instance: Instance, sources: Sources) -> Mapping[str, Any]:
    """What a start or an end of supply needs to know of the metering point."""
    if instance.state == "asking the grid":
        return at_deadline(instance, sources.view)
    if instance.version and message.name().startswith("Request"):
        return _rolled_back(message, instance, sources)
    view, payload = sources.view, getattr(message, "payload", None)
    told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
    point = None if payload is None else view.metering_point(payload.metering_point)
    if point is None or told is None or instance.version:
        return {}
    process, day = message.process.business_process, market_day(told)
    asked_last_resort = bool(getattr(payload, "move_in_to_slr", None))
    to_last_resort = brs.of(process).last_resort == "begins" or asked_last_resort
    facts = {
        "grid": point.grid_access_provider,
        "grid_area": point.grid_area,
        "supersedes": _superseded(view, message, day),
        "cancellation": _cancellation(process, point, day, sources).isoformat(),
        "inactive": point.status is not PhysicalStatus.ACTIVE,
        "last resort": view.last_resort(point) if to_last_resort else None,
        "characteristics": point.described().model_dump(mode="json", exclude_none=True),
        **_leaver(point, day, process.value),
    }
    if point.annual_volume is not None:
        facts["annual_volume"] = point.annual_volume.model_dump(mode="json", exclude_none=True)
    if brs.of(process).supply == "end" and facts["leaver"] == message.header.juridical_sender:
        facts["leaver"] = None  # it ends its own supply, and is told as the one who asked
    if message.header.document_type is DocumentType.CANCELLATION:
        return facts
    return {**facts, **_planned({**_asked(message, day), **facts}, view)}


def _asked(message: Any, day: date) -> dict[str, Any]:
    """What a request says, as its process will know it."""
    return {
        "process": message.process.business_process.value,
        "day": day.isoformat(),
        "requester": str(message.header.juridical_sender),
        "by_supplier": message.process.role is not Role.DDM,
        "metering_point": str(message.payload.metering_point),
        "payload": message.payload.model_dump(mode="json", exclude_none=True),
    }


def _cancellation(process: BusinessProcess, point: HubPoint, day: date, sources: Sources) -> date:
    """Last day of cancellation; where no source gives it, the day on which the request comes (assumed)."""
    way: Settlement = "profiled" if point.settlement is SettlementMethod.PROFILED else "interval"
    limit = deadline(sources.profile, process, way, "cancellation", day)
    return market_day(sources.now) if limit is None else limit.day


def _planned(facts: Mapping[str, Any], view: View) -> dict[str, Any]:
    """What a new request rests on, and whether it can be, as things are; who is told, where it takes effect at once."""
    plan = plan_of(facts)
    home = view.lines(facts["metering_point"]).now.resident(plan.asked_of)
    more: dict[str, Any] = {}
    if home is not None and plan.row.end_user != "in":
        if home.person != plan.person and plan.by_supplier:
            return _REFUSED
        more["residence"] = home.key
    found = _tried({**facts, **more}, view)
    if found is None:
        return _REFUSED
    return more if plan.row.waits else {**more, **found}


def at_deadline(instance: Instance, view: View) -> Mapping[str, Any]:
    """Who supplies the point may have changed since the request came, and who lives there."""
    point = view.metering_point(str(instance.facts.get("metering_point")))
    if instance.machine not in SUPPLIES or point is None or instance.state not in {"waiting", "asking the grid"}:
        return {}
    facts = _leaver(point, date.fromisoformat(instance.facts["day"]), instance.facts["process"])
    if instance.machine == "end of supply/hub" and facts["leaver"] == instance.facts["requester"]:
        facts["leaver"] = None
    found = _tried({**instance.facts, **facts}, view)
    return {**facts, **({"groundless": True} if found is None else found)}


def stands(instance: Instance, view: View) -> bool:
    """Whether a process that waits still has something to rest on."""
    return _tried(instance.facts, view) is not None


def _tried(facts: Mapping[str, Any], view: View) -> dict[str, Any] | None:
    """Who else is told when a process is contracted; ``None`` where it cannot be."""
    point, plan = view.lines(facts["metering_point"]), plan_of(facts)
    try:
        after = point.record(_TRIAL, plan.event, _moment(point, view)).now
    except LineRefused:
        return None
    ended = [item for item in notices(point.now, after) if not item.begins]
    told = {facts.get("leaver"), plan.requester if plan.row.supply == "end" and plan.by_supplier else None}
    leaves = (facts.get("leaving_customer") or {}).get("identification")
    others = [
        item
        for item in ended
        if item.day != plan.day
        or item.supplier not in told
        or (item.customer is not None and item.customer.person.identification != leaves)
    ]
    customer_stays = plan.row.supply == "end" and plan.row.end_user is None
    return {"overtaken": [_overtaken(item, facts, after, view, customer_stays=customer_stays) for item in others]}


def _rolled_back(message: Any, instance: Instance, sources: Sources) -> Mapping[str, Any]:
    """Who supplies again when a process is rolled back; a refusal where something rests on it."""
    facts, view = instance.facts, sources.view
    rolls_back = message.process.business_process.value != facts.get("process")
    if instance.state not in DONE or not rolls_back or facts["verdict"] != "accepted":
        return {}
    point, plan = view.lines(facts["metering_point"]), plan_of(facts)
    try:
        after = point.undo(instance.id, _moment(point, view)).now
    except LineRefused:
        return _REFUSED
    # who is told by the answer to its own message, or that the supply it was told of is none
    known = plan.last_resort or (plan.supplier if plan.row.supply == "start" else None)
    asked = plan.requester if plan.row.supply == "end" and plan.by_supplier else None
    again_own = None if asked is None else after.supply(plan.day)
    if asked is not None and (again_own is None or again_own.supplier != asked):
        return _REFUSED  # others have taken its days since
    told = notices(point.now, after)
    begins = [item for item in told if item.begins and (item.supplier, item.day) != (asked, plan.day)]
    ends = [item for item in told if not item.begins and (item.supplier, item.day) != (known, plan.day)]
    again = next((item for item in begins if item.day == plan.day), None)
    found: dict[str, Any] = {
        "leaver": None if again is None else again.supplier,
        "leaver_role": Role.SLR.value if again is not None and again.kind == "last resort" else None,
        "restored": [
            {**_recipient(item), **_customer(view, facts, item.customer)} for item in begins if item is not again
        ],
        "overtaken": [_overtaken(item, facts, after, view) for item in ends],
    }
    home = after.resident(plan.day)
    lives_there = None if home is None else view.resident(facts["metering_point"], home)
    if lives_there is not None:
        found["leaving_customer"], found["leaving_addresses"] = _named(lives_there), _addresses(lives_there)
    return found


def _moment(point: Point, view: View) -> datetime:
    """The clock of a stand-in hub may be set back."""
    return max(view.now, point.history.latest or view.now)


def _overtaken(
    item: SupplyNotice, facts: Mapping[str, Any], after: State, view: View, *, customer_stays: bool = False
) -> dict[str, Any]:
    """The notice to a supplier whose supply ends, beside those who are told anyway."""
    home = after.resident(item.day)
    stays = home is not None and item.customer is not None and home.person == item.customer.person
    reason = EndReason.CHANGE_OF_SUPPLIER if stays else EndReason.MOVE_OUT
    return {
        **_recipient(item),
        "reason": None if customer_stays and stays else reason.value,
        **_customer(view, facts, item.customer),
    }


def _recipient(item: SupplyNotice) -> dict[str, Any]:
    role = Role.SLR if item.kind == "last resort" else Role.DDQ
    return {"recipient": item.supplier, "role": role.value, "day": item.day.isoformat()}


def _customer(view: View, facts: Mapping[str, Any], home: Residence | None) -> dict[str, Any]:
    """The end user that a notice names: one of the point, or the one whom the request has just named."""
    known = None if home is None else view.resident(facts["metering_point"], home)
    payload = facts["payload"]
    customer = {name: value for name, value in payload["customer"].items() if name in _NAMES}
    if known is None:
        return {"customer": customer, "addresses": payload["addresses"]}
    return {"customer": _named(known), "addresses": _addresses(known) or payload["addresses"]}


def _superseded(view: View, message: Any, day: date) -> list[str]:
    """Processes under way that are cancelled when this one is contracted (crossing processes)."""
    process, today = message.process.business_process, market_day(view.now)
    sender = str(message.header.juridical_sender)
    return [
        item.id
        for item in view.processes(str(message.payload.metering_point))
        if item.state == "waiting"
        and (row := crossing(pending_of(item), process, sender, day, today)) is not None
        and row.action == "accept and cancel the ongoing"
    ]


def _leaver(point: HubPoint, day: date, process: str) -> dict[str, Any]:
    """Who supplies a point when a supply begins or ends there, and for whom.

    Back in time, a supply may begin on the very day on which the one that it replaces began (BRS-NO-104 must).
    """
    replaced = brs.of(process).back_in_time and any(
        item.start == day and item.holds_on(day) for item in point.contracts
    )
    last = day if replaced else day - timedelta(days=1)
    contract = next((item for item in point.contracts if item.holds_on(last)), None)
    resident = next((item for item in point.end_users if item.holds_on(last)), None)
    facts: dict[str, Any] = {
        "leaver": None if contract is None else contract.supplier,
        "leaver_role": Role.SLR.value if contract is not None and contract.kind == "last resort" else None,
    }
    if resident is not None:
        facts["leaving_customer"], facts["leaving_addresses"] = _named(resident), _addresses(resident)
    return facts


def _named(resident: Resident) -> dict[str, Any]:
    """An end user, as notices of start and end name it."""
    names = ("identification", "name", "given_name", "family_name")
    found = {name: value for name in names if (value := getattr(resident, name)) is not None}
    return {**found, "identification_scheme": resident.scheme.value}


def _addresses(resident: Resident) -> list[dict[str, Any]] | None:
    return [item.model_dump(mode="json", exclude_none=True) for item in resident.addresses] or None
