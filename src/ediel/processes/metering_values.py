"""Metering values: BRS-NO-312, 313, 332 and 314 from the collector through the hub to those who have access.

A collector hears nothing when all is well: 313 and 332 may not ask for a positive answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel import brs
from ediel.codes import DocumentType, ReminderType, Role, StatusType
from ediel.messages import Message, RequestCollectedData, RequestCollectedDataEvent, model
from ediel.processes._build import acknowledgement, context, header, reasons_of, to_answer
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
    Write,
    command,
    decision,
    ignoring,
    keep,
    message,
)
from ediel.processes.annual_volume import ABOUT, BATCH, build_failure

_VALUES: Final = "CollectedData"
_NOTICE: Final = "NotifyValidatedDataForBillingEnergy"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BRS-NO-313; BRS-NO-312"


def _build_values(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    kind: Any = model(_VALUES)
    use = brs.of(facts["process"]).use(_VALUES)
    assert use is not None
    assert use.documents is not None
    (document,) = use.documents
    return kind.model_validate(  # type: ignore[no-any-return]
        {
            "header": header(facts, identification, now, document),
            "process": context(facts),
            "payloads": facts["series"],
        }
    )


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    payload = arrived.payload.original_payload_reference
    found["about_payload"] = payload is not None
    if payload is not None:
        found["failed"] = {**found.get("failed", {}), payload: reasons_of(arrived)}
    else:
        found["reasons"] = reasons_of(arrived)
    return found


COLLECTOR: Final = Machine(
    name="values",
    role="collector",
    title="a metered data collector that sends values, corrects or withdraws them",
    codes=("DDE",),
    family="metering_values",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the values are sent; silence means that they are taken",
        "accepted": "the hub has said that it has taken them",
        "partly rejected": "the hub has refused some series",
        "rejected": "the hub has refused the message",
    },
    rows=(
        Row((BEGIN,), command("send"), "sent", (Send(_VALUES, "hub"), Inform("ValuesSent")), source=_SOURCE),
        Row(("sent",), message(_ACCEPTED), "accepted", (Inform("ValuesAccepted"),), source="BRS-NO-313, Elhubstandard 2.x"),
        Row(("sent", "accepted", "partly rejected"), message(_REJECTED), "rejected", (Inform("ValuesRejected"),), ABOUT("the message"), source=_SOURCE),
        Row(
            ("sent", "accepted", "partly rejected"), message(_REJECTED), "partly rejected", (Inform("SeriesRejected"),),
            ABOUT("one payload"), source="BIM acknowledgement: OriginalPayloadReference",
        ),
        *ignoring(("accepted", "partly rejected", "rejected"), (_ACCEPTED,), "it is answered already"),
        *ignoring(("rejected",), (_REJECTED,), "it is refused already"),
    ),
    closed=("rejected",),
    resting=("sent", "accepted", "partly rejected"),
    receives=(_ACCEPTED, _REJECTED),
    build={_VALUES: _build_values},
    absorb=_absorb_answer,
    public=("process", "reasons", "failed"),
)  # fmt: skip


def _absorb_values(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {
            "process": arrived.process.business_process.value,
            "series": len(arrived.payloads),
            "cancels": arrived.header.document_type is DocumentType.CANCELLED_DATA,
        }
    return found


def _kind(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    return "withdrawn" if facts.get("cancels") else "values"


_KIND: Final = Condition("what the notice brings", ("values", "withdrawn"), _kind)

RECEIVER: Final = Machine(
    name="values",
    role="receiver",
    title="a market party that gets metering values",
    codes=("DDQ", "DDM", "MDR", "DDK", "AG", "SLR", "BSL"),
    family="metering_values",
    states={
        BEGIN: "nothing has come",
        "received": "values have come",
        "withdrawn": "the hub tells that earlier values do not hold",
    },
    rows=(
        Row((BEGIN,), message(_NOTICE), "received", (Inform("ValuesReceived"),), _KIND("values"), source="BIM 7"),
        Row((BEGIN,), message(_NOTICE), "withdrawn", (Inform("ValuesWithdrawn"),), _KIND("withdrawn"), source="BIM 7: E67"),
        Row((BEGIN,), message(_VALUES), "received", (Inform("ValuesReceived"),), source="BIM 19: a reading passed on"),
        *ignoring(("received", "withdrawn"), (_NOTICE, _VALUES), "other values are another process"),
    ),
    closed=("received", "withdrawn"),
    receives=(_NOTICE, _VALUES),
    absorb=_absorb_values,
    public=("process", "series"),
)  # fmt: skip


def _absorb_reminder(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {
            "process": arrived.process.business_process.value,
            "kind": arrived.payload.reminder_type.value,
            "missing": [
                [str(item.metering_point), item.period.start.isoformat(), item.period.end.isoformat()]
                for item in arrived.payload.reminders
            ],
        }
    return found


REMINDED: Final = Machine(
    name="values",
    role="metered data responsible",
    title="a metered data responsible that is reminded of missing values",
    codes=("MDR",),
    family="metering_values",
    states={BEGIN: "nothing has come", "reminded": "values are missing", "settled": "the party has seen to it"},
    rows=(
        Row((BEGIN,), message("RequestCollectedData"), "reminded", (Inform("ValuesMissing"),), source="15min reminders; examples"),
        Row(("reminded",), command("settle"), "settled", source="a reminder is not answered", standing="inferred"),
        *ignoring(("reminded", "settled"), ("RequestCollectedData",), "another reminder is another process"),
    ),
    closed=("settled",),
    receives=("RequestCollectedData",),
    absorb=_absorb_reminder,
    public=("process", "kind"),
)  # fmt: skip


def _absorb_collected(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= to_answer(arrived)
    return found


def _build_notice(instance: Instance, identification: str, now: datetime) -> Message:
    """Values for one recipient: the item names it, its role, the document type and the series."""
    item = instance.facts["item"]
    kind: Any = model(_NOTICE)
    head = header(instance.facts, identification, now, DocumentType(item["document"]), recipient=item["recipient"])
    return kind.model_validate(  # type: ignore[no-any-return]
        {"header": head, "process": context(instance.facts, role=item["role"]), "payloads": item["series"]}
    )


def _build_reminder(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    return RequestCollectedData(
        header=header(facts, identification, now, DocumentType.REMINDER, recipient=facts["responsible"]),
        process=context(facts, process=brs.REMINDER.code.value, role=Role.MDR.value),
        payload=RequestCollectedDataEvent.model_validate(
            {"reminder_type": ReminderType(facts["kind"]), "reminders": facts["reminders"]}
        ),
    )


_DISTRIBUTED: Final = (Write("values"), Send(_NOTICE, "receiver", each="notices"))

HUB: Final = Machine(
    name="values",
    role="hub",
    title="Elhub, when metering values are sent in",
    codes=("DDZ",),
    senders=("DDE",),
    family="metering_values",
    states={
        BEGIN: "nothing has come",
        "distributed": "the values are stored and sent to all who have access",
        "refused": "the hub has refused the message",
        "reminded": "the metered data responsible is reminded",
    },
    rows=(
        Row((BEGIN,), message(_VALUES), "refused", (Send(_REJECTED, "collector"),), BATCH("refused"), source=_SOURCE),
        Row((BEGIN,), message(_VALUES), "distributed", _DISTRIBUTED, BATCH("accepted"), source=_SOURCE),
        Row(
            (BEGIN,), message(_VALUES), "distributed", (Send(f"{_REJECTED} payload", "collector", each="failures"), *_DISTRIBUTED),
            BATCH("partly"), source="BIM acknowledgement: OriginalPayloadReference", standing="inferred",
        ),
        Row((BEGIN,), decision("remind"), "reminded", (Send("RequestCollectedData", "metered data responsible"),), source="15min reminders"),
        *ignoring(("distributed", "refused", "reminded"), (_VALUES,), "other values are another process"),
    ),
    closed=("distributed", "refused", "reminded"),
    receives=(_VALUES,),
    build={
        _REJECTED: acknowledgement(StatusType.REJECTED),
        f"{_REJECTED} payload": build_failure,
        _NOTICE: _build_notice,
        "RequestCollectedData": _build_reminder,
    },
    absorb=_absorb_collected,
    passing=("notices", "failures"),
    public=("process", "reasons"),
)  # fmt: skip
