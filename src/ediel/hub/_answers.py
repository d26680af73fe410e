"""Master data as the hub tells them: answers to BRS-NO-303 and 611, and what others are told of a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from ediel.calendar import market_day, midnight
from ediel.codes import EndUserScheme, QueryType, Role
from ediel.hub._register import RegisterStore, View, supplier_role
from ediel.hub.seed import HubPoint, Resident
from ediel.messages import (
    AnnualVolume,
    IndustryAndConsumption,
    Message,
    NotifiedCustomer,
    RequestUpdateCustomerInformation,
    RequestUpdateMasterDataMeteringPoint,
)

_MOST: Final = 99
"""Metering points in one answer to a search (XSD)."""


# --- BRS-NO-303


def master_data(message_id: str, payload: Any, role: Role, view: View) -> list[dict[str, Any]]:
    """The answer to a query for master data, or for the customer.

    What a limited access leaves out is not published: here it is the customer (assumed).

    Args:
        message_id: identification of the query.
        payload: what was asked.
        role: who asks.
        view: the register.
    """
    found_at = view.metering_point(str(payload.metering_point))
    if found_at is None:
        return []
    asked = view.now if payload.snapshot is None else payload.snapshot
    day = market_day(asked)
    about = {"original_reference": message_id}
    if payload.query_type is QueryType.MDCU:
        found = customer(found_at, day, asked)
        return [] if found is None else [{"message": "NotifyCustomerInformation", "payload": {**found, **about}}]
    row = {**point(found_at, day, role), **about}
    return [{"message": "NotifyMeteringPointCharacteristics", "payloads": (row,)}]


def point(asked: HubPoint, day: date, role: Role) -> dict[str, Any]:
    """Master data of a metering point as they are told to a role."""
    resident = _resident(asked, day)
    shows = role in {Role.DDQ, Role.SLR}
    contract = next((item for item in asked.contracts if item.holds_on(day)), None)
    starts = [item.start for item in (contract, resident) if item is not None]
    return {
        "start_of_occurrence": midnight(max(starts, default=day)),
        "metering_point": asked.identification,
        "address": asked.address,
        "balance_supplier": None if contract is None else contract.supplier,
        "customer": _notified(resident) if shows and resident is not None else None,
        "grid_area": asked.grid_area,
        "characteristics": asked.described(),
        "annual_volume": asked.annual_volume,
        "meter": asked.meter,
        "taxation": asked.taxation if shows else None,
        "measurements": asked.measurements,
    }


def customer(asked: HubPoint, day: date, snapshot: datetime) -> dict[str, Any] | None:
    """Master data of the end user of a day, as they are told; ``None`` where there is none."""
    resident = _resident(asked, day)
    if resident is None:
        return None
    return {
        "start_of_occurrence": midnight(resident.start),
        "snapshot": snapshot,
        "metering_point": asked.identification,
        "customer": _notified(resident),
        "addresses": resident.addresses,
    }


def _resident(point: HubPoint, day: date) -> Resident | None:
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


# --- changes of master data


def of_change(message: Message, changed: HubPoint | None, now: datetime) -> list[dict[str, Any]]:
    """Who is told of a change, and what: recipient, role, and the payload.

    In the sources that stands only as far as the names of test cases go: here the supplier of the day is told of
    changes of the point, and the grid access provider of changes of the customer (assumed).

    Args:
        message: the change.
        changed: the metering point as it stands after it.
        now: the moment.
    """
    if changed is None:
        return []
    if isinstance(message, RequestUpdateCustomerInformation):
        told = customer(changed, _day(message.payload.start_of_occurrence, now), now)
        return [] if told is None else [{"recipient": changed.grid_access_provider, "role": "DDM", "told": told}]
    assert isinstance(message, RequestUpdateMasterDataMeteringPoint)
    day = _day(message.payloads[0].start_of_occurrence, now)
    suppliers = [(item.supplier, supplier_role(item)) for item in changed.contracts if item.holds_on(day)]
    return [{"recipient": gln, "role": role.value, "told": point(changed, day, role)} for gln, role in suppliers]


def _day(told: datetime | None, now: datetime) -> date:
    return market_day(now if told is None else told)


# --- BRS-NO-324

_SEES_ALL: Final = frozenset({Role.DDM, Role.BSL})


def settlement(
    message_id: str, payload: Any, role: Role, asker: str, register_store: RegisterStore
) -> list[dict[str, Any]]:
    """Settlement data, as they were seeded: series of the grid area that lie in the period that was asked for.

    Who may see what is not published: here grid companies and BSL see all, others what names them as supplier or
    balance responsible (assumed).
    """
    found = tuple(
        series.model_copy(update={"request_reference": message_id})
        for series in register_store.settlement(str(payload.grid_area), payload.period.start, payload.period.end)
        if payload.business_type in {None, series.characteristics.business_type}
        if role in _SEES_ALL or asker in {series.balance_responsible, series.balance_supplier}
    )
    return [{"message": "NotifyValidatedDataForBillingEnergy", "payloads": found}] if found else []


# --- BRS-NO-611


def search(message: Any, view: View, register_store: RegisterStore) -> list[dict[str, Any]]:
    """The answer to a search: one part, or none when nothing fits."""
    asked = message.payload
    today = market_day(view.now)
    fits = [point for point in _candidates(asked, view, register_store) if _fits(point, asked, today)]
    rows = tuple(_found(point, message.header.identification, view) for point in fits[:_MOST])
    return [{"message": "ResponseUpfrontMeteringPointCharacteristics", "payloads": rows}] if rows else []


def _candidates(asked: Any, view: View, register_store: RegisterStore) -> Iterator[HubPoint]:
    if asked.metering_point is not None:
        names = [str(asked.metering_point)]
    elif asked.meter is not None:
        names = register_store.with_meter(str(asked.meter))
    elif asked.customer is not None:
        names = register_store.with_customer(
            str(asked.customer.identification), asked.customer.identification_scheme.value
        )
    else:
        names = []
    for name in names:
        point = view.metering_point(name)
        if point is not None:
            yield point


def _fits(point: HubPoint, asked: Any, today: date) -> bool:
    if asked.meter is not None and (point.meter is None or str(point.meter.meter) != str(asked.meter)):
        return False
    if asked.customer is not None:
        resident = _resident(point, today)
        scheme: EndUserScheme = asked.customer.identification_scheme
        if resident is None or not resident.is_same(str(asked.customer.identification), scheme):
            return False
    if asked.address is None:
        return True
    own = point.address
    pairs = (
        (getattr(asked.address, name), getattr(own, name, None))
        for name in ("street_name", "building_number", "postcode")
    )
    return own is not None and all(wanted is None or _like(str(wanted), found) for wanted, found in pairs)


def _like(wanted: str, found: Any) -> bool:
    """Whether a text fits; a star stands for the rest."""
    head, star, _ = wanted.lower().partition("*")
    text = "" if found is None else str(found).lower()
    return text.startswith(head) if star else text == head


def _found(point: HubPoint, message_id: str, view: View) -> dict[str, Any]:
    today = market_day(view.now)
    last_resort = next((item for item in point.contracts if item.kind == "last resort" and item.holds_on(today)), None)
    taxation, volume = point.taxation, point.annual_volume
    return {
        "original_reference": message_id,
        "snapshot": view.now,
        "delivery_obligation_date": None if last_resort is None else midnight(last_resort.start),
        "metering_point": point.identification,
        "grid_access_provider": point.grid_access_provider,
        "address": point.address,
        "grid_area": point.grid_area,
        "characteristics": point.described(),
        "meter": point.meter,
        "annual_volume": None if volume is None else AnnualVolume(total=volume.total),
        "taxation": None
        if taxation is None
        else IndustryAndConsumption(consumption_code=taxation.consumption_code, nace_code=taxation.nace_code),
    }
