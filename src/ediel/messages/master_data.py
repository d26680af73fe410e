"""Master data of metering points and customers: BRS-NO-121, 122, 301, 302, 303, 305, 317, 402."""

from typing import Annotated, ClassVar, Literal

from ediel.messages._base import Composite, Xml
from ediel.messages._wire import GridAreaId, MeteringPointId, Moment, Moment9, PartyId, UuidText
from ediel.messages.header import Message
from ediel.messages.parties import Customer, CustomerAddress, NotifiedCustomer
from ediel.messages.points import (
    AnnualVolumeDetail,
    CadastralReference,
    GeographicalCoordinate,
    MeasurementDefinition,
    MeasurementDefinitionUpdate,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
    TaxationProfile,
)

__all__ = [
    "NotifyCustomerInformation",
    "NotifyCustomerInformationEvent",
    "NotifyMeteringPointCharacteristics",
    "NotifyMeteringPointCharacteristicsEvent",
    "RequestUpdateCustomerInformation",
    "RequestUpdateCustomerInformationEvent",
    "RequestUpdateMasterDataMeteringPoint",
    "RequestUpdateMasterDataMeteringPointEvent",
]

_POINT = "The metering point."
_QUERY = "Identification of the query that this answers."


class NotifyMeteringPointCharacteristicsEvent(Composite):
    """Master data of one metering point, from a day on."""

    source: ClassVar[str] = "XSD; BIM notifymeteringpointcharacteristics"

    identification: Annotated[UuidText | None, Xml("Identification", "Identification of the payload.")] = None
    original_reference: Annotated[UuidText | None, Xml("OriginalBusinessDocumentReference", _QUERY)] = None
    start_of_occurrence: Annotated[Moment, Xml("StartOfOccurrence", "First day on which this is true.")]
    end_of_occurrence: Annotated[Moment | None, Xml("EndOfOccurrence", "Day from which it is true no more.")] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    address: Annotated[
        MeteringPointAddress | None, Xml("MPAddressMeteringPointAddress", "Address of the metering point.")
    ] = None
    position: Annotated[
        GeographicalCoordinate | None,
        Xml("MPPositionMeteringPointGeographicalCoordinate", "Position of the metering point."),
    ] = None
    cadastral: Annotated[CadastralReference | None, Xml("MPAddressCadastral", "Property by the land register.")] = None
    balance_supplier: Annotated[
        PartyId | None, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The balance supplier.")
    ] = None
    customer: Annotated[NotifiedCustomer | None, Xml("ConsumerInvolvedCustomerParty", "The end user.")] = None
    grid_area: Annotated[
        GridAreaId | None, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")
    ] = None
    characteristics: Annotated[
        MeteringPointCharacteristics | None,
        Xml("MpDetailMeteringPointCharacteristic", "What the metering point is."),
    ] = None
    annual_volume: Annotated[
        AnnualVolumeDetail | None, Xml("AnnualPeriodEstimatedMetrics", "Expected annual volume.")
    ] = None
    meter: Annotated[MeterFacility | None, Xml("MeteringInstallationMeterFacility", "The meter.")] = None
    taxation: Annotated[TaxationProfile | None, Xml("MPTaxationProfile", "Taxes and fees.")] = None
    measurements: Annotated[
        tuple[MeasurementDefinition, ...], Xml("MeasurementDefinition", "Channels of the metering point.", most=99)
    ] = ()


class NotifyMeteringPointCharacteristics(Message):
    """Elhub gives the master data of a metering point: an answer to a query, or a change."""

    family: ClassVar[str] = "masterdata"
    message: Literal["NotifyMeteringPointCharacteristics"] = "NotifyMeteringPointCharacteristics"
    payloads: Annotated[
        tuple[NotifyMeteringPointCharacteristicsEvent, ...],
        Xml(
            "PayloadMasterdataMPEvent",
            "One period of validity each; of several points in BRS-NO-317 only (the name has a small d here).",
            most=9999,
        ),
    ]


class NotifyCustomerInformationEvent(Composite):
    """Master data of the end user of a metering point."""

    source: ClassVar[str] = "XSD; BIM notifycustomerinformation"

    original_reference: Annotated[UuidText | None, Xml("OriginalBusinessDocumentReference", _QUERY)] = None
    start_of_occurrence: Annotated[Moment | None, Xml("StartOfOccurrence", "First day on which this is true.")] = None
    snapshot: Annotated[Moment9, Xml("SnapShotOccurrence", "Moment for which the data is true.")]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    customer: Annotated[NotifiedCustomer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Postal address, invoice address, or both.", most=2),
    ] = ()


