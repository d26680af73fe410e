"""What steps write about contracts and accesses: as notified to the party, or as the hub decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ediel.calendar import market_day
from ediel.processes import (
    BeginContract,
    Change,
    EndAccess,
    EndContract,
    Instance,
    ReopenContract,
    SetAccess,
    UndoContract,
    known,
)
from ediel.store import Unit, Values, stamp

_UNKNOWN: Final = ""
"""Start of a contract that began before this database knew of it."""


def apply_change(change: Change, unit: Unit, instance: Instance, now: datetime) -> None:
    """Write one change. Those that are about neither contracts nor accesses are kept in the log alone."""
    match change:
        case BeginContract(supplier, start):
            contracts = _Contracts(unit, instance, now)
            contracts.put(contracts.row(supplier, start.isoformat()))
        case UndoContract(supplier, start):
            contracts = _Contracts(unit, instance, now)
            contracts.put({**contracts.row(supplier, start.isoformat()), "status": "undone"})
        case EndContract(supplier, end):
            contracts = _Contracts(unit, instance, now)
            row = contracts.latest(supplier, until=end) or contracts.row(supplier, _UNKNOWN)
            contracts.put({**row, "end": end.isoformat()})
        case ReopenContract(supplier, end):
            contracts = _Contracts(unit, instance, now)
            row = contracts.ended(supplier, end) or contracts.latest(supplier) or contracts.row(supplier, _UNKNOWN)
            contracts.put({**row, "end": None})
        case SetAccess():
            _set_access(change, unit, instance, now)
        case EndAccess(third_party):
            _end_access(third_party, unit, instance, now)
        case _:
            pass  # a hub keeps it, or nobody


@dataclass(frozen=True, slots=True)
class _Contracts:
    """The contracts of a party on the metering point of a process."""

    unit: Unit
    instance: Instance
    now: datetime

    def row(self, supplier: str, start: str) -> Values:
        """A new contract, in force."""
        facts = self.instance.facts
        return {
            "party": self.instance.party,
            "metering_point": _point(self.instance),
            "supplier": supplier,
            "start": start,
            "end": None,
            "process": known(facts.process, "process"),
            "status": "in force",
            "changed_at": stamp(self.now),
        }

    def put(self, row: Values) -> None:
        """Write a contract."""
        self.unit.put("contracts", {**row, "changed_at": stamp(self.now)})

    def _in_force(self, supplier: str) -> list[Values]:
        rows = self.unit.contracts(self.instance.party, _point(self.instance))
        return [row for row in rows if row["supplier"] == supplier and row["status"] == "in force"]

    def latest(self, supplier: str, *, until: date | None = None) -> Values | None:
        """The latest contract of a supplier that is in force; the latest that began by a day when one is given."""
        day = None if until is None else until.isoformat()
        rows = [row for row in self._in_force(supplier) if day is None or row["start"] <= day]
        return rows[-1] if rows else None

    def ended(self, supplier: str, end: date) -> Values | None:
        """The contract of a supplier that ended on a day."""
        rows = [row for row in self._in_force(supplier) if row["end"] == end.isoformat()]
        return rows[-1] if rows else None


def _point(instance: Instance) -> str:
    return known(instance.facts.metering_point, "metering_point")


def _set_access(change: SetAccess, unit: Unit, instance: Instance, now: datetime) -> None:
    rows = [
        row
        for row in unit.accesses(instance.party, _point(instance))
        if row["third_party"] == change.third_party and row["end"] is None
    ]
    row = {
        "party": instance.party,
        "metering_point": _point(instance),
        "third_party": change.third_party,
        "start": rows[-1]["start"] if rows else market_day(now).isoformat(),
        "end": None if change.end is None else change.end.isoformat(),
        "level": change.level,
        "extended_storage": change.extended_storage,
        "changed_at": stamp(now),
    }
    unit.put("accesses", row)


def _end_access(third_party: str, unit: Unit, instance: Instance, now: datetime) -> None:
    today = market_day(now).isoformat()
    for row in unit.accesses(instance.party, _point(instance)):
        if row["third_party"] == third_party and (row["end"] is None or row["end"] > today):
            unit.put("accesses", {**row, "end": today, "changed_at": stamp(now)})
