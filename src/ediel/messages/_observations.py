"""Observations as columns.

A series of hourly values has thousands of them, so they are arrays, not objects: sequence, value in thousandths,
decimals as written, and one small number each for kind, quality, validation and estimation code. To a user they are a
sequence of ``Observation``. Decimals stay exact; nothing passes through a float.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self, TypeVar, overload

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ediel.codes import Code, EstimationCode, Quality, ValidationCode
from ediel.messages._observation_rows import Form, NotifiedObservation, ObservationKind, forms
from ediel.messages._values import WrittenDecimal, WrittenInt, decimal_value, int_value
from ediel.messages._wire import MOST_SEQUENCE

KINDS: Final = tuple(ObservationKind)
QUALITIES: Final = tuple(Quality)
VALIDATION_CODES: Final = tuple(ValidationCode)
ESTIMATION_CODES: Final = tuple(EstimationCode)


@dataclass(frozen=True, slots=True)
class Observation:
    """One value.

    Attributes:
        sequence: position in the series, 0 to 9999.
        value: in the unit of the series (kWh or kvarh), at most 15 digits and 3 decimals.
        kind: metered, estimated, temporary, or calculated by Elhub.
        quality: of an estimated value.
        validation_code: the validation that failed (estimated and temporary values).
        estimation_code: the method of estimation (estimated, sometimes temporary values).
        imbalance_settlement: the calculated value is the one used in imbalance settlement.
    """

    sequence: int
    value: Decimal
    kind: ObservationKind = ObservationKind.METERED
    quality: Quality | None = None
    validation_code: ValidationCode | None = None
    estimation_code: EstimationCode | None = None
    imbalance_settlement: bool = False


_MARKS: Final = ("quality", "validation_code", "estimation_code", "imbalance_settlement")


def _allowed(form: Form) -> tuple[int, bool, dict[str, bool]]:
    """Thousandths that no value of a kind reaches, whether it may be negative, and its attributes: whether required."""
    wire = form.wire
    limit = int(Decimal(wire.most_exclusive).scaleb(3)) if wire and wire.most_exclusive else 0
    return limit, form.signed, {mark.field: mark.required for mark in form.marks}


_ALLOWED: Final = {ObservationKind(form.element): _allowed(form) for form in forms(NotifiedObservation)}
"""What each kind of value may be, by the declarations (EMIF 2.4.3)."""


class Observations(Sequence[Observation]):
    """Values of one series, as columns; immutable.

    Attributes:
        sequence: ``array("H")``, position in the series.
        thousandths: ``array("q")``, the value times 1000, exact.
        decimals: bytes, how many decimals were written (0 to 3).
        kind: bytes, index into ``ObservationKind``.
        quality, validation, estimation: bytes, 0 for none, otherwise 1 + index into the code list.
        imbalance: bytes, 1 where the value is used in imbalance settlement.

    The columns support the buffer protocol: ``numpy.frombuffer(values.thousandths, "i8")`` copies nothing.
    """

    __slots__ = (
        "_written",
        "decimals",
        "estimation",
        "imbalance",
        "kind",
        "quality",
        "sequence",
        "thousandths",
        "validation",
    )

    def __init__(
        self,
        sequence: array[int],
        thousandths: array[int],
        decimals: bytes,
        *,
        kind: bytes | None = None,
        quality: bytes | None = None,
        validation: bytes | None = None,
        estimation: bytes | None = None,
        imbalance: bytes | None = None,
        written: Mapping[tuple[str, int], str] | None = None,
    ) -> None:
        none = bytes(len(sequence))
        self.sequence = sequence
        self.thousandths = thousandths
        self.decimals = decimals
        self.kind = none if kind is None else kind
        self.quality = none if quality is None else quality
        self.validation = none if validation is None else validation
        self.estimation = none if estimation is None else estimation
        self.imbalance = none if imbalance is None else imbalance
        # Texts that the columns cannot give back: ("value", 3) -> "+1", ("sequence", 3) -> "03".
        self._written: dict[tuple[str, int], str] = dict(written or {})

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> Self:
        """From observations.

        Raises:
            ValueError: a value or an attribute that the wire does not allow, with its position.
        """
        rows = list(observations)
        for position, row in enumerate(rows):
            if problem := _problem(row):
                raise ValueError(f"observation {position}: {problem}")
        written: dict[tuple[str, int], str] = {}
        scaled = []
        for position, row in enumerate(rows):
            thousandths, decimals, text = split(decimal_text(row.value))
            scaled.append((thousandths, decimals))
            if text is not None:
                written["value", position] = text
            if isinstance(row.sequence, WrittenInt):
                written["sequence", position] = row.sequence.text
            if getattr(row.imbalance_settlement, "text", None) == "1":
                written["imbalance", position] = "1"
        return cls(
            array("H", [row.sequence for row in rows]),
            array("q", [value for value, _ in scaled]),
            bytes(decimals for _, decimals in scaled),
            kind=bytes(KINDS.index(row.kind) for row in rows),
            quality=bytes(_index(QUALITIES, row.quality) for row in rows),
            validation=bytes(_index(VALIDATION_CODES, row.validation_code) for row in rows),
            estimation=bytes(_index(ESTIMATION_CODES, row.estimation_code) for row in rows),
            imbalance=bytes(1 if row.imbalance_settlement else 0 for row in rows),
            written=written,
        )

    @classmethod
    def metered(cls, values: Iterable[Decimal | int | str], first: int = 1) -> Self:
        """Metered values with rising sequence numbers; a text is one that the wire takes, a ``Decimal`` any number.

        >>> len(Observations.metered(["1.250", 2, "0.5"]))
        3
        >>> str(Observations.metered([Decimal("1E+3")])[0].value)
        '1000'

        Raises:
            ValueError: a value that the wire does not allow, with its position.
        """
        return cls.of(Observation(first + place, _number(value, place)) for place, value in enumerate(values))

    def __len__(self) -> int:
        return len(self.sequence)

    @overload
    def __getitem__(self, index: int) -> Observation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Observation, ...]: ...
    def __getitem__(self, index: int | slice) -> Observation | tuple[Observation, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        return Observation(
            sequence=int_value(self.sequence_text(place)),
            value=decimal_value(self.value_text(place)),
            kind=KINDS[self.kind[place]],
            quality=QUALITIES[self.quality[place] - 1] if self.quality[place] else None,
            validation_code=VALIDATION_CODES[self.validation[place] - 1] if self.validation[place] else None,
            estimation_code=ESTIMATION_CODES[self.estimation[place] - 1] if self.estimation[place] else None,
            imbalance_settlement=self._imbalance(place),
        )

    @property
    def kinds(self) -> tuple[ObservationKind, ...]:
        """The kinds of value that occur."""
        return tuple(KINDS[place] for place in sorted(set(self.kind)))

    def __iter__(self) -> Iterator[Observation]:
        return (self[place] for place in range(len(self)))

    def value_text(self, place: int) -> str:
        """The value at a place, as written."""
        written = self._written.get(("value", place))
        return written or join(self.thousandths[place], self.decimals[place])

    def sequence_text(self, place: int) -> str:
        """The sequence number at a place, as written."""
        return self._written.get(("sequence", place)) or str(self.sequence[place])

    def imbalance_text(self, place: int) -> str:
        """The mark for imbalance settlement at a place, as written."""
        return self._written.get(("imbalance", place)) or "true"

    def _imbalance(self, place: int) -> bool:
        return _mark("1") if self._written.get(("imbalance", place)) else bool(self.imbalance[place])

    def _columns(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Observations) and self._columns() == other._columns()

    def __hash__(self) -> int:
        return hash((self.sequence.tobytes(), self.thousandths.tobytes(), self.kind))

    def __repr__(self) -> str:
        if not len(self):
            return "Observations(0 values)"
        first, last = self[0], self[-1]
        return f"Observations({len(self)} values, {first.sequence}: {first.value} ... {last.sequence}: {last.value})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(cls._to_json, when_used="json"),
            metadata={"pydantic_js_functions": [lambda _schema, _handler: _JSON_SCHEMA]},
        )

    @classmethod
    def _validate(cls, value: object) -> Observations:
        if isinstance(value, Observations):
            return value
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise ValueError(f"expected a list of observations, found {type(value).__name__}")
        return cls.of(
            row if isinstance(row, Observation) else _from_json(position, row) for position, row in enumerate(value)
        )

    def _to_json(self) -> list[dict[str, object]]:
        rows = []
        for place in range(len(self)):
            item = self[place]
            sequence = self._written.get(("sequence", place), item.sequence)
            row: dict[str, object] = {"sequence": sequence, "kind": item.kind.value, "value": self.value_text(place)}
            for name in ("quality", "validation_code", "estimation_code"):
                code = getattr(item, name)
                if code is not None:
                    row[name] = code.value
            if item.imbalance_settlement:
                row["imbalance_settlement"] = self._written.get(("imbalance", place), True)
            rows.append(row)
        return rows


def _number(value: Decimal | int | str, place: int) -> Decimal:
    if isinstance(value, Decimal):
        return value
    try:
        return decimal_value(str(value))
    except ValueError as error:
        raise ValueError(f"observation {place}: {error}") from None


def decimal_text(value: Decimal) -> str:
    """The text of a decimal: without an exponent, and with three decimals where the further ones are zeros.

    >>> decimal_text(Decimal("1E+3")), decimal_text(Decimal("0.0000000")), decimal_text(Decimal("1.50"))
    ('1000', '0.000', '1.50')
    """
    if isinstance(value, WrittenDecimal):
        return value.text
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    return text if len(fraction) <= 3 or fraction[3:].strip("0") else f"{whole}.{fraction[:3]}"


def split(text: str) -> tuple[int, int, str | None]:
    """Thousandths, decimals written, and the text itself when those two do not give it back.

    >>> split("10.45"), split("+1")
    ((10450, 2, None), (1000, 0, '+1'))
    """
    whole, _, fraction = text.partition(".")
    decimals = len(fraction)
    if decimals <= 3 and whole.isdigit():
        thousandths = int(f"{whole}{fraction}") * (1000, 100, 10, 1)[decimals]
    else:
        decimals = min(decimals, 3)
        thousandths = int(Decimal(text).scaleb(3))
    return (thousandths, decimals, None if join(thousandths, decimals) == text else text)


def join(thousandths: int, decimals: int) -> str:
    """The usual way to write a value.

    >>> join(10450, 2), join(-5, 3), join(7000, 0)
    ('10.45', '-0.005', '7')
    """
    sign = "-" if thousandths < 0 else ""
    whole, rest = divmod(abs(thousandths), 1000)
    return f"{sign}{whole}.{rest:03d}"[: decimals - 3 or None] if decimals else f"{sign}{whole}"


def _mark(value: object) -> bool:
    """The mark for imbalance settlement; "1" instead of "true" is a number that equals True and keeps its text."""
    odd: Any = WrittenInt("1") if value == "1" else bool(value)
    mark: bool = odd
    return mark


C = TypeVar("C", bound=Code)


def _index(codes: tuple[C, ...], code: C | None) -> int:
    return 0 if code is None else codes.index(code) + 1


def _problem(row: Observation) -> str | None:
    if not 0 <= row.sequence <= MOST_SEQUENCE:
        return f"sequence {row.sequence}: expected 0 to {MOST_SEQUENCE}"
    if not row.value.is_finite():
        return "expected a finite value"
    limit, signed, required = _ALLOWED[row.kind]
    thousandths = row.value.scaleb(3)
    if thousandths != int(thousandths):
        return "expected at most 3 decimals"
    if abs(thousandths) >= limit:
        return "expected at most 15 digits, 12 of them before the point"
    if thousandths < 0 and not signed:
        return f"a {row.kind.value.lower()} value cannot be negative"
    for name in _MARKS:
        given = getattr(row, name)
        if given and name not in required:
            return f"a {row.kind.value.lower()} value has no {name}"
        if not given and required.get(name):
            return f"a {row.kind.value.lower()} value needs {name}"
    return None


_KEYS: Final = {"sequence", "kind", "value", *_MARKS}


def _from_json(position: int, row: object) -> Observation:
    if not isinstance(row, Mapping):
        raise ValueError(f"observation {position}: expected an object, found {type(row).__name__}")
    if unknown := set(row) - _KEYS:
        raise ValueError(f"observation {position}: unknown key {', '.join(sorted(map(str, unknown)))}")
    if missing := {"sequence", "value"} - set(row):
        raise ValueError(f"observation {position}: missing {', '.join(sorted(missing))}")
    try:
        sequence = row["sequence"]
        return Observation(
            sequence=int_value(sequence) if isinstance(sequence, str) else _whole(sequence),
            value=decimal_value(str(row["value"])),
            kind=ObservationKind(row.get("kind", "Metered")),
            quality=None if row.get("quality") is None else Quality(row["quality"]),
            validation_code=None if row.get("validation_code") is None else ValidationCode(row["validation_code"]),
            estimation_code=None if row.get("estimation_code") is None else EstimationCode(row["estimation_code"]),
            imbalance_settlement=_mark(row.get("imbalance_settlement", False)),
        )
    except ValueError as error:
        raise ValueError(f"observation {position}: {error}") from None


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"sequence: expected a whole number, found {type(value).__name__}")
    return value


_JSON_SCHEMA: Final[dict[str, object]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": 9999,
    "items": {
        "type": "object",
        "properties": {
            "sequence": {"type": "integer", "minimum": 0, "maximum": MOST_SEQUENCE},
            "kind": {"enum": [kind.value for kind in KINDS]},
            "value": {"type": "string", "description": "decimal number, at most 3 decimals"},
            "quality": {"enum": [code.value for code in QUALITIES]},
            "validation_code": {"enum": [code.value for code in VALIDATION_CODES]},
            "estimation_code": {"enum": [code.value for code in ESTIMATION_CODES]},
            "imbalance_settlement": {"enum": [True, "1"]},
        },
        "required": ["sequence", "value"],
        "additionalProperties": False,
    },
}
