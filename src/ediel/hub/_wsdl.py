"""The WSDL of each service, made from the same rows that the services are made of; WSDL 1.1, document/literal."""

from __future__ import annotations

from functools import cache
from typing import Final

from lxml import etree

from ediel.messages.services import FAULT_NAMESPACE, SERVICES, Service
from ediel.xml.catalogue import DEFAULT_RELEASE, packaged

_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_HTTP: Final = "http://schemas.xmlsoap.org/soap/http"
_WSP: Final = "http://schemas.xmlsoap.org/ws/2004/09/policy"
_SP: Final = "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_POLICY: Final = "signed"


def wsdl(service: Service, address: str, *, signed: bool) -> bytes:
    """The WSDL of a service.

    Args:
        service: the service.
        address: where it is.
        signed: whether calls must be signed; the policy says so.
    """
    space = service.namespace
    root = etree.Element(
        f"{{{_WSDL}}}definitions",
        nsmap={"wsdl": _WSDL, "soap": _SOAP, "xsd": _XSD, "tns": space, "common": FAULT_NAMESPACE},
        targetNamespace=space,
        name=service.name,
    )
    if signed:
        root.append(_policy())
    _types(root, service)
    _part(etree.SubElement(root, f"{{{_WSDL}}}message", name="ElhubSOAPFault"), "fault", "common:ElhubSOAPFault")
    for operation in service.operations:
        asked = etree.SubElement(root, f"{{{_WSDL}}}message", name=operation.request)
        _part(asked, operation.request, f"tns:{operation.request}")
        answered = etree.SubElement(root, f"{{{_WSDL}}}message", name=f"{operation.name}Response")
        if operation.polls or operation.answers:
            _part(answered, f"{operation.name}Response", f"tns:{operation.name}Response")
    _port_type(root, service)
    _binding(root, service, signed=signed)
    found = etree.SubElement(root, f"{{{_WSDL}}}service", name=service.name)
    port = etree.SubElement(found, f"{{{_WSDL}}}port", name=f"{service.name}Port", binding=f"tns:{service.name}Binding")
    etree.SubElement(port, f"{{{_SOAP}}}address", location=address)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _part(message: etree._Element, name: str, element: str) -> None:
    etree.SubElement(message, f"{{{_WSDL}}}part", name=name, element=element)


def _types(root: etree._Element, service: Service) -> None:
    types = etree.SubElement(root, f"{{{_WSDL}}}types")
    schema = etree.SubElement(types, f"{{{_XSD}}}schema")
    for space in (service.namespace, FAULT_NAMESPACE):
        etree.SubElement(schema, f"{{{_XSD}}}import", namespace=space, schemaLocation=f"schemas/{document_of(space)}")


def _port_type(root: etree._Element, service: Service) -> None:
    ports = etree.SubElement(root, f"{{{_WSDL}}}portType", name=f"{service.name}PortType")
    for operation in service.operations:
        found = etree.SubElement(ports, f"{{{_WSDL}}}operation", name=operation.name)
        etree.SubElement(found, f"{{{_WSDL}}}input", message=f"tns:{operation.request}")
        etree.SubElement(found, f"{{{_WSDL}}}output", message=f"tns:{operation.name}Response")
        etree.SubElement(found, f"{{{_WSDL}}}fault", name="ElhubSOAPFault", message="tns:ElhubSOAPFault")


def _binding(root: etree._Element, service: Service, *, signed: bool) -> None:
    binding = etree.SubElement(
        root, f"{{{_WSDL}}}binding", name=f"{service.name}Binding", type=f"tns:{service.name}PortType"
    )
    if signed:
        etree.SubElement(binding, f"{{{_WSP}}}PolicyReference", nsmap={"wsp": _WSP}, URI=f"#{_POLICY}")
    etree.SubElement(binding, f"{{{_SOAP}}}binding", style="document", transport=_HTTP)
    for operation in service.operations:
        found = etree.SubElement(binding, f"{{{_WSDL}}}operation", name=operation.name)
        etree.SubElement(found, f"{{{_SOAP}}}operation", soapAction=operation.name, style="document")
        for way in ("input", "output"):
            etree.SubElement(
                etree.SubElement(found, f"{{{_WSDL}}}{way}"), f"{{{_SOAP}}}body", use="literal"
            )  # fmt: skip
        fault = etree.SubElement(found, f"{{{_WSDL}}}fault", name="ElhubSOAPFault")
        etree.SubElement(fault, f"{{{_SOAP}}}fault", name="ElhubSOAPFault", use="literal")


def _policy() -> etree._Element:
    """Signed Body and Timestamp, certificate in the message: the policy of EMIF's WSDL, in few words."""
    root = etree.Element(f"{{{_WSP}}}Policy", nsmap={"wsp": _WSP, "sp": _SP, "wsu": _WSU})
    root.set(f"{{{_WSU}}}Id", _POLICY)
    binding = _nested(root, "AsymmetricBinding")
    for name, include in (("InitiatorToken", "AlwaysToRecipient"), ("RecipientToken", "Never")):
        token = etree.SubElement(_nested(binding, name), f"{{{_SP}}}X509Token")
        token.set(f"{{{_SP}}}IncludeToken", f"{_SP}/IncludeToken/{include}")
        etree.SubElement(etree.SubElement(token, f"{{{_WSP}}}Policy"), f"{{{_SP}}}WssX509V3Token10")
    etree.SubElement(_nested(binding, "AlgorithmSuite"), f"{{{_SP}}}Basic256")
    etree.SubElement(_nested(binding, "Layout"), f"{{{_SP}}}Strict")
    etree.SubElement(binding, f"{{{_SP}}}IncludeTimestamp")
    etree.SubElement(binding, f"{{{_SP}}}OnlySignEntireHeadersAndBody")
    etree.SubElement(_nested(root, "Wss10"), f"{{{_SP}}}MustSupportRefKeyIdentifier")
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
