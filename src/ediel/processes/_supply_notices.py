"""Start and end of supply for the notified suppliers: the one that loses the point, and the last-resort supplier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from ediel.calendar import market_day, midnight
from ediel.codes import DocumentType
from ediel.messages import Message, NotifyEndOfSupply, NotifyStartOfSupply, NotifyStartOfSupplyEvent
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import process_of
from ediel.processes._changes import BeginContract, EndContract, ReopenContract, UndoContract, mark_of
from ediel.processes._conditions import FRESH, NoticedState, beginning_of, dated
from ediel.processes._machine import Machine
from ediel.processes._rows import (
    BEGIN,
    CancelTimer,
    Condition,
    Inform,
    Row,
    SetTimer,
    Trigger,
    Write,
    message,
    timer,
)
from ediel.processes._state import known

Notice = NotifyStartOfSupply | NotifyEndOfSupply


def noticed_day(arrived: Notice) -> date:
    """The day of a notice: on which a supply begins or ends."""
    payload = arrived.payload
    moment = payload.start_of_occurrence if isinstance(payload, NotifyStartOfSupplyEvent) else payload.end_of_occurrence
    return market_day(moment)


@dataclass(frozen=True, kw_only=True, repr=False)
class SupplyNotices(NoticedState):
    """What notices tell of a supply.

    Attributes:
        supplier: the balance supplier that the latest notice names.
        day: the day on which the supply begins or ends.
        reason: why it ends.
        notice: identification of the latest notice.
        customer: a mark of whose supply it is.
        activation_day: day from which a grid access provider activates the point.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point", "day", "supplier")

    supplier: str | None = None
    day: date | None = None
    reason: str | None = None
    notice: str | None = None
    customer: str = ""
    activation_day: date | None = None


def absorb_notice(facts: SupplyNotices, trigger: Trigger, now: datetime) -> SupplyNotices:
    """The content of a notice: which point, from when; kept only when it is the latest notice."""
    found, arrived = dated(facts, trigger, now), trigger.message
    if not isinstance(arrived, NotifyStartOfSupply | NotifyEndOfSupply) or not found.fresh:
        return found
    reason = arrived.payload.reason if isinstance(arrived, NotifyEndOfSupply) else None
    return replace(
        found,
        process=process_of(arrived),
        metering_point=str(arrived.payload.metering_point),
        supplier=str(arrived.payload.balance_supplier),
        day=noticed_day(arrived),
        customer=mark_of(str(arrived.payload.customer.identification)),
        reason=found.reason if reason is None else reason.value,
    )


def _loses(facts: SupplyNotices) -> Iterator[EndContract]:
    yield EndContract(known(facts.supplier, "supplier"), known(facts.day, "day"), facts.customer)


def _goes_on(facts: SupplyNotices) -> Iterator[ReopenContract]:
    yield ReopenContract(facts.sender, known(facts.day, "day"), facts.customer)


def _supplies(facts: SupplyNotices) -> Iterator[BeginContract]:
    yield BeginContract(known(facts.supplier, "supplier"), known(facts.day, "day"), facts.customer)


def _never_supplied(facts: SupplyNotices) -> Iterator[UndoContract]:
    """The party's own supply, whichever supplier the notice names."""
    yield UndoContract(facts.sender, known(facts.day, "day"), facts.customer)


_OVERTAKEN: Final = "NotifyEndOfSupply:rollback"
_NOTICES: Final = ("NotifyEndOfSupply", _OVERTAKEN, "NotifyStartOfSupply:rollback")
_BY_ROLLBACK: Final = "a rollback may end another supply; how its supplier is notified could not be read"
_STALE: Final = "an earlier notice, overtaken on the way"

