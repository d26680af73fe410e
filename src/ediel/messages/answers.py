"""Acknowledgement, and the reasons that it and the Reject messages give."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import Agency, ResponseReason, StatusType
from ediel.messages._base import AgencyOf, Composite, Content, Xml, natural_agency
from ediel.messages._wire import UuidText
from ediel.messages.header import Message

__all__ = ["Acknowledgement", "AcknowledgementEvent", "Reason"]


class Reason(Composite):
    """One reason for a rejection, with the issuer of its code."""

    source: ClassVar[str] = "XSD; BIM error codes"

    code: Annotated[ResponseReason, Content("Code of the reason.")]
    agency: Annotated[Agency, AgencyOf("code")] = natural_agency("code")


class AcknowledgementEvent(Composite):
    """What is acknowledged, and how it went."""

    source: ClassVar[str] = "XSD; BIM acknowledgement"

    status: Annotated[StatusType, Xml("StatusType", "Accepted or rejected.")]
    reasons: Annotated[
        tuple[Reason, ...],
        Xml("ResponseReasonType", "Why it was rejected; none when it was accepted.", most=999),
    ] = ()
    original_reference: Annotated[
        UuidText,
        Xml(
            "OriginalBusinessDocumentReference",
            "Identification of the message that is acknowledged, or of the polled result set.",
        ),
    ]
    original_payload_reference: Annotated[
        UuidText | None,
        Xml("OriginalPayloadReference", "The one payload of CollectedData that the answer is about."),
    ] = None


class Acknowledgement(Message):
    """Answer to a message that has no Confirm or Reject of its own; also confirms a poll."""

    family: ClassVar[str] = ""
    message: Literal["Acknowledgement"] = "Acknowledgement"
    payload: Annotated[AcknowledgementEvent, Xml("PayloadResponseEvent", "What is acknowledged.")]
