"""What a step writes into the hub's own tables: values, annual volumes, master data, and the history of a point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ediel import brs
from ediel.calendar import market_day
from ediel.hub import _tables as tables
from ediel.hub._changes import begun, event_of
from ediel.hub._history import UNDOES, change_of, row
from ediel.hub._register import RegisterStore, customer_row, point_row
from ediel.hub.decisions import metering_values as values
from ediel.market.lines import Corrected, Event, Person
from ediel.messages import CollectedData, Message, RequestUpdateCustomerInformation
from ediel.messages._json import to_json
from ediel.processes import Instance
from ediel.store import Unit, stamp

__all__ = ["Keeping"]


class Keeping:
    """Keeps what steps write.

    Args:
        register_store: where the history of a metering point is read before it grows.
    """

    def __init__(self, register_store: RegisterStore) -> None:
        self._register_store = register_store

    def __call__(self, change: str, unit: Unit, instance: Instance, message: Message | None, now: datetime) -> None:
        """Keep a change, in the transaction of the step.

        Raises:
            LineRefused: it would make two suppliers or two residents hold on one day, or rests on what is not so.
        """
        if change == "values" and isinstance(message, CollectedData):
            values.keep(unit, message, frozenset(instance.facts.get("failed") or ()), now)
        elif change == "annual volumes":
            _volumes(unit, instance, now)
        elif change == "master data" and message is not None:
            self._master_data(unit, message, now)
        else:
            event = change_of(change, instance, market_day(now))
            if event is not None or change in UNDOES:
                self._record(unit, str(instance.facts["metering_point"]), instance.id, event, now)

    def _record(self, unit: Unit, metering_point: str, key: str, event: Event | None, now: datetime) -> None:
        number, point = self._register_store.lines(metering_point)
        at = max(now, point.history.latest or now)  # the clock of a stand-in hub may be set back
        after = point.undo(key, at) if event is None else point.record(key, event, at)
        written = None if event is None else after.history.entries[-1].what
        unit.keep(tables.HISTORY, row(metering_point, number + 1, key, at, written))

    def _master_data(self, unit: Unit, message: Any, now: datetime) -> None:
        """A change of master data; a new metering point stands among the others at once."""
        event = event_of(message)
        if message.process.business_process is brs.NEW_POINT.code:
            point = begun(event, str(message.header.juridical_sender))
            if point is not None:
                unit.keep(tables.POINTS, point_row(point))
            return
        told = event.start_of_occurrence
        if isinstance(message, RequestUpdateCustomerInformation):
            self._correct(unit, message, now)
            told = None  # it has no period: its day picks the end user
            unit.keep(tables.CUSTOMERS, customer_row(event.customer, event.metering_point))
        elif event.meter is not None:
            unit.keep(tables.METERS, {"meter": str(event.meter.meter), "metering_point": str(event.metering_point)})
        change = {
            "message_id": str(message.header.identification),
            "metering_point": str(event.metering_point),
            "start": market_day(told or now).isoformat(),
            "changed_at": stamp(now),
            "data": to_json(message),
        }
        unit.keep(tables.CHANGES, change)

    def _correct(self, unit: Unit, message: RequestUpdateCustomerInformation, now: datetime) -> None:
        """The end user of the day of the message, whoever comes to live there on that day afterwards."""
        told = message.payload
        if told.start_of_occurrence is None:
            return
        metering_point, day = str(told.metering_point), market_day(told.start_of_occurrence)
        home = self._register_store.lines(metering_point)[1].now.resident(day)
        if home is None:
            return
        person = Person(str(told.customer.identification), told.customer.identification_scheme)
        self._record(unit, metering_point, str(message.header.identification), Corrected(day, person, home.key), now)


def _volumes(unit: Unit, instance: Instance, now: datetime) -> None:
    for volume in instance.facts.get("volumes") or ():
        detail: Mapping[str, Any] = volume["annual_volume"]
        kept = {
            "metering_point": volume["metering_point"],
            "start": volume["day"],
            "total": detail["total"],
            "method": detail["calculation_method"],
            "changed_at": stamp(now),
        }
        unit.keep(tables.VOLUMES, kept)
