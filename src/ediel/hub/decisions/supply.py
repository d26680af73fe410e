"""Start and end of supply at the hub: who leaves, who is told, the last day of cancellation, and what is superseded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from ediel.calendar import market_day
from ediel.codes import BusinessProcess, PhysicalStatus, Role, SettlementMethod
from ediel.hub._register import View, pending_of
from ediel.hub.decisions._common import Sources
from ediel.hub.seed import HubPoint
from ediel.market import Settlement, deadline
from ediel.processes import Instance
from ediel.rules.collisions import crossing

_BACK_IN_TIME: Final = frozenset({"BRS-NO-103", "BRS-NO-104"})
_LAST_RESORT: Final = frozenset({"BRS-NO-123", "BRS-NO-202"})


def advice(message: Any, instance: Instance, sources: Sources) -> Mapping[str, Any]:
    """What a start or an end of supply needs to know of the metering point."""
    view, payload = sources.view, getattr(message, "payload", None)
    told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
    point = None if payload is None else view.metering_point(payload.metering_point)
    if point is None or told is None or instance.version:
        return {}
    process, day = message.process.business_process, market_day(told)
    asked_last_resort = bool(getattr(payload, "move_in_to_slr", None))
    to_last_resort = process.value in _LAST_RESORT or asked_last_resort
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
    if process.value >= "BRS-NO-2" and facts["leaver"] == message.header.juridical_sender:
        facts["leaver"] = None  # it ends its own supply, and is told as the one who asked
    return facts


def _cancellation(process: BusinessProcess, point: HubPoint, day: date, sources: Sources) -> date:
    """Last day of cancellation; where no source gives it, the day on which the request comes (assumed)."""
    way: Settlement = "profiled" if point.settlement is SettlementMethod.PROFILED else "interval"
    limit = deadline(sources.profile, process, way, "cancellation", day)
    return market_day(sources.now) if limit is None else limit.day


def at_deadline(instance: Instance, view: View) -> Mapping[str, Any]:
    """Who supplies the point may have changed since the request came."""
    point = view.metering_point(str(instance.facts.get("metering_point")))
    if instance.machine not in {"supply/hub", "end of supply/hub"} or point is None:
        return {}
    if instance.state != "waiting":
        return {}
    facts = _leaver(point, date.fromisoformat(instance.facts["day"]), instance.facts["process"])
    ends_own = instance.machine == "end of supply/hub" and facts["leaver"] == instance.facts["requester"]
    return {**facts, "leaver": None} if ends_own else facts


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
    replaced = process in _BACK_IN_TIME and any(item.start == day and item.holds_on(day) for item in point.contracts)
    last = day if replaced else day - timedelta(days=1)
    contract = next((item for item in point.contracts if item.holds_on(last)), None)
    resident = next((item for item in point.end_users if item.holds_on(last)), None)
    facts: dict[str, Any] = {
        "leaver": None if contract is None else contract.supplier,
        "leaver_role": Role.SLR.value if contract is not None and contract.kind == "last resort" else None,
    }
    if resident is not None:
        names = ("identification", "name", "given_name", "family_name")
        facts["leaving_customer"] = {
            name: value for name in names if (value := getattr(resident, name)) is not None
        } | {"identification_scheme": resident.scheme.value}
        facts["leaving_addresses"] = [
            item.model_dump(mode="json", exclude_none=True) for item in resident.addresses
        ] or None
    return facts
