"""Cells of text as values of a column, with every mistake in words of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.codes import BusinessProcess, Direction, Product, Unit
from ediel.identifiers import Gsrn, Uuid
from ediel.messages._wire import MOST_SEQUENCE
from ediel.series._columns import ESTIMATIONS, KINDS, QUALITIES, SCHEMA, STEPS, VALIDATIONS
from ediel.series._rows import Rows, each
from ediel.series.errors import Mistake

__all__ = ["decimal_sign", "typed"]

Read = Callable[[str], Any]
_MOMENT: Final = pa.timestamp("us", tz="UTC")
_OFFSET: Final = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_NUMBER: Final = r"^[+-]?[0-9]{1,12}(\.[0-9]{1,3}0*)?$"
_THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")


def _one_of(known: Iterable[str], what: str) -> Read:
    allowed = tuple(known)

    def read(text: str) -> str:
        if text not in allowed:
            shown = ", ".join(allowed) if len(allowed) < 12 else f"a code of that list, such as {allowed[0]}"
            raise ValueError(f"{text} is no {what}; expected {'one of ' if len(allowed) < 12 else ''}{shown}")
        return text

    return read


def _point(text: str) -> str:
    if re.fullmatch(Gsrn.shape, text):
        return text
    if re.fullmatch(r"[0-9][.,]?[0-9]*E\+?[0-9]+", text, re.IGNORECASE):
        raise ValueError(f"{text} was a number to a spreadsheet, and digits are lost; store the column as text")
    raise ValueError(f"{text} is no metering point; expected {Gsrn.shape_text}")


def _uuid(text: str) -> str:
    if re.fullmatch(Uuid.shape, text) is None:
        raise ValueError(f"{text} is no identification; expected {Uuid.shape_text}")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no moment; write it as 2026-11-19T00:00:00+01:00") from None
    if moment.tzinfo is None or not _OFFSET.search(text):
        raise ValueError(f"{text} has no offset from UTC; write it as 2026-11-19T00:00:00+01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is out of the calendar") from None


def _whole(most: int, what: str) -> Read:
    def read(text: str) -> int:
        if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
            raise ValueError(f"{text} is no whole number")
        number = int(text)
        if most and not 0 <= number <= most:
            raise ValueError(f"{text} is no {what}; expected 0 to {most}")
        return number

    return read


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{text} is neither true nor false")
    return text.lower() == "true"


_READERS: Final[dict[str, Read]] = {
    "metering_point": _point,
    "product": _one_of((code.value for code in Product), "product"),
    "unit": _one_of((code.value for code in Unit), "unit"),
    "direction": _one_of((code.value for code in Direction), "direction"),
    "resolution": _one_of(STEPS, "resolution of intervals"),
    "kind": _one_of(KINDS, "kind of value"),
    "quality": _one_of(QUALITIES, "quality"),
    "validation_code": _one_of(VALIDATIONS, "validation code"),
    "estimation_code": _one_of(ESTIMATIONS, "estimation code"),
    "process": _one_of((code.value for code in BusinessProcess), "process"),
    "payload_id": _uuid,
    "message_id": _uuid,
    "request_reference": _uuid,
    "sequence": _whole(MOST_SEQUENCE, "position"),
    "thousandths": _whole(0, "number"),
    "imbalance_settlement": _flag,
}


def typed(rows: Rows, name: str, mistakes: list[Mistake]) -> pa.Array:
    """A column of the schema; cells with mistakes are empty, and the mistakes are told."""
    field = SCHEMA.field(name)
    source = "value" if name == "thousandths" and "value" in rows.table.column_names else name
    if source not in rows.table.column_names:
        return pa.nulls(rows.table.num_rows, field.type)
    column = rows.table[source].combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no rows
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
    if pa.types.is_timestamp(column.type):
        if column.type.tz is None:
            text = "holds moments without a time zone; store them with one"
            mistakes.append(Mistake(None, rows.names[source], None, text))
            return pa.nulls(len(column), field.type)
        return column.cast(_MOMENT, safe=False)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type) and source == "value" and column.type.scale > 3:
        column = column.cast(pa.string())
    texts = column.cast(pa.string())
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if source == "value":
        return _decimals(rows, texts, mistakes)
    reader = _moment if pa.types.is_timestamp(field.type) else _READERS.get(name, str)
    return _distinct(rows, source, texts, reader, field.type, mistakes)


def _distinct(
    rows: Rows, name: str, texts: pa.Array, reader: Read, kind: pa.DataType, mistakes: list[Mistake]
) -> pa.Array:
    """Each distinct text is read once."""
    encoded = texts.dictionary_encode()
    read: list[Any] = []
    wrong: dict[int, str] = {}
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            read.append(reader(text))
        except ValueError as error:
            wrong[place] = str(error)
            read.append(None)
    if wrong:
        of = encoded.indices.fill_null(-1).to_numpy()
        for place, number, point in each(rows, np.isin(of, [*wrong])):
            mistakes.append(Mistake(number, rows.names[name], point, wrong[int(of[place])]))
    if pa.types.is_dictionary(kind):
        words = pa.array(read, pa.string())
        return words.take(encoded.indices).dictionary_encode().cast(kind)
    return pa.array(read, kind).take(encoded.indices)


def decimal_sign(rows: Rows, texts: pa.Array, mistakes: list[Mistake]) -> str:
    """What stands before the decimals of the values of a CSV file, where the file alone can say.

    A comma is a decimal sign where at least one value cannot be read as thousands: ``0,512`` or ``1,25``.
    """
    if rows.decimal is not None:
        return rows.decimal
    if rows.delimiter == "," and not pc.any(pc.match_substring(texts, ",")).as_py():
        return "."  # as this project writes it
    signs = [sign for sign in (".", ",") if pc.any(pc.match_substring(texts, sign)).as_py()]
    if not signs:
        return "."
    if len(signs) == 1:
        distinct = [text for text in texts.unique().to_pylist() if text is not None and signs[0] in text]
        if not all(_THOUSANDS.fullmatch(text) for text in distinct):
            if signs[0] == ",":
                rows.notes.append(f"{rows.name}: a comma stands before the decimals")
            return signs[0]
        problem = f"{distinct[0]} may be thousands or decimals; say which with --decimal"
    else:
        problem = "some values have a point and some a comma; say which of them is the decimal sign with --decimal"
    mistakes.append(Mistake(None, rows.names["value"], None, problem))
    return signs[0]


def _decimals(rows: Rows, texts: pa.Array, mistakes: list[Mistake]) -> pa.Array:
    """Values times 1000, exact."""
    before = len(mistakes)
    sign = decimal_sign(rows, texts, mistakes)
    if len(mistakes) > before:  # nobody knows what the numbers are
        return pa.nulls(len(texts), pa.int64())
    plain = texts if sign == "." else pc.replace_substring(pc.replace_substring(texts, ".", "?"), ",", ".")
    right = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), True)
    if not pc.all(right).as_py():
        wrong = ~right.to_numpy(zero_copy_only=False)
        for place, number, point in each(rows, wrong):
            problem = _why(str(texts[place].as_py()), sign)
            mistakes.append(Mistake(number, rows.names["value"], point, problem))
        plain = pc.if_else(right, plain, pa.scalar(None, pa.string()))
    plain = pc.replace_substring_regex(plain, r"(\.[0-9]{3})0+$", r"\1")
    exact = plain.cast(pa.decimal128(18, 3))
    return pc.multiply(exact, pa.scalar(1000, pa.int64())).cast(pa.int64())


def _why(text: str, sign: str) -> str:
    """What is wrong with a number."""
    example = f"1{sign}250"
    if re.search(r"\s", text):
        return f"{text!r} has a blank inside; write {re.sub(chr(92) + 's', '', text)}"
    if re.fullmatch(r"[+-]?[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", text, re.IGNORECASE):
        return f"{text} has an exponent; write all of its digits"
    other = "," if sign == "." else "."
    if re.fullmatch(rf"[+-]?[0-9]*{re.escape(other)}[0-9]+", text):
        return f"{text} has {'a comma' if other == ',' else 'a point'} before the decimals; expected {example}"
    if re.fullmatch(rf"[+-]?[0-9]+{re.escape(sign)}[0-9]+", text):
        whole, _, fraction = text.lstrip("+-").partition(sign)
        if len(whole) > 12:
            return f"{text} has {len(whole)} digits before the decimals; expected at most 12"
        return f"{text} has {len(fraction)} decimals; expected at most three, as {example}"
    return f"{text} is no number; expected one such as {example}"
