"""From a typed model to XML text, compiled once per model from its declarations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from ediel.messages._base import ENTITIES, Composite, FieldSpec, fields_of
from ediel.messages._observations import (
    ESTIMATION_CODES,
    KINDS,
    QUALITIES,
    VALIDATION_CODES,
    Observations,
)
from ediel.messages.header import Message

Values = dict[str, Any]
"""Field values of a model by name, as it keeps them."""
Emit = Callable[[Values, list[str]], None]

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
MESSAGE_PREFIX: Final = "rsm"
ENTITY_PREFIX: Final = "abie"


def escape(text: str) -> str:
    """Text for an element. A carriage return is kept as a reference: a parser would make it a line feed."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text


def to_text(message: Message) -> str:
    """A message as an XML document."""
    model = type(message)
    spaces = f'xmlns:{MESSAGE_PREFIX}="{model.namespace()}" xmlns:{ENTITY_PREFIX}="{ENTITIES}"'
    out = [f"{_DECLARATION}<{MESSAGE_PREFIX}:{model.name()} {spaces}>"]
    _body(model, MESSAGE_PREFIX)(message.__dict__, out)
    out.append(f"</{MESSAGE_PREFIX}:{model.name()}>\n")
    return "".join(out)


@cache
def _body(model: type[Composite], prefix: str) -> Emit:
    """What writes the children of a model's element."""
    emits = [_element(spec, prefix) for spec in fields_of(model) if spec.kind == "element"]
    if len(emits) == 1:
        return emits[0]

    def emit(values: Values, out: list[str]) -> None:
        for one in emits:
            one(values, out)

    return emit


def _element(spec: FieldSpec, prefix: str) -> Emit:
    tag = f"{prefix}:{spec.path[0]}"
    if spec.row is not None:
        return _observations(spec.name)
    if len(spec.path) == 2:
        inner = f"{ENTITY_PREFIX}:{spec.path[1]}"
        if spec.many:
            return _list(spec, inner, f"<{tag}>", f"</{tag}>")
        return _value(spec, f"<{tag}><{inner}", f"</{inner}></{tag}>")
    if spec.many:
        return _list(spec, tag)
    if spec.model is not None:
        return _part(spec, tag)
    return _value(spec, f"<{tag}", f"</{tag}>")


def _value(spec: FieldSpec, opening: str, closing: str) -> Emit:
    wire = spec.wire
    assert wire is not None
    name, form, plain = spec.name, wire.format, wire.plain
    if spec.agency is not None and wire.agency is not None:
        agency, attribute = spec.agency, wire.agency[0]

        def emit_coded(values: Values, out: list[str]) -> None:
            value = values[name]
            if value is not None:
                issuer = values[agency]
                text = form(value) if plain else escape(form(value))
                out.append(f'{opening} {attribute}="{issuer.value if issuer else ""}">{text}{closing}')

        return emit_coded
    if wire.agency is not None:
        opening = f'{opening} {wire.agency[0]}="{wire.agency[1][0]}"'
    opening += ">"

    def emit(values: Values, out: list[str]) -> None:
        value = values[name]
        if value is not None:
            out.append(f"{opening}{form(value) if plain else escape(form(value))}{closing}")

    return emit


def _part(spec: FieldSpec, tag: str) -> Emit:
    model = spec.model
    assert model is not None
    name = spec.name
    write = _instance(model, tag)

    def emit(values: Values, out: list[str]) -> None:
        value = values[name]
        if value is not None:
            write(value, out)

    return emit


def _list(spec: FieldSpec, tag: str, before: str = "", after: str = "") -> Emit:
    model = spec.model
    assert model is not None
    name = spec.name
    write = _instance(model, tag)

    def emit(values: Values, out: list[str]) -> None:
        items = values[name]
        if items:
            if before:
                out.append(before)
            for item in items:
                write(item, out)
            if after:
                out.append(after)

    return emit


@cache
def _instance(model: type[Composite], tag: str) -> Callable[[Composite, list[str]], None]:
    """What writes one element of a model."""
    specs = fields_of(model)
    attributes = [(spec.name, spec.path[0], spec.wire) for spec in specs if spec.kind == "attribute"]
    content = next((spec for spec in specs if spec.kind == "content"), None)
    body = _body(model, ENTITY_PREFIX)
    opening, closing = f"<{tag}>", f"</{tag}>"

    def write_plain(value: Composite, out: list[str]) -> None:
        out.append(opening)
        body(value.__dict__, out)
        out.append(closing)

    def write(value: Composite, out: list[str]) -> None:
        values = value.__dict__
        start = f"<{tag}"
        for name, attribute, wire in attributes:
            if values[name] is not None and wire is not None:
                start += f' {attribute}="{wire.format(values[name])}"'
        if content is None:
            out.append(f"{start}>")
            body(values, out)
            out.append(closing)
            return
        assert content.wire is not None
        if content.agency and content.wire.agency:
            issuer = values[content.agency]
            start += f' {content.wire.agency[0]}="{issuer.value if issuer else ""}"'
        out.append(f"{start}>{escape(content.wire.format(values[content.name]))}{closing}")

    return write if attributes or content is not None else write_plain


def _observations(name: str) -> Emit:
    row = f"<{ENTITY_PREFIX}:Observation Sequence="
    end = f"</{ENTITY_PREFIX}:Observation>"
    metered = f"<{ENTITY_PREFIX}:Metered>"
    metered_end = f"</{ENTITY_PREFIX}:Metered>"

    def emit(values: Values, out: list[str]) -> None:
        series: Observations | None = values[name]
        if series is None:
            return
        for place, kind in enumerate(series.kind):
            value, number = series.value_text(place), series.sequence_text(place)
            if kind == 0:
                out.append(f'{row}"{number}">{metered}{value}{metered_end}{end}')
                continue
            tag = f"{ENTITY_PREFIX}:{KINDS[kind].value}"
            extra = ""
            if series.quality[place]:
                extra += f' Quality="{QUALITIES[series.quality[place] - 1].value}"'
            if series.validation[place]:
                extra += f' ValidationCode="{VALIDATION_CODES[series.validation[place] - 1].value}"'
            if series.estimation[place]:
                extra += f' EstimationCode="{ESTIMATION_CODES[series.estimation[place] - 1].value}"'
            if series.imbalance[place]:
                extra += f' ImbalanceSettlement="{series.imbalance_text(place)}"'
            out.append(f'{row}"{number}"><{tag}{extra}>{value}</{tag}>{end}')

    return emit
