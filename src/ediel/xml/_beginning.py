"""The beginning of a large poll response: what it is and which result set, known before a tree of it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from ediel.messages.services import POLL_CHANNELS, SERVICES
from ediel.xml._paths import local

__all__ = ["LARGE", "Beginning", "beginning"]

LARGE: Final = 100_000
"""Bytes from which on it is worth while."""
_MOST: Final = 65_536
_PIECE: Final = 4_096
_NAME: Final = "PollForDataResponse"
_SPACES: Final = frozenset(service.namespace for service in SERVICES if service.name in POLL_CHANNELS)


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a poll response begins.

    Attributes:
        kind: what it is, as ``Document.located`` has it.
        result_set: identification of the result set.
    """

    kind: str
    result_set: str


def beginning(data: bytes) -> Beginning | None:
    """How a response with messages begins; nothing of anything else, or where it is not sure: the tree tells it then.

    Args:
        data: unpacked, and checked as a document is before it is parsed.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    root: etree._Element | None = None
    found: str | None = None
    for place in range(0, min(len(data), _MOST), _PIECE):
        try:
            parser.feed(data[place : place + _PIECE])
            events = list(parser.read_events())
        except etree.XMLSyntaxError:
            return None
        for event, item in events:
            assert isinstance(item, etree._Element)
            if root is None:
                root = item
                space = etree.QName(item).namespace
                if local(str(item.tag)) != _NAME or space not in _SPACES or item.attrib:
                    return None
            elif item.getparent() is not root or not str(item.tag).startswith(f"{{{space}}}"):
                return None
            elif event == "end":
                if local(str(item.tag)) != "Identification" or found is not None or len(item) or not item.text:
                    return None
                found = item.text
            elif local(str(item.tag)) == "ResultDataSet":
                return None if found is None else Beginning(_NAME, found)
            elif local(str(item.tag)) != "Identification":
                return None
    return None
