"""Master data of a metering point: where it is, what it is, how it is metered and taxed."""

from typing import Annotated, ClassVar

from ediel.codes import (
    Agency,
    CalculationMethod,
    ChannelResolution,
    ConsumptionSubType,
    Country,
    Direction,
    EnovaFeeType,
    MeteringPointType,
    MeterReadingCharacteristics,
    PhysicalStatus,
    Priority,
    Product,
    ProductionSubType,
    ReadingResolution,
    SettlementMethod,
    Unit,
    VatCode,
)
from ediel.messages._base import AgencyOf, Composite, Xml, natural_agency
from ediel.messages._wire import (
    Coordinate,
    Flag,
    Int2,
    Int4,
    Int9,
    Int12,
    MeterConstant,
    Moment,
    Percent,
    Text10,
    Text18,
    Text50,
    Text80,
    Text100,
    Text150,
)

__all__ = [
    "AnnualVolume",
    "AnnualVolumeDetail",
    "CadastralReference",
    "GeographicalCoordinate",
    "IndustryAndConsumption",
    "MeasurementDefinition",
    "MeasurementDefinitionUpdate",
    "MeterFacility",
    "MeteringPointAddress",
    "MeteringPointCharacteristics",
    "ProductCharacteristics",
    "TaxationProfile",
]


class MeteringPointAddress(Composite):
    """Address of the metering point."""

    street_name: Annotated[Text150 | None, Xml("StreetName", "Street.", personal=True)] = None
    street_code: Annotated[Text10 | None, Xml("StreetCode", "Municipality's number of the street.", personal=True)] = (
        None
    )
    building_number: Annotated[Text10 | None, Xml("BuildingNumber", "House number and letter.", personal=True)] = None
    floor: Annotated[Text10 | None, Xml("FloorIdentification", "Floor.", personal=True)] = None
    room: Annotated[Text10 | None, Xml("RoomIdentification", "Flat or room.", personal=True)] = None
    postcode: Annotated[Text10, Xml("Postcode", "Postcode.", personal=True)]
    city_name: Annotated[Text50, Xml("CityName", "Postal town.", personal=True)]
    city_subdivision: Annotated[Text50 | None, Xml("CitySubDivisionName", "Part of the town.", personal=True)] = None
    municipality_code: Annotated[
        Text10 | None, Xml("MunicipalityCode", "Number of the municipality.", personal=True)
    ] = None
    country: Annotated[Country, Xml("CountryCode", "Country, ISO 3166-1 alpha-2.")]
    free_form: Annotated[Text100 | None, Xml("AddressFreeForm", "Address in free text.", personal=True)] = None


class GeographicalCoordinate(Composite):
    """Where the metering point is."""

    latitude: Annotated[Coordinate, Xml("Latitude", "Degrees north.", personal=True)]
    longitude: Annotated[Coordinate, Xml("Longitude", "Degrees east.", personal=True)]


class CadastralReference(Composite):
    """The property that the metering point belongs to, by the land register."""

    gnr: Annotated[Text10, Xml("Gnr", "Number of the cadastral unit (gårdsnummer).", personal=True)]
    bnr: Annotated[Text10, Xml("Bnr", "Number of the property unit (bruksnummer).", personal=True)]
    snr: Annotated[Text10 | None, Xml("Snr", "Number of the section (seksjonsnummer).", personal=True)] = None
    fnr: Annotated[Text10 | None, Xml("Fnr", "Number of the lease (festenummer).", personal=True)] = None


class MeteringPointCharacteristics(Composite):
    """What the metering point is, and how it is read and settled."""

    source: ClassVar[str] = "XSD; VAL-121"

    metering_point_type: Annotated[
        MeteringPointType | None, Xml("MeteringPointType", "Consumption, production, combined or exchange.")
    ] = None
    consumption_sub_type: Annotated[
        ConsumptionSubType | None,
        Xml("MeteringPointSubTypeConsumption", "Kind of consumption; for consumption and combined points only."),
    ] = None
    production_sub_type: Annotated[
        ProductionSubType | None,
        Xml("MeteringPointSubTypeProduction", "Kind of production; for production and combined points only."),
    ] = None
    meter_reading_characteristics: Annotated[
        MeterReadingCharacteristics | None, Xml("MeterReadingCharacteristics", "How the meter is read.")
    ] = None
    settlement_method: Annotated[
        SettlementMethod | None, Xml("SettlementMethodType", "Profiled or interval settled.")
    ] = None
    settlement_method_agency: Annotated[Agency | None, AgencyOf("settlement_method")] = natural_agency(
        "settlement_method"
    )
    physical_status: Annotated[PhysicalStatus | None, Xml("PhysicalStatusType", "Active, inactive or closed.")] = None
    contracted_connection_capacity: Annotated[
        Int9 | None, Xml("ContractedConnectionCapacityValue", "Agreed capacity of the connection.")
    ] = None
    installed_capacity: Annotated[Int9 | None, Xml("InstalledCapacity", "Installed capacity of the production.")] = None
    meter_reading_start_date: Annotated[Moment | None, Xml("MeterReadingStartDate", "First day of reading.")] = None
    meter_reading_frequency: Annotated[
        Int4 | None, Xml("MeterReadingFrequencyDuration", "How often the meter is read; the unit is not published.")
    ] = None
    description: Annotated[Text80 | None, Xml("Description", "Free text.", personal=True)] = None
    priority: Annotated[Priority | None, Xml("Priority", "Priority of the supply; meanings are not published.")] = None
    blocked_for_switching: Annotated[
        Flag | None, Xml("BlockedForSwitching", "True when the supplier cannot be changed by the usual process.")
    ] = None
    meter_reading_occurrence: Annotated[
        ReadingResolution | None, Xml("MeterReadingOccurrence", "Resolution in which the point is read.")
    ] = None


