"""Annual volume: BRS-NO-317 as the grid access provider, the supplier and the hub live it, before and after EI-270.

One message holds up to 9,999 metering points. The document type of the hub's notice could not be found; E58, that of the
request, is assumed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel.codes import DocumentType, StatusType
from ediel.messages import (
    AnnualVolumeDetail,
    Message,
    NotifyMeteringPointCharacteristics,
    NotifyMeteringPointCharacteristicsEvent,
    RequestUpdateMasterDataMeteringPoint,
    RequestUpdateMasterDataMeteringPointEvent,
)
from ediel.processes._build import acknowledgement, context, header, moment, reasons_of, to_answer
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

_REQUEST: Final = "RequestUpdateMasterDataMeteringPoint"
_NOTICE: Final = "NotifyMeteringPointCharacteristics"
_SOURCE: Final = "BRS-NO-317"


def _build_request(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    return RequestUpdateMasterDataMeteringPoint(
        header=header(facts, identification, now, DocumentType.MASTER_DATA_UPDATE, ask=True),
        process=context(facts),
        payloads=tuple(
            RequestUpdateMasterDataMeteringPointEvent(
                start_of_occurrence=moment(item["day"]),
                identification=item["identification"],
                metering_point=item["metering_point"],
                annual_volume=AnnualVolumeDetail.model_validate(item["annual_volume"]),
            )
            for item in facts["volumes"]
        ),
    )


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None or arrived.name() != "Acknowledgement":
        return found
    payload = arrived.payload.original_payload_reference
    found["about_payload"] = payload is not None
    if payload is not None:
        found["failed"] = {**found.get("failed", {}), payload: reasons_of(arrived)}
    else:
        found["reasons"] = reasons_of(arrived)
    return found


def about(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    """What an answer is about."""
    return "one payload" if facts.get("about_payload") else "the message"


ABOUT: Final = Condition("what the answer is about", ("the message", "one payload"), about)

_REJECTED: Final = "Acknowledgement:request rejected"
_ACCEPTED: Final = "Acknowledgement:request accepted"

GRID: Final = Machine(
    name="annual volume",
    role="grid access provider",
    title="a grid access provider that sends expected annual volumes",
    codes=("DDM",),
    family="annual_volume",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the volumes are sent and not answered",
        "partly rejected": "the hub has refused some of them",
        "accepted": "the hub has taken them",
        "rejected": "the hub has refused the message",
    },
    rows=(
        Row((BEGIN,), command("send"), "sent", (Send(_REQUEST, "hub"), Inform("AnnualVolumesSent")), source=_SOURCE),
        Row(("sent",), message(_ACCEPTED), "accepted", (Inform("AnnualVolumesAccepted"),), source=_SOURCE),
        Row(("sent",), message(_REJECTED), "rejected", (Inform("AnnualVolumesRejected"),), ABOUT("the message"), source=_SOURCE),
        Row(
            ("sent", "partly rejected", "accepted"), message(_REJECTED), "partly rejected", (Inform("AnnualVolumeRejected"),), ABOUT("one payload"),
            source="BIM acknowledgement: OriginalPayloadReference", standing="inferred",
        ),
        Row(("partly rejected", "accepted"), message(_REJECTED), "rejected", (Inform("AnnualVolumesRejected"),), ABOUT("the message"), source=_SOURCE, standing="inferred"),
        *ignoring(("partly rejected", "accepted", "rejected"), (_ACCEPTED,), "the rest is accepted"),
        *ignoring(("rejected",), (_REJECTED,), "it is refused already"),
    ),
    closed=("rejected",),
    resting=("accepted", "partly rejected"),
    receives=(_ACCEPTED, _REJECTED),
    build={_REQUEST: _build_request},
    absorb=_absorb_answer,
    public=("process", "reasons", "failed"),
)  # fmt: skip


def _absorb_notice(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {"process": arrived.process.business_process.value, "points": len(arrived.payloads)}
    return found


RECEIVER: Final = Machine(
    name="annual volume",
    role="receiver",
    title="a supplier, or since EI-270 a grid access provider, that is told new annual volumes",
    codes=("DDQ", "DDM"),
    family="annual_volume",
    states={BEGIN: "nothing has come", "informed": "the hub has told new annual volumes"},
    rows=(
        Row((BEGIN,), message(_NOTICE), "informed", (Write("annual volumes"), Inform("AnnualVolumesChanged")), source=f"{_SOURCE}; EI-270"),
        *ignoring(("informed",), (_NOTICE,), "another notice is another process"),
    ),
    closed=("informed",),
    receives=(_NOTICE,),
    absorb=_absorb_notice,
    public=("process", "points"),
)  # fmt: skip


def _absorb_request(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {
            "asked": bool(arrived.header.request_positive_acknowledgement),
            **to_answer(arrived),
        }
    return found


def _batch(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    if facts.get("verdict") != "accepted":
        return "refused"
    return "partly" if facts.get("failures") else "accepted"


BATCH: Final = Condition("what the hub finds of the payloads", ("accepted", "partly", "refused"), _batch)


def build_failure(instance: Instance, identification: str, now: datetime) -> Message:
    """The refusal of one payload; the item names it and says why."""
    item = instance.facts["item"]
    whole: Any = acknowledgement(StatusType.REJECTED)(
        Instance(instance.id, instance.machine, instance.party, facts={**instance.facts, "reasons": item["reasons"]}),
        identification,
        now,
    )
    payload = whole.payload.model_copy(update={"original_payload_reference": item["payload"]})
    return whole.model_copy(update={"payload": payload})  # type: ignore[no-any-return]


def _build_notice(instance: Instance, identification: str, now: datetime) -> Message:
    """The new volumes for one recipient: the item names it, its role, and the metering points."""
    item = instance.facts["item"]
    return NotifyMeteringPointCharacteristics(
        header=header(
            instance.facts, identification, now, DocumentType.MASTER_DATA_UPDATE, recipient=item["recipient"]
        ),
        process=context(instance.facts, role=item["role"]),
        payloads=tuple(
            NotifyMeteringPointCharacteristicsEvent(
                start_of_occurrence=moment(volume["day"]),
                metering_point=volume["metering_point"],
                annual_volume=AnnualVolumeDetail.model_validate(volume["annual_volume"]),
            )
            for volume in item["volumes"]
        ),
    )


_NOTICES: Final = (Write("annual volumes"), Send(_NOTICE, "receiver", each="notices"))

HUB: Final = Machine(
    name="annual volume",
    role="hub",
    title="Elhub, when annual volumes are sent, or computed",
    codes=("DDZ",),
    family="annual_volume",
    states={BEGIN: "nothing has come", "taken": "the volumes are in use, and told", "refused": "the hub has refused the message"},
    rows=(
        Row((BEGIN,), message(_REQUEST), "refused", (Send(_REJECTED, "grid access provider"),), BATCH("refused"), source=_SOURCE),
        Row((BEGIN,), message(_REQUEST), "taken", (Send(_ACCEPTED, "grid access provider", "asked"), *_NOTICES), BATCH("accepted"), source=_SOURCE),
        Row(
            (BEGIN,), message(_REQUEST), "taken", (Send(f"{_REJECTED} payload", "grid access provider", each="failures"), *_NOTICES), BATCH("partly"),
            source="BIM acknowledgement", standing="inferred",
        ),
        Row((BEGIN,), decision("compute"), "taken", _NOTICES, source="EI-270: told to supplier and grid access provider"),
        *ignoring(("taken", "refused"), (_REQUEST,), "another message is another process"),
    ),
    closed=("taken", "refused"),
    receives=(_REQUEST,),
    build={
        _ACCEPTED: acknowledgement(StatusType.ACCEPTED),
        _REJECTED: acknowledgement(StatusType.REJECTED),
        f"{_REJECTED} payload": build_failure,
        _NOTICE: _build_notice,
    },
    absorb=_absorb_request,
    passing=("notices", "failures"),
    public=("process", "reasons"),
)  # fmt: skip
