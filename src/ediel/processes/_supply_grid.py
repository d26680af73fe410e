"""Start of supply for the grid access provider: it is notified, and activates a point that is inactive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from ediel import brs
from ediel.codes import DocumentType, PhysicalStatus
from ediel.messages import (
    Acknowledgement,
    NotifyStartOfSupply,
    RejectEvent,
    RejectStartOfSupply,
    RequestUpdateMasterDataMeteringPoint,
    RequestUpdateMasterDataMeteringPointEvent,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import context, header, moment, reasons, reasons_of
from ediel.processes._conditions import FRESH
from ediel.processes._machine import Draft, Machine, keep
from ediel.processes._rows import BEGIN, Condition, Inform, Row, Send, Trigger, command, ignoring, message
from ediel.processes._state import known
from ediel.processes._supply_notices import SupplyNotices, absorb_notice

_REJECT: Final = "RejectStartOfSupply:request"
_ACTIVATE: Final = "RequestUpdateMasterDataMeteringPoint"


def _asked(facts: SupplyNotices, trigger: Trigger, _now: datetime) -> str:
    """A move-in on an inactive point asks the grid access provider to energise it."""
    if not facts.fresh:
        return "overtaken"
    payload = trigger.message.payload if isinstance(trigger.message, NotifyStartOfSupply) else None
    characteristics = payload.characteristics if payload else None
    status = characteristics.physical_status if characteristics else None
    return "inactive" if status is PhysicalStatus.INACTIVE else "active"


POINT: Final = Condition("status of the point in the notice", ("active", "inactive", "overtaken"), _asked)


def _absorb(facts: SupplyNotices, trigger: Trigger, now: datetime) -> SupplyNotices:
    if isinstance(trigger.message, Acknowledgement):
        return replace(keep(facts, trigger, now), reasons=reasons_of(trigger.message))
    found = absorb_notice(facts, trigger, now)
    if trigger.message is not None and found.fresh:
        return replace(found, notice=trigger.message.header.identification)
    return found


def _activation(draft: Draft[SupplyNotices]) -> RequestUpdateMasterDataMeteringPoint:
    """BRS-NO-122 from the day that the grid access provider states; a positive answer is requested."""
    facts = draft.facts
    return RequestUpdateMasterDataMeteringPoint(
        header=header(draft, DocumentType.MASTER_DATA_UPDATE, ask=True),
        process=context(draft, process=brs.ACTIVATION.code.value),
        payloads=(
            RequestUpdateMasterDataMeteringPointEvent(
                start_of_occurrence=moment(facts.activation_day or facts.day),
                metering_point=known(facts.metering_point, "metering_point"),
            ),
        ),
    )


def _refusal(draft: Draft[SupplyNotices]) -> RejectStartOfSupply:
    """EH095: the point cannot be activated.

    It points to the notice that asked for it; which identification Elhub wants there is not published.
    """
    facts = draft.facts
    return RejectStartOfSupply(
        header=header(draft, DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT, ask=True),
        process=context(draft),
        payload=RejectEvent(
            original_reference=known(facts.notice, "notice"),
            reasons=reasons(("EH095",)),
            metering_point=known(facts.metering_point, "metering_point"),
        ),
    )


_ALL: Final = (BEGIN, "asked", "activating", "activated", "refusing", "informed", "withdrawn")

GRID: Final = Machine(
    name="supply",
    role="grid access provider",
    title="the grid access provider of a metering point on which a supply starts",
    codes=("DDM",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "asked": "the point is inactive: activate it, or refuse",
        "activating": "BRS-NO-122 is sent and not answered",
        "activated": "the hub has accepted the activation",
        "refusing": "EH095 is sent and not answered",
        "refused": "the point stays inactive, and there is no contract",
        "informed": "the hub has notified of the start",
        "withdrawn": "the hub has notified of a rollback",
    },
    rows=(
        Row(
            (BEGIN, "informed", "withdrawn", "refused"), message("NotifyStartOfSupply"), "informed", (Inform("SupplyNotified"),),
            POINT("active"), source="BRS-NO-101; BIM 14",
        ),
        Row(
            (BEGIN, "informed", "withdrawn", "refused"), message("NotifyStartOfSupply"), "asked", (Inform("ActivationAsked"),),
            POINT("inactive"), source="test SYS-DDM102-03",
        ),
        Row(
            ("asked", "activating", "activated", "refusing"), message("NotifyStartOfSupply"), "informed",
            (Inform("SupplyNotified"),), POINT("active"), source="test SYS-DDM102-03",
        ),
        Row(("asked", "activating", "activated", "refusing"), message("NotifyStartOfSupply"), when=POINT("inactive"), ignored="it is asked already", source="test SYS-DDM102-03", standing="inferred"),
        Row((*_ALL, "refused"), message("NotifyStartOfSupply"), when=POINT("overtaken"), ignored="an earlier notice, overtaken on the way", source="messages may cross", standing="inferred"),
        Row(("asked",), command("activate"), "activating", (Send(_ACTIVATE, "hub"),), source="test SYS-DDM102-03"),
        Row(("asked",), command("refuse"), "refusing", (Send(_REJECT, "hub"),), source="test SYS-DDM102-04-B; SoapUI 2.3"),
        Row(("activating",), message("Acknowledgement:request accepted"), "activated", (Inform("ActivationAccepted"),), source="test SYS-DDM102-03"),
        Row(("activating",), message("Acknowledgement:request rejected"), "asked", (Inform("ActivationRejected"),), source="BIM acknowledgement"),
        Row(("refusing",), message("Acknowledgement:request accepted"), "refused", (Inform("RefusalAccepted"),), source="SoapUI 2.3", standing="inferred"),
        Row(("refusing",), message("Acknowledgement:request rejected"), "asked", (Inform("RefusalRejected"),), source="BIM acknowledgement", standing="inferred"),
        *ignoring(
            ("asked", "activated", "informed", "refused", "withdrawn"),
            ("Acknowledgement:request accepted", "Acknowledgement:request rejected"), "nothing waits for an answer",
        ),
        Row(
            (*_ALL, "refused"), message("NotifyStartOfSupply:rollback"), "withdrawn", (Inform("SupplyWithdrawn"),), FRESH("yes"),
            source="test SYS-DDM133-01; BIM 14",
        ),
        Row((*_ALL, "refused"), message("NotifyStartOfSupply:rollback"), when=FRESH("no"), ignored="an earlier notice, overtaken on the way", source="messages may cross", standing="inferred"),
    ),
    closed=(),
    resting=("informed", "refused", "withdrawn"),
    receives=(
        "NotifyStartOfSupply", "NotifyStartOfSupply:rollback",
        "Acknowledgement:request accepted", "Acknowledgement:request rejected",
    ),
    facts=SupplyNotices,
    build={_ACTIVATE: _activation, _REJECT: _refusal},
    absorb=_absorb,
    upcasts={1: upcasts.plain},
)  # fmt: skip
