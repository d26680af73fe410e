"""Elhub's contracts API: Norgespris. Grid companies register, change and end contracts; others fetch them.

Source: OpenAPI of elhub-norgespris, 2025-07-01; the API in use may differ. Moments in its examples have no
offset: which zone they are in is not published, and they are given as they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ediel.identifiers import MeteringPointId
from ediel.rest._session import Session
from ediel.rest._steps import Answer, Call, Plan, json_body
from ediel.rest.environments import CONTRACTS
from ediel.rest.errors import ApiRefused, ApiUnavailable, RestError
from ediel.rest.jsonapi import Member, Related, read_resource

__all__ = [
    "AT_ONCE",
    "Contract",
    "Outcome",
    "Registration",
    "change",
    "contract",
    "contracts",
    "ping",
    "register",
    "register_all",
]

AT_ONCE: Final = 100
"""Contracts in one call, at the most."""
_KIND: Final = "Norgespris"
_EXISTS: Final = "CONTRACT_ALREADY_EXISTS"
_UNCLEAR: Final = 3
"""How often what may have arrived is looked for and sent again."""


class _Attributes(Member):
    contract_type: str
    start_date: date | None = None
    end_date: date | None = None
    status: str | None = None
    is_cancelled: bool | None = None


class _Relationships(Member):
    created_by: Related | None = None
    updated_by: Related | None = None
    metering_point: Related | None = None


class _Meta(Member):
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Contract(Member):
    """A contract on a metering point."""

    id: str
    type: str
    attributes: _Attributes
    relationships: _Relationships | None = None
    meta: _Meta | None = None

    @property
    def metering_point(self) -> str | None:
        """The metering point; ``None`` where the answer does not name it."""
        found = None if self.relationships is None else self.relationships.metering_point
        return None if found is None or found.data is None else found.data.id

    @property
    def status(self) -> str | None:
        """Initiated, Activated (locked, 14 days later), Cancelled or Expired; a text that may be another one."""
        return self.attributes.status

    def state_on(self, day: date) -> Literal["active", "inactive", "cancelled"] | None:
        """How others see it on a Norwegian day; ``None`` for a status that this release does not know."""
        status, end = self.status, self.attributes.end_date
        if status == "Initiated":
            return "active"
        if status == "Activated":
            return "active" if end is None or day <= end else "inactive"
        if status == "Expired":
            return "inactive"
        return "cancelled" if status == "Cancelled" else None


class Registration(BaseModel):
    """A contract to register."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    metering_point: MeteringPointId
    start: date = Field(description="First day.")
    end: date | None = Field(default=None, description="Last day; Elhub's own where absent.")

    @model_validator(mode="after")
    def _in_order(self) -> Registration:
        if self.end is not None and self.end < self.start:
            raise ValueError("end lies before start (Elhub: INVALID_END_DATE)")
        return self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a registration.

    Attributes:
        registration: what was asked.
        contract: the contract; ``None`` where it was refused.
        error: why it was refused, or what is not known; ``None`` where it was not.
    """

    registration: Registration
    contract: Contract | None
    error: RestError | None = None


def register(registrations: Sequence[Registration], *, by: str) -> Call[tuple[Contract, ...]]:
    """Register 1 to 100 contracts in one call. Whether one that is wrong makes all fail is not published.

    Args:
        registrations: the contracts.
        by: GLN of the grid company.

    Raises:
        ValueError: there are none, or more than 100.
    """
    _check_count(len(registrations))
    data = [
        {
            "type": "contract",
            "attributes": _attributes(item.start, item.end),
            "relationships": {"createdBy": _party(by), "meteringPoint": _related("MeteringPoint", item.metering_point)},
        }
        for item in registrations
    ]
    return Call(CONTRACTS, "POST", "/contracts", _read_all, content=json_body({"data": data}), repeatable=False)


def change(
    identification: str,
    *,
    by: str,
    start: date | None = None,
    end: date | None = None,
    cancel: bool | None = None,
) -> Call[Contract]:
    """Change a contract: its dates, its end, or cancel it (within the 14 days; ``False`` takes a cancellation back).

    Args:
        identification: of the contract.
        by: GLN of whoever changes it.
        start: first day.
        end: last day.
        cancel: whether it is cancelled.
    """
    own = str(UUID(identification))
    attributes = _attributes(start, end)
    if cancel is not None:
        attributes["isCancelled"] = cancel
    data = {"type": "contract", "id": own, "attributes": attributes, "relationships": {"updatedBy": _party(by)}}
    content = json_body({"data": data})
    read = read_resource(Contract)
    return Call(CONTRACTS, "PATCH", f"/contracts/{own}", read, content=content, repeatable=cancel is None)


def contract(identification: str) -> Call[Contract]:
    """A contract by its identification. The published answer is a list of one; a single resource is read too."""

    def read(answer: Answer) -> Contract:
        found = answer.json()["data"]
        return Contract.model_validate(found[0] if isinstance(found, list) else found)

    return Call(CONTRACTS, "GET", f"/contracts/{UUID(identification)}", read)


def contracts(
    metering_points: Iterable[str] = (), *, since: datetime | None = None, until: datetime | None = None
) -> Call[tuple[Contract, ...]]:
    """Contracts that the party may see: it needs a valid contract on the point. The API has no pages.

    Args:
        metering_points: of these; all when none is given.
        since: changed after this moment, aware.
        until: changed before this moment, aware.

    Raises:
        ValueError: a moment has no time zone.
    """
    params: dict[str, str | list[str]] = {"filter[contractType]": _KIND}
    if points := list(metering_points):
        params["filter[meteringPointId]"] = points
    for name, moment in (("gt", since), ("lt", until)):
        if moment is not None:
            if moment.tzinfo is None:
                raise ValueError("the moment has no time zone; pass an aware datetime")
            params[f"filter[updatedAt][{name}]"] = moment.isoformat()
    return Call(CONTRACTS, "GET", "/contracts", _read_all, params)


def ping() -> Call[bool]:
    """Whether the API is up."""
    return Call(
        CONTRACTS, "GET", "/ping", lambda answer: answer.body.strip() == b"pong", accept="text/plain, */*;q=0.1"
    )


def register_all(session: Session, registrations: Iterable[Registration], *, by: str) -> Plan[list[Outcome]]:
    """Register any number of contracts; one that is wrong does not keep the others back.

    A call that is refused is cut in half until what is wrong stands alone. What exists already, as it was asked for and
    by the same party, counts as registered: so a lost answer, or the same list once more, registers nothing twice.
    """
    result: list[Outcome] = []
    waiting = iter(registrations)
    while part := list(islice(waiting, AT_ONCE)):
        result += yield from _part(session, part, by)
    return result


def _part(session: Session, part: Sequence[Registration], by: str, left: int = _UNCLEAR) -> Plan[list[Outcome]]:
    try:
        made = yield from session.perform(register(part, by=by))
    except ApiUnavailable as error:
        if error.arrived is False or not left:
            return [Outcome(item, None, error) for item in part]
        return (yield from _after_doubt(session, part, by, left - 1))
    except ApiRefused as error:
        if len(part) == 1:
            found = (yield from _existing(session, part[0], by)) if error.code == _EXISTS else None
            return [Outcome(part[0], found, None if found is not None else error)]
        middle = len(part) // 2
        first = yield from _part(session, part[:middle], by, left)
        return first + (yield from _part(session, part[middle:], by, left))
    by_point = {item.metering_point: item for item in made}
    return list(_paired(part, by_point))


def _paired(part: Sequence[Registration], by_point: dict[str | None, Contract]) -> Iterator[Outcome]:
    for item in part:
        found = by_point.get(str(item.metering_point))
        text = "the answer does not hold the contract; fetch the contracts of the metering point"
        yield Outcome(item, found, None if found is not None else RestError(text))


def _after_doubt(session: Session, part: Sequence[Registration], by: str, left: int) -> Plan[list[Outcome]]:
    """What is there is not sent again; the rest is."""
    result: dict[int, Outcome] = {}
    for place, item in enumerate(part):
        found = yield from _existing(session, item, by)
        if found is not None:
            result[place] = Outcome(item, found)
    rest = [place for place in range(len(part)) if place not in result]
    if rest:
        again = yield from _part(session, [part[place] for place in rest], by, left)
        result |= dict(zip(rest, again, strict=True))
    return [result[place] for place in range(len(part))]


def _existing(session: Session, item: Registration, by: str) -> Plan[Contract | None]:
    """The contract that a registration asks for, where it is there already."""
    listed = yield from session.perform(contracts([str(item.metering_point)]))
    return next((found for found in listed if _is(found, item, by)), None)


def _is(found: Contract, item: Registration, by: str) -> bool:
    made = None if found.relationships is None else found.relationships.created_by
    maker = None if made is None or made.data is None else made.data.id.removeprefix("GLN")
    return (
        found.metering_point == str(item.metering_point)
        and found.attributes.start_date == item.start
        and (item.end is None or found.attributes.end_date == item.end)
        and found.status not in {"Cancelled", "Expired"}
        and maker == by
    )


def _attributes(start: date | None, end: date | None) -> dict[str, Any]:
    found: dict[str, Any] = {"contractType": _KIND}
    if start is not None:
        found["startDate"] = start.isoformat()
    if end is not None:
        found["endDate"] = end.isoformat()
    return found


def _related(kind: str, identification: str) -> dict[str, Any]:
    return {"data": {"type": kind, "id": str(identification)}}


def _party(gln: str) -> dict[str, Any]:
    """A party as the examples of the OpenAPI document write it: GLN before the digits."""
    return _related("Party", f"GLN{gln}")


def _check_count(count: int) -> None:
    if not 0 < count <= AT_ONCE:
        raise ValueError(f"{count} contracts in one call; expected 1 to {AT_ONCE} (register_all takes any number)")


def _read_all(answer: Answer) -> tuple[Contract, ...]:
    return tuple(Contract.model_validate(item) for item in answer.json()["data"])
