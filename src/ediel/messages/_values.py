"""Values that remember how they were written.

XML Schema lets one value be written in several ways (``+1``, ``01``, ``1.50``, ``24:00:00``, nine decimals of a
second). A message that is read and written again must not change, so a value that was not written the usual way
carries its text along. White space around such a value is layout and is not kept.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final, Self, SupportsIndex

__all__ = ["EmptyTrue", "Timestamp", "WrittenDecimal", "WrittenInt", "decimal_value", "int_value"]


class Timestamp(datetime):
    """An aware moment and the text it was written as.

    Arithmetic and comparison are those of ``datetime`` (microseconds); ``text`` keeps every decimal.
    """

    __slots__ = ("_text",)
    _text: str

    @property
    def text(self) -> str:
        """How the moment was written, or would be."""
        try:
            return self._text
        except AttributeError:  # the result of arithmetic
            return Timestamp.of(datetime.fromisoformat(self.isoformat())).text

    @classmethod
    def read(cls, text: str) -> Self:
        """From the text of an ``xsd:dateTime`` with a time zone.

        Raises:
            ValueError: the text is no such thing.
        """
        try:
            moment = cls.fromisoformat(text)
            stripped = text
        except ValueError:
            stripped = text.strip(" \t\r\n")
            moment = cls._from_unusual(stripped)
        if moment.tzinfo is None:
            raise ValueError("a date and time needs Z or an offset such as +01:00")
        moment._text = stripped
        return moment

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """From any aware ``datetime``.

        Raises:
            ValueError: it has no time zone.
        """
        if isinstance(moment, cls):
            return moment
        offset = moment.utcoffset()
        if offset is None:
            raise ValueError("a date and time needs a time zone, for instance ediel.calendar.OSLO")
        text = moment.replace(tzinfo=timezone(offset)).isoformat()
        if not offset:
            text = f"{text[:-6]}Z"
        result = cls.fromisoformat(text)
        result._text = text
        return result

    @classmethod
    def _from_unusual(cls, text: str) -> Self:
        """24:00:00 is the same as 00:00:00 of the next day (XML Schema 1.0)."""
        try:
            return cls.fromisoformat(text)
        except ValueError:
            pass
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T24:00:00(\.0*)?(Z|[+-]\d\d:\d\d)", text)
        if not match:
            raise ValueError("expected a date and time such as 2026-12-01T00:00:00+01:00")
        midnight = cls.fromisoformat(f"{match[1]}T00:00:00{match[3]}")
        try:
            return midnight + timedelta(days=1)
        except OverflowError:  # the end of the year 9999
            return cls(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

    def __str__(self) -> str:
        return self.text

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[object, ...]:
        return Timestamp.read, (self.text,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class WrittenDecimal(Decimal):
    """A decimal whose text is not what ``str`` would give."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type["WrittenDecimal"], tuple[str]]:
        return WrittenDecimal, (self.text,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class WrittenInt(int):
    """An integer whose text is not what ``str`` would give."""

    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return WrittenInt, (self.text,)


class EmptyTrue(int):
    """True, written as an empty element (allowed where the schema fixes the value to true)."""

    def __new__(cls) -> Self:
        return super().__new__(cls, 1)

    def __repr__(self) -> str:
        return "True"

    def __reduce__(self) -> tuple[object, ...]:
        return EmptyTrue, ()


_PLAIN_INT: Final = r"-?[1-9][0-9]*|0"
_INT: Final = r"[+-]?[0-9]+"
_DECIMAL: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"


def int_value(text: str) -> int:
    """From the text of an ``xsd:int`` or ``xsd:long``.

    Raises:
        ValueError: the text is no such thing.
    """
    stripped = text.strip(" \t\r\n")
    if re.fullmatch(_PLAIN_INT, stripped):
        return int(stripped)
    if not re.fullmatch(_INT, stripped):
        raise ValueError("expected a whole number")
    return WrittenInt(stripped)


def decimal_value(text: str) -> Decimal:
    """From the text of an ``xsd:decimal``.

    Raises:
        ValueError: the text is no such thing (an exponent, a comma, a thousands separator).
    """
    stripped = text.strip(" \t\r\n")
    if not re.fullmatch(_DECIMAL, stripped):
        raise ValueError("expected a decimal number with a point, such as 12.345")
    value = Decimal(stripped)
    return value if str(value) == stripped else WrittenDecimal(stripped)
