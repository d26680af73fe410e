"""Orders that change master data: BRS-NO-121, 301, 302 and 402."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from ediel.engine.commands._base import Request, dump
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

__all__ = ["CustomerUpdate", "MasterDataUpdate"]


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
