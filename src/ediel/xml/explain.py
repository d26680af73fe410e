"""Says what is wrong with an element that the schema refuses: every finding, in words a person can act on.

libxml2 gives the verdict; it is quick, but stops looking at a parent after its first misplaced child. This walks the
element beside xmlschema's component model of the same document instead, goes on after each mistake, and is only asked
when the verdict is already "not valid". One walk with its words, so one module.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Final

import xmlschema
from lxml import etree
from xmlschema.validators import XsdAttribute, XsdComplexType, XsdElement, XsdGroup, XsdIdentity, XsdSimpleType

from ediel.report import Finding
from ediel.xml._content_model import Slot, closest, expected_next, slots
from ediel.xml._envelope import message_name
from ediel.xml._names import masked_names, names_near
from ediel.xml._paths import Paths, local
from ediel.xml._privacy import is_personal, mask, names_person
from ediel.xml._simple_types import expected, simple, type_name
from ediel.xml._simple_types import problem as problem_of
from ediel.xml._words import one_of

__all__ = ["Explainer"]

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSI_ALLOWED: Final = frozenset({f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation", f"{_XSI}nil"})
_SHOWN: Final = 60
_CODE_LENGTH: Final = 4


@dataclass(slots=True)
class _Walk:
    """One explanation: where findings go, and how many may."""

    top: etree._Element
    messages: frozenset[str]
    limit: int
    show_personal: bool
    findings: list[tuple[etree._Element | None, Finding]] = field(default_factory=list)
    message: etree._Element | None = None
    paths: Paths = field(default_factory=Paths)

    @property
    def full(self) -> bool:
        return len(self.findings) >= self.limit

    def add(
        self,
        rule: str,
        text: str,
        element: etree._Element,
        *,
        child: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        component: str | None = None,
        line: int | None = None,
    ) -> None:
        if self.full:
            return
        path = self.paths.of(element, self.message if self.message is not None else self.top)
        path = f"{path}/{child}" if child else path
        if not self.show_personal:
            names = names_near(element, near="; did you mean " in text)
            path = masked_names(path, names)
            text = masked_names(text, names)
            found = None if found is None else masked_names(found, names)
        self.findings.append(
            (
                self.message,
                Finding(
                    f"XSD/{rule}",
                    text,
                    path=path,
                    line=line or element.sourceline,
                    found=found,
                    expected=expected,
                    code="XSD",
                    component=component,
                    source="EMIF 2.4.3 schema",
                ),
            )
        )

    def shown(self, text: str, element: etree._Element) -> str:
        """A value as it may be shown."""
        if not self.show_personal and (is_personal(element) or names_person(text)):
            return mask(text)
        flat = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
        return flat if flat.strip() == flat and flat else repr(flat)

    def shown_attribute(self, text: str, element: etree._Element) -> str:
        """The value of an attribute; those of EMIF are short codes, and nothing that short names a person."""
        return text if text and len(text) <= _CODE_LENGTH and text.strip() == text else self.shown(text, element)


class Explainer:
    """Explains elements by the schema document at ``path``."""

    _local: Final = threading.local()

    def __init__(self, path: Path) -> None:
        # libxml2 has compiled the document before, so checking it against the schema of schemas would only take time.
        self.schema = xmlschema.XMLSchema10(str(path), validation="skip", allow="local")

    @classmethod
    def for_document(cls, path: Path) -> Explainer:
        """The explainer of a document, kept per thread: building one takes a twentieth of a second."""
        kept: dict[Path, Explainer] = cls._local.__dict__.setdefault("explainers", {})
        if path not in kept:
            kept[path] = cls(path)
        return kept[path]

    def explain(
        self,
        element: etree._Element,
        *,
        messages: frozenset[str] = frozenset(),
        limit: int = 1000,
        show_personal: bool = False,
    ) -> list[tuple[etree._Element | None, Finding]]:
        """Every finding, each with the message element it belongs to (``None`` when it is outside of any).

        ``messages`` holds the expanded names of message elements: paths begin anew at each of them.
        """
        walk = _Walk(element, messages, limit, show_personal)
        declaration = self.schema.maps.elements.get(str(element.tag))
        if isinstance(declaration, XsdElement):
            self._element(element, declaration, walk)
        return walk.findings

    def _element(self, element: etree._Element, declared: XsdElement, walk: _Walk) -> None:
        if walk.full:
            return
        outside = walk.message
        if walk.message is None and element.tag in walk.messages:
            walk.message = element
        kind = declared.type
        self._attributes(element, kind, walk)
        nil = element.get(f"{_XSI}nil", "").strip() in {"true", "1"}
        if element.get(f"{_XSI}nil") is not None and not declared.nillable:
            walk.add(
                "nil", f"{local(declared.name)} cannot be nil; take the attribute xsi:nil out.", element,
                found="xsi:nil", component=local(declared.name),
            )  # fmt: skip
        elif nil:
            if len(element) or (element.text or "").strip():
                walk.add(
                    "nil", f"{local(declared.name)} is nil but not empty.", element, component=local(declared.name)
                )
        elif kind.is_simple() or kind.has_simple_content():
            self._value(element, declared, walk)
        elif isinstance(kind, XsdComplexType) and isinstance(kind.content, XsdGroup):
            self._text(element, walk)
            self._children(element, kind.content, walk)
        for identity in declared.identities:
            self._unique(element, identity, walk)
        walk.message = outside

    def _attributes(self, element: etree._Element, kind: XsdSimpleType | XsdComplexType, walk: _Walk) -> None:
        declared = _declared_attributes(kind)
        for name, text in element.attrib.items():
            item = declared.get(str(name))
            if item is None:
                if name not in _XSI_ALLOWED:
                    known = ", ".join(sorted(declared)) or "no attribute"
                    walk.add(
                        "unexpected-attribute",
                        f"The attribute {local(str(name))} does not belong here" + _did_you_mean(str(name), declared),
                        element, found=f"@{local(str(name))}", expected=known,
                    )  # fmt: skip
            elif problem := problem_of(item.type, str(text), item.fixed):
                walk.add(
                    "attribute-value", f"The value of the attribute {name} is not allowed{problem.hint}.", element,
                    found=walk.shown_attribute(str(text), element), expected=problem.expected,
                    component=type_name(item.type),
                )  # fmt: skip
        for name, item in declared.items():
            if item.use == "required" and name not in element.attrib:
                walk.add(
                    "missing-attribute", f"The attribute {name} is missing.", element,
                    expected=f"{name} = {expected(item.type)}", component=type_name(item.type),
                )  # fmt: skip

    def _text(self, element: etree._Element, walk: _Walk) -> None:
        texts = [element.text, *(child.tail for child in element)]
        stray = "".join(text for text in texts if text and text.strip())
        if stray:
            walk.add(
                "unexpected-text", f"{local(str(element.tag))} holds elements, no text of its own.", element,
                found=walk.shown(stray.strip(), element), expected="elements only",
            )  # fmt: skip

    def _value(self, element: etree._Element, declared: XsdElement, walk: _Walk) -> None:
        name = local(declared.name)
        for child in element:
            walk.add(
                "unexpected-element", f"{name} holds a value, no elements.", child, found=local(str(child.tag)),
                expected=expected(simple(declared.type)), component=type_name(declared.type),
            )  # fmt: skip
        if len(element):
            return
        text = element.text or ""
        if declared.fixed is not None:
            # libxml2 takes a fixed value to the letter: without white space, or no text node at all.
            if element.text is not None and text != declared.fixed:
                walk.add(
                    "value", f"The value of {name} is fixed: write {declared.fixed}, or leave the element empty.",
                    element, found=walk.shown(text, element) if text else "an empty CDATA section",
                    expected=declared.fixed,
                    component=type_name(declared.type),
                )  # fmt: skip
            return
        if problem := problem_of(simple(declared.type), text, declared.fixed):
            walk.add(
                "value", f"The value of {name} is not allowed{problem.hint}.", element,
                found=walk.shown(text, element) if text else "nothing", expected=problem.expected,
                component=type_name(declared.type),
            )  # fmt: skip

    def _children(self, element: etree._Element, group: XsdGroup, walk: _Walk) -> None:
        places = slots(group)
        place = 0
        strangers = False
        previous: etree._Element | None = None
        skipped: dict[int, tuple[etree._Element, etree._Element | None]] = {}
        for child in element:
            if walk.full:
                return
            tag = str(child.tag)
            at = next((i for i in range(place, len(places)) if tag in places[i].options), None)
            if at is None:
                outside = walk.message
                if outside is None and tag in walk.messages and message_name(tag) is None:
                    walk.message = child  # what stands in the place of a message, and is none that is known
                at = self._misplaced(child, tag, places, place, skipped, walk, previous)
                walk.message = outside
                if at is None:
                    strangers = True
                    continue
                tag = next((name for name in places[at].options if local(name) == closest(tag, places[at])), tag)
                if at < place:
                    if tag in places[at].options:
                        places[at].count += 1
                        self._element(child, places[at].options[tag], walk)
                    continue
            for index in range(place, at):
                if places[index].count < places[index].least:
                    skipped[index] = (child, previous)
            place = at
            slot = places[at]
            if slot.chosen is not None and slot.chosen != tag and slot.most is not None:
                walk.add(
                    "unexpected-element",
                    f"{local(tag)} cannot stand beside {local(slot.chosen)}: {one_of(slot.names())} is given.",
                    child, found=local(tag), expected=one_of(slot.names()), component=_name_of(element),
                )  # fmt: skip
            elif slot.full:
                limit = slot.limit(tag)
                walk.add(
                    "too-many", f"There are more than {limit} {local(tag)} here; take the others out.", child,
                    found=local(tag), expected=f"at most {limit} {local(tag)}", component=_name_of(element),
                )  # fmt: skip
            slot.chosen = slot.chosen or tag
            slot.count += 1
            self._element(child, slot.options[tag], walk)
            previous = child
        for index, slot in enumerate(places):
            # Where one of several may stand and something else does, "unexpected, expected one of" says it all.
            if slot.count < slot.least and not (strangers and len(slot.options) > 1):
                before, after = skipped.get(index, (None, previous))
                self._missing(element, slot, before, after, walk)

    def _misplaced(
        self,
        child: etree._Element,
        tag: str,
        places: list[Slot],
        place: int,
        skipped: dict[int, tuple[etree._Element, etree._Element | None]],
        walk: _Walk,
        previous: etree._Element | None,
    ) -> int | None:
        """Report a child that no slot from here on takes; the slot it was probably meant for, if any."""
        name = local(tag)
        names = [option for slot in places for option in slot.names()]
        earlier = next((i for i in range(place) if tag in places[i].options), None)
        if earlier is not None:
            skipped.pop(earlier, None)
            nearest = local(next(iter(places[place].options)))
            walk.add(
                "order", f"{name} stands too late: it comes before {nearest}.", child,
                found=f"{name} after {local(str(previous.tag)) if previous is not None else nearest}",
                expected=f"{name} before {nearest}", component=_name_of(child.getparent()),
            )  # fmt: skip
            return earlier
        same = next(((i, full) for i, slot in enumerate(places) for full in slot.options if local(full) == name), None)
        if same is not None:
            walk.add(
                "namespace", f"{name} is in the wrong namespace.", child, found=_namespace(tag),
                expected=_namespace(same[1]), component=_name_of(child.getparent()),
            )  # fmt: skip
            return same[0]
        close = get_close_matches(name, names, n=1, cutoff=0.75)
        following = expected_next(places, place)
        hint = f"; did you mean {close[0]}?" if close else "."
        walk.add(
            "unexpected-element", f"{name} does not belong here{hint}", child, found=name,
            expected=close[0] if close else following, component=_name_of(child.getparent()),
        )  # fmt: skip
        if close:
            return next(i for i, slot in enumerate(places) if close[0] in slot.names())
        return None

    def _missing(
        self,
        element: etree._Element,
        slot: Slot,
        before: etree._Element | None,
        after: etree._Element | None,
        walk: _Walk,
    ) -> None:
        names = slot.names()
        what = one_of(names)
        if after is not None:
            where = f" after {local(str(after.tag))}"
        elif before is not None:
            where = f" before {local(str(before.tag))}"
        else:
            where = ""
        line = after.sourceline if after is not None else element.sourceline
        walk.add(
            "missing-element", f"{what} is missing{where}.", element, child=names[0] if len(names) == 1 else None,
            expected=what, component=_name_of(element), line=line,
        )  # fmt: skip

    def _unique(self, element: etree._Element, identity: XsdIdentity, walk: _Walk) -> None:
        assert identity.selector is not None  # a schema without one does not load
        selector = local_path(identity.selector.path)
        for rule in identity.fields:
            target = local_path(rule.path)
            seen: dict[str, etree._Element] = {}
            for item in element:
                if local(str(item.tag)) != selector:
                    continue
                text = _field(item, target)
                if text is None:
                    continue
                key = text.strip()
                key = str(int(key)) if target.startswith("@") and re.fullmatch(r"[+-]?\d+", key) else key
                if key in seen:
                    first = seen[key]
                    walk.add(
                        "unique", f"{target.lstrip('@')} must differ between the {selector} elements; "
                        f"the one on line {first.sourceline} has the same.", item, found=walk.shown(key, item),
                        expected=f"another {target.lstrip('@')}", component=identity.local_name,
                    )  # fmt: skip
                else:
                    seen[key] = item


def local_path(path: str) -> str:
    """A one-step path without its prefix.

    >>> local_path("abie:Identification"), local_path("@Sequence")
    ('Identification', '@Sequence')
    """
    return path.rpartition(":")[2]


def _field(item: etree._Element, target: str) -> str | None:
    if target.startswith("@"):
        value = item.get(target[1:])
        return None if value is None else str(value)
    for child in item:
        if local(str(child.tag)) == target:
            return child.text or ""
    return None


@lru_cache(maxsize=1024)
def _declared_attributes(kind: XsdSimpleType | XsdComplexType) -> dict[str, XsdAttribute]:
    if isinstance(kind, XsdSimpleType):
        return {}
    return {str(name): item for name, item in kind.attributes.items() if isinstance(item, XsdAttribute)}


def _name_of(element: etree._Element | None) -> str | None:
    return None if element is None else local(str(element.tag))


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else "no namespace"


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(local(name), list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else "."
