"""How rules ask the register: about each metering point of a message, about parties, about days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from ediel.calendar import market_day
from ediel.codes import DocumentType
from ediel.market import Unknown
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome, Skip

if TYPE_CHECKING:
    from ediel.market import MeteringPoint
    from ediel.messages import Message
    from ediel.rules._shapes import Pointed

PointCheck = Callable[["MeteringPoint", Any, Any, Known], Outcome]
"""Takes what is known of the metering point, the payload that names it, the message, and the facts.

A flaw's place counts from the payload."""


def cancels(message: Message) -> bool:
    """Whether a message cancels or rolls back."""
    return message.header.document_type is DocumentType.CANCELLATION


def requested_field(payload: object) -> str:
    """Name of the field that holds the date of a request."""
    return "start_of_occurrence" if hasattr(payload, "start_of_occurrence") else "end_of_occurrence"


def requested_day(payload: object) -> date | None:
    """The Norwegian day that a request is about; ``None`` when it names none."""
    moment = getattr(payload, requested_field(payload))
    return None if moment is None else market_day(moment)


def payloads_of(message: Message) -> Iterator[tuple[str, Pointed]]:
    """The payloads of a message about metering points, each with its place in the message."""
    fields = message.__dict__
    if "payload" in fields:
        yield "payload", fields["payload"]
    else:
        for index, payload in enumerate(fields["payloads"]):
            yield f"payloads.{index}", payload


def about_point(of_point: PointCheck, *, requests_only: bool = True) -> Check:
    """A check of each metering point that a message names.

    Args:
        of_point: what must hold of a point that the register knows. One that is not registered is another rule's.
        requests_only: leave cancellations and rollbacks alone.
    """

    def check(message: Message, facts: Known) -> Outcome:
        if requests_only and cancels(message):
            return NOT_APPLICABLE
        if facts.register is None:
            return UNKNOWN
        return merged((place, _one(of_point, payload, message, facts)) for place, payload in payloads_of(message))

    return check


def _one(of_point: PointCheck, payload: Pointed, message: Message, facts: Known) -> Outcome:
    if payload.metering_point is None:
        return NOT_APPLICABLE
    assert facts.register is not None
    found = facts.register.metering_point(payload.metering_point)
    if found is None:
        return NOT_APPLICABLE
    return UNKNOWN if isinstance(found, Unknown) else of_point(found, payload, message, facts)


def merged(results: Iterator[tuple[str, Outcome]]) -> Outcome:
    """What several checks say together: flaws before unknown before passed before not applicable."""
    flaws: list[Flaw] = []
    passed = unknown = False
    for place, result in results:
        if isinstance(result, Skip):
            unknown |= result is UNKNOWN
            continue
        found = [Flaw(f"{place}.{flaw.at}", flaw.found, flaw.expected) for flaw in result]
        passed |= not found
        flaws += found
    if flaws:
        return flaws
    return UNKNOWN if unknown else () if passed else NOT_APPLICABLE
