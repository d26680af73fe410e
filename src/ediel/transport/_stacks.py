"""Which stack has made an envelope, by the marks that it leaves, and where a stack sets what is to be changed.

The marks are habits, not promises: they show which settings to name, and nothing else depends on them.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from ediel.identifiers import Uuid
from ediel.transport._wsse import ID

__all__ = ["SETTINGS", "stack_of"]

_MARKS: Final = (
    # name, a pattern of an Id that it writes
    ("WSS4J (CXF, SoapUI, Spring-WS)", re.compile(r"(TS|X509|SIG|STR|KI)-[0-9A-Fa-f-]{3,}")),
    ("WSS4J (CXF, SoapUI, Spring-WS)", re.compile(r"(Timestamp|CertId|Signature|id)-[0-9]+")),
    ("WCF (.NET)", re.compile(r"uuid-[0-9a-f-]{36}-[0-9]+")),
    ("node soap", re.compile(r"x509-[0-9a-f]{32}.*")),
    ("zeep", re.compile(f"id-{Uuid.shape}")),
    ("gSOAP", re.compile(r"X509Token|Body|Time")),
    ("ediel", re.compile(r"time-(.+-)?[0-9]+")),
)

SETTINGS: Final[dict[str, dict[str, str]]] = {
    "WSS4J (CXF, SoapUI, Spring-WS)": {
        "token": "signatureKeyIdentifier=DirectReference",
        "algorithm": "signatureAlgorithm and signatureDigestAlgorithm",
        "transforms": "signatureC14nAlgorithm",
        "scope": "signatureParts: {}{...soap/envelope/}Body;{}{...utility-1.0.xsd}Timestamp",
        "timestamp": 'action "Timestamp Signature", timeToLive=60',
        "token-first": 'action order "Timestamp Signature"',
        "no-actor": "actor: leave it out",
    },
    "WCF (.NET)": {
        "algorithm": "defaultAlgorithmSuite of the security binding element",
        "token-first": "securityHeaderLayout=Strict",
        "timestamp": "includeTimestamp=true, localClientSettings timestampValidityDuration",
        "token": "AsymmetricSecurityBindingElement: InitiatorTokenParameters with InclusionMode AlwaysToRecipient",
        "scope": "ProtectionLevel.Sign on the contract",
    },
    "node soap": {
        "transforms": "WSSecurityCert options.signatureTransformations = ['http://www.w3.org/2001/10/xml-exc-c14n#']",
        "ids": "WSSecurityCert options.signerOptions = { idMode: 'wssecurity' }",
        "algorithm": "WSSecurityCert options.signatureAlgorithm and digestAlgorithm",
        "timestamp": "WSSecurityCert options.hasTimeStamp = true",
    },
    "zeep": {
        "token": "zeep.wsse.BinarySignature, not Signature",
        "algorithm": "BinarySignature(..., signature_method=, digest_method=)",
        "timestamp": "add a wsu:Timestamp to the Security header before it is signed",
        "scope": "add a wsu:Timestamp to the Security header before it is signed: it is signed then",
        "token-first": "move the BinarySecurityToken before the Signature in a subclass of BinarySignature.apply",
    },
    "gSOAP": {
        "scope": 'soap_wsse_sign_body, with soap_wsse_sign_only(soap, "Body Time")',
        "timestamp": 'soap_wsse_add_Timestamp(soap, "Time", 60)',
        "token": "soap_wsse_add_BinarySecurityTokenX509 and soap_wsse_add_KeyInfo_SecurityTokenReferenceX509",
        "algorithm": "SOAP_SMD_SIGN_RSA_SHA1 or SOAP_SMD_SIGN_RSA_SHA256",
    },
}


def stack_of(envelope: etree._Element) -> str | None:
    """The stack that has probably made an envelope; ``None`` where no mark is known."""
    marks = [value for element in envelope.iter("*") for value in (element.get(ID), element.get("Id")) if value][:50]
    for name, pattern in _MARKS:
        if any(pattern.fullmatch(mark) for mark in marks):
            return name
    return None
