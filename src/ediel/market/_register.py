"""The register: what is known of metering points, parties, contracts, accesses, consents and pending processes.

Elhub has the whole of it, a market actor a part. What is not known is ``None``, or ``UNKNOWN``
where nothing is a fact of its own: never a guess. Periods are half open; days are Norwegian.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from ediel.codes import (
    BusinessProcess,
    EndUserScheme,
    MeteringPointType,
    PhysicalStatus,
    ReadingResolution,
    Role,
    SettlementMethod,
)
from ediel.identifiers import MeteringPointId, PartyId, UuidText
from ediel.market._unknown import UNKNOWN, Unknown

PointId = Annotated[MeteringPointId, Field(description="Metering point, GSRN, 18 digits.")]
PartyGln = Annotated[PartyId, Field(description="Market party, GLN, 13 digits.")]
Reference = Annotated[UuidText, Field(description="UUID in lower case.")]


class Record(BaseModel):
    """A row of the register: frozen, and strict about its names."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class _Spell(Record):
    """Something that holds from a day until the day before another."""

    start: date = Field(description="First day.")
    end: date | None = Field(default=None, description="Day from which it holds no more; absent for no end in sight.")

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.start <= day and (self.end is None or day < self.end)


S = TypeVar("S", bound=_Spell)


class EndUser(_Spell):
    """The end user of a metering point, for a time. The identification is about a person: it stays out of ``repr``."""

    identification: str = Field(
        repr=False, min_length=1, max_length=11, description="Identity number or organisation number."
    )
    scheme: EndUserScheme = Field(description="Z01 for a person, 82 for an organisation.")

    def is_same(self, identification: str, scheme: EndUserScheme) -> bool:
        """Whether it is the end user with that identification."""
        return (self.identification, self.scheme) == (identification, scheme)


class Contract(_Spell):
    """A supply contract on a metering point."""

    supplier: PartyGln
    kind: Literal["ordinary", "last resort"] = Field(
        default="ordinary", description="Whether the supplier supplies it as supplier of last resort."
    )
    vacant: bool = Field(default=False, description="Whether it is known that nobody lives there while it is supplied.")


class Access(_Spell):
    """A third party's access to a metering point (BRS-NO-622)."""

    third_party: PartyGln
    level: Literal["full", "limited"] = "limited"


class Pending(Record):
    """A process that is under way on a metering point: from receipt until its date is in force."""

    process: BusinessProcess
    reference: Reference = Field(description="Identification of the request that began it.")
    party: PartyGln = Field(description="Who began it.")
    day: date = Field(description="The date that was asked for.")
    cancellation: date | None = Field(
        default=None, description="Last day on which it may be cancelled; absent when unknown."
    )


class MeteringPoint(Record):
    """What is known of one metering point. What is absent is not known; an empty list says that there is none."""

    identification: PointId
    type: MeteringPointType | None = None
    accounting_point: bool | None = Field(default=None, description="Whether it is an accounting (settlement) point.")
    status: PhysicalStatus | None = None
    settlement: SettlementMethod | None = None
    reading_resolution: ReadingResolution | None = None
    blocked_for_switching: bool | None = None
    grid_access_provider: PartyGln | None = None
    grid_area: str | None = None
    end_users: tuple[EndUser, ...] | None = None
    contracts: tuple[Contract, ...] | None = None
    accesses: tuple[Access, ...] | None = None
    pending: tuple[Pending, ...] | None = None

    def end_user_on(self, day: date) -> EndUser | Unknown | None:
        """Who the end user is on a day; ``None`` for nobody."""
        return _on(self.end_users, day)

    def contract_on(self, day: date) -> Contract | Unknown | None:
        """The supply contract of a day; ``None`` for none."""
        return _on(self.contracts, day)

    def access_on(self, third_party: str, day: date) -> Access | Unknown | None:
        """A third party's access on a day; ``None`` for none."""
        own = (
            None if self.accesses is None else tuple(item for item in self.accesses if item.third_party == third_party)
        )
        return _on(own, day)


def _on(spells: tuple[S, ...] | None, day: date) -> S | Unknown | None:
    if spells is None:
        return UNKNOWN
    return next((item for item in spells if item.holds_on(day)), None)


class Party(Record):
    """A market party, its roles, and for whom it may send."""

    gln: PartyGln
    roles: frozenset[Role] | None = None
    active: bool | None = None
    acts_for: frozenset[PartyGln] = Field(
        default=frozenset(),
        description="Parties that it may send for, as a service provider; itself goes without saying.",
    )

    @field_serializer("roles", "acts_for")
    def _in_order(self, values: frozenset[Any] | None) -> list[str] | None:
        return None if values is None else sorted(str(getattr(item, "value", item)) for item in values)


class Grant(Record):
    """A consent of the Access API (EI-1363) to a switch or a move-in of one person on one metering point."""

    identification: Reference
    status: Literal["Active", "Exhausted", "Revoked", "Expired"]
    metering_point: PointId
    supplier: PartyGln
    valid_from: date
    valid_to: date = Field(description="Last day.")
    end_user: str | None = Field(
        default=None, repr=False, min_length=1, max_length=11, description="Who gave it; absent when unknown."
    )


class Register(Protocol):
    """What the rules ask. An answer of ``None`` says that there is none; ``UNKNOWN`` that the register cannot tell."""

    hub: str | None
    """GLN of the hub, ``None`` when unknown."""

    def metering_point(self, identification: str) -> MeteringPoint | Unknown | None:
        """A metering point."""

    def party(self, gln: str) -> Party | Unknown | None:
        """A market party."""

    def grant(self, identification: str) -> Grant | Unknown | None:
        """A consent."""
