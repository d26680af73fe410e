"""Third-party access: BRS-NO-622 for the third party and the hub.

No source says whether a message announces that the end user has approved or refused. So a third party learns it from
outside (a decision), from values that begin to flow, or from silence: after three working days the request has lapsed.
An approval of the last evening shows only then; and an end user may give access unasked (BRS-NO-623, 624). Values tell both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import DocumentType, StatusType, UpdateIndicator
from ediel.messages import (
    Acknowledgement,
    ExtendedStorage,
    Message,
    UpdateThirdPartyAccess,
    UpdateThirdPartyAccessEvent,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import (
    AnsweringState,
    acknowledgement,
    asks,
    context,
    header,
    moment,
    reasons_of,
    to_answer,
)
from ediel.processes._changes import EndAccess, SetAccess
from ediel.processes._conditions import VERDICT, beginning_of, end_of
from ediel.processes._machine import Build, Draft, Machine, keep
from ediel.processes._rows import (
    BEGIN,
    CancelTimer,
    Inform,
    Row,
    Send,
    SetTimer,
    Trigger,
    Write,
    command,
    decision,
    ignoring,
    message,
    timer,
)
from ediel.processes._state import ProcessState, known

_UPDATE: Final = "UpdateThirdPartyAccess"
_VALUES: Final = "NotifyValidatedDataForBillingEnergy"


@dataclass(frozen=True, kw_only=True, repr=False)
class RequestedAccess(ProcessState):
    """An access that a third party has requested.

    Attributes:
        end: day from which it holds no more.
        extended_storage: whether values are kept for 10 years instead of 3.
        answer_by: last day on which the end user may answer; ``None`` when unknown.
        level: limited or full.
        moved_in: day on which the end user moved in, where BRS-NO-624 has brought it; ``None`` when unknown.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point")

    end: date | None = None
    extended_storage: bool = False
    answer_by: date | None = None
    level: str | None = None
    moved_in: date | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class HubAccess(AnsweringState):
    """An access at the hub: what ``RequestedAccess`` knows, and whose it is.

    Attributes:
        third_party: GLN of the third party.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point", "third_party")

    third_party: str | None = None
    end: date | None = None
    extended_storage: bool = False
    answer_by: date | None = None
    level: str | None = None


def _request(indicator: UpdateIndicator) -> Build[RequestedAccess]:
    def build(draft: Draft[RequestedAccess]) -> UpdateThirdPartyAccess:
        facts = draft.facts
        end = None if indicator is UpdateIndicator.DELETE else facts.end
        storage = facts.extended_storage and indicator is not UpdateIndicator.DELETE
        return UpdateThirdPartyAccess(
            header=header(draft, DocumentType.MASTER_DATA_REQUEST, ask=True),
            process=context(draft),
            payload=UpdateThirdPartyAccessEvent(
                end_of_occurrence=moment(end) if end else None,
                update_indicator=indicator,
                metering_point=known(facts.metering_point, "metering_point"),
                customer=ExtendedStorage(extended_storage=True) if storage else None,
            ),
        )

    return build


def _absorb_answer(facts: RequestedAccess, trigger: Trigger, now: datetime) -> RequestedAccess:
    changed = keep(facts, trigger, now)
    if isinstance(trigger.message, Acknowledgement):
        return replace(changed, reasons=reasons_of(trigger.message))
    return changed if changed.process is not None else replace(changed, process=brs.ACCESS.code.value)


def _access(facts: RequestedAccess | HubAccess) -> Iterator[SetAccess]:
    yield SetAccess(_third_party(facts), facts.end, facts.level or "limited", facts.extended_storage)


def _ended(facts: RequestedAccess | HubAccess) -> Iterator[EndAccess]:
    yield EndAccess(_third_party(facts))


def _third_party(facts: RequestedAccess | HubAccess) -> str:
    return known(facts.third_party, "third_party") if isinstance(facts, HubAccess) else facts.sender


_GRANTED: Final = Write("access granted", _access)
_CHANGED: Final = Write("access changed", _access)
_ENDED: Final = Write("access ended", _ended)

_OVER: Final = ("refused", "lapsed", "ended")
_ANSWERS: Final = tuple(
    f"Acknowledgement:{what} {status}" for what in ("add", "update", "delete") for status in ("accepted", "rejected")
)
_SOURCE: Final = "BRS-NO-622"
_PAGE: Final = "third-party page of elhub.no"

THIRD_PARTY: Final = Machine(
    name="access",
    role="third party",
    title="a third party that asks for access to a metering point",
    codes=("AG",),
    family="access",
    states={
        BEGIN: "nothing has been sent",
        "asked": "the request is sent and not answered",
        "waiting": "the hub has accepted the request; the end user has three working days",
        "granted": "the third party has access",
        "changing": "a change is sent and not answered",
        "deleting": "the end of the access is sent and not answered",
        "refused": "the hub, or the end user, has refused",
        "lapsed": "the end user did not answer in three working days: that is a refusal, unless values say otherwise",
        "ended": "the access is over",
    },
    rows=(
        Row(
            (BEGIN,), command("adopt"), "granted", (SetTimer("end"), _GRANTED, Inform("AccessGranted")),
            source="BRS-NO-623; BRS-NO-624: the end user gives it unasked", standing="inferred",
        ),
        Row(
            (BEGIN,), message(_VALUES), "granted", (SetTimer("end"), _GRANTED, Inform("AccessGranted")),
            source="BRS-NO-623; BRS-NO-624; test SYS-AG313-02: values begin to flow", standing="inferred",
        ),
        Row((BEGIN,), command("add"), "asked", (Send(f"{_UPDATE}:add", "hub"), SetTimer("answer"), Inform("AccessAsked")), source=_SOURCE),
        Row(("asked",), message("Acknowledgement:add accepted"), "waiting", (Inform("AccessPending"),), source="test SYS-AG313-02"),
        Row(
            ("asked", "waiting"), message("Acknowledgement:add rejected"), "refused",
            (CancelTimer("answer"), Inform("AccessRefused")), source=_SOURCE,
        ),
        Row(
            ("asked", "waiting", "lapsed"), decision("approve"), "granted",
            (CancelTimer("answer"), SetTimer("end"), _GRANTED, Inform("AccessGranted")), source=_SOURCE,
        ),
        Row(
            ("asked", "waiting", "lapsed"), message(_VALUES), "granted",
            (CancelTimer("answer"), SetTimer("end"), _GRANTED, Inform("AccessGranted")),
            source="test SYS-AG313-02: values begin to flow", standing="inferred",
        ),
        Row(
            ("asked", "waiting"), decision("refuse"), "refused", (CancelTimer("answer"), Inform("AccessRefused")), source=_SOURCE,
        ),
        Row(("asked", "waiting"), timer("answer"), "lapsed", (Inform("AccessLapsed"),), source=_PAGE),
        Row(("granted",), command("update"), "changing", (Send(f"{_UPDATE}:update", "hub"),), source="BIM updatethirdpartyaccess"),
        Row(
            ("changing",), message("Acknowledgement:update accepted"), "granted",
            (SetTimer("end"), _CHANGED, Inform("AccessChanged")), source=_SOURCE, standing="inferred",
        ),
        Row(("changing",), message("Acknowledgement:update rejected"), "granted", (Inform("AccessChangeRejected"),), source=_SOURCE, standing="inferred"),
        Row(("granted",), command("delete"), "deleting", (Send(f"{_UPDATE}:delete", "hub"),), source=_SOURCE),
        Row(
            ("deleting",), message("Acknowledgement:delete accepted"), "ended",
            (CancelTimer("end"), _ENDED, Inform("AccessEnded")), source=_SOURCE,
        ),
        Row(("deleting",), message("Acknowledgement:delete rejected"), "granted", (Inform("AccessChangeRejected"),), source=_SOURCE, standing="inferred"),
        Row(("granted", "changing", "deleting"), decision("level"), do=(_CHANGED, Inform("AccessLevelChanged")), source=_PAGE),
        Row(
            ("granted", "changing", "deleting"), decision("remove"), "ended",
            (CancelTimer("end"), _ENDED, Inform("AccessEnded")),
            source=f"{_PAGE}: the end user removes it, or leaves the point",
        ),
        Row(
            ("granted", "changing", "deleting"), timer("end"), "ended", (_ENDED, Inform("AccessEnded")),
            source="EI-1120", standing="inferred",
        ),
        *ignoring(("waiting", "granted", "changing", "deleting", *_OVER), ("Acknowledgement:add accepted",), "a late positive answer"),
        *ignoring(
            ("granted", "changing", "deleting", *_OVER), ("Acknowledgement:add rejected",), "the request is answered already",
        ),
        *ignoring(("asked", "waiting", "granted", "deleting", *_OVER), _ANSWERS[2:4], "no change waits for an answer"),
        *ignoring(("asked", "waiting", "granted", "changing", *_OVER), _ANSWERS[4:], "no end waits for an answer"),
        *ignoring(("granted", "changing", "deleting", "refused", "ended"), (_VALUES,), "values are another process"),
    ),
    closed=_OVER,  # one that has lapsed may yet turn out to be granted
    resting=("granted",),
    receives=(*_ANSWERS, _VALUES),
    build={f"{_UPDATE}:{item.value.lower()}": _request(item) for item in UpdateIndicator},
    due={"answer": lambda facts: end_of(facts.answer_by), "end": lambda facts: beginning_of(facts.end)},
    facts=RequestedAccess,
    absorb=_absorb_answer,
    revision=3,
    upcasts={1: upcasts.plain, 2: upcasts.same},
    listens=(_VALUES,),
    silent=("lapsed",),
    one_at_a_time=(),
    public=("process", "metering_point", "end", "answer_by", "level", "moved_in", "reasons"),
)  # fmt: skip


def _absorb_request(facts: HubAccess, trigger: Trigger, now: datetime) -> HubAccess:
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, UpdateThirdPartyAccess):
        return found
    payload = arrived.payload
    end = payload.end_of_occurrence if found.verdict == "accepted" else None
    stores = payload.customer is not None and payload.customer.extended_storage
    return replace(
        to_answer(found, arrived),
        asked=asks(arrived),
        third_party=arrived.header.juridical_sender,
        metering_point=str(payload.metering_point),
        end=found.end if end is None else market_day(end),
        extended_storage=stores or found.extended_storage,
    )


def _of_sender(facts: HubAccess, arrived: Message) -> int:
    return 2 if facts.third_party == arrived.header.juridical_sender else 0


def _answers() -> dict[str, Build[HubAccess]]:
    status: dict[str, StatusType] = {"accepted": StatusType.ACCEPTED, "rejected": StatusType.REJECTED}
    return {label: acknowledgement(status[label.rpartition(" ")[2]]) for label in _ANSWERS}


def _refusal(state: tuple[str, ...], what: str, source: str = _SOURCE) -> Row:
    return Row(state, message(f"{_UPDATE}:{what}"), do=(Send(f"Acknowledgement:{what} rejected", "third party"),), source=source, standing="inferred")  # fmt: skip


HUB: Final = Machine(
    name="access",
    role="hub",
    title="Elhub, when a third party asks for access",
    codes=("DDZ",),
    family="access",
    states={
        BEGIN: "nothing has come",
        "refused": "the decisions, or the end user, has refused",
        "waiting": "the request lies with the end user, for three working days",
        "lapsed": "the end user did not answer in time: that is a refusal",
        "granted": "the third party has access, limited unless the end user makes it full",
        "ended": "the access is over",
        "unfounded": "a change or an end of an access that does not exist",
    },
    rows=(
        Row((BEGIN,), message(f"{_UPDATE}:add"), "refused", (Send("Acknowledgement:add rejected", "third party"),), VERDICT("refused"), source=_SOURCE),
        Row(
            (BEGIN,), message(f"{_UPDATE}:add"), "waiting",
            (Send("Acknowledgement:add accepted", "third party", "asked"), SetTimer("answer")), VERDICT("accepted"), source=_SOURCE,
        ),
        *ignoring(("waiting", "granted", "refused", "lapsed", "ended", "unfounded"), (f"{_UPDATE}:add",), "another request is another process"),
        Row(("waiting",), decision("approve"), "granted", (CancelTimer("answer"), _GRANTED, SetTimer("end")), source=_SOURCE),
        Row(("waiting",), decision("refuse"), "refused", (CancelTimer("answer"), Inform("AccessRefused")), source=_SOURCE),
        Row(("waiting",), timer("answer"), "lapsed", (Inform("AccessLapsed"),), source=_PAGE),
        Row(
            ("granted",), message(f"{_UPDATE}:update"), None,
            (_CHANGED, Send("Acknowledgement:update accepted", "third party", "asked"), SetTimer("end")),
            VERDICT("accepted"), source="BIM updatethirdpartyaccess",
        ),
        Row(("granted",), message(f"{_UPDATE}:update"), None, (Send("Acknowledgement:update rejected", "third party"),), VERDICT("refused"), source=_SOURCE),
        Row(
            ("granted",), message(f"{_UPDATE}:delete"), "ended",
            (CancelTimer("end"), _ENDED, Send("Acknowledgement:delete accepted", "third party", "asked")),
            VERDICT("accepted"), source=f"{_SOURCE}: at once, without approval",
        ),
        Row(("granted",), message(f"{_UPDATE}:delete"), None, (Send("Acknowledgement:delete rejected", "third party"),), VERDICT("refused"), source=_SOURCE),
        Row(("granted",), decision("level"), do=(_CHANGED,), source=_PAGE),
        Row(("granted",), decision("remove"), "ended", (CancelTimer("end"), _ENDED), source=f"{_PAGE}: the end user removes it, or leaves the point"),
        Row(("granted",), timer("end"), "ended", (_ENDED,), source="EI-1120", standing="inferred"),
        _refusal(("waiting", "refused", "lapsed", "ended"), "update"),
        _refusal(("waiting", "refused", "lapsed", "ended"), "delete"),
        Row(
            (BEGIN,), message(f"{_UPDATE}:update"), "granted",
            (_CHANGED, Send("Acknowledgement:update accepted", "third party", "asked"), SetTimer("end")),
            VERDICT("accepted"), source="BRS-NO-623: an access that was given unasked", standing="inferred",
        ),
        Row(
            (BEGIN,), message(f"{_UPDATE}:delete"), "ended",
            (_ENDED, Send("Acknowledgement:delete accepted", "third party", "asked")),
            VERDICT("accepted"), source="BRS-NO-623: an access that was given unasked", standing="inferred",
        ),
        Row((BEGIN,), message(f"{_UPDATE}:update"), "unfounded", (Send("Acknowledgement:update rejected", "third party"),), VERDICT("refused"), source=_SOURCE, standing="inferred"),
        Row((BEGIN,), message(f"{_UPDATE}:delete"), "unfounded", (Send("Acknowledgement:delete rejected", "third party"),), VERDICT("refused"), source=_SOURCE, standing="inferred"),
        *ignoring(("unfounded",), (f"{_UPDATE}:update", f"{_UPDATE}:delete"), "it is answered already"),
    ),
    closed=("refused", "lapsed", "ended", "unfounded"),
    resting=("granted",),
    stillborn=("unfounded",),
    receives=tuple(f"{_UPDATE}:{item.value.lower()}" for item in UpdateIndicator),
    build=_answers(),
    due={"answer": lambda facts: end_of(facts.answer_by), "end": lambda facts: beginning_of(facts.end)},
    facts=HubAccess,
    absorb=_absorb_request,
    upcasts={1: upcasts.plain},
    matches=_of_sender,
    public=("process", "metering_point", "third_party", "end", "answer_by", "level", "reasons"),
)  # fmt: skip

URL: Final = "https://minside.elhub.no/third-party-access/authorize"
"""Where BRS-NO-624 sends an end user."""


def access_url(third_party: str, request: str, scope: str = "Limited", *, page: str = URL) -> str:
    """The address to which a third party sends an end user who shall give access (BRS-NO-624).

    Args:
        third_party: its GLN, which Elhub must have on its list.
        request: a UUID of the third party's own; it comes back.
        scope: ``Full`` or ``Limited``.
        page: the page to which it leads: Elhub's, or that of a stand-in.

    Raises:
        ValueError: another scope.
    """
    from urllib.parse import urlencode  # noqa: PLC0415 - beside its only use

    if scope not in {"Full", "Limited"}:
        raise ValueError(f"scope is {scope!r}; expected Full or Limited")
    return f"{page}?{urlencode({'client_id': third_party, 'request_id': request, 'scope': scope})}"
