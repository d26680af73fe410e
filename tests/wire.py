"""Answers of a hub, for the tests of the wire."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from ediel.transport import Envelope, Identity, sign
from ediel.transport.envelope import SOAP


def bare(inside: bytes = b"") -> bytes:
    """An envelope without a signature."""
    return b'<s:Envelope xmlns:s="%b"><s:Body>%b</s:Body></s:Envelope>' % (SOAP.encode(), inside)


def signed(inside: bytes, signer: Identity, at: datetime) -> bytes:
    """An envelope with a signature."""
    return sign(Envelope(etree.fromstring(bare(inside)), "", ""), signer, at)


def fault(group: str = "XSD") -> bytes:
    """A SOAP fault of a group."""
    return (
        b'<s:Fault xmlns:s="%b"><faultcode>s:Client</faultcode><faultstring>no</faultstring><detail>'
        b'<e:ElhubSOAPFault xmlns:e="urn:no:elhub:emif:wsdl:common:v2"><e:CodeGroup>%b</e:CodeGroup>'
        b"<e:Description>Refused</e:Description><e:ExceptionDateTime>2026-11-27T08:00:00Z</e:ExceptionDateTime>"
        b"</e:ElhubSOAPFault></detail></s:Fault>" % (SOAP.encode(), group.encode())
    )
