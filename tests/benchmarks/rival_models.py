"""A start of supply for pydantic-xml, as its users would write it."""

from pydantic_xml import BaseXmlModel, attr, element

ns = {
    "m": "urn:no:elhub:emif:market:RequestStartOfSupply:v2",
    "e": "urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v2",
}


class Coded(BaseXmlModel, nsmap=ns):
    text: str
    agency: str = attr(name="listAgencyIdentifier")


class Schemed(BaseXmlModel, nsmap=ns):
    text: str
    agency: str = attr(name="schemeAgencyIdentifier")


class Party(BaseXmlModel, nsmap=ns):
    identification: Schemed = element("Identification", ns="e")


class Header(BaseXmlModel, nsmap=ns):
    identification: str = element("Identification", ns="e")
    document_type: Coded = element("DocumentType", ns="e")
    creation: str = element("Creation", ns="e")
    ask: bool | None = element("RequestPositiveAcknowledgement", ns="e", default=None)
    physical: Party = element("PhysicalSenderEnergyParty", ns="e")
    juridical: Party = element("JuridicalSenderEnergyParty", ns="e")
    recipient: Party = element("JuridicalRecipientEnergyParty", ns="e")


class Process(BaseXmlModel, nsmap=ns):
    process: Coded = element("EnergyBusinessProcess", ns="e")
    role: Coded = element("EnergyBusinessProcessRole", ns="e")
    industry: str = element("EnergyIndustryClassification", ns="e")


class Communication(BaseXmlModel, nsmap=ns):
    channel: str = element("CommunicationChannel", ns="e")
    number: str = element("CompleteNumber", ns="e")
    description: str | None = element("Description", ns="e", default=None)


class Customer(BaseXmlModel, nsmap=ns):
    identification: Schemed = element("Identification", ns="e")
    name: str | None = element("Name", ns="e", default=None)
    given: str | None = element("GivenName", ns="e", default=None)
    family: str | None = element("FamilyName", ns="e", default=None)
    storage: bool = element("ExtendedStorageMeteringValues", ns="e")
    nace: str | None = element("NACE_DivisionCode", ns="e", default=None)
    communication: list[Communication] = element("Communication", ns="e", default=[])


class Address(BaseXmlModel, nsmap=ns):
    kind: str = element("AddressType", ns="e")
    street: str | None = element("StreetName", ns="e", default=None)
    number: str | None = element("BuildingNumber", ns="e", default=None)
    postcode: str = element("Postcode", ns="e")
    city: str = element("CityName", ns="e")
    country: Coded = element("CountryCode", ns="e")


class Event(BaseXmlModel, nsmap=ns):
    start: str = element("StartOfOccurrence", ns="e")
    original: str | None = element("OriginalBusinessDocumentReference", ns="e", default=None)
    point: Party = element("MeteringPointUsedDomainLocation", ns="e")
    supplier: Party | None = element("BalanceSupplierInvolvedEnergyParty", ns="e", default=None)
    customer: Customer = element("ConsumerInvolvedCustomerParty", ns="e")
    addresses: list[Address] = element("ConsumerInvolvedCustomerAddress", ns="e")


class Message(BaseXmlModel, tag="RequestStartOfSupply", ns="m", nsmap=ns):
    header: Header = element("Header", ns="m")
    process: Process = element("ProcessEnergyContext", ns="m")
    payload: Event = element("PayloadMPEvent", ns="m")
