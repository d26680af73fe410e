"""Marks of a person: how they are found in texts, JSON and XML, and what stands in their place once they are erased."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final

from lxml import etree

from ediel.engine.errors import EngineError
from ediel.messages import MESSAGES, model
from ediel.messages._base import Composite, FieldSpec, fields_of
from ediel.messages._numbers import DecimalType
from ediel.processes._changes import mark_of
from ediel.xml._envelope import locate
from ediel.xml._privacy import CONTAINERS, ELEMENTS
from ediel.xml.parser import Unreadable, parse, unpack

__all__ = ["MASK", "Marks", "Person", "rewritten"]

MASK: Final = "***"
"""What stands in place of words about a person: a text that the schema takes wherever such words may stand."""
_ZERO: Final = "0"
_GAP: Final = "[ \\t\\r\\n.\u00a0\u202f-]?"
_LENGTHS: Final = (9, 11)
_LEAST: Final = 4
_CUSTOMER: Final = "ConsumerInvolvedCustomerParty"
_ESCAPED: Final = (b"&#", b"\x00", b"<!DOCTYPE")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the rights of access and erasure are about; an organisation, too. Nothing of it is shown.

    Attributes:
        identification: national identity number, D-number or organisation number, with or without spaces.
        also: other words by which the person may be found: an e-mail address, a phone number, a name that nobody else
            has. Each is found and erased wherever it stands, also in messages about others.
    """

    identification: str = field(repr=False)
    also: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        digits = re.sub(r"[\s.\-\u00a0\u202f]", "", self.identification)
        if not (digits.isascii() and digits.isdigit() and len(digits) in _LENGTHS):
            raise EngineError(
                f"the identification has {len(digits)} characters; expected the 11 digits of a national identity "
                "number or a D-number, or the 9 of an organisation number"
            )
        object.__setattr__(self, "identification", digits)
        short = [number for number, word in enumerate(self.also, 1) if len(word.strip()) < _LEAST]
        if short:
            raise EngineError(f"word {short[0]} of those to be found also is shorter than {_LEAST} characters")


