"""What a party can begin, each as a typed command. ``engine.start`` takes one.

Days are Norwegian days. A settlement method tells when a request may be cancelled; without it that deadline is unknown,
and the hub decides.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ediel.codes import BusinessProcess, CalculationMethod, EndReason, FormulaType, Purpose, QueryType
from ediel.engine._party import Party
from ediel.market import Profile, Settlement, deadline
from ediel.messages import (
    AddressSearch,
    CadastralReference,
    CollectedSeries,
    Customer,
    CustomerAddress,
    EndOfSupplyCustomer,
    EndUserReference,
    GeographicalCoordinate,
    MeasurementDefinitionUpdate,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    Period,
    StartOfSupplyCustomer,
    TaxationProfile,
    VirtualCalculation,
)

MeteringPointId = Annotated[str, Field(pattern=r"^[0-9]{18}$")]
PartyId = Annotated[str, Field(pattern=r"^[0-9]{13}$")]
UuidText = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]

__all__ = [
    "AccessRequest",
    "AnnualVolumeUpdate",
    "AnnualVolumes",
    "ChangeFromLastResort",
    "ChangeOfSupplier",
    "Command",
    "ConsentRequest",
    "CustomerUpdate",
    "EndOfSupply",
    "GridMoveIn",
    "GridMoveOut",
    "GridQuestion",
    "HubQuestion",
    "MasterDataQuery",
    "MasterDataUpdate",
    "MoveIn",
    "MoveOut",
    "PointSearch",
    "SharedProduction",
    "ValuesQuery",
    "ValuesReport",
]


class Command(BaseModel):
    """Begins a process. Nothing about people stands in its ``repr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    machine: ClassVar[str]
    """Table that it begins."""
    does: ClassVar[str]
    """Command of the table."""
    roles: ClassVar[tuple[str, ...]]
    """Roles that may give it."""
    brs: ClassVar[str]
    """BRS number, last three digits."""

    def process(self, today: date) -> str:  # noqa: ARG002 - a move-in depends on the day
        """BRS number."""
        return f"BRS-NO-{self.brs}"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:
        """What the process knows when it begins."""
        raise NotImplementedError


