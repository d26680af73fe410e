"""Messages as text, JSON and XML for people, with or without what is about persons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lxml import etree

from ediel.codes import Code
from ediel.messages._base import Composite, FieldSpec, fields_of
from ediel.messages._observations import Observations
from ediel.messages.header import Message
from ediel.xml._privacy import is_personal, names_person
from ediel.xml._reading import write

__all__ = ["MASK", "as_json", "as_text", "as_xml"]

MASK: Final = "***"
_ROWS_SHOWN: Final = 24


def as_text(message: Message, *, masked: bool) -> str:
    """A tree: a line per field, codes with their meaning."""
    about = (type(message).__doc__ or "").strip().splitlines()[0]
    return "\n".join([f"{message.name()}: {about}", *_fields(message, "  ", masked)]) + "\n"


def _fields(part: Composite, indent: str, masked: bool) -> Iterator[str]:
    for spec in fields_of(type(part)):
        value = getattr(part, spec.name)
        if value is None or value == () or spec.kind == "agency":
            continue
        if isinstance(value, tuple):
            for number, item in enumerate(value, 1):
                yield from _part(f"{spec.name}[{number}]", item, indent, masked)
        elif isinstance(value, Composite):
            yield from _part(spec.name, value, indent, masked)
        elif isinstance(value, Observations):
            yield f"{indent}{spec.name}: {len(value)} values"
            yield from _observations(value, indent + "  ")
        else:
            yield f"{indent}{spec.name}: {_value(value, spec, masked)}"


def _part(name: str, part: Composite, indent: str, masked: bool) -> Iterator[str]:
    inner = list(_fields(part, indent + "  ", masked))
    if len(inner) == 1 and len(fields_of(type(part))) <= 2:
        yield f"{indent}{name}: {inner[0].strip().partition(': ')[2]}"
        return
    yield f"{indent}{name}:"
    yield from inner


def _value(value: object, spec: FieldSpec, masked: bool) -> str:
    if masked and spec.personal:
        return MASK
    if isinstance(value, Code):
        return f"{value.value} ({value.label})" if value.label else f"{value.value} (meaning not published)"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = spec.wire.format(value) if spec.wire else str(value)
    return MASK if masked and names_person(text) else text


def _observations(values: Observations, indent: str) -> Iterator[str]:
    for place, item in enumerate(values):
        if place == _ROWS_SHOWN:
            yield f"{indent}... and {len(values) - place} more"
            return
        codes = [str(code) for code in (item.quality, item.validation_code, item.estimation_code) if code]
        extra = f" ({', '.join(codes)})" if codes else ""
        yield f"{indent}{item.sequence:>4}  {values.value_text(place):>12}  {item.kind.value}{extra}"


def as_json(messages: Sequence[Message], *, masked: bool) -> str:
    """JSON as ``ediel generate`` takes it; an object for one message, a list for several."""
    values = [_masked(message) if masked else _plain(message) for message in messages]
    return json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False, indent=2) + "\n"


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(message.model_dump_json(exclude_none=True))
    return plain


def _masked(message: Message) -> dict[str, Any]:
    value = _plain(message)
    _mask(message, value)
    return value


def _mask(part: Composite, value: dict[str, Any]) -> None:
    for spec in fields_of(type(part)):
        if spec.name not in value:
            continue
        child = getattr(part, spec.name)
        if spec.personal or (isinstance(value[spec.name], str) and names_person(value[spec.name])):
            value[spec.name] = MASK
        elif isinstance(child, Composite):
            _mask(child, value[spec.name])
        elif isinstance(child, tuple):
            for item, inner in zip(child, value[spec.name], strict=True):
                if isinstance(item, Composite):
                    _mask(item, inner)


def as_xml(message: Message, *, masked: bool) -> str:
    """XML, indented."""
    root = etree.fromstring(write(message, validate=False))
    if masked:
        for element in root.iter():
            if len(element) == 0 and element.text and (is_personal(element) or names_person(element.text)):
                element.text = MASK
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"
