"""Annual volume: BRS-NO-317 for the grid access provider, the supplier and the hub, before and after EI-270.

One message holds up to 9,999 metering points. The document type of the hub's notice could not be found; E58, that of the
request, is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, TypeVar

from ediel.codes import DocumentType, StatusType
from ediel.messages import (
    Acknowledgement,
    AnnualVolumeDetail,
    NotifyMeteringPointCharacteristics,
    NotifyMeteringPointCharacteristicsEvent,
    RequestUpdateMasterDataMeteringPoint,
    RequestUpdateMasterDataMeteringPointEvent,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import (
    AnsweringState,
    acknowledge,
    acknowledgement,
    asks,
    context,
    header,
    moment,
    process_of,
    reasons_of,
    to_answer,
)
from ediel.processes._changes import PublishAnnualVolumes, SetAnnualVolume
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

_REQUEST: Final = "RequestUpdateMasterDataMeteringPoint"
_NOTICE: Final = "NotifyMeteringPointCharacteristics"
_SOURCE: Final = "BRS-NO-317"


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """The expected annual volume of a metering point.

    Attributes:
        metering_point: the metering point.
        day: first day on which it is true.
        annual_volume: the volume, kWh a year, and how it was found.
        identification: of the payload that it is sent in.
    """

    metering_point: str
    day: date
    annual_volume: AnnualVolumeDetail
    identification: str | None = None


@dataclass(frozen=True, slots=True)
class VolumeNotice:
    """New volumes for one recipient, in one message.

    Attributes:
        recipient, role: GLN and role of whom it is for.
        volumes: the volumes.
    """

    recipient: str
    role: str
    volumes: tuple[Volume, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A payload that the hub refuses by itself.

    Attributes:
        payload: its identification.
        reasons: codes of what is wrong with it.
    """

    payload: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class SentPayloads(ProcessState):
    """Payloads that were sent, and what the hub makes of each.

    Attributes:
        payload: identification of the payload that the last answer is about; ``None`` when it is about the message.
        failed: codes of refusals, by the identification of the payload.
    """

    payload: str | None = None
    failed: Mapping[str, tuple[str, ...]] | None = None

    def announced(self, names: tuple[str, ...]) -> dict[str, object]:
        """Of the refusals, the one of the step: ten thousand events do not hold ten thousand refusals each."""
        found = super().announced(tuple(name for name in names if name != "failed"))
        if self.payload is not None and self.failed is not None:
            found["failed"] = {self.payload: list(self.failed[self.payload])}
        return found


SentT = TypeVar("SentT", bound=SentPayloads)


