"""One element of a list of observations, as declared: its kinds, their attributes and their values.

``ediel.messages._observations`` keeps a list of such elements as columns; what it allows comes from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, ClassVar, Final

from ediel.codes import EstimationCode, Quality, ValidationCode
from ediel.messages._base import Attribute, Composite, Content, FieldSpec, Xml, fields_of
from ediel.messages._numbers import DecimalType
from ediel.messages._wire import FixedTrue, Int4, Quantity, SignedQuantity
from ediel.messages._wire_types import Wire, texts_of

__all__ = ["CollectedObservation", "Form", "Mark", "NotifiedObservation", "ObservationKind", "forms", "marks_of"]


class ObservationKind(StrEnum):
    """How a value came about (the element inside ``Observation``)."""

    METERED = "Metered"
    ESTIMATED = "Estimated"
    TEMPORARY = "Temporary"
    CALCULATED = "Calculated"


_SEQUENCE: Final = "Position in the series, 0 to 9999."


class _Metered(Composite):
    """A measured value."""

    value: Annotated[Quantity, Content("The value, in the unit of the product.")]


class _Estimated(Composite):
    """An estimated value: which validation the measured one failed, and how this one was found."""

    source: ClassVar[str] = "XSD; VEE 3.0"

    value: Annotated[Quantity, Content("The value, in the unit of the product.")]
    quality: Annotated[Quality, Attribute("Quality", "Estimated or final estimate.")]
    validation_code: Annotated[ValidationCode, Attribute("ValidationCode", "The validation that failed.")]
    estimation_code: Annotated[EstimationCode, Attribute("EstimationCode", "Method of estimation.")]


class _Temporary(Composite):
    """A temporary value."""

    source: ClassVar[str] = "XSD; VEE 3.0"

    value: Annotated[Quantity, Content("The value, in the unit of the product.")]
    validation_code: Annotated[ValidationCode, Attribute("ValidationCode", "The validation that failed.")]
    estimation_code: Annotated[EstimationCode | None, Attribute("EstimationCode", "Method of estimation.")] = None


class _Calculated(Composite):
    """A value calculated by Elhub."""

    value: Annotated[SignedQuantity, Content("The value, in the unit of the product; may be negative.")]
    imbalance_settlement: Annotated[
        FixedTrue | None, Attribute("ImbalanceSettlement", "True where the value is used in imbalance settlement.")
    ] = None


class CollectedObservation(Composite):
    """One value of a series that is sent in."""

    choice: ClassVar[tuple[str, ...]] = ("metered", "estimated", "temporary")

    sequence: Annotated[Int4, Attribute("Sequence", _SEQUENCE)]
    metered: Annotated[_Metered | None, Xml(ObservationKind.METERED.value, "A measured value.")] = None
    estimated: Annotated[_Estimated | None, Xml(ObservationKind.ESTIMATED.value, "An estimated value.")] = None
    temporary: Annotated[_Temporary | None, Xml(ObservationKind.TEMPORARY.value, "A temporary value.")] = None


class NotifiedObservation(Composite):
    """One value of a series that Elhub sends."""

    choice: ClassVar[tuple[str, ...]] = ("metered", "estimated", "temporary", "calculated")

    sequence: Annotated[Int4, Attribute("Sequence", _SEQUENCE)]
    metered: Annotated[_Metered | None, Xml(ObservationKind.METERED.value, "A measured value.")] = None
    estimated: Annotated[_Estimated | None, Xml(ObservationKind.ESTIMATED.value, "An estimated value.")] = None
    temporary: Annotated[_Temporary | None, Xml(ObservationKind.TEMPORARY.value, "A temporary value.")] = None
    calculated: Annotated[_Calculated | None, Xml(ObservationKind.CALCULATED.value, "A value calculated by Elhub.")] = (
        None
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """An attribute of a value.

    Attributes:
        field: its name here, such as ``validation_code``.
        name: its name on the wire, such as ``ValidationCode``.
        required: whether every value of the kind has it.
        texts: what it may be, where that is one of a few.
        wire: its type; none for the issuer of a code.
    """

    field: str
    name: str
    required: bool
    texts: tuple[str, ...]
    wire: Wire | None = None


def marks_of(fields: Iterable[FieldSpec]) -> tuple[Mark, ...]:
    """The attributes among the fields of a model, in their order there."""
    return tuple(
        Mark(spec.name, spec.path[0], bool(spec.least), texts_of(spec.wire) if spec.wire else (), spec.wire)
        for spec in fields
        if spec.kind == "attribute"
    )


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of value looks like.

    Attributes:
        element: its name on the wire.
        marks: its attributes.
        wire: the type of its value; none where it has no number.
        signed: whether the number may be negative.
    """

    element: str
    marks: tuple[Mark, ...]
    wire: DecimalType | None
    signed: bool

    @property
    def required(self) -> frozenset[str]:
        """Names on the wire of the attributes that every value of the kind has."""
        return frozenset(mark.name for mark in self.marks if mark.required)

    @property
    def allowed(self) -> frozenset[str]:
        """Names on the wire of the attributes that a value of the kind may have."""
        return frozenset(mark.name for mark in self.marks)


@cache
def forms(row: type[Composite]) -> tuple[Form, ...]:
    """The kinds of value that an element of a list (or a profiled value) chooses from, in their order there."""
    return tuple(_form(spec) for spec in fields_of(row) if spec.name in row.choice)


def _form(spec: FieldSpec) -> Form:
    inner = () if spec.model is None else fields_of(spec.model)
    content = next((item.wire for item in inner if item.kind == "content"), None)
    number = content if isinstance(content, DecimalType) else None
    signed = number is not None and (number.least is None or number.least.startswith("-"))
    return Form(spec.path[0], marks_of(inner), number, signed)
