"""What steps write about contracts and accesses: as notified to the party, or as the hub decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ediel.calendar import market_day
from ediel.processes import (
    BeginContract,
    Change,
    ContractChange,
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


def apply_change(
    change: Change, unit: Unit, instance: Instance, now: datetime, told: datetime | None = None
) -> date | None:
    """Write one change. Those that are about neither contracts nor accesses are kept in the log alone.

    Args:
        change: what changes.
        unit: where it is written.
        instance: the process whose step makes it.
        now: the moment of the step.
        told: when the message that says so was created; ``None`` where no message does.

    Returns:
        The day on which an earlier notice has let end what ends on another day by now, or begins again though nothing
        is known to have ended; ``None`` where nothing disagrees.
    """
    match change:
        case BeginContract() | UndoContract() | EndContract() | ReopenContract():
            return _Contracts(unit, instance, change.supplier, change.customer, now, told).apply(change)
        case SetAccess():
            _set_access(change, unit, instance, now)
        case EndAccess(third_party):
            _end_access(third_party, unit, instance, now)
        case _:
            pass  # a hub keeps it, or nobody
    return None


@dataclass(frozen=True, slots=True)
class _Contracts:
    """The contracts of a supplier, as a party knows them, on the metering point of a process.

    Attributes:
        customer: a mark of whose contract a change is about; empty when that is not known.
        told: when the message that says so was created: of two that overtake each other, the later one counts.
    """

    unit: Unit
    instance: Instance
    supplier: str
    customer: str
    now: datetime
    told: datetime | None

    def apply(self, change: ContractChange) -> date | None:
        """Write one change; see ``apply_change``."""
        earlier: date | None = None
        match change:
            case BeginContract():
                self._begin(self._row(change.start.isoformat()))
            case UndoContract():
                self._put({**self._begun(change.start.isoformat()), "status": "undone"})
            case EndContract():
                day = change.end.isoformat()
                for row in self._ending(day) or [self._row(_UNKNOWN)]:
                    if row["end"] is not None and row["end"] != day:
                        if self._told_later(row):
                            continue
                        earlier = date.fromisoformat(row["end"])
                    # one that ends where it begins never holds; it is in force again when its end is taken back
                    self._put({**row, "end": day, "status": "in force" if row["start"] < day else "undone"})
            case ReopenContract():
                ended = self._ended(change.end.isoformat())
                if ended is not None or not self._goes_over(change.end.isoformat()):
                    self._put({**(ended or self._latest() or self._row(_UNKNOWN)), **_GOES_ON})
        return earlier

    def _row(self, start: str) -> Values:
        """A new contract, in force."""
        facts = self.instance.facts
        return {
            "party": self.instance.party,
            "metering_point": _point(self.instance),
            "supplier": self.supplier,
            "start": start,
            "customer": self.customer,
            "end": None,
            "process": known(facts.process, "process"),
            "status": "in force",
        }

    def _begin(self, row: Values) -> None:
        """A contract begins; its end may have come before, when nobody knew of its beginning."""
        for other in self._rows():
            if other["start"] != _UNKNOWN or self._fits(other) != _SAME:
                continue
            end = other["end"] or ""
            if end > row["start"] or (end == row["start"] and self._told_later(other, or_with_it=True)):
                self._put({**other, "status": "undone"})
                row = {**row, "end": end, "status": "in force" if end > row["start"] else "undone"}
        self._put(row)

    def _put(self, row: Values) -> None:
        told = None if self.told is None else stamp(self.told)
        self.unit.put("contracts", {**row, "changed_at": stamp(self.now), "told_at": told or row.get("told_at")})

    def _told_later(self, row: Values, *, or_with_it: bool = False) -> bool:
        """Whether what a row says was told after what is said now: a message has overtaken another one."""
        before = row.get("told_at")
        if before is None or self.told is None:
            return False
        return bool(before > stamp(self.told) or (or_with_it and before == stamp(self.told)))

    def _rows(self) -> list[Values]:
        """By start; those of the same customer last, so that they are found first."""
        rows = self.unit.contracts(self.instance.party, _point(self.instance))
        own = [row for row in rows if row["supplier"] == self.supplier]
        return sorted(own, key=lambda row: (self._fits(row), row["start"]))

    def _fits(self, row: Values) -> int:
        """Whether a contract is of the customer: it is, that is not known, or it is of another one by now (301)."""
        if row["customer"] == self.customer:
            return _SAME
        return 1 if not row["customer"] or not self.customer else 0

    def _begun(self, start: str) -> Values:
        """The contract that began on a day."""
        rows = [row for row in self._rows() if row["start"] == start and self._fits(row)]
        return rows[-1] if rows else self._row(start)

    def _ending(self, day: str) -> list[Values]:
        """The contracts that an end on a day is of; more than one where a rollback has put two behind each other.

        Of its customer: what holds over the day, or begins on it. Else what holds over it, whoever's it is by now (but
        not what is known by the end of another customer alone); what begins on it, where nobody knows whose it is; at
        last, what has ended otherwise: its end is corrected.
        """
        rows = [row for row in self._rows() if row["status"] == "in force"]
        own = [row for row in rows if self._fits(row) == _SAME]
        maybe = [row for row in rows if self._fits(row)]
        begun = [row for row in rows if self._fits(row) or row["start"] != _UNKNOWN or row["end"] is None]
        over, begins = _over(day), _begins(day)
        goes_on = list(filter(over, own))
        if goes_on:
            return goes_on + [row for row in filter(begins, own) if self._follows(row, goes_on)]
        for wanted in (filter(begins, own), filter(over, begun), filter(begins, maybe)):
            if found := list(wanted):
                return found
        return [row for row in maybe if row["start"] < day][-1:]

    def _follows(self, row: Values, before: list[Values]) -> bool:
        """Whether a contract of the customer takes over from one that goes on until then, so that no end lies between.

        What was told to begin after the one before it was told begins anew: the end between has been overtaken.
        """
        latest = max(other["told_at"] or "" for other in before)
        return (row["told_at"] or "") <= latest and not self._told_later(row)

    def _ended(self, day: str) -> Values | None:
        """The contract that ended on a day, or would have begun on it."""
        rows = [row for row in self._rows() if row["end"] == day]
        # what was known by its end alone is part of the contract whose beginning has come since
        rows = [row for row in rows if row["start"] != _UNKNOWN or row["status"] == "in force"]
        return rows[-1] if rows else None

    def _goes_over(self, day: str) -> bool:
        """Whether a contract of the customer goes on over a day by now: a later end has overtaken what reopens it."""
        return any(row["status"] == "in force" and self._fits(row) == _SAME for row in filter(_over(day), self._rows()))

    def _latest(self) -> Values | None:
        rows = [row for row in self._rows() if row["status"] == "in force"]
        return rows[-1] if rows else None


_SAME: Final = 2


def _over(day: str) -> Callable[[Values], bool]:
    """Whether a contract holds before a day and on it."""
    return lambda row: bool(row["start"] < day and (row["end"] is None or row["end"] > day))


def _begins(day: str) -> Callable[[Values], bool]:
    return lambda row: bool(row["start"] == day)


_NEVER: Final = "9999-12-31"
_GOES_ON: Final = {"end": None, "status": "in force"}


def _point(instance: Instance) -> str:
    return known(instance.facts.metering_point, "metering_point")


def _set_access(change: SetAccess, unit: Unit, instance: Instance, now: datetime) -> None:
    """What a third party has today goes on, changed; else it begins today: a third party has one access a day."""
    today = market_day(now).isoformat()
    rows = [
        row
        for row in unit.accesses(instance.party, _point(instance))
        if row["third_party"] == change.third_party and row["start"] <= today < (row["end"] or _NEVER)
    ]
    row = {
        "party": instance.party,
        "metering_point": _point(instance),
        "third_party": change.third_party,
        "start": rows[-1]["start"] if rows else today,
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
