"""From a valid element to a typed model, compiled once per model from its declarations.

The schema has been checked before, so values are taken over without being checked again; a property test holds the two
paths together (what is read here equals what pydantic would accept).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
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
Build = Callable[[etree._Element], Any]

_new = object.__new__
_set = object.__setattr__


@cache
def reader(model: type[M], namespace: str | None = None) -> Callable[[etree._Element], M]:
    """A function from an element to the model; ``namespace`` is that of the children, if not the shared one."""
    uri = namespace or (model.namespace() if issubclass(model, Message) else ENTITIES)
    handlers: dict[str, Handler] = {}
    attributes: list[tuple[str, str, Callable[[str], Any]]] = []
    content: tuple[str, Callable[[str], Any]] | None = None
    own_agency: tuple[str, str, type[Code]] | None = None
    lists: list[str] = []
    specs = fields_of(model)
    for spec in specs:
        if spec.kind == "element":
            handlers[f"{{{uri}}}{spec.path[0]}"] = _handler(spec, model)
            if spec.many:
                lists.append(spec.name)
        elif spec.kind == "attribute":
            assert spec.wire is not None
            attributes.append((spec.name, spec.path[0], spec.wire.parser()))
        elif spec.kind == "content":
            assert spec.wire is not None
            content = spec.name, spec.wire.parser()
            if spec.agency and spec.wire.agency:
                own_agency = spec.agency, spec.wire.agency[0], _agency_codes(model, spec.agency)
    defaults: Values = {
        name: () if name in lists else None if info.default_factory or info.is_required() else info.default
        for name, info in model.model_fields.items()
    }
    find = handlers.get

    def finish(values: Values) -> M:
        instance = _new(model)
        _set(instance, "__dict__", {**defaults, **values})
        _set(instance, "__pydantic_fields_set__", set(values))
        _set(instance, "__pydantic_extra__", None)
        _set(instance, "__pydantic_private__", None)
        return instance

    def read_elements(element: etree._Element) -> M:
        values: Values = {}
        for child in element:
            handler = find(child.tag)  # type: ignore[arg-type]
            if handler is not None and handler(child, values):
                break
        for name in lists:
            if name in values:
                values[name] = tuple(values[name])
        return finish(values)

    def read_everything(element: etree._Element) -> M:
        values: Values = {}
        for name, attribute, parse in attributes:
            text = element.get(attribute)
            if text is not None:
                values[name] = parse(text)
        if content is not None:
            values[content[0]] = content[1](element.text or "")
            if own_agency is not None:
                values[own_agency[0]] = own_agency[2](element.get(own_agency[1], ""))
        for child in element:
            handler = find(child.tag)  # type: ignore[arg-type]
            if handler is not None:
                handler(child, values)
        return finish(values)

    return read_everything if attributes or content else read_elements


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
        if len(spec.path) == 1:
            if spec.agency is not None and spec.wire.agency is not None:
                return _coded(name, parse, spec.agency, spec.wire.agency[0], _agency_codes(model, spec.agency))
            return _leaf(name, parse)
        return _wrapped_leaf(name, parse)
    if spec.many:
        return _wrapped_list(name, build) if len(spec.path) == 2 else _list(name, build)
    return _part(name, build)


def _leaf(name: str, parse: Callable[[str], Any]) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values[name] = parse(element.text or "")

    return handle


def _wrapped_leaf(name: str, parse: Callable[[str], Any]) -> Handler:
    def handle(element: etree._Element, values: Values) -> None:
        values[name] = parse(element[0].text or "")

    return handle


def _coded(name: str, parse: Callable[[str], Any], agency: str, attribute: str, codes: type[Code]) -> Handler:
    members: dict[Any, Any] = codes._value2member_map_

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
_AFTER: Final = {number: str(number + 1) for number in range(100)}
"""Text of the next sequence number, for as many as a day of quarters has."""


def _observations(name: str) -> Handler:
    def handle(element: etree._Element, values: Values) -> bool:
        # The schema puts observations last, so the first one's siblings are the others.
        values[name] = columns([element, *element.itersiblings()])
        return True

    return handle


def columns(rows: list[etree._Element]) -> Observations:
    """Observation elements as columns.

    The loop is the hottest in the package. It knows the usual forms (rising sequence, three decimals) and leaves the
    rest to ``_unusual``; what that keeps in ``written`` is what the numbers alone could not give back.
    """
    cells = []
    written: dict[tuple[str, int], str] = {}
    sequence: list[int] = []
    thousandths: list[int] = []
    decimals = bytearray()
    following = ""
    position = 0
    for row in rows:
        (cell,) = row
        cells.append(cell)
        number = row.get("Sequence", "")
        if number == following:
            position += 1
        else:
            position = int(number)
            if str(position) != number:
                number = number.strip()
                if str(position) != number:
                    written["sequence", len(sequence)] = number
        following = _AFTER.get(position, "")
        sequence.append(position)
        text = cell.text or ""
        digits = text[:-4] + text[-3:]
        if text[-4:-3] == "." and digits.isdigit() and (text[0] != "0" or text[1] == "."):
            thousandths.append(int(digits))
            decimals.append(3)
            continue
        value, size, unusual = split(text.strip(" \t\r\n"))
        thousandths.append(value)
        decimals.append(size)
        if unusual is not None:
            written["value", len(thousandths) - 1] = unusual
    tags = [cell.tag for cell in cells]
    if tags.count(_METERED) == len(tags):
        return Observations(array("H", sequence), array("q", thousandths), bytes(decimals), written=written)
    imbalance = bytearray(len(rows))
    for place, cell in enumerate(cells):
        if mark := cell.get("ImbalanceSettlement"):
            imbalance[place] = 1
            if mark.strip() == "1":
                written["imbalance", place] = "1"
    return Observations(
        array("H", sequence),
        array("q", thousandths),
        bytes(decimals),
        kind=bytes(_KIND[str(tag)] for tag in tags),
        quality=bytes(_QUALITY.get(cell.get("Quality"), 0) for cell in cells),
        validation=bytes(_VALIDATION.get(cell.get("ValidationCode"), 0) for cell in cells),
        estimation=bytes(_ESTIMATION.get(cell.get("EstimationCode"), 0) for cell in cells),
        imbalance=bytes(imbalance),
        written=written,
    )
