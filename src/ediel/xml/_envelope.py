"""Finds the messages in a document: a bare message, a service's wrapper, a SOAP envelope, a poll response, a fault."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from ediel import messages
from ediel.messages.services import FAULT_NAMESPACE, POLL_CHANNELS, SERVICES
from ediel.report import Finding

__all__ = ["Located", "locate", "message_name"]

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(slots=True)
class Located:
    """Where the messages are.

    Attributes:
        kind: ``message``, or the local name of the wrapper; ``fault`` for a SOAP fault; empty when unknown.
        container: the element to validate, with the namespace of its schema.
        messages: message elements, in document order.
        enveloped: there is a SOAP envelope around it.
        findings: what is wrong with the surroundings.
    """

    kind: str
    container: etree._Element | None = None
    namespace: str = ""
    messages: tuple[etree._Element, ...] = ()
    enveloped: bool = False
    findings: tuple[Finding, ...] = ()


_FAULT: Final = f"{{{SOAP}}}Fault"
_SERVICE_BY_NAMESPACE: Final = {service.namespace: service for service in SERVICES}
_NAMESPACE_PARTS: Final = {"market", "masterdata", "metering", "query", "thirdpartyaccess"}


@lru_cache(maxsize=256)
def message_name(tag: str) -> str | None:
    """Name of the message that an element is, by its expanded name; no model is loaded for that."""
    uri, _, name = tag[1:].rpartition("}")
    if name not in messages.MESSAGES or not uri.startswith("urn:no:elhub:emif:"):
        return None
    parts = uri.split(":")
    middle = parts[4:-2]
    if parts[-2:] != [name, "v2"] or len(middle) > 1 or not set(middle) <= _NAMESPACE_PARTS:
        return None
    return name if uri == messages.model(name).namespace() else None


def locate(root: etree._Element) -> Located:
    """Find the messages below a root element."""
    tag = str(root.tag)
    if message_name(tag) is not None:
        return Located("message", root, tag[1 : tag.index("}")], (root,))
    qname = etree.QName(root)
    if qname.namespace == SOAP and qname.localname == "Envelope":
        return _in_envelope(root)
    if tag == _FAULT:  # what is left of an envelope after its signature was verified
        return _in_fault(root, enveloped=False)
    if qname.namespace == SOAP_12 and qname.localname == "Envelope":
        return _unknown(root, "The envelope is SOAP 1.2; EMIF uses SOAP 1.1.", expected=f"Envelope in {SOAP}")
    return _in_wrapper(root)


def _namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def _in_fault(fault: etree._Element, *, enveloped: bool) -> Located:
    detail = fault.find(f"detail/{{{FAULT_NAMESPACE}}}ElhubSOAPFault")
    return Located("fault", detail, FAULT_NAMESPACE, enveloped=enveloped)


def _in_envelope(envelope: etree._Element) -> Located:
    bodies = [child for child in envelope if child.tag == f"{{{SOAP}}}Body"]
    if len(bodies) != 1:
        return _unknown(
            envelope, f"The envelope has {len(bodies)} Body elements.", expected="exactly one Body", enveloped=True
        )
    inside = list(bodies[0])
    if not inside and (bodies[0].text or "").lstrip().startswith("<"):
        return _unknown(
            bodies[0],
            "The Body holds text that looks like XML: the message was put in as text, with its marks escaped. "
            "Put it in as an element.",
            expected="an element",
            enveloped=True,
        )
    if not inside:
        return Located("empty answer", enveloped=True)
    if len(inside) > 1:
        return _unknown(
            bodies[0], f"The Body holds {len(inside)} elements.", expected="exactly one element", enveloped=True
        )
    first = inside[0]
    if first.tag == _FAULT:
        return _in_fault(first, enveloped=True)
    name = message_name(str(first.tag))
    if name is not None:
        finding = Finding(
            "READ/wrapper",
            f"{name} stands in the Body without the request element of an operation around it.",
            path="/Envelope/Body",
            line=first.sourceline,
            found=name,
            expected=_wrappers_of(name),
            code="XSD",
            standing="inferred",
            source="EMIF 2.4.3 WSDL",
        )
        return Located("message", first, _namespace(first), (first,), enveloped=True, findings=(finding,))
    located = _in_wrapper(first)
    return Located(
        located.kind, located.container, located.namespace, located.messages, enveloped=True, findings=located.findings
    )


def _wrappers_of(name: str) -> str:
    found = [
        f"{operation.request} of {service.name}"
        for service in SERVICES
        for operation in service.operations
        if operation.message == name
    ]
    found += [f"PollForDataResponse of {channel}" for channel, names in POLL_CHANNELS.items() if name in names]
    return " or ".join(found)


def _in_wrapper(element: etree._Element) -> Located:
    service = _SERVICE_BY_NAMESPACE.get(_namespace(element))
    name = etree.QName(element).localname
    if service is None:
        if element.tag == f"{{{FAULT_NAMESPACE}}}ElhubSOAPFault":
            return Located("fault", element, FAULT_NAMESPACE)
        return _unknown(
            element, _unknown_text(element), expected="an EMIF message, a wrapper of a service, or an envelope"
        )
    for operation in service.operations:
        if name == operation.request:
            own = f"{{{service.namespace}}}{operation.message}" if operation.local else None
            found = [
                child for child in element if child.tag == own or (not own and message_name(str(child.tag)) is not None)
            ]
            return Located(name, element, service.namespace, tuple(found))
        if operation.answers and name == f"{operation.name}Response":
            found = [child for child in element if message_name(str(child.tag)) is not None]
            return Located(name, element, service.namespace, tuple(found))
    if service.name in POLL_CHANNELS and name == "PollForDataResponse":
        if element.get(_XSI_NIL, "").strip() in {"true", "1"}:
            return Located("empty poll", element, service.namespace)
        data = element.find(f"{{{service.namespace}}}ResultDataSet")
        # every element of a result set counts, known or not: something must become of each
        return Located(name, element, service.namespace, () if data is None else tuple(data))
    return _unknown(
        element,
        f"{name} is no element of the service {service.name}.",
        expected=", ".join(operation.request for operation in service.operations),
    )


def _unknown_text(element: etree._Element) -> str:
    name = etree.QName(element).localname
    uri = _namespace(element)
    if uri.startswith("urn:no:elhub:emif:") and not uri.endswith(":v2"):
        return f"{name} is of another version of EMIF; this package reads namespaces that end in :v2."
    if name in messages.MESSAGES:
        return f"{name} is in the wrong namespace; expected {messages.model(name).namespace()}."
    return f"The root element {name} is no EMIF message."


def _unknown(element: etree._Element, text: str, *, expected: str, enveloped: bool = False) -> Located:
    from ediel.xml._names import masked_names, names_in  # noqa: PLC0415 - only for what is no message

    name, tag = etree.QName(element).localname, str(element.tag)[:200]
    finding = Finding(
        "READ/root",
        masked_names(text, (name,)),
        path=f"/{masked_names(name[:100], (name[:100],))}",
        line=element.sourceline,
        found=masked_names(tag, names_in(tag)),
        expected=expected,
        code="XSD",
        standing="inferred",
        source="EMIF 2.4.3 WSDL",
    )
    return Located("", enveloped=enveloped, findings=(finding,))
