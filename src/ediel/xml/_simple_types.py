"""What a simple type allows, what is wrong with a text, and the usual mistakes, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import xmlschema
from xmlschema.validators import XsdComplexType, XsdSimpleType, XsdType

from ediel.xml._paths import local
from ediel.xml._words import one_of

__all__ = ["Problem", "expected", "problem", "simple", "type_name"]


Facets = dict[str, Any]
"""Facets by local name. Each has members of its own: a value, patterns, or the codes of a list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What would have been right, and a word on the mistake."""

    expected: str
    hint: str = ""


def simple(kind: XsdSimpleType | XsdComplexType) -> XsdSimpleType:
    """The simple type of an element's text."""
    content = kind if isinstance(kind, XsdSimpleType) else kind.content
    assert isinstance(content, XsdSimpleType)
    return content


def type_name(kind: XsdType | None) -> str | None:
    """Name of a type, or of the one that a nameless type restricts."""
    while kind is not None and not kind.name:
        kind = kind.base_type
    return local(kind.name) if kind is not None else None


def problem(kind: XsdSimpleType, text: str, fixed: str | None) -> Problem | None:
    """What is wrong with a text by a simple type."""
    if _surely_right(kind, text) or (_is_written_right(kind, text) and next(iter(_errors(kind, text)), None) is None):
        if fixed is None or _same(kind, text, fixed):
            return None
        return Problem(fixed)
    return Problem(expected(kind) if fixed is None else fixed, _hint(kind, text))


def _surely_right(kind: XsdSimpleType, text: str) -> bool:
    """Whether a text is right at first sight: a tenth of the time that xmlschema takes for being sure of the rest."""
    base, facets, codes = _known(kind)
    if codes is not None:
        return text in codes
    if base == "boolean":
        return text in {"true", "false"}
    if base == "dateTime":
        return bool(_USUAL_MOMENT.fullmatch(text)) and _is_moment(text)
    if base == "decimal":
        return _surely_right_number(facets, text)
    if base != "string" or not facets.keys() <= {"pattern", "length", "minLength", "maxLength", "whiteSpace"}:
        return False
    limits = {name: facet.value for name, facet in facets.items() if name.lower().endswith("length")}
    return (
        limits.get("minLength", 0) <= len(text) <= limits.get("maxLength", len(text))
        and limits.get("length", len(text)) == len(text)
        and ("pattern" not in facets or all(pattern.match(text) for pattern in facets["pattern"].patterns))
    )


def _surely_right_number(facets: Facets, text: str) -> bool:
    if not _USUAL_NUMBER.fullmatch(text):
        return False
    whole, _, fraction = text.partition(".")
    if len(fraction) > facets["fractionDigits"].value if "fractionDigits" in facets else fraction:
        return False
    if "totalDigits" in facets and len(whole) + len(fraction) > facets["totalDigits"].value:
        return False
    number = Decimal(text)
    return not (
        ("minInclusive" in facets and number < facets["minInclusive"].value)
        or ("minExclusive" in facets and number <= facets["minExclusive"].value)
        or ("maxInclusive" in facets and number > facets["maxInclusive"].value)
        or ("maxExclusive" in facets and number >= facets["maxExclusive"].value)
    )


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_written_right(kind: XsdSimpleType, text: str) -> bool:
    """Whether a number or a moment is written as XSD has it. xmlschema reads them with Python, which takes more."""
    form = {"decimal": _NUMBER, "dateTime": _MOMENT}.get(_primitive(kind))
    return form is None or form.fullmatch(text.strip(_WHITE_SPACE)) is not None


_WHITE_SPACE: Final = " \t\r\n"
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_MOMENT: Final = re.compile(r"-?[0-9T:.Z+-]+")
_USUAL_MOMENT: Final = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-]0[0-9]:[0-5][0-9])"
)
_USUAL_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@lru_cache(maxsize=1024)
def _known(kind: XsdSimpleType) -> tuple[str, Facets, frozenset[str] | None]:
    """Primitive type, facets, and the codes if it is a list."""
    facets = _facets(kind)
    codes = frozenset(map(str, facets["enumeration"].enumeration)) if "enumeration" in facets else None
    return _primitive(kind), facets, codes


def _primitive(kind: XsdSimpleType) -> str:
    """Local name of the built-in type that a type comes from."""
    return local(getattr(getattr(kind, "primitive_type", None), "name", ""))


def _errors(kind: XsdSimpleType, text: str) -> Iterator[Exception]:
    try:
        yield from kind.iter_errors(text)
    except (ValueError, ArithmeticError) as error:
        yield error


def _same(kind: XsdSimpleType, text: str, fixed: str) -> bool:
    try:
        return bool(kind.decode(text) == kind.decode(fixed))
    except (xmlschema.XMLSchemaException, ValueError, ArithmeticError):  # a text it cannot decode is not the same
        return False


