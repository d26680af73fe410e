"""Making messages from facts: headers, references, answers. Shared by all families."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from ediel.calendar import midnight
from ediel.codes import Agency, BusinessProcess, DocumentType, ResponseReason, Role, StatusType
from ediel.messages import (
    Acknowledgement,
    AcknowledgementEvent,
    Header,
    Message,
    ProcessContext,
    Reason,
)
from ediel.processes._machine import Build, Facts, Instance


def header(
    facts: Facts,
    identification: str,
    now: datetime,
    document: DocumentType,
    *,
    recipient: str | None = None,
    ask: bool | None = None,
) -> Header:
    """A header from the party of an instance, to the hub unless another recipient is named."""
    return Header(
        identification=identification,
        document_type=document,
        document_type_agency=Agency(document.agency or "260"),
        creation=now,
        request_positive_acknowledgement=ask,
        physical_sender=facts.get("physical_sender") or facts["sender"],
        juridical_sender=facts["sender"],
        juridical_recipient=recipient or facts["hub"],
    )


def context(facts: Facts, *, process: str | None = None, role: str | None = None) -> ProcessContext:
    """The process and the role of the market party."""
    return ProcessContext(
        business_process=BusinessProcess(process or facts["process"]), role=Role(role or facts["role"])
    )  # fmt: skip


def first_message(instance: Instance) -> str:
    """Identification of the message that an instance sent in its first step."""
    return str(uuid5(UUID(instance.id), "1/0"))


def moment(day: str | date) -> datetime:
    """Norwegian midnight of a day that facts hold as text."""
    return midnight(date.fromisoformat(day) if isinstance(day, str) else day)


def reasons_of(message: Any) -> list[str]:
    """The codes of a refusal."""
    return [reason.code.value for reason in message.payload.reasons]


def reasons(codes: list[str]) -> tuple[Reason, ...]:
    """Reasons from codes; the issuer follows from the code."""
    return tuple(Reason(code=ResponseReason(code)) for code in codes)


def to_answer(arrived: Any) -> dict[str, Any]:
    """What a process keeps of a message that it must answer: its identification, and for whom the answer is."""
    return {
        "answering": arrived.header.identification,
        "answer_to": arrived.header.juridical_sender,
        "answer_role": arrived.process.role.value,
        "process": arrived.process.business_process.value,
    }


def acknowledgement(status: StatusType, reference: str = "answering") -> Build:
    """An answer of the hub, or of a party, to the message whose identification stands in a fact."""

    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        return Acknowledgement(
            header=header(facts, identification, now, DocumentType.ACKNOWLEDGEMENT, recipient=facts.get("answer_to")),
            process=context(facts, process=facts.get("answer_process"), role=facts.get("answer_role")),
            payload=AcknowledgementEvent(
                status=status,
                reasons=reasons(facts.get("reasons") or []) if status is StatusType.REJECTED else (),
                original_reference=facts[reference],
            ),
        )

    return build
