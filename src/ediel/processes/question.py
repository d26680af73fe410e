"""Questions in words: BRS-NO-601 to the grid access provider, through Elhub, and 602 to Elhub itself.

To whom a question of 601 is addressed is not settled: one sample names the grid access provider, another one Elhub. Here
it is Elhub, which passes question and answer on in its own name. No deadline for an answer is published. Who else may
see what is public is not published either: the answer goes to the one who has asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from ediel.codes import DocumentType, Role, StatusType
from ediel.messages import (
    Acknowledgement,
    RequestToElhub,
    RequestToElhubEvent,
    RequestToGridAccessProvider,
    RequestToGridAccessProviderEvent,
    ResponseFromElhub,
    ResponseFromElhubEvent,
    ResponseFromGridAccessProvider,
    ResponseFromGridAccessProviderEvent,
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
)
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import Draft, Machine, keep
from ediel.processes._rows import BEGIN, Inform, Row, Send, Trigger, command, decision, ignoring, message
from ediel.processes._state import Kept, ProcessState, known

_TO_GRID: Final = "RequestToGridAccessProvider"
_FROM_GRID: Final = "ResponseFromGridAccessProvider"
_TO_HUB: Final = "RequestToElhub"
_FROM_HUB: Final = "ResponseFromElhub"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BIM 11, 12; BRS-NO-601"
_HUB_SOURCE: Final = "BRS-NO-602"

GridQuestion = RequestToGridAccessProviderEvent
HubQuestion = RequestToElhubEvent
GridAnswer = ResponseFromGridAccessProviderEvent
HubAnswer = ResponseFromElhubEvent


@dataclass(frozen=True, kw_only=True, repr=False)
class AskedQuestion(ProcessState):
    """A question that a party has asked.

    Attributes:
        ask: whether a positive answer is asked for.
        payload: the question.
        answer: the answer.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "payload")

    ask: bool = False
    payload: Kept[GridQuestion | HubQuestion] | None = None
    answer: Kept[GridAnswer | HubAnswer] | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class PassedQuestion(ProcessState):
    """A question to a grid access provider.

    Attributes:
        question: identification of the message that asks.
        payload: the question.
        feedback_public, feedback_private: the answer; one of them at least.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "question", "payload")

    question: str | None = None
    payload: Kept[GridQuestion] | None = None
    feedback_public: str | None = None
    feedback_private: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class HubQuestionState(AnsweringState):
    """A question at the hub.

    Attributes:
        question: identification of the message that asks.
        asker, asker_role: GLN and role of the one who asks.
        payload: the question.
        grid: GLN of the grid access provider that is asked.
        answer: the grid access provider's answer.
        feedback: Elhub's own answer.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "question", "asker", "asker_role", "payload")

    question: str | None = None
    asker: str | None = None
    asker_role: str | None = None
    payload: Kept[GridQuestion | HubQuestion] | None = None
    grid: str | None = None
    answer: Kept[GridAnswer] | None = None
    feedback: str | None = None


def _ask_grid(draft: Draft[AskedQuestion]) -> RequestToGridAccessProvider:
    payload = known(draft.facts.payload, "payload").value
    assert isinstance(payload, GridQuestion)
    head = header(draft, DocumentType.QUERY, ask=draft.facts.ask or None)
    return RequestToGridAccessProvider(header=head, process=context(draft), payload=payload)


def _ask_hub(draft: Draft[AskedQuestion]) -> RequestToElhub:
    payload = known(draft.facts.payload, "payload").value
    assert isinstance(payload, HubQuestion)
    head = header(draft, DocumentType.QUERY, ask=draft.facts.ask or None)
    return RequestToElhub(header=head, process=context(draft), payload=payload)


def _absorb_answer(facts: AskedQuestion, trigger: Trigger, now: datetime) -> AskedQuestion:
    found, arrived = keep(facts, trigger, now), trigger.message
    if isinstance(arrived, Acknowledgement):
        return replace(found, reasons=reasons_of(arrived))
    if isinstance(arrived, ResponseFromGridAccessProvider | ResponseFromElhub):
        return replace(found, answer=Kept.of(arrived.payload))
    return found


