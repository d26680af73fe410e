"""What a series may be, as a program for the matcher.

What the matcher is to keep stands in ``_texts`` (texts of a series) and in ``REGISTERS`` (numbers of a value); where it
stands in a document, and which forms are allowed, comes from the declarations of the messages, as the schema documents
do. Where they say something that is not understood here, there is no program, and everything is read the other way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np

from ediel.identifiers import Uuid
from ediel.messages._base import ENTITIES
from ediel.messages._numbers import DecimalType, IntType
from ediel.messages._wire_types import CodeType, Id, MomentType, UuidType, Wire, texts_of
from ediel.messages.series_layout import (
    INTERVAL_FORMS,
    OBSERVATION,
    PROFILED,
    PROFILED_FORMS,
    Element,
    Mark,
    element_of,
)
from ediel.series._columns import NOTHING
from ediel.series._texts import NUMBERS, kept

__all__ = ["REGISTERS", "Program", "program"]

REGISTERS: Final = (
    ("sequence", "i4"), ("thousandths", "i8"), ("kind", "i1"), ("quality", "i1"), ("validation", "i1"),
    ("estimation", "i1"), ("imbalance", "i1"),
)  # fmt: skip
"""What is kept of each value, and how wide it is."""
_PLACE: Final = {name: place for place, (name, _) in enumerate(REGISTERS)}
_STORES: Final = {
    "sequence": "sequence", "quality": "quality", "validation_code": "validation", "estimation_code": "estimation",
    "imbalance_settlement": "imbalance",
}  # fmt: skip
"""What is kept of a value's attributes, by their fields."""
_KINDS: Final = {
    OBSERVATION: {form.element: place for place, form in enumerate(INTERVAL_FORMS)},
    PROFILED: {form.element: place for place, form in enumerate(PROFILED_FORMS, len(INTERVAL_FORMS))},
}
"""Elements that are a row of values, and the kinds in them."""
_MANY: Final = 2**31 - 1
_DECIMAL, _INTEGER, _MOMENT, _ONE_OF, _PATTERN = range(5)
_DECIMALS: Final = 3
_PLAIN: Final = "A-Za-z0-9-"
"""Strings without a pattern are taken where they are made of these."""
_STEP: Final = re.compile(r"(\[[^\]^\\]+\]|[A-Za-z0-9:-])(?:\{([0-9]+)(?:,([0-9]+))?\})?")


class _NotUnderstood(Exception):
    """The declarations say something for which the matcher has no form."""


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


def program(namespace: str) -> Program | None:
    """The program for the series of a message; nothing for other messages, or where the schema is not understood."""
    series = _series(namespace)
    return None if series is None else _compiled(series)


@cache
def _series(namespace: str) -> Element | None:
    return element_of(namespace)


@cache
def _compiled(series: Element) -> Program | None:
    try:
        return _Compiler(series).program()
    except _NotUnderstood:
        return None


@dataclass
class _Table:
    """Rows of words."""

    rows: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, rows: Sequence[tuple[int, ...]]) -> int:
        self.rows += rows
        return len(self.rows) - len(rows)


