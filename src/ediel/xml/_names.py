"""Which names of elements and attributes may be shown: those of the standard, and what looks like one of them.

A person's name can be written as the name of an element too. What is no name of EMIF, of SOAP or of another format that
is often taken for it, is shown by its length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from lxml import etree

from ediel.messages import MESSAGES
from ediel.messages.services import SERVICES
from ediel.xml._paths import local
from ediel.xml._privacy import mask
from ediel.xml.catalogue import packaged

__all__ = ["masked_names", "names_in", "names_near"]

_DECLARED: Final = re.compile(rb"\b(?:name|value)=\"([A-Za-z_][\w.-]*)\"")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NAME: Final = re.compile(r"[^\W\d][\w.-]*")
_OTHERS: Final = frozenset(
    {
        "Envelope", "Header", "Body", "Fault", "faultcode", "faultstring", "faultactor", "detail", "Security", "nil",
        "type", "schemaLocation", "html", "HTML", "svg", "rss", "feed", "definitions", "schema", "message", "messages",
        "root", "xml", "data", "http", "https", "www", "w3", "org", "com", "net", "urn", "no", "elhub", "emif", "wsdl",
        "xsd", "soap", "schemas", "xmlsoap", "oasis", "open", "example", "v1", "v2", "v3", "v4",
    }
)  # fmt: skip
_WORDS: Final = frozenset(
    {
        "another", "answer", "any", "attachment", "attribute", "body", "cancel", "change", "child", "code",
        "comment", "confirm", "contact", "content", "count", "created", "current", "customer", "data", "date",
        "day", "document", "element", "end", "entry", "error", "event", "extra", "field", "file", "first",
        "flag", "group", "heading", "hour", "index", "info", "information", "item", "key", "kind", "last",
        "level", "line", "list", "local", "main", "market", "message", "more", "name", "new", "nonsense",
        "note", "notice", "number", "object", "old", "optional", "order", "other", "owner", "parent", "part",
        "party", "period", "property", "reading", "receiver", "receivers", "reference", "register", "reject",
        "remark", "reply", "report", "request", "result", "row", "sample", "schema", "section", "sender",
        "sequence", "set", "something", "status", "string", "sub", "suppliers", "supplies", "switch", "tag",
        "test", "text", "time", "title", "total", "type", "unit", "unknown", "update", "upper", "user", "value",
        "values", "version", "wrong", "year",
    }
)  # fmt: skip
"""Words that are no names of people, though none of EMIF's names has them."""


@cache
def _known() -> frozenset[str]:
    found = set(_OTHERS).union(*(service.namespace.split(":") for service in SERVICES))
    found.update(("market", "metering", "common"))
    for path in packaged().root.rglob("*.xsd"):
        found.update(name.decode() for name in _DECLARED.findall(path.read_bytes()))
    return frozenset(found)


@cache
def _words() -> frozenset[str]:
    return _WORDS.union(word.lower() for name in _known() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def _is_shown(name: str) -> bool:
    if name in MESSAGES:  # by far the most, and no schema has to be looked into
        return True
    if name in _known() or len(name) < 2:
        return True
    words = _WORD.findall(name)
    return "".join(words) == re.sub(r"[_.-]", "", name) and all(word.lower() in _words() for word in words)


def names_near(element: etree._Element, *, near: bool) -> set[str]:
    """Names that a finding about an element may repeat: of what it stands in, of its neighbour, of attributes.

    Args:
        element: the element.
        near: whether its own name looks like one that may stand there.
    """
    around = [*element.iterancestors(), *(item for item in (element.getprevious(),) if item is not None)]
    found = {local(str(item.tag)) for item in around}
    return found if near else {*found, local(str(element.tag)), *(local(str(name)) for name in element.attrib)}


def names_in(text: str) -> list[str]:
    """Everything in a text, such as the URI of a namespace, that could be a name."""
    return _NAME.findall(text)


def masked_names(text: str, names: Iterable[str]) -> str:
    """A text without those of the names in it that may be a person's."""
    for name in names:
        if not _is_shown(name[:200]):
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", mask(name), text)
    return text
