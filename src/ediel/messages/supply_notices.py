"""Notices that a supply starts or ends, with the master data of point and customer."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import EndReason
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import GridAreaId, MeteringPointId, Moment, PartyId
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
    "NotifyEndOfSupply",
    "NotifyEndOfSupplyEvent",
    "NotifyStartOfSupply",
    "NotifyStartOfSupplyEvent",
]

_END = "Day on which the supply ends."
_POINT = "The metering point."
_EVENT = "What is asked for, notified or answered."


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
