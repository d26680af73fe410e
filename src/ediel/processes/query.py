"""Queries: BRS-NO-303, 315, 324 and 611 for the asker and the hub. Answers to 315 may come in parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from ediel.codes import DocumentType, QueryType, StatusType
from ediel.messages import (
    Acknowledgement,
    Message,
    NotifyCustomerInformation,
    NotifyCustomerInformationEvent,
    NotifyMeteringPointCharacteristics,
    NotifyMeteringPointCharacteristicsEvent,
    NotifyValidatedDataForBillingEnergy,
    RequestDataFromElhub,
    RequestDataFromElhubEvent,
    RequestUpfrontMeteringPointCharacteristics,
    RequestUpfrontMeteringPointCharacteristicsEvent,
    ResponseUpfrontMeteringPointCharacteristics,
    ResponseUpfrontMeteringPointCharacteristicsEvent,
    ValidatedSeries,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import AnsweringState, acknowledgement, context, header, reasons_of, to_answer
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import Draft, Machine, keep
from ediel.processes._rows import BEGIN, Condition, Inform, Row, Send, Trigger, command, decision, ignoring, message
from ediel.processes._state import Kept, ProcessState, known

_QUERY: Final = "RequestDataFromElhub"
_SEARCH: Final = "RequestUpfrontMeteringPointCharacteristics"
_FOUND: Final = "ResponseUpfrontMeteringPointCharacteristics"
_ANSWERS: Final = (
    "NotifyMeteringPointCharacteristics",
    "NotifyCustomerInformation",
    "NotifyValidatedDataForBillingEnergy",
)
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BRS-NO-303; BRS-NO-315; BRS-NO-324"


Query = RequestDataFromElhubEvent
Search = RequestUpfrontMeteringPointCharacteristicsEvent
Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, repr=False)
class AskedQuery(ProcessState):
    """A query that a party has sent.

    Attributes:
        payload: what is asked for.
        answers: identifications of the answers that have come.
        covered: periods of which values have come, in order and apart from each other.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "payload")

    payload: Kept[Query | Search] | None = None
    answers: tuple[str, ...] = ()
    covered: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer: its payloads, which tell what message it is.

    Attributes:
        points: master data of metering points.
        found: metering points that a search has found.
        series: metering values, or settlement data.
        customer: master data of an end user.
    """

    points: tuple[NotifyMeteringPointCharacteristicsEvent, ...] = ()
    found: tuple[ResponseUpfrontMeteringPointCharacteristicsEvent, ...] = ()
    series: tuple[ValidatedSeries, ...] = ()
    customer: NotifyCustomerInformationEvent | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class HubQuery(AnsweringState):
    """A query at the hub.

    Attributes:
        payload: what is asked for.
        parts: the answer, a part for each message; for one step.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "payload", "answering", "answer_to", "answer_role")
    passing: ClassVar[tuple[str, ...]] = ("parts",)

    payload: Kept[Query | Search] | None = None
    parts: tuple[Part, ...] = ()


def _build_query(draft: Draft[AskedQuery]) -> RequestDataFromElhub:
    payload = known(draft.facts.payload, "payload").value
    assert isinstance(payload, Query)
    return RequestDataFromElhub(header=header(draft, DocumentType.QUERY), process=context(draft), payload=payload)


def _build_search(draft: Draft[AskedQuery]) -> RequestUpfrontMeteringPointCharacteristics:
    payload = known(draft.facts.payload, "payload").value
    assert isinstance(payload, Search)
    return RequestUpfrontMeteringPointCharacteristics(
        header=header(draft, DocumentType.MASTER_DATA_REQUEST), process=context(draft), payload=payload
    )


def _absorb_answer(facts: AskedQuery, trigger: Trigger, now: datetime) -> AskedQuery:
    changed, arrived = keep(facts, trigger, now), trigger.message
    if arrived is None:
        return changed
    if isinstance(arrived, Acknowledgement):
        return replace(changed, reasons=reasons_of(arrived))
    changed = replace(changed, answers=(*changed.answers, arrived.header.identification))
    if not isinstance(arrived, NotifyValidatedDataForBillingEnergy):
        return changed
    spans = [
        (series.period.start, series.period.end)
        for series in arrived.payloads
        if series.period.start is not None and series.period.end is not None
    ]
    return replace(changed, covered=_merged([*changed.covered, *spans]))


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Spans of time, joined where they touch."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return tuple(result)


_AS_THEY_ARE: Final = frozenset({QueryType.MVRV, QueryType.STLM})
"""Volumes, readings and settlement data have the periods that they have."""


def _whole(facts: AskedQuery, trigger: Trigger, _now: datetime) -> str:
    """An answer with values is whole when the periods that have come cover the requested one."""
    if not isinstance(trigger.message, NotifyValidatedDataForBillingEnergy):
        return "whole"
    asked = known(facts.payload, "payload").value
    if not isinstance(asked, Query) or asked.period is None or asked.query_type in _AS_THEY_ARE:
        return "whole"
    start, end = asked.period.start, asked.period.end
    return "whole" if any(first <= start and last >= end for first, last in facts.covered) else "a part"


