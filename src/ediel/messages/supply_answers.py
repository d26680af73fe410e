"""Answers to a request to start or end a supply."""

from typing import Annotated, ClassVar, Literal

from ediel.messages._base import Composite, Xml
from ediel.messages._wire import MeteringPointId, Moment, UuidText
from ediel.messages.answers import Reason
from ediel.messages.header import Message

__all__ = [
    "ConfirmEndOfSupply",
    "ConfirmEndOfSupplyEvent",
    "ConfirmStartOfSupply",
    "ConfirmStartOfSupplyEvent",
    "RejectEndOfSupply",
    "RejectEvent",
    "RejectStartOfSupply",
]

_ORIGINAL = "Identification of the request that this message answers."
_POINT = "The metering point."
_EVENT = "What is asked for, notified or answered."


class ConfirmStartOfSupplyEvent(Composite):
    """A request for start of supply that was accepted."""

    source: ClassVar[str] = "XSD; BIM confirmstartofsupply"

    start_of_occurrence: Annotated[Moment, Xml("StartOfOccurrence", "First day of the supply, as requested.")]
    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _ORIGINAL)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class ConfirmStartOfSupply(Message):
    """Elhub has taken a request for start of supply; sent only when the request asked for it."""

    family: ClassVar[str] = "market"
    message: Literal["ConfirmStartOfSupply"] = "ConfirmStartOfSupply"
    payload: Annotated[ConfirmStartOfSupplyEvent, Xml("PayloadResponseEvent", _EVENT)]


class ConfirmEndOfSupplyEvent(Composite):
    """A request for end of supply that was accepted."""

    source: ClassVar[str] = "XSD; BIM 10"

    end_of_occurrence: Annotated[Moment, Xml("EndOfOccurrence", "Day on which the supply ends, as requested.")]
    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _ORIGINAL)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class ConfirmEndOfSupply(Message):
    """Elhub has taken a request for end of supply; sent only when the request asked for it."""

    family: ClassVar[str] = "market"
    message: Literal["ConfirmEndOfSupply"] = "ConfirmEndOfSupply"
    payload: Annotated[ConfirmEndOfSupplyEvent, Xml("PayloadResponseEvent", _EVENT)]


class RejectEvent(Composite):
    """A request that was refused, and why."""

    source: ClassVar[str] = "XSD; BIM rejectstartofsupply"

    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _ORIGINAL)]
    reasons: Annotated[tuple[Reason, ...], Xml("ResponseReasonType", "Why the request was refused.", most=99)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class RejectStartOfSupply(Message):
    """A start of supply is refused: by Elhub, or by the grid access provider when it cannot activate the point."""

    family: ClassVar[str] = "market"
    message: Literal["RejectStartOfSupply"] = "RejectStartOfSupply"
    payload: Annotated[RejectEvent, Xml("PayloadResponseEvent", _EVENT)]


class RejectEndOfSupply(Message):
    """Elhub refuses an end of supply."""

    family: ClassVar[str] = "market"
    message: Literal["RejectEndOfSupply"] = "RejectEndOfSupply"
    payload: Annotated[RejectEvent, Xml("PayloadResponseEvent", _EVENT)]
