"""What checks are about, as types: the messages and payloads that share the fields a check reads.

Nothing here is needed at run time: a check imports it for its annotations alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ediel.codes import UpdateIndicator
from ediel.messages.master_data import RequestUpdateCustomerInformationEvent
from ediel.messages.points import ProductCharacteristics
from ediel.messages.supply_requests import (
    RequestEndOfSupply,
    RequestEndOfSupplyEvent,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
)

SupplyRequest = RequestStartOfSupply | RequestEndOfSupply
"""A start or an end of supply."""

SupplyEvent = RequestStartOfSupplyEvent | RequestEndOfSupplyEvent
"""The payload of one."""

CustomerEvent = SupplyEvent | RequestUpdateCustomerInformationEvent
"""A start, an end, or an update of customer information: they share the customer and the addresses."""


class Pointed(Protocol):
    """A payload that may name a metering point."""

    @property
    def metering_point(self) -> str | None:
        """GSRN of the metering point."""


class Referring(Protocol):
    """A payload that may refer to an earlier message."""

    @property
    def original_reference(self) -> str | None:
        """Identification of the earlier message."""


class Updating(Protocol):
    """A payload that adds, changes or ends something."""

    @property
    def update_indicator(self) -> UpdateIndicator:
        """Which of the three."""


class Span(Protocol):
    """A period, of which either end may be absent."""

    @property
    def start(self) -> datetime | None:
        """Beginning."""

    @property
    def end(self) -> datetime | None:
        """End, not part of it."""


class Spanned(Protocol):
    """A payload that may have a period."""

    @property
    def period(self) -> Span | None:
        """The period."""


class Valid(Protocol):
    """A payload that is valid from a moment until another."""

    @property
    def start_of_occurrence(self) -> datetime | None:
        """From when."""

    @property
    def end_of_occurrence(self) -> datetime | None:
        """Until when."""


class Measured(Protocol):
    """A payload that may name what is measured."""

    @property
    def product(self) -> ProductCharacteristics | None:
        """What is measured, and in which unit."""
