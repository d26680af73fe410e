"""The exclusive canonical form of a Body of any size, written as its bytes go by: memory does not grow with it.

Namespaces are followed as Exclusive XML Canonicalization 1.0 (W3C) has them. What is seldom seen in a signed message is
refused and not guessed at: a document type, a processing instruction, a relative name of a namespace.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, Final
from xml.parsers import expat

from lxml import etree

from ediel.transport._opened import plain_uri
from ediel.xml._limits import Limits, Unreadable, refuse
from ediel.xml.parser import check_beginning, parse_checked

__all__ = ["Canonical", "Head", "head_of", "pieces_of", "write_canonical"]

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_PIECE: Final = 1 << 20
_FORMS: Final = 10_000
"""Start tags that are remembered: messages have a few hundred, and hostile ones would have any number."""
_IDENTIFICATIONS: Final = 1_000
_TAG: Final = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")
_TOKEN: Final = 16 << 20
"""Bytes of one tag, text or comment, about, that are held until it ends."""
_BODY: Final = 2
_SECOND: Final = 2
_MESSAGE: Final = 5
"""Levels: Envelope, Body, response, ResultDataSet, message."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an envelope whose Body was not read.

    Attributes:
        root: the envelope, with nothing inside the Body.
        envelope, body: names of both as they are written.
    """

    root: etree._Element
    envelope: str
    body: str


@dataclass(slots=True)
class Canonical:
    """Where things stand in the canonical form of a Body.

    Attributes:
        size: its bytes.
        child: where its one child begins and ends; (0, 0) without one.
        children: how many children the Body has.
        name: local name of the first child.
        result_set: the identification in it; ``None`` where it has none.
        begins, ends: where each message of its result set begins and ends.
        nodes: how many elements and attributes each message has.
        sets: how many elements hold messages.
        siblings: how many children the envelope has.
        identifications: the value of every attribute that could count as the identification of an element.
    """

    size: int = 0
    child: tuple[int, int] = (0, 0)
    children: int = 0
    name: str = ""
    result_set: str | None = None
    begins: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    nodes: array[int] = field(default_factory=lambda: array("Q"))
    sets: int = 0
    siblings: int = 0
    identifications: list[str] = field(default_factory=list)


class _Found(Exception):
    """The Body was reached."""


def head_of(beginning: bytes) -> Head:
    """The head of an envelope, whose Header was judged already.

    Args:
        beginning: the first bytes of the envelope, with the start of its Body among them.

    Raises:
        Unreadable: it is none.
    """
    check_beginning(beginning)
    names: list[str] = []
    place = depth = 0
    parser = expat.ParserCreate("UTF-8")
    parser.StartDoctypeDeclHandler = _no_doctype

    def start(name: str, _: object) -> None:
        nonlocal place, depth
        depth += 1
        if depth == 1 or (depth == _BODY and name.rpartition(":")[2] != "Header"):
            names.append(name)
        if depth == _BODY and len(names) == _BODY:
            place = parser.CurrentByteIndex
            raise _Found

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(beginning, False)
    except _Found:
        pass
    except expat.ExpatError as error:
        raise _not_well_formed(error) from None
    tag = _TAG.match(beginning, place) if place else None
    if tag is None or tag[0].endswith(b"/>"):
        raise _refused("The head of the envelope does not end in a Body with something in it.")
    envelope, body = names
    rest = f"</{body}></{envelope}>".encode()
    return Head(parse_checked(beginning[: tag.end()] + rest), envelope, body)


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file, a megabyte at a time, from where it stands."""
    while piece := file.read(_PIECE):
        yield piece


class _Context:
    """Namespaces at a place: those in scope, and those that the canonical form has declared there."""

    __slots__ = ("declared", "scope")

    def __init__(self, scope: dict[str, str], declared: dict[str, str]) -> None:
        self.scope = scope
        self.declared = declared


_Form = tuple[_Context, bytes, bytes, int]
"""What an element becomes: the context inside of it, its start tag, its end tag, how many nodes it is."""