_WHOLE: Final = Condition("the answers cover what was asked for", ("whole", "a part"), _whole)

ASKER: Final = Machine(
    name="query",
    role="asker",
    title="a market party that asks for master data, metering values or settlement data",
    codes=("DDQ", "DDM", "AG", "SLR", "DDK", "MDR", "BSL", "QRY"),
    family="query",
    states={
        BEGIN: "nothing has been sent",
        "asked": "the query is sent and not answered",
        "answering": "a part of the answer has come",
        "answered": "the answer is whole",
        "rejected": "the hub refuses",
        "given up": "the party waits no longer",
    },
    rows=(
        Row((BEGIN,), command("ask"), "asked", (Send(_QUERY, "hub"),), source=_SOURCE),
        Row((BEGIN,), command("search"), "asked", (Send(_SEARCH, "hub"),), source="BRS-NO-611"),
        Row(("asked",), message(_FOUND), "answered", (Inform("QueryAnswered"),), source="BRS-NO-611"),
        *(
            row
            for label in _ANSWERS
            for row in (
                Row(("asked", "answering"), message(label), "answered", (Inform("QueryAnswered"),), _WHOLE("whole"), source=_SOURCE),
                Row(("asked", "answering"), message(label), "answering", (Inform("QueryPartAnswered"),), _WHOLE("a part"), source="BRS-NO-315: over 31 days the answer may be split"),
            )
        ),
        Row(("asked", "answering"), message(_REJECTED), "rejected", (Inform("QueryRejected"),), source=_SOURCE),
        Row(("asked", "answering"), command("give up"), "given up", source="no deadline for the answer is published", standing="assumed"),
        *ignoring(("answering", "answered", "rejected", "given up"), (_FOUND,), "the query is answered already"),
        *ignoring(("answered", "rejected", "given up"), (*_ANSWERS, _REJECTED), "the query is over"),
    ),
    closed=("answered", "rejected", "given up"),
    receives=(_FOUND, *_ANSWERS, _REJECTED),
    build={_QUERY: _build_query, _SEARCH: _build_search},
    facts=AskedQuery,
    absorb=_absorb_answer,
    public=("process", "metering_point", "reasons"),
    upcasts={1: upcasts.plain},
)  # fmt: skip


def _absorb_query(facts: HubQuery, trigger: Trigger, now: datetime) -> HubQuery:
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, RequestDataFromElhub | RequestUpfrontMeteringPointCharacteristics):
        return found
    point = arrived.payload.metering_point
    return replace(
        to_answer(found, arrived),
        metering_point=None if point is None else str(point),
        payload=Kept.of(arrived.payload),
    )


def _build_part(draft: Draft[HubQuery]) -> Message:
    """One message of the answer."""
    part, to = draft.item_as(Part), draft.facts.answer_to
    about = context(draft, role=draft.facts.answer_role)
    if part.found:
        head = header(draft, DocumentType.UPFRONT_MASTER_DATA, recipient=to)
        return ResponseUpfrontMeteringPointCharacteristics(header=head, process=about, payloads=part.found)
    head = header(draft, DocumentType.QUERY, recipient=to)
    if part.customer is not None:
        return NotifyCustomerInformation(header=head, process=about, payload=part.customer)
    if part.points:
        return NotifyMeteringPointCharacteristics(header=head, process=about, payloads=part.points)
    return NotifyValidatedDataForBillingEnergy(header=head, process=about, payloads=part.series)


HUB: Final = Machine(
    name="query",
    role="hub",
    title="Elhub, when a market party asks",
    codes=("DDZ",),
    family="query",
    states={
        BEGIN: "nothing has come",
        "accepted": "the query is accepted; the answer is being put together",
        "answered": "the answer is sent",
        "refused": "the hub has refused the query",
    },
    rows=(
        Row((BEGIN,), message(_QUERY), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source=_SOURCE),
        Row((BEGIN,), message(_QUERY), "accepted", (Inform("QueryAccepted"),), VERDICT("accepted"), source=_SOURCE),
        Row(("accepted",), decision("answer"), "answered", (Send("answer", "asker", each="parts"),), source=_SOURCE),
        Row((BEGIN,), message(_SEARCH), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source="BRS-NO-611: in the same call"),
        Row((BEGIN,), message(_SEARCH), "answered", (Send("answer", "asker", each="parts"),), VERDICT("accepted"), source="BRS-NO-611: in the same call"),
        *ignoring(("accepted", "answered", "refused"), (_QUERY, _SEARCH), "another query is another process"),
    ),
    closed=("answered", "refused"),
    receives=(_QUERY, _SEARCH),
    build={_REJECTED: acknowledgement(StatusType.REJECTED), "answer": _build_part},
    facts=HubQuery,
    absorb=_absorb_query,
    public=("process", "metering_point", "reasons"),
    upcasts={1: upcasts.plain},
)  # fmt: skip