class AnnualVolume(Composite):
    """Expected annual volume."""

    source: ClassVar[str] = "XSD; BRS-NO-317"

    total: Annotated[Int12, Xml("Total", "Expected volume of a year, whole kWh.")]


class AnnualVolumeDetail(Composite):
    """Expected annual volume, and how it came about."""

    source: ClassVar[str] = "XSD; BRS-NO-317"

    total: Annotated[Int12, Xml("Total", "Expected volume of a year, whole kWh.")]
    calculation_method: Annotated[CalculationMethod, Xml("CalculationMethod", "Computed or set by judgement.")]


class MeterFacility(Composite):
    """The meter."""

    meter: Annotated[Text18, Xml("MeterIdentification", "Number of the meter.")]
    number_of_digits: Annotated[Int2 | None, Xml("NumberOfDigits", "Digits of the register.")] = None
    constant: Annotated[MeterConstant | None, Xml("Constant", "Factor from register to kWh.")] = None
    location: Annotated[Text80 | None, Xml("MeterLocation", "Where the meter hangs.", personal=True)] = None


class TaxationProfile(Composite):
    """Taxes and fees."""

    source: ClassVar[str] = "XSD; BIM consumption-code"

    vat_code: Annotated[VatCode | None, Xml("VATCode", "Value added tax.")] = None
    enova_fee_type: Annotated[EnovaFeeType | None, Xml("EnovaFeeType", "How the Enova fee is charged.")] = None
    enova_fee: Annotated[Percent | None, Xml("EnovaFee", "Share of the Enova fee, per cent.")] = None
    electricity_fee: Annotated[Percent | None, Xml("ElFee", "Share of the electricity tax, per cent.")] = None
    electricity_certificate_share: Annotated[
        Percent | None, Xml("ElCertificateShare", "Share that is liable for electricity certificates, per cent.")
    ] = None
    consumption_code: Annotated[
        Text10 | None, Xml("ConsumptionCode", "Group of end users by NVE's list; the hub does not check it.")
    ] = None
    nace_code: Annotated[Text10 | None, Xml("NACE_DivisionCode", "Industry of the end user.")] = None


class IndustryAndConsumption(Composite):
    """The part of the taxation profile that an upfront query gives."""

    source: ClassVar[str] = "XSD; BIM consumption-code"

    consumption_code: Annotated[
        Text10 | None, Xml("ConsumptionCode", "Group of end users by NVE's list; the hub does not check it.")
    ] = None
    nace_code: Annotated[Text10 | None, Xml("NACE_DivisionCode", "Industry of the end user.")] = None


class ProductCharacteristics(Composite):
    """What is measured, and in which unit."""

    source: ClassVar[str] = "XSD; 15min channels"

    product: Annotated[Product, Xml("Identification", "The product, such as active energy.")]
    product_agency: Annotated[Agency, AgencyOf("product")] = natural_agency("product")
    unit: Annotated[Unit, Xml("UnitType", "kWh for active, kvarh for reactive energy.")]


class MeasurementDefinition(Composite):
    """A channel of the metering point, as Elhub notifies it."""

    source: ClassVar[str] = "XSD; 15min channels"

    product: Annotated[
        ProductCharacteristics, Xml("ProductIncludedProductCharacteristics", "What the channel measures.")
    ]
    direction: Annotated[Direction, Xml("Direction", "In for production, Out for consumption.")]
    resolution: Annotated[ChannelResolution, Xml("Resolution", "Resolution of the channel.")]
    exclude_from_settlement: Annotated[
        Flag | None, Xml("ExcludeFromSettlement", "True when the channel is not settled.")
    ] = None


class MeasurementDefinitionUpdate(Composite):
    """A channel of the metering point, as the grid access provider sends it (since EMIF 2.4)."""

    source: ClassVar[str] = "XSD 2.4"

    product: Annotated[
        ProductCharacteristics, Xml("ProductIncludedProductCharacteristics", "What the channel measures.")
    ]
    direction: Annotated[Direction, Xml("Direction", "In for production, Out for consumption.")]
    resolution: Annotated[ChannelResolution, Xml("Resolution", "Resolution of the channel.")]