class NotifyCustomerInformation(Message):
    """Elhub gives the master data of an end user: an answer to a query, or a change."""

    family: ClassVar[str] = "masterdata"
    message: Literal["NotifyCustomerInformation"] = "NotifyCustomerInformation"
    payload: Annotated[NotifyCustomerInformationEvent, Xml("PayloadMasterDataMPEvent", "The end user's data.")]


class RequestUpdateMasterDataMeteringPointEvent(Composite):
    """Master data of a metering point that is to change.

    A class left out keeps its values; an element left out of a class that is sent is cleared (but not in BRS-NO-402).
    """

    source: ClassVar[str] = "XSD; BIM requestupdatemasterdatameteringpoint"

    start_of_occurrence: Annotated[Moment | None, Xml("StartOfOccurrence", "First day on which it is true.")] = None
    identification: Annotated[
        UuidText | None, Xml("Identification", "Identification of the payload; BRS-NO-317 only.")
    ] = None
    original_reference: Annotated[
        UuidText | None, Xml("OriginalBusinessDocumentReference", "Identification of the message to roll back.")
    ] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    grid_area: Annotated[
        GridAreaId | None, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")
    ] = None
    address: Annotated[
        MeteringPointAddress | None, Xml("MPAddressMeteringPointAddress", "Address of the metering point.")
    ] = None
    position: Annotated[
        GeographicalCoordinate | None,
        Xml("MPPositionMeteringPointGeographicalCoordinate", "Position of the metering point."),
    ] = None
    cadastral: Annotated[CadastralReference | None, Xml("MPAddressCadastral", "Property by the land register.")] = None
    characteristics: Annotated[
        MeteringPointCharacteristics | None,
        Xml("MpDetailMeteringPointCharacteristic", "What the metering point is."),
    ] = None
    annual_volume: Annotated[
        AnnualVolumeDetail | None, Xml("AnnualPeriodEstimatedMetrics", "Expected annual volume.")
    ] = None
    meter: Annotated[MeterFacility | None, Xml("MeteringInstallationMeterFacility", "The meter.")] = None
    taxation: Annotated[TaxationProfile | None, Xml("MPTaxationProfile", "Taxes and fees.")] = None
    measurements: Annotated[
        tuple[MeasurementDefinitionUpdate, ...],
        Xml("MeasurementDefinition", "Channels; one that is sent replaces the whole list.", most=99),
    ] = ()


class RequestUpdateMasterDataMeteringPoint(Message):
    """The grid access provider changes the master data of metering points."""

    family: ClassVar[str] = "masterdata"
    unique: ClassVar[tuple[str, str, str]] = (
        "uniquePayloadMasterDataMPEventIdentification",
        "PayloadMasterDataMPEvent",
        "Identification",
    )
    message: Literal["RequestUpdateMasterDataMeteringPoint"] = "RequestUpdateMasterDataMeteringPoint"
    payloads: Annotated[
        tuple[RequestUpdateMasterDataMeteringPointEvent, ...],
        Xml("PayloadMasterDataMPEvent", "One metering point each; more than one in BRS-NO-317 only.", most=9999),
    ]


class RequestUpdateCustomerInformationEvent(Composite):
    """Master data of an end user that is to change."""

    source: ClassVar[str] = "XSD; VAL-301"

    start_of_occurrence: Annotated[
        Moment | None,
        Xml("StartOfOccurrence", "A day on which the end user was tied to the point; picks the end user."),
    ] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    customer: Annotated[Customer, Xml("ConsumerInvolvedCustomerParty", "The end user.")]
    addresses: Annotated[
        tuple[CustomerAddress, ...],
        Xml("ConsumerInvolvedCustomerAddress", "Postal address, invoice address, or both.", most=2),
    ]


class RequestUpdateCustomerInformation(Message):
    """The supplier changes the master data of its customer (BRS-NO-301)."""

    family: ClassVar[str] = "masterdata"
    message: Literal["RequestUpdateCustomerInformation"] = "RequestUpdateCustomerInformation"
    payload: Annotated[RequestUpdateCustomerInformationEvent, Xml("PayloadMasterDataMPEvent", "The end user's data.")]
