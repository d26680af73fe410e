"""The hub's register: what it was seeded with, and what has been decided since.

Nothing is written twice. A contract stands where the engine has put it; an end user who has moved in, a process that is
under way and a consent that is used up are read off the processes themselves, so that a rollback undoes them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, Table, delete, insert, select

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import BusinessProcess, PhysicalStatus, Role
from ediel.engine import Engine
from ediel.errors import InvalidRegister
from ediel.hub import _tables as tables
from ediel.hub._changes import applied
from ediel.hub.seed import HubParty, HubPoint, Resident, Seed
from ediel.market import Access, Contract, Grant, Pending
from ediel.messages import (
    AnnualVolumeDetail,
    Customer,
    Message,
    RequestStartOfSupplyEvent,
    StartOfSupplyCustomer,
    ValidatedSeries,
)
from ediel.messages._json import from_json
from ediel.processes import Instance, known, supply
from ediel.processes.supply import HubSupply
from ediel.store import Store, Values, stamp

_RELEASE: Final = "1"
DONE: Final = frozenset({"contracted", "effective"})
_UNDER_WAY: Final = frozenset({"waiting", "asking the grid", "contracted"})
_SUPPLIES: Final = (supply.START_HUB, supply.END_HUB)


class RegisterStore:
    """The seeded part of the register, in the database of the hub's engine.

    Args:
        store: the database; the tables are made when they are not there.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.connection(write=True) as connection:
            tables.METADATA.create_all(connection)
            known = _setting(connection, "release")
            if known is None:
                connection.execute(insert(tables.SETTINGS), {"name": "release", "value": _RELEASE})
            elif known != _RELEASE:
                raise InvalidRegister(f"the tables of the stand-in hub are of release {known}; begin a new database")
        self._parties: dict[str, HubParty] | None = None

    # --- settings

    def setting(self, name: str) -> str | None:
        """A setting; ``None`` when it was never made."""
        with self._store.connection() as connection:
            return _setting(connection, name)

    def set(self, name: str, value: str) -> None:
        """Make a setting."""
        with self._store.connection(write=True) as connection:
            _put(connection, tables.SETTINGS, [{"name": name, "value": value}])

    # --- seeding

    def load(self, seed: Seed, hub: str, now: datetime) -> None:
        """Take a seed in, in one transaction; what has the same key is replaced, and nothing else is touched."""
        with self._store.unit() as unit:
            for party in seed.parties:
                unit.keep(tables.PARTIES, {"gln": party.gln, "data": party.model_dump_json(exclude_none=True)})
            for grant in seed.grants:
                row = {"identification": grant.identification, "data": grant.model_dump_json(exclude_none=True)}
                unit.keep(tables.GRANTS, row)
            for series in seed.settlement:
                unit.keep(tables.SETTLEMENT, _settlement_row(series))
            for point in seed.metering_points:
                unit.keep(tables.POINTS, point_row(point))
                for resident in point.end_users:
                    unit.keep(tables.CUSTOMERS, customer_row(resident, point.identification))
                common = {"party": hub, "metering_point": point.identification, "changed_at": stamp(now)}
                for contract in point.contracts:
                    unit.put("contracts", {**common, **_contract_row(contract)})
                for access in point.accesses:
                    unit.put("accesses", {**common, **_access_row(access)})
        self._parties = None

    # --- what was seeded

    def party(self, gln: str) -> HubParty | None:
        """A party."""
        return self.parties().get(gln)

    def parties(self) -> dict[str, HubParty]:
        """Every party by its GLN."""
        if self._parties is None:
            found = self._all(select(tables.PARTIES))
            self._parties = {row["gln"]: HubParty.model_validate_json(row["data"]) for row in found}
        return self._parties

    def last_resort(self) -> str | None:
        """A supplier of last resort."""
        found = sorted(gln for gln, party in self.parties().items() if party.roles and Role.SLR in party.roles)
        return found[0] if found else None

    def seeded(self, identification: str) -> HubPoint | None:
        """A metering point as it was seeded."""
        table = tables.POINTS
        rows = self._all(select(table.c.data).where(table.c.metering_point == identification))
        return HubPoint.model_validate_json(rows[0]["data"]) if rows else None

    def points(self, *, most: int = 100) -> list[str]:
        """Identifications of metering points, in order."""
        table = tables.POINTS
        return [row["metering_point"] for row in self._all(select(table).order_by(table.c.metering_point).limit(most))]

    def seeded_grant(self, identification: str) -> Grant | None:
        """A consent as it was seeded."""
        table = tables.GRANTS
        rows = self._all(select(table.c.data).where(table.c.identification == identification))
        return Grant.model_validate_json(rows[0]["data"]) if rows else None

    # --- looking for points

    def expect(self, customer: Customer, metering_point: str) -> None:
        """An end user may come to a metering point: look there from now on."""
        with self._store.connection(write=True) as connection:
            _put(connection, tables.CUSTOMERS, [customer_row(customer, metering_point)])

    def with_customer(self, identification: str, scheme: str) -> list[str]:
        """Metering points at which an end user is, was, or may come to be."""
        table = tables.CUSTOMERS
        rows = self._all(
            select(table.c.metering_point).where(table.c.identification == identification, table.c.scheme == scheme)
        )
        return sorted(row["metering_point"] for row in rows)

    def with_meter(self, meter: str) -> list[str]:
        """Metering points with a meter number, or with a change that has brought it."""
        found = {
            row["metering_point"]
            for table in (tables.POINTS, tables.METERS)
            for row in self._all(select(table.c.metering_point).where(table.c.meter == meter))
        }
        return sorted(found)

    # --- annual volumes

    def volume(self, metering_point: str, day: date) -> AnnualVolumeDetail | None:
        """The latest annual volume that came after the seed and holds on a day."""
        table = tables.VOLUMES
        statement = select(table).where(table.c.metering_point == metering_point, table.c.start <= day.isoformat())
        rows = self._all(statement.order_by(table.c.start.desc()).limit(1))
        if not rows:
            return None
        return AnnualVolumeDetail.model_validate({"total": rows[0]["total"], "calculation_method": rows[0]["method"]})

    # --- settlement data

    def settlement(self, grid_area: str, start: datetime, end: datetime) -> Iterator[ValidatedSeries]:
        """Series of a grid area that lie in a period."""
        table = tables.SETTLEMENT
        statement = select(table.c.data).where(
            table.c.grid_area == grid_area, table.c.start >= stamp(start), table.c.end <= stamp(end)
        )
        for row in self._all(statement.order_by(table.c.start, table.c.identification)):
            yield ValidatedSeries.model_validate_json(row["data"])

    # --- changes of master data

    def changes(self, metering_point: str, day: date) -> Iterator[Message]:
        """Changes of the master data of a metering point that hold on a day, the earlier first."""
        table = tables.CHANGES
        statement = select(table.c.data).where(
            table.c.metering_point == metering_point, table.c.start <= day.isoformat()
        )
        for row in self._all(statement.order_by(table.c.start, table.c.changed_at)):
            yield from_json(row["data"])

    def _all(self, statement: Select[Any]) -> list[Values]:
        with self._store.connection() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


