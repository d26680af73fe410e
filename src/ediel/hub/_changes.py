"""Changes of master data at the hub: BRS-NO-121, 301, 302 and 402. What they do to a metering point.

A class that is left out keeps its values; an element left out of a class that is sent is cleared, but not by 402. Type,
settlement and status of a metering point are never cleared. Annual volumes change by BRS-NO-317 alone.
"""

from __future__ import annotations

from datetime import date
from typing import Final, TypeVar

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import PhysicalStatus
from ediel.hub.seed import HubPoint, Resident
from ediel.messages import (
    MeasurementDefinition,
    MeasurementDefinitionUpdate,
    Message,
    MeteringPointCharacteristics,
    RequestUpdateCustomerInformation,
    RequestUpdateCustomerInformationEvent,
    RequestUpdateMasterDataMeteringPoint,
)
from ediel.messages import RequestUpdateMasterDataMeteringPointEvent as Change
from ediel.messages._base import Composite

__all__ = ["MasterDataRequest", "applied", "begun", "corrected", "event_of"]

MasterDataRequest = RequestUpdateMasterDataMeteringPoint | RequestUpdateCustomerInformation
PartT = TypeVar("PartT", bound=Composite)

_CLASSES: Final = ("address", "meter", "taxation")
_OWN: Final = {
    "metering_point_type": "type", "settlement_method": "settlement", "physical_status": "status",
    "blocked_for_switching": "blocked_for_switching", "meter_reading_occurrence": "reading_resolution",
}  # fmt: skip
"""Characteristics that a metering point of the register has beside the rest."""
_KEPT: Final = frozenset({"type", "settlement", "status"})


def event_of(message: MasterDataRequest) -> Change | RequestUpdateCustomerInformationEvent:
    """What a change is about: a message has one payload, of a customer or of a metering point."""
    return message.payload if isinstance(message, RequestUpdateCustomerInformation) else message.payloads[0]


def begun(change: Change, grid: str) -> HubPoint | None:
    """A new metering point; ``None`` where the message says too little.

    It is inactive until it is activated. That it is an accounting point is assumed.
    """
    given = change.characteristics
    if (
        given is None
        or given.metering_point_type is None
        or given.settlement_method is None
        or change.grid_area is None
    ):
        return None
    plain = HubPoint(
        identification=change.metering_point,
        type=given.metering_point_type,
        accounting_point=True,
        status=PhysicalStatus.INACTIVE,
        settlement=given.settlement_method,
        blocked_for_switching=False,
        grid_access_provider=grid,
        grid_area=change.grid_area,
        annual_volume=change.annual_volume,
    )
    return _changed(plain, change, clears=True)


def applied(point: HubPoint, message: Message) -> HubPoint:
    """A metering point after a change."""
    if isinstance(message, RequestUpdateCustomerInformation):
        return point.model_copy(update={"end_users": _corrected(point.end_users, message)})
    assert isinstance(message, RequestUpdateMasterDataMeteringPoint)
    return _changed(point, message.payloads[0], clears=brs.of(message.process.business_process).clears)


def _changed(point: HubPoint, change: Change, *, clears: bool) -> HubPoint:
    more: dict[str, object] = {}
    for name in _CLASSES:
        if (given := getattr(change, name)) is not None:
            more[name] = given if clears else _merged(getattr(point, name), given)
    if change.measurements:
        more["measurements"] = tuple(_channel(item) for item in change.measurements)
    if change.characteristics is not None:
        more |= _characteristics(point, change.characteristics, clears=clears)
    return point.model_copy(update=more)


def _channel(given: MeasurementDefinitionUpdate) -> MeasurementDefinition:
    return MeasurementDefinition.model_validate(given.model_dump(exclude_none=True))


def _merged(before: PartT | None, given: PartT) -> PartT:
    old = {} if before is None else before.model_dump(exclude_none=True)
    return type(given).model_validate({**old, **given.model_dump(exclude_none=True)})


def _characteristics(point: HubPoint, given: MeteringPointCharacteristics, *, clears: bool) -> dict[str, object]:
    whole = given if clears else _merged(point.described(), given)
    own = {mine: getattr(whole, name) for name, mine in _OWN.items()}
    own_names = {*_OWN, *(f"{name}_agency" for name in _OWN)}
    left = {name: value for name, value in whole.model_dump(exclude_none=True).items() if name not in own_names}
    rest = MeteringPointCharacteristics.model_validate(left)
    kept = {mine: value for mine, value in own.items() if value is not None or mine not in _KEPT}
    return {**kept, "blocked_for_switching": bool(whole.blocked_for_switching), "characteristics": rest}


def _corrected(residents: tuple[Resident, ...], message: RequestUpdateCustomerInformation) -> tuple[Resident, ...]:
    """The end users of a metering point after a correction of the one who is tied to it on the day of the message."""
    given = message.payload
    day = date.min if given.start_of_occurrence is None else market_day(given.start_of_occurrence)
    return tuple(corrected(item, message) if item.holds_on(day) else item for item in residents)


def corrected(resident: Resident, message: RequestUpdateCustomerInformation) -> Resident:
    """An end user after a correction."""
    given = message.payload
    customer = given.customer
    more = {
        name: getattr(customer, name)
        for name in ("identification", "name", "given_name", "family_name")
        if getattr(customer, name) is not None
    }
    more["scheme"] = customer.identification_scheme
    if customer.extended_storage:  # a supplier can turn it on, and not off
        more["extended_storage"] = True
    if given.addresses:
        more["addresses"] = given.addresses
    return resident.model_copy(update=more)
