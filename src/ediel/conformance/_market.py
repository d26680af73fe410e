"""The market in which cases play, and what stands for ``$point``, ``$customer`` and the like."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from ediel.calendar import midnight
from ediel.codes import (
    Direction,
    EndUserScheme,
    PhysicalStatus,
    Product,
    ReadingResolution,
    Resolution,
    Role,
    SettlementMethod,
    Unit,
)
from ediel.hub import HubPoint, Seed, plausible
from ediel.identifiers import Gsrn
from ediel.market import Contract
from ediel.messages import CollectedSeries, Observations, ProductCharacteristics, TimeSeriesPeriod

__all__ = ["KINDS", "PARTS", "UNKNOWN", "customer", "day_of_values", "market", "newcomer", "settled"]

_PLAIN: Final = plausible(4, seed=2)
PARTS: Final = {
    "actor": None, "other supplier": ("DDQ", 2), "leaver": ("DDQ", 1), "grid company": ("DDM", 0),
    "collector": ("DDE", 0), "third party": ("AG", 0), "last resort": ("SLR", 0),
}  # fmt: skip
"""Who plays a part: the role, and which of the parties that have it."""
KINDS: Final = {"hourly": 0, "profiled": 1, "inactive": 2, "last resort": 3}
"""The metering points of the market, by what a case calls them."""
UNKNOWN: Final = "70705750000099999" + Gsrn("707057500000999990").check_digit
"""A metering point that nobody knows."""
_LAST_RESORT_DAYS: Final = 7


def market(begin: date) -> Seed:
    """An hourly, a profiled, an inactive and a last-resort point, all in one grid; the first two of one supplier."""
    leaver, grid = _PLAIN.parties[1].gln, _PLAIN.parties[3].gln
    last_resort = next(party.gln for party in _PLAIN.parties if Role.SLR in (party.roles or ()))

    def mended(number: int, point: HubPoint) -> HubPoint:
        if number == 3:
            since = begin - timedelta(days=_LAST_RESORT_DAYS)
            contracts = (
                Contract(start=date(2022, 1, 1), end=since, supplier=leaver),
                Contract(start=since, supplier=last_resort, kind="last resort"),
            )
            return settled(point, grid, leaver).model_copy(update={"contracts": contracts})
        return settled(point, grid, leaver, profiled=number == 1, inactive=number == 2)

    points = tuple(mended(number, point) for number, point in enumerate(_PLAIN.metering_points))
    return _PLAIN.model_copy(update={"metering_points": points})


def settled(point: HubPoint, grid: str, supplier: str, *, profiled: bool = False, inactive: bool = False) -> HubPoint:
    """A metering point that a case can rely on: in this grid, with this supplier and its end user since 2022.

    An inactive one has neither.
    """
    more: dict[str, Any] = {
        "grid_access_provider": grid,
        "settlement": SettlementMethod.PROFILED if profiled else SettlementMethod.NON_PROFILED,
        "reading_resolution": None if profiled else ReadingResolution.PT1H,
        "contracts": (Contract(start=date(2022, 1, 1), supplier=supplier),),
        "end_users": tuple(item.model_copy(update={"start": date(2022, 1, 1)}) for item in point.end_users),
    }
    if inactive:
        more |= {"status": PhysicalStatus.INACTIVE, "end_users": (), "contracts": ()}
    return point.model_copy(update=more)


def customer(point: HubPoint) -> dict[str, Any]:
    """The end user of a metering point, as a start of supply names it."""
    resident = point.end_users[0]
    return {
        "identification": resident.identification, "identification_scheme": resident.scheme,
        "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
    }  # fmt: skip


def newcomer() -> dict[str, Any]:
    """Somebody who lives nowhere yet; synthetic."""
    return {
        "identification": "12818525018", "identification_scheme": EndUserScheme.NATIONAL_IDENTITY_NUMBER,
        "given_name": "Kari", "family_name": "Testesen", "extended_storage": False,
    }  # fmt: skip


def day_of_values(point: str, day: date) -> CollectedSeries:
    """Hourly values of a Norwegian day."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return CollectedSeries(
        identification=str(uuid5(NAMESPACE_URL, f"{point}/{start}")),
        registration_time=end,
        period=TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=end),
        product=ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH),
        direction=Direction.OUT,
        metering_point=point,
        observations=Observations.metered(["1.250"] * int((end.timestamp() - start.timestamp()) // 3600)),
    )
