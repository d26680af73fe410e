"""Master data that changes: BRS-NO-121, 302 and 402 from the grid access provider, 301 from the supplier, 305 from Elhub.

What the hub sends to others about a change, and with which document type, could not be found for metering points: E58, that of
the request, is assumed. For customers it is E10 (examples).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from ediel.codes import DocumentType, StatusType
from ediel.messages import (
    Acknowledgement,
    Message,
    NotifyCustomerInformation,
    NotifyCustomerInformationEvent,
    NotifyMeteringPointCharacteristics,
    NotifyMeteringPointCharacteristicsEvent,
    RequestUpdateCustomerInformation,
    RequestUpdateCustomerInformationEvent,
    RequestUpdateMasterDataMeteringPoint,
    RequestUpdateMasterDataMeteringPointEvent,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import (
    AnsweringState,
    acknowledgement,
    asks,
    context,
    header,
    process_of,
    reasons_of,
    to_answer,
)
from ediel.processes._changes import ChangeMasterData
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import Draft, Machine, keep
from ediel.processes._rows import BEGIN, Inform, Row, Send, Trigger, Write, command, ignoring, message
from ediel.processes._state import Kept, ProcessState, known

_POINT: Final = "RequestUpdateMasterDataMeteringPoint"
_CUSTOMER: Final = "RequestUpdateCustomerInformation"
_POINT_NOTICE: Final = "NotifyMeteringPointCharacteristics"
_CUSTOMER_NOTICE: Final = "NotifyCustomerInformation"
_START_NOTICE: Final = "NotifyStartOfSupply"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BIM 15: BRS-NO-121, 302, 402"
_CUSTOMER_SOURCE: Final = "BIM 3: BRS-NO-301"
_POINT_DOCUMENT: Final = DocumentType.MASTER_DATA_UPDATE
_CUSTOMER_DOCUMENT: Final = DocumentType.MASTER_DATA_REQUEST

PointChange = RequestUpdateMasterDataMeteringPointEvent
CustomerChange = RequestUpdateCustomerInformationEvent


@dataclass(frozen=True, kw_only=True, repr=False)
class SentChange(ProcessState):
    """A change of master data that was sent.

    Attributes:
        ask: whether a positive answer is asked for.
        payload: the change.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "payload")

    ask: bool = False
    payload: Kept[PointChange | CustomerChange] | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class NotifiedChange(ProcessState):
    """A change of master data that the hub has sent; the message holds its content."""

    needs: ClassVar[tuple[str, ...]] = ("process",)


@dataclass(frozen=True, slots=True)
class ChangeNotice:
    """A change for one recipient.

    Attributes:
        recipient, role: GLN and role of whom it is for.
        notice: the content of the notice.
    """

    recipient: str
    role: str
    notice: NotifyMeteringPointCharacteristicsEvent | NotifyCustomerInformationEvent


@dataclass(frozen=True, kw_only=True, repr=False)
class HubChange(AnsweringState):
    """A change of master data at the hub.

    Attributes:
        notices: which notice each party gets; for one step.
    """

    passing: ClassVar[tuple[str, ...]] = ("notices",)

    notices: tuple[ChangeNotice, ...] = ()


def _build_point(draft: Draft[SentChange]) -> RequestUpdateMasterDataMeteringPoint:
    change = known(draft.facts.payload, "payload").value
    assert isinstance(change, PointChange)
    head = header(draft, _POINT_DOCUMENT, ask=draft.facts.ask or None)
    return RequestUpdateMasterDataMeteringPoint(header=head, process=context(draft), payloads=(change,))


def _build_customer(draft: Draft[SentChange]) -> RequestUpdateCustomerInformation:
    change = known(draft.facts.payload, "payload").value
    assert isinstance(change, CustomerChange)
    head = header(draft, _CUSTOMER_DOCUMENT, ask=draft.facts.ask or None)
    return RequestUpdateCustomerInformation(header=head, process=context(draft), payload=change)


def _absorb_answer(facts: SentChange, trigger: Trigger, now: datetime) -> SentChange:
    found, arrived = keep(facts, trigger, now), trigger.message
    return replace(found, reasons=reasons_of(arrived)) if isinstance(arrived, Acknowledgement) else found


SENDER: Final = Machine(
    name="master_data",
    role="sender",
    title="a grid access provider or a supplier that changes master data",
    codes=("DDM", "DDQ", "SLR"),
    family="master_data",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the change is sent; silence means that it is accepted, where no positive answer was asked for",
        "accepted": "the hub has accepted it",
        "rejected": "the hub refuses",
    },
    rows=(
        Row((BEGIN,), command("change point"), "sent", (Send(_POINT, "hub"),), source=_SOURCE),
        Row((BEGIN,), command("change customer"), "sent", (Send(_CUSTOMER, "hub"),), source=_CUSTOMER_SOURCE),
        Row(("sent",), message(_ACCEPTED), "accepted", (Inform("MasterDataAccepted"),), source="BIM acknowledgement"),
        Row(("sent",), message(_REJECTED), "rejected", (Inform("MasterDataRejected"),), source="BIM acknowledgement"),
        *ignoring(("accepted", "rejected"), (_ACCEPTED, _REJECTED), "it is answered already"),
    ),
    closed=("accepted", "rejected"),
    resting=("sent",),
    receives=(_ACCEPTED, _REJECTED),
    facts=SentChange,
    build={_POINT: _build_point, _CUSTOMER: _build_customer},
    absorb=_absorb_answer,
    upcasts={1: upcasts.plain},
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_notice(facts: NotifiedChange, trigger: Trigger, now: datetime) -> NotifiedChange:
    found, arrived = keep(facts, trigger, now), trigger.message
    return found if arrived is None else replace(found, process=process_of(arrived))


