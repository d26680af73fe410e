"""What a step writes into the hub's own tables: values, annual volumes, master data, and the history of a point."""

from __future__ import annotations

from datetime import datetime

from ediel import brs
from ediel.calendar import market_day
from ediel.hub import _tables as tables
from ediel.hub._changes import MasterDataRequest, begun, event_of
from ediel.hub._history import access_of, plan_of, row
from ediel.hub._register import RegisterStore, customer_row, point_row
from ediel.hub.decisions import metering_values
from ediel.market.lines import AccessEnded, Corrected, Event, Person
from ediel.messages import (
    CollectedData,
    Message,
    RequestUpdateCustomerInformation,
    RequestUpdateMasterDataMeteringPoint,
)
from ediel.messages._json import to_json
from ediel.processes import (
    BeginContract,
    Change,
    ChangeMasterData,
    EndAccess,
    EndContract,
    Instance,
    KeepValues,
    ReopenContract,
    SetAccess,
    SetAnnualVolume,
    UndoContract,
    access,
    known,
    supply,
)
from ediel.store import Unit, stamp

__all__ = ["Keeping"]


class Keeping:
    """Keeps what steps write.

    Args:
        register_store: where the history of a metering point is read before it grows.
    """

    def __init__(self, register_store: RegisterStore) -> None:
        self._register_store = register_store

    def __call__(self, change: Change, unit: Unit, instance: Instance, message: Message | None, now: datetime) -> None:
        """Keep a change, in the transaction of the step.

        Raises:
            LineRefused: it would make two suppliers or two residents hold on one day, or rests on what is not so.
        """
        match change:
            case KeepValues(without) if isinstance(message, CollectedData):
                metering_values.keep(unit, message, without, now)
            case SetAnnualVolume():
                volume = {
                    "metering_point": change.metering_point,
                    "start": change.start.isoformat(),
                    "total": change.total,
                    "method": change.method,
                    "changed_at": stamp(now),
                }
                unit.keep(tables.VOLUMES, volume)
            case ChangeMasterData() if isinstance(
                message, RequestUpdateMasterDataMeteringPoint | RequestUpdateCustomerInformation
            ):
                self._master_data(unit, message, now)
            case BeginContract() | EndContract() | UndoContract() | ReopenContract():
                self._supply(change, unit, instance, now)
            case SetAccess() | EndAccess():
                self._access(change, unit, instance, now)
            case _:
                pass  # kept in the log alone

    # --- the history of a metering point

    def _supply(self, change: Change, unit: Unit, instance: Instance, now: datetime) -> None:
        """One event for a start or an end, whatever else changes by it in the contracts of the engine."""
        starts, ends = supply.START_HUB, supply.END_HUB
        if (instance.machine == starts.key and isinstance(change, BeginContract)) or (
            instance.machine == ends.key and isinstance(change, EndContract)
        ):
            table = starts if instance.machine == starts.key else ends
            self._record(unit, _point(instance), instance.id, plan_of(table.own(instance).facts).event, now)
        elif (instance.machine == starts.key and isinstance(change, UndoContract)) or (
            instance.machine == ends.key and isinstance(change, ReopenContract)
        ):
            self._record(unit, _point(instance), instance.id, None, now)

    def _access(self, change: SetAccess | EndAccess, unit: Unit, instance: Instance, now: datetime) -> None:
        today, metering_point = market_day(now), _point(instance)
        event: Event
        if isinstance(change, EndAccess):
            event = AccessEnded(today, change.third_party)
        else:
            has = self._register_store.lines(metering_point)[1].now.access(change.third_party).on(today)
            named = access.HUB.own(instance).facts.level is not None
            event = access_of(change, None if has is None else has.value, today, named=named)
        self._record(unit, metering_point, instance.id, event, now)

    def _record(self, unit: Unit, metering_point: str, key: str, event: Event | None, now: datetime) -> None:
        number, point = self._register_store.lines(metering_point)
        at = max(now, point.history.latest or now)  # the clock of a stand-in hub may be set back
        after = point.undo(key, at) if event is None else point.record(key, event, at)
        written = None if event is None else after.history.entries[-1].what
        unit.keep(tables.HISTORY, row(metering_point, number + 1, key, at, written))

    # --- master data

    def _master_data(self, unit: Unit, message: MasterDataRequest, now: datetime) -> None:
        """A change of master data; a new metering point stands among the others at once."""
        if isinstance(message, RequestUpdateCustomerInformation):
            begins = None  # it has no period: its day picks the end user
            unit.keep(tables.CUSTOMERS, customer_row(message.payload.customer, message.payload.metering_point))
            self._correct(unit, message, now)
        else:
            event = message.payloads[0]
            if message.process.business_process is brs.NEW_POINT.code:
                point = begun(event, str(message.header.juridical_sender))
                if point is not None:
                    unit.keep(tables.POINTS, point_row(point))
                return
            begins = event.start_of_occurrence
            if event.meter is not None:
                unit.keep(tables.METERS, {"meter": str(event.meter.meter), "metering_point": str(event.metering_point)})
        change = {
            "message_id": str(message.header.identification),
            "metering_point": str(event_of(message).metering_point),
            "start": market_day(begins or now).isoformat(),
            "changed_at": stamp(now),
            "data": to_json(message),
        }
        unit.keep(tables.CHANGES, change)

    def _correct(self, unit: Unit, message: RequestUpdateCustomerInformation, now: datetime) -> None:
        """The end user of the day of the message, whoever comes to live there on that day afterwards."""
        begins = message.payload
        if begins.start_of_occurrence is None:
            return
        metering_point, day = str(begins.metering_point), market_day(begins.start_of_occurrence)
        home = self._register_store.lines(metering_point)[1].now.resident(day)
        if home is None:
            return
        person = Person(str(begins.customer.identification), begins.customer.identification_scheme)
        self._record(unit, metering_point, str(message.header.identification), Corrected(day, person, home.key), now)


def _point(instance: Instance) -> str:
    return known(instance.facts.metering_point, "metering_point")
