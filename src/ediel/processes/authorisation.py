"""Consents of Elhub's Access API: the request or document, and the grant that comes of it (EI-1363)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from ediel.calendar import market_day
from ediel.processes import _upcasts as upcasts
from ediel.processes._conditions import end_of
from ediel.processes._machine import Machine, keep
from ediel.processes._rows import BEGIN, CancelTimer, Inform, Row, SetTimer, Trigger, command, decision, timer
from ediel.processes._state import ProcessState


@dataclass(frozen=True, kw_only=True, repr=False)
class Consent(ProcessState):
    """A consent that is requested of an end user, and the grant that follows.

    Attributes:
        kind: what it is for, in the API's words.
        way: ``request`` or ``document``.
        answer_by: last day on which the end user may answer.
        valid_to: last day of the grant; a year from the day on which it is accepted, unless the API says otherwise.
        grant: identification of the grant.
        customer: a mark of whose consent it is, where that is known.
        move_in_date: day of a move-in today or back in time, for which alone the consent is.
        switch: identification of the process that begins a supply with it; the latest, where several have.
    """

    needs: ClassVar[tuple[str, ...]] = ("process",)

    kind: str | None = None
    way: str | None = None
    answer_by: date | None = None
    valid_to: date | None = None
    grant: str | None = None
    customer: str = ""
    move_in_date: date | None = None
    switch: str | None = None


def _absorb(facts: Consent, trigger: Trigger, now: datetime) -> Consent:
    changed = keep(facts, trigger, now)
    if trigger.on == _ACCEPT and "valid_to" not in trigger.data:
        return replace(changed, valid_to=_year_later(market_day(now)))
    return changed


def _year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)


_ACCEPT: Final = decision("accept")


_API: Final = "auth-grant-manager"


def _grant_machine(role: str, title: str, codes: tuple[str, ...], *more: Row) -> Machine[Consent]:
    """Request or document, and the grant that comes of it: the same course for the supplier and for the service."""
    api = _API
    return Machine(
        name="authorisation",
        role=role,
        title=title,
        codes=codes,
        family="authorisation",
        states={
            BEGIN: "nothing has been asked",
            "pending": "the end user has 28 days to approve the request, or to sign the document",
            "rejected": "the end user refuses",
            "expired": "not answered in 28 days",
            "active": "a grant for a year, for one completed switch",
            "exhausted": "used by a completed switch",
            "revoked": "taken back",
            "grant expired": "a year has passed",
        },
        rows=(
            Row((BEGIN,), command("ask"), "pending", (SetTimer("answer"), Inform("ConsentAsked")), source=api),
            Row(("pending",), _ACCEPT, "active", (CancelTimer("answer"), SetTimer("validity"), Inform("ConsentGranted")), source=f"{api}: Accepted or Signed"),
            Row(("pending",), decision("reject"), "rejected", (CancelTimer("answer"), Inform("ConsentRejected")), source=api),
            Row(("pending",), timer("answer"), "expired", (Inform("ConsentExpired"),), source=f"{api}: today and 28 days"),
            Row(("expired",), _ACCEPT, "active", (SetTimer("validity"), Inform("ConsentGranted")), source=f"{api}: answered in time; the grant is active, whenever it is known here"),
            Row(("active",), decision("exhaust"), "exhausted", (CancelTimer("validity"), Inform("ConsentUsed")), source=f"{api}: one grant, one completed switch"),
            Row(("active",), decision("revoke"), "revoked", (CancelTimer("validity"), Inform("ConsentRevoked")), source=api),
            Row(("active",), timer("validity"), "grant expired", (Inform("ConsentExpired"),), source=f"{api}: today and a year"),
            *more,
        ),
        closed=("rejected", "expired", "exhausted", "revoked", "grant expired"),
        facts=Consent,
        due={"answer": lambda facts: end_of(facts.answer_by), "validity": lambda facts: end_of(facts.valid_to)},
        absorb=_absorb,
        revision=3,
        upcasts={1: upcasts.plain, 2: upcasts.same},
        public=("process", "metering_point", "answer_by", "valid_to", "grant", "switch"),
    )  # fmt: skip


SUPPLIER: Final = _grant_machine(
    "supplier", "a supplier that asks for the end user's consent", ("DDQ",),
    Row(("active",), decision("attach"), source=f"{_API}: the request for a start of supply names it", standing="inferred"),
    Row(("active",), decision("spend"), "exhausted", (CancelTimer("validity"), Inform("ConsentUsed")), source=f"{_API}: one grant, one completed switch; at which word of Elhub it counts as completed is not published: at its notice", standing="assumed"),
)  # fmt: skip
HUB: Final = _grant_machine("hub", "Elhub's Access API", ("DDZ",))
