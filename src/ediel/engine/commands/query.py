"""Orders that ask: queries by BRS-NO-303, 315, 324 and 611."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from ediel.codes import BusinessType, Purpose, QueryType
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId, dump
from ediel.market import Profile
from ediel.messages import (
    AddressSearch,
    EndUserReference,
    Period,
)

__all__ = ["MasterDataQuery", "PointSearch", "SettlementQuery", "ValuesQuery"]


class _Query(Command):
    machine: ClassVar[str] = "query/asker"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "DDM", "AG", "SLR", "DDK", "MDR", "BSL")

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        raise NotImplementedError

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        found = {"process": self.process(today), "payload": dump(self.payload())}
        point = getattr(self, "metering_point", None)
        return {**found, "metering_point": point} if point else found


class _PointQuery(_Query):
    metering_point: MeteringPointId | None = None


class _PeriodQuery(_Query):
    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end is {self.end}; expected a day after {self.start}")
        return self

    def period(self) -> Any:
        """From the beginning of a day until that of another, as messages say it."""
        from ediel.calendar import midnight  # noqa: PLC0415 - the calendar loads when a query is made

        return dump(Period(start=midnight(self.start), end=midnight(self.end)))


class MasterDataQuery(_PointQuery):
    """BRS-NO-303: asks for the master data of a metering point, or of its customer."""

    customer: bool = Field(default=False, description="Ask for the customer (MDCU) instead of the point (MDMP).")
    snapshot: date | None = Field(default=None, description="The day for which the data shall be true.")
    brs: ClassVar[str] = "303"

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        kind = QueryType.MDCU if self.customer else QueryType.MDMP
        found = {"query_type": kind.value, "metering_point": self.metering_point}
        return found if self.snapshot is None else {**found, "snapshot": midnight(self.snapshot).isoformat()}


class ValuesQuery(_PeriodQuery, _PointQuery):
    """BRS-NO-315: asks for the metering values of one point, from a day until the day before another."""

    kind: QueryType = QueryType.MVTS
    brs: ClassVar[str] = "315"

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        return {
            "query_type": self.kind.value,
            "metering_point": self.metering_point,
            "period": self.period(),
        }


class SettlementQuery(_PeriodQuery):
    """BRS-NO-324: asks for settlement data of a grid area, from a day until the day before another; a year at most."""

    grid_area: str = Field(min_length=16, max_length=16, description="Metering grid area, EIC.")
    business_type: BusinessType | None = Field(default=None, description="Which series; all of them when not given.")

    roles: ClassVar[tuple[str, ...]] = ("DDM", "DDQ", "DDK", "BSL", "SLR")
    brs: ClassVar[str] = "324"

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        found = {
            "query_type": QueryType.STLM.value,
            "grid_area": self.grid_area,
            "period": self.period(),
        }
        return found if self.business_type is None else {**found, "business_type": self.business_type.value}


class PointSearch(_PointQuery):
    """BRS-NO-611: verifies a metering point, or finds it; answered in the same call."""

    customer: EndUserReference | None = Field(default=None, repr=False)
    address: AddressSearch | None = Field(default=None, repr=False)
    meter: str | None = None
    purpose: Purpose | None = None

    does: ClassVar[str] = "search"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "QRY", "AG")
    brs: ClassVar[str] = "611"

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        found = {
            "metering_point": self.metering_point,
            "customer": dump(self.customer),
            "address": dump(self.address),
            "meter": self.meter,
            "purpose": None if self.purpose is None else self.purpose.value,
        }
        return {name: value for name, value in found.items() if value is not None}
