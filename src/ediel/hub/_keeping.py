"""What a step of a process writes into the hub's own tables: values, annual volumes, master data."""

from __future__ import annotations

from datetime import datetime

from ediel import brs
from ediel.calendar import market_day
from ediel.hub import _tables as tables
from ediel.hub._changes import MasterDataRequest, begun, event_of
from ediel.hub._register import customer_row, point_row
from ediel.hub.decisions import metering_values
from ediel.messages import (
    CollectedData,
    Message,
    RequestUpdateCustomerInformation,
    RequestUpdateMasterDataMeteringPoint,
)
from ediel.messages._json import to_json
from ediel.processes import Change, ChangeMasterData, Instance, KeepValues, SetAnnualVolume
from ediel.store import Unit, stamp

__all__ = ["keep"]


def keep(change: Change, unit: Unit, instance: Instance, message: Message | None, now: datetime) -> None:  # noqa: ARG001 - of the engine
    """Values, annual volumes and master data, in the transaction of the step."""
    match change:
        case KeepValues(without) if isinstance(message, CollectedData):
            metering_values.keep(unit, message, without, now)
        case SetAnnualVolume():
            row = {
                "metering_point": change.metering_point,
                "start": change.start.isoformat(),
                "total": change.total,
                "method": change.method,
                "changed_at": stamp(now),
            }
            unit.keep(tables.VOLUMES, row)
        case ChangeMasterData() if isinstance(
            message, RequestUpdateMasterDataMeteringPoint | RequestUpdateCustomerInformation
        ):
            _change(unit, message, now)
        case _:
            pass  # contracts and accesses: the engine keeps them


def _change(unit: Unit, message: MasterDataRequest, now: datetime) -> None:
    """A change of master data; a new metering point stands among the others at once."""
    if isinstance(message, RequestUpdateCustomerInformation):
        told = None  # it has no period: its day picks the end user
        unit.keep(tables.CUSTOMERS, customer_row(message.payload.customer, message.payload.metering_point))
    else:
        event = message.payloads[0]
        if message.process.business_process is brs.NEW_POINT.code:
            point = begun(event, str(message.header.juridical_sender))
            if point is not None:
                unit.keep(tables.POINTS, point_row(point))
            return
        told = event.start_of_occurrence
        if event.meter is not None:
            unit.keep(tables.METERS, {"meter": str(event.meter.meter), "metering_point": str(event.metering_point)})
    row = {
        "message_id": str(message.header.identification),
        "metering_point": str(event_of(message).metering_point),
        "start": market_day(told or now).isoformat(),
        "changed_at": stamp(now),
        "data": to_json(message),
    }
    unit.keep(tables.CHANGES, row)
