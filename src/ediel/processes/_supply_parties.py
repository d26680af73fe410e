"""Start and end of supply as the market parties live it: who asks, who loses the point, who supplies of last resort.

One table serves a start (BRS-NO-101 to 104, and 123 from the grid access provider) and an end (201, 202, and 211): the words
differ, the course does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import DocumentType
from ediel.messages import (
    Message,
    RequestEndOfSupply,
    RequestEndOfSupplyEvent,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
)
from ediel.processes._build import context, first_message, header, moment, reasons_of
from ediel.processes._conditions import FRESH, IN_TIME, STARTED, beginning_of, dated
from ediel.processes._machine import (
    BEGIN,
    CancelTimer,
    Condition,
    Facts,
    Inform,
    Instance,
    Machine,
    Row,
    Send,
    SetTimer,
    Trigger,
    Write,
    command,
    ignoring,
    keep,
    message,
    timer,
)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a start and an end are called."""

    thing: str
    request: str
    confirm: str
    reject: str
    notify: str
    event: str
    notified: str
    done: str
    begun: str


START: Final = _Words(
    "start of supply", "RequestStartOfSupply", "ConfirmStartOfSupply", "RejectStartOfSupply", "NotifyStartOfSupply",
    "Supply", "notified", "supplying", "SupplyStarted",
)  # fmt: skip
END: Final = _Words(
    "end of supply", "RequestEndOfSupply", "ConfirmEndOfSupply", "RejectEndOfSupply", "NotifyEndOfSupply",
    "EndOfSupply", "notified", "ended", "EndOfSupplyEffective",
)  # fmt: skip


def build_request(instance: Instance, identification: str, now: datetime) -> Message:
    """The request itself."""
    facts = instance.facts
    document = DocumentType.CHANGE_OF_SUPPLIER_REQUEST if _starts(facts) else DocumentType.END_OF_SUPPLY_REQUEST
    head = header(facts, identification, now, document, ask=facts.get("ask") or None)
    return _with_payload(facts, head, context(facts), {"original_reference": None})


def build_cancellation(instance: Instance, identification: str, now: datetime) -> Message:
    """The same request as E02, pointing to the first one; a positive answer is always asked for."""
    head = header(instance.facts, identification, now, DocumentType.CANCELLATION, ask=True)
    return _with_payload(
        instance.facts, head, context(instance.facts), {"original_reference": first_message(instance)}
    )  # fmt: skip


def build_rollback(instance: Instance, identification: str, now: datetime) -> Message:
    """The rollback process, pointing to the first request; a positive answer is always asked for."""
    facts = instance.facts
    head = header(facts, identification, now, DocumentType.CANCELLATION, ask=True)
    more: dict[str, Any] = {"original_reference": first_message(instance), "move_in_to_slr": None, "consent_id": None}
    rollback = brs.of(facts["process"]).rollback
    assert rollback is not None  # every process with this table has one
    if brs.of(rollback).names_supplier is False:
        more["balance_supplier"] = None
    return _with_payload(facts, head, context(facts, process=rollback.value), more)


def _starts(facts: Facts) -> bool:
    return brs.of(facts["process"]).supply == "start"


def _with_payload(facts: Facts, head: Any, process: Any, more: dict[str, Any]) -> Message:
    payload = {**facts["payload"], **more}
    if _starts(facts):
        payload["start_of_occurrence"] = moment(facts["day"])
        event = RequestStartOfSupplyEvent.model_validate(payload)
        return RequestStartOfSupply(header=head, process=process, payload=event)
    payload["end_of_occurrence"] = moment(facts["day"])
    kept = {name: value for name, value in payload.items() if name in RequestEndOfSupplyEvent.model_fields}
    return RequestEndOfSupply(header=head, process=process, payload=RequestEndOfSupplyEvent.model_validate(kept))


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    if trigger.message is not None and trigger.message.name().startswith("Reject"):
        found["reasons"] = reasons_of(trigger.message)
    if trigger.message is not None and trigger.message.name().startswith("Notify"):
        payload: Any = trigger.message.payload  # type: ignore[attr-defined]
        told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
        if told is not None:
            found["day"] = market_day(told).isoformat()
    return found


def _own(facts: Facts, arrived: Any) -> int:
    """A notice refers to no request: it belongs by its process and its day.

    A move-in on an inactive point may be told with another day than was asked for.
    """
    if facts["process"] != arrived.process.business_process.value:
        return 0
    payload = arrived.payload
    told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
    if told is not None and market_day(told).isoformat() == facts["day"]:
        return 2
    return 1 if brs.of(facts["process"]).activates else 0


_BIM: Final = "BIM 1; BIM 10; BIM 13; BIM 22"


