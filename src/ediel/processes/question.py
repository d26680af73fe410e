"""Questions in words: BRS-NO-601 to the grid access provider, through Elhub, and 602 to Elhub itself.

To whom a question of 601 is addressed is not settled: one sample names the grid access provider, another one Elhub. Here
it is Elhub, which passes question and answer on in its own name. No deadline for an answer is published. Who else may
see what is public is not published either: the answer goes to the one who has asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel.codes import DocumentType, Role, StatusType
from ediel.messages import Message, model
from ediel.processes._build import acknowledgement, context, header, reasons_of
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
    command,
    decision,
    ignoring,
    keep,
    message,
)

_TO_GRID: Final = "RequestToGridAccessProvider"
_FROM_GRID: Final = "ResponseFromGridAccessProvider"
_TO_HUB: Final = "RequestToElhub"
_FROM_HUB: Final = "ResponseFromElhub"
_ACCEPTED: Final = "Acknowledgement:request accepted"
_REJECTED: Final = "Acknowledgement:request rejected"
_SOURCE: Final = "BIM 11, 12; BRS-NO-601"
_HUB_SOURCE: Final = "BRS-NO-602"
_ASKED: Final = ("category", "subject", "metering_point")


def _message(name: str, instance: Instance, payload: dict[str, Any], head: Any, role: str) -> Message:
    kind: Any = model(name)
    body = {"header": head, "process": context(instance.facts, role=role), "payload": payload}
    return kind.model_validate(body)  # type: ignore[no-any-return]


def _build_question(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    head = header(facts, identification, now, DocumentType.QUERY, ask=facts.get("ask"))
    return _message(facts["request"], instance, facts["payload"], head, facts["role"])


def _absorb_answer(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    if arrived.name() == "Acknowledgement":
        return {**found, "reasons": reasons_of(arrived)}
    return {**found, "answer": arrived.payload.model_dump(mode="json", exclude_none=True)}


ASKER: Final = Machine(
    name="question",
    role="asker",
    title="a market party that asks the grid access provider, or Elhub, in words",
    codes=("DDQ", "SLR", "BSL"),
    family="question",
    states={
        BEGIN: "nothing has been sent",
        "asked": "the question is sent and not answered",
        "taken": "the hub has taken the question; the answer may take days",
        "answered": "the answer has come",
        "rejected": "the hub refuses the question",
        "given up": "the party waits no longer",
    },
    rows=(
        Row((BEGIN,), command("ask grid"), "asked", (Send(_TO_GRID, "hub"),), source=_SOURCE),
        Row((BEGIN,), command("ask hub"), "asked", (Send(_TO_HUB, "hub"),), source=_HUB_SOURCE),
        Row(("asked",), message(_ACCEPTED), "taken", (Inform("QuestionTaken"),), source="BIM acknowledgement"),
        Row(("asked", "taken"), message(_REJECTED), "rejected", (Inform("QuestionRejected"),), source="BIM acknowledgement"),
        Row(("asked", "taken", "given up"), message(_FROM_GRID), "answered", (Inform("QuestionAnswered"),), source=_SOURCE),
        Row(("asked", "taken", "given up"), message(_FROM_HUB), "answered", (Inform("QuestionAnswered"),), source=_HUB_SOURCE),
        Row(("asked", "taken"), command("give up"), "given up", source="no deadline is published", standing="assumed"),
        *ignoring(("taken", "answered", "rejected", "given up"), (_ACCEPTED,), "a late positive answer"),
        *ignoring(("answered", "rejected", "given up"), (_REJECTED,), "the question is over"),
        *ignoring(("answered", "rejected"), (_FROM_GRID, _FROM_HUB), "it is answered already"),
    ),
    closed=("answered", "rejected"),
    resting=("given up",),
    receives=(_ACCEPTED, _REJECTED, _FROM_GRID, _FROM_HUB),
    build={_TO_GRID: _build_question, _TO_HUB: _build_question},
    absorb=_absorb_answer,
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_question(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    if arrived.name() == "Acknowledgement":
        return {**found, "reasons": reasons_of(arrived)}
    return {
        **found,
        "process": arrived.process.business_process.value,
        "role": Role.DDM.value,
        "question": arrived.header.identification,
        "payload": arrived.payload.model_dump(mode="json", exclude_none=True),
    }


def _build_answer(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    given = {name: facts[name] for name in ("feedback_public", "feedback_private") if facts.get(name)}
    asked = {name: facts["payload"][name] for name in _ASKED}
    head = header(facts, identification, now, DocumentType.QUERY, ask=True)
    payload = {**asked, **given, "original_reference": facts["question"]}
    return _message(_FROM_GRID, instance, payload, head, Role.DDM.value)


ANSWERER: Final = Machine(
    name="question",
    role="grid access provider",
    title="a grid access provider that is asked",
    codes=("DDM",),
    family="question",
    states={
        BEGIN: "nothing has come",
        "asked": "a question waits for an answer",
        "answering": "the answer is sent; silence means that it is taken",
        "answered": "the hub has passed the answer on",
    },
    rows=(
        Row((BEGIN,), message(_TO_GRID), "asked", (Inform("QuestionCame"),), source=_SOURCE),
        Row(("asked",), command("answer"), "answering", (Send(_FROM_GRID, "hub"),), source=_SOURCE),
        Row(("answering",), message(_ACCEPTED), "answered", (Inform("AnswerTaken"),), source="BIM acknowledgement"),
        Row(("answering",), message(_REJECTED), "asked", (Inform("AnswerRejected"),), source="BIM acknowledgement"),
        *ignoring(("asked", "answering", "answered"), (_TO_GRID,), "another question is another process"),
        *ignoring(("asked", "answered"), (_ACCEPTED, _REJECTED), "no answer waits for it"),
    ),
    closed=("answered",),
    resting=("answering",),
    receives=(_TO_GRID, _ACCEPTED, _REJECTED),
    build={_FROM_GRID: _build_answer},
    absorb=_absorb_question,
    public=("process", "metering_point", "reasons"),
)  # fmt: skip


def _absorb_at_hub(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    """The question keeps its asker; an answer is answered to the one who gives it."""
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    common = {
        "asked": bool(arrived.header.request_positive_acknowledgement),
        "answering": arrived.header.identification,
        "answer_to": arrived.header.juridical_sender,
        "answer_role": arrived.process.role.value,
    }
    body = arrived.payload.model_dump(mode="json", exclude_none=True)
    if arrived.name() == _FROM_GRID:
        return {**found, **common, "answer": body}
    return {
        **found,
        **common,
        "process": arrived.process.business_process.value,
        "question": arrived.header.identification,
        "asker": arrived.header.juridical_sender,
        "asker_role": arrived.process.role.value,
        "payload": body,
    }


def _pass_question(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    head = header(facts, identification, now, DocumentType.QUERY, recipient=facts["grid"])
    return _message(_TO_GRID, instance, facts["payload"], head, Role.DDM.value)


def _pass_answer(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    asked = {name: facts["payload"][name] for name in _ASKED}
    given = {name: value for name, value in facts["answer"].items() if name.startswith("feedback")}
    head = header(facts, identification, now, DocumentType.QUERY, recipient=facts["asker"])
    payload = {**asked, **given, "original_reference": facts["question"]}
    return _message(_FROM_GRID, instance, payload, head, facts["asker_role"])


def _answer_as_hub(instance: Instance, identification: str, now: datetime) -> Message:
    facts = instance.facts
    payload = {**facts["payload"], "feedback": facts["feedback"], "original_reference": facts["question"]}
    head = header(facts, identification, now, DocumentType.QUERY, recipient=facts["asker"])
    return _message(_FROM_HUB, instance, payload, head, facts["asker_role"])


HUB: Final = Machine(
    name="question",
    role="hub",
    title="Elhub, when a question is asked",
    codes=("DDZ",),
    family="question",
    states={
        BEGIN: "nothing has come",
        "passed on": "the grid access provider has the question",
        "looking": "somebody at Elhub has the question",
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
        Row((BEGIN,), message(_TO_HUB), "looking", (Send(_ACCEPTED, "asker", "asked"),), VERDICT("accepted"), source=_HUB_SOURCE),
        Row(("looking",), decision("answer"), "answered", (Send(_FROM_HUB, "asker"),), source=_HUB_SOURCE),
        *ignoring(("passed on", "looking", "answered", "refused"), (_TO_GRID, _TO_HUB), "another question is another process"),
        *ignoring((BEGIN, "looking", "answered", "refused"), (_FROM_GRID,), "nothing was asked of the grid access provider, or it is answered"),
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
    absorb=_absorb_at_hub,
    public=("process", "metering_point", "reasons"),
)  # fmt: skip
