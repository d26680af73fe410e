"""SOAP 1.1 envelopes, document/literal: the request element of an operation around a message.

Source: EMIF 2.4.3 WSDL. A CollectedData that is sent stands in the namespace of its service, every other message in
its own.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree

from ediel.messages import Message
from ediel.messages.services import SERVICES, Operation, Service
from ediel.transport.errors import NoOperation
from ediel.xml import Document, read, write

__all__ = ["SERVICE_OF", "SOAP", "Envelope", "wrap"]

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
"""Namespace of SOAP 1.1."""
SERVICE_OF: Final = {"Acknowledgement": "MeteringValues"}
"""The service of a message that several services accept. Messages about polls are routed otherwise."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope that can be signed and sent.

    Attributes:
        element: root of the envelope.
        service: name of the service, the last part of its address.
        operation: name of the operation, which is its ``SOAPAction`` too.
    """

    element: etree._Element
    service: str
    operation: str

    def to_bytes(self) -> bytes:
        """The envelope as it stands, without a signature."""
        return etree.tostring(self.element, xml_declaration=True, encoding="UTF-8")


def wrap(message: Message | Document, service: str | None = None) -> Envelope:
    """An envelope around a message, which is checked against its schema.

    Args:
        message: what is to be sent; or a document that holds one message and nothing around it.
        service: name of the service, for the messages that several take: ``PollForData`` and ``Acknowledgement``.

    Raises:
        NoOperation: no service accepts the message, or several do and none was named.
        InvalidMessage: the message is not valid.
    """
    document = message if isinstance(message, Document) else Document.read(write(message, validate=False))
    if document.located.kind != "message" or not document.conforms:
        read(document)  # says what is wrong with it
        raise NoOperation(f"expected a message and nothing around it, found {document.located.kind}")
    root = deepcopy(document.located.messages[0])
    target, operation = _operation(etree.QName(root).localname, service)
    if operation.local:
        root.tag = f"{{{target.namespace}}}{operation.message}"
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    request = etree.SubElement(body, f"{{{target.namespace}}}{operation.request}", nsmap={"service": target.namespace})
    request.append(root)
    return Envelope(envelope, target.name, operation.name)


def _operation(name: str, service: str | None) -> tuple[Service, Operation]:
    all_of_them = [(item, operation) for item in SERVICES for operation in item.operations if operation.message == name]
    suitable = [pair for pair in all_of_them if service in {None, pair[0].name}]
    if len(suitable) == 1:
        return suitable[0]
    where = ", ".join(f"{operation.name} of {item.name}" for item, operation in all_of_them)
    if not all_of_them:
        raise NoOperation(f"no service accepts {name}: it is sent by the hub")
    if not suitable:
        raise NoOperation(f"{service} does not take {name}; there are: {where}")
    raise NoOperation(f"several services accept {name}: {where}. Name one of them")
