"""What the shop sends. What does not fit is refused before anything is kept, and no value is repeated in the answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

import ediel
from ediel.messages import CustomerAddress, StartOfSupplyCustomer

Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")]
MeteringPoint = Annotated[str, Field(pattern=r"^[0-9]{18}$")]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OrderForm(_Form):
    """An order: somebody wants us as supplier, where they live (``change``) or where they move in (``move in``)."""

    number: Number
    customer: Number
    kind: Literal["change", "move in"] = "change"
    metering_point: MeteringPoint
    start: date
    settlement: Literal["profiled", "interval"] | None = None
    person: StartOfSupplyCustomer = Field(repr=False)
    addresses: tuple[CustomerAddress, ...] = Field(repr=False, min_length=1, max_length=2)
    consent_id: str | None = None

    def order(self) -> ediel.ChangeOfSupplier | ediel.MoveIn:
        """As the engine takes it."""
        kind = ediel.ChangeOfSupplier if self.kind == "change" else ediel.MoveIn
        return kind(
            metering_point=self.metering_point,
            start=self.start,
            settlement=self.settlement,
            customer=self.person,
            addresses=self.addresses,
            consent_id=self.consent_id,
        )


class ValuesForm(_Form):
    """Which consumption to ask Elhub for: from a day until the day before another."""

    start: date
    end: date


class CampaignForm(_Form):
    """Metering points that access is asked for."""

    metering_points: tuple[MeteringPoint, ...] = Field(min_length=1, max_length=100_000)
