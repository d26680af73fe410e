"""What an end user's browser brings back after BRS-NO-624: metering points with their dates, or an error.

What comes back is published (BRS-NO-624); how it is spelled and encoded is not. The names of ``ReturnNames`` are
those of the page where it has some, and assumed where it has none; each can be set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from ediel.calendar import market_day
from ediel.codes import Standing
from ediel.identifiers import Gsrn, Uuid
from ediel.rest.errors import ReturnRefused

__all__ = ["ERRORS", "AccessReturn", "Fields", "GivenAccess", "ReturnNames", "read_return"]

Fields = Mapping[str, object]
"""What was sent by name: texts of a query or a form, anything of a JSON object."""

ERRORS: Final[Mapping[str, str]] = {
    "EH088": "the end user has refused",
    "EH106": "the end user has no metering point",
    "EH111": "an error at Elhub; ask again later",
}
"""Codes of BRS-NO-624."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST: Final = 1000
_LONGEST: Final = 400_000


@dataclass(frozen=True, slots=True)
class ReturnNames:
    """Names under which things come back.

    Attributes:
        request: the request's identification.
        hub: GLN of Elhub.
        receiver: GLN of the third party.
        points: a list of metering points; JSON text where it comes in a query or a form.
        point: in an item of the list, the metering point.
        start: in an item, the day on which the end user moved in.
        end: in an item, the day on which the access ends; there only where the end user has set it.
        error: the code of an error. Where it stands is not published.
        address: the return address; ``None``, since its name is not published: it is not compared then.
        standing: how certain all this is.
    """

    request: str = "request_id"
    hub: str = "elhubGln"
    receiver: str = "receiverGln"
    points: str = "contracts"
    point: str = "meteringPointId"
    start: str = "start"
    end: str = "end"
    error: str = "error"
    address: str | None = None
    standing: Standing = "assumed"


@dataclass(frozen=True, slots=True)
class GivenAccess:
    """A metering point to which the end user gives access.

    Attributes:
        metering_point: 18 digits.
        start: day on which the end user moved in, in Norway.
        end: day on which the access ends; ``None`` where the end user has set none.
    """

    metering_point: str = field(repr=False)
    start: date = field(repr=False)
    end: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AccessReturn:
    """What came back, read.

    Attributes:
        request_id: UUID of the request that it answers.
        hub: GLN of Elhub; ``None`` where an error came without it.
        receiver: GLN of the third party; ``None`` where an error came without it.
        points: what is given; nothing where there is an error.
        error: a code of ``ERRORS``; ``"unknown"`` for another; ``None`` where there is none.
        address: the return address that came along, where its name is known.
    """

    request_id: str = field(repr=False)
    hub: str | None
    receiver: str | None
    points: tuple[GivenAccess, ...] = field(repr=False)
    error: str | None
    address: str | None = field(default=None, repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what it says: the same again is the same, whatever its order and encoding."""
        points = sorted(
            (item.metering_point, item.start.isoformat(), "" if item.end is None else item.end.isoformat())
            for item in self.points
        )
        return hashlib.sha256(json.dumps([self.request_id, self.error, points]).encode()).hexdigest()


def read_return(fields: Fields, names: ReturnNames) -> AccessReturn:
    """Read what came back.

    Raises:
        ReturnRefused: something is missing or wrong; the text does not repeat what was found.
    """
    request_id = (_text(fields, names.request) or "").lower()
    if not Uuid(request_id).is_valid:
        raise _wrong(f"{names.request}: expected a UUID")
    error, listed = _text(fields, names.error), fields.get(names.points)
    if error is None and listed is None:
        raise _wrong(f"expected {names.points} or {names.error}, found neither")
    if error is not None and listed not in (None, "", "[]", []):
        raise _wrong(f"expected {names.points} or {names.error}, found both")
    hub, receiver = _text(fields, names.hub), _text(fields, names.receiver)
    if error is None and (hub is None or receiver is None):
        raise _wrong(f"expected {names.hub} and {names.receiver}")
    known = None if error is None else error if error in ERRORS else "unknown"
    points = () if error is not None else _points(listed, names)
    address = None if names.address is None else _text(fields, names.address)
    return AccessReturn(request_id, hub, receiver, points, known, address)


def _points(listed: object, names: ReturnNames) -> tuple[GivenAccess, ...]:
    if isinstance(listed, str):
        try:
            if len(listed) > _LONGEST:
                raise ValueError("too long")
            listed = json.loads(listed)
        except (ValueError, RecursionError):
            raise _wrong(f"{names.points}: expected a list in JSON") from None
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST:
        raise _wrong(f"{names.points}: expected a list of 1 to {_MOST} metering points")
    points = tuple(_point(item, names, number) for number, item in enumerate(listed, 1))
    if len({item.metering_point for item in points}) < len(points):
        raise _wrong(f"{names.points}: a metering point stands there twice")
    return points


def _point(item: object, names: ReturnNames, number: int) -> GivenAccess:
    at = f"{names.points}, item {number}"
    if not isinstance(item, dict):
        raise _wrong(f"{at}: expected an object")
    point = item.get(names.point)
    if not isinstance(point, str) or not Gsrn(point).is_valid:
        raise _wrong(f"{at}, {names.point}: expected a metering point of 18 digits with its check digit")
    start, end = _day(item.get(names.start)), item.get(names.end)
    last = None if end in (None, "") else _day(end)
    if start is None or (last is None) != (end in (None, "")):
        raise _wrong(f"{at}: expected {names.start}, and {names.end} if there is one, as a day (YYYY-MM-DD)")
    if last is not None and last < start:
        raise _wrong(f"{at}: {names.end} is before {names.start}")
    return GivenAccess(point, start, last)


def _day(value: object) -> date | None:
    """A day, also of an aware moment; ``None`` where it is neither."""
    try:
        if not isinstance(value, str) or not _DAY.match(value):
            return None
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else market_day(moment)
    except (ValueError, OverflowError):
        return None


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise _wrong(f"{name}: expected a text")
    return value


def _wrong(text: str) -> ReturnRefused:
    return ReturnRefused("unreadable", text)
