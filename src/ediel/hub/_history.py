"""What has become known of a metering point at the hub: as rows of its table, and as a process decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from ediel import brs
from ediel.codes import Role
from ediel.hub.seed import HubParty, HubPoint
from ediel.market._drawn import drawn
from ediel.market.intervals import History
from ediel.market.lines import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    Corrected,
    Event,
    MovedIn,
    MovedOut,
    Person,
    State,
    Supply,
    SupplyEnded,
    Switched,
    Terms,
)
from ediel.processes import SetAccess, known
from ediel.processes.supply import HubSupply
from ediel.store import Values, moment_of, stamp

_KINDS: Final[dict[str, type[Event]]] = {
    kind.__name__: kind
    for kind in (MovedIn, MovedOut, Switched, SupplyEnded, AccessGiven, AccessChanged, AccessEnded, Corrected)
}
_UNDONE: Final = "Undone"


# --- rows


@cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(_KINDS[kind])


def row(metering_point: str, number: int, key: str, at: datetime, event: Event | None) -> Values:
    """A row of the table; without an event, everything of the key is undone."""
    kind = _UNDONE if event is None else type(event).__name__
    content = {} if event is None else _adapter(kind).dump_python(event, mode="json", exclude_none=True)
    return {
        "metering_point": metering_point,
        "number": number,
        "key": key,
        "recorded_at": stamp(at),
        "data": _TEXT.dump_json({"what": kind, **content}).decode(),
    }


_TEXT: Final = TypeAdapter(dict[str, Any])


def history_of(rows: Iterable[Values]) -> History[Event]:
    """The history that rows tell, in their order."""
    history: History[Event] = History()
    for item in rows:
        content = _TEXT.validate_json(item["data"])
        kind, at = content.pop("what"), moment_of(item["recorded_at"])
        if kind == _UNDONE:
            history = history.without(item["key"], at)
        else:
            history = history.recorded(item["key"], _adapter(kind).validate_python(content), at)
    return history


# --- what was seeded


def base_of(point: HubPoint, parties: Mapping[str, HubParty]) -> State:
    """The lines of a metering point as it was seeded.

    Raises:
        LineRefused: two suppliers or two residents hold on one day.
    """
    of_last_resort = {gln for gln, party in parties.items() if party.roles is not None and Role.SLR in party.roles}
    return drawn(point, of_last_resort)


# --- what a process decides


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start or an end of supply will do to a metering point once it is contracted.

    Attributes:
        process: BRS code.
        day: its day.
        requester: GLN of who has asked.
        person: the customer that it names.
        by_supplier: whether a supplier has asked, and not the grid access provider.
        supplier: whose supply begins, of an ordinary kind.
        last_resort: whose supply of last resort begins.
        residence: key of the end user's residence that it was asked for.
    """

    process: str
    day: date
    requester: str
    person: Person
    by_supplier: bool
    supplier: str | None
    last_resort: str | None
    residence: str | None

    @property
    def row(self) -> brs.Process:
        """What the process is."""
        return brs.of(self.process)

    @property
    def event(self) -> Event:
        """The event that it becomes."""
        if self.row.end_user == "out":
            # a supplier speaks for its own supply, the grid access provider for the point
            return MovedOut(self.day, None, self.requester if self.by_supplier else None, self.residence)
        if self.row.supply == "end":
            resort = None if self.last_resort is None else Supply(self.last_resort, "last resort")
            return SupplyEnded(self.day, self.requester, resort, self.residence)
        supply = self._supply()
        if self.row.end_user == "in":
            return MovedIn(self.day, self.person, supply)
        return Switched(self.day, self.person, supply or Supply(self.requester), self.residence)

    def _supply(self) -> Supply | None:
        if self.last_resort is not None:
            return Supply(self.last_resort, "last resort")
        return None if self.supplier is None else Supply(self.supplier)

    @property
    def asked_of(self) -> date:
        """The day whose end user it is about: the last one, for an end."""
        return self.day - date.resolution if self.row.supply == "end" else self.day


def plan_of(facts: HubSupply) -> Plan:
    """The plan of a process of the hub that is under way."""
    customer = facts.event.customer
    requester = known(facts.requester, "requester")
    supplier = facts.supplier or facts.event.balance_supplier
    return Plan(
        process=known(facts.process, "process"),
        day=known(facts.day, "day"),
        requester=requester,
        person=Person(str(customer.identification), customer.identification_scheme),
        by_supplier=facts.by_supplier,
        supplier=requester if supplier is None and facts.by_supplier else supplier,
        last_resort=facts.last_resort,
        residence=facts.residence,
    )


def access_of(change: SetAccess, has: Terms | None, today: date, *, named: bool) -> Event:
    """What a step makes of an access from today.

    Args:
        change: as it shall be.
        has: what the third party has today; ``None`` when nothing.
        today: the day of the step.
        named: whether a level was named; the one that it has stays otherwise.
    """
    level: Literal["full", "limited"] = "full" if change.level == "full" else "limited"
    if has is not None:
        return AccessChanged(today, change.third_party, level if named else has.level, change.end)
    if change.end is not None and change.end <= today:
        return AccessEnded(today, change.third_party)  # it was over before it was given
    return AccessGiven(today, change.third_party, level, change.end)
