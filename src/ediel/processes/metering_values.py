"""Metering values: BRS-NO-312, 313, 332 and 314 from the collector through the hub to those who have access.

A collector gets no answer when nothing is wrong: 313 and 332 may not request a positive one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from ediel import brs
from ediel.codes import DocumentType, ReminderType, Role, StatusType
from ediel.messages import (
    CollectedData,
    CollectedSeries,
    NotifyValidatedDataForBillingEnergy,
    Reminder,
    RequestCollectedData,
    RequestCollectedDataEvent,
    ValidatedSeries,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import acknowledgement, context, header, process_of, to_answer
from ediel.processes._changes import KeepValues
from ediel.processes._machine import Draft, Machine, keep
from ediel.processes._rows import (
    BEGIN,
    Condition,
    Inform,
    Row,
    Send,
    Trigger,
    Write,
    command,
    decision,
    ignoring,
    message,
)
from ediel.processes._state import Kept, ProcessState, known
from ediel.processes.annual_volume import ABOUT, BATCH, BatchState, SentPayloads, absorb_answers, build_failure

_VALUES: Final = "CollectedData"
_NOTICE: Final = "NotifyValidatedDataForBillingEnergy"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BRS-NO-313; BRS-NO-312"


@dataclass(frozen=True, kw_only=True, repr=False)
class SentValues(SentPayloads):
    """Metering values that a collector has sent.

    Attributes:
        series: the series.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "series")

    series: Kept[tuple[CollectedSeries, ...]] | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class ReceivedValues(ProcessState):
    """Metering values that have come.

    Attributes:
        series: how many series they are.
        cancels: whether they say that earlier values do not hold.
    """

    needs: ClassVar[tuple[str, ...]] = ("process",)

    series: int | None = None
    cancels: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class RemindedValues(ProcessState):
    """Values that the hub has reminded of.

    Attributes:
        kind: code of the reminder.
        missing: what is missing.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "kind")

    kind: str | None = None
    missing: Kept[tuple[Reminder, ...]] | None = None


@dataclass(frozen=True, slots=True)
class ValuesNotice:
    """Values for one recipient, in one message.

    Attributes:
        recipient, role: GLN and role of whom it is for.
        document: document type.
        series: the series.
    """

    recipient: str
    role: str
    document: DocumentType
    series: tuple[ValidatedSeries, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class HubValues(BatchState):
    """Metering values at the hub, or a reminder of missing ones.

    Attributes:
        notices: who gets what; for one step.
        responsible: GLN of the metered data responsible to remind.
        kind: code of the reminder.
        reminders: what is missing.
    """

    notices: tuple[ValuesNotice, ...] = ()
    responsible: str | None = None
    kind: str | None = None
    reminders: Kept[tuple[Reminder, ...]] | None = None


def _build_values(draft: Draft[SentValues]) -> CollectedData:
    facts = draft.facts
    use = brs.of(known(facts.process, "process")).use(_VALUES)
    assert use is not None
    assert use.documents is not None
    (document,) = use.documents
    return CollectedData(
        header=header(draft, document), process=context(draft), payloads=known(facts.series, "series").value
    )


COLLECTOR: Final = Machine(
    name="metering_values",
    role="collector",
    title="a metered data collector that sends values, corrects or withdraws them",
    codes=("DDE",),
    family="metering_values",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the values are sent; silence means that they are accepted",
        "accepted": "the hub has acknowledged them",
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
    facts=SentValues,
    absorb=absorb_answers,
    upcasts={1: upcasts.plain},
    public=("process", "reasons", "failed"),
)  # fmt: skip


def _absorb_values(facts: ReceivedValues, trigger: Trigger, now: datetime) -> ReceivedValues:
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, CollectedData | NotifyValidatedDataForBillingEnergy):
        return found
    cancels = arrived.header.document_type is DocumentType.CANCELLED_DATA
    return replace(found, process=process_of(arrived), series=len(arrived.payloads), cancels=cancels)


def _kind(facts: ReceivedValues, _trigger: Trigger, _now: datetime) -> str:
    return "withdrawn" if facts.cancels else "values"


_KIND: Final = Condition("what the notice brings", ("values", "withdrawn"), _kind)

RECEIVER: Final = Machine(
    name="metering_values",
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
    facts=ReceivedValues,
    absorb=_absorb_values,
    upcasts={1: upcasts.plain},
    public=("process", "series"),
)  # fmt: skip


def _absorb_reminder(facts: RemindedValues, trigger: Trigger, now: datetime) -> RemindedValues:
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, RequestCollectedData):
        return found
    return replace(
        found,
        process=process_of(arrived),
        kind=arrived.payload.reminder_type.value,
        missing=Kept.of(arrived.payload.reminders),
    )


REMINDED: Final = Machine(
    name="metering_values",
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
    facts=RemindedValues,
    absorb=_absorb_reminder,
    upcasts={1: upcasts.reminded},
    public=("process", "kind"),
)  # fmt: skip


def _absorb_collected(facts: HubValues, trigger: Trigger, now: datetime) -> HubValues:
    found, arrived = keep(facts, trigger, now), trigger.message
    return found if arrived is None else to_answer(found, arrived)


def _build_notice(draft: Draft[HubValues]) -> NotifyValidatedDataForBillingEnergy:
    """Values for one recipient."""
    item = draft.item_as(ValuesNotice)
    return NotifyValidatedDataForBillingEnergy(
        header=header(draft, item.document, recipient=item.recipient),
        process=context(draft, role=item.role),
        payloads=item.series,
    )


def _build_reminder(draft: Draft[HubValues]) -> RequestCollectedData:
    facts = draft.facts
    return RequestCollectedData(
        header=header(draft, DocumentType.REMINDER, recipient=known(facts.responsible, "responsible")),
        process=context(draft, process=brs.REMINDER.code.value, role=Role.MDR.value),
        payload=RequestCollectedDataEvent(
            reminder_type=ReminderType(known(facts.kind, "kind")),
            reminders=known(facts.reminders, "reminders").value,
        ),
    )


def _kept(facts: HubValues) -> Iterator[KeepValues]:
    yield KeepValues(frozenset(facts.failed))


_DISTRIBUTED: Final = (Write("values", _kept), Send(_NOTICE, "receiver", each="notices"))

HUB: Final = Machine(
    name="metering_values",
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
    facts=HubValues,
    absorb=_absorb_collected,
    upcasts={1: upcasts.plain},
    public=("process", "reasons"),
)  # fmt: skip
