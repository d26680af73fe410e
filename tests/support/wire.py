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


RESULT_SET = "7e57d004-2b97-4e7a-b45f-5387367791cd"


def poll_response(*messages: bytes, channel: str = "PollMarketProcesses", identification: str = RESULT_SET) -> bytes:
    """A result set with messages; nil without any."""
    space = f"urn:no:elhub:emif:wsdl:polling:{channel[4:].lower()}:v2".encode()
    if not messages:
        xsi = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
        return b'<p:PollForDataResponse xmlns:p="%b" %b/>' % (space, xsi)
    inside = b"".join(data.partition(b"?>")[2] if data.startswith(b"<?xml") else data for data in messages)
    return (
        b'<p:PollForDataResponse xmlns:p="%b"><p:Identification>%b</p:Identification>'
        b"<p:ResultDataSet>%b</p:ResultDataSet></p:PollForDataResponse>" % (space, identification.encode(), inside)
    )


UNKNOWN_TYPE = (
    b'<n:NotifySomethingNew xmlns:n="urn:no:elhub:emif:market:NotifySomethingNew:v2"><n:Header/></n:NotifySomethingNew>'
)
"""A message of a type that no release has yet."""


def newer(data: bytes) -> bytes:
    """A message as a newer version of EMIF might have it: in another namespace."""
    root = etree.fromstring(data)
    uri = etree.QName(root).namespace or ""
    return data.replace(uri.encode(), uri.replace(":v2", ":v3").encode())


def with_new_element(data: bytes) -> bytes:
    """A message with an element that its schema does not know."""
    root = etree.fromstring(data)
    etree.SubElement(root[0], f"{{{etree.QName(root[0][0]).namespace}}}Priority").text = "high"
    return etree.tostring(root)


POISONS = {
    "unknown type": lambda data: UNKNOWN_TYPE,
    "newer version": newer,
    "new element": with_new_element,
    "wrong code": lambda data: data.replace(b">DDQ<", b">DQQ<"),
}
"""What may stand in the middle of a result set, made of a good message."""