def _facets(kind: XsdType | None) -> Facets:
    """Facets along the derivation, the nearest first."""
    result: Facets = {}
    while kind is not None and hasattr(kind, "facets"):
        for name, facet in kind.facets.items():
            if name is not None:
                result.setdefault(local(name), facet)
        kind = kind.base_type
    return result


def expected(kind: XsdSimpleType | XsdComplexType) -> str:
    """What a simple type allows, in words."""
    plain = simple(kind)
    facets = _facets(plain)
    if "enumeration" in facets:
        codes = [str(code) for code in facets["enumeration"].enumeration]
        return one_of(codes)
    base = _primitive(plain) or "string"
    if base == "boolean":
        return "true or false" if "pattern" in facets else "true or false (1 or 0)"
    if base == "dateTime":
        pattern = facets["pattern"].regexps[0] if "pattern" in facets else ""
        most = re.search(r"\{0,(\d)\}\)", pattern)
        decimals = f", at most {most[1]} decimals of a second" if most else ""
        return f"a date and time with Z or an offset, such as 2026-12-01T00:00:00+01:00{decimals}"
    if base == "decimal":
        return _number_in_words(plain, facets)
    if "pattern" in facets:
        return _pattern_in_words(facets["pattern"].regexps[0])
    if "length" in facets:
        return f"{facets['length'].value} characters"
    if "minLength" in facets and "maxLength" in facets:
        return f"{facets['minLength'].value} to {facets['maxLength'].value} characters"
    return base


def _pattern_in_words(pattern: str) -> str:
    if plain := re.fullmatch(r"\[0-9\]\{(\d+)\}", pattern):
        return f"{plain[1]} digits"
    if pattern.startswith("[0-9a-f]{8}-"):
        return "a UUID in lower case, such as 123e4567-e89b-12d3-a456-426655440000"
    return f"a text like {pattern}"


def _number_in_words(kind: XsdSimpleType, facets: Facets) -> str:
    whole = facets.get("fractionDigits") is not None and int(facets["fractionDigits"].value) == 0
    parts = ["a whole number" if whole or _is_integer(kind) else "a decimal number with a point"]
    if "totalDigits" in facets:
        parts.append(f"at most {facets['totalDigits'].value} digits")
    if "fractionDigits" in facets and not whole:
        parts.append(f"at most {facets['fractionDigits'].value} decimals")
    for name, word in (
        ("minInclusive", "from"), ("minExclusive", "above"), ("maxInclusive", "up to"), ("maxExclusive", "below"),
    ):  # fmt: skip
        if name in facets:
            parts.append(f"{word} {facets[name].value}")
    return ", ".join(parts)


def _is_integer(kind: XsdType | None) -> bool:
    while kind is not None:
        if local(kind.name) in {"int", "long", "integer"}:
            return True
        kind = kind.base_type
    return False


def _without_blanks(text: str) -> str | None:
    """The number in a text with blanks of any kind in it, as thousands are often set apart; else ``None``."""
    number = re.sub(r"[\s\u200b\u2060\ufeff']", "", text)
    if number.count(",") == 1 and "." not in number:
        number = number.replace(",", ".")
    return number if number != text and _NUMBER.fullmatch(number) else None


def _hint(kind: XsdSimpleType, text: str) -> str:
    """A word on the usual mistakes."""
    base = _primitive(kind)
    stripped = text.strip()
    if base == "decimal" and re.fullmatch(r"[+-]?\d+,\d+", stripped):
        return "; write a decimal point, not a comma"
    if base == "decimal" and (number := _without_blanks(stripped)):
        return f"; write {number}, without blanks in it"
    if base == "dateTime" and re.fullmatch(r"[^Z]*T\d\d:\d\d(:\d\d(\.\d+)?)?", stripped):
        return "; the time zone is missing, add Z or an offset such as +01:00"
    if base == "dateTime" and re.fullmatch(r"\d{4}-\d\d-\d\d", stripped):
        return "; the time of day and the time zone are missing"
    if base == "boolean" and stripped in {"1", "0"}:
        return f"; write {'true' if stripped == '1' else 'false'}"
    facets = _facets(kind)
    if "enumeration" in facets:
        codes = [str(code) for code in facets["enumeration"].enumeration]
        exact = next((code for code in codes if code.lower() == stripped.lower()), None)
        if exact and exact == stripped:
            return "; take the white space around it out"
        if exact:
            return f"; write {exact}"
    if "pattern" in facets and stripped != stripped.lower() and "[0-9a-f]" in facets["pattern"].regexps[0]:
        return "; write it in lower case"
    return ""
