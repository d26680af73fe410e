"""A market for the tests of the stand-in hub, and what they look at it with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

import ediel
from ediel.calendar import OSLO, midnight
from ediel.codes import (
    Direction,
    EndUserScheme,
    Product,
    Resolution,
    Unit,
)
from ediel.conformance._market import settled
from ediel.hub import HubPoint, Seed, plausible
from ediel.identifiers import Gsrn
from ediel.messages import CollectedSeries, Observations, ProductCharacteristics, TimeSeriesPeriod
from ediel.report import Report
from ediel.store._schema import OUTBOX
from ediel.testing import HubUnderTest, MarketParty
from ediel.xml import SchemaSet
from tests.support.places import OFFICIAL

_PLAIN = plausible(12)
NEW, OLD, OTHER = (party.gln for party in _PLAIN.parties[:3])
GRID, GRID_B = (party.gln for party in _PLAIN.parties[3:5])
LAST_RESORT, THIRD_PARTY = (party.gln for party in _PLAIN.parties[5:7])


def _mended(number: int, point: HubPoint) -> HubPoint:
    """Points that the tests can rely on: the old supplier's, of grid company A; the tenth profiled, the last inactive."""
    return settled(point, GRID, OLD, profiled=number == 10, inactive=number == 12)


MARKET = _PLAIN.model_copy(
    update={"metering_points": tuple(_mended(number, point) for number, point in enumerate(_PLAIN.metering_points, 1))}
)
POINTS = tuple(point.identification for point in MARKET.metering_points)
POINT, PROFILED, INACTIVE = POINTS[0], POINTS[9], POINTS[11]
UNKNOWN = "70705750000099999" + Gsrn("707057500000999990").check_digit
"""A metering point that nobody knows."""


def at(text: str) -> datetime:
    """A Norwegian moment, such as ``2026-11-27 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def point(identification: str = POINT, seed: Seed = MARKET) -> HubPoint:
    """A metering point of the seed."""
    return next(item for item in seed.metering_points if item.identification == identification)


def customer(identification: str = POINT, **more: Any) -> dict[str, Any]:
    """The end user of a metering point, as a start of supply names it."""
    resident = point(identification).end_users[0]
    return {
        "identification": resident.identification,
        "identification_scheme": resident.scheme,
        "given_name": resident.given_name,
        "family_name": resident.family_name,
        "extended_storage": False,
        **more,
    }


NEWCOMER = {
    "identification": "12818525018",
    "identification_scheme": EndUserScheme.NATIONAL_IDENTITY_NUMBER,
    "given_name": "Kari",
    "family_name": "Testesen",
    "extended_storage": False,
}
ADDRESSES = point().end_users[0].addresses


def switch(identification: str = POINT, day: date = date(2026, 12, 1), **more: Any) -> ediel.ChangeOfSupplier:
    """A change of supplier for whoever lives there."""
    return ediel.ChangeOfSupplier(
        **{
            "metering_point": identification, "start": day, "settlement": "interval", "addresses": ADDRESSES,
            **({} if "customer" in more else {"customer": customer(identification)}), **more,
        }
    )  # fmt: skip


def move_in(identification: str = POINT, day: date = date(2026, 12, 1), **more: Any) -> ediel.MoveIn:
    """A move-in of a newcomer."""
    return ediel.MoveIn(
        **{
            "metering_point": identification, "start": day, "settlement": "interval", "customer": NEWCOMER,
            "addresses": ADDRESSES, **more,
        }
    )  # fmt: skip


def hours(identification: str, first: date, days: int = 1, *, kwh: str = "1.250", number: int = 1) -> CollectedSeries:
    """Hourly consumption of whole days, the same in every hour."""
    from uuid import NAMESPACE_URL, uuid5

    start, end = midnight(first), midnight(first + timedelta(days=days))
    count = int((end.timestamp() - start.timestamp()) // 3600)
    fixed = start.astimezone(start.tzinfo)
    return CollectedSeries(
        identification=str(uuid5(NAMESPACE_URL, f"{identification}/{first}/{days}/{kwh}/{number}")),
        registration_time=fixed,
        period=TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=end),
        product=ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH),
        direction=Direction.OUT,
        metering_point=identification,
        observations=Observations.metered([kwh] * count),
    )


def process_of(market: HubUnderTest, machine: str, identification: str | None = POINT) -> dict[str, Any]:
    """The latest process of a table at the hub."""
    rows = market.hub.engine.browse.processes(metering_point=identification)
    return next(row for row in rows if row["machine"] == machine)


def received(party: MarketParty, name: str) -> list[Any]:
    """Messages of a kind that a party has received, in order."""
    found = []
    for _, data in party.engine.browse.archive():
        found += [message for message in ediel.read_all(data) if message.name() == name]
    return found


def every_message_is_valid(market: HubUnderTest) -> int:
    """Everything that the hub has put out is valid under our schema, and under the official one where it is there."""
    with market.hub.engine.store.connection() as connection:
        rows = [bytes(data) for data in connection.execute(select(OUTBOX.c.data)).scalars()]
    for data in rows:
        for schemas in (None, _official()):
            report = ediel.xml.check_schema(data, schemas=schemas).report
            assert report.valid, problems(report)
    return len(rows)


def problems(report: Report) -> list[str]:
    """What is wrong, in words."""
    return [f"{item.path}: {item.text}" for item in report.all_findings()]


@cache
def _official() -> SchemaSet | None:
    folder = Path(OFFICIAL)
    return SchemaSet.in_folder(folder) if folder.is_dir() else None
