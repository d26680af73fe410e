"""What the hub says in a call: nothing, a result set, an answer, a fault; signed.

Texts of faults are those of the SoapUI project of EMIF 2.3 where it has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from ediel.codes import FaultGroup
from ediel.messages.services import FAULT_NAMESPACE, Operation, Service
from ediel.transport import Algorithm, Envelope, Identity, sign
from ediel.transport._signer import Refer
from ediel.transport.envelope import SOAP
from ediel.xml.parser import parse

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_TEXTS: Final[dict[FaultGroup, tuple[str, str]]] = {
    FaultGroup.XSD: ("XSD validation error", "XSD validation error"),
    FaultGroup.SECURITY: ("Security error", "Authorization failed"),
    FaultGroup.SYSTEM: ("System error", "System error"),
    FaultGroup.SIZE: ("Message too big", "Message too big"),
    FaultGroup.OTHER: ("Invalid Encoding", "Invalid encoding"),
    FaultGroup.COMPRESSION: ("Compression error", "Compression error"),
    FaultGroup.UUID: ("UUID error", "UUID error"),
    FaultGroup.DATE: ("Date error", "Date error"),
}
"""``faultstring`` and ``Description``; the last three are in no sample."""
_LONGEST: Final = 1000


class Refusal(Exception):
    """A call is refused at the endpoint.

    Attributes:
        group: of the fault.
        text: why, for the log and for ``FaultText``; about nobody.
        description: in short, where the group's own words do not fit.
    """

    def __init__(self, group: FaultGroup, text: str, description: str | None = None) -> None:
        super().__init__(text)
        self.group = group
        self.text = text
        self.description = description


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP.

    Attributes:
        status: HTTP status.
        body: the bytes.
        headers: besides the content type.
        content_type: content type.
        delay: seconds to wait before it.
        silent: it is never given.
        drip: bytes that go out in a second; ``None`` for all at once.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/xml; charset=utf-8"
    delay: float = 0
    silent: bool = False
    drip: int | None = None


def envelope(inside: etree._Element | None = None) -> etree._Element:
    """A SOAP envelope around an element, or an empty one."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    if inside is not None:
        body.append(inside)
    return root


def signed(
    root: etree._Element, identity: Identity | None, algorithm: Algorithm, now: datetime, refer: Refer = "token"
) -> bytes:
    """The bytes of an envelope; without a signature when there is no identity."""
    if identity is None:
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return sign(Envelope(root, "", ""), identity, now, algorithm=algorithm, refer=refer)


def result(service: Service, identification: str | None, messages: tuple[bytes, ...]) -> etree._Element:
    """The answer to a poll; nil when nothing waits."""
    space = service.namespace
    root = etree.Element(f"{{{space}}}PollForDataResponse", nsmap={"poll": space, "xsi": XSI})
    if identification is None:
        root.set(f"{{{XSI}}}nil", "true")
        return root
    etree.SubElement(root, f"{{{space}}}Identification").text = identification
    data = etree.SubElement(root, f"{{{space}}}ResultDataSet")
    for message in messages:
        data.append(parse(message))
    return root


def answer(service: Service, operation: Operation, message: bytes) -> etree._Element:
    """The answer that is given in the call."""
    root = etree.Element(f"{{{service.namespace}}}{operation.name}Response", nsmap={"service": service.namespace})
    root.append(parse(message))
    return root


def standard_fault(code: str, text: str) -> etree._Element:
    """A fault of SOAP 1.1 itself; what is about headers has no detail (4.4)."""
    root = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soapenv": SOAP})
    etree.SubElement(root, "faultcode").text = f"soapenv:{code}"
    etree.SubElement(root, "faultstring").text = text
    return root


def fault(refusal: Refusal, now: datetime) -> etree._Element:
    """A SOAP fault."""
    group = refusal.group
    string, description = _TEXTS[group]
    root = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soapenv": SOAP})
    etree.SubElement(root, "faultcode").text = f"soapenv:{'Server' if group is FaultGroup.SYSTEM else 'Client'}"
    etree.SubElement(root, "faultstring").text = string
    space = FAULT_NAMESPACE
    detail = etree.SubElement(
        etree.SubElement(root, "detail"), f"{{{space}}}ElhubSOAPFault", nsmap={"common": space}
    )  # fmt: skip
    etree.SubElement(detail, f"{{{space}}}CodeGroup").text = group.value
    etree.SubElement(detail, f"{{{space}}}Description").text = (refusal.description or description)[:100]
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    etree.SubElement(detail, f"{{{space}}}ExceptionDateTime").text = moment
    if refusal.text:
        etree.SubElement(detail, f"{{{space}}}FaultText").text = refusal.text[:_LONGEST]
    return root
