"""Shared production: BRS-NO-701 for the grid access provider and the hub.

The notice refers to no request; it belongs to the calculation by its id or its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from ediel.codes import DocumentType, Role, StatusType, UpdateIndicator, VersionStatus
from ediel.messages import (
    Acknowledgement,
    Message,
    NotifySharedProduction,
    NotifySharedProductionEvent,
    RequestUpdateSharedProduction,
    RequestUpdateSharedProductionEvent,
    VirtualCalculation,
)
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import (
    AnsweringState,
    acknowledgement,
    context,
    header,
    moment,
    process_of,
    reasons_of,
    to_answer,
)
from ediel.processes._changes import SetCalculation
from ediel.processes._conditions import VERDICT
from ediel.processes._machine import Build, Draft, Machine, keep
from ediel.processes._rows import BEGIN, Condition, Inform, Row, Send, Trigger, Write, command, ignoring, message
from ediel.processes._state import ProcessState, known

_REQUEST: Final = "RequestUpdateSharedProduction"
_NOTICE: Final = "NotifySharedProduction"
_ANSWERS: Final = tuple(f"Acknowledgement:{what} rejected" for what in ("add", "update", "delete"))
_SOURCE: Final = "BRS-NO-701"


@dataclass(frozen=True, kw_only=True, repr=False)
class SharedProduction(ProcessState):
    """A calculation that a grid access provider has set up.

    Attributes:
        subject: name of the calculation.
        day: day from which it is to be as it is asked for.
        ask: whether a positive answer is asked for.
        calculation: the calculation, as far as it is known.
        version: version of the latest notice.
        overtaken: whether the last notice that came was an earlier one.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "calculation")

    subject: str | None = None
    day: date | None = None
    ask: bool = False
    calculation: VirtualCalculation | None = None
    version: int | None = None
    overtaken: bool = False

    @property
    def about(self) -> str | None:
        """The name of the calculation."""
        return self.subject


@dataclass(frozen=True, kw_only=True, repr=False)
class HubSharedProduction(AnsweringState):
    """A calculation at the hub.

    Attributes:
        subject: its name.
        grid: GLN of the grid access provider that has set it up.
        start: when it is in force from.
        calculation: the calculation.
        version: counts its changes.
    """

    needs: ClassVar[tuple[str, ...]] = ("process", "grid")

    subject: str | None = None
    grid: str | None = None
    start: datetime | None = None
    calculation: VirtualCalculation | None = None
    version: int | None = None

    @property
    def about(self) -> str | None:
        """The name of the calculation."""
        return self.subject


def _request(indicator: UpdateIndicator) -> Build[SharedProduction]:
    def build(draft: Draft[SharedProduction]) -> RequestUpdateSharedProduction:
        facts = draft.facts
        calculation = known(facts.calculation, "calculation")
        if indicator is UpdateIndicator.DELETE:
            calculation = VirtualCalculation(id=calculation.id, name=calculation.name)
        return RequestUpdateSharedProduction(
            header=header(draft, DocumentType.MASTER_DATA_UPDATE, ask=facts.ask or None),
            process=context(draft),
            payload=RequestUpdateSharedProductionEvent(
                start_of_occurrence=moment(facts.day) if facts.day else None,
                update_indicator=indicator,
                calculation=calculation,
            ),
        )

    return build


def _with(before: VirtualCalculation | None, given: VirtualCalculation) -> VirtualCalculation:
    """A calculation, updated with the fields that a notice has."""
    if before is None:
        return given
    return before.model_copy(update={name: value for name, value in given if value is not None})


def _absorb_notice(facts: SharedProduction, trigger: Trigger, now: datetime) -> SharedProduction:
    found, arrived = keep(facts, trigger, now), trigger.message
    if isinstance(arrived, Acknowledgement):
        return replace(found, reasons=reasons_of(arrived))
    if not isinstance(arrived, NotifySharedProduction):
        return found
    payload = arrived.payload
    version = -1 if payload.version is None else int(payload.version)
    if found.version is not None and version < found.version:
        return replace(found, overtaken=True)
    return replace(
        found,
        overtaken=False,
        process=process_of(arrived),
        version=version,
        subject=payload.calculation.name,
        calculation=_with(found.calculation, payload.calculation),
    )


def _status(facts: SharedProduction, trigger: Trigger, _now: datetime) -> str:
    if facts.overtaken:
        return "overtaken"
    payload = trigger.message.payload if isinstance(trigger.message, NotifySharedProduction) else None
    over = {VersionStatus.INACTIVE, VersionStatus.TERMINATED}
    return "ended" if payload is not None and payload.version_status in over else "in force"


_STATUS: Final = Condition("the version in the notice", ("in force", "ended", "overtaken"), _status)


def _calculation_of(arrived: Message) -> VirtualCalculation:
    assert isinstance(arrived, RequestUpdateSharedProduction | NotifySharedProduction)
    return arrived.payload.calculation