def requester(name: str, words: _Words, codes: tuple[str, ...], title: str) -> Machine:
    """The table of the party that asks for a start or an end."""
    confirm, reject, notify = words.confirm, words.reject, words.notify
    event, done = words.event, words.done
    waiting = ("requested", "accepted")
    rows = (
        Row(
            (BEGIN,), command("start"), "requested",
            (Send(words.request, "hub"), SetTimer("date"), Inform(f"{event}Requested")), source=_BIM,
        ),
        Row(("requested",), message(f"{confirm}:request"), "accepted", (Inform(f"{event}Accepted"),), source=_BIM),
        Row(
            (*waiting, "cancelling", "unanswered"), message(f"{reject}:request"), "rejected",
            (CancelTimer("date"), Inform(f"{event}Rejected")), source=f"{_BIM}; crossing processes",
        ),
        Row(
            (*waiting, "cancelling", "unanswered"), message(notify), words.notified,
            (Write(f"{words.thing} notified"), Inform(f"{event}Confirmed")),
            STARTED("no"), source="BRS-NO-101; BIM 6",
        ),
        Row(
            (*waiting, "cancelling", "unanswered"), message(notify), done,
            (CancelTimer("date"), Write(f"{words.thing} notified"), Inform(f"{event}Confirmed"), Inform(words.begun)),
            STARTED("yes"), source="BRS-NO-103; BRS-NO-104: back in time",
        ),
        Row((words.notified,), timer("date"), done, (Inform(words.begun),), source="BRS-NO-101"),
        Row(
            (*waiting, "cancelling"), timer("date"), "unanswered", (Inform(f"{event}Unanswered"),),
            source="what silence means is not published: a person must look", standing="assumed",
        ),
        Row(
            waiting, command("cancel"), "cancelling", (Send(f"{words.request}:cancel", "hub"),),
            IN_TIME("yes"), source="test SYS-DDQ201-02; BIM requeststartofsupply",
        ),
        Row(
            ("cancelling", "unanswered"), message(f"{confirm}:cancel"), "cancelled",
            (CancelTimer("date"), Inform(f"{event}Cancelled")), source="test SYS-DDQ201-02",
        ),
        Row(
            ("cancelling",), message(f"{reject}:cancel"), "accepted", (Inform(f"{event}CancellationRejected"),),
            source=_BIM, standing="inferred",
        ),
        Row(
            (words.notified, done), command("roll back"), "rolling back", (Send(f"{words.request}:rollback", "hub"),),
            source="BIM 1; test SYS-DDQ111-01",
        ),
        Row(
            ("rolling back",), message(f"{confirm}:rollback"), "rolled back",
            (CancelTimer("date"), Write(f"{words.thing} undone"), Inform(f"{event}RolledBack")),
            source="test SYS-DDQ111-01",
        ),
        Row(
            ("rolling back",), message(f"{reject}:rollback"), words.notified, (Inform(f"{event}RollbackRejected"),),
            STARTED("no"), source=_BIM, standing="inferred",
        ),
        Row(
            ("rolling back",), message(f"{reject}:rollback"), done, (Inform(f"{event}RollbackRejected"),),
            STARTED("yes"), source=_BIM, standing="inferred",
        ),
        Row(("rolling back",), timer("date"), ignored="the rollback is under way", source=_BIM, standing="inferred"),
        *ignoring(
            ("accepted", "cancelling", "unanswered", words.notified, done, "rolling back", "rejected", "cancelled", "rolled back"),
            (f"{confirm}:request",), "a late positive answer",
        ),
        *ignoring(
            ("requested", "accepted", words.notified, done, "rolling back", "rejected", "cancelled", "rolled back"),
            (f"{confirm}:cancel",), "no cancellation waits for an answer",
        ),
        *ignoring(
            ("requested", "accepted", "unanswered", words.notified, done, "rolling back", "rejected", "cancelled", "rolled back"),
            (f"{reject}:cancel",), "the cancellation came too late; the notice has said so, or will",
        ),
        *ignoring(
            (words.notified, done, "rolling back", "rejected", "cancelled", "rolled back"), (f"{reject}:request",),
            "the request is answered already",
        ),
        *ignoring(
            (words.notified, done, "rolling back", "rejected", "cancelled", "rolled back"), (notify,),
            "a notice that is known already, or of a request that is over",
        ),
        *ignoring(
            ("requested", "accepted", "cancelling", "unanswered", words.notified, done, "rejected", "cancelled", "rolled back"),
            (f"{confirm}:rollback", f"{reject}:rollback"), "no rollback waits for an answer",
        ),
    )  # fmt: skip
    return Machine(
        name=name,
        role="requester",
        title=title,
        codes=codes,
        family="supply",
        states={
            BEGIN: "nothing has been sent",
            "requested": "the request is sent; the hub says nothing when it is accepted, unless it was asked to",
            "accepted": "the hub has taken the request, and waits for the cancellation deadline",
            "cancelling": "a cancellation is sent and not answered",
            "unanswered": "the date has come, and no notice: a person must look",
            words.notified: "the hub has written the contract; the date lies ahead",
            done: "the date has come",
            "rolling back": "a rollback is sent and not answered",
            "rejected": "the hub refuses",
            "cancelled": "dropped before the cancellation deadline; nothing has changed",
            "rolled back": "undone after the cancellation deadline",
        },
        rows=rows,
        closed=("rejected", "cancelled", "rolled back"),
        resting=(done,),
        receives=(
            f"{confirm}:request", f"{confirm}:cancel", f"{confirm}:rollback",
            f"{reject}:request", f"{reject}:cancel", f"{reject}:rollback", notify,
        ),
        build={
            words.request: build_request,
            f"{words.request}:cancel": build_cancellation,
            f"{words.request}:rollback": build_rollback,
        },
        due={"date": lambda facts: beginning_of(facts["day"])},
        absorb=_absorb_answer,
        matches=_own,
        one_at_a_time=("process", "day"),
        public=("process", "metering_point", "day", "cancellation", "cancellation_standing", "reasons"),
    )  # fmt: skip


