"""The hub's register as it stands at one moment.

Nothing is written twice. Who lives at a point, who supplies it and who has access are lines of intervals, made of what
was seeded and of the history; a process that is under way and a consent that is used up are read off the processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, PhysicalStatus, Role
from ediel.engine import Engine
from ediel.hub._changes import applied, corrected
from ediel.hub._history import plan_of
from ediel.hub._register import Change, RegisterStore
from ediel.hub.seed import HubParty, HubPoint, Resident
from ediel.market import Contract, Grant, Pending
from ediel.market._drawn import accesses_of, seeded_key
from ediel.market.lines import Corrected, Residence, State
from ediel.market.point import Point
from ediel.messages import RequestStartOfSupplyEvent, RequestUpdateCustomerInformation, StartOfSupplyCustomer
from ediel.processes import Instance, access, known, supply
from ediel.processes.supply import HubSupply

DONE: Final = frozenset({"contracted", "effective"})
_UNDER_WAY: Final = frozenset({"waiting", "asking the grid", "contracted"})
SUPPLIES: Final = (supply.START_HUB, supply.END_HUB)
_TABLES: Final = (*(table.key for table in SUPPLIES), access.HUB.key)


class View:
    """The register at one moment, for one message: a ``Register``. What was looked up is not looked up again."""

    def __init__(self, engine: Engine, register_store: RegisterStore, hub: str, now: datetime) -> None:
        self.hub: str | None = hub
        self.now = now
        self._engine = engine
        self._own = hub
        self._register_store = register_store
        self._points: dict[str, HubPoint | None] = {}
        self._lines: dict[str, Point] = {}
        self._seeded: dict[str, HubPoint | None] = {}
        self._changes: dict[str, tuple[Change, ...]] = {}
        self._processes: dict[str, list[Instance[HubSupply]]] = {}
        self._accesses: dict[str, list[Instance[access.HubAccess]]] = {}

    def party(self, gln: str) -> HubParty | None:
        """A market party."""
        return self._register_store.party(str(gln))

    def last_resort(self, point: HubPoint) -> str | None:
        """The supplier of last resort of a metering point."""
        return point.last_resort or self._register_store.last_resort()

    def grant(self, identification: str) -> Grant | None:
        """A consent; used up when a start of supply with it has been contracted."""
        found = self._register_store.seeded_grant(identification)
        if found is None or found.status != "Active":
            return found
        used = any(
            item.state in DONE and _consent(item) == identification for item in self.processes(found.metering_point)
        )
        return found.model_copy(update={"status": "Exhausted"}) if used else found

    def processes(self, identification: str) -> list[Instance[HubSupply]]:
        """Starts and ends of supply on a metering point."""
        self._look_up(identification)
        return self._processes[identification]

    def accesses(self, identification: str) -> list[Instance[access.HubAccess]]:
        """Accesses of third parties to a metering point, as processes."""
        self._look_up(identification)
        return self._accesses[identification]

    def _look_up(self, identification: str) -> None:
        """Every process on a metering point, in one question."""
        if identification in self._processes:
            return
        found = self._engine.browse.instances_of(identification, _TABLES, self._own)
        self._processes[identification] = [
            table.own(item) for table in SUPPLIES for item in found if item.machine == table.key
        ]
        self._accesses[identification] = [access.HUB.own(item) for item in found if item.machine == access.HUB.key]

    def knows(self, identification: str) -> bool:
        """Whether there is such a metering point."""
        return self._point(str(identification)) is not None

    def _point(self, key: str) -> HubPoint | None:
        """A metering point as it was seeded."""
        if key not in self._seeded:
            self._seeded[key] = self._register_store.seeded(key)
        return self._seeded[key]

    def _changed(self, key: str) -> tuple[Change, ...]:
        """Changes of its master data, whenever they begin to hold."""
        if key not in self._changes:
            self._changes[key] = tuple(self._register_store.changes(key))
        return self._changes[key]

    def lines(self, identification: str) -> Point:
        """Who lives at a metering point, who supplies it, who has access, with what was known when.

        Raises:
            LookupError: there is no such metering point.
        """
        key = str(identification)
        if key not in self._lines:
            self._lines[key] = self._register_store.lines(key, self._point(key))[1]
        return self._lines[key]

    def metering_point(self, identification: str) -> HubPoint | None:
        """A metering point as it stands."""
        key = str(identification)
        if key not in self._points:
            seeded = self._point(key)
            self._points[key] = None if seeded is None else self._current(key, seeded)
        return self._points[key]

    def resident(self, identification: str, residence: Residence) -> Resident | None:
        """What is known of an end user of a metering point, whenever it lived there; ``None`` for one just named."""
        return self._residents(str(identification)).get(residence.key)

    def _current(self, key: str, seeded: HubPoint) -> HubPoint:
        processes = self.processes(key)
        state = self.lines(key).now
        today = market_day(self.now)
        people = self._residents(key)
        more: dict[str, object] = {
            "contracts": tuple(
                Contract(
                    start=item.start, end=item.end, supplier=item.value.supplier, kind=item.value.kind,
                    vacant=item.value.vacant,
                )
                for item in state.supplies
            ),
            "accesses": accesses_of(state),
            "end_users": tuple(
                people[item.value.key].model_copy(update={"start": item.start, "end": item.end})
                for item in state.residences
            ),
            "pending": tuple(_pending(processes, state, today)),
        }  # fmt: skip
        if any(item.facts.inactive and item.state in DONE for item in processes):
            more["status"] = PhysicalStatus.ACTIVE
        volume = self._register_store.volume(key, today)
        if volume is not None:
            more["annual_volume"] = volume
        found = seeded.model_copy(update=more)
        for day, change in self._changed(key):
            if day <= today and not isinstance(change, RequestUpdateCustomerInformation):
                found = applied(found, change)
        return found

    def _residents(self, key: str) -> dict[str, Resident]:
        """Everybody who has lived at a metering point, by residence, with what was corrected since."""
        seeded = self._point(key)
        found = {} if seeded is None else {seeded_key(item.start): item for item in seeded.end_users}
        for item in self.processes(key):
            if item.state in DONE and brs.of(known(item.facts.process, "process")).end_user == "in":
                found[item.id] = _moved_in(item)
        whose = {
            entry.key: entry.what.residence
            for entry in self.lines(key).history.standing()
            if isinstance(entry.what, Corrected)
        }
        for _, change in self._changed(key):
            residence = whose.get(str(change.header.identification))
            if residence in found and isinstance(change, RequestUpdateCustomerInformation):
                found[residence] = corrected(found[residence], change)
        return found


def supplier_role(contract: Contract) -> Role:
    """The role in which a supplier has a contract."""
    return Role.SLR if contract.kind == "last resort" else Role.DDQ


def _moved_in(move: Instance[HubSupply]) -> Resident:
    event = move.facts.event
    customer = event.customer
    return Resident(
        start=known(move.facts.day, "day"),
        identification=customer.identification,
        scheme=customer.identification_scheme,
        extended_storage=isinstance(customer, StartOfSupplyCustomer) and customer.extended_storage,
        addresses=event.addresses,
        name=customer.name,
        given_name=customer.given_name,
        family_name=customer.family_name,
    )


def _consent(item: Instance[HubSupply]) -> str | None:
    """The consent that a start of supply has named."""
    event = item.facts.event
    return event.consent_id if isinstance(event, RequestStartOfSupplyEvent) else None


def _pending(processes: list[Instance[HubSupply]], state: State, today: date) -> Iterator[Pending]:
    """What is under way, from the request until its date is in force, or until another has taken its days."""
    for item in processes:
        day = item.facts.day
        over = day is None or (item.state == "contracted" and _is_over(item, day, state, today))
        if item.state in _UNDER_WAY and not over:
            yield pending_of(item)


def _is_over(item: Instance[HubSupply], day: date, state: State, today: date) -> bool:
    """Whether a contracted process is in force, or will never be."""
    if day <= today or item.machine != supply.START_HUB.key:
        return day <= today
    supplied, plan = state.supply(day), plan_of(item.facts)
    return supplied is None or supplied.supplier not in {plan.supplier, plan.last_resort, plan.requester}


def pending_of(item: Instance[HubSupply]) -> Pending:
    """A process that is under way, as the rules see it."""
    facts = item.facts
    return Pending(
        process=BusinessProcess(known(facts.process, "process")),
        reference=known(facts.request, "request"),
        party=known(facts.requester, "requester"),
        day=known(facts.day, "day"),
        cancellation=facts.cancellation,
    )
