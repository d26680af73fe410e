"""Types of single values: what the wire allows (XML Schema facets, EMIF 2.4.3) and what Python sees.

A wire type is written into an annotation (``Annotated[str, Text(80)]``). It checks values given by a user or by JSON,
turns text into a value and back, and is the source from which the schema documents are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ediel.codes import Code
from ediel.identifiers import Identifier, Uuid
from ediel.messages._values import EmptyTrue, Timestamp

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

    def parse(self, text: str) -> object:
        """The value of a text that the schema has accepted."""
        raise NotImplementedError

    def parser(self) -> Callable[[str], object]:
        """The quickest callable that does what ``parse`` does."""
        return self.parse

    def format(self, value: object) -> str:
        """The text of a value, not escaped."""
        return str(value)

    def check(self, value: object) -> object:
        """The value as it will be kept.

        Raises:
            ValueError: the wire does not allow it.
        """
        raise NotImplementedError

    def to_json(self, value: object) -> object:
        return self.format(value)

    def json_schema(self) -> dict[str, object]:
        return {"type": "string"}

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.check,
            serialization=core_schema.plain_serializer_function_ser_schema(self.to_json, when_used="json"),
            metadata={"pydantic_js_functions": [lambda _schema, _handler: self.json_schema()]},
        )


def _text_of(value: object) -> str:
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

    def parser(self) -> Callable[[str], object]:
        return str

    def check(self, value: object) -> str:
        text = _text_of(value)
        if not 1 <= len(text) <= self.most:
            raise ValueError(f"expected 1 to {self.most} characters, found {len(text)}")
        if not re.fullmatch(ANY_XML_TEXT, text):
            raise ValueError("the text holds a character that XML cannot carry")
        return text

    def json_schema(self) -> dict[str, object]:
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

    def parser(self) -> Callable[[str], object]:
        return self.kind

    def format(self, value: object) -> str:
        return str.__str__(value)

    def check(self, value: object) -> Identifier:
        text = _text_of(value)
        if self.pattern is not None:
            if not re.fullmatch(self.kind.shape, text):
                raise ValueError(f"expected {self.kind.shape_text}")
        else:
            Text(self.most or 0).check(text)
        return self.kind(text)

    def json_schema(self) -> dict[str, object]:
        return (
            {"type": "string", "pattern": f"^{self.pattern}$"}
            if self.pattern
            else {"type": "string", "maxLength": self.most}
        )


class UuidType(Wire):
    name = "Uuid"
    base = "string"
    doc = "UUID: 36 characters, lower-case hexadecimal, 8-4-4-4-12 (BIM identification-of-messages)."

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return ("pattern", Uuid.shape), ("length", "36")

    def parse(self, text: str) -> str:
        return text

    def parser(self) -> Callable[[str], object]:
        return str

    def check(self, value: object) -> str:
        text = str(value) if isinstance(value, UUID) else _text_of(value)
        if not re.fullmatch(Uuid.shape, text):
            raise ValueError("expected a UUID in lower case, such as 123e4567-e89b-12d3-a456-426655440000")
        return text

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "format": "uuid", "pattern": f"^{Uuid.shape}$"}


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

    def parser(self) -> Callable[[str], object]:
        return Timestamp.read

    def format(self, value: Any) -> str:
        return Timestamp.of(value).text

    def check(self, value: object) -> Timestamp:
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

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "format": "date-time"}


class BooleanType(Wire):
    name = "Boolean"
    base = "boolean"
    doc = "The word true or false; 1 and 0 are not allowed."

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        return (("pattern", "true|false"),)

    def parse(self, text: str) -> bool:
        return text.strip() == "true"

    def format(self, value: object) -> str:
        return "true" if value else "false"

    def check(self, value: object) -> bool:
        if value is True or value is False:
            return value
        raise ValueError(f"expected true or false, found {type(value).__name__}")

    def to_json(self, value: object) -> bool | str:
        return bool(value)

    def json_schema(self) -> dict[str, object]:
        return {"type": "boolean"}


class FixedTrueType(BooleanType):
    """``true``, or an empty element, which means the same because the schema fixes the value."""

    def parse(self, text: str) -> bool:
        return True if text.strip() else EmptyTrue()  # type: ignore[return-value]

    def format(self, value: object) -> str:
        return "" if isinstance(value, EmptyTrue) else "true"

    def check(self, value: object) -> bool:
        if value is True or isinstance(value, EmptyTrue):
            return value  # type: ignore[return-value]
        if value == "":
            return EmptyTrue()  # type: ignore[return-value]
        raise ValueError("expected true: the schema allows no other value here")

    def to_json(self, value: object) -> bool | str:
        return "" if isinstance(value, EmptyTrue) else True

    def json_schema(self) -> dict[str, object]:
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

    def parser(self) -> Callable[[str], object]:
        # Lists on xsd:string are taken to the letter, so the table of members is all there is to it.
        return self.parse if self.base == "token" else self.code_list._value2member_map_.__getitem__

    def format(self, value: object) -> str:
        return str.__str__(value)


@cache
def code_type(code_list: type[Code]) -> CodeType:
    """The wire type of a code list."""
    return CodeType(code_list)


def texts_of(wire: Wire) -> tuple[str, ...]:
    """What a value that is one of a few may be on the wire; nothing for other types."""
    if isinstance(wire, CodeType):
        return tuple(code.value for code in wire.code_list)
    return ("true",) if isinstance(wire, FixedTrueType) else ("true", "false") if isinstance(wire, BooleanType) else ()