class _Compiler:
    """The series of one message."""

    def __init__(self, series: Element) -> None:
        self._series = series
        self._spaces = [series.namespace, ENTITIES]
        self._texts = bytearray()
        names = ("particles", "options", "attributes", "types", "steps", "classes", "words")
        self._tables = {name: _Table() for name in names}
        self._elements: list[tuple[int, ...]] = []
        self._types: dict[tuple[Wire | None, tuple[str, ...], bool], int] = {}
        self.columns: dict[str, int] = {}
        self._width = 3

    def program(self) -> Program:
        self._element(self._series, (), None)
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
            self._series.most,
        )

    def _text(self, text: str) -> tuple[int, int]:
        data = text.encode("ascii")
        place = self._texts.find(data)
        if place < 0:
            place = len(self._texts)
            self._texts += data
        return place, len(data)

    def _element(self, element: Element, path: tuple[str, ...], row: str | None) -> int:
        """Add an element and all that is in it; gives its number."""
        number = len(self._elements)
        self._elements.append(())
        begins = row is None and element.name in _KINDS
        here = (*path, element.name)
        column = store = mark = -1
        value = 0
        if row is not None and element.name in _KINDS[row]:
            mark, value = _PLACE["kind"], _KINDS[row][element.name]
        attributes = [self._attribute(item) for item in element.attributes]
        required = sum(1 << place for place, item in enumerate(element.attributes) if item.required)
        sequence, count = 0, 0
        if element.parts:
            sequence = 1
            particles = [self._particle(part, here, element.name if begins else row) for part in element.parts]
            first, count = self._tables["particles"].add(particles), len(particles)
        else:
            fixed = () if element.fixed is None else (element.fixed,)
            first = self._simple(element.wire, fixed)
            if row is not None:
                store = _PLACE["thousandths"] if self._kind(first) == _DECIMAL else -1
            else:
                column = self._column("/".join(here[1:]), first)
        self._elements[number] = (
            *self._text(element.name), self._spaces.index(element.namespace), min(element.most, _MANY),
            self._tables["attributes"].add(attributes), len(attributes), required,
            sequence, first, count, column, store, mark, value, int(begins),
        )  # fmt: skip
        return number

    def _particle(self, part: tuple[Element, ...], path: tuple[str, ...], row: str | None) -> tuple[int, int, int]:
        numbers = [self._element(item, path, row) for item in part]
        least = min(item.least for item in part)
        return self._tables["options"].add([(number,) for number in numbers]), len(numbers), least

    def _attribute(self, mark: Mark) -> tuple[int, ...]:
        register = _STORES.get(mark.field)
        kind = self._simple(mark.wire, mark.texts, numbered=register is not None)
        return (*self._text(mark.name), kind, -1 if register is None else _PLACE[register])

    def _column(self, path: str, kind: int) -> int:
        """Where a text of a series is kept; texts that nobody asked for are looked at and let go."""
        name = kept(path)
        if name is None:
            return -1
        if (name in NUMBERS) != (self._kind(kind) == _MOMENT):
            raise _NotUnderstood
        self.columns[name] = self._width
        self._width += 1 if name in NUMBERS else 2
        return self.columns[name]

    def _kind(self, number: int) -> int:
        return self._tables["types"].rows[number][0]

    def _simple(self, wire: Wire | None, texts: tuple[str, ...], *, numbered: bool = False) -> int:
        """A type of text, or one of a few texts, numbered from one or not; gives its number."""
        key = (wire, texts, numbered)
        if key not in self._types:
            self._types[key] = self._make(wire, texts, numbered=numbered)
        return self._types[key]

    def _make(self, wire: Wire | None, texts: tuple[str, ...], *, numbered: bool) -> int:
        known = texts or (texts_of(wire) if isinstance(wire, CodeType) else ())
        if known:
            rows = [(*self._text(text), place if numbered else 0) for place, text in enumerate(known, 1)]
            return self._type(_ONE_OF, self._tables["words"].add(rows), len(rows), 0)
        match wire:
            case DecimalType():
                return self._decimal(wire)
            case IntType():
                if set(str(wire.most)) != {"9"}:
                    raise _NotUnderstood
                return self._type(_INTEGER, len(str(wire.most)), -1, 0)
            case MomentType():
                return self._type(_MOMENT, wire.decimals, 0, 0)
            case UuidType():
                return self._pattern(_steps(Uuid.shape))
            case Id():
                most = 0 if wire.most is None else wire.most
                return self._pattern([(_PLAIN, 1, most)] if wire.pattern is None else _steps(wire.pattern))
        raise _NotUnderstood

    def _decimal(self, wire: DecimalType) -> int:
        whole = 0 if wire.digits is None else wire.digits - wire.decimals
        limit = str(10**whole)
        lowest = (wire.least, wire.least_exclusive) in {("0", None), (None, f"-{limit}")}
        if wire.decimals != _DECIMALS or wire.most_exclusive != limit or wire.most is not None or not lowest:
            raise _NotUnderstood
        return self._type(_DECIMAL, whole, wire.decimals, int(wire.least is None))

    def _pattern(self, steps: list[tuple[str, int, int]]) -> int:
        rows = [(self._tables["classes"].add([_members(members)]) * 4, least, most) for members, least, most in steps]
        return self._type(_PATTERN, self._tables["steps"].add(rows), len(rows), 0)

    def _type(self, *row: int) -> int:
        return self._tables["types"].add([row])


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
