"""The head of a large envelope, read before the rest is: who has signed is judged before a tree of the Body is built.

Bytes are given to the parser piece by piece until the Header is closed, and never more than a header needs.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from ediel.report import Finding
from ediel.xml.parser import LIMITS, Limits, Unreadable, check_beginning

__all__ = ["HEADER", "read_header"]

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
HEADER: Final = 262_144
"""Bytes that a Header may have: a certificate has 3,000, a signature 1,500."""
_PIECE: Final = 8_192
_ELEMENTS: Final = 1_000
_NAMESPACES: Final = 200


def read_header(data: bytes, limits: Limits = LIMITS) -> etree._Element | None:
    """The Header of a SOAP 1.1 envelope, under its Envelope; ``None`` where no Header stands before anything else.

    The tree ends there. It is as bounded as its bytes: attributes, elements and namespaces are counted as they come.

    Args:
        data: the envelope, unpacked.
        limits: how many attributes an element may have, and how deep elements may lie.

    Raises:
        Unreadable: it is not well-formed so far, or larger than a header needs.
    """
    check_beginning(data)
    parser = etree.XMLPullParser(
        events=("start", "end", "start-ns"),
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True, collect_ids=False,
    )  # fmt: skip
    root: etree._Element | None = None
    elements = namespaces = depth = 0
    for place in range(0, min(len(data), HEADER), _PIECE):
        try:
            parser.feed(data[place : place + _PIECE])
            events = list(parser.read_events())
        except etree.XMLSyntaxError:
            raise _refused("The head of the envelope is not well-formed XML.") from None
        for event, item in events:
            if event == "start-ns":
                namespaces += 1
                continue
            assert isinstance(item, etree._Element)
            if event == "end":
                depth -= 1
                if root is not None and item.tag == f"{{{SOAP}}}Header" and item.getparent() is root:
                    return item
                continue
            depth += 1
            elements += 1
            if root is None:
                root = item
                if item.tag != f"{{{SOAP}}}Envelope":
                    return None
            elif depth == 2 and item.tag != f"{{{SOAP}}}Header":
                return None
            if len(item.attrib) > limits.attributes or depth > limits.depth:
                raise _refused(
                    f"There are more than {limits.attributes} attributes of one element, or {limits.depth} levels, in "
                    "the head of the envelope."
                )
        if elements > _ELEMENTS or namespaces > _NAMESPACES:
            raise _refused(
                f"There are more than {_ELEMENTS} elements or {_NAMESPACES} namespaces in the head of the envelope."
            )
    if len(data) <= HEADER:
        return None  # the parser of the whole says what is wrong with it
    raise _refused(f"The Header of the envelope is not closed within {HEADER} bytes.")


def _refused(text: str) -> Unreadable:
    return Unreadable(Finding("READ/limit", text, code="XSD", standing="inferred"))
