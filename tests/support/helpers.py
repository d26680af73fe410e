"""Comparison of documents (canonical XML without prefixes and layout), and envelopes to test with."""

from __future__ import annotations

from lxml import etree

_HINTS = (
    "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation",
    "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation",
)
Canonical = list[tuple[str, list[tuple[str, str]], str | None]]


def canonical(element: etree._Element, name: str | None = None) -> Canonical:
    """Expanded names, attributes and texts, in order.

    Left out is what canonical XML calls layout and what EMIF gives no meaning: white space between elements and around
    values that the schema collapses, comments, instructions, schema hints.
    """
    rows: Canonical = []
    for item in element.iter(etree.Element):
        attributes = sorted((str(key), str(value).strip()) for key, value in item.attrib.items() if key not in _HINTS)
        text = None if len(item) else item.text or ""
        rows.append((name if name and item is element else str(item.tag), attributes, text))
    return rows


def canonical_bytes(data: bytes) -> Canonical:
    """The same, from bytes."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True)
    return canonical(etree.fromstring(data, parser))


def collapse(rows: Canonical) -> Canonical:
    """With the white space around every text taken away."""
    return [(tag, attributes, text if text is None else text.strip(" \t\r\n")) for tag, attributes, text in rows]


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
POLL = "urn:no:elhub:emif:wsdl:polling:marketprocesses:v2"
COMMON = "urn:no:elhub:emif:wsdl:common:v2"


def envelope(body: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()


EMPTY_POLL = envelope(
    f'<p:PollForDataResponse xmlns:p="{POLL}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
)
FAULT = envelope(
    f"<s:Fault><faultcode>s:Client</faultcode><faultstring>XSD validation error</faultstring><detail>"
    f'<c:ElhubSOAPFault xmlns:c="{COMMON}"><c:CodeGroup>XSD</c:CodeGroup><c:Description>XSD validation error'
    f"</c:Description><c:ExceptionDateTime>2026-11-20T09:30:47.123Z</c:ExceptionDateTime></c:ElhubSOAPFault></detail></s:Fault>"
)
