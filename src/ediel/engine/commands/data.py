"""Orders that change what the hub knows: values, annual volumes, master data, shared production."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ediel.codes import CalculationMethod, FormulaType
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId, Request, dump
from ediel.market import Profile
from ediel.messages import (
    CadastralReference,
    CollectedSeries,
    Customer,
    CustomerAddress,
    GeographicalCoordinate,
    MeasurementDefinitionUpdate,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    TaxationProfile,
    VirtualCalculation,
)

__all__ = [
    "AnnualVolumeUpdate",
    "AnnualVolumes",
    "CustomerUpdate",
    "MasterDataUpdate",
    "SharedProduction",
    "ValuesReport",
]


class AnnualVolumeUpdate(BaseModel):
    """The expected annual volume of one metering point, whole kWh."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metering_point: MeteringPointId
    start: date = Field(description="First day on which it is true.")
    total: int = Field(ge=0, le=999_999_999_999, description="kWh a year.")
    method: CalculationMethod = CalculationMethod.MANUAL


class AnnualVolumes(Command):
    """BRS-NO-317: the grid access provider sends expected annual volumes, up to 9,999 in one message."""

    volumes: tuple[AnnualVolumeUpdate, ...] = Field(min_length=1, max_length=9999)

    machine: ClassVar[str] = "annual volume/grid access provider"
    does: ClassVar[str] = "send"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)
    brs: ClassVar[str] = "317"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins; a payload's identification follows from its place and point."""
        from uuid import uuid5  # noqa: PLC0415 - beside its only use

        from ediel.engine._route import NAMESPACE  # noqa: PLC0415 - the same

        return {
            "process": self.process(today),
            "volumes": [
                {
                    "identification": str(
                        uuid5(NAMESPACE, f"{party.gln}/{today}/{number}/{item.metering_point}/{item.total}")
                    ),
                    "metering_point": item.metering_point,
                    "day": item.start.isoformat(),
                    "annual_volume": {"total": item.total, "calculation_method": item.method.value},
                }
                for number, item in enumerate(self.volumes)
            ],
        }


class MasterDataUpdate(Request):
    """BRS-NO-302, 121 or 402: the grid access provider changes the master data of a metering point, or makes a new one.

    A class that is left out keeps its values; what is left out of a class that is given is cleared, but not by 402.
    """

    kind: Literal["121", "302", "402"] = "302"
    start: date = Field(description="First day on which it is true.")
    grid_area: str | None = Field(default=None, description="Metering grid area, EIC; with 121.")
    address: MeteringPointAddress | None = Field(default=None, repr=False)
    position: GeographicalCoordinate | None = Field(default=None, repr=False)
    cadastral: CadastralReference | None = Field(default=None, repr=False)
    characteristics: MeteringPointCharacteristics | None = None
    meter: MeterFacility | None = Field(default=None, repr=False)
    taxation: TaxationProfile | None = None
    measurements: tuple[MeasurementDefinitionUpdate, ...] = ()

    machine: ClassVar[str] = "master data/sender"
    request: ClassVar[str] = "RequestUpdateMasterDataMeteringPoint"
    does: ClassVar[str] = "change point"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """121, 302 or 402."""
        return f"BRS-NO-{self.kind}"

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        found = dump(self)
        for name in ("kind", "ask", "start"):
            del found[name]
        return {**found, "start_of_occurrence": midnight(self.start).isoformat()}


class CustomerUpdate(Request):
    """BRS-NO-301: the supplier changes the master data of its customer."""

    day: date = Field(description="A day on which the customer was tied to the metering point; it picks the customer.")
    customer: Customer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(min_length=1, max_length=2, repr=False)

    machine: ClassVar[str] = "master data/sender"
    request: ClassVar[str] = "RequestUpdateCustomerInformation"
    does: ClassVar[str] = "change customer"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR")
    brs: ClassVar[str] = "301"

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        return {
            "start_of_occurrence": midnight(self.day).isoformat(),
            "metering_point": self.metering_point,
            "customer": dump(self.customer),
            "addresses": dump(self.addresses),
        }


class ValuesReport(Command):
    """BRS-NO-312, 313 or 332: a collector sends, corrects or withdraws metering values."""

    kind: Literal["312", "313", "332"] = "313"
    series: tuple[CollectedSeries, ...] = Field(min_length=1, max_length=9999)

    machine: ClassVar[str] = "values/collector"
    does: ClassVar[str] = "send"
    roles: ClassVar[tuple[str, ...]] = ("DDE",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """312, 313 or 332."""
        return f"BRS-NO-{self.kind}"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {"process": self.process(today), "series": dump(self.series)}


class SharedProduction(Command):
    """BRS-NO-701: the grid access provider sets up a calculation that shares production."""

    name: str = Field(min_length=1, max_length=50, description="Unique for the grid access provider.")
    formula: FormulaType
    calculation: VirtualCalculation = Field(
        description="Participants, and a description; name and formula are set here."
    )
    start: date

    machine: ClassVar[str] = "shared production/grid access provider"
    does: ClassVar[str] = "add"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)
    brs: ClassVar[str] = "701"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        calculation = {**dump(self.calculation), "name": self.name, "formula": self.formula.value}
        return {
            "process": self.process(today),
            "subject": self.name,
            "day": self.start.isoformat(),
            "calculation": calculation,
        }
