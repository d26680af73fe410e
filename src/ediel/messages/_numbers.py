"""Wire types of numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ediel.messages._values import decimal_value, int_value
from ediel.messages._wire_types import Wire


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

    def format(self, value: object) -> str:
        written = getattr(value, "text", None)
        return written if isinstance(written, str) else format(value, "f")

    def check(self, value: object) -> Decimal:
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

    def json_schema(self) -> dict[str, object]:
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

    def check(self, value: object) -> int:
        if isinstance(value, str):
            value = int_value(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"expected a whole number, found {type(value).__name__}")
        if not 0 <= value <= self.most:
            raise ValueError(f"expected a whole number from 0 to {self.most}")
        return value

    def to_json(self, value: Any) -> int | str:
        written = getattr(value, "text", None)
        return written if isinstance(written, str) else int(value)

    def json_schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": 0, "maximum": self.most}