def _absorb_notice(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    """What a notice tells: which point, from when; kept only when it is the latest word."""
    found = dated(facts, trigger)
    if trigger.message is None or not found["fresh"]:
        return found
    payload: Any = trigger.message.payload  # type: ignore[attr-defined]
    told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
    found |= {
        "process": trigger.message.process.business_process.value,
        "metering_point": str(payload.metering_point),
        "supplier": str(payload.balance_supplier),
    }
    if told is not None:
        found["day"] = market_day(told).isoformat()
    reason = getattr(payload, "reason", None)
    if reason is not None:
        found["reason"] = reason.value
    return found


_NOTICES: Final = ("NotifyEndOfSupply", "NotifyStartOfSupply:rollback")
_STALE: Final = "an earlier notice, overtaken on the way"

LEAVER: Final = Machine(
    name="supply",
    role="leaver",
    title="the supplier that loses a metering point",
    codes=("DDQ",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "ending": "the hub has told that the supply ends",
        "ended": "the supply has ended",
        "reopened": "a rollback has set the supply back in force",
    },
    rows=(
        Row(
            (BEGIN, "ending", "ended", "reopened"), message("NotifyEndOfSupply"), "ending",
            (SetTimer("date"), Write("supply ends"), Inform("SupplyEnding")), FRESH("yes"),
            source="BRS-NO-101; test SYS-DDQ211-02: a later one corrects the date", standing="inferred",
        ),
        Row((BEGIN, "ending", "ended", "reopened"), message("NotifyEndOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(("ending",), timer("date"), "ended", (Inform("SupplyEnded"),), source="BRS-NO-101"),
        Row(("ended", "reopened"), timer("date"), ignored="the date is known already", source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "ending", "ended", "reopened"), message("NotifyStartOfSupply:rollback"), "reopened",
            (CancelTimer("date"), Write("supply restored"), Inform("SupplyRestored")), FRESH("yes"),
            source="BRS-NO-133; BRS-NO-222: earlier contracts are opened again",
        ),
        Row((BEGIN, "ending", "ended", "reopened"), message("NotifyStartOfSupply:rollback"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("ended", "reopened"),
    receives=_NOTICES,
    due={"date": lambda facts: beginning_of(facts["day"])},
    absorb=_absorb_notice,
    public=("process", "metering_point", "day", "reason"),
)  # fmt: skip


def _undoing(facts: Facts, trigger: Trigger, _now: datetime) -> str:
    """E02 undoes a start that was told before; the ordinary document type tells of a supply that is in force again."""
    if not facts.get("fresh", True):
        return "overtaken"
    undone = trigger.message is not None and trigger.message.header.document_type is DocumentType.CANCELLATION
    return "undone" if undone else "restored"


_UNDOING: Final = Condition("what the rollback means here", ("undone", "restored", "overtaken"), _undoing)

LAST_RESORT: Final = Machine(
    name="supply",
    role="last resort",
    title="the supplier of last resort",
    codes=("SLR",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "supplying": "the hub has told that last-resort supply begins",
        "ending": "the hub has told that it ends",
        "ended": "it has ended",
        "withdrawn": "a rollback has undone it",
    },
    rows=(
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply"), "supplying",
            (CancelTimer("date"), Write("start of supply notified"), Inform("LastResortSupplyConfirmed")), FRESH("yes"),
            source="BIM 6: 123 and 202",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyEndOfSupply"), "ending",
            (SetTimer("date"), Write("supply ends"), Inform("LastResortSupplyEnding")), FRESH("yes"),
            source="BRS-NO-104", standing="inferred",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyEndOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(("ending",), timer("date"), "ended", (Inform("LastResortSupplyEnded"),), source="BRS-NO-104", standing="inferred"),
        Row(("supplying", "ended", "withdrawn"), timer("date"), ignored="the date is known already", source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), "withdrawn",
            (CancelTimer("date"), Write("start of supply undone"), Inform("LastResortSupplyWithdrawn")), _UNDOING("undone"),
            source="BRS-NO-133; change log 1.6", standing="inferred",
        ),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), "supplying",
            (CancelTimer("date"), Write("supply restored"), Inform("LastResortSupplyConfirmed")), _UNDOING("restored"),
            source="BRS-NO-133: earlier contracts are opened again", standing="inferred",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), when=_UNDOING("overtaken"), ignored=_STALE, source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("supplying", "ended", "withdrawn"),
    receives=("NotifyStartOfSupply", *_NOTICES),
    due={"date": lambda facts: beginning_of(facts["day"])},
    absorb=_absorb_notice,
    public=("process", "metering_point", "day", "reason"),
)  # fmt: skip
