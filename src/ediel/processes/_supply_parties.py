"""Start and end of supply as the party lives it that asks for it.

One table serves a start (BRS-NO-101 to 104, and 123 from the grid access provider) and an end (201, 202, and 211): the words
differ, the course does not; so it is one module, though a long one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, TypeVar

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import DocumentType, Role
from ediel.messages import (
    Header,
    Message,
    NotifyEndOfSupply,
    NotifyStartOfSupply,
    RejectEndOfSupply,
    RejectStartOfSupply,
    RequestEndOfSupply,
    RequestEndOfSupplyEvent,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import context, first_message, header, moment, process_of, reasons_of
from ediel.processes._changes import BeginContract, EndContract, ReopenContract, UndoContract, mark_of
from ediel.processes._conditions import IN_TIME, STARTED, RequestState, beginning_of
from ediel.processes._machine import Build, Draft, Machine, Upcast, keep
from ediel.processes._rows import (
    BEGIN,
    CancelTimer,
    Condition,
    Inform,
    Row,
    Send,
    SetTimer,
    Trigger,
    Write,
    command,
    ignoring,
    message,
    timer,
)
from ediel.processes._state import Kept, known
from ediel.processes._supply_notices import noticed_day


@dataclass(frozen=True, kw_only=True, repr=False)
class StartRequest(RequestState):
    """A start of supply that a party has requested.

    Attributes:
        payload: what was asked for.
        request: identification of the request, where another system has sent it.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point", "day", "payload")

    payload: Kept[RequestStartOfSupplyEvent] | None = None
    request: str | None = None

    @property
    def supplier(self) -> str:
        """The supplier of the contract: the one that the request names, or the party itself."""
        return known(self.payload, "payload").value.balance_supplier or self.sender

    @property
    def to_last_resort(self) -> bool:
        """Whether the contract shall lie with the supplier of last resort (moveInToSLR), and not with the party."""
        return known(self.payload, "payload").value.move_in_to_slr is True

    @property
    def customer(self) -> str:
        """A mark of whose supply it is."""
        return mark_of(str(known(self.payload, "payload").value.customer.identification))


