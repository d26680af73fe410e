"""Customers, their addresses, and how to reach them. Everything here is about people, and is masked when shown."""

from typing import Annotated, ClassVar

from ediel.codes import AddressType, CommunicationChannel, Country, EndUserScheme
from ediel.messages._base import AgencyOf, Composite, Xml
from ediel.messages._wire import EndUserId, Flag, Text10, Text40, Text50, Text80, Text100, Text150

__all__ = [
    "Communication",
    "Customer",
    "CustomerAddress",
    "EndOfSupplyCustomer",
    "NotifiedCustomer",
    "StartOfSupplyCustomer",
]

_ID = "National identity number or D-number of a person (Z01), or organisation number (82)."
_NAME = "Name of an organisation; a person has none here."
_GIVEN = "Given name of a person."
_FAMILY = "Family name of a person."
_STORAGE = "True keeps metering values for 10 years instead of 3; only the end user can switch it off."
_REACH = "How to reach the customer."
_SCHEME = "Register of the identification: Z01 for a person, 82 for an organisation."


class Communication(Composite):
    """One way to reach the customer."""

    source: ClassVar[str] = "XSD; end-user guideline"

    channel: Annotated[CommunicationChannel, Xml("CommunicationChannel", "E-mail, mobile, phone or telefax.")]
    complete_number: Annotated[
        Text100, Xml("CompleteNumber", "The number or address; 8 digits for a Norwegian phone.", personal=True)
    ]
    description: Annotated[Text100 | None, Xml("Description", "What it is used for.", personal=True)] = None


class _Identified(Composite):
    """Who the end user is."""

    identification: Annotated[EndUserId, Xml("Identification", _ID, personal=True)]
    identification_scheme: Annotated[EndUserScheme, AgencyOf("identification", _SCHEME)]
    name: Annotated[Text80 | None, Xml("Name", _NAME, personal=True)] = None
    given_name: Annotated[Text80 | None, Xml("GivenName", _GIVEN, personal=True)] = None
    family_name: Annotated[Text40 | None, Xml("FamilyName", _FAMILY, personal=True)] = None


class StartOfSupplyCustomer(_Identified):
    """The end user of a supply that starts."""

    source: ClassVar[str] = "XSD; VAL-301; end-user guideline"

    extended_storage: Annotated[Flag, Xml("ExtendedStorageMeteringValues", _STORAGE)]
    nace_code: Annotated[
        Text10 | None, Xml("NACE_DivisionCode", "Industry of the new end user, collected by the supplier at move-in.")
    ] = None
    communication: Annotated[tuple[Communication, ...], Xml("Communication", _REACH, most=99)] = ()


class EndOfSupplyCustomer(_Identified):
    """The end user of a supply that ends."""

    source: ClassVar[str] = "XSD; end-user guideline"

    communication: Annotated[tuple[Communication, ...], Xml("Communication", _REACH, most=99)] = ()


class Customer(_Identified):
    """The end user whose master data the supplier updates (BRS-NO-301)."""

    source: ClassVar[str] = "XSD; VAL-301; end-user guideline"

    extended_storage: Annotated[Flag, Xml("ExtendedStorageMeteringValues", _STORAGE)]
    communication: Annotated[tuple[Communication, ...], Xml("Communication", _REACH, most=99)] = ()


class NotifiedCustomer(Composite):
    """The end user in a notification; the identification may be left out."""

    source: ClassVar[str] = "XSD; end-user guideline"

    identification: Annotated[EndUserId | None, Xml("Identification", _ID, personal=True)] = None
    identification_scheme: Annotated[EndUserScheme | None, AgencyOf("identification", _SCHEME)] = None
    name: Annotated[Text80 | None, Xml("Name", _NAME, personal=True)] = None
    given_name: Annotated[Text80 | None, Xml("GivenName", _GIVEN, personal=True)] = None
    family_name: Annotated[Text40 | None, Xml("FamilyName", _FAMILY, personal=True)] = None
    extended_storage: Annotated[Flag, Xml("ExtendedStorageMeteringValues", _STORAGE)]
    communication: Annotated[tuple[Communication, ...], Xml("Communication", _REACH, most=99)] = ()


class CustomerAddress(Composite):
    """A postal or an invoice address of the customer."""

    source: ClassVar[str] = "XSD; end-user guideline"

    address_type: Annotated[AddressType, Xml("AddressType", "Postal or invoice address.")]
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
    post_office_box: Annotated[Text40 | None, Xml("PostOfficeBox", "Post office box.", personal=True)] = None
    care_of: Annotated[Text80 | None, Xml("CareOf", "In whose care mail is sent.", personal=True)] = None
    attention_of: Annotated[Text80 | None, Xml("AttentionOf", "For whose attention mail is sent.", personal=True)] = (
        None
    )
    on_behalf: Annotated[Text80 | None, Xml("OnBehalf", "On whose behalf mail is received.", personal=True)] = None
