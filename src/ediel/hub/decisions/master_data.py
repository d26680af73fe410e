"""Master data at the hub as parties are told them, and who is notified of a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from ediel.calendar import market_day, midnight
from ediel.codes import Role
from ediel.hub._changes import MasterDataRequest, applied, event_of
from ediel.hub._view import supplier_role
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.seed import HubPoint, Resident
from ediel.messages import (
    Message,
    NotifiedCustomer,
    NotifyCustomerInformationEvent,
    NotifyMeteringPointCharacteristicsEvent,
    RequestUpdateCustomerInformation,
    RequestUpdateMasterDataMeteringPoint,
)
from ediel.processes import Instance
from ediel.processes.master_data import ChangeNotice


def advice(message: Message, _instance: Instance, outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """Who is notified of a change that the hub has accepted."""
    if not outcome.accepted or not isinstance(message, MasterDataRequest):
        return {}
    event = event_of(message)
    known = sources.view.metering_point(event.metering_point)
    return {"notices": of_change(message, None if known is None else applied(known, message), sources.now)}


def point(
    asked: HubPoint, day: date, role: Role, *, reference: str | None = None
) -> NotifyMeteringPointCharacteristicsEvent:
    """Master data of a metering point as they are told to a role; ``reference`` is the query that they answer."""
    resident = resident_on(asked, day)
    shows = role in {Role.DDQ, Role.SLR}
    contract = next((item for item in asked.contracts if item.holds_on(day)), None)
    starts = [item.start for item in (contract, resident) if item is not None]
    return NotifyMeteringPointCharacteristicsEvent(
        original_reference=reference,
        start_of_occurrence=midnight(max(starts, default=day)),
        metering_point=asked.identification,
        address=asked.address,
        balance_supplier=None if contract is None else contract.supplier,
        customer=_notified(resident) if shows and resident is not None else None,
        grid_area=asked.grid_area,
        characteristics=asked.described(),
        annual_volume=asked.annual_volume,
        meter=asked.meter,
        taxation=asked.taxation if shows else None,
        measurements=asked.measurements,
    )


def customer(
    asked: HubPoint, day: date, snapshot: datetime, *, reference: str | None = None
) -> NotifyCustomerInformationEvent | None:
    """Master data of the end user of a day, as they are told; ``None`` where there is none."""
    resident = resident_on(asked, day)
    if resident is None:
        return None
    return NotifyCustomerInformationEvent(
        original_reference=reference,
        start_of_occurrence=midnight(resident.start),
        snapshot=snapshot,
        metering_point=asked.identification,
        customer=_notified(resident),
        addresses=resident.addresses,
    )


def resident_on(point: HubPoint, day: date) -> Resident | None:
    """The end user of a metering point on a day."""
    return next((item for item in point.end_users if item.holds_on(day)), None)


def _notified(resident: Resident) -> NotifiedCustomer:
    return NotifiedCustomer(
        identification=resident.identification,
        identification_scheme=resident.scheme,
        name=resident.name,
        given_name=resident.given_name,
        family_name=resident.family_name,
        extended_storage=resident.extended_storage,
    )


def of_change(message: Message, changed: HubPoint | None, now: datetime) -> tuple[ChangeNotice, ...]:
    """Who is notified of a change, and what.

    In the sources that stands only as far as the names of test cases go: here the supplier of the day is notified of
    changes of the point, and the grid access provider of changes of the customer (assumed).

    Args:
        message: the change.
        changed: the metering point as it stands after it.
        now: the moment.
    """
    if changed is None:
        return ()
    if isinstance(message, RequestUpdateCustomerInformation):
        notified = customer(changed, _day(message.payload.start_of_occurrence, now), now)
        return () if notified is None else (ChangeNotice(changed.grid_access_provider, Role.DDM.value, notified),)
    assert isinstance(message, RequestUpdateMasterDataMeteringPoint)
    day = _day(message.payloads[0].start_of_occurrence, now)
    suppliers = [(item.supplier, supplier_role(item)) for item in changed.contracts if item.holds_on(day)]
    return tuple(ChangeNotice(gln, role.value, point(changed, day, role)) for gln, role in suppliers)


def _day(notified: datetime | None, now: datetime) -> date:
    return market_day(now if notified is None else notified)
