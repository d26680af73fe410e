"""The WSDL of each service, made from the same rows that the services are made of; WSDL 1.1, document/literal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from ediel.messages.services import FAULT_NAMESPACE, SERVICES, Service
from ediel.transport import Algorithm
from ediel.xml.catalogue import DEFAULT_RELEASE, packaged
from ediel.xml.parser import parse

_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_HTTP: Final = "http://schemas.xmlsoap.org/soap/http"
_WSP: Final = "http://schemas.xmlsoap.org/ws/2004/09/policy"
_SP: Final = "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_PLACE: Final = b"<!-- schemas -->"
_BINDING_POLICY: Final = "signed-by-certificates"
_PARTS_POLICY: Final = "signed-body"
_NAMES: Final = {
    "MarketProcesses": "MarketProcesses",
    "MeteringValues": "MeteringValues",
    "Query": "Query",
    "PollMarketProcesses": "MarketProcessesPolling",
    "PollMeteringValues": "MeteringValuesPolling",
}
"""Port type and port of a service; binding and service add to it. EMIF 2.4.3 WSDL."""
_SUITES: Final = {Algorithm.RSA_SHA1: "Basic256", Algorithm.RSA_SHA256: "Basic256Sha256"}
"""Of WS-SecurityPolicy 1.2, which has no suite with RSA-SHA256 signatures; the second comes nearest."""


def wsdl(
    service: Service, address: str, *, signed: bool, algorithm: Algorithm = Algorithm.RSA_SHA1, single: bool = False
) -> bytes:
    """The WSDL of a service; its port type, binding, service and port have the names of EMIF's own.

    Args:
        service: the service.
        address: where it is.
        signed: whether calls must be signed; the policy says so.
        algorithm: how answers are signed; the algorithm suite of the policy says so.
        single: put every schema into the document, for those who cannot fetch what it imports.
    """
    space = service.namespace
    root = etree.Element(
        f"{{{_WSDL}}}definitions",
        nsmap={"wsdl": _WSDL, "soap": _SOAP, "xsd": _XSD, "tns": space, "common": FAULT_NAMESPACE},
        targetNamespace=space,
        name=service.name,
    )
    if signed:
        root.extend((_binding_policy(algorithm), _parts_policy()))
    _types(root, service, single=single)
    _part(
        etree.SubElement(root, f"{{{_WSDL}}}message", name="ElhubSOAPFault"), "ElhubSOAPFault", "common:ElhubSOAPFault"
    )
    for operation in service.operations:
        asked = etree.SubElement(root, f"{{{_WSDL}}}message", name=operation.request)
        _part(asked, operation.request, f"tns:{operation.request}")
        answered = etree.SubElement(root, f"{{{_WSDL}}}message", name=f"{operation.name}Response")
        if operation.polls or operation.answers:
            _part(answered, f"{operation.name}Response", f"tns:{operation.name}Response")
    name = _NAMES[service.name]
    _port_type(root, service, name)
    _binding(root, service, name, signed=signed)
    found = etree.SubElement(root, f"{{{_WSDL}}}service", name=f"{name}Service")
    port = etree.SubElement(found, f"{{{_WSDL}}}port", name=name, binding=f"tns:{name}SoapBinding")
    etree.SubElement(port, f"{{{_SOAP}}}address", location=address)
    whole = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    if single:  # as text: moved into a tree, a schema would lose the prefixes that only its values use
        whole = whole.replace(_PLACE, b"".join(_schemas((space, FAULT_NAMESPACE))), 1)
    return whole


def _part(message: etree._Element, name: str, element: str) -> None:
    etree.SubElement(message, f"{{{_WSDL}}}part", name=name, element=element)


def _types(root: etree._Element, service: Service, *, single: bool) -> None:
    types = etree.SubElement(root, f"{{{_WSDL}}}types")
    if single:
        types.append(etree.Comment(" schemas "))
        return
    schema = etree.SubElement(types, f"{{{_XSD}}}schema")
    for space in (service.namespace, FAULT_NAMESPACE):
        etree.SubElement(schema, f"{{{_XSD}}}import", namespace=space, schemaLocation=f"schemas/{document_of(space)}")


def _schemas(spaces: Iterable[str]) -> Iterator[bytes]:
    """The schemas of namespaces and all that they import, without the places where they lie."""
    root = packaged(DEFAULT_RELEASE).root
    waiting = [root / document_of(space) for space in spaces]
    known: set[Path] = set()
    while waiting:
        path = waiting.pop(0).resolve()
        if path in known:
            continue
        known.add(path)
        schema = parse(path.read_bytes())
        for child in [*schema.iterchildren(f"{{{_XSD}}}import", f"{{{_XSD}}}include")]:
            location = child.attrib.pop("schemaLocation", None)
            if location is not None:
                waiting.append(path.parent / str(location))
            if child.tag == f"{{{_XSD}}}include":
                schema.remove(child)
        yield etree.tostring(schema)


_WAYS: Final = (("input", "Request"), ("output", "Response"))


def _port_type(root: etree._Element, service: Service, name: str) -> None:
    ports = etree.SubElement(root, f"{{{_WSDL}}}portType", name=name)
    for operation in service.operations:
        found = etree.SubElement(ports, f"{{{_WSDL}}}operation", name=operation.name)
        for way, ending in _WAYS:
            message = f"{operation.name}{ending}"
            etree.SubElement(found, f"{{{_WSDL}}}{way}", name=message, message=f"tns:{message}")
        etree.SubElement(found, f"{{{_WSDL}}}fault", name="ElhubSOAPFault", message="tns:ElhubSOAPFault")


def _binding(root: etree._Element, service: Service, name: str, *, signed: bool) -> None:
    binding = etree.SubElement(root, f"{{{_WSDL}}}binding", name=f"{name}SoapBinding", type=f"tns:{name}")
    etree.SubElement(binding, f"{{{_SOAP}}}binding", style="document", transport=_HTTP)
    if signed:
        _policy_reference(binding, _BINDING_POLICY)
    for operation in service.operations:
        found = etree.SubElement(binding, f"{{{_WSDL}}}operation", name=operation.name)
        etree.SubElement(found, f"{{{_SOAP}}}operation", soapAction=operation.name, style="document")
        for way, ending in _WAYS:
            part = etree.SubElement(found, f"{{{_WSDL}}}{way}", name=f"{operation.name}{ending}")
            etree.SubElement(part, f"{{{_SOAP}}}body", use="literal")
            if signed:
                _policy_reference(part, _PARTS_POLICY)
        fault = etree.SubElement(found, f"{{{_WSDL}}}fault", name="ElhubSOAPFault")
        etree.SubElement(fault, f"{{{_SOAP}}}fault", name="ElhubSOAPFault", use="literal")
        if signed:
            _policy_reference(fault, _PARTS_POLICY)


def _policy_reference(parent: etree._Element, name: str) -> None:
    etree.SubElement(parent, f"{{{_WSP}}}PolicyReference", nsmap={"wsp": _WSP}, URI=f"#{name}")


def _policy(name: str) -> etree._Element:
    root = etree.Element(f"{{{_WSP}}}Policy", nsmap={"wsp": _WSP, "sp": _SP, "wsu": _WSU})
    root.set(f"{{{_WSU}}}Id", name)
    return root


def _binding_policy(algorithm: Algorithm) -> etree._Element:
    """Who signs with what, as EMIF's WSDL has it for a binding; the suite as this hub signs."""
    root = _policy(_BINDING_POLICY)
    binding = _nested(root, "AsymmetricBinding")
    for name, include in (("InitiatorToken", "AlwaysToRecipient"), ("RecipientToken", "Never")):
        token = etree.SubElement(_nested(binding, name), f"{{{_SP}}}X509Token")
        token.set(f"{{{_SP}}}IncludeToken", f"{_SP}/IncludeToken/{include}")
        etree.SubElement(etree.SubElement(token, f"{{{_WSP}}}Policy"), f"{{{_SP}}}WssX509V3Token10")
    etree.SubElement(_nested(binding, "AlgorithmSuite"), f"{{{_SP}}}{_SUITES[algorithm]}")
    etree.SubElement(_nested(binding, "Layout"), f"{{{_SP}}}Strict")
    etree.SubElement(binding, f"{{{_SP}}}IncludeTimestamp")
    etree.SubElement(binding, f"{{{_SP}}}OnlySignEntireHeadersAndBody")
    etree.SubElement(_nested(root, "Wss10"), f"{{{_SP}}}MustSupportRefKeyIdentifier")
    return root


def _parts_policy() -> etree._Element:
    """What is signed of each message."""
    root = _policy(_PARTS_POLICY)
    etree.SubElement(etree.SubElement(root, f"{{{_SP}}}SignedParts"), f"{{{_SP}}}Body")
    return root


def _nested(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(etree.SubElement(parent, f"{{{_SP}}}{name}"), f"{{{_WSP}}}Policy")


def document_of(namespace: str) -> str:
    """Where the schema of a namespace lies in its set."""
    schemas = packaged(DEFAULT_RELEASE)
    return schemas.path(namespace).relative_to(schemas.root).as_posix()


@cache
def documents() -> dict[str, bytes]:
    """Every schema document of the set, by its place in it."""
    root = packaged(DEFAULT_RELEASE).root
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.xsd"))}


def service_of(name: str) -> Service | None:
    """A service by its name."""
    return next((service for service in SERVICES if service.name == name), None)
