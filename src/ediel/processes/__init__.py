"""Processes: a table of transitions per role, and the pure step that follows it.

``machine("supply", "requester")`` is the table of a supplier that asks for a start of supply; ``step`` says what follows when
something happens to an instance of it. The engine keeps instances, the stand-in hub plays the hub's tables.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Final

from pydantic_core import from_json, to_json

from ediel.errors import UnknownName
from ediel.processes import (
    access,
    annual_volume,
    authorisation,
    master_data,
    metering_values,
    query,
    question,
    shared_production,
    supply,
)
from ediel.processes._adoption import adopt
from ediel.processes._build import AnsweringState
from ediel.processes._by_hand import abandon, settle, settles
from ediel.processes._changes import (
    AccessChange,
    BeginContract,
    Change,
    ChangeMasterData,
    ContractChange,
    EndAccess,
    EndContract,
    KeepValues,
    PublishAnnualVolumes,
    ReopenContract,
    SetAccess,
    SetAnnualVolume,
    SetCalculation,
    UndoContract,
)
from ediel.processes._check import problems
from ediel.processes._labels import label_of, variant_of
from ediel.processes._machine import (
    Draft,
    Instance,
    Machine,
    Outgoing,
    Step,
    TimerSet,
    step,
)
from ediel.processes._mermaid import mermaid
from ediel.processes._rows import (
    BEGIN,
    CancelTimer,
    Condition,
    Inform,
    On,
    Row,
    Send,
    SetTimer,
    Trigger,
    When,
    Write,
    command,
    decision,
    message,
    timer,
)
from ediel.processes._state import (
    Actor,
    JsonObject,
    Kept,
    ProcessState,
    Stored,
    decode_state,
    encode_state,
    known,
    shown,
)
from ediel.processes.errors import (
    CannotRead,
    CommandRefused,
    InvalidData,
    NoTransition,
    ProcessError,
    UnreadableProcess,
)

MACHINES: Final[tuple[Machine, ...]] = (
    supply.START_REQUESTER,
    supply.ELSEWHERE,
    supply.LEAVER,
    supply.LAST_RESORT,
    supply.GRID,
    supply.START_HUB,
    supply.END_REQUESTER,
    supply.END_HUB,
    access.THIRD_PARTY,
    access.HUB,
    authorisation.SUPPLIER,
    authorisation.HUB,
    annual_volume.GRID,
    annual_volume.RECEIVER,
    annual_volume.HUB,
    query.ASKER,
    query.HUB,
    metering_values.COLLECTOR,
    metering_values.RECEIVER,
    metering_values.REMINDED,
    metering_values.HUB,
    shared_production.GRID,
    shared_production.HUB,
    master_data.SENDER,
    master_data.RECEIVER,
    master_data.HUB,
    question.ASKER,
    question.ANSWERER,
    question.HUB,
)
"""Every table."""


@cache
def _by_key() -> dict[str, Machine]:
    return {machine.key: machine for machine in MACHINES}


def machine(name: str, role: str | None = None) -> Machine:
    """A table by family and role, or by its key, such as ``supply/requester``.

    Raises:
        UnknownName: there is none.
    """
    key = name if role is None else f"{name}/{role}"
    found = _by_key().get(key)
    if found is None:
        raise UnknownName("process table", key, tuple(_by_key()))
    return found


def restore(stored: Stored, *, whole: bool = False) -> Instance:
    """A stored process, brought to the revision of its table.

    Args:
        stored: as it stands in the store.
        whole: read every part of it, also what most steps never ask for.

    Raises:
        UnreadableProcess: this release has no such table, or cannot read what the process knows.
    """
    table = _by_key().get(stored.machine)
    if table is None:
        raise UnreadableProcess(stored.id, stored.machine, stored.revision, "this release has no such table")
    state, text = stored.state, stored.facts
    try:
        if stored.revision != table.revision:
            state, text = _upcast(table, stored.revision, state, text)
        if state not in table.states:
            raise CannotRead(f"the table has no state {state!r}")
        facts = decode_state(table.facts, text, whole=whole)
    except CannotRead as error:
        raise UnreadableProcess(stored.id, stored.machine, stored.revision, str(error)) from None
    return Instance(stored.id, stored.machine, stored.party, facts, state, stored.version, abandoned=stored.abandoned)


def _named(table: Machine, facts: JsonObject) -> JsonObject:
    """Facts of revision 1 by the names of the next one; what is kept unread is a text there."""
    kept = {item.name: "Kept[" in str(item.type) for item in fields(table.facts)}
    return {name: to_json(value).decode() if kept[name] else value for name, value in facts.items() if name in kept}


_UNTYPED: Final = 1
"""The revision whose facts could have any name: those that no table reads are left behind."""


def _upcast(table: Machine, revision: int, state: str, text: str) -> tuple[str, str]:
    if revision > table.revision:
        raise CannotRead(f"a newer release has stored it; this one knows revisions up to {table.revision}")
    try:
        facts = from_json(text)
        for number in range(revision, table.revision):
            state, facts = table.upcasts[number](state, facts)
        if revision == _UNTYPED:
            facts = _named(table, facts)
        return state, to_json(facts).decode()
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CannotRead(f"its facts cannot be brought to revision {table.revision} ({type(error).__name__})") from None


__all__ = [
    "BEGIN",
    "MACHINES",
    "AccessChange",
    "Actor",
    "AnsweringState",
    "BeginContract",
    "CancelTimer",
    "CannotRead",
    "Change",
    "ChangeMasterData",
    "CommandRefused",
    "Condition",
    "ContractChange",
    "Draft",
    "EndAccess",
    "EndContract",
    "Inform",
    "Instance",
    "InvalidData",
    "KeepValues",
    "Kept",
    "Machine",
    "NoTransition",
    "On",
    "Outgoing",
    "ProcessError",
    "ProcessState",
    "PublishAnnualVolumes",
    "ReopenContract",
    "Row",
    "Send",
    "SetAccess",
    "SetAnnualVolume",
    "SetCalculation",
    "SetTimer",
    "Step",
    "Stored",
    "TimerSet",
    "Trigger",
    "UndoContract",
    "UnreadableProcess",
    "When",
    "Write",
    "abandon",
    "adopt",
    "command",
    "decision",
    "decode_state",
    "encode_state",
    "known",
    "label_of",
    "machine",
    "mermaid",
    "message",
    "problems",
    "restore",
    "settle",
    "settles",
    "shown",
    "step",
    "timer",
    "variant_of",
]
