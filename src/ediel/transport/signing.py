"""WS-Security signatures: token, timestamp, signature over Body and Timestamp.

Source: the policy in the WSDL of EMIF 2.4.3 and the outgoing profile of its SoapUI project: strict layout, the token
first, X.509 v3 as a BinarySecurityToken, a timestamp that lives for 60 seconds, exclusive canonicalisation. The suite
of the policy is Basic256, which means RSA-SHA1; whether Elhub accepts RSA-SHA256 is not published.
"""

from __future__ import annotations

import os
import secrets
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Final

from lxml import etree

from ediel.transport._header import METHODS, Algorithm, Stamp, canonical, canonical_body, security_header, signed_info
from ediel.transport._signer import Refer
from ediel.transport._wsse import ID, WSSE, WSU
from ediel.transport.envelope import SOAP, Envelope
from ediel.transport.identity import Identity

__all__ = ["LIFETIME", "Algorithm", "sign"]

LIFETIME: Final = timedelta(seconds=60)
"""How long a timestamp holds (SoapUI project of EMIF 2.3)."""
_MARK: Final = secrets.token_hex(8)
"""Of this process: no other one makes the same signature, though it sends the same words in the same second."""
_NUMBERS: Final = cycle(range(10_000))
"""Two sendings of the same words in the same second differ in this, so that the second is no replay. They are few, and
come again: libxml2 never forgets an identification that it has seen."""


def _mark() -> str:
    """The mark of this process; a process that was forked has another."""
    return f"{_MARK}-{os.getpid()}"


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
    methods = METHODS[algorithm]
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "wsse": WSSE, "wsu": WSU})
    etree.SubElement(root, f"{{{SOAP}}}Header")
    body = deepcopy(envelope.element[-1])
    root.append(body)
    body.set(ID, "body")
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    stamp = Stamp(f"time-{_mark()}-{next(_NUMBERS)}", now.astimezone(UTC), lifetime)
    signed = signed_info(methods, stamp, methods.digest(canonical_body(data)))
    value = identity.sign(canonical(methods, signed), methods.hash)
    header = security_header(identity.certificate, refer, stamp, signed, value)
    before, found, after = data.partition(b"<soapenv:Header/>")
    assert found, "the header is our own"
    return b"".join((before, header, after))
