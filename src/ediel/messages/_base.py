"""How a message is declared: a frozen pydantic model whose fields each name their XML element once.

Readers, writers, the schema documents, the sample generator and ``ediel explain`` all work from ``fields_of``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from ediel.codes import Agency, Code
from ediel.messages._wire_types import Wire, code_type

if TYPE_CHECKING:  # it is made of the declarations
    from ediel.messages._observations import Observations

ENTITIES: Final = "urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v2"
"""Namespace of everything below a message's three top-level children."""

MOST_OBSERVATIONS: Final = 9999
"""Observations in one series (EMIF 2.4.3)."""


@dataclass(frozen=True, slots=True)
class Xml:
    """An element.

    ``path`` is the local name, or two names with ``/`` where a wrapper holds nothing but this field. ``most`` is the
    largest number of occurrences of a field that is a tuple. ``personal`` fields are masked wherever they are shown.
    """

    path: str
    text: str
    source: str = ""
    most: int = 1
    personal: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        if schema["type"] == "tuple":
            schema["max_length"] = self.most
        found: CoreSchema = schema
        return found


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the element that the model stands for."""

    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The text of the element that the model stands for."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class AgencyOf:
    """Who issued the code (or identifier) of another field: an attribute of that field's element."""

    field: str
    text: str = "Issuer of the code, as written; follows from the code unless stated."
    source: str = "BIM code-list-agencies"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of observations kept as columns; ``row`` is the model of one element."""

    row: type[Composite]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, values: Observations) -> Observations:
        if not 1 <= len(values) <= MOST_OBSERVATIONS:
            raise ValueError(f"expected 1 to {MOST_OBSERVATIONS} observations, found {len(values)}")
        allowed = {spec.path[-1] for spec in fields_of(self.row) if spec.kind == "element"}
        for kind in values.kinds:
            if kind not in allowed:
                raise ValueError(f"expected {', '.join(sorted(allowed))} values only, found {kind}")
        return values


Marker = Xml | Attribute | Content | AgencyOf
Kind = Literal["element", "attribute", "content", "agency"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What is known about one field."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    text: str
    source: str
    least: int
    most: int
    many: bool
    personal: bool
    wire: Wire | None
    model: type[Composite] | None
    row: type[Composite] | None
    agency: str | None
    """Name of the field that holds the issuer of this one's code, when the wire leaves a choice."""


class Composite(BaseModel):
    """A part of a message: frozen, complete, and silent about people in ``repr`` and ``str``."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    source: ClassVar[str] = "XSD"
    choice: ClassVar[tuple[str, ...]] = ()
    """Fields of which exactly one is given."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """What one field alone cannot know: choices, lists that may not be empty, issuers that go with their code."""
        if self.choice:
            given = [name for name in self.choice if getattr(self, name) is not None]
            if len(given) != 1:
                found = " and ".join(given) or "none"
                raise ValueError(f"expected exactly one of {', '.join(self.choice)}, found {found}")
        for spec in fields_of(type(self)):
            value = getattr(self, spec.name)
            if spec.many and spec.least and not value:
                raise ValueError(f"{spec.name}: expected at least one, found none")
            if spec.agency is not None and (value is None) != (getattr(self, spec.agency) is None):
                if isinstance(value, Code) and value.agency is None:
                    raise ValueError(f"no issuer is published for {spec.name} {value}: give {spec.agency}")
                raise ValueError(f"{spec.name} and {spec.agency} belong together: give both or neither")
        return self

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """The fields that are given, in order; those about people as ``***``."""
        personal = {spec.name for spec in fields_of(type(self)) if spec.personal}
        for name, value in self.__dict__.items():
            if value is not None and value != ():
                yield name, _MASK if name in personal else value


class _Mask:
    def __repr__(self) -> str:
        return "***"


_MASK: Final = _Mask()


def natural_agency(field: str) -> Any:
    """Default of a field declared with ``AgencyOf``: the issuer that belongs to the code."""

    def of(data: dict[str, object]) -> Agency | None:
        code = data.get(field)
        agency = code.agency if isinstance(code, Code) else None
        return None if agency is None else Agency(agency)

    return Field(default_factory=of)


@cache
def fields_of(model: type[Composite]) -> tuple[FieldSpec, ...]:
    """The fields of a model that are on the wire, in their order there."""
    agencies = {
        marker.field: name
        for name, info in model.model_fields.items()
        for marker in info.metadata
        if isinstance(marker, AgencyOf)
    }
    specs = []
    for name, info in model.model_fields.items():
        markers = [item for item in info.metadata if isinstance(item, Marker)]
        if not markers:
            continue
        marker = markers[0]
        annotation: Any = info.annotation
        if info.metadata:
            annotation = Annotated[(annotation, *info.metadata)]
        wire, composite, row, many = _resolve(annotation)
        optional = not info.is_required() and info.default in (None, ())
        match marker:
            case Xml():
                kind: Kind = "element"
                path = tuple(marker.path.split("/"))
            case Attribute():
                kind, path = "attribute", (marker.name,)
            case Content():
                kind, path = "content", ()
            case AgencyOf():
                kind, path = "agency", (marker.field,)
        specs.append(
            FieldSpec(
                name=name,
                kind=kind,
                path=path,
                text=marker.text,
                source=marker.source or model.source,
                least=0 if optional else 1,
                most=marker.most if isinstance(marker, Xml) else 1,
                many=many,
                personal=isinstance(marker, Xml) and marker.personal,
                wire=wire,
                model=composite,
                row=row,
                agency=agencies.get(name),
            )
        )
    return tuple(specs)


def _resolve(annotation: object) -> tuple[Wire | None, type[Composite] | None, type[Composite] | None, bool]:
    """Wire type, composite type, row type of columns, and whether the field is a tuple."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        for item in metadata:
            if isinstance(item, Rows):
                return None, None, item.row, False
            if isinstance(item, Wire):
                return item, None, None, False
        return _resolve(inner)
    if origin in (Union, UnionType):
        (inner,) = (item for item in get_args(annotation) if item is not NoneType)
        return _resolve(inner)
    if origin is tuple:
        wire, composite, row, _ = _resolve(get_args(annotation)[0])
        return wire, composite, row, True
    if isinstance(annotation, type) and issubclass(annotation, Code):
        return code_type(annotation), None, None, False
    if isinstance(annotation, type) and issubclass(annotation, Composite):
        return None, annotation, None, False
    raise TypeError(f"no wire type for {annotation!r}")
