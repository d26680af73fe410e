"""The rows of a portfolio: what another system knows at the cut-over, typed. ``engine.adopt`` takes them over.

In a file, the column ``kind`` says which row it is: ``contract``, ``access``, ``point`` or ``under way``; the other
columns are the fields by their names, empty where a row has none. ``ediel adopt --columns`` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ediel.engine.commands import Command
from ediel.identifiers import Gln, Gsrn, MeteringPointId, PartyId, UuidText
from ediel.market import Settlement

__all__ = ["KINDS", "Access", "Contract", "Point", "Row", "UnderWay"]

_GSRN: Final = 18
_PARTY: Final = "GLN of the party here whose row it is; needed where the database has several."
_ROLE: Final = "Its role, where it has several."
_BRS: Final = Field(default=None, pattern=r"^BRS-NO-[0-9]{3}$", description="Process by which it began, if known.")


class _Row(BaseModel):
    """What every row has. Nothing about people stands in its ``repr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: ClassVar[str]
    personal: ClassVar[frozenset[str]] = frozenset()
    """Fields about people: what is in them is shown to nobody."""

    party: PartyId | None = Field(default=None, description=_PARTY)
    role: str | None = Field(default=None, pattern="^[A-Z]{2,3}$", description=_ROLE)

    @field_validator("metering_point", "party", "supplier", "third_party", check_fields=False)
    @classmethod
    def _check_digit(cls, value: str | None) -> str | None:
        problem = None if value is None else (Gsrn if len(value) == _GSRN else Gln)(value).problem
        if problem:
            raise PydanticCustomError("check", "{problem}", {"problem": problem})
        return value


def _in_order(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end <= start:
        raise PydanticCustomError("end", "the end {end} is not after the start {start}", {"end": end, "start": start})


class Contract(_Row):
    """A supply contract: of the party itself, or of another supplier on a point that the party cares for."""

    kind: ClassVar[str] = "contract"
    personal: ClassVar[frozenset[str]] = frozenset({"customer"})

    metering_point: MeteringPointId
    supplier: PartyId | None = Field(default=None, description="GLN; the party itself when empty.")
    start: date | None = Field(default=None, description="First day of the supply; empty where nobody knows it.")
    end: date | None = Field(default=None, description="Day on which it ends; empty where it goes on.")
    customer: str | None = Field(
        default=None, repr=False, pattern=r"^[0-9]{9}([0-9]{2})?$",
        description="National identity or organisation number; a mark of it is kept, not the number.",
    )  # fmt: skip
    brs: str | None = _BRS

    @model_validator(mode="after")
    def _days(self) -> Self:
        _in_order(self.start, self.end)
        return self


class Access(_Row):
    """A third party's access to a metering point."""

    kind: ClassVar[str] = "access"

    metering_point: MeteringPointId
    third_party: PartyId | None = Field(default=None, description="GLN; the party itself when empty.")
    start: date = Field(description="First day of the access.")
    end: date | None = Field(default=None, description="Day from which it holds no more.")
    level: Literal["full", "limited"] = Field(default="limited", description="What the end user has given.")
    extended_storage: bool = Field(default=False, description="Whether values are kept for 10 years instead of 3.")

    @model_validator(mode="after")
    def _days(self) -> Self:
        _in_order(self.start, self.end)
        return self


class Point(_Row):
    """A metering point that the party has to do with."""

    kind: ClassVar[str] = "point"

    metering_point: MeteringPointId
    grid_area: str | None = Field(default=None, pattern=r"^[0-9A-Z-]{16}$", description="Metering grid area, EIC.")
    settlement: Settlement | None = Field(default=None, description="How it is settled.")


class UnderWay(_Row):
    """A process that another system has begun by a message, and that goes on here.

    In a file, ``command`` names the order, such as ``ChangeOfSupplier``, and ``order`` holds its fields as JSON, as
    ``ediel process start`` takes them. Contracts that end, and accesses that are given, are rows of their own.
    """

    kind: ClassVar[str] = "under way"
    personal: ClassVar[frozenset[str]] = frozenset({"order"})

    order: InstanceOf[Command] = Field(repr=False, description="What was asked for.")
    state: str = Field(description="Where it stands, by its table, such as accepted.")
    request: UuidText = Field(description="Identification of the message that was sent; answers point to it.")
    asked: date = Field(description="Day on which that was sent.")
    key: str | None = Field(default=None, min_length=1, max_length=200, description="A key of your own.")
    tags: Mapping[str, str] = Field(default_factory=dict, description="Words of your own, by name; in a file as JSON.")


Row = Contract | Access | Point | UnderWay
KINDS: Final[Mapping[str, type[Row]]] = {item.kind: item for item in (Contract, Access, Point, UnderWay)}
"""The kinds of rows, by the word in the column ``kind``."""