def _subject(arrived: Message) -> str | None:
    """The name of the calculation, or its id, which is the process of the hub itself."""
    calculation = _calculation_of(arrived)
    return calculation.name or calculation.id


def _same(facts: SharedProduction | HubSharedProduction, arrived: Message) -> int:
    name = _calculation_of(arrived).name
    if name is None:
        return 2  # found by its id
    return 2 if facts.calculation is not None and facts.calculation.name == name else 0


def _in_force(facts: SharedProduction | HubSharedProduction) -> Iterator[SetCalculation]:
    yield SetCalculation(facts.subject, ended=False)


def _over(facts: SharedProduction | HubSharedProduction) -> Iterator[SetCalculation]:
    yield SetCalculation(facts.subject, ended=True)


_SET: Final = Write("shared production", _in_force)
_END: Final = Write("shared production ended", _over)

_LIVE: Final = ("active", "changing", "ending")

GRID: Final = Machine(
    name="shared_production",
    role="grid access provider",
    title="a grid access provider that sets up shared production",
    codes=("DDM",),
    family="shared_production",
    states={
        BEGIN: "nothing has been sent",
        "sent": "a new calculation is sent and not answered",
        "active": "the hub has sent the calculation as it stands",
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
            (_SET, Inform("SharedProductionActive")), _STATUS("in force"), source=_SOURCE,
        ),
        Row(("ending",), message(_NOTICE), None, (_SET, Inform("SharedProductionActive")), _STATUS("in force"), source=_SOURCE, standing="inferred"),
        Row(
            (BEGIN, "sent", *_LIVE), message(_NOTICE), "ended", (_END, Inform("SharedProductionEnded")),
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
    facts=SharedProduction,
    absorb=_absorb_notice,
    upcasts={1: upcasts.plain},
    subject=_subject,
    matches=_same,
    one_at_a_time=(),
    public=("process", "day", "version", "reasons"),
)  # fmt: skip


def _absorb_request(facts: HubSharedProduction, trigger: Trigger, now: datetime) -> HubSharedProduction:
    changed, arrived = keep(facts, trigger, now), trigger.message
    if not isinstance(arrived, RequestUpdateSharedProduction):
        return changed
    changed = replace(to_answer(changed, arrived), grid=arrived.header.juridical_sender)
    if changed.verdict != "accepted":
        return changed
    calculation = _with(changed.calculation, arrived.payload.calculation)
    return replace(
        changed,
        calculation=calculation,
        version=(changed.version or 0) + 1,
        subject=calculation.name,
        start=arrived.payload.start_of_occurrence or changed.start,
    )


def _notice(draft: Draft[HubSharedProduction]) -> NotifySharedProduction:
    """The whole calculation as it now stands."""
    facts = draft.facts
    calculation = known(facts.calculation, "calculation")
    return NotifySharedProduction(
        header=header(draft, DocumentType.MASTER_DATA_UPDATE, recipient=known(facts.grid, "grid")),
        process=context(draft, role=Role.DDM.value),
        payload=NotifySharedProductionEvent(
            start_of_occurrence=facts.start,
            version=known(facts.version, "version"),
            version_status=VersionStatus.INACTIVE if draft.instance.state == "ended" else VersionStatus.ACTIVE,
            calculation=calculation.model_copy(update={"id": calculation.id or draft.instance.id}),
        ),
    )


def _named(facts: HubSharedProduction, arrived: Message) -> int:
    return _same(facts, arrived) if facts.grid == arrived.header.juridical_sender else 0


def _refused(what: str, state: tuple[str, ...], *, to: str | None = None) -> Row:
    return Row(state, message(f"{_REQUEST}:{what}"), to, (Send(f"Acknowledgement:{what} rejected", "grid access provider"),), source=_SOURCE, standing="inferred")  # fmt: skip


HUB: Final = Machine(
    name="shared_production",
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
        Row((BEGIN,), message(f"{_REQUEST}:add"), "active", (_SET, Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
        *ignoring(("active", "refused", "ended", "unfounded"), (f"{_REQUEST}:add",), "another calculation is another process"),
        Row(("active",), message(f"{_REQUEST}:update"), None, (_SET, Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
        Row(("active",), message(f"{_REQUEST}:update"), None, (Send("Acknowledgement:update rejected", "grid access provider"),), VERDICT("refused"), source=_SOURCE),
        Row(("active",), message(f"{_REQUEST}:delete"), "ended", (_END, Send(_NOTICE, "grid access provider")), VERDICT("accepted"), source=_SOURCE),
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
    facts=HubSharedProduction,
    absorb=_absorb_request,
    upcasts={1: upcasts.plain},
    subject=_subject,
    matches=_named,
    public=("process", "version", "reasons"),
)  # fmt: skip