@dataclass(frozen=True, kw_only=True, repr=False)
class SentVolumes(SentPayloads):
    """Annual volumes that a grid access provider has sent.

    Attributes:
        volumes: the volumes.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "volumes")

    volumes: Kept[tuple[Volume, ...]] | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class NotifiedVolumes(ProcessState):
    """Annual volumes that the hub has sent.

    Attributes:
        points: how many metering points they are of.
    """

    needs: ClassVar[tuple[str, ...]] = ("process",)

    points: int | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class BatchState(AnsweringState):
    """Payloads that the hub takes or refuses each by itself.

    Attributes:
        failed: identifications of those that it refuses.
        failures: the refusals to send; for one step.
    """

    passing: ClassVar[tuple[str, ...]] = ("failures", "notices")

    failed: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class HubVolumes(BatchState):
    """Annual volumes at the hub.

    Attributes:
        volumes: those that are in force.
        notices: what is sent to whom; for one step.
    """

    volumes: Kept[tuple[Volume, ...]] | None = None
    notices: tuple[VolumeNotice, ...] = ()


def _build_request(draft: Draft[SentVolumes]) -> RequestUpdateMasterDataMeteringPoint:
    return RequestUpdateMasterDataMeteringPoint(
        header=header(draft, DocumentType.MASTER_DATA_UPDATE, ask=True),
        process=context(draft),
        payloads=tuple(
            RequestUpdateMasterDataMeteringPointEvent(
                start_of_occurrence=moment(item.day),
                identification=item.identification,
                metering_point=item.metering_point,
                annual_volume=item.annual_volume,
            )
            for item in known(draft.facts.volumes, "volumes").value
        ),
    )


def absorb_answers(facts: SentT, trigger: Trigger, now: datetime) -> SentT:
    """Takes answers to the message, and to single payloads of it."""
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, Acknowledgement):
        return found
    payload = arrived.payload.original_payload_reference
    if payload is None:
        return replace(found, payload=None, reasons=reasons_of(arrived))
    return replace(found, payload=payload, failed={**(found.failed or {}), payload: reasons_of(arrived)})


def _about(facts: SentPayloads, _trigger: Trigger, _now: datetime) -> str:
    """What an answer is about."""
    return "the message" if facts.payload is None else "one payload"


ABOUT: Final = Condition("what the answer is about", ("the message", "one payload"), _about)

_REJECTED: Final = "Acknowledgement:request rejected"
_ACCEPTED: Final = "Acknowledgement:request accepted"

GRID: Final = Machine(
    name="annual_volume",
    role="grid access provider",
    title="a grid access provider that sends expected annual volumes",
    codes=("DDM",),
    family="annual_volume",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the volumes are sent and not answered",
        "partly rejected": "the hub has refused some of them",
        "accepted": "the hub has accepted them",
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
    facts=SentVolumes,
    absorb=absorb_answers,
    upcasts={1: upcasts.plain},
    public=("process", "reasons", "failed"),
)  # fmt: skip


def _absorb_notice(facts: NotifiedVolumes, trigger: Trigger, now: datetime) -> NotifiedVolumes:
    found, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, NotifyMeteringPointCharacteristics):
        return found
    return replace(found, process=process_of(arrived), points=len(arrived.payloads))


def _notified(_facts: NotifiedVolumes) -> Iterator[PublishAnnualVolumes]:
    yield PublishAnnualVolumes()


RECEIVER: Final = Machine(
    name="annual_volume",
    role="receiver",
    title="a supplier, or since EI-270 a grid access provider, that gets new annual volumes",
    codes=("DDQ", "DDM"),
    family="annual_volume",
    states={BEGIN: "nothing has come", "informed": "the hub has sent new annual volumes"},
    rows=(
        Row((BEGIN,), message(_NOTICE), "informed", (Write("annual volumes", _notified), Inform("AnnualVolumesChanged")), source=f"{_SOURCE}; EI-270"),
        *ignoring(("informed",), (_NOTICE,), "another notice is another process"),
    ),
    closed=("informed",),
    receives=(_NOTICE,),
    facts=NotifiedVolumes,
    absorb=_absorb_notice,
    upcasts={1: upcasts.plain},
    public=("process", "points"),
)  # fmt: skip


def _absorb_request(facts: HubVolumes, trigger: Trigger, now: datetime) -> HubVolumes:
    found, arrived = keep(facts, trigger, now), trigger.message
    return found if arrived is None else replace(to_answer(found, arrived), asked=asks(arrived))


def _batch(facts: BatchState, _trigger: Trigger, _now: datetime) -> str:
    if facts.verdict != "accepted":
        return "refused"
    return "partly" if facts.failures else "accepted"


BATCH: Final = Condition("what the hub finds of the payloads", ("accepted", "partly", "refused"), _batch)


def build_failure(draft: Draft[BatchState]) -> Acknowledgement:
    """The refusal of one payload."""
    item = draft.item_as(Failure)
    return acknowledge(draft, StatusType.REJECTED, item.reasons, item.payload)


def _build_notice(draft: Draft[HubVolumes]) -> NotifyMeteringPointCharacteristics:
    """The new volumes for one recipient."""
    item = draft.item_as(VolumeNotice)
    return NotifyMeteringPointCharacteristics(
        header=header(draft, DocumentType.MASTER_DATA_UPDATE, recipient=item.recipient),
        process=context(draft, role=item.role),
        payloads=tuple(
            NotifyMeteringPointCharacteristicsEvent(
                start_of_occurrence=moment(volume.day),
                metering_point=volume.metering_point,
                annual_volume=volume.annual_volume,
            )
            for volume in item.volumes
        ),
    )


def _in_force(facts: HubVolumes) -> Iterator[SetAnnualVolume]:
    for item in () if facts.volumes is None else facts.volumes.value:
        detail = item.annual_volume
        yield SetAnnualVolume(item.metering_point, item.day, detail.total, detail.calculation_method.value)


_NOTICES: Final = (Write("annual volumes", _in_force), Send(_NOTICE, "receiver", each="notices"))

HUB: Final = Machine(
    name="annual_volume",
    role="hub",
    title="Elhub, when annual volumes are sent, or computed",
    codes=("DDZ",),
    family="annual_volume",
    states={BEGIN: "nothing has come", "accepted": "the volumes are in use, and sent on", "refused": "the hub has refused the message"},
    rows=(
        Row((BEGIN,), message(_REQUEST), "refused", (Send(_REJECTED, "grid access provider"),), BATCH("refused"), source=_SOURCE),
        Row((BEGIN,), message(_REQUEST), "accepted", (Send(_ACCEPTED, "grid access provider", "asked"), *_NOTICES), BATCH("accepted"), source=_SOURCE),
        Row(
            (BEGIN,), message(_REQUEST), "accepted", (Send(f"{_REJECTED} payload", "grid access provider", each="failures"), *_NOTICES), BATCH("partly"),
            source="BIM acknowledgement", standing="inferred",
        ),
        Row((BEGIN,), decision("compute"), "accepted", _NOTICES, source="EI-270: sent to supplier and grid access provider"),
        *ignoring(("accepted", "refused"), (_REQUEST,), "another message is another process"),
    ),
    closed=("accepted", "refused"),
    receives=(_REQUEST,),
    build={
        _ACCEPTED: acknowledgement(StatusType.ACCEPTED),
        _REJECTED: acknowledgement(StatusType.REJECTED),
        f"{_REJECTED} payload": build_failure,
        _NOTICE: _build_notice,
    },
    facts=HubVolumes,
    absorb=_absorb_request,
    upcasts={1: upcasts.plain},
    public=("process", "reasons"),
)  # fmt: skip