def _setting(connection: Connection, name: str) -> str | None:
    table = tables.SETTINGS
    found = connection.execute(select(table.c.value).where(table.c.name == name)).scalar()
    return None if found is None else str(found)


def _put(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    """Rows in place of those with the same keys."""
    key = [column.name for column in table.primary_key.columns]
    for row in rows:
        connection.execute(delete(table).where(*(table.c[name] == row[name] for name in key)))
        connection.execute(insert(table), row)


def point_row(point: HubPoint) -> Values:
    return {
        "metering_point": point.identification,
        "meter": None if point.meter is None else str(point.meter.meter),
        "postcode": None if point.address is None else str(point.address.postcode),
        "data": point.model_dump_json(exclude_defaults=True),
    }


def _settlement_row(series: ValidatedSeries) -> Values:
    start, end = series.period.start, series.period.end
    if start is None or end is None or series.grid_area is None:
        raise InvalidRegister(
            f"settlement series {series.identification}: expected a grid area, and a period with both ends"
        )
    return {
        "identification": series.identification,
        "grid_area": str(series.grid_area),
        "start": stamp(start),
        "end": stamp(end),
        "data": series.model_dump_json(exclude_none=True),
    }


def customer_row(customer: Resident | Customer, metering_point: str) -> Values:
    """Where an end user may be found."""
    scheme = customer.scheme if isinstance(customer, Resident) else customer.identification_scheme
    return {
        "identification": str(customer.identification),
        "scheme": scheme.value,
        "metering_point": str(metering_point),
    }


def _contract_row(contract: Contract) -> Values:
    return {
        "supplier": contract.supplier,
        "start": contract.start.isoformat(),
        "end": None if contract.end is None else contract.end.isoformat(),
        "process": "seed",
        "status": "in force",
    }


def _access_row(access: Access) -> Values:
    return {
        "third_party": access.third_party,
        "start": access.start.isoformat(),
        "end": None if access.end is None else access.end.isoformat(),
        "level": access.level,
        "extended_storage": False,
    }


class View:
    """The register at one moment, for one message: a ``Register``. What was looked up is not looked up again."""

    def __init__(self, engine: Engine, register_store: RegisterStore, hub: str, now: datetime) -> None:
        self.hub: str | None = hub
        self.now = now
        self._engine = engine
        self._own = hub
        self._register_store = register_store
        self._points: dict[str, HubPoint | None] = {}
        self._processes: dict[str, list[Instance[HubSupply]]] = {}

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
        if identification not in self._processes:
            browse = self._engine.browse
            self._processes[identification] = [
                item for table in _SUPPLIES for item in browse.instances_at(identification, table, self._own)
            ]
        return self._processes[identification]

    def metering_point(self, identification: str) -> HubPoint | None:
        """A metering point as it stands."""
        key = str(identification)
        if key not in self._points:
            self._points[key] = self._current(key)
        return self._points[key]

    def _current(self, key: str) -> HubPoint | None:
        seeded = self._register_store.seeded(key)
        if seeded is None:
            return None
        processes = self.processes(key)
        today = market_day(self.now)
        more: dict[str, object] = {
            "contracts": tuple(self._contracts(key)),
            "accesses": tuple(self._accesses(key)),
            "end_users": residents(seeded.end_users, processes),
            "pending": tuple(_pending(processes, today)),
        }
        if any(item.facts.inactive and item.state in DONE for item in processes):
            more["status"] = PhysicalStatus.ACTIVE
        volume = self._register_store.volume(key, today)
        if volume is not None:
            more["annual_volume"] = volume
        found = seeded.model_copy(update=more)
        for change in self._register_store.changes(key, today):
            found = applied(found, change)
        return found

    def _contracts(self, key: str) -> Iterator[Contract]:
        for row in self._engine.browse.contracts(party=self._own, metering_point=key):
            if row["status"] == "in force" and row["start"]:
                party = self.party(row["supplier"])
                ordinary = party is None or party.roles is None or Role.SLR not in party.roles
                kind: Literal["ordinary", "last resort"] = "ordinary" if ordinary else "last resort"
                yield Contract(start=row["start"], end=row["end"], supplier=row["supplier"], kind=kind)

    def _accesses(self, key: str) -> Iterator[Access]:
        for row in self._engine.browse.accesses(party=self._own, metering_point=key):
            yield Access(start=row["start"], end=row["end"], third_party=row["third_party"], level=row["level"])


def supplier_role(contract: Contract) -> Role:
    """The role in which a supplier has a contract."""
    return Role.SLR if contract.kind == "last resort" else Role.DDQ


def residents(seeded: tuple[Resident, ...], processes: list[Instance[HubSupply]]) -> tuple[Resident, ...]:
    """The end users of a metering point, with those who have moved in and out since it was seeded."""
    moves = sorted(
        (item for item in processes if item.state in DONE and _moves(item) is not None),
        key=lambda item: (known(item.facts.day, "day"), _moves(item) == "in"),
    )
    found = list(seeded)
    for move in moves:
        day = known(move.facts.day, "day")
        found = [_until(item, day) for item in found if item.start < day]
        if _moves(move) == "in":
            found.append(_moved_in(move, day))
    return tuple(found)


def _moves(process: Instance) -> Literal["in", "out"] | None:
    return brs.of(known(process.facts.process, "process")).end_user


def _until(resident: Resident, day: date) -> Resident:
    ends = resident.end is None or resident.end > day
    return resident.model_copy(update={"end": day}) if ends else resident


def _moved_in(move: Instance[HubSupply], day: date) -> Resident:
    event = move.facts.event
    customer = event.customer
    return Resident(
        start=day,
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


def _pending(processes: list[Instance[HubSupply]], today: date) -> Iterator[Pending]:
    """What is under way, from the request until its date is in force."""
    for item in processes:
        day = item.facts.day
        over = day is None or (item.state == "contracted" and day <= today)
        if item.state in _UNDER_WAY and not over:
            yield pending_of(item)


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