RECEIVER: Final = Machine(
    name="master_data",
    role="receiver",
    title="a market party that gets changed master data",
    codes=("DDQ", "DDM", "SLR", "AG"),
    family="master_data",
    states={BEGIN: "nothing has come", "informed": "the hub has sent what has changed"},
    rows=(
        Row((BEGIN,), message(_POINT_NOTICE), "informed", (Inform("MasterDataChanged"),), source="BIM 6; test DDQ302-01"),
        Row((BEGIN,), message(_CUSTOMER_NOTICE), "informed", (Inform("CustomerChanged"),), source="BIM 6; BIM 18; examples"),
        Row(
            (BEGIN,), message(_START_NOTICE), "informed", (Inform("SupplyNotified"),),
            source="BIM 6; BIM 14: under BRS-NO-305. What it means for a contract could not be read: none is written", standing="inferred",
        ),
        *ignoring(("informed",), (_POINT_NOTICE, _CUSTOMER_NOTICE, _START_NOTICE), "another notice is another process"),
    ),
    closed=("informed",),
    receives=(_POINT_NOTICE, _CUSTOMER_NOTICE, _START_NOTICE),
    facts=NotifiedChange,
    absorb=_absorb_notice,
    upcasts={1: upcasts.plain},
    public=("process",),
)  # fmt: skip


def _absorb_request(facts: HubChange, trigger: Trigger, now: datetime) -> HubChange:
    found, arrived = keep(facts, trigger, now), trigger.message
    return found if arrived is None else replace(to_answer(found, arrived), asked=asks(arrived))


def _build_notice(draft: Draft[HubChange]) -> Message:
    """The change for one recipient."""
    item = draft.item_as(ChangeNotice)
    about = context(draft, role=item.role)
    if isinstance(item.notice, NotifyCustomerInformationEvent):
        head = header(draft, _CUSTOMER_DOCUMENT, recipient=item.recipient)
        return NotifyCustomerInformation(header=head, process=about, payload=item.notice)
    head = header(draft, _POINT_DOCUMENT, recipient=item.recipient)
    return NotifyMeteringPointCharacteristics(header=head, process=about, payloads=(item.notice,))


def _in_force(_facts: HubChange) -> Iterator[ChangeMasterData]:
    yield ChangeMasterData()


_ACCEPTANCE: Final = (Send(_ACCEPTED, "sender", "asked"), Write("master data", _in_force))

HUB: Final = Machine(
    name="master_data",
    role="hub",
    title="Elhub, when master data changes",
    codes=("DDZ",),
    family="master_data",
    states={BEGIN: "nothing has come", "accepted": "the change is written, and sent on", "refused": "the hub has refused it"},
    rows=(
        Row((BEGIN,), message(_POINT), "refused", (Send(_REJECTED, "sender"),), VERDICT("refused"), source=_SOURCE),
        Row(
            (BEGIN,), message(_POINT), "accepted", (*_ACCEPTANCE, Send(_POINT_NOTICE, "receiver", each="notices")), VERDICT("accepted"),
            source=f"{_SOURCE}; test DDQ302-01", standing="inferred",
        ),
        Row((BEGIN,), message(_CUSTOMER), "refused", (Send(_REJECTED, "sender"),), VERDICT("refused"), source=_CUSTOMER_SOURCE),
        Row(
            (BEGIN,), message(_CUSTOMER), "accepted", (*_ACCEPTANCE, Send(_CUSTOMER_NOTICE, "receiver", each="notices")), VERDICT("accepted"),
            source=f"{_CUSTOMER_SOURCE}; examples", standing="inferred",
        ),
        *ignoring(("accepted", "refused"), (_POINT, _CUSTOMER), "another change is another process"),
    ),
    closed=("accepted", "refused"),
    receives=(_POINT, _CUSTOMER),
    build={
        _ACCEPTED: acknowledgement(StatusType.ACCEPTED),
        _REJECTED: acknowledgement(StatusType.REJECTED),
        _POINT_NOTICE: _build_notice,
        _CUSTOMER_NOTICE: _build_notice,
    },
    facts=HubChange,
    absorb=_absorb_request,
    upcasts={1: upcasts.plain},
    public=("process", "reasons"),
)  # fmt: skip