@dataclass(frozen=True, kw_only=True, repr=False)
class EndRequest(RequestState):
    """An end of supply that a party has requested.

    Attributes:
        payload: what was asked for.
        request: identification of the request, where another system has sent it.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point", "day", "payload")

    payload: Kept[RequestEndOfSupplyEvent] | None = None
    request: str | None = None

    @property
    def customer(self) -> str:
        """A mark of whose supply it is."""
        return mark_of(str(known(self.payload, "payload").value.customer.identification))


RequestT = TypeVar("RequestT", bound=RequestState)

_BIM: Final = "BIM 1; BIM 10; BIM 13; BIM 22"
_SILENCE: Final = "what silence means is not published: a person must look"


def _untold(facts: RequestState) -> bool:
    """Whether the hub notifies the one that has asked of nothing: a grid access provider that ends a supply."""
    ends: bool = known(facts.process, "process") == brs.GRID_MOVE_OUT.code.value
    return ends and facts.role == Role.DDM.value


UNTOLD: Final[Condition[RequestState]] = Condition(
    "the hub notifies the one that has asked of nothing",
    ("yes", "no"),
    lambda facts, _trigger, _now: "yes" if _untold(facts) else "no",
)


def _ends_untold(facts: RequestState, _trigger: Trigger, now: datetime) -> str:
    passed = facts.cancellation is None or market_day(now) > facts.cancellation
    return "yes" if _untold(facts) and passed else "no"


ENDS_UNTOLD: Final[Condition[RequestState]] = Condition(
    "the deadline has passed, or is unknown, and the hub notifies of nothing", ("yes", "no"), _ends_untold
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
    untold: Condition[RequestState] | None = None
    """Asks whether the hub notifies the one that asks of nothing."""


_START: Final = _Words(
    "start of supply", "RequestStartOfSupply", "ConfirmStartOfSupply", "RejectStartOfSupply", "NotifyStartOfSupply",
    "Supply", "notified", "supplying", "SupplyStarted",
)  # fmt: skip
_END: Final = _Words(
    "end of supply", "RequestEndOfSupply", "ConfirmEndOfSupply", "RejectEndOfSupply", "NotifyEndOfSupply",
    "EndOfSupply", "notified", "ended", "EndOfSupplyEffective", UNTOLD,
)  # fmt: skip


def _rollback(facts: RequestState) -> str:
    """The process that rolls a process back."""
    found = brs.of(known(facts.process, "process")).rollback
    assert found is not None  # every process with this table has one
    return str(found.value)


def _requested_with(draft: Draft[StartRequest] | Draft[EndRequest]) -> str:
    """Identification of the request."""
    return draft.facts.request or first_message(draft.instance)


def _request_start(draft: Draft[StartRequest]) -> RequestStartOfSupply:
    head = header(draft, DocumentType.CHANGE_OF_SUPPLIER_REQUEST, ask=draft.facts.ask or None)
    return _start(draft, head, {"original_reference": None})


def _cancel_start(draft: Draft[StartRequest]) -> RequestStartOfSupply:
    """The same request as E02, pointing to the first one; a positive answer is always requested."""
    head = header(draft, DocumentType.CANCELLATION, ask=True)
    return _start(draft, head, {"original_reference": _requested_with(draft)})


def _roll_back_start(draft: Draft[StartRequest]) -> RequestStartOfSupply:
    """The rollback process, pointing to the first request; a positive answer is always requested."""
    head = header(draft, DocumentType.CANCELLATION, ask=True)
    more = {"original_reference": _requested_with(draft), "move_in_to_slr": None, "consent_id": None}
    return _start(draft, head, more, rolls_back=True)


def _start(
    draft: Draft[StartRequest], head: Header, more: Mapping[str, object], *, rolls_back: bool = False
) -> RequestStartOfSupply:
    facts = draft.facts
    event = known(facts.payload, "payload").value
    return RequestStartOfSupply(
        header=head,
        process=context(draft, process=_rollback(facts) if rolls_back else None),
        payload=event.model_copy(update={"start_of_occurrence": moment(facts.day), **more}),
    )


def _request_end(draft: Draft[EndRequest]) -> RequestEndOfSupply:
    head = header(draft, DocumentType.END_OF_SUPPLY_REQUEST, ask=draft.facts.ask or None)
    return _end(draft, head, {"original_reference": None})


def _cancel_end(draft: Draft[EndRequest]) -> RequestEndOfSupply:
    head = header(draft, DocumentType.CANCELLATION, ask=True)
    return _end(draft, head, {"original_reference": _requested_with(draft)})


def _roll_back_end(draft: Draft[EndRequest]) -> RequestEndOfSupply:
    """As a start is rolled back; BRS-NO-222 names no supplier."""
    head = header(draft, DocumentType.CANCELLATION, ask=True)
    more: dict[str, object] = {"original_reference": _requested_with(draft)}
    if brs.of(_rollback(draft.facts)).names_supplier is False:
        more["balance_supplier"] = None
    return _end(draft, head, more, rolls_back=True)


def _end(
    draft: Draft[EndRequest], head: Header, more: Mapping[str, object], *, rolls_back: bool = False
) -> RequestEndOfSupply:
    facts = draft.facts
    event = known(facts.payload, "payload").value
    return RequestEndOfSupply(
        header=head,
        process=context(draft, process=_rollback(facts) if rolls_back else None),
        payload=event.model_copy(update={"end_of_occurrence": moment(facts.day), **more}),
    )


_REJECTS: Final = (RejectStartOfSupply, RejectEndOfSupply)
_NOTICES: Final = (NotifyStartOfSupply, NotifyEndOfSupply)


def _absorb_answer(facts: RequestT, trigger: Trigger, now: datetime) -> RequestT:
    found, arrived = keep(facts, trigger, now), trigger.message
    if isinstance(arrived, _REJECTS):
        return replace(found, reasons=reasons_of(arrived))
    if isinstance(arrived, _NOTICES):
        return replace(found, day=noticed_day(arrived))
    return found


def _own(facts: RequestState, arrived: Message) -> int:
    """A notice refers to no request: it belongs by its process and its day.

    A move-in on an inactive point may be notified with another day than was requested.
    """
    if facts.process != process_of(arrived) or not isinstance(arrived, NotifyStartOfSupply | NotifyEndOfSupply):
        return 0
    if noticed_day(arrived) == facts.day:
        return 2
    return 1 if brs.of(facts.process).activates else 0


def _begins(facts: StartRequest) -> Iterator[BeginContract]:
    if not facts.to_last_resort:
        yield BeginContract(facts.supplier, known(facts.day, "day"), facts.customer)


def _undoes(facts: StartRequest) -> Iterator[UndoContract]:
    if not facts.to_last_resort:
        yield UndoContract(facts.supplier, known(facts.day, "day"), facts.customer)


def _ends(facts: EndRequest) -> Iterator[EndContract]:
    yield EndContract(facts.sender, known(facts.day, "day"), facts.customer)


def _reopens(facts: EndRequest) -> Iterator[ReopenContract]:
    yield ReopenContract(facts.sender, known(facts.day, "day"), facts.customer)


def _requester(
    name: str,
    words: _Words,
    title: str,
    facts: type[RequestT],
    builds: tuple[Build[RequestT], Build[RequestT], Build[RequestT]],
    *,
    notified: Write,
    undone: Write,
    upcast: Upcast,
) -> Machine[RequestT]:
    """The table of the party that asks for a start or an end.

    ``builds`` make the request, its cancellation and its rollback; ``notified`` and ``undone`` are what a notice and a
    rollback change.
    """
    confirm, reject, notify = words.confirm, words.reject, words.notify
    event, done, untold = words.event, words.done, words.untold
    waiting = ("requested", "accepted")
    rows = (
        Row(
            (BEGIN,), command("start"), "requested",
            (Send(words.request, "hub"), SetTimer("date", ahead_only=True), Inform(f"{event}Requested")), source=_BIM,
        ),
        Row(("requested",), message(f"{confirm}:request"), "accepted", (Inform(f"{event}Accepted"),), source=_BIM),
        Row(
            (*waiting, "cancelling", "unanswered"), message(f"{reject}:request"), "rejected",
            (CancelTimer("date"), Inform(f"{event}Rejected")), source=f"{_BIM}; crossing processes",
        ),
        Row(
            (*waiting, "cancelling", "unanswered"), message(notify), words.notified,
            (notified, Inform(f"{event}Confirmed")),
            STARTED("no"), source="BRS-NO-101; BIM 6",
        ),
        Row(
            (*waiting, "cancelling", "unanswered"), message(notify), done,
            (CancelTimer("date"), notified, Inform(f"{event}Confirmed"), Inform(words.begun)),
            STARTED("yes"), source="BRS-NO-103; BRS-NO-104: back in time",
        ),
        Row((words.notified,), timer("date"), done, (Inform(words.begun),), source="BRS-NO-101"),
        Row(
            (*waiting, "cancelling") if untold is None else ("requested", "cancelling"),
            timer("date"), "unanswered", (Inform(f"{event}Unanswered"),), source=_SILENCE, standing="assumed",
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
            (CancelTimer("date"), undone, Inform(f"{event}RolledBack")),
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
            (*((words.notified, done, "rolling back") if untold is None else ()), "rejected", "cancelled", "rolled back"),
            (f"{reject}:request",), "the request is answered already",
        ),
        *(() if untold is None else _untold_rows(words, notified, undone, untold)),
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
        codes=("DDQ", "DDM"),
        family="supply",
        states={
            BEGIN: "nothing has been sent",
            "requested": "the request is sent; the hub says nothing when it is accepted, unless it was asked to",
            "accepted": "the hub has accepted the request, and waits for the cancellation deadline",
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
        facts=facts,
        build=dict(zip((words.request, f"{words.request}:cancel", f"{words.request}:rollback"), builds, strict=True)),
        due={"date": lambda facts: beginning_of(facts.day)},
        absorb=_absorb_answer,
        matches=_own,
        one_at_a_time=("process", "day"),
        silent=("unanswered",),
        patience=("date",),
        public=("process", "metering_point", "day", "cancellation", "cancellation_standing", "reasons"),
        revision=3,
        upcasts={1: upcast, 2: upcasts.same},
    )  # fmt: skip


def _untold_rows(words: _Words, notified: Write, undone: Write, untold: Condition[RequestState]) -> tuple[Row, ...]:
    """The end of what nobody is notified of: once it was accepted, its day; unless a refusal comes even then."""
    confirmed, done = (Inform(f"{words.event}Confirmed"), Inform(words.begun)), words.done
    heeding = (words.notified, done, "rolling back")
    nothing = "test SYS-DDQ211-02: the supplier is notified, and nothing is known of a notice to the one that has asked"
    return (
        Row(("accepted",), timer("date"), done, (notified, *confirmed), untold("yes"), source=nothing, standing="inferred"),
        Row(
            ("accepted",), timer("date"), "unanswered", (Inform(f"{words.event}Unanswered"),), untold("no"),
            source=_SILENCE, standing="assumed",
        ),
        Row(
            heeding, message(f"{words.reject}:request"), "rejected", (CancelTimer("date"), undone, Inform(f"{words.event}Rejected")),
            untold("yes"), source="crossing processes; messages may cross", standing="inferred",
        ),
        Row(
            heeding, message(f"{words.reject}:request"), when=untold("no"), ignored="the request is answered already",
            source="messages may cross", standing="inferred",
        ),
        Row(
            ("accepted",), command("roll back"), "rolling back", (Send(f"{words.request}:rollback", "hub"),),
            ENDS_UNTOLD("yes"), source="BRS-NO-222: after the cancellation deadline", standing="inferred",
        ),
    )  # fmt: skip


START_REQUESTER: Final = _requester(
    "supply",
    _START,
    "a supplier (or a grid access provider, by BRS-NO-123) that asks for a start of supply",
    StartRequest,
    (_request_start, _cancel_start, _roll_back_start),
    notified=Write("start of supply notified", _begins),
    undone=Write("start of supply undone", _undoes),
    upcast=upcasts.start_request,
)
END_REQUESTER: Final = _requester(
    "end_of_supply",
    _END,
    "a supplier (or a grid access provider, by BRS-NO-211) that ends a supply",
    EndRequest,
    (_request_end, _cancel_end, _roll_back_end),
    notified=Write("end of supply notified", _ends),
    undone=Write("end of supply undone", _reopens),
    upcast=upcasts.end_request,
)
