"""What every message begins with: header and process context."""

from typing import Annotated, ClassVar

from ediel.codes import Agency, BusinessProcess, DocumentType, IndustryClassification, Role
from ediel.messages._base import AgencyOf, Composite, Xml, natural_agency
from ediel.messages._wire import Flag, Moment9, PartyId, UuidText

__all__ = ["Header", "Message", "ProcessContext"]


class Header(Composite):
    """Who sends what to whom, and when it was made."""

    source: ClassVar[str] = "XSD; BIM general"

    identification: Annotated[UuidText, Xml("Identification", "Identification of this message, unique for ever.")]
    document_type: Annotated[DocumentType, Xml("DocumentType", "What the message is.")]
    document_type_agency: Annotated[Agency, AgencyOf("document_type")] = natural_agency("document_type")
    creation: Annotated[Moment9, Xml("Creation", "When the sender made the message.")]
    request_positive_acknowledgement: Annotated[
        Flag | None,
        Xml(
            "RequestPositiveAcknowledgement",
            "True asks the hub to answer even when all is well; the answer goes to the physical sender.",
        ),
    ] = None
    physical_sender: Annotated[
        PartyId,
        Xml(
            "PhysicalSenderEnergyParty/Identification",
            "Who sends the message technically; must match the certificate that signs it.",
        ),
    ]
    juridical_sender: Annotated[
        PartyId, Xml("JuridicalSenderEnergyParty/Identification", "The market party that answers for the message.")
    ]
    juridical_recipient: Annotated[
        PartyId,
        Xml("JuridicalRecipientEnergyParty/Identification", "The market party, or Elhub, that the message is for."),
    ]


class ProcessContext(Composite):
    """Which process the message belongs to, and the market party's role in it."""

    source: ClassVar[str] = "XSD; VAL-324"

    business_process: Annotated[BusinessProcess, Xml("EnergyBusinessProcess", "The process, by its BRS number.")]
    role: Annotated[
        Role,
        Xml(
            "EnergyBusinessProcessRole",
            "Role of the market party: of the sender on the way in, of the recipient on the way out.",
        ),
    ]
    role_agency: Annotated[Agency, AgencyOf("role")] = natural_agency("role")
    industry_classification: Annotated[
        IndustryClassification, Xml("EnergyIndustryClassification", "Always 23, electricity.")
    ] = IndustryClassification.ELECTRICITY


class Message(Composite):
    """Base of the 28 messages: header, process, and one or more payloads."""

    family: ClassVar[str]
    """Part of the namespace between ``urn:no:elhub:emif:`` and the name; empty for two messages."""

    message: str
    header: Annotated[Header, Xml("Header", "Who sends what to whom, and when.")]
    process: Annotated[ProcessContext, Xml("ProcessEnergyContext", "The process and the role in it.")]

    @classmethod
    def name(cls) -> str:
        """Name of the message, as it stands on the wire."""
        return cls.__name__

    @classmethod
    def namespace(cls) -> str:
        """Namespace of the message element and its three top-level children."""
        middle = f"{cls.family}:" if cls.family else ""
        return f"urn:no:elhub:emif:{middle}{cls.__name__}:v2"
