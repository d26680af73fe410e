"""From a valid element to a typed model, compiled once per model from its declarations.

The schema has been checked before, so values are taken over without being checked again; a property test holds the two
paths together (what is read here equals what pydantic would accept).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeVar

from lxml import etree

from ediel.codes import Agency, Code, EndUserScheme
from ediel.messages._base import ENTITIES, Composite, FieldSpec, fields_of
from ediel.messages._observations import (
    ESTIMATION_CODES,
    KINDS,
    QUALITIES,
    VALIDATION_CODES,
    Observations,
    split,
)
from ediel.messages.header import Message

M = TypeVar("M", bound=Composite)
Values = dict[str, Any]
Handler = Callable[[etree._Element, Values], bool | None]
"""Puts what an element says into the values; true when it has taken the rest of its siblings too."""
Build = Callable[[etree._Element], object]
Parse = Callable[[str], object]

_new = object.__new__
_set = object.__setattr__


@dataclass(slots=True)
class _Plan:
    """How the element of a model is read."""

    leaves: dict[str, tuple[str, Parse]] = field(default_factory=dict)
    """Children that hold a value: by far the most usual, so they are read in place."""
    handlers: dict[str, Handler] = field(default_factory=dict)
    """All other children."""
    attributes: list[tuple[str, str, Parse]] = field(default_factory=list)
    content: tuple[str, Parse] | None = None
    agency: tuple[str, str, type[Code]] | None = None
    """Issuer of the content: field, attribute, code list."""
    lists: list[str] = field(default_factory=list)
    defaults: Values = field(default_factory=dict)


def _plan(model: type[Composite], uri: str) -> _Plan:
    plan = _Plan()
    for spec in fields_of(model):
        wire = spec.wire
        tag = f"{{{uri}}}{spec.path[0]}" if spec.path else ""
        match spec.kind:
            case "element" if wire is not None and len(spec.path) == 1 and spec.agency is None:
                plan.leaves[tag] = spec.name, wire.parser()
            case "element":
                plan.handlers[tag] = _handler(spec, model)
                if spec.many:
                    plan.lists.append(spec.name)
            case "attribute":
                assert wire is not None
                plan.attributes.append((spec.name, spec.path[0], wire.parser()))
            case "content":
                assert wire is not None
                plan.content = spec.name, wire.parser()
                if spec.agency and wire.agency:
                    plan.agency = spec.agency, wire.agency[0], _agency_codes(model, spec.agency)
    plan.defaults = {
        name: () if name in plan.lists else None if info.default_factory or info.is_required() else info.default
        for name, info in model.model_fields.items()
    }
    return plan


@cache
def reader(model: type[M], namespace: str | None = None) -> Callable[[etree._Element], M]:
    """A function from an element to the model; ``namespace`` is that of the children, if not the shared one."""
    plan = _plan(model, namespace or (model.namespace() if issubclass(model, Message) else ENTITIES))
    find_leaf, find = plan.leaves.get, plan.handlers.get
    lists, defaults = plan.lists, plan.defaults

    def finish(values: Values) -> M:
        instance = _new(model)
        _set(instance, "__dict__", {**defaults, **values})
        _set(instance, "__pydantic_fields_set__", set(values))
        _set(instance, "__pydantic_extra__", None)
        _set(instance, "__pydantic_private__", None)
        return instance

    def read_elements(element: etree._Element, values: Values) -> M:
        for child in element:
            tag: Any = child.tag
            leaf = find_leaf(tag)
            if leaf is not None:
                values[leaf[0]] = leaf[1](child.text or "")
                continue
            handler = find(tag)
            if handler is not None and handler(child, values):
                break
        for name in lists:
            if name in values:
                values[name] = tuple(values[name])
        return finish(values)

    def read_everything(element: etree._Element) -> M:
        values: Values = {}
        for name, attribute, parse in plan.attributes:
            text = element.get(attribute)
            if text is not None:
                values[name] = parse(text)
        if plan.content is not None:
            name, parse = plan.content
            values[name] = parse(element.text or "")
        if plan.agency is not None:
            name, attribute, codes = plan.agency
            values[name] = codes(element.get(attribute, ""))
        return read_elements(element, values)

    if plan.attributes or plan.content:
        return read_everything
    return lambda element: read_elements(element, {})


def _agency_codes(model: type[Composite], field: str) -> type[Code]:
    """Code list of the field that holds an issuer."""
    spec = next(item for item in fields_of(model) if item.name == field)
    codes = getattr(spec.wire, "code_list", Agency)
    assert codes in (Agency, EndUserScheme)
    found: type[Code] = codes
    return found


def _handler(spec: FieldSpec, model: type[Composite]) -> Handler:
    name = spec.name
    if spec.row is not None:
        return _observations(name)
    build: Build
    if spec.model is not None:
        build = reader(spec.model)
    else:
        assert spec.wire is not None
        parse = spec.wire.parser()
        if len(spec.path) == 2:
            return _wrapped_leaf(name, parse)
        assert spec.agency is not None
        assert spec.wire.agency is not None
        return _coded(name, parse, spec.agency, spec.wire.agency[0], _agency_codes(model, spec.agency))
    if spec.many:
        return _wrapped_list(name, build) if len(spec.path) == 2 else _list(name, build)
    return _part(name, build)


def _wrapped_leaf(name: str, parse: Parse) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values[name] = parse(element[0].text or "")

    return handle


def _coded(name: str, parse: Parse, agency: str, attribute: str, codes: type[Code]) -> Handler:
    members: Mapping[object, object] = codes._value2member_map_

    def handle(element: etree._Element, values: Values) -> None:
        values[name] = parse(element.text or "")
        values[agency] = members[element.get(attribute)]

    return handle


def _part(name: str, build: Build) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values[name] = build(element)

    return handle


def _list(name: str, build: Build) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values.setdefault(name, []).append(build(element))

    return handle


def _wrapped_list(name: str, build: Build) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values[name] = [build(child) for child in element]

    return handle


_METERED: Final = f"{{{ENTITIES}}}Metered"
_KIND: Final = {f"{{{ENTITIES}}}{kind.value}": index for index, kind in enumerate(KINDS)}
_QUALITY: Final = {code.value: index for index, code in enumerate(QUALITIES, 1)}
_VALIDATION: Final = {code.value: index for index, code in enumerate(VALIDATION_CODES, 1)}
_ESTIMATION: Final = {code.value: index for index, code in enumerate(ESTIMATION_CODES, 1)}
_THREE_DECIMALS: Final = re.compile(r"(?:(?:0|[1-9][0-9]*+)\.[0-9]{3};)*+")


def _observations(name: str) -> Handler:
    def handle(element: etree._Element, values: Values) -> bool:
        # The schema puts observations last, so the first one's siblings are the others.
        values[name] = columns([element, *element.itersiblings()])
        return True

    return handle


def columns(rows: list[etree._Element]) -> Observations:
    """Observation elements as columns.

    The hottest code in the package: whole lists at a time for the usual forms (rising sequence, three decimals,
    metered), value by value for the rest. ``written`` keeps what the numbers alone could not give back.
    """
    written: dict[tuple[str, int], str] = {}
    cells = [row[0] for row in rows]
    others = [(place, cell) for place, cell in enumerate(cells) if cell.tag != _METERED]
    sequence = _sequence([row.get("Sequence", "") for row in rows], written)
    thousandths, decimals = _values([cell.text or "" for cell in cells], written)
    if not others:
        return Observations(array("H", sequence), array("q", thousandths), decimals, written=written)
    return _with_attributes(sequence, thousandths, decimals, others, written)


@cache
def _numbers() -> list[str]:
    """The usual text of every sequence number."""
    return [str(number) for number in range(10_000)]


def _sequence(texts: list[str], written: dict[tuple[str, int], str]) -> Sequence[int]:
    first = int(texts[0])
    last = first + len(texts)
    if texts == _numbers()[first:last]:
        return range(first, last)
    numbers = []
    for place, text in enumerate(texts):
        number = int(text)
        numbers.append(number)
        if str(number) != (stripped := text.strip()):
            written["sequence", place] = stripped
    return numbers


def _values(texts: list[str], written: dict[tuple[str, int], str]) -> tuple[list[int], bytes]:
    """Thousandths, and how many decimals were written."""
    joined = ";".join(texts) + ";"
    if _THREE_DECIMALS.fullmatch(joined):
        return list(map(int, joined.replace(".", "").split(";")[:-1])), b"\3" * len(texts)
    thousandths = []
    decimals = bytearray()
    for place, text in enumerate(texts):
        value, size, unusual = split(text.strip(" \t\r\n"))
        thousandths.append(value)
        decimals.append(size)
        if unusual is not None:
            written["value", place] = unusual
    return thousandths, bytes(decimals)


def _with_attributes(
    sequence: Sequence[int],
    thousandths: list[int],
    decimals: bytes,
    others: list[tuple[int, etree._Element]],
    written: dict[tuple[str, int], str],
) -> Observations:
    """Columns of a series in which some values are not metered."""
    size = len(sequence)
    kind, quality, validation, estimation, imbalance = (bytearray(size) for _ in range(5))
    for place, cell in others:
        kind[place] = _KIND[str(cell.tag)]
        for name, text in cell.items():
            if name == "ValidationCode":
                validation[place] = _VALIDATION[str(text)]
            elif name == "EstimationCode":
                estimation[place] = _ESTIMATION[str(text)]
            elif name == "Quality":
                quality[place] = _QUALITY[str(text)]
            elif name == "ImbalanceSettlement":
                imbalance[place] = 1
                if str(text).strip() == "1":
                    written["imbalance", place] = "1"
    return Observations(
        array("H", sequence),
        array("q", thousandths),
        decimals,
        kind=bytes(kind),
        quality=bytes(quality),
        validation=bytes(validation),
        estimation=bytes(estimation),
        imbalance=bytes(imbalance),
        written=written,
    )
