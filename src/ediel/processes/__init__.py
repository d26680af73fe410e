"""Processes: a table of transitions per role, and the pure step that follows it.

``machine("supply", "requester")`` is the table of a supplier that asks for a start of supply; ``step`` says what follows when
something happens to an instance of it. The engine keeps instances, the stand-in hub plays the hub's tables.
"""

from __future__ import annotations

from functools import cache
from typing import Final

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
from ediel.processes._check import problems
from ediel.processes._labels import label_of, variant_of
from ediel.processes._machine import (
    BEGIN,
    CancelTimer,
    Condition,
    Facts,
    Inform,
    Instance,
    Machine,
    On,
    Outgoing,
    Row,
    Send,
    SetTimer,
    Step,
    TimerSet,
    Trigger,
    When,
    Write,
    command,
    decision,
    message,
    step,
    timer,
)
from ediel.processes._mermaid import mermaid
from ediel.processes.errors import CommandRefused, NoTransition, ProcessError

MACHINES: Final = (
    supply.START_REQUESTER,
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


__all__ = [
    "BEGIN",
    "MACHINES",
    "CancelTimer",
    "CommandRefused",
    "Condition",
    "Facts",
    "Inform",
    "Instance",
    "Machine",
    "NoTransition",
    "On",
    "Outgoing",
    "ProcessError",
    "Row",
    "Send",
    "SetTimer",
    "Step",
    "TimerSet",
    "Trigger",
    "When",
    "Write",
    "command",
    "decision",
    "label_of",
    "machine",
    "mermaid",
    "message",
    "problems",
    "step",
    "timer",
    "variant_of",
]
