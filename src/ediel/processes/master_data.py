"""Master data that changes: BRS-NO-121, 302 and 402 from the grid access provider, 301 from the supplier, 305 from Elhub.

What the hub tells others of a change, and with which document type, could not be found for metering points: E58, that of
the request, is assumed. For customers it is E10 (examples).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel.codes import DocumentType, StatusType
from ediel.messages import Message, model
from ediel.processes._build import acknowledgement, context, header, reasons_of, to_answer
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import (
    BEGIN,
    Facts,
    Inform,
    Instance,
    Machine,
    Row,
    Send,
    Trigger,
    Write,
    command,
    ignoring,
    keep,
    message,
)

_POINT: Final = "RequestUpdateMasterDataMeteringPoint"
_CUSTOMER: Final = "RequestUpdateCustomerInformation"
_POINT_NOTICE: Final = "NotifyMeteringPointCharacteristics"
_CUSTOMER_NOTICE: Final = "NotifyCustomerInformation"
_START_NOTICE: Final = "NotifyStartOfSupply"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BIM 15: BRS-NO-121, 302, 402"
_CUSTOMER_SOURCE: Final = "BIM 3: BRS-NO-301"
_DOCUMENTS: Final = {
    _POINT: DocumentType.MASTER_DATA_UPDATE, _POINT_NOTICE: DocumentType.MASTER_DATA_UPDATE,
    _CUSTOMER: DocumentType.MASTER_DATA_REQUEST, _CUSTOMER_NOTICE: DocumentType.MASTER_DATA_REQUEST,
}  # fmt: skip


def _build_request(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    name = facts["request"]
    kind: Any = model(name)
    body = {"payloads": [facts["payload"]]} if name == _POINT else {"payload": facts["payload"]}
    head = header(facts, identification, now, _DOCUMENTS[name], ask=facts.get("ask"))
    return kind.model_validate({"header": head, "process": context(facts), **body})  # type: ignore[no-any-return]


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    return found if trigger.message is None else {**found, "reasons": reasons_of(trigger.message)}


SENDER: Final = Machine(
    name="master data",
    role="sender",
    title="a grid access provider or a supplier that changes master data",
    codes=("DDM", "DDQ", "SLR"),
    family="master_data",
    states={
        BEGIN: "nothing has been sent",
        "sent": "the change is sent; silence means that it is taken, where no positive answer was asked for",
        "accepted": "the hub has taken it",
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
    build={_POINT: _build_request, _CUSTOMER: _build_request},
    absorb=_absorb_answer,
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_notice(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    return found if arrived is None else {**found, "process": arrived.process.business_process.value}


RECEIVER: Final = Machine(
    name="master data",
    role="receiver",
    title="a market party that is told changed master data",
    codes=("DDQ", "DDM", "SLR", "AG"),
    family="master_data",
    states={BEGIN: "nothing has come", "informed": "the hub has told what has changed"},
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
    absorb=_absorb_notice,
    public=("process",),
)  # fmt: skip


def _absorb_request(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is not None:
        found |= {"asked": bool(arrived.header.request_positive_acknowledgement), **to_answer(arrived)}
    return found


def _build_notice(name: str) -> Any:
    """The change for one recipient: the item names it, its role, and what is told."""

    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts, item = instance.facts, instance.facts["item"]
        kind: Any = model(name)
        head = header(facts, identification, now, _DOCUMENTS[name], recipient=item["recipient"])
        body = {"payloads": [item["told"]]} if name == _POINT_NOTICE else {"payload": item["told"]}
        whole = {"header": head, "process": context(facts, role=item["role"]), **body}
        return kind.model_validate(whole)  # type: ignore[no-any-return]

    return build


_TAKEN: Final = (Send(_ACCEPTED, "sender", "asked"), Write("master data"))

HUB: Final = Machine(
    name="master data",
    role="hub",
    title="Elhub, when master data changes",
    codes=("DDZ",),
    family="master_data",
    states={BEGIN: "nothing has come", "taken": "the change is written, and told", "refused": "the hub has refused it"},
    rows=(
        Row((BEGIN,), message(_POINT), "refused", (Send(_REJECTED, "sender"),), VERDICT("refused"), source=_SOURCE),
        Row(
            (BEGIN,), message(_POINT), "taken", (*_TAKEN, Send(_POINT_NOTICE, "receiver", each="notices")), VERDICT("accepted"),
            source=f"{_SOURCE}; test DDQ302-01", standing="inferred",
        ),
        Row((BEGIN,), message(_CUSTOMER), "refused", (Send(_REJECTED, "sender"),), VERDICT("refused"), source=_CUSTOMER_SOURCE),
        Row(
            (BEGIN,), message(_CUSTOMER), "taken", (*_TAKEN, Send(_CUSTOMER_NOTICE, "receiver", each="notices")), VERDICT("accepted"),
            source=f"{_CUSTOMER_SOURCE}; examples", standing="inferred",
        ),
        *ignoring(("taken", "refused"), (_POINT, _CUSTOMER), "another change is another process"),
    ),
    closed=("taken", "refused"),
    receives=(_POINT, _CUSTOMER),
    build={
        _ACCEPTED: acknowledgement(StatusType.ACCEPTED),
        _REJECTED: acknowledgement(StatusType.REJECTED),
        _POINT_NOTICE: _build_notice(_POINT_NOTICE),
        _CUSTOMER_NOTICE: _build_notice(_CUSTOMER_NOTICE),
    },
    absorb=_absorb_request,
    passing=("notices",),
    public=("process", "reasons"),
)  # fmt: skip
