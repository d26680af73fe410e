"""Orders that begin or end a supply: BRS-NO-101 to 104, 123, 201, 202 and 211."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from ediel import brs
from ediel.codes import BusinessProcess, EndReason
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId, PartyId, UuidText
from ediel.market import Profile, Settlement, deadline
from ediel.messages import (
    CustomerAddress,
    EndOfSupplyCustomer,
    RequestEndOfSupplyEvent,
    RequestStartOfSupplyEvent,
    StartOfSupplyCustomer,
)
from ediel.processes import Actor, Kept
from ediel.processes.supply import EndRequest, StartRequest

__all__ = ["ChangeFromLastResort", "ChangeOfSupplier", "EndOfSupply", "GridMoveIn", "GridMoveOut", "MoveIn", "MoveOut"]


class _Common(Actor):
    """What a start and an end of supply know alike."""

    process: str
    metering_point: str
    day: date
    ask: bool
    has_cancellation: bool
    cancellation: date | None
    cancellation_standing: str | None


class _Supply(Command):
    """What every start and end of supply needs."""

    metering_point: MeteringPointId
    settlement: Settlement | None = Field(
        default=None, description="How the point is settled, from BRS-NO-611; tells the cancellation deadline."
    )
    ask: bool = Field(default=True, description="Ask the hub for a positive answer.")

    def _request(self, day: date, party: Party, today: date, profile: Profile) -> _Common:
        """What a request knows of its day, and until when it may be cancelled."""
        process = self.process(today)
        limit = (
            None
            if self.settlement is None
            else deadline(profile, BusinessProcess(process), self.settlement, "cancellation", day)
        )
        return _Common(
            **party.actor(),
            process=process,
            metering_point=self.metering_point,
            day=day,
            ask=self.ask,
            has_cancellation=bool(brs.of(process).waits),
            cancellation=None if limit is None else limit.day,
            cancellation_standing=None if limit is None else limit.limit.standing,
        )


class _Start(_Supply):
    start: date = Field(description="First day of the supply.")
    customer: StartOfSupplyCustomer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(repr=False, min_length=1, max_length=2)
    consent_id: UuidText | None = Field(default=None, description="The end user's consent in the Access API (EI-1363).")

    machine: ClassVar[str] = "supply/requester"
    does: ClassVar[str] = "start"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def begins(self, party: Party, today: date, profile: Profile) -> StartRequest:
        """What the process knows when it begins."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        event = RequestStartOfSupplyEvent(
            start_of_occurrence=midnight(self.start),
            metering_point=self.metering_point,
            balance_supplier=party.gln if party.role == "DDQ" else self._supplier(),
            consent_id=self.consent_id,
            move_in_to_slr=self._to_last_resort(),
            customer=self.customer,
            addresses=self.addresses,
        )
        return StartRequest(**self._request(self.start, party, today, profile), payload=Kept.of(event))

    def _supplier(self) -> str | None:
        """The supplier, where a grid access provider asks and names one."""
        return None

    def _to_last_resort(self) -> bool | None:
        return None


class _Consented(_Start):
    """A start of supply that the end user's consent belongs to (EI-1363)."""

    consent: UuidText | None = Field(
        default=None,
        description="The end user's consent: its process here, or its grant in the Access API. It is checked by what "
        "is known of it, sent as ConsentID, and spent when Elhub has notified of the start. In place of consent_id.",
    )

    @model_validator(mode="after")
    def _one_consent(self) -> Self:
        if self.consent is not None and self.consent_id is not None:
            raise ValueError("consent and consent_id are both given; expected one of them")
        return self


class ChangeOfSupplier(_Consented):
    """BRS-NO-101: the end user of a point changes to this supplier, ahead of time."""

    brs: ClassVar[str] = "101"


class MoveIn(_Consented):
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
        return str((brs.MOVE_IN_AHEAD if ahead else brs.MOVE_IN_BACK).code)

    def _to_last_resort(self) -> bool | None:
        return self.move_in_to_slr


class ChangeFromLastResort(_Start):
    """BRS-NO-104: back in time, from the very day on which the end user came to the supplier of last resort."""

    brs: ClassVar[str] = "104"


class GridMoveIn(_Start):
    """BRS-NO-123: the grid access provider reports a move-in; last-resort supply follows."""

    balance_supplier: PartyId | None = None
    brs: ClassVar[str] = "123"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)

    def _supplier(self) -> str | None:
        return self.balance_supplier


class _End(_Supply):
    end: date = Field(description="Day on which the supply ends.")
    customer: EndOfSupplyCustomer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(repr=False, min_length=1, max_length=2)
    reason: EndReason | None = None

    machine: ClassVar[str] = "end_of_supply/requester"
    does: ClassVar[str] = "start"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def begins(self, party: Party, today: date, profile: Profile) -> EndRequest:
        """What the process knows when it begins."""
        from ediel.calendar import midnight  # noqa: PLC0415 - beside its only use

        event = RequestEndOfSupplyEvent(
            end_of_occurrence=midnight(self.end),
            metering_point=self.metering_point,
            balance_supplier=party.gln if party.role == "DDQ" else None,
            reason=self.reason,
            customer=self.customer,
            addresses=self.addresses,
        )
        return EndRequest(**self._request(self.end, party, today, profile), payload=Kept.of(event))


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