ASKER: Final = Machine(
    name="question",
    role="asker",
    title="a market party that asks the grid access provider, or Elhub, in words",
    codes=("DDQ", "SLR", "BSL"),
    family="question",
    states={
        BEGIN: "nothing has been sent",
        "asked": "the question is sent and not answered",
        "accepted": "the hub has accepted the question; the answer may take days",
        "answered": "the answer has come",
        "rejected": "the hub refuses the question",
        "given up": "the party waits no longer",
    },
    rows=(
        Row((BEGIN,), command("ask grid"), "asked", (Send(_TO_GRID, "hub"),), source=_SOURCE),
        Row((BEGIN,), command("ask hub"), "asked", (Send(_TO_HUB, "hub"),), source=_HUB_SOURCE),
        Row(("asked",), message(_ACCEPTED), "accepted", (Inform("QuestionAccepted"),), source="BIM acknowledgement"),
        Row(("asked", "accepted"), message(_REJECTED), "rejected", (Inform("QuestionRejected"),), source="BIM acknowledgement"),
        Row(("asked", "accepted", "given up"), message(_FROM_GRID), "answered", (Inform("QuestionAnswered"),), source=_SOURCE),
        Row(("asked", "accepted", "given up"), message(_FROM_HUB), "answered", (Inform("QuestionAnswered"),), source=_HUB_SOURCE),
        Row(("asked", "accepted"), command("give up"), "given up", source="no deadline is published", standing="assumed"),
        *ignoring(("accepted", "answered", "rejected", "given up"), (_ACCEPTED,), "a late positive answer"),
        *ignoring(("answered", "rejected", "given up"), (_REJECTED,), "the question is over"),
        *ignoring(("answered", "rejected"), (_FROM_GRID, _FROM_HUB), "it is answered already"),
    ),
    closed=("answered", "rejected"),
    resting=("given up",),
    receives=(_ACCEPTED, _REJECTED, _FROM_GRID, _FROM_HUB),
    facts=AskedQuestion,
    build={_TO_GRID: _ask_grid, _TO_HUB: _ask_hub},
    absorb=_absorb_answer,
    upcasts={1: upcasts.plain},
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_question(facts: PassedQuestion, trigger: Trigger, now: datetime) -> PassedQuestion:
    found, arrived = keep(facts, trigger, now), trigger.message
    if isinstance(arrived, Acknowledgement):
        return replace(found, reasons=reasons_of(arrived))
    if not isinstance(arrived, RequestToGridAccessProvider):
        return found
    return replace(
        found,
        process=process_of(arrived),
        role=Role.DDM.value,
        question=arrived.header.identification,
        payload=Kept.of(arrived.payload),
    )


def _build_answer(draft: Draft[PassedQuestion]) -> ResponseFromGridAccessProvider:
    facts = draft.facts
    asked = known(facts.payload, "payload").value
    return ResponseFromGridAccessProvider(
        header=header(draft, DocumentType.QUERY, ask=True),
        process=context(draft, role=Role.DDM.value),
        payload=GridAnswer(
            category=asked.category,
            subject=asked.subject,
            metering_point=asked.metering_point,
            feedback_public=facts.feedback_public or None,
            feedback_private=facts.feedback_private or None,
            original_reference=known(facts.question, "question"),
        ),
    )


ANSWERER: Final = Machine(
    name="question",
    role="grid access provider",
    title="a grid access provider that is asked",
    codes=("DDM",),
    family="question",
    states={
        BEGIN: "nothing has come",
        "asked": "a question waits for an answer",
        "answering": "the answer is sent; silence means that it is accepted",
        "answered": "the hub has passed the answer on",
    },
    rows=(
        Row((BEGIN,), message(_TO_GRID), "asked", (Inform("QuestionCame"),), source=_SOURCE),
        Row(("asked",), command("answer"), "answering", (Send(_FROM_GRID, "hub"),), source=_SOURCE),
        Row(("answering",), message(_ACCEPTED), "answered", (Inform("AnswerAccepted"),), source="BIM acknowledgement"),
        Row(("answering",), message(_REJECTED), "asked", (Inform("AnswerRejected"),), source="BIM acknowledgement"),
        *ignoring(("asked", "answering", "answered"), (_TO_GRID,), "another question is another process"),
        *ignoring(("asked", "answered"), (_ACCEPTED, _REJECTED), "no answer waits for it"),
    ),
    closed=("answered",),
    resting=("answering",),
    receives=(_TO_GRID, _ACCEPTED, _REJECTED),
    build={_FROM_GRID: _build_answer},
    facts=PassedQuestion,
    absorb=_absorb_question,
    upcasts={1: upcasts.plain},
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_at_hub(facts: HubQuestionState, trigger: Trigger, now: datetime) -> HubQuestionState:
    """The question keeps its asker; an answer is acknowledged to its sender."""
    changed, arrived = keep(facts, trigger, now), trigger.message
    if arrived is None:
        return changed
    changed = replace(
        changed,
        asked=asks(arrived),
        answering=arrived.header.identification,
        answer_to=arrived.header.juridical_sender,
        answer_role=arrived.process.role.value,
    )
    if isinstance(arrived, ResponseFromGridAccessProvider):
        return replace(changed, answer=Kept.of(arrived.payload))
    assert isinstance(arrived, RequestToGridAccessProvider | RequestToElhub)
    return replace(
        changed,
        process=process_of(arrived),
        question=arrived.header.identification,
        asker=arrived.header.juridical_sender,
        asker_role=arrived.process.role.value,
        payload=Kept.of(arrived.payload),
    )


def _pass_question(draft: Draft[HubQuestionState]) -> RequestToGridAccessProvider:
    facts = draft.facts
    payload = known(facts.payload, "payload").value
    assert isinstance(payload, GridQuestion)
    return RequestToGridAccessProvider(
        header=header(draft, DocumentType.QUERY, recipient=known(facts.grid, "grid")),
        process=context(draft, role=Role.DDM.value),
        payload=payload,
    )


def _pass_answer(draft: Draft[HubQuestionState]) -> ResponseFromGridAccessProvider:
    facts = draft.facts
    asked, answer = known(facts.payload, "payload").value, known(facts.answer, "answer").value
    return ResponseFromGridAccessProvider(
        header=header(draft, DocumentType.QUERY, recipient=facts.asker),
        process=context(draft, role=facts.asker_role),
        payload=GridAnswer(
            category=asked.category,
            subject=asked.subject,
            metering_point=asked.metering_point,
            feedback_public=answer.feedback_public,
            feedback_private=answer.feedback_private,
            original_reference=known(facts.question, "question"),
        ),
    )


def _answer_as_hub(draft: Draft[HubQuestionState]) -> ResponseFromElhub:
    facts = draft.facts
    asked = known(facts.payload, "payload").value
    return ResponseFromElhub(
        header=header(draft, DocumentType.QUERY, recipient=facts.asker),
        process=context(draft, role=facts.asker_role),
        payload=HubAnswer.model_validate(
            {
                **asked.model_dump(exclude_none=True),
                "feedback": known(facts.feedback, "feedback"),
                "original_reference": known(facts.question, "question"),
            }
        ),
    )


HUB: Final = Machine(
    name="question",
    role="hub",
    title="Elhub, when a question is asked",
    codes=("DDZ",),
    family="question",
    states={
        BEGIN: "nothing has come",
        "passed on": "the grid access provider has the question",
        "accepted": "somebody at Elhub has the question",
        "answered": "the answer is sent",
        "refused": "the hub has refused the question",
    },
    rows=(
        Row((BEGIN,), message(_TO_GRID), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source=_SOURCE),
        Row(
            (BEGIN,), message(_TO_GRID), "passed on", (Send(_ACCEPTED, "asker", "asked"), Send(_TO_GRID, "grid access provider")),
            VERDICT("accepted"), source=_SOURCE,
        ),
        Row(
            ("passed on",), message(_FROM_GRID), "answered",
            (Send(_ACCEPTED, "grid access provider", "asked"), Send(_FROM_GRID, "asker")), VERDICT("accepted"), source=_SOURCE,
        ),
        Row(
            ("passed on",), message(_FROM_GRID), do=(Send(_REJECTED, "grid access provider"),), when=VERDICT("refused"),
            source="BIM acknowledgement", standing="inferred",
        ),
        Row((BEGIN,), message(_TO_HUB), "refused", (Send(_REJECTED, "asker"),), VERDICT("refused"), source=_HUB_SOURCE),
        Row((BEGIN,), message(_TO_HUB), "accepted", (Send(_ACCEPTED, "asker", "asked"),), VERDICT("accepted"), source=_HUB_SOURCE),
        Row(("accepted",), decision("answer"), "answered", (Send(_FROM_HUB, "asker"),), source=_HUB_SOURCE),
        *ignoring(("passed on", "accepted", "answered", "refused"), (_TO_GRID, _TO_HUB), "another question is another process"),
        *ignoring((BEGIN, "accepted", "answered", "refused"), (_FROM_GRID,), "nothing was asked of the grid access provider, or it is answered"),
    ),
    closed=("answered", "refused"),
    receives=(_TO_GRID, _FROM_GRID, _TO_HUB),
    build={
        _ACCEPTED: acknowledgement(StatusType.ACCEPTED),
        _REJECTED: acknowledgement(StatusType.REJECTED),
        _TO_GRID: _pass_question,
        _FROM_GRID: _pass_answer,
        _FROM_HUB: _answer_as_hub,
    },
    facts=HubQuestionState,
    absorb=_absorb_at_hub,
    upcasts={1: upcasts.plain},
    public=("process", "metering_point", "reasons"),
)  # fmt: skip
