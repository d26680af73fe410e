"""Queries and their answers: BRS-NO-303, 315, 324 (data from Elhub), 601, 602 (questions), 611 (verification)."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import BusinessType, EndUserScheme, Purpose, QueryType
from ediel.messages._base import AgencyOf, Composite, Xml
from ediel.messages._wire import (
    EndUserId,
    GridAreaId,
    MeteringPointId,
    Moment,
    Moment9,
    PartyId,
    Text10,
    Text18,
    Text40,
    Text150,
    Text300,
    UuidText,
)
from ediel.messages.header import Message
from ediel.messages.metering_values import Period
from ediel.messages.points import (
    AnnualVolume,
    CadastralReference,
    IndustryAndConsumption,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
)

__all__ = [
    "AddressSearch",
    "EndUserReference",
    "RequestDataFromElhub",
    "RequestDataFromElhubEvent",
    "RequestToElhub",
    "RequestToElhubEvent",
    "RequestToGridAccessProvider",
    "RequestToGridAccessProviderEvent",
    "RequestUpfrontMeteringPointCharacteristics",
    "RequestUpfrontMeteringPointCharacteristicsEvent",
    "ResponseFromElhub",
    "ResponseFromElhubEvent",
    "ResponseFromGridAccessProvider",
    "ResponseFromGridAccessProviderEvent",
    "ResponseUpfrontMeteringPointCharacteristics",
    "ResponseUpfrontMeteringPointCharacteristicsEvent",
]

_POINT = "The metering point."
_QUERY = "Identification of the query that this answers."
_CATEGORY = "Category of the question; free text in the schema."
_SUBJECT = "Subject line."
_PUBLIC = "Question that others with access to the point may see."
_PRIVATE = "Question for the recipient only."


class RequestDataFromElhubEvent(Composite):
    """What is asked for."""

    source: ClassVar[str] = "XSD; BIM 5; VAL-324"

    query_type: Annotated[QueryType, Xml("QueryTypeCode", "Master data, metering values or settlement basis.")]
    snapshot: Annotated[
        Moment9 | None, Xml("SnapShotOccurrence", "Moment for which master data shall be true (MDCU, MDMP).")
    ] = None
    business_type: Annotated[BusinessType | None, Xml("BusinessType", "Which settlement series (STLM).")] = None
    period: Annotated[Period | None, Xml("Period", "Period of the values (MVRV, MVTS, MVVT, STLM).")] = None
    metering_point: Annotated[MeteringPointId | None, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)] = (
        None
    )
    grid_area: Annotated[
        GridAreaId | None, Xml("MeteringGridAreaDomainLocation/Identification", "Metering grid area (STLM).")
    ] = None


class RequestDataFromElhub(Message):
    """Asks Elhub for master data (BRS-NO-303), metering values (315) or settlement basis (324)."""

    family: ClassVar[str] = "query"
    message: Literal["RequestDataFromElhub"] = "RequestDataFromElhub"
    payload: Annotated[RequestDataFromElhubEvent, Xml("PayloadMPEvent", "What is asked for.")]


class EndUserReference(Composite):
    """The end user to search for."""

    source: ClassVar[str] = "XSD; VAL-611"

    identification: Annotated[
        EndUserId,
        Xml("Identification", "National identity number, D-number or organisation number.", personal=True),
    ]
    identification_scheme: Annotated[
        EndUserScheme,
        AgencyOf("identification", "Register of the identification: Z01 for a person, 82 for an organisation."),
    ]


class AddressSearch(Composite):
    """The address to search for; ``*`` stands for the rest, by the rules of BRS-NO-611."""

    source: ClassVar[str] = "XSD; VAL-611"

    street_name: Annotated[
        Text150 | None, Xml("StreetName", "Street: * alone, or at least 5 characters and *.", personal=True)
    ] = None
    building_number: Annotated[
        Text10 | None, Xml("BuildingNumber", "House number: * alone, or at least 1 character and *.", personal=True)
    ] = None
    postcode: Annotated[
        Text10 | None, Xml("Postcode", "Postcode: * alone, or at least 2 characters and *.", personal=True)
    ] = None


class RequestUpfrontMeteringPointCharacteristicsEvent(Composite):
    """What is known of the metering point."""

    source: ClassVar[str] = "XSD; VAL-611"

    metering_point: Annotated[MeteringPointId | None, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)] = (
        None
    )
    customer: Annotated[EndUserReference | None, Xml("ConsumerInvolvedCustomerParty", "The end user.")] = None
    purpose: Annotated[Purpose | None, Xml("Purpose", "Why the point is looked up (EI-1751).", "XSD 2.4.2")] = None
    address: Annotated[AddressSearch | None, Xml("MPAddressMeteringPointAddress", "Address of the metering point.")] = (
        None
    )
    meter: Annotated[
        Text18 | None, Xml("MeteringInstallationMeterFacility/MeterIdentification", "Number of the meter.")
    ] = None


class RequestUpfrontMeteringPointCharacteristics(Message):
    """Verifies or finds a metering point; answered in the same call (BRS-NO-611)."""

    family: ClassVar[str] = "query"
    message: Literal["RequestUpfrontMeteringPointCharacteristics"] = "RequestUpfrontMeteringPointCharacteristics"
    payload: Annotated[
        RequestUpfrontMeteringPointCharacteristicsEvent, Xml("PayloadMPEvent", "What is known of the point.")
    ]


class ResponseUpfrontMeteringPointCharacteristicsEvent(Composite):
    """A metering point that fits."""

    source: ClassVar[str] = "XSD; BRS-NO-611"

    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _QUERY)]
    snapshot: Annotated[Moment9, Xml("SnapShotOccurrence", "Moment for which the data is true.")]
    last_meter_reading_date: Annotated[
        Moment | None, Xml("LastMeterReadingDate", "Day of the latest reading; profiled points only.")
    ] = None
    delivery_obligation_date: Annotated[
        Moment | None, Xml("DeliveryObligationDate", "Since when the supplier of last resort supplies the point.")
    ] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    grid_access_provider: Annotated[
        PartyId, Xml("GridAccessProviderInvolvedEnergyParty/Identification", "The grid access provider.")
    ]
    address: Annotated[
        MeteringPointAddress | None, Xml("MPAddressMeteringPointAddress", "Address of the metering point.")
    ] = None
    cadastral: Annotated[CadastralReference | None, Xml("MPAddressCadastral", "Property by the land register.")] = None
    grid_area: Annotated[
        GridAreaId | None, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")
    ] = None
    characteristics: Annotated[
        MeteringPointCharacteristics, Xml("MpDetailMeteringPointCharacteristic", "What the metering point is.")
    ]
    meter: Annotated[MeterFacility | None, Xml("MeteringInstallationMeterFacility", "The meter.")] = None
    annual_volume: Annotated[AnnualVolume | None, Xml("AnnualPeriodEstimatedMetrics", "Expected annual volume.")] = None
    taxation: Annotated[IndustryAndConsumption | None, Xml("MPTaxationProfile", "Consumption code and industry.")] = (
        None
    )


class ResponseUpfrontMeteringPointCharacteristics(Message):
    """The metering points that fit; given in the same call (BRS-NO-611)."""

    family: ClassVar[str] = "query"
    message: Literal["ResponseUpfrontMeteringPointCharacteristics"] = "ResponseUpfrontMeteringPointCharacteristics"
    payloads: Annotated[
        tuple[ResponseUpfrontMeteringPointCharacteristicsEvent, ...],
        Xml("PayloadMasterDataMPEvent", "One metering point each.", most=99),
    ]


class RequestToGridAccessProviderEvent(Composite):
    """A question."""

    source: ClassVar[str] = "XSD; VAL-601"

    category: Annotated[Text18, Xml("QueryCategory", _CATEGORY)]
    subject: Annotated[Text40, Xml("Subject", _SUBJECT, personal=True)]
    request_public: Annotated[Text300 | None, Xml("RequestPublic", _PUBLIC, personal=True)] = None
    request_private: Annotated[Text300 | None, Xml("RequestPrivate", _PRIVATE, personal=True)] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class RequestToGridAccessProvider(Message):
    """Asks the grid access provider something, through Elhub (BRS-NO-601)."""

    family: ClassVar[str] = "query"
    message: Literal["RequestToGridAccessProvider"] = "RequestToGridAccessProvider"
    payload: Annotated[RequestToGridAccessProviderEvent, Xml("PayloadMPEvent", "The question.")]


class ResponseFromGridAccessProviderEvent(Composite):
    """An answer."""

    source: ClassVar[str] = "XSD; VAL-601"

    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _QUERY)]
    category: Annotated[Text18 | None, Xml("QueryCategory", _CATEGORY)] = None
    subject: Annotated[Text40 | None, Xml("Subject", _SUBJECT, personal=True)] = None
    request_public: Annotated[Text300 | None, Xml("RequestPublic", _PUBLIC, personal=True)] = None
    request_private: Annotated[Text300 | None, Xml("RequestPrivate", _PRIVATE, personal=True)] = None
    feedback_public: Annotated[
        Text300 | None, Xml("FeedbackPublic", "Answer that others with access to the point may see.", personal=True)
    ] = None
    feedback_private: Annotated[Text300 | None, Xml("FeedbackPrivate", "Answer for the asker only.", personal=True)] = (
        None
    )
    metering_point: Annotated[MeteringPointId | None, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)] = (
        None
    )


class ResponseFromGridAccessProvider(Message):
    """The grid access provider answers (BRS-NO-601)."""

    family: ClassVar[str] = "query"
    message: Literal["ResponseFromGridAccessProvider"] = "ResponseFromGridAccessProvider"
    payload: Annotated[ResponseFromGridAccessProviderEvent, Xml("PayloadResponseEvent", "The answer.")]


class RequestToElhubEvent(Composite):
    """A question."""

    source: ClassVar[str] = "XSD"

    category: Annotated[Text18, Xml("QueryCategory", _CATEGORY)]
    subject: Annotated[Text40, Xml("Subject", _SUBJECT, personal=True)]
    request: Annotated[Text300, Xml("Request", "The question.", personal=True)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class RequestToElhub(Message):
    """Asks Elhub something (BRS-NO-602)."""

    family: ClassVar[str] = "query"
    message: Literal["RequestToElhub"] = "RequestToElhub"
    payload: Annotated[RequestToElhubEvent, Xml("PayloadMPEvent", "The question.")]


class ResponseFromElhubEvent(Composite):
    """An answer."""

    source: ClassVar[str] = "XSD"

    original_reference: Annotated[UuidText, Xml("OriginalBusinessDocumentReference", _QUERY)]
    category: Annotated[Text18, Xml("QueryCategory", _CATEGORY)]
    subject: Annotated[Text40, Xml("Subject", _SUBJECT, personal=True)]
    request: Annotated[Text300, Xml("Request", "The question.", personal=True)]
    feedback: Annotated[Text300, Xml("Feedback", "The answer.", personal=True)]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class ResponseFromElhub(Message):
    """Elhub answers (BRS-NO-602)."""

    family: ClassVar[str] = "query"
    message: Literal["ResponseFromElhub"] = "ResponseFromElhub"
    payload: Annotated[ResponseFromElhubEvent, Xml("PayloadResponseEvent", "The answer.")]
