"""What the hub's register keeps: what it was seeded with, what has become known since, and what has changed.

``View`` is the register as a message finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select

from ediel.codes import Role
from ediel.errors import InvalidRegister, LineRefused
from ediel.hub import _tables as tables
from ediel.hub._history import base_of, history_of
from ediel.hub.seed import HubParty, HubPoint, Resident, Seed
from ediel.market import Access, Contract, Grant
from ediel.market.invariants import twice
from ediel.market.point import Point
from ediel.messages import (
    AnnualVolumeDetail,
    Customer,
    Message,
    RequestStartOfSupply,
    StartOfSupplyCustomer,
    ValidatedSeries,
)
from ediel.messages._json import from_json
from ediel.store import Statement, Store, Unit, Values, stamp

_RELEASE: Final = "2"
Change = tuple[date, Message]
"""A change of master data, and the day from which it holds."""


@lru_cache(maxsize=4096)
def _point_of(text: str) -> HubPoint:
    """A metering point as it is written: those of a small market are read once."""
    return HubPoint.model_validate_json(text)


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

        def of_a_point(table: Table, *columns: str, order: Sequence[str] = ()) -> Statement:
            found = select(*(table.c[name] for name in columns)).where(
                table.c.metering_point == bindparam("metering_point")
            )
            return store.compiled(found.order_by(*(table.c[name] for name in order)))

        self._point = of_a_point(tables.POINTS, "data")
        self._history = of_a_point(
            tables.HISTORY, *tables.HISTORY.columns.keys(), order=("number", "recorded_at", "key")
        )
        self._volumes = of_a_point(tables.VOLUMES, "start", "total", "method", order=("start",))
        self._changes = of_a_point(tables.CHANGES, "start", "data", order=("start", "changed_at"))

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
        """Take a seed in, in one transaction; what has the same key is replaced, and nothing else is touched.

        Raises:
            InvalidRegister: on a metering point two suppliers, residents or accesses of a third party would hold on one
                day, or what has become known of it since rests on what it was before.
        """
        parties = {**self.parties(), **{party.gln: party for party in seed.parties}}
        changed = {row["metering_point"] for row in self._all(select(tables.HISTORY.c.metering_point).distinct())}
        for point in seed.metering_points:
            self._fits(point, parties, self.history(point.identification) if point.identification in changed else [])
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

    @staticmethod
    def _fits(point: HubPoint, parties: dict[str, HubParty], since: list[Values]) -> None:
        who = f"metering point {point.identification}"
        for text in twice(point):
            raise InvalidRegister(f"{who}: {text}; expected one at the most")
        try:
            _ = Point(base_of(point, parties), history_of(since)).now
        except LineRefused as error:
            raise InvalidRegister(f"{who} cannot be replaced: {error}; begin a new database") from None

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
        rows = self._store.rows(self._point, identification)
        return _point_of(rows[0]["data"]) if rows else None

    def points(self, *, most: int = 100) -> list[str]:
        """Identifications of metering points, in order."""
        table = tables.POINTS
        return [row["metering_point"] for row in self._all(select(table).order_by(table.c.metering_point).limit(most))]

    def seeded_grant(self, identification: str) -> Grant | None:
        """A consent as it was seeded."""
        table = tables.GRANTS
        rows = self._all(select(table.c.data).where(table.c.identification == identification))
        return Grant.model_validate_json(rows[0]["data"]) if rows else None

    # --- what has become known since

    def history(self, metering_point: str) -> list[Values]:
        """What has become known of a metering point, in order; see ``ediel.hub._history``."""
        return self._store.rows(self._history, metering_point)

    def lines(self, metering_point: str, known: HubPoint | None = None) -> tuple[int, Point]:
        """The lines of a metering point with their past, and how many rows of history they are made of.

        Args:
            metering_point: its identification.
            known: how it was seeded, where that was looked up already.

        Raises:
            LookupError: there is no such metering point.
        """
        seeded = known or self.seeded(metering_point)
        if seeded is None:
            raise LookupError(f"there is no metering point {metering_point}")
        rows = self.history(metering_point)
        return len(rows), Point(base_of(seeded, self.parties()), history_of(rows))

    # --- looking for points

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
        holding = [row for row in self._store.rows(self._volumes, metering_point) if row["start"] <= day.isoformat()]
        if not holding:
            return None
        latest = holding[-1]
        return AnnualVolumeDetail.model_validate({"total": latest["total"], "calculation_method": latest["method"]})

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

    def changes(self, metering_point: str) -> Iterator[Change]:
        """Changes of the master data of a metering point, the earlier first."""
        for row in self._store.rows(self._changes, metering_point):
            yield date.fromisoformat(row["start"]), from_json(row["data"])

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


def customer_row(customer: Resident | Customer | StartOfSupplyCustomer, metering_point: str) -> Values:
    """Where an end user may be found."""
    scheme = customer.scheme if isinstance(customer, Resident) else customer.identification_scheme
    return {
        "identification": str(customer.identification),
        "scheme": scheme.value,
        "metering_point": str(metering_point),
    }


def expected(message: Message) -> Callable[[Unit], None] | None:
    """Of a start of supply: an end user may come to a metering point, and is looked for there from now on."""
    if not isinstance(message, RequestStartOfSupply) or message.payload.metering_point is None:
        return None
    row = customer_row(message.payload.customer, message.payload.metering_point)
    return lambda unit: unit.keep(tables.CUSTOMERS, row)


def _contract_row(contract: Contract) -> Values:
    return {
        "supplier": contract.supplier,
        "start": contract.start.isoformat(),
        "customer": "",
        "end": None if contract.end is None else contract.end.isoformat(),
        "process": "seed",
        "status": "in force",
        "told_at": None,
    }


def _access_row(access: Access) -> Values:
    return {
        "third_party": access.third_party,
        "start": access.start.isoformat(),
        "end": None if access.end is None else access.end.isoformat(),
        "level": access.level,
        "extended_storage": False,
    }
