"""Shared production: BRS-NO-701 as the grid access provider and the hub live it.

The notice refers to no request; it belongs to the calculation by its id or its name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel.codes import DocumentType, Role, StatusType, UpdateIndicator, VersionStatus
from ediel.messages import (
    Message,
    NotifySharedProduction,
    NotifySharedProductionEvent,
    RequestUpdateSharedProduction,
    RequestUpdateSharedProductionEvent,
    VirtualCalculation,
)
from ediel.processes._build import acknowledgement, context, header, moment, reasons_of, to_answer
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import (
    BEGIN,
    Build,
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
    ignoring,
    keep,
    message,
)

_REQUEST: Final = "RequestUpdateSharedProduction"
_NOTICE: Final = "NotifySharedProduction"
_ANSWERS: Final = tuple(f"Acknowledgement:{what} rejected" for what in ("add", "update", "delete"))
_SOURCE: Final = "BRS-NO-701"


def _request(indicator: UpdateIndicator) -> Build:
    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        calculation = dict(facts["calculation"])
        if indicator is UpdateIndicator.DELETE:
            calculation = {name: calculation[name] for name in ("id", "name") if calculation.get(name)}
        return RequestUpdateSharedProduction(
            header=header(facts, identification, now, DocumentType.MASTER_DATA_UPDATE, ask=facts.get("ask") or None),
            process=context(facts),
            payload=RequestUpdateSharedProductionEvent(
                start_of_occurrence=moment(facts["day"]) if facts.get("day") else None,
                update_indicator=indicator,
                calculation=VirtualCalculation.model_validate(calculation),
            ),
        )

    return build


def _absorb_notice(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    if arrived.name() == "Acknowledgement":
        return {**found, "reasons": reasons_of(arrived)}
    payload = arrived.payload
    version = -1 if payload.version is None else int(payload.version)
    found["overtaken"] = version < found.get("version", -1)
    if not found["overtaken"]:
        told = payload.calculation.model_dump(mode="json", exclude_none=True)
        found |= {
            "process": arrived.process.business_process.value,
            "version": version,
            "subject": payload.calculation.name,
            "calculation": {**found.get("calculation", {}), **told},
        }
    return found


def _status(facts: Facts, trigger: Trigger, _now: datetime) -> str:
    if facts.get("overtaken"):
        return "overtaken"
    payload: Any = trigger.message.payload if trigger.message else None  # type: ignore[attr-defined]
    over = {VersionStatus.INACTIVE, VersionStatus.TERMINATED}
    return "ended" if payload is not None and payload.version_status in over else "in force"


_STATUS: Final = Condition("the version in the notice", ("in force", "ended", "overtaken"), _status)


def _subject(arrived: Message) -> str | None:
    """The name of the calculation, or its id, which is the process of the hub itself."""
    calculation: Any = arrived.payload.calculation  # type: ignore[attr-defined]
    found: str | None = calculation.name or calculation.id
    return found


def _same(facts: Facts, arrived: Message) -> int:
    calculation: Any = arrived.payload.calculation  # type: ignore[attr-defined]
    own = facts.get("calculation") or {}
    if calculation.name is None:
        return 2  # found by its id
    return 2 if own.get("name") == calculation.name else 0


_LIVE: Final = ("active", "changing", "ending")

GRID: Final = Machine(
    name="shared production",
    role="grid access provider",
    title="a grid access provider that sets up shared production",
    codes=("DDM",),
    family="shared_production",
    states={
        BEGIN: "nothing has been sent",
        "sent": "a new calculation is sent and not answered",
        "active": "the hub has told the calculation as it stands",
        "changing": "a change is sent and not answered",
        "ending": "the end is sent and not answered",
        "rejected": "the hub refuses the new calculation",
        "ended": "the calculation is deactivated",
    },
    rows=(
        Row((BEGIN,), command("add"), "sent", (Send(f"{_REQUEST}:add", "hub"), Inform("SharedProductionAsked")), source=_SOURCE),
        Row(("sent",), message("Acknowledgement:add rejected"), "rejected", (Inform("SharedProductionRejected"),), source=_SOURCE),
        Row(
            (BEGIN, "sent", "active", "changing"), message(_NOTICE), "active",
            (Write("shared production"), Inform("SharedProductionActive")), _STATUS("in force"), source=_SOURCE,
        ),
        Row(("ending",), message(_NOTICE), None, (Write("shared production"), Inform("SharedProductionActive")), _STATUS("in force"), source=_SOURCE, standing="inferred"),
        Row(
            (BEGIN, "sent", *_LIVE), message(_NOTICE), "ended", (Write("shared production"), Inform("SharedProductionEnded")),
            _STATUS("ended"), source=_SOURCE,
        ),
        Row((BEGIN, "sent", *_LIVE), message(_NOTICE), when=_STATUS("overtaken"), ignored="an earlier version, overtaken on the way", source="messages may cross", standing="inferred"),
        Row(("active",), command("update"), "changing", (Send(f"{_REQUEST}:update", "hub"),), source=_SOURCE),
        Row(("changing",), message("Acknowledgement:update rejected"), "active", (Inform("SharedProductionRejected"),), source=_SOURCE),
        Row(("active",), command("delete"), "ending", (Send(f"{_REQUEST}:delete", "hub"),), source=_SOURCE),
        Row(("ending",), message("Acknowledgement:delete rejected"), "active", (Inform("SharedProductionRejected"),), source=_SOURCE),
        *ignoring((*_LIVE, "rejected", "ended"), _ANSWERS[:1], "the new calculation is answered already"),
        *ignoring(("sent", "active", "ending", "rejected", "ended"), _ANSWERS[1:2], "no change waits for an answer"),
        *ignoring(("sent", "active", "changing", "rejected", "ended"), _ANSWERS[2:], "no end waits for an answer"),
        *ignoring(("rejected", "ended"), (_NOTICE,), "the calculation is over"),
    ),
    closed=("rejected", "ended"),
    resting=("active",),
    receives=(_NOTICE, *_ANSWERS),
    build={f"{_REQUEST}:{item.value.lower()}": _request(item) for item in UpdateIndicator},
    absorb=_absorb_notice,
    subject=_subject,
    matches=_same,
    one_at_a_time=(),
    public=("process", "day", "version", "reasons"),
)  # fmt: skip


def _absorb_request(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    payload = arrived.payload
    found |= {
        **to_answer(arrived),
        "grid": arrived.header.juridical_sender,
    }
    if found.get("verdict") == "accepted":
        told = payload.calculation.model_dump(mode="json", exclude_none=True)
        found["calculation"] = {**found.get("calculation", {}), **told}
        found["version"] = found.get("version", 0) + 1
        found["subject"] = found["calculation"].get("name")
        if payload.start_of_occurrence is not None:
            found["start"] = payload.start_of_occurrence.isoformat()
    return found


def _notice(instance: Instance, identification: str, now: datetime) -> Message:
    """The whole calculation as it now stands."""
    facts = instance.facts
    return NotifySharedProduction(
        header=header(facts, identification, now, DocumentType.MASTER_DATA_UPDATE, recipient=facts["grid"]),
        process=context(facts, role=Role.DDM.value),
        payload=NotifySharedProductionEvent.model_validate(
            {
                "start_of_occurrence": facts.get("start"),
                "version": facts["version"],
                "version_status": VersionStatus.INACTIVE if instance.state == "ended" else VersionStatus.ACTIVE,
                "calculation": {"id": instance.id, **facts["calculation"]},
            }
        ),
    )


def _named(facts: Facts, arrived: Message) -> int:
    return _same(facts, arrived) if facts.get("grid") == arrived.header.juridical_sender else 0


def _refused(what: str, state: tuple[str, ...], *, to: str | None = None) -> Row:
    return Row(state, message(f"{_REQUEST}:{what}"), to, (Send(f"Acknowledgement:{what} rejected", "grid access provider"),), source=_SOURCE, standing="inferred")  # fmt: skip


HUB: Final = Machine(
    name="shared production",
    role="hub",
    title="Elhub, when shared production is set up",
    codes=("DDZ",),
    family="shared_production",
    states={
        BEGIN: "nothing has come",
        "active": "the calculation is in force",
        "refused": "the hub has refused it",
        "ended": "the calculation is deactivated",
        "unfounded": "a change or an end of a calculation that does not exist",
    },
    rows=(
        Row((BEGIN,), message(f"{_REQUEST}:add"), "refused", (Send("Acknowledgement:add rejected", "grid access provider"),), VERDICT("refused"), source=_SOURCE),
        Row((BEGIN,), message(f"{_REQUEST}:add"), "active", (Write("shared production"), Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
        *ignoring(("active", "refused", "ended", "unfounded"), (f"{_REQUEST}:add",), "another calculation is another process"),
        Row(("active",), message(f"{_REQUEST}:update"), None, (Write("shared production"), Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
        Row(("active",), message(f"{_REQUEST}:update"), None, (Send("Acknowledgement:update rejected", "grid access provider"),), VERDICT("refused"), source=_SOURCE),
        Row(("active",), message(f"{_REQUEST}:delete"), "ended", (Write("shared production"), Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
        Row(("active",), message(f"{_REQUEST}:delete"), None, (Send("Acknowledgement:delete rejected", "grid access provider"),), VERDICT("refused"), source=_SOURCE),
        _refused("update", ("refused", "ended")),
        _refused("delete", ("refused", "ended")),
        _refused("update", (BEGIN,), to="unfounded"),
        _refused("delete", (BEGIN,), to="unfounded"),
        *ignoring(("unfounded",), (f"{_REQUEST}:update", f"{_REQUEST}:delete"), "it is answered already"),
    ),
    closed=("refused", "ended", "unfounded"),
    resting=("active",),
    stillborn=("unfounded",),
    receives=tuple(f"{_REQUEST}:{item.value.lower()}" for item in UpdateIndicator),
    build={
        _NOTICE: _notice,
        **{label: acknowledgement(StatusType.REJECTED) for label in _ANSWERS},
    },
    absorb=_absorb_request,
    subject=_subject,
    matches=_named,
    public=("process", "version", "reasons"),
)  # fmt: skip