def write_canonical(
    source: Iterable[bytes], out: IO[bytes], prefixes: tuple[str, ...], limits: Limits, largest: int
) -> Canonical:
    """Write the exclusive canonical form of the Body of an envelope, without comments.

    Args:
        source: the envelope, in pieces.
        out: where the form is written, from where it stands.
        prefixes: prefixes that are treated inclusively.
        limits: how deep elements may lie, and how many attributes one may have.
        largest: bytes of the form, at the most.

    Raises:
        Unreadable: it is not well-formed, too large, or there is something in it that is not read in pieces.
        OSError: the form cannot be written.
    """
    writer = _Writer(out, prefixes, limits)
    parser = expat.ParserCreate("UTF-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.ProcessingInstructionHandler = writer.instruction
    fed = 0
    try:
        for piece in source:
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > _TOKEN:
                raise _refused(f"A tag or a comment has more than {_TOKEN} bytes.")
            if writer.flush() > largest:
                raise _refused(f"The Body has more than {largest} bytes in canonical form.")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _not_well_formed(error) from None
    writer.flush()
    return writer.found


class _Writer:
    def __init__(self, out: IO[bytes], prefixes: tuple[str, ...], limits: Limits) -> None:
        self.found = Canonical()
        self._out = out
        self._inclusive = prefixes
        self._limits = limits
        self._pieces: list[bytes] = []
        self._written = 0
        self._inside = False
        self._depth = 0
        self._stack: list[tuple[_Context, bytes]] = [(_Context({"xml": _XML}, {}), b"")]
        self._forms: dict[tuple[_Context, str, tuple[str, ...]], _Form] = {}
        self._contexts: dict[tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]], _Context] = {}
        self._identification: list[str] | None = None
        self._in_set = False

    # --- what expat calls

    def start(self, name: str, attributes: list[str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > self._limits.depth:
            raise _refused(f"Elements are nested deeper than {self._limits.depth}.")
        if depth == _BODY:
            self.found.siblings += 1
            self._inside = self.found.siblings == _SECOND
        context = self._stack[-1][0]
        form = self._forms.get((context, name, tuple(attributes)))
        if form is None:
            form = self._form(context, name, attributes)
        inner, begin, end, nodes = form
        if self._inside:
            if depth <= _MESSAGE:
                self._reached(depth, name)
            if self._in_set and depth >= _MESSAGE:
                self.found.nodes[-1] += nodes
            self._put(begin)
        self._stack.append((inner, end))

    def end(self, _: str) -> None:
        depth = self._depth
        end = self._stack.pop()[1]
        self._depth = depth - 1
        if not self._inside:
            return
        self._put(end)
        if depth == _MESSAGE and self._in_set:
            self.found.ends.append(self._written)
        elif depth == _MESSAGE - 1:
            self._in_set = False
            if self._identification is not None:
                self.found.result_set, self._identification = "".join(self._identification), None
        elif depth == _BODY + 1 and self.found.children == 1:
            self.found.child = (self.found.child[0], self._written)
        elif depth == _BODY:
            self._inside = False
            self.found.size = self._written

    def text(self, text: str) -> None:
        if not self._inside:
            return
        if self._identification is not None and self._depth == _MESSAGE - 1:
            self._identification.append(text)
        if "&" in text or "<" in text or ">" in text or "\r" in text:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
        self._put(text.encode())

    def instruction(self, _target: str, _data: str) -> None:
        if self._inside:
            raise _refused("There is a processing instruction in the Body, which is not read in pieces.")

    def flush(self) -> int:
        """Write what is ready; returns how much there is by now."""
        self._out.write(b"".join(self._pieces))
        self._pieces.clear()
        return self._written

    # --- what is kept of it

    def _put(self, data: bytes) -> None:
        self._pieces.append(data)
        self._written += len(data)

    def _reached(self, depth: int, name: str) -> None:
        found, local = self.found, name.rpartition(":")[2]
        if depth == _BODY + 1:
            found.children += 1
            if found.children == 1:
                found.name, found.child = local, (self._written, self._written)
        elif depth == _MESSAGE - 1 and local == "ResultDataSet":
            found.sets += 1
            self._in_set = True
        elif depth == _MESSAGE - 1 and local == "Identification" and found.result_set is None:
            self._identification = []
        elif depth == _MESSAGE and self._in_set:
            found.begins.append(self._written)
            found.nodes.append(0)

    # --- the form of one start tag

    def _form(self, context: _Context, name: str, attributes: list[str]) -> _Form:
        """What an element becomes; remembered."""
        if len(attributes) > 2 * self._limits.attributes:
            raise _refused(f"There are more than {self._limits.attributes} attributes of one element.")
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        if any(key[0] == ":" or key[-1] == ":" for key in (name, *attributes[::2])):
            raise _refused("A name begins or ends with a colon.")
        declarations = {key[6:]: value for key, value in pairs if key == "xmlns" or key.startswith("xmlns:")}
        own = [(key, value) for key, value in pairs if key != "xmlns" and not key.startswith("xmlns:")]
        for prefix, uri in declarations.items():
            self._check_declaration(prefix, uri)
        scope = {**context.scope, **declarations} if declarations else context.scope
        remember = self._note_identifications(own)
        declared, begin = (
            self._start_tag(name, own, scope, context.declared) if self._inside else (context.declared, b"")
        )
        inner = context if not declarations and declared is context.declared else self._context(scope, declared)
        form = (inner, begin, f"</{name}>".encode(), 1 + len(pairs))
        if remember and self._inside:
            if len(self._forms) >= _FORMS:
                self._forms.clear()
            self._forms[context, name, tuple(attributes)] = form
        return form

    def _note_identifications(self, own: list[tuple[str, str]]) -> bool:
        """Note those of an element; whether there are none, so that its form may be remembered."""
        known = [value for key, value in own if key.rpartition(":")[2].lower() == "id"]
        self.found.identifications += known
        if len(self.found.identifications) > _IDENTIFICATIONS:
            raise _refused(f"There are more than {_IDENTIFICATIONS} identifications of elements.")
        return not known

    def _check_declaration(self, prefix: str, uri: str) -> None:
        if prefix in {"xml", "xmlns"} or uri == _XML or (prefix and not uri):
            raise _refused("A namespace is declared in a way that is not read in pieces.")
        if uri and not plain_uri(uri.encode()):
            raise _refused("The name of a namespace is relative or unusual, and not read in pieces.")

    def _start_tag(
        self, name: str, own: list[tuple[str, str]], scope: dict[str, str], declared: dict[str, str]
    ) -> tuple[dict[str, str], bytes]:
        """What is declared inside of an element, and its start tag."""
        used = {name.rpartition(":")[0]}
        sorted_by: list[tuple[str, str, str, str]] = []
        for key, value in own:
            prefix, _, local = key.rpartition(":")
            if prefix:
                used.add(prefix)
            sorted_by.append((_uri(scope, prefix) if prefix else "", local, key, value))
        sorted_by.sort()
        for one, other in pairwise(sorted_by):
            if one[:2] == other[:2]:
                raise _refused("An element has the same attribute twice.")
        used |= {prefix for prefix in self._inclusive if prefix in scope}
        used.discard("xml")
        new = {
            prefix: uri
            for prefix in sorted(used)
            if (uri := _uri(scope, prefix)) != declared.get(prefix, "" if not prefix else None)
        }
        parts = [f"<{name}"]
        parts += [f' xmlns{":" if prefix else ""}{prefix}="{_value(uri)}"' for prefix, uri in new.items()]
        parts += [f' {key}="{_value(value)}"' for _, _, key, value in sorted_by]
        parts.append(">")
        return ({**declared, **new} if new else declared), "".join(parts).encode()

    def _context(self, scope: dict[str, str], declared: dict[str, str]) -> _Context:
        key = frozenset(scope.items()), frozenset(declared.items())
        known = self._contexts.get(key)
        if known is None:
            if len(self._contexts) >= _FORMS:
                self._contexts.clear()
            known = self._contexts[key] = _Context(scope, declared)
        return known


def _uri(scope: dict[str, str], prefix: str) -> str:
    uri = scope.get(prefix, None if prefix else "")
    if uri is None:
        raise _refused("A prefix is used that has no namespace.")
    return uri


def _value(text: str) -> str:
    if '"' in text or "&" in text or "<" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        return text.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")
    return text


def _no_doctype(*_: object) -> None:
    raise refuse("READ/doctype", "A document type is not read.", found="<!DOCTYPE", expected="no document type")


def _not_well_formed(error: expat.ExpatError) -> Unreadable:
    words = expat.ErrorString(error.code) if error.code else "unknown"
    return refuse(
        "READ/not-well-formed",
        f"This is not well-formed XML (line {error.lineno}): {words}.",
        expected="well-formed XML",
        line=error.lineno,
        code="XSD",
        source="SoapUI 2.3",
    )


def _refused(text: str) -> Unreadable:
    return refuse("READ/limit", text, code="XSD")
