"""Making messages from facts: headers, references, answers. Shared by all families."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, TypeVar
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
    RejectEndOfSupply,
    RejectStartOfSupply,
)
from ediel.processes._machine import Build, Draft, Instance
from ediel.processes._state import ProcessState, known

Refusal = Acknowledgement | RejectStartOfSupply | RejectEndOfSupply


@dataclass(frozen=True, kw_only=True, repr=False)
class AnsweringState(ProcessState):
    """What a process knows that answers messages: mostly the hub's.

    Attributes:
        verdict: ``accepted`` or ``refused``, as it was found of the message.
        rules: keys of the rules that the message breaks.
        asked: whether the message asks for a positive answer.
        answering: identification of the message to answer.
        answer_to: GLN of whom the answer is for.
        answer_role: role of whom the answer is for.
        answer_process: process of the message, where it is another one than that of the instance.
    """

    passing: ClassVar[tuple[str, ...]] = ()

    verdict: str | None = None
    rules: tuple[str, ...] = ()
    asked: bool = False
    answering: str | None = None
    answer_to: str | None = None
    answer_role: str | None = None
    answer_process: str | None = None


AnsweringT = TypeVar("AnsweringT", bound=AnsweringState)


def header(
    draft: Draft,
    document: DocumentType,
    *,
    recipient: str | None = None,
    ask: bool | None = None,
) -> Header:
    """A header from the party of an instance, to the hub unless another recipient is named."""
    facts = draft.facts
    return Header(
        identification=draft.identification,
        document_type=document,
        document_type_agency=Agency(document.agency or "260"),
        creation=draft.now,
        request_positive_acknowledgement=ask,
        physical_sender=facts.physical_sender or facts.sender,
        juridical_sender=facts.sender,
        juridical_recipient=recipient or facts.hub,
    )


def context(draft: Draft, *, process: str | None = None, role: str | None = None) -> ProcessContext:
    """The process and the role of the market party."""
    facts = draft.facts
    return ProcessContext(
        business_process=BusinessProcess(process or known(facts.process, "process")), role=Role(role or facts.role)
    )


def first_message(instance: Instance) -> str:
    """Identification of the message that an instance sent in its first step."""
    return str(uuid5(UUID(instance.id), "1/0"))


def moment(day: date | None) -> datetime:
    """Norwegian midnight of a day."""
    return midnight(known(day, "day"))


def reasons_of(message: Refusal) -> tuple[str, ...]:
    """The codes of a refusal."""
    return tuple(reason.code.value for reason in message.payload.reasons)


def reasons(codes: tuple[str, ...]) -> tuple[Reason, ...]:
    """Reasons from codes; the issuer follows from the code."""
    return tuple(Reason(code=ResponseReason(code)) for code in codes)


def process_of(message: Message) -> str:
    """BRS number of a message."""
    return str(message.process.business_process.value)


def to_answer(facts: AnsweringT, arrived: Message) -> AnsweringT:
    """The facts with what is kept of a message that must be answered: its identification, and for whom the answer is."""
    return replace(
        facts,
        answering=arrived.header.identification,
        answer_to=arrived.header.juridical_sender,
        answer_role=arrived.process.role.value,
        process=process_of(arrived),
    )


def asks(arrived: Message) -> bool:
    """Whether a message asks for a positive answer."""
    return bool(arrived.header.request_positive_acknowledgement)


def acknowledgement(status: StatusType) -> Build[AnsweringState]:
    """An answer of the hub to the message that the facts name."""

    def build(draft: Draft[AnsweringState]) -> Acknowledgement:
        return acknowledge(draft, status, draft.facts.reasons or ())

    return build


def acknowledge(
    draft: Draft[AnsweringState], status: StatusType, codes: tuple[str, ...], payload: str | None = None
) -> Acknowledgement:
    """An answer to a message, or to one payload of it."""
    facts = draft.facts
    return Acknowledgement(
        header=header(draft, DocumentType.ACKNOWLEDGEMENT, recipient=facts.answer_to),
        process=context(draft, process=facts.answer_process, role=facts.answer_role),
        payload=AcknowledgementEvent(
            status=status,
            reasons=reasons(codes) if status is StatusType.REJECTED else (),
            original_reference=known(facts.answering, "answering"),
            original_payload_reference=payload,
        ),
    )
