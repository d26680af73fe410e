"""Orders that change master data: BRS-NO-121, 301, 302 and 402."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.messages import (
    CadastralReference,
    Customer,
    CustomerAddress,
    GeographicalCoordinate,
    MeasurementDefinitionUpdate,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    TaxationProfile,
)
from ediel.processes import Kept
from ediel.processes.master_data import CustomerChange, PointChange, SentChange

__all__ = ["CustomerUpdate", "MasterDataUpdate"]


class _Change(Command):
    metering_point: MeteringPointId
    ask: bool = Field(default=True, description="Ask for a positive answer.")

    machine: ClassVar[str] = "master_data/sender"

    def payload(self) -> PointChange | CustomerChange:
        """The payload of the message."""
        raise NotImplementedError

    def begins(self, party: Party, today: date, profile: Profile) -> SentChange:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return SentChange(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            ask=self.ask,
            payload=Kept.of(self.payload()),
        )


class MasterDataUpdate(_Change):
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

    does: ClassVar[str] = "change point"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """121, 302 or 402."""
        return f"BRS-NO-{self.kind}"

    def payload(self) -> PointChange:
        """The payload of the message."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        return PointChange(
            start_of_occurrence=midnight(self.start),
            metering_point=self.metering_point,
            grid_area=self.grid_area,
            address=self.address,
            position=self.position,
            cadastral=self.cadastral,
            characteristics=self.characteristics,
            meter=self.meter,
            taxation=self.taxation,
            measurements=self.measurements,
        )


class CustomerUpdate(_Change):
    """BRS-NO-301: the supplier changes the master data of its customer."""

    day: date = Field(description="A day on which the customer was tied to the metering point; it picks the customer.")
    customer: Customer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(min_length=1, max_length=2, repr=False)

    does: ClassVar[str] = "change customer"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR")
    brs: ClassVar[str] = "301"

    def payload(self) -> CustomerChange:
        """The payload of the message."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        return CustomerChange(
            start_of_occurrence=midnight(self.day),
            metering_point=self.metering_point,
            customer=self.customer,
            addresses=self.addresses,
        )
