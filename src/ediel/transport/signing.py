"""WS-Security signatures: token, timestamp, signature over Body and Timestamp.

Source: the policy in the WSDL of EMIF 2.4.3 and the outgoing profile of its SoapUI project: strict layout, the token
first, X.509 v3 as a BinarySecurityToken, a timestamp that lives for 60 seconds, exclusive canonicalisation. The suite
of the policy is Basic256, which means RSA-SHA1; whether Elhub accepts RSA-SHA256 is not published.
"""

from __future__ import annotations

import base64
import os
import secrets
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import cycle
from typing import Final

import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from xmlsec import constants

from ediel.transport._signer import Refer, reference_to
from ediel.transport._wsse import BASE64, ID, SECURITY, TIMESTAMP, TOKEN, WSSE, WSU, X509
from ediel.transport.envelope import SOAP, Envelope
from ediel.transport.identity import Identity

__all__ = ["LIFETIME", "Algorithm", "sign"]

LIFETIME: Final = timedelta(seconds=60)
"""How long a timestamp holds (SoapUI project of EMIF 2.3)."""


class Algorithm(Enum):
    """How to sign: the signature, and the digests in it."""

    RSA_SHA1 = "rsa-sha1"
    """What Basic256 in the policy of the WSDL means."""
    RSA_SHA256 = "rsa-sha256"
    """Not mentioned by the policy; safer."""


_MARK: Final = secrets.token_hex(8)
"""Of this process: no other one makes the same signature, though it sends the same words in the same second."""
_NUMBERS: Final = cycle(range(10_000))
"""Two sendings of the same words in the same second differ in this, so that the second is no replay. They are few, and
come again: libxml2 never forgets an identification that it has seen."""


def _mark() -> str:
    """The mark of this process; a process that was forked has another."""
    return f"{_MARK}-{os.getpid()}"


_METHODS: Final = {
    Algorithm.RSA_SHA1: (constants.TransformRsaSha1, constants.TransformSha1),
    Algorithm.RSA_SHA256: (constants.TransformRsaSha256, constants.TransformSha256),
}


def sign(
    envelope: Envelope,
    identity: Identity,
    now: datetime,
    *,
    algorithm: Algorithm = Algorithm.RSA_SHA1,
    lifetime: timedelta = LIFETIME,
    refer: Refer = "token",
) -> bytes:
    """A signed copy of an envelope.

    Args:
        envelope: the envelope; it is left as it is.
        identity: who signs.
        now: the moment, aware; whole seconds of it are written, in UTC.
        algorithm: how to sign.
        lifetime: how long the signature holds.
        refer: whether the envelope holds the certificate, as the policy of the WSDL has it for who calls; or how it
            names it.

    Raises:
        ValueError: ``now`` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone; pass an aware datetime")
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
    timestamp = etree.SubElement(security, TIMESTAMP, {ID: f"time-{_mark()}-{next(_NUMBERS)}"})
    created = now.astimezone(UTC).replace(microsecond=0)
    for name, moment in (("Created", created), ("Expires", created + lifetime)):
        etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    _sign(security, named, (timestamp, body), identity, algorithm)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _sign(
    security: etree._Element,
    named: etree._Element,
    parts: tuple[etree._Element, ...],
    identity: Identity,
    algorithm: Algorithm,
) -> None:
    method, digest = _METHODS[algorithm]
    signature = xmlsec.template.create(security, constants.TransformExclC14N, method, ns="ds")
    security.append(signature)
    for part in parts:
        reference = xmlsec.template.add_reference(signature, digest, uri=f"#{part.get(ID)}")
        xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    info = xmlsec.template.ensure_key_info(signature)
    holder = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference")
    holder.append(named)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.key, constants.KeyDataFormatDer)
    for part in parts:
        context.register_id(part, "Id", WSU)
    context.sign(signature)
