"""Start and end of supply: BRS-NO-101 to 104, 111, 123, 133, 201, 202, 211, 221 and 222.

The tables of most of these are not published. Their rows here follow from the text of the processes and from the
tables of BRS-NO-222 and 301, and are marked inferred; what the text itself, or a page of the information model, says is
published, with a code by analogy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import Standing
from ediel.rules import windows
from ediel.rules._ask import cancels, requested_field
from ediel.rules._customer import ADDRESSES, CUSTOMER
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome, Row, Rule, absent, present

if TYPE_CHECKING:
    from ediel.messages import RequestStartOfSupply
    from ediel.messages.supply_requests import RequestEndOfSupplyEvent
    from ediel.rules._shapes import SupplyRequest


def _no_supplier(event: RequestEndOfSupplyEvent, _facts: Known) -> Outcome:
    found = event.balance_supplier
    return () if found is None else (Flaw("balance_supplier", str(found), "nothing"),)


_222: Final = (
    Row(
        "6",
        "EH033",
        "The message that is rolled back is given.",
        "Meldingen som reverseres er oppgitt.",
        present("original_reference", "the message rolled back"),
    ),
    Row("7", "EH059", "No balance supplier is given.", "Kraftleverandør er ikke oppgitt.", _no_supplier),
)


def _reference(message: SupplyRequest, _facts: Known) -> Outcome:
    if not cancels(message):
        return NOT_APPLICABLE
    if message.payload.original_reference is not None:
        return ()
    return (Flaw("payload.original_reference", None, "the message that is cancelled or rolled back"),)


_REFERENCE: Final = Row(
    "original-reference", "EH033", "A cancellation or rollback points to the message it is about.",
    "En kansellering eller reversering peker på meldingen den gjelder.", _reference,
)  # fmt: skip


_SUPPLIER: Final = Row(
    "balance-supplier", None, "A supplier gives the balance supplier.", "En kraftleverandør oppgir kraftleverandør.",
    present("balance_supplier", "the new balance supplier"),
)  # fmt: skip


_NO_SLR: Final = Row(
    "move-in-to-slr", None, "moveInToSLR is given in BRS-NO-103 only.", "moveInToSLR er bare oppgitt i BRS-NO-103.",
    absent("move_in_to_slr"),
)  # fmt: skip


def _date(right: Callable[[int], bool], words: str) -> Check:
    """The requested day against the day of judgement; a cancellation repeats the day of the request and is free."""

    def check(message: SupplyRequest, facts: Known) -> Outcome:
        if cancels(message):
            return NOT_APPLICABLE
        if facts.day is None:
            return UNKNOWN
        field = requested_field(message.payload)
        day = market_day(getattr(message.payload, field))
        if right((day - facts.day).days):
            return ()
        return (Flaw(f"payload.{field}", day.isoformat(), f"{words} {facts.day.isoformat()}"),)

    return check


_NOT_BACK: Final = Row(
    "not-back", "E17", "The date does not lie back in time.", "Datoen ligger ikke tilbake i tid.",
    _date(lambda days: days >= 0, "not before"), "date",
)  # fmt: skip
"""Ahead, or at the latest on the day itself, is what the text says of the main processes."""
_AHEAD: Final = Row(
    "date", "E17", "The date lies ahead, and is not today.", "Datoen ligger fram i tid, og er ikke i dag.",
    _date(lambda days: days != 0, "after"), "date",
)  # fmt: skip
"""Whether today is ahead is not said of these."""
_TODAY_OR_BACK: Final = Row(
    "date", "E17", "The date is today or back in time.", "Datoen er i dag eller tilbake i tid.",
    _date(lambda days: days <= 0, "not after"), "date",
)  # fmt: skip


def _not_too_far_back(message: RequestStartOfSupply, facts: Known) -> Outcome:
    if cancels(message):
        return NOT_APPLICABLE
    if facts.day is None:
        return UNKNOWN
    profile = facts.profile
    limit = profile.limit(message.process.business_process, "profiled", "back")
    if limit is None:
        return UNKNOWN
    oldest = profile.shift(facts.day, limit)
    day = market_day(message.payload.start_of_occurrence)
    if day >= oldest:
        return ()
    return (Flaw("payload.start_of_occurrence", day.isoformat(), f"{oldest.isoformat()} or later"),)


_BACK: Final = Row(
    "back", "E17", "The date lies at most 30 working days back, or what the market profile says.",
    "Datoen ligger høyst 30 virkedager tilbake, eller det markedsprofilen sier.", _not_too_far_back, "date",
    undecided="settlement",
)  # fmt: skip


_FAR_BACK: Final = 60
"""Days: more than 30 working days are, whichever days count as such and whether the day of receipt does."""


def _far_too_far_back(message: RequestStartOfSupply, facts: Known) -> Outcome:
    if cancels(message):
        return NOT_APPLICABLE
    if facts.day is None:
        return UNKNOWN
    day = market_day(message.payload.start_of_occurrence)
    if (facts.day - day).days <= _FAR_BACK:
        return ()
    return (
        Flaw("payload.start_of_occurrence", day.isoformat(), "at most 30 working days back; use BRS-NO-101 otherwise"),
    )


_30_DAYS: Final = Row(
    "30-days", "E17", "The date lies at most 30 working days back, however they are counted.",
    "Datoen ligger høyst 30 virkedager tilbake, uansett hvordan de telles.", _far_too_far_back, "date",
)  # fmt: skip


def _asks(message: SupplyRequest, _facts: Known) -> Outcome:
    found = message.header.document_type
    return (
        ()
        if not cancels(message)
        else (Flaw("header.document_type", found.value, "392; a rollback goes by BRS-NO-111"),)
    )


_NO_CANCELLATION: Final = Row(
    "no-cancellation", "EH011", "It takes effect at once, and cannot be cancelled.",
    "Den trer i kraft straks, og kan ikke kanselleres.", _asks,
)  # fmt: skip


_START: Final = "RequestStartOfSupply"
_END: Final = "RequestEndOfSupply"
_DATES: Final[dict[brs.Dates, tuple[tuple[Row, Standing], ...]]] = {
    "ahead": ((_NOT_BACK, "published"), (_AHEAD, "inferred")),
    "today or ahead": ((_NOT_BACK, "published"),),
    "today or back": ((_TODAY_OR_BACK, "published"), (_BACK, "inferred")),
}
"""The direction in time is in the text of each process; its code, and the days at the edge, follow from others."""


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for row in _222:
        yield row.of("222", _END, source="VAL-222", standing="published")
    both = (*brs.requesting(_START), *brs.requesting(_END))
    for process in (row for row in both if row.standing != "published"):  # the others have a printed table of their own
        number, message = process.number, process.requests[0]
        for row in CUSTOMER:
            yield row.of(number, message, source="as VAL-301: the same class", standing="inferred")
        yield ADDRESSES.of(number, message, source="XSD; end-user guideline", standing="inferred")
        printed: Standing = "published" if message == _START else "inferred"
        yield _REFERENCE.of(
            number, message, source="BIM requeststartofsupply; VAL-222", standing=printed, each=False,
            code_standing="inferred",
        )  # fmt: skip
        for row, standing in () if process.dates is None else _DATES[process.dates]:
            yield row.of(
                number, message, source=process.code.value, standing=standing, each=False, code_standing="inferred"
            )  # fmt: skip
    for process in brs.requesting(_START):
        source = "BIM requeststartofsupply"
        if process.names_supplier:
            yield _SUPPLIER.of(process.number, _START, source=source, standing="published")
        if process.last_resort != "may begin":
            yield _NO_SLR.of(process.number, _START, source=source, standing="published")
    yield _NO_CANCELLATION.of(
        brs.MOVE_IN_BACK.number, _START, source="test SYS-DDQ201-02; crossing processes", standing="published",
        each=False, code_standing="inferred",
    )  # fmt: skip
    yield _30_DAYS.of(
        brs.CHANGE_FROM_LAST_RESORT.number, _START, source="BRS-NO-104", standing="published", each=False,
        code_standing="inferred",
    )  # fmt: skip
    yield from windows.rules()