def _dump(value: Any) -> Any:
    """Plain JSON values; ``exclude_none`` goes down to the parts."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple | list):
        return [_dump(item) for item in value]
    return value


class _Supply(Command):
    """What every start and end of supply needs."""

    metering_point: MeteringPointId
    settlement: Settlement | None = Field(
        default=None, description="How the point is settled, from BRS-NO-611; tells the cancellation deadline."
    )
    ask: bool = Field(default=True, description="Ask the hub for a positive answer.")
    has_cancellation: ClassVar[bool] = True

    def _common(self, day: date, today: date, profile: Profile) -> dict[str, Any]:
        process = self.process(today)
        found: dict[str, Any] = {
            "process": process,
            "metering_point": self.metering_point,
            "day": day.isoformat(),
            "ask": self.ask,
            "has_cancellation": process
            in {"BRS-NO-101", "BRS-NO-102", "BRS-NO-123", "BRS-NO-201", "BRS-NO-202", "BRS-NO-211"},
            "cancellation": None,
        }
        if self.settlement is not None:
            limit = deadline(profile, BusinessProcess(process), self.settlement, "cancellation", day)
            if limit is not None:
                found["cancellation"] = limit.day.isoformat()
                found["cancellation_standing"] = limit.limit.standing
        return found


class _Start(_Supply):
    start: date = Field(description="First day of the supply.")
    customer: StartOfSupplyCustomer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(repr=False, min_length=1, max_length=2)
    consent_id: UuidText | None = Field(default=None, description="The end user's consent in the Access API (EI-1363).")

    machine: ClassVar[str] = "supply/requester"
    does: ClassVar[str] = "start"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:
        """What the process knows when it begins."""
        payload: dict[str, Any] = {
            "metering_point": self.metering_point,
            "balance_supplier": party.gln if party.role == "DDQ" else getattr(self, "balance_supplier", None),
            "consent_id": self.consent_id,
            "move_in_to_slr": getattr(self, "move_in_to_slr", None),
            "customer": _dump(self.customer),
            "addresses": _dump(self.addresses),
        }
        kept = {name: value for name, value in payload.items() if value is not None}
        return {**self._common(self.start, today, profile), "payload": kept}


class ChangeOfSupplier(_Start):
    """BRS-NO-101: the end user of a point changes to this supplier, ahead of time."""

    brs: ClassVar[str] = "101"


class MoveIn(_Start):
    """BRS-NO-102 or 103: a new end user moves in. Ahead of time it is 102, today or back in time 103.

    ``ahead`` chooses where the day does not settle it: test scripts send a move-in today on an inactive point as 102.
    """

    ahead: bool | None = None
    move_in_to_slr: bool | None = Field(
        default=None, description="BRS-NO-103 only: whether the contract shall lie with the supplier of last resort."
    )

    def process(self, today: date) -> str:
        """102 or 103."""
        ahead = self.start > today if self.ahead is None else self.ahead
        return "BRS-NO-102" if ahead else "BRS-NO-103"


class ChangeFromLastResort(_Start):
    """BRS-NO-104: back in time, from the very day on which the end user came to the supplier of last resort."""

    brs: ClassVar[str] = "104"


class GridMoveIn(_Start):
    """BRS-NO-123: the grid access provider reports a move-in; last-resort supply follows."""

    balance_supplier: PartyId | None = None
    brs: ClassVar[str] = "123"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)


class _End(_Supply):
    end: date = Field(description="Day on which the supply ends.")
    customer: EndOfSupplyCustomer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(repr=False, min_length=1, max_length=2)
    reason: EndReason | None = None

    machine: ClassVar[str] = "end of supply/requester"
    does: ClassVar[str] = "start"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:
        """What the process knows when it begins."""
        payload = {
            "metering_point": self.metering_point,
            "balance_supplier": party.gln if party.role == "DDQ" else None,
            "reason": None if self.reason is None else self.reason.value,
            "customer": _dump(self.customer),
            "addresses": _dump(self.addresses),
        }
        kept = {name: value for name, value in payload.items() if value is not None}
        return {**self._common(self.end, today, profile), "payload": kept}


class MoveOut(_End):
    """BRS-NO-201: the customer moves out."""

    brs: ClassVar[str] = "201"


class EndOfSupply(_End):
    """BRS-NO-202: the contract ends, the customer stays."""

    brs: ClassVar[str] = "202"


class GridMoveOut(_End):
    """BRS-NO-211: the grid access provider reports a move-out."""

    brs: ClassVar[str] = "211"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)


class AccessRequest(Command):
    """BRS-NO-622: a third party asks for access to a metering point; limited, unless the end user makes it full."""

    metering_point: MeteringPointId
    end: date | None = Field(default=None, description="Day from which the access holds no more.")
    extended_storage: bool = Field(default=False, description="Keep values for 10 years instead of 3.")

    machine: ClassVar[str] = "access/third party"
    does: ClassVar[str] = "add"
    roles: ClassVar[tuple[str, ...]] = ("AG",)
    brs: ClassVar[str] = "622"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "metering_point": self.metering_point,
            "end": None if self.end is None else self.end.isoformat(),
            "extended_storage": self.extended_storage,
            "answer_by": answer_by(profile, today),
        }


def answer_by(profile: Profile, today: date) -> str | None:
    """Last day on which the end user may answer a BRS-NO-622; ``None`` when the profile does not say."""
    limit = profile.limit(BusinessProcess.BRS_NO_622, "interval", "answer")
    return None if limit is None else profile.shift(today, limit).isoformat()


CONSENT_DAYS: Literal[28] = 28
"""Days that the end user has to approve a request or to sign a document (auth-grant-manager)."""


class ConsentRequest(Command):
    """Asks the end user, through the Access API, for the consent that a switch or a move-in needs (EI-1363).

    The API itself is called elsewhere; the process follows what it answers.
    """

    metering_point: MeteringPointId
    kind: Literal["ChangeOfBalanceSupplierForPerson", "MoveInAndChangeOfBalanceSupplierForPerson"]
    way: Literal["request", "document"] = "request"

    machine: ClassVar[str] = "authorisation/supplier"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """101 for a change of supplier, 102 for a move-in (which 103 uses too)."""
        return "BRS-NO-101" if self.kind.startswith("Change") else "BRS-NO-102"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "metering_point": self.metering_point,
            "kind": self.kind,
            "way": self.way,
            "answer_by": (today + timedelta(days=CONSENT_DAYS)).isoformat(),
        }


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


class MasterDataUpdate(Command):
    """BRS-NO-302, 121 or 402: the grid access provider changes the master data of a metering point, or makes a new one.

    A class that is left out keeps its values; what is left out of a class that is given is cleared, but not by 402.
    """

    kind: Literal["121", "302", "402"] = "302"
    metering_point: MeteringPointId
    start: date = Field(description="First day on which it is true.")
    grid_area: str | None = Field(default=None, description="Metering grid area, EIC; with 121.")
    address: MeteringPointAddress | None = Field(default=None, repr=False)
    position: GeographicalCoordinate | None = Field(default=None, repr=False)
    cadastral: CadastralReference | None = Field(default=None, repr=False)
    characteristics: MeteringPointCharacteristics | None = None
    meter: MeterFacility | None = Field(default=None, repr=False)
    taxation: TaxationProfile | None = None
    measurements: tuple[MeasurementDefinitionUpdate, ...] = ()
    ask: bool = Field(default=True, description="Ask for a positive answer.")

    machine: ClassVar[str] = "master data/sender"
    does: ClassVar[str] = "change point"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """121, 302 or 402."""
        return f"BRS-NO-{self.kind}"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        payload = _dump(self)
        for name in ("kind", "ask", "start"):
            payload.pop(name)
        return {
            "process": self.process(today),
            "request": "RequestUpdateMasterDataMeteringPoint",
            "metering_point": self.metering_point,
            "ask": self.ask or None,
            "payload": {**payload, "start_of_occurrence": midnight(self.start).isoformat()},
        }


class CustomerUpdate(Command):
    """BRS-NO-301: the supplier changes the master data of its customer."""

    metering_point: MeteringPointId
    day: date = Field(description="A day on which the customer was tied to the metering point; it picks the customer.")
    customer: Customer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(min_length=1, max_length=2, repr=False)
    ask: bool = Field(default=True, description="Ask for a positive answer.")

    machine: ClassVar[str] = "master data/sender"
    does: ClassVar[str] = "change customer"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR")
    brs: ClassVar[str] = "301"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        payload = {
            "start_of_occurrence": midnight(self.day).isoformat(),
            "metering_point": self.metering_point,
            "customer": _dump(self.customer),
            "addresses": _dump(self.addresses),
        }
        return {
            "process": self.process(today),
            "request": "RequestUpdateCustomerInformation",
            "metering_point": self.metering_point,
            "ask": self.ask or None,
            "payload": payload,
        }


class _Question(Command):
    metering_point: MeteringPointId
    category: str = Field(
        min_length=1, max_length=18, description="What it is about, such as INV; no list is published."
    )
    subject: str = Field(min_length=1, max_length=40, repr=False)
    ask: bool = Field(default=True, description="Ask for a positive answer.")

    machine: ClassVar[str] = "question/asker"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR", "BSL")
    request: ClassVar[str]
    """Name of the message."""

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        found = _dump(self)
        del found["ask"]
        return found  # type: ignore[no-any-return]

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "request": self.request,
            "metering_point": self.metering_point,
            "ask": self.ask or None,
            "payload": self.payload(),
        }


class GridQuestion(_Question):
    """BRS-NO-601: asks the grid access provider of a metering point in words. One text at least is given."""

    request_public: str | None = Field(default=None, max_length=300, repr=False)
    request_private: str | None = Field(default=None, max_length=300, repr=False)

    does: ClassVar[str] = "ask grid"
    brs: ClassVar[str] = "601"
    request: ClassVar[str] = "RequestToGridAccessProvider"

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not (self.request_public or self.request_private):
            raise ValueError("request_public and request_private are both empty; expected a question in one of them")
        return self


class HubQuestion(_Question):
    """BRS-NO-602: asks Elhub in words."""

    text: str = Field(min_length=1, max_length=300, repr=False)

    does: ClassVar[str] = "ask hub"
    brs: ClassVar[str] = "602"
    request: ClassVar[str] = "RequestToElhub"

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        found = super().payload()
        found["request"] = found.pop("text")
        return found


class _Query(Command):
    metering_point: MeteringPointId | None = None

    machine: ClassVar[str] = "query/asker"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "DDM", "AG", "SLR", "DDK", "MDR", "BSL")

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        raise NotImplementedError

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        found = {"process": self.process(today), "payload": _dump(self.payload())}
        return {**found, "metering_point": self.metering_point} if self.metering_point else found


class MasterDataQuery(_Query):
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


class ValuesQuery(_Query):
    """BRS-NO-315: asks for the metering values of one point, from a day until the day before another."""

    kind: QueryType = QueryType.MVTS
    start: date
    end: date
    brs: ClassVar[str] = "315"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end is {self.end}; expected a day after {self.start}")
        return self

    def payload(self) -> dict[str, Any]:
        """The payload of the query."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        period = Period(start=midnight(self.start), end=midnight(self.end))
        return {"query_type": self.kind.value, "metering_point": self.metering_point, "period": _dump(period)}


class PointSearch(_Query):
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
            "customer": _dump(self.customer),
            "address": _dump(self.address),
            "meter": self.meter,
            "purpose": None if self.purpose is None else self.purpose.value,
        }
        return {name: value for name, value in found.items() if value is not None}


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
        return {"process": self.process(today), "series": _dump(self.series)}


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
        calculation = {**_dump(self.calculation), "name": self.name, "formula": self.formula.value}
        return {
            "process": self.process(today),
            "subject": self.name,
            "day": self.start.isoformat(),
            "calculation": calculation,
        }
