"""Types of single values: what the wire allows (XML Schema facets, EMIF 2.4.3) and what Python sees.

A wire type is written into an annotation (``Annotated[str, Text(80)]``). It checks values given by a user or by JSON,
turns text into a value and back, and is the source from which the schema documents are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ediel.codes import Code
from ediel.identifiers import Eic, Gln, Gsrn, Identifier
from ediel.messages._values import EmptyTrue, Timestamp, decimal_value, int_value

ANY_XML_TEXT: Final = "[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*"


class Wire:
    """Base of the wire types.

    Attributes:
        name: name of the simple type in this project's schema documents.
        base: built-in type it restricts.
        facets: its facets, in schema order.
        agency: attribute that goes with the value and the codes it may hold, or ``None``.
        plain: the text never needs escaping.
    """

    name: str
    base: str
    doc: str
    agency: tuple[str, tuple[str, ...]] | None = None
    plain: ClassVar[bool] = True

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return ()

    def parse(self, text: str) -> Any:
        """The value of a text that the schema has accepted."""
        raise NotImplementedError

    def parser(self) -> Callable[[str], Any]:
        """The quickest callable that does what ``parse`` does."""
        return self.parse

    def format(self, value: Any) -> str:
        """The text of a value, not escaped."""
        return str(value)

    def check(self, value: Any) -> Any:
        """The value as it will be kept.

        Raises:
            ValueError: the wire does not allow it.
        """
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        return self.format(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.check,
            serialization=core_schema.plain_serializer_function_ser_schema(self.to_json, when_used="json"),
            metadata={"pydantic_js_functions": [lambda _schema, _handler: self.json_schema()]},
        )


def _text_of(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Enum):
        raise ValueError(f"expected text, found {type(value).__name__}")
    return value


class Text(Wire):
    """Free text of 1 to ``most`` characters; white space is kept."""

    base = "string"
    plain = False

    def __init__(self, most: int) -> None:
        self.most = most

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"Text{self.most}"

    @property
    def doc(self) -> str:  # type: ignore[override]
        return f"Text of 1 to {self.most} characters."

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return ("minLength", "1"), ("maxLength", str(self.most))

    def parse(self, text: str) -> str:
        return text

    def parser(self) -> Callable[[str], Any]:
        return str

    def check(self, value: Any) -> str:
        text = _text_of(value)
        if not 1 <= len(text) <= self.most:
            raise ValueError(f"expected 1 to {self.most} characters, found {len(text)}")
        if not re.fullmatch(ANY_XML_TEXT, text):
            raise ValueError("the text holds a character that XML cannot carry")
        return text

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.most}


class Id(Wire):
    """An identifier: its shape is checked here, its check digit is a finding."""

    base = "string"

    def __init__(
        self,
        name: str,
        kind: type[Identifier],
        doc: str,
        agency: tuple[str, tuple[str, ...]],
        *,
        pattern: str | None = None,
        most: int | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.doc = doc
        self.agency = agency
        self.pattern = pattern
        self.most = most

    @property
    def plain(self) -> bool:  # type: ignore[override]
        return self.pattern is not None

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        if self.pattern is not None:
            return (("pattern", self.pattern),)
        return ("minLength", "1"), ("maxLength", str(self.most))

    def parse(self, text: str) -> Identifier:
        return self.kind(text)

    def parser(self) -> Callable[[str], Any]:
        return self.kind

    def format(self, value: Any) -> str:
        return str.__str__(value)

    def check(self, value: Any) -> Identifier:
        text = _text_of(value)
        if self.pattern is not None:
            if not re.fullmatch(self.kind.shape, text):
                raise ValueError(f"expected {self.kind.shape_text}")
        else:
            Text(self.most or 0).check(text)
        return self.kind(text)

    def json_schema(self) -> dict[str, Any]:
        return (
            {"type": "string", "pattern": f"^{self.pattern}$"}
            if self.pattern
            else {"type": "string", "maxLength": self.most}
        )


class _UuidType(Wire):
    name = "Uuid"
    base = "string"
    doc = "UUID: 36 characters, lower-case hexadecimal, 8-4-4-4-12 (BIM identification-of-messages)."
    _pattern: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return ("pattern", self._pattern), ("length", "36")

    def parse(self, text: str) -> str:
        return text

    def parser(self) -> Callable[[str], Any]:
        return str

    def check(self, value: Any) -> str:
        text = str(value) if isinstance(value, UUID) else _text_of(value)
        if not re.fullmatch(self._pattern, text):
            raise ValueError("expected a UUID in lower case, such as 123e4567-e89b-12d3-a456-426655440000")
        return text

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid", "pattern": f"^{self._pattern}$"}


_DATE_TIME: Final = (
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.(?P<fraction>[0-9]+))?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


class MomentType(Wire):
    """Date and time with a time zone and at most ``decimals`` decimals of a second."""

    base = "dateTime"

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"Moment{self.decimals}"

    @property
    def doc(self) -> str:  # type: ignore[override]
        return (
            f"Date and time with Z or an offset, years 1000 to 9999, at most {self.decimals} decimals of a second "
            "(BIM datetime-elements)."
        )

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return (("pattern", rf"[1-9][0-9]{{3}}-.+T[^.]+(|\.[0-9]{{0,{self.decimals}}})(Z|[+\-].+)"),)

    def parse(self, text: str) -> Timestamp:
        return Timestamp.read(text)

    def parser(self) -> Callable[[str], Any]:
        return Timestamp.read

    def format(self, value: Any) -> str:
        return Timestamp.of(value).text

    def check(self, value: Any) -> Timestamp:
        if isinstance(value, str):
            moment = Timestamp.read(value)
        elif isinstance(value, datetime):
            moment = Timestamp.of(value)
        else:
            raise ValueError(f"expected a date and time, found {type(value).__name__}")
        match = re.fullmatch(_DATE_TIME, moment.text)
        if not match:
            raise ValueError("expected a date and time such as 2026-12-01T00:00:00+01:00, year 1000 to 9999")
        if len(match["fraction"] or "") > self.decimals:
            raise ValueError(f"expected at most {self.decimals} decimals of a second")
        return moment

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class DecimalType(Wire):
    """A decimal number; limits are given as the schema has them."""

    base = "decimal"

    def __init__(
        self,
        name: str,
        decimals: int,
        digits: int | None = None,
        *,
        least: str | None = None,
        least_exclusive: str | None = None,
        most: str | None = None,
        most_exclusive: str | None = None,
    ) -> None:
        self.name = name
        self.decimals = decimals
        self.digits = digits
        self.least = least
        self.least_exclusive = least_exclusive
        self.most = most
        self.most_exclusive = most_exclusive

    @property
    def doc(self) -> str:  # type: ignore[override]
        return f"Decimal number, {self.in_words}."

    @property
    def in_words(self) -> str:
        """What the type allows, for people."""
        parts = [f"at most {self.digits} digits"] if self.digits else []
        parts.append(f"at most {self.decimals} decimals")
        for limit, word in (
            (self.least, "from"), (self.least_exclusive, "above"), (self.most, "up to"), (self.most_exclusive, "below"),
        ):  # fmt: skip
            if limit is not None:
                parts.append(f"{word} {limit}")
        return ", ".join(parts)

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        rows = (
            ("fractionDigits", str(self.decimals)),
            ("maxExclusive", self.most_exclusive),
            ("maxInclusive", self.most),
            ("minExclusive", self.least_exclusive),
            ("minInclusive", self.least),
            ("totalDigits", None if self.digits is None else str(self.digits)),
        )
        return tuple((name, value) for name, value in rows if value is not None)

    def parse(self, text: str) -> Decimal:
        return decimal_value(text)

    def format(self, value: Any) -> str:
        written = getattr(value, "text", None)
        return written if isinstance(written, str) else format(value, "f")

    def check(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
            raise ValueError(f"expected a decimal number, found {type(value).__name__}")
        number = value if isinstance(value, Decimal) else decimal_value(str(value))
        if not number.is_finite():
            raise ValueError("expected a finite number")
        scale, digits = _digits(number)
        if (
            scale > self.decimals
            or (self.digits is not None and digits > self.digits)
            or (self.least is not None and number < Decimal(self.least))
            or (self.least_exclusive is not None and number <= Decimal(self.least_exclusive))
            or (self.most is not None and number > Decimal(self.most))
            or (self.most_exclusive is not None and number >= Decimal(self.most_exclusive))
        ):
            raise ValueError(f"expected {self.in_words}")
        return number

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "description": self.in_words}


def _digits(number: Decimal) -> tuple[int, int]:
    """Decimals and digits that count: trailing zeros after the point and leading zeros do not."""
    _sign, digits, exponent = number.as_tuple()
    scale = max(-int(exponent), 0)
    whole = int("".join(map(str, digits)) or "0")
    while scale and whole % 10 == 0:
        whole //= 10
        scale -= 1
    return scale, max(len(str(whole)), scale)


class IntType(Wire):
    """A whole number from 0 to ``most``."""

    def __init__(self, name: str, most: int, base: str = "int") -> None:
        self.name = name
        self.most = most
        self.base = base

    @property
    def doc(self) -> str:  # type: ignore[override]
        return f"Whole number from 0 to {self.most}."

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return ("maxInclusive", str(self.most)), ("minInclusive", "0")

    def parse(self, text: str) -> int:
        return int_value(text)

    def format(self, value: Any) -> str:
        written = getattr(value, "text", None)
        return written if isinstance(written, str) else str(int(value))

    def check(self, value: Any) -> int:
        if isinstance(value, str):
            value = int_value(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"expected a whole number, found {type(value).__name__}")
        if not 0 <= value <= self.most:
            raise ValueError(f"expected a whole number from 0 to {self.most}")
        return value

    def to_json(self, value: Any) -> Any:
        written = getattr(value, "text", None)
        return written if isinstance(written, str) else int(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 0, "maximum": self.most}


class _BooleanType(Wire):
    name = "Boolean"
    base = "boolean"
    doc = "The word true or false; 1 and 0 are not allowed."

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return (("pattern", "true|false"),)

    def parse(self, text: str) -> bool:
        return text.strip() == "true"

    def format(self, value: Any) -> str:
        return "true" if value else "false"

    def check(self, value: Any) -> bool:
        if value is True or value is False:
            return value
        raise ValueError(f"expected true or false, found {type(value).__name__}")

    def to_json(self, value: Any) -> bool:
        return bool(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class _FixedTrueType(_BooleanType):
    """``true``, or an empty element, which means the same because the schema fixes the value."""

    def parse(self, text: str) -> bool:
        return True if text.strip() else EmptyTrue()  # type: ignore[return-value]

    def format(self, value: Any) -> str:
        return "" if isinstance(value, EmptyTrue) else "true"

    def check(self, value: Any) -> bool:
        if value is True or isinstance(value, EmptyTrue):
            return value  # type: ignore[return-value]
        if value == "":
            return EmptyTrue()  # type: ignore[return-value]
        raise ValueError("expected true: the schema allows no other value here")

    def to_json(self, value: Any) -> Any:
        return "" if isinstance(value, EmptyTrue) else True

    def json_schema(self) -> dict[str, Any]:
        return {"enum": [True, ""]}


AGENCY_OF_CODE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "BusinessProcess": ("listAgencyIdentifier", ("89",)),
    "BusinessType": ("listAgencyIdentifier", ("89",)),
    "ConsumptionSubType": ("listAgencyIdentifier", ("89",)),
    "Country": ("listAgencyIdentifier", ("5",)),
    "Currency": ("listAgencyIdentifier", ("5",)),
    "DocumentType": ("listAgencyIdentifier", ("260", "6")),
    "MeterReadingCharacteristics": ("listAgencyIdentifier", ("260",)),
    "MeteringPointType": ("listAgencyIdentifier", ("260",)),
    "PhysicalStatus": ("listAgencyIdentifier", ("260",)),
    "Product": ("schemeAgencyIdentifier", ("89", "9")),
    "ProductionSubType": ("listAgencyIdentifier", ("89",)),
    "ResponseReason": ("listAgencyIdentifier", ("260", "89")),
    "Role": ("listAgencyIdentifier", ("6", "89")),
    "SettlementMethod": ("listAgencyIdentifier", ("260", "89")),
    "StatusType": ("listAgencyIdentifier", ("6",)),
}
"""Which attribute names the issuer of a code, and what the schema lets it hold (EMIF 2.4.3)."""


class CodeType(Wire):
    """A code of a list."""

    def __init__(self, code_list: type[Code]) -> None:
        self.code_list = code_list

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.code_list.__name__

    @property
    def base(self) -> str:  # type: ignore[override]
        # Reasons are the one list that the official schema builds on xsd:token, so white space around them is layout.
        return "token" if self.code_list.__name__ == "ResponseReason" else "string"

    @property
    def doc(self) -> str:  # type: ignore[override]
        return (self.code_list.__doc__ or "").strip().splitlines()[0]

    @property
    def agency(self) -> tuple[str, tuple[str, ...]] | None:  # type: ignore[override]
        return AGENCY_OF_CODE.get(self.code_list.__name__)

    def parse(self, text: str) -> Code:
        members = self.code_list._value2member_map_
        return members.get(text) or members[" ".join(text.split())]  # type: ignore[return-value]

    def parser(self) -> Callable[[str], Any]:
        # Lists on xsd:string are taken to the letter, so the table of members is all there is to it.
        return self.parse if self.base == "token" else self.code_list._value2member_map_.__getitem__

    def format(self, value: Any) -> str:
        return str.__str__(value)


@cache
def code_type(code_list: type[Code]) -> CodeType:
    """The wire type of a code list."""
    return CodeType(code_list)


_GS1: Final = ("schemeAgencyIdentifier", ("9",))

Text10 = Annotated[str, Text(10)]
Text18 = Annotated[str, Text(18)]
Text40 = Annotated[str, Text(40)]
Text50 = Annotated[str, Text(50)]
Text80 = Annotated[str, Text(80)]
Text100 = Annotated[str, Text(100)]
Text150 = Annotated[str, Text(150)]
Text300 = Annotated[str, Text(300)]
Text1000 = Annotated[str, Text(1000)]
UuidText = Annotated[str, _UuidType()]
MeteringPointId = Annotated[
    str, Id("MeteringPointId", Gsrn, "Metering point: GSRN, 18 digits (GS1).", _GS1, pattern="[0-9]{18}")
]
PartyId = Annotated[str, Id("PartyId", Gln, "Market party: GLN, up to 13 characters (GS1).", _GS1, most=13)]
GridAreaId = Annotated[
    str,
    Id(
        "GridAreaId",
        Eic,
        "Metering grid area: EIC, up to 16 characters (ENTSO-E).",
        ("schemeAgencyIdentifier", ("305",)),
        most=16,
    ),
]
EndUserId = Annotated[
    str,
    Id(
        "EndUserId",
        Identifier,
        "End user: national identity number, D-number or organisation number, up to 11 characters.",
        ("schemeAgencyIdentifier", ("82", "Z01")),
        most=11,
    ),
]
Moment = Annotated[datetime, MomentType(3)]
Moment9 = Annotated[datetime, MomentType(9)]
Flag = Annotated[bool, _BooleanType()]
FixedTrue = Annotated[bool, _FixedTrueType()]
Quantity = Annotated[Decimal, DecimalType("Quantity", 3, 15, least="0", most_exclusive="1000000000000")]
SignedQuantity = Annotated[
    Decimal,
    DecimalType("SignedQuantity", 3, 15, least_exclusive="-1000000000000", most_exclusive="1000000000000"),
]
SignedAmount = Annotated[
    Decimal,
    DecimalType("SignedAmount", 2, 12, least_exclusive="-10000000000", most_exclusive="10000000000"),
]
MeterConstant = Annotated[Decimal, DecimalType("MeterConstant", 5, 12, least="0", most_exclusive="10000000")]
Coordinate = Annotated[Decimal, DecimalType("Coordinate", 5, 8, least="0", most_exclusive="1000")]
Percent = Annotated[Decimal, DecimalType("Percent", 2, 5, least="0", most="100")]
Share = Annotated[Decimal, DecimalType("Share", 6, least="0", most="1")]
Int2 = Annotated[int, IntType("Int2", 99)]
Int4 = Annotated[int, IntType("Int4", 9999)]
Int9 = Annotated[int, IntType("Int9", 999999999)]
Int12 = Annotated[int, IntType("Int12", 999999999999, "long")]