class Marks:
    """Finds and masks what a person is known by."""

    def __init__(self, person: Person) -> None:
        self.identification = person.identification
        self.contract_mark = mark_of(person.identification)
        # begins with a digit alone: so the search is quick. What stands before it is looked at when it is found
        self._digits = re.compile(rf"{_GAP.join(person.identification)}(?!\d)")
        words = (self.contract_mark, *person.also)
        self._words = re.compile("|".join(r"\s+".join(map(re.escape, word.split())) for word in words), re.IGNORECASE)

    def in_text(self, text: str) -> bool:
        """Whether a text names the person."""
        return next(self._numbers(text), None) is not None or self._words.search(text) is not None

    def masked_text(self, text: str) -> str:
        """A text without the person."""
        parts, end = [], 0
        for start, after in self._numbers(text):
            parts += [text[end:start], MASK]
            end = after
        return self._words.sub(MASK, "".join((*parts, text[end:])))

    def _numbers(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the identification stands that is not the end of a longer number."""
        found = self._digits.search(text)
        while found is not None:
            start, end = found.span()
            if start and text[start - 1].isdecimal():
                end = start + 1
            else:
                yield start, end
            found = self._digits.search(text, end)

    # --- bytes

    def in_bytes(self, data: bytes) -> bool:
        """Whether bytes, XML mostly, plain or packed, name the person; characters written as numbers are read, too."""
        plain = _unpacked(data)
        if self.in_text(plain.decode(errors="replace")):
            return True
        if not any(item in plain for item in _ESCAPED):
            return False
        root = _tree(plain)
        if root is not None:
            return any(self.in_text(text) for element in _nodes(root) for text in _texts(element))
        return any(self.in_text(plain.decode(name, errors="replace")) for name in ("utf-16-le", "utf-16-be"))

    def masked_bytes(self, data: bytes, *, whole: frozenset[int] = frozenset()) -> bytes | None:
        """XML without the person; ``None`` where it cannot be parsed, and so cannot be masked.

        Where the person is named, all that the payload says of people and addresses is masked, not the name alone.

        Args:
            data: the bytes, plain or packed.
            whole: places of messages in which everything about people is masked, though they name nobody.
        """
        root = _tree(_unpacked(data))
        if root is None:
            return None
        named = [item for item in _nodes(root) if any(map(self.in_text, _texts(item)))]
        scopes = {id(scope): scope for scope in map(_payload_of, named)}
        if whole:
            messages = locate(root).messages
            for message in (messages[place] for place in sorted(whole) if place < len(messages)):
                if not self._names_another(message):
                    scopes[id(message)] = message
        for scope in scopes.values():
            _mask_people(scope)
        for item in _nodes(root):
            self._mask_node(item)
        return _written(root)

    def in_element(self, element: etree._Element) -> bool:
        """Whether a part of a document names the person."""
        return any(self.in_text(text) for node in element.iter() for text in _texts(node))

    def _names_another(self, message: etree._Element) -> bool:
        """Whether a message has the identification of another end user."""
        for element in message.iter("{*}Identification"):
            parent = element.getparent()
            if parent is not None and etree.QName(parent).localname == _CUSTOMER:
                text = element.text or ""
                if text != MASK and not self.in_text(text):
                    return True
        return False

    def _mask_node(self, node: etree._Element) -> None:
        if node.text and self.in_text(node.text):
            node.text = self.masked_text(node.text)
        if node.tail and self.in_text(node.tail):
            node.tail = self.masked_text(node.tail)
        if isinstance(node.tag, str):
            for name, value in node.attrib.items():
                if self.in_text(str(value)):
                    node.attrib[name] = self.masked_text(str(value))

    # --- JSON

    def masked_json(self, text: str, *, theirs: bool = False) -> str:
        """JSON without the person; a part that is itself JSON in a text is read, too.

        Args:
            text: an object, as the facts of a process are.
            theirs: it is about the person: members that name nobody else are masked as well.
        """
        found = json.loads(text, parse_float=Decimal)
        if not isinstance(found, dict):
            return self.masked_text(text)
        masked = {key: self._member(value, theirs=theirs) for key, value in found.items()}
        return text if masked == found else _dumped(masked)

    def _member(self, value: object, *, theirs: bool) -> object:
        plain = _opened(value)
        named = any(self.in_text(item) for item in _strings(plain))
        if named or (theirs and not _names_somebody(plain)):
            return _closed(value, self._mask_value(plain))
        return value

    def _mask_value(self, value: object) -> object:
        if isinstance(value, str):
            return self.masked_text(value)
        if isinstance(value, list):
            return [self._mask_value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._mask_field(value, key, item) for key, item in value.items()}
        return value

    def _mask_field(self, owner: dict[str, Any], key: str, value: object) -> object:
        places = _json_places()
        if key == "identification" and "identification_scheme" not in owner:
            return self._mask_value(value)
        if key in places and isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
            return places[key]
        return self._mask_value(value)


def rewritten(data: bytes) -> bytes | None:
    """XML as ``masked_bytes`` gives it where it masks nothing; ``None`` where it cannot be parsed."""
    root = _tree(_unpacked(data))
    return None if root is None else _written(root)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")


# --- what is personal, by the models


def _specs() -> Iterator[FieldSpec]:
    """The fields of every model."""
    for name in MESSAGES:
        model(name)  # is loaded
    kinds: list[type[Composite]] = [Composite]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind is not Composite and kind.model_fields:
            yield from fields_of(kind)


def _place_of(spec: FieldSpec) -> str:
    return _ZERO if isinstance(spec.wire, DecimalType) else MASK


@cache
def _json_places() -> dict[str, str]:
    """What stands in place of personal fields, by their names in the models."""
    return {spec.name: _place_of(spec) for spec in _specs() if spec.personal}


@cache
def _xml_places() -> tuple[dict[str, str], frozenset[str]]:
    """The same by names of elements; and those that stand beside them and are not personal."""
    specs = [spec for spec in _specs() if spec.kind == "element"]
    places = {spec.path[-1]: _place_of(spec) for spec in specs if spec.personal}
    return places, frozenset(spec.path[-1] for spec in specs if not spec.personal and spec.wire is not None)


def _mask_people(scope: etree._Element) -> None:
    """Mask all that is about people and addresses in a part of a message."""
    places, plain = _xml_places()
    for element in scope.iter(etree.Element):
        if not (element.text or "").strip() or len(element):
            continue
        name = etree.QName(element).localname
        contained = any(etree.QName(item).localname in CONTAINERS for item in element.iterancestors())
        if contained and (name in places or name not in plain):
            element.text = places.get(name, MASK)
        elif not contained and name in ELEMENTS:
            element.text = MASK


def _names_somebody(value: object) -> bool:
    """Whether a value has the identification of an end user."""
    if isinstance(value, list):
        return any(map(_names_somebody, value))
    if not isinstance(value, dict):
        return False
    own = value.get("identification") not in (None, MASK) and value.get("identification_scheme") is not None
    return own or any(map(_names_somebody, value.values()))


# --- trees and texts


def _unpacked(data: bytes) -> bytes:
    try:
        return unpack(data)
    except Unreadable:
        return data


def _tree(data: bytes) -> etree._Element | None:
    try:
        return parse(data)
    except Unreadable:
        return None


def _nodes(root: etree._Element) -> list[etree._Element]:
    """Elements, comments and processing instructions, those beside the root too."""
    return [*root.itersiblings(preceding=True), *root.iter(), *root.itersiblings()]


def _texts(node: etree._Element) -> Iterator[str]:
    for text in (node.text, node.tail):
        if text:
            yield text
    if isinstance(node.tag, str):
        yield from map(str, node.attrib.values())


def _payload_of(node: etree._Element) -> etree._Element:
    """The payload that a node stands in; the node itself outside of any."""
    for item in (node, *node.iterancestors()):
        if isinstance(item.tag, str) and etree.QName(item).localname.startswith("Payload"):
            return item
    return node


def _opened(value: object) -> object:
    """A text that holds JSON, as what it holds."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value, parse_float=Decimal)
        except ValueError:
            return value
    return value


def _closed(before: object, after: object) -> object:
    return _dumped(after) if isinstance(before, str) and not isinstance(after, str) else after


def _dumped(value: object) -> str:
    """JSON; what would be a number with a fraction is one again."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
