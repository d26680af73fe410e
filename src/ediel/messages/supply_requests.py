"""Requests to start or end a supply: BRS-NO-101 to 104, 111, 123, 133, 201, 202, 211, 221, 222."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import EndReason
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import Flag, MeteringPointId, Moment, PartyId, UuidText
from ediel.messages.header import Message
from ediel.messages.parties import CustomerAddress, EndOfSupplyCustomer, StartOfSupplyCustomer

__all__ = [
    "RequestEndOfSupply",
    "RequestEndOfSupplyEvent",
    "RequestStartOfSupply",
    "RequestStartOfSupplyEvent",
]

_START = "First day of the supply; the time of day is kept but not used."
_END = "Day on which the supply ends."
_POINT = "The metering point."
_EVENT = "What is asked for, notified or answered."


class RequestStartOfSupplyEvent(Composite):
    """A supply that is to start, or a start that is to be cancelled or rolled back."""

    source: ClassVar[str] = "XSD; BIM requeststartofsupply"

    start_of_occurrence: Annotated[Moment, Xml("StartOfOccurrence", _START)]
    original_reference: Annotated[
        UuidText | None,
        Xml(
            "OriginalBusinessDocumentReference",
            "Identification of the request to cancel or roll back; required then, and only then.",
        ),
    ] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    balance_supplier: Annotated[
        PartyId | None,
        Xml(
            "BalanceSupplierInvolvedEnergyParty/Identification",
            "The new balance supplier; a supplier must give it, a grid access provider may.",
        ),
    ] = None
    move_in_to_slr: Annotated[
        Flag | None,
        Xml(
            "moveInToSLR",
            "BRS-NO-103 only: whether the contract shall lie with the supplier of last resort.",
            "XSD 2.4",
        ),
    ] = None
    consent_id: Annotated[
        UuidText | None,
        Xml("ConsentID", "The end user's consent in the Access API (EI-1363).", "XSD 2.4.3"),
    ] = None
    customer: Annotated[StartOfSupplyCustomer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Postal address, invoice address, or both.", most=2),
    ]


class RequestStartOfSupply(Message):
    """Asks Elhub to start a supply on a metering point; with document type E02 to cancel or roll back a start."""

    family: ClassVar[str] = "market"
    message: Literal["RequestStartOfSupply"] = "RequestStartOfSupply"
    payload: Annotated[RequestStartOfSupplyEvent, Xml("PayloadMPEvent", _EVENT)]


class RequestEndOfSupplyEvent(Composite):
    """A supply that is to end, or an end that is to be cancelled or rolled back."""

    source: ClassVar[str] = "XSD; BIM 10; BIM 22"

    end_of_occurrence: Annotated[Moment, Xml("EndOfOccurrence", _END)]
    original_reference: Annotated[
        UuidText | None,
        Xml(
            "OriginalBusinessDocumentReference",
            "Identification of the request to cancel or roll back; required then, and only then.",
        ),
    ] = None
    reason: Annotated[EndReason | None, Xml("ReasonForTransaction", "Why the supply ends.")] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    balance_supplier: Annotated[
        PartyId | None, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The present balance supplier.")
    ] = None
    customer: Annotated[EndOfSupplyCustomer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Address for the final invoice, postal address, or both.", most=2),
    ]


class RequestEndOfSupply(Message):
    """Asks Elhub to end a supply; with document type E02 to cancel or roll back an end."""

    family: ClassVar[str] = "market"
    message: Literal["RequestEndOfSupply"] = "RequestEndOfSupply"
    payload: Annotated[RequestEndOfSupplyEvent, Xml("PayloadMPEvent", _EVENT)]
