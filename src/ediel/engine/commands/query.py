"""Orders that ask: queries by BRS-NO-303, 315, 324 and 611."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from ediel.codes import BusinessType, Purpose, QueryType
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.messages import (
    AddressSearch,
    EndUserReference,
    Period,
)
from ediel.processes import Kept
from ediel.processes.query import AskedQuery, Query, Search

__all__ = ["MasterDataQuery", "PointSearch", "SettlementQuery", "ValuesQuery"]


class _Query(Command):
    metering_point: MeteringPointId | None = None

    machine: ClassVar[str] = "query/asker"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "DDM", "AG", "SLR", "DDK", "MDR", "BSL")

    def payload(self) -> Query | Search:
        """The payload of the query."""
        raise NotImplementedError

    def begins(self, party: Party, today: date, profile: Profile) -> AskedQuery:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return AskedQuery(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            payload=Kept.of(self.payload()),
        )


class MasterDataQuery(_Query):
    """BRS-NO-303: asks for the master data of a metering point, or of its customer."""

    customer: bool = Field(default=False, description="Ask for the customer (MDCU) instead of the point (MDMP).")
    snapshot: date | None = Field(default=None, description="The day for which the data shall be true.")
    brs: ClassVar[str] = "303"

    def payload(self) -> Query:
        """The payload of the query."""
        from ediel.calendar import midnight  # noqa: PLC0415 - the calendar loads when a query is made

        return Query(
            query_type=QueryType.MDCU if self.customer else QueryType.MDMP,
            metering_point=self.metering_point,
            snapshot=None if self.snapshot is None else midnight(self.snapshot),
        )


class ValuesQuery(_Query):
    """BRS-NO-315: asks for the metering values of one point, from a day until the day before another."""

    start: date
    end: date
    kind: QueryType = QueryType.MVTS
    brs: ClassVar[str] = "315"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _ordered(self.start, self.end)
        return self

    def payload(self) -> Query:
        """The payload of the query."""
        return Query(query_type=self.kind, metering_point=self.metering_point, period=_period(self.start, self.end))


class SettlementQuery(Command):
    """BRS-NO-324: asks for settlement data of a grid area, from a day until the day before another; a year at most."""

    start: date
    end: date
    grid_area: str = Field(min_length=16, max_length=16, description="Metering grid area, EIC.")
    business_type: BusinessType | None = Field(default=None, description="Which series; all of them when not given.")

    machine: ClassVar[str] = "query/asker"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDM", "DDQ", "DDK", "BSL", "SLR")
    brs: ClassVar[str] = "324"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _ordered(self.start, self.end)
        return self

    def begins(self, party: Party, today: date, profile: Profile) -> AskedQuery:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        payload = Query(
            query_type=QueryType.STLM,
            grid_area=self.grid_area,
            period=_period(self.start, self.end),
            business_type=self.business_type,
        )
        return AskedQuery(**party.actor(), process=self.process(today), payload=Kept.of(payload))


class PointSearch(_Query):
    """BRS-NO-611: verifies a metering point, or finds it; answered in the same call."""

    customer: EndUserReference | None = Field(default=None, repr=False)
    address: AddressSearch | None = Field(default=None, repr=False)
    meter: str | None = None
    purpose: Purpose | None = None

    does: ClassVar[str] = "search"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "QRY", "AG")
    brs: ClassVar[str] = "611"

    def payload(self) -> Search:
        """The payload of the query."""
        return Search(
            metering_point=self.metering_point,
            customer=self.customer,
            address=self.address,
            meter=self.meter,
            purpose=self.purpose,
        )


def _ordered(start: date, end: date) -> None:
    if end <= start:
        raise ValueError(f"end is {end}; expected a day after {start}")


def _period(start: date, end: date) -> Period:
    """From the beginning of a day until that of another, as messages say it."""
    from ediel.calendar import midnight  # noqa: PLC0415 - the calendar loads when a query is made

    return Period(start=midnight(start), end=midnight(end))
