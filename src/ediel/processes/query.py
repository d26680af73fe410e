"""Queries: BRS-NO-303, 315, 324 and 611 as the asker and the hub live them. Answers to 315 may come in parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel.codes import DocumentType, StatusType
from ediel.messages import Message, model
from ediel.processes._build import acknowledgement, context, header, reasons_of, to_answer
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import (
    BEGIN,
    Condition,
    Facts,
    Inform,
    Instance,
    Machine,
    Row,
    Send,
    Trigger,
    command,
    decision,
    ignoring,
    keep,
    message,
)

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


def _build_query(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    kind: Any = model(_QUERY)
    return kind.model_validate(  # type: ignore[no-any-return]
        {
            "header": header(facts, identification, now, DocumentType.QUERY),
            "process": context(facts),
            "payload": facts["payload"],
        }
    )


def _build_search(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    kind: Any = model(_SEARCH)
    return kind.model_validate(  # type: ignore[no-any-return]
        {
            "header": header(facts, identification, now, DocumentType.MASTER_DATA_REQUEST),
            "process": context(facts),
            "payload": facts["payload"],
        }
    )


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    if arrived.name() == "Acknowledgement":
        return {**found, "reasons": reasons_of(arrived)}
    found["answers"] = [*found.get("answers", []), arrived.header.identification]
    if arrived.name() == "NotifyValidatedDataForBillingEnergy":
        spans = [
            [series.period.start.isoformat(), series.period.end.isoformat()]
            for series in arrived.payloads
            if series.period.start is not None and series.period.end is not None
        ]
        found["covered"] = _merged([*found.get("covered", []), *spans])
    return found


def _merged(spans: list[list[str]]) -> list[list[str]]:
    """Spans of time, joined where they touch; as text with offsets, compared as moments."""
    order = sorted(spans, key=lambda span: datetime.fromisoformat(span[0]))
    found: list[list[str]] = []
    for start, end in order:
        if found and datetime.fromisoformat(start) <= datetime.fromisoformat(found[-1][1]):
            found[-1][1] = max(found[-1][1], end, key=datetime.fromisoformat)
        else:
            found.append([start, end])
    return found


def _whole(facts: Facts, trigger: Trigger, _now: datetime) -> str:
    """An answer with values is whole when the periods that have come cover the one that was asked for."""
    if trigger.on.name != "NotifyValidatedDataForBillingEnergy":
        return "whole"
    asked = facts["payload"].get("period")
    if not asked or facts["payload"]["query_type"] in {"MVRV", "STLM"}:
        return "whole"  # volumes, readings and settlement data have the periods that they have
    start, end = datetime.fromisoformat(asked["start"]), datetime.fromisoformat(asked["end"])
    for first, last in facts.get("covered", []):
        if datetime.fromisoformat(first) <= start and datetime.fromisoformat(last) >= end:
            return "whole"
    return "a part"


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
    absorb=_absorb_answer,
)  # fmt: skip


def _absorb_query(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {
            **to_answer(arrived),
            "metering_point": arrived.payload.metering_point and str(arrived.payload.metering_point),
            "payload": arrived.payload.model_dump(mode="json", exclude_none=True),
        }
    return found


def _build_part(instance: Instance, identification: str, now: datetime) -> Message:
    """One message of the answer; the item is its name and its payloads, as the register gives them."""
    facts = instance.facts
    item = facts["item"]
    kind: Any = model(item["message"])
    document = DocumentType.UPFRONT_MASTER_DATA if item["message"] == _FOUND else DocumentType.QUERY
    head = header(facts, identification, now, document, recipient=facts["answer_to"])
    body = {key: item[key] for key in ("payload", "payloads") if key in item}
    return kind.model_validate({"header": head, "process": context(facts, role=facts["answer_role"]), **body})  # type: ignore[no-any-return]


HUB: Final = Machine(
    name="query",
    role="hub",
    title="Elhub, when a market party asks",
    codes=("DDZ",),
    family="query",
    states={
        BEGIN: "nothing has come",
        "looking": "the query is taken; the answer is being put together",
        "answered": "the answer is sent",
        "refused": "the hub has refused the query",
    },
    rows=(
        Row((BEGIN,), message(_QUERY), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source=_SOURCE),
        Row((BEGIN,), message(_QUERY), "looking", (Inform("QueryTaken"),), VERDICT("accepted"), source=_SOURCE),
        Row(("looking",), decision("answer"), "answered", (Send("answer", "asker", each="parts"),), source=_SOURCE),
        Row((BEGIN,), message(_SEARCH), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source="BRS-NO-611: in the same call"),
        Row((BEGIN,), message(_SEARCH), "answered", (Send("answer", "asker", each="parts"),), VERDICT("accepted"), source="BRS-NO-611: in the same call"),
        *ignoring(("looking", "answered", "refused"), (_QUERY, _SEARCH), "another query is another process"),
    ),
    closed=("answered", "refused"),
    receives=(_QUERY, _SEARCH),
    build={_REJECTED: acknowledgement(StatusType.REJECTED), "answer": _build_part},
    absorb=_absorb_query,
    passing=("parts",),
)  # fmt: skip
