"""The schema of a series as a program for the matcher.

What the matcher is to keep stands in ``_texts`` (texts of a series) and in ``REGISTERS`` (numbers of a value); where it
stands in a document, and which forms are allowed, comes from the schema alone. Where the schema says something that is
not understood here, there is no program, and everything is read the other way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
from lxml import etree

from ediel.messages import CollectedData, NotifyValidatedDataForBillingEnergy
from ediel.messages._base import ENTITIES
from ediel.series._columns import ESTIMATIONS, NOTHING, QUALITIES, VALIDATIONS
from ediel.series._texts import LEAVES, NUMBERS
from ediel.xml import packaged

__all__ = ["REGISTERS", "Program", "program"]

REGISTERS: Final = (
    ("sequence", "i4"), ("thousandths", "i8"), ("kind", "i1"), ("quality", "i1"), ("validation", "i1"),
    ("estimation", "i1"), ("imbalance", "i1"),
)  # fmt: skip
"""What is kept of each value, and how wide it is."""
_PLACE: Final = {name: place for place, (name, _) in enumerate(REGISTERS)}
_CODES: Final = {
    "Quality": ("quality", QUALITIES),
    "ValidationCode": ("validation", VALIDATIONS),
    "EstimationCode": ("estimation", ESTIMATIONS),
    "ImbalanceSettlement": ("imbalance", ("true",)),
}
_KINDS: Final = {
    "Observation": {"Metered": 0, "Estimated": 1, "Temporary": 2, "Calculated": 3},
    "ProfiledObservation": {"Metered": 4, "Estimated": 5, "Stipulated": 6, "Withdrawn": 7, "MeterIndex": 8},
}
"""Elements that are a row of values, and the kinds in them."""
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_MANY: Final = 2**31 - 1
_FACETS: Final[dict[str, frozenset[str]]] = {
    "xs:decimal": frozenset({"fractionDigits", "totalDigits", "maxExclusive", "minInclusive", "minExclusive"}),
    "xs:int": frozenset({"maxInclusive", "minInclusive"}),
    "xs:long": frozenset({"maxInclusive", "minInclusive"}),
    "xs:dateTime": frozenset({"pattern"}),
    "xs:string": frozenset({"pattern", "length", "minLength", "maxLength"}),
}
"""Facets that are understood, by what they restrict."""
_DECIMAL, _INTEGER, _MOMENT, _ONE_OF, _PATTERN = range(5)
_PLAIN: Final = "A-Za-z0-9-"
"""Strings without a pattern are taken where they are made of these."""
_STEP: Final = re.compile(r"(\[[^\]^\\]+\]|[A-Za-z0-9:-])(?:\{([0-9]+)(?:,([0-9]+))?\})?")


class _NotUnderstood(Exception):
    """The schema says something for which the matcher has no form."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program for the matcher.

    Attributes:
        words, texts: the program.
        spaces: names of the namespaces, as bytes.
        columns: where what is kept of a series stands, by name: the place of its first word.
        texts_at: of these, the texts; the others are numbers.
        blank: a row of a series before anything is known of it.
        most: how many series a message may have.
    """

    words: Any
    texts: bytes
    spaces: tuple[bytes, ...]
    columns: dict[str, int]
    texts_at: dict[str, int]
    blank: Any
    most: int


_MESSAGES: Final = tuple(model.namespace() for model in (CollectedData, NotifyValidatedDataForBillingEnergy))


def program(namespace: str) -> Program | None:
    """The program for the series of a message; nothing for other messages, or where the schema is not understood."""
    return _compiled(namespace) if namespace in _MESSAGES else None


@cache
def _compiled(namespace: str) -> Program | None:
    try:
        return _Compiler(namespace).program()
    except (_NotUnderstood, KeyError, ValueError):  # a facet that is missing, a number that is none
        return None


@dataclass
class _Table:
    """Rows of words."""

    rows: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, rows: Sequence[tuple[int, ...]]) -> int:
        self.rows += rows
        return len(self.rows) - len(rows)


class _Compiler:
    """One schema document, and those that it imports."""

    def __init__(self, namespace: str) -> None:
        self._spaces = [namespace, ENTITIES]
        self._texts = bytearray()
        names = ("particles", "options", "attributes", "types", "steps", "classes", "words")
        self._tables = {name: _Table() for name in names}
        self._elements: list[tuple[int, ...]] = []
        self._types: dict[Any, int] = {}
        self.columns: dict[str, int] = {}
        self._width = 3
        self._documents: dict[str, Any] = {}

    def program(self) -> Program:
        root = self._document(self._spaces[0])
        series = root.find(f".//{_XS}element[@name='PayloadEnergyTimeSeries']")
        if series is None:
            raise _NotUnderstood
        self._element(series, self._spaces[0], (), None)
        blank = np.full(self._width, -1, "i8")
        for name in NUMBERS:
            if name in self.columns:
                blank[self.columns[name]] = NOTHING
        ordered = (self._elements, *(table.rows for table in self._tables.values()))
        # the header is nine words: where each table begins, and how many elements there are
        parts, at, starts = [], 9, []
        for rows in ordered:
            flat = [word for row in rows for word in row]
            starts.append(at)
            at += len(flat)
            parts += flat
        words = np.array([*starts, len(self._elements), *parts], "i8").astype("u4").view("i4")
        return Program(
            words,
            bytes(self._texts),
            tuple(space.encode() for space in self._spaces),
            self.columns,
            {name: place for name, place in self.columns.items() if name not in NUMBERS},
            blank,
            int(series.get("maxOccurs", "1")),
        )

    def _document(self, namespace: str) -> Any:
        if namespace not in self._documents:
            self._documents[namespace] = etree.parse(packaged().path(namespace)).getroot()
        return self._documents[namespace]

    def _named(self, reference: str, at: Any) -> tuple[Any, str]:
        """A type by its name, and the namespace of its document."""
        prefix, _, name = reference.rpartition(":")
        namespace = at.nsmap[prefix or None]
        for kind in ("complexType", "simpleType"):
            found = self._document(namespace).find(f"{_XS}{kind}[@name='{name}']")
            if found is not None:
                return found, namespace
        raise _NotUnderstood

    def _text(self, text: str) -> tuple[int, int]:
        data = text.encode("ascii")
        place = self._texts.find(data)
        if place < 0:
            place = len(self._texts)
            self._texts += data
        return place, len(data)

    def _element(self, declared: Any, space: str, path: tuple[str, ...], row: str | None) -> int:
        """Add an element and all that is in it; gives its number."""
        number = len(self._elements)
        self._elements.append(())
        name = str(declared.get("name"))
        most = declared.get("maxOccurs", "1")
        begins = row is None and name in _KINDS
        here = (*path, name)
        kind, namespace = self._named(declared.get("type"), declared)
        column = store = mark = -1
        value = 0
        if row is not None and name in _KINDS[row]:
            mark, value = _PLACE["kind"], _KINDS[row][name]
        attributes: list[tuple[int, ...]] = []
        required = 0
        sequence, first, count = 0, 0, 0
        group = None
        if kind.tag == f"{_XS}complexType":
            group = next((item for item in kind if item.tag in {f"{_XS}sequence", f"{_XS}choice"}), None)
            extension = kind.find(f"{_XS}simpleContent/{_XS}extension")
            owner = kind if extension is None else extension
            declarations = owner.findall(f"{_XS}attribute")
            attributes = [self._attribute(item) for item in declarations]
            required = sum(1 << place for place, item in enumerate(declarations) if item.get("use") == "required")
            if extension is not None:
                kind, _ = self._named(extension.get("base"), extension)
            elif group is None:
                raise _NotUnderstood
        if group is not None:
            sequence = 1
            particles = self._particles(group, namespace, here, name if begins else row)
            first, count = self._tables["particles"].add(particles), len(particles)
        else:
            first = self._simple(kind, declared.get("fixed"))
            if row is not None:
                store = _PLACE["thousandths"] if self._kind(first) == _DECIMAL else -1
            else:
                column = self._column("/".join(here[1:]), first)
        self._elements[number] = (
            *self._text(name), self._spaces.index(space), _MANY if most == "unbounded" else int(most),
            self._tables["attributes"].add(attributes), len(attributes), required,
            sequence, first, count, column, store, mark, value, int(begins),
        )  # fmt: skip
        return number

    def _particles(
        self, group: Any, namespace: str, path: tuple[str, ...], row: str | None
    ) -> list[tuple[int, int, int]]:
        if group.tag == f"{_XS}choice":
            return [self._particle(list(group.iterchildren(f"{_XS}element")), group, namespace, path, row)]
        found = []
        for item in group.iterchildren(f"{_XS}*"):
            if item.tag == f"{_XS}element":
                found.append(self._particle([item], item, namespace, path, row))
            elif item.tag == f"{_XS}choice":
                found.append(self._particle(list(item.iterchildren(f"{_XS}element")), item, namespace, path, row))
            elif item.tag != f"{_XS}annotation":
                raise _NotUnderstood
        return found

    def _particle(
        self, items: list[Any], owner: Any, namespace: str, path: tuple[str, ...], row: str | None
    ) -> tuple[int, int, int]:
        if owner.tag == f"{_XS}choice" and (owner.get("maxOccurs", "1") != "1" or len(items) != _elements(owner)):
            raise _NotUnderstood
        numbers = [self._element(item, namespace, path, row) for item in items]
        least = int(owner.get("minOccurs", "1"))
        return self._tables["options"].add([(number,) for number in numbers]), len(numbers), least

    def _attribute(self, declared: Any) -> tuple[int, ...]:
        name = str(declared.get("name"))
        store, codes = -1, None
        if name == "Sequence":
            store = _PLACE["sequence"]
        elif name in _CODES:
            register, codes = _CODES[name]
            store = _PLACE[register]
        reference, fixed = declared.get("type"), declared.get("fixed")
        if reference == "xs:boolean" and fixed is not None:
            kind = self._words([fixed], codes)
        else:
            named, _ = self._named(reference, declared)
            kind = self._simple(named, fixed, codes)
        return (*self._text(name), kind, store)

    def _column(self, path: str, kind: int) -> int:
        """Where a text of a series is kept; texts that nobody asked for are looked at and let go."""
        name = LEAVES[path][0] if path in LEAVES else ""
        if not name:
            return -1
        if (name in NUMBERS) != (self._kind(kind) == _MOMENT):
            raise _NotUnderstood
        self.columns[name] = self._width
        self._width += 1 if name in NUMBERS else 2
        return self.columns[name]

    def _kind(self, number: int) -> int:
        return self._tables["types"].rows[number][0]

    def _simple(self, kind: Any, fixed: str | None, codes: tuple[str, ...] | None = None) -> int:
        """A simple type; gives its number."""
        key = (kind.get("name"), fixed, codes)
        if key not in self._types:
            self._types[key] = self._make(kind, fixed, codes)
        return self._types[key]

    def _make(self, kind: Any, fixed: str | None, codes: tuple[str, ...] | None) -> int:
        restriction = kind.find(f"{_XS}restriction")
        if restriction is None:
            raise _NotUnderstood
        facets: dict[str, list[str]] = {}
        for item in restriction.iterchildren(f"{_XS}*"):
            facets.setdefault(etree.QName(item).localname, []).append(str(item.get("value")))
        if fixed is not None:
            return self._words([fixed], codes)
        if set(facets) == {"enumeration"}:
            return self._words(facets["enumeration"], codes)
        base = str(restriction.get("base"))
        if not set(facets) <= _FACETS.get(base, frozenset()):
            raise _NotUnderstood
        if base == "xs:decimal":
            decimals, digits = int(facets["fractionDigits"][0]), int(facets["totalDigits"][0])
            most = int(facets["maxExclusive"][0])
            if decimals != 3 or most != 10 ** (digits - decimals):
                raise _NotUnderstood
            return self._type(_DECIMAL, digits - decimals, decimals, int("minExclusive" in facets))
        if base in {"xs:int", "xs:long"}:
            most = int(facets["maxInclusive"][0])
            if facets["minInclusive"] != ["0"] or set(str(most)) != {"9"}:
                raise _NotUnderstood
            return self._type(_INTEGER, len(str(most)), -1, 0)
        if base == "xs:dateTime":
            decimals_of = re.search(r"\\\.\[0-9\]\{0,([0-9]+)\}", "".join(facets.get("pattern", [])))
            if decimals_of is None:
                raise _NotUnderstood
            return self._type(_MOMENT, int(decimals_of[1]), 0, 0)
        if base == "xs:string":
            return self._string(facets)
        raise _NotUnderstood

    def _string(self, facets: dict[str, list[str]]) -> int:
        if "pattern" in facets and not {"minLength", "maxLength"} & set(facets):
            if len(facets["pattern"]) != 1:
                raise _NotUnderstood
            steps = _steps(facets["pattern"][0])
            least, most = sum(step[1] for step in steps), sum(step[2] for step in steps)
            if "length" in facets and (least, most) != (int(facets["length"][0]),) * 2:
                raise _NotUnderstood
        elif set(facets) == {"minLength", "maxLength"}:
            steps = [(_PLAIN, int(facets["minLength"][0]), int(facets["maxLength"][0]))]
        else:
            raise _NotUnderstood
        rows = [(self._tables["classes"].add([_members(members)]) * 4, least, most) for members, least, most in steps]
        return self._type(_PATTERN, self._tables["steps"].add(rows), len(rows), 0)

    def _words(self, words: list[str], codes: tuple[str, ...] | None) -> int:
        if codes is not None and not set(words) <= set(codes):
            raise _NotUnderstood
        rows = [(*self._text(word), 0 if codes is None else codes.index(word) + 1) for word in words]
        return self._type(_ONE_OF, self._tables["words"].add(rows), len(rows), 0)

    def _type(self, *row: int) -> int:
        return self._tables["types"].add([row])


def _elements(owner: Any) -> int:
    """How many particles there are in a group."""
    return sum(item.tag != f"{_XS}annotation" for item in owner.iterchildren(f"{_XS}*"))


def _steps(pattern: str) -> list[tuple[str, int, int]]:
    """A pattern as classes, each so many times: the only patterns that are understood."""
    found, at = [], 0
    while at < len(pattern):
        step = _STEP.match(pattern, at)
        if step is None:
            raise _NotUnderstood
        least = int(step[2] or 1)
        most = int(step[3] or least)
        if least != most and step.end() != len(pattern):
            raise _NotUnderstood  # where it ends would have to be tried out
        found.append((step[1].strip("[]"), least, most))
        at = step.end()
    return found


def _members(members: str) -> tuple[int, int, int, int]:
    """The characters of a class, a bit each."""
    bits = 0
    for char in re.findall(f"[{members}]", "".join(map(chr, range(33, 127)))):
        bits |= 1 << ord(char)
    low = (1 << 32) - 1
    return bits & low, bits >> 32 & low, bits >> 64 & low, bits >> 96 & low