LEAVER: Final = Machine(
    name="supply",
    role="leaver",
    title="the supplier that loses a metering point",
    codes=("DDQ",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "ending": "the hub has notified that the supply ends",
        "ended": "the supply has ended",
        "reopened": "a rollback has set the supply back in force",
    },
    rows=(
        Row(
            (BEGIN, "ending", "ended", "reopened"), message("NotifyEndOfSupply"), "ending",
            (SetTimer("date"), Write("supply ends", _loses), Inform("SupplyEnding")), FRESH("yes"),
            source="BRS-NO-101; test SYS-DDQ211-02: a later one corrects the date", standing="inferred",
        ),
        Row((BEGIN, "ending", "ended", "reopened"), message("NotifyEndOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "ending", "ended", "reopened"), message(_OVERTAKEN), "ending",
            (SetTimer("date"), Write("supply ends", _loses), Inform("SupplyEnding")), FRESH("yes"), source=_BY_ROLLBACK, standing="assumed",
        ),
        Row((BEGIN, "ending", "ended", "reopened"), message(_OVERTAKEN), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(("ending",), timer("date"), "ended", (Inform("SupplyEnded"),), source="BRS-NO-101"),
        Row(("ended", "reopened"), timer("date"), ignored="the date is known already", source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "ending", "ended", "reopened"), message("NotifyStartOfSupply:rollback"), "reopened",
            (CancelTimer("date"), Write("supply restored", _goes_on), Inform("SupplyRestored")), FRESH("yes"),
            source="BRS-NO-133; BRS-NO-222: earlier contracts are opened again",
        ),
        Row((BEGIN, "ending", "ended", "reopened"), message("NotifyStartOfSupply:rollback"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("ended", "reopened"),
    receives=_NOTICES,
    facts=SupplyNotices,
    due={"date": lambda facts: beginning_of(facts.day)},
    absorb=absorb_notice,
    public=("process", "metering_point", "day", "reason"),
    upcasts={1: upcasts.plain},
)  # fmt: skip


def _undoing(facts: SupplyNotices, trigger: Trigger, _now: datetime) -> str:
    """E02 undoes a start that was notified before; the ordinary document type notifies a supply in force again."""
    if not facts.fresh:
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
        "supplying": "the hub has notified that last-resort supply begins",
        "ending": "the hub has notified that it ends",
        "ended": "it has ended",
        "withdrawn": "a rollback has undone it",
    },
    rows=(
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply"), "supplying",
            (CancelTimer("date"), Write("start of supply notified", _supplies), Inform("LastResortSupplyConfirmed")), FRESH("yes"),
            source="BIM 6: 123 and 202",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyEndOfSupply"), "ending",
            (SetTimer("date"), Write("supply ends", _loses), Inform("LastResortSupplyEnding")), FRESH("yes"),
            source="BRS-NO-104", standing="inferred",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyEndOfSupply"), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message(_OVERTAKEN), "ending",
            (SetTimer("date"), Write("supply ends", _loses), Inform("LastResortSupplyEnding")), FRESH("yes"), source=_BY_ROLLBACK, standing="assumed",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message(_OVERTAKEN), when=FRESH("no"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(("ending",), timer("date"), "ended", (Inform("LastResortSupplyEnded"),), source="BRS-NO-104", standing="inferred"),
        Row(("supplying", "ended", "withdrawn"), timer("date"), ignored="the date is known already", source="messages may cross", standing="inferred"),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), "withdrawn",
            (CancelTimer("date"), Write("start of supply undone", _never_supplied), Inform("LastResortSupplyWithdrawn")), _UNDOING("undone"),
            source="BRS-NO-133; change log 1.6", standing="inferred",
        ),
        Row(
            (BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), "supplying",
            (CancelTimer("date"), Write("supply restored", _goes_on), Inform("LastResortSupplyConfirmed")), _UNDOING("restored"),
            source="BRS-NO-133: earlier contracts are opened again", standing="inferred",
        ),
        Row((BEGIN, "supplying", "ending", "ended", "withdrawn"), message("NotifyStartOfSupply:rollback"), when=_UNDOING("overtaken"), ignored=_STALE, source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("supplying", "ended", "withdrawn"),
    receives=("NotifyStartOfSupply", *_NOTICES),
    facts=SupplyNotices,
    due={"date": lambda facts: beginning_of(facts.day)},
    absorb=absorb_notice,
    public=("process", "metering_point", "day", "reason"),
    upcasts={1: upcasts.plain},
)  # fmt: skip


def _begun(facts: SupplyNotices, _trigger: Trigger, now: datetime) -> str:
    if not facts.fresh:
        return "overtaken"
    return "begun" if now >= midnight(known(facts.day, "day")) else "ahead"


_BEGUN: Final = Condition("the first day in the notice", ("ahead", "begun", "overtaken"), _begun)


def _same_supply(facts: SupplyNotices, arrived: Message) -> int:
    """Another day is another supply: the customer may have left and come again.

    By which process one began that was taken over is often not known.
    """
    if not isinstance(arrived, NotifyStartOfSupply) or facts.process not in {"", process_of(arrived)}:
        return 0
    return 2 if facts.day == noticed_day(arrived) else 0


ELSEWHERE: Final = Machine(
    name="supply",
    role="supplier",
    title="the supplier of a supply that was begun elsewhere: in the portal, or by another system",
    codes=("DDQ",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "notified": "the hub has notified of a supply that nothing here has asked for; its first day lies ahead",
        "supplying": "the first day has come",
    },
    rows=(
        Row(
            (BEGIN, "notified"), message("NotifyStartOfSupply"), "notified",
            (SetTimer("date"), Write("start of supply notified", _supplies), Inform("SupplyFound")), _BEGUN("ahead"),
            source="BIM 6", standing="inferred",
        ),
        Row(
            (BEGIN, "notified"), message("NotifyStartOfSupply"), "supplying",
            (CancelTimer("date"), Write("start of supply notified", _supplies), Inform("SupplyFound"), Inform("SupplyStarted")),
            _BEGUN("begun"), source="BIM 6", standing="inferred",
        ),
        Row((BEGIN, "notified"), message("NotifyStartOfSupply"), when=_BEGUN("overtaken"), ignored=_STALE, source="messages may cross", standing="inferred"),
        Row(("supplying",), message("NotifyStartOfSupply"), ignored="the supply is known already", source="messages may cross", standing="inferred"),
        Row(("notified",), timer("date"), "supplying", (Inform("SupplyStarted"),), source="BRS-NO-101"),
        Row(("supplying",), timer("date"), ignored="the date is known already", source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("supplying",),
    receives=("NotifyStartOfSupply",),
    facts=SupplyNotices,
    due={"date": lambda facts: beginning_of(facts.day)},
    absorb=absorb_notice,
    matches=_same_supply,
    public=("process", "metering_point", "day"),
    revision=1,
)  # fmt: skip
