"""Windows of a request: when it may come, and until when it may be cancelled, by how the metering point is settled.

The limits are rows of the market profile. Where the register does not say how the point is settled, both ways are tried:
only where they agree there is a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from ediel import brs
from ediel.codes import SettlementMethod, Standing
from ediel.market import Settlement, Unknown, What, deadline
from ediel.rules._ask import cancels, requested_day, requested_field
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome, Row, Rule

if TYPE_CHECKING:
    from ediel.rules._shapes import SupplyEvent, SupplyRequest

_WAYS: Final[dict[SettlementMethod, tuple[Settlement, ...]]] = {
    SettlementMethod.PROFILED: ("profiled",),
    SettlementMethod.NON_PROFILED: ("interval",),
}


def _ways(payload: SupplyEvent, facts: Known) -> tuple[Settlement, ...]:
    """How the point is settled: the one way that the register knows, or both."""
    point = None if facts.register is None else facts.register.metering_point(payload.metering_point)
    method = None if point is None or isinstance(point, Unknown) else point.settlement
    return ("profiled", "interval") if method is None else _WAYS.get(method, ("profiled", "interval"))


def _limit(what: What, right: Callable[[date, date], bool], words: str) -> Check:
    """The day of judgement against a limit; unknown where the ways to settle the point differ in it."""

    def check(message: SupplyRequest, facts: Known) -> Outcome:
        if (what == "cancellation") != cancels(message):
            return NOT_APPLICABLE
        payload, process = message.payload, message.process.business_process
        requested = requested_day(payload)
        assert requested is not None  # the schema demands it of both messages
        profile, day = facts.profile, facts.day
        limits = [deadline(profile, process, way, what, requested) for way in _ways(payload, facts)]
        if day is None or None in limits:
            return UNKNOWN
        days = [item.day for item in limits if item is not None]
        kept = [right(day, item) for item in days]
        if all(kept):
            return ()
        if any(kept):
            return UNKNOWN
        found = f"for {requested}, sent {day}"
        expected = f"sent {words} {' or '.join(sorted({item.isoformat() for item in days}))}"
        return (Flaw(f"payload.{requested_field(payload)}", found, expected),)

    return check


_EARLIEST: Final = Row(
    "window-earliest", "E17", "The request does not come before its window opens.",
    "Forespørselen kommer ikke før vinduet åpner.", _limit("earliest", lambda on, day: on >= day, "not before"), "date",
    undecided="settlement",
)  # fmt: skip
_LATEST: Final = Row(
    "window-latest", "E17", "The request comes before its window closes.",
    "Forespørselen kommer før vinduet lukker.", _limit("latest", lambda on, day: on <= day, "not after"), "date",
    undecided="settlement",
)  # fmt: skip
_CANCELLATION: Final = Row(
    "cancellation-latest", None, "A cancellation comes before the cancellation deadline.",
    "En kansellering kommer før kanselleringsfristen.", _limit("cancellation", lambda on, day: on <= day, "not after"),
    "date", undecided="settlement",
)  # fmt: skip
_MODEL: Final = "market profile: modelled on BRS-NO-202"


def rules() -> Iterator[Rule]:
    """The rules of this family. They are as sure as the rows of the profile are."""
    for process in (*brs.requesting("RequestStartOfSupply"), *brs.requesting("RequestEndOfSupply")):
        if not process.waits or process.dates is None:
            continue
        number, message = process.number, process.requests[0]
        starts = process.supply == "start"
        source = _MODEL if starts else f"{process.code.value}; market profile"
        standing: Standing = "assumed" if starts else "inferred"
        for row in (_EARLIEST, _LATEST):
            yield row.of(number, message, source=source, standing=standing, each=False)
        yield _CANCELLATION.of(number, message, source=_MODEL, standing="assumed", each=False)
