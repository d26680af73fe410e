"""An envelope that is open to be verified: as a tree, or with its Body left as bytes.

Where the accelerator is there and sure of the bytes, only the head of the envelope becomes a tree; the canonical form
of the Body is written straight from its bytes, and what was signed is parsed when somebody reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Protocol

from lxml import etree

from ediel.transport._accelerator import CANONICAL, Found
from ediel.transport._wsse import DS, EXCLUSIVE, ID
from ediel.transport.errors import SecurityRefused
from ediel.xml import Document, Signer
from ediel.xml.parser import LIMITS, Limits, check_bytes, parse, parse_checked, too_many_attributes

__all__ = ["Opened", "Tree", "identification", "open_envelope", "plain_uri", "prefixes_of", "prefixes_of_body"]

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


class Opened(Protocol):
    """An envelope that is open.

    Attributes:
        root: the envelope; of one whose Body is left as bytes, nothing stands inside the Body.
        limits: how large it may be.
    """

    root: etree._Element
    limits: Limits

    def identifications(self) -> list[str]:
        """The value of every attribute that could count as the identification of an element."""

    def over_limits(self) -> str | None:
        """Why it is not made canonical: an element has more attributes than the limit; ``None`` where none has."""

    def plain(self) -> bool:
        """Whether every namespace of the document is absolute for sure: no canonical form is defined for others."""

    def canonical(self, part: etree._Element, prefixes: tuple[str, ...] = ()) -> Iterable[bytes] | None:
        """The exclusive canonical form of a part, without comments, in one piece or several.

        Args:
            part: an element of ``root``.
            prefixes: prefixes that are treated inclusively.

        Returns:
            The octets; ``None`` where they are not known for sure.
        """

    def content(self, body: etree._Element, signer: Signer) -> Document | None:
        """The content of the Body as it was signed; nothing for an empty Body.

        Raises:
            SecurityRefused: there are several elements in it.
        """

    def whole(self) -> Tree:
        """The envelope as a tree.

        Raises:
            Unreadable: it is not well-formed.
        """


def open_envelope(data: bytes, limits: Limits = LIMITS) -> Opened:
    """An envelope, with its Body left as bytes where that can be.

    Args:
        data: the envelope, unpacked.
        limits: how large it may be.

    Raises:
        Unreadable: it is too large, no XML in UTF-8, or not well-formed.
    """
    return _scanned(data, limits) or Tree(parse(data, limits), limits, data)


_IDENTIFICATIONS: Final = etree.XPath("//@*[translate(local-name(), 'ID', 'id') = 'id']", smart_strings=False)
_NAMES_TYPES: Final = etree.XPath("boolean(//@xsi:type)", namespaces={"xsi": XSI})
_DECLARED: Final = re.compile(rb"""xmlns(?::[\w.\x80-\xff-]+)?[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')""")
_PLAIN: Final = re.compile(
    rb"https?://[A-Za-z0-9._-]+(?:/[A-Za-z0-9._:/-]*)?(?:#[A-Za-z0-9._/-]*)?|urn:[A-Za-z0-9][A-Za-z0-9._:/-]*(?:#[A-Za-z0-9._/-]*)?"
)


@lru_cache(maxsize=256)
def plain_uri(uri: bytes) -> bool:
    """Whether the name of a namespace is absolute for sure."""
    return len(uri) <= 1000 and _PLAIN.fullmatch(uri) is not None


@dataclass
class Tree:
    """An envelope as a tree; ``data`` are its bytes, where they are at hand."""

    root: etree._Element
    limits: Limits = LIMITS
    data: bytes = b""

    def identifications(self) -> list[str]:
        """See ``Opened``."""
        found = _IDENTIFICATIONS(self.root)
        return [str(value) for value in found] if isinstance(found, list) else []

    def over_limits(self) -> str | None:
        """See ``Opened``."""
        found = too_many_attributes(self.root, self.limits)
        return None if found is None else found.text

    def plain(self) -> bool:
        """See ``Opened``. Without the bytes, the canonical form of the whole is tried."""
        if self.data:
            pairs = _DECLARED.findall(self.data)
            return all(plain_uri(one or other) for one, other in set(pairs))
        return self.canonical(self.root) is not None

    def canonical(self, part: etree._Element, prefixes: tuple[str, ...] = ()) -> tuple[bytes, ...] | None:
        """See ``Opened``."""
        try:
            return (
                etree.tostring(
                    part, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
                ),
            )
        except etree.C14NError:
            return None

    def content(self, body: etree._Element, signer: Signer) -> Document | None:
        """See ``Opened``. It has no link to what is unsigned.

        The tree is the one that was digested. Only where it names types is it read anew: the prefix of such a name
        stands for a namespace that may be declared outside of what was signed.
        """
        if not _one_at_most(len(body)):
            return None
        (element,) = body
        (data,) = self.canonical(element) or (b"",)
        if XSI.encode() in data and _NAMES_TYPES(element):
            return replace(Document.read(data, limits=self.limits), signer=signer)
        body.remove(element)
        return Document(data, element, signer=signer, limits=self.limits, first_line=element.sourceline or 1)

    def whole(self) -> Tree:
        """See ``Opened``."""
        return self


@dataclass
class _Scanned:
    """An envelope whose Body is left as bytes: ``found`` is the canonical form of it, for some prefixes."""

    root: etree._Element
    limits: Limits
    data: bytes
    start: int
    found: Found
    prefixes: tuple[str, ...]

    def identifications(self) -> list[str]:
        """See ``Opened``."""
        return self.found[7]

    def over_limits(self) -> str | None:
        """See ``Opened``: the accelerator refuses what has more attributes than any limit with which it is used."""
        return None

    def plain(self) -> bool:
        """See ``Opened``: the accelerator refuses others."""
        return True

    def canonical(self, part: etree._Element, prefixes: tuple[str, ...] = ()) -> tuple[bytes, ...] | None:
        """See ``Opened``."""
        if part is not self.root[-1]:
            return None if part is self.root else Tree(self.root).canonical(part, prefixes)
        return self.found[:3] if prefixes == self.prefixes else None

    def content(self, body: etree._Element, signer: Signer) -> Document | None:
        """See ``Opened``. It is parsed when somebody reads it."""
        del body
        _, content, _, children, _, depends, place, *_ = self.found
        if not _one_at_most(children):
            return None
        if depends and CANONICAL is not None:
            content = b"".join(CANONICAL.canonical(self.data, self.start, place, ())[:3])
        return Document.unread(content, signer=signer, limits=self.limits)

    def whole(self) -> Tree:
        """See ``Opened``."""
        return Tree(parse(self.data, self.limits), self.limits, self.data)


def _one_at_most(count: int) -> int:
    if count > 1:
        raise SecurityRefused("layout", f"the Body holds {count} elements, expected one at most")
    return count


_BEGINNING: Final = re.compile(
    rb"""(?:<\?xml[ ]version=(["'])1\.0\1(?:[ ]encoding=(["'])[Uu][Tt][Ff]-8\2)?(?:[ ]standalone=(["'])(?:yes|no)\3)?
    [ ]?\?>)?[ \t\r\n]*(?=<)""",
    re.VERBOSE,
)
_ATTRIBUTES: Final = 64
"""Attributes of one element that the accelerator reads; with a lower limit, it is left out."""


_FEW: Final = 8
"""Prefixes to be treated inclusively that the accelerator is given."""


def _scanned(data: bytes, limits: Limits) -> _Scanned | None:
    """An envelope whose Body is left as bytes; nothing where the accelerator is missing or not sure of it."""
    if CANONICAL is None or limits.attributes < _ATTRIBUTES:
        return None
    check_bytes(data, limits)
    beginning = _BEGINNING.match(data)
    if beginning is None:
        return None
    start = beginning.end()
    try:
        apex, end, empty, envelope, body = CANONICAL.head(data, start)
        rest = b"</%b>" % envelope if empty else b"</%b></%b>" % (body, envelope)
        root = parse_checked(data[:end] + rest)
        prefixes = prefixes_of_body(root) if data.find(b"InclusiveNamespaces", 0, end) >= 0 else ()
        if len(prefixes) > _FEW:  # each costs time at each element, and nobody is known yet
            return None
        found = CANONICAL.canonical(data, start, apex, tuple(prefix.encode() for prefix in prefixes))
    except ValueError:
        return None
    siblings, nodes = found[4], found[8]
    fine = siblings == len(root) and nodes <= limits.nodes
    return _Scanned(root, limits, data, start, found, prefixes) if fine else None


def prefixes_of_body(root: etree._Element) -> tuple[str, ...]:
    """The prefixes for the Body that a signature states; whether it is the right one is judged later."""
    name = identification(root[-1])
    for reference in root.iter(f"{{{DS}}}Reference"):
        if name is not None and reference.get("URI") == f"#{name}":
            for transform in reference.iter(f"{{{DS}}}Transform"):
                return prefixes_of(transform) or ()
    return ()


_PREFIX: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_PREFIXES: Final = 64


def prefixes_of(method: etree._Element) -> tuple[str, ...] | None:
    """The prefixes that a method of canonicalisation treats inclusively; ``None`` where it is not sure what it says."""
    if not len(method):
        return ()
    (child, *more) = method
    names = child.get("PrefixList", "")
    prefixes = tuple(names.split(" "))
    if more or len(child) or child.tag != f"{{{EXCLUSIVE}}}InclusiveNamespaces" or child.keys() != ["PrefixList"]:
        return None
    if len(prefixes) > _PREFIXES or not all(_PREFIX.fullmatch(prefix) for prefix in prefixes):
        return None
    return prefixes


def identification(element: etree._Element) -> str | None:
    """The identification of an element: a ``wsu:Id``, or an ``Id`` without a namespace; ``None`` where it has two."""
    values = [value for value in (element.get(ID), element.get("Id")) if value]
    return values[0] if len(values) == 1 else None
