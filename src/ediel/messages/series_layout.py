"""What a series of metering values looks like, taken from the declarations of the two messages that hold series.

Whoever reads or writes series in another way than by models (columns, the accelerator, templates) takes names, order,
kinds, attributes, patterns and limits from here; nothing of them is written a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from ediel.messages._base import ENTITIES, Composite, FieldSpec, fields_of
from ediel.messages._observation_rows import (
    CollectedObservation,
    Form,
    Mark,
    NotifiedObservation,
    ObservationKind,
    forms,
    marks_of,
)
from ediel.messages._wire_types import FixedTrueType, Wire, texts_of
from ediel.messages.metering_values import (
    CollectedData,
    CollectedSeries,
    NotifyValidatedDataForBillingEnergy,
    ProfiledCollected,
    ProfiledNotified,
    ValidatedSeries,
)

__all__ = [
    "COLLECTED_KINDS",
    "INTERVAL_FORMS",
    "LEAVES",
    "MESSAGES",
    "MOST_OBSERVATIONS",
    "MOST_SERIES",
    "OBSERVATION",
    "PROFILED",
    "PROFILED_FORMS",
    "SERIES",
    "Element",
    "Form",
    "Leaf",
    "Mark",
    "element_of",
    "leaves_of",
]

MESSAGES: Final = (CollectedData, NotifyValidatedDataForBillingEnergy)
"""The messages that hold series."""


def _field(model: type[Composite], name: str) -> FieldSpec:
    return next(spec for spec in fields_of(model) if spec.name == name)


SERIES: Final = _field(CollectedData, "payloads").path[0]
"""The element that is a series."""
MOST_SERIES: Final = _field(CollectedData, "payloads").most
"""How many series a message may have."""
OBSERVATION: Final = _field(CollectedSeries, "observations").path[0]
"""The element that is a value of an interval."""
PROFILED: Final = _field(CollectedSeries, "profiled_observation").path[0]
"""The element that is the one value of a profiled metering point."""
MOST_OBSERVATIONS: Final = _field(CollectedSeries, "observations").most
"""How many values a series may have."""

INTERVAL_FORMS: Final = forms(NotifiedObservation)
"""The kinds of value of an interval; those that are sent in are the first of them."""
COLLECTED_KINDS: Final = frozenset(form.element for form in forms(CollectedObservation))
"""The kinds of value that may be sent in."""
PROFILED_FORMS: Final = tuple(
    {form.element: form for form in (*forms(ProfiledNotified), *forms(ProfiledCollected))}.values()
)
"""The kinds of the one value of a profiled metering point, in both messages."""

if tuple(form.element for form in INTERVAL_FORMS) != tuple(ObservationKind):  # pragma: no cover
    raise AssertionError("ObservationKind and the declared observation name other kinds")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text of a series before its values.

    Attributes:
        path: names of the elements from the series down, such as ``Period/Start``.
        fields: names of the fields from the series down, such as ``("period", "start")``.
        wire: the type of its text.
    """

    path: str
    fields: tuple[str, ...]
    wire: Wire

    @property
    def name(self) -> str:
        """What it is called here: its last field, and ``payload_id`` for the identification of the series."""
        return "payload_id" if self.fields == ("identification",) else self.fields[-1]


@cache
def leaves_of(model: type[Composite]) -> tuple[Leaf, ...]:
    """The texts of a series before its values, in their order there."""
    return tuple(_leaves(model, (), ()))


def _leaves(model: type[Composite], path: tuple[str, ...], fields: tuple[str, ...]) -> Iterator[Leaf]:
    for spec in fields_of(model):
        if spec.kind != "element" or spec.name in model.choice:  # what a series chooses from is its values
            continue
        here, names = (*path, *spec.path), (*fields, spec.name)
        if spec.model is not None:
            yield from _leaves(spec.model, here, names)
        elif spec.wire is not None:
            yield Leaf("/".join(here), names, spec.wire)


LEAVES: Final = {leaf.path: leaf for model in (CollectedSeries, ValidatedSeries) for leaf in leaves_of(model)}
"""The texts of the series of both messages, by their paths."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element as the schema documents have it.

    Attributes:
        name: its local name.
        namespace: its namespace.
        least, most: how often it stands there; those of a choice are of the choice.
        wire: the type of its text; none where it holds elements.
        fixed: its text, where it can be but one.
        attributes: those of the element, and the issuer of a code among them.
        parts: what it holds, one after the other: an element, or several to choose one from.
    """

    name: str
    namespace: str
    least: int
    most: int
    wire: Wire | None
    fixed: str | None
    attributes: tuple[Mark, ...]
    parts: tuple[tuple[Element, ...], ...]


def element_of(namespace: str) -> Element | None:
    """The series of a message, and all that can be in it; nothing for other messages."""
    model = next((model for model in MESSAGES if model.namespace() == namespace), None)
    return None if model is None else _element(_field(model, "payloads"), namespace)


def _element(spec: FieldSpec, namespace: str, *, least: int | None = None) -> Element:
    outer, *inner = spec.path
    least = spec.least if least is None else least
    most = spec.most if spec.many or spec.row is not None else 1
    if inner:  # a wrapper that holds nothing but the field
        part = _content(spec, inner[0], ENTITIES, 1, most)
        return Element(outer, namespace, least, 1, None, None, (), ((part,),))
    return _content(spec, outer, namespace, least, most)


def _content(spec: FieldSpec, name: str, namespace: str, least: int, most: int) -> Element:
    model = spec.model or spec.row
    if model is None:
        wire = spec.wire
        fixed = texts_of(wire)[0] if isinstance(wire, FixedTrueType) else None
        return Element(name, namespace, least, most, wire, fixed, _issuer(wire), ())
    fields = fields_of(model)
    attributes = marks_of(fields)
    text = next((item.wire for item in fields if item.kind == "content"), None)
    if text is not None:
        return Element(name, namespace, least, most, text, None, (*_issuer(text), *attributes), ())
    elements = [item for item in fields if item.kind == "element"]
    chosen = tuple(_element(item, ENTITIES, least=1) for item in elements if item.name in model.choice)
    plain = tuple((_element(item, ENTITIES),) for item in elements if item.name not in model.choice)
    return Element(name, namespace, least, most, None, None, attributes, (*plain, *((chosen,) if chosen else ())))


def _issuer(wire: Wire | None) -> tuple[Mark, ...]:
    """The attribute that names the issuer of a code or an identifier."""
    if wire is None or wire.agency is None:
        return ()
    name, allowed = wire.agency
    return (Mark("", name, required=True, texts=allowed),)
