"""Says what is wrong with an element that the schema refuses: every finding, in words a person can act on.

libxml2 gives the verdict; it is quick, but stops looking at a parent after its first misplaced child. This walks the
element beside xmlschema's component model of the same document instead, goes on after each mistake, and is only asked
when the verdict is already "not valid".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import xmlschema
from lxml import etree
from xmlschema.validators import XsdElement, XsdGroup

from ediel.report import Finding
from ediel.xml._paths import local, path_of
from ediel.xml._privacy import is_personal, mask

__all__ = ["Explainer"]

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_XSI_ALLOWED: Final = frozenset({f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation", f"{_XSI}nil"})
_SHOWN: Final = 60
_CODE_LENGTH: Final = 4
_MANY_CODES: Final = 12


@dataclass(slots=True)
class _Slot:
    """A place in a content model: one element, or a choice of some."""

    options: dict[str, XsdElement]
    least: int
    most: int | None
    count: int = 0
    taken: str | None = None

    def limit(self, name: str) -> int | None:
        """How often an element may stand here."""
        if len(self.options) == 1 or self.most is None:
            return self.most
        return self.options[name].max_occurs

    @property
    def full(self) -> bool:
        if self.taken is None:
            return False
        limit = self.limit(self.taken)
        return limit is not None and self.count >= limit

    def names(self) -> list[str]:
        return [local(name) for name in self.options]


def _slots(group: XsdGroup) -> list[_Slot]:
    """The content model as a list; EMIF uses sequences of elements and of one choice, or one choice alone."""
    if group.model == "choice":
        options = {str(item.name): item for item in group if isinstance(item, XsdElement)}
        most = None if group.max_occurs is None else 1
        return [_Slot(options, group.min_occurs, most)]
    slots: list[_Slot] = []
    for item in group:
        if isinstance(item, XsdElement):
            slots.append(_Slot({str(item.name): item}, item.min_occurs, item.max_occurs))
        elif isinstance(item, XsdGroup):
            slots.extend(_slots(item))
    return slots


@dataclass(slots=True)
class _Walk:
    """One explanation: where findings go, and how many may."""

    top: etree._Element
    messages: frozenset[str]
    limit: int
    show_personal: bool
    findings: list[tuple[etree._Element | None, Finding]] = field(default_factory=list)
    message: etree._Element | None = None

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
        path = path_of(element, self.message if self.message is not None else self.top)
        self.findings.append(
            (
                self.message,
                Finding(
                    f"XSD/{rule}",
                    text,
                    path=f"{path}/{child}" if child else path,
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
        if not self.show_personal and is_personal(element):
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
        kind: Any = declared.type
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
        else:
            self._text(element, walk)
            self._children(element, kind.content, walk)
        for identity in declared.identities:
            self._unique(element, identity, walk)
        walk.message = outside

    def _attributes(self, element: etree._Element, kind: Any, walk: _Walk) -> None:
        declared = (
            {} if kind.is_simple() else {name: item for name, item in kind.attributes.items() if name is not None}
        )
        for name, text in element.attrib.items():
            item = declared.get(str(name))
            if item is None:
                if name not in _XSI_ALLOWED:
                    expected = ", ".join(sorted(declared)) or "no attribute"
                    walk.add(
                        "unexpected-attribute",
                        f"The attribute {local(str(name))} does not belong here" + _did_you_mean(str(name), declared),
                        element, found=f"@{local(str(name))}", expected=expected,
                    )  # fmt: skip
            elif problem := _problem(item.type, str(text), item.fixed):
                walk.add(
                    "attribute-value", f"The value of the attribute {name} is not allowed{problem.hint}.", element,
                    found=walk.shown_attribute(str(text), element), expected=problem.expected,
                    component=_name(item.type),
                )  # fmt: skip
        for name, item in declared.items():
            if item.use == "required" and name not in element.attrib:
                walk.add(
                    "missing-attribute", f"The attribute {name} is missing.", element,
                    expected=f"{name} = {_expected(item.type)}", component=_name(item.type),
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
                expected=_expected(_simple(declared.type)), component=_name(declared.type),
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
                    component=_name(declared.type),
                )  # fmt: skip
            return
        if problem := _problem(_simple(declared.type), text, declared.fixed):
            walk.add(
                "value", f"The value of {name} is not allowed{problem.hint}.", element,
                found=walk.shown(text, element) if text else "nothing", expected=problem.expected,
                component=_name(declared.type),
            )  # fmt: skip

    def _children(self, element: etree._Element, group: XsdGroup, walk: _Walk) -> None:
        slots = _slots(group)
        place = 0
        strangers = False
        previous: etree._Element | None = None
        skipped: dict[int, tuple[etree._Element, etree._Element | None]] = {}
        for child in element:
            if walk.full:
                return
            tag = str(child.tag)
            at = next((i for i in range(place, len(slots)) if tag in slots[i].options), None)
            if at is None:
                at = self._misplaced(child, tag, slots, place, skipped, walk, previous)
                if at is None:
                    strangers = True
                    continue
                tag = next((name for name in slots[at].options if local(name) == _closest(tag, slots[at])), tag)
                if at < place:
                    if tag in slots[at].options:
                        slots[at].count += 1
                        self._element(child, slots[at].options[tag], walk)
                    continue
            for index in range(place, at):
                if slots[index].count < slots[index].least:
                    skipped[index] = (child, previous)
            place = at
            slot = slots[at]
            if slot.taken is not None and slot.taken != tag and slot.most is not None:
                walk.add(
                    "unexpected-element",
                    f"{local(tag)} cannot stand beside {local(slot.taken)}: {_one_of(slot.names())} is given.",
                    child, found=local(tag), expected=_one_of(slot.names()), component=_name_of(element),
                )  # fmt: skip
            elif slot.full:
                limit = slot.limit(tag)
                walk.add(
                    "too-many", f"There are more than {limit} {local(tag)} here; take the others out.", child,
                    found=local(tag), expected=f"at most {limit} {local(tag)}", component=_name_of(element),
                )  # fmt: skip
            slot.taken = slot.taken or tag
            slot.count += 1
            self._element(child, slot.options[tag], walk)
            previous = child
        for index, slot in enumerate(slots):
            # Where one of several may stand and something else does, "unexpected, expected one of" says it all.
            if slot.count < slot.least and not (strangers and len(slot.options) > 1):
                before, after = skipped.get(index, (None, previous))
                self._missing(element, slot, before, after, walk)

    def _misplaced(
        self,
        child: etree._Element,
        tag: str,
        slots: list[_Slot],
        place: int,
        skipped: dict[int, tuple[etree._Element, etree._Element | None]],
        walk: _Walk,
        previous: etree._Element | None,
    ) -> int | None:
        """Report a child that no slot from here on takes; the slot it was probably meant for, if any."""
        name = local(tag)
        names = [option for slot in slots for option in slot.names()]
        earlier = next((i for i in range(place) if tag in slots[i].options), None)
        if earlier is not None:
            skipped.pop(earlier, None)
            nearest = local(next(iter(slots[place].options)))
            walk.add(
                "order", f"{name} stands too late: it comes before {nearest}.", child,
                found=f"{name} after {local(str(previous.tag)) if previous is not None else nearest}",
                expected=f"{name} before {nearest}", component=_name_of(child.getparent()),
            )  # fmt: skip
            return earlier
        same = next(((i, full) for i, slot in enumerate(slots) for full in slot.options if local(full) == name), None)
        if same is not None:
            walk.add(
                "namespace", f"{name} is in the wrong namespace.", child, found=_namespace(tag),
                expected=_namespace(same[1]), component=_name_of(child.getparent()),
            )  # fmt: skip
            return same[0]
        close = get_close_matches(name, names, n=1, cutoff=0.75)
        expected = _expected_next(slots, place)
        hint = f"; did you mean {close[0]}?" if close else "."
        walk.add(
            "unexpected-element", f"{name} does not belong here{hint}", child, found=name,
            expected=close[0] if close else expected, component=_name_of(child.getparent()),
        )  # fmt: skip
        if close:
            return next(i for i, slot in enumerate(slots) if close[0] in slot.names())
        return None

    def _missing(
        self,
        element: etree._Element,
        slot: _Slot,
        before: etree._Element | None,
        after: etree._Element | None,
        walk: _Walk,
    ) -> None:
        names = slot.names()
        what = _one_of(names)
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

    def _unique(self, element: etree._Element, identity: Any, walk: _Walk) -> None:
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


def _name_of(element: etree._Element | None) -> str | None:
    return None if element is None else local(str(element.tag))


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else "no namespace"


def _closest(tag: str, slot: _Slot) -> str:
    names = slot.names()
    name = local(tag)
    return name if name in names else (get_close_matches(name, names, n=1, cutoff=0.75) or names[:1])[0]


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(local(name), list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else "."


def _expected_next(slots: list[_Slot], place: int) -> str:
    """What could stand at a place: everything up to the next element that must."""
    names: list[str] = []
    for slot in slots[place:]:
        if not slot.full:
            names.extend(slot.names())
        if slot.count < slot.least:
            break
    return _one_of(names) if names else "the end of the element"


def _one_of(names: list[str]) -> str:
    """Names to choose from, as many as a person wants to read."""
    if len(names) == 1:
        return names[0]
    more = f" and {len(names) - _MANY_CODES} more" if len(names) > _MANY_CODES else ""
    return f"one of {', '.join(names[:_MANY_CODES])}{more}"


@dataclass(frozen=True, slots=True)
class _Problem:
    expected: str
    hint: str = ""


def _simple(kind: Any) -> Any:
    return kind if kind.is_simple() else kind.content


def _name(kind: Any) -> str | None:
    while kind is not None and not kind.name:
        kind = kind.base_type
    return local(kind.name) if kind is not None else None


def _problem(kind: Any, text: str, fixed: str | None) -> _Problem | None:
    """What is wrong with a text by a simple type."""
    if next(iter(_errors(kind, text)), None) is None:
        if fixed is None or _same(kind, text, fixed):
            return None
        return _Problem(fixed)
    return _Problem(_expected(kind) if fixed is None else fixed, _hint(kind, text))


def _errors(kind: Any, text: str) -> Iterator[Any]:
    try:
        yield from kind.iter_errors(text)
    except (ValueError, ArithmeticError) as error:
        yield error


def _same(kind: Any, text: str, fixed: str) -> bool:
    try:
        return bool(kind.decode(text) == kind.decode(fixed))
    except (xmlschema.XMLSchemaException, ValueError, ArithmeticError):  # a text it cannot decode is not the same
        return False


def _facets(kind: Any) -> dict[str, Any]:
    """Facets along the derivation, the nearest first."""
    found: dict[str, Any] = {}
    while kind is not None and hasattr(kind, "facets"):
        for name, facet in kind.facets.items():
            if name is not None:
                found.setdefault(local(name), facet)
        kind = kind.base_type
    return found


def _expected(kind: Any) -> str:
    """What a simple type allows, in words."""
    kind = _simple(kind)
    facets = _facets(kind)
    if "enumeration" in facets:
        codes = [str(code) for code in facets["enumeration"].enumeration]
        return _one_of(codes)
    base = local(getattr(kind.primitive_type, "name", "")) or "string"
    if base == "boolean":
        return "true or false" if "pattern" in facets else "true or false (1 or 0)"
    if base == "dateTime":
        pattern = facets["pattern"].regexps[0] if "pattern" in facets else ""
        most = re.search(r"\{0,(\d)\}\)", pattern)
        decimals = f", at most {most[1]} decimals of a second" if most else ""
        return f"a date and time with Z or an offset, such as 2026-12-01T00:00:00+01:00{decimals}"
    if base == "decimal":
        return _number_in_words(kind, facets)
    if "pattern" in facets:
        return _pattern_in_words(facets["pattern"].regexps[0])
    if "length" in facets:
        return f"{facets['length'].value} characters"
    if "minLength" in facets and "maxLength" in facets:
        return f"{facets['minLength'].value} to {facets['maxLength'].value} characters"
    return base


def _pattern_in_words(pattern: str) -> str:
    if plain := re.fullmatch(r"\[0-9\]\{(\d+)\}", pattern):
        return f"{plain[1]} digits"
    if pattern.startswith("[0-9a-f]{8}-"):
        return "a UUID in lower case, such as 123e4567-e89b-12d3-a456-426655440000"
    return f"a text like {pattern}"


def _number_in_words(kind: Any, facets: dict[str, Any]) -> str:
    whole = facets.get("fractionDigits") is not None and int(facets["fractionDigits"].value) == 0
    parts = ["a whole number" if whole or _is_integer(kind) else "a decimal number with a point"]
    if "totalDigits" in facets:
        parts.append(f"at most {facets['totalDigits'].value} digits")
    if "fractionDigits" in facets and not whole:
        parts.append(f"at most {facets['fractionDigits'].value} decimals")
    for name, word in (
        ("minInclusive", "from"), ("minExclusive", "above"), ("maxInclusive", "up to"), ("maxExclusive", "below"),
    ):  # fmt: skip
        if name in facets:
            parts.append(f"{word} {facets[name].value}")
    return ", ".join(parts)


def _is_integer(kind: Any) -> bool:
    while kind is not None:
        if local(kind.name) in {"int", "long", "integer"}:
            return True
        kind = kind.base_type
    return False


def _hint(kind: Any, text: str) -> str:
    """A word on the usual mistakes."""
    base = local(getattr(kind.primitive_type, "name", ""))
    stripped = text.strip()
    if base == "decimal" and re.fullmatch(r"[+-]?\d+,\d+", stripped):
        return "; write a decimal point, not a comma"
    if base == "dateTime" and re.fullmatch(r"[^Z]*T\d\d:\d\d(:\d\d(\.\d+)?)?", stripped):
        return "; the time zone is missing, add Z or an offset such as +01:00"
    if base == "dateTime" and re.fullmatch(r"\d{4}-\d\d-\d\d", stripped):
        return "; the time of day and the time zone are missing"
    if base == "boolean" and stripped in {"1", "0"}:
        return f"; write {'true' if stripped == '1' else 'false'}"
    facets = _facets(kind)
    if "enumeration" in facets:
        codes = [str(code) for code in facets["enumeration"].enumeration]
        exact = next((code for code in codes if code.lower() == stripped.lower()), None)
        if exact and exact == stripped:
            return "; take the white space around it out"
        if exact:
            return f"; write {exact}"
    if "pattern" in facets and stripped != stripped.lower() and "[0-9a-f]" in facets["pattern"].regexps[0]:
        return "; write it in lower case"
    return ""
