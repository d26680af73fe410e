"""What a stand-in hub knows when it starts: parties, metering points, end users, contracts. JSON, by a schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import ClassVar, Final

from pydantic import Field

from ediel.codes import (
    AddressType,
    CalculationMethod,
    Country,
    EndUserScheme,
    MeteringPointType,
    PhysicalStatus,
    ReadingResolution,
    Role,
    SettlementMethod,
)
from ediel.engine import ELHUB
from ediel.identifiers import Eic, Gln, Gsrn, NationalIdentityNumber
from ediel.market import Access, Contract, EndUser, Grant, MeteringPoint, Party, PartyGln, RegisterFile
from ediel.messages import (
    AnnualVolumeDetail,
    CustomerAddress,
    MeasurementDefinition,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    TaxationProfile,
    ValidatedSeries,
)

__all__ = ["HubParty", "HubPoint", "Resident", "Seed", "plausible"]


class HubParty(Party):
    """A market party that the hub knows."""

    name: str | None = None
    organisation: str | None = Field(
        default=None,
        pattern=r"^[0-9]{9}$",
        description="Organisation number; the certificate of whoever signs for it must have it. Absent: any will do.",
    )
    redirect_host: str | None = Field(
        default=None,
        description="Host to which the Access API may send end users back, or a domain above it; empty where none is "
        "registered. Absent: any will do.",
    )
    return_address: str | None = Field(
        default=None,
        description="Where browsers return to after an access by an address (BRS-NO-624). Absent: not on the list.",
    )


class Resident(EndUser):
    """An end user, with what the hub knows of it."""

    name: str | None = Field(default=None, repr=False, description="Name of an organisation.")
    given_name: str | None = Field(default=None, repr=False)
    family_name: str | None = Field(default=None, repr=False)
    extended_storage: bool = False
    addresses: tuple[CustomerAddress, ...] = Field(default=(), repr=False, max_length=2)


class HubPoint(MeteringPoint):
    """A metering point, with its master data."""

    type: MeteringPointType
    status: PhysicalStatus
    settlement: SettlementMethod
    grid_access_provider: PartyGln
    grid_area: str = Field(pattern=r"^[0-9A-Z-]{16}$", description="Metering grid area, EIC.")
    end_users: tuple[Resident, ...] = ()
    contracts: tuple[Contract, ...] = ()
    accesses: tuple[Access, ...] = ()
    last_resort: PartyGln | None = Field(
        default=None, description="Supplier of last resort; the first party with the role SLR when absent."
    )
    address: MeteringPointAddress | None = Field(default=None, repr=False)
    characteristics: MeteringPointCharacteristics | None = Field(
        default=None, description="Besides type, status, settlement, resolution and blocking, which stand above."
    )
    meter: MeterFacility | None = Field(default=None, repr=False)
    annual_volume: AnnualVolumeDetail | None = None
    taxation: TaxationProfile | None = None
    measurements: tuple[MeasurementDefinition, ...] = ()

    def described(self) -> MeteringPointCharacteristics:
        """What the metering point is, as messages say it."""
        given = {} if self.characteristics is None else self.characteristics.model_dump(exclude_none=True)
        return MeteringPointCharacteristics.model_validate(
            {
                **given,
                "metering_point_type": self.type,
                "settlement_method": self.settlement,
                "physical_status": self.status,
                "blocked_for_switching": self.blocked_for_switching,
                "meter_reading_occurrence": self.reading_resolution,
            }
        )


class Seed(RegisterFile):
    """What a stand-in hub starts with, or is given later; by ``docs/seed.schema.json``.

    Everything is listed: what is not, does not exist.
    """

    what: ClassVar[str] = "seed"
    page: ClassVar[str] = "docs/hub.md"

    hub: PartyGln = Field(default=ELHUB, description="GLN of the hub.")
    parties: tuple[HubParty, ...] = ()
    metering_points: tuple[HubPoint, ...] = ()
    grants: tuple[Grant, ...] = ()
    settlement: tuple[ValidatedSeries, ...] = Field(
        default=(), description="Settlement data for queries by BRS-NO-324: each with grid area and business type."
    )

    def unique(self) -> Iterable[tuple[str, list[str]]]:
        """What may stand only once, by kind."""
        yield "metering point", [point.identification for point in self.metering_points]
        yield "party", [party.gln for party in self.parties]
        yield "settlement series", [series.identification for series in self.settlement]
        yield "consent", [grant.identification for grant in self.grants]

    def points(self) -> Iterable[MeteringPoint]:
        """The metering points in it."""
        return self.metering_points

    def to_json(self) -> str:
        """The seed as JSON text."""
        return self.model_dump_json(indent=2, exclude_defaults=True) + "\n"


# --- a plausible market

_AREAS: Final = ("OMRADE-A", "OMRADE-B")
_GIVEN: Final = ("Kari", "Ola", "Ingrid", "Lars", "Nora", "Emil", "Sara", "Jonas", "Aisha", "Mats")
_FAMILY: Final = ("Testesen", "Prøvdal", "Eksempel", "Syntetnes", "Demovik", "Øvrebø", "Tenkt", "Liksom")
_STREETS: Final = ("Prøvegata", "Eksempelveien", "Teststien", "Demobakken", "Syntetalléen")
_TOWNS: Final = (("0150", "OSLO"), ("5003", "BERGEN"), ("7011", "TRONDHEIM"), ("9008", "TROMSØ"))
_SINCE: Final = date(2021, 5, 1)


def _with_digit(kind: type[Gsrn | Gln], digits: str) -> str:
    return digits + kind(f"{digits}0").check_digit


def _eic(name: str) -> str:
    stem = f"50Y{name:-<12}"
    return stem + Eic(f"{stem}0").check_character


def _organisation(chance: Random) -> str:
    while True:
        digits = f"9{chance.randrange(10**7):07}"
        check = -sum(int(digit) * weight for digit, weight in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if check != 10:
            return f"{digits}{check}"


def _person(chance: Random) -> str:
    """A synthetic person: the month is 80 too high, so nobody has the number."""
    while True:
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(60 * 365))
        individual = chance.randrange(500) if born.year < 2000 else chance.randrange(500, 1000)
        stem = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{individual:03}"
        checks = NationalIdentityNumber(f"{stem}00").check_digits
        if checks is not None:
            return f"{stem}{checks}"


def plausible(points: int, *, seed: int = 1, suppliers: int = 3) -> Seed:
    """A small market that could be: suppliers, two grid companies, a third party, and metering points with end users.

    Everybody in it is synthetic. The same numbers give the same market.

    Args:
        points: how many metering points.
        seed: for chance.
        suppliers: how many balance suppliers.
    """
    chance = Random(seed)  # noqa: S311 - a market to test in
    parties = tuple(_parties(chance, suppliers))
    by_role = {role: [party.gln for party in parties if party.roles and role in party.roles] for role in Role}
    found = tuple(_point(number, chance, by_role) for number in range(1, points + 1))
    return Seed(parties=parties, metering_points=found)


def _parties(chance: Random, suppliers: int) -> Iterator[HubParty]:
    rows: list[tuple[str, set[Role], str]] = [
        *((f"Kraftleverandør {number}", {Role.DDQ}, f"70800011{number:04}") for number in range(1, suppliers + 1)),
        ("Nettselskap A", {Role.DDM, Role.MDR, Role.DDE}, "708000120001"),
        ("Nettselskap B", {Role.DDM, Role.MDR, Role.DDE}, "708000120002"),
        ("Leveringsplikt", {Role.SLR}, "708000120003"),
        ("Energirådgiver", {Role.AG}, "708000130001"),
    ]
    for name, roles, digits in rows:
        yield HubParty(
            gln=_with_digit(Gln, digits),
            roles=frozenset(roles),
            active=True,
            name=name,
            organisation=_organisation(chance),
        )


def _point(number: int, chance: Random, by_role: dict[Role, list[str]]) -> HubPoint:
    area = chance.randrange(2)
    postcode, town = chance.choice(_TOWNS)
    street, house = chance.choice(_STREETS), str(chance.randrange(1, 120))
    profiled = chance.random() < 0.1
    place = {"street_name": street, "building_number": house, "postcode": postcode, "city_name": town, "country": "NO"}
    since = _SINCE + timedelta(days=chance.randrange(1500))
    return HubPoint(
        identification=_with_digit(Gsrn, f"7070575{number:010}"),
        type=MeteringPointType.CONSUMPTION,
        accounting_point=True,
        status=PhysicalStatus.ACTIVE,
        settlement=SettlementMethod.PROFILED if profiled else SettlementMethod.NON_PROFILED,
        reading_resolution=None if profiled else chance.choice((ReadingResolution.PT1H, ReadingResolution.PT15M)),
        blocked_for_switching=False,
        grid_access_provider=by_role[Role.DDM][area],
        grid_area=_eic(_AREAS[area]),
        end_users=(
            Resident(
                start=since,
                identification=_person(chance),
                scheme=EndUserScheme.NATIONAL_IDENTITY_NUMBER,
                given_name=chance.choice(_GIVEN),
                family_name=chance.choice(_FAMILY),
                addresses=(CustomerAddress.model_validate({"address_type": AddressType.POSTAL, **place}),),
            ),
        ),
        contracts=(Contract(start=since, supplier=chance.choice(by_role[Role.DDQ])),),
        address=MeteringPointAddress.model_validate({**place, "country": Country.NO}),
        meter=MeterFacility(meter=f"{chance.randrange(10**12):012}", number_of_digits=6, constant="1"),  # type: ignore[arg-type]
        annual_volume=AnnualVolumeDetail(
            total=chance.randrange(2_000, 30_000), calculation_method=CalculationMethod.AUTOMATIC
        ),
    )
