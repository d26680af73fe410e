"""The market in which cases play, and what stands for ``$point``, ``$customer`` and the like."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from ediel.calendar import midnight
from ediel.codes import (
    Direction,
    EndUserScheme,
    MeteringPointType,
    MeterReadReason,
    PhysicalStatus,
    Product,
    ReadingResolution,
    Resolution,
    Role,
    SettlementMethod,
    Unit,
)
from ediel.conformance._case import Point
from ediel.hub import HubParty, HubPoint, Seed, plausible
from ediel.identifiers import Gsrn
from ediel.market import Contract
from ediel.messages import CollectedSeries, Observations, ProductCharacteristics, TimeSeriesPeriod, ValidatedSeries

__all__ = [
    "PARTS", "UNKNOWN", "customer", "day_of_values", "market", "newcomer", "point_of", "settled", "volume",
]  # fmt: skip

_PLAIN: Final = plausible(12, seed=2)
PARTS: Final = {
    "actor": None, "other supplier": ("DDQ", 2), "leaver": ("DDQ", 1), "grid company": ("DDM", 0),
    "collector": ("DDE", 0), "third party": ("AG", 0), "last resort": ("SLR", 0),
}  # fmt: skip
"""Who plays a part: the role, and which of the parties that have it."""
_KINDS: Final[tuple[Point, ...]] = (
    "hourly", "profiled", "inactive", "last resort", "production", "combined", "exchange", "own", "blocked",
    "no accounting point", "vacant", "other grid",
)  # fmt: skip
"""What each metering point of the market is."""
UNKNOWN: Final = "70705750000099999" + Gsrn("707057500000999990").check_digit
"""A metering point that the hub does not know."""
_LAST_RESORT_DAYS: Final = 7
_SINCE: Final = date(2022, 1, 1)
_OTHERS: Final = (
    HubParty(gln="7080001400019", roles=frozenset({Role.QRY}), active=True, name="Spør", organisation="987654325"),
    HubParty(gln="7080001400026", roles=frozenset({Role.BSL}), active=True, name="Oppgjør", organisation="912345688"),
    HubParty(gln="7080001400033", roles=frozenset({Role.DDK}), active=True, name="Balanse", organisation="923456783"),
)  # fmt: skip
"""Parties with roles that a plausible market has no need of."""


def market(begin: date) -> Seed:
    """A metering point of each kind; where nothing else is meant, in one grid and of one supplier, the leaver."""
    points = tuple(_point(kind, point, begin) for kind, point in zip(_KINDS, _PLAIN.metering_points, strict=True))
    more = {"parties": (*_PLAIN.parties, *_OTHERS), "metering_points": points}
    return _PLAIN.model_copy(update={**more, "settlement": tuple(_settlement(begin, points[0].grid_area))})


def _settlement(begin: date, grid_area: str) -> Iterator[ValidatedSeries]:
    """Two days of settlement data of a grid area: of a balance responsible, and of the supplier of last resort."""
    balance = _OTHERS[-1].gln
    last_resort = next(party.gln for party in _PLAIN.parties if Role.SLR in (party.roles or ()))
    for days in (2, 1):
        day = begin - timedelta(days=days)
        whole = day_of_values(UNKNOWN, day)
        for kind, more in (("SE08", {"balance_responsible": balance}), ("SE05", {"balance_supplier": last_resort})):
            yield ValidatedSeries.model_validate(
                {
                    "identification": str(uuid5(NAMESPACE_URL, f"{grid_area}/{day}/{kind}")),
                    "registration_time": whole.registration_time,
                    "period": whole.period,
                    "product": whole.product,
                    "characteristics": {"direction": Direction.OUT, "business_type": kind},
                    "grid_area": grid_area,
                    "observations": whole.observations,
                    **more,
                }
            )


def _point(kind: Point, point: HubPoint, begin: date) -> HubPoint:
    """A metering point of a kind."""
    actor, leaver = _PLAIN.parties[0].gln, _PLAIN.parties[1].gln
    grid, other_grid = _PLAIN.parties[3].gln, _PLAIN.parties[4].gln
    last_resort = next(party.gln for party in _PLAIN.parties if Role.SLR in (party.roles or ()))
    since = begin - timedelta(days=_LAST_RESORT_DAYS)
    more: dict[Point, dict[str, object]] = {
        "profiled": _PROFILED,
        "inactive": _INACTIVE,
        "last resort": {
            "contracts": (
                Contract(start=_SINCE, end=since, supplier=leaver),
                Contract(start=since, supplier=last_resort, kind="last resort"),
            )
        },
        "production": {"type": MeteringPointType.PRODUCTION, "annual_volume": None},
        "combined": {"type": MeteringPointType.COMBINED},
        "exchange": {
            "type": MeteringPointType.EXCHANGE, "accounting_point": False, "annual_volume": None,
            "end_users": (), "contracts": (),
        },
        "own": {"contracts": (Contract(start=_SINCE, supplier=actor),)},
        "blocked": {"blocked_for_switching": True},
        "no accounting point": {"accounting_point": False},
        "vacant": {"end_users": (), "contracts": ()},
        "other grid": {"grid_access_provider": other_grid},
    }  # fmt: skip
    return settled(point, grid, leaver).model_copy(update=more.get(kind, {}))


_PROFILED: Final[dict[str, object]] = {"settlement": SettlementMethod.PROFILED, "reading_resolution": None}
_INACTIVE: Final[dict[str, object]] = {"status": PhysicalStatus.INACTIVE, "end_users": (), "contracts": ()}


def settled(point: HubPoint, grid: str, supplier: str, *, profiled: bool = False, inactive: bool = False) -> HubPoint:
    """A metering point that a case can rely on: in this grid, with this supplier and its end user since 2022.

    An inactive one has neither.
    """
    more: dict[str, object] = {
        "grid_access_provider": grid,
        "settlement": SettlementMethod.NON_PROFILED,
        "reading_resolution": ReadingResolution.PT1H,
        "contracts": (Contract(start=_SINCE, supplier=supplier),),
        "end_users": tuple(item.model_copy(update={"start": _SINCE}) for item in point.end_users),
    }
    return point.model_copy(update=more | (_PROFILED if profiled else {}) | (_INACTIVE if inactive else {}))


def point_of(seed: Seed, kind: str, supplier: str | None = None) -> HubPoint | None:
    """The first metering point of a kind; ``None`` for an unknown one.

    Args:
        seed: a market.
        kind: what the case needs.
        supplier: the supplier that is tested; the first one of the market when not given.

    Raises:
        LookupError: there is none.
    """
    if kind == "unknown":
        return None
    grid = _first(seed, Role.DDM)
    own = supplier or _first(seed, Role.DDQ)
    found = next((point for point in seed.metering_points if _kind_of(point, grid, own) == kind), None)
    if found is None:
        raise LookupError(f"the market has no metering point that is {kind}")
    return found


def _first(seed: Seed, role: Role) -> str | None:
    return min((party.gln for party in seed.parties if role in (party.roles or ())), default=None)


_TYPES: Final[dict[MeteringPointType, Point]] = {
    MeteringPointType.EXCHANGE: "exchange",
    MeteringPointType.PRODUCTION: "production",
    MeteringPointType.COMBINED: "combined",
}


def _kind_of(point: HubPoint, grid: str | None, supplier: str | None) -> Point:
    """What a metering point is for the cases: the first of these that holds."""
    checks: tuple[tuple[Point, bool], ...] = (
        ("inactive", point.status == PhysicalStatus.INACTIVE),
        (_TYPES.get(point.type, "hourly"), point.type in _TYPES),
        ("no accounting point", point.accounting_point is False),
        ("blocked", point.blocked_for_switching is True),
        ("vacant", not point.end_users),
        ("last resort", any(item.kind == "last resort" for item in point.contracts)),
        ("other grid", grid is not None and point.grid_access_provider != grid),
        ("profiled", point.settlement == SettlementMethod.PROFILED),
        ("own", any(item.supplier == supplier and item.end is None for item in point.contracts)),
    )
    return next((kind for kind, holds in checks if holds), "hourly")


def customer(point: HubPoint) -> dict[str, object]:
    """The end user of a metering point, as a start of supply names it."""
    resident = point.end_users[0]
    return {
        "identification": resident.identification, "identification_scheme": resident.scheme,
        "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
    }  # fmt: skip


def newcomer() -> dict[str, object]:
    """Somebody who lives nowhere yet; synthetic."""
    return {
        "identification": "12818525018", "identification_scheme": EndUserScheme.NATIONAL_IDENTITY_NUMBER,
        "given_name": "Kari", "family_name": "Testesen", "extended_storage": False,
    }  # fmt: skip


def day_of_values(point: str, day: date, direction: Direction = Direction.OUT) -> CollectedSeries:
    """Hourly values of a Norwegian day."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return CollectedSeries(
        identification=str(uuid5(NAMESPACE_URL, f"{point}/{start}/{direction.value}")),
        registration_time=end,
        period=TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=end),
        product=_KWH,
        direction=direction,
        metering_point=point,
        observations=Observations.metered(["1.250"] * int((end.timestamp() - start.timestamp()) // 3600)),
    )


def volume(point: str, end: date, *, withdrawn: bool = False) -> CollectedSeries:
    """The volume of thirty days of a profiled point, with readings at both ends; or its withdrawal."""
    first, last = midnight(end - timedelta(days=_VOLUME_DAYS)), midnight(end)
    readings: dict[str, object] = {} if withdrawn else {"meter_reading_start": "1000", "meter_reading_end": "1150"}
    value: dict[str, object] = (
        {"withdrawn": True} if withdrawn else {"metered": {"value": "150", "reason": MeterReadReason.PERIODIC}}
    )
    return CollectedSeries.model_validate(
        {
            "identification": str(uuid5(NAMESPACE_URL, f"{point}/{first}/{last}/{withdrawn}")),
            "registration_time": last + timedelta(hours=1 if withdrawn else 0),  # newer than what it withdraws
            "period": {"start": first, "end": last, **readings},
            "product": _KWH,
            "direction": Direction.OUT,
            "metering_point": point,
            "profiled_observation": value,
        }
    )


_KWH: Final = ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH)
_VOLUME_DAYS: Final = 30
