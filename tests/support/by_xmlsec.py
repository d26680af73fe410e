"""Signing and verifying as xmlsec does it: the judge of the quick way."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from xmlsec import constants

from ediel.transport import Algorithm, Envelope, Identity, Trust, Verified, _fitting, verifying
from ediel.transport._signer import Refer, reference_to
from ediel.transport._wsse import BASE64, ID, SECURITY, TIMESTAMP, TOKEN, WSSE, WSU, X509
from ediel.transport.envelope import SOAP
from ediel.xml.parser import parse

_METHODS = {
    Algorithm.RSA_SHA1: (constants.TransformRsaSha1, constants.TransformSha1),
    Algorithm.RSA_SHA256: (constants.TransformRsaSha256, constants.TransformSha256),
}


def sign_by_xmlsec(
    envelope: Envelope,
    identity: Identity,
    now: datetime,
    stamp: str,
    *,
    algorithm: Algorithm = Algorithm.RSA_SHA1,
    lifetime: timedelta = timedelta(seconds=60),
    refer: Refer = "token",
) -> bytes:
    """A signed copy of an envelope, all of it built as a tree and signed by xmlsec."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "wsse": WSSE, "wsu": WSU})
    security = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Header"), SECURITY)
    security.set(f"{{{SOAP}}}mustUnderstand", "1")
    body = deepcopy(envelope.element[-1])
    root.append(body)
    body.set(ID, "body")
    if refer == "token":
        token = etree.SubElement(security, TOKEN, {"EncodingType": BASE64, "ValueType": X509, ID: "token"})
        token.text = base64.b64encode(identity.certificate.public_bytes(Encoding.DER)).decode()
        named = etree.Element(f"{{{WSSE}}}Reference", {"URI": "#token", "ValueType": X509})
    else:
        named = reference_to(identity.certificate, refer)
    timestamp = etree.SubElement(security, TIMESTAMP, {ID: stamp})
    created = now.astimezone(UTC).replace(microsecond=0)
    for name, moment in (("Created", created), ("Expires", created + lifetime)):
        etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    method, digest = _METHODS[algorithm]
    signature = xmlsec.template.create(security, constants.TransformExclC14N, method, ns="ds")
    security.append(signature)
    for part in (timestamp, body):
        reference = xmlsec.template.add_reference(signature, digest, uri=f"#{part.get(ID)}")
        xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    info = xmlsec.template.ensure_key_info(signature)
    etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference").append(named)
    sign_tree(signature, identity, (timestamp, body))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def sign_tree(signature: etree._Element, identity: Identity, parts: tuple[etree._Element, ...]) -> None:
    """Fill in a signature whose form stands there, over some parts of its document."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.key, constants.KeyDataFormatDer)
    for part in parts:
        context.register_id(part, "Id", WSU if part.get(ID) else None)
    context.sign(signature)


def verify_by_xmlsec(data: bytes, trust: Trust, now: datetime, **more: Any) -> Verified:
    """What was signed, as a tree and by xmlsec alone."""
    with patch.object(_fitting, "fits_for_sure", return_value=False):
        return verifying.verify_tree(parse(data), trust, now, **more)
