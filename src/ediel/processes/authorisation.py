"""Consents of Elhub's Access API: the request or document, and the grant that comes of it (EI-1363)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ediel.processes._conditions import end_of
from ediel.processes._machine import (
    BEGIN,
    CancelTimer,
    Facts,
    Inform,
    Machine,
    Row,
    SetTimer,
    command,
    decision,
    timer,
)

_Moment = Callable[[Facts], datetime | None]


def _days(name: str) -> _Moment:
    return lambda facts: end_of(facts.get(name))


def _grant_machine(role: str, title: str, codes: tuple[str, ...]) -> Machine:
    """Request or document, and the grant that comes of it: the same course for the supplier and for the service."""
    api = "auth-grant-manager"
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
            Row(("pending",), decision("accept"), "active", (CancelTimer("answer"), SetTimer("validity"), Inform("ConsentGranted")), source=f"{api}: Accepted or Signed"),
            Row(("pending",), decision("reject"), "rejected", (CancelTimer("answer"), Inform("ConsentRejected")), source=api),
            Row(("pending",), timer("answer"), "expired", (Inform("ConsentExpired"),), source=f"{api}: today and 28 days"),
            Row(("active",), decision("exhaust"), "exhausted", (CancelTimer("validity"), Inform("ConsentUsed")), source=f"{api}: one grant, one completed switch"),
            Row(("active",), decision("revoke"), "revoked", (CancelTimer("validity"), Inform("ConsentRevoked")), source=api),
            Row(("active",), timer("validity"), "grant expired", (Inform("ConsentExpired"),), source=f"{api}: today and a year"),
        ),
        closed=("rejected", "expired", "exhausted", "revoked", "grant expired"),
        due={"answer": _days("answer_by"), "validity": _days("valid_to")},
        public=("process", "metering_point", "answer_by", "valid_to", "grant"),
    )  # fmt: skip


SUPPLIER: Final = _grant_machine("supplier", "a supplier that asks for the end user's consent", ("DDQ",))
HUB: Final = _grant_machine("hub", "Elhub's Access API", ("DDZ",))
