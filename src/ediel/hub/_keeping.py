"""What a step of a process writes into the hub's own tables: values, annual volumes, master data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ediel.calendar import market_day
from ediel.codes import BusinessProcess
from ediel.hub import _tables as tables
from ediel.hub._changes import begun, event_of
from ediel.hub._register import customer_row, point_row
from ediel.hub.decisions import metering_values
from ediel.messages import CollectedData, Message, RequestUpdateCustomerInformation
from ediel.messages._json import to_json
from ediel.processes import Instance
from ediel.store import Unit, stamp

__all__ = ["keep"]


def keep(change: str, unit: Unit, instance: Instance, message: Message | None, now: datetime) -> None:
    """Values, annual volumes and master data, in the transaction of the step."""
    if change == "values" and isinstance(message, CollectedData):
        metering_values.keep(unit, message, frozenset(instance.facts.get("failed") or ()), now)
    elif change == "annual volumes":
        for volume in instance.facts.get("volumes") or ():
            detail: Mapping[str, Any] = volume["annual_volume"]
            row = {
                "metering_point": volume["metering_point"],
                "start": volume["day"],
                "total": detail["total"],
                "method": detail["calculation_method"],
                "changed_at": stamp(now),
            }
            unit.keep(tables.VOLUMES, row)
    elif change == "master data" and message is not None:
        _change(unit, message, now)


def _change(unit: Unit, message: Any, now: datetime) -> None:
    """A change of master data; a new metering point stands among the others at once."""
    event = event_of(message)
    if message.process.business_process is BusinessProcess.BRS_NO_121:
        point = begun(event, str(message.header.juridical_sender))
        if point is not None:
            unit.keep(tables.POINTS, point_row(point))
        return
    told = event.start_of_occurrence
    if isinstance(message, RequestUpdateCustomerInformation):
        told = None  # it has no period: its day picks the end user
        unit.keep(tables.CUSTOMERS, customer_row(event.customer, event.metering_point))
    elif event.meter is not None:
        unit.keep(tables.METERS, {"meter": str(event.meter.meter), "metering_point": str(event.metering_point)})
    row = {
        "message_id": str(message.header.identification),
        "metering_point": str(event.metering_point),
        "start": market_day(told or now).isoformat(),
        "changed_at": stamp(now),
        "data": to_json(message),
    }
    unit.keep(tables.CHANGES, row)
