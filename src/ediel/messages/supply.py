"""Start and end of supply: BRS-NO-101 to 104, 111, 123, 133, 201, 202, 211, 221, 222."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import EndReason
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import Flag, GridAreaId, MeteringPointId, Moment, PartyId, UuidText
from ediel.messages.answers import Reason
from ediel.messages.header import Message
from ediel.messages.parties import CustomerAddress, EndOfSupplyCustomer, StartOfSupplyCustomer
from ediel.messages.points import (
    AnnualVolumeDetail,
    CadastralReference,
    GeographicalCoordinate,
    MeasurementDefinition,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    TaxationProfile,
)

__all__ = [
    "ConfirmEndOfSupply",
    "ConfirmEndOfSupplyEvent",
    "ConfirmStartOfSupply",
    "ConfirmStartOfSupplyEvent",
    "NotifyEndOfSupply",
    "NotifyEndOfSupplyEvent",
    "NotifyStartOfSupply",
    "NotifyStartOfSupplyEvent",
    "RejectEndOfSupply",
    "RejectEvent",
    "RejectStartOfSupply",
    "RequestEndOfSupply",
    "RequestEndOfSupplyEvent",
    "RequestStartOfSupply",
    "RequestStartOfSupplyEvent",
]

_START = "First day of the supply; the time of day is kept but not used."
_END = "Day on which the supply ends."
_ORIGINAL = "Identification of the request that this message answers."
_POINT = "The metering point."
_EVENT = "What is asked for, told or answered."


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


class ConfirmStartOfSupplyEvent(Composite):
    """A request for start of supply that was taken."""

    source: ClassVar[str] = "XSD; BIM confirmstartofsupply"

    start_of_occurrence: Annotated[Moment, Xml("StartOfOccurrence", "First day of the supply, as requested.")]
    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _ORIGINAL)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class ConfirmStartOfSupply(Message):
    """Elhub has taken a request for start of supply; sent only when the request asked for it."""

    family: ClassVar[str] = "market"
    message: Literal["ConfirmStartOfSupply"] = "ConfirmStartOfSupply"
    payload: Annotated[ConfirmStartOfSupplyEvent, Xml("PayloadResponseEvent", _EVENT)]


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


class NotifyStartOfSupplyEvent(Composite):
    """A supply that starts, with the master data of point and customer."""

    source: ClassVar[str] = "XSD; BIM notifystartofsupply"

    start_of_occurrence: Annotated[Moment, Xml("StartOfOccurrence", "First day of the supply.")]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    grid_area: Annotated[GridAreaId, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")]
    address: Annotated[
        MeteringPointAddress | None, Xml("MPAddressMeteringPointAddress", "Address of the metering point.")
    ] = None
    position: Annotated[
        GeographicalCoordinate | None,
        Xml("MPPositionMeteringPointGeographicalCoordinate", "Position of the metering point."),
    ] = None
    cadastral: Annotated[CadastralReference | None, Xml("MPAddressCadastral", "Property by the land register.")] = None
    balance_supplier: Annotated[
        PartyId, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The new balance supplier.")
    ]
    customer: Annotated[StartOfSupplyCustomer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Postal address, invoice address, or both.", most=2),
    ]
    characteristics: Annotated[
        MeteringPointCharacteristics | None,
        Xml("MPDetailMeteringPointCharacteristics", "What the metering point is (the name has an s at the end here)."),
    ] = None
    annual_volume: Annotated[
        AnnualVolumeDetail | None, Xml("AnnualPeriodEstimatedMetrics", "Expected annual volume.")
    ] = None
    meter: Annotated[MeterFacility | None, Xml("MeteringInstallationMeterFacility", "The meter.")] = None
    taxation: Annotated[TaxationProfile | None, Xml("MPTaxationProfile", "Taxes and fees.")] = None
    measurements: Annotated[
        tuple[MeasurementDefinition, ...], Xml("MeasurementDefinition", "Channels of the metering point.", most=99)
    ] = ()


class NotifyStartOfSupply(Message):
    """Elhub tells supplier, supplier of last resort and grid access provider that a supply starts."""

    family: ClassVar[str] = "market"
    message: Literal["NotifyStartOfSupply"] = "NotifyStartOfSupply"
    payload: Annotated[NotifyStartOfSupplyEvent, Xml("PayloadMPEvent", _EVENT)]


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


class ConfirmEndOfSupplyEvent(Composite):
    """A request for end of supply that was taken."""

    source: ClassVar[str] = "XSD; BIM 10"

    end_of_occurrence: Annotated[Moment, Xml("EndOfOccurrence", "Day on which the supply ends, as requested.")]
    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _ORIGINAL)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class ConfirmEndOfSupply(Message):
    """Elhub has taken a request for end of supply; sent only when the request asked for it."""

    family: ClassVar[str] = "market"
    message: Literal["ConfirmEndOfSupply"] = "ConfirmEndOfSupply"
    payload: Annotated[ConfirmEndOfSupplyEvent, Xml("PayloadResponseEvent", _EVENT)]


class RejectEndOfSupply(Message):
    """Elhub refuses an end of supply."""

    family: ClassVar[str] = "market"
    message: Literal["RejectEndOfSupply"] = "RejectEndOfSupply"
    payload: Annotated[RejectEvent, Xml("PayloadResponseEvent", _EVENT)]


class NotifyEndOfSupplyEvent(Composite):
    """A supply that ends."""

    source: ClassVar[str] = "XSD; BIM notifyendofsupply"

    end_of_occurrence: Annotated[Moment, Xml("EndOfOccurrence", _END)]
    reason: Annotated[EndReason | None, Xml("ReasonForTransaction", "Why the supply ends.")] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    balance_supplier: Annotated[
        PartyId, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The supplier whose supply ends.")
    ]
    customer: Annotated[EndOfSupplyCustomer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Postal address, invoice address, or both.", most=2),
    ]


class NotifyEndOfSupply(Message):
    """Elhub tells the supplier that its supply ends."""

    family: ClassVar[str] = "market"
    message: Literal["NotifyEndOfSupply"] = "NotifyEndOfSupply"
    payload: Annotated[NotifyEndOfSupplyEvent, Xml("PayloadMPEvent", _EVENT)]
